"""A running IMAP door for tests: a `Mailbox` in its thread, its book, and all that it has logged."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Any

from builders import Said
from mailcase.failpoints import Reached, nowhere
from mailcase.transport.imap import Account, Mailbox
from rigs.imap_server import ImapServer
from rigs.memory_book import MemoryBook
from rigs.proxy import Proxy


def account_of(server: ImapServer, **other: Any) -> Account:
    """The server's own user, by STARTTLS with the right certificate; `other` replaces fields."""
    fields: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "tls": "starttls",
        "user": server.user,
        "password": server.password,
        "token": None,
        "ca_file": str(server.ca_file),
    }
    return Account(**(fields | other))


def through(proxy: Proxy, server: ImapServer) -> Account:
    """The same account, by way of the proxy."""
    return account_of(server, host=proxy.host, port=proxy.port, tls="tls")


class Door:
    """Use it with `with`: the mailbox runs inside, and has to end in time afterwards."""

    def __init__(self, account: Account, folder: str, **options: Any) -> None:
        self.book: MemoryBook = options.pop("book", None) or MemoryBook()
        reached: Reached = options.pop("reached", nowhere)
        options = {"done_folder": None, "idle": False, "poll_seconds": 0.2} | options
        self.log = Said()
        self.stop = threading.Event()
        self.mailbox = Mailbox(account, folder, book=self.book, log=self.log, reached=reached, **options)
        self.thread = threading.Thread(target=self.mailbox.run, args=(self.stop,))

    def mailbox_is_working(self) -> bool:
        """Whether a thread of the mailbox is still at it."""
        return any(thread.name == f"imap {self.mailbox.name}" for thread in threading.enumerate())

    def said(self, event: str) -> list[dict[str, Any]]:
        """The facts of each time that this was logged."""
        return [facts for name, facts in self.log.lines if name == event]

    def wait_for(self, event: str, times: int = 1, seconds: float = 20) -> dict[str, Any]:
        """Wait until it is logged, and return the facts."""
        self.log.wait_for(event, times, seconds)
        return self.said(event)[times - 1]

    def __enter__(self) -> Door:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop.set()
        began = time.monotonic()
        self.thread.join(10)
        assert problem is not None or time.monotonic() - began < 2.5, "run did not return in time"
