"""`inspect`: what mailcase makes of a mail, without config and database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mailcase.cli.showing import complain, print_json
from mailcase.core.mail.classify import classify
from mailcase.core.mail.message import read
from mailcase.core.mail.quotes import new_text


@click.command("inspect")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
def inspect_command(paths: Sequence[Path]) -> int:
    """Show what mailcase makes of each mail, one JSON object per file. Needs no config and no database.

    `signals` names what the kind was recognised by; `new_text` is what the author newly wrote in a reply.
    """
    unreadable = 0
    for path in paths:
        try:
            raw = path.read_bytes()
        except OSError as fault:
            complain(f"{path}: cannot be read: {fault.strerror}")
            unreadable = 1
            continue
        print_json([inspected(str(path), raw)])
    return unreadable


def inspected(name: str, raw: bytes) -> dict[str, Any]:
    """A mail as `inspect` prints it."""
    message = read(raw)
    verdict = classify(message)
    return {
        "file": name,
        "from": message.from_address,
        "from_name": message.from_name,
        "reply_to": message.reply_to,
        "to": message.to,
        "subject": message.subject,
        "date": message.date,
        "message_id": message.message_id,
        "in_reply_to": message.in_reply_to,
        "references": message.references,
        "kind": verdict.kind,
        "signals": verdict.signals,
        "text": message.text,
        "new_text": new_text(message.text),
        "attachments": [asdict(attachment) for attachment in message.attachments],
        "defects": message.defects,
    }
