"""Transfer encodings undone, also where they are broken (RFC 2045 6)."""

from __future__ import annotations

import binascii
import re

_TOKEN = re.compile(r"[a-z0-9_-]+", re.IGNORECASE)
_WORDS = re.compile(rb"\s*+(?:[^\s=]++[ \t]++){2}[^\s=]")  # a line of words, whatever its label says
_SOFT_BREAK = re.compile(rb"=[ \t]++(?=\r?\n)")
_BEGIN = re.compile(rb"^begin [^\n]*+\n", re.MULTILINE)
_LINE = re.compile(rb"[^\n]++")
_BASE64_JUNK = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


def undo(encoding: bytes, body: memoryview) -> bytes:
    """The body as it was before the transfer; an encoding that nobody knows leaves it as it is (RFC 2045 6.4)."""
    token = _TOKEN.search(encoding.decode("latin-1"))
    name = token[0].lower() if token else ""
    if name == "base64" and not _WORDS.match(body):
        return decode_base64(body)
    data = bytes(body)
    if name == "quoted-printable":
        return binascii.a2b_qp(_SOFT_BREAK.sub(b"=", data))
    if name in ("x-uuencode", "uuencode", "x-uue"):
        return _undo_uu(data)
    return data


def _undo_uu(data: bytes) -> bytes:
    done = bytearray()  # no list of lines: there may be millions of two bytes
    begin = _BEGIN.search(data)
    for found in _LINE.finditer(data, begin.end() if begin else len(data)):
        line = found[0].rstrip()
        if line == b"end":
            break
        done += _undo_uu_line(line)
    return bytes(done)


def _undo_uu_line(line: bytes) -> bytes:
    """A line; one that is longer than its count byte says is cut to that count."""
    said = ((line[0] - 32 & 63) * 4 + 2) // 3 if line else 0
    for attempt in (line, line[: 1 + said]):
        try:
            return binascii.a2b_uu(attempt)[: len(line)]  # a line cut short would be filled up with zeros
        except binascii.Error:
            continue
    return b""


def decode_base64(data: bytes | memoryview) -> bytes:
    """Base64 as mail has it (RFC 2045 6.8): foreign characters are passed over, missing padding is added."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        digits = bytes(data).partition(b"=")[0].translate(None, _BASE64_JUNK)
        return binascii.a2b_base64(digits[: len(digits) - (len(digits) % 4 == 1)] + b"==")
