"""Reading a policy file: TOML in, a `Policy` out, or every fault at once, each with its place."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from mailcase.core.days.calendar import BadCalendar, Calendar
from mailcase.core.promises import policy_keys
from mailcase.core.promises.policy import (
    KINDS,
    AdrBody,
    AppliesTo,
    Channel,
    Fact,
    Notice,
    Policy,
    Promise,
    SchemeUse,
)
from mailcase.core.promises.policy_values import Key, read_keys, unknown
from mailcase.errors import ConfigError

Values = dict[str, Any]
Check = Callable[[Values], list[str]]

# The key that gives a kind of promise its time, by what KINDS says of it, and the sentence when that key must stand.
_TIMES = MappingProxyType(
    {
        "within": ("within", 'must be given, for example "5 business days"'),
        "within or track": ("within", "must be given, or [tracks] with a time for each track"),
        "within or never": ("within", ""),
        "every": ("every", 'must be given, for example "5 days"'),
        "none": ("", ""),
    }
)


def read_policy(text: str, file: str) -> Policy:
    """The policy of a file's text; ConfigError names every fault as `file: place: what it must be`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file}: is not valid TOML: {error}"]) from error
    faults: list[str] = []
    values = _values(data, faults)
    if faults:
        raise ConfigError([f"{file}: {fault}" for fault in faults])
    return Policy(**values, digest=hashlib.sha256(text.encode()).hexdigest(), text=text)


def _values(data: Values, faults: list[str]) -> Values:
    """What a policy is made of; each part is read whatever is wrong with the others: all faults are told at once."""
    top = read_keys(data, policy_keys.TOP, "", faults)
    faults += _between_keys(top)
    uses = [use if isinstance(use, dict) else {"name": use} for use in top.pop("schemes", ())]
    schemes = _records("schemes", uses, policy_keys.SCHEME, lambda values: _unknown_names(values, top), faults)
    promises = _records(
        "promise", top.pop("promise", ()), policy_keys.PROMISE, lambda values: _whole(values, top), faults
    )
    adr = _records("adr", top.pop("adr", ()), policy_keys.ADR, _nothing_more, faults)
    asked = [fact if isinstance(fact, dict) else {"ask": fact} for fact in top.pop("facts", ())]
    facts = _records("facts", asked, policy_keys.FACT, _nothing_more, faults)
    channels = _records("channel", top.pop("channel", ()), policy_keys.CHANNEL, _nothing_more, faults)
    faults += _twice("promise", [values["id"] for values in promises])
    calendar = _calendar(top.pop("calendar", None), faults)
    if faults:
        return {}
    notice = top.pop("notice")
    return top | {
        "calendar": calendar,
        "late_next_day": top.pop(policy_keys.LATE),
        "default_track": top.pop("default_track") or next(iter(top["tracks"]), ""),
        "schemes": tuple(SchemeUse(values.pop("name"), AppliesTo(**values)) for values in schemes),
        "promises": tuple(map(_promise, promises)),
        "adr": tuple(AdrBody(**values) for values in adr),
        "facts": tuple(Fact(**values) for values in facts),
        "channels": tuple(Channel(**values) for values in channels),
        "notice": Notice(**notice) if notice else None,
    }


def _records(
    what: str, tables: Iterable[object], keys: Mapping[str, Key], check: Check, faults: list[str]
) -> list[Values]:
    """The values of each table without a fault; a fault's place is the name of its table, or else its number."""
    sound = []
    for number, data in enumerate(tables):
        here: list[str] = []
        values = read_keys(data, keys, "", here)
        here += check(values)
        name = values.get("id", values.get("name"))
        place = f'{what} "{name}"' if name else f"{what}[{number}]"
        faults += [f"{place}: {fault}" for fault in here]
        sound += [] if here else [values]
    return sound


def _nothing_more(_: Values) -> list[str]:
    return []


def _between_keys(top: Values) -> list[str]:
    """Faults that lie between two keys at the top; a key that could not be read is missing in `top`."""
    if not top.keys() >= {"default_track", "tracks", "steps", "kinds"}:
        return []
    default = [top["default_track"]] if top["default_track"] else []
    return [
        *([] if top["kinds"] else ["kinds: must name at least one kind of case"]),
        *(f"default_track: {fault}" for fault in unknown(default, top["tracks"], "name in tracks")),
        *(
            f"{key}: {fault}"
            for key in ("steps", "questions", "checks")
            for fault in unknown(top.get(key, ()), top["kinds"], "name in kinds")
        ),
    ]


def _unknown_names(applies_to: Values, top: Values) -> list[str]:
    """Names of tracks and categories that the policy does not have."""
    return [
        f"{key}: {fault}"
        for key, names in (("track", "tracks"), ("category", "categories"))
        if names in top
        for fault in unknown(applies_to.get(key, ()), top[names], f"name in {names}")
    ]


def _whole(promise: Values, top: Values) -> list[str]:
    """What is wrong between the keys of a promise, or between it and the rest of the policy."""
    names = [f"applies_to: {fault}" for fault in _unknown_names(promise.get("applies_to") or {}, top)]
    kind = promise.get("kind")
    if kind is None:
        return names
    key, sentence = _TIMES[KINDS[kind].time]
    others = (other for other in ("within", "every") if other != key and promise.get(other) is not None)
    faults = [f"{other}: means nothing for the kind {kind}{f', which has {key}' if key else ''}" for other in others]
    by_track = KINDS[kind].time == "within or track" and top.get("tracks") != {}
    if sentence and not by_track and key in promise and promise[key] is None:
        faults.append(f"{key}: {sentence}")
    return faults + names


def _promise(values: Values) -> Promise:
    warn = KINDS[values["kind"]].warn if values["warn"] is None else values["warn"]
    return Promise(**(values | {"warn": warn, "applies_to": AppliesTo(**values["applies_to"])}))


def _twice(what: str, names: list[str]) -> list[str]:
    return [
        f'{what} "{name}": stands {count} times; each needs a name of its own'
        for name, count in Counter(names).items()
        if count > 1
    ]


def _calendar(values: Values | None, faults: list[str]) -> Calendar | None:
    """The calendar, if all of its keys could be read; it finds its own faults between them."""
    if values is None or not values.keys() >= policy_keys.CALENDAR.keys():
        return None
    try:
        return Calendar(**(values | {"closed": frozenset(values["closed"]), "open": frozenset(values["open"])}))
    except BadCalendar as error:
        faults += [f"calendar: {fault}" for fault in error.faults]
        return None
