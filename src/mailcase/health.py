"""Whether the work gets done: what /healthz says, and from which facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailcase.errors import TryLater
from mailcase.store import holds, letters, mails
from mailcase.store.doors import all_doors
from mailcase.store.engine import Database

UNHANDLED_FOR = timedelta(minutes=5)
UNSENT_FOR = timedelta(minutes=15)
HELD = "automatic letters are held until it is back; if it is right now, `mailcase release --hold`"
AHEAD = timedelta(minutes=5)  # what is later than now by more was written before the clock was stepped back


@dataclass(frozen=True, slots=True)
class Health:
    """What the database shows; `patience` is how long each mailbox may go without a successful poll."""

    database: Database
    patience: Mapping[str, timedelta]
    started_at: datetime

    def look(self, now: datetime) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the facts behind it with their times (UTC)."""
        try:
            with self.database.read() as conn:
                polled = {row.name: row.polled_at for row in all_doors(conn)}
                unhandled, unsent = mails.oldest_waiting(conn), letters.oldest_unsent(conn)
                held = holds.holders(conn)
        except TryLater as fault:
            return False, {"ok": False, "faults": [str(fault)], "database": "unreachable"}
        faults = [
            f"mailbox {name}: no successful poll for {patience}"
            for name, patience in self.patience.items()
            if now - (polled.get(name) or self.started_at) > patience
        ]
        latest = max((moment for moment in (unhandled, unsent, *polled.values()) if moment), default=now)
        if latest - now > AHEAD:
            faults.append(f"the clock stands before {_shown(latest)}, when something was already written")
        if unhandled and now - unhandled > UNHANDLED_FOR:
            faults.append(f"a mail kept at {_shown(unhandled)} is not handled")
        if unsent and now - unsent > UNSENT_FOR:
            faults.append(f"a letter queued at {_shown(unsent)} is not sent")
        faults += [f"the clock of daemon {holder} jumped: {HELD}" for holder in held]
        return not faults, {
            "ok": not faults,
            "faults": faults,
            "database": "ok",
            "mailboxes": {name: _shown(polled.get(name)) for name in self.patience},
            "oldest_unhandled_mail": _shown(unhandled),
            "oldest_unsent_letter": _shown(unsent),
        }


def _shown(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
