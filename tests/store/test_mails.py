"""Kept mails: what a door hands over is there as it came, and one daemon at a time works on it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from builders import HOUR, MINUTE, NOW, Open, keep, mail
from mailcase.store import mails
from mailcase.store.engine import Database
from mailcase.store.tables import mails as table


def _taken(database: Database, owner: str = "us", now: datetime = NOW) -> list[int]:
    with database.write() as conn:
        return [one.id for one in mails.take(conn, owner, now)]


def _end(database: Database, ids: list[int], state: str) -> None:
    with database.write() as conn:
        conn.execute(update(table).where(table.c.id.in_(ids)).values(state=state, lease_owner=None, lease_until=None))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(raw=st.binary(max_size=2000))
def test_the_bytes_come_back_as_they_came(sqlite: Database, raw: bytes) -> None:
    [one] = keep(sqlite, [raw])
    with sqlite.read() as conn:
        assert mails.raw(conn, one) == raw


def test_ids_come_in_the_order_of_the_mails(database: Database) -> None:
    raws = [b"%d" % number for number in range(120)]
    ids = keep(database, raws)
    with database.read() as conn:
        assert [mails.raw(conn, one) for one in ids] == raws


@pytest.mark.parametrize("odd", ["a\0b@x.example", "a\udcffb@x.example", "\U0001f600@x.example", "a" * 70_000])
def test_an_odd_envelope_keeps_no_mail_out(database: Database, odd: str) -> None:
    ids = keep(database, [mail()], envelope_from=odd, envelope_to=odd, peer=odd)
    with database.write() as conn:
        [taken] = mails.take(conn, "us", NOW)
    assert taken.id == ids[0]
    assert taken.envelope_from is not None
    assert taken.envelope_from.isascii() or taken.envelope_from.encode()


def test_a_uid_of_a_mailbox_is_kept_once_and_the_largest_fits(database: Database) -> None:
    keep(database, [mail()], uidvalidity=2**32 - 1, uid=2**32 - 1)
    with pytest.raises(Exception, match=r"(?i)unique"):
        keep(database, [mail()], uidvalidity=2**32 - 1, uid=2**32 - 1)


def test_what_one_daemon_has_taken_another_does_not_get_until_the_lease_ends(database: Database) -> None:
    ids = keep(database, [mail(text=str(n)) for n in range(3)])
    assert _taken(database, "one") == ids
    assert _taken(database, "two") == []
    assert _taken(database, "two", NOW + mails.LEASE) == ids[:1]


def test_what_was_put_off_before_the_clock_was_stepped_back_is_due(database: Database) -> None:
    [one] = keep(database, [mail()])
    _taken(database, "us")
    assert _taken(database, "another", NOW - mails.LEASE) == []
    assert _taken(database, "another", NOW - 2 * HOUR) == [one]


def test_who_stood_still_finds_that_the_mail_is_no_longer_theirs(database: Database) -> None:
    ids = keep(database, [mail()])
    _taken(database, "slow")
    _taken(database, "quick", NOW + mails.LEASE)
    with database.write() as conn:
        assert mails.lock(conn, "slow", ids) == set()
        assert mails.lock(conn, "quick", ids) == set(ids)


def test_at_most_50_mails_or_8_mb_are_taken_at_once_but_always_one(database: Database) -> None:
    keep(database, [b"%d" % n for n in range(60)])
    assert len(_taken(database)) == 50
    assert len(_taken(database)) == 10
    large = keep(database, [b"x" * mails.MOST_BYTES * 2, b"y" * (mails.MOST_BYTES // 2), b"z" * mails.MOST_BYTES])
    assert [_taken(database) for _ in range(3)] == [[one] for one in large]


def test_mails_that_were_tried_before_come_after_the_fresh_ones_and_alone(database: Database) -> None:
    tried = keep(database, [mail(text="a"), mail(text="b")])
    _taken(database)
    later = NOW + mails.LEASE
    fresh = keep(database, [mail(text="c"), mail(text="d")], later)
    assert _taken(database, now=later) == fresh
    assert _taken(database, now=later) == tried[:1]
    assert _taken(database, now=later) == tried[1:]


def test_attempts_rise_with_each_taking_and_fall_when_the_reading_did_no_harm(database: Database) -> None:
    [one] = keep(database, [mail()])
    for attempt in (1, 2, 3):
        with database.write() as conn:
            assert [taken.attempts for taken in mails.take(conn, "us", NOW + attempt * HOUR)] == [attempt]
    with database.write() as conn:
        mails.survived(conn, "another", [one])
        mails.survived(conn, "us", [one])
    with database.write() as conn:
        assert [taken.attempts for taken in mails.take(conn, "us", NOW + 9 * HOUR)] == [1]


def test_a_mail_that_is_put_back_is_looked_at_later(database: Database) -> None:
    [one] = keep(database, [mail()])
    _taken(database)
    with database.write() as conn:
        mails.put_back(conn, "us", one, 2, NOW + MINUTE)
    assert _taken(database) == []
    with database.write() as conn:
        assert [taken.attempts for taken in mails.take(conn, "us", NOW + MINUTE)] == [3]


def test_leases_of_a_daemon_that_is_gone_are_forgotten(sqlite: Database) -> None:
    ids = keep(sqlite, [mail()])
    _taken(sqlite, "gone")
    with sqlite.write() as conn:
        mails.free_all(conn)
    assert _taken(sqlite) == ids


@pytest.mark.parametrize("state", ["kept", "case", "added", "bounce", "courtesy", "duplicate", "discarded"])
def test_only_what_is_in_review_can_be_accepted_or_discarded(sqlite: Database, state: str) -> None:
    ids = keep(sqlite, [mail()])
    _end(sqlite, ids, state)
    with sqlite.write() as conn:
        assert mails.accept(conn, ids, "priya", NOW) == []
        assert mails.discard(conn, ids, "priya", NOW) == []


def test_an_accepted_mail_is_taken_again_and_says_by_whom(database: Database) -> None:
    ids = keep(database, [mail()])
    _end(database, ids, "review")
    with database.write() as conn:
        assert [row.id for row in mails.in_review(conn)] == ids
        assert mails.accept(conn, ids, "priya", NOW) == ids
        assert mails.in_review(conn) == []
        [taken] = mails.take(conn, "us", NOW)
    assert (taken.accepted_by, taken.attempts) == ("priya", 1)


def test_a_discarded_mail_stays_as_evidence_and_is_never_taken(database: Database) -> None:
    ids = keep(database, [mail()])
    _end(database, ids, "review")
    with database.write() as conn:
        assert mails.discard(conn, ids, "priya", NOW) == ids
    assert _taken(database, now=NOW + timedelta(days=9)) == []
    with database.read() as conn:
        assert mails.raw(conn, ids[0]) == mail()
        assert mails.ends(conn, ids) == [(ids[0], "discarded", None)]


def test_the_oldest_waiting_mail_is_the_oldest_that_nobody_handled(database: Database) -> None:
    with database.read() as conn:
        assert mails.oldest_waiting(conn) is None
    handled, review = keep(database, [mail(text="a")], NOW - HOUR), keep(database, [mail(text="b")], NOW - HOUR)
    _end(database, handled, "case")
    _end(database, review, "review")
    keep(database, [mail(text="c")], NOW)
    with database.read() as conn:
        assert mails.oldest_waiting(conn) == NOW


def test_two_daemons_that_take_at_once_share_200_mails_without_a_double(another_postgres: Open) -> None:
    daemons = [another_postgres() for _ in range(2)]
    ids = keep(daemons[0], [b"%d" % n for n in range(200)])
    begin = threading.Barrier(2)
    taken: dict[str, list[int]] = {"0": [], "1": []}

    def work(name: str, database: Database) -> None:
        begin.wait()
        while got := _taken(database, name):
            taken[name] += got

    threads = [threading.Thread(target=work, args=(str(n), database)) for n, database in enumerate(daemons)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken["0"] + taken["1"]) == ids
    with daemons[0].read() as conn:
        assert set(conn.scalars(select(table.c.attempts))) == {1}
