"""What stands behind a keyword, as typed values: one small function for each shape of an argument."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Final, get_args

from mailcase.core.days.durations import parse as parse_duration
from mailcase.core.days.past_day import past_day
from mailcase.core.ids import find_references
from mailcase.core.mail.addresses import one_strict_address
from mailcase.core.record import Person
from mailcase.core.staff.command_values import (
    CONTACTS,
    CURRENCIES,
    REDRESS,
    Accept,
    Channel,
    Check,
    Extend,
    Log,
    New,
    Redress,
    Value,
)

LONGEST: Final = 200  # characters of a name or another short argument
LONGEST_WORDS: Final = 20_000
MOST_FILES: Final = 100

# Straight, typographic, low, and angled quotation marks.
_QUOTES: Final = "\"'`\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"
_MAILTO: Final = re.compile(r"(?<=\S) ?<mailto:[^<>\s]*>", re.IGNORECASE)  # what Outlook writes behind an address
_NAME: Final = re.compile(r"[\w-]+(?: [\w-]+){0,4}")  # as policies name their tracks and categories
_MONEY: Final = re.compile(r"(\d{1,9}(?:\.\d{2})?) ?([a-z]{3})", re.IGNORECASE)
_RECEIVED: Final = re.compile(r"received:? (.+)", re.IGNORECASE)


class BadArgument(Exception):
    """An argument that cannot be read; its words say what would have been right."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the meaning of an argument depends on: the day where the firm is, and the prefix of its references."""

    today: date
    prefix: str


Reader = Callable[[str, Setting], Value]


def nothing(_text: str, _setting: Setting) -> None:
    """For keywords that stand alone."""


def words(text: str, _setting: Setting) -> str:
    """Anything, also over several lines."""
    if not re.search(r"\w", text):
        raise BadArgument("nothing is written behind it")
    if len(text) > LONGEST_WORDS:
        raise BadArgument(f"it is longer than {LONGEST_WORDS} characters")
    return text


def name(text: str, _setting: Setting) -> str:
    """A name such as the policy has for a category or a track; to be compared without regard to case."""
    bare = _bare(text)
    if not _NAME.fullmatch(bare) or len(bare) > LONGEST:
        raise BadArgument("write one name of letters, digits and -, at most five words")
    return bare


def person(text: str, _setting: Setting) -> str:
    """One of staff: an address, or a name."""
    bare = _bare(_MAILTO.sub("", text))
    if "@" in bare:
        return _address(bare)
    if not re.fullmatch(r"[^\W\d_][\w .'\u2019-]*", bare) or len(bare) > LONGEST:
        raise BadArgument("write the name or the address of one of staff")
    return bare


def one_of(*choices: str) -> Reader:
    """One of these, in whatever case; a hyphen counts as a space."""

    def read(text: str, _setting: Setting) -> str:
        return _choice(text, choices)

    return read


def extend(text: str, _setting: Setting) -> Extend:
    """`5 business days: waiting for the network operator`."""
    length, reason = _pieces(text, 2, "5 business days: the reason, which the customer reads")
    try:
        return Extend(parse_duration(length), reason)
    except ValueError as error:
        raise BadArgument(str(error)) from None


def redress(text: str, _setting: Setting) -> Redress:
    """`refund 20.00 GBP`, or `none`."""
    first, _, rest = _bare(text).partition(" ")
    kind = _choice(first, tuple(REDRESS))
    if not REDRESS[kind]:
        if rest:
            raise BadArgument(f"write {kind} alone; where it needs words, they stand in the letter")
        return Redress(kind)
    money = _MONEY.fullmatch(rest)
    if money is None:
        raise BadArgument(f"write the amount and the currency like this: {kind} 20.00 GBP")
    currency = money[2].upper()
    if currency not in CURRENCIES:
        raise BadArgument(f"{currency} is no currency of ISO 4217, such as GBP")
    amount = Decimal(money[1])
    if not amount:
        raise BadArgument("an amount of nought is no redress: write none")
    return Redress(kind, amount, currency)


def further_person(text: str, _setting: Setting) -> Person:
    """`add ADDRESS: representative: letter of 3 May`; `remove ADDRESS` is a person without a role."""
    right = "add ADDRESS: role: authority; or remove ADDRESS"
    verb, _, address = text.partition(" ")
    if verb.lower() == "remove":
        return Person(_address(address), "", "")
    who, role, authority = _pieces(text, 3, right)
    verb, _, address = who.partition(" ")
    if verb.lower() != "add":
        raise BadArgument(f"write {right}")
    return Person(_address(address), role, authority)


