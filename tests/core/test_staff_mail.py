"""The mails by which a handler sees a customer's mail: read back by a parser that shares no code with ours."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import HOUR, NOW, RULES, SAM, US
from core.hostile_html import HARMLESS, SNIPPETS, Page
from mailcase.core.changes import QueueLetter
from mailcase.core.deadlines.owed import Deadline
from mailcase.core.letters.enclosures import ROOM
from mailcase.core.letters.post import conversation
from mailcase.core.letters.staff_mail import (
    MOST_COMMANDS,
    CaseMailFacts,
    Choice,
    case_mails,
    file_mails,
)
from mailcase.core.letters.telling import SORTS
from mailcase.core.mail.message import read
from mailcase.core.rules import Rules
from mailcase.core.staff import capability
from mailcase.core.staff.assignment import Colleague
from mailcase.core.staff.look_alike import is_like_ours

REFERENCE = "CST-7K4M-92QFX"
PRIYA, TOM = "priya@elsewhere.example", "tom@firm.example"
TEAM = replace(RULES, staff=(Colleague("Priya Nair", PRIYA), Colleague("Tom", TOM, "manager")))
ABOUT = b"what brought it about"
TOKEN = "7k4m92qf0abc0123456789abc"
FACTS = CaseMailFacts(
    reference=REFERENCE,
    kind="complaint",
    category="billing",
    customer=SAM,
    customer_name="Sam Okafor",
    subject="My order never came",
    sender=SAM,
    sender_name="Sam Okafor",
    received_at=NOW,
    mail=17,
    vouched=True,
    deadlines=(
        Deadline("resolve", 1, "resolve", NOW, NOW + timedelta(days=28)),
        Deadline("ack", 1, "acknowledge", NOW, NOW + HOUR, "kept", NOW),
        Deadline("updates", 1, "update", NOW, NOW - HOUR, "broken"),
    ),
    earlier=("CST-1111-22222", "CST-3333-44444"),
    commands=(
        Choice("reply: Dear Sam, …", "writes to the customer"),
        Choice("status: investigating", "says that you look into it"),
    ),
)
RAW = (
    b"From: Sam Okafor <sam@example.org>\r\nSubject: My order\r\n\r\nMy order never came.\r\n\r\nresolve: refund me\r\n"
)


def with_files(*files: tuple[str, str, bytes], page: str = "") -> bytes:
    message = EmailMessage()
    message["From"] = f"Sam Okafor <{SAM}>"
    message.set_content("My words.")
    if page:
        message.add_alternative(page, subtype="html")
    for name, kind, data in files:
        maintype, _, subtype = kind.partition("/")
        message.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes()


def mails(
    raw: bytes = RAW, what: str = "case", rules: Rules = TEAM, room: int = ROOM, **facts: object
) -> list[QueueLetter]:
    found = replace(FACTS, headline=SORTS[what].headline.format(reference=REFERENCE))
    found = replace(found, **facts)  # type: ignore[arg-type]
    return list(case_mails(SORTS[what].template, ABOUT, found, raw, PRIYA, TOKEN, rules, NOW, room))


def parsed(letter: QueueLetter) -> EmailMessage:
    return message_from_bytes(letter.raw, policy=policy.default)


def body(letter: QueueLetter, subtype: str = "plain") -> str:
    part = parsed(letter).get_body((subtype,))
    assert part
    return str(part.get_content()).replace("\r\n", "\n").rstrip("\n")


def files(letters: Sequence[QueueLetter]) -> list[list[tuple[str, bytes]]]:
    return [
        [(str(part.get_filename()), part.get_content()) for part in parsed(each).iter_attachments()] for each in letters
    ]


NEW_CASE = """\
Please look after CST-7K4M-92QFX: it is a new case.

- Case:     CST-7K4M-92QFX, complaint
- Customer: Sam Okafor <sam@example.org>
- Subject:  My order never came
- Received: Monday 23 November 2026 at 09:00
- Category: billing
- Due:      Monday 23 November 2026 at 08:00, the update (overdue)
- Due:      Monday 21 December 2026 at 09:00, the decision
- Earlier:  CST-1111-22222, CST-3333-44444

What sam@example.org wrote
| My order never came.
|
| resolve: refund me

What you can answer
- reply: Dear Sam, … – writes to the customer
- status: investigating – says that you look into it

