"""What a colleague passed on, until somebody says who complains, or that nobody does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders import mail
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import People, the, words

FORWARDED = (
    "FYI\n\n---------- Forwarded message ---------\nFrom: Kim Lee <kim@example.net>\n"
    "Date: Mon, 23 Nov 2026 at 08:05\nSubject: My lamp\nTo: <ann@firm.example>\n\nBuy it.\n"
)


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


@pytest.fixture
def told(people: People) -> Claimed:
    [asked] = people.arrives(mail("Ann <ann@firm.example>", "Fwd: My lamp", FORWARDED))
    return asked


def test_what_was_no_complaint_owes_nobody_anything(people: People, told: Claimed) -> None:
    people.answers(told, "withdraw")
    assert people.waits(timedelta(days=5)) == []
    assert {each.state for each in people.case().owed.deadlines if each.kind != "assign"} == {"waived"}


def test_a_case_that_has_ended_is_accepted_only_when_it_was_taken_up_again(people: People, told: Claimed) -> None:
    people.answers(told, "withdraw")
    [refused] = people.answers(told, "accept")
    assert "the case is withdrawn; write reopen first" in words(refused)
    people.answers(told, "reopen")
    assert the(people.answers(told, "accept"), "acknowledgement").recipient == "kim@example.net"
    assert {each.state for each in people.case().owed.deadlines} <= {"open", "kept"}
