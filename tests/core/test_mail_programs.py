"""Commands as mail programs really send them are understood exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from core.mail_parts import NOTIFICATION, SIGNATURE
from core.mail_programs import PROGRAMS
from core.test_quotes import ATTRIBUTIONS, DIVIDERS, HEADER_BLOCKS, SIGN_OFFS
from mailcase.core.days.durations import Duration
from mailcase.core.ids import reference
from mailcase.core.record import Person
from mailcase.core.staff.arguments import Setting
from mailcase.core.staff.command_values import Accept, Check, Extend, Log, New, Redress, Said
from mailcase.core.staff.grammar import parse
from mailcase.core.staff.said import read_said, written

SETTING = Setting(date(2026, 11, 23), "CST")
OTHER = reference(b"k" * 32, "CST", b"another")


class Mail(NamedTuple):
    """What somebody types, and what it says."""

    typed: str
    commands: Sequence[tuple[str, object]]
    letter: tuple[str, str] | None = None
    note: str = ""


DECISION = """Dear Sam,

We looked into your complaint and found that the courier left the parcel at a neighbour's door on Tuesday 3 November.

You will get 20.00 GBP back by Friday 27 November 2026.
Your reference stays the same.

Kind regards,
Priya"""
LIST = """Could you send us these, please?

- the order number, as it stands in the shop's "thank you" mail
- a photo of the parcel