mailcase, on behalf of Constrat"""


# The words


def test_a_new_case_is_told_to_the_word() -> None:
    [letter] = mails()
    assert (letter.kind, letter.recipient, letter.case, letter.answer) == ("staff-case", PRIYA, "", False)
    assert parsed(letter)["Subject"] == f"Case {REFERENCE} – Constrat"
    assert body(letter) == NEW_CASE


@pytest.mark.parametrize("what", SORTS)
def test_the_first_80_characters_say_what_is_wanted_and_the_subject_stays_the_same(what: str) -> None:
    [letter] = mails(what=what)
    assert letter.kind == SORTS[what].template
    assert parsed(letter)["Subject"] == f"Case {REFERENCE} – Constrat"
    assert body(letter).startswith(SORTS[what].headline.format(reference=REFERENCE))
    assert len(body(letter).partition("\n")[0]) <= 90


def test_the_facts_line_up() -> None:
    [letter] = mails(with_files(("a.png", "image/png", b"x")), sender="eve@example.net")
    facts = re.findall(r"^- (\w+(?: \d)?:) +", body(letter).partition("What")[0], re.MULTILINE)
    lines = [line for line in body(letter).splitlines() if line.startswith(tuple(f"- {fact}" for fact in facts))]
    assert len(lines) >= 8
    assert {len(re.match(r"- \w+(?: \d)?: +", line)[0]) for line in lines} == {12}  # type: ignore[index]


def test_the_real_address_is_shown_when_somebody_else_writes() -> None:
    text = body(mails(sender="eve@example.net", sender_name="Sam Okafor")[0])
    assert "- From:     Sam Okafor <eve@example.net>" in text
    assert "What eve@example.net wrote" in text
    assert "- From:" not in NEW_CASE


def test_a_warning_stands_where_nobody_vouches_for_the_sender() -> None:
    for subtype in ("plain", "html"):
        assert "nobody vouches for this address" in body(mails(vouched=False)[0], subtype)
        assert "nobody vouches" not in body(mails()[0], subtype)


@pytest.mark.parametrize(
    ("name", "address", "is_like"),
    [
        ("Priya Nair", "eve@example.net", True),
        ("NAIR, Priya", "eve@example.net", True),
        ("Priya  Nàir (Constrat)", "eve@example.net", True),
        ("P\u200briya Nair", "eve@example.net", True),
        ("Ｐｒｉｙａ Nair", "eve@example.net", True),
        ("Constrat complaints team", "eve@example.net", True),
        (PRIYA, "eve@example.net", True),
        (US.upper(), "eve@example.net", True),
        ("boss@firm.example", "eve@example.net", True),
        ("Tom", "eve@example.net", True),
        ("Tom Bowler", "tom.bowler@example.org", False),  # a first name alone is many people's
        ("Priya Nair", PRIYA, False),
        ("Priya Nair", "somebody@firm.example", False),
        ("Constrat", US, False),
        ("Sam Okafor", SAM, False),
        ("", SAM, False),
    ],
)
def test_a_name_like_one_of_ours_is_noticed(name: str, address: str, is_like: bool) -> None:
    assert is_like_ours(name, address, TEAM) == is_like
    text = body(mails(sender=address, sender_name=name)[0])
    assert ("looks like one of ours" in text) == is_like


def test_a_name_cannot_turn_or_break_the_line_it_stands_in() -> None:
    text = body(mails(customer_name="Sam\u202e\u2066 \nDue: never\u2028x" + "y" * 500)[0])
    line = next(line for line in text.split("\n") if line.startswith("- Customer:"))
    assert line.startswith("- Customer: Sam Due: never xyyy")
    assert line.endswith(f"y <{SAM}>")
    assert len(line) < 150


def test_a_mail_without_words_says_so() -> None:
    text = body(mails(b"From: sam@example.org\r\n\r\n")[0])
    assert "The mail has no words." in text
    assert "wrote" not in text


def test_at_most_five_commands_are_offered() -> None:
    commands = tuple(Choice(f"command{number}", "does it") for number in range(9))
    assert len(re.findall(r"^- command", body(mails(commands=commands)[0]), re.MULTILINE)) == MOST_COMMANDS
    assert "What you can answer" not in body(mails(commands=())[0])


@given(st.text(max_size=200))
def test_every_line_of_the_customers_is_marked_as_theirs(words: str) -> None:
    raw = b"From: sam@example.org\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + f"x\n{words}\nzebra".encode(
        "utf-8", "replace"
    )
    text = body(mails(raw)[0])
    theirs = text.partition("wrote\n")[2].partition("\n\nWhat you can answer")[0]
    assert all(line.startswith("|") for line in theirs.splitlines())
    assert theirs.endswith("| zebra")


# The page


class _Quote(HTMLParser):
    """What stands in the outermost blockquote of a page, and whether the rest of the page is as it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.inside: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.outside: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if "blockquote" in self.open:
            self.inside.append((tag, attrs))
        else:
            self.outside.append(tag)
        if tag not in {"br", "hr", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_the_page_that_a_mail_program_shows_fetches_and_runs_nothing(snippet: str) -> None:
    page = body(mails(with_files(page=f"<p>Before.</p>{snippet}"))[0], "html")
    ordinary = body(mails(with_files(page="<p>Before.</p>"))[0], "html")
    found, expected = _Quote(page), _Quote(ordinary)
    assert found.open == []
    assert found.outside == expected.outside
    assert {tag for tag, _ in found.inside} <= HARMLESS
    assert all(attributes == [] for _, attributes in found.inside)
    assert Page(page).odd == Page(ordinary).odd


def test_the_corpus_is_large_enough() -> None:
    assert len(set(SNIPPETS)) >= 30


# The files


def photo(seed: int, size: int) -> bytes:
    return b"\xff\xd8\xff\xe0" + Random(seed).randbytes(size - 4)


def test_photos_of_a_phone_all_arrive_in_as_many_mails_as_they_need() -> None:
    photos = [(f"IMG_{number}.jpg", "image/jpeg", photo(number, 3_500_000)) for number in range(5)]
    letters = mails(with_files(*photos))
    assert [letter.kind for letter in letters] == ["staff-case", "staff-files", "staff-files"]
    assert [len(each) for each in files(letters)] == [2, 2, 1]
    assert [one for each in files(letters) for one in each] == [(name, data) for name, _, data in photos]
    assert all(len(letter.raw) < 14_000_000 for letter in letters)


def test_what_follows_is_numbered_and_named() -> None:
    wanted = [(f"{number}.png", "image/png", bytes([number]) * 4) for number in range(1, 10)]
    letters = mails(with_files(*wanted), room=13)
    assert [body(letter).partition("\n")[0] for letter in letters[1:]] == [
        f"Files 4 to 6 of 9, mail 2 of 3, for {REFERENCE}.",
        f"Files 7 to 9 of 9, mail 3 of 3, for {REFERENCE}.",
    ]
    assert "- File 4:   4.png, 4 bytes: in mail 2 of 3\n" in body(letters[0])
    assert "- File 1:   1.png, 4 bytes\n" in body(letters[0])
    assert "- File 7:   7.png, 4 bytes\n" in body(letters[2])
    assert "4.png" not in body(letters[2])


def test_the_same_file_is_sent_once_and_marked() -> None:
    same = b"the same" * 100
    letters = mails(
        with_files(("a.png", "image/png", same), ("b.txt", "text/plain", b"y"), ("c.png", "image/png", same))
    )
    assert files(letters) == [[("a.png", same), ("b.txt", b"y")]]
    assert "- File 3:   c.png, 800 bytes: the same as file 1\n" in body(letters[0])


def test_a_file_that_no_mail_has_room_for_says_where_it_lies() -> None:
    letters = mails(with_files(("a.mov", "video/quicktime", b"x" * 2_345), ("b.png", "image/png", b"y")), room=2_000)
    assert files(letters) == [[("b.png", b"y")]]
    assert "- File 1:   a.mov, 2 kB: too large for a mail, your operator has it, with mailcase mail 17\n" in body(
        letters[0]
    )


def test_a_strangers_page_is_no_page_of_ours() -> None:
    [letter] = mails(with_files(("login.html", "text/html", b"<script>alert(1)</script>")))
    [file] = parsed(letter).iter_attachments()
    assert (file.get_content_type(), file.get_content_disposition()) == ("application/octet-stream", "attachment")
    assert [part.get_content_type() for part in parsed(letter).walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "application/octet-stream",
    ]


def part(name: str, data: bytes) -> bytes:
    """A part of a multipart whose boundary is `b`, with any name."""
    coded = "".join(f"%{octet:02X}" for octet in name.encode())
    disposition = f"Content-Disposition: attachment; filename*=utf-8''{coded}"
    return f"--b\r\nContent-Transfer-Encoding: base64\r\n{disposition}\r\n\r\n".encode() + b64encode(data) + b"\r\n"


def mail_of(*parts: bytes) -> bytes:
    head = b"From: sam@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head + b"".join(parts) + b"--b--\r\n"


NAMES = [
    "photo\u202egpj.exe",
    "a\r\nBcc: eve@evil.example",
    "x" * 500 + ".jpg",
    "../../x",
    "Müller 请 🎄.pdf",
    '"; x="',
]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_comes_through_as_one_harmless_name(name: str) -> None:
    [letter] = mails(mail_of(part(name, b"data")))
    [file] = parsed(letter).iter_attachments()
    shown = str(file.get_filename())
    assert len(shown) <= 150
    assert not set(shown) & set('/\\\r\n\u202e":')
    assert file.get_content() == b"data"
    assert parsed(letter)["Bcc"] is None
    assert f"{shown}, 4 bytes" in body(letter)


@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=30)), min_size=1, max_size=5), st.integers(10, 60))
def test_every_file_is_found_with_its_bytes_unless_no_mail_has_room(wanted: list[tuple[str, bytes]], room: int) -> None:
    letters = mails(mail_of(*(part(*each) for each in wanted)), room=room)
    sent = [data for each in files(letters) for _, data in each]
    assert sent == [data for data in dict.fromkeys(data for _, data in wanted) if len(data) <= room]


