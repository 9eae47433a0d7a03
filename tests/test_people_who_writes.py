"""Whose words belong to a case: its customer's, those of whoever speaks for them, and what a form brings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from builders import SAM, STAFFED, US, mail
from mailcase.core.mail.forms import Form
from mailcase.store.engine import Database
from rigs.people import COOLED, PRIYA, PROVEN, People, firm, opened, the, words

ANN = "ann@law.example"
ESCALATION = "escalation@firm.example"
DECISION = "outcome: not upheld\nredress: none\nresolve: Dear Sam,\n\nwe were right.\n\nPriya"


def _decided(people: People) -> str:
    """The Message-ID of a decision."""
    told = the(people.customer_writes("My order never came."), "staff-case")
    return opened(the(people.answers(told, DECISION, then=COOLED), "resolution")).message_id


def test_who_speaks_for_the_customer_answers_on_the_case(sqlite: Database) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, f"person: add {ANN}: solicitor: letter of 3 May")
    asked = the(people.answers(told, "ask: Could you send the receipt?", then=COOLED), "ask", ANN)
    [message] = people.customer_writes("Here it is.", f"Ann <{ANN}>", in_reply_to=opened(asked).message_id)
    assert (message.kind, message.recipient) == ("staff-message", PRIYA)
    assert people.case().status == "investigating"


def test_what_a_form_brings_to_a_case_is_the_words_of_a_person(sqlite: Database) -> None:
    form = Form("no-reply@forms.example", "form", {"email": "Email", "message": "Message"})
    people = People(sqlite, replace(STAFFED, forms=(form,)))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "ask: Could you send the receipt?", then=COOLED)
    text = f"Email: {SAM}\nMessage: {people.case().reference} Here it is.\n"
    headers = {"auto_submitted": "auto-generated", "authentication_results": PROVEN.replace("elsewhere", "forms")}
    [message] = people.arrives(mail("no-reply@forms.example", "Form", text, **headers))
    assert message.kind == "staff-message"
    assert people.case().status == "investigating"


def test_a_mail_to_both_addresses_is_a_new_complaint(sqlite: Database) -> None:
    people = People(sqlite, firm("constrat"))
    _decided(people)
    letters = people.customer_writes("Something else broke.", to=f"{US}, {ESCALATION}")
    assert "acknowledgement" in [each.kind for each in letters]


def test_what_was_decided_long_ago_is_not_looked_at_again_by_chance(sqlite: Database) -> None:
    people = People(sqlite, firm("constrat"))
    _decided(people)
    people.waits(timedelta(days=100))
    assert "acknowledgement" in [each.kind for each in people.customer_writes("It broke.", to=ESCALATION)]


def test_a_mark_for_the_survey_and_a_disagreement_both_count(sqlite: Database) -> None:
    people = People(sqlite, firm("xpereozz"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "kind: complaint\n" + DECISION, then=COOLED)
    survey = the(people.answers(told, "close"), "survey")
    people.customer_writes("1\nslow", in_reply_to=opened(survey).message_id)
    assert people.case().rating == 1


def test_a_colleague_whose_mail_system_calls_everything_a_list_is_obeyed(sqlite: Database) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    [answer] = people.answers(told, "status: investigating", precedence="list")
    assert "Done." in words(answer)
    assert people.case().status == "investigating"


def test_an_open_case_is_not_joined_to_one_that_has_ended(sqlite: Database) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, DECISION, then=COOLED)
    other = opened(the(people.customer_writes("The lamp broke.", subject="Lamp"), "staff-case")).subject.split()[1]
    [answer] = people.answers(told, f"same: {other}")
    assert "write reopen first" in words(answer)
    assert people.case(other).status == "new"
