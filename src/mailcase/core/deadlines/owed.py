"""What is owed on a case and by when: the deadlines that a policy gives it, and the facts that a look goes by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from mailcase.core.case import LetterState, Stage, Status
from mailcase.core.days.durations import Duration
from mailcase.core.promises.policy import Policy, Promise, PromiseKind, promises_for, statutory
from mailcase.core.promises.schemes import Duty

State = Literal["open", "kept", "broken", "waived"]
What = Literal["warn", "flag", "flag again", "ask for words", "write", "signpost"]

OPEN: tuple[Status, ...] = ("new", "investigating", "waiting")
# The evidence of a deadline that is waived for good: no status opens it again, only a policy that promises it anew.
PROMISED_NO_MORE = "the policy that the case is held to does not promise it"

# Which kinds of promise mailcase watches, the duty of a scheme that may be stricter, and the contacts that keep one.
WATCHED: dict[PromiseKind, tuple[Duty | None, tuple[str, ...]]] = {
    "acknowledge": ("acknowledge", ("acknowledgement",)),
    "assign": (None, ()),  # no letter: `assigned` settles it when somebody gets the case
    "update": (None, ("update", "reply", "ask", "extension", "step", "contact", "resolution", "second-look")),
    "resolve": ("resolve", ("resolution",)),
    "escalation": ("resolve", ("resolution",)),
    "signpost": ("signpost", ("signpost",)),
    "survey": (None, ("survey",)),
}
# What is owed from the receipt on; the others begin when something happens: a request to look again, the close.
FROM_RECEIPT: tuple[PromiseKind, ...] = ("acknowledge", "assign", "update", "resolve", "signpost")
DECISIONS: tuple[PromiseKind, ...] = ("resolve", "escalation")
DECIDED_IN: Mapping[PromiseKind, Stage] = MappingProxyType({"resolve": "first", "escalation": "second"})


@dataclass(frozen=True, slots=True)
class Deadline:
    """One promise on one case; an update promise has one after the other, `seq` from 1 on. Times are UTC."""

    promise: str
    seq: int
    kind: PromiseKind
    counted_from: datetime
    due_at: datetime
    state: State = "open"
    met_at: datetime | None = None  # also of one that was broken, and then done late
    evidence: str = ""
    warned: int = 0  # how many of its warnings were given
    asked: bool = False  # the handler was asked for words
    written: bool = False  # a letter that would keep it was written
    told: int = 0  # of its being broken: 1 handler and managers, 2 the managers again

    @property
    def is_extension(self) -> bool:
        """A decision has one date by its promise; those behind it are what staff made of it: more time, or reopened."""
        return self.kind in DECISIONS and self.seq > 1


@dataclass(frozen=True, slots=True)
class Contact:
    """A letter that the relay took, or a talk that was logged; `reached` is False for a letter that came back."""

    at: datetime
    what: str
    evidence: str
    reached: bool = True
    stage: str = ""  # of the case when the letter was written; '' where nobody knows


@dataclass(frozen=True, slots=True)
class Unsent:
    """A letter to the customer that the relay has not taken: it may still leave, or it was stopped or refused."""

    kind: str
    state: LetterState
    queued_at: datetime

    @property
    def may_leave(self) -> bool:
        """It waits for the relay, or for a person."""
        return self.state not in ("failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of the timeline that the customer may know of."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a look needs to know of a case."""

    reference: str
    kind: str
    track: str
    category: str
    stage: str
    status: Status
    received_at: datetime
    reachable: bool
    deadlines: tuple[Deadline, ...]
    contacts: tuple[Contact, ...]  # oldest first
    customer: str = ""
    customer_name: str = ""
    handler: str = ""
    happened: tuple[Happening, ...] = ()  # oldest first
    unsent: tuple[Unsent, ...] = ()  # acknowledgements and updates
    step: int = 1  # of the steps that the policy names for its kind
    format: str = ""  # in which the customer reads; '' is the ordinary one
    contact: str = ""  # how they want to be reached; '' is by e-mail
    conflicts: tuple[str, ...] = ()  # staff who are complained about, and see nothing of it
    people: tuple[str, ...] = ()  # addresses of those who get its letters too
    missing: tuple[str, ...] = ()  # facts that the policy asks for, and no mail of the customer has shown yet