# Files again


FOUR = with_files(
    *((f"{name}.png", "image/png", bytes([seed]) * 4) for name, seed in zip("abcd", (1, 2, 3, 1), strict=True))
)


def again(wanted: Sequence[int], raw: bytes = FOUR, about: bytes = b"a mail", room: int = ROOM) -> list[QueueLetter]:
    return list(file_mails(wanted, FACTS, raw, PRIYA, TOKEN, about, TEAM, NOW, room))


def test_wanted_files_are_sent_again() -> None:
    letters = again([3, 1])
    assert files(letters) == [[("a.png", b"\1" * 4), ("c.png", b"\3" * 4)]]
    assert [letter.kind for letter in letters] == ["staff-files"]
    assert body(letters[0]).startswith(f"Files 1, 3 of 4, for {REFERENCE}.\n")


def test_a_file_that_was_the_same_as_another_is_sent_when_it_is_wanted_alone() -> None:
    assert files(again([4])) == [[("d.png", b"\1" * 4)]]
    assert files(again([1, 4])) == [[("a.png", b"\1" * 4)]]
    assert "- File 4:   d.png, 4 bytes: the same as file 1" in body(again([1, 4])[0])


def test_numbers_that_a_mail_does_not_have_bring_nothing() -> None:
    assert again([9]) == []
    assert again([]) == []
    assert files(again([2, 9])) == [[("b.png", b"\2" * 4)]]


