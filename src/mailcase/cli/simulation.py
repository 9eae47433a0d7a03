"""A policy on a fake clock: mails through the real loops and a database that is thrown away, and what came of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from mailcase import build, config
from mailcase.cli.stage_time import Clock, Gap, Stage
from mailcase.config_sections import Config
from mailcase.core.letters.digest import next_morning
from mailcase.core.mail.charset import decode_words
from mailcase.core.promises.policy import Policy
from mailcase.core.rules import Rules
from mailcase.errors import MailcaseError
from mailcase.store import replay, schema
from mailcase.store.digests import ensure_digests
from mailcase.store.doors import ensure_door
from mailcase.store.engine import AnyRow, Database
from mailcase.store.mails import Kept

KEY = "5" * 64  # always the same one, so that a mail gets the same reference in each simulation
CUSTOMER = "Sam Okafor <sam@example.org>"
# Nothing of a simulation goes to a server, so the config's own ones do not matter.
NO_SERVERS: dict[str, Any] = {"mailbox": [], "listener": {}, "relay": {"host": "localhost", "tls": "none"}, "http": {}}
MADE_UP: dict[str, Any] = {
    "service": {"name": "Example Ltd", "address": "complaints@firm.example"},
    "staff": [{"name": "Priya Nair", "address": "priya@firm.example", "role": "manager"}],
}
# Entries of a timeline that are events, and what they are called.
ENTRIES = {"warning": "warning", "broken": "flag", "status": "status"}
ORDER = ("status", "warning", "flag", "letter")  # of what happens at the same moment
# As our own letters have it, folded where it is long.
SUBJECT = re.compile(rb"^Subject: (.*(?:\r\n[ \t].*)*)\r$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a simulation; the kind of a warning or flag is the promise, of a status the status."""

    at: datetime
    case: str
    event: str
    kind: str
    to: str
    subject: str

    def as_json(self) -> dict[str, Any]:
        """As `simulate --json` prints it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that left: when, about which case, its kind, to whom, and its bytes."""

    at: datetime
    case: str
    kind: str
    to: str
    raw: bytes


class Simulation:
    """A firm for as long as it is simulated; `run` once, then ask for what happened."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self.rules = rules
        self._database = database

    @property
    def policy(self) -> Policy:
        """The policy that is simulated."""
        return self.rules.policy

    def run(self, arriving: Iterable[Kept], start: datetime, days: int, gap: Gap | None = None) -> None:
        """Let the mails arrive, and the clock run from `start` for so many days."""
        with self._database.write() as conn:
            ensure_digests(conn, self.rules.staff, next_morning(self.policy.calendar, start))
            door = ensure_door(conn, "simulation", "email")
        stage = Stage(self._database, self.rules, Clock(start), lambda _: "250 2.0.0 accepted, by nobody", _faults)
        ordered = sorted(arriving, key=lambda mail: mail.received_at)
        stage.run(start + timedelta(days=days), door, ordered, gap)

    def cases(self) -> Sequence[AnyRow]:
        """Each case, oldest first."""
        with self._database.read() as conn:
            return replay.opened(conn)

    def deadlines(self) -> Sequence[AnyRow]:
        """Every deadline as it is at the end."""
        with self._database.read() as conn:
            return replay.owed(conn)

    def letters(self) -> Iterator[Letter]:
        """Every letter that left, in that order."""
        references = {case.reference for case in self.cases()}
        with self._database.read() as conn:
            for at, case, kind, to, raw in replay.sent(conn):
                yield Letter(at, case or _named(subject_of(raw), references), kind, to, raw)

    def events(self) -> list[Event]:
        """All that happened, in its order."""
        found = [*self._opened(), *self._entries()]
        found += [
            Event(each.at, each.case, "letter", each.kind, each.to, subject_of(each.raw)) for each in self.letters()
        ]
        return sorted(found, key=lambda event: (event.at, ORDER.index(event.event)))

    def _opened(self) -> Iterator[Event]:
        for case in self.cases():
            yield Event(case.opened_at, case.reference, "status", "new", case.customer, case.subject)

    def _entries(self) -> Iterator[Event]:
        policy = self.policy
        names = [*(promise.id for promise in policy.promises), *(use.name for use in policy.schemes)]
        promises = sorted(names, key=len, reverse=True)
        with self._database.read() as conn:
            for at, case, kind, text in replay.entries(conn, list(ENTRIES)):
                promise = next((promise for promise in promises if text.startswith(promise)), "")
                yield Event(at, case, ENTRIES[kind], promise, "", text)


def _faults(event: str, /, *, level: str = "info", **facts: object) -> None:
    """The log of the loops. A daemon outlives every fault and tries again; here that would only tell it again."""
    if level == "error":
        raise MailcaseError(f"{event}: {', '.join(f'{name} {fact}' for name, fact in facts.items())}")


def _named(subject: str, references: set[str]) -> str:
    """The case that a mail to staff is about, by the reference in its subject."""
    return next((word for word in re.findall(r"[\w-]+", subject) if word in references), "")


def subject_of(raw: bytes) -> str:
    """A letter's subject, decoded; its bytes are read no further."""
    found = SUBJECT.search(raw)
    return decode_words(found[1].replace(b"\r\n", b"").decode()) if found else ""


def sample(to: str, at: datetime) -> Kept:
    """The complaint that is simulated when no mail is given."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = CUSTOMER, to, "It came broken"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = "<sample@example.org>"
    message.set_content("Hello,\n\nwhat I ordered came broken, and nobody rang back.\n\nSam Okafor\n")
    return Kept(message.as_bytes(), at, "sam@example.org")


def shifted(mails: Sequence[Kept], start: datetime) -> list[Kept]:
    """The same mails with the first received at `start` and the others as long after it as they were."""
    first = min((mail.received_at for mail in mails), default=start)
    return [replace(mail, received_at=start + (mail.received_at - first)) for mail in mails]


@contextmanager
def simulation(policy: Path, firm: Path | None) -> Iterator[Simulation]:
    """A simulation of a policy file, for the firm of a config file or a made-up one; nothing of it stays."""
    folder = Path(mkdtemp(prefix="mailcase-"))
    try:
        rules = build.rules(_settings(policy, firm, folder))
        database = Database(f"sqlite:///{folder / 'simulation.db'}", durable=False)
        try:
            schema.prepare(database, build.migrations())
            yield Simulation(database, rules)
        finally:
            database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(policy: Path, firm: Path | None, folder: Path) -> Config:
    key = folder / "key"
    key.touch(0o600)
    key.write_text(KEY, "ascii")
    instead = {**NO_SERVERS, **({} if firm else MADE_UP), "policy": str(policy.absolute())}
    settings = config.load(firm, {}, instead)
    return settings.model_copy(update={"service": settings.service.model_copy(update={"key_file": key})})
