"""Ids come from the key file and the mail itself: the same mail always gives the same, and nobody can guess one."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
_OF_BYTE = bytes(ord(ALPHABET[byte & 31]) for byte in range(256))
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_SYMBOLS = 8  # 40 bits: a stranger who tries 100,000 references finds one among a million cases with odds of 1 in 11
LETTER_SYMBOLS = 26  # 130 bits
_DASHES = "-\u2010\u2011\u2012\u2013\u2014 \u00a0"  # what mail programs and people make of our dash


def _stream(key: bytes, *parts: bytes) -> bytes:
    """32 bytes that depend on every part and on where one part ends and the next begins."""
    return hmac.digest(key, _framed(parts), "sha256")


def _framed(parts: Iterable[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _symbols(data: bytes, count: int) -> str:
    """One symbol for five bits of each byte; as even as the data, because 256 is a multiple of 32."""
    return data[:count].translate(_OF_BYTE).decode("ascii")


def check_symbol(symbols: str) -> str:
    """A symbol that finds any single wrong symbol and any two that changed places (a code over GF(32))."""
    register = 0
    for symbol in symbols:
        register ^= _VALUE[symbol]
        register = (register << 1) ^ (0x25 if register & 16 else 0)
    return ALPHABET[register]


def reference(key: bytes, prefix: str, digest: bytes, counter: int = 0) -> str:
    """The case reference `PREFIX-XXXX-XXXXX` for a mail; a higher counter gives another one when it is taken."""
    symbols = _symbols(_stream(key, b"reference", digest, b"%d" % counter), _SYMBOLS)
    symbols += check_symbol(symbols)
    return f"{prefix}-{symbols[:4]}-{symbols[4:]}"


def letter_id(key: bytes, digest: bytes, kind: str, counter: int = 0) -> str:
    """The id of a letter of one kind about what `digest` stands for; also the left side of its Message-ID."""
    return _symbols(_stream(key, b"letter", digest, kind.encode(), b"%d" % counter), LETTER_SYMBOLS).lower()


def boundary(key: bytes, letter: str) -> str:
    """The MIME boundary of a letter (RFC 2046 section 5.1.1); no sender can guess it and close a part with it."""
    return _symbols(_stream(key, b"boundary", letter.encode()), 24).lower()


def find_references(prefix: str, text: str) -> Iterator[str]:
    """References in a text, in canonical form; tolerant of lower case, O/0, I/L/1, missing or odd dashes.

    What has a wrong check symbol is no reference.
    """
    for match in _pattern(prefix).finditer(text):
        symbols = "".join(ALPHABET[_VALUE[symbol]] for symbol in (match[1] + match[2]).upper())
        if check_symbol(symbols[:-1]) == symbols[-1]:
            yield f"{prefix}-{symbols[:4]}-{symbols[4:]}"


def _pattern(prefix: str) -> re.Pattern[str]:
    dash, symbol = f"[{_DASHES}]?", "[0-9A-TV-Za-tv-z]"
    return re.compile(rf"(?<![0-9A-Za-z])(?i:{prefix}){dash}({symbol}{{4}}){dash}({symbol}{{5}})(?![0-9A-Za-z])")


def tag(case: str) -> str:
    """What stands behind the plus sign of a customer's Reply-To: threads the answer, proves nothing."""
    return case.replace("-", "").lower()


def tagged(address: str, token: str) -> str:
    """`local+token@domain` (RFC 5233 subaddress)."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def content_hash(salt: bytes, content: str) -> bytes:
    """What the chain keeps of an entry's content, so that the content can be erased and the chain still verifies."""
    return sha256(salt + content.encode()).digest()


def chain(previous: bytes, at: str, kind: str, content: bytes) -> bytes:
    """The hash of a timeline entry: over the entry before, its time, its kind and the hash of its content."""
    return sha256(_framed((previous, at.encode(), kind.encode(), content))).digest()
