"""The way out: one reused connection to the firm's mail relay (RFC 5321), failures as TryLater, NeverWorks, InDoubt."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import select
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from mailcase.errors import InDoubt, NeverWorks, TryLater, Unreachable
from mailcase.transport.oauth import xoauth2

# One strict mailbox: no controls, no angle brackets, no spaces outside a quoted local part (RFC 5321 4.1.2).
NO = r'"<>\x00-\x1f\x7f-\x9f\ud800-\udfff'
ADDRESS = re.compile(rf'(?:"(?:[^\\{NO}]|\\[ -~])+"|[^\s@{NO}]+)@[^\s@{NO}]+')
BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")

# 5xx that speak of us and not of the letter: no login yet (RFC 4954 6), a dialogue out of step.
ABOUT_US = frozenset({503, 530, 534, 535, 538})

Reply = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where letters leave, and who we are there; `token` gives an OAuth2 access token instead of a password."""

    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]
    user: str | None
    password: str | None = field(repr=False)
    token: Callable[[], str] | None
    ca_file: str | None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait at each stage; ten minutes after the final dot as RFC 5321 4.5.3.2.6 wants."""

    connect: float = 30.0
    command: float = 30.0
    content: float = 180.0
    final_dot: float = 600.0
    quit: float = 2.0


class Connection:
    """Sends letters over one connection, opened when needed and again when it was lost; for one thread."""

    def __init__(self, relay: RelayAddress, hostname: str, timeouts: Timeouts = Timeouts()) -> None:
        self._relay, self._hostname, self._timeouts = relay, hostname, timeouts
        self._name = f"The relay {relay.host}:{relay.port}"
        self._smtp: smtplib.SMTP | None = None

    def send(self, mail_from: str, rcpt_to: str, data: bytes) -> str:
        """Hand one letter over and return the relay's answer to the final dot; '' is the null sender.

        Raises TryLater, NeverWorks, or InDoubt when the letter was sent whole and no answer came.
        """
        if not ADDRESS.fullmatch(rcpt_to) or (mail_from and not ADDRESS.fullmatch(mail_from)):
            raise NeverWorks(f"No letter can be sent from {mail_from!r} to {rcpt_to!r}: correct the address")
        return self._deliver(mail_from, rcpt_to, on_the_wire(data))

    def probe(self, mail_from: str) -> str:
        """Log in and offer an envelope sender, then take it back; returns the relay's answer. Nothing is sent."""
        smtp = self._smtp = self._smtp or self._connect()
        try:
            self._patience(smtp, self._timeouts.command)
            reply = smtp.docmd(f"MAIL FROM:<{mail_from}>")
            if reply[0] == 250:
                smtp.rset()
                return _plain(*reply)
        except smtplib.SMTPException as lost:
            self._drop()
            raise Unreachable(f"{self._name} broke off when it was offered a sender: {lost}") from None
        self._recover(smtp, reply, unread=0)
        raise self._refusal(f"the sender <{mail_from}>", reply)

    def close(self) -> None:
        """Say goodbye, but wait only shortly for the answer."""
        if self._smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._patience(self._smtp, self._timeouts.quit)
                self._smtp.docmd("QUIT")
        self._drop()

    def _deliver(self, mail_from: str, rcpt_to: str, content: bytes) -> str:
        if self._smtp is not None and _spoke_unasked(self._smtp):
            self._drop()  # a 421 or the end: the relay closed the idle connection
        reused = self._smtp is not None
        smtp = self._smtp = self._smtp or self._connect()
        try:
            self._open_letter(smtp, self._commands(smtp, mail_from, rcpt_to, len(content)))
        except smtplib.SMTPException as lost:
            self._drop()
            if not reused or isinstance(lost.__context__, TimeoutError):
                raise TryLater(f"{self._name} broke off before the letter was sent: {lost}") from None
        else:
            return self._finish_letter(smtp, content)
        return self._deliver(mail_from, rcpt_to, content)  # nothing was sent: once more, on a fresh connection

    def _commands(self, smtp: smtplib.SMTP, mail_from: str, rcpt_to: str, size: int) -> tuple[str, str, str]:
        """MAIL with the parameters that this relay offers, RCPT, DATA."""
        parameters = ""
        if (limit := smtp.esmtp_features.get("size")) is not None:
            parameters += f" SIZE={size}"
            if limit.isdecimal() and 0 < int(limit) < size:
                raise NeverWorks(f"{self._name} takes letters up to {limit} bytes, this one has {size}")
        if not (mail_from + rcpt_to).isascii():
            parameters += " SMTPUTF8"
            if not smtp.has_extn("smtputf8"):
                raise NeverWorks(f"{self._name} takes no addresses outside ASCII (SMTPUTF8): {rcpt_to}")
        return f"MAIL FROM:<{mail_from}>{parameters}", f"RCPT TO:<{rcpt_to}>", "DATA"

    def _open_letter(self, smtp: smtplib.SMTP, commands: tuple[str, str, str]) -> None:
        """MAIL, RCPT, DATA: in one write where the relay allows it (RFC 2920)."""
        together = smtp.has_extn("pipelining")
        self._patience(smtp, self._timeouts.command)
        if together:
            smtp.send("".join(f"{command}\r\n" for command in commands).encode())
        for place, (command, good) in enumerate(zip(commands, (2, 2, 3), strict=True)):
            if not together:
                smtp.send(f"{command}\r\n".encode())
            reply = smtp.getreply()
            if reply[0] // 100 != good:
                self._recover(smtp, reply, unread=2 - place if together else 0)
                raise self._refusal(command, reply)

    def _finish_letter(self, smtp: smtplib.SMTP, content: bytes) -> str:
        """The content and its final dot; from the dot on, only an answer can tell what became of the letter."""
        try:
            self._patience(smtp, self._timeouts.content)
            smtp.send(content)
        except (OSError, smtplib.SMTPException):
            self._drop()
            raise TryLater(f"{self._name} broke off while the letter was being sent") from None
        try:
            self._patience(smtp, self._timeouts.final_dot)
            reply = smtp.getreply()
        except (OSError, smtplib.SMTPException) as lost:
            self._drop()
            raise InDoubt(f"{self._name} did not say whether it took the letter: {lost}") from None
        if reply[0] // 100 == 2:
            return _plain(*reply)
        if reply[0] // 100 not in (4, 5):
            self._drop()
            raise InDoubt(f"{self._name} did not say whether it took the letter: {_plain(*reply)}")
        if reply[0] == 421:
            self._drop()
        raise self._refusal("the letter", reply)

    def _recover(self, smtp: smtplib.SMTP, reply: Reply, unread: int) -> None:
        """Bring a connection back into step after a refusal, or let it go."""
        if reply[0] // 100 not in (4, 5) or reply[0] == 421 or reply[0] in ABOUT_US:
            self._drop()
            return
        try:
            for _ in range(unread):
                reply = smtp.getreply()
            if unread and reply[0] == 354:  # DATA was taken without a recipient: an empty letter to nobody
                smtp.send(b".\r\n")
                smtp.getreply()
            if smtp.rset()[0] != 250:
                self._drop()
        except smtplib.SMTPException:
            self._drop()

    def _refusal(self, what: str, reply: Reply) -> TryLater | NeverWorks:
        words = f"{self._name} answered to {what}: {_plain(*reply)}"
        if reply[0] in ABOUT_US:
            return Unreachable(words)
        return NeverWorks(words) if reply[0] // 100 == 5 else TryLater(words)

    def _connect(self) -> smtplib.SMTP:
        """A connection on which a letter may begin; whatever fails here is about us, so Unreachable."""
        try:
            smtp = self._dial()
            try:
                self._introduce(smtp)
            except BaseException:
                smtp.close()
                raise
        except smtplib.SMTPResponseException as refused:
            words = _plain(refused.smtp_code, refused.smtp_error)
            raise Unreachable(f"{self._name} does not let us in: {words}") from None
        except (OSError, smtplib.SMTPException, UnicodeError) as failed:
            raise Unreachable(f"{self._name} cannot be reached: {failed}") from None
        except TryLater as failed:  # no token to log in with
            raise Unreachable(str(failed)) from None
        return smtp

    def _dial(self) -> smtplib.SMTP:
        host, port, wait = self._relay.host, self._relay.port, self._timeouts.connect
        if self._relay.tls == "tls":
            return smtplib.SMTP_SSL(host, port, self._hostname, timeout=wait, context=self._trust())
        return smtplib.SMTP(host, port, self._hostname, timeout=wait)

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        """EHLO, STARTTLS where configured, login; never on in clear text when TLS was wanted (RFC 3207)."""
        self._patience(smtp, self._timeouts.command)
        self._hello(smtp)
        if self._relay.tls == "starttls":
            if not smtp.has_extn("starttls"):
                raise Unreachable(f"{self._name} does not offer STARTTLS, and we send nothing in clear text")
            smtp.starttls(context=self._trust())
            self._hello(smtp)
        if self._relay.user is not None:
            self._login(smtp, self._relay.user)

    def _hello(self, smtp: smtplib.SMTP) -> None:
        reply = smtp.ehlo()
        if reply[0] != 250:
            raise smtplib.SMTPResponseException(*reply)

    def _login(self, smtp: smtplib.SMTP, user: str) -> None:
        """AUTH with the first of our mechanisms that is offered (RFC 4954); its failure never names the secret."""
        if not (isinstance(smtp.sock, ssl.SSLSocket) or _is_loopback(smtp)):
            raise Unreachable(f"{self._name} would see our password in clear text: set tls for it")
        secret = self._relay.token() if self._relay.token else self._relay.password or ""
        answers = {
            "XOAUTH2": (xoauth2(user, secret).decode(),),
            "PLAIN": (f"\0{user}\0{secret}",),  # RFC 4616
            "LOGIN": (user, secret),
        }
        offered = smtp.esmtp_features.get("auth", "").upper().split()
        ours = ["XOAUTH2"] if self._relay.token else ["PLAIN", "LOGIN"]
        mechanism = next((name for name in ours if name in offered), None)
        if mechanism is None:
            raise Unreachable(f"{self._name} does not offer a login by {' or '.join(ours)}")
        first, *others = answers[mechanism]
        reply = smtp.docmd("AUTH", f"{mechanism} {_base64(first)}")
        for answer in (*others, ""):  # an empty answer to the challenge by which XOAUTH2 tells its error
            if reply[0] == 334:
                reply = smtp.docmd(_base64(answer))
        if reply[0] != 235:
            raise Unreachable(f"{self._name} refused our login as {user}: {_without(secret, _plain(*reply))}")

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._relay.ca_file)

    def _patience(self, smtp: smtplib.SMTP, seconds: float) -> None:
        if smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        smtp.sock.settimeout(seconds)

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _spoke_unasked(smtp: smtplib.SMTP) -> bool:
    """Whether something is there to be read although nothing was asked."""
    if smtp.sock is None:
        return True
    readable = select.poll()
    readable.register(smtp.sock, select.POLLIN)
    return bool(readable.poll(0))


def _is_loopback(smtp: smtplib.SMTP) -> bool:
    return smtp.sock is not None and ipaddress.ip_address(smtp.sock.getpeername()[0]).is_loopback


def on_the_wire(data: bytes) -> bytes:
    """The content with its dots doubled and its final dot (RFC 5321 4.5.2); a bare CR or LF is a fault of ours."""
    if not data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n"):
        raise NeverWorks("The letter has a line that does not end in CR LF: it was not sent")
    ended = data if data.endswith(b"\r\n") else data + b"\r\n"
    return (b"\r\n" + ended).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")


def _plain(code: int, said: bytes | str) -> str:
    """What the relay said, on one line, without controls."""
    words = said if isinstance(said, str) else said.decode("utf-8", "replace")
    return f"{code} {BLANK.sub(' ', words)[:500]}".strip()


def _without(secret: str, words: str) -> str:
    """The words as long as they do not repeat the secret."""
    repeated = secret and (secret in words or _base64(secret)[:-4] in words)
    return words[:3] if repeated else words
