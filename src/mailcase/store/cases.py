"""Cases as people ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, or_, select

from mailcase.core.deadlines.owed import OPEN
from mailcase.core.letters.attention import Unattended
from mailcase.core.rules import Rules
from mailcase.core.staff.who import is_unattended
from mailcase.store.engine import AnyRow
from mailcase.store.tables import cases, is_open, links

_LISTED = (
    "reference",
    "status",
    "stage",
    "customer",
    "subject",
    "handler",
    "channel",
    "received_at",
    "undeliverable_at",
)


def listed(conn: Connection, only_open: bool = False, handler: str | None = None) -> Sequence[AnyRow]:
    """Cases in the order of their receipt."""
    query = select(*(cases.c[name] for name in _LISTED)).order_by(cases.c.received_at, cases.c.reference)
    if only_open:
        query = query.where(cases.c.status.in_(OPEN))
    if handler is not None:
        query = query.where(cases.c.handler == handler)
    return conn.execute(query).all()


def find(conn: Connection, reference: str) -> AnyRow | None:
    """One case, whole."""
    return conn.execute(select(cases).where(cases.c.reference == reference)).one_or_none()


def under_another(conn: Connection, policy: str) -> list[str]:
    """The open cases that are watched, and held to another policy than this one, the oldest first."""
    query = select(cases.c.reference).where(cases.c.status.in_(OPEN), cases.c.watched, cases.c.policy != policy)
    return list(conn.scalars(query.order_by(cases.c.received_at, cases.c.reference)))


_HANDLED = select(cases.c.reference, cases.c.handler, cases.c.conflicts, cases.c.stage)
_UNDECIDED = or_(is_open, cases.c.parked_at.is_not(None))


def unattended(conn: Connection, rules: Rules, day: date) -> list[Unattended]:
    """The cases on which something is to be done that nobody may look after, the oldest first."""
    staff = [each.address for each in rules.staff]
    doubtful = or_(cases.c.handler.not_in(staff), cases.c.conflicts != "")
    query = _HANDLED.where(_UNDECIDED, cases.c.watched, doubtful).order_by(cases.c.received_at, cases.c.reference)
    rows = ((row.reference, row.handler, tuple(row.conflicts.splitlines()), row.stage) for row in conn.execute(query))
    return [
        Unattended(reference, conflicts)
        for reference, handler, conflicts, stage in rows
        if is_unattended(handler, conflicts, stage, rules, day)
    ]


def linked(conn: Connection, reference: str) -> Sequence[AnyRow]:
    """(other, why) of each case that this one names, and of each that names it."""
    there = select(links.c.other, links.c.why).where(links.c.case_ref == reference)
    here = select(links.c.case_ref, links.c.why).where(links.c.other == reference)
    return conn.execute(there.union(here)).all()
