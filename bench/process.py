"""A process under measurement: started, watched through /proc, stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


class Measured:
    """A Python process; `cpu` is the user and system time that it has used, in seconds."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        self._out = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, *arguments], env={**os.environ, **environment}, stdout=self._out, stderr=self._out
        )

    @property
    def cpu(self) -> float:
        """Without its children; fields 14 and 15 of proc(5)'s stat."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    @property
    def memory_mb(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def waits_for(self, words: str) -> None:
        """Until the log has these words."""
        wait(lambda: words in self._log.read_text() or self._fail(), 30)

    def _fail(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"it ended: {self._log.read_text()[-2000:]}")
        return False

    def stop(self) -> None:
        """SIGTERM, and wait."""
        self._process.terminate()
        self._process.wait(20)
        self._out.close()


def wait(condition: Callable[[], bool], seconds: float) -> None:
    """Poll another process's doings; the measured process pays nothing for it."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it did not come to an end")
        time.sleep(0.05)
