"""The one mail that tells staff what waits for a person; it is not sent again within an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from mailcase.core.changes import QueueLetter
from mailcase.core.letters.post import Envelope, queue
from mailcase.core.rules import Rules
from mailcase.core.staff.who import complains_about

MOST = 20  # of each heap: a mail is read by a person
AFTER = timedelta(minutes=1)  # what happens within a minute is told in one mail
PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Heap:
    """Things of one sort that wait: a title with its count, the first of them in words, and what command helps."""

    title: str
    items: tuple[str, ...]
    command: str  # '' where none does


@dataclass(frozen=True, slots=True)
class Unattended:
    """A case that nobody may look after, and of whom it complains."""

    case: str
    conflicts: tuple[str, ...]

    def told(self, person: str) -> str:
        """What one of staff may know of it: of a case that complains about them, only that there is one."""
        if complains_about(self.conflicts, person):
            return "it complains about you and all others: your operator has to add somebody else to [[staff]]"
        return f"{self.case}: a manager who has not worked on it has to be added to [[staff]], and to take it over"


def attention(person: str, heaps: tuple[Heap, ...], rules: Rules, now: datetime) -> tuple[QueueLetter, ...]:
    """The mail to one person about the heaps that are not empty; none when nothing waits."""
    lines = [{"title": heap.title, "items": list(heap.items), "command": heap.command} for heap in heaps if heap.items]
    if not lines:
        return ()
    about = sha256(f"{person} {now.isoformat()}".encode()).digest()
    return (queue(Envelope("staff-attention", about, person, due_at=now), {"lines": lines}, rules, now),)
