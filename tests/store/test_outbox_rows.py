"""The outbox in the database: claimed under a lease, marked by whoever still holds it, ordered about by operators."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from builders import HOUR, MINUTE, NOW, SAM, TOM, Open, letter, opened, write
from mailcase.core.changes import AddEntry, MarkBounced, MarkUndeliverable
from mailcase.core.deadlines.delivery import Marking
from mailcase.store import changes, letters, timeline, timers
from mailcase.store.engine import AnyRow, Database
from mailcase.store.tables import cases, message_ids
from mailcase.store.tables import letters as table

SOON = NOW + MINUTE


def queue(database: Database, *numbers: int, **facts: object) -> list[str]:
    """Letters of these numbers, in the outbox since NOW."""
    written = [letter(number, **facts) for number in numbers]
    write(database, *written)
    return [one.id for one in written]


def claim(database: Database, owner: str = "us", now: datetime = SOON, most: int = 10) -> list[str]:
    with database.write() as conn:
        return [one.id for one in letters.claim(conn, owner, most, now)]


def mark(database: Database, owner: str, *markings: Marking, now: datetime = SOON) -> list[str]:
    with database.write() as conn:
        return [one.letter for one in letters.mark(conn, owner, markings, now)]


def sent(one: str, case: str = "", alias: str = "") -> Marking:
    return Marking(one, case, "sent", "250 Ok", 1, SOON, SOON, alias)


def row(database: Database, one: str) -> AnyRow:
    with database.read() as conn:
        return conn.execute(select(table).where(table.c.id == one)).one()


def test_a_claimed_letter_is_whole(database: Database) -> None:
    [one] = queue(database, 1)
    with database.write() as conn:
        [claimed] = letters.claim(conn, "us", 10, SOON)
    wanted = letter(1)
    assert (claimed.id, claimed.case, claimed.kind, claimed.tries) == (one, "", "acknowledgement", 1)
    assert (claimed.recipient, claimed.mail_from, claimed.raw) == (wanted.recipient, wanted.mail_from, wanted.raw)


def test_the_oldest_deadline_goes_first(database: Database) -> None:
    queue(database, 3, 1, 2)
    assert claim(database, most=2) == [letter(1).id, letter(2).id]
    assert claim(database) == [letter(3).id]


def test_a_letter_that_is_claimed_is_nobody_elses_until_the_lease_ends(database: Database) -> None:
    ids = queue(database, 1)
    assert claim(database, "one") == ids
    assert claim(database, "two") == []
    assert claim(database, "two", SOON + letters.LEASE) == ids


def test_a_lease_from_before_the_clock_was_stepped_back_keeps_no_letter(database: Database) -> None:
    ids = queue(database, 1)
    claim(database, "one")
    assert claim(database, "two", SOON - letters.LEASE / 2) == []
    assert claim(database, "one", SOON - HOUR) == []  # it may be on its way
    assert claim(database, "two", SOON - HOUR) == ids


def test_a_renewed_lease_holds_longer(database: Database) -> None:
    ids = queue(database, 1)
    claim(database, "one")
    with database.write() as conn:
        letters.renew(conn, "another", ids, SOON + 2 * letters.LEASE)
        letters.renew(conn, "one", ids, SOON + letters.LEASE / 2)
    assert claim(database, "two", SOON + letters.LEASE) == []
    assert claim(database, "two", SOON + 2 * letters.LEASE) == ids


@pytest.mark.parametrize("state", ["held", "failed", "cancelled", "sent"])
def test_only_what_should_leave_is_claimed(database: Database, state: str) -> None:
    [one] = queue(database, 1)
    with database.write() as conn:
        conn.execute(update(table).where(table.c.id == one).values(state=state))
    assert claim(database) == []


def test_a_letter_in_doubt_or_to_be_tried_again_waits_until_its_time(database: Database) -> None:
    one, two = queue(database, 1, 2)
    claim(database)
    later = SOON + HOUR
    failed = (1, SOON, later)
    mark(database, "us", Marking(one, "", "in-doubt", "?", *failed), Marking(two, "", "queued", "450", *failed))
    assert claim(database) == []
    assert claim(database, now=later) == [one, two]
    assert (row(database, one).tries, row(database, two).reason) == (1, "450")


def test_a_sent_letter_has_the_relays_answer_and_its_time(database: Database) -> None:
    [one] = queue(database, 1)
    claim(database)
    assert mark(database, "us", sent(one)) == [one]
    found = row(database, one)
    assert (found.state, found.reply, found.reason, found.sent_at) == ("sent", "250 Ok", "", SOON)
    assert (found.lease_owner, found.lease_until) == (None, None)


def test_a_letter_left_when_the_relay_said_so_however_late_it_is_written_down(database: Database) -> None:
    [one] = queue(database, 1)
    claim(database)
    mark(database, "us", sent(one), now=SOON + 27 * HOUR)
    assert row(database, one).sent_at == SOON


def test_who_stood_still_marks_nothing_and_says_nothing_on_the_timeline(database: Database) -> None:
    write(database, opened("A"))
    [one] = queue(database, 1, case="A")
    claim(database, "slow")
    claim(database, "quick", SOON + letters.LEASE)
    entry = AddEntry("A", "failed", "mailcase", "lost")
    stale = Marking(one, "A", "failed", "550", 1, SOON, SOON, changes=(entry, MarkUndeliverable("A", SAM)))
    assert mark(database, "slow", stale) == []
    assert row(database, one).state == "sending"
    with database.read() as conn:
        assert timeline.of_case(conn, "A") == []
        assert conn.scalar(select(cases.c.undeliverable_at)) is None
    assert mark(database, "quick", sent(one)) == [one]


def test_a_letter_is_marked_once(database: Database) -> None:
    [one] = queue(database, 1)
    claim(database)
    assert mark(database, "us", sent(one)) == [one]
    assert mark(database, "us", sent(one)) == []


def test_the_id_that_a_relay_put_in_place_of_ours_is_remembered(database: Database) -> None:
    [one] = queue(database, 1)
    claim(database)
    mark(database, "us", sent(one, alias="<replaced@relay>"))
    with database.read() as conn:
        rows = conn.execute(select(message_ids).order_by(message_ids.c.message_id)).all()
    assert [tuple(found) for found in rows] == [
        ("<letter1@firm.example>", "ours", "", one),
        ("<replaced@relay>", "alias", "", one),
    ]


def test_the_same_letter_is_not_queued_twice(database: Database) -> None:
    queue(database, 1)
    with pytest.raises(Exception, match=r"(?i)unique"):
        queue(database, 1)


def test_letters_of_a_daemon_that_died_are_anybodys_again(sqlite: Database) -> None:
    ids = queue(sqlite, 1)
    claim(sqlite, "dead")
    with sqlite.write() as conn:
        letters.free_all(conn, SOON)
    assert claim(sqlite, "us") == ids


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "in-doubt", "held", "failed", "cancelled"])
@pytest.mark.parametrize("verb", letters.VERBS)
def test_an_operators_verb_moves_only_letters_in_a_state_for_it(sqlite: Database, verb: str, state: str) -> None:
    [one] = queue(sqlite, 1)
    with sqlite.write() as conn:
        conn.execute(update(table).where(table.c.id == one).values(state=state))
        done = letters.order(conn, verb, [one], SOON)
    before, after = letters.VERBS[verb]
    assert (done, row(sqlite, one).state) == (([one], after) if state in before else ([], state))


def test_a_released_letter_leaves_now_and_counts_from_now(database: Database) -> None:
    [one] = queue(database, 1, held="3 answers went to this address within an hour")
    assert claim(database) == []
    with database.write() as conn:
        assert letters.order(conn, "release", [one], SOON) == [one]
    assert row(database, one).queued_at == SOON
    assert claim(database) == [one]


def test_people_find_a_letter_by_the_beginning_of_its_id(database: Database) -> None:
    queue(database, 1, 2)
    with database.read() as conn:
        assert letters.find(conn, "LETTER00000000000000000001") == [letter(1).id]
        assert len(letters.find(conn, "lett")) == 2
        assert letters.find(conn, "%") == []


def test_the_oldest_unsent_letter_counts_from_its_queueing(database: Database) -> None:
    with database.read() as conn:
        assert letters.oldest_unsent(conn) is None
    queue(database, 1)
    with database.read() as conn:
        assert letters.oldest_unsent(conn) == NOW
    claim(database)
    mark(database, "us", sent(letter(1).id))
    with database.read() as conn:
        assert letters.oldest_unsent(conn) is None


def _in_threads(databases: Sequence[Database], work: object) -> None:
    threads = [threading.Thread(target=work, args=(str(n), one)) for n, one in enumerate(databases)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_daemons_that_claim_at_once_share_200_letters_without_a_double(another_postgres: Open) -> None:
    daemons = [another_postgres() for _ in range(2)]
    queue(daemons[0], *range(200))
    begin = threading.Barrier(2)
    claimed: dict[str, list[str]] = {"0": [], "1": []}

    def work(name: str, database: Database) -> None:
        begin.wait()
        while got := claim(database, name, SOON + timedelta(hours=1)):
            claimed[name] += got

    _in_threads(daemons, work)
    assert sorted(claimed["0"] + claimed["1"]) == sorted(letter(number).id for number in range(200))


def undeliverable(database: Database) -> list[str]:
    with database.read() as conn:
        return [row.reference for row in timers.undeliverable_cases(conn, TOM, 10)]


def test_a_letter_that_is_accepted_ends_that_its_case_is_undeliverable(database: Database) -> None:
    write(database, opened("A"), opened("B"), MarkUndeliverable("A", SAM), MarkUndeliverable("B", SAM))
    [one] = queue(database, 1, case="A")
    claim(database)
    mark(database, "us", sent(one, case="A"))
    assert undeliverable(database) == ["B"]


def test_what_was_marked_together_with_an_accepted_letter_stays(database: Database) -> None:
    write(database, opened("A"))
    one, two = queue(database, 1, 2, case="A")
    claim(database)
    lost = replace(sent(two, case="A"), state="failed", changes=(MarkUndeliverable("A", SAM),))
    mark(database, "us", lost, sent(one, case="A"))
    assert undeliverable(database) == ["A"]


def test_a_letter_that_came_back_before_it_was_marked_ends_nothing(database: Database) -> None:
    write(database, opened("A"))
    [one] = queue(database, 1, case="A")
    claim(database)
    write(database, MarkUndeliverable("A", SAM), MarkBounced(one))
    mark(database, "us", sent(one, case="A"))
    assert undeliverable(database) == ["A"]
    assert row(database, one).bounced_at == NOW


def order(database: Database, verb: str, *ids: str) -> list[str]:
    with database.write() as conn:
        return letters.order(conn, verb, ids, SOON + HOUR)


def test_a_letter_that_came_back_is_sent_again_as_it_was_and_then_reaches_its_case(database: Database) -> None:
    write(database, opened("A"))
    [one] = queue(database, 1, case="A")
    claim(database)
    mark(database, "us", sent(one, case="A"))
    write(database, MarkUndeliverable("A", SAM), MarkBounced(one))
    before = row(database, one)
    assert order(database, "retry", one) == [one]
    assert undeliverable(database) == ["A"]  # until it has left
    assert claim(database, now=SOON + HOUR) == [one]
    mark(database, "us", replace(sent(one, case="A"), at=SOON + HOUR), now=SOON + HOUR)
    found = row(database, one)
    assert (found.raw, found.message_id) == (before.raw, before.message_id)
    assert (found.sent_at, found.bounced_at) == (SOON + HOUR, None)
    assert undeliverable(database) == []


def test_a_letter_that_arrived_is_not_sent_again(database: Database) -> None:
    [one] = queue(database, 1)
    claim(database)
    mark(database, "us", sent(one))
    assert order(database, "retry", one) == []
    assert row(database, one).sent_at == SOON


def test_of_undeliverable_cases_the_newest_is_told_first(database: Database) -> None:
    write(database, opened("A"), opened("B"), MarkUndeliverable("A", SAM))
    with database.write() as conn:
        changes.write(conn, [MarkUndeliverable("B", SAM)], SOON)
    assert undeliverable(database) == ["B", "A"]
