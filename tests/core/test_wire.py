"""The bytes of a letter, read back by the standard library's parser, which shares no code with what wrote them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.letters.wire import Attached, Letterhead, compose

HEAD = Letterhead(
    from_name="CONSTRAT",
    from_address="complaints@constrat.io",
    to="sam@example.org",
    message_id="<abc@constrat.io>",
    date=datetime(2026, 12, 24, 14, 5, tzinfo=timezone(timedelta(hours=1))),
    boundary="k3j4k3j4",
    reply_to="complaints+cst7k4m92qfx@constrat.io",
    in_reply_to="<theirs@example.org>",
    references=("<first@example.org>", "<theirs@example.org>"),
    auto_submitted="auto-replied",
)
# What a header may hold: no control characters, no line ends of Unicode, no lone surrogates.
HEADER_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]))
CONTROLS = ["\x00", "\t", "\n", "\r", "\r\nBcc: x@evil.example", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"]


def _write(
    head: Letterhead = HEAD, subject: str = "Your complaint", text: str = "Hello", page: str = "<p>Hello"
) -> bytes:
    return compose(head, subject, text, page, "en")


def _with(field: str, value: Any) -> Letterhead:
    return replace(HEAD, **{field: value})


def _read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def _bodies(raw: bytes) -> list[str]:
    parts = [part.get_payload(decode=True) for part in _read(raw).iter_parts()]
    return [part.decode() for part in parts if isinstance(part, bytes)]


def test_the_headers_are_those_of_an_automatic_answer() -> None:
    message = _read(_write())
    assert {name: str(value) for name, value in message.items()} == {
        "From": "CONSTRAT <complaints@constrat.io>",
        "To": "sam@example.org",
        "Subject": "Your complaint",
        "Date": "Thu, 24 Dec 2026 14:05:00 +0100",
        "Message-ID": "<abc@constrat.io>",
        "Reply-To": "complaints+cst7k4m92qfx@constrat.io",
        "In-Reply-To": "<theirs@example.org>",
        "References": "<first@example.org> <theirs@example.org>",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply",
        "Content-Language": "en",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="=_k3j4k3j4"',
    }
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_what_is_not_given_has_no_header() -> None:
    message = _read(_write(replace(HEAD, from_name="", reply_to="", in_reply_to="", references=(), auto_submitted="")))
    absent = {"Reply-To", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress"}
    assert absent.isdisjoint(message.keys())
    assert message["From"] == "complaints@constrat.io"


def test_equal_input_gives_equal_bytes() -> None:
    assert _write() == _write()


def test_only_the_words_that_need_it_are_encoded_in_a_subject() -> None:
    raw = _write(subject="Your complaint to CONSTRAT – CST-7K4M-92QFX")
    assert b"\r\nSubject: Your complaint to CONSTRAT =?utf-8?q?=E2=80=93?= CST-7K4M-92QFX\r\n" in raw


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("CONSTRAT complaints", b"CONSTRAT complaints"),
        ("O'Neill & Sons", b"O'Neill & Sons"),
        ("Smith, Jones Ltd.", b'"Smith, Jones Ltd."'),
        ('The "Best" \\ Co', b'"The \\"Best\\" \\\\ Co"'),
        ("a@b.example", b'"a@b.example"'),
        ("Müller", b"=?utf-8?q?M=C3=BCller?="),
        ("=?utf-8?q?x?=", b"=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?="),
    ],
)
def test_a_display_name_is_written_as_it_needs(name: str, written: bytes) -> None:
    assert b"From: " + written + b" <complaints@constrat.io>\r\n" in _write(replace(HEAD, from_name=name))


@given(HEADER_TEXT)
def test_any_subject_comes_back(subject: str) -> None:
    assert _read(_write(subject=subject))["Subject"] == subject


@given(HEADER_TEXT.filter(str.strip))
def test_any_name_comes_back_and_nothing_leaves_it(name: str) -> None:
    raw = _write(replace(HEAD, from_name=name))
    (address,) = _read(raw)["From"].addresses
    assert address.addr_spec == "complaints@constrat.io"
    # The newer parser puts a space between adjacent encoded words of a name (against RFC 2047 6.2); the older does not.
    written, _ = parseaddr(message_from_bytes(raw)["From"])
    assert str(make_header(decode_header(written))) == name


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
def test_any_text_comes_back(text: str) -> None:
    expected = text.rstrip("\n").replace("\n", "\r\n")
    assert _bodies(_write(text=text, page=text)) == [expected, expected]


@pytest.mark.parametrize("text", ["a\nb\nc", "a\r\nb\r\nc", "a\rb\rc"])
def test_every_kind_of_line_end_becomes_crlf(text: str) -> None:
    assert _bodies(_write(text=text)) == ["a\r\nb\r\nc", "<p>Hello"]


@pytest.mark.parametrize("text", [".", "--=_k3j4k3j4--", "--=_k3j4k3j4\n\nx", "From here", "a ", "=", "=_"])
def test_a_line_that_means_something_to_mail_comes_back(text: str) -> None:
    assert _bodies(_write(text=text, page=text)) == [text.replace("\n", "\r\n")] * 2


@given(HEADER_TEXT, HEADER_TEXT, st.text(st.characters(exclude_categories=["Cs"])))
def test_every_line_is_short_ascii_and_ends_in_crlf(subject: str, name: str, text: str) -> None:
    lines = _write(replace(HEAD, from_name=name), subject, text, text).split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 78 and line.isascii() and not {10, 13} & set(line) for line in lines)


def test_no_encoded_word_cuts_a_character() -> None:
    raw = _write(subject="ßéñ漢字🎄" * 30)
    for word in re.findall(rb"=\?utf-8\?q\?([^?]*)\?=", raw):
        assert re.sub(rb"=(..)", lambda match: bytes.fromhex(match[1].decode()), word).decode()


def test_a_long_thread_keeps_its_first_and_its_newest_ids() -> None:
    ids = tuple(f"<{number}.{'x' * 100}@example.org>" for number in range(200))
    raw = _write(replace(HEAD, references=ids))
    assert str(_read(raw)["References"]).split() == [ids[0], *ids[-20:]]
    assert max(map(len, raw.split(b"\r\n"))) < 200


@pytest.mark.parametrize("strange", ["", "abc", "<a b@x>", "<a@x> <b@x>", "<>", "<ä@x>", f"<{'x' * 2000}@x>", "<a@x"])
def test_a_strange_id_of_theirs_is_left_out(strange: str) -> None:
    message = _read(_write(replace(HEAD, in_reply_to=strange, references=("<good@x>", strange))))
    assert message["In-Reply-To"] is None
    assert message["References"] == "<good@x>"


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize(
    "field", ["from_name", "from_address", "to", "message_id", "reply_to", "in_reply_to", "auto_submitted", "boundary"]
)
def test_a_control_character_in_a_header_is_refused(field: str, control: str) -> None:
    with pytest.raises(ValueError, match=r"control character|boundary"):
        _write(_with(field, f"<a{control}@b.example>"))


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_in_subject_or_references_is_refused(control: str) -> None:
    with pytest.raises(ValueError, match="References: a control character"):
        _write(replace(HEAD, references=("<a@b>", f"<a{control}@b>")))
    with pytest.raises(ValueError, match="Subject: a control character"):
        _write(subject=f"Your complaint{control}")


@pytest.mark.parametrize(
    "address",
    [
        "sam",
        "@example.org",
        "sam@",
        "sam@example.org, victim@example.org",
        "sam@example.org>, <victim@example.org",
        "Sam <sam@example.org>",
        "sam smith@example.org",
        'sam"x@example.org',
        "sam@example.org (x)",
        "a@b@c",
        f"{'x' * 400}@example.org",
    ],
)
@pytest.mark.parametrize("field", ["to", "from_address", "reply_to"])
def test_what_is_not_one_address_is_refused(field: str, address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        _write(_with(field, address))


@pytest.mark.parametrize(
    "address",
    ["sam@example.org", "o'neill+x=1@example.org", '"sam smith"@example.org', "sam@[192.0.2.1]", "é@exämple.org"],
)
def test_one_address_comes_back(address: str) -> None:
    raw = _write(replace(HEAD, to=address))
    assert f"\r\nTo: {address}\r\n".encode() in raw
    assert len(_read(raw)["To"].addresses) == 1


@pytest.mark.parametrize(
    ("head", "language", "words"),
    [
        (replace(HEAD, date=datetime(2026, 12, 24)), "en", "time zone"),  # noqa: DTZ001
        (replace(HEAD, message_id="abc"), "en", "not a Message-ID"),
        (replace(HEAD, to=""), "en", "not an address"),
        (replace(HEAD, boundary='a"b'), "en", "MIME boundary"),
        (HEAD, 'en"><script>', "language"),
    ],
)
def test_a_letterhead_that_cannot_be_is_refused(head: Letterhead, language: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compose(head, "x", "x", "x", language)


def test_the_date_is_in_the_zone_it_is_given_in() -> None:
    assert b"\r\nDate: Thu, 24 Dec 2026 13:05:00 +0000\r\n" in _write(replace(HEAD, date=HEAD.date.astimezone(UTC)))


# Attachments

# The reader strips names, and takes quotes and angles around one for marks that are not part of it.
FILE_NAMES = HEADER_TEXT.map(lambda name: re.sub(r'["<>]', "", name).strip()).filter(bool)
PHOTO = Attached("photo.jpg", "image/jpeg", b"\xff\xd8" + bytes(range(256)) * 10)


def _write_with(*attachments: Attached, text: str = "Hello") -> bytes:
    return compose(HEAD, "Your complaint", text, "<p>Hello", "en", attachments)


def test_the_words_of_a_letter_with_files_are_the_ones_without() -> None:
    message = _read(_write_with(PHOTO))
    words, file = message.iter_parts()
    assert message.get_content_type() == "multipart/mixed"
    assert words.get_content_type() == "multipart/alternative"
    assert _bodies(words.as_bytes()) == _bodies(_write()) == ["Hello", "<p>Hello"]
    assert (file.get_filename(), file.get_content_type(), file.get_content_disposition()) == (
        "photo.jpg",
        "image/jpeg",
        "attachment",
    )
    plain = _read(_write())
    assert [(name, value) for name, value in message.items() if name != "Content-Type"] == [
        (name, value) for name, value in plain.items() if name != "Content-Type"
    ]


@given(st.lists(st.tuples(FILE_NAMES, st.binary()), max_size=3))
def test_any_file_comes_back_with_its_name_and_its_bytes(files: list[tuple[str, bytes]]) -> None:
    raw = _write_with(*(Attached(name, "application/octet-stream", data) for name, data in files))
    found = [(part.get_filename(), part.get_content()) for part in _read(raw).iter_attachments()]
    assert found == files


@given(HEADER_TEXT.filter(str.strip))
def test_with_files_too_every_line_is_short_ascii_and_ends_in_crlf(name: str) -> None:
    lines = _write_with(Attached(name, "image/png", b"x" * 500)).split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 78 and line.isascii() and not {10, 13} & set(line) for line in lines)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a b.jpg", b'attachment; filename="a b.jpg"'),
        ("a b ", b"attachment; filename*=utf-8''a%20b%20"),
        ('a"b.jpg', b"attachment; filename*=utf-8''a%22b.jpg"),
        ("a%20b.jpg", b"attachment; filename*=utf-8''a%2520b.jpg"),
        ("caf\xe9.jpg", b"attachment; filename*=utf-8''caf%C3%A9.jpg"),
        (
            "\xe9" * 12,
            b"attachment;\r\n filename*0*=utf-8''%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9;\r\n"
            b" filename*1*=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9",
        ),
    ],
)
def test_a_file_name_is_written_as_it_needs(name: str, written: bytes) -> None:
    assert b"\r\nContent-Disposition: " + written + b"\r\n" in _write_with(Attached(name, "image/png", b""))


@pytest.mark.parametrize("text", ["--=_=k3j4k3j4--", "--=_k3j4k3j4", "--=_=k3j4k3j4\n\nx"])
def test_no_text_closes_a_part_early(text: str) -> None:
    message = _read(_write_with(PHOTO, text=text))
    body = message.get_body(("plain",))
    assert body
    assert body.get_content().replace("\r\n", "\n") == text
    assert len(list(message.iter_attachments())) == 1


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_character_in_a_file_name_is_refused(control: str) -> None:
    with pytest.raises(ValueError, match="attachment: a control character"):
        _write_with(Attached(f"a{control}b", "image/png", b""))


@pytest.mark.parametrize("kind", ["", "image", "image/png; x=y", "image/png\r\nX: y", "text/html\n", "a/b/c"])
def test_what_is_no_media_type_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="not a media type"):
        _write_with(Attached("a", kind, b""))


def test_equal_files_give_equal_bytes() -> None:
    assert _write_with(PHOTO) == _write_with(PHOTO)
