"""An operator's desk: a folder with a config and a key, and `mailcase` typed there."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailcase.cli.main import run
from mailcase.store.engine import Database
from rigs.imap_server import free_port

ARRIVED = datetime(2020, 7, 1, 8, 0, tzinfo=UTC)
GROUPS = ("review", "policy")  # their config is named behind the subcommand
CONFIG = """
[service]
name = "Constrat"
address = "complaints@firm.example"
reference_prefix = "CST"
[database]
url = "{database}"
[listener]
port = {listener}
[relay]
host = "127.0.0.1"
port = {relay}
tls = "none"
[http]
listen = "127.0.0.1:{http}"
[[staff]]
name = "Priya Nair"
address = "priya@firm.example"
role = "manager"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The objects of `--json`, one per line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Desk:
    """`types` runs a command in this process, `starts` in one of its own."""

    def __init__(self, folder: Path, database: str = "sqlite:///mailcase.db", relay: int = 0) -> None:
        self.folder = folder
        self.key, self.config = folder / "mailcase.key", folder / "config.toml"
        self.key.touch(0o600)
        self.key.write_text("5" * 64)
        ports = {"listener": free_port(), "http": free_port(), "relay": relay or free_port()}
        self.config.write_text(CONFIG.format(database=database, **ports))
        self.url = f"sqlite:///{folder / 'mailcase.db'}" if database.endswith("///mailcase.db") else database

    def has(self, lines: str, *, instead_of: str = "") -> None:
        """Write lines at the end of the config, or in the place of others."""
        config = self.config.read_text()
        assert instead_of in config
        self.config.write_text(config.replace(instead_of, lines) if instead_of else f"{config}\n{lines}\n")

    def types(self, *words: str | Path | int) -> Answer:
        """Type `mailcase …` and see what it says."""
        command, *others = map(str, words)
        given = [command] if command == "inspect" else [command, "-c", str(self.config)]
        if command in GROUPS and others:
            given = [command, others.pop(0), "-c", str(self.config)]
        return typed(*given, *others)

    def starts(self, *words: str | Path, **pipes: Any) -> subprocess.Popen[str]:
        """Type `mailcase …` and do not wait for its end."""
        command, *others = map(str, words)
        return start([command, "-c", str(self.config), *others], **pipes)

    def imports(self, *mails: bytes, answered: bool = True) -> None:
        """Bring mails in as files that came at ARRIVED, one minute after the other."""
        folder = self.folder / "mails"
        folder.mkdir(exist_ok=True)
        paths = []
        for number, raw in enumerate(mails):
            paths.append(folder / f"{len(list(folder.iterdir()))}.eml")
            paths[-1].write_bytes(raw)
            moment = (ARRIVED + timedelta(minutes=number)).timestamp()
            os.utime(paths[-1], (moment, moment))
        answer = self.types("import", *(["--letters"] if answered else []), *paths)
        assert answer.status == 0, answer

    def query(self, statement: str) -> Sequence[Any]:
        """Look into the database."""
        database = Database(self.url)
        try:
            with database.read() as conn:
                return conn.exec_driver_sql(statement).all()
        finally:
            database.close()

    @property
    def references(self) -> list[str]:
        """The cases, oldest first."""
        return [row["reference"] for row in self.types("cases", "--json").rows]


def typed(*words: str) -> Answer:
    """Run a command in this process."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(words)
    return Answer(status, _written(out), _written(err))


def start(words: Sequence[str], **pipes: Any) -> subprocess.Popen[str]:
    """Run a command in a process of its own, with pipes to it unless told otherwise."""
    usual: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "preexec_fn": _hears}
    return subprocess.Popen([sys.executable, "-m", "mailcase", *words], **{**usual, **pipes})


def _hears() -> None:
    """A shell starts its background jobs deaf to Ctrl-C, and whatever they start inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _written(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")
