"""What the demo plays on: a running daemon, a catcher in the place of the relay, a journal, and a folder."""

from __future__ import annotations

import re
import secrets
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailcase import build, config
from mailcase.cli.demo_folder import DemoFolder
from mailcase.cli.samples import MAIL_SYSTEM, PRIYA, Sample, readable
from mailcase.daemon import Daemon
from mailcase.errors import MailcaseError
from mailcase.failpoints import nowhere
from mailcase.log import Log
from mailcase.store.engine import Database, lock_file
from mailcase.transport.listener import Listener
from mailcase.transport.reception import EVERYBODY, Received

HOST = "127.0.0.1"
ADDRESS = "complaints@harbour-lamps.example"
PATIENCE_S = 15.0
DATABASE_FILES = ("mailcase.db", "mailcase.db-wal", "mailcase.db-shm", "mailcase.db.lock")
CONFIG = f"""\
# Written by `mailcase demo`. Its relay was a catcher that ended with the demo: look with this config, do not run it.
policy = "policy.toml"

[service]
name = "Harbour Lamps"
address = "{ADDRESS}"
reference_prefix = "HL"

[database]
url = "sqlite:///mailcase.db"

[listener]
port = %d
authentication = "rfc8601"
authority = "{MAIL_SYSTEM}"
trusted_peers = ["127.0.0.1"]

[relay]
host = "{HOST}"
port = %d
tls = "none"

[[staff]]
name = "Priya Nair"
address = "{PRIYA}"
role = "manager"

[http]
listen = ""
"""
POLICY = """\
# Written by `mailcase demo`.
name = "Harbour Lamps complaints policy"
calendar = { timezone = "Europe/London", country = "GB", subdivision = "ENG" }

[[promise]]
id = "confirmation"
kind = "acknowledge"
within = "1 hour"
text = "A message confirms at once that we have your complaint."

[[promise]]
id = "updates"
kind = "update"
every = "3 business days"
text = "While your complaint is open, we write to you every three business days."

[[promise]]
id = "decision"
kind = "resolve"
within = "5 business days"
warn = ["1 business day"]
text = "You have our decision within five business days."
"""

Event = tuple[str, dict[str, Any]]


class Journal:
    """The daemon's log: the demo waits for what it says, and repeats it aloud once somebody wants to hear it."""

    def __init__(self) -> None:
        self.aloud: Log | None = None
        self._events: list[Event] = []
        self._changed = threading.Condition()

    def __call__(self, event: str, /, *, level: str = "info", **facts: object) -> None:
        with self._changed:
            self._events.append((event, facts))
            self._changed.notify_all()
        if self.aloud:
            self.aloud(event, level=level, **facts)

    def wait_for(self, events: Sequence[str], count: int) -> list[Event]:
        """The first `count` of these events, as soon as they have happened."""

        def found() -> list[Event]:
            return [event for event in self._events if event[0] in events][:count]

        self.wait_until(lambda: len(found()) == count, " or ".join(events))
        return found()

    def wait_until(self, happened: Callable[[], bool], what: str) -> None:
        """Return when that is so; MailcaseError, with the name of what was awaited, when patience ends."""
        with self._changed:
            if not self._changed.wait_for(happened, PATIENCE_S):
                said = "; ".join(f"{name} {facts}" for name, facts in self._events[-3:])
                raise MailcaseError(f"the demo waited in vain for {what}; what it heard last: {said}")


class Catcher:
    """Stands for the firm's relay: takes every letter, and lays it into the folder instead of sending it on."""

    def __init__(self, folder: DemoFolder, journal: Journal) -> None:
        self.letters: list[tuple[str, bytes]] = []
        self._folder, self._journal = folder, journal
        size = 50_000_000
        self._listener = Listener(HOST, 0, [EVERYBODY], size, self._catch, build.clock({}), Journal(), nowhere)

    def start(self) -> int:
        """Listen; returns the port."""
        self._listener.start()
        return self._listener.port

    def stop(self) -> None:
        """Take no more letters."""
        self._listener.stop()

    def _catch(self, caught: Sequence[Received]) -> None:
        for letter in caught:
            self.letters.append((letter.rcpt_to[0], letter.raw))
            path = self._folder.write(f"out-{len(self.letters)}-to-{_name(letter.rcpt_to[0])}.eml", letter.raw)
            self._journal("letter.arrived", to=letter.rcpt_to[0], file=path)


@dataclass(slots=True)
class Stage:
    """All the parts while they run."""

    folder: DemoFolder
    journal: Journal
    catcher: Catcher
    port: int  # of the daemon's SMTP listener
    mails: int = 0

    @property
    def config(self) -> Path:
        """The config with which the other commands look at the demo's database."""
        return self.folder.path / "config.toml"

    def post(self, samples: Sequence[Sample]) -> str:
        """Send mails by SMTP over one connection; returns the listener's last answer."""
        answer = ""
        with smtplib.SMTP(HOST, self.port, timeout=PATIENCE_S) as client:
            client.ehlo()
            for sample in samples:
                self.mails += 1
                self.folder.write(f"in-{self.mails}-from-{_name(sample.sender)}.eml", sample.raw)
                client.mail(sample.sender)
                client.rcpt(sample.recipient)
                code, words = client.data(sample.raw)
                answer = f"{code} {words.decode()}"
        return answer

    def letters_to(self, address: str) -> list[bytes]:
        """What the catcher has for somebody, as it came."""
        return [raw for recipient, raw in self.catcher.letters if recipient == address]

    def letter_to(self, address: str, words: str) -> bytes:
        """The first letter to somebody in which these words stand, as soon as it has come."""

        def found() -> list[bytes]:
            return [raw for raw in self.letters_to(address) if words in readable(raw)]

        self.journal.wait_until(lambda: bool(found()), f"a letter to {address}")
        return found()[0]


@contextmanager
def stage(folder: DemoFolder, journal: Journal) -> Iterator[Stage]:
    """Everything built and running; stopped again at the end."""
    with ExitStack() as parts:
        _leave_running_demo_alone(folder)
        folder.clear()
        folder.will_hold(*DATABASE_FILES)
        catcher = Catcher(folder, journal)
        relay = catcher.start()
        parts.callback(catcher.stop)
        folder.write("mailcase.key", f"{secrets.token_hex(32)}\n".encode())
        folder.write("policy.toml", POLICY.encode())
        port = _free_port()
        written = folder.write("config.toml", (CONFIG % (port, relay)).encode())
        daemon = Daemon(config.load(written, {}), journal, build.clock({}), nowhere, build.tick({}))
        parts.callback(daemon.stop)
        daemon.start()
        yield Stage(folder, journal, catcher, port)


def _leave_running_demo_alone(folder: DemoFolder) -> None:
    """Raises MailcaseError while another demo with --serve uses the folder."""
    place = folder.path / "mailcase.db"
    if place.exists() and (lock := lock_file(Database(f"sqlite:///{place}"))):
        lock.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _name(address: str) -> str:
    """The local part of an address as a piece of a file name; a mail sent by hand may hold anything."""
    return re.sub(r"[^a-z0-9-]", "", address.partition("@")[0].lower())[:30] or "somebody"
