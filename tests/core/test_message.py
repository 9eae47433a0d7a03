"""From bytes to a `Message`: what each part of a mail becomes, and that no bytes can stop the reader."""

from __future__ import annotations

import base64
import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.mail.message import Attachment, Message, read

REAL = sorted(path for path in (Path(__file__).parents[3] / "shared" / "mail").glob("*/*") if path.suffix != ".json")


def mail(body: str = "Hello", **fields: str) -> bytes:
    """A mail with the usual fields; `content_type="…"` and the like replace or add one."""
    usual = {"from": "Sam Okafor <sam@example.org>", "to": "complaints@firm.example", "subject": "No kettle",
             "date": "Thu, 24 Dec 2026 14:05:00 +0100", "message_id": "<1@example.org>"}  # fmt: skip
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (usual | fields).items() if value]
    return ("\n".join(lines) + "\n\n" + body).encode()


def multipart(kind: str, *parts: str) -> str:
    """The text of a part that holds others; each of these brings its own fields."""
    boundary = f"b{abs(hash(parts)):x}"
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{inside}--{boundary}--\n'


def with_parts(kind: str, *parts: str) -> Message:
    head, _, body = multipart(kind, *parts).partition("\n\n")
    return read(mail(body, content_type=head.partition(": ")[2]))


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nplain words"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>html <b>words</b></p>"
PICTURE = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="
FILE = "Content-Type: text/plain; name=log.txt\nContent-Disposition: attachment; filename=log.txt\n\nlog words"
INNER = "Content-Type: message/rfc822\n\nFrom: x@y.z\nSubject: =?utf-8?Q?Caf=C3=A9?=\n\ninner words"


def test_a_plain_mail_gives_every_field() -> None:
    message = read(
        mail(
            "I ordered a kettle.\r\nIt never came.\r\n",
            cc="Priya <priya@firm.example>",
            reply_to="other@example.org",
            in_reply_to="<a@firm.example>",
            references="<b@firm.example> junk\n <a@firm.example>",
        )
    )
    assert message.from_address == "sam@example.org"
    assert message.from_name == "Sam Okafor"
    assert message.to == ("complaints@firm.example", "priya@firm.example")
    assert message.reply_to == ("other@example.org",)
    assert message.subject == "No kettle"
    assert message.date == "2026-12-24T14:05:00+01:00"
    assert message.message_id == "<1@example.org>"
    assert message.in_reply_to == ("<a@firm.example>",)
    assert message.references == ("<b@firm.example>", "<a@firm.example>")
    assert message.text == "I ordered a kettle.\nIt never came."
    assert message.content_types == ("text/plain",)
    assert message.headers["references"] == ("<b@firm.example> junk <a@firm.example>",)
    assert (message.attachments, message.report, message.enclosed, message.defects) == ((), "", "", ())


@pytest.mark.parametrize(
    ("kind", "parts", "text"),
    [
        ("alternative", [PLAIN, HTML], "plain words"),
        ("alternative", [HTML, PLAIN], "plain words"),
        ("alternative", ["Content-Type: text/plain\n\n  \n", HTML], "html words"),
        ("alternative", ["\nYour mail client does not support HTML messages.", HTML], "html words"),
        ("alternative", ["\nYour client does not support HTML."], "Your client does not support HTML."),
        ("alternative", [PLAIN, multipart("related", HTML, PICTURE)], "plain words"),
        ("alternative", [multipart("related", HTML, PICTURE)], "html words"),
        ("mixed", [multipart("alternative", PLAIN, HTML), PICTURE], "plain words"),
        ("mixed", [PLAIN, PICTURE, "\nmore words"], "plain words\n\nmore words"),
        ("mixed", [PLAIN, FILE], "plain words"),
        ("mixed", [PLAIN, "Content-Type: text/html\n\n<p>plain <i>words</i></p>"], "plain words"),
        ("mixed", [PLAIN, HTML], "plain words\n\nhtml words"),
        ("mixed", [FILE], ""),
        ("mixed", ["Content-Type: text/plain; name=log.txt\n\nlog words"], "log words"),
        ("mixed", [PLAIN, INNER], "plain words"),
        ("signed", [PLAIN, "Content-Type: application/pgp-signature\n\nxx"], "plain words"),
        ("unheard-of", [PLAIN, PICTURE], "plain words"),
        ("mixed", ["Content-Type: text/plain; format=flowed; delsp=yes\n\nplain \nwords"], "plainwords"),
    ],
)  # fmt: skip
def test_the_text_is_what_a_person_reads_first(kind: str, parts: list[str], text: str) -> None:
    assert with_parts(kind, *parts).text == text


