"""Time that passes at a desk: the timers look, the relay takes every letter, and the clock jumps to what comes next."""

from __future__ import annotations

from datetime import datetime

from mailcase import build, config
from mailcase.core.deadlines.delivery import Outcome, mark
from mailcase.store import letters
from mailcase.store.deadlines import remember_policy
from mailcase.store.engine import Database
from mailcase.store.replay import next_moments
from mailcase.timers import Timers
from rigs.desk import Desk


class Passing:
    """The clock of a desk, from `now` on; `reply` is what the relay says to each letter."""

    def __init__(self, desk: Desk, now: datetime, reply: str = "250 ok") -> None:
        self.now, self.reply = now, reply
        settings = config.load(desk.config, {})
        self.database = build.database(settings)
        rules = build.rules(settings)
        self.timers = Timers(self.database, rules, lambda: self.now, _silent, lambda: None)
        with self.database.write() as conn:
            remember_policy(conn, rules.policy.digest, rules.policy.text, now)

    def until(self, end: datetime) -> None:
        """Let everything happen that happens before then."""
        self._settle()
        while (coming := self._next()) and coming < end:
            self.now = max(self.now, coming)
            self._settle()
        self.now = end
        self._settle()

    def close(self) -> None:
        """Leave the database."""
        self.database.close()

    def _next(self) -> datetime | None:
        with self.database.read() as conn:
            return min((at for at in next_moments(conn) if at), default=None)

    def _settle(self) -> None:
        while self._send(self.database) or self.timers.work():
            pass

    def _send(self, database: Database) -> int:
        with database.write() as conn:
            claimed = letters.claim(conn, "test", 50, self.now)
            sent = [
                Outcome(x.id, x.case, x.kind, x.recipient, x.tries, 0, "accepted", self.reply, self.now)
                for x in claimed
            ]
            letters.mark(conn, "test", [mark(outcome) for outcome in sent], self.now)
        return len(claimed)


def _silent(event: str, /, *, level: str = "info", **facts: object) -> None:
    assert level != "error", (event, facts)
