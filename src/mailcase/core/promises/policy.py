"""A firm's published policy as values: its promises, to whom each applies, and what it has to say in letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from mailcase.core.case import Stage
from mailcase.core.days.calendar import Calendar
from mailcase.core.days.counting import Counting
from mailcase.core.days.durations import Duration
from mailcase.core.promises.schemes import CaseKind, Duty, limit

PromiseKind = Literal["acknowledge", "assign", "update", "resolve", "escalation", "signpost", "survey", "practice"]
Need = Literal["", "reports", "retention"]
Time = Literal["within", "within or track", "every", "within or never", "none"]

_WARN = (Duration(3, "business days"), Duration(1, "business days"))


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a kind of promise means: which time it names, what that counts from, in which stages it can apply."""

    time: Time
    what: str  # is owed, behind "the"
    counts_from: str
    began: str  # the same in an example: "received Thursday 24 December 2026"
    stages: tuple[Stage, ...]
    warn: tuple[Duration, ...] = ()
    untimed: str = ""  # when it is kept, without a time of its own


_OURS: tuple[Stage, ...] = ("first", "second")
_ALWAYS: tuple[Stage, ...] = ("first", "second", "signposted")
KINDS: Mapping[PromiseKind, KindRule] = MappingProxyType(
    {
        "acknowledge": KindRule("within", "acknowledgement", "the receipt", "received", _OURS),
        "assign": KindRule("within", "assignment", "the receipt", "received", _OURS),
        "update": KindRule("every", "update", "the last contact", "last contact", _OURS),
        "resolve": KindRule("within or track", "decision", "the receipt", "received", ("first",), _WARN),
        "escalation": KindRule("within", "second decision", "the request to look again", "asked", ("second",), _WARN),
        "signpost": KindRule(
            "within or never",
            "letter that names the ADR body",
            "the receipt",
            "received",
            _OURS,
            _WARN,
            untimed="with the final letter",
        ),
        "survey": KindRule("within", "survey", "the close", "closed", _ALWAYS),
        "practice": KindRule("none", "", "", "", _ALWAYS),
    }
)


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """To which cases something applies; an empty list limits nothing."""

    track: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    kind: tuple[CaseKind, ...] = ()
    stage: tuple[Stage, ...] = ()

    def covers(self, kind: str, track: str, category: str) -> bool:
        """Whether a case is one of them; a case without a category yet is in no list of categories."""
        pairs = ((self.kind, kind), (self.track, track), (self.category, category))
        return all(not listed or value in listed for listed, value in pairs)


@dataclass(frozen=True, slots=True)
class Promise:
    """One sentence of a policy; `needs` names what mailcase must still learn before it can keep it, '' for nothing."""

    id: str
    kind: PromiseKind
    text: str
    within: Duration | None = None
    every: Duration | None = None
    warn: tuple[Duration, ...] = ()
    applies_to: AppliesTo = AppliesTo()
    who: str = ""  # who does it, where the policy says so: "a senior manager"
    needs: Need = ""

    def holds_in(self, stage: str) -> bool:
        """Whether it applies in this stage: one of its kind, or of fewer where the policy says so."""
        return stage in KINDS[self.kind].stages and (not self.applies_to.stage or stage in self.applies_to.stage)


@dataclass(frozen=True, slots=True)
class SchemeUse:
    """A statutory scheme that lies over the policy, for the cases it binds."""

    name: str
    applies_to: AppliesTo = AppliesTo()


