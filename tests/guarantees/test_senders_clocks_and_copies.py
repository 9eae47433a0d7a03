"""A mail's own date moves nothing, and no mail takes the place of another: guarantee A17, with what was tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from builders import HOUR, SAM, mail
from mailcase.core.mail.message import read
from mailcase.store.engine import Database
from rigs.crowd import Crowd
from rigs.people import PRIYA, opened, the, words

EVIL = "evil@evil.example"

DATES: Mapping[str, str] = {
    "long ago": "Thu, 01 Jan 1970 00:00:00 +0000",
    "before time": "Mon, 01 Jan 0001 00:00:00 +0000",
    "last month": "Fri, 23 Oct 2026 09:00:00 +0000",
    "yesterday": "Sun, 22 Nov 2026 09:00:00 +0000",
    "a zone that is none": "Mon, 23 Nov 2026 09:00:00 +9999",
    "another zone": "Mon, 23 Nov 2026 23:00:00 +1400",
    "tomorrow": "Tue, 24 Nov 2026 09:00:00 +0000",
    "next year": "Tue, 23 Nov 2027 09:00:00 +0000",
    "the end of time": "Fri, 31 Dec 9999 23:59:59 -2359",
    "a year too many": "Fri, 31 Dec 99999 23:59:59 +0000",
    "words": "yesterday at noon",
    "nothing": "",
    "control characters": "Mon, 23 Nov 2026\x00 09:00:00 +0000",
}
TRACES: Mapping[str, dict[str, str]] = {
    "none": {},
    "received": {"received": "from evil.example by mx.firm.example; Thu, 01 Jan 1970 00:00:00 +0000"},
    "resent": {"resent_date": "Thu, 01 Jan 1970 00:00:00 +0000"},
    "delivery": {
        "delivery_date": "Fri, 31 Dec 9999 23:59:59 +0000",
        "x_received": "x; Thu, 01 Jan 1970 00:00:00 +0000",
    },
}


def test_no_date_in_a_mail_moves_a_deadline(sqlite: Database) -> None:
    """All deadlines count from the moment at which the mail came, and staff read that moment."""
    crowd = Crowd(sqlite)
    raws = [
        mail(f"sam{number}{way[0]}@example.org", f"{name} {way}", message_id=f"<{way}{number}@mua>", date=date, **trace)
        for number, (name, date) in enumerate(DATES.items())
        for way, trace in TRACES.items()
    ]
    assert len(raws) == 52
    before = crowd.clock()
    told = [each for each in crowd.flood(raws) if each.kind == "staff-case"]
    records = [crowd.case(opened(each).subject.split()[1]) for each in told]
    assert len(records) == len(raws)
    assert {record.received_at for record in records} == {before + timedelta(seconds=1)}
    deadlines = {
        tuple((each.promise, each.counted_from, each.due_at) for each in record.owed.deadlines) for record in records
    }
    assert len(deadlines) == 1
    assert not [each for each in crowd.sent if "1970" in words(each) or "9999" in words(each)]


def test_no_date_in_an_answer_moves_a_deadline(sqlite: Database) -> None:
    crowd = Crowd(sqlite)
    ours = opened(the(crowd.customer_writes("My order never came."), "acknowledgement"))
    before = crowd.case().owed.deadlines
    for date in DATES.values():
        crowd.customer_writes(f"More {date!r}.", in_reply_to=ours.message_id, date=date)
    assert crowd.case().owed.deadlines == before
    assert len([each for each in crowd.timeline() if each.kind == "message"]) == 1 + len(DATES)


def test_the_same_id_with_other_words_is_another_mail(database: Database) -> None:
    """From the same sender and from another, in every order; the very same mail is a duplicate."""
    crowd = Crowd(database)
    same = {"message_id": "<1@mua.example>"}
    raws = [
        mail(EVIL, "Mine", "I was first.", **same),
        mail(f"Sam <{SAM}>", "My order", "It never came.", **same),
        mail(f"Sam <{SAM}>", "My order", "It never came!", **same),
        mail(f"Sam <{SAM}>", "my order", "It never came.", **same),
    ]
    letters = [crowd.arrives(raw) for raw in raws]
    assert [sorted(each.kind for each in some) for some in letters] == [["acknowledgement", "staff-case"]] * 4
    assert len({opened(the(some, "staff-case")).subject for some in letters}) == 4
    assert [crowd.arrives(raw) for raw in raws] == [[]] * 4, "nothing new"


def test_who_takes_the_id_of_a_mail_before_it_comes_keeps_nothing_from_it(database: Database) -> None:
    """The victim's mail opens their case; what they add to it, by any thread, is for their own handler."""
    crowd = Crowd(database)
    evil = opened(the(crowd.arrives(mail(EVIL, "Mine", "I was first.", message_id="<1@mua.example>")), "staff-case"))
    crowd.arrives(mail(EVIL, "Mine too", "And second.", message_id="<2@mua.example>", in_reply_to="<1@mua.example>"))
    stolen = crowd.case(evil.subject.split()[1])
    letters = crowd.arrives(mail(f"Sam <{SAM}>", "My order", "It never came.", message_id="<1@mua.example>"))
    ours, reference = opened(the(letters, "acknowledgement")), opened(the(letters, "staff-case")).subject.split()[1]
    crowd.waits(2 * HOUR)
    threads: list[dict[str, str]] = [
        {"in_reply_to": ours.message_id},
        {"references": f"<1@mua.example> {ours.message_id}"},
        {"in_reply_to": "<1@mua.example>", "subject": ours.subject},
        {"in_reply_to": "<1@mua.example>"},
        {"references": "<1@mua.example>"},
        {"in_reply_to": "<2@mua.example>", "references": "<1@mua.example> <2@mua.example>"},
    ]
    for number, thread in enumerate(threads):
        [told] = crowd.arrives(
            mail(f"Sam <{SAM}>", **{"text": f"More {number}.", "message_id": f"<{number}@sam>", **thread})
        )
        assert (told.kind, told.recipient, reference in opened(told).subject) == ("staff-message", PRIYA, True), thread
    assert crowd.case(stolen.reference) == stolen
    assert not [each for each in crowd.outside() if each.recipient == EVIL and reference in words(each)]


