"""A thousand generated complaints: one in ten with a 50 kB attachment, one in five a reply of the same customer."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass

SERVICE = "complaints@bench.example"
_WORDS = [
    "the",
    "order",
    "arrived",
    "late",
    "and",
    "the",
    "box",
    "was",
    "open",
    "when",
    "the",
    "courier",
    "left",
    "it",
    "at",
    "our",
    "door",
    "so",
    "we",
    "wrote",
    "to",
    "your",
    "shop",
    "twice",
    "and",
    "nobody",
    "answered",
    "which",
    "is",
    "why",
    "we",
    "now",
    "ask",
    "for",
    "a",
    "refund",
    "and",
    "for",
    "an",
    "explanation",
    "of",
    "what",
    "went",
    "wrong",
]


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail; `is_reply` ones belong to the case of an earlier one."""

    sender: str
    raw: bytes
    is_reply: bool


def complaints(count: int, seed: int = 1, first: int = 0) -> list[Sample]:
    """`count` mails of which a fifth, the last ones, are replies to the earlier ones."""
    dice = random.Random(seed)
    fresh = count - count // 5
    return [_sample(first + number, dice) for number in range(fresh)] + [
        _reply(first + number, first + fresh + number, dice) for number in range(count - fresh)
    ]


def _head(number: int, message_id: str, subject: str) -> str:
    return (
        f"Return-Path: <customer{number}@mail.example>\r\n"
        "Received: from out.mail.example (out.mail.example [192.0.2.7]) by mx.bench.example with ESMTPS id 4F2;"
        " Fri, 20 Nov 2026 10:00:00 +0000\r\n"
        f"From: Customer {number} <customer{number}@mail.example>\r\n"
        f"To: {SERVICE}\r\nSubject: {subject}\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
        f"Message-ID: <{message_id}@mail.example>\r\nMIME-Version: 1.0\r\nUser-Agent: Mail/1.0\r\n"
    )


def _text(dice: random.Random, words: int) -> str:
    chosen = [dice.choice(_WORDS) for _ in range(words)]
    return "\r\n".join(" ".join(chosen[start : start + 12]) for start in range(0, words, 12)) + "\r\n"


def _sample(number: int, dice: random.Random) -> Sample:
    head = _head(number, f"complaint-{number}", f"Complaint about order {number}")
    text = _text(dice, 250)
    plain = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    if number % 8:  # of the fresh mails, which are four fifths: one in ten of all has an attachment
        return Sample(f"customer{number}@mail.example", (head + plain + text).encode(), False)
    photo = base64.encodebytes(dice.randbytes(50_000)).decode().replace("\n", "\r\n")
    body = (
        'Content-Type: multipart/mixed; boundary="cut"\r\n\r\n'
        f"--cut\r\n{plain}{text}\r\n--cut\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="photo {number}.jpg"\r\n\r\n{photo}\r\n--cut--\r\n'
    )
    return Sample(f"customer{number}@mail.example", (head + body).encode(), False)


def _reply(number: int, own: int, dice: random.Random) -> Sample:
    head = _head(number, f"reply-{own}", f"Re: Complaint about order {number}")
    head += f"In-Reply-To: <complaint-{number}@mail.example>\r\nReferences: <complaint-{number}@mail.example>\r\n"
    quoted = "".join(f"> {line}\r\n" for line in _text(dice, 120).splitlines())
    body = f"{_text(dice, 60)}\r\nOn Fri, 20 Nov 2026 at 10:00, Customer {number} wrote:\r\n{quoted}"
    raw = head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + body
    return Sample(f"customer{number}@mail.example", raw.encode(), True)
