"""Whom our mail did not reach: customers whom we still owe something, and our own staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, or_, select

from mailcase.core.letters.digest import Returned
from mailcase.store.tables import Utc, came_back, cases, is_open, letters, timeline

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

_CAME_BACK = (
    select(letters.c.recipient, letters.c.mailbox_key, letters.c.bounced_at)
    .where(came_back, letters.c.kind.startswith("staff-"))
    .order_by(letters.c.bounced_at)
)
# The newest alone, from the end of what the mailbox got: of one of staff that is years of letters.
_ARRIVED = (
    select(letters.c.sent_at)
    .where(letters.c.mailbox_key == bindparam("mailbox"), letters.c.queued_at <= bindparam("ago", type_=Utc))
    .where(letters.c.sent_at <= bindparam("ago", type_=Utc), letters.c.bounced_at.is_(None))
    .order_by(letters.c.queued_at.desc())
    .limit(1)
)


def staff_unreached(conn: Connection, now: datetime) -> Sequence[Returned]:
    """Readers of mails to staff that came back, until a later mail to them has stayed away for long enough."""
    found = conn.execute(_CAME_BACK).all()
    arrived = {each: _last_arrived(conn, each, now) for each in {row.mailbox_key for row in found}}
    lost: dict[str, list[datetime]] = defaultdict(list)
    for reader, mailbox, bounced_at in found:
        last = arrived[mailbox]
        if last is None or last <= bounced_at:
            lost[reader].append(bounced_at)
    by_first = sorted(lost.items(), key=lambda each: (each[1][0], each[0]))
    return [Returned(reader, len(mails), mails[0]) for reader, mails in by_first]


def _last_arrived(conn: Connection, mailbox: str, now: datetime) -> datetime | None:
    """When the last mail left to a mailbox that has stayed away for so long that it has arrived."""
    at: datetime | None = conn.scalar(_ARRIVED, {"mailbox": mailbox, "ago": now - ARRIVED_AFTER})
    return at
