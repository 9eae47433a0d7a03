"""A policy in plain words, each promise with a dated example: what `mailcase policy show` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import product

from mailcase.core.days.dates import date_in_words, day_in_words
from mailcase.core.promises.policy import KINDS, AppliesTo, Policy, Promise, with_time
from mailcase.core.promises.schemes import DUTIES, SCHEMES, limits


@dataclass(frozen=True, slots=True)
class InWords:
    """One promise or statutory limit as people read it: each field a phrase, '' where there is nothing to say."""

    id: str
    kind: str
    text: str
    when: str  # "within 20 business days of the receipt"
    example: str  # "received Thursday 24 December 2026 at 14:05 → by Tuesday 26 January 2027"
    only: str  # "track complex"
    warned: str = ""  # "3 business days and 1 business day before"
    who: str = ""  # "a senior manager"
    needs: str = ""  # "reports": mailcase cannot keep it until it has learnt that


def in_words(policy: Policy, example: datetime) -> list[InWords]:
    """Each promise in the policy's order, once per track where the track gives the time; then the limits by law."""
    promises = [line for promise in policy.promises for line in _lines(policy, promise, example)]
    return promises + list(_limits(policy, example))


def _lines(policy: Policy, promise: Promise, example: datetime) -> Iterator[InWords]:
    if promise.within is not None or KINDS[promise.kind].time != "within or track":
        yield _line(policy, promise, promise.applies_to, example)
        return
    for track in promise.applies_to.track or policy.tracks:
        only = replace(promise.applies_to, track=(track,))
        yield _line(policy, with_time(promise, policy.tracks[track]), only, example)


def _line(policy: Policy, promise: Promise, only: AppliesTo, example: datetime) -> InWords:
    rule = KINDS[promise.kind]
    when, due = rule.untimed, None
    if promise.every:
        when, due = f"every {promise.every}, from {rule.counts_from}", policy.calendar.after(example, promise.every)
    elif promise.within:
        when, due = f"within {promise.within} of {rule.counts_from}", policy.add(example, promise.within)
    return InWords(
        id=promise.id,
        kind=promise.kind,
        text=promise.text,
        when=when,
        example=_example(policy, rule.began, example, due) if due else "",
        only=_only(only),
        warned=f"{' and '.join(map(str, promise.warn))} before" if promise.warn and due else "",
        who=promise.who,
        needs=promise.needs,
    )


def _limits(policy: Policy, example: datetime) -> Iterator[InWords]:
    day = policy.calendar.day_of(example)
    for use, kind in product(policy.schemes, policy.kinds):
        for row in limits(use.name, kind, day):
            due = policy.calendar.add(example, row.within)
            yield InWords(
                id=row.scheme,
                kind=row.duty,
                text=f"{SCHEMES[row.scheme]}: {DUTIES[row.duty]}",
                when=f"within {row.within} of the receipt",
                example=_example(policy, "received", example, due),
                only=_only(replace(use.applies_to, kind=(row.kind,))),
            )


def _example(policy: Policy, began: str, start: datetime, due: datetime) -> str:
    zone, day = policy.calendar.zone, policy.calendar.day_of(due)
    at_close = due == policy.calendar.close_of(day)
    by = day_in_words(day) if at_close else date_in_words(due.astimezone(zone))
    return f"{began} {date_in_words(start.astimezone(zone))} → by {by}"


def _only(applies_to: AppliesTo) -> str:
    return "; ".join(f"{name} {' or '.join(names)}" for name, names in asdict(applies_to).items() if names)
