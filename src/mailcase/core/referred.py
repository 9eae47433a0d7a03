"""Who is proposed as the customer of a case that a colleague's mail began, until a handler confirms it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from mailcase.core.rules import Rules


@dataclass(frozen=True, slots=True)
class Proposed:
    """An address ('' where the mail names none), a name, and when the firm received the complaint (UTC), if it says."""

    address: str
    name: str
    received: datetime | None


def write(proposed: Proposed) -> str:
    """As the case keeps it."""
    received = proposed.received.astimezone(UTC).isoformat() if proposed.received else "-"
    return f"{proposed.address or '-'} {received} {proposed.name}".strip()


def read(text: str) -> Proposed:
    """What `write` wrote."""
    address, received, *name = text.split(" ", 2)
    moment = datetime.fromisoformat(received) if received != "-" else None
    return Proposed("" if address == "-" else address, " ".join(name), moment)


def received_on(day: date, rules: Rules, now: datetime) -> datetime:
    """The moment of receipt of which only the day is known: when the firm opened; of today, when staff say so."""
    calendar = rules.policy.calendar
    return now if day == calendar.day_of(now) else min(calendar.open_of(day), now)
