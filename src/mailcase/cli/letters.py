"""`letters`, `retry`, `release`, `cancel`: the outbox and what an operator may do with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import get_args

import click
from sqlalchemy import Connection

from mailcase import build
from mailcase.cli.common import config_option, json_option, load, opened, operator
from mailcase.cli.renewing import told_at_last, written_anew
from mailcase.cli.showing import SHORT_ID, complain, counted, print_facts, print_json, print_table, print_text
from mailcase.config_sections import Config
from mailcase.core.case import LetterState
from mailcase.core.changes import AddEntry, LookAt
from mailcase.core.mail.message import read
from mailcase.core.rules import Rules
from mailcase.errors import MailcaseError
from mailcase.health import HELD
from mailcase.store import holds, letters, timeline, timers
from mailcase.store.changes import write
from mailcase.store.engine import AnyRow


@click.command("letters")
@config_option
@json_option
@click.option("--state", type=click.Choice(get_args(LetterState)), help="Only letters in this state.")
@click.argument("letter", required=False, metavar="[ID]")
def letters_command(config_path: Path | None, as_json: bool, state: str | None, letter: str | None) -> None:
    """List the letters in the outbox, the oldest first; with an ID (or how it begins), read that letter."""
    settings = load(config_path)
    with opened(settings) as database, database.read() as conn:
        for holder in holds.holders(conn):
            complain(f"the clock of daemon {holder} jumped: {HELD}")
        rows = letters.listed(conn, state)
        if letter is not None:
            chosen = _whole_id(conn, letter)
            row = next((row for row in rows if row.id == chosen), None)
            if row is None:
                raise MailcaseError(f"letter {letter} is not {state}; `mailcase letters` shows what it is")
            _print_letter(row, letters.raw(conn, chosen) or b"", as_json, settings)
            return
    if as_json:
        print_json(row._asdict() for row in rows)
    elif not rows:
        print(f"There are no letters that are {state}." if state else "There are no letters yet.")
    else:
        zone = build.zone(settings)
        print_table(("id", "case", "letter, queued", "state", "to, and why"), [_row(row) for row in rows], zone)
        print(f"\n{counted(len(rows), 'letter')}; times are those of {zone}")


def _row(letter: AnyRow) -> tuple[object, ...]:
    what = (letter.kind, letter.queued_at)
    state = f"{letter.state}, came back" if letter.bounced_at else letter.state
    return letter.id[:SHORT_ID], letter.case_ref, what, state, (letter.recipient, letter.reason)


def _print_letter(letter: AnyRow, raw: bytes, as_json: bool, settings: Config) -> None:
    message = read(raw)
    if as_json:
        print_json([{**letter._asdict(), "subject": message.subject, "text": message.text}])
        return
    names = ("id", "kind", "case_ref", "recipient", "state", "reason", "tries")
    titles = ("id", "letter", "case", "to", "state", "why", "tries")
    facts = [(title, getattr(letter, name)) for title, name in zip(titles, names, strict=True)]
    facts += [("queued", letter.queued_at), ("sent", letter.sent_at)]
    facts += [("came back", letter.bounced_at), ("relay", letter.reply)]
    print_facts(facts, build.zone(settings))
    print_facts([("subject", message.subject)])
    print()
    print_text(message.text)


def _verb(name: str, help_text: str, done: str) -> click.Command:
    """One of the three verbs: they differ in their words, and in the table `letters.VERBS`."""
    states = " or ".join(letters.VERBS[name][0])
    can_be = f"{states}, or came back," if name == "retry" else states

    @click.command(name, help=f"{help_text} `mailcase letters` shows the IDs; the first symbols are enough.")
    @config_option
    @click.option("--all", "everything", is_flag=True, help=f"Every letter that is {states}.")
    @click.argument("ids", nargs=-1, metavar="ID...")
    def command(config_path: Path | None, everything: bool, ids: Sequence[str], of_clock: bool = False) -> int:
        if of_clock and not ids and not everything:
            return _release_clocks(config_path)
        if of_clock or bool(ids) == everything:
            raise click.UsageError("name the letters by the first symbols of their ids, or say --all")
        settings = load(config_path)
        with opened(settings) as database, database.write() as conn:
            now = build.clock(os.environ)()
            chosen = _in_state(conn, name) if everything else [_whole_id(conn, beginning) for beginning in ids]
            stale = _before_release(conn, build.rules(settings), chosen, now) if name == "release" else []
            _order(conn, "cancel", stale, now)
            changed = stale + _order(conn, name, [each for each in chosen if each not in stale], now)
        left = sorted(set(chosen) - set(changed))
        for letter in left:
            complain(f"letter {letter[:SHORT_ID]} was not {done}: only one that is {can_be} can be")
        print(f"{counted(len(changed), 'letter')} {done}")
        return 1 if left else 0

    return command


def _before_release(conn: Connection, rules: Rules, chosen: Sequence[str], now: datetime) -> list[str]:
    """Letters as they are right today, and whoever was not told of the case so far; returns the letters to drop."""
    write(conn, list(told_at_last(conn, rules, chosen, now)), now)
    return written_anew(conn, rules, chosen, now)


def _order(conn: Connection, verb: str, ids: Sequence[str], now: datetime) -> list[str]:
    """Carry out a verb; the cases are looked at, because what a stopped letter was to keep is owed still."""
    changed = letters.order(conn, verb, ids, now)
    entries = _entries(conn, changed, verb)
    timeline.append(conn, entries, now)
    timers.set_looks(conn, [LookAt("case", entry.case, now) for entry in entries])
    return changed


def _release_clocks(config_path: Path | None) -> int:
    with opened(load(config_path)) as database, database.write() as conn:
        released = holds.release(conn)
    if not released:
        complain("no clock has jumped: nothing is held for it")
        return 1
    print(f"{counted(len(released), 'daemon')} told that the clock is right; letters that wait go within seconds")
    return 0


def _in_state(conn: Connection, verb: str) -> list[str]:
    return [row.id for state in letters.VERBS[verb][0] for row in letters.listed(conn, state)]


def _whole_id(conn: Connection, beginning: str) -> str:
    found = letters.find(conn, beginning)
    if len(found) != 1:
        problem = "no letter's id begins" if not found else "several letters' ids begin"
        raise MailcaseError(f"{problem} with {beginning}; `mailcase letters` lists them")
    return found[0]


def _entries(conn: Connection, changed: Sequence[str], verb: str) -> list[AddEntry]:
    who = operator()
    cases = letters.cases_of(conn, changed)
    return [AddEntry(case, verb, who, f"letter {letter[:SHORT_ID]}") for letter, case in cases.items()]


retry_command = _verb("retry", "Send letters again that failed or came back, or now instead of later.", "queued")
release_command = _verb("release", "Let held letters leave.", "released")
release_command.params.append(
    click.Option(
        ["--hold", "of_clock"],
        is_flag=True,
        help="After a clock jumped: it is right now, so what time brings may go on. Takes no IDs.",
    )
)
cancel_command = _verb("cancel", "Stop letters that have not left.", "cancelled")
