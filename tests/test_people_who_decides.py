"""The second look is another person's: whoever made the first decision may not make the last one too."""

from __future__ import annotations

import pytest

from mailcase.core.letters.post import token_for
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import COOLED, TOM, US, People, firm, opened, the, words

ESCALATION = "escalation@firm.example"
DECISION = "outcome: not upheld\nredress: none\nresolve: Dear Sam, we looked into it.\n\nPriya"


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite, firm("constrat"))


def told(people: People) -> Claimed:
    """What the handler gets of a complaint."""
    return the(people.customer_writes("My order never came."), "staff-case")


def disagreed(people: People, letter: Claimed) -> list[Claimed]:
    """The decision leaves, and the customer does not accept it."""
    people.answers(letter, DECISION)
    decision = the(people.waits(COOLED), "resolution")
    return people.customer_writes(
        "I disagree with your decision.", in_reply_to=opened(decision).message_id, to=ESCALATION
    )


@pytest.mark.parametrize("text", [DECISION, "reply: Dear Sam, no.", "status: waiting", "cancel", "escalate"])
def test_whoever_made_the_first_decision_does_not_act_in_the_second_stage(people: People, text: str) -> None:
    first = told(people)
    disagreed(people, first)
    assert people.case().stage == "second"
    before = people.case()
    [answer] = people.answers(first, text)
    assert "you worked on the first decision, so Tom Reed decides now" in words(answer)
    assert people.case() == before
    people.answers(first, "note: the depot has the CCTV")
    assert "the depot has the CCTV" in [entry.text for entry in people.timeline()]


def test_nor_can_they_escalate_and_decide_in_one_mail(people: People) -> None:
    first = told(people)
    [answer] = people.answers(first, f"escalate\n{DECISION}")
    assert "you worked on the first decision" in words(answer)
    assert people.case().stage == "first"


def test_who_decided_a_colleagues_case_does_not_look_at_it_again(people: People) -> None:
    letter = told(people)
    token = token_for(TOM, people.case().reference, people.rules, people.clock())
    people.answers(letter, DECISION, who=TOM, to=US.replace("@", f"+{token}@"))
    decision = the(people.waits(COOLED), "resolution")
    people.customer_writes("I disagree.", in_reply_to=opened(decision).message_id, to=ESCALATION)
    assert people.case().stage == "second"
    assert people.case().handler != TOM
