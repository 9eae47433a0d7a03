"""An entry of a case's timeline, as people and code read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, when (UTC), and by whom: an address, or a name of a part of mailcase."""

    at: datetime
    kind: str
    actor: str
    text: str
