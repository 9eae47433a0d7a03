"""What a web form or a helpdesk's ticket brings beside the customer's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from builders import POLICY, SAM, STAFFED, mail
from mailcase.core.mail.forms import Form
from mailcase.core.promises.policy_file import read_policy
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import PROVEN, People, the, words

DESK = "no-reply@desk.example"
FIELDS = {
    "email": "Email",
    "reference": "Ticket",
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
RULES = replace(STAFFED, forms=(Form(DESK, "helpdesk", FIELDS),))


def ticket(
    people: People, words: str = "It broke.", then: timedelta = timedelta(minutes=1), **said: str
) -> list[Claimed]:
    """A ticket comes, with what its fields say: `ticket(people, phone="020 7946 0000")`."""
    values = {"email": SAM, **said, "message": words}
    text = "".join(f"{label}: {values[name]}\n" for name, label in FIELDS.items() if name in values)
    return people.arrives(mail(DESK, "Ticket", text, authentication_results=PROVEN.replace("elsewhere", "desk")), then)


def test_the_category_that_a_form_gives_counts_for_the_dates(sqlite: Database) -> None:
    policy = read_policy(f'categories = ["billing"]\n{POLICY.text}{BILLING}', "plain")
    people = People(sqlite, replace(RULES, policy=policy))
    acknowledged = the(ticket(people, category="Billing"), "acknowledgement")
    owed = {each.promise: each.due_at.date().isoformat() for each in people.case().owed.deadlines}
    assert (owed["billing"], owed["decision"]) == ("2026-11-30", "2026-12-21")
    assert "decision by Monday 30 November 2026" in words(acknowledged)