Then we can go on."""

MAILS: Mapping[str, Mail] = {
    "one line": Mail("status: investigating", [("status", "investigating")]),
    "several lines": Mail(
        "handler: priya\ncategory: billing\ntrack: complex\nformat: large print\ncontact: post",
        [
            ("handler", "priya"),
            ("category", "billing"),
            ("track", "complex"),
            ("format", "large print"),
            ("contact", "post"),
        ],
    ),
    "a decision": Mail(
        f"outcome: partly upheld\nredress: refund 20.00 GBP\ncause: courier\n\nresolve: {DECISION}",
        [("outcome", "partly upheld"), ("redress", Redress("refund", Decimal("20.00"), "GBP")), ("cause", "courier")],
        ("resolve", DECISION),
    ),
    "a question with a list": Mail(f"ask: {LIST}", [], ("ask", LIST)),
    "a letter that begins below its keyword, and ends": Mail(
        "note: do not ring\nreply:\nDear Sam,\n\n\\Status: we are still looking.\n\nPriya\nend\nmore to come",
        [("note", "do not ring")],
        ("reply", "Dear Sam,\n\nStatus: we are still looking.\n\nPriya"),
        "more to come",
    ),
    "a long reason": Mail(
        "extend: 5 business days: waiting for the network operator, who has promised to answer before the month ends",
        [
            (
                "extend",
                Extend(
                    Duration(5, "business days"),
                    "waiting for the network operator, who has promised to answer before the month ends",
                ),
            )
        ],
    ),
    "a note of several lines": Mail(
        "status: waiting\nnote: depot has the CCTV.\nThey don't give it away.\n\nI will go there on Friday.",
        [
            ("status", "waiting"),
            ("note", "depot has the CCTV.\nThey don't give it away.\n\nI will go there on Friday."),
        ],
    ),
    "a complaint by phone": Mail(
        "new: phone: sam@example.org: received 3 May: the parcel never came, and nobody answers the phone",
        [
            (
                "new",
                New(
                    "phone",
                    "sam@example.org",
                    "",
                    date(2026, 5, 3),
                    "the parcel never came, and nobody answers the phone",
                ),
            )
        ],
    ),
    "a complaint by post, from somebody without an address": Mail(
        "new: post: Ada Obi: received Fri 20 November: she was charged twice.\ncategory: billing",
        [("new", New("post", "", "Ada Obi", date(2026, 11, 20), "she was charged twice.")), ("category", "billing")],
    ),
    "people": Mail(
        "person: add ada@example.org: representative: letter of 3 May\nconflict: Tom Reed\nlog: phone: rang at 10:30",
        [
            ("person", Person("ada@example.org", "representative", "letter of 3 May")),
            ("conflict", "Tom Reed"),
            ("log", Log("phone", "rang at 10:30")),
        ],
    ),
    "words that stand alone": Mail(
        "escalate\nshow\nfiles: 2,3\nlog: posted",
        [("escalate", None), ("show", None), ("files", (2, 3)), ("log", Log("posted", ""))],
    ),
    "two cases and a checklist": Mail(
        f"same: {OTHER.lower()}\ncheck: fault: yes: it does not start\ncheck: told at purchase: no\n"
        "accept: sam@example.org: received yesterday",
        [
            ("same", OTHER),
            ("check", Check("fault", True, "it does not start")),
            ("check", Check("told at purchase", False, "")),
            ("accept", Accept("sam@example.org", date(2026, 11, 22))),
        ],
    ),
}


def alike(value: object) -> object:
    """What is the same whether a phone wrote capitals and curly quotes or a program broke the lines."""
    if isinstance(value, str):
        straight = value.translate({0x2019: "'", 0x201C: '"', 0x201D: '"'})
        return [" ".join(paragraph.split()).casefold() for paragraph in straight.split("\n\n")]
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value), *(alike(getattr(value, each.name)) for each in fields(value))]
    return value


def summary(said: Said) -> tuple[object, ...]:
    """What was understood."""
    commands = [(command.keyword, alike(command.value)) for command in said.commands]
    letter = (said.letter.keyword, alike(said.letter.text)) if said.letter else None
    return commands, letter, alike(said.note), said.faults


def wanted(mail: Mail) -> tuple[object, ...]:
    """What is to be understood."""
    letter = (mail.letter[0], alike(mail.letter[1])) if mail.letter else None
    return [(keyword, alike(value)) for keyword, value in mail.commands], letter, alike(mail.note), ()


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS.keys())
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_s_commands_are_understood_exactly(program: str, mail: Mail) -> None:
    raw = PROGRAMS[program](mail.typed.split("\n"), SIGNATURE)
    assert summary(read_said(raw, SIGNATURE, SETTING)) == wanted(mail)


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_answer_without_a_word_says_nothing(program: str) -> None:
    said = read_said(PROGRAMS[program]([""], SIGNATURE), SIGNATURE, SETTING)
    assert (said.commands, said.letter, said.note) == ((), None, "")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_signature_that_nobody_told_us_changes_nothing(program: str) -> None:
    said = read_said(PROGRAMS[program](["I will ring the depot."], SIGNATURE), "", SETTING)
    assert (said.commands, said.letter) == ((), None)
    assert said.note.startswith("I will ring the depot.")


# Languages, and what stands below

INTRODUCTIONS = {**ATTRIBUTIONS, **HEADER_BLOCKS, **{divider: divider for divider in DIVIDERS}}
TYPED = "status: investigating\n\nreply: Dear Sam,\n\nWe are on it."
THEIRS = "\n".join(NOTIFICATION)
MARKED = "\n".join(f"> {line}" for line in NOTIFICATION)


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS.keys())
def test_a_quote_is_known_in_every_language(introduction: str) -> None:
    for quoted in (THEIRS, MARKED):
        found = written(f"{TYPED}\n\n{introduction}\n\n{quoted}\n")
        assert (found.text, found.below) == (TYPED, "")
        assert written(f"{introduction}\n\n{quoted}\n").text == ""


@pytest.mark.parametrize("sign_off", SIGN_OFFS)
def test_what_a_phone_puts_below_is_in_no_letter(sign_off: str) -> None:
    assert written(f"{TYPED}\n\n{sign_off}\n\nOn 23 Nov 2026, at 09:00, Ann wrote:\n\n{MARKED}").text == TYPED


@pytest.mark.parametrize(
    "signature",
    [
        SIGNATURE,
        SIGNATURE.replace("\n", "\n\n"),
        SIGNATURE.replace(" ", "\u00a0"),
        SIGNATURE.replace("www.firm.example", "www.firm.example <https://www.firm.example/>"),
        SIGNATURE.replace("Priya Nair", "*Priya Nair*\n[cid:image001.png@01DB]"),
        SIGNATURE.replace("are confidential and", "are confidential\nand"),
        f"--\n{SIGNATURE}",
        SIGNATURE.split("\n\n")[1],
        f"Priya\n\n{SIGNATURE.split(chr(10) * 2)[1]}",
    ],
)
def test_a_known_signature_is_cut_however_it_is_set(signature: str) -> None:
    found = written(f"{TYPED}\n\n{signature}\n\nOn 23 Nov 2026, at 09:00, Ann wrote:\n\n{MARKED}", SIGNATURE)
    assert found.text in (TYPED, f"{TYPED}\n\nPriya")
    assert found.below == ""


def test_a_line_with_a_keyword_is_the_author_s_whatever_else_it_looks_like() -> None:
    for typed in (
        "reply: please read what stands above the dotted line",
        "note: on 3 May 2026 Ann <a@b.example> wrote:",
    ):
        assert written(f"{typed}\nand more").text == f"{typed}\nand more"


def test_a_text_that_a_program_moved_in_begins_at_the_left() -> None:
    assert written("   status: waiting\n   note: one\n     two\n").text == "status: waiting\nnote: one\n  two"


def test_a_name_within_a_letter_is_no_signature() -> None:
    typed = "reply: Dear Sam,\n\nYou may ring\nPriya\nTom\non weekdays."
    assert written(typed, "Priya").text == typed
    assert written(f"{typed}\n\nPriya", "Priya").text == typed


def test_what_stands_below_the_signature_stays_in_the_house() -> None:
    found = written(f"{TYPED}\n\n{SIGNATURE}\n\nP.S. CANARY", SIGNATURE)
    said = parse(found.text, SETTING, found.below)
    assert said.letter is not None
    assert said.letter.text == "Dear Sam,\n\nWe are on it."
    assert said.note == "P.S. CANARY"


def test_a_footer_below_the_quote_stays_in_the_house() -> None:
    found = written(f"{TYPED}\n\nOn 23 Nov 2026, at 09:00, Ann wrote:\n{MARKED}\n\nThis mail is confidential. CANARY")
    said = parse(found.text, SETTING, found.below)
    assert said.letter is not None
    assert "CANARY" not in said.letter.text
    assert said.note == "This mail is confidential. CANARY"


@pytest.mark.parametrize(
    "below",
    ["\nstatus: resolved", "\nresolve: Dear Sam, no.", "> One?\nYes.\n> Two?\nNo."],
)
def test_a_command_or_half_an_answer_below_the_quote_is_a_fault(below: str) -> None:
    found = written(f"{TYPED}\n\nOn 23 Nov 2026, at 09:00, Ann wrote:\n> Hello\n{below}")
    said = parse(found.text, SETTING, found.below)
    assert (said.commands, said.letter) == ((), None)
    assert said.faults
