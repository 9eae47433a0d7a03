"""The person at the command line, and the supervisor who asks whether all is well: what they do and see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rigs.daemon import environment
from rigs.desk import typed

HANDLED = {"case", "added", "bounce", "courtesy", "duplicate", "discarded", "review"}
AT_REST = {"sent", "held", "failed", "cancelled"}

Heard = tuple[int, dict[str, Any]]  # an HTTP status, and facts


def waits_until(condition: Callable[[], bool], timeout: float = 60.0) -> None:
    """Return when it is so: for what nobody tells, because another process does it."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not in {timeout} s"
        time.sleep(0.05)


class Operator:
    """Gives the commands of a config; `settings` go over it, as {"LIMITS__PER_MINUTE": "9"}."""

    config: Path
    settings: dict[str, str]
    health_ports: list[int]  # one for each daemon

    def mailcase(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of mailcase, as typed."""
        return subprocess.run(
            [sys.executable, "-m", "mailcase", *command],
            env=environment({**self.settings, "CONFIG": str(self.config)}),
            cwd=self.config.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def asks(self, *command: str) -> list[dict[str, Any]]:
        """What a command prints with --json; in this process, or half of each story would be starts of Python."""
        with patch.dict(os.environ, environment({**self.settings, "CONFIG": str(self.config)}), clear=True):
            answer = typed(*command, "--json")
        assert answer.status == 0, answer
        return answer.rows

    def ledger(self) -> dict[str, Any]:
        """The books, which balance."""
        return self.asks("ledger")[0]

    def cases(self) -> list[dict[str, Any]]:
        """All cases."""
        return self.asks("cases")

    def case(self, reference: str) -> dict[str, Any]:
        """One case, whole."""
        return self.asks("show", reference)[0]

    def letters(self) -> list[dict[str, Any]]:
        """All letters of the outbox."""
        return self.asks("letters")

    def review(self) -> list[dict[str, Any]]:
        """The mails that wait for a person."""
        return self.asks("review", "list")

    def waits_until_settled(self, timeout: float = 60.0) -> dict[str, Any]:
        """The books, as soon as no mail waits for us and no letter is on its way."""
        return self._waits_for_books(
            lambda books: books["mails"].keys() <= HANDLED and books["letters"].keys() <= AT_REST, timeout
        )

    def _waits_for_books(self, condition: Callable[[dict[str, Any]], bool], timeout: float) -> dict[str, Any]:
        end = time.monotonic() + timeout
        while not condition(books := self.ledger()):
            assert time.monotonic() < end, f"not in {timeout} s: {books}"
            time.sleep(0.1)  # the daemon is another process, and the books are asked for
        return books

    def health(self, path: str = "/healthz", slot: int = 0) -> Heard:
        """What a supervisor hears: the HTTP status and the facts."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_ports[slot]}{path}", timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as unwell:
            with unwell:
                return unwell.code, json.load(unwell)

    def waits_for_mailbox(self) -> None:
        """Return when the daemon has seen the whole mailbox once."""
        self._waits_to_hear(lambda heard: all(heard[1]["mailboxes"].values()), 30)

    def waits_for_health(self, status: int, timeout: float = 30.0) -> dict[str, Any]:
        """The facts of /healthz, as soon as it answers with this status."""
        return self._waits_to_hear(lambda heard: heard[0] == status, timeout)

    def _waits_to_hear(self, condition: Callable[[Heard], bool], timeout: float) -> dict[str, Any]:
        end = time.monotonic() + timeout
        while not condition(heard := self.health()):
            assert time.monotonic() < end, f"not in {timeout} s: {heard}"
            time.sleep(0.1)  # nothing tells a supervisor that it should ask
        return heard[1]
