"""An honest `Book` in memory: it keeps what it promises while the test lives, and lets the test wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from mailcase.errors import TryLater
from mailcase.transport.imap import Fetched, Position


class MemoryBook:
    """A `Book` for tests; `start_all` takes the mail that was there before the first start."""

    def __init__(self, *, start_all: bool = False) -> None:
        self.kept: dict[tuple[int, int], Fetched] = {}
        self.rounds = 0
        self.leases: list[float] = []
        self.released = 0
        self.leased = True
        self.failures = 0  # so many calls of `keep` fail first
        self._start_all = start_all
        self._cutoff: datetime | None = None
        self._validity: int | None = None
        self._last_uid = self._fresh_from = 0
        self._changed = threading.Condition()

    def lease(self) -> bool:
        with self._changed:
            self.leases.append(time.monotonic())
            self._changed.notify_all()
            return self.leased

    def release(self) -> None:
        with self._changed:
            self.released += 1
            self._changed.notify_all()

    def is_new(self) -> bool:
        with self._changed:
            return self._validity is None

    def open(self, uidvalidity: int, uidnext: int) -> Position:
        with self._changed:
            if self._validity is None and not self._start_all:
                self._cutoff, self._last_uid, self._fresh_from = datetime.now(UTC), uidnext - 1, uidnext
            elif uidvalidity != self._validity:
                self._last_uid, self._fresh_from = 0, 1 if self._validity is None else uidnext
                self._cutoff = self._cutoff and self._cutoff.replace(microsecond=0)
            self._validity = uidvalidity
            return Position(self._last_uid, self._cutoff, self._fresh_from)

    def known(self, uidvalidity: int, uids: Sequence[int]) -> set[int]:
        with self._changed:
            return {uid for uid in uids if (uidvalidity, uid) in self.kept}

    def keep(self, uidvalidity: int, mails: Sequence[Fetched], last_uid: int) -> None:
        with self._changed:
            if self.failures:
                self.failures -= 1
                raise TryLater("the database is away")
            self.kept.update({(uidvalidity, mail.uid): mail for mail in mails})
            self._last_uid = max(self._last_uid, last_uid)
            self._changed.notify_all()

    def polled(self) -> None:
        with self._changed:
            self.rounds += 1
            self._changed.notify_all()

    # -- for the test

    def bodies(self) -> list[bytes]:
        """What was kept, in the order of UIDVALIDITY and UID."""
        with self._changed:
            return [self.kept[key].raw for key in sorted(self.kept)]

    def wait(self, what: Callable[[MemoryBook], bool], seconds: float = 20) -> None:
        """Return when `what` holds; fail when it does not come true in time."""
        with self._changed:
            came = self._changed.wait_for(lambda: what(self), seconds)
        assert came, f"waited in vain: {len(self.kept)} mails kept, {self.rounds} rounds"

    def wait_for_mails(self, count: int, seconds: float = 20) -> None:
        """Return when `count` mails are kept."""
        self.wait(lambda book: len(book.kept) >= count, seconds)

    def wait_for_rounds(self, more: int, seconds: float = 20) -> None:
        """Return when so many more rounds are done."""
        goal = self.rounds + more
        self.wait(lambda book: book.rounds >= goal, seconds)
