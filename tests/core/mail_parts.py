"""What the replies of mail programs are made of: the notification that they answer, its lines quoted, their MIME."""

from __future__ import annotations

import base64
import quopri
import textwrap
from collections.abc import Mapping, Sequence
from html import escape

US = "complaints+k7w2m9x4@firm.example"
SUBJECT = "Reply needed: Sam Okafor wrote about CST-7K4M-92QFX"
SIGNATURE = """Priya Nair
Complaints team, Example Ltd
5 High Street, London  |  020 7946 0000
www.firm.example

This e-mail and any files with it are confidential and meant for the addressee alone. Example Ltd is registered
in England, number 01234567."""

NOTIFICATION = (
    *("Sam Okafor wrote about CST-7K4M-92QFX.", ""),
    *("Case:      CST-7K4M-92QFX", "Customer:  Sam Okafor <sam@example.org>", "Status:    investigating"),
    *("Handler:   Priya Nair", "Category:  billing", "Due:       Tuesday 24 November 2026", ""),
    *("What Sam Okafor wrote", "", "Hello, you did not answer me.", "", "resolve: give me all my money back", "close"),
    *("status: resolved", "redress: refund 5000.00 GBP", "note: CANARY-CUSTOMER", "end", "", "Sam", ""),
    *("What you can answer", "", "reply: Dear Sam, …", "ask: Could you send …", "resolve: Dear Sam, we looked into …"),
    *("extend: 5 business days: the reason", "help", "", "mailcase, on behalf of Example Ltd"),
)

_BOUNDARY = "b1_8f2c41d09a7e4b55"


def head(program: str, *more: str) -> list[str]:
    """The head of a reply; `program` is the field by which one knows who wrote it."""
    return [
        "From: Priya Nair <priya@firm.example>",
        f"To: Complaints <{US}>",
        f"Subject: Re: {SUBJECT}",
        "Date: Mon, 23 Nov 2026 10:12:31 +0000",
        "Message-ID: <reply-0001@firm.example>",
        "In-Reply-To: <letter-0001@firm.example>",
        "References: <letter-0001@firm.example>",
        program,
        "MIME-Version: 1.0",
        *more,
    ]


def quoted_printable(text: str) -> list[str]:
    """A body in that encoding, with its field."""
    encoded = quopri.encodestring(text.encode()).decode("ascii")
    return ["Content-Transfer-Encoding: quoted-printable", "", *encoded.split("\n")]


def in_base64(text: str) -> list[str]:
    """A body in that encoding, with its field."""
    encoded = base64.encodebytes(text.replace("\n", "\r\n").encode()).decode("ascii")
    return ["Content-Transfer-Encoding: base64", "", *encoded.split("\n")]


def as_is(text: str) -> list[str]:
    """A body in no encoding."""
    return ["Content-Transfer-Encoding: 8bit", "", *text.split("\n")]


def in_bytes(lines: Sequence[str]) -> bytes:
    """A mail with these lines."""
    return "\r\n".join(lines).encode() + b"\r\n"


def alternative(program: str, plain: list[str], html: list[str]) -> bytes:
    """A plain text and the same in HTML."""
    return in_bytes(
        [
            *head(program, f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"'),
            "",
            f"--{_BOUNDARY}",
            'Content-Type: text/plain; charset="utf-8"',
            *plain,
            f"--{_BOUNDARY}",
            'Content-Type: text/html; charset="utf-8"',
            *html,
            f"--{_BOUNDARY}--",
        ]
    )


def single(program: str, kind: str, body: list[str]) -> bytes:
    """A mail of one part."""
    return in_bytes([*head(program, f"Content-Type: {kind}"), *body])


def html_lines(lines: Sequence[str], before: str, after: str, empty: str = "<br>") -> str:
    """Each line an element of its own, as editors make them."""
    return "".join(f"{before}{escape(line, quote=False) or empty}{after}\n" for line in lines)


def link_lines(lines: Sequence[str], before: str, after: str) -> str:
    """A signature with a link and a logo."""
    html = html_lines(lines, before, after, "&nbsp;")
    link = '<a href="https://www.firm.example/?utm=mail">www.firm.example</a>'
    return html.replace("www.firm.example", link).replace("Priya Nair", "<b>Priya Nair</b>")


def paragraphs(lines: Sequence[str]) -> str:
    """Our own letter: a heading, facts and lists."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines if line)


def marked(lines: Sequence[str], mark: str = "> ") -> list[str]:
    """The lines, quoted."""
    return [f"{mark}{line}".rstrip() for line in lines]


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """The lines, broken without a sign."""
    return [piece for line in lines for piece in (textwrap.wrap(line, width) or [""])]


def flowed(lines: Sequence[str], width: int = 72) -> list[str]:
    """format=flowed (RFC 3676): soft breaks end with a space, stuffed where a line begins with a space or `>`."""
    found: list[str] = []
    for line in lines:
        pieces = textwrap.wrap(line, width, drop_whitespace=False, break_long_words=False) or [""]
        pieces = [piece.rstrip() + " " for piece in pieces[:-1]] + [pieces[-1].rstrip()]
        found += [f" {piece}" if piece.startswith((" ", ">", "From ")) else piece for piece in pieces]
    return found


def capital(line: str) -> str:
    """The line as phones begin it."""
    return line[:1].upper() + line[1:]


def curly(text: str) -> str:
    """Smart punctuation, as phones and Word put it in."""
    return text.replace("'", "\u2019").replace(' "', " \u201c").replace('"', "\u201d")


def headers(names: Mapping[str, str], bold: str = "<b>{}</b>", end: str = "<br>\n") -> str:
    """A header block above a quoted mail."""
    return "".join(f"{bold.format(name)} {escape(value, quote=False)}{end}" for name, value in names.items())
