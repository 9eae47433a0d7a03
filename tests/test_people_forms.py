"""What a web form or a helpdesk's ticket brings beside the customer's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import POLICY, SAM, STAFFED, mail
from mailcase.core.mail.forms import Form
from mailcase.core.promises.policy_file import read_policy
from mailcase.store import mails
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import COOLED, PRIYA, PROVEN, TOM, People, the, words

DESK = "no-reply@desk.example"
FIELDS = {
    "email": "Email",
    "topic": "Topic",
    "ticket": "Ticket",
    "reference": "Customer no.",
    "category": "Service",
    "phone": "Phone",
    "employees": "Employees",
    "message": "Message",
}
BILLING = """
[[promise]]
id = "billing"
kind = "resolve"
within = "5 business days"
applies_to = { category = "billing" }
text = "What concerns a bill is decided in five business days."
"""
FORM = Form(DESK, "helpdesk", FIELDS)
RULES = replace(STAFFED, forms=(FORM,))


def ticket(people: People, words: str = "It broke.", **said: str) -> list[Claimed]:
    """A ticket comes, with what its fields say: `ticket(people, phone="020 7946 0000")`."""
    values = {"email": SAM, **said, "message": words}
    text = "".join(f"{label}: {values[name]}\n" for name, label in FIELDS.items() if name in values)
    return people.arrives(mail(DESK, "Ticket", text, authentication_results=PROVEN.replace("elsewhere", "desk")))


def test_the_category_that_a_form_gives_counts_for_the_dates(sqlite: Database) -> None:
    policy = read_policy(f'categories = ["billing"]\n{POLICY.text}{BILLING}', "plain")
    people = People(sqlite, replace(RULES, policy=policy))
    acknowledged = the(ticket(people, category="Billing"), "acknowledgement")
    owed = {each.promise: each.due_at.date().isoformat() for each in people.case().owed.deadlines}
    assert (owed["billing"], owed["decision"]) == ("2026-11-30", "2026-12-21")
    assert "decision by Monday 30 November 2026" in words(acknowledged)


def test_the_same_ticket_again_goes_to_its_case_for_which_the_customer_was_asked(sqlite: Database) -> None:
    people = People(sqlite, RULES)
    told = the(ticket(people, ticket="4711"), "staff-case")
    people.answers(told, "ask: Could you send the receipt?", then=COOLED)
    [message] = ticket(people, "Here it is.", ticket="4711")
    assert (message.kind, message.recipient) == ("staff-message", PRIYA)
    assert people.case().status == "investigating"


@pytest.mark.parametrize("other", [{"ticket": "4712"}, {"ticket": "4711", "email": "kim@example.net"}, {"ticket": ""}])
def test_another_ticket_or_another_customers_is_another_complaint(sqlite: Database, other: dict[str, str]) -> None:
    people = People(sqlite, RULES)
    ticket(people, ticket="4711", reference="90417")
    assert "acknowledgement" in [each.kind for each in ticket(people, "The lamp too.", reference="90417", **other)]


@pytest.mark.parametrize(("email", "customer"), [(SAM, SAM), ("nobody", ""), (PRIYA, "")])
def test_a_ticket_that_is_taken_out_of_review_is_of_the_customer_whom_it_names(
    sqlite: Database, email: str, customer: str
) -> None:
    people = People(sqlite, replace(RULES, forms=(replace(FORM, topics=("Complaint",)),)))
    ticket(people, email=email, topic="Sales")
    with sqlite.write() as conn:
        assert mails.accept(conn, [1], "tom", people.clock()) == [1]
    letters = people.waits(timedelta(0))
    assert people.case().customer == customer
    assert {each.recipient for each in letters} - {PRIYA, TOM} == ({customer} if customer else set())


def test_what_a_form_says_beside_the_words_stands_on_the_timeline(sqlite: Database) -> None:
    people = People(sqlite, RULES)
    ticket(people, ticket="4711", reference="90417", phone="020 7946 0000", employees="3")
    [entry] = [each for each in people.timeline() if each.kind == "form"]
    assert entry.text == "ticket: 4711; reference: 90417; phone: 020 7946 0000; employees: 3"


def test_a_ticket_that_outlives_its_case_goes_on_with_the_one_that_it_opened_last(sqlite: Database) -> None:
    people = People(sqlite, RULES)
    people.answers(the(ticket(people, ticket="4711"), "staff-case"), "withdraw")
    people.waits(timedelta(days=100))
    assert "acknowledgement" in [each.kind for each in ticket(people, "It broke again.", ticket="4711")]
    assert [each.kind for each in ticket(people, "Any news?", ticket="4711")] == ["staff-message"]
