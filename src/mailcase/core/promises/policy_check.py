"""What a policy that can be read still gets wrong: contradictions and gaps, each as a sentence for its author."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from itertools import islice, product
from typing import NamedTuple

from mailcase.core.case import Stage
from mailcase.core.days.dates import day_in_words
from mailcase.core.days.durations import Duration
from mailcase.core.promises.policy import KINDS, Policy, Promise, PromiseKind, promises_for
from mailcase.core.promises.schemes import LIMITS, REFERRALS, Duty, Limit, limits

_HOLIDAYS_AHEAD = timedelta(days=60)
_FOUR_WEEKS, _YEAR = 28, 365  # complaints may come on any day; a year of them meets every holiday
_TARGETS: tuple[tuple[Stage, PromiseKind], ...] = (("first", "resolve"), ("second", "escalation"))
_ONE_AT_A_TIME: tuple[PromiseKind, ...] = ("acknowledge", "assign", "update", "resolve", "escalation")
# Which limit of a scheme a promise must not pass. An ofcom customer hears of the ADR body while we still decide.
_DUTIES: tuple[tuple[PromiseKind, Duty], ...] = (
    ("acknowledge", "acknowledge"),
    ("resolve", "resolve"),
    ("resolve", "signpost"),
    ("signpost", "signpost"),
)


class _Sort(NamedTuple):
    """One sort of case that the policy knows."""

    kind: str
    track: str
    category: str

    def __str__(self) -> str:
        """In words, such as 'complaint, track complex'."""
        named = (f"track {self.track}" if self.track else "", f"category {self.category}" if self.category else "")
        return ", ".join(word for word in (self.kind, *named) if word)


class _Timed(NamedTuple):
    """A promise that names a time, with the track's where it leaves it to the track."""

    id: str
    time: Duration
    warn: tuple[Duration, ...]


def warnings(policy: Policy, today: date) -> list[str]:
    """Every contradiction and gap of a policy, in words; nothing of it keeps mailcase from running."""
    return [sentence for check in _CHECKS for sentence in dict.fromkeys(check(policy, today)) if sentence]


def _sorts(policy: Policy) -> Iterator[_Sort]:
    """Every sort of case; a new case has no category yet."""
    for kind, track, category in product(policy.kinds, policy.tracks or ("",), ("", *policy.categories)):
        yield _Sort(kind, track, category)


def _of_kind(policy: Policy, sort: _Sort, kind: PromiseKind, stage: Stage = "first") -> tuple[Promise, ...]:
    return tuple(promise for promise in promises_for(policy, *sort, stage) if promise.kind == kind)


def _timed(policy: Policy, sort: _Sort, kind: PromiseKind, stage: Stage = "first") -> tuple[_Timed, ...]:
    """The promises of a kind for a sort of case that name a time."""
    promises = ((promise, promise.within or promise.every) for promise in _of_kind(policy, sort, kind, stage))
    return tuple(_Timed(promise.id, time, promise.warn) for promise, time in promises if time)


def _receipts(today: date) -> Iterator[datetime]:
    """Noon of each day of the coming year, as moments at which a complaint may come."""
    for ahead in range(_YEAR):
        yield datetime.combine(today + timedelta(days=ahead), time(12), UTC)


# Gaps


def _holidays_end(policy: Policy, today: date) -> Iterator[str]:
    if not policy.calendar.reaches(today + _HOLIDAYS_AHEAD):
        end = policy.calendar.holidays_known_until
        yield f"calendar: the public holidays of {policy.calendar.country} are known until {end} only; update mailcase"


def _nobody_acknowledges(policy: Policy, _: date) -> Iterator[str]:
    for sort in _sorts(policy):
        if not sort.category and not _of_kind(policy, sort, "acknowledge"):
            yield f"no acknowledge promise for a new {sort}"


def _nobody_decides(policy: Policy, _: date) -> Iterator[str]:
    for sort in _sorts(policy):
        if not sort.category and not _of_kind(policy, sort, "resolve"):
            yield f"no resolve promise for a {sort}"


def _no_warning(policy: Policy, _: date) -> Iterator[str]:
    for promise in policy.promises:
        if promise.kind in dict(_TARGETS).values() and not promise.warn:
            yield f'promise "{promise.id}": nobody is warned before the target; give warn = "1 business day"'


def _never_applies(policy: Policy, _: date) -> Iterator[str]:
    given = {
        promise.id
        for sort in _sorts(policy)
        for stage in KINDS["practice"].stages
        for promise in promises_for(policy, *sort, stage)
    }
    for promise in policy.promises:
        if promise.id not in given:
            yield f'promise "{promise.id}": no case can be one of those it applies to'


def _scheme_binds_nothing(policy: Policy, _: date) -> Iterator[str]:
    for use in policy.schemes:
        bound = {row.kind for row in LIMITS if row.scheme == use.name}
        if not any(sort.kind in bound and use.applies_to.covers(*sort) for sort in _sorts(policy)):
            yield f'schemes "{use.name}": binds no case: its kinds are {" and ".join(sorted(bound))}'


def _adr_incomplete(policy: Policy, _: date) -> Iterator[str]:
    for body in policy.adr:
        for key, value in (("address", body.address), ("web", body.web), ("time_limit", body.time_limit)):
            if not value:
                yield f'adr "{body.name}": no {key}; the letter that names it must say so'
    if policy.adr and not any(promise.kind == "signpost" for promise in policy.promises):
        yield "adr: no signpost promise, so customers are never told of it"


