"""LOOP what time brings: take the looks that are due, gather what they need, decide, apply."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcase.core.attention import MOST, PAUSE, Heap, attention
from mailcase.core.changes import Change, QueueLetter
from mailcase.core.rules import Rules
from mailcase.errors import TryLater
from mailcase.failpoints import Reached, nowhere
from mailcase.log import Log
from mailcase.store import changes
from mailcase.store import timers as timer_store
from mailcase.store.engine import Database
from mailcase.store.timers import Look

PAUSE_AFTER_FAULT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Timers:
    """Looks at what is due; `queued` is called when there may be a letter for the outbox."""

    database: Database
    rules: Rules
    now: Callable[[], datetime]
    log: Log
    queued: Callable[[], None]
    reached: Reached = nowhere

    def run(self, wake: threading.Event, stop: threading.Event, turned: Callable[[], None]) -> None:
        """Until `stop`: work while something is due, then sleep until `wake`. Never raises."""
        while not stop.is_set():
            wake.clear()
            turned()
            try:
                while not stop.is_set() and self.work():
                    turned()
            except TryLater as fault:
                self.log("timers.later", level="warning", reason=str(fault))
            except Exception as fault:  # noqa: BLE001 - the loop outlives every fault, and says so
                self.log("timers.fault", level="error", reason=repr(fault))
            wake.wait()

    def work(self) -> int:
        """Look at what is due now; returns how many looks were done.

        Each is pushed away in time first, then done by itself: one that breaks the code stops no other.
        """
        now = self.now()
        again = now + PAUSE_AFTER_FAULT
        with self.database.write(durable=False) as conn:
            looks = timer_store.take(conn, now, again)
        return sum(self._do(look, now) for look in looks)

    def _do(self, look: Look, now: datetime) -> bool:
        try:
            with self.database.write() as conn:
                if not timer_store.hold(conn, look):
                    return False
                wanted, again = self._look(conn, look.kind, now)
                changes.write(conn, wanted, now)
                timer_store.done(conn, look, again)
                self.reached("timers.applied")
        except TryLater:
            raise
        except Exception as fault:  # noqa: BLE001 - a look that breaks the code must not stop the others
            self.log("timer.fault", level="error", kind=look.kind, subject=look.subject, reason=repr(fault))
            return False
        if any(isinstance(change, QueueLetter) for change in wanted):
            self.queued()
        self.log(f"timer.{look.kind}", level="debug" if again else "info", subject=look.subject or None)
        return True

    def _look(self, conn: Connection, kind: str, now: datetime) -> tuple[tuple[Change, ...], datetime | None]:
        """What a look brings about, and when to look again (None: it is done)."""
        if kind != "attention":
            raise ValueError(f"a timer of a kind that this version does not know: {kind}")
        told = timer_store.last_told(conn)
        if told and now < told + PAUSE:
            return (), told + PAUSE
        return attention(heaps(conn), self.rules, now), None


def heaps(conn: Connection) -> tuple[Heap, ...]:
    """What waits for a person, in the order in which it hurts."""
    failed = tuple(f"{row.case_ref or 'to staff'}: {row.reason}" for row in timer_store.failed_letters(conn, MOST))
    bounced = tuple(f"{row.reference}: {row.customer}" for row in timer_store.undeliverable_cases(conn, MOST))
    held = tuple(f"{row.case_ref}: {row.reason}" for row in timer_store.held_letters(conn, MOST))
    review = tuple(
        f"mail {row.id} from {row.sender or 'nobody'}: {row.review}" for row in timer_store.waiting_mails(conn, MOST)
    )
    return (
        Heap(_counted(failed, "letter failed", "letters failed"), failed, "mailcase letters --state failed"),
        Heap(_counted(bounced, "customer not reached", "customers not reached"), bounced, "mailcase cases"),
        Heap(_counted(held, "letter held", "letters held"), held, "mailcase letters --state held"),
        Heap(_counted(review, "mail to review", "mails to review"), review, "mailcase review list"),
    )


def _counted(items: tuple[str, ...], one: str, many: str) -> str:
    more = " or more" if len(items) == MOST else ""
    return f"{len(items)}{more} {one if len(items) == 1 else many}"
