"""What an update says when nothing happened."""

from __future__ import annotations

from datetime import timedelta

from mailcase.store.engine import Database
from rigs.people import People, firm, the, words

DAY = timedelta(days=1)


def test_an_update_says_who_has_the_case_and_since_when_nothing_changed(sqlite: Database) -> None:
    people = People(sqlite, firm("constrat"))
    people.customer_writes("My order never came.")
    letter = words(the(people.waits(4 * DAY), "update"))
    assert "Priya Nair has your complaint and has not reached a decision yet." in letter
    assert "Nothing has changed since our letter of Monday 23 November 2026." in letter


def test_after_a_talk_an_update_calls_nothing_unchanged(sqlite: Database) -> None:
    people = People(sqlite, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "log: phone: told Sam that the depot is closed")
    letter = words(the(people.waits(5 * DAY), "update"))
    assert "has not reached a decision yet" in letter
    assert "Nothing has changed" not in letter
