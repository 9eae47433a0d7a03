"""What a simulation asks of the database: when something happens next, and all that has happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from mailcase.store.engine import AnyRow
from mailcase.store.tables import cases, deadlines, letters, mails, timeline, timers, unsent, waiting

_WANTED = select(
    select(func.min(mails.c.look_at)).where(waiting, mails.c.state == "kept").scalar_subquery(),
    select(func.min(timers.c.look_at)).scalar_subquery(),
    select(func.min(letters.c.look_at)).where(unsent).scalar_subquery(),
)
_LETTERS = (
    select(letters.c.sent_at, letters.c.case_ref, letters.c.kind, letters.c.recipient, letters.c.raw)
    .where(letters.c.sent_at.is_not(None))
    .order_by(letters.c.sent_at, letters.c.queued_at, letters.c.id)
    .execution_options(yield_per=500)
)


class Moments(NamedTuple):
    """When a mail, a timer and a letter want to be looked at next; None: there is none."""

    mail: datetime | None
    look: datetime | None
    letter: datetime | None


def next_moments(conn: Connection) -> Moments:
    """What is due next, of each sort."""
    return Moments(*conn.execute(_WANTED).one())


def opened(conn: Connection) -> Sequence[AnyRow]:
    """(reference, status, customer, subject, received_at, opened_at, policy) of each case, oldest first."""
    names = ("reference", "status", "customer", "subject", "received_at", "opened_at")
    query = select(*(cases.c[name] for name in names)).order_by(cases.c.received_at, cases.c.reference)
    return conn.execute(query).all()


def entries(conn: Connection, kinds: Sequence[str]) -> Sequence[AnyRow]:
    """(at, case_ref, kind, text) of the timelines' entries of these kinds, in the order in which they were made."""
    columns = (timeline.c.at, timeline.c.case_ref, timeline.c.kind, timeline.c.text)
    query = select(*columns).where(timeline.c.kind.in_(kinds))
    return conn.execute(query.order_by(timeline.c.at, timeline.c.case_ref, timeline.c.seq)).all()


def sent(conn: Connection) -> Iterator[AnyRow]:
    """(sent_at, case_ref, kind, recipient, raw) of each letter that left, one in memory at a time."""
    yield from conn.execute(_LETTERS)


def owed(conn: Connection) -> Sequence[AnyRow]:
    """(case_ref, promise, kind, due_at, state, met_at) of every deadline."""
    names = ("case_ref", "promise", "kind", "due_at", "state", "met_at")
    query = select(*(deadlines.c[name] for name in names))
    return conn.execute(query.order_by(deadlines.c.case_ref, deadlines.c.due_at)).all()
