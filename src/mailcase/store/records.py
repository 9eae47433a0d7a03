"""Cases as the people who work on them see them: read whole, and written back when somebody changed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar
from zlib import decompress

from sqlalchemy import BindParameter, Connection, RowMapping, bindparam, delete, func, select, update

from mailcase.core.case import OUTDATED
from mailcase.core.entries import Entry
from mailcase.core.reading import MOST_READ, Earlier, Kept
from mailcase.core.record import CaseRecord, Draft, Person, Task
from mailcase.store.deadlines import case_facts
from mailcase.store.engine import AnyRow, insert_new
from mailcase.store.tables import (
    bodies,
    cases,
    customers_words,
    doors,
    is_open,
    letters,
    links,
    mails,
    people,
    timeline,
)

_Each = TypeVar("_Each")

# What of a case's row is a list, one address a line.
LISTS = ("conflicts", "past_handlers", "tasks", "checks", "missing")
STOPPED = "stopped"  # a word in the line of a task that is none of the ids behind it
COLUMNS = tuple(each.name for each in fields(CaseRecord) if each.name in cases.c)
# What stays as it was when the case was opened.
FIXED = ("reference", "subject", "channel", "role", "language", "policy")
CHANGING = tuple(name for name in COLUMNS if name not in FIXED)
MOST_MAILS = MOST_READ  # and as many letters
UNSENT = ("queued", "held", "sending", "in-doubt")

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
    select(letters.c.case_ref, letters.c.id, letters.c.kind, letters.c.look_at, letters.c.state == "sending")
    .add_columns(letters.c.doubts > 0)
    .where(letters.c.case_ref.in_(_CASES), letters.c.state.in_(UNSENT), letters.c.kind.in_(OUTDATED))
    .where(~letters.c.unwanted)
    .order_by(letters.c.queued_at)
    .with_for_update(skip_locked=True)  # what the outbox takes or marks just now has left
)
_BY_HAND = (
    select(letters.c.id, letters.c.look_at, letters.c.state, letters.c.doubts, letters.c.unwanted)
    .where(letters.c.id.in_(bindparam("mails", expanding=True)))
    .order_by(letters.c.queued_at, letters.c.id)
    .with_for_update(skip_locked=True)
)
_LOADS = select(cases.c.handler, func.count()).where(is_open).group_by(cases.c.handler)
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_EARLIER = (
    select(cases.c.customer_key, *(cases.c[each.name] for each in fields(Earlier)))
    .where(cases.c.customer_key.in_(_KEYS), cases.c.joined == "")
    .order_by(cases.c.received_at.desc(), cases.c.reference)
)
_NEWEST_FIRST = (mails.c.received_at.desc(), mails.c.id.desc())
_NUMBERED = (
    select(mails.c.id, func.row_number().over(partition_by=mails.c.case_ref, order_by=_NEWEST_FIRST).label("number"))
    .where(mails.c.case_ref.in_(_CASES), customers_words)
    .subquery()
)
_MAILS = (
    select(mails.c.case_ref, mails.c.id, mails.c.received_at, mails.c.sender, bodies.c.raw, doors.c.name, mails.c.peer)
    .select_from(mails.join(bodies).join(doors).join(_NUMBERED, _NUMBERED.c.id == mails.c.id))
    .where(_NUMBERED.c.number <= MOST_MAILS)
    .order_by(*_NEWEST_FIRST)
)
_LAST_SENT = (
    select(
        letters.c.id,
        func.row_number().over(partition_by=letters.c.case_ref, order_by=letters.c.sent_at.desc()).label("number"),
    )
    .join_from(letters, cases, (letters.c.case_ref == cases.c.reference) & (letters.c.recipient == cases.c.customer))
    .where(letters.c.case_ref.in_(_CASES), letters.c.sent_at.is_not(None))
    .subquery()
)
_SENT = (
    select(letters.c.case_ref, letters.c.sent_at, letters.c.recipient, letters.c.raw)
    .join_from(letters, _LAST_SENT, _LAST_SENT.c.id == letters.c.id)
    .where(_LAST_SENT.c.number <= MOST_MAILS)
    .order_by(letters.c.sent_at.desc(), letters.c.id)
)
_JOINED = (
    select(links.c.other, links.c.case_ref)
    .join_from(links, cases, cases.c.reference == links.c.other)
    .where(links.c.case_ref.in_(_CASES), cases.c.joined == links.c.case_ref)
)
_ENTRIES = (
    select(timeline.c.case_ref, timeline.c.at, timeline.c.kind, timeline.c.actor, timeline.c.text)
    .where(timeline.c.case_ref.in_(_CASES))
    .order_by(timeline.c.case_ref, timeline.c.seq)
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
    for case, *values in conn.execute(_DRAFTS, asked):
        drafts[case].append(Draft(*values))
    found = {
        row.reference: CaseRecord(
            **_read(row._mapping),
            people=tuple(others[row.reference]),
            drafts=tuple(drafts[row.reference]),
            facts=known[row.reference][0],
        )
        for row in rows
    }
    return _with_tasks(conn, found)


def _read(row: RowMapping) -> dict[str, Any]:
    values = {name: tuple(row[name].splitlines()) if name in LISTS else row[name] for name in COLUMNS}
    return {**values, "tasks": tuple(map(task_of, values["tasks"]))}


def task_of(line: str) -> Task:
    """The kind, and the ids of the mails that bring it; a version that kept no ids wrote the kind alone."""
    kind, *others = line.split()
    return Task(kind, tuple(each for each in others if each != STOPPED), STOPPED in others)


def _line(task: Task) -> str:
    return " ".join((task.kind, *((STOPPED,) if task.stopped else ()), *task.mails))


def _with_tasks(conn: Connection, found: Mapping[str, CaseRecord]) -> dict[str, CaseRecord]:
    """With the letters by hand whose mails to staff have not left; a task is gone once all its mails were stopped."""
    mails = [mail for record in found.values() for task in record.tasks for mail in task.mails]
    rows = {row.id: row for row in conn.execute(_BY_HAND, {"mails": mails})} if mails else {}
    stopped = {mail for mail, row in rows.items() if row.state == "cancelled"}
    waits = {mail: row for mail, row in rows.items() if row.state in UNSENT and not row.unwanted}
    return {
        case: replace(
            record,
            tasks=tuple(each for each in record.tasks if not each.mails or not stopped.issuperset(each.mails)),
            drafts=(*record.drafts, *_by_hand(record.tasks, waits)),
        )
        for case, record in found.items()
    }


def _by_hand(tasks: Collection[Task], waits: Mapping[str, AnyRow]) -> Iterator[Draft]:
    """Mails that bring a letter to whoever is to post it, and have not left: each counts as that letter."""
    for task in tasks:
        for mail in task.mails:
            if mail in waits and task.kind in OUTDATED:
                row = waits[mail]
                yield Draft(mail, task.kind, row.look_at, row.state == "sending", row.doubts > 0)


def loads(conn: Connection) -> Mapping[str, int]:
    """How many open cases each handler has."""
    return {handler: count for handler, count in conn.execute(_LOADS)}  # noqa: C416 - dict() of rows is no dict to mypy


def earlier(conn: Connection, customers: Collection[str]) -> dict[str, tuple[Earlier, ...]]:
    """All cases of each customer (by their address, folded), the last one first."""
    found: dict[str, list[Earlier]] = defaultdict(list)
    if customers:
        for row in conn.execute(_EARLIER, {"keys": sorted({each.casefold() for each in customers})}):
            values = {each.name: row._mapping[each.name] for each in fields(Earlier)}
            values["conflicts"] = tuple(row.conflicts.splitlines())
            found[row.customer_key].append(Earlier(**values))
    return {key: tuple(each) for key, each in found.items()}


@dataclass(frozen=True, slots=True)
class History:
    """What came on cases and what left: the newest mails and letters, the last one first, and the timelines."""

    mails: Mapping[str, tuple[Kept, ...]]
    letters: Mapping[str, tuple[Kept, ...]]  # to the customer alone
    entries: Mapping[str, tuple[Entry, ...]]


def history(conn: Connection, references: Collection[str]) -> History:
    """What came on these cases; the mails and letters of those that were joined are theirs too."""
    if not references:
        return History({}, {}, {})
    part_of = _part_of(conn, references)
    asked = {"cases": sorted(part_of)}
    kept: dict[str, list[Kept]] = defaultdict(list)
    for case, number, received_at, sender, raw, *door in conn.execute(_MAILS, asked):
        kept[part_of[case]].append(Kept(number, received_at, sender, decompress(raw), *door))
    sent: dict[str, list[Kept]] = defaultdict(list)
    for case, sent_at, reader, raw in conn.execute(_SENT, asked):
        sent[part_of[case]].append(Kept(0, sent_at, reader, raw))
    entries: dict[str, list[Entry]] = defaultdict(list)
    for case, *values in conn.execute(_ENTRIES, {"cases": sorted(references)}):
        entries[case].append(Entry(*values))
    return History(_tuples(kept), _tuples(sent), _tuples(entries))


def _part_of(conn: Connection, references: Collection[str]) -> dict[str, str]:
    """These cases and those that go on in them, each with the one of these that it is part of."""
    found = {reference: reference for reference in references}
    newest = set(references)
    while newest:
        joined = {other: found[case] for other, case in conn.execute(_JOINED, {"cases": sorted(newest)})}
        found |= joined
        newest = joined.keys() - references
    return found


def _tuples(lists: Mapping[str, list[_Each]]) -> dict[str, tuple[_Each, ...]]:
    return {case: tuple(each) for case, each in lists.items()}


def save(conn: Connection, record: CaseRecord) -> None:
    """Write what somebody changed of a case."""
    values = {name: getattr(record, name) for name in CHANGING}
    values["tasks"] = map(_line, record.tasks)
    values |= {name: "\n".join(values[name]) for name in LISTS}
    values["customer_key"] = record.customer.casefold()
    conn.execute(update(cases).where(cases.c.reference == record.reference).values(values))
    others = [each.address for each in record.people]
    conn.execute(delete(people).where(people.c.case_ref == record.reference, people.c.address.not_in(others)))
    if record.people:
        rows = [
            {"case_ref": record.reference, "address": each.address, "role": each.role, "authority": each.authority}
            for each in record.people
        ]
        conn.execute(insert_new(conn, people).on_conflict_do_nothing(), rows)
