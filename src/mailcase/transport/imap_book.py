"""What the IMAP door asks of whoever remembers for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mailcase.core.position import Position
from mailcase.transport.imap_session import Fetched


class Book(Protocol):
    """What a door must remember durably; any method may raise `TryLater`."""

    def lease(self) -> bool:
        """Take or renew the mailbox's lease; false: another daemon has it. Called from two threads."""
        ...

    def release(self) -> None:
        """Give the lease back, if it is ours."""
        ...

    def is_new(self) -> bool:
        """Whether it was never opened."""
        ...

    def open(self, uidvalidity: int, uidnext: int) -> Position:
        """Where we are: the first time, again, or after a changed UIDVALIDITY (`last_uid` is 0, `cutoff` stays)."""
        ...

    def known(self, uidvalidity: int, uids: Sequence[int]) -> set[int]:
        """Those of `uids` that are kept."""
        ...

    def keep(self, uidvalidity: int, mails: Sequence[Fetched], last_uid: int) -> None:
        """Durable when it returns; the same UID again changes nothing."""
        ...

    def polled(self) -> None:
        """A round succeeded."""
        ...
