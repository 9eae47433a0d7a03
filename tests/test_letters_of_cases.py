"""What letters about a case must not get wrong: dates that are past, receipts of a day, and what goes by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from builders import PRIYA, STAFFED, mail
from mailcase.core.mail.authentication import Trust
from mailcase.store.engine import Database
from rigs.people import COOLED, People, firm, opened, people_token, the, words

DECISION = "outcome: upheld\nredress: apology\nresolve: Dear Sam,\n\nthe courier lost it.\n\nPriya"
PROVEN = "mx.firm.example; dmarc=pass header.from=elsewhere.example"
WARNING = "nobody vouches for this address"


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


def begins(people: People, text: str) -> list[str]:
    """What staff write at their own address; returns the kinds of what leaves, and keeps it in `people.sent`."""
    personal = people.rules.service_address.replace("@", f"+{people_token(people)}@")
    sent = people.arrives(mail(PRIYA, "A call", text, to=personal, authentication_results=PROVEN))
    return [each.kind for each in sent]


def test_a_decision_that_is_late_says_so_first(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.waits(timedelta(days=30))
    [letter] = [each for each in people.answers(told, DECISION, then=COOLED) if each.kind == "resolution"]
    assert "You should have had this decision by Monday 21 December 2026. We missed that date." in words(letter)
    assert "We apologise to you." in words(letter)


def test_a_decision_in_time_speaks_of_no_missed_date(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    [letter] = [each for each in people.answers(told, DECISION, then=COOLED) if each.kind == "resolution"]
    assert "missed" not in words(letter)


def test_the_acknowledgement_of_a_new_case_knows_all_lines_of_the_mail_that_began_it(sqlite: Database) -> None:
    people = People(sqlite, firm("xpereozz"))
    begins(people, "new: web: kim@example.net: received today: The update broke it.\nkind: assistance")
    letter = words(the(people.sent, "acknowledgement"))
    assert "You will have our decision by Monday 30 November 2026." in letter
    assert "Step 1 of 5" not in letter


def test_of_an_earlier_day_of_receipt_no_hour_is_made_up(people: People) -> None:
    begins(people, "new: post: kim@example.net: received 20 November: It broke.")
    assert "We received it on Friday 20 November 2026. Your reference" in words(the(people.sent, "acknowledgement"))


def test_an_acknowledgement_that_can_only_be_late_is_not_told_as_undone(people: People) -> None:
    begins(people, "new: post: kim@example.net: received 20 November: It broke.")
    people.waits(timedelta(hours=1))
    assert "You should have had this letter by" in words(the(people.sent, "acknowledgement"))
    assert [each.kind for each in people.sent if each.kind == "staff-overdue"] == []
    assert [entry.kind for entry in people.timeline() if "acknowledge" in entry.text and entry.kind == "broken"]


def test_a_call_of_today_counts_from_when_it_is_logged(people: People) -> None:
    people.waits(timedelta(hours=3))
    begins(people, "new: phone: kim@example.net: received today: It broke.")
    assert people.case().received_at >= people.clock() - timedelta(minutes=2)


def test_who_has_no_address_gets_the_updates_by_hand_as_well(people: People) -> None:
    begins(people, "new: phone: Kim Lee: received today: It broke.")
    people.answers(the(people.sent, "staff-post"), "log: posted", who=the(people.sent, "staff-post").recipient)
    tasks = [each for each in people.waits(timedelta(days=5)) if each.kind == "staff-post"]
    assert "To do by hand: the letter" not in words(tasks[0])
    assert [each.kind for each in people.case().tasks] == ["update"]
    assert "Customer: Kim Lee" in words(tasks[0])


def test_a_letter_to_be_posted_is_due_when_the_date_is_that_it_keeps(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    letters = people.answers(told, "contact: post\nreply: Dear Sam, we have it.", then=COOLED)
    assert "gets a letter to send by hand on Monday 23 November 2026" in words(the(letters, "staff-transcript"))
    assert "by Saturday 28 November 2026 at 09:00" in words(the(letters, "staff-post"))


def test_staff_read_moved_dates_as_their_own_clocks_show_them(sqlite: Database) -> None:
    people = People(sqlite, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    [answer] = people.answers(told, "track: standard")
    assert "K7: due Monday 7 December 2026 at 17:00; it was due Monday 21 December 2026 at 17:00" in words(answer)


@pytest.mark.parametrize(("method", "warns"), [("submission", False), ("m365", False), ("rfc8601", True)])
def test_nobody_is_warned_of_strangers_where_the_mail_system_vouches_for_its_own_alone(
    sqlite: Database, method: str, warns: bool
) -> None:
    authority = "0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0" if method == "m365" else "mx.firm.example"
    rules = replace(STAFFED, trust={"box": Trust(method, authority)})  # type: ignore[arg-type]
    told = the(People(sqlite, rules).customer_writes("My order never came."), "staff-case")
    assert (WARNING in words(told)) == warns


def test_who_is_asked_for_words_hears_that_a_decision_falls_due_before(sqlite: Database) -> None:
    people = People(sqlite, firm("constrat"))
    people.customer_writes("My order never came.")
    asked = [each for each in people.waits(timedelta(days=29)) if each.kind == "staff-words"]
    last = [words(each) for each in asked if "before the update goes out" in words(each)]
    assert len(last) == 1
    assert "Our decision is due by Monday 21 December 2026 at 17:00, before the update goes out." in last[0]
    assert opened(asked[0]).reply_to
