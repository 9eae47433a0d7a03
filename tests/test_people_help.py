"""How staff learn what they can write, and where their own address is, at which cases begin."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import MINUTE, PRIYA, STAFFED, US, mail
from mailcase.core.mail.authentication import Trust
from mailcase.store import digests
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import DOOR, PROVEN, People, opened, own_address, the, words

CALL = "new: phone: kim@example.net: received today: The lamp broke."
DAY = timedelta(days=1)


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


def asks(people: People, number: int = 1, text: str = "help", proof: str = PROVEN, **headers: str) -> list[Claimed]:
    """A mail of Priya's that answers none of ours."""
    facts = {"authentication_results": proof, "message_id": f"<asks{number}@mua.example>", **headers}
    return people.arrives(mail(f"Priya Nair <{PRIYA}>", "A question", text, **facts))


def test_help_alone_in_a_new_mail_is_answered_with_the_colleagues_own_address(people: People) -> None:
    [helped] = asks(people, text="Help\n\nKind regards,\nPriya", reply_to="else@elsewhere.example")
    assert (helped.kind, helped.recipient) == ("staff-transcript", PRIYA)
    letters = people.answers(helped, CALL, to=own_address(words(helped)))
    assert the(letters, "acknowledgement").recipient == "kim@example.net"


FORWARDED = (
    "help\n\n---------- Forwarded message ---------\nFrom: Kim Lee <kim@example.net>\n"
    "Date: Fri, 20 Nov 2026 at 14:05\nSubject: My lamp\nTo: <ann@firm.example>\n\nIt broke.\n"
)


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        ("help", ""),
        ("help", "mx.firm.example; dmarc=fail header.from=elsewhere.example"),
        ("help\nshow", PROVEN),
        ("help\nThe customer Kim Lee called: her lamp broke.", PROVEN),
        (FORWARDED, PROVEN),
    ],
)
def test_nothing_else_is(people: People, text: str, proof: str) -> None:
    assert "staff-transcript" not in [each.kind for each in asks(people, text=text, proof=proof)]


def test_nor_is_it_where_the_door_proves_nobody(sqlite: Database) -> None:
    people = People(sqlite, replace(STAFFED, trust={DOOR: Trust()}))
    assert "staff-transcript" not in [each.kind for each in asks(people)]


def test_the_limits_count_it(people: People) -> None:
    answered = [asks(people, number) for number in range(6)]
    assert sum(map(len, answered)) == people.rules.limits.per_address_hour


def test_help_on_a_case_is_answered_at_the_cases_address_and_names_the_other(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    helped = the(people.answers(told, "help"), "staff-transcript")
    assert own_address(words(helped)) != opened(helped).reply_to[0]
    shown = the(people.answers(helped, "show"), "staff-transcript")
    assert people.case().reference in words(shown)
    assert "begins another case" in words(the(people.answers(helped, CALL), "staff-transcript"))
    assert "acknowledgement" in [each.kind for each in people.answers(told, CALL, to=own_address(words(helped)))]


def test_where_addresses_take_no_tags_the_answer_to_help_alone_begins_cases(sqlite: Database) -> None:
    people = People(sqlite, replace(STAFFED, plus_addressing=False))
    told = the(people.customer_writes("My order never came."), "staff-case")
    helped = the(people.answers(told, "help", to=US), "staff-transcript")
    assert f"send help alone to {US}" in words(helped)
    [alone] = asks(people)
    letters = people.answers(alone, CALL, to=US)
    assert the(letters, "acknowledgement").recipient == "kim@example.net"


def test_the_digest_names_their_own_address(people: People) -> None:
    people.customer_writes("My order never came.")
    with people.database.write() as conn:
        digests.ensure_digests(conn, STAFFED.staff[:1], people.clock() + 30 * DAY)
    today = the(people.waits(30 * DAY + MINUTE), "staff-digest", PRIYA)
    letters = asks(people, text=CALL, to=own_address(words(today)))
    assert "acknowledgement" in [each.kind for each in letters]
