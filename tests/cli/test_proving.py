"""`proof`: counts for each promise, and the evidence behind each deadline."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import mail
from rigs.desk import ARRIVED, Desk
from rigs.passing import Passing

Until = Callable[[datetime], None]
PAST_THE_DECISION = datetime(2020, 7, 29, 16, 1, tzinfo=UTC)


def counts(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(row[name] for name in ("due", "kept", "broken", "open", "waived"))


def test_nothing_was_due_at_an_empty_desk(desk: Desk) -> None:
    assert desk.types("proof").out == "Nothing was due.\n"
    assert desk.types("proof", "--json").out == ""
    assert desk.types("proof", "--csv").out.count("\n") == 1


def test_each_promise_is_counted_and_listed(desk: Desk, passing: Until) -> None:
    desk.imports(mail(), mail("kim@example.org"))
    passing(PAST_THE_DECISION)
    rows = {row["promise"]: row for row in desk.types("proof", "--json").rows}
    assert counts(rows["acknowledge"]) == (2, 2, 0, 0, 0)
    assert counts(rows["decision"]) == (2, 0, 2, 0, 0)
    assert rows["updates"]["open"] == 2
    assert rows["updates"]["kept"] == rows["updates"]["due"] - 2 > 8
    printed = desk.types("proof").out
    assert printed.startswith("promise      kind         due  kept  broken  open  waived\nacknowledge  acknowledge  2")
    assert "times are those of Europe/London" in printed


def test_proof_agrees_with_explain_and_with_the_letters(desk: Desk, passing: Until) -> None:
    desk.imports(mail(), mail("kim@example.org"))
    passing(PAST_THE_DECISION)
    proven = {
        (each["reference"], row["promise"], each["seq"]): (each["state"], each["met_at"], each["message_id"])
        for row in desk.types("proof", "--json").rows
        for each in row["deadlines"]
    }
    explained: dict[tuple[str, str, int], tuple[str, str | None, str]] = {}
    sent: dict[str, str] = {}
    for reference in desk.references:
        [case] = desk.types("explain", reference, "--json").rows
        for each in case["deadlines"]:
            key = (reference, each["promise"], each["seq"])
            explained[key] = (each["state"], each["met_at"], each["message_id"])
        [shown] = desk.types("show", reference, "--json").rows
        sent |= {letter["message_id"]: letter["sent_at"] for letter in shown["letters"] if letter["sent_at"]}
    assert proven == explained
    assert {message_id: met_at for _, met_at, message_id in proven.values() if met_at} == sent


@pytest.mark.parametrize(
    ("period", "promises"),
    [
        (["--to", "2020-07-01"], []),
        (["--to", "2020-07-02"], ["acknowledge"]),
        (["--from", "2020-07-02", "--to", "2020-07-02"], ["acknowledge"]),
        (["--from", "2020-07-29", "--to", "2020-07-29"], ["decision"]),
        (["--from", "2020-07-30"], []),
    ],
)
def test_a_period_has_what_fell_due_on_its_days(
    desk: Desk, passing: Until, period: list[str], promises: list[str]
) -> None:
    desk.imports(mail())
    passing(PAST_THE_DECISION)
    found = [row["promise"] for row in desk.types("proof", "--json", *period).rows if row["promise"] != "updates"]
    assert found == promises


@pytest.mark.parametrize(
    "words",
    [["--json", "--csv"], ["--from", "2020-07-02", "--to", "2020-07-01"], ["--from", "yesterday"]],
)
def test_what_makes_no_sense_is_refused(desk: Desk, words: list[str]) -> None:
    answer = desk.types("proof", *words)
    assert (answer.status, answer.out) == (2, "")


def test_a_day_at_the_end_of_time_is_refused_in_words(desk: Desk) -> None:
    answer = desk.types("proof", "--to", "9999-12-31")
    assert (answer.status, answer.err.count("\n")) == (1, 1)


def test_csv_has_a_line_for_each_deadline_and_no_formula(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    rig = Passing(desk, ARRIVED, reply="=HYPERLINK(1)\n250, ok")
    rig.until(ARRIVED + timedelta(hours=1))
    rig.close()
    lines = list(csv.DictReader(desk.types("proof", "--csv").out.splitlines()))
    assert [line["promise"] for line in lines] == ["acknowledge", "decision", "updates"]
    assert lines[0]["reply"] == "'=HYPERLINK(1) 250, ok"
    assert lines[0]["met_at"] == "2020-07-01T08:05:00+00:00"
    assert lines[1]["state"] == "open"


def test_what_passed_while_no_daemon_looked_is_said(desk: Desk) -> None:
    desk.imports(mail())
    assert "3 open deadlines passed and not looked at yet: is the daemon running?" in desk.types("proof").out
