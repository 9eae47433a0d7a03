"""The mails that `mailcase demo` sends: what customers' mail programs send every day."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, make_msgid

PRIYA = "priya@harbour-lamps.example"
MAIL_SYSTEM = "mx.harbour-lamps.example"  # it checks who sent a mail, and says so at its head
SAM, MARIA = "sam@example.org", "maria@example.net"
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail as it goes to the SMTP listener, and what there is to know about it."""

    who: str
    what: str
    sender: str
    recipient: str
    raw: bytes


def first_mails(to: str) -> tuple[Sample, ...]:
    """Three complaints, one of them sent twice, and a robot's reply."""
    maria = _from_a_phone(to)
    return (
        _plain(to),
        maria,
        Sample(maria.who, "the same again, the phone had lost the network", maria.sender, to, maria.raw),
        _with_attachment(to),
        _out_of_office(to),
    )


def answer(letter: bytes) -> Sample:
    """What the customer's mail program sends when they press Reply on our letter."""
    words = "The order number is 20481. I can send photos.\n\nSam"
    return _sample("Sam Okafor", "an answer to the acknowledgement", _reply(letter, "Sam Okafor", SAM, words))


def commands(letter: bytes, words: str) -> Sample:
    """What Priya's mail program sends when she answers a mail about a case."""
    return _sample("Priya Nair", "lines that mailcase carries out", _reply(letter, "Priya Nair", PRIYA, words))


def _reply(letter: bytes, name: str, sender: str, words: str) -> EmailMessage:
    ours = message_from_bytes(letter, policy=SMTP)
    message = _mail(name, sender, str(ours["Reply-To"] or ours["From"]), f"Re: {ours['Subject']}")
    message["In-Reply-To"] = ours["Message-ID"]
    message["References"] = ours["Message-ID"]
    quoted = "\n".join(f"> {line}".rstrip() for line in readable(letter).splitlines())
    message.set_content(f"{words}\n\nOn {ours['Date']}, {ours['From']} wrote:\n{quoted}\n")
    return message


def readable(letter: bytes) -> str:
    """The text of a letter as the customer reads it."""
    message = message_from_bytes(letter, policy=SMTP)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    return str(part.get_content()).replace("\r\n", "\n").strip() if part else ""


def _plain(to: str) -> Sample:
    message = _mail("Sam Okafor", SAM, to, "The lamp came broken")
    message.set_content(
        "Hello,\n\nthe lamp I ordered came with a cracked shade. I called twice and nobody rang back.\n"
        "I would like a new one or my money.\n\nSam Okafor\n"
    )
    return _sample("Sam Okafor", "a complaint in plain text", message)


def _from_a_phone(to: str) -> Sample:
    message = _mail("Maria Lopes", MARIA, to, "Charged twice")
    message["X-Mailer"] = "iPhone Mail (22A3354)"
    message.set_content(
        "<html><body dir='auto'>You took <b>49,90 €</b> twice for one lamp.<br><br>Por favor, devolvam o dinheiro.<br>"
        "<br><div dir='ltr'>Sent from my iPhone</div></body></html>",
        subtype="html",
    )
    return _sample("Maria Lopes", "HTML only, from a phone", message)


def _with_attachment(to: str) -> Sample:
    message = _mail("Jonas Weber", "jonas@example.com", to, "Rechnung falsch / wrong invoice")
    message.set_content("Good morning,\n\nthe invoice names the wrong address. A picture is attached.\n\nJonas Weber\n")
    message.add_attachment(PIXEL, maintype="image", subtype="png", filename="Rechnung für Größe 3.png")
    return _sample("Jonas Weber", "a complaint with a picture", message)


def _out_of_office(to: str) -> Sample:
    message = _mail("Grace Hall", "grace@example.org", to, "Automatic reply: Your order")
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("I am out of the office until Monday.\n")
    return _sample("Grace Hall", "an out-of-office reply", message)


def _mail(name: str, sender: str, to: str, subject: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{name} <{sender}>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    domain = sender.partition("@")[2]
    message["Message-ID"] = make_msgid(domain=domain)
    message["Authentication-Results"] = f"{MAIL_SYSTEM}; dmarc=pass header.from={domain}"
    return message


def _sample(who: str, what: str, message: EmailMessage) -> Sample:
    [(_, sender)], [(_, to)] = getaddresses([message["From"]]), getaddresses([message["To"]])
    return Sample(who, what, sender, to, message.as_bytes())
