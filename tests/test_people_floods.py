"""Who writes too much: neither they nor their handler are buried, and nothing is lost by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailcase.core.rules import Limits
from mailcase.store import letters
from mailcase.store.engine import Database
from rigs.people import People, firm, the

DAY = timedelta(days=1)


def test_beyond_so_many_open_cases_a_sender_gets_no_letter_before_a_person_lets_it_go(database: Database) -> None:
    people = People(database, replace(firm("xcommunications"), limits=Limits(open_cases_per_address=1)))
    first = people.customer_writes("My line is dead.")
    reference = the(first, "acknowledgement").case
    assert [each.kind for each in people.customer_writes("It is still dead.", sender="Sam <SAM+b@example.org>")] == []
    [(other, reason)] = held(people)
    assert reason == "open cases of this address: 1"
    got = people.waits(45 * DAY)
    assert "signpost" in [each.kind for each in got if each.case == reference]
    assert {each.case for each in got if each.case} == {reference}
    assert held(people)[1:] == [(other, "the acknowledgement of the case was held")]


def held(people: People) -> list[tuple[str, str]]:
    """(case, reason) of the letters that wait for a person, the oldest first."""
    with people.database.read() as conn:
        return [(row.case_ref, row.reason) for row in letters.listed(conn, "held")]