def test_flowed_lines_are_joined_and_quotes_keep_their_depth() -> None:
    body = "one \ntwo\n\n> quoted \n> on\n>> deeper \n> back\n stuffed\n-- \nSam"
    message = read(mail(body, content_type="text/plain; format=flowed"))
    assert message.text == "one two\n\n> quoted on\n>> deeper \n> back\nstuffed\n-- \nSam"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ("Content-Disposition: attachment; filename=a.pdf", "a.pdf"),
        ('Content-Disposition: attachment; filename="a b;c.pdf"', "a b;c.pdf"),
        ("Content-Disposition: attachment; filename=a b.pdf", "a b.pdf"),
        ('Content-Disposition: attachment; filename="never closed.pdf', "never closed.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8''Zo%C3%AB.pdf", "Zoë.pdf"),
        ("Content-Disposition: attachment; filename*0*=utf-8''Zo%C3; filename*1*=%AB; filename*2=.pdf", "Zoë.pdf"),
        ("Content-Disposition: attachment; filename=x.pdf; filename*=utf-8''Zo%C3%AB.pdf", "Zoë.pdf"),
        ('Content-Disposition: attachment; filename="=?utf-8?Q?Zo=C3=AB.pdf?="', "Zoë.pdf"),
        ("Content-Disposition: attachment; filename=../../etc/passwd", "etc_passwd"),
        ("Content-Disposition: attachment; filename=C:\\dir\\a.doc", "C:_dir_a.doc"),
        ("Content-Disposition: attachment; filename*=utf-8''a%00%0D%0Ab%E2%80%AEgpj.exe", "a b_gpj.exe"),
        ("Content-Disposition: attachment; filename=" + "a" * 300 + ".pdf", "a" * 146 + ".pdf"),
        ("Content-Disposition: attachment; filename=" + "a" * 300, "a" * 150),
        ("Content-Type: application/pdf; name=b.pdf", "b.pdf"),
        ("Content-Type: application/pdf", "attachment.pdf"),
        ("Content-Type: image/png", "image.png"),
        ("Content-Type: application/ms-tnef", "winmail.dat"),
        ("Content-Type: text/calendar", "invite.ics"),
        ("Content-Type: application/x-unheard-of", "attachment.bin"),
    ],
)
def test_an_attachment_is_listed_with_a_harmless_name(fields: str, name: str) -> None:
    listed = with_parts("mixed", PLAIN, f"{fields}\nContent-Transfer-Encoding: base64\n\nYWJj")
    assert [(file.name, file.size) for file in listed.attachments] == [(name, 3)]


def test_an_attached_mail_is_listed_by_its_subject_and_not_taken_apart() -> None:
    message = with_parts("mixed", PLAIN, INNER)
    assert message.attachments == (Attachment("Café.eml", "message/rfc822", 55),)
    assert message.content_types == ("multipart/mixed", "text/plain", "message/rfc822")
    assert message.enclosed == "From: x@y.z\nSubject: =?utf-8?Q?Caf=C3=A9?="


def test_a_bounce_shows_its_report_and_the_header_of_what_came_back() -> None:
    lines = "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.c\nStatus: 5.1.1"
    status = f"Content-Type: message/delivery-status\n\n{lines}"
    returned = "Content-Type: text/rfc822-headers\n\nMessage-ID: <ours@firm.example>\nSubject: x"
    message = with_parts("report", PLAIN, status, returned)
    assert message.report == lines
    assert message.enclosed == "Message-ID: <ours@firm.example>\nSubject: x"
    assert (message.text, message.attachments) == ("plain words", ())


