"""`mailcase run` as a process of its own, whose log can be awaited line by line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import mailcase

SOURCE = Path(mailcase.__file__).parents[1]
CRASHED = 137  # how a process ends at a failpoint

Line = Mapping[str, Any]


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Our own environment with nothing of mailcase in it but `settings`: {"LIMITS__PER_MINUTE": "9"}."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAILCASE_")}
    return {**plain, "PYTHONPATH": str(SOURCE), **{f"MAILCASE_{name}": value for name, value in settings.items()}}


class Daemon:
    """One run of the daemon; `log` is what it said so far, `noise` what was no log line (a traceback)."""

    def __init__(self, config: Path, settings: Mapping[str, str]) -> None:
        self.log: list[Line] = []
        self.noise: list[str] = []
        self._said: dict[str, list[Line]] = defaultdict(list)
        self.died_at = 0.0
        self.crash_at = settings.get("CRASH_AT", "")
        self._silent = False  # it will say no more
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mailcase", "run", "--json", "-c", str(config)],
            env=environment(settings),
            cwd=config.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def waits_to_say(self, event: str, times: int = 1, timeout: float = 30.0) -> Line:
        """The last line with this event, as soon as it was said `times` times."""
        self._waits(lambda: len(self._said[event]) >= times or self._silent, timeout)
        assert len(self._said[event]) >= times, f"it never said {event}: {self.story()}"
        return self._said[event][-1]

    def says_or_dies(self, event: str, timeout: float = 30.0) -> None:
        """Return when it says this, or when it says nothing any more."""
        self._waits(lambda: bool(self._said[event]) or self._silent, timeout)

    def kill(self) -> None:
        """`kill -9`."""
        self._process.kill()
        self.ends(10)

    def stops(self, number: signal.Signals = signal.SIGTERM, timeout: float = 20.0) -> float:
        """Ask it to stop and see it end well; returns the seconds that this took."""
        began = time.monotonic()
        self._process.send_signal(number)
        status = self.ends(timeout)
        assert status == 0, f"it ended with {status}: {self.story()}"
        return time.monotonic() - began

    def dies(self, within: float) -> bool:
        """Whether the process ends in this time."""
        try:
            self.ends(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def ends(self, timeout: float) -> int:
        """The exit status, when the process has ended."""
        status = self._process.wait(timeout)
        self.died_at = self.died_at or time.monotonic()
        self._reader.join(10)
        return status

    def story(self) -> str:
        """How it began and how it ended, a line for each thing that it said."""
        said = self.log if len(self.log) < 40 else [*self.log[:20], *self.log[-20:]]
        return "\n".join([f"{self.crash_at} {self.died_at}", *(str(dict(line)) for line in said), *self.noise])

    def faults(self) -> list[object]:
        """What must never be said: tracebacks, and faults that a loop caught."""
        return [*self.noise, *(line for line in self.log if line["event"].endswith(".fault"))]

    def _waits(self, condition: Callable[[], bool], timeout: float) -> None:
        with self._changed:
            met = self._changed.wait_for(condition, timeout)
        assert met, f"not in {timeout} s: {self.story()}"

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                with self._changed:
                    self._understand(line)
                    self._changed.notify_all()
        with self._changed:
            self._silent = True
            self._changed.notify_all()

    def _understand(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            self.noise.append(line)
        else:
            self.log.append(said)
            self._said[said["event"]].append(said)