def _adr_missing(policy: Policy, _: date) -> Iterator[str]:
    if policy.adr:
        return
    for promise in policy.promises:
        if promise.kind == "signpost":
            yield f'promise "{promise.id}": names nobody to go to; give [[adr]] with name, address, web and time_limit'
    for use in policy.schemes:
        if use.name in REFERRALS or any(row.duty == "signpost" for row in LIMITS if row.scheme == use.name):
            yield f'schemes "{use.name}": needs an ADR body; give [[adr]] with name, address, web and time_limit'


def _referral_differs(policy: Policy, _: date) -> Iterator[str]:
    for use in policy.schemes:
        time = REFERRALS.get(use.name)
        if time and policy.adr and not any(body.time_limit == time for body in policy.adr):
            yield f'schemes "{use.name}": gives customers {time} to go to its ADR body; no [[adr]] has this time_limit'


def _placeholders(policy: Policy, _: date) -> Iterator[str]:
    for what, part in (
        *(("adr", asdict(body)) for body in policy.adr),
        *(("channel", asdict(way)) for way in policy.channels),
    ):
        for key, value in part.items():
            if isinstance(value, str) and "[" in value:
                yield f'{what} "{part["name"]}": {key} is still to be filled in'


# Contradictions


def _two_at_once(policy: Policy, _: date) -> Iterator[str]:
    for sort, stage, kind in product(_sorts(policy), KINDS["update"].stages, _ONE_AT_A_TIME):
        same = [f'"{promise.id}"' for promise in _of_kind(policy, sort, kind, stage)]
        if len(same) > 1:
            yield f"promises {' and '.join(same)} are all of the kind {kind} for the same case; the strictest counts"


def _track_unheard(policy: Policy, _: date) -> Iterator[str]:
    for sort in _sorts(policy):
        for promise in _of_kind(policy, sort, "resolve"):
            length = policy.tracks.get(sort.track)
            if length and promise.within != length:
                yield f'promise "{promise.id}": says {promise.within} where track {sort.track} says {length}'


def _update_too_rare(policy: Policy, today: date) -> Iterator[str]:
    starts = list(islice(_receipts(today), _FOUR_WEEKS))
    for sort, (stage, kind) in product(_sorts(policy), _TARGETS):
        for update, target in product(_timed(policy, sort, "update", stage), _timed(policy, sort, kind, stage)):
            if all(policy.calendar.after(start, update.time) >= policy.add(start, target.time) for start in starts):
                yield f'promise "{update.id}": every {update.time} is no sooner than "{target.id}", {target.time}'


def _warned_too_soon(policy: Policy, today: date) -> Iterator[str]:
    starts = list(islice(_receipts(today), _FOUR_WEEKS))
    for sort, (stage, kind) in product(_sorts(policy), _TARGETS):
        for target in _timed(policy, sort, kind, stage):
            for ahead in target.warn:
                if all(policy.warn_at(policy.add(start, target.time), ahead) <= start for start in starts):
                    yield f'promise "{target.id}": a warning {ahead} before {target.time} comes before the case does'


def _beyond_limit(policy: Policy, today: date) -> Iterator[str]:
    for promise, seconds, row in dict.fromkeys(_bound(policy, today)):
        chains = [(promise,), *((promise, second) for second in seconds)]
        yield next(filter(None, (_passes(policy, chain, row, today) for chain in chains)), "")


def _bound(policy: Policy, today: date) -> Iterator[tuple[_Timed, tuple[_Timed, ...], Limit]]:
    """A promise, those of the second stage that may follow it, and a limit that both together must keep."""
    for sort in _sorts(policy):
        uses = (use for use in policy.schemes if use.applies_to.covers(*sort))
        rows = [row for use in uses for row in limits(use.name, sort.kind, today)]
        for row, (kind, duty) in product(rows, _DUTIES):
            if row.duty == duty:
                seconds = _timed(policy, sort, "escalation", "second") if duty == "resolve" else ()
                yield from ((promise, seconds, row) for promise in _timed(policy, sort, kind))


def _passes(policy: Policy, chain: Sequence[_Timed], row: Limit, today: date) -> str:
    """The first complaint of the coming year for which these promises, one after the other, pass a limit; in words."""
    for start in _receipts(today):
        due = reduce(policy.add, (promise.time for promise in chain), start)
        last = policy.calendar.add(start, row.within)
        if due > last:
            ids = " and then ".join(f'"{promise.id}" ({promise.time})' for promise in chain)
            came, late, allowed = (day_in_words(policy.calendar.day_of(moment)) for moment in (start, due, last))
            return (
                f"promise {ids}: received {came}, it may take until {late}; "
                f'the scheme "{row.scheme}" allows {row.within}, until {allowed} ({row.source})'
            )
    return ""


_CHECKS: tuple[Callable[[Policy, date], Iterator[str]], ...] = (
    _holidays_end,
    _nobody_acknowledges,
    _nobody_decides,
    _no_warning,
    _never_applies,
    _scheme_binds_nothing,
    _adr_incomplete,
    _adr_missing,
    _referral_differs,
    _placeholders,
    _two_at_once,
    _track_unheard,
    _update_too_rare,
    _warned_too_soon,
    _beyond_limit,
)
