"""Kept mails: inserted by the doors, taken by intake under a lease, looked at by people."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from mailcase.core.case import Role
from mailcase.core.changes import LookAt
from mailcase.core.mail.charset import one_line
from mailcase.core.reading import Arrival
from mailcase.store.engine import AnyRow
from mailcase.store.tables import Utc, bodies, doors, mails, waiting
from mailcase.store.timers import set_looks

LEASE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)  # no mail waits longer for its next look
MOST_MAILS = 50
MOST_BYTES = 8_000_000
GIVE_UP = 3  # readings that killed the process or raised


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail as a door hands it over; `uid` and `uidvalidity` are set by an IMAP door."""

    raw: bytes
    received_at: datetime
    envelope_from: str | None = None
    envelope_to: str = ""
    peer: str = ""
    uidvalidity: int | None = None
    uid: int | None = None
    silent: bool = False


def _pack(raw: bytes) -> bytes:
    """Huffman alone: most of it is base64, and to look for repetitions in that costs four times the CPU."""
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_HUFFMAN_ONLY)
    return packer.compress(raw) + packer.flush()


_KEEP = insert(mails).returning(mails.c.id, sort_by_parameter_order=True)
_KEEP_BODY = insert(bodies)


def keep(conn: Connection, door: int, arrived: Sequence[Kept], now: datetime) -> list[int]:
    """Insert mails and their bytes; what the caller commits is durable. Returns the new ids in the order given."""
    if not arrived:
        return []
    rows = [
        {
            "door_id": door,
            "uidvalidity": mail.uidvalidity,
            "uid": mail.uid,
            "received_at": mail.received_at,
            "kept_at": now,
            "envelope_from": None if mail.envelope_from is None else one_line(mail.envelope_from),
            "envelope_to": one_line(mail.envelope_to),
            "peer": one_line(mail.peer),  # of an import the path, which may hold any bytes
            "size": len(mail.raw),
            "silent": mail.silent,
            "look_at": now,
        }
        for mail in arrived
    ]
    made = conn.scalars(_KEEP, rows).all()
    conn.execute(
        _KEEP_BODY, [{"mail_id": id_, "raw": _pack(mail.raw)} for id_, mail in zip(made, arrived, strict=True)]
    )
    return list(made)


@dataclass(frozen=True, slots=True)
class Taken:
    """A kept mail under our lease, with its bytes and what its door is."""

    id: int
    attempts: int
    received_at: datetime
    envelope_from: str | None
    silent: bool
    accepted_by: str
    channel: str
    role: Role
    junk: bool
    raw: bytes
    door_name: str
    peer: str

    @property
    def arrival(self) -> Arrival:
        """What is read of it."""
        return Arrival(
            id=self.id,
            door=self.channel,
            role=self.role,
            junk=self.junk,
            received_at=self.received_at,
            envelope_from=self.envelope_from,
            silent=self.silent,
            accepted_by=self.accepted_by,
            given_up=self.attempts > GIVE_UP,
            raw=self.raw,
            attempts=self.attempts,
            door_name=self.door_name,
            peer=self.peer,
        )


_NOW = bindparam("now", type_=Utc)
# What lies further ahead than we ever put it was written before the clock was stepped back: it is due.
_FAR, _FAR_LEASE = bindparam("far", type_=Utc), bindparam("far_lease", type_=Utc)
_CHOSEN = mails.c.id.in_(bindparam("ids", expanding=True))
_NEXT = (
    select(mails.c.id, mails.c.size, mails.c.attempts)
    .where(waiting, mails.c.state == "kept", or_(mails.c.look_at <= _NOW, mails.c.look_at > _FAR))
    .where(or_(mails.c.lease_until.is_(None), mails.c.lease_until <= _NOW, mails.c.lease_until > _FAR_LEASE))
    .order_by(mails.c.attempts, mails.c.id)
    .limit(MOST_MAILS)
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(mails)
    .where(_CHOSEN)
    .values(attempts=mails.c.attempts + 1, lease_owner=bindparam("owner"), lease_until=bindparam("until"))
)
_TAKEN = ("id", "attempts", "received_at", "envelope_from", "silent", "accepted_by", "peer")
_WITH_BODY = (
    select(*(mails.c[name] for name in _TAKEN))
    .add_columns(doors.c.channel, doors.c.role, doors.c.junk, bodies.c.raw, doors.c.name.label("door_name"))
    .select_from(mails.join(doors).join(bodies))
    .where(_CHOSEN)
    .order_by(mails.c.id)
)


def take(conn: Connection, owner: str, now: datetime) -> list[Taken]:
    """Lease the next kept mails and count the attempt, before anything is read.

    Mails that were tried before come after the fresh ones and alone: one that kills the process takes no other with it.
    """
    moments = {"now": now, "far": now + LONGEST_PAUSE, "far_lease": now + 2 * LEASE}
    chosen = _choose(conn.execute(_NEXT, moments).all())
    if not chosen:
        return []
    conn.execute(_LEASE, {"ids": chosen, "owner": owner, "until": now + LEASE})
    return _whole(conn, chosen)


