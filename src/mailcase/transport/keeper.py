"""The one thread that keeps what the SMTP door takes: all that waits at the same moment in one call."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from mailcase.errors import NoSpace
from mailcase.failpoints import Reached
from mailcase.log import Log
from mailcase.transport import reception
from mailcase.transport.reception import Received

MAX_BATCH = 100  # mails that share one commit
FULL_BATCH = 8_000_000  # bytes from which on no other mail joins: they are in memory twice while they are written

Keep = Callable[[Sequence[Received]], None]
Waiter = TypeVar("Waiter")


class Keeper(Generic[Waiter]):
    """Calls `keep` with the mails put in, then `answer` with those who wait for them and the SMTP reply."""

    def __init__(self, keep: Keep, answer: Callable[[Sequence[Waiter], str], None], log: Log, reached: Reached) -> None:
        self._keep, self._answer, self._log, self._reached = keep, answer, log, reached
        self._waiting: queue.SimpleQueue[tuple[Received, Waiter] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="smtp-keeper", daemon=True)

    def start(self) -> None:
        """Begin to keep."""
        self._thread.start()

    def put(self, mail: Received, waiter: Waiter) -> None:
        """Line a mail up; never blocks."""
        self._waiting.put((mail, waiter))

    def stop(self, timeout: float) -> None:
        """Let the thread end after what it has in hand."""
        self._waiting.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, size = [first], len(first[0].raw)
            while len(batch) < MAX_BATCH and size < FULL_BATCH and not self._waiting.empty():
                if (another := self._waiting.get()) is None:
                    self._waiting.put(None)
                    break
                batch.append(another)
                size += len(another[0].raw)
            said = self._kept([mail for mail, _ in batch])
            self._answer([waiter for _, waiter in batch], said)

    def _kept(self, mails: Sequence[Received]) -> str:
        for _ in mails:
            self._reached("listener.received")
        try:
            self._keep(mails)
        except Exception as error:  # noqa: BLE001 - whatever failed, the sender shall try again later
            self._log("listener.not_kept", level="error", mails=len(mails), error=repr(error))
            return reception.FULL if isinstance(error, NoSpace) else reception.LATER
        for _ in mails:
            self._reached("listener.kept")
        return reception.KEPT
