"""What a digest needs of the database, and the looks that bring it about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true

from mailcase.core.digest import Owed, Unreached, Unread, Waiting
from mailcase.core.notices import URGENT
from mailcase.core.owed import OPEN
from mailcase.store.engine import insert_new
from mailcase.store.tables import cases, deadlines, letters, mails, timers, to_staff, unmet, waiting

_OPEN = cases.c.status.in_(OPEN)


def ensure_digests(conn: Connection, staff: Iterable[str], at: datetime) -> None:
    """A look for the digest of each of staff: at `at`, unless there is one already."""
    rows = [{"kind": "digest", "subject": address, "look_at": at} for address in staff]
    if rows:
        conn.execute(insert_new(conn, timers).on_conflict_do_nothing(), rows)


def waiting_for(conn: Connection, handler: str | None, now: datetime, until: datetime) -> Waiting:
    """What waits on the open cases of a handler; for None on all of them, and the mails in review.

    Of deadlines those that are missed, those due before `until`, and those of which was warned.
    """
    theirs = true() if handler is None else cases.c.handler == handler
    return Waiting(
        owed=tuple(Owed(*row) for row in conn.execute(_owed(theirs, now, until))),
        review=tuple(Unread(*row) for row in conn.execute(_REVIEW)) if handler is None else (),
        undeliverable=tuple(Unreached(*row) for row in conn.execute(_UNDELIVERABLE.where(theirs))),
    )


def _owed(theirs: ColumnElement[bool], now: datetime, until: datetime) -> Select[Any]:
    missed = deadlines.c.due_at <= now
    near = or_(deadlines.c.due_at < until, deadlines.c.warned > 0, deadlines.c.asked)
    # A letter that would keep it is on its way: nothing to be done, unless it is late.
    wanted = or_(missed, and_(near, ~deadlines.c.written))
    columns = (cases.c.reference, deadlines.c.promise, deadlines.c.kind, deadlines.c.due_at, cases.c.handler)
    found = select(*columns).join_from(deadlines, cases).where(unmet, deadlines.c.state != "waived", wanted)
    return found.where(_OPEN, theirs).order_by(deadlines.c.due_at, cases.c.reference, deadlines.c.promise)


_REVIEW = (
    select(mails.c.id, mails.c.received_at, mails.c.sender, mails.c.review)
    .where(waiting, mails.c.state == "review")
    .order_by(mails.c.received_at, mails.c.id)
)
_UNDELIVERABLE = (
    select(cases.c.reference, cases.c.customer, cases.c.undeliverable_at, cases.c.handler)
    .where(_OPEN, cases.c.undeliverable_at.is_not(None))
    .order_by(cases.c.undeliverable_at, cases.c.reference)
)


def urgent_since(conn: Connection, since: datetime) -> dict[str, int]:
    """How many urgent mails were written to each of staff."""
    query = select(letters.c.recipient, func.count()).where(to_staff, letters.c.kind.in_(URGENT))
    rows = conn.execute(query.where(letters.c.queued_at >= since).group_by(letters.c.recipient))
    return {name: value for name, value in rows}  # noqa: C416 - dict() of rows is no dict to mypy
