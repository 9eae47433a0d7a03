"""`mail`: one mail as it came, whatever became of it, with the files that were too large for a mail to staff."""

from __future__ import annotations

from pathlib import Path

import click

from mailcase import build
from mailcase.cli.common import config_option, load, opened
from mailcase.cli.review import MAIL
from mailcase.cli.showing import counted, print_facts, print_text
from mailcase.core.letters.enclosures import enclosed
from mailcase.core.mail.message import read
from mailcase.errors import MailcaseError
from mailcase.store import mails


@click.command("mail")
@config_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write the mail and its files there.")
@click.argument("mail", type=MAIL, metavar="ID")
def mail_command(config_path: Path | None, out: Path | None, mail: int) -> None:
    """Read a mail that is kept, by the number that staff mails, the log and `review list` give it.

    With --out it is written to a folder as it came, with its files beside it, under the numbers that staff know.
    """
    settings = load(config_path)
    with opened(settings) as database, database.read() as conn:
        raw = mails.raw(conn, mail)
        [(_, state, case)] = mails.ends(conn, [mail]) or [(mail, "", None)]
    if raw is None:
        raise MailcaseError(f"mail {mail}: there is none of this number")
    if out is None:
        message = read(raw)
        print_facts([("mail", mail), ("became", f"{state} {case or ''}"), ("from", message.from_address)])
        print_facts([("subject", message.subject)], build.zone(settings))
        print()
        print_text(message.text)
        return
    written = _write(out, mail, raw)
    print(f"{counted(len(written), 'file')} in {out}: {', '.join(written)}")


def _write(folder: Path, mail: int, raw: bytes) -> list[str]:
    """The names are data of a stranger's: each begins with a number of ours, and nothing is written over."""
    files = {f"{mail}.eml": raw}
    files |= {f"{mail}-{file.number}-{file.name[-120:]}": file.data for file in enclosed(raw).files}
    folder.mkdir(parents=True, exist_ok=True)
    if taken := next((name for name in files if (folder / name).exists()), None):
        raise MailcaseError(f"{folder / taken}: is there already; name another folder")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return list(files)
