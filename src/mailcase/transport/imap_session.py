"""One logged-in IMAP connection: what the door asks of a server, in IMAP's own words (RFC 3501)."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

from mailcase.transport.oauth import xoauth2

CONNECT_SECONDS = 15  # for connection, handshake and greeting, each
READ_SECONDS = 60  # a server that says nothing for so long in the middle of an answer is gone
UID_SPAN = 5_000  # UIDs asked for at once: imaplib refuses lines over 1 MB, and memory shall stay flat
DATES_AT_ONCE = 500
LARGE = 160_000  # fifty mails below this size stay below 8 MB
SLICE = 8_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """A mail account and the way to it; the certificate is always verified, and there is no way in clear text."""

    host: str
    port: int
    tls: Literal["tls", "starttls"]
    user: str
    password: str | None
    token: Callable[[], str] | None  # an OAuth2 access token, asked for at each login; goes before the password
    ca_file: str | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail as it lies on the server."""

    uid: int
    raw: bytes
    received_at: datetime  # INTERNALDATE, aware, UTC; never the mail's own Date


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT said; a changed `uidvalidity` means that all UIDs are new (RFC 3501 2.3.1.1)."""

    uidvalidity: int
    uidnext: int
    exists: int  # so many messages


class _Client(IMAPClient):
    """imapclient, that also notices what already lies in its buffers.

    A server that has news announces it in one packet with `+ idling`, or at the end of another command's answer.
    imapclient waits for the next packet instead: without this a mail that arrives between two commands is seen
    when the next one arrives.
    """

    def __init__(self, account: Account, context: ssl.SSLContext) -> None:
        super().__init__(
            account.host,
            account.port,
            ssl=account.tls == "tls",
            ssl_context=context,
            timeout=SocketTimeout(CONNECT_SECONDS, READ_SECONDS),  # type: ignore[arg-type]  # its annotation forgets it
        )
        self.normalise_times = False  # aware datetimes, instead of naive ones in this machine's zone
        self._imap.debug = 0  # it formats every line for a debug log: a quarter of the CPU, and mail in a log

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> bool:  # noqa: ARG002
        return True  # asks the socket, not the buffer; the waiting is done in `Session.idle_for`

    def announced(self) -> bool:
        """Whether EXISTS was among the answers since the last time this was asked."""
        return bool(self._imap.response("EXISTS")[1] != [None])


class Session:
    """One connection, one folder, one thread. Methods raise `OSError` or `IMAPClientError` when it does not work:
    `IMAPClientAbortError` and `OSError` mean that the connection is of no more use."""

    def __init__(self, account: Account) -> None:
        context = ssl.create_default_context(cafile=account.ca_file)
        self._client = cast(Any, _Client(account, context))  # imapclient has hardly any types
        try:
            if account.tls == "starttls":
                self._client.starttls(context)
            self._login(account)
            self.can_idle: bool = self._client.has_capability("IDLE")
            self._has_move: bool = self._client.has_capability("MOVE")
            self.can_move: bool = self._has_move or self._client.has_capability("UIDPLUS")
            self._prefix, self._separator = self._namespace()
        except BaseException:
            self.close()
            raise
        self._many = False

    def _login(self, account: Account) -> None:
        if account.token is not None:
            answers = iter([xoauth2(account.user, account.token())])  # a second challenge is an error report:
            self._client.sasl_login("XOAUTH2", lambda _: next(answers, b""))  # to be answered with nothing
        elif self._client.has_capability("AUTH=PLAIN"):  # LOGIN cannot carry a password beyond ASCII
            plain = f"\0{account.user}\0{account.password or ''}".encode()  # RFC 4616
            self._client.sasl_login("PLAIN", lambda _: plain)
        else:
            self._client.login(account.user, account.password or "")

    # -- folders

    def _namespace(self) -> tuple[str, str]:
        """Prefix and separator of our own folders (RFC 2342)."""
        if self._client.has_capability("NAMESPACE"):
            personal = self._client.namespace().personal
            if personal:
                return personal[0][0] or "", personal[0][1] or "/"
        root = self._client.list_folders("", "")  # RFC 3501 6.3.8: the separator alone
        return "", (root[0][1] or b"/").decode() if root else "/"

    def _spellings(self, name: str) -> list[str]:
        plain = name.replace("/", self._separator)
        needs_prefix = bool(self._prefix) and not plain.startswith(self._prefix)
        return [plain, self._prefix + plain] if needs_prefix else [plain]

    def existing(self, name: str) -> str | None:
        """The server's full name of a folder that is written with `/` and perhaps without its prefix."""
        return next((full for full in self._spellings(name) if self._client.folder_exists(full)), None)

    def ensured(self, name: str) -> str:
        """The full name of a folder, which is created if it is missing."""
        found = self.existing(name)
        if found is None:
            found = self._spellings(name)[-1]
            self._client.create_folder(found)
        return found

    def select(self, folder: str) -> Selected:
        """Open a folder; from here on all else is about it."""
        said = self._client.select_folder(folder)
        if b"UIDVALIDITY" not in said:
            raise IMAPClientError(f"the server has no lasting UIDs in {folder}, mail could not be told apart")
        exists = said[b"EXISTS"]
        self._many = exists > UID_SPAN
        return Selected(said[b"UIDVALIDITY"], said.get(b"UIDNEXT") or self._highest() + 1, exists)

    # -- mail

    def _highest(self) -> int:
        return max(self._client.search(["UID", "*"]), default=0)

    def uids(self, first: int, before: int | None = None, since: datetime | None = None) -> Iterator[list[int]]:
        """The UIDs from `first` on, ascending, block by block; `since` leaves out what is older by a day or more."""
        last = self._highest() if before is None else min(self._highest(), before - 1)
        span = UID_SPAN if self._many else max(last, 1)
        # SINCE knows days only, in whatever zone the server likes
        recent = ["SINCE", (since - timedelta(days=1)).date()] if since else []
        for low in range(first, last + 1, span):
            high = min(low + span - 1, last)
            yield sorted(uid for uid in self._client.search(["UID", f"{low}:{high}", *recent]) if low <= uid <= high)

    def large(self, uids: Sequence[int]) -> set[int]:
        """Those in the range of `uids` whose RFC822.SIZE is over `LARGE`."""
        return set(self._client.search(["UID", f"{min(uids)}:{max(uids)}", "LARGER", LARGE]))

    def not_before(self, uids: Sequence[int], cutoff: datetime) -> list[int]:
        """Those of `uids` that the server got at `cutoff` or later."""
        young: list[int] = []
        for start in range(0, len(uids), DATES_AT_ONCE):
            found = self._client.fetch(uids[start : start + DATES_AT_ONCE], ["INTERNALDATE"])
            dates = {uid: _date(found[uid]) for uid in found}
            young += [uid for uid, date in dates.items() if date is None or date >= cutoff]
        return sorted(young)

    def fetch(self, uids: Sequence[int]) -> list[Fetched]:
        """Mails in one go, without marking them as seen; what the server does not give is not in the list."""
        found = self._client.fetch(uids, ["INTERNALDATE", "BODY.PEEK[]"])
        mails = ((uid, found[uid].get(b"BODY[]"), _date(found[uid])) for uid in found)
        return [Fetched(uid, raw, date) for uid, raw, date in mails if raw is not None and date is not None]

    def size_and_date(self, uid: int) -> tuple[int, datetime]:
        """RFC822.SIZE and INTERNALDATE of a mail."""
        found = self._client.fetch([uid], ["RFC822.SIZE", "INTERNALDATE"]).get(uid, {})
        date = _date(found)
        if date is None:
            raise IMAPClientError("the mail is gone, or has no INTERNALDATE")
        return int(found.get(b"RFC822.SIZE", 0)), date

    def slices(self, uid: int, limit: int) -> Iterator[bytes]:
        """The first `limit` bytes of a mail, a slice at a time, so that a large one comes in pieces."""
        at = 0
        while at < limit:
            size = min(SLICE, limit - at)
            found = self._client.fetch([uid], [f"BODY.PEEK[]<{at}.{size}>"]).get(uid)
            if found is None:
                raise IMAPClientError("the mail was taken away while it was read")
            part = found.get(f"BODY[]<{at}>".encode()) or b""
            yield part
            if len(part) < size:
                return
            at += len(part)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move mails away: MOVE (RFC 6851), or COPY and the removal of exactly these UIDs (RFC 4315).

        A plain EXPUNGE is never sent: it would also remove what somebody else has marked.
        """
        if self._has_move:
            self._client.move(uids, folder)
            return
        self._client.copy(uids, folder)
        self._client.add_flags(uids, [rb"\Deleted"], silent=True)
        self._client.uid_expunge(uids)

    # -- waiting

    def noop(self) -> None:
        """Let the server look for new mail."""
        self._client.noop()

    def announced(self) -> bool:
        """Whether the server has announced mail since the last time this was asked."""
        return bool(self._client.announced())

    def idle(self) -> bool:
        """Begin to IDLE (RFC 2177); true if there is news already."""
        self._client.idle()
        return bool(self._client.idle_check(timeout=0))

    def idle_for(self, seconds: float) -> bool:
        """Wait until the server says something, or hangs up: `idle_done` finds out what.

        Not by imapclient's `idle_check`: it loses a line that comes in two pieces.
        """
        poller = select.poll()
        poller.register(self._client.socket(), select.POLLIN)
        return bool(poller.poll(seconds * 1000))

    def idle_done(self) -> None:
        """End the IDLE."""
        self._client.idle_done()

    # -- the end

    def cut(self) -> None:
        """End the connection at once, from another thread: whoever reads from it gets an error."""
        with suppress(OSError, AttributeError):
            socket.socket.shutdown(self._client.socket(), socket.SHUT_RDWR)

    def logout(self) -> None:
        """Say good-bye."""
        with suppress(OSError, IMAPClientError):
            self._client.logout()

    def close(self) -> None:
        """Drop the connection."""
        with suppress(OSError, IMAPClientError):
            self._client.shutdown()


def _date(found: Mapping[bytes, Any]) -> datetime | None:
    date = found.get(b"INTERNALDATE")
    return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC) if isinstance(date, datetime) else None
