"""Whom a case complains about sees nothing of it, by whatever way it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from builders import SAM, STAFFED, mail
from mailcase.core.letters.post import token_for
from mailcase.core.staff.assignment import Absence, Colleague
from mailcase.store.digests import waiting_for
from mailcase.store.engine import Database
from mailcase.store.tables import cases
from rigs.people import COOLED, PRIYA, PROVEN, TOM, US, People, firm, opened, the, words

ABOUT_PRIYA = "Priya Nair was rude to me on the phone."


@pytest.fixture
def people(sqlite: Database) -> People:
    return People(sqlite)


def references(people: People) -> list[str]:
    with people.database.read() as conn:
        return list(conn.scalars(select(cases.c.reference).order_by(cases.c.opened_at)))


def test_they_cannot_take_it_over_by_joining_it_to_another(people: People) -> None:
    people.customer_writes("My order never came.")
    people.customer_writes(ABOUT_PRIYA, subject="About your staff")
    mine, hers = references(people)
    told = the(people.customer_writes(f"{mine}: any news?"), "staff-message")
    assert hers not in words(told)
    [answer] = people.answers(told, f"same: {hers}")
    assert f"{hers} is no other case" in words(answer)
    assert people.case(hers).joined == ""


def test_nor_does_a_colleague_join_it_to_one_that_they_have(people: People) -> None:
    people.customer_writes("My order never came.")
    told = the(people.customer_writes(ABOUT_PRIYA, subject="About your staff"), "staff-case", TOM)
    mine, hers = references(people)
    [answer] = people.answers(told, f"same: {mine}", who=TOM)
    assert f"{mine} is part of this case" in words(answer)
    assert people.case(hers).conflicts == (PRIYA,)


def test_an_address_within_anothers_is_another_person(database: Database) -> None:
    staff = (Colleague("Jo Ann", "joann@firm.example", "manager"), Colleague("Ann Day", "ann@firm.example", "manager"))
    people = People(database, replace(STAFFED, staff=staff, managers=tuple(each.address for each in staff)))
    people.customer_writes("Jo Ann was rude to me.")
    later = people.clock() + timedelta(days=60)
    for person, sees in (("joann@firm.example", False), ("ann@firm.example", True)):
        with people.database.read() as conn:
            found = waiting_for(conn, person, everything=True, now=later, until=later)
        assert bool(found.owed) is sees


def test_what_came_by_phone_about_somebody_goes_to_somebody_else(people: People) -> None:
    token = token_for(PRIYA, "", people.rules, people.clock())
    text = "new: phone: Kim Lee: received today: Priya Nair shouted at me"
    personal = US.replace("@", f"+{token}@")
    people.arrives(mail(PRIYA, "A call", text, to=personal, authentication_results=PROVEN))
    assert (people.case().handler, people.case().conflicts) == (TOM, (PRIYA,))


def test_so_does_what_a_colleague_passes_on(people: People) -> None:
    text = (
        "FYI\n\n---------- Forwarded message ---------\nFrom: Kim Lee <kim@example.net>\n"
        "Date: Fri, 20 Nov 2026 at 14:05\nSubject: My lamp\nTo: <ann@firm.example>\n\nPriya Nair shouted at me.\n"
    )
    told = people.arrives(mail("Ann <ann@firm.example>", "Fwd: My lamp", text))
    assert [each.recipient for each in told] == [TOM]


def test_a_conflict_in_the_second_stage_does_not_bring_back_who_decided_first(sqlite: Database) -> None:
    people = People(sqlite, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "escalate")
    again = the(people.sent, "staff-case", TOM)
    [answer] = people.answers(again, "conflict: Tom Reed", who=TOM)
    assert "nobody has it" in words(answer)
    assert people.case().handler == ""


def test_a_letter_that_they_wrote_and_that_waits_is_stopped(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    toms = the(people.answers(told, "handler: tom"), "staff-case")
    people.answers(told, "outcome: not upheld\nredress: none\nresolve: Dear Sam, we looked into it.")
    [answer] = people.answers(toms, "conflict: Priya Nair", who=TOM)
    assert "stopped, so write it again: resolution" in words(answer)
    assert people.waits(COOLED) == []


def test_a_copy_of_their_own_mail_to_the_customer_brings_them_no_facts(people: People) -> None:
    people.customer_writes(ABOUT_PRIYA)
    case = people.case().reference
    assert people.arrives(mail(PRIYA, f"Re: {case}", "Sorry, please take it back.", to=SAM, cc=US)) == []


def test_where_a_later_mail_names_them_a_colleague_is_asked(people: People) -> None:
    people.customer_writes("My order never came.")
    letters = people.customer_writes(f"{people.case().reference}: and Priya Nair was rude.")
    asked = the(letters, "staff-message", TOM)
    assert "Is it about a colleague?" in words(asked)
    people.answers(asked, "conflict: Priya Nair", who=TOM)
    assert people.case().handler == TOM


def test_mails_in_a_colleagues_name_from_many_senders_do_not_bury_them(people: People) -> None:
    people.customer_writes("My order never came.")
    case, before = people.case().reference, len(people.sent)
    for number in range(8):
        sender = f'"{PRIYA}" <evil{number}@evil.example>, b@evil.example'
        people.arrives(mail(sender, f"{case} {number}", f"withdraw {number}", message_id=f"<{number}@evil.example>"))
    told = [each for each in people.sent[before:] if each.recipient == PRIYA]
    assert len(told) == people.rules.limits.per_address_hour


def test_what_a_customer_writes_reaches_the_managers_when_the_handler_is_no_more_of_staff(database: Database) -> None:
    people = People(database)
    acknowledged = the(people.customer_writes("My order never came."), "acknowledgement")
    without = replace(STAFFED, staff=STAFFED.staff[1:])
    later = People(database, without, people.clock())
    [told] = later.customer_writes("Hello?", in_reply_to=opened(acknowledged).message_id, message_id="<2@mua>")
    assert told.recipient == TOM


def test_while_the_handler_is_away_the_managers_hear_of_it_too(database: Database) -> None:
    people = People(database)
    acknowledged = the(people.customer_writes("My order never came."), "acknowledgement")
    day = people.clock().date()
    away = replace(STAFFED.staff[0], away=(Absence(day, day),))
    later = People(database, replace(STAFFED, staff=(away, *STAFFED.staff[1:])), people.clock())
    told = later.customer_writes("Hello?", in_reply_to=opened(acknowledged).message_id, message_id="<2@mua>")
    assert {each.recipient for each in told} == {PRIYA, TOM}


def test_show_has_the_words_of_the_customer_and_ours(database: Database) -> None:
    people = People(database)
    told = the(people.customer_writes("My blue lamp never came."), "staff-case")
    people.answers(told, "reply: Dear Sam, the depot looks for it.", then=COOLED)
    shown = words(the(people.answers(told, "show"), "staff-transcript"))
    blue, depot = shown.index("| My blue lamp never came."), shown.rindex("| Dear Sam, the depot looks for it.")
    assert blue < depot


def test_whoever_writes_in_the_name_of_a_colleague_does_not_tell_them_of_a_case_about_them(sqlite: Database) -> None:
    people = People(sqlite)
    about_her = the(people.customer_writes("Priya Nair was rude to me."), "staff-case", to=TOM)
    reference = people.case().reference
    forged = people.customer_writes("close", PRIYA, subject=f"Re: {opened(about_her).subject}")
    assert [each.recipient for each in forged] == [PRIYA]
    assert reference not in words(forged[0]) + opened(forged[0]).subject + str(opened(forged[0]).reply_to)
