"""Bytes to characters when the label is wrong or missing, in bodies (RFC 2046 4.1.2) and headers (RFC 2047)."""

from __future__ import annotations

import binascii
import re
from encodings import normalize_encoding
from encodings.aliases import aliases

from mailcase.core.mail.transfer import decode_base64

# What mail calls a charset, and what it is. A label is read as the superset that real senders mean by it, as
# browsers do (WHATWG Encoding 4.2): nobody who writes iso-8859-1 means the control characters at 0x80.
_MEANT = {
    "ansi": "cp1252",
    "ansi_x3.4": "ascii",
    "big5": "big5hkscs",
    "cp_1252": "cp1252",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gb_2312_80": "gb18030",
    "gbk": "gb18030",
    "x_gbk": "gb18030",
    "iso8859_1": "cp1252",
    "iso_8859_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso_8859_9": "cp1254",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_11": "cp874",
    "tis_620": "cp874",
    "windows_874": "cp874",
    "iso_2022_jp": "iso2022_jp_ext",
    "iso2022_jp": "iso2022_jp_ext",
    "koi8_u": "koi8_u",
    "koi8_ru": "koi8_u",
    "ks_c_5601_1987": "cp949",
    "ks_c_5601_1989": "cp949",
    "ksc5601": "cp949",
    "korean": "cp949",
    "latin1": "cp1252",
    "latin_1": "cp1252",
    "l1": "cp1252",
    "macintosh": "mac_roman",
    "x_mac_roman": "mac_roman",
    "x_mac_cyrillic": "mac_cyrillic",
    "shift_jis": "cp932",
    "shift_jisx0213": "shift_jisx0213",
    "sjis": "cp932",
    "x_sjis": "cp932",
    "x_euc_jp": "euc_jp",
    "unicode_1_1_utf_7": "utf_7",
    "x_unicode_2_0_utf_7": "utf_7",
    "unicode_1_1_utf_8": "utf_8",
    "x_unicode_2_0_utf_8": "utf_8",
    "unicode": "utf_16",
    "utf8mb4": "utf_8",
    "utf_8_sig": "utf_8",
    "us_ascii": "ascii",
    "x_cp1250": "cp1250",
    "x_cp1251": "cp1251",
    "x_cp1252": "cp1252",
    "x_windows_949": "cp949",
    "dos_874": "cp874",
}
# Words that stand where a charset should and say nothing: the ladder decides.
_SAYS_NOTHING = frozenset({"x_unknown", "unknown", "unknown_8bit", "8bit", "7bit", "binary", "default", "none", "null"})
# Codecs of Python that are no charsets of mail; two of them need quadratic time.
_NOT_FOR_MAIL = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
# Only names in this set reach the codec registry, which remembers every name it was ever asked for.
_KNOWN = (frozenset(aliases) | frozenset(aliases.values()) | frozenset(_MEANT.values())) - _NOT_FOR_MAIL

_LATIN = frozenset({"ascii", "cp1252", "cp1254", "iso8859_15"})
_STATEFUL = ("utf_7", "iso2022", "hz", "utf_16", "utf_32")  # ASCII bytes may mean something else in these
_JAPANESE = re.compile(rb"\x1b\$[@B]|\x1b\([IJ]")  # RFC 1468: the escapes of ISO-2022-JP
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")

# charset, encoding, text; up to three stray question marks in the text, which some mailers leave unencoded.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?([^?]*+(?:\?(?!=)[^?]*+){0,3})\?=")
_ONLY_SPACE = re.compile(r"\s*")


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """The characters of `data` and a defect ('' when the declared charset was right); never a NUL or lone surrogate.

    The ladder: the declared charset, UTF-8, the declared one with a few characters replaced, windows-1252.
    """
    if data.isascii() and b"\x1b" not in data:
        codec = codec_of(declared)
        if not codec.startswith(_STATEFUL) or (codec.startswith("utf_16") and 0 not in data):
            return clean(data.decode("ascii")), ""
    text, defect = _ladder(data, declared)
    return clean(text), defect


