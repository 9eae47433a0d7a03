"""SIGTERM and SIGINT: what ends a program that otherwise runs for ever."""

from __future__ import annotations

import signal
import socket
from typing import Self

_ENDS = (signal.SIGTERM, signal.SIGINT)


class StopSignal:
    """Hears these signals for as long as its context lasts, which must be in the main thread.

    By a socket, into which Python writes in the very moment that a signal comes. A handler that sets an Event runs only
    when the main thread gets round to it: one that comes just while that thread begins to wait would not be noticed.
    """

    def __enter__(self) -> Self:
        self._heard, self._rung = socket.socketpair()
        self._rung.setblocking(False)
        signal.set_wakeup_fd(self._rung.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, lambda *_: None) for number in _ENDS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        self._heard.close()
        self._rung.close()

    def wait(self) -> None:
        """Return when one has come, also one that came before."""
        while self._heard.recv(1)[0] not in _ENDS:
            pass
