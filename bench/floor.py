"""The bare floor: accept, parse, two commits, send, and nothing else; a process of its own, like the daemon.

`python -m bench.floor PORT RELAY_PORT DATABASE`: what any Python mail handler pays before it does anything useful.
"""

from __future__ import annotations

import smtplib
import sqlite3
import sys
import threading
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller

ANSWER = "From: a@bench.example\r\nTo: {to}\r\nSubject: Re: {subject}\r\nMessage-ID: <{number}@bench.example>\r\n\r\n"


class Handler:
    """Keeps a mail, answers it, remembers that it did."""

    def __init__(self, relay_port: int, path: str) -> None:
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.execute("CREATE TABLE mails (id INTEGER PRIMARY KEY, raw BLOB, sent INTEGER)")
        self.relay = smtplib.SMTP("127.0.0.1", relay_port)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Everything in one place, one mail at a time."""
        raw: bytes = envelope.content
        kept = self.database.execute("INSERT INTO mails (raw, sent) VALUES (?, 0)", (raw,)).lastrowid
        message = BytesParser().parsebytes(raw)
        words = ANSWER.format(to=message["From"], subject=message["Subject"], number=kept)
        self.relay.sendmail("a@bench.example", [envelope.mail_from], words.encode())
        self.database.execute("UPDATE mails SET sent = 1 WHERE id = ?", (kept,))
        return "250 OK"


def main(port: int, relay_port: int, path: str) -> None:
    """Serve until killed."""
    controller = Controller(Handler(relay_port, path), hostname="127.0.0.1", port=port, data_size_limit=100_000_000)
    controller.start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
