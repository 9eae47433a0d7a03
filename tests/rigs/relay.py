"""A real SMTP relay in a thread: keeps what it gets, and answers as the test scripts it.

with Relay() as relay:
    relay.answers("RCPT", "450 4.2.0 Try again", times=2)
    ...
    relay.wait_for(1)
"""

# ruff: noqa: N802 - aiosmtpd finds its commands and hooks by their names

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import threading
import time
from asyncio import AbstractEventLoop
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import Future as Promise
from dataclasses import dataclass
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

SILENCE = "silence"  # never answer
HANDED = re.compile(rb"^Please look after ", re.MULTILINE)  # how a mail begins that hands a case to somebody
CUT = "cut"  # close the connection instead of answering
Stage = Literal["CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "DOT", "RSET", "QUIT"]
COMMANDS: tuple[Stage, ...] = ("EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "QUIT")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail that the relay took; `queued` is the id named in its 250."""

    mail_from: str
    rcpt_to: tuple[str, ...]
    data: bytes
    queued: str
    at: float


@dataclass(slots=True)
class _Answer:
    stage: Stage
    reply: str
    times: int
    matching: str


class Relay:
    """An SMTP server on `host:port`; `letters` is what it accepted, `connections` and `commands` what it saw."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        token: str | None = None,
        smtputf8: bool = True,
        pipelining: bool = True,
        max_size: int = 50_000_000,
    ) -> None:
        self.host, self.port = host, port
        self.letters: list[Letter] = []
        self.handed: list[Letter] = []  # mails that hand a case, or a mail on it, to whoever works on it
        self.commands: list[str] = []
        self.connections = 0
        self.starttls, self.tls, self.login, self.token = starttls, tls, login, token
        self.smtputf8, self.pipelining, self.max_size = smtputf8, pipelining, max_size
        self._script: list[_Answer] = []
        self._changed = threading.Condition()
        self._open: set[_Dialogue] = set()

    def __enter__(self) -> Relay:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; on the same port as before after a `stop`."""
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        bound: Promise[int] = Promise()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(bound),), daemon=True)
        self._thread.start()
        self.port = bound.result(10)

    def stop(self) -> None:
        """Cut all connections and free the port."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(10)

    def cut(self) -> None:
        """Close every open connection without a word, as a relay does with idle ones."""
        closed = threading.Event()

        def close() -> None:
            for dialogue in list(self._open):
                dialogue.cut()
            closed.set()

        self._loop.call_soon_threadsafe(close)
        closed.wait(10)

    def answers(self, stage: Stage, reply: str, times: int = 1_000_000, matching: str = "") -> None:
        """At the next `times` passings of `stage` say `reply` (or SILENCE, CUT), if the argument contains `matching`.

        `DOT` is the answer to the content; there `matching` is looked for in the recipients.
        """
        with self._changed:
            self._script.append(_Answer(stage, reply, times, matching))

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Letter]:
        """The letters, as soon as there are `count`; fails the test when they do not come in time."""
        self.wait_until(lambda: len(self.letters) >= count, timeout)
        return self.letters

    def wait_until(self, condition: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until what the relay saw fulfils `condition`."""
        with self._changed:
            met = self._changed.wait_for(condition, timeout)
        assert met, f"not met in {timeout} s: {len(self.letters)} letters, last commands {self.commands[-10:]}"

    def saw(self, command: str) -> None:
        """Note a command, for the test and for those who wait."""
        with self._changed:
            self.commands.append(command)
            self._changed.notify_all()

    def took(self, envelope: Envelope) -> str:
        """Keep a letter and give its queue id."""
        assert isinstance(envelope.content, bytes)
        sender = (envelope.mail_from or "").removeprefix("<>")
        with self._changed:
            queued = f"{len(self.letters) + len(self.handed) + 1:06X}"
            letter = Letter(sender, tuple(envelope.rcpt_tos), envelope.content, queued, time.monotonic())
            (self.handed if HANDED.search(letter.data) else self.letters).append(letter)
            self._changed.notify_all()
        return queued

    def scripted(self, stage: Stage, argument: str) -> str | None:
        """The scripted answer for this passing, if there is one."""
        with self._changed:
            for answer in self._script:
                if answer.stage == stage and answer.times > 0 and answer.matching in argument:
                    answer.times -= 1
                    return answer.reply
        return None

    async def _serve(self, bound: Promise[int]) -> None:
        self._loop: AbstractEventLoop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _loop, _context: None)  # clients that vanish are no news here
        self._stopping = asyncio.Event()
        try:
            server = await self._loop.create_server(self._connection, self.host, self.port, ssl=self.tls)
        except OSError as error:
            bound.set_exception(error)
            return
        bound.set_result(server.sockets[0].getsockname()[1])
        await self._stopping.wait()
        server.close()
        for dialogue in list(self._open):
            dialogue.cut()
        await asyncio.sleep(0)

    def _connection(self) -> _Dialogue:
        return _Dialogue(
            self,
            data_size_limit=self.max_size,
            enable_SMTPUTF8=self.smtputf8,
            hostname="relay.test",
            tls_context=self.starttls,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )

    def opened(self, dialogue: _Dialogue) -> None:
        """Count a connection."""
        self._open.add(dialogue)
        with self._changed:
            self.connections += 1
            self._changed.notify_all()

    def closed(self, dialogue: _Dialogue) -> None:
        """Forget a connection."""
        self._open.discard(dialogue)


