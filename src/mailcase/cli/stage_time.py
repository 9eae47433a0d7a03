"""The loops on a clock that somebody sets: what takes weeks happens at once, through the same code as in the daemon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcase.core.deadlines.delivery import Outcome, mark
from mailcase.core.rules import Rules
from mailcase.intake import Intake
from mailcase.log import Log
from mailcase.store import letters, mails, replay
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from mailcase.store.mails import Kept
from mailcase.timers import Timers

OWNER = "simulation"
MOST_LETTERS = 500

Send = Callable[[Claimed], str]


@dataclass(slots=True)
class Clock:
    """A time that stands still until it is set."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass(frozen=True, slots=True)
class Gap:
    """Downtime: nothing is done from `begin` on, and all of it at `end`."""

    begin: datetime
    end: datetime


class Stage:
    """Intake and timers, and an outbox whose relay accepts everything; `send` gives the relay's answer."""

    def __init__(self, database: Database, rules: Rules, clock: Clock, send: Send, log: Log) -> None:
        self._database = database
        self._clock = clock
        self._send = send
        self._intake = Intake(database, rules, OWNER, clock, log, lambda: None)
        self._timers = Timers(database, rules, clock, log, lambda: None)

    def run(self, until: datetime, door: int = 0, arriving: Sequence[Kept] = (), gap: Gap | None = None) -> None:
        """From event to event: the next mail (oldest first), the next look, the next letter, the last at `until`."""
        waiting = list(reversed(arriving))
        self.settle()
        while at := self._next(waiting):
            if gap and gap.begin <= at < gap.end:
                at = gap.end
            if at > until:
                break
            self._clock.moment = max(self._clock.moment, at)
            self._keep(door, waiting)
            self.settle()
        self._clock.moment = max(self._clock.moment, until)

    def settle(self) -> None:
        """Do all that there is to do at this moment."""
        while sum(work() for work in self._due()):
            pass

    def _due(self) -> list[Callable[[], int]]:
        """The loops that have something to do: a transaction for nothing would cost as much as one for something."""
        moments = self._moments()
        works = (self._intake.work, self._timers.work, self._send_letters)
        return [work for at, work in zip(moments, works, strict=True) if at and at <= self._clock.moment]

    def _next(self, waiting: Sequence[Kept]) -> datetime | None:
        moments = (*self._moments(), waiting[-1].received_at if waiting else None)
        return min((at for at in moments if at), default=None)

    def _moments(self) -> replay.Moments:
        with self._database.read() as conn:
            return replay.next_moments(conn)

    def _keep(self, door: int, waiting: list[Kept]) -> None:
        """What has arrived by now is kept, as the doors do it."""
        now = self._clock.moment
        arrived = []
        while waiting and waiting[-1].received_at <= now:
            arrived.append(waiting.pop())
        if arrived:
            with self._database.write() as conn:
                mails.keep(conn, door, arrived, now)

    def _send_letters(self) -> int:
        now = self._clock.moment
        with self._database.write() as conn:
            claimed = letters.claim(conn, OWNER, MOST_LETTERS, now)
            letters.mark(conn, OWNER, [mark(self._outcome(letter, now)) for letter in claimed], now)
        return len(claimed)

    def _outcome(self, letter: Claimed, now: datetime) -> Outcome:
        words = self._send(letter)
        return Outcome(letter.id, letter.case, letter.kind, letter.recipient, letter.tries, 0, "accepted", words, now)
