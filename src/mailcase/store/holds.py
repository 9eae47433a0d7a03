"""Holds: a row in `timers` for each daemon whose clock jumped, so that others see it and an operator can release it.

A hold is looked at when its daemon no longer renews it; then that daemon is gone, and the hold with it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from mailcase.store.engine import insert_new
from mailcase.store.tables import timers

KINDS = ("hold", "released")
_OURS = timers.c.kind.in_(KINDS)


def renew(conn: Connection, owner: str, until: datetime) -> bool:
    """Hold what time brings in this daemon; returns whether an operator has released it instead."""
    released = select(timers.c.subject).where(timers.c.kind == "released", timers.c.subject == owner)
    if conn.scalar(released.with_for_update()):
        return True
    entered = insert_new(conn, timers).values(kind="hold", subject=owner, look_at=until)
    conn.execute(entered.on_conflict_do_update(index_elements=["kind", "subject"], set_={"look_at": until}))
    return False


def end(conn: Connection, owner: str) -> None:
    """The clock of this daemon is believed again."""
    conn.execute(delete(timers).where(_OURS, timers.c.subject == owner))


def end_all(conn: Connection) -> None:
    """Nobody holds anything; only for the one that has the whole database (SQLite)."""
    conn.execute(delete(timers).where(_OURS))


def release(conn: Connection) -> list[str]:
    """An operator says that the clocks are right; returns the daemons that will go on."""
    held = update(timers).where(timers.c.kind == "hold").values(kind="released")
    return list(conn.scalars(held.returning(timers.c.subject)))


def holders(conn: Connection) -> list[str]:
    """The daemons in which what time brings is held."""
    return list(conn.scalars(select(timers.c.subject).where(timers.c.kind == "hold").order_by(timers.c.subject)))
