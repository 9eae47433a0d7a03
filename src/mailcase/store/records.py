"""Cases as the people who work on them see them: read whole, and written back when somebody changed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import BindParameter, Connection, RowMapping, bindparam, func, select, update

from mailcase.core.record import CaseRecord, Draft, Person
from mailcase.store.deadlines import case_facts
from mailcase.store.engine import insert_new
from mailcase.store.tables import cases, is_open, letters, people

# What of a case's row is a list, one address a line.
LISTS = ("conflicts", "past_handlers")
COLUMNS = tuple(each.name for each in fields(CaseRecord) if each.name in cases.c)
# What stays as it was when the case was opened.
FIXED = ("reference", "customer", "customer_name", "subject", "channel", "role", "language", "received_at", "policy")
CHANGING = tuple(name for name in COLUMNS if name not in FIXED)
STAFF_WORDS = ("reply", "ask", "resolution", "extension", "signpost")  # letters that may still be stopped

_CASES: BindParameter[Any] = bindparam("cases", expanding=True)
# Locked, so that what is decided from a case still holds when it is written; all in one order.
_ROWS = (
    select(*(cases.c[name] for name in COLUMNS))
    .where(cases.c.reference.in_(_CASES))
    .order_by(cases.c.reference)
    .with_for_update()
)
_PEOPLE = select(people).where(people.c.case_ref.in_(_CASES)).order_by(people.c.case_ref, people.c.address)
_DRAFTS = (
    select(letters.c.case_ref, letters.c.id, letters.c.kind, letters.c.look_at)
    .where(letters.c.case_ref.in_(_CASES), letters.c.state == "queued", letters.c.kind.in_(STAFF_WORDS))
    .order_by(letters.c.queued_at)
)
_LOADS = select(cases.c.handler, func.count()).where(is_open).group_by(cases.c.handler)
_EARLIER = (
    select(cases.c.reference, cases.c.status, cases.c.received_at)
    .where(cases.c.customer_key == bindparam("key"))
    .order_by(cases.c.received_at.desc())
)


def load(conn: Connection, references: Collection[str]) -> dict[str, CaseRecord]:
    """The cases of these references that exist, locked until the transaction ends."""
    if not references:
        return {}
    asked = {"cases": sorted(references)}
    rows = conn.execute(_ROWS, asked).all()
    known = case_facts(conn, [row.reference for row in rows])
    others: dict[str, list[Person]] = defaultdict(list)
    for case, address, role, authority in conn.execute(_PEOPLE, asked):
        others[case].append(Person(address, role, authority))
    drafts: dict[str, list[Draft]] = defaultdict(list)
    for case, letter, kind, leaves_at in conn.execute(_DRAFTS, asked):
        drafts[case].append(Draft(letter, kind, leaves_at))
    return {
        row.reference: CaseRecord(
            **_read(row._mapping),
            people=tuple(others[row.reference]),
            drafts=tuple(drafts[row.reference]),
            facts=known[row.reference][0],
        )
        for row in rows
    }


def _read(row: RowMapping) -> dict[str, Any]:
    return {name: tuple(row[name].splitlines()) if name in LISTS else row[name] for name in COLUMNS}


def loads(conn: Connection) -> Mapping[str, int]:
    """How many open cases each handler has."""
    return {handler: count for handler, count in conn.execute(_LOADS)}


def earlier(conn: Connection, customer: str) -> tuple[str, ...]:
    """The references of all cases of a customer, the last one first."""
    return tuple(conn.scalars(_EARLIER, {"key": customer.casefold()}))


def save(conn: Connection, record: CaseRecord) -> None:
    """Write what somebody changed of a case; its people are added to, never taken away."""
    values = {name: getattr(record, name) for name in CHANGING}
    values |= {name: "\n".join(values[name]) for name in LISTS}
    conn.execute(update(cases).where(cases.c.reference == record.reference).values(values))
    if record.people:
        rows = [
            {"case_ref": record.reference, "address": each.address, "role": each.role, "authority": each.authority}
            for each in record.people
        ]
        conn.execute(insert_new(conn, people).on_conflict_do_nothing(), rows)
