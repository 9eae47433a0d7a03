"""The SMTP door: takes mail for our own addresses and says 250 only when it is durably kept (RFC 5321).

One connection is a `_Dialogue` on the event loop; one keeper thread takes all mails that wait at the
same moment to `keep`, so that they share one commit, and answers them together.
"""

# ruff: noqa: N802 - aiosmtpd finds its commands and hooks by their names

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
from asyncio import AbstractEventLoop, BaseTransport
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future as Promise
from datetime import datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException

from mailcase.errors import MailcaseError
from mailcase.failpoints import Reached
from mailcase.log import Log
from mailcase.transport import reception
from mailcase.transport.content import Booking, Budget, Refused, read_content
from mailcase.transport.keeper import Keep, Keeper
from mailcase.transport.reception import Received

__all__ = ["Listener", "Received"]

MAX_CONNECTIONS = 200
COMMAND_TIMEOUT = 300.0  # RFC 5321 4.5.3.2.7: at least five minutes
KEEP_TIMEOUT = 60.0
BIND_TIMEOUT = 30.0
STOP_TIMEOUT = 5.0  # for all of closing; the mails in flight have four fifths of it
HELD_MAILS = 4  # so many of the largest size may be in memory at once
FutureKeeper = Keeper[asyncio.Future[str]]
BLOCK = 65536  # bytes of content taken at once; also the longest command line that is read at all


