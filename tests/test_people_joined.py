"""Two cases that become one: what is known, promised and written on the one goes on in the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from mailcase.core.promises.policy import statutory
from mailcase.core.staff.assignment import Colleague
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import COOLED, PRIYA, TOM, People, firm, opened, the, words

DAY = timedelta(days=1)


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite, firm("constrat"))


def complains(people: People, about: str) -> tuple[Claimed, Claimed, str]:
    """The mail to the handler, the acknowledgement, and the reference."""
    letters = people.customer_writes(f"My {about} never came.", subject=about)
    told = the(letters, "staff-case")
    return told, the(letters, "acknowledgement"), opened(told).subject.split()[1]


def kinds(letters: Sequence[Claimed]) -> list[tuple[str, str]]:
    return [(each.kind, each.recipient) for each in letters]


def test_a_mail_about_a_case_that_was_joined_is_about_the_one_that_goes_on(database: Database) -> None:
    people = People(database, firm("constrat"))
    _, acknowledged, first = complains(people, "lamp")
    told, _, second = complains(people, "vase")
    people.answers(told, f"same: {first}")
    told, _, third = complains(people, "chair")
    letters = people.answers(told, f"same: {second}\nhandler: tom")
    people.answers(the(letters, "staff-case"), "ask: Which one was it?", who=TOM)
    people.waits(COOLED)
    assert people.case(third).status == "waiting"
    answered = people.customer_writes("The red one.", in_reply_to=opened(acknowledged).message_id)
    assert kinds(answered) == [("staff-message", TOM)]
    assert third in words(answered[0])
    assert people.case(third).status == "investigating"
    named = people.customer_writes("Any news?", subject=f"My lamp {first}")
    assert kinds(named) == [("staff-message", TOM)]
    assert [people.case(each).status for each in (first, second)] == ["closed", "closed"]


def test_so_is_what_staff_answer_to_a_mail_about_it(people: People) -> None:
    old, _, first = complains(people, "lamp")
    told, _, second = complains(people, "vase")
    people.answers(old, "contact: post\nreply: Dear Sam, we look.")
    task = the(people.waits(COOLED), "staff-post")
    people.answers(told, f"same: {first}")
    assert [each.stopped for each in people.case(second).tasks] == [True]
    people.answers(task, "log: posted")
    [answer] = people.answers(old, "status: investigating")
    people.answers(answer, "note: depot has the CCTV", references=opened(old).message_id)
    assert (people.case(second).status, people.case(first).status) == ("investigating", "closed")
    noted = [each.text for each in people.timeline(second) if (each.kind, each.actor) == ("note", PRIYA)]
    assert noted == ["reply was posted after it had been stopped", "depot has the CCTV"]


def test_what_was_written_on_the_joined_case_and_has_not_left_is_named(people: People) -> None:
    old, _, first = complains(people, "lamp")
    told, _, _ = complains(people, "vase")
    people.answers(old, "reply: Dear Sam, the lamp is on its way.")
    [answer] = people.answers(told, f"same: {first}")
    assert f"stopped on {first}, so write it here if it is still right: reply" in words(answer)
    assert people.waits(COOLED) == []
    told, _, third = complains(people, "chair")
    people.answers(told, "contact: post\nreply: Dear Sam, the chair too.", then=COOLED)
    [answer] = people.answers(old, f"same: {third}")
    assert f"stopped on {third}, so write it here if it is still right: reply (do not post it)" in words(answer)


def test_what_counts_from_the_earlier_receipt_is_owed_by_the_law_of_that_day(people: People) -> None:
    _, _, first = complains(people, "lamp")
    people.waits(15 * DAY)
    told, _, second = complains(people, "payment")
    people.answers(told, "category: payments")
    people.answers(told, f"same: {first}")
    case = people.case(second)
    law = statutory(people.rules.policy, "resolve", case.kind, case.track, case.category, case.received_at)
    assert law is not None
    assert [each.due_at for each in case.owed.deadlines if each.kind == "resolve"] == [law[0]]


def test_how_the_customer_reads_goes_on_and_who_had_the_case(people: People) -> None:
    first_told, _, first = complains(people, "lamp")
    told, _, second = complains(people, "vase")
    people.answers(first_told, "format: large print\nhandler: tom")
    people.answers(told, "reply: Dear Sam, we look.")
    [answer] = people.answers(told, f"same: {first}")
    assert "stopped, so write it again: reply" in words(answer)
    assert (people.case(second).format, people.case(second).past_handlers) == ("large print", (PRIYA,))


def test_who_made_the_first_decision_on_the_other_case_does_not_get_it_by_joining(sqlite: Database) -> None:
    rules, kim = firm("constrat"), Colleague("Kim Lee", "kim@elsewhere.example", "manager")
    people = People(sqlite, replace(rules, staff=(*rules.staff, kim)))
    told, _, first = complains(people, "lamp")
    told = the(people.answers(told, "handler: tom"), "staff-case")
    looked_at_again(people, told, TOM)
    told, _, _ = complains(people, "vase")
    again = looked_at_again(people, told, PRIYA)
    assert (people.case(first).handler, again.recipient) == (kim.address, TOM)
    [answer] = people.answers(again, f"same: {first}", who=TOM)
    assert "worked on its first decision" in words(answer)


def looked_at_again(people: People, told: Claimed, who: str) -> Claimed:
    """The case is decided, the customer disagrees, and somebody gets it."""
    people.answers(told, "outcome: upheld\nredress: none\nresolve: Dear Sam, it was lost.", who=who)
    decision = the(people.waits(COOLED), "resolution")
    asked = opened(decision).message_id
    return the(people.customer_writes("I disagree.", in_reply_to=asked, to="escalation@firm.example"), "staff-case")
