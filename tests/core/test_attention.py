"""The one mail that tells staff what waits for them."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

from builders import HOUR, NOW, RULES
from mailcase.core.letters.attention import Heap, attention

REVIEW = Heap(
    "2 mails to review", ("mail 7 from eve@example.net: spam", "mail 9 from nobody: list"), "mailcase review list"
)
HELD = Heap("0 letters held", (), "mailcase letters --state held")  # fmt: skip


def test_it_says_what_waits_and_which_command_helps() -> None:
    [letter] = attention((HELD, REVIEW), RULES, NOW)
    message = message_from_bytes(letter.raw, policy=policy.default)
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert message["To"] == "priya@elsewhere.example"
    assert message["Subject"] == "Please look at this: 2 mails to review – Constrat"
    assert message["Auto-Submitted"] == "auto-generated"
    for words in (*REVIEW.items, REVIEW.command):
        assert words in text
    assert "held" not in text
    assert (letter.case, letter.kind, letter.answer, letter.due_at) == ("", "staff-attention", False, NOW)


def test_when_nothing_waits_nobody_is_told() -> None:
    assert attention((HELD,), RULES, NOW) == ()


def test_each_manager_gets_one_and_where_there_is_nobody_nothing_is_written() -> None:
    both = replace(RULES, managers=("ann@firm.example", "ben@firm.example"))
    letters = attention((REVIEW,), both, NOW)
    assert [letter.recipient for letter in letters] == ["ann@firm.example", "ben@firm.example"]
    assert len({letter.id for letter in letters}) == 2
    assert attention((REVIEW,), replace(RULES, managers=()), NOW) == ()


def test_the_same_moment_gives_the_same_letter_and_another_one_another() -> None:
    assert attention((REVIEW,), RULES, NOW) == attention((REVIEW,), RULES, NOW)
    [one], [other] = attention((REVIEW,), RULES, NOW), attention((REVIEW,), RULES, NOW + HOUR)
    assert one.id != other.id


def test_what_a_sender_put_into_their_address_stays_words() -> None:
    hostile = Heap("1 mail to review", ("mail 1 from **<b>{{ key }}@x.example: spam",), "mailcase review list")
    [letter] = attention((hostile,), RULES, NOW)
    message = message_from_bytes(letter.raw, policy=policy.default)
    page = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "**&lt;b&gt;{{ key }}@x.example" in page
