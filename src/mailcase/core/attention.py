"""The one mail that tells staff what waits for a person; it is not sent again within an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from mailcase.core import ids
from mailcase.core.acknowledge import envelope_sender
from mailcase.core.changes import QueueLetter
from mailcase.core.letters import Letterhead
from mailcase.core.rules import Rules

MOST = 20  # of each heap: a mail is read by a person
AFTER = timedelta(minutes=1)  # what happens within a minute is told in one mail
PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Heap:
    """Things of one sort that wait: a title with its count, the first of them in words, and the command that helps."""

    title: str
    items: tuple[str, ...]
    command: str


def attention(heaps: tuple[Heap, ...], rules: Rules, now: datetime) -> tuple[QueueLetter, ...]:
    """A mail to each manager about the heaps that are not empty; none when nothing waits."""
    lines = [{"title": heap.title, "items": list(heap.items), "command": heap.command} for heap in heaps if heap.items]
    if not lines:
        return ()
    values: dict[str, object] = {"service_name": rules.service_name, "lines": lines}
    return tuple(_letter(manager, values, rules, now) for manager in rules.managers)


def _letter(manager: str, values: dict[str, object], rules: Rules, now: datetime) -> QueueLetter:
    moment = sha256(f"{manager} {now.isoformat()}".encode()).digest()
    letter = ids.letter_id(rules.key, moment, "staff-attention")
    message_id = f"<{letter}@{rules.domain}>"
    head = Letterhead(
        from_name=rules.service_name,
        from_address=rules.service_address,
        to=manager,
        message_id=message_id,
        date=now.astimezone(rules.zone),
        auto_submitted="auto-generated",
        boundary=ids.boundary(rules.key, letter),
    )
    return QueueLetter(
        id=letter,
        case="",
        kind="staff-attention",
        recipient=manager,
        mail_from=envelope_sender(letter, rules),
        message_id=message_id,
        raw=rules.templates.write("staff-attention", values, head, rules.language),
        due_at=now,
    )
