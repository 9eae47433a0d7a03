"""Letters go to the address of the case alone, whoever else a mail names: guarantee A02, with the mails tried.

Only `person: add` by staff adds somebody. `pytest -s` prints the counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from builders import SAM, mail
from mailcase.core.mail.message import Message, read
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.crowd import Crowd, some
from rigs.people import COOLED, opened, the, words

EVIL = "evil@evil.example"
SECRET = "the key lies under the mat"
US = "complaints@firm.example"

# Where a mail may name somebody else.
NAMED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *(
                "cc",
                "bcc",
                "reply-to",
                "sender",
                "resent-from",
                "resent-sender",
                "resent-to",
                "resent-cc",
                "resent-bcc",
            ),
            *("errors-to", "return-receipt-to", "disposition-notification-to", "mail-reply-to", "mail-followup-to"),
            *("x-original-from", "x-forwarded-for", "x-envelope-from", "original-from", "apparently-to"),
            *(
                "return-path",
                "delivered-to",
                "x-original-to",
                "x-mailcase-person",
                "x-mailcase-customer",
                "followup-to",
            ),
        ),
        f"Eve <{EVIL}>",
    ),
    "to": f"{US}, Eve <{EVIL}>",
    "to, a group": f"Readers: {US}, {EVIL};",
    "to, the other first": f"{EVIL}, Complaints <{US}>",
    "to, a tag": f"complaints+{EVIL.replace('@', '=')}@firm.example",
    "cc, two": f"{EVIL}, Fred <fred@evil.example>",
    "subject, which goes on": f"x\r\n Cc: {EVIL}",
    "subject, encoded": f"=?utf-8?q?x=0D=0ABcc:_{EVIL.replace('@', '=40')}?=",
}
SENDERS = (
    "Sam <{sam}>",
    "{sam}",
    f'"{EVIL}" <{{sam}}>',
    "Sam <{sam}> ({evil})",
    "Sam =?utf-8?q?=3Cevil=40evil.example=3E?= <{sam}>",
)


def with_header(raw: bytes, name: str, value: str) -> bytes:
    """The mail with this field in place of its own."""
    head, _, body = raw.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(f"{name}:".encode())]
    return b"\r\n".join([*kept, f"{name.title()}: {value}".encode(), b"", body])


def strangers(letters: list[Claimed], *known: str) -> list[tuple[str, str]]:
    """(kind, recipient) of the letters that go, or that any header of theirs sends, to somebody else."""
    return [
        (each.kind, each.recipient)
        for each in letters
        if each.recipient not in known or each.raw.lower().count(b"@evil.example") or set(read(each.raw).to) - {*known}
    ]


def played(crowd: Crowd, sam: str, sender: str, field: str, value: str) -> list[Claimed]:
    """A complaint, another mail on it, and the handler's answer; both mails of the customer name somebody else."""

    def writes(text: str, **headers: str) -> list[Claimed]:
        raw = mail(
            sender.format(sam=sam, evil="evil at evil.example"), text=text, message_id=f"<{text}{sam}>", **headers
        )
        return crowd.arrives(with_header(raw, field.partition(",")[0], value))

    letters = writes("first", subject="My order")
    told = the(letters, "staff-case")
    letters += writes("second", subject="More", in_reply_to=opened(told).references[0])
    letters += crowd.answers(told, f"reply: Dear Sam, {SECRET}.", then=COOLED)
    assert "reply" in [each.kind for each in letters]
    return letters


def test_nobody_becomes_a_reader_by_being_named(sqlite: Database) -> None:
    crowd = Crowd(sqlite)
    every = [(field, value, sender) for field, value in NAMED.items() for sender in SENDERS]
    chosen = some(every, 6)  # six are one more than the senders: all of them take part
    for number, (field, value, sender) in enumerate(chosen):
        sam = f"sam{number}@example.org"
        letters = played(crowd, sam, sender, field, value)
        assert strangers(crowd.outside(letters), sam) == [], (field, sender)
    assert len(every) == 160
    assert {sender for *_, sender in chosen} == set(SENDERS)
    later = crowd.outside(crowd.waits(timedelta(days=6)))
    assert {each.kind for each in later} == {"update"}
    assert strangers(later, *(f"sam{number}@example.org" for number in range(len(chosen)))) == []
    print(f"\n{2 * len(chosen)} mails that name somebody else: {len(crowd.outside())} letters, 0 to others")


