"""The charset ladder and encoded words: what comes out for labels that are right, wrong, or missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.mail.charset import codec_of, decode, decode_words


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        (b"plain", "", "plain"),
        (b"plain", "nonsense", "plain"),
        ("Zoë".encode(), "utf-8", "Zoë"),
        ("Zoë".encode(), "", "Zoë"),
        ("Zoë".encode(), "us-ascii", "Zoë"),
        ("Zoë".encode(), "iso-8859-1", "Zoë"),  # the label lies: nobody means `ZoÃ«`
        ("Zoë".encode(), "utf8mb4", "Zoë"),
        ("Zoë".encode(), '"UTF-8"', "Zoë"),
        ("Zoë".encode("latin-1"), "iso-8859-1", "Zoë"),
        ("Zoë".encode("latin-1"), "utf-8", "Zoë"),
        ("Zoë".encode("latin-1"), "8bit", "Zoë"),
        ("Zoë".encode("latin-1"), "x-unknown", "Zoë"),
        (b"it\x92s \x80 5", "iso-8859-1", "it’s € 5"),
        (b"it\x92s \x80 5", "", "it’s € 5"),
        ("投诉㐀".encode("gb18030"), "gb2312", "投诉㐀"),
        ("불만똠".encode("cp949"), "ks_c_5601-1987", "불만똠"),
        ("苦情①".encode("cp932"), "shift_jis", "苦情①"),
        ("苦情".encode("iso2022_jp"), "iso-2022-jp", "苦情"),
        ("苦情".encode("iso2022_jp"), "", "苦情"),
        ("苦情".encode("iso2022_jp"), "us-ascii", "苦情"),
        (b"Hi +AOk-", "unicode-1-1-utf-7", "Hi é"),
        ("жалоба".encode("koi8_r"), "koi8-r", "жалоба"),
        ("жалоба".encode("utf-16"), "", "жалоба"),
        ("Hi".encode("utf-16-le"), "utf-16le", "Hi"),
        (b"only ascii", "utf-16", "only ascii"),
        (b"abc", "punycode", "abc"),
        (b"\\u0041", "unicode_escape", "\\u0041"),
        (b"YWJj", "base64", "YWJj"),
        (b"abc", "a" * 100_000, "abc"),
        (b"\xef\xbb\xbfabc", "utf-8", "abc"),
        (b"a\x00b\x1bc\x9b", "", "abc›"),
        (b"a\r\nb\rc", "", "a\nb\nc"),
        ("één twee drie vier vijf: ééééé ".encode() + b"\xff", "utf-8", "één twee drie vier vijf: ééééé �"),
    ],
)
def test_bytes_are_read_as_their_sender_meant_them(data: bytes, declared: str, text: str) -> None:
    assert decode(data, declared)[0] == text


@pytest.mark.parametrize(
    ("data", "declared", "odd"),
    [
        ("ë".encode(), "utf-8", False),
        ("ë".encode(), "", False),
        ("ë".encode(), "us-ascii", True),
        ("ë".encode("latin-1"), "utf-8", True),
        ("ë".encode("latin-1"), "iso-8859-1", False),
        ("ë".encode("latin-1"), "", True),
    ],
)
def test_a_wrong_label_is_a_defect(data: bytes, declared: str, odd: bool) -> None:
    assert bool(decode(data, declared)[1]) is odd


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain words", "plain words"),
        ("=?utf-8?Q?Caf=C3=A9?=", "Café"),
        ("=?UTF-8?b?Q2Fmw6k=?= closed", "Café closed"),
        ("=?utf-8?b?Q2Fmw6k?=", "Café"),  # padding forgotten
        ("=?utf-8?Q?Caf=C3?= =?utf-8?Q?=A9?=", "Café"),  # cut inside a character
        ("=?utf-8?B?Q2Fmww==?=   =?utf-8?Q?=A9?=", "Café"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
        ("=?iso-8859-1?Q?=A4?= =?utf-8?Q?=E2=82=AC?=", "¤€"),
        ("=?iso-8859-1*en?Q?a=E9?=", "aé"),  # RFC 2231 5: a language
        ("=?utf-8?Q?hello world?=", "hello world"),
        ("=?utf-8?Q?what?_now?=", "what? now"),
        ("Re:=?utf-8?Q?x?=y", "Re:xy"),
        ("=?x-nonsense?Q?abc?=", "abc"),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?Q?abc", "=?utf-8?Q?abc"),
        ("=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),  # no line break gets in by way of a word
        ("=?utf-8?Q?a=00b?=", "ab"),
        ("=?utf-8?B?!!!?=", ""),
        ("=?iso-2022-jp?B?GyRCNmw+cBsoQg==?=", "苦情"),
    ],
)
def test_encoded_words_become_words(value: str, text: str) -> None:
    assert decode_words(value) == text


def test_a_label_reaches_the_codec_registry_only_if_it_is_a_charset_of_mail() -> None:
    assert codec_of("idna") == codec_of("punycode") == codec_of("rot13/../x") == ""


@given(st.binary(max_size=200), st.sampled_from(["", "utf-8", "utf-7", "utf-16", "gb2312", "iso-2022-jp", "hz", "x"]))
def test_no_bytes_give_a_nul_or_a_lone_surrogate(data: bytes, declared: str) -> None:
    text, _ = decode(data, declared)
    assert "\x00" not in text
    text.encode()


@given(st.text(max_size=200))
def test_any_header_value_gives_one_clean_line(value: str) -> None:
    line = decode_words("=?utf-8?Q?" + value + "?= " + value)
    assert line.splitlines() in ([], [line])
    line.encode()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"]), max_size=200))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode(), "utf-8")[0] == text
