"""What a colleague passed on, until somebody says who complains, or that nobody does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from builders import mail
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from mailcase.store.tables import deadlines
from rigs.people import People, firm, the, words

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


def test_what_was_kept_before_the_customer_is_confirmed_stays_kept(sqlite: Database) -> None:
    people = People(sqlite, firm("constrat"))
    head = "From: Kim Lee <kim@example.net>\nSubject: My lamp"
    text = f"FYI\n\n---------- Forwarded message ---------\n{head}\n\nIt broke.\n"
    told = the(people.arrives(mail("Ann <ann@firm.example>", "Fwd: My lamp", text)), "staff-case")
    people.answers(told, "log: phone: we spoke", who=told.recipient)
    people.waits(timedelta(days=5))
    people.answers(told, "accept", who=told.recipient)
    with people.database.read() as conn:
        first = conn.execute(select(deadlines).where(deadlines.c.promise == "K4", deadlines.c.seq == 1)).one()
    assert (first.state, "we spoke" in first.evidence) == ("kept", True)
