"""`mailcase` as a process: exit statuses, one line for each error, no traceback whatever happens to its streams."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from builders import MIGRATIONS, mail
from mailcase.cli.main import COMMANDS
from mailcase.store.schema import newest_version
from rigs.daemon import Daemon
from rigs.desk import Desk, typed
from rigs.imap_server import free_port

LISTS = [["cases"], ["letters"], ["ledger"], ["cases", "--json"]]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_has_help_that_fits(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = typed(command, "--help")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith(f"Usage: mailcase {command} ")
    assert max(map(len, answer.out.splitlines())) <= 80


def test_help_names_every_command_without_importing_one(desk: Desk) -> None:
    timed = "import sys; from mailcase.cli.main import run; run(['--help']); "
    heavy = "print(sorted({'sqlalchemy', 'pydantic', 'jinja2', 'alembic', 'rich', 'imapclient'} & set(sys.modules)))"
    command = [sys.executable, "-c", timed + heavy]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert out.splitlines()[-1] == "[]"
    for name in COMMANDS:
        assert re.search(rf"(?m)^  {name} ", out)


def test_the_bare_command_helps() -> None:
    assert typed().out == typed("--help").out
    assert typed("review").out == typed("review", "--help").out
    assert typed("--version").out.startswith("mailcase")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["frob"], "mailcase: No such command 'frob'; `mailcase --help` tells more"),
        (["cases", "--opne"], "mailcase: No such option '--opne'."),
        (["show"], "mailcase: Missing argument 'REFERENCE'; `mailcase show --help` tells more"),
        (["letters", "--state", "lost"], "mailcase: Invalid value for '--state': 'lost' is not one of"),
        (["review", "accept", "x"], "mailcase: Invalid value for 'ID...': 'x' is not a valid integer"),
        (["import"], "mailcase: Missing argument 'PATH...'"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(words: list[str], sentence: str) -> None:
    answer = typed(*words)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(sentence)
    assert answer.err.count("\n") == 1


def test_without_a_config_the_way_to_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = typed("cases")
    assert answer.status == 2
    assert answer.err.startswith("mailcase: there is no config.toml here: `mailcase init` writes one")
    answer = typed("cases", "-c", "none.toml")
    assert answer.status == 2
    assert answer.err == "none.toml: cannot be read: No such file or directory; `mailcase init` writes one\n"


def test_each_fault_of_the_config_is_a_line_of_its_own_and_harmless(desk: Desk) -> None:
    desk.has('name = "\\u001b[31m"', instead_of='name = "Constrat"')
    desk.has('[letters]\ndir = "no\\u001b[2Jwhere"')
    answer = desk.types("cases")
    assert answer.status == 2
    assert len(answer.err.splitlines()) == 2
    assert "\x1b" not in answer.err


BROKEN_DATABASES = {
    "refused": ("postgresql://me:hidden@127.0.0.1:{port}/x?password=hidden", "127.0.0.1"),
    "no folder": ("sqlite:////nowhere/x.db", "unable to open database file"),
    "no database": ("sqlite:///config.toml", "file is not a database"),
}


@pytest.mark.parametrize("command", [["cases"], ["show", "x"], ["ledger"], ["migrate"], ["review", "list"]])
@pytest.mark.parametrize("what", BROKEN_DATABASES)
def test_a_database_that_cannot_be_used_is_one_line(desk: Desk, command: list[str], what: str) -> None:
    url, words = BROKEN_DATABASES[what]
    desk.has(f'"{url.format(port=free_port())}"', instead_of='"sqlite:///mailcase.db"')
    answer = desk.types(*command)
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith("mailcase: ")
    assert answer.err.count("\n") == 1
    assert words in answer.err or "cannot be written" in answer.err  # migrate asks for the lock first
    assert "hidden" not in answer.err


def test_migrate_says_what_it_did_and_when_there_was_nothing_to_do(desk: Desk) -> None:
    newest = newest_version(MIGRATIONS)
    assert desk.types("migrate").out == f"The database is at version {newest}; it was new.\n"
    assert desk.types("migrate").out == f"The database is at the newest version, {newest}; there was nothing to do.\n"


@pytest.mark.parametrize("command", LISTS)
def test_a_reader_that_goes_away_is_no_traceback(desk: Desk, command: list[str]) -> None:
    desk.imports(*(mail(f"c{number}@example.org", subject="word " * 90) for number in range(200)))
    reading, writing = os.pipe()
    os.close(reading)
    with desk.starts(*command, stdout=writing) as process:
        os.close(writing)
        _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode == 1


@pytest.mark.parametrize("command", LISTS)
def test_a_full_disk_behind_stdout_is_one_line(desk: Desk, command: list[str]) -> None:
    desk.imports(mail())
    with Path("/dev/full").open("w") as full, desk.starts(*command, stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert err == "mailcase: output: No space left on device\n"
    assert process.returncode == 1


def test_ctrl_c_is_no_traceback_and_what_is_imported_stays(desk: Desk, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.eml"
    os.mkfifo(pipe)
    desk.imports(mail())
    with desk.starts("import", pipe) as process, pipe.open("wb"):  # open as soon as the import reads from it
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert err.strip() == "mailcase: stopped"
    assert process.returncode == 130
    assert desk.types("ledger").status == 0


def test_a_terminal_that_lacks_a_character_is_no_traceback(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.imports(mail(subject="=?utf-8?q?Zo=C3=AB?="))
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    for words, shown in ((["cases"], r"Zo\xeb"), (["cases", "--json"], r"Zo\u00eb")):
        with desk.starts(*words) as process:
            out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert shown in out


def test_run_refuses_a_template_that_asks_for_what_it_never_gets(desk: Desk) -> None:
    own = desk.folder / "templates" / "en"
    own.mkdir(parents=True)
    (own / "update.md").write_text("Subject: news\n\n{{ nosuch }}\n")
    desk.has(f'[letters]\ndir = "{own.parent}"')
    answer = desk.types("run")
    assert (answer.status, answer.out) == (2, "")
    assert "update.md: 'nosuch' is undefined; correct this template" in answer.err


def test_run_on_a_file_that_is_no_database_says_so_in_a_line(desk: Desk) -> None:
    (desk.folder / "mailcase.db").write_bytes(b"notes of last year\n" * 100)
    answer = desk.types("run")
    assert (answer.status, answer.out) == (1, "")
    assert "database: file is not a database; `mailcase check` looks closer" in answer.err


@pytest.mark.parametrize("proof", ["", 'authentication = "rfc8601"\nauthority = "mx.firm.example"\n'])
def test_run_warns_of_each_door_that_proves_no_sender(desk: Desk, proof: str) -> None:
    place = f'host = "127.0.0.1"\nport = {free_port()}\nuser = "us"\npassword = "x"\njunk_folder = "Junk"\n'
    desk.has(f"[[mailbox]]\n{place}{proof}")
    daemon = Daemon(desk.config, {})
    daemon.waits_to_say("daemon.started")
    daemon.stops()
    doors = {name for (name,) in desk.query("SELECT name FROM doors")}
    assert doors == {"smtp", "smtp/escalation", "us@127.0.0.1/INBOX", "us@127.0.0.1/Junk"}
    told = [line for line in daemon.log if line["event"] == "door.proves_nobody"]
    assert sorted(line["door"] for line in told) == sorted({"smtp", "smtp/escalation"} if proof else doors)
    assert {line["level"] for line in told} == {"warning"}
