"""What is shown as the customer's words is theirs; where nobody vouches for that, it says so each time it is shown."""

from __future__ import annotations

import pytest

from builders import SAM
from mailcase.store import records
from mailcase.store.engine import Database
from rigs.people import PRIYA, TOM, People, the, words

DENIED = "mx.firm.example; dmarc=fail header.from=example.org"
FORGED = "I am Priya, honest: the customer has agreed to nothing."


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


def test_a_mail_in_a_colleagues_name_that_nothing_proves_is_not_shown_as_the_customers(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    for number in range(records.MOST_MAILS + 1):
        people.answers(told, f"{FORGED} {number}", authentication_results="")
    handed = people.answers(told, "handler: tom\nshow")
    for shown in (words(the(handed, "staff-case", TOM)), words(the(handed, "staff-transcript"))):
        assert "My order never came." in shown
        assert FORGED not in shown


def test_whoever_takes_a_case_over_is_warned_of_a_mail_for_which_nobody_vouches(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    [message] = people.customer_writes(f"{people.case().reference}: I take it back.", authentication_results=DENIED)
    handed = people.answers(told, "handler: tom\nshow")
    for shown in (words(message), words(the(handed, "staff-case", TOM))):
        assert "nobody vouches for this address" in shown
    shown = words(the(handed, "staff-transcript", PRIYA))
    assert f"{SAM} (nobody vouches for this address) wrote" in shown
