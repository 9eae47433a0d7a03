"""`check`: the faults of the config all at once; then everything that the daemon leans on is tried for real."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from mailcase.cli import people_trials, trials
from mailcase.cli.common import config_option, json_option, load
from mailcase.cli.showing import counted, print_json, shown
from mailcase.cli.trials import Finding
from mailcase.config_sections import Config

# In the order in which they are tried: what others need comes first.
TRIALS: tuple[tuple[str, Callable[[Config], Iterator[Finding]]], ...] = (
    ("key file", trials.key_file),
    ("database", trials.database),
    ("policy", trials.policy),
    ("letters", trials.letters),
    ("addresses", trials.addresses),
    ("limits", trials.limits),
    ("mailbox", trials.mailboxes),
    ("listener", trials.listener),
    ("proof", people_trials.proof),
    ("relay", trials.relay),
    ("http", trials.http),
    ("form", people_trials.forms),
    ("staff", people_trials.staff),
)
TICKS = {"ok": "✓ ok", "note": "! note", "failed": "✗ FAILED"}
PLAIN_TICKS = {"ok": "ok", "note": "note", "failed": "FAILED"}


@click.command("check")
@config_option
@json_option
def check_command(config_path: Path | None, as_json: bool) -> int:
    """Find every fault of the config, then try what the daemon will need.

    Tried are the key file, the database, the letters, each mailbox, the relay (it is offered our sender address;
    nothing is sent) and the ports. A missing done folder is created. Exit 1 if anything failed, 2 for faults of the
    config itself.
    """
    config = load(config_path)
    states = []
    for what, tried in TRIALS:
        for finding in tried(config):
            states.append(finding.state)
            if as_json:
                print_json([{"check": what, "state": finding.state, "text": finding.words}])
            else:
                _print(what, finding)
    failed = states.count("failed")
    if not as_json:
        print(f"\n{counted(failed, 'check')} failed." if failed else "\nAll is ready: `mailcase run`.")
    return 1 if failed else 0


def _print(what: str, finding: Finding) -> None:
    """One line of the table, at once: a server that does not answer takes its time."""
    ticks = TICKS if (sys.stdout.encoding or "").lower() == "utf-8" else PLAIN_TICKS
    head = f"{ticks[finding.state]:<9} {what:<10} "
    width = max(40, shutil.get_terminal_size().columns)
    words = textwrap.wrap(shown(finding.words), width - len(head), break_on_hyphens=False)
    print(head + f"\n{' ' * len(head)}".join(words), flush=True)