class _Hooks:
    """What the relay says when it is healthy."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, offers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offers = [offer for offer in offers if not offer.startswith(("250-AUTH", "250 HELP"))]
        if self._relay.login:
            offers.append("250-AUTH PLAIN LOGIN")
        if self._relay.token:
            offers.append("250-AUTH XOAUTH2")
        return [*offers, *["250-PIPELINING"] * self._relay.pipelining, "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if (self._relay.login or self._relay.token) and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(server, _Dialogue)
        reply = await server.scripted("DOT", " ".join(envelope.rcpt_tos))
        return reply or f"250 2.0.0 Ok: queued as {self._relay.took(envelope)}"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        given = b64decode(args[1]).decode()
        if given.endswith(f"auth=Bearer {self._relay.token}\x01\x01"):
            return AuthResult(success=True)
        await server.challenge_auth('{"status":"401"}')  # how this mechanism says that it failed
        return AuthResult(success=False, handled=False)


class _Dialogue(SMTP):
    """One connection: at each stage the script is asked first."""

    line_length_limit = 65536

    def __init__(self, relay: Relay, **options: Any) -> None:
        super().__init__(_Hooks(relay), authenticator=self._check, **options)
        self._relay = relay
        self._greeted = False
        for stage in COMMANDS:
            self._smtp_methods[stage] = self._asking(stage, self._smtp_methods[stage])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._original_transport is None:
            self._relay.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._relay.closed(self)

    def cut(self) -> None:
        """Close without a word."""
        if self.transport is not None:
            self.transport.close()

    async def push(self, status: str | bytes) -> None:
        reply = status if isinstance(status, str) else status.decode()
        if not self._greeted:
            self._greeted = True
            reply = await self.scripted("CONNECT", "") or reply
        await super().push(reply)
        if reply.startswith("421"):
            self.cut()

    async def scripted(self, stage: Stage, argument: str) -> str | None:
        """The scripted reply, if any; SILENCE does not return, CUT ends the connection."""
        reply = self._relay.scripted(stage, argument)
        if reply == SILENCE:
            await asyncio.Event().wait()
        if reply == CUT:
            self.cut()
            raise asyncio.CancelledError
        return reply

    def _asking(self, stage: Stage, method: Callable[[str | None], Any]) -> Callable[[str | None], Any]:
        async def command(arg: str | None) -> None:
            self._relay.saw(f"{stage} {arg or ''}".strip())
            reply = await self.scripted(stage, arg or "")
            await (method(arg) if reply is None else self.push(reply))

        return command

    def _check(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        right = (given.login.decode(), given.password.decode()) == self._relay.login
        return AuthResult(success=right, handled=False)
