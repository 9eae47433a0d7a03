"""Those who write to us: their mails, and mail servers that bring them by SMTP as real ones do."""

from __future__ import annotations

import secrets
import smtplib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from queue import SimpleQueue

SERVICE = "complaints@firm.test"
AGAIN_AFTER_S = 0.1  # real servers wait for minutes


def new_customer() -> str:
    """An address that nobody had before."""
    return f"sam.{secrets.token_hex(6)}@customer.test"


def mail(sender: str, headers: Mapping[str, str] | None = None, text: str = "The parcel never came.") -> bytes:
    """A mail to us, with a Message-ID of its own; `headers` go over the usual ones."""
    usual = {
        "From": f"Sam Okafor <{sender}>",
        "To": SERVICE,
        "Subject": "My parcel",
        "Date": formatdate(),
        "Message-ID": f"<{secrets.token_hex(12)}@mail.customer.test>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
    }
    lines = [f"{name}: {value}" for name, value in {**usual, **(headers or {})}.items()]
    return "\r\n".join([*lines, "", *text.splitlines(), ""]).encode()


def reply(sender: str, message_id: str) -> bytes:
    """An answer to the letter with this Message-ID."""
    headers = {"Subject": "Re: your letter", "In-Reply-To": message_id, "References": message_id}
    return mail(sender, headers, "And the box was open.")


@dataclass(frozen=True, slots=True)
class _Posted:
    envelope_from: str
    raw: bytes


class MailServers:
    """Bring mails to `ports`, and bring a mail again, the same bytes, until its content was answered with 250."""

    def __init__(self, ports: Sequence[int], recipient: str = SERVICE, connections: int = 3) -> None:
        self.answers: Counter[int] = Counter()  # SMTP codes that ended a dialogue; 0: it broke off
        self._ports, self._recipient = ports, recipient
        self._waiting: SimpleQueue[_Posted | None] = SimpleQueue()
        self._open = 0
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._threads = [threading.Thread(target=self._bring_all, args=(place,)) for place in range(connections)]
        for thread in self._threads:
            thread.start()

    def post(self, raw: bytes, envelope_from: str) -> None:
        """Take a mail on; returns at once."""
        with self._changed:
            self._open += 1
        self._waiting.put(_Posted(envelope_from, raw))

    def wait(self, timeout: float = 60.0) -> None:
        """Return when all that was posted has been accepted."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._open == 0, timeout), f"{self._open} mails not accepted"

    def wait_for_answer(self, code: int, times: int = 1, timeout: float = 30.0) -> None:
        """Return when a mail was answered so."""
        with self._changed:
            met = self._changed.wait_for(lambda: self.answers[code] >= times, timeout)
        assert met, f"no {code}: {self.answers}"

    def close(self) -> None:
        """Give up what is not accepted, and end."""
        self._closed.set()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _bring_all(self, place: int) -> None:
        turn = place
        while (posted := self._waiting.get()) and not self._closed.is_set():
            while self._bring(self._ports[turn % len(self._ports)], posted) != 250:
                turn += 1
                if self._closed.wait(AGAIN_AFTER_S):
                    return
            turn += 1
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

    def _bring(self, port: int, posted: _Posted) -> int:
        """One dialogue on a connection of its own."""
        code = 250
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
                smtp.sendmail(posted.envelope_from, [self._recipient], posted.raw)
        except smtplib.SMTPRecipientsRefused as refused:
            code = refused.recipients[self._recipient][0]
        except smtplib.SMTPResponseException as refused:
            code = refused.smtp_code
        except (OSError, smtplib.SMTPException):
            code = 0
        with self._changed:
            self.answers[code] += 1
            self._changed.notify_all()
        return code
