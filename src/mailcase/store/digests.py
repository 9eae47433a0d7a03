"""What a digest needs of the database, and the looks that bring it about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)

from mailcase.core.deadlines.owed import DECISIONS, OPEN
from mailcase.core.letters.digest import NotPassedOn, Owed, ToPost, Undecided, Unreached, Unread, Waiting
from mailcase.core.letters.notices import URGENT
from mailcase.core.letters.telling import UNREAD
from mailcase.core.mail.thread import mailbox_key
from mailcase.core.staff.assignment import Colleague
from mailcase.store.engine import insert_new
from mailcase.store.records import task_of
from mailcase.store.tables import Utc, cases, deadlines, letters, mails, may_know_of, timeline, timers, unmet, waiting
from mailcase.store.unreached import customer_unreached, staff_unreached

BY_PEOPLE = (*DECISIONS, "assign")  # the promises that only a person keeps
# A resolved case owes its decision again when that came back.
_OWES = or_(cases.c.status.in_(OPEN), and_(cases.c.status == "resolved", deadlines.c.kind.in_(DECISIONS)))


def ensure_digests(conn: Connection, staff: Iterable[Colleague], at: datetime) -> None:
    """A look for the digest of each of staff: at `at`, unless there is one already."""
    rows = [{"kind": "digest", "subject": each.address, "look_at": at} for each in staff]
    if rows:
        conn.execute(insert_new(conn, timers).on_conflict_do_nothing(), rows)


def waiting_for(conn: Connection, person: str, *, everything: bool, now: datetime, until: datetime) -> Waiting:
    """What waits on the cases of one of staff; or on all of them, with the mails in review, and whom no mail reaches.

    Never on one that complains about them.

    Of deadlines those that are missed, those due before `until`, and those of which was warned.
    """
    theirs = and_(true() if everything else cases.c.handler == person, may_know_of(person))
    return Waiting(
        owed=tuple(Owed(*row) for row in conn.execute(_owed(theirs, now, until))),
        review=tuple(Unread(*row) for row in conn.execute(_REVIEW)) if everything else (),
        undeliverable=tuple(Unreached(*row) for row in conn.execute(_UNDELIVERABLE.where(theirs))),
        returned=tuple(staff_unreached(conn, now)) if everything else (),
        undecided=tuple(Undecided(*row) for row in conn.execute(_PARKED.where(theirs))),
        to_post=tuple(_to_post(conn.execute(_BY_HAND.where(theirs)))),
        not_passed_on=tuple(NotPassedOn(*row) for row in conn.execute(_NOT_PASSED_ON.where(theirs))),
    )


def _to_post(found: Iterable[Sequence[Any]]) -> Iterator[ToPost]:
    for case, tasks, since, handler in found:
        if waits := sum(not task_of(line).stopped for line in tasks.splitlines()):
            yield ToPost(case, waits, since, handler)


def _owed(theirs: ColumnElement[bool], now: datetime, until: datetime) -> Select[Any]:
    missed = deadlines.c.due_at <= now
    near = or_(deadlines.c.due_at < until, deadlines.c.warned > 0, deadlines.c.asked)
    # Nothing is to be done for what mailcase writes itself, or where the letter is on its way, unless it is late.
    wanted = or_(missed, and_(near, deadlines.c.kind.in_(BY_PEOPLE), ~deadlines.c.written))
    columns = (cases.c.reference, deadlines.c.promise, deadlines.c.kind, deadlines.c.due_at, cases.c.handler)
    found = select(*columns).join_from(deadlines, cases).where(unmet, deadlines.c.state != "waived", wanted)
    return found.where(_OWES, theirs).order_by(deadlines.c.due_at, cases.c.reference, deadlines.c.promise)


_REVIEW = (
    select(mails.c.id, mails.c.received_at, mails.c.sender, mails.c.review)
    .where(waiting, mails.c.state == "review")
    .order_by(mails.c.received_at, mails.c.id)
)
_UNDELIVERABLE = (
    select(cases.c.reference, cases.c.customer, cases.c.undeliverable_at, cases.c.handler)
    .where(customer_unreached)
    .order_by(cases.c.undeliverable_at, cases.c.reference)
)
_PARKED = (
    select(cases.c.reference, cases.c.parked_at, cases.c.handler)
    .where(cases.c.parked_at.is_not(None))
    .order_by(cases.c.parked_at, cases.c.reference)
)
# Since the first that was asked for after one was posted; where the order was another one, since the last.
_OF_CASE = timeline.c.case_ref == cases.c.reference
_POSTED = timeline.alias("posted")
_LAST_POSTED = (
    select(func.coalesce(func.max(_POSTED.c.seq), 0))
    .where(_POSTED.c.case_ref == cases.c.reference, _POSTED.c.kind == "posted")
    .correlate(cases)
)
_TASKS = select(timeline.c.at).where(_OF_CASE, timeline.c.kind == "task")
_LATER_TASKS = _TASKS.where(timeline.c.seq > _LAST_POSTED.scalar_subquery())
_SINCE = func.coalesce(
    _LATER_TASKS.with_only_columns(func.min(timeline.c.at)).scalar_subquery(),
    _TASKS.with_only_columns(func.max(timeline.c.at)).scalar_subquery(),
    cases.c.received_at,
).label("since")
_BY_HAND = (
    select(cases.c.reference, cases.c.tasks, _SINCE, cases.c.handler)
    .where(cases.c.tasks != "", cases.c.joined == "")
    .order_by(_SINCE, cases.c.reference)
)


_NOT_PASSED_ON = (
    select(cases.c.reference, cases.c.customer, cases.c.handler)
    .join_from(timers, cases, cases.c.reference == timers.c.subject)
    .where(timers.c.kind == UNREAD)
    .order_by(cases.c.reference)
)


# By mailbox, because that index ends with the time: to ask for all that went to staff would read years of it.
_MAILBOXES: BindParameter[Any] = bindparam("mailboxes", expanding=True)
_URGENT = (
    select(letters.c.recipient, func.count())
    .where(letters.c.mailbox_key.in_(_MAILBOXES), letters.c.queued_at >= bindparam("since", type_=Utc))
    .where(letters.c.kind.in_(URGENT))
    .group_by(letters.c.recipient)
)


def urgent_since(conn: Connection, people: Iterable[str], since: datetime) -> dict[str, int]:
    """How many urgent mails were written to each of these staff."""
    rows = conn.execute(_URGENT, {"mailboxes": [mailbox_key(address) for address in people], "since": since})
    return {name: value for name, value in rows}  # noqa: C416 - dict() of rows is no dict to mypy


_UPDATES = (
    select(letters.c.mailbox_key, func.count())
    .where(letters.c.mailbox_key.in_(_MAILBOXES), letters.c.kind == "update")
    .where(letters.c.queued_at >= bindparam("since", type_=Utc), letters.c.state.not_in(["held", "cancelled"]))
    .group_by(letters.c.mailbox_key)
)


def updates_since(conn: Connection, recipients: Iterable[str], since: datetime) -> dict[str, int]:
    """How many updates were written to the mailboxes of these addresses."""
    mailboxes = sorted({mailbox_key(address) for address in recipients})
    rows = conn.execute(_UPDATES, {"mailboxes": mailboxes, "since": since})
    return {name: value for name, value in rows}  # noqa: C416 - as above
