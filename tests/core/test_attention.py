"""The one mail that tells staff what waits for them."""

from __future__ import annotations

from email import message_from_bytes, policy

from builders import HOUR, NOW, PRIYA, RULES, TOM
from mailcase.core.letters.attention import Heap, attention

REVIEW = Heap(
    "2 mails to review", ("mail 7 from eve@example.net: spam", "mail 9 from nobody: list"), "mailcase review list"
)
HELD = Heap("0 letters held", (), "mailcase letters --state held")  # fmt: skip


def test_it_says_what_waits_and_which_command_helps() -> None:
    [letter] = attention(PRIYA, (HELD, REVIEW), RULES, NOW)
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
    assert attention(PRIYA, (HELD,), RULES, NOW) == ()


def test_each_gets_one_of_their_own() -> None:
    letters = [attention(each, (REVIEW,), RULES, NOW)[0] for each in (PRIYA, TOM)]
    assert [letter.recipient for letter in letters] == [PRIYA, TOM]
    assert len({letter.id for letter in letters}) == 2


def test_the_same_moment_gives_the_same_letter_and_another_one_another() -> None:
    assert attention(TOM, (REVIEW,), RULES, NOW) == attention(TOM, (REVIEW,), RULES, NOW)
    [one], [other] = attention(TOM, (REVIEW,), RULES, NOW), attention(TOM, (REVIEW,), RULES, NOW + HOUR)
    assert one.id != other.id


def test_what_a_sender_put_into_their_address_stays_words() -> None:
    hostile = Heap("1 mail to review", ("mail 1 from **<b>{{ key }}@x.example: spam",), "mailcase review list")
    [letter] = attention(TOM, (hostile,), RULES, NOW)
    message = message_from_bytes(letter.raw, policy=policy.default)
    page = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "**&lt;b&gt;{{ key }}@x.example" in page
