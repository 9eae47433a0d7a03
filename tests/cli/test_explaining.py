"""`explain`: each date of a case with its days, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from builders import mail
from rigs.desk import ARRIVED, Desk

Until = Callable[[datetime], None]
PAST_THE_DECISION = datetime(2020, 7, 29, 16, 1, tzinfo=UTC)


def test_a_date_is_explained_day_by_day_in_the_zone_of_the_policy(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(PAST_THE_DECISION)
    printed = desk.types("explain", desk.references[0]).out
    assert "days and times are those of Europe/London\n" in printed
    decision = printed[printed.index("decision (resolve): BROKEN") :].partition("\n\n")[0].splitlines()
    assert decision[1:7] == [
        "  promise      Within 20 business days you have our decision.",
        "  counted from Wednesday 1 July 2020 at 09:00",
        "  rule         within 20 business days of the receipt",
        "               Wed 2020-07-01     0  day of receipt",
        "               Thu 2020-07-02     1",
        "               Fri 2020-07-03     2",
    ]
    assert decision[7] == "               Sat 2020-07-04     -  Saturday"
    assert decision[-6:] == [
        "               Wed 2020-07-29    20",
        "  due          Wednesday 29 July 2020 at 17:00",
        "  warned       Friday 24 July 2020 at 09:00: decision is due Wednesday 29 July 2020 at 17:00",
        "  warned       Tuesday 28 July 2020 at 09:00: decision is due Wednesday 29 July 2020 at 17:00",
        "  broken       Wednesday 29 July 2020 at 17:00",
        "               not done yet",
    ]


def test_what_was_kept_names_the_letter_and_the_answer_of_the_relay(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(days=6))
    reference = desk.references[0]
    [case] = desk.types("show", reference, "--json").rows
    letter = next(each for each in case["letters"] if each["kind"] == "update")
    printed = desk.types("explain", reference).out
    assert "updates no. 1 (update): KEPT" in printed
    assert f"  by           {letter['message_id']}, the relay said: 250 ok\n" in printed
    assert "updates no. 2 (update): " in printed
    assert "0  day of the contact" in printed


def test_json_has_every_deadline_with_its_days(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(days=1))
    [case] = desk.types("explain", desk.references[0], "--json").rows
    assert (case["policy"], case["timezone"]) == ("complaints policy", "Europe/London")
    assert [each["promise"] for each in case["deadlines"]] == ["acknowledge", "updates", "decision"]
    for each in case["deadlines"]:
        assert each["counted"]["due_at"] == each["due_at"]
        assert each["counted"]["days"][-1]["day"] == each["due_at"][:10]
    assert case["deadlines"][0]["reply"] == "250 ok"


def test_a_case_keeps_the_policy_that_it_was_opened_under_when_the_file_changes(desk: Desk, passing: Until) -> None:
    desk.imports(mail())
    passing(ARRIVED + timedelta(hours=1))
    before = desk.types("explain", desk.references[0]).out
    (desk.folder / "policy.toml").write_text(
        'name = "ours"\ncalendar = { timezone = "Asia/Tokyo", country = "JP" }\n'
        '[[promise]]\nid = "quick"\nkind = "resolve"\nwithin = "1 hour"\ntext = "At once."\n'
    )
    desk.has('policy = "policy.toml"\n[service]', instead_of="[service]")
    assert desk.types("explain", desk.references[0]).out == before


def test_a_case_that_is_not_there_is_said_in_one_line(desk: Desk) -> None:
    answer = desk.types("explain", "CST-0000-00001")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith("mailcase: there is no case CST-0000-00001")


def test_a_case_is_explained_by_the_text_that_is_stored_while_the_file_has_faults(desk: Desk) -> None:
    desk.imports(mail())
    before = desk.types("explain", desk.references[0]).out
    (desk.folder / "policy.toml").write_text("name = ")
    desk.has('policy = "policy.toml"\n[service]', instead_of="[service]")
    assert desk.types("check").status == 1
    assert desk.types("explain", desk.types("cases", "--json").rows[0]["reference"]).out == before


def test_a_policy_that_cannot_be_read_is_said_with_what_to_do(desk: Desk) -> None:
    (desk.folder / "policy.toml").write_bytes(b"\xff")
    desk.has('policy = "policy.toml"\n[service]', instead_of="[service]")
    answer = desk.types("proof")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.endswith("it is no UTF-8 text; make it readable, or name another as policy in the config\n")
