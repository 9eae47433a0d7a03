"""`proof`: for each promise how many were due, kept, broken or are open, with the evidence behind each."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from mailcase import build
from mailcase.cli.common import config_option, json_option, load, opened
from mailcase.cli.showing import counted, print_json, print_table, shown
from mailcase.core.deadlines.proof import Proven, Tally, as_values, safe_cell, tallies
from mailcase.errors import MailcaseError
from mailcase.store.proof import proven

DAY = click.DateTime(formats=["%Y-%m-%d"])
COLUMNS = (
    *("promise", "kind", "reference", "seq", "counted_from", "due_at", "state", "met_at"),
    *("message_id", "reply", "logged"),
)


@click.command("proof")
@config_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print one line per deadline, for a spreadsheet.")
@click.option("--from", "first", type=DAY, metavar="YYYY-MM-DD", help="Only what was due on this day or later.")
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="Only what was due on this day or earlier.")
def proof_command(
    config_path: Path | None, as_json: bool, as_csv: bool, first: datetime | None, last: datetime | None
) -> None:
    """Prove the promises: how many were due, kept, broken or are still open, each with its evidence.

    What counts is the day on which it was due. --json prints one object per promise, with the list behind it.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv: choose one")
    settings = load(config_path)
    zone = build.zone(settings)
    since, before = _moment(first, zone, 0), _moment(last, zone, 1)
    if since and before and since >= before:
        raise click.UsageError("--from is later than --to")
    with opened(settings) as database, database.read() as conn:
        rows = proven(conn, since, before)
        if as_csv:
            _print_csv(rows)
        elif as_json:
            _print_objects(rows)
        else:
            _print_list(list(rows), zone, build.clock(os.environ)())


def _moment(day: datetime | None, zone: tzinfo, later: int) -> datetime | None:
    """When a day begins, or the one after it."""
    if day is None:
        return None
    try:
        return (day + timedelta(days=later)).replace(tzinfo=zone).astimezone(UTC)
    except OverflowError as fault:
        raise MailcaseError(f"{day:%Y-%m-%d}: there are no deadlines that far away") from fault


def _print_csv(rows: Iterable[Proven]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        values = as_values(row)
        writer.writerow([safe_cell(_plain(values[name])) for name in COLUMNS])


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return shown(value) if isinstance(value, str) else value


def _print_objects(rows: Iterable[Proven]) -> None:
    for _, group in groupby(rows, key=lambda row: (row.deadline.promise, row.kind)):
        behind = list(group)
        [tally] = tallies(behind)
        print_json([{**_counts(tally), "deadlines": [_behind(row) for row in behind]}])


def _counts(tally: Tally) -> dict[str, Any]:
    names = ("promise", "kind", "due", "kept", "broken", "open", "waived")
    return {name: getattr(tally, name) for name in names}


def _behind(row: Proven) -> dict[str, Any]:
    return {name: value for name, value in as_values(row).items() if name not in ("promise", "kind")}


def _print_list(rows: list[Proven], zone: tzinfo, now: datetime) -> None:
    if not rows:
        print("Nothing was due.")
        return
    found = tallies(rows)
    names = ("promise", "kind", "due", "kept", "broken", "open", "waived")
    print_table(names, [tuple(_counts(tally).values()) for tally in found], zone)
    for _, group in groupby(rows, key=lambda row: (row.deadline.promise, row.kind)):
        behind = list(group)
        print(f"\n{behind[0].deadline.promise} ({behind[0].kind})")
        columns = ("reference", "no.", "due", "state", "done", "evidence")
        print_table(columns, [_cells(row) for row in behind], zone)
    late = sum(row.deadline.state == "open" and row.deadline.due_at <= now for row in rows)
    if late:
        print(f"\n{counted(late, 'open deadline')} passed and not looked at yet: is the daemon running?")
    print(f"\n{counted(sum(tally.due for tally in found), 'deadline')} due; times are those of {zone}")


def _cells(row: Proven) -> tuple[object, ...]:
    deadline, evidence = row.deadline, row.evidence
    proof = (evidence.message_id, evidence.reply) if evidence.message_id else evidence.logged
    return row.case, deadline.seq, deadline.due_at, deadline.state, deadline.met_at, proof
