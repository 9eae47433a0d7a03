"""`policy show`, `policy check`, `policy apply`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders import POLICY, mail
from mailcase.data import data_dir
from mailcase.store.engine import Database
from rigs.desk import ARRIVED, Desk, typed

Until = Callable[[datetime], None]
EXAMPLES = sorted((data_dir() / "examples").glob("*/policy.toml"))


def has_policy(desk: Desk, *changes: tuple[str, str]) -> None:
    """Give the desk a policy of its own: the plain one with changes."""
    text = POLICY.text
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (desk.folder / "policy.toml").write_text(text, "utf-8")
    if 'policy = "policy.toml"' not in desk.config.read_text():
        desk.has('policy = "policy.toml"\n[service]', instead_of="[service]")


def test_a_policy_is_shown_in_words_with_dated_examples(desk: Desk) -> None:
    printed = desk.types("policy", "show", "--received", "2026-12-24 14:05").out
    assert printed.splitlines()[-5:] == [
        "decision (resolve)",
        "           Within 20 business days you have our decision.",
        "  when     within 20 business days of the receipt",
        "  example  received Thursday 24 December 2026 at 14:05 → by Tuesday 26 January 2027",
        "  warned   3 business days and 1 business day before",
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_is_shown_and_checked_without_any_config(path: Path) -> None:
    for words in (["show"], ["show", "--json"], ["check"], ["check", "--json"]):
        answer = typed("policy", *words, str(path))
        assert answer.err == ""
        assert answer.status == (1 if "check" in words and answer.out.startswith(("warning", "{")) else 0)


def test_a_policy_without_gaps_passes_its_check(desk: Desk) -> None:
    answer = desk.types("policy", "check")
    assert (answer.status, answer.out) == (0, "complaints policy: 3 promises, no warnings\n")


def test_warnings_are_listed_and_make_the_check_fail(desk: Desk) -> None:
    has_policy(desk, ('warn = ["3 business days", "1 business day"]', "warn = []"))
    answer = desk.types("policy", "check")
    assert answer.status == 1
    assert answer.out.splitlines() == [
        'warning: promise "decision": nobody is warned before the target; give warn = "1 business day"',
        "complaints policy: 3 promises, 1 warning",
    ]
    assert list(desk.types("policy", "check", "--json").rows[0]) == ["warning"]


def test_every_fault_is_told_at_once_with_its_place(desk: Desk) -> None:
    has_policy(desk, ('within = "24 hours"', 'within = "soon"'), ('every = "5 days"', 'every = "often"'))
    answer = desk.types("policy", "check")
    assert (answer.status, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 2
    assert 'promise "acknowledge": within' in answer.err


def test_a_file_that_is_not_there_is_refused() -> None:
    assert typed("policy", "show", "nowhere.toml").status == 2


def test_applying_a_policy_moves_open_dates_and_writes_it_down(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(hours=1))
    has_policy(desk, ('within = "20 business days"', 'within = "10 business days"'))
    [reference] = desk.references
    before = desk.types("show", reference, "--json").out
    dry = desk.types("policy", "apply", "--dry-run").out
    assert dry.splitlines()[1] == f"{reference}  decision  2020-07-29 17:00  2020-07-15 17:00"
    assert "1 open case would be held to complaints policy" in dry
    assert desk.types("show", reference, "--json").out == before

    assert "1 date moved" in desk.types("policy", "apply").out
    [case] = desk.types("show", reference, "--json").rows
    due = {each["promise"]: each["due_at"] for each in case["deadlines"]}
    assert due["decision"] == "2020-07-15T16:00:00+00:00"
    moved = [entry for entry in case["timeline"] if entry["kind"] == "policy"]
    assert moved[1]["text"] == "decision: due 2020-07-15 16:00 UTC; it was due 2020-07-29 16:00 UTC"
    assert moved[0]["actor"].startswith("operator ")
    assert desk.types("policy", "apply").out.startswith("0 open cases held to")


def test_time_goes_on_under_the_policy_that_was_applied(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(hours=1))
    has_policy(desk, ('within = "20 business days"', 'within = "10 business days"'), ('"5 days"', '"2 days"'))
    desk.types("policy", "apply")
    passing(ARRIVED + timedelta(days=20))
    [case] = desk.types("explain", desk.references[0], "--json").rows
    decision = next(each for each in case["deadlines"] if each["promise"] == "decision")
    updates = [each for each in case["deadlines"] if each["promise"] == "updates"]
    assert (decision["state"], decision["due_at"]) == ("broken", "2020-07-15T16:00:00+00:00")
    assert [each["state"] for each in updates[:-1]] == ["kept"] * (len(updates) - 1)
    assert len(updates) > 6
    assert "moved        Wednesday 1 July 2020 at 10:00, by operator" in desk.types("explain", desk.references[0]).out


def test_what_moved_later_is_warned_of_again(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(days=27, hours=12))
    has_policy(desk, ('within = "20 business days"', 'within = "30 business days"'))
    desk.types("policy", "apply")
    passing(ARRIVED + timedelta(days=45))
    [case] = desk.types("explain", desk.references[0], "--json").rows
    decision = next(each for each in case["deadlines"] if each["promise"] == "decision")
    assert len(decision["warnings"]) == 4
    assert decision["due_at"] == "2020-08-12T16:00:00+00:00"


def test_json_of_apply_has_a_line_for_each_date(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(hours=1))
    has_policy(desk, ('id = "updates"', 'id = "news"'))
    rows = desk.types("policy", "apply", "--json", "--dry-run").rows
    assert [(row["promise"], row["was_due_at"] is None, row["due_at"] is None) for row in rows] == [
        ("news", True, False),
        ("updates", False, True),
    ]


def test_postgres_applies_and_proves_as_well(postgres_empty: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path, database=postgres_empty)
    desk.imports(mail())
    has_policy(desk, ('id = "updates"', 'id = "news"'))
    assert "1 open case held to complaints policy" in desk.types("policy", "apply").out
    assert [row["promise"] for row in desk.types("proof", "--json").rows] == [
        *("acknowledge", "decision", "news", "updates"),
    ]
    assert desk.types("explain", desk.references[0]).status == 0


def test_history_that_was_imported_is_left_alone(desk: Desk, passing: Until) -> None:
    desk.imports(mail(), answered=False)
    has_policy(desk, ('within = "20 business days"', 'within = "10 business days"'))
    assert desk.types("policy", "apply").out.startswith("0 open cases held to")
    passing(ARRIVED + timedelta(days=60))
    [case] = desk.types("show", desk.references[0], "--json").rows
    assert (case["deadlines"], case["letters"]) == ([], [])


def test_a_case_from_before_dates_were_kept_is_held_to_the_policy_and_watched(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(hours=1))
    database = Database(desk.url)
    with database.write() as conn:  # as `migrate` leaves it
        for statement in ("DELETE FROM deadlines", "DELETE FROM timers", "UPDATE cases SET policy = ''"):
            conn.exec_driver_sql(statement)
    database.close()
    passing(ARRIVED + timedelta(days=40))
    reference = desk.references[0]
    assert desk.types("show", reference, "--json").rows[0]["deadlines"] == []

    assert "1 open case held to complaints policy" in desk.types("policy", "apply").out
    passing(ARRIVED + timedelta(days=50))
    [case] = desk.types("explain", reference, "--json").rows
    first = {each["promise"]: each for each in reversed(case["deadlines"])}
    assert (first["acknowledge"]["state"], first["decision"]["state"]) == ("kept", "broken")
    assert first["updates"]["counted_from"] == (ARRIVED + timedelta(days=40)).isoformat()
    assert first["updates"]["state"] == "kept"
    letters = desk.types("letters", "--json").rows
    assert {"update", "staff-overdue"} <= {letter["kind"] for letter in letters}
    assert desk.types("policy", "apply").out.startswith("0 open cases held to")
