"""What the commands print: safe for a terminal whatever a mail holds, readable at 80 columns, JSON for machines."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import mail
from mailcase.cli.showing import LONGEST_CELL, print_facts, print_json, print_table, print_text, shown
from rigs.desk import Desk

RED, CLEAR, TITLE, C1, FLIP = "\x1b[31m", "\x1b[2J", "\x1b]0;owned\x07", "\x9b31m", "\u202e"
HOSTILE = f"{RED}{CLEAR}{TITLE}{C1}{FLIP}[red]not markup[/red]\r\x08\x7f\u2066"
OBEYED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
NOON = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)


def obeyed(text: str) -> list[str]:
    """Characters that a terminal might obey instead of showing them."""
    return [character for character in text if character != "\n" and unicodedata.category(character) in OBEYED]


@given(st.text())
def test_no_text_can_move_the_cursor_or_turn_the_line(text: str) -> None:
    assert not obeyed(shown(text))
    assert "\n" not in shown(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        (7, "7"),
        ("Zoë 🙂 שלום", "Zoë 🙂 שלום"),
        ("two\nlines", "two lines"),
        (NOON, "2026-07-01 14:00"),
    ],
)
def test_a_value_is_shown_as_people_read_it(value: object, expected: str) -> None:
    assert shown(value, ZoneInfo("Europe/Berlin")) == expected


def test_json_says_the_same_without_what_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([{"subject": HOSTILE, "at": NOON}])
    printed = capsys.readouterr().out
    assert not obeyed(printed)
    assert json.loads(printed) == {"subject": HOSTILE, "at": "2026-07-01T12:00:05+00:00"}


@pytest.mark.parametrize("command", [["cases"], ["show"], ["letters"], ["letters", "ID"], ["review", "list"]])
def test_a_hostile_mail_is_harmless_in_every_list(desk: Desk, command: list[str]) -> None:
    encoded = "=?utf-8?q?" + "".join(f"={byte:02X}" for byte in HOSTILE.encode()) + "?="
    hostile = mail(subject=encoded, text=HOSTILE, content_type="text/plain; charset=utf-8")
    desk.imports(hostile, mail("mailer-daemon@x.example", subject=encoded, text=HOSTILE))
    if command == ["show"]:
        command = ["show", desk.references[0]]
    if command == ["letters", "ID"]:
        command = ["letters", desk.types("letters", "--json").rows[0]["id"]]
    answer = desk.types(*command)
    assert answer.status == 0
    assert not obeyed(answer.out)
    assert "[red]" in answer.out or command[0] == "letters"  # it is shown as text; a letter holds none of it


def test_the_text_of_a_waiting_mail_is_set_in_and_harmless(desk: Desk) -> None:
    desk.imports(mail("mailer-daemon@x.example", text=f"one\tcolumn\nmail       99\n{HOSTILE}"))
    answer = desk.types("review", "show", 1)
    assert not obeyed(answer.out)
    assert "\n  one     column\n  mail       99\n" in answer.out  # no line of a mail passes for one of ours


def test_a_column_in_which_nothing_stands_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id", "handler", "to"), [(1, "", ("sam", None)), (2, None, ("kim", "why"))])
    assert capsys.readouterr().out.splitlines() == ["id  to", "1   sam", "2   kim", "    why"]


def test_a_reference_and_a_time_are_never_folded(desk: Desk) -> None:
    long = "a-very-long-name.of-a-person-with-a-long-address@a-very-long-domain-name.example.org"
    desk.imports(*(mail(f"{number}{long}", subject="word " * 40) for number in range(3)))
    printed = desk.types("cases").out.splitlines()
    assert max(map(len, printed)) <= 80
    for reference in desk.references:
        assert any(line.startswith(f"{reference}  2020-07-01 09:0") for line in printed)


def test_into_a_pipe_a_row_is_not_folded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    desk.imports(mail(subject="word " * 40))
    assert any(line.endswith("word " * 39 + "word") for line in desk.types("cases").out.splitlines())


def test_an_endless_cell_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("subject",), [("x" * 9_999,)])
    assert capsys.readouterr().out.replace("\n", "").endswith("x" * 9 + "…")
    print_table(("subject",), [("x" * LONGEST_CELL,)])
    assert "…" not in capsys.readouterr().out


def test_facts_line_up_and_empty_ones_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts([("subject", "Late"), ("handler", ""), ("at", NOON)])
    print_text("one\x0btwo")
    assert capsys.readouterr().out == "subject    Late\nat         2026-07-01 12:00\n  one\n  two\n"
