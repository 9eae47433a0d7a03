"""Customers without e-mail, or who want their letters by post: a person's hand brings them what is promised."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailcase.store.engine import Database
from rigs.people import PRIYA, People, the, words

DAY = timedelta(days=1)


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


def test_a_customer_by_post_is_owed_updates_too_and_each_is_brought_once_to_whoever_posts_it(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "contact: post")
    tasks = [each for each in people.waits(20 * DAY) if each.kind == "staff-post"]
    assert [("update" in words(each), each.recipient) for each in tasks] == [(True, PRIYA)]
    people.answers(told, "log: posted")
    assert "staff-post" in [each.kind for each in people.waits(10 * DAY)]