class _Busy(asyncio.Protocol):
    """Sends a connection away that is one too many."""

    def connection_made(self, transport: BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(reception.BUSY.encode() + b"\r\n")
        transport.close()


class _Dialogue(SMTP):
    """One connection: aiosmtpd's commands in our words, our idea of an address, content read in blocks."""

    line_length_limit = BLOCK  # what aiosmtpd takes as the limit of its reader

    def __init__(self, door: _Door, **options: Any) -> None:
        super().__init__(door, **options)
        self._door = door

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._door.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._door.connections.discard(self)
        self._door.changed.set()

    def dismiss(self) -> None:
        """Close the connection, saying so (RFC 5321 3.8)."""
        speaking = self._handler_coroutine is not None and not self._handler_coroutine.done()
        if speaking and isinstance(self.transport, asyncio.Transport):
            self.transport.write(reception.CLOSING.encode() + b"\r\n")
            self.transport.close()

    async def push(self, status: str | bytes) -> None:
        text = status if isinstance(status, str) else status.decode("ascii")
        await super().push(reception.in_our_words(text))

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        # aiosmtpd parses with the header parser of `email`, at more CPU than the whole dialogue.
        path = reception.read_path(arg)
        return (path[0] or "<>", path[1]) if path else (None, None)

    async def smtp_VRFY(self, _arg: str) -> None:
        await self.push(reception.WHO)

    async def smtp_AUTH(self, _arg: str | None) -> None:
        await self.push(reception.NO_AUTH)

    async def smtp_STARTTLS(self, arg: str) -> None:
        # What came in clear text behind this command is thrown away when TLS is up (RFC 3207 4.2).
        if self._tls_protocol:
            await self.push(reception.TLS_ON)
        else:
            await super().smtp_STARTTLS(arg)

    async def smtp_DATA(self, arg: str | None) -> None:
        if await self.check_helo_needed():
            return
        assert self.envelope is not None
        if arg or not self.envelope.rcpt_tos:
            await self.push("501" if arg else "503")
            return
        self._door.in_flight.add(self)
        try:
            await self.push("354 Go on, and end with a dot on a line of its own")
            said = await self._content()
            self.envelope = self._create_envelope()
            await self.push(said)
        finally:
            self._door.in_flight.discard(self)
            self._door.changed.set()

    async def _content(self) -> str:
        assert self.session is not None
        door, booking = self._door, Booking(self._door.budget)
        with contextlib.ExitStack() as not_kept:
            not_kept.callback(booking.end)
            try:
                mail = await self._read(booking)
            except Refused as refusal:
                return door.refused(self.session, refusal.answer)
            not_kept.pop_all()
        return await door.outcome(mail, booking)

    async def _read(self, booking: Booking) -> Received:
        assert self.session is not None
        assert self.envelope is not None
        door = self._door
        blocks = await read_content(self._reader, door.max_size, booking, self._reset_timeout)
        at, peer = door.now(), reception.host_of(self.session.peer)
        helo, recipients = self.session.host_name or "", tuple(self.envelope.rcpt_tos)
        spoken = reception.protocol(self.session.extended_smtp, self.envelope.smtp_utf8, self._tls_protocol is not None)
        head = reception.trace(helo, peer, self.hostname, spoken, recipients, at)
        raw = reception.finished(head, blocks)
        if raw is None:
            raise Refused(reception.BARE)
        return Received(raw, at, (self.envelope.mail_from or "").removeprefix("<>"), recipients, peer)


class _Door:
    """What all connections share; aiosmtpd calls the `handle_` methods."""

    def __init__(
        self, recipients: Collection[str], max_size: int, now: Callable[[], datetime], log: Log, keeper: FutureKeeper
    ) -> None:
        self.recipients = frozenset(address.lower() for address in recipients)
        self.max_size, self.now, self.log, self._keeper = max_size, now, log, keeper
        self.budget = Budget(HELD_MAILS * max_size)
        self.connections: set[_Dialogue] = set()
        self.in_flight: set[_Dialogue] = set()
        self.changed = asyncio.Event()

    async def outcome(self, mail: Received, booking: Booking) -> str:
        """The answer for this mail: what keeping it came to, or try-again when that takes too long."""
        kept: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        kept.add_done_callback(lambda _: booking.end())  # not before: the keeper holds the mail until then
        self._keeper.put(mail, kept)
        await asyncio.wait([kept], timeout=KEEP_TIMEOUT)
        return kept.result() if kept.done() else reception.LATER

    def refused(self, session: Session, answer: str, recipient: str | None = None) -> str:
        """Log a refusal and hand its words back."""
        self.log("listener.refused", peer=reception.host_of(session.peer), recipient=recipient, answer=answer)
        return answer

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, offers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        ours = [offer for offer in offers if not offer.startswith(("250-AUTH", "250 HELP"))]
        return [*ours, "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_RCPT(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if not reception.is_ours(address, self.recipients):
            return self.refused(session, reception.UNKNOWN, recipient=address)
        if len(envelope.rcpt_tos) >= reception.MAX_RECIPIENTS:
            return self.refused(session, reception.TOO_MANY)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        level = "debug" if isinstance(error, TLSSetupException) else "error"
        self.log("listener.failed", level=level, error=repr(error))
        return reception.LATER

    async def close(self, deadline: float) -> None:
        """Dismiss at once who is not sending, the others when they have their answer or most of the time is over."""
        for idle in self.connections - self.in_flight:
            idle.dismiss()
        await self._until(lambda: not self.in_flight, deadline - STOP_TIMEOUT / 5)
        for done in self.connections:
            done.dismiss()
        await self._until(lambda: not self.connections, deadline)

    async def _until(self, quiet: Callable[[], bool], deadline: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while not quiet():
                    self.changed.clear()
                    await self.changed.wait()


class Listener:
    """The open door: `start` binds and returns, `stop` lets mails in flight finish; `port` is the one bound."""

    def __init__(
        self,
        host: str,
        port: int,
        recipients: Collection[str],
        max_size: int,
        keep: Keep,
        now: Callable[[], datetime],
        log: Log,
        reached: Reached,
        tls: ssl.SSLContext | None = None,
        hostname: str = "localhost",
    ) -> None:
        self.port = port
        self._host, self._hostname, self._tls, self._log = host, hostname, tls, log
        self._keeper = Keeper(keep, self._answer, log, reached)
        self._door = _Door(recipients, max_size, now, log, self._keeper)
        self._bound: Promise[int] = Promise()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="smtp-listener", daemon=True)

    def start(self) -> None:
        """Listen; raises MailcaseError when the place cannot be bound. A listener is started once."""
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd's log repeats what clients say
        self._thread.start()
        try:
            self.port = self._bound.result(BIND_TIMEOUT)
        except TimeoutError as error:
            raise MailcaseError(f"The listener cannot use {self._host}: its name is not found in time") from error

    def stop(self) -> None:
        """Take no more mail, answer the mails in flight, close: at most 5 s in all; may be called twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_TIMEOUT + 1)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(self._failed)
        try:
            server = await self._loop.create_server(self._connection, self._host, self.port)
        except Exception as error:  # noqa: BLE001 - also a UnicodeError for a strange name: `start` waits for an answer
            place = f"{self._host}:{self.port}"
            self._bound.set_exception(MailcaseError(f"The listener cannot use {place}: {error}"))
            return
        self._bound.set_result(server.sockets[0].getsockname()[1])
        self._keeper.start()
        await self._stopping.wait()
        deadline = self._loop.time() + STOP_TIMEOUT
        server.close()
        await self._door.close(deadline)
        self._keeper.stop(timeout=max(0.0, deadline - self._loop.time()))

    def _connection(self) -> asyncio.Protocol:
        if len(self._door.connections) >= MAX_CONNECTIONS:
            return _Busy()
        return _Dialogue(
            self._door,
            data_size_limit=self._door.max_size,
            enable_SMTPUTF8=True,
            hostname=self._hostname,
            ident="ESMTP",
            tls_context=self._tls,
            timeout=COMMAND_TIMEOUT,
            loop=self._loop,
        )

    def _answer(self, waiting: Sequence[asyncio.Future[str]], said: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_settle, waiting, said)

    def _failed(self, _loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        level = "debug" if isinstance(error, ConnectionError) else "error"
        self._log("listener.failed", level=level, error=repr(error), what=context.get("message"))


def _settle(waiting: Sequence[asyncio.Future[str]], said: str) -> None:
    for answer in waiting:
        if not answer.done():  # the client is gone, or has been told to come again
            answer.set_result(said)
