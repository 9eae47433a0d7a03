"""Who a mail names: strict where trust hangs on it, lenient where it does not (RFC 5322 3.4, RFC 6532)."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from mailcase.core.mail.charset import clean, decode_words

MAX_ADDRESSES = 500

# Encoded words come first: sloppy mailers leave a comma or a parenthesis inside one. Quotes and angles that are
# never closed run to the end, so that each character is read once.
_TOKEN = re.compile(
    r"""(?P<word>=\?[^?\s]++\?[BbQq]\?[^?<>@"]*+\?=)|(?P<quoted>"(?:[^"\\]|\\.)*+"?)"""
    r"""|(?P<angle><(?:\s*"[^"\\<>@]*+"@)?[^<>"]*+>?)|(?P<comment>\()|(?P<special>[,;:>)])|(?P<text>=|[^=<>"(),;:]++)""",
    re.DOTALL,
)
_IN_COMMENT = re.compile(r"[()]|\\.", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
_LOCAL = r"""(?:[^\s@<>()\[\],;:\\"]+|"[^\s@<>\\"]+")"""
_LABEL = r"[^\s@<>()\[\],;:\\\"!-,./=?^`{-~]+"  # letters, digits, hyphen, underscore, and what is not ASCII
_ADDRESS = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})*")
_LOOSE = re.compile(r"(?<![^\s@<>,;:()\"])[^\s@<>,;:()\"]++@[^\s@<>,;:()\"]++")
# RFC 5321 4.5.3.1
_MAX_LOCAL, _MAX_ADDRESS = 64, 254
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def one_strict_address(values: Sequence[str]) -> tuple[str, str] | None:
    """The address and the name of a From that every reader takes for the same; None for anything else.

    One field, one mailbox, no group, no control character; nothing outside quotes that another parser could take for
    an address of its own (`staff@corp <evil@x>`).
    """
    if len(values) != 1 or _CONTROL.search(values[0]):
        return None
    tokens = list(_tokens(values[0]))
    if any(kind in ("special", "open") for kind, _ in tokens):
        return None
    comments = [text for kind, text in tokens if kind == "comment"]
    if any(character in text for text in comments for character in "@<>(\\"):
        return None
    angles = [i for i, (kind, _) in enumerate(tokens) if kind == "angle"]
    if not angles:
        return _bare(tokens, comments)
    return _with_name(tokens, angles[0]) if len(angles) == 1 else None


def addresses_in(values: Iterable[str]) -> tuple[str, ...]:
    """Every address that stands in these fields, once, in order; junk between them is passed over."""
    found: dict[str, None] = {}
    for value in values:
        for address in _loose(value):
            found[address] = None
            if len(found) == MAX_ADDRESSES:
                return tuple(found)
    return tuple(found)


def lower_domain(address: str) -> str:
    """The domain in lower case; the local part belongs to its owner (RFC 5321 2.4)."""
    local, at, domain = address.rpartition("@")
    return local + at + domain.lower()


def folded(address: str) -> str:
    """For comparing where trust hangs on it: A to Z in lower case, and nothing else becomes one of these letters.

    str.lower makes a k of the Kelvin sign, str.casefold an s of the long one.
    """
    return address.translate(_LOWER)


def _tokens(value: str) -> Iterator[tuple[str, str]]:
    """Pieces as (kind, text); kind `open` is a quote, angle or comment without an end."""
    at = 0
    while found := _TOKEN.match(value, at):
        at = found.end()
        kind, text = str(found.lastgroup), found[0]
        if kind == "quoted":
            yield ("quoted", text[1:-1]) if _is_closed(text) else ("open", text)
        elif kind == "angle":
            yield ("angle", text[1:-1].strip()) if text.endswith(">") else ("open", text)
        elif kind == "comment":
            end = _comment_end(value, at)
            yield ("comment" if end < len(value) else "open", value[at:end])
            at = end + 1
        else:
            yield ("text" if kind == "word" else kind), text


def _is_closed(quoted: str) -> bool:
    if len(quoted) < 2 or not quoted.endswith('"'):
        return False
    return (len(quoted) - 1 - len(quoted[:-1].rstrip("\\"))) % 2 == 0


def _comment_end(value: str, at: int) -> int:
    """Where the parenthesis opened before `at` is closed; the end of the value if never."""
    depth = 1
    for found in _IN_COMMENT.finditer(value, at):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    return len(value)


def _bare(tokens: list[tuple[str, str]], comments: list[str]) -> tuple[str, str] | None:
    """`sam@example.org`, and the old `sam@example.org (Sam)`."""
    if any(kind == "quoted" for kind, _ in tokens) or len(comments) > 1:
        return None
    text = "".join(text for kind, text in tokens if kind == "text")
    if comments and not (tokens[-1][0] == "comment" and text.endswith(" ")):
        return None
    address = _checked(text.strip())
    return (address, _name("".join(comments))) if address else None


def _with_name(tokens: list[tuple[str, str]], angle: int) -> tuple[str, str] | None:
    """`Sam <sam@example.org>`: only white space or a comment may follow the angle."""
    if any(kind != "comment" and text.strip() for kind, text in tokens[angle + 1 :]):
        return None
    address = _checked(tokens[angle][1])
    before = [token for token in tokens[:angle] if token[0] != "comment"]
    unquoted = "".join(text for kind, text in before if kind == "text").strip()
    if not address or ("@" in unquoted and lower_domain(unquoted) != address):
        return None
    return address, _name("".join(_ESCAPED.sub(r"\1", text) if kind == "quoted" else text for kind, text in before))


def _checked(address: str) -> str:
    """The address with its domain in lower case; '' unless it is one for readers of every kind."""
    if not address.isprintable() or len(address.encode()) > _MAX_ADDRESS or "=?" in address:
        return ""
    if not _ADDRESS.fullmatch(address) or len(address.rpartition("@")[0].encode()) > _MAX_LOCAL:
        return ""
    # A full-width @ or dot becomes a plain one in readers that normalise.
    if not address.isascii() and not _ADDRESS.fullmatch(unicodedata.normalize("NFKC", address)):
        return ""
    lowered = lower_domain(address)
    # Nor may it look foreign and be plain in lower case, as with the Kelvin sign.
    return lowered if address.isascii() or not lowered.isascii() else ""


def _name(text: str) -> str:
    return " ".join(decode_words(text).split())


def _loose(value: str) -> Iterator[str]:
    """An angle wins over what stands before it; outside angles each thing with an @ counts, up to the next comma."""
    bare = ""
    for kind, text in _tokens(value):
        if kind == "special" and text in ",;":
            yield from _loose_in(bare)
            bare = ""
        elif kind in ("angle", "open"):
            yield from _loose_in(text)
            bare = ""
        elif kind in ("text", "special"):
            bare += text
    yield from _loose_in(bare)


def _loose_in(text: str) -> Iterator[str]:
    for found in _LOOSE.finditer(text):
        yield lower_domain(clean(found[0]))
