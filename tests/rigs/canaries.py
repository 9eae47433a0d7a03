"""Words that tell where they come from: each stands in one place of one mail, and is looked for in every letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from itertools import count

_CANARY = re.compile(r"qz(\d+)zq", re.IGNORECASE)


@dataclass(slots=True)
class Canary:
    """Where it was planted; `case` is the one whose customers may read it, '' for words that nobody outside may."""

    place: str
    story: int
    case: str = ""


@dataclass(slots=True)
class Canaries:
    """All that were planted, by number."""

    planted: list[Canary] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    ids: Iterator[int] = field(default_factory=count)

    def plant(self, place: str, story: int, case: str = "") -> str:
        """A new word for a place."""
        self.planted.append(Canary(place, story, case))
        self.counts[place] += 1
        return f"qz{len(self.planted) - 1}zq"

    def forbid(self, numbers: Iterable[int]) -> None:
        """Nobody outside may read these any more: the mail in which they stand was not carried out."""
        for number in numbers:
            self.planted[number].case = ""

    def found_in(self, raw: bytes) -> list[Canary]:
        """Those that a letter carries, in whatever part, header or encoding."""
        return [self.planted[number] for number in numbers_in(readable(raw))]


@dataclass(frozen=True, slots=True)
class Plant:
    """Plants canaries of one story, which the customers of a case may read; '' is nobody."""

    canaries: Canaries
    story: int
    case: str = ""

    def __call__(self, place: str) -> str:
        """A new word for a place."""
        return self.canaries.plant(place, self.story, self.case)

    def unique(self) -> str:
        """A word for a Message-ID, which an answer names by right."""
        return f"id{next(self.canaries.ids)}"


def numbers_in(text: str) -> list[int]:
    """The canaries of a text, each once."""
    return sorted({int(number) for number in _CANARY.findall(text)})


def readable(raw: bytes) -> str:
    """The bytes themselves, and every header and part decoded."""
    mail = message_from_bytes(raw)
    return "\n".join([raw.decode("utf-8", "replace"), *_headers(mail), *_bodies(mail)])


def _headers(mail: Message) -> Iterable[str]:
    return (str(make_header(decode_header(value))) for value in mail.values())


def _bodies(mail: Message) -> Iterable[str]:
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content.decode("utf-8", "replace")