def same(text: str, setting: Setting) -> str:
    """The reference of another case, however it is written, in its canonical form."""
    bare = _bare(text)
    found = list(find_references(setting.prefix, bare))
    symbols = len(re.sub(r"[\W_]", "", bare)) - len(setting.prefix)
    if len(found) != 1 or symbols != len(found[0].replace("-", "")) - len(setting.prefix):
        raise BadArgument(f"“{bare[:40]}” is no reference: write one like {setting.prefix}-7K4M-92QFX, without a slip")
    return found[0]


def log(text: str, _setting: Setting) -> Log:
    """`phone: said that the parcel came`, or `posted`."""
    channel, _, rest = (piece.strip() for piece in text.partition(":"))
    channel = _choice(channel, tuple(CONTACTS))
    if CONTACTS[channel] and not re.search(r"\w", rest):
        raise BadArgument(f"write {channel}: what was said")
    return Log(channel, rest)


def new(text: str, setting: Setting) -> New:
    """`phone: sam@example.org: received 3 May: …`; a name in place of the address when there is none."""
    right = "phone: sam@example.org: received 3 May: what happened"
    channel, customer, received, rest = _pieces(text, 4, right)
    chosen = _choice(channel, get_args(Channel))
    address = _address(customer) if "@" in customer else ""
    called = "" if address else _bare(customer)
    if not address and not re.search(r"[^\W\d_]", called):
        raise BadArgument("write the address of the customer, or the name of one who has none")
    return New(_channel(chosen), address, called[:LONGEST], _received(received, setting), rest)


def accept(text: str, setting: Setting) -> Accept | None:
    """Nothing, when all is right; else `ADDRESS: received 3 May`."""
    if not text:
        return None
    customer, received = _pieces(text, 2, "accept alone, or accept: ADDRESS: received 3 May")
    return Accept(_address(customer), _received(received, setting))


def check(text: str, _setting: Setting) -> Check:
    """`fault: yes: it does not start`; the words may be missing."""
    question, _, rest = (piece.strip() for piece in text.partition(":"))
    answer, _, remark = (piece.strip() for piece in rest.partition(":"))
    if not _NAME.fullmatch(question):
        raise BadArgument("write the name of the question and yes or no, like this: fault: yes")
    return Check(question, _choice(answer, ("yes", "no")) == "yes", remark)


def files(text: str, _setting: Setting) -> tuple[int, ...]:
    """Numbers of attachments: `2,3`."""
    numbers = re.split(r" ?(?:,|;| and | ) ?", _bare(text).lower())
    if not all(re.fullmatch(r"[1-9][0-9]{0,3}", number) for number in numbers) or len(numbers) > MOST_FILES:
        raise BadArgument("write the numbers of the files, like this: 2,3")
    return tuple(dict.fromkeys(int(number) for number in numbers))


def _bare(text: str) -> str:
    """On one line, without the quotation marks around it."""
    return " ".join(text.split()).strip(_QUOTES).strip()


def _pieces(text: str, count: int, right: str) -> list[str]:
    """The pieces between colons; the last one keeps its own colons."""
    pieces = [piece.strip() for piece in _MAILTO.sub("", text).split(":", count - 1)]
    if len(text) > LONGEST_WORDS:
        raise BadArgument(f"it is longer than {LONGEST_WORDS} characters")
    if len(pieces) < count or not all(re.search(r"\w", piece) for piece in pieces):
        raise BadArgument(f"write {right}")
    return pieces


def _address(text: str) -> str:
    found = one_strict_address([_bare(_MAILTO.sub("", text))])
    if found is None or not found[0] or found[1] or "." not in found[0].rpartition("@")[2]:
        raise BadArgument(f"“{text[:80]}” is no address: write it bare, like sam@example.org")
    return found[0]


def _choice(text: str, choices: tuple[str, ...]) -> str:
    """The choice that is meant, without regard to case, hyphens and spaces."""
    known = {_folded(choice): choice for choice in choices}
    if _folded(text) not in known:
        raise BadArgument(f"write {', '.join(choices[:-1])} or {choices[-1]}{_meant(_bare(text).lower(), choices)}")
    return known[_folded(text)]


def _folded(text: str) -> str:
    return re.sub(r"[\s-]", "", _bare(text)).casefold()


def _meant(written: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(written[:60], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _channel(choice: str) -> Channel:
    return next(channel for channel in get_args(Channel) if channel == choice)


def _received(text: str, setting: Setting) -> date:
    found = _RECEIVED.fullmatch(_bare(text))
    if found is None:
        raise BadArgument("write the day on which we received it, like this: received 3 May")
    try:
        return past_day(found[1], setting.today)
    except ValueError as error:
        raise BadArgument(str(error)) from None
