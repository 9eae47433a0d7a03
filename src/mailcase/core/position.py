"""How far an IMAP mailbox was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Position:
    """The last UID fetched; a message below `fresh_from` and older than `cutoff` (UTC) came before our time."""

    last_uid: int
    cutoff: datetime | None  # None: everything is ours
    fresh_from: int  # UIDs from here on came after our first look at this UIDVALIDITY, whatever their date