def _whole(conn: Connection, ids: Sequence[int]) -> list[Taken]:
    rows = conn.execute(_WITH_BODY, {"ids": ids}).mappings()
    return [Taken(**{**row, "raw": zlib.decompress(row["raw"])}) for row in rows]


def _choose(rows: Sequence[AnyRow]) -> list[int]:
    if rows and rows[0].attempts:
        return [rows[0].id]
    chosen: list[int] = []
    size = 0
    for row in rows:
        size += row.size
        if row.attempts or (chosen and size > MOST_BYTES):
            break
        chosen.append(row.id)
    return chosen


_MINE = (
    select(mails.c.id)
    .where(_CHOSEN, mails.c.lease_owner == bindparam("owner"), mails.c.state == "kept")
    .with_for_update()
)


def lock(conn: Connection, owner: str, ids: Sequence[int]) -> set[int]:
    """Lock those of the taken mails that are still ours: another daemon may have taken over when we stood still."""
    return set(conn.scalars(_MINE, {"ids": ids, "owner": owner}))


def survived(conn: Connection, owner: str, ids: Iterable[int]) -> None:
    """Reading these did no harm: what comes next is no fault of theirs."""
    conn.execute(update(mails).where(mails.c.id.in_(list(ids)), mails.c.lease_owner == owner).values(attempts=0))


def put_back(conn: Connection, owner: str, mail: int, attempts: int, look_at: datetime) -> None:
    """Take our lease off a mail that breaks the code; it is looked at again at `look_at`, and `attempts` count."""
    mine = mails.c.id == mail, mails.c.lease_owner == owner, mails.c.state == "kept"
    freed = {"lease_owner": None, "lease_until": None}
    conn.execute(update(mails).where(*mine).values(look_at=look_at, attempts=attempts, **freed))


def free_all(conn: Connection) -> None:
    """Forget the leases of a daemon that is gone; only for the one that holds the whole database (SQLite)."""
    conn.execute(update(mails).where(mails.c.lease_owner.is_not(None)).values(lease_owner=None, lease_until=None))


def accept(conn: Connection, ids: Iterable[int], by: str, now: datetime) -> list[int]:
    """Send mails from review back to intake, which will then open a case; returns those that were in review."""
    chosen = update(mails).where(mails.c.id.in_(list(ids)), mails.c.state == "review")
    values = {
        "state": "kept",
        "attempts": 0,
        "accepted_by": by,
        "look_at": now,
        "digest": None,
        "review": None,
    }
    accepted = chosen.values(lease_owner=None, lease_until=None, **values).returning(mails.c.id)
    return _looked_at(conn, conn.scalars(accepted).all())


def discard(conn: Connection, ids: Iterable[int], by: str, now: datetime) -> list[int]:
    """A person says that these mails need nothing; they stay kept as evidence. Returns those that were in review."""
    chosen = update(mails).where(mails.c.id.in_(list(ids)), mails.c.state == "review")
    values = {"state": "discarded", "review": None, "reason": f"discarded by {by}", "handled_at": now}
    return _looked_at(conn, conn.scalars(chosen.values(**values).returning(mails.c.id)).all())


def _looked_at(conn: Connection, ids: Sequence[int]) -> list[int]:
    """Somebody has decided about these, so nobody needs to be alerted."""
    set_looks(conn, [LookAt("review", str(mail), None) for mail in ids])
    return list(ids)


_LISTED = ("id", "received_at", "sender", "subject", "kind", "signals", "review", "reason", "state")


def in_review(conn: Connection) -> Sequence[AnyRow]:
    """The mails that wait for a person, oldest first."""
    listed = [mails.c[name] for name in _LISTED]
    return conn.execute(select(*listed).where(waiting, mails.c.state == "review").order_by(mails.c.received_at)).all()


def raw(conn: Connection, mail: int) -> bytes | None:
    """The bytes of a mail as they arrived."""
    packed = conn.scalar(select(bodies.c.raw).where(bodies.c.mail_id == mail))
    return None if packed is None else zlib.decompress(packed)


def opening(conn: Connection, case: str) -> Arrival | None:
    """The customer's mail that opened a case; None where staff opened it."""
    found = conn.scalar(select(mails.c.id).where(mails.c.case_ref == case, mails.c.state == "case"))
    return _whole(conn, [found])[0].arrival if found is not None else None


def oldest_waiting(conn: Connection) -> datetime | None:
    """When the oldest mail that intake has not handled was kept."""
    oldest: datetime | None = conn.scalar(select(func.min(mails.c.kept_at)).where(waiting, mails.c.state == "kept"))
    return oldest


def ends(conn: Connection, ids: Sequence[int]) -> list[tuple[int, str, str | None]]:
    """(id, state, case) of these mails."""
    found: list[tuple[int, str, str | None]] = []
    for start in range(0, len(ids), 500):  # both databases bound the number of parameters
        query = select(mails.c.id, mails.c.state, mails.c.case_ref).where(mails.c.id.in_(ids[start : start + 500]))
        found += conn.execute(query.order_by(mails.c.id)).all()
    return found
