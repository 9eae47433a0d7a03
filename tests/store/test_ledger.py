"""The books: balanced while all is well, and each way in which they can be wrong is told in words."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from builders import keep, mail, settle
from mailcase.store.engine import Database
from mailcase.store.ledger import Ledger, ledger
from mailcase.store.tables import letters


def books(database: Database) -> Ledger:
    with database.read() as conn:
        return ledger(conn)


def test_an_empty_book_balances(database: Database) -> None:
    assert books(database) == Ledger({}, {}, 0, ())


def test_mails_and_letters_are_counted_by_their_state(database: Database) -> None:
    settle(database, [mail(), mail("Kim <kim@example.org>"), mail(text="b", precedence="junk")])
    keep(database, [mail(text="c")])
    found = books(database)
    assert found == Ledger({"case": 2, "kept": 1, "review": 1}, {"queued": 2}, 2, ())
    assert found.balanced


_OTHERS = ", ".join(column.name for column in letters.c if column.name != "id")
ACK = f"INSERT INTO letters (id, {_OTHERS}) SELECT 'second', {_OTHERS} FROM letters"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("DELETE FROM bodies", "1 mails without their bytes"),
        ("UPDATE mails SET state = 'lost'", "1 mails in a state that is none"),
        ("UPDATE mails SET state = 'added', case_ref = 'CST-0'", "1 mails that name a case which is not there"),
        ("UPDATE mails SET state = 'added'", "1 cases that no mail opened"),
        ("DELETE FROM letters", "1 cases without an acknowledgement"),
        (ACK, "1 cases with two acknowledgements"),
        ("UPDATE letters SET state = 'sent'", "1 letters that are sent without the relay's answer"),
    ],
)
def test_what_does_not_add_up_is_told(database: Database, wrong: str, words: str) -> None:
    settle(database, [mail()])
    with database.write() as conn:
        conn.execute(text(wrong))
    assert words in books(database).faults


def test_a_case_that_two_mails_opened_is_told(database: Database) -> None:
    settle(database, [mail()])
    keep(database, [mail(text="b")])
    with database.write() as conn:
        conn.execute(text("UPDATE mails SET state = 'case', case_ref = (SELECT reference FROM cases)"))
    assert books(database).faults == ("1 cases that two mails opened",)


@pytest.mark.parametrize("raw", [mail(sender=""), mail()], ids=["nobody to answer", "silent import"])
def test_a_case_that_needed_no_acknowledgement_balances(database: Database, raw: bytes) -> None:
    settle(database, [raw])
    with database.write() as conn:
        conn.execute(text("UPDATE mails SET silent = true"))
        conn.execute(text("DELETE FROM letters"))
    assert books(database).balanced


REFERRED = "UPDATE cases SET customer = '', proposed = '- - Kim'"
BY_HAND = "UPDATE timeline SET kind = 'task', text = 'acknowledgement is to be sent by hand'"


@pytest.mark.parametrize("why", [REFERRED, BY_HAND])
def test_a_case_whose_customer_is_unknown_or_written_to_by_hand_lacks_no_letter(database: Database, why: str) -> None:
    settle(database, [mail()])
    with database.write() as conn:
        conn.execute(text("DELETE FROM letters"))
        conn.execute(text(why))
    assert books(database).balanced


def test_a_mail_of_staff_opens_a_case_too(database: Database) -> None:
    settle(database, [mail()])
    with database.write() as conn:
        conn.execute(text("UPDATE mails SET state = 'command', reason = 'done: new, note'"))
    assert books(database).balanced