@dataclass(frozen=True, slots=True)
class Action:
    """Something to be done about a deadline now."""

    what: What
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Look:
    """The deadlines as they are now, what follows, and when to look again (None: when something happens)."""

    deadlines: tuple[Deadline, ...]
    actions: tuple[Action, ...]
    look_at: datetime | None


def new_case(policy: Policy, reference: str, received_at: datetime, category: str = "") -> CaseFacts:
    """A case that opens now, with the deadlines that the policy gives it; '' is a category that nobody has said yet."""
    kind, track = policy.default_kind, policy.default_track
    case = CaseFacts(reference, kind, track, category, "first", "new", received_at, True, (), ())
    return replace(case, deadlines=first_deadlines(policy, case))


def first_deadlines(policy: Policy, case: CaseFacts) -> tuple[Deadline, ...]:
    """The deadlines of a case that opens now: a promise's own date, or a scheme's where that is stricter."""
    promised = [
        promise
        for promise in watched(policy, case)
        if promise.kind in FROM_RECEIPT and (promise.within or promise.every)
    ]
    found = [_first(policy, case, promise) for promise in promised]
    for kind, (duty, _) in WATCHED.items():
        missing = kind in FROM_RECEIPT and not any(deadline.kind == kind for deadline in found)
        if duty and missing and (law := _law(policy, case, duty)):
            found.append(Deadline(law[1], 1, kind, case.received_at, law[0]))
    return tuple(found)


def assigned(deadlines: Iterable[Deadline], handler: str, now: datetime) -> tuple[Deadline, ...]:
    """The deadlines once somebody has the case; '' is nobody. Who has it later changes nothing any more."""
    return tuple(_taken_on(each, handler, now) for each in deadlines)


def _taken_on(deadline: Deadline, handler: str, now: datetime) -> Deadline:
    if not handler or deadline.kind != "assign" or deadline.met_at or deadline.state == "waived":
        return deadline
    in_time = deadline.state == "open" and now <= deadline.due_at
    return replace(deadline, state="kept" if in_time else "broken", met_at=now, evidence=f"{handler} has the case")


def watched(policy: Policy, case: CaseFacts) -> list[Promise]:
    """The promises of a case that mailcase keeps by itself, in the policy's order."""
    promises = promises_for(policy, case.kind, case.track, case.category, case.stage)
    return [promise for promise in promises if promise.kind in WATCHED and not promise.needs]


def next_update(case: CaseFacts, policy: Policy, contact: datetime) -> datetime | None:
    """By when the customer hears from us again after a contact: one letter keeps every promise of updates."""
    every = [promise.every for promise in watched(policy, case) if promise.every]
    return min((policy.calendar.after(contact, period) for period in every), default=None)


def current_decision(case: CaseFacts) -> PromiseKind:
    """Which decision the case is about: the first, or that of the second look."""
    return "resolve" if case.stage == "first" else "escalation"


def decision_due(policy: Policy, case: CaseFacts, within: Duration, since: datetime) -> datetime:
    """By when a decision is due that is owed from a later moment on: never beyond a limit by law that lies ahead.

    A limit that is over was met, or missed, by the decision before; no date lies before the moment it counts from.
    """
    due, law = policy.add(since, within), _law(policy, case, "resolve")
    return min(due, law[0]) if law and law[0] > since else due


def limit_by_law(deadline: Deadline, case: CaseFacts, policy: Policy) -> datetime | None:
    """The limit by law over a deadline of the case, if any; over a second decision only one that lies ahead."""
    duty = WATCHED[deadline.kind][0]
    law = _law(policy, case, duty) if duty else None
    ahead = law is not None and (deadline.kind != "escalation" or law[0] > deadline.counted_from)
    return law[0] if law and ahead else None


def _law(policy: Policy, case: CaseFacts, duty: Duty) -> tuple[datetime, str] | None:
    return statutory(policy, duty, case.kind, case.track, case.category, case.received_at)


def _first(policy: Policy, case: CaseFacts, promise: Promise) -> Deadline:
    if promise.every:
        due = policy.calendar.after(case.received_at, promise.every)
    else:
        assert promise.within is not None
        due = policy.add(case.received_at, promise.within)
    duty = WATCHED[promise.kind][0]
    if duty and (law := _law(policy, case, duty)):
        due = min(due, law[0])
    return Deadline(promise.id, 1, promise.kind, case.received_at, due)
