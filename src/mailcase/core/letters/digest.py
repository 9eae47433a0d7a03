"""The daily digest: what waits for one of staff, in one mail on business mornings, and only if there is something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime

from mailcase.core.changes import QueueLetter
from mailcase.core.days.calendar import Calendar
from mailcase.core.letters.attention import Unattended
from mailcase.core.letters.post import Envelope, personal_address, queue
from mailcase.core.promises.policy import PromiseKind
from mailcase.core.rules import Rules
from mailcase.core.staff.who import tells_of

MOST = 50  # rows of each table: a mail is read by a person; how many there are beyond is said


@dataclass(frozen=True, slots=True)
class Owed:
    """A deadline that is missed or near."""

    case: str
    promise: str
    kind: PromiseKind
    due: datetime
    handler: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A mail that waits in review."""

    mail: int
    received: datetime
    sender: str
    why: str


@dataclass(frozen=True, slots=True)
class Unreached:
    """A case of which a letter did not reach its reader."""

    case: str
    customer: str
    since: datetime
    handler: str


@dataclass(frozen=True, slots=True)
class Returned:
    """One of staff whom our mails do not reach: how many came back, and since when."""

    person: str
    mails: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Undecided:
    """A case of which nobody has decided yet what follows the customer's answer to our decision."""

    case: str
    since: datetime
    handler: str


@dataclass(frozen=True, slots=True)
class ToPost:
    """A case with letters that a person is to post or read out, and has not yet."""

    case: str
    letters: int
    since: datetime
    handler: str


@dataclass(frozen=True, slots=True)
class NotPassedOn:
    """A case whose customer wrote more mails than are passed on; nobody has asked yet to be shown them."""

    case: str
    customer: str
    handler: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one of staff: of their own cases, or of all of them for a manager. Each in its order of time.

    Nobody may read here of a case that complains about them: whoever gathers this leaves those out.
    """

    owed: tuple[Owed, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    to_post: tuple[ToPost, ...] = ()
    review: tuple[Unread, ...] = ()
    undeliverable: tuple[Unreached, ...] = ()
    not_passed_on: tuple[NotPassedOn, ...] = ()
    unattended: tuple[Unattended, ...] = ()
    returned: tuple[Returned, ...] = ()


def digest(person: str, waiting: Waiting, rules: Rules, now: datetime) -> tuple[QueueLetter, ...]:
    """The digest of the day for one of staff, if there is anything in it: one letter per person and day."""
    day = rules.policy.calendar.day_of(now)
    heaps = [(name, found) for name, found in _heaps(waiting, person, rules, now) if found]
    if not heaps:
        return ()
    values = {
        "day": day,
        "personal": personal_address(person, rules, now),
        "everybody": person in rules.managers,
        "counts": [f"{len(found)} {name}" for name, found in heaps],
        "heaps": [
            {"name": name, "rows": [_row(each, rules) for each in found[:MOST]], "more": len(found[MOST:])}
            for name, found in heaps
        ],
    }
    envelope = Envelope("staff-digest", f"{person} {day}".encode(), person, due_at=now)
    return (queue(envelope, values, rules, now),)


def next_morning(calendar: Calendar, now: datetime) -> datetime:
    """The first opening after this moment."""
    return calendar.next_opening(calendar.close_of(calendar.day_of(now)) if calendar.is_open(now) else now)


def _heaps(waiting: Waiting, person: str, rules: Rules, now: datetime) -> Iterator[tuple[str, Sequence[object]]]:
    """What waits, each heap under the name that counts it, in the order of the mail."""
    day_of = rules.policy.calendar.day_of
    ahead = [each for each in waiting.owed if each.due > now]
    yield "overdue", [each for each in waiting.owed if each.due <= now]
    yield "due today", [each for each in ahead if day_of(each.due) == day_of(now)]
    yield "due soon", [each for each in ahead if day_of(each.due) > day_of(now)]
    yield "to decide", waiting.undecided
    yield "to post", waiting.to_post
    yield "in review", waiting.review
    yield "undeliverable", waiting.undeliverable
    yield "not passed on", waiting.not_passed_on
    yield "unattended", [each.told(person) for each in waiting.unattended]
    yield "of staff not reached", [each for each in waiting.returned if tells_of(each.person, person, rules)]


def _row(found: object, rules: Rules) -> object:
    """What the template reads of it: times where the reader lives, the handler by name."""
    if not is_dataclass(found):
        return found
    values = {each.name: getattr(found, each.name) for each in fields(found)}
    times = {name: at.astimezone(rules.zone) for name, at in values.items() if isinstance(at, datetime)}
    handler = values.get("handler", "")
    return {**values, **times, "handler": rules.name_of(handler) or handler}
