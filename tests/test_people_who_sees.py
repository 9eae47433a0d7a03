"""Whom a case complains about sees nothing of it, by whatever way it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from builders import STAFFED
from mailcase.core.assignment import Colleague
from mailcase.store.digests import waiting_for
from mailcase.store.engine import Database
from mailcase.store.tables import cases
from rigs.people import PRIYA, TOM, People, the, words

ABOUT_PRIYA = "Priya Nair was rude to me on the phone."


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


def references(people: People) -> list[str]:
    with people.database.read() as conn:
        return list(conn.scalars(select(cases.c.reference).order_by(cases.c.opened_at)))


def test_they_cannot_take_it_over_by_joining_it_to_another(people: People) -> None:
    people.customer_writes("My order never came.")
    people.customer_writes(ABOUT_PRIYA, subject="About your staff")
    mine, hers = references(people)
    told = the(people.customer_writes(f"{mine}: any news?"), "staff-message")
    assert hers not in words(told)
    [answer] = people.answers(told, f"same: {hers}")
    assert f"{hers} is no other case" in words(answer)
    assert people.case(hers).joined == ""


def test_nor_does_a_colleague_join_it_to_one_that_they_have(people: People) -> None:
    people.customer_writes("My order never came.")
    told = the(people.customer_writes(ABOUT_PRIYA, subject="About your staff"), "staff-case", TOM)
    mine, hers = references(people)
    [answer] = people.answers(told, f"same: {mine}", who=TOM)
    assert f"{mine} is part of this case" in words(answer)
    assert people.case(hers).conflicts == (PRIYA,)


def test_an_address_within_anothers_is_another_person(database: Database) -> None:
    staff = (Colleague("Jo Ann", "joann@firm.example", "manager"), Colleague("Ann Day", "ann@firm.example", "manager"))
    people = People(database, replace(STAFFED, staff=staff, managers=tuple(each.address for each in staff)))
    people.customer_writes("Jo Ann was rude to me.")
    later = people.clock() + timedelta(days=60)
    for person, sees in (("joann@firm.example", False), ("ann@firm.example", True)):
        with people.database.read() as conn:
            found = waiting_for(conn, person, everything=True, now=later, until=later)
        assert bool(found.owed) is sees
