"""Proof: counts, the parts of the evidence, and cells that no spreadsheet calculates."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from mailcase.core.deadlines.owed import Deadline, State
from mailcase.core.deadlines.proof import FORMULA, Evidence, Proven, evidence_of, safe_cell, tallies


def proven(promise: str, state: State, evidence: str = "", seq: int = 1) -> Proven:
    return Proven("CST-1", Deadline(promise, seq, "update", NOW, NOW + timedelta(days=5), state, evidence=evidence))


def test_the_evidence_of_a_letter_is_its_message_id_and_the_answer_of_the_relay() -> None:
    deadline = proven("K4", "kept", "<a@b> 250 2.0.0 Ok: queued as 7").deadline
    assert evidence_of(deadline) == Evidence("<a@b>", "250 2.0.0 Ok: queued as 7")
    assert evidence_of(deadline).words == "<a@b>, the relay said: 250 2.0.0 Ok: queued as 7"


def test_the_evidence_of_a_talk_is_what_was_logged() -> None:
    found = evidence_of(proven("K4", "kept", "logged by priya@firm.example: phone").deadline)
    assert found == Evidence(logged="logged by priya@firm.example: phone")
    assert found.words == "logged by priya@firm.example: phone"
    assert evidence_of(proven("K4", "open").deadline).words == ""


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["open", "kept", "broken", "waived"]))))
def test_every_deadline_is_counted_once_and_what_was_waived_was_not_due(rows: list[tuple[str, State]]) -> None:
    found = {tally.promise: tally for tally in tallies(proven(*row) for row in rows)}
    assert list(found) == list(dict.fromkeys(promise for promise, _ in rows))
    for promise, tally in found.items():
        of_this = [state for each, state in rows if each == promise]
        assert tally.due == len(of_this) - of_this.count("waived")
        counts = (tally.kept, tally.broken, tally.open, tally.waived)
        assert counts == tuple(of_this.count(state) for state in ("kept", "broken", "open", "waived"))


def test_a_later_date_is_counted_apart_from_the_one_that_was_promised() -> None:
    first = Proven("CST-1", Deadline("K7", 1, "resolve", NOW, NOW + timedelta(days=28), "broken"))
    later = Proven("CST-1", Deadline("K7", 2, "resolve", NOW, NOW + timedelta(days=40), "kept"))
    assert [(tally.kind, tally.kept, tally.broken) for tally in tallies([first, later])] == [
        ("resolve", 0, 1),
        ("extension", 1, 0),
    ]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20", "'+44 20"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("\n=1", "'\n=1"),
        ("\uff1d1", "'\uff1d1"),
        ("250 ok", "250 ok"),
        (None, ""),
        (3, "3"),
    ],
)
def test_a_cell_that_would_be_a_formula_begins_with_an_apostrophe(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(FORMULA)
