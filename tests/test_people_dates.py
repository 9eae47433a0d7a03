"""Dates that people bring about: the second look, a case that is taken up again, what the law wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from builders import SAM
from mailcase.core.deadlines.owed import Deadline
from mailcase.core.promises.policy import PromiseKind
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
    checks = "".join(f"check: {each}: no\n" for each in people.rules.policy.checks.get(people.case().kind, {}))
    people.answers(told, checks + DECISION, who=who)
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


def reopens(people: People, decision: Claimed, who: str = PRIYA) -> Claimed:
    """What the customer writes after the decision leads to this; the transcript says what follows."""
    wrote = people.customer_writes("You forgot the postage.", in_reply_to=opened(decision).message_id)
    return the(people.answers(the(wrote, "staff-message", who), "reopen", who=who), "staff-transcript")


def test_a_reopened_case_owes_a_decision_by_the_old_date_while_that_lies_ahead(people: People) -> None:
    decision = decides(people, complains(people))
    assert "open again; a decision is due Monday 21 December 2026" in words(reopens(people, decision))
    first, again = dates(people, "resolve")
    assert (first.state, again.state, again.due_at) == ("kept", "open", first.due_at)
    people.waits(40 * DAY)
    assert [each.state for each in dates(people, "resolve")] == ["kept", "broken"]


def test_a_case_that_is_reopened_late_owes_a_decision_and_updates_counted_from_then_on(people: People) -> None:
    decision = decides(people, complains(people))
    people.waits(45 * DAY)
    reopens(people, decision)
    letters = people.waits(5 * DAY)
    assert [each.state for each in dates(people, "resolve")] == ["kept", "open"]
    assert to_customer(letters) == ["update"]
    assert "late" not in words(the(letters, "update"))
    assert "broken" not in [each.state for each in dates(people, "update")]


def test_a_reopened_case_is_not_decided_with_the_outcome_that_it_had(people: People) -> None:
    decision = decides(people, complains(people))
    reopens(people, decision)
    told = the(people.customer_writes("Well?", in_reply_to=opened(decision).message_id), "staff-message")
    answer = the(people.answers(told, "resolve: Dear Sam, the postage was no part of it."), "staff-transcript")
    assert "a decision also needs outcome" in words(answer)


def test_a_case_that_is_reopened_after_the_signpost_is_watched_and_signposted_once(people: People) -> None:
    told = the(disagrees(people, decides(people, complains(people))), "staff-case", TOM)
    decision = decides(people, told, TOM)
    assert people.case().stage == "signposted"
    reopens(people, decision, TOM)
    assert people.case().stage == "second"
    assert "update" in to_customer(people.waits(6 * DAY))
    decides(people, told, TOM)
    people.waits(DAY)
    assert [each.state for each in dates(people, "escalation")] == ["kept", "kept"]
    assert to_customer(people.sent).count("signpost") == 1


def test_an_update_that_fell_due_while_the_case_was_resolved_is_not_late_in_the_second_look(people: People) -> None:
    decision = decides(people, complains(people))
    people.waits(20 * DAY)
    disagrees(people, decision)
    people.waits(DAY)
    assert "broken" not in [each.state for each in dates(people, "update")]
    assert "staff-overdue" not in [each.kind for each in people.sent]


def test_what_a_withdrawn_case_would_have_owed_meanwhile_was_not_missed(people: People) -> None:
    told = complains(people)
    people.answers(told, "withdraw")
    people.waits(60 * DAY)
    people.answers(told, "reopen")
    people.waits(DAY)
    assert [each.state for each in dates(people, "resolve")] == ["waived", "open"]
    assert "staff-overdue" not in [each.kind for each in people.sent]


def test_the_letter_about_adr_goes_late_when_the_daemon_was_down_on_the_day_of_the_limit(database: Database) -> None:
    people = People(database, firm("xcommunications"))
    complains(people)
    people.waits(40 * DAY)
    assert "signpost" in to_customer(people.is_down(4 * DAY))
    people.waits(10 * DAY)
    assert to_customer(people.sent).count("signpost") == 1
    assert [(each.state, each.met_at is not None) for each in dates(people, "signpost")] == [("broken", True)]


def test_the_letter_about_adr_is_brought_once_to_whoever_is_to_post_it(database: Database) -> None:
    people = People(database, firm("xcommunications"))
    people.answers(complains(people), "contact: post")
    people.waits(60 * DAY)
    tasks = [each.text for each in people.timeline() if each.kind == "task"]
    assert tasks.count("signpost is to be sent by hand") == 1


def test_after_a_deadlock_the_case_goes_on_until_it_has_ended(people: People) -> None:
    told = the(disagrees(people, decides(people, complains(people))), "staff-case", TOM)
    letters = people.answers(told, "escalate", who=TOM)
    assert "We go on working on it." in words(the(letters, "signpost"))
    assert people.case().stage == "second"
    assert "update" in to_customer(people.waits(6 * DAY))
    again = people.answers(told, "escalate", who=TOM)
    assert "knows the bodies outside already" in words(the(again, "staff-transcript"))
    decides(people, told, TOM)
    people.waits(DAY)
    assert to_customer(people.sent).count("signpost") == 1


def test_the_letter_at_the_limit_calls_no_decision_final_while_the_second_look_goes_on(database: Database) -> None:
    people = People(database, firm("xcommunications"))
    decision = decides(people, complains(people))
    people.waits(38 * DAY)
    disagrees(people, decision)
    assert "We go on working on it." in words(the(people.waits(4 * DAY), "signpost"))


def test_an_update_of_the_second_look_names_its_own_date_and_no_extension_of_the_first(people: People) -> None:
    told = complains(people)
    people.answers(told, "extend: 5 business days: the depot is closed")
    people.waits(COOLED)
    disagrees(people, decides(people, told))
    letter = words(the(people.waits(6 * DAY), "update"))
    assert "You will have our decision by Monday 7 December 2026." in letter
    assert "the depot" not in letter


def test_a_case_that_goes_to_somebody_else_before_a_decision_speaks_of_none(people: People) -> None:
    letter = words(the(people.answers(complains(people), "escalate"), "second-look"))
    assert "Tom Reed has not worked on it before." in letter
    assert "first decision" not in letter


def test_while_nobody_may_look_again_the_customer_is_not_told_that_somebody_does(people: People) -> None:
    told = the(people.answers(complains(people), "handler: tom"), "staff-case", TOM)
    letter = words(the(disagrees(people, decides(people, told, TOM)), "second-look"))
    assert "We are looking for somebody who had no part in our first decision." in letter
    assert "looks at it now" not in letter
