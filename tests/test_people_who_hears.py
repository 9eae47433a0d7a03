"""What goes wrong is told to somebody who may know of it, and on record is who that was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import PRIYA, SAM, STAFFED, US, mail
from mailcase.core.rules import Rules
from mailcase.core.staff.assignment import Colleague
from mailcase.store import digests
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.people import COOLED, TOM, People, firm, opened, the, words

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


DECISION = "outcome: upheld\nredress: none\nresolve: Dear Sam, the courier lost it."


@pytest.fixture
def people(sqlite: Database) -> People:
    return people_of(sqlite)


def people_of(database: Database, rules: Rules = STAFFED) -> People:
    """With a digest each morning."""
    people = People(database, rules)
    with database.write() as conn:
        digests.ensure_digests(conn, rules.staff, people.clock() + DAY)
    return people


def digest_of(letters: list[Claimed], to: str) -> str:
    """Of several days the last one."""
    return [words(each) for each in letters if (each.kind, each.recipient) == ("staff-digest", to)][-1]


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


def test_mails_to_staff_that_came_back_are_told_to_the_others_until_one_has_stayed_there(database: Database) -> None:
    people = people_of(database)
    told = the(people.customer_writes("My order never came."), "staff-case", PRIYA)
    people.arrives(comes_back(told))
    letters = people.waits(DAY)
    assert f"{PRIYA}: 1 came back" in words(the(letters, "staff-attention", TOM))
    assert "Mails to staff that came back" in digest_of(letters, TOM)
    people.answers(told, "show")
    people.waits(DAY)
    assert "came back" not in "".join(map(words, people.waits(DAY)))


def test_while_no_mail_reaches_a_manager_everybody_else_is_told_what_waits(people: People) -> None:
    told = the(people.customer_writes("Priya Nair was rude."), "staff-case", TOM)
    people.arrives(comes_back(told))
    attention = the(people.waits(2 * HOUR), "staff-attention")
    assert attention.recipient == PRIYA
    assert people.case().reference not in words(attention)


def test_a_decision_that_came_back_is_told_until_the_customer_has_it(database: Database) -> None:
    people = people_of(database)
    told = the(people.customer_writes("My order never came."), "staff-case")
    decision = the(people.answers(told, DECISION, then=COOLED), "resolution")
    people.arrives(comes_back(decision))
    letters = people.waits(DAY)
    assert people.case().status == "resolved"
    assert f"{people.case().reference}: {SAM}" in words(the(letters, "staff-attention", TOM))
    assert "Letters that did not arrive" in digest_of(letters, PRIYA)
    late = people.waits(30 * DAY)
    assert "Overdue" in digest_of(late, PRIYA)
    people.customer_writes("I am back.", in_reply_to=opened(decision).message_id)
    assert "Letters that did not arrive" not in "".join(map(words, people.waits(3 * DAY)))


ANN = Colleague("Ann Day", "ann@elsewhere.example")


def test_that_a_case_complains_about_everybody_is_told_without_the_case(database: Database) -> None:
    people = people_of(database)
    people.customer_writes("Priya Nair and Tom Reed were rude.")
    letters = people.waits(DAY)
    case = people.case().reference
    for told in (words(the(letters, "staff-attention", TOM)), digest_of(letters, TOM)):
        assert "nobody may look after" in told
        assert case not in told
    assert "nobody is told: it complains about everybody who could be" in [each.text for each in people.timeline()]


def test_where_the_only_manager_may_not_know_and_the_handler_has_left_the_others_hear(sqlite: Database) -> None:
    people = People(sqlite)
    acknowledged = the(people.customer_writes("Tom Reed was rude."), "acknowledgement")
    later = People(sqlite, replace(STAFFED, staff=(*STAFFED.staff[1:], ANN)), people.clock())
    [told] = later.customer_writes("Hello?", in_reply_to=opened(acknowledged).message_id, message_id="<2@mua>")
    assert (told.kind, told.recipient) == ("staff-message", ANN.address)


def test_that_nobody_is_left_to_look_again_is_told_to_the_manager_who_decided(sqlite: Database) -> None:
    people = people_of(sqlite, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    toms = the(people.answers(told, "handler: tom"), "staff-case", TOM)
    people.answers(toms, "escalate", who=TOM)
    assert people.case().handler == ""
    attention = words(the(people.waits(DAY), "staff-attention", TOM))
    assert f"{people.case().reference}: a manager who has not worked on it" in attention


def test_a_manager_who_may_not_know_does_not_hear_that_nobody_decides_and_the_record_says_who_does(
    people: People,
) -> None:
    told = the(people.customer_writes("Tom Reed was rude."), "staff-case")
    decision = the(people.answers(told, DECISION, then=COOLED), "resolution")
    people.customer_writes("And why?", in_reply_to=opened(decision).message_id)
    letters = people.waits(2 * DAY)
    assert [each.recipient for each in letters if "Undecided" in words(each)] == [PRIYA]
    assert "told to Priya Nair" in [each.text for each in people.timeline()]


def test_an_answer_about_which_nobody_decides_stands_in_each_mornings_digest(database: Database) -> None:
    people = people_of(database)
    told = the(people.customer_writes("My order never came."), "staff-case")
    decision = the(people.answers(told, DECISION, then=COOLED), "resolution")
    [parked] = people.customer_writes("Why did it take so long?", in_reply_to=opened(decision).message_id)
    people.waits(7 * DAY)
    today = people.waits(DAY)
    assert "To decide since" in digest_of(today, PRIYA)
    assert "Monday 23 November 2026" in digest_of(today, TOM)
    people.answers(parked, "thanks")
    assert people.waits(3 * DAY) == []


def test_a_letter_that_nobody_posts_stands_there_too_since_it_was_asked_for(database: Database) -> None:
    people = people_of(database)
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "contact: post")
    people.answers(told, "ask: Which size was it?", then=COOLED)
    people.answers(told, "log: posted")
    assert "To post since" not in "".join(map(words, people.waits(DAY)))
    people.answers(told, "reply: Dear Sam, the depot looks for it.", then=DAY)
    people.answers(told, "ask: Which colour was it?", then=COOLED)
    today = digest_of(people.waits(DAY), PRIYA)
    row = today.partition("To post since")[2].splitlines()[1]
    assert "2" in row.split()
    assert "Tuesday 24 November 2026" in row


def test_whom_no_mail_reaches_is_not_told_of_others_whom_none_reaches(people: People) -> None:
    """Each such mail would come back, and ask for the next."""
    told = the(people.customer_writes("My order never came."), "staff-case", PRIYA)
    people.arrives(comes_back(told))
    attention = the(people.waits(2 * HOUR), "staff-attention", TOM)
    people.arrives(comes_back(attention))
    assert [each.recipient for each in people.waits(3 * HOUR) if each.kind == "staff-attention"] == []


def test_where_no_mail_reaches_anybody_what_waits_is_told_once_a_day(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case", PRIYA)
    people.arrives(comes_back(told))
    people.arrives(comes_back(the(people.waits(2 * HOUR), "staff-attention", TOM)))
    again = list[Claimed]()
    for n in range(26):
        people.arrives(mail(text=f"This is an advertisement {n}.", list_id="<offers.example.org>"))
        came = [each for each in people.waits(HOUR) if each.kind == "staff-attention"]
        again += came
        for letter in came:
            people.arrives(comes_back(letter))
    assert len(again) == 1