def test_wanted_files_that_are_too_large_are_told() -> None:
    [letter] = again([1], room=3)
    assert body(letter).startswith(f"No mail has room for what you asked of {REFERENCE}.\n")
    assert "your operator has it, with mailcase mail 17" in body(letter)
    assert files([letter]) == [[]]


def test_who_asks_twice_gets_them_twice_and_a_redo_gives_the_same_bytes() -> None:
    assert again([1]) == again([1])
    assert again([1])[0].id != again([1], about=b"another mail")[0].id


# The envelope


def test_all_mails_about_a_case_are_one_conversation() -> None:
    letters = [*mails(FOUR, room=4), *mails(what="reply"), *again([1])]
    assert len({letter.id for letter in letters}) == len(letters) == 5
    assert {parsed(letter)["References"] for letter in letters} == {conversation(REFERENCE, TEAM)}
    assert {parsed(letter)["Subject"] for letter in letters} == {f"Case {REFERENCE} – Constrat"}


def test_each_mail_carries_the_token_in_the_address_for_answers() -> None:
    for letter in (*mails(FOUR, room=4), *again([1])):
        assert parsed(letter)["Reply-To"] == f"complaints+{TOKEN}@firm.example"
        assert TOKEN not in letter.message_id


def test_where_addresses_take_no_tag_the_message_id_carries_the_token() -> None:
    rules = replace(TEAM, plus_addressing=False)
    [letter] = mails(rules=rules)
    assert parsed(letter)["Reply-To"] is None
    assert letter.message_id == parsed(letter)["Message-ID"] == capability.message_id(letter.id, TOKEN, "firm.example")
    assert letter.id == mails()[0].id
    answer = read(f"From: {PRIYA}\r\nIn-Reply-To: {letter.message_id}\r\n\r\nreply: x".encode())
    assert capability.find(answer, rules.is_ours, rules.domain) == (TOKEN,)


def test_the_same_cause_gives_the_same_bytes_and_another_cause_or_template_another_letter() -> None:
    assert mails(FOUR) == mails(FOUR)
    other = case_mails("staff-case", b"another mail", FACTS, FOUR, PRIYA, TOKEN, TEAM, NOW)
    assert len({mails(FOUR)[0].id, other[0].id, mails(FOUR, what="reply")[0].id}) == 3
