"""Who writes too much: neither they nor their handler are buried, and nothing is lost by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import PRIYA, SAM, STAFFED, TOM, mail
from mailcase.core.reading import MOST_READ
from mailcase.core.rules import Limits
from mailcase.store import letters
from mailcase.store.digests import ensure_digests
from mailcase.store.engine import Database
from rigs.people import People, firm, opened, the, words

DAY = timedelta(days=1)


def test_beyond_so_many_open_cases_a_sender_gets_no_letter_before_a_person_lets_it_go(database: Database) -> None:
    people = People(database, replace(firm("xcommunications"), limits=Limits(open_cases_per_address=1)))
    first = people.customer_writes("My line is dead.")
    reference = the(first, "acknowledgement").case
    assert [each.kind for each in people.customer_writes("It is still dead.", sender="Sam <SAM+b@example.org>")] == []
    [(other, reason)] = held(people)
    assert reason == "open cases of this address: 1"
    got = people.waits(45 * DAY)
    assert "signpost" in [each.kind for each in got if each.case == reference]
    assert {each.case for each in got if each.case} == {reference}
    assert held(people)[1:] == [(other, "the acknowledgement of the case was held")]


def held(people: People) -> list[tuple[str, str]]:
    """(case, reason) of the letters that wait for a person, the oldest first."""
    with people.database.read() as conn:
        return [(row.case_ref, row.reason) for row in letters.listed(conn, "held")]


def test_of_a_customer_who_writes_on_and_on_the_handler_gets_some_mails_and_the_digest_tells_of_the_rest(
    database: Database,
) -> None:
    people = People(database, replace(STAFFED, limits=Limits(mails_per_customer_hour=3)))
    with database.write() as conn:
        ensure_digests(conn, people.rules.staff, people.clock())
    letter = the(people.customer_writes("My order never came."), "acknowledgement")
    got = [people.customer_writes(f"Photo {n}", in_reply_to=opened(letter).message_id) for n in range(4)]
    assert [[each.recipient for each in letters] for letters in got] == [[PRIYA], [PRIYA], [], []]
    texts = [each.text for each in people.timeline() if each.kind == "not passed on"]
    why = "was not passed on, the digest tells of it; mails of this customer within an hour"
    assert texts == [f"mail 4 {why}: 3", f"mail 5 {why}: 4"]
    for _ in range(2):  # until somebody asks
        told = [each for each in people.waits(DAY) if each.kind == "staff-digest"]
        assert {each.recipient for each in told} == {PRIYA, TOM}
        assert all(f"{letter.case}  {SAM}" in words(each) for each in told)
    shown = people.answers(got[0][0], "show")
    assert "Photo 3" in words(the(shown, "staff-transcript"))
    assert not any("not passed on" in words(each) for each in people.waits(DAY) if each.kind == "staff-digest")


def test_of_very_many_mails_the_newest_are_shown_and_where_the_older_ones_are(sqlite: Database) -> None:
    people = People(sqlite, replace(STAFFED, limits=Limits(mails_per_customer_hour=3)))
    came = people.customer_writes("My order never came.")
    told, answered = the(came, "staff-case"), opened(the(came, "acknowledgement")).message_id
    for n in range(MOST_READ - 2):
        people.customer_writes(f"Photo {n}.", in_reply_to=answered)
    whole = words(the(people.answers(told, "show"), "staff-transcript"))
    assert "My order never came." in whole
    assert "Your operator has the older ones" not in whole
    for n in range(2):
        people.customer_writes(f"Picture {n}.", in_reply_to=answered)
    newest = words(the(people.answers(told, "show"), "staff-transcript"))
    assert "Photo 0." in newest
    assert "My order never came." not in newest
    assert "Your operator has the older ones, with mailcase mail ID." in newest


@pytest.mark.parametrize("line", ["show", "same: {}\nshow"], ids=["later", "at once"])
def test_what_was_not_passed_on_is_shown_with_the_case_in_which_it_goes_on(database: Database, line: str) -> None:
    people = People(database, replace(STAFFED, limits=Limits(mails_per_customer_hour=3)))
    with database.write() as conn:
        ensure_digests(conn, people.rules.staff, people.clock())
    first, other = (people.customer_writes(f"My {what} is broken.") for what in ("lamp", "vase"))
    joined, told = the(first, "acknowledgement"), the(other, "staff-case")
    for n in range(3):
        people.customer_writes(f"Photo {n}", in_reply_to=opened(joined).message_id)
    if line == "show":
        people.answers(told, f"same: {joined.case}")
        digests = [each for each in people.waits(DAY) if each.kind == "staff-digest"]
        assert digests
        assert all(f"{the(other, 'acknowledgement').case}  {SAM}" in words(each) for each in digests)
        assert not any(joined.case in words(each) for each in digests)
    shown = words(the(people.answers(told, line.format(joined.case)), "staff-transcript"))
    assert all(each in shown for each in ("My lamp", "Photo 0", "Photo 2"))
    assert not any("not passed on" in words(each) for each in people.waits(DAY) if each.kind == "staff-digest")


def test_the_limits_of_a_customers_mails_count_those_on_all_of_their_cases(database: Database) -> None:
    people = People(database, replace(STAFFED, limits=Limits(mails_per_customer_hour=3)))
    cases = [the(people.customer_writes(f"Matter {n} is broken."), "acknowledgement") for n in range(2)]
    got = [people.customer_writes(f"More {n}", in_reply_to=opened(cases[n]).message_id) for n in range(2)]
    assert [len(each) for each in got] == [1, 0]
    other = people.customer_writes("My lamp is broken.", sender="kim@example.org")
    assert {each.recipient for each in other} == {"kim@example.org", PRIYA}


def test_a_forger_of_staffs_mails_does_not_use_up_what_is_passed_on_of_the_customer(sqlite: Database) -> None:
    people = People(sqlite, replace(STAFFED, limits=Limits(mails_per_customer_hour=3)))
    letter = the(people.customer_writes("My order never came."), "acknowledgement")
    for number in range(4):
        people.arrives(mail(PRIYA, f"{letter.case} {number}", "withdraw"))
    assert [each.kind for each in people.timeline()].count("unverified") == 4
    told = people.customer_writes("Well?", in_reply_to=opened(letter).message_id)
    assert [each.recipient for each in told] == [PRIYA]
