"""What stands in the database of a world, to compare with what the relay got and with what the clock says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from mailcase.store.engine import AnyRow, Database
from mailcase.store.tables import deadlines, letters, timeline, timers, unsent
from mailcase.timers import PAUSE_AFTER_FAULT
from rigs.world import World

COMES = ("case", "digest")  # what time brings to customers and staff


class Books:
    """A look into the world's database, beside its daemons."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._database = Database(world.settings["DATABASE__URL"].replace("postgresql:", "postgresql+psycopg:"))

    def close(self) -> None:
        """Leave the database."""
        self._database.close()

    def deadlines(self) -> list[AnyRow]:
        """Every deadline of every case."""
        with self._database.read() as conn:
            return list(conn.execute(select(deadlines).order_by(deadlines.c.case_ref, deadlines.c.seq)))

    def letters(self) -> dict[str, AnyRow]:
        """Every letter that was ever written, by its Message-ID."""
        with self._database.read() as conn:
            return {row.message_id: row for row in conn.execute(select(letters))}

    def entries(self, kind: str) -> list[AnyRow]:
        """The entries of one kind in all timelines."""
        with self._database.read() as conn:
            return list(conn.execute(select(timeline).where(timeline.c.kind == kind)))

    def next_look(self, kinds: Sequence[str] = COMES) -> datetime:
        """When the first case or digest wants to be looked at."""
        first = select(func.min(timers.c.look_at)).where(timers.c.kind.in_(kinds))
        with self._database.read() as conn:
            at: datetime = conn.execute(first).scalar_one()
            return at

    def work_left(self) -> list[str]:
        """What wants to be looked at now or is being looked at, and letters that have not left."""
        now = self._world.now()
        at_work = timers.c.look_at == now + PAUSE_AFTER_FAULT  # there a look that was taken stands until it is done
        due = select(timers.c.subject).where(timers.c.kind.in_(COMES), or_(timers.c.look_at <= now, at_work))
        with self._database.read() as conn:
            return [*conn.scalars(due), *conn.scalars(select(letters.c.id).where(unsent))]

    def in_hand(self, owners: Sequence[str]) -> list[str]:
        """Letters that these daemons send, or will."""
        theirs = or_(letters.c.lease_owner.is_(None), letters.c.lease_owner.in_(owners))
        with self._database.read() as conn:
            return list(conn.scalars(select(letters.c.id).where(unsent, theirs)))
