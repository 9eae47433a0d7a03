"""The time for one process, and the hold on what time brings while its clock cannot be believed (guarantee G15).

A flag is never taken back, nor is a letter: neither may come from a clock that was set to a wrong day. So after a jump
the process counts the time on by itself, mail is answered as ever, and the timers wait until the clock is back or an
operator says that it is right now. A gap between two processes is downtime: a new one trusts the clock that it finds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from mailcase.core.days.clock import Reading, believed, jump, jumped
from mailcase.log import Log
from mailcase.store import holds
from mailcase.store.engine import Database

RENEW_FOR = timedelta(minutes=1)  # a hold that is not renewed for so long belongs to nobody any more


class ClockWatch:
    """Reads both clocks through `read`; any thread may ask for the time, one loop looks after the hold."""

    def __init__(self, database: Database, owner: str, read: Callable[[], Reading], log: Log) -> None:
        self._database = database
        self._owner = owner
        self._read = read
        self._log = log
        self._trusted = read()
        self._holding = False

    def now(self) -> datetime:
        """The time, in UTC; it takes no part in a jump of the clock."""
        return believed(self._trusted, self._read())

    def held(self) -> bool:
        """Whether what time brings has to wait; begins, renews and ends the hold."""
        reading = self._read()
        if jumped(self._trusted, reading):
            return self._hold(reading)
        if self._holding:
            self._let_go("clock.back", reading)
        return False

    def _hold(self, reading: Reading) -> bool:
        with self._database.write(durable=False) as conn:
            released = holds.renew(conn, self._owner, believed(self._trusted, reading) + RENEW_FOR)
        if released:
            self._let_go("clock.released", reading)
            self._trusted = reading
            return False
        if not self._holding:
            self._log(
                "clock.jumped",
                level="error",
                by=str(jump(self._trusted, reading)),
                clock=reading.wall,
                counted=believed(self._trusted, reading),
                reason="automatic letters are held until the clock is back; if it is right: mailcase release --hold",
            )
        self._holding = True
        return True

    def _let_go(self, event: str, reading: Reading) -> None:
        with self._database.write(durable=False) as conn:
            holds.end(conn, self._owner)
        self._holding = False
        self._log(event, level="warning", clock=reading.wall)
