"""The mails of random people, as bytes: MIME with quotes, hidden HTML and files, a canary in each place."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from builders import US, mail
from core.mail_programs import PROGRAMS
from rigs.canaries import Plant

ESCALATION = "escalation@firm.example"
FORM_SENDER = "no-reply@forms.example"
SIGNATURE = "Priya Nair\nComplaints team qz0zq"  # the one that the firm configured: canary 0
FORGED = {
    "no proof": "",
    "a failed proof": "mx.firm.example; dmarc=fail header.from=elsewhere.example",
    "a proof by somebody else": "mx.evil.example; dmarc=pass header.from=elsewhere.example",
}
PROVEN = "mx.firm.example; dmarc=pass header.from=elsewhere.example"
BOUNDARY = "b1_random"


@dataclass(frozen=True, slots=True)
class Answered:
    """A letter of ours that somebody answers: its Message-ID, where an answer goes, and its words."""

    message_id: str
    reply_to: str
    text: str


def customers_mail(sender: str, text: str, plant: Plant, answered: Answered | None, chance: random.Random) -> bytes:
    """What a customer writes, in one of the shapes of mail programs."""
    quote = ""
    if answered and chance.random() < 0.5:
        lines = "\n".join(f"> {line}" for line in answered.text.splitlines()[:20])
        quote = f"\n\nOn Monday we wrote {plant('quoted text')}:\n{lines}\n> {plant('quoted text')}"
    words = f"{text}\n{plant('text')}\n\n-- \n{plant('signature')}{quote}"
    shape = chance.choice(("plain", "plain", "html", "html only", "files"))
    fields = {**SHAPES[shape][0], **_fields(sender, plant, answered)}
    return mail(f'"Sam {plant("sender name")}" <{sender}>', text=SHAPES[shape][1](words, plant), **fields)


def _fields(sender: str, plant: Plant, answered: Answered | None) -> dict[str, str]:
    found = {
        "subject": f"My order {plant('subject')}",
        "message_id": f"<{plant.unique()}@mua.example>",
        "x_mailcase_note": plant("header"),
        "organization": plant("header"),
        "cc": f'"{plant("cc name")}" <{plant("cc")}@third.example>',
        "reply_to": f"{plant('reply-to')}@third.example",
        "mime_version": "1.0",
    }
    return found | ({"in_reply_to": answered.message_id, "to": answered.reply_to or US} if answered else {})


def _plain(words: str, _plant: Plant) -> str:
    return words


def _html_page(words: str, plant: Plant) -> str:
    hidden = f'<div style="display:none">{plant("hidden html")}</div><!-- {plant("comment")} -->'
    rows = words.replace("\n", "<br>\n")
    return f"<html><head><title>{plant('title')}</title></head><body>{rows}{hidden}</body></html>"


def _alternative(words: str, plant: Plant) -> str:
    return _parts(("text/plain", words), ("text/html", _html_page(words, plant)))


def _with_files(words: str, plant: Plant) -> str:
    name, content = plant("attachment name"), plant("attachment")
    file = f'text/csv; name="{name}.csv"\r\nContent-Disposition: attachment; filename="{name}.csv"'
    return _parts(("text/plain", words), (file, content))


def _parts(*parts: tuple[str, str]) -> str:
    body = "".join(f"--{BOUNDARY}\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts)
    return f"{body}--{BOUNDARY}--\r\n"


Shape = tuple[Mapping[str, str], Callable[[str, Plant], str]]
SHAPES: Mapping[str, Shape] = {
    "plain": ({"content_type": "text/plain; charset=utf-8"}, _plain),
    "html": ({"content_type": f'multipart/alternative; boundary="{BOUNDARY}"'}, _alternative),
    "html only": ({"content_type": "text/html; charset=utf-8"}, _html_page),
    "files": ({"content_type": f'multipart/mixed; boundary="{BOUNDARY}"'}, _with_files),
}


def staff_mail(
    who: str, typed: str, plant: Plant, to: str, answered: Answered | None, chance: random.Random, proof: str = PROVEN
) -> bytes:
    """What one of staff writes in one of the mail programs that people use, below it what it answers."""
    signature = SIGNATURE if who.startswith("priya@") else f"-- \nTeam {plant('unknown signature')}"
    theirs = answered.text.splitlines()[:60] if answered else ["Complaints"]
    program = chance.choice(tuple(PROGRAMS)) if who.startswith("priya@") else ""
    if program:
        raw = PROGRAMS[program](typed.split("\n"), signature, [*theirs, plant("quoted text")])
        kept, body = _content_of(raw)
    else:
        quoted = "\n".join(f"> {line}" for line in theirs)
        body = f"{typed}\n\n{signature}\n\nOn Monday {plant('quoted text')} wrote:\n{quoted}\n".encode()
        kept = ["MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
    fields = [
        *(f'From: "{plant("sender name")}" <{who}>', f"To: {to}", f"Subject: Re: {plant('subject')}"),
        *(f"Message-ID: <{plant.unique()}@mua.example>", f"X-Note: {plant('header')}"),
        *([f"Authentication-Results: {proof}"] if proof else []),
        *([f"In-Reply-To: {answered.message_id}"] if answered else []),
    ]
    return "\r\n".join([*fields, *kept]).encode() + b"\r\n\r\n" + body


def _content_of(raw: bytes) -> tuple[list[str], bytes]:
    """The fields of a mail that speak of its content, unfolded, and its body."""
    top, _, body = raw.partition(b"\r\n\r\n")
    fields = top.decode().replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")
    return [field for field in fields if field.lower().startswith(("mime-version", "content-"))], body


def forwarded(colleague: str, customer: str, plant: Plant) -> bytes:
    """A complaint that somebody of the firm passes on."""
    text = (
        f"FYI {plant('forward')}\n\n---------- Forwarded message ---------\nFrom: Kim {plant('name')} <{customer}>\n"
        f"Date: Fri, 20 Nov 2026 at 14:05\nSubject: My lamp {plant('subject')}\nTo: <{colleague}>\n\n"
        f"It broke. {plant('text')}\n"
    )
    subject = f"Fwd: {plant('subject')}"
    return mail(f"Ann <{colleague}>", subject, text, message_id=f"<{plant.unique()}@mua.example>")


def filled_form(customer: str, plant: Plant) -> bytes:
    """What a web form sends."""
    text = f"Name: Kim {plant('name')}\nEmail: {customer}\nMessage: It broke. {plant('text')}\n"
    proof = "mx.firm.example; dmarc=pass header.from=forms.example"
    headers = {"authentication_results": proof, "message_id": f"<{plant.unique()}@forms.example>"}
    return mail(FORM_SENDER, f"Form {plant('subject')}", text, **headers)


def bounce(reader: str, answered: Answered, plant: Plant) -> bytes:
    """A letter of ours comes back."""
    report = f"Final-Recipient: rfc822; {reader}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    report += f"Diagnostic-Code: smtp; 550 no such user {plant('diagnostic')}\r\n"
    text = _parts(
        ("text/plain", f"Sorry. {plant('text')}"),
        ("message/delivery-status", f"Reporting-MTA: dns; mx.example.org\r\n\r\n{report}"),
        ("text/rfc822-headers", f"Message-ID: {answered.message_id}\r\nTo: {reader}\r\n"),
    )
    kind = f'multipart/report; report-type=delivery-status; boundary="{BOUNDARY}"'
    headers = {"content_type": kind, "message_id": f"<{plant.unique()}@mx.example>", "mime_version": "1.0"}
    return mail("MAILER-DAEMON@mx.example.org", f"Undelivered {plant('subject')}", text, **headers)


def automatic(sender: str, plant: Plant, answered: Answered | None) -> bytes:
    """Somebody is on holiday."""
    fields = _fields(sender, plant, answered)
    return mail(sender, text=f"I am away. {plant('text')}", auto_submitted="auto-replied", **fields)


def names_of(staff: Sequence[tuple[str, str]]) -> list[str]:
    """What a colleague may be called in a command."""
    return [word for name, address in staff for word in (name, name.split()[0].lower(), address)]
