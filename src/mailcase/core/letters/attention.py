"""The one mail that tells staff what waits for a person; it is not sent again within an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from mailcase.core.changes import QueueLetter
from mailcase.core.letters.post import Envelope, queue
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


def attention(person: str, heaps: tuple[Heap, ...], rules: Rules, now: datetime) -> tuple[QueueLetter, ...]:
    """The mail to one person about the heaps that are not empty; none when nothing waits."""
    lines = [{"title": heap.title, "items": list(heap.items), "command": heap.command} for heap in heaps if heap.items]
    if not lines:
        return ()
    about = sha256(f"{person} {now.isoformat()}".encode()).digest()
    return (queue(Envelope("staff-attention", about, person, due_at=now), {"lines": lines}, rules, now),)
