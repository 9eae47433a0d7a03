"""What customers and staff read is true at the moment: dates that moved, new dates taken back, letters on paper."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders import SAM
from mailcase.core.days.durations import Duration
from mailcase.store.engine import Database
from rigs.people import COOLED, People, firm, opened, own_address, the, words

BEN = "ben@example.net"


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite, firm("constrat"))


def test_a_decision_that_another_track_moves_later_is_told_with_the_next_update(people: People) -> None:
    told = the(people.customer_writes("My card was refused."), "staff-case")
    people.answers(told, "track: standard")
    people.waits(timedelta(days=5))
    [answer] = people.answers(told, "track: complex")
    assert "the next update tells the customer" in words(answer)
    update = words(the(people.waits(timedelta(days=5)), "update"))
    assert "We moved the date of our decision on" in update
    assert "Nothing has changed" not in update


def test_a_new_date_that_was_stopped_before_the_customer_heard_of_it_is_no_date(people: People) -> None:
    told = the(people.customer_writes("My card was refused."), "staff-case")
    [before] = [each.due_at for each in people.case().owed.deadlines if each.kind == "resolve"]
    people.answers(told, "extend: 10 business days: the bank is slow")
    [stopped] = people.answers(told, "cancel")
    assert "the new date is taken back" in words(stopped)
    people.answers(told, "extend: 5 business days: the bank is slow")
    assert "the bank is slow" in words(the(people.waits(COOLED), "extension"))
    due = [each.due_at for each in people.case().owed.deadlines if each.kind == "resolve" and each.state == "open"]
    assert due == [before, people.rules.policy.add(before, Duration(5, "business days"))]


def test_the_reason_of_a_date_that_was_missed_too_is_no_reason_any_more(people: People) -> None:
    told = the(people.customer_writes("My card was refused."), "staff-case")
    people.answers(told, "extend: 2 business days: the bank is slow", then=timedelta(days=25))
    late = [words(each) for each in people.waits(timedelta(days=8)) if each.kind == "update"]
    assert "We cannot tell you the reason yet." in late[-1]
    assert "the bank is slow" not in late[-1]


def test_who_gets_letters_on_paper_is_not_asked_to_answer_a_message(people: People) -> None:
    helped = the(people.answers(the(people.customer_writes("Hello?"), "staff-case"), "help"), "staff-transcript")
    call = "new: phone: Edith Brown: received today: her card was refused"
    letters = people.answers(helped, call, to=own_address(words(helped)))
    letter = words(the(letters, "staff-transcript"))
    assert "name it when you write or call" in letter
    assert "Answer this message" not in letter
    assert "The customer has no e-mail address" in words(the(letters, "staff-post"))


def test_somebody_who_was_added_by_mistake_gets_no_more_letters(people: People) -> None:
    told = the(people.customer_writes("My card was refused."), "staff-case")
    people.answers(told, f"person: add {BEN}: representative: letter of 3 May")
    [shown] = people.answers(told, "show")
    assert f"- Also:     {BEN}, representative" in words(shown)
    people.answers(told, f"person: remove {BEN}")
    letters = people.answers(told, "reply: Dear Sam, we look.", then=COOLED)
    assert [each.recipient for each in letters if each.kind == "reply"] == [SAM]
    [refused] = people.answers(told, f"person: remove {BEN}")
    assert "does not get the letters; nobody beside the customer does" in words(refused)


def test_who_withdrew_and_writes_again_is_told_as_that(people: People) -> None:
    told = the(people.customer_writes("My card was refused."), "staff-case")
    letters = people.answers(told, "withdraw")
    goodbye = the(letters, "withdrawal")
    [back] = people.customer_writes("I did not mean that.", in_reply_to=opened(goodbye).message_id)
    assert words(back).startswith("Reopen? The customer of")


def test_the_subject_that_may_be_all_that_a_customer_wrote_is_in_the_mail_to_staff(people: People) -> None:
    told = the(people.customer_writes("", subject="Order W-8888 never arrived"), "staff-case")
    assert "- Subject:  Order W-8888 never arrived" in words(told)