ANSWERS: Mapping[str, str] = {
    "a stranger": EVIL,
    "with the name of the customer": f"Sam Okafor <{EVIL}>",
    "with the address of the customer as a name": f'"{SAM}" <{EVIL}>',
    "with the address of the customer as an encoded name": f"=?utf-8?q?sam=40example.org?= <{EVIL}>",
    "another mailbox there": "sam.okafor@example.org",
    "another domain that looks alike": "sam@examp1e.org",
    "a domain in other letters": "sam@ex\u0430mple.org",
    "a domain below": "sam@example.org.evil.example",
    "a tag": "sam+evil@example.org",
}
THREADS: Mapping[str, Callable[[Message], dict[str, str]]] = {
    "In-Reply-To": lambda ours: {"in_reply_to": ours.message_id},
    "References": lambda ours: {"references": f"<x@y.example> {ours.message_id}"},
    "subject": lambda ours: {"subject": f"Re: {ours.subject}"},
    "tag": lambda ours: {"to": ours.reply_to[0]},
    "everything": lambda ours: {
        "in_reply_to": ours.message_id,
        "references": ours.message_id,
        "subject": f"Re: {ours.subject}",
        "to": ours.reply_to[0],
        "cc": SAM,
    },
}


@pytest.mark.parametrize("name", some(ANSWERS))
def test_who_answers_on_the_case_of_another_gets_nothing_of_it(sqlite: Database, name: str) -> None:
    """Also when the customer had put them in Cc: each becomes a case of their own, which says nothing of the other."""
    crowd = Crowd(sqlite)
    letters = crowd.customer_writes("My order never came.", cc=EVIL)
    told, acknowledged = the(letters, "staff-case"), opened(the(letters, "acknowledgement"))
    before = crowd.case()
    writer, theirs = ANSWERS[name], []
    for way, thread in THREADS.items():
        raw = mail(writer, **{"text": f"Me too, by {way}.", "message_id": f"<{way}@evil>", **thread(acknowledged)})
        theirs += crowd.outside(crowd.arrives(raw))
    assert crowd.case(before.reference) == before
    address = read(mail(writer)).from_address
    assert {each.recipient for each in theirs} == {address}
    assert {each.kind for each in theirs} == {"acknowledgement"}
    assert not [each for each in theirs if before.reference in words(each) + opened(each).subject]
    answered = crowd.outside(crowd.answers(told, f"reply: Dear Sam, {SECRET}.", then=COOLED))
    assert [each.recipient for each in answered] == [SAM]
    crowd.waits(timedelta(days=6))
    about = [each for each in crowd.outside() if before.reference in words(each) + opened(each).subject]
    assert {each.recipient for each in about} == {SAM}
    assert not [each for each in crowd.outside() if SECRET in words(each) and each.recipient != SAM]


def test_only_staff_add_a_reader(sqlite: Database) -> None:
    crowd = Crowd(sqlite)
    told = the(crowd.customer_writes("My order never came.", cc="kim@example.net"), "staff-case")
    ours = opened(the(crowd.sent, "acknowledgement"))
    crowd.customer_writes("person: add kim@example.net: friend: I say so", in_reply_to=ours.message_id)
    first = crowd.outside(crowd.answers(told, "reply: Dear Sam, one.", then=COOLED))
    crowd.answers(told, "person: add kim@example.net: friend: letter of 3 May")
    second = crowd.outside(crowd.answers(told, "reply: Dear Sam, two.", then=COOLED))
    assert [sorted(each.recipient for each in some) for some in (first, second)] == [[SAM], ["kim@example.net", SAM]]