@pytest.mark.parametrize(
    ("fields", "address", "defect"),
    [
        ({"from": "staff@corp.example <evil@x.example>"}, "", "from: not exactly one plain address"),
        ({"from": "staff@corp.example\x00"}, "", "from: control characters"),
        ({"from": "Okafor, Sam <sam@example.org>"}, "sam@example.org", "from: not exactly one plain address"),
        ({"from": "staff@corp.example\nFrom: evil@x.example"}, "", "from: not exactly one plain address"),
        ({"from": ""}, "", "from: missing"),
        ({"date": "yesterday"}, "sam@example.org", "date: cannot be read"),
        ({"date": "Thu, 24 Dec 99999999999 14:05:00"}, "sam@example.org", "date: cannot be read"),
        ({"content_type": "multipart/mixed"}, "sam@example.org", "mime: a multipart without parts"),
        ({"content_type": "nonsense"}, "sam@example.org", "mime: a Content-Type that is none"),
        ({"x_long": "a" * 300_000}, "sam@example.org", "header: too long, the rest of it is not read"),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, str], address: str, defect: str) -> None:
    message = read(mail(**fields))
    assert message.from_address == address
    assert defect in message.defects
    assert message.text == "Hello"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"From: a@b.c\r\rHello\rthere", "Hello\nthere"),
        (b"From a@b.c Thu Dec 24\nFrom: a@b.c\n\nHello", "Hello"),
        (b"From: a@b.c\nHello without a blank line\n\nmore", "Hello without a blank line\n\nmore"),
        (b"From: a@b.c\nContent-Type: text/plain;\ncharset=utf-8\nSubject: x\n\nHello", "Hello"),
        (b"From: a@b.c\nSubject : x\n\nHello", "Hello"),
        (b"From: a@b.c\nContent-Transfer-Encoding: base64\n\nSGVsbG8", "Hello"),
        (b"From: a@b.c\nContent-Transfer-Encoding: base64\n\nWords that are no base64", "Words that are no base64"),
        (b"From: a@b.c\nContent-Transfer-Encoding: quoted-printable;\n\nH=65llo=  \nthere=", "Hellothere"),
        (b"From: a@b.c\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n%2&5L;&\\ \n`\nend", "Hello"),
        (b"From: a@b.c\nContent-Transfer-Encoding: nonsense\n\nHello", "Hello"),
        (b"From: a@b.c\nContent-Type: multipart/mixed\n\n--x\n\nHello\n--x--\nafter", "Hello"),
        (b"From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nHello", "Hello"),
        (b"From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n--xy\n\n--x  \n\nHello\n--x--", "Hello"),
        (b"From: a@b.c\n\n<html><body><p>Hello</p></body></html>", "Hello"),
        (b"", ""),
    ],
)
def test_broken_mail_is_read_as_its_sender_meant_it(raw: bytes, text: str) -> None:
    assert read(raw).text == text


def test_raw_bytes_in_a_header_are_read_in_the_charset_of_the_body() -> None:
    raw = b"Subject: \xcc\xec\nContent-Type: text/plain; charset=gb2312\n\nx"
    assert read(raw).subject == "天"


BASE = mail("Grüße\n", content_type="text/plain; charset=utf-8")


@pytest.mark.parametrize(
    "same",
    [
        b"Received: from x by y\nReturn-Path: <z@x>\nX-Spam: no\nDelivered-To: q@r\n" + BASE,
        BASE.replace(b"\n", b"\r\n"),
        BASE + b"\n\n",
        BASE.replace("Grüße\n".encode(), b"Gr=C3=BC=C3=9Fe\n").replace(
            b"\n\n", b"\nContent-Transfer-Encoding: quoted-printable\n\n"
        ),
        BASE.replace("Grüße\n".encode(), base64.b64encode("Grüße\r\n".encode())).replace(
            b"\n\n", b"\nContent-Transfer-Encoding: base64\n\n"
        ),
        BASE.replace(b"subject: No kettle", b"Subject:\n  No\n kettle"),
        BASE.replace(b"subject: No kettle", b"Subject: =?utf-8?Q?No?= kettle"),
    ],
)
def test_the_same_mail_by_another_way_has_the_same_digest(same: bytes) -> None:
    assert read(same).digest == read(BASE).digest


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace(b"<1@", b"<2@"),
        BASE.replace("ß".encode(), b"ss"),
        BASE.replace(b"sam@", b"tom@"),
        BASE.replace(b"No kettle", b"No kettles"),
        BASE.replace(b"24 Dec", b"23 Dec"),
        BASE.replace(b"text/plain", b"text/html"),
    ],
)
def test_a_mail_that_says_something_else_has_another_digest(other: bytes) -> None:
    assert read(other).digest != read(BASE).digest


def nested(levels: int) -> bytes:
    opened = (f"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n" for i in range(levels))
    return ("".join(opened) + "\nHello\n").encode()


