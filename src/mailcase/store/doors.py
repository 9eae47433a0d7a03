"""The doors: which there are, and what an IMAP mailbox must remember between two polls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, or_, select, update

from mailcase.core.position import Position
from mailcase.errors import TryLater
from mailcase.store import mails as mail_store
from mailcase.store.engine import AnyRow, Database, insert_new
from mailcase.store.mails import Kept
from mailcase.store.tables import doors, mails

LEASE = timedelta(seconds=30)


def ensure_door(conn: Connection, name: str, channel: str, role: str = "complaints", junk: bool = False) -> int:
    """The id of a door; it is entered when it is new."""
    values = {"channel": channel, "role": role, "junk": junk}
    entered = insert_new(conn, doors).values(name=name, **values)
    made = conn.scalar(entered.on_conflict_do_update(index_elements=["name"], set_=values).returning(doors.c.id))
    assert made is not None
    return int(made)


def all_doors(conn: Connection) -> Sequence[AnyRow]:
    """Each door's name and when a poll of it last succeeded (None for doors that do not poll)."""
    return conn.execute(select(doors.c.name, doors.c.polled_at).order_by(doors.c.name)).all()


def free_all(conn: Connection) -> None:
    """Forget the leases of a daemon that is gone; only for the one that holds the whole database (SQLite)."""
    conn.execute(update(doors).values(lease_owner=None, lease_until=None))


class Fetched(Protocol):
    """A message as the IMAP door holds it out."""

    @property
    def uid(self) -> int: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def received_at(self) -> datetime: ...


class MailboxBook:
    """What one mailbox folder remembers, under a lease: several daemons may be configured with the same mailbox."""

    def __init__(
        self,
        database: Database,
        door: int,
        owner: str,
        now: Callable[[], datetime],
        from_the_start: bool,
        kept: Callable[[], None],
    ) -> None:
        self._database = database
        self._door = door
        self._owner = owner
        self._now = now
        self._from_the_start = from_the_start
        self._kept = kept  # wakes intake

    def lease(self) -> bool:
        """Take or renew the lease; False while another daemon has it."""
        now = self._now()
        over = or_(doors.c.lease_until.is_(None), doors.c.lease_until <= now, doors.c.lease_until > now + 2 * LEASE)
        free = or_(doors.c.lease_owner == self._owner, over)  # a lease far ahead is of a clock that was stepped back
        leased = update(doors).where(doors.c.id == self._door, free)
        with self._database.write(durable=False) as conn:
            return conn.execute(leased.values(lease_owner=self._owner, lease_until=now + LEASE)).rowcount == 1

    def release(self) -> None:
        """Give the lease back, so that the next daemon need not wait for its end."""
        ours = update(doors).where(doors.c.id == self._door, doors.c.lease_owner == self._owner)
        with self._database.write(durable=False) as conn:
            conn.execute(ours.values(lease_owner=None, lease_until=None))

    def is_new(self) -> bool:
        """Whether the mailbox was never opened."""
        with self._database.read() as conn:
            return conn.scalar(select(doors.c.uidvalidity).where(doors.c.id == self._door)) is None

    def open(self, uidvalidity: int, uidnext: int) -> Position:
        """Where to go on: at first from now on (or the start); with a new UIDVALIDITY all since the first start.

        A first start from now on is undone when all is wanted later.
        """
        with self._database.write() as conn:
            door = conn.execute(select(doors).where(doors.c.id == self._door)).one()
            all_now = self._from_the_start and door.cutoff is not None
            if door.uidvalidity == uidvalidity and not all_now:
                return Position(door.last_uid, door.cutoff, door.fresh_from)
            if door.uidvalidity is not None and not all_now:
                cutoff = door.cutoff and door.cutoff.replace(microsecond=0)  # INTERNALDATE is no more exact
                position = Position(0, cutoff, uidnext)
            elif self._from_the_start:
                position = Position(0, None, 1)
            else:
                position = Position(uidnext - 1, self._now(), uidnext)
            self._remember(conn, uidvalidity=uidvalidity, **asdict(position))
            return position

    def known(self, uidvalidity: int, uids: Sequence[int]) -> set[int]:
        """Which of these messages are kept already."""
        with self._database.read() as conn:
            return self._known(conn, uidvalidity, uids)

    def _known(self, conn: Connection, uidvalidity: int, uids: Sequence[int]) -> set[int]:
        here = select(mails.c.uid).where(mails.c.door_id == self._door, mails.c.uidvalidity == uidvalidity)
        found: set[int] = set()
        for start in range(0, len(uids), 500):  # both databases bound the number of parameters
            found.update(conn.scalars(here.where(mails.c.uid.in_(uids[start : start + 500]))))
        return found

    def keep(self, uidvalidity: int, fetched: Sequence[Fetched], last_uid: int) -> None:
        """Keep messages and how far we are, in one durable commit; a message that is kept already is not kept twice."""
        with self._database.write() as conn:
            self._remember(conn, last_uid=last_uid, polled_at=self._now())
            known = self._known(conn, uidvalidity, [mail.uid for mail in fetched])
            fresh = [
                Kept(mail.raw, mail.received_at, uidvalidity=uidvalidity, uid=mail.uid)
                for mail in fetched
                if mail.uid not in known
            ]
            mail_store.keep(conn, self._door, fresh, self._now())
        self._kept()

    def _remember(self, conn: Connection, **values: object) -> None:
        ours = update(doors).where(doors.c.id == self._door, doors.c.lease_owner == self._owner)
        if conn.execute(ours.values(**values)).rowcount != 1:
            raise TryLater("another daemon has taken over this mailbox")

    def polled(self) -> None:
        """A round succeeded: /healthz shows when that last happened."""
        with self._database.write(durable=False) as conn:
            conn.execute(update(doors).where(doors.c.id == self._door).values(polled_at=self._now()))
