"""Dates that people bring about: the second look, a case that is taken up again, what the law wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from builders import SAM
from mailcase.core.owed import Deadline
from mailcase.core.policy import PromiseKind
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import COOLED, PRIYA, TOM, People, firm, opened, the, words

ESCALATION = "escalation@firm.example"
DECISION = "outcome: upheld\nredress: refund 20.00 GBP\nresolve: Dear Sam,\n\nthe courier lost it.\n\nPriya"
DAY = timedelta(days=1)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    found = Database(sqlite_url)
    yield found
    found.close()


@pytest.fixture
def people(database: Database) -> People:
    return People(database, firm("constrat"))


def complains(people: People) -> Claimed:
    return the(people.customer_writes("My order never came."), "staff-case")


def decides(people: People, told: Claimed, who: str = PRIYA) -> Claimed:
    people.answers(told, DECISION, who=who)
    return the(people.waits(COOLED), "resolution", SAM)


def disagrees(people: People, decision: Claimed) -> list[Claimed]:
    """The customer asks for the second look, and this is written."""
    asked = opened(decision).message_id
    return people.customer_writes("I disagree with your decision.", in_reply_to=asked, to=ESCALATION)


def dates(people: People, kind: PromiseKind) -> list[Deadline]:
    return [each for each in people.case().owed.deadlines if each.kind == kind]


def to_customer(letters: list[Claimed]) -> list[str]:
    return [each.kind for each in letters if each.recipient == SAM]


@pytest.mark.parametrize("line", ["category: platform", "track: standard", "kind: refund"])
def test_the_second_decision_stays_promised_when_the_case_is_sorted_anew(people: People, line: str) -> None:
    told = the(disagrees(people, decides(people, complains(people))), "staff-case", TOM)
    before = dates(people, "escalation")
    people.answers(told, line, who=TOM)
    assert dates(people, "escalation") == before


def test_the_limit_by_law_binds_the_second_decision_too(people: People) -> None:
    told = complains(people)
    law = people.case().received_at + 56 * DAY
    people.waits(50 * DAY)
    letters = disagrees(people, decides(people, told))
    [due] = dates(people, "escalation")
    assert due.due_at.date() == law.date()
    assert "final answer by Monday 18 January 2027" in words(the(letters, "second-look"))


def test_a_limit_by_law_that_is_over_dates_no_second_decision_into_the_past(people: People) -> None:
    told = complains(people)
    people.waits(60 * DAY)
    disagrees(people, decides(people, told))
    [due] = dates(people, "escalation")
    assert (due.state, due.due_at > people.clock()) == ("open", True)
