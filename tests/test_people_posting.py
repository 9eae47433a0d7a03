"""Letters by hand: each is a task of its own until somebody says that it is posted, or stops it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders import SAM
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import COOLED, People, firm, the, words

DECISION = "outcome: upheld\nredress: none\nresolve: Dear Sam, the courier lost it.\n\nPriya"


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


@pytest.fixture
def told(people: People) -> Claimed:
    """The mail about a case whose customer wants letters by post."""
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "contact: post")
    return told


def tasks(people: People) -> list[str]:
    return [each.kind for each in people.case().to_post]


def entries(people: People, kind: str) -> list[str]:
    return [each.text for each in people.timeline() if each.kind == kind]


def test_the_answered_mail_says_which_letter_was_posted(database: Database) -> None:
    people = People(database)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "contact: post")
    people.answers(told, "reply: Dear Sam, we look.")
    reply = the(people.waits(COOLED), "staff-post")
    people.answers(told, DECISION)
    people.waits(COOLED)
    people.answers(reply, "log: posted")
    assert (tasks(people), people.case().status) == (["resolution"], "new")
    [again] = people.answers(reply, "log: posted")
    assert "the letter of that mail waits no more" in words(again)
    people.answers(told, "log: posted")
    assert (tasks(people), people.case().status) == ([], "resolved")


def test_of_several_letters_the_words_name_one(people: People, told: Claimed) -> None:
    people.answers(told, "reply: Dear Sam, we look.")
    people.answers(told, DECISION)
    people.waits(COOLED)
    [refused] = people.answers(told, "log: posted")
    assert "several letters wait to be posted: reply, resolution" in words(refused)
    people.answers(told, "log: posted: resolution")
    assert (tasks(people), people.case().status) == (["reply"], "resolved")


def test_a_letter_by_hand_can_be_stopped_while_it_waits(database: Database) -> None:
    people = People(database)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "contact: post")
    [written] = people.answers(told, DECISION)
    assert "| Dear Sam, the courier lost it." in words(written)
    [again] = people.answers(told, DECISION)
    assert "another decision has not left yet" in words(again)
    [stopped] = people.answers(told, "cancel")
    assert "stopped: resolution" in words(stopped)
    assert (people.waits(COOLED), people.case().tasks) == ([], ())


def test_one_that_is_in_hand_can_be_stopped_too_and_then_brings_nothing_about(people: People, told: Claimed) -> None:
    people.answers(told, DECISION)
    task = the(people.waits(COOLED), "staff-post")
    [stopped] = people.answers(told, "cancel")
    assert "resolution (do not post it)" in words(stopped)
    [refused] = people.answers(told, "log: posted")
    assert "no letter waits to be posted" in words(refused)
    [answer] = people.answers(task, "log: posted")
    assert "though it had been stopped" in words(answer)
    assert (people.case().status, entries(people, "posted")) == ("new", [])
    assert "resolution was posted after it had been stopped" in entries(people, "note")


@pytest.mark.parametrize("over", ["withdraw", "escalate", "withdraw\nreopen"])
def test_a_decision_that_is_posted_when_the_case_has_moved_on_decides_nothing(sqlite: Database, over: str) -> None:
    people = People(sqlite, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, f"contact: post\n{DECISION}")
    task = the(people.waits(COOLED), "staff-post")
    people.answers(told, over)
    before = people.case().status
    [answer] = people.answers(task, "log: posted")
    assert "though it had been stopped" in words(answer)
    assert people.case().status == before != "resolved"


@pytest.mark.parametrize("late", [timedelta(hours=0), timedelta(days=6)])
def test_an_update_that_nobody_is_to_post_any_more_goes_in_the_way_that_the_customer_now_wants(
    people: People, told: Claimed, late: timedelta
) -> None:
    while not (brought := [each for each in people.sent if each.kind == "staff-post"]):
        people.waits(timedelta(hours=1))
    people.waits(late)
    the(people.answers(told, "contact: email"), "update", SAM)
    [answer] = people.answers(brought[0], "log: posted")
    assert "though it had been stopped" in words(answer)


@pytest.mark.parametrize("over", ["withdraw", "escalate"])
def test_whoever_ends_a_case_reads_which_letters_are_not_to_be_posted(sqlite: Database, over: str) -> None:
    people = People(sqlite, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "contact: post\nreply: Dear Sam, we look for it.", then=COOLED)
    [answer] = [each for each in people.answers(told, over) if each.kind == "staff-transcript"]
    assert "stopped: reply (do not post it)" in words(answer)
