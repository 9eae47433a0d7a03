"""What a mail names, and whose mailbox an address is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import RULES, mail, reading
from mailcase.core import ids
from mailcase.core.mail.thread import Mentions, Owner, mailbox_key, named_cases, same_address

A, B, C, D = (ids.reference(RULES.key, "CST", name) for name in (b"a", b"b", b"c", b"d"))
LETTER = "7k4m92qfx07k4m92qfx07k4m92"


def named(**fields: str) -> Mentions:
    return reading(mail(**fields)).mentions


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ()),
        ({"in_reply_to": "<a@x>"}, ("<a@x>",)),
        ({"references": "<a@x> <b@x> <c@x>"}, ("<c@x>", "<b@x>", "<a@x>")),
        ({"references": "<a@x> <b@x>", "in_reply_to": "<a@x>"}, ("<a@x>", "<b@x>")),
        ({"in_reply_to": "Your message of Monday <a@x>"}, ("<a@x>",)),
        ({"in_reply_to": "<0100-000000@eu-west-1.amazonses.com>"}, ("0100-000000",)),
        ({"to": f"complaints+{LETTER}@firm.example"}, (f"<{LETTER}@firm.example>",)),
        ({"to": f"complaints+{LETTER.upper()}@FIRM.example"}, (f"<{LETTER}@firm.example>",)),
        ({"to": f"complaints+{LETTER}@elsewhere.example"}, ()),
        ({"to": "sam@example.org", "delivered_to": f"complaints+{LETTER}@firm.example"}, (f"<{LETTER}@firm.example>",)),
    ],
)
def test_the_message_ids_that_a_mail_names_nearest_first(fields: dict[str, str], expected: tuple[str, ...]) -> None:
    assert named(**fields).message_ids == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ()),
        ({"subject": f"Re: {A}"}, (A,)),
        ({"subject": A.lower().replace("-", " ")}, (A,)),
        ({"text": f"about {B}, please"}, (B,)),
        ({"to": f"complaints+{ids.tag(C)}@firm.example"}, (C,)),
        ({"to": f"complaints+{ids.tag(C)}@firm.example", "subject": A, "text": B}, (C, A, B)),
        ({"subject": f"{A} {A}", "text": A}, (A,)),
        ({"text": f"Thanks.\r\n\r\n> {B}\r\n> hello"}, ()),
        ({"text": f"New words about {A}.\r\n\r\nOn Monday, we wrote:\r\n> {B}"}, (A,)),
        ({"subject": "CST-AAAA-AAAAA"}, ()),
    ],
)
def test_the_references_that_a_mail_names_strongest_first(fields: dict[str, str], expected: tuple[str, ...]) -> None:
    assert named(**fields).references == expected


def test_a_robot_that_names_thousands_is_heard_only_in_part() -> None:
    references = " ".join(f"<{number}@x>" for number in range(2000))
    text = " ".join(ids.reference(RULES.key, "CST", b"%d" % number) for number in range(2000))
    found = named(references=references, text=text)
    assert len(found.message_ids) == len(found.references) == 20
    assert found.message_ids[0] == "<1999@x>"


def test_the_cases_that_a_mail_names_come_ids_first_and_only_if_they_are_there() -> None:
    letter, staff = Owner(A, "sam@example.org", LETTER), Owner("", "", "a letter to staff")
    found = named_cases(
        Mentions(("<staff@x>", "<unknown@x>", "<a@x>"), (B, C)),
        {"<a@x>": letter, "<staff@x>": staff},
        {C: Owner(C, "kim@example.org")},
    )
    assert found == [letter, Owner(C, "kim@example.org")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sam@example.org", "Sam@Example.ORG", True),
        ("sam@example.org", "sam+shop@example.org", False),
        ("sam@example.org", "sam@example.com", False),
        ("", "", False),
        ("straße@example.org", "STRASSE@example.org", False),
    ],
)
def test_the_same_address(one: str, other: str, same: bool) -> None:
    assert same_address(one, other) is same
    assert same_address(other, one) is same


@pytest.mark.parametrize(
    "address",
    ["victim@x.example", "Victim+1@X.example", "VICTIM+a+b@x.example", '"victim"@x.example', "victim@x.example."],
)
def test_the_ways_to_write_one_mailbox_have_one_key(address: str) -> None:
    assert mailbox_key(address) == "victim@x.example"


@pytest.mark.parametrize(
    "address",
    [
        "victim@bücher.example",
        "Victim+1@BÜCHER.example",
        "victim@bu\u0308cher.example",
        "victim@xn--bcher-kva.example",
        "victim@XN--bcher-KVA.example",
        "victim@\uff42ücher\u3002example",
    ],
)
def test_a_domain_has_one_key_in_whichever_letters_it_is_written(address: str) -> None:
    assert mailbox_key(address) == "victim@xn--bcher-kva.example"


def test_a_domain_of_any_length_has_a_key_at_once() -> None:
    """None is longer than 255: what is, stands for itself, because to translate it takes time by its square."""
    assert mailbox_key("victim@" + "ü" * 1_000_000) == "victim@" + "ü" * 1_000_000


@given(st.text(max_size=80))
def test_a_key_is_its_own_key(address: str) -> None:
    assert mailbox_key(mailbox_key(address)) == mailbox_key(address)
