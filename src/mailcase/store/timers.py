"""What time brings: a row says when something wants to be looked at, and an index finds those that are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, tuple_, update

from mailcase.store.engine import AnyRow
from mailcase.store.tables import cases, letters, mails, timers, to_staff, waiting

MOST_LOOKS = 50


@dataclass(frozen=True, slots=True)
class Look:
    """Something that wants to be looked at, and until when it is ours alone."""

    kind: str
    subject: str
    until: datetime


def take(conn: Connection, now: datetime, until: datetime) -> list[Look]:
    """The looks that are due, the longest overdue first; nobody else gets them before `until`."""
    due = select(timers.c.kind, timers.c.subject).where(timers.c.look_at <= now).order_by(timers.c.look_at)
    taken = [Look(*row, until) for row in conn.execute(due.limit(MOST_LOOKS).with_for_update(skip_locked=True))]
    if taken:
        chosen = tuple_(timers.c.kind, timers.c.subject).in_([(look.kind, look.subject) for look in taken])
        conn.execute(update(timers).where(chosen).values(look_at=until))
    return taken


def hold(conn: Connection, look: Look) -> bool:
    """Lock a look; False when it is no longer ours. Who wants it in a transaction of their own is waited for."""
    ours = select(timers.c.kind).where(_is(look), timers.c.look_at == look.until)
    return conn.scalar(ours.with_for_update()) is not None


def done(conn: Connection, look: Look, again: datetime | None) -> None:
    """This look has had its consequences; with `again` it is wanted once more, then."""
    if again is None:
        conn.execute(delete(timers).where(_is(look)))
    else:
        conn.execute(update(timers).where(_is(look)).values(look_at=again))


def _is(look: Look) -> ColumnElement[bool]:
    return and_(timers.c.kind == look.kind, timers.c.subject == look.subject)


def last_told(conn: Connection) -> datetime | None:
    """When staff were last told that something waits for them."""
    last: datetime | None = conn.scalar(select(func.max(letters.c.queued_at)).where(to_staff))
    return last


def held_letters(conn: Connection, most: int) -> Sequence[AnyRow]:
    """(case, reason) of letters that wait for a release."""
    query = select(letters.c.case_ref, letters.c.reason).where(letters.c.state == "held")
    return conn.execute(query.order_by(letters.c.queued_at).limit(most)).all()


def failed_letters(conn: Connection, most: int) -> Sequence[AnyRow]:
    """(case, reason) of letters that the relay refused for good."""
    query = select(letters.c.case_ref, letters.c.reason).where(letters.c.state == "failed")
    return conn.execute(query.order_by(letters.c.queued_at).limit(most)).all()


def undeliverable_cases(conn: Connection, most: int) -> Sequence[AnyRow]:
    """(case, customer's address) of open cases of which a letter did not reach its reader, the newest first."""
    query = select(cases.c.reference, cases.c.customer).where(cases.c.undeliverable_at.is_not(None))
    return conn.execute(query.order_by(cases.c.undeliverable_at.desc()).limit(most)).all()


def waiting_mails(conn: Connection, most: int) -> Sequence[AnyRow]:
    """(id, reason) of mails in review."""
    query = select(mails.c.id, mails.c.review, mails.c.sender, mails.c.reason).where(waiting, mails.c.state == "review")
    return conn.execute(query.order_by(mails.c.kept_at).limit(most)).all()
