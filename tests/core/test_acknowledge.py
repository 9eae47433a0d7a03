"""The acknowledgement: what its header says, and that no word of the sender's is in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, RULES, SAM, US, mail, reading
from mailcase.core import ids
from mailcase.core.changes import QueueLetter
from mailcase.core.deadlines.owed import new_case
from mailcase.core.letters.acknowledge import acknowledgement
from mailcase.core.letters.customer_mail import written
from mailcase.core.mail.message import Message
from mailcase.core.rules import Rules

CASE = ids.reference(RULES.key, "CST", b"a case")
RECEIVED = NOW - timedelta(hours=5)


def acknowledged(
    raw: bytes = mail(), rules: Rules = RULES, received: datetime = RECEIVED, held: str = ""
) -> QueueLetter:
    return answer(reading(raw).message, rules, received, held)


def answer(message: Message, rules: Rules = RULES, received: datetime = RECEIVED, held: str = "") -> QueueLetter:
    case = new_case(rules.policy, CASE, received)
    letter = acknowledgement(case, rules, NOW, message.message_id, held)
    return written(letter, case, message.from_address, rules, NOW)


def parsed(letter: QueueLetter) -> EmailMessage:
    return message_from_bytes(letter.raw, policy=policy.default)


def words(letter: QueueLetter) -> str:
    """All that stands in the letter, decoded."""
    message = parsed(letter)
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return "\n".join([*(f"{name}: {value}" for name, value in message.items()), *parts])


def test_its_header_says_what_it_must() -> None:
    message = parsed(acknowledged(mail(message_id="<sam.1@mua>", references="<other@x>", in_reply_to="<other@x>")))
    letter = ids.letter_id(RULES.key, f"{CASE} acknowledgement {SAM}".encode(), "acknowledgement")
    assert dict(message.items()) == {
        "From": f"Constrat <{US}>",
        "To": SAM,
        "Subject": f"Your complaint to Constrat – {CASE}",
        "Date": "Mon, 23 Nov 2026 09:00:00 +0000",
        "Message-ID": f"<{letter}@firm.example>",
        "Reply-To": f"complaints+{ids.tag(CASE)}@firm.example",
        "In-Reply-To": "<sam.1@mua>",
        "References": "<sam.1@mua>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply",
        "Content-Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }


def test_it_says_when_the_complaint_was_received_in_the_firms_own_zone() -> None:
    summer = datetime.fromisoformat("2026-07-01T23:30:00+00:00")
    assert "We received it on Thursday 2 July 2026 at 00:30." in words(acknowledged(received=summer))


def test_what_happens_next_counts_from_the_receipt() -> None:
    letter = words(acknowledged())
    assert "We will write to you by Saturday 28 November 2026" in letter
    assert "You will have our decision by Monday 21 December 2026." in letter


def test_after_downtime_the_dates_are_true_on_the_day_of_the_letter() -> None:
    late = words(acknowledged(received=NOW - timedelta(days=6)))
    assert "We will write to you by Saturday 28 November 2026" in late
    letter = words(acknowledged(received=NOW - timedelta(days=40)))
    assert "Our decision is late: you should have had it by Wednesday 11 November 2026. We missed that date." in letter
    assert "You will have our decision" not in letter


def test_without_a_message_id_there_is_nothing_to_answer_to() -> None:
    message = parsed(acknowledged(mail(message_id="")))
    assert (message["In-Reply-To"], message["References"]) == (None, None)


def test_without_plus_addressing_answers_come_to_the_plain_address() -> None:
    assert parsed(acknowledged(rules=replace(RULES, plus_addressing=False)))["Reply-To"] is None


@pytest.mark.parametrize(
    ("envelope", "sender"), [("address", US), ("null", ""), ("tagged", "complaints+{}@firm.example")]
)
def test_a_bounce_goes_where_it_is_configured(envelope: Literal["address", "tagged", "null"], sender: str) -> None:
    letter = acknowledged(rules=replace(RULES, envelope=envelope))
    assert letter.mail_from == sender.format(letter.id)


def test_the_oldest_promise_is_kept_first_and_a_held_letter_says_why() -> None:
    letter = acknowledged(held="a limit")
    due = RECEIVED + timedelta(hours=24)
    assert (letter.due_at, letter.held, letter.answer, letter.recipient) == (due, "a limit", True, SAM)


# Canaries: none of what a sender can write comes back, but their address and their own Message-ID.

canary = st.from_regex(r"zq[a-z]{6,12}", fullmatch=True)


@given(canary, canary, canary, canary, canary)
def test_no_word_of_the_senders_comes_back(name: str, subject: str, text: str, header: str, file: str) -> None:
    part = f"--b\r\n\r\n{text}\r\n--b\r\nContent-Disposition: attachment; filename={file}\r\n\r\n{file}\r\n--b--"
    raw = mail(
        f'"{name}" <{SAM}>',
        subject,
        part,
        content_type="multipart/mixed; boundary=b",
        references=f"<{header}@x>",
        in_reply_to=f"<{header}@x>",
        reply_to=f"{header}@example.org",
        x_mailer=header,
        date=header,
    )
    letter = words(acknowledged(raw)).lower()
    assert not [one for one in (name, subject, text, header, file) if one in letter]


hostile = st.text(st.characters(codec="utf-8"), max_size=40)


@given(hostile, hostile, hostile)
def test_whoever_writes_there_is_one_recipient_and_one_line_to_a_header(name: str, subject: str, mid: str) -> None:
    raw = mail(f'"{name}" <{SAM}>', subject, message_id=f"<{mid}@x>")
    if reading(raw).message.from_address != SAM:
        return
    letter = acknowledged(raw)
    head = letter.raw.partition(b"\r\n\r\n")[0].decode()
    assert parsed(letter)["To"] == SAM
    assert [line.partition(":")[0] for line in head.split("\r\n") if not line.startswith((" ", "\t"))] == [
        name
        for name in (
            *("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References"),
            *("Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type"),
        )
        if f"\n{name}:" in f"\n{head}"
    ]


@given(st.text(max_size=300))
def test_every_address_that_counts_as_a_sender_can_be_answered(sender: str) -> None:
    found = reading(mail(sender)).message
    if found.from_address:
        assert answer(found).recipient == found.from_address


@given(st.from_regex(r"""["a-z!#$%&'*+/=?^`{|}~.\\() é-]{1,64}@[a-zé.-]{1,250}""", fullmatch=True))
def test_every_odd_address_that_counts_as_a_sender_can_be_answered(address: str) -> None:
    for sender in (address, f"<{address}>", f"Sam, {address}"):
        found = reading(mail(sender)).message
        if found.from_address:
            assert answer(found).recipient == found.from_address
