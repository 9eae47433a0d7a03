"""The daily digest: what waits for one of staff, in one mail on business mornings, and only if there is something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mailcase.core.changes import QueueLetter
from mailcase.core.days.calendar import Calendar
from mailcase.core.letters.attention import Unattended
from mailcase.core.letters.post import Envelope, queue
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
    review: tuple[Unread, ...] = ()
    undeliverable: tuple[Unreached, ...] = ()
    returned: tuple[Returned, ...] = ()
    unattended: tuple[Unattended, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    to_post: tuple[ToPost, ...] = ()
    not_passed_on: tuple[NotPassedOn, ...] = ()


def digest(person: str, waiting: Waiting, rules: Rules, now: datetime) -> tuple[QueueLetter, ...]:
    """The digest of the day for one of staff, if there is anything in it: one letter per person and day."""
    day = rules.policy.calendar.day_of(now)
    heaps = [heap for heap in _heaps(waiting.owed, day, rules, now) if heap["rows"]]
    counts = [f"{heap['count']} {str(heap['title']).lower()}" for heap in heaps]
    counts += [f"{len(waiting.undecided)} to decide"] if waiting.undecided else []
    counts += [f"{len(waiting.to_post)} to post"] if waiting.to_post else []
    counts += [f"{len(waiting.review)} in review"] if waiting.review else []
    counts += [f"{len(waiting.undeliverable)} undeliverable"] if waiting.undeliverable else []
    returned = [_returned_row(each, rules) for each in waiting.returned if tells_of(each.person, person, rules)]
    counts += [f"{len(returned)} of staff not reached"] if returned else []
    counts += [f"{len(waiting.unattended)} unattended"] if waiting.unattended else []
    counts += [f"{len(waiting.not_passed_on)} not passed on"] if waiting.not_passed_on else []
    if not counts:
        return ()
    values = {
        "day": day,
        "everybody": person in rules.managers,
        "counts": counts,
        "heaps": heaps,
        "undecided": [_since(each, rules) for each in waiting.undecided[:MOST]],
        "undecided_more": len(waiting.undecided[MOST:]),
        "to_post": [{**_since(each, rules), "letters": each.letters} for each in waiting.to_post[:MOST]],
        "to_post_more": len(waiting.to_post[MOST:]),
        "review": [_review_row(mail, rules) for mail in waiting.review[:MOST]],
        "review_more": len(waiting.review[MOST:]),
        "undeliverable": [_undeliverable_row(case, rules) for case in waiting.undeliverable[:MOST]],
        "undeliverable_more": len(waiting.undeliverable[MOST:]),
        "returned": returned,
        "unattended": [each.told(person) for each in waiting.unattended[:MOST]],
        "unattended_more": len(waiting.unattended[MOST:]),
        "not_passed_on": [_not_passed_on_row(case, rules) for case in waiting.not_passed_on[:MOST]],
        "not_passed_on_more": len(waiting.not_passed_on[MOST:]),
    }
    envelope = Envelope("staff-digest", f"{person} {day}".encode(), person, due_at=now)
    return (queue(envelope, values, rules, now),)


def next_morning(calendar: Calendar, now: datetime) -> datetime:
    """The first opening after this moment."""
    return calendar.next_opening(calendar.close_of(calendar.day_of(now)) if calendar.is_open(now) else now)


def _heaps(owed: Sequence[Owed], day: date, rules: Rules, now: datetime) -> Iterator[dict[str, object]]:
    day_of = rules.policy.calendar.day_of
    overdue = [each for each in owed if each.due <= now]
    today = [each for each in owed if each.due > now and day_of(each.due) == day]
    soon = [each for each in owed if day_of(each.due) > day]
    for title, found in (("Overdue", overdue), ("Due today", today), ("Due soon", soon)):
        rows = [_owed_row(each, rules) for each in found[:MOST]]
        yield {"title": title, "count": len(found), "rows": rows, "more": len(found[MOST:])}


def _owed_row(owed: Owed, rules: Rules) -> dict[str, object]:
    return {
        "case": owed.case,
        "due": owed.due.astimezone(rules.zone),
        "kind": owed.kind,
        "promise": owed.promise,
        "handler": _name(owed.handler, rules),
    }


def _review_row(mail: Unread, rules: Rules) -> dict[str, object]:
    received = mail.received.astimezone(rules.zone)
    return {"mail": mail.mail, "received": received, "sender": mail.sender, "why": mail.why}


def _undeliverable_row(unreached: Unreached, rules: Rules) -> dict[str, object]:
    return {**_since(unreached, rules), "customer": unreached.customer}


def _since(waits: Unreached | Undecided | ToPost, rules: Rules) -> dict[str, object]:
    since = waits.since.astimezone(rules.zone)
    return {"case": waits.case, "since": since, "handler": _name(waits.handler, rules)}


def _returned_row(returned: Returned, rules: Rules) -> dict[str, object]:
    since = returned.since.astimezone(rules.zone)
    return {"person": returned.person, "mails": returned.mails, "since": since}


def _not_passed_on_row(case: NotPassedOn, rules: Rules) -> dict[str, object]:
    return {"case": case.case, "customer": case.customer, "handler": _name(case.handler, rules)}


def _name(address: str, rules: Rules) -> str:
    return rules.name_of(address) or address
