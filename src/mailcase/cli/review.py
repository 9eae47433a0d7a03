"""`review`: the mails that must not become a case by themselves, and what a person says of them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from mailcase import build
from mailcase.cli.common import config_option, json_option, load, opened, operator, say
from mailcase.cli.showing import NOBODY, complain, counted, print_facts, print_json, print_table, print_text
from mailcase.core.mail.message import read
from mailcase.errors import MailcaseError
from mailcase.intake import Intake
from mailcase.store import mails

MAIL = click.IntRange(1, 2**63 - 1)  # what an id can be in both databases


@click.group("review", no_args_is_help=False, invoke_without_command=True)
@click.pass_context
def review_command(context: click.Context) -> None:
    """Deal with the mails that wait for a person: automatic mail, lists, spam, and what could not be read."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@review_command.command("list")
@config_option
@json_option
def list_command(config_path: Path | None, as_json: bool) -> None:
    """List the mails that wait, the oldest first."""
    settings = load(config_path)
    with opened(settings) as database, database.read() as conn:
        rows = mails.in_review(conn)
    if as_json:
        print_json({**row._asdict(), "signals": row.signals.splitlines()} for row in rows)
    elif not rows:
        print("No mail waits for a person.")
    else:
        zone = build.zone(settings)
        cells = [
            (row.id, row.received_at, (row.sender or NOBODY, row.subject), (row.review, row.reason)) for row in rows
        ]
        print_table(("id", "received", "from and subject", "why"), cells, zone)
        print(f"\n{counted(len(rows), 'mail')} in review; times are those of {zone}")


@review_command.command("show")
@config_option
@json_option
@click.argument("mail", type=MAIL, metavar="ID")
def show_command(config_path: Path | None, as_json: bool, mail: int) -> None:
    """Read a mail that waits: what it says, and why it waits."""
    settings = load(config_path)
    with opened(settings) as database, database.read() as conn:
        row = next((row for row in mails.in_review(conn) if row.id == mail), None)
        raw = mails.raw(conn, mail)
    if row is None or raw is None:
        raise MailcaseError(_not_waiting(mail))
    message = read(raw)
    if as_json:
        print_json([{**row._asdict(), "signals": row.signals.splitlines(), "text": message.text}])
        return
    sender = f"{message.from_name} <{row.sender}>" if message.from_name else row.sender
    attached = ", ".join(f"{part.name} ({part.size} bytes)" for part in message.attachments)
    facts = [("mail", row.id), ("received", row.received_at), ("from", sender), ("subject", row.subject)]
    facts += [("review", row.review), ("why", row.reason), ("attached", attached)]
    print_facts(facts, build.zone(settings))
    print()
    print_text(message.text)


@review_command.command("accept")
@config_option
@click.argument("ids", nargs=-1, required=True, type=MAIL, metavar="ID...")
def accept_command(config_path: Path | None, ids: Sequence[int]) -> int:
    """Make a case of each mail. It counts from the mail's true receipt and is acknowledged like any other.

    A mail that came by `import` without --letters stays unanswered.
    """
    settings = load(config_path)
    clock, rules = build.clock(os.environ), build.rules(settings)
    with opened(settings) as database:
        with database.write() as conn:
            accepted = mails.accept(conn, ids, operator(), clock())
        intake = Intake(database, rules, secrets.token_hex(8), clock, say, lambda: None)
        while intake.work():
            pass
        with database.read() as conn:
            for mail, state, case in mails.ends(conn, accepted):
                what = "kept; the daemon will finish it" if state == "kept" else f"{state} {case or ''}".rstrip()
                print(f"mail {mail}: {what}")
    return _all_done(ids, accepted)


@review_command.command("discard")
@config_option
@click.argument("ids", nargs=-1, required=True, type=MAIL, metavar="ID...")
def discard_command(config_path: Path | None, ids: Sequence[int]) -> int:
    """Say that these mails need nothing. They stay kept as evidence, and nobody is answered."""
    with opened(load(config_path)) as database, database.write() as conn:
        discarded = mails.discard(conn, ids, operator(), datetime.now(UTC))
    print(f"{counted(len(discarded), 'mail')} discarded")
    return _all_done(ids, discarded)


def _all_done(wanted: Sequence[int], done: Sequence[int]) -> int:
    left = sorted(set(wanted) - set(done))
    for mail in left:
        complain(_not_waiting(mail))
    return 1 if left else 0


def _not_waiting(mail: int) -> str:
    return f"mail {mail} is not in review; `mailcase review list` shows which are"
