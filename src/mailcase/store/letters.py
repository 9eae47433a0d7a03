"""The outbox: letters are claimed under a lease, sent as they are, and marked with the relay's answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, or_, select, update

from mailcase.core.changes import Change
from mailcase.core.deadlines.delivery import Marking
from mailcase.store import changes as change_store
from mailcase.store.engine import AnyRow, insert_new
from mailcase.store.tables import Utc, cases, letters, message_ids, unsent

LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that is ours to send."""

    id: str
    case: str
    kind: str
    recipient: str
    mail_from: str
    raw: bytes
    tries: int  # including the one to come
    doubts: int  # how often the relay has given no answer


_NOW = bindparam("now", type_=Utc)
_CHOSEN = letters.c.id.in_(bindparam("ids", expanding=True))
# A lease so far ahead was given before the clock was stepped back; our own may be of a letter that we send right now.
_FAR = and_(letters.c.lease_until > bindparam("far", type_=Utc), letters.c.lease_owner != bindparam("owner"))
_ABANDONED = and_(letters.c.state == "sending", or_(letters.c.lease_until <= _NOW, _FAR))
_READY = and_(letters.c.state.in_(["queued", "in-doubt"]), letters.c.look_at <= _NOW)
_NEXT = (
    select(letters.c.id)
    .where(unsent, or_(_READY, _ABANDONED))
    .order_by(letters.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(letters)
    .where(_CHOSEN)
    .values(state="sending", lease_owner=bindparam("owner"), lease_until=bindparam("until"))
)
_COMES_BACK = letters.c.state.in_(["sending", "queued", "in-doubt", "held"])
_UNWANTED = (
    update(letters)
    .where(_CHOSEN, letters.c.unwanted, _COMES_BACK)
    .values(state="cancelled", lease_owner=None, lease_until=None)
)
_WHOLE = (
    select(letters.c.id, func.coalesce(letters.c.case_ref, ""), letters.c.kind, letters.c.recipient)
    .add_columns(letters.c.mail_from, letters.c.raw, letters.c.tries + 1, letters.c.doubts)
    .where(_CHOSEN, letters.c.state == "sending")
    .order_by(letters.c.due_at)
)


def claim(conn: Connection, owner: str, most: int, now: datetime) -> list[Claimed]:
    """Lease up to `most` unsent letters, the oldest deadline first."""
    ids = conn.scalars(_NEXT, {"owner": owner, "now": now, "far": now + 2 * LEASE, "most": most}).all()
    if not ids:
        return []
    conn.execute(_LEASE, {"ids": ids, "owner": owner, "until": now + LEASE})
    conn.execute(_UNWANTED, {"ids": ids})  # those of a daemon that died, and that were stopped meanwhile
    return [Claimed(*row) for row in conn.execute(_WHOLE, {"ids": ids})]


def renew(conn: Connection, owner: str, ids: Collection[str], now: datetime) -> None:
    """Keep the lease of letters whose relay takes its time."""
    ours = update(letters).where(letters.c.id.in_(ids), letters.c.lease_owner == owner, letters.c.state == "sending")
    conn.execute(ours.values(lease_until=now + LEASE))


_MINE = (
    select(letters.c.id)
    .where(_CHOSEN, letters.c.lease_owner == bindparam("owner"), letters.c.state == "sending")
    .with_for_update()
)


def mark(conn: Connection, owner: str, markings: Sequence[Marking], now: datetime) -> list[Marking]:
    """Write how sending went, for the letters that are still ours; returns those."""
    if not markings:
        return []
    ids = [marking.letter for marking in markings]
    mine = set(conn.scalars(_MINE, {"ids": ids, "owner": owner}))
    ours = [marking for marking in markings if marking.letter in mine]
    if ours:
        conn.execute(_MARK, [_mark_row(marking) for marking in ours])
        conn.execute(_UNWANTED, {"ids": [marking.letter for marking in ours if marking.state != "sent"]})
    _remember_aliases(conn, ours)
    changes: list[Change] = [change for marking in ours for change in marking.changes]
    change_store.write(conn, changes, now)
    _reached(conn, [marking.letter for marking in ours if marking.state == "sent"], now)
    return ours


_MARK = (
    update(letters)
    .where(letters.c.id == bindparam("letter"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("state", "reason", "reply", "tries", "doubts", "look_at", "sent_at")
        }
    )
    .values(lease_owner=None, lease_until=None)
)


def _mark_row(marking: Marking) -> dict[str, Any]:
    sent = marking.state == "sent"
    return {
        "letter": marking.letter,
        "new_state": marking.state,
        "new_reason": "" if sent else marking.words,
        "new_reply": marking.words if sent else "",
        "new_tries": marking.tries,
        "new_doubts": marking.doubts,
        "new_look_at": marking.look_at,
        "new_sent_at": marking.at if sent else None,
    }


_REACHED = (
    update(cases)
    .where(
        exists().where(
            _CHOSEN,
            letters.c.bounced_at.is_(None),
            letters.c.case_ref == cases.c.reference,
            letters.c.recipient == cases.c.customer,
        )
    )
    .where(cases.c.undeliverable_at != _NOW)
    .values(undeliverable_at=None)
)


def _reached(conn: Connection, sent: Sequence[str], now: datetime) -> None:
    """A letter that was accepted ends what an earlier one said, but not what was marked together with it.

    One that has come back already, before we could mark it, ends nothing.
    """
    if sent:
        conn.execute(_REACHED, {"ids": sent, "now": now})


def _remember_aliases(conn: Connection, markings: Sequence[Marking]) -> None:
    rows = [
        {"message_id": marking.alias, "whose": "alias", "case_ref": marking.case, "letter": marking.letter}
        for marking in markings
        if marking.alias
    ]
    if rows:
        conn.execute(insert_new(conn, message_ids).on_conflict_do_nothing(), rows)


def free_all(conn: Connection, now: datetime) -> None:
    """Letters of a daemon that died are anybody's again; only for the one that holds the whole database (SQLite)."""
    conn.execute(update(letters).where(letters.c.state == "sending").values(lease_until=now))


_LISTED = (
    "id",
    "kind",
    "case_ref",
    "recipient",
    "state",
    "reason",
    "tries",
    "queued_at",
    "look_at",
    "sent_at",
    "bounced_at",
    "reply",
)


def listed(conn: Connection, state: str | None = None) -> Sequence[AnyRow]:
    """The letters, oldest first; of one state when it is given."""
    query = select(*(letters.c[name] for name in _LISTED)).order_by(letters.c.queued_at, letters.c.id)
    return conn.execute(query.where(letters.c.state == state) if state else query).all()


def of_case(conn: Connection, case: str) -> Sequence[AnyRow]:
    """The letters of a case, oldest first."""
    columns = [letters.c[name] for name in ("id", "kind", "recipient", "state", "sent_at", "message_id")]
    return conn.execute(select(*columns).where(letters.c.case_ref == case).order_by(letters.c.queued_at)).all()


def raw(conn: Connection, letter: str) -> bytes | None:
    """The bytes of a letter."""
    return conn.scalar(select(letters.c.raw).where(letters.c.id == letter))


def find(conn: Connection, beginning: str) -> list[str]:
    """The ids that begin so: people type the first few symbols."""
    return list(
        conn.scalars(select(letters.c.id).where(letters.c.id.startswith(beginning.lower(), autoescape=True)).limit(2))
    )


# What an operator may do with a letter: the verb, the states in which it makes sense, the state that follows.
# A sent letter that came back may be sent again, too, by its id alone: what it says may be stale.
VERBS = {
    "retry": (("failed", "in-doubt", "queued"), "queued"),
    "release": (("held",), "queued"),
    "cancel": (("queued", "held", "failed", "in-doubt"), "cancelled"),
}


def order(conn: Connection, verb: str, ids: Iterable[str], now: datetime) -> list[str]:
    """Carry out an operator's verb; returns the letters that were in a state for it."""
    before, after = VERBS[verb]
    fits: list[ColumnElement[bool]] = [letters.c.state.in_(before)]
    stamp: dict[str, Any] = {}
    if verb == "release":  # it counts for the limits from now on: it leaves now
        stamp = {"queued_at": now}
    if verb == "retry":  # whatever became of it before, it is on its way once more
        fits.append(and_(letters.c.state == "sent", letters.c.bounced_at.is_not(None)))
        stamp = {"sent_at": None, "bounced_at": None}
    chosen = update(letters).where(letters.c.id.in_(list(ids)), or_(*fits))
    values = {"state": after, "look_at": now, "reason": "", "unwanted": False, **stamp}
    return list(conn.scalars(chosen.values(values).returning(letters.c.id)))


def untried(conn: Connection, ids: Collection[str]) -> Sequence[AnyRow]:
    """(id, kind, case_ref, recipient, reason, queued_at) of those that are held, and that no relay has seen."""
    columns = [letters.c[name] for name in ("id", "kind", "case_ref", "recipient", "reason", "queued_at")]
    chosen = select(*columns).where(letters.c.id.in_(ids), letters.c.state == "held", letters.c.tries == 0)
    return conn.execute(chosen.with_for_update()).all()


def rewrite(conn: Connection, letter: str, raw: bytes) -> None:
    """Give a letter that no relay has seen other words."""
    conn.execute(update(letters).where(letters.c.id == letter).values(raw=raw))


def oldest_unsent(conn: Connection) -> datetime | None:
    """When the oldest letter that should leave and has not was queued."""
    oldest: datetime | None = conn.scalar(select(func.min(letters.c.queued_at)).where(unsent))
    return oldest


def cases_of(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """The case of each of these letters that has one."""
    query = select(letters.c.id, letters.c.case_ref).where(letters.c.id.in_(ids), letters.c.case_ref.is_not(None))
    return dict(conn.execute(query).all())
