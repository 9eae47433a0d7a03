"""`policy`: show a policy in plain words, check it for gaps, and hold the open cases to it."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from mailcase import build
from mailcase.cli.common import config_option, json_option, load, opened, operator
from mailcase.cli.showing import counted, print_json, print_table, shown
from mailcase.core.deadlines.apply import Move, changes_for, first_moves, moves
from mailcase.core.promises.policy import Policy
from mailcase.core.promises.policy_check import warnings
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.promises.policy_words import InWords, in_words
from mailcase.errors import MailcaseError
from mailcase.store import cases, changes, deadlines, timers
from mailcase.store.engine import Database

AT_ONCE = 200  # cases in one transaction, so that the daemon need not wait long
MOMENT = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group("policy", no_args_is_help=False, invoke_without_command=True)
@click.pass_context
def policy_command(context: click.Context) -> None:
    """Show and check a policy, or hold the open cases to the config's present one."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@policy_command.command("show")
@config_option
@json_option
@click.option("--received", type=MOMENT, metavar="'YYYY-MM-DD HH:MM'", help="Count from then instead of from now.")
@click.argument("file", type=FILE, required=False)
def show_command(config_path: Path | None, as_json: bool, received: datetime | None, file: Path | None) -> None:
    """Show each promise in plain words, with the dates that it gives a complaint received now.

    FILE is the policy; without it, the config's.
    """
    policy = _named(file, config_path)
    now = build.clock(os.environ)()
    example = received.replace(tzinfo=policy.calendar.zone).astimezone(UTC) if received else now
    promises = in_words(policy, example)
    if as_json:
        print_json(asdict(promise) for promise in promises)
        return
    print(f"{shown(policy.name)} ({policy.digest[:12]}); days and times are those of {policy.calendar.timezone}")
    for promise in promises:
        print()
        for line in _in_lines(promise):
            print(shown(line))


def _named(file: Path | None, config_path: Path | None) -> Policy:
    """The policy of a file, or the config's."""
    if file is None:
        return build.policy(load(config_path))
    try:
        return read_policy(file.read_text("utf-8-sig"), str(file))
    except (OSError, ValueError) as fault:
        raise MailcaseError(f"{file}: cannot be read: {getattr(fault, 'strerror', None) or 'it is no text'}") from fault


def _in_lines(promise: InWords) -> Iterator[str]:
    yield f"{promise.id} ({promise.kind})"
    facts = (
        ("", promise.text),
        ("when", promise.when),
        ("example", promise.example),
        ("only for", promise.only),
        ("warned", promise.warned),
        ("by", promise.who),
        ("not yet", f"mailcase cannot keep this by itself before it has {promise.needs}" if promise.needs else ""),
    )
    for name, value in facts:
        if value:
            yield from textwrap.wrap(value, 100, initial_indent=f"  {name:<9}", subsequent_indent=" " * 11)


@policy_command.command("check")
@config_option
@json_option
@click.argument("file", type=FILE, required=False)
def check_command(config_path: Path | None, as_json: bool, file: Path | None) -> int:
    """Check a policy: every fault at once, then what contradicts itself, passes a limit by law, or is missing.

    FILE is the policy; without it, the config's. Exit 0 if there is nothing to say, 1 if there are warnings (it can be
    run all the same), 2 for faults, with which it cannot.
    """
    policy = _named(file, config_path)
    found = warnings(policy, policy.calendar.day_of(build.clock(os.environ)()))
    if as_json:
        print_json({"warning": words} for words in found)
    else:
        for words in found:
            print(f"warning: {shown(words)}")
        count = counted(len(found), "warning") if found else "no warnings"
        print(f"{shown(policy.name)}: {counted(len(policy.promises), 'promise')}, {count}")
    return 1 if found else 0


# -- apply


@dataclass(frozen=True, slots=True)
class Applied:
    """A case that is, or would be, held to another policy, and what moves on it."""

    reference: str
    moves: tuple[Move, ...]


@policy_command.command("apply")
@config_option
@json_option
@click.option("--dry-run", is_flag=True, help="Only list what would move.")
def apply_command(config_path: Path | None, as_json: bool, dry_run: bool) -> None:
    """Hold every open case to the config's present policy: the dates that are still open move to what it says.

    What was kept or broken stays, as do dates that staff gave; no date goes past a limit by law or into the past.
    A case from before dates were kept gets all of them, also those that are past. History that was imported is left
    alone. Each timeline says who moved what. Restart the daemon, so that new cases get this policy too.
    """
    settings = load(config_path)
    policy, now = build.policy(settings), build.clock(os.environ)()
    with opened(settings) as database:
        if not dry_run:
            with database.write() as conn:
                deadlines.remember_policy(conn, policy.digest, policy.text, now)
        applied = [one for group in _groups(database, policy) for one in _apply(database, group, policy, now, dry_run)]
    if as_json:
        print_json(_as_values(one, move) for one in applied for move in one.moves)
        return
    rows = [(one.reference, move.after.promise, *_dates(move)) for one in applied for move in one.moves]
    if rows:
        print_table(("reference", "promise", "was due", "is due"), rows, build.zone(settings))
        print()
    would = "would be " if dry_run else ""
    print(
        f"{counted(len(applied), 'open case')} {would}held to {shown(policy.name)} ({policy.digest[:12]}); "
        f"{counted(len(rows), 'date')} {would}moved; times are those of {build.zone(settings)}"
    )


def _groups(database: Database, policy: Policy) -> Iterator[list[str]]:
    with database.read() as conn:
        references = cases.under_another(conn, policy.digest)
    for start in range(0, len(references), AT_ONCE):
        yield references[start : start + AT_ONCE]


def _apply(database: Database, group: list[str], policy: Policy, now: datetime, dry_run: bool) -> list[Applied]:
    """One group of cases, in one transaction."""
    with database.read() if dry_run else database.write() as conn:
        if not dry_run:
            timers.lock_cases(conn, group)
        known = deadlines.case_facts(conn, group)
        found = [
            (case, before, (moves if before else first_moves)(case, policy, now)) for case, before in known.values()
        ]
        if not dry_run:
            by = operator()
            wanted = [changes_for(case, moved, policy, before, by, now) for case, before, moved in found]
            changes.write(conn, [change for group in wanted for change in group], now)
    return [Applied(case.reference, moved) for case, _, moved in found]


def _dates(move: Move) -> tuple[object, object]:
    waived = move.after.state == "waived"
    return move.before.due_at if move.before else "new", "no longer promised" if waived else move.after.due_at


def _as_values(one: Applied, move: Move) -> dict[str, object]:
    return {
        "reference": one.reference,
        "promise": move.after.promise,
        "was_due_at": move.before.due_at if move.before else None,
        "due_at": None if move.after.state == "waived" else move.after.due_at,
    }
