"""The append-only record of each case; every entry carries the hash of the one before."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, insert, select

from mailcase.core import ids
from mailcase.core.changes import AddEntry
from mailcase.store.engine import AnyRow
from mailcase.store.tables import cases, timeline

_REFERENCES: BindParameter[Any] = bindparam("cases", expanding=True)
_ENTRIES = timeline.alias("entries")
_LAST = select(func.max(_ENTRIES.c.seq)).where(_ENTRIES.c.case_ref == cases.c.reference).scalar_subquery()
# From each case to its last entry by the key. Grouped over the entries instead, a Postgres that has no statistics yet
# (a database just restored) reads the timelines of all cases.
_HEADS = (
    select(timeline.c.case_ref, timeline.c.seq, timeline.c.hash)
    .join_from(cases, timeline, and_(timeline.c.case_ref == cases.c.reference, timeline.c.seq == _LAST))
    .where(cases.c.reference.in_(_REFERENCES))
)
# All in one order, so that two who want the same cases do not wait for each other.
_LOCK = (
    select(cases.c.reference)
    .where(cases.c.reference.in_(_REFERENCES))
    .order_by(cases.c.reference)
    .with_for_update(key_share=True)
)
_APPEND = insert(timeline)


def append(conn: Connection, entries: Sequence[AddEntry], now: datetime, new_cases: Collection[str] = ()) -> None:
    """Append entries in the order given. Two writers at once: the second waits, because the case is locked."""
    if not entries:
        return
    heads = _heads(conn, {entry.case for entry in entries} - set(new_cases))
    at = now.astimezone(UTC).isoformat(timespec="microseconds")
    rows = []
    for entry in entries:
        seq, previous = heads.get(entry.case, (0, b""))
        salt = os.urandom(16)
        link = ids.chain(previous, at, entry.kind, ids.content_hash(salt, f"{entry.actor}\0{entry.text}"))
        heads[entry.case] = (seq + 1, link)
        values = {"kind": entry.kind, "actor": entry.actor, "text": entry.text, "salt": salt, "hash": link}
        rows.append({"case_ref": entry.case, "seq": seq + 1, "at": now, **values})
    conn.execute(_APPEND, rows)


def _heads(conn: Connection, references: Collection[str]) -> dict[str, tuple[int, bytes]]:
    """The number and the hash of each case's last entry."""
    if not references:
        return {}
    if conn.dialect.name == "postgresql":  # SQLite has one writer at a time
        conn.execute(_LOCK, {"cases": list(references)})
    rows = conn.execute(_HEADS, {"cases": list(references)})
    return {case: (seq, link) for case, seq, link in rows}


def of_case(conn: Connection, case: str) -> Sequence[AnyRow]:
    """(at, kind, actor, text) of each entry, oldest first."""
    columns = (timeline.c.at, timeline.c.kind, timeline.c.actor, timeline.c.text)
    return conn.execute(select(*columns).where(timeline.c.case_ref == case).order_by(timeline.c.seq)).all()


def broken_links(conn: Connection, case: str) -> Iterator[int]:
    """The numbers of the entries that do not follow from those before: edited, missing, or in another order."""
    rows = conn.execute(select(timeline).where(timeline.c.case_ref == case).order_by(timeline.c.seq))
    previous = b""
    for expected, row in enumerate(rows, start=1):
        at = row.at.isoformat(timespec="microseconds")
        content = ids.content_hash(row.salt, f"{row.actor}\0{row.text}")
        if row.seq != expected or ids.chain(previous, at, row.kind, content) != row.hash:
            yield row.seq
        previous = row.hash
