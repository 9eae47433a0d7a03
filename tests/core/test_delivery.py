"""What follows from each answer of the relay, and how long it waits before it asks again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from mailcase.core.changes import AddEntry, Change, LookAt, MarkUndeliverable, WantAttention
from mailcase.core.deadlines.delivery import DOUBT_PAUSE, MOST_DOUBTS, Outcome, Result, id_in_reply, mark, pause

TABLE: list[tuple[Result, str, int, timedelta, list[type[Change]]]] = [
    ("accepted", "sent", 3, timedelta(0), [AddEntry, LookAt]),
    ("later", "queued", 3, pause(3), []),
    ("unreachable", "queued", 2, timedelta(0), []),
    ("unsent", "queued", 2, timedelta(0), []),
    ("in-doubt", "in-doubt", 3, 2 * DOUBT_PAUSE, [AddEntry, WantAttention]),
    ("refused", "failed", 3, timedelta(0), [AddEntry, MarkUndeliverable, LookAt, WantAttention]),
]


def outcome(result: Result, case: str = "CST-1", words: str = "said") -> Outcome:
    return Outcome("letter", case, "acknowledgement", "sam@example.org", 3, 1, result, words, NOW)


def test_a_letter_that_stays_in_doubt_waits_for_a_person_in_the_end() -> None:
    marking = mark(replace(outcome("in-doubt"), doubts=MOST_DOUBTS - 1))
    assert marking.state == "held"
    assert WantAttention() in marking.changes


@pytest.mark.parametrize(("result", "state", "tries", "after", "changes"), TABLE)
def test_after_an_answer(result: Result, state: str, tries: int, after: timedelta, changes: list[type[Change]]) -> None:
    marking = mark(outcome(result))
    assert (marking.state, marking.tries, marking.look_at, marking.words) == (state, tries, NOW + after, "said")
    assert [type(change) for change in marking.changes] == changes


@pytest.mark.parametrize(("result", "state", "tries", "after", "changes"), TABLE)
def test_a_letter_without_a_case_touches_no_case(
    result: Result, state: str, tries: int, after: timedelta, changes: list[type[Change]]
) -> None:
    marking = mark(outcome(result, case=""))
    assert marking.state == state
    assert [type(change) for change in marking.changes] == [change for change in changes if change is WantAttention]


def test_the_first_pause_is_short_and_the_longest_half_an_hour() -> None:
    assert timedelta(0) < pause(1) <= timedelta(minutes=1)
    assert pause(1000) == timedelta(minutes=30)


@given(st.integers(1, 10_000))
def test_pauses_only_grow(tries: int) -> None:
    assert pause(tries) <= pause(tries + 1) <= timedelta(minutes=30)


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        ("250 2.0.0 Ok: queued as 4F1A2", ""),
        ("250 2.0.0 OK <AM0PR01@eurprd01.prod.outlook.com> [Hostname=AM0]", "<AM0PR01@eurprd01.prod.outlook.com>"),
        (
            "250 Ok 0100018f2a3b4c5d-0a1b2c3d-0e1f-2a3b-4c5d-6e7f8a9b0c1d-000000",
            "0100018f2a3b4c5d-0a1b2c3d-0e1f-2a3b-4c5d-6e7f8a9b0c1d-000000",
        ),
        ("250 <not an id>", ""),
        ("250 " + "<" * 500, ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_message_id_that_a_relay_names(reply: str, named: str) -> None:
    assert id_in_reply(reply) == named
    assert mark(outcome("accepted", words=reply)).alias == named
