"""What /healthz says, and from which facts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from builders import HOUR, MINUTE, NOW, keep, letter, mail, settle, write
from mailcase.health import AHEAD, UNHANDLED_FOR, UNSENT_FOR, Health
from mailcase.store.doors import ensure_door
from mailcase.store.engine import Database
from mailcase.store.tables import doors

BOX = "sam@imap/INBOX"
SECOND = timedelta(seconds=1)


@pytest.fixture
def health(database: Database) -> Health:
    return Health(database, {BOX: 3 * MINUTE}, NOW)


def polled(database: Database, name: str = BOX) -> None:
    with database.write() as conn:
        ensure_door(conn, name, "email")
        conn.execute(update(doors).where(doors.c.name == name).values(polled_at=NOW))


def test_all_is_well_and_the_facts_are_shown(database: Database, health: Health) -> None:
    polled(database)
    assert health.look(NOW) == (
        True,
        {
            "ok": True,
            "faults": [],
            "database": "ok",
            "mailboxes": {BOX: "2026-11-23T09:00:00+00:00"},
            "oldest_unhandled_mail": None,
            "oldest_unsent_letter": None,
        },
    )


def test_a_mailbox_may_be_silent_for_as_long_as_its_patience(database: Database, health: Health) -> None:
    polled(database)
    assert health.look(NOW + 3 * MINUTE)[0]
    ok, facts = health.look(NOW + 3 * MINUTE + SECOND)
    assert (ok, facts["faults"]) == (False, [f"mailbox {BOX}: no successful poll for 0:03:00"])


def test_a_mailbox_that_was_never_polled_counts_from_the_start(health: Health) -> None:
    assert health.look(NOW + MINUTE)[0]
    assert not health.look(NOW + 4 * MINUTE)[0]


def test_a_mailbox_that_is_no_longer_configured_is_not_missed(database: Database, health: Health) -> None:
    polled(database)
    polled(database, "old@imap/INBOX")
    assert Health(database, {}, NOW).look(NOW + HOUR)[0]


def test_a_mail_that_nobody_handles_is_told(database: Database, health: Health) -> None:
    polled(database)
    keep(database, [mail()])
    without = Health(database, {}, NOW)
    assert without.look(NOW + UNHANDLED_FOR)[0]
    ok, facts = without.look(NOW + UNHANDLED_FOR + SECOND)
    assert (ok, facts["faults"]) == (False, ["a mail kept at 2026-11-23T09:00:00+00:00 is not handled"])


def test_a_mail_in_review_waits_for_a_person_and_is_no_fault(database: Database) -> None:
    settle(database, [mail(precedence="bulk")])
    assert Health(database, {}, NOW).look(NOW + HOUR)[0]


def test_a_letter_that_does_not_leave_is_told_but_a_held_one_is_not(database: Database) -> None:
    write(database, letter(1, held="a limit"))
    without = Health(database, {}, NOW)
    assert without.look(NOW + HOUR)[0]
    write(database, letter(2))
    assert without.look(NOW + UNSENT_FOR)[0]
    ok, facts = without.look(NOW + UNSENT_FOR + SECOND)
    assert (ok, facts["faults"]) == (False, ["a letter queued at 2026-11-23T09:00:00+00:00 is not sent"])


@pytest.mark.parametrize("what", ["mail", "letter", "mailbox"])
def test_a_clock_that_was_stepped_back_is_told(database: Database, what: str) -> None:
    if what == "mail":
        keep(database, [mail()])
    elif what == "letter":
        write(database, letter(1))
    else:
        polled(database)
    health = Health(database, {}, NOW)
    assert health.look(NOW - AHEAD)[0]
    ok, facts = health.look(NOW - AHEAD - SECOND)
    told = "the clock stands before 2026-11-23T09:00:00+00:00, when something was already written"
    assert (ok, facts["faults"]) == (False, [told])


def test_a_database_that_is_away_is_a_fault_and_no_crash() -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    ok, facts = Health(away, {}, NOW).look(NOW)
    away.close()
    assert (ok, facts["database"]) == (False, "unreachable")
