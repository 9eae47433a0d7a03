"""Places where a test kills the process: `MAILCASE_CRASH_AT=step:n` dies at the n-th passing, as `kill -9` would."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

Reached = Callable[[str], None]


def nowhere(step: str) -> None:
    """The failpoint of ordinary life: nothing happens."""


def crash_at(spec: str) -> Reached:
    """Die without any clean-up when the step in `step:n` is passed for the n-th time (`step` alone means `:1`)."""
    wanted, _, count = spec.partition(":")
    left = int(count or 1)
    guard = threading.Lock()

    def reached(step: str) -> None:
        nonlocal left
        with guard:
            left -= step == wanted
            if step == wanted and left == 0:
                os._exit(137)

    return reached
