"""What goes wrong is told to somebody who may know of it, and on record is who that was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from builders import SAM, US, mail
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import TOM, People, opened, the, words

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


def comes_back(letter: Claimed) -> bytes:
    """A report (RFC 3464) that a letter did not reach its reader."""
    parts = (
        "--b\r\n\r\nNot delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {letter.recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {opened(letter).message_id}\r\n--b--"
    )
    content = "multipart/report; report-type=delivery-status; boundary=b"
    return mail("MAILER-DAEMON@mx.example.org", "Undelivered Mail", parts, to=US, content_type=content)


@pytest.mark.parametrize("named", ["Tom Reed", "Priya Nair"])
def test_what_waits_for_a_person_says_nothing_of_a_case_to_whom_it_complains_about(people: People, named: str) -> None:
    acknowledged = the(people.customer_writes(f"{named} was rude."), "acknowledgement", SAM)
    people.arrives(comes_back(acknowledged))
    told = [words(each) for each in people.waits(2 * HOUR) if each.recipient == TOM]
    assert any(people.case().reference in each for each in told) is (named == "Priya Nair")