HOSTILE = {
    "1,000 levels": nested(1_000),
    "100,000 parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
    "900 multiparts without a boundary": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: multipart/mixed\n\n--q\n\n--q--\n" * 900
    + b"".join(b"--z%d\n--z%d--\n" % (i, i) for i in range(20_000)),
    "16,000 encoded words": b"Subject: " + b"=?utf-8?q?a=C3=A9?=\n " * 16_000 + b"\n\nx",
    "words that never end": b"Subject: " + b"=?a?q?" * 40_000 + b"\n\nx",
    "20,000 divs": b"Content-Type: text/html\n\n" + b"<div>" * 20_000 + b"x" + b"</div>" * 20_000,
    "spaces in a parameter": b"Content-Type: text/plain;" + b" " * 200_000 + b"x\n\nx",
    "sections of a parameter": b"Content-Type: text/plain" + b"; a*1*=x" * 25_000 + b"\n\nx",
    "quotes in From": b"From: " + b'"\\' * 120_000 + b"\n\nx",
    "parentheses in From": b"From: " + b"(" * 240_000 + b"\n\nx",
    "a long word in To": b"To: " + b"a" * 240_000 + b"\n\nx",
    "lines that are no fields": b"abc def\n" * 60_000,
    "fields": b"A: b\n" * 50_000 + b"\nx",
    "references": b"References: " + b"<a@b> " * 40_000 + b"\n\nx",
    "one flowed paragraph": b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * 200_000,
    "equals signs": b"Content-Transfer-Encoding: quoted-printable\n\n=" + b" " * 500_000,
    "an uuencoded nothing": b"Content-Transfer-Encoding: uuencode\n\nbegin 644 x\n" + b"M!\n" * 150_000,
    "a quadratic codec": b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 500_000,
    "attached mails in each other": b"Content-Type: message/rfc822\n\n" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_takes_a_second_per_megabyte_at_most(name: str) -> None:
    raw = HOSTILE[name]
    start = time.process_time()
    read(raw)
    assert time.process_time() - start < max(0.5, 1.5 * len(raw) / 1e6)  # a half more, for slow machines


def test_bounds_are_kept_and_said() -> None:
    deep, many = read(HOSTILE["1,000 levels"]), read(HOSTILE["100,000 parts"])
    assert len(deep.content_types) == 51
    assert any("nested deeper than 50" in defect for defect in deep.defects)
    assert len(many.content_types) == 1_000
    assert any("more than 1000 parts" in defect for defect in many.defects)


def test_of_a_huge_mail_the_beginning_is_read_in_little_memory_and_all_of_it_counts() -> None:
    raw = mail("Hello world, this is a line.\n" * 1_000_000)
    tracemalloc.start()
    message = read(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(raw)
    assert len(message.text) <= 1_000_000
    assert any("only its beginning is read" in defect for defect in message.defects)
    assert read(raw + b"more").digest != message.digest


def holds_nothing_unwanted(message: Message) -> bool:
    texts = [message.from_address, message.from_name, *message.reply_to, *message.to, message.subject, message.date]
    texts += [message.message_id, *message.in_reply_to, *message.references, message.text, message.report]
    texts += [message.enclosed, *message.defects, *message.content_types, *(file.name for file in message.attachments)]
    texts += [text for name, values in message.headers.items() for text in (name, *values)]
    whole = "".join(texts)
    whole.encode()  # no lone surrogate
    return "\x00" not in whole and not any("\n" in text or "\r" in text for text in (message.subject, *message.to))


PIECES = st.sampled_from(
    [b"From: ", b"a@b.c", b"\n", b"\r\n", b"\n\n", b"Content-Type: multipart/mixed; boundary=b", b"--b", b"--b--", b" ",
     b"Content-Type: text/html; charset=", b"utf-7", b"iso-2022-jp", b"=?utf-8?b?", b"?=",
     b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"x-uuencode", b"begin 1 x\n", b"=",
     b'"', b"<", b">", b"(", b";", b"\xff", b"\x00",
     b"Content-Type: message/rfc822", b"Content-Disposition: attachment; filename*0*=x'y'%C3",
     b"Date: 1 Jan 20 25:61", b"\xed\xa0\x80", b"&#xd800;", b"format=flowed", b"Subject: ", b"\x1b$B"])  # fmt: skip


@given(st.lists(PIECES).map(b"".join) | st.binary(max_size=500))
def test_no_bytes_can_stop_the_reader(raw: bytes) -> None:
    assert holds_nothing_unwanted(read(raw))
    assert read(raw) == read(raw)


@pytest.mark.skipif(not REAL, reason="the collection of real mail is not here")
def test_real_mail_is_read_and_so_is_what_becomes_of_it_when_bytes_change() -> None:
    chance = random.Random(2026)
    for path in REAL:
        raw = path.read_bytes()
        assert holds_nothing_unwanted(read(raw)), path
        for _ in range(3):
            assert holds_nothing_unwanted(read(mutated(raw, chance))), path


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, a stretch doubled, another gone."""
    changed = bytearray(raw)
    for _ in range(chance.randrange(1, 30)):
        at = chance.randrange(len(changed) + 1)
        changed[at : at + chance.randrange(3)] = chance.choice([b"", b"\n", b'"', b"\x00", b"\xff", b"=", b"<", b"--"])
    start, end = sorted((chance.randrange(len(changed) + 1), chance.randrange(len(changed) + 1)))
    return bytes(changed[:end] + changed[start:])
