"""Whom our mail did not reach: customers whom we still owe something, and our own staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from mailcase.core.letters.digest import Returned
from mailcase.store.tables import came_back, cases, is_open, letters, timeline

# A report of what was not delivered comes within hours: a mail that stayed away for so long has arrived.
ARRIVED_AFTER = timedelta(days=1)

_DECISION = and_(
    letters.c.case_ref == cases.c.reference,
    letters.c.recipient == cases.c.customer,
    letters.c.kind == "resolution",
    or_(came_back, letters.c.state == "failed"),
)
_POSTED = and_(
    timeline.c.case_ref == cases.c.reference,
    timeline.c.kind == "posted",
    timeline.c.text == "resolution",
    timeline.c.at > cases.c.undeliverable_at,
)
_LOST_DECISION = and_(exists().where(_DECISION), ~exists().where(_POSTED))
# Of an ended case it matters only while nobody has told the customer how it ended.
_CONCERNED = or_(is_open, and_(cases.c.status.in_(["resolved", "closed"]), cases.c.joined == "", _LOST_DECISION))
customer_unreached: ColumnElement[bool] = and_(cases.c.undeliverable_at.is_not(None), _CONCERNED)

_LATER = letters.alias("later")


def staff_unreached(conn: Connection, now: datetime) -> Sequence[Returned]:
    """Readers of mails to staff that came back, until a later mail to them has stayed away for long enough."""
    arrived = exists().where(
        _LATER.c.mailbox_key == letters.c.mailbox_key,
        _LATER.c.sent_at > letters.c.bounced_at,
        _LATER.c.sent_at <= now - ARRIVED_AFTER,
        _LATER.c.bounced_at.is_(None),
    )
    since = func.min(letters.c.bounced_at)
    found = select(letters.c.recipient, func.count(), since.label("since")).where(came_back, ~arrived)
    found = found.where(letters.c.kind.startswith("staff-")).group_by(letters.c.recipient)
    return [Returned(*row) for row in conn.execute(found.order_by(since, letters.c.recipient))]