def test_who_takes_the_id_of_a_letter_of_ours_keeps_nothing_from_its_reader(sqlite: Database) -> None:
    """Once it has left, its reader knows it; a stranger who uses it as their own id changes nothing."""
    crowd = Crowd(sqlite)
    ours = opened(the(crowd.customer_writes("My order never came."), "acknowledgement"))
    reference = crowd.case().reference
    for number in range(3):
        crowd.arrives(mail(EVIL, f"Mine {number}", message_id=ours.message_id))
    [told] = crowd.customer_writes("More.", in_reply_to=ours.message_id)
    assert (told.kind, reference in opened(told).subject) == ("staff-message", True)
    assert read(told.raw).to == (PRIYA,)


def test_who_has_a_copy_of_a_mail_stops_no_letter_about_it(sqlite: Database) -> None:
    """A returned mail that names the customer's mail names no letter of ours, whatever report it makes up."""
    crowd = Crowd(sqlite)
    crowd.customer_writes("My order never came.", cc=EVIL, message_id="<1@mua.example>")
    parts = (
        "text/plain\r\n\r\nIt could not be delivered. Message-ID: <1@mua.example>",
        "message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        f"Final-Recipient: rfc822; {SAM}\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        "text/rfc822-headers\r\n\r\nMessage-ID: <1@mua.example>\r\nIn-Reply-To: <1@mua.example>\r\n",
    )
    body = "".join(f"--b7\r\nContent-Type: {part}\r\n" for part in parts) + "--b7--"
    kind = {"content_type": 'multipart/report; report-type=delivery-status; boundary="b7"', "mime_version": "1.0"}
    for thread in ({}, {"in_reply_to": "<1@mua.example>"}, {"references": "<1@mua.example>"}):
        crowd.flood(
            [mail(f"MAILER-DAEMON@{len(thread)}.example", f"Failed {thread}", body, **kind, **thread)], sender=""
        )
    assert crowd.case().owed.reachable
    assert len(crowd.reviewed("automatic")) == 3
    assert [each.kind for each in crowd.outside(crowd.waits(timedelta(days=6)))] == ["update"]
