"""The append-only record of a case: in order, chained, and whole when several write at once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import delete, update

from builders import HOUR, NOW, SAM, Open, opened
from mailcase.core.changes import AddEntry, MarkUndeliverable
from mailcase.store import changes, timeline
from mailcase.store.engine import Database
from mailcase.store.tables import timeline as table


def entry(reference: str, text: str) -> AddEntry:
    return AddEntry(reference, "note", "mailcase", text)


def _append(database: Database, *texts: str, case: str = "A") -> None:
    with database.write() as conn:
        timeline.append(conn, [entry(case, text) for text in texts], NOW)


@pytest.fixture
def cases(database: Database) -> Database:
    """Two cases, each with one entry."""
    with database.write() as conn:
        changes.write(conn, [opened("A"), opened("B"), entry("A", "one"), entry("B", "other")], NOW)
    return database


def _texts(database: Database, case: str = "A") -> list[str]:
    with database.read() as conn:
        return [row.text for row in timeline.of_case(conn, case)]


def _broken(database: Database) -> list[int]:
    with database.read() as conn:
        return list(timeline.broken_links(conn, "A"))


def test_entries_stand_in_the_order_in_which_they_were_added(cases: Database) -> None:
    _append(cases, "two", "three")
    _append(cases, "four")
    assert _texts(cases) == ["one", "two", "three", "four"]
    assert _texts(cases, "B") == ["other"]
    assert _broken(cases) == []


def test_entries_of_several_cases_come_in_one_go(cases: Database) -> None:
    with cases.write() as conn:
        timeline.append(conn, [entry("A", "a2"), entry("B", "b2"), entry("A", "a3")], NOW)
    assert (_texts(cases), _texts(cases, "B")) == (["one", "a2", "a3"], ["other", "b2"])


def test_no_entries_write_nothing(cases: Database) -> None:
    _append(cases)
    assert _texts(cases) == ["one"]


@pytest.mark.parametrize(
    "forged", [{"text": "changed"}, {"actor": "priya"}, {"kind": "sent"}, {"at": NOW + HOUR}, {"hash": b"h" * 32}]
)
def test_an_entry_that_was_edited_shows(cases: Database, forged: dict[str, object]) -> None:
    _append(cases, "two", "three")
    with cases.write() as conn:
        conn.execute(update(table).where(table.c.case_ref == "A", table.c.seq == 2).values(**forged))
    assert 2 in _broken(cases)


def test_an_entry_that_was_removed_shows(cases: Database) -> None:
    _append(cases, "two", "three")
    with cases.write() as conn:
        conn.execute(delete(table).where(table.c.case_ref == "A", table.c.seq == 2))
    assert _broken(cases) == [3]


def test_two_daemons_that_write_one_timeline_at_once_both_get_through(another_postgres: Open) -> None:
    one, two = another_postgres(), another_postgres()
    with one.write() as conn:
        changes.write(conn, [opened("A"), opened("B"), entry("A", "one")], NOW)
    begin = threading.Barrier(2)
    faults: list[Exception] = []

    def write(database: Database, first: str, second: str) -> None:
        begin.wait()
        for number in range(30):
            try:
                with database.write() as conn:
                    entries = entry(first, str(number)), entry(second, str(number))
                    changes.write(conn, [*entries, MarkUndeliverable(first, SAM)], NOW)
            except Exception as fault:  # noqa: BLE001 - told below
                faults.append(fault)

    # They name the two cases in opposite order: who locks in the order given would wait for the other for ever.
    threads = [threading.Thread(target=write, args=given) for given in [(one, "A", "B"), (two, "B", "A")]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(_texts(one)) == 61
    assert len(_texts(one, "B")) == 60
    assert _broken(one) == []
