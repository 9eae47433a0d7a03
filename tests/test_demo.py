"""The demo as a newcomer sees it: a real process in an empty folder, without any config."""

from __future__ import annotations

import email
import email.policy
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from rigs.daemon import environment

SECONDS = 20  # the newcomer's patience, after the installation


def demo(folder: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Play the demo in this folder, with an empty home."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "mailcase", "demo", *options],
        cwd=folder,
        env={**environment(settings), "HOME": str(home), "COLUMNS": "200"},  # no line of it is broken
        capture_output=True,
        text=True,
        timeout=60,
    )


def letters(folder: Path) -> list[EmailMessage]:
    """What the catcher got, in its order."""
    found = []
    for path in sorted((folder / "mailcase-demo").glob("out-*.eml"), key=lambda path: int(path.name.split("-")[1])):
        letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        found.append(letter)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    path = tmp_path / "empty"
    path.mkdir()
    return path


@dataclass(frozen=True)
class Played:
    """A demo that has ended."""

    folder: Path
    seconds: float
    status: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """One demo for all tests that only look at what it did."""
    folder = tmp_path_factory.mktemp("demo") / "empty"
    folder.mkdir()
    began = time.monotonic()
    ended = demo(folder)
    return Played(folder, time.monotonic() - began, ended.returncode, ended.stdout, ended.stderr)


def test_the_demo_ends_by_itself_within_the_patience_of_a_newcomer(played: Played) -> None:
    assert (played.status, played.stderr) == (0, "")
    assert played.seconds < SECONDS


@pytest.mark.parametrize(
    "words",
    [
        "250 2.0.0 Your message is kept",
        "We have your complaint.",
        "Subject: Your complaint to Harbour Lamps – HL-",
        "$ mailcase cases",
        "Rechnung falsch / wrong invoice",
        "Timeline",
        "acknowledgement to sam@example.org accepted by the relay",
        "Automatic reply: Your order",
        "balanced",
        "Please look after HL-",
        "Until then cancel stops it.",
        "letter: resolution",
        "letter: update",
        "warning to staff",
        "flag: the date is missed",
        "We have not finished by the date we gave you.",
    ],
)
def test_the_demo_shows(played: Played, words: str) -> None:
    assert words in played.stdout


def test_each_complaint_has_one_acknowledgement_and_the_robot_none(played: Played) -> None:
    outside = [letter for letter in letters(played.folder) if "harbour-lamps" not in str(letter["To"])]
    answers = [letter for letter in outside if letter["Auto-Submitted"] == "auto-replied"]
    assert sorted(str(letter["To"]) for letter in answers) == [
        "jonas@example.com",
        "maria@example.net",
        "sam@example.org",
    ]


def test_the_answer_is_added_to_the_case_whose_acknowledgement_it_answers(played: Played) -> None:
    assert "7 mails in" in played.stdout
    assert "1 added" in played.stdout
    assert played.stdout.count("Re: Your complaint to Harbour Lamps") == 1


def test_what_the_demo_leaves_can_be_looked_at_with_the_other_commands(played: Played) -> None:
    ledger = subprocess.run(
        [sys.executable, "-m", "mailcase", "ledger", "--config", "mailcase-demo/config.toml"],
        cwd=played.folder,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ledger.returncode == 0
    assert "balanced" in ledger.stdout


def test_a_second_demo_makes_its_own_files_anew_and_touches_nothing_else(folder: Path, tmp_path: Path) -> None:
    demo(folder)
    before = {str(letter["Message-ID"]) for letter in letters(folder)}
    mine, outside, real = folder / "mailcase-demo" / "my notes.txt", folder / "outside.txt", tmp_path / "real.db"
    mine.write_text("precious", "utf-8")
    outside.write_text("precious", "utf-8")
    with (folder / "mailcase-demo" / "made-by-mailcase-demo.txt").open("a", encoding="utf-8") as tampered_with:
        tampered_with.write(f"../outside.txt\n{outside}\n..\n\n")
    around = {"DATABASE__URL": f"sqlite:///{real}", "RELAY__HOST": "relay.example.org", "SERVICE__NAME": "A firm"}
    shown = demo(folder, **around)
    assert (shown.returncode, shown.stderr) == (0, "")
    after = {str(letter["Message-ID"]) for letter in letters(folder)}
    assert len(after) > 3
    assert not before & after
    assert {mine.read_text("utf-8"), outside.read_text("utf-8")} == {"precious"}
    assert not real.exists()
    assert "A firm" not in shown.stdout


def test_a_file_of_somebody_else_that_stands_in_the_way_is_named_and_stays(folder: Path) -> None:
    (folder / "mailcase-demo").mkdir()
    theirs = folder / "mailcase-demo" / "config.toml"
    theirs.write_text("precious", "utf-8")
    shown = demo(folder)
    assert shown.returncode == 1
    assert "config.toml: File exists" in shown.stderr
    assert theirs.read_text("utf-8") == "precious"


class Served:
    """A demo that stays: its output, line by line."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mailcase", "demo", "--serve"],
            cwd=folder,
            env={**environment({}), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )

    def line_with(self, words: str) -> str:
        """The next line in which these words stand; the end of the output fails the test."""
        assert self.process.stdout is not None
        return next(line for line in self.process.stdout if words in line)


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    """`mailcase demo --serve`, ended at the latest with the test."""
    running = Served(folder)
    yield running
    running.process.kill()
    assert running.process.stdout is not None
    running.process.stdout.close()
    running.process.wait()


def test_a_mail_sent_by_hand_as_the_demo_says_is_acknowledged(folder: Path, served: Served) -> None:
    command = served.line_with("python3 -c")
    served.line_with("Ctrl-C")
    subprocess.run(["sh", "-c", command.replace("python3", sys.executable, 1)], check=True, timeout=60)
    assert "letter.arrived" in served.line_with("to=you@example.org")
    assert "you@example.org" in [str(letter["To"]) for letter in letters(folder)]
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(20) == 0


def test_a_folder_that_a_running_demo_uses_is_left_to_it(folder: Path, served: Served) -> None:
    served.line_with("Ctrl-C")
    second = demo(folder)
    assert second.returncode == 1
    assert "another mailcase runs on this database" in second.stderr
    assert len(letters(folder)) > 3
