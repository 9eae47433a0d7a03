"""Cases as people ask for them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from mailcase.core.deadlines.owed import OPEN
from mailcase.store.engine import AnyRow
from mailcase.store.tables import cases, links

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


def linked(conn: Connection, reference: str) -> Sequence[AnyRow]:
    """(other, why) of each case that this one names, and of each that names it."""
    there = select(links.c.other, links.c.why).where(links.c.case_ref == reference)
    here = select(links.c.case_ref, links.c.why).where(links.c.other == reference)
    return conn.execute(there.union(here)).all()
