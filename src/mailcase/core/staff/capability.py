"""Tokens that staff answer to: each proves for whom we made it, for which case, and until when.

A token is a few lower-case symbols, so it fits behind the plus sign of our address (a local part has at most 64
octets, RFC 5321 4.5.3.1.1) and survives whoever lower-cases that. It names the case and its last day; the person it
only seals, because whoever writes has to say that themselves. It comes in two lengths, neither that of a customer's
tag (`ids.tag`) nor of a letter's id: those help to find a case and prove nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from mailcase.core import ids
from mailcase.core.mail.addresses import folded
from mailcase.core.mail.message import Message
from mailcase.core.mail.thread import tags

_ALPHABET = ids.ALPHABET.lower()
_OF_BYTE = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))
_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # as int() reads base 32
_EPOCH = date(1970, 1, 1)
_CASE, _DAY = 8, 4
_SEAL = 13  # symbols, so 65 bits: each guess is a mail, and a thousand a second find none in half a billion years
_SYMBOL = f"[{_ALPHABET}]"
_TOKEN = re.compile(
    rf"(?P<case>{_SYMBOL}{{{_CASE}}})?(?P<day>{_SYMBOL}{{{_DAY}}})(?P<seal>{_SYMBOL}{{{_SEAL}}})",
    re.IGNORECASE | re.ASCII,
)

Flaw = Literal["it is no token", "it was not made for this person, or it was changed", "it is too old"]


@dataclass(frozen=True, slots=True)
class Keys:
    """What tokens are sealed with, the current key; those sealed with a previous one are believed until they end."""

    current: bytes = field(repr=False)
    previous: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Capability:
    """What a token proves. `case` is '' in the personal one, for what belongs to no case yet: `new:` and `help`."""

    person: str
    case: str
    expires: date  # the last day, in UTC


def issue(keys: Keys, capability: Capability) -> str:
    """The token, the same for the same capability; it may stand in any address and Message-ID."""
    days = (capability.expires - _EPOCH).days
    day = "".join(_ALPHABET[days >> shift & 31] for shift in (15, 10, 5, 0))
    symbols = "".join(capability.case.split("-")[1:])[:_CASE].lower()
    return symbols + day + _seal(keys.current, capability)


def check(token: str, person: str, prefix: str, keys: Keys, at: datetime) -> Capability | Flaw:
    """What a token proves in the hands of this person at that moment, or why it proves nothing; never raises."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return "it is no token"
    claimed = Capability(person, _reference(prefix, found["case"] or ""), _day(found["day"]))
    seal = found["seal"].lower()
    if not any(hmac.compare_digest(seal, _seal(key, claimed)) for key in (keys.current, *keys.previous)):
        return "it was not made for this person, or it was changed"
    return claimed if at.astimezone(UTC).date() <= claimed.expires else "it is too old"


def message_id(letter: str, token: str, domain: str) -> str:
    """The Message-ID of a letter to staff where our address takes no tag: their answer names it (RFC 5322 3.6.4)."""
    return f"<{letter}.{token}@{domain}>"


def find(message: Message, is_ours: Callable[[str], bool], domain: str) -> tuple[str, ...]:
    """What may be a token in a mail: behind the plus signs of our addresses, then in the ids of ours it answers."""
    return tuple(dict.fromkeys(token.lower() for token in _candidates(message, is_ours, domain)))


def _candidates(message: Message, is_ours: Callable[[str], bool], domain: str) -> Iterator[str]:
    found = [token for token, _ in tags(message, is_ours)]
    for name in (*message.in_reply_to, *reversed(message.references)):
        local, _, right = name.strip("<>").rpartition("@")
        if right.lower() == domain.lower():
            found.append(local.rpartition(".")[2])
    yield from (token for token in found if _TOKEN.fullmatch(token))


def _seal(key: bytes, capability: Capability) -> str:
    """Over everything a token proves; the person stands last, so that none of it can pass for another part."""
    parts = ("capability", capability.expires.isoformat(), capability.case, folded(capability.person))
    data = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hmac.digest(key, data, "sha256")[:_SEAL].translate(_OF_BYTE).decode("ascii")


def _reference(prefix: str, symbols: str) -> str:
    if not symbols:
        return ""
    symbols = symbols.upper()
    return f"{prefix}-{symbols[:4]}-{symbols[4:]}{ids.check_symbol(symbols)}"


def _day(symbols: str) -> date:
    return _EPOCH + timedelta(days=int(symbols.lower().translate(_DIGITS), 32))
