"""`import`: mails out of files, through the same intake as those that the doors bring."""

from __future__ import annotations

import os
import secrets
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from mailcase import build
from mailcase.cli.common import config_option, found, load, opened, say
from mailcase.cli.rehearsal import Rehearsal, as_it_is
from mailcase.cli.showing import complain, counted, shown
from mailcase.config_sections import Config
from mailcase.intake import Intake
from mailcase.store import mails
from mailcase.store.doors import ensure_door
from mailcase.store.mails import Kept
from mailcase.transport import files
from mailcase.transport.files import Found, Source

# What became of a mail, for people.
ENDS = {
    "case": "a new case",
    "added": "added to a case",
    "bounce": "a bounce of a letter of ours",
    "courtesy": "a courtesy (reaction, read receipt, calendar answer)",
    "duplicate": "here already",
    "review": "in review; `mailcase review list` shows them",
    "kept": "kept; the daemon will finish them",
}


@dataclass(slots=True)
class Tally:
    """What became of the mails, and which files gave none."""

    ends: Counter[str] = field(default_factory=Counter)
    no_mail: list[Path] = field(default_factory=list)
    unreadable: list[Path] = field(default_factory=list)

    def cannot_read(self, path: Path, why: str) -> None:
        """Note a file that could not be read, and say so at once."""
        self.unreadable.append(path)
        complain(f"{path}: cannot be read: {why}")


@click.command("import")
@config_option
@click.option("--dry-run", is_flag=True, help="Only say what each mail would become; nothing is written.")
@click.option("--letters", "answer", is_flag=True, help="Acknowledge the imported complaints.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
def import_command(config_path: Path | None, dry_run: bool, answer: bool, paths: Sequence[Path]) -> int:
    """Take in .eml files, mbox files and Maildirs through the same intake as the daemon's doors.

    A file that is named is taken as it is; of a folder, everything below it that looks like mail. Nobody is answered
    without --letters. The same mail again becomes a duplicate, so an import may be repeated.
    """
    settings = load(config_path)
    tally = Tally()
    sources, tally.no_mail = files.sources(paths, tally.cannot_read)
    with _progress(sources, tally) as mails_found:
        if dry_run:
            _rehearse(settings, mails_found, tally, answer)
        else:
            _take_in(settings, mails_found, tally, answer)
    _report(tally, dry_run)
    return 1 if tally.unreadable else 0


@contextmanager
def _progress(sources: Sequence[Source], tally: Tally) -> Iterator[Iterator[Found]]:
    """The mails of all sources; on a terminal with a bar on stderr that grows by their bytes."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Importing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=sum(source.size for source in sources))

        def mails_found() -> Iterator[Found]:
            now = build.clock(os.environ)()
            for source in sources:
                for mail in files.read(source, now, tally.cannot_read):
                    yield mail
                    progress.advance(task, len(mail.raw))

        yield mails_found()


def _take_in(settings: Config, arriving: Iterator[Found], tally: Tally, answer: bool) -> None:
    """Keep and handle the mails batch by batch; what is kept stays, whatever happens next."""
    rules, clock = build.rules(settings), build.clock(os.environ)
    with opened(settings) as database:
        intake = Intake(database, rules, secrets.token_hex(8), clock, say, lambda: None)
        with database.write() as conn:
            door = ensure_door(conn, "import", "email")
        ids: list[int] = []
        for batch in _batches(arriving):
            kept = [Kept(mail.raw, mail.received_at, peer=mail.place, silent=not answer) for mail in batch]
            with database.write() as conn:
                ids += mails.keep(conn, door, kept, clock())
            while intake.work():
                pass
        with database.read() as conn:
            tally.ends.update(state for _, state, _ in mails.ends(conn, ids))


def _rehearse(settings: Config, arriving: Iterator[Found], tally: Tally, answer: bool) -> None:
    """What the mails would become, with the database as it is now."""
    rules, now = build.rules(settings), build.clock(os.environ)()
    with found(settings) as database, as_it_is(database) as there:
        rehearsal = Rehearsal(rules, now, answer)
        for batch in _batches(arriving):
            with there.read() as conn:
                tally.ends.update(rehearsal.ends(conn, batch))


def _batches(arriving: Iterator[Found]) -> Iterator[list[Found]]:
    """As many at a time as intake takes at a time."""
    batch: list[Found] = []
    size = 0
    for mail in arriving:
        size += len(mail.raw)
        if batch and (len(batch) == mails.MOST_MAILS or size > mails.MOST_BYTES):
            yield batch
            batch, size = [], len(mail.raw)
        batch.append(mail)
    if batch:
        yield batch


def _report(tally: Tally, dry_run: bool) -> None:
    print(f"{counted(tally.ends.total(), 'mail')} {'would be imported' if dry_run else 'imported'}")
    for end, words in ENDS.items():
        if count := tally.ends[end]:
            print(f"{count:>8} {end:<9}  {words}")
    for paths, why in ((tally.no_mail, "not like mail"), (tally.unreadable, "not readable")):
        if paths:
            print(f"{counted(len(paths), 'file')} passed over, {why}:")
            for path in paths:
                print(f"  {shown(path)}")
