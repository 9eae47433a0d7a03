"""What tests of the store, the loops and the decisions begin with: mails, letters, rules, a clock, a log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from mailcase.core.changes import Change, OpenCase, QueueLetter
from mailcase.core.decide import decide
from mailcase.core.letters.templates import Templates
from mailcase.core.mail.authentication import Trust
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.reading import Arrival, Known, Reading, read_arrival
from mailcase.core.rules import Limits, Rules
from mailcase.core.staff.assignment import Colleague
from mailcase.data import data_dir, read_templates
from mailcase.store import changes, mails
from mailcase.store.changes import Handled
from mailcase.store.doors import ensure_door
from mailcase.store.engine import Database
from mailcase.store.mails import Kept

Open = Callable[[], Database]  # opens the test's database once more
MIGRATIONS = data_dir() / "migrations"

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
US = "complaints@firm.example"
SAM = "sam@example.org"
NOBODY_KNOWS = Known(None, {}, {}, 0, 0, 0)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

# What comes with mailcase: acknowledged in 24 hours, an update every 5 days, a decision in 20 business days.
POLICY = read_policy((data_dir() / "examples" / "plain" / "policy.toml").read_text("utf-8"), "plain")

RULES = Rules(
    key=b"k" * 32,
    prefix="CST",
    service_name="Constrat",
    service_address=US,
    own_addresses=frozenset({US, "escalation@firm.example"}),
    own_domains=frozenset({"firm.example"}),
    managers=("priya@elsewhere.example",),
    language="en",
    templates=Templates(read_templates("en", None)),
    policy=POLICY,
    limits=Limits(),
    spam_headers=(("x-spam-flag", "yes"),),
)

PRIYA, TOM = "priya@elsewhere.example", "tom@elsewhere.example"
# The same firm with people who work on its cases, and a door whose mail system proves who sends.
STAFFED = replace(
    RULES,
    staff=(Colleague("Priya Nair", PRIYA), Colleague("Tom Reed", TOM, "manager")),
    managers=(TOM,),
    escalation_address="escalation@firm.example",
    trust={"box": Trust("rfc8601", "mx.firm.example")},
)


def mail(
    sender: str = f"Sam Okafor <{SAM}>", subject: str = "My order", text: str = "It never came.", **headers: str
) -> bytes:
    """The bytes of a mail; `in_reply_to="<a@b>"` is the header In-Reply-To. A Message-ID is made up of the words."""
    made_up = crc32(repr((sender, subject, text)).encode("utf-8", "surrogatepass"))
    fields = {"From": sender, "To": US, "Subject": subject, "Message-ID": f"<{made_up}@mua.example>"}
    fields |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    fields = {name.replace("Message-Id", "Message-ID"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{head}\r\n{text}\r\n".encode()


def arrival(raw: bytes, **facts: Any) -> Arrival:
    """A mail as intake takes it, from the one ordinary mailbox."""
    ordinary = Arrival(1, "email", "complaints", False, NOW, None, False, "", False, raw)
    return replace(ordinary, **facts)


def reading(raw: bytes, rules: Rules = RULES, **facts: Any) -> Reading:
    """A mail, read."""
    return read_arrival(arrival(raw, **facts), rules)


def letter(number: int = 1, **changes: Any) -> QueueLetter:
    """A letter for the outbox that belongs to no case."""
    ordinary = QueueLetter(
        id=f"letter{number:020}",
        case="",
        kind="acknowledgement",
        recipient=SAM,
        mail_from=US,
        message_id=f"<letter{number}@firm.example>",
        raw=b"Subject: Your complaint\r\n\r\nWe have it.\r\n",
        due_at=NOW + timedelta(seconds=number),
        answer=True,
    )
    return replace(ordinary, **changes)


def keep(database: Database, raws: Iterable[bytes], now: datetime = NOW, door: str = "box", **facts: Any) -> list[int]:
    """Keep mails as a door does; returns their ids."""
    with database.write() as conn:
        place = ensure_door(conn, door, "email", junk=door == "junk")
        return mails.keep(conn, place, [Kept(raw, now, **facts) for raw in raws], now)


def opened(reference: str, received_at: datetime = NOW) -> OpenCase:
    """Sam's case, under the plain policy."""
    return OpenCase(
        reference, SAM, "Sam", "My order", "email", "complaints", "en", received_at, "complaint", "", POLICY.digest
    )


def write(database: Database, *wanted: Change) -> None:
    """Write changes at NOW."""
    with database.write() as conn:
        changes.write(conn, wanted, NOW)


def settle(database: Database, raws: Sequence[bytes], now: datetime = NOW) -> list[Handled]:
    """Keep, decide and settle mails as intake does, without looking anything up."""
    ids = keep(database, raws)
    readings = [reading(raw, id=one) for one, raw in zip(ids, raws, strict=True)]
    handled = [Handled(one, decide(one, NOBODY_KNOWS, RULES, now)) for one in readings]
    with database.write() as conn:
        changes.settle(conn, handled, now)
    return handled


class Clock:
    """Time that passes when the test says so; any thread may ask."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def __call__(self) -> datetime:
        return self._now

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by


class Said:
    """A log that remembers, and on which a test can wait."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []
        self._changed = threading.Condition()

    def __call__(self, event: str, /, *, level: str = "info", **facts: object) -> None:
        with self._changed:
            self.lines.append((event, {"level": level, **facts}))
            self._changed.notify_all()

    @property
    def events(self) -> list[str]:
        """What was said, without the facts."""
        return [event for event, _ in self.lines]

    def wait_for(self, event: str, times: int = 1, timeout: float = 10.0) -> None:
        """Return as soon as it was said so often; fails the test when it is not in time."""
        with self._changed:
            met = self._changed.wait_for(lambda: self.events.count(event) >= times, timeout)
        assert met, f"{event} was not said {times} times in {timeout} s: {self.lines[-10:]}"