@dataclass(frozen=True, slots=True)
class AdrBody:
    """Who can look at a case from outside when our last word is not accepted; ADR: alternative dispute resolution."""

    name: str
    address: str = ""
    web: str = ""
    email: str = ""
    phone: str = ""
    about: str = ""  # for what, where there are several
    free: bool = True
    time_limit: Duration | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach the firm, as letters name it, and how soon it answers there."""

    name: str
    reach: str
    hours: str = ""
    answer: Duration | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """What a complaint should tell us, and how a mail shows that it does; without both only a person can tell."""

    ask: str  # as letters ask for it: "your order number"
    words: tuple[str, ...] = ()  # one of these stands in the mail; # is any digit
    field: str = ""  # or this field of a form is filled in

    @property
    def shows(self) -> bool:
        """Whether a mail can show that it gives this."""
        return bool(self.words or self.field)


@dataclass(frozen=True, slots=True)
class Notice:
    """The privacy notice that letters link to; its version is recorded on each case."""

    web: str
    version: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy; `digest` is the SHA-256 of `text`, the file as it was read."""

    name: str
    calendar: Calendar
    counting: Counting
    late_next_day: bool
    tell_again: Duration  # after a missed target, until the managers hear of it once more
    schemes: tuple[SchemeUse, ...]
    tracks: Mapping[str, Duration]
    default_track: str
    categories: tuple[str, ...]
    kinds: tuple[CaseKind, ...]
    facts: tuple[Fact, ...]  # what a complaint should tell us
    steps: Mapping[str, tuple[str, ...]]  # kind of case → the steps it takes, in words
    questions: Mapping[str, tuple[str, ...]]  # kind of case → for each of its steps what people ask then, answered
    checks: Mapping[str, Mapping[str, str]]  # kind of case → what its handler answers before a decision
    disagree_by_reply: bool  # whether "I disagree" in answer to the decision is a request to look again
    channels: tuple[Channel, ...]
    adr: tuple[AdrBody, ...]
    notice: Notice | None
    promises: tuple[Promise, ...]
    digest: str
    text: str
    # What `promises_for` found for a sort of case: each look asks again.
    by_sort: dict[tuple[str, ...], tuple[Promise, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def default_kind(self) -> CaseKind:
        """What a new mail is about until somebody says otherwise: the first of the kinds."""
        return self.kinds[0]

    def add(self, start: datetime, duration: Duration) -> datetime:
        """When a time that this policy promises is over (UTC), counted its way."""
        return self.calendar.add(start, duration, self.counting, self.late_next_day)

    def warn_at(self, due: datetime, ahead: Duration) -> datetime:
        """When to warn of a due moment: the opening of a business day, or so many real hours, days or weeks before."""
        if ahead.unit == "business days":
            return self.calendar.business_days_before(due, ahead.count)
        return due - timedelta(**{ahead.unit: ahead.count})


def promises_for(policy: Policy, kind: str, track: str, category: str, stage: str) -> tuple[Promise, ...]:
    """The promises that hold for a case, in the policy's order; one that leaves its time to the track has it."""
    sort = (kind, track, category, stage)
    if sort not in policy.by_sort:
        policy.by_sort[sort] = tuple(
            with_time(promise, policy.tracks.get(track))
            for promise in policy.promises
            if promise.holds_in(stage) and promise.applies_to.covers(kind, track, category)
        )
    return policy.by_sort[sort]


def with_time(promise: Promise, of_track: Duration | None) -> Promise:
    """The promise with the time of a track, if it leaves its time to the track."""
    if promise.within is None and KINDS[promise.kind].time == "within or track":
        return replace(promise, within=of_track)
    return promise


def statutory(
    policy: Policy, duty: Duty, kind: str, track: str, category: str, received_at: datetime
) -> tuple[datetime, str] | None:
    """The strictest limit of the schemes that bind a case, and its scheme: a promise may be earlier, never later."""
    binding = (use.name for use in policy.schemes if use.applies_to.covers(kind, track, category))
    dates = ((limit(name, duty, kind, received_at, policy.calendar), name) for name in binding)
    return min(((due, name) for due, name in dates if due), default=None)


UNREAD_FOR = timedelta(hours=12)  # where a policy promises no acknowledgement


def review_by(policy: Policy, received_at: datetime) -> datetime:
    """When a mail in review has waited too long: half the time is over in which it would have to be acknowledged."""
    promises = promises_for(policy, policy.default_kind, policy.default_track, "", "first")
    times = [each.within for each in promises if each.kind == "acknowledge" and each.within]
    dues = (policy.add(received_at, within) for within in times)
    return min((received_at + (due - received_at) / 2 for due in dues), default=received_at + UNREAD_FOR)