def decode_header(value: bytes, body_charset: str) -> str:
    """A header value; bytes that are neither ASCII nor UTF-8 are read in the charset of the body (RFC 6532)."""
    if value.isascii() and b"\x1b" not in value:
        return one_line(value.decode("ascii"))
    hint = "" if _strict(value, "utf_8") is not None else body_charset
    return one_line(decode(value, hint)[0])


def codec_of(declared: str) -> str:
    """The codec that a charset label of mail stands for, '' when it says nothing or is not known."""
    name = normalize_encoding(declared.strip(" \t'\"").partition("*")[0][:60]).lower()
    if name in _SAYS_NOTHING:
        return ""
    name = _MEANT.get(name, name)
    name = aliases.get(name, name) if name in _KNOWN else ""
    return _MEANT.get(name, name)


def clean(text: str) -> str:
    """Line ends as newlines; no other control character but the tab, no byte order mark, no lone surrogate."""
    if text.isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _UNWANTED.search(text):
        return text
    return _UNWANTED.sub("", _SURROGATE.sub("\ufffd", text))


def one_line(text: str) -> str:
    """For a header value: cleaned, line breaks and tabs made spaces."""
    if text.isprintable():
        return text
    return clean(re.sub(r"[\r\n\t\x0b\x0c\x85\u2028\u2029]+", " ", text))


def decode_words(value: str) -> str:
    """A header value with its encoded words decoded (RFC 2047), also those that are cut inside a character (6.2)."""
    if "=?" not in value:
        return one_line(value).strip()
    pieces: list[str] = []
    run: list[tuple[str, str, str]] = []
    at = 0
    for word in _WORD.finditer(value):
        between = value[at : word.start()]
        if not run or not _ONLY_SPACE.fullmatch(between):
            pieces += [_decode_run(run), between]
            run = []
        run.append((word[1], word[2].lower(), word[3]))
        at = word.end()
    pieces += [_decode_run(run), value[at:]]
    return one_line("".join(pieces)).strip()


def _ladder(data: bytes, declared: str) -> tuple[str, str]:
    codec = codec_of(declared)
    if codec and codec not in _LATIN and (text := _strict(data, codec)) is not None:
        return text, ""
    # Text that is valid UTF-8 and not ASCII is UTF-8, even where the label says Latin-1.
    guess = _undeclared(data)
    if (text := _strict(data, guess)) is not None:
        wrong = declared.strip() != "" and codec != guess
        return text, f"charset: {declared[:60]!a} is really {guess}" if wrong else ""
    if codec in _LATIN and codec != "ascii" and (text := _strict(data, codec)) is not None:
        return text, ""
    if codec and (text := _nearly(data, codec)) is not None:
        return text, f"charset: some bytes are not {codec}"
    if (text := _nearly(data, "utf_8")) is not None:
        return text, "charset: some bytes are not utf_8"
    return data.decode("cp1252", "replace"), f"charset: windows-1252 assumed for {declared[:60]!a}"


def _undeclared(data: bytes) -> str:
    if data.startswith(_UTF16_MARKS):
        return "utf_16"
    return "iso2022_jp_ext" if _JAPANESE.search(data) else "utf_8"


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _nearly(data: bytes, codec: str) -> str | None:
    """Decoded with replacements, when those are few beside the characters that came out right."""
    try:
        text = data.decode(codec, "replace")
    except (UnicodeError, LookupError):
        return None
    bad = text.count("\ufffd")
    good = len(text) - bad if codec.startswith(_STATEFUL) else sum(map(len, re.findall("[^\x00-\x7f\ufffd]+", text)))
    return text if bad * 4 <= good else None


def _decode_run(run: list[tuple[str, str, str]]) -> str:
    """Adjacent encoded words: the bytes of equal charsets are joined before they are decoded."""
    text: list[str] = []
    data = b""
    for i, (charset, encoding, payload) in enumerate(run):
        data += _word_bytes(encoding, payload)
        if i + 1 == len(run) or run[i + 1][0].lower() != charset.lower():
            text.append(decode(data, charset)[0])
            data = b""
    return "".join(text)


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding == "q":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    return decode_base64(data)
