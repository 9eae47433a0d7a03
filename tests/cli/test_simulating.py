"""`mailcase simulate`: a policy told in advance, for people, for machines, and as a page to look at."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from email import message_from_bytes
from pathlib import Path

import pytest

from mailcase.cli.main import run

EXAMPLES = Path(__file__).parents[2] / "examples"
CONSTRAT = str(EXAMPLES / "constrat" / "policy.toml")


@pytest.fixture(autouse=True)
def into_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says how wide a line may be, so no table is folded."""
    monkeypatch.delenv("COLUMNS", raising=False)


def simulate(*words: str, policy: str = CONSTRAT, start: str = "2026-11-20T18:30") -> int:
    """Type it, for a mail that arrives on a Friday evening."""
    return run(["simulate", "--policy", policy, "--start", start, *words])


def test_json_is_one_object_per_event_with_the_keys_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--json", "--days", "30") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {tuple(event) for event in events} == {("at", "case", "event", "kind", "to", "subject")}
    assert {event["event"] for event in events} == {"status", "letter", "warning", "flag"}
    assert [event["kind"] for event in events if event["event"] == "flag"] == ["K7"]
    assert all(event["case"].startswith("CST-") for event in events if "digest" not in event["kind"])
    times = [datetime.fromisoformat(event["at"]) for event in events]
    assert times == sorted(times)


def test_the_digest_of_a_business_morning_is_a_letter_of_no_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--json", "--days", "29") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    digests = [
        (each["at"], each["event"], each["case"], each["to"]) for each in events if each["kind"] == "staff-digest"
    ]
    mornings = [f"2026-12-{day}" for day in (15, 16, 17, 18)]  # from the first warning of the decision on
    team = ("daniel.osei@constrat.io", "tom.reed@constrat.io")  # who has the case, and the manager
    assert sorted(digests) == [(f"{day}T09:00:00+00:00", "letter", "", to) for day in mornings for to in team]


def test_people_get_a_table_and_the_sums(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--days", "6") == 0
    out = capsys.readouterr().out
    assert "2026-11-25 09:00" in out
    assert "0 warnings, 0 flags; times in Europe/London" in out


def test_the_same_simulation_is_the_same_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--days", "30") == 0
    first = capsys.readouterr().out
    assert simulate("--days", "30") == 0
    assert capsys.readouterr().out == first


def test_a_policy_alone_is_simulated_for_a_made_up_firm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = tmp_path / "policy.toml"
    alone.write_text(Path(CONSTRAT).read_text("utf-8"), "utf-8")
    assert simulate("--days", "2", policy=str(alone)) == 0
    assert "Your complaint to Example Ltd" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["policy.toml"]


def test_mails_are_replayed_as_far_apart_as_they_were_received(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, received in enumerate(("Mon, 6 Jul 2020 10:00:00 +0000", "Tue, 7 Jul 2020 11:30:00 +0000")):
        (tmp_path / f"{number}.eml").write_text(
            f"Received: by mx; {received}\nFrom: c{number}@example.org\nSubject: No {number}\n"
            f"Message-ID: <{number}@example.org>\n\nIt broke.\n",
            "ascii",
        )
    assert simulate("--mail", str(tmp_path), "--days", "3", "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    opened = [(event["at"], event["to"]) for event in events if event["event"] == "status"]
    assert opened == [
        ("2026-11-20T18:30:00+00:00", "c0@example.org"),
        ("2026-11-21T20:00:00+00:00", "c1@example.org"),
    ]


def test_while_it_is_down_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("--down", "4-8", "--days", "9", "--json") == 0
    at = [json.loads(line)["at"] for line in capsys.readouterr().out.splitlines()]
    assert not [moment for moment in at if "2026-11-24T18:30" <= moment < "2026-11-28T18:30"]
    assert "2026-11-28T18:30:00+00:00" in at


def test_out_holds_each_letter_and_a_page_that_fetches_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert simulate("--days", "40", "--out", str(out)) == 0
    letters = sorted(out.glob("*.eml"))
    assert f"{len(letters)} letters and timeline.html are in" in capsys.readouterr().err
    assert all(message_from_bytes(path.read_bytes())["Message-ID"] for path in letters)
    page = (out / "timeline.html").read_text("utf-8")
    for remote in ("src=", "@import", "url(", "<script", 'href="http'):
        assert remote not in page
    for words in ("acknowledged", "update", "K7 warned", "K7 missed", "Christmas Day", "We have your complaint."):
        assert words in page


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("precious")
    assert simulate("--days", "1", "--out", str(tmp_path)) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("down", ["3", "3-3", "5-2", "a-b", "-1-4"])
def test_a_downtime_that_is_none_is_refused(down: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(f"--down={down}") == 2
    assert "--down" in capsys.readouterr().err


def test_the_database_of_the_config_is_not_touched(tmp_path: Path) -> None:
    database = tmp_path / "mailcase.db"
    with sqlite3.connect(database) as conn:
        conn.execute("CREATE TABLE mine (id INTEGER)")
    before = database.read_bytes()
    config = tmp_path / "config.toml"
    config.write_text(
        f'[service]\nname = "A firm"\naddress = "c@firm.example"\n[database]\nurl = "sqlite:///{database}"\n'
        '[listener]\n[relay]\nhost = "relay.example.org"\n',
        "utf-8",
    )
    assert simulate("--days", "6", "-c", str(config)) == 0
    assert database.read_bytes() == before
