"""What the deadlines prove: those of a period with their evidence, and those that are not met yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, and_, select

from mailcase.core.deadlines.owed import DECISIONS, Deadline
from mailcase.core.deadlines.proof import Proven
from mailcase.store.engine import AnyRow
from mailcase.store.tables import deadlines, unmet

_COLUMNS = [deadlines.c[field.name] for field in fields(Deadline)]
# The index of what is not met can answer it.
_OWED = and_(unmet, deadlines.c.state.in_(["open", "broken"]))


def proven(conn: Connection, since: datetime | None = None, before: datetime | None = None) -> Iterator[Proven]:
    """Every deadline that falls due in a period, promise by promise, one in memory at a time."""
    is_extension = and_(deadlines.c.kind.in_(DECISIONS), deadlines.c.seq > 1)
    query = select(deadlines.c.case_ref, *_COLUMNS).order_by(
        deadlines.c.promise,
        deadlines.c.kind,
        is_extension,
        deadlines.c.due_at,
        deadlines.c.case_ref,
        deadlines.c.seq,
    )
    if since:
        query = query.where(deadlines.c.due_at >= since)
    if before:
        query = query.where(deadlines.c.due_at < before)
    for case, *values in conn.execute(query.execution_options(yield_per=1000)):
        yield Proven(case, Deadline(*values))


def owed(conn: Connection, before: datetime | None = None) -> Sequence[AnyRow]:
    """(case_ref, promise, kind, due_at, state) of what is still owed, the longest due first."""
    names = ("case_ref", "promise", "kind", "due_at", "state")
    query = select(*(deadlines.c[name] for name in names)).where(_OWED).order_by(deadlines.c.due_at)
    return conn.execute(query.where(deadlines.c.due_at <= before) if before else query).all()


def of_case(conn: Connection, case: str) -> tuple[Deadline, ...]:
    """Every deadline of a case, in the order in which they fall due."""
    query = select(*_COLUMNS).where(deadlines.c.case_ref == case)
    ordered = query.order_by(deadlines.c.due_at, deadlines.c.promise, deadlines.c.seq)
    return tuple(Deadline(*row) for row in conn.execute(ordered))
