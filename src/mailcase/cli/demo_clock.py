"""The demo's running clock: the same loops on a fake clock, past the dates that the policy promises."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from datetime import UTC, datetime, timedelta

from mailcase import build, config
from mailcase.cli.demo_stage import Stage
from mailcase.cli.stage_time import Clock
from mailcase.cli.stage_time import Stage as StageOfTime
from mailcase.store import replay
from mailcase.store.letters import Claimed

DAYS = 16  # past five business days and the next update, even over Christmas
TOLD = ("warning", "broken")  # entries of a timeline that the demo shows
MISSED = "flag: the date is missed"
EVENTS = {"warning": "warning to staff", "broken": MISSED}

Line = tuple[datetime, str, str]


def run_clock(running: Stage, cases: Collection[str]) -> list[Line]:
    """Let so many days go by at once; (when, what, in words) of what happened to these cases, in its order.

    The daemon stands beside it and sees nothing of that: its clock is the real one. The letters go to its relay.
    """
    settings = config.load(running.config, {})
    rules = build.rules(settings)
    began = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    with closing(build.database(settings)) as database, closing(build.connect(settings)()) as wire:
        send = _by(wire.send)
        StageOfTime(database, rules, Clock(began), send, running.journal).run(began + timedelta(days=DAYS))
        with database.read() as conn:
            entries = [entry for entry in replay.entries(conn, TOLD) if entry.case_ref in cases]
            sent = list(replay.sent(conn))
    left = [(at, f"letter: {kind}", f"to {to}") for at, case, kind, to, _ in sent if case in cases]
    lines = [(entry.at, EVENTS[entry.kind], entry.text) for entry in entries]
    return sorted(line for line in (*lines, *left) if line[0] > began)


def _by(send: Callable[[str, str, bytes], str]) -> Callable[[Claimed], str]:
    return lambda letter: send(letter.mail_from, letter.recipient, letter.raw)
