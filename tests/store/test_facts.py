"""What the database knows of mails that are about to be decided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from builders import HOUR, MINUTE, NOW, RULES, SAM, letter, mail, opened, reading, settle, write
from mailcase.core.changes import MarkUndeliverable, QueueLetter
from mailcase.core.mail.thread import Owner
from mailcase.core.new_case import candidate
from mailcase.core.reading import Known
from mailcase.store import facts
from mailcase.store.engine import Database
from mailcase.store.policies import Policies
from mailcase.store.tables import letters


def known(database: Database, raw: bytes = mail(text="another"), after: timedelta = timedelta(0)) -> Known:
    one = reading(raw)
    with database.read() as conn:
        [found] = facts.look_up(conn, [one], [candidate(one.message.digest, RULES)], Policies(RULES), NOW + after)
    return found


def test_of_a_first_mail_nothing_is_known(database: Database) -> None:
    assert known(database, mail()) == Known(None, {}, {}, 0, 0, 0)


def test_the_same_mail_again_finds_its_twin_also_in_review(database: Database) -> None:
    robot = mail(text="b", precedence="junk")
    settle(database, [mail(), robot])
    first, second = known(database, mail()).twin, known(database, robot).twin
    assert first is not None
    assert second is not None
    assert (first.review, second.review, second.mail) == (None, "bulk", first.mail + 1)
    assert known(database, mail(text="It never came. Really.")).twin is None


def test_a_message_id_leads_to_its_case_and_whether_it_is_a_letter_of_ours(database: Database) -> None:
    [handled] = settle(database, [mail(message_id="<sam.1@mua>")])
    case = handled.decision.case
    [ours] = [change for change in handled.decision.changes if isinstance(change, QueueLetter)]
    found = known(database, mail(references=f"<sam.1@mua> {ours.message_id}")).by_id
    letter = Owner(case, SAM, ours.id, recipient=SAM, kind="acknowledgement")
    assert found == {"<sam.1@mua>": Owner(case, SAM), ours.message_id: letter}


def test_a_letter_of_ours_is_believed_before_a_mail_that_borrows_its_id(database: Database) -> None:
    write(database, opened("A"), letter(1, case="A"))
    settle(database, [mail("Eve <eve@example.net>", message_id="<letter1@firm.example>")])
    found = known(database, mail(in_reply_to="<letter1@firm.example>")).by_id
    assert found == {"<letter1@firm.example>": Owner("A", SAM, letter(1).id, recipient=SAM, kind="acknowledgement")}


def test_a_letter_leads_to_its_reader_and_whether_one_of_the_case_got_lost(database: Database) -> None:
    write(database, opened("A"), letter(1, case="A", recipient="kim@example.org"), MarkUndeliverable("A", SAM))
    found = known(database, mail(in_reply_to="<letter1@firm.example>")).by_id["<letter1@firm.example>"]
    assert (found.customer, found.recipient, found.undeliverable) == (SAM, "kim@example.org", True)


def test_of_a_case_that_a_bounce_names_the_last_letter_that_left_is_known(database: Database) -> None:
    [handled] = settle(database, [mail()])
    case = handled.decision.case
    write(database, *(letter(number, case=case) for number in (1, 2, 3)))
    with database.write() as conn:
        for number, minutes in ((1, 2), (2, 1)):  # the third has not left
            left = update(letters).where(letters.c.id == letter(number).id)
            conn.execute(left.values(state="sent", sent_at=NOW + minutes * MINUTE))
    bounce = mail("MAILER-DAEMON@mx.example.org", f"Undelivered Mail: {case}", return_path="<>")
    assert known(database, bounce).last_sent == {case: letter(1).id}
    assert known(database, mail(subject=case)).last_sent == {}


@pytest.mark.parametrize("stranger", [f"eve{number}@example.net" for number in range(8)])
def test_who_used_a_message_id_first_keeps_it(database: Database, stranger: str) -> None:
    [first] = settle(database, [mail(message_id="<sam.1@mua>")])
    settle(database, [mail(f"Eve <{stranger}>", message_id="<sam.1@mua>")], NOW + HOUR)
    found = known(database, mail(in_reply_to="<sam.1@mua>")).by_id
    assert found == {"<sam.1@mua>": Owner(first.decision.case, SAM)}


def test_a_reference_leads_to_its_case_and_so_does_one_that_is_taken(database: Database) -> None:
    [handled] = settle(database, [mail()])
    case = handled.decision.case
    assert known(database, mail(subject=f"Re: {case.lower()}")).by_reference == {case: Owner(case, SAM)}
    assert known(database, mail()).by_reference == {case: Owner(case, SAM)}


@pytest.mark.parametrize("recipient", [SAM, "Sam@Example.ORG", "sam+shop@example.org", "SAM+2@example.org"])
def test_answers_to_one_mailbox_count_together_however_it_is_written(database: Database, recipient: str) -> None:
    write(database, letter(1, recipient=recipient))
    for sender in (SAM, "SAM@example.org", "sam+other@EXAMPLE.org"):
        found = known(database, mail(f"<{sender}>"))
        assert (found.answers_hour, found.answers_day, found.answers_minute) == (1, 1, 1)


@pytest.mark.parametrize(
    ("after", "hour", "day", "minute"),
    [
        (timedelta(0), 1, 1, 1),
        (MINUTE, 1, 1, 0),
        (HOUR, 0, 1, 0),
        (timedelta(days=1), 0, 0, 0),
    ],
)
def test_answers_count_for_a_minute_an_hour_and_a_day(
    database: Database, after: timedelta, hour: int, day: int, minute: int
) -> None:
    write(database, letter(1))
    found = known(database, after=after)
    assert (found.answers_hour, found.answers_day, found.answers_minute) == (hour, day, minute)


@pytest.mark.parametrize("uncounted", [{"held": "a limit"}, {"answer": False}, {"recipient": "kim@example.org"}])
def test_held_letters_others_letters_and_no_answers_do_not_count_for_an_address(
    database: Database, uncounted: dict[str, object]
) -> None:
    write(database, letter(1, **uncounted))
    assert (known(database).answers_hour, known(database).answers_day) == (0, 0)


def test_each_mail_of_a_group_gets_its_own_answers(database: Database) -> None:
    [handled] = settle(database, [mail()])
    one, two = reading(mail()), reading(mail("Kim <kim@example.org>"))
    with database.read() as conn:
        first, second = facts.look_up(conn, [one, two], [handled.decision.case], Policies(RULES), NOW)
    assert (first.answers_hour, second.answers_hour) == (1, 0)
    assert first.twin is not None
    assert second.twin is None
