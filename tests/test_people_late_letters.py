"""Letters that leave late, or not at all: what they must not do to a case that has moved on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from builders import SAM, STAFFED
from mailcase.store.engine import Database
from mailcase.store.letters import claim, order
from mailcase.store.tables import letters
from rigs.people import COOLED, US, People, firm, opened, the, words

ESCALATION = "escalation@firm.example"
SOLICITOR = "ann@law.example"
DECISION = "outcome: upheld\nredress: refund 20.00 GBP\nresolve: Dear Sam,\n\nthe courier lost it.\n\nPriya"


def put(people: People, kind: str, recipient: str, **values: object) -> None:
    """Do to a letter what a relay or another daemon would."""
    chosen = update(letters).where(letters.c.kind == kind, letters.c.recipient == recipient)
    with people.database.write() as conn:
        conn.execute(chosen.values(values))


def test_a_late_copy_of_the_first_decision_is_stopped_by_the_second_look(database: Database) -> None:
    people = People(database, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, f"person: add {SOLICITOR}: solicitor: letter of 3 May")
    people.answers(told, DECISION)
    put(people, "resolution", SOLICITOR, look_at=people.clock() + timedelta(hours=1))
    decision = the(people.waits(COOLED), "resolution", SAM)
    people.customer_writes("I disagree.", in_reply_to=opened(decision).message_id, to=ESCALATION)
    assert not [each for each in people.waits(timedelta(hours=2)) if each.kind == "resolution"]
    assert (people.case().stage, people.case().status) == ("second", "investigating")


def test_the_first_decision_that_leaves_in_the_second_look_neither_ends_nor_keeps_it(database: Database) -> None:
    people = People(database, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, DECISION)
    people.answers(told, "escalate")
    put(people, "resolution", SAM, state="queued")  # as if the relay had had it all the time
    the(people.waits(COOLED), "resolution", SAM)
    assert people.case().status == "investigating"
    assert [each.met_at for each in people.case().owed.deadlines if each.kind == "escalation"] == [None]


def test_a_question_that_leaves_late_does_not_undo_the_decision(sqlite: Database) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "ask: Could you send the receipt?")
    put(people, "ask", SAM, look_at=people.clock() + timedelta(hours=1))
    people.answers(told, DECISION)
    people.waits(COOLED)
    the(people.waits(timedelta(hours=2)), "ask")
    assert people.case().status == "resolved"
    assert people.case().ended_at


def test_what_is_held_can_be_cancelled_and_is_stopped_by_the_end_of_the_case(sqlite: Database) -> None:
    people = People(sqlite, replace(STAFFED, hold=True))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, DECISION)
    [again] = people.answers(told, DECISION)
    assert "another decision has not left yet" in words(again)
    [stopped] = people.answers(told, "cancel\nreply: Dear Sam, we look.")
    assert "stopped: resolution" in words(stopped)
    people.answers(told, "withdraw")
    with sqlite.write() as conn:
        chosen = select(letters.c.id).where(letters.c.kind.in_(["resolution", "reply"]))
        assert order(conn, "release", conn.scalars(chosen).all(), people.clock()) == []


def test_who_is_told_of_a_message_hears_that_the_decision_has_not_left_and_can_stop_it(sqlite: Database) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, DECISION)
    about = f"{people.case().reference}: I withdraw my complaint."
    message = the(people.customer_writes(about), "staff-message")
    assert "Our decision has not left yet. It leaves on Monday 23 November 2026 at 09:11." in words(message)
    people.answers(message, "cancel\nwithdraw")
    people.waits(COOLED)
    assert "resolution" not in [each.kind for each in people.sent]
    assert "decision has not left" not in words(the(people.customer_writes(f"{about} Thanks."), "staff-message"))


def test_a_letter_that_is_being_sent_is_stopped_if_it_comes_back(database: Database) -> None:
    people = People(database)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "reply: Dear Sam, a slip of the pen.")
    until = people.clock() + timedelta(seconds=30)
    put(people, "reply", SAM, state="sending", lease_owner="x", lease_until=until)
    [answer] = people.answers(told, "cancel", then=timedelta(seconds=5))
    assert "only if the relay does not take it" in words(answer)
    with database.write() as conn:
        assert claim(conn, "y", 10, until + timedelta(seconds=1)) == []
        assert conn.scalar(select(letters.c.state).where(letters.c.kind == "reply")) == "cancelled"


def test_a_letter_is_not_sent_in_a_way_that_the_customer_no_longer_wants(sqlite: Database) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "reply: Dear Sam, here is what we know.")
    [answer] = people.answers(told, "contact: post")
    assert "stopped, so write it again: reply" in words(answer)
    assert people.waits(COOLED) == []


@pytest.mark.parametrize(("text", "to", "stage"), [("I disagree.", ESCALATION, "second"), ("Thank you.", US, "first")])
@pytest.mark.parametrize("state", ["in-doubt", "held"])
def test_a_decision_that_the_customer_answers_is_given_whatever_the_relay_said(
    database: Database, state: str, text: str, to: str, stage: str
) -> None:
    people = People(database, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, DECISION)
    put(people, "resolution", SAM, state=state, look_at=people.clock() + timedelta(hours=1), tries=1)
    with database.read() as conn:
        answered = conn.scalar(select(letters.c.message_id).where(letters.c.kind == "resolution"))
    people.customer_writes(text, in_reply_to=answered or "", to=to)
    case = people.case()
    assert (case.stage, bool(case.parked_at)) == (stage, stage == "first")
    assert {each.kind: each.state for each in case.owed.deadlines}["resolve"] == "kept"
    assert "resolution" not in [each.kind for each in people.waits(timedelta(hours=2))]


def test_of_a_decision_in_doubt_nobody_is_told_that_it_has_not_left(database: Database) -> None:
    people = People(database, firm("constrat"))
    came = people.customer_writes("My order never came.")
    people.answers(the(came, "staff-case"), DECISION)
    ahead = people.clock() + timedelta(hours=1)
    put(people, "resolution", SAM, state="in-doubt", look_at=ahead, tries=1, doubts=1)
    answered = opened(the(came, "acknowledgement")).message_id
    [message] = people.customer_writes("Any news?", in_reply_to=answered)
    assert "The customer may have our decision already." in words(message)
    assert "has not left" not in words(message)
    [answer] = people.answers(message, "cancel")
    assert "stopped: resolution (its reader may have it already: the relay did not say)" in words(answer)
