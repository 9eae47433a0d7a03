"""`cases`, `show`, `ledger`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from builders import SAM, mail
from rigs.desk import ARRIVED, Desk

Until = Callable[[datetime], None]


def test_an_empty_database_says_so_kindly(desk: Desk) -> None:
    assert desk.types("cases").out == "There are no cases yet.\n"
    assert desk.types("cases", "--open").out == "There are no such cases.\n"
    assert desk.types("letters").out == "There are no letters yet.\n"
    assert desk.types("letters", "--state", "held").out == "There are no letters that are held.\n"
    assert desk.types("review", "list").out == "No mail waits for a person.\n"
    for command in (["cases"], ["letters"], ["review", "list"]):
        assert desk.types(*command, "--json").out == ""
    assert desk.types("ledger").out == "0 mails in\n0 letters out\n0 cases\nbalanced\n"


def test_cases_are_listed_with_what_matters_in_the_zone_of_the_policy(desk: Desk, passing: Until) -> None:
    desk.imports(mail(subject="First"), mail("kim@example.org", subject="Second"))
    printed = desk.types("cases").out
    first, second = desk.references
    assert printed.splitlines() == [
        "reference       received          status  due               customer and subject",
        f"{first}  2020-07-01 09:00  new     acknowledge       sam@example.org",
        "priya                                     2020-07-02 09:00  First",
        f"{second}  2020-07-01 09:01  new     acknowledge       kim@example.org",
        "priya                                     2020-07-02 09:01  Second",
        "",
        "2 cases; times are those of Europe/London",
    ]
    assert desk.types("cases", "--json").rows[0]["received_at"] == "2020-07-01T08:00:00+00:00"


def test_cases_can_be_narrowed(desk: Desk) -> None:
    desk.imports(mail())
    assert desk.types("cases", "--open").out.endswith("1 case; times are those of Europe/London\n")
    assert desk.types("cases", "--handler", "kim@firm.example").out == "There are no such cases.\n"


def test_cases_that_are_overdue_or_soon_due_can_be_asked_for(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(days=1))
    assert desk.types("cases", "--overdue").out == "There are no such cases.\n"
    assert desk.types("cases", "--due-within", "36h").out == "There are no such cases.\n"
    [soon] = desk.types("cases", "--due-within", "5D", "--json").rows
    assert (soon["overdue"], soon["next_promise"]) == ([], "updates")
    assert soon["next_due_at"] == "2020-07-06T08:05:00+00:00"
    passing(datetime(2020, 7, 29, 16, 1, tzinfo=UTC))
    assert "OVERDUE decision" in desk.types("cases", "--overdue").out
    [late] = desk.types("cases", "--overdue", "--json").rows
    assert late["overdue"] == ["decision"]


@pytest.mark.parametrize("typed", ["2x", "d", "", "-1d", "2 weeks"])
def test_a_time_that_is_none_is_refused_with_what_would_be_right(desk: Desk, typed: str) -> None:
    answer = desk.types("cases", "--due-within", typed)
    assert (answer.status, answer.out) == (2, "")
    assert "write days or hours, such as 2d or 36h" in answer.err


def test_what_is_overdue_is_red_on_a_terminal_and_always_said_in_words(
    desk: Desk, passing: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.imports(mail())
    passing(datetime(2020, 7, 29, 16, 1, tzinfo=UTC))
    assert "\x1b" not in desk.types("cases").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = desk.types("cases").out
    assert "\x1b[1;31mOVERDUE decision\x1b[0m" in coloured


def test_show_has_the_deadlines_as_the_contract_says(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(datetime(2020, 7, 29, 16, 1, tzinfo=UTC))
    [reference] = desk.references
    [case] = desk.types("show", reference, "--json").rows
    assert case["deadlines"][0] == {
        "promise": "acknowledge",
        "kind": "acknowledge",
        "due_at": "2020-07-02T08:00:00+00:00",
        "state": "kept",
        "met_at": "2020-07-01T08:05:00+00:00",
    }
    assert ("decision", "broken", None) in [
        (each["promise"], each["state"], each["met_at"]) for each in case["deadlines"]
    ]
    printed = desk.types("show", reference).out
    assert "\nDeadlines\npromise      kind         due               state    done\n" in printed
    assert "decision     resolve      2020-07-29 17:00  OVERDUE\n" in printed


@pytest.mark.parametrize("change", [str, str.lower, lambda text: text.replace("-", ""), lambda text: f" re: [{text}]"])
@pytest.mark.parametrize("with_prefix", [True, False])
def test_a_reference_may_be_typed_in_any_way(desk: Desk, change: type[str], with_prefix: bool) -> None:
    desk.imports(mail())
    [reference] = desk.references
    typed = change(reference if with_prefix else reference.removeprefix("CST-"))
    answer = desk.types("show", typed)
    if not with_prefix and "re:" in typed:
        assert answer.status == 1
    else:
        assert answer.out.startswith(f"reference  {reference}\n")


@pytest.mark.parametrize("typed", ["CST-0000-00001", "", "…", "\x1b[31m"])
def test_what_names_no_case_is_answered_in_one_line(desk: Desk, typed: str) -> None:
    answer = desk.types("show", typed)
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith("mailcase: there is no case")
    assert answer.err.count("\n") == 1
    assert "\x1b" not in answer.err


def test_show_tells_a_case_from_its_first_mail_to_its_last_letter(desk: Desk) -> None:
    desk.imports(mail(), mail("kim@example.org", subject="Re: CST", text="see also"))
    reference = desk.references[0]
    desk.imports(mail("lee@example.org", subject=f"About {reference}"))
    printed = desk.types("show", reference).out
    assert f"customer   {SAM}\n" in printed
    assert "see also   CST-" in printed
    assert "\nTimeline\nwhen              what     who, and the words\n" in printed
    assert "\nLetters\nid        letter           state   to\n" in printed
    assert printed.endswith("Times are those of Europe/London.\n")


def test_show_json_keeps_the_contract(desk: Desk) -> None:
    desk.imports(mail())
    [case] = desk.types("show", desk.references[0], "--json").rows
    contract = {"reference", "status", "stage", "customer", "subject", "handler", "channel", "received_at"}
    assert case.keys() >= contract | {"category", "outcome", "deadlines", "timeline", "letters"}
    assert case["timeline"][0].keys() >= {"at", "kind", "actor", "text"}
    assert case["letters"][0].keys() >= {"kind", "to", "state", "sent_at", "message_id"}


def test_the_ledger_counts_and_balances(desk: Desk) -> None:
    desk.imports(mail(), mail(), mail("mailer-daemon@x.example"))
    assert desk.types("ledger").out.splitlines() == [
        "3 mails in",
        "       1 case",
        "       1 duplicate",
        "       1 review",
        "2 letters out",
        "       2 queued",
        "1 case",
        "balanced",
    ]
    [books] = desk.types("ledger", "--json").rows
    assert books["mails"] == {"case": 1, "duplicate": 1, "review": 1}
    assert books["balanced"] is True


def test_a_ledger_that_does_not_balance_fails_and_says_what_is_missing(desk: Desk) -> None:
    desk.imports(mail())
    from mailcase.store.engine import Database

    database = Database(desk.url)
    with database.write() as conn:
        conn.exec_driver_sql("delete from letters")
    database.close()
    answer = desk.types("ledger")
    assert answer.status == 1
    assert "NOT balanced: 1 cases without an acknowledgement" in answer.out
