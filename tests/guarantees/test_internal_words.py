"""What staff keep to themselves does not reach the customer: guarantee A09, through every mail program we know.

Each mail of staff has one letter for the customer, and a canary wherever else words can stand. `pytest -s` prints the
counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import PRIYA, STAFFED
from core.mail_parts import NOTIFICATION, SIGNATURE
from core.mail_programs import PROGRAMS
from guarantees.canary_mails import CANARY, said
from mailcase.core.mail.message import read
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.crowd import Crowd
from rigs.people import COOLED, PROVEN, the
from rigs.world import scale

SIGNED = f"{SIGNATURE}\n{CANARY} of Priya"
WORDS = "Dear Sam, we have found your parcel."
# What the customer, and others in the conversation, wrote before: it stands quoted below.
THEIRS = (
    *NOTIFICATION[:10],
    f"{CANARY} of the customer",
    f"reply: {CANARY}",
    f"> {CANARY} of another",
    *NOTIFICATION[18:],
)

# What somebody types, and which letter it makes.
TYPED: Mapping[str, tuple[str, str]] = {
    "note above": (f"note: {CANARY} has the CCTV\n  and {CANARY}\nreply: {WORDS}", "reply"),
    "facts above": (f"cause: {CANARY}\nlog: phone: {CANARY}\nreply: {WORDS}", "reply"),
    "below end": (f"reply: {WORDS}\nend\n{CANARY} for us", "reply"),
    "quoted within": (f"reply: {WORDS}\n\n> {CANARY} said somebody\n> and {CANARY}", "reply"),
    "person": (f"person: add kim@example.net: {CANARY}: {CANARY} of 3 May\nask: {WORDS}", "ask"),
    "decision": (f"outcome: upheld\nredress: none\nnote: {CANARY}\nresolve: {WORDS}", "resolution"),
}
REFUSED: Mapping[str, str] = {
    "a keyword that is none": f"outcom: upheld\nreply: {WORDS} {CANARY}",
    "a keyword in the letter": f"reply: {WORDS} {CANARY}\nnote: {CANARY}",
    "a keyword below end": f"reply: {WORDS}\nend\nnote: {CANARY}",
    "a redress that is none": f"outcome: upheld\nredress: none: {CANARY}\nresolve: {WORDS}",
    "two letters": f"reply: {WORDS} {CANARY}\nask: {CANARY}?",
    "words before the commands": f"{CANARY}, as we said\nreply: {CANARY}",
    "no keyword at all": f"{CANARY}, as we said",
    "a decision without an outcome": f"resolve: {WORDS} {CANARY}",
    "a person of ours": f"person: add ann@firm.example: {CANARY}: x\nreply: {WORDS} {CANARY}",
}
UNPROVEN: Mapping[str, dict[bytes, bytes]] = {
    "no proof": {PROVEN.encode(): b"mx.firm.example; dmarc=none"},
    "another's proof": {PROVEN.encode(): PROVEN.replace("mx.firm", "mx.evil").encode()},
    "another's token": {b"\nTo: ": b"\nTo: complaints+0123456789abcdefghjkmnpqr@firm.example\r\nX-To: "},
}


def people(database: Database) -> Crowd:
    """A firm whose Priya has told us her signature."""
    staff = tuple(replace(each, signature=SIGNED) for each in STAFFED.staff)
    return Crowd(database, replace(STAFFED, staff=staff))


def typed(program: str, told: Claimed, text: str) -> bytes:
    """The answer to a mail of ours, as this program sends it."""
    raw = PROGRAMS[program](text.split("\n"), SIGNED, THEIRS)
    letter = read(told.raw)
    fields = {
        "From": f"Priya Nair <{PRIYA}>",
        "To": letter.reply_to[0],
        "Subject": f"Re: {letter.subject}",
        "Message-ID": f"<{abs(hash((program, told.id, text)))}@mua.example>",
        "In-Reply-To": letter.message_id,
        "References": letter.message_id,
    }
    head, _, body = raw.partition(b"\r\n\r\n")
    for name, value in fields.items():
        head = re.sub(rb"(?m)^%s: [^\r]*" % name.encode(), f"{name}: {value}".encode(), head)
    return b"Authentication-Results: %s\r\n%s\r\n\r\n%s" % (PROVEN.encode(), head, body)


def programs(name: str) -> list[str]:
    """Every mail program in `make drill`; elsewhere a few, other ones for each name."""
    names, first = list(PROGRAMS), [*TYPED, *REFUSED, *UNPROVEN].index(name) * 5
    return [names[(first + number) % len(names)] for number in range(max(3, scale(len(names))))]


def cases(crowd: Crowd, name: str) -> Iterator[tuple[str, Claimed]]:
    """For each program a new case, and the mail that tells Priya of it."""
    for number, program in enumerate(programs(name)):
        letters = crowd.customer_writes(f"Order {number} never came. {CANARY}.", f"sam{number}@example.org")
        yield program, the(letters, "staff-case")


@pytest.mark.parametrize("name", TYPED)
def test_only_the_words_of_the_letter_leave_the_house(sqlite: Database, name: str) -> None:
    crowd = people(sqlite)
    text, kind = TYPED[name]
    found = []
    for program, told in cases(crowd, name):
        answered = crowd.arrives(typed(program, told, text), COOLED)
        found += [(program, each) for each in crowd.outside(answered)]
    crowd.waits(timedelta(days=1))
    readers = 2 if name == "person" else 1
    assert [each.kind for _, each in found] == [kind] * len(programs(name)) * readers
    assert [program for program, each in found if CANARY in said(each.raw)] == []
    print(f"\n{name}: {len(programs(name))} programs, {len(found)} letters, 0 with internal words")


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_of_a_refused_mail_leaves_the_house(sqlite: Database, name: str) -> None:
    crowd = people(sqlite)
    for program, told in cases(crowd, name):
        [answer] = crowd.arrives(typed(program, told, REFUSED[name]), COOLED)
        assert (answer.kind, answer.recipient) == ("staff-transcript", PRIYA), program
        assert "nothing was sent to the customer" in read(answer.raw).text.lower()
    letters = [*crowd.outside(), *crowd.outside(crowd.waits(timedelta(days=8)))]
    assert {each.kind for each in letters} == {"acknowledgement", "update"}
    assert [each.recipient for each in letters if CANARY in said(each.raw)] == []


@pytest.mark.parametrize("name", UNPROVEN)
def test_nothing_of_an_unproven_mail_leaves_the_house(sqlite: Database, name: str) -> None:
    crowd = people(sqlite)
    for program, told in cases(crowd, name):
        raw = typed(program, told, f"note: {CANARY}\nreply: {WORDS} {CANARY}")
        for old, new in UNPROVEN[name].items():
            assert old in raw
            raw = raw.replace(old, new, 1)
        assert crowd.outside(crowd.arrives(raw, COOLED)) == []
    letters = [*crowd.outside(), *crowd.outside(crowd.waits(timedelta(days=8)))]
    assert {each.kind for each in letters} == {"acknowledgement", "update"}
    assert [each.recipient for each in letters if CANARY in said(each.raw)] == []


@pytest.mark.parametrize("plain", [f"reply: {WORDS} {CANARY}", CANARY, f"note: {CANARY}", f"reply: {WORDS}\n{CANARY}"])
@pytest.mark.parametrize("hidden", [f"<title>{CANARY}</title>", f"<!-- {CANARY} -->", f"<style>/* {CANARY} */</style>"])
def test_only_the_page_that_staff_see_can_leave_the_house(sqlite: Database, plain: str, hidden: str) -> None:
    """A mail whose plain part says something else than its page, and whose page has words that no program shows."""
    crowd = people(sqlite)
    told = the(crowd.customer_writes("My order never came."), "staff-case")
    page = f"<html><head>{hidden}</head><body>{hidden}<p>reply: {WORDS}</p></body></html>"
    each = "--b7\r\nContent-Type: text/{}\r\n\r\n{}\r\n"
    body = f"{each.format('plain', plain)}{each.format('html', page)}--b7--"
    headers = {"content_type": 'multipart/alternative; boundary="b7"', "mime_version": "1.0"}
    [letter] = crowd.outside(crowd.answers(told, body, then=COOLED, **headers))
    assert WORDS in read(letter.raw).text
    assert CANARY not in said(letter.raw)
