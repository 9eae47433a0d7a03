"""The doors: what a mailbox remembers between two polls, whoever polls it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from builders import HOUR, NOW, Clock, Open
from mailcase.core.position import Position
from mailcase.errors import TryLater
from mailcase.store.doors import LEASE, MailboxBook, all_doors, ensure_door
from mailcase.store.engine import Database
from mailcase.store.ledger import ledger

MakeBook = Callable[..., MailboxBook]


@dataclass(frozen=True)
class Fetched:
    uid: int
    raw: bytes = b"Subject: hello\r\n\r\n"
    received_at: datetime = NOW


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept() -> list[str]:
    """One entry for each time that intake was woken."""
    return []


@pytest.fixture
def book(another: Open, clock: Clock, kept: list[str]) -> MakeBook:
    def make(owner: str = "us", from_the_start: bool = False) -> MailboxBook:
        database = another()
        with database.write() as conn:
            door = ensure_door(conn, "sam@imap/INBOX", "email")
        return MailboxBook(database, door, owner, clock, from_the_start, lambda: kept.append(owner))

    return make


def _mails(database: Database) -> int:
    with database.read() as conn:
        return sum(ledger(conn).mails.values())


def test_a_door_is_entered_once_and_follows_the_config(database: Database) -> None:
    with database.write() as conn:
        first = ensure_door(conn, "box", "email")
        assert ensure_door(conn, "box", "email", "escalation", junk=True) == first
        assert ensure_door(conn, "other", "email") != first
        assert [row.name for row in all_doors(conn)] == ["box", "other"]


def test_the_first_start_takes_mail_from_now_on(book: MakeBook) -> None:
    box = book()
    assert box.lease()
    assert box.open(7, 101) == Position(100, NOW, 101)


def test_the_first_start_may_take_all(book: MakeBook) -> None:
    box = book(from_the_start=True)
    assert box.lease()
    assert box.open(7, 101) == Position(0, None, 1)


def test_a_later_start_goes_on_where_the_last_one_ended(book: MakeBook, clock: Clock) -> None:
    box = book()
    box.lease()
    box.open(7, 101)
    box.keep(7, [Fetched(101), Fetched(104)], 104)
    clock.forward(HOUR)
    again = book("next")
    assert again.lease()
    assert again.open(7, 105) == Position(104, NOW, 101)


@pytest.mark.parametrize(("from_the_start", "cutoff"), [(False, NOW), (True, None)])
def test_a_new_uidvalidity_begins_anew_but_not_before_the_first_start(
    book: MakeBook, clock: Clock, from_the_start: bool, cutoff: datetime | None
) -> None:
    box = book(from_the_start=from_the_start)
    box.lease()
    box.open(7, 101)
    clock.forward(HOUR)
    box.lease()
    assert box.open(2**32 - 1, 3) == Position(0, cutoff, 3)
    assert box.open(2**32 - 1, 3) == Position(0, cutoff, 3)


def test_what_is_fetched_twice_is_kept_once_and_wakes_intake(
    book: MakeBook, database: Database, kept: list[str]
) -> None:
    box = book()
    box.lease()
    box.open(2**32 - 1, 1)
    box.keep(2**32 - 1, [Fetched(1), Fetched(2)], 2)
    box.keep(2**32 - 1, [Fetched(2), Fetched(2**32 - 1)], 2**32 - 1)
    assert _mails(database) == 3
    assert kept == ["us", "us"]
    assert box.known(2**32 - 1, [1, 2, 3, 2**32 - 1]) == {1, 2, 2**32 - 1}
    assert box.known(5, [1, 2, 3]) == set()


def test_the_question_what_is_known_may_be_about_ten_thousand_messages(book: MakeBook) -> None:
    box = book()
    box.lease()
    box.open(7, 1)
    box.keep(7, [Fetched(9_999)], 9_999)
    assert box.known(7, range(1, 10_001)) == {9_999}


def test_one_daemon_has_the_mailbox_until_its_lease_ends(book: MakeBook, clock: Clock) -> None:
    one, two = book("one"), book("two")
    assert one.lease()
    assert not two.lease()
    clock.forward(LEASE / 2)
    assert one.lease()
    clock.forward(LEASE / 2)
    assert not two.lease()
    clock.forward(LEASE / 2)
    assert two.lease()
    assert not one.lease()


def test_who_gives_the_mailbox_back_is_followed_at_once_and_only_the_holder_can(book: MakeBook) -> None:
    one, two = book("one"), book("two")
    one.lease()
    two.release()
    assert not two.lease()
    one.release()
    assert two.lease()


def test_a_lease_from_before_the_clock_was_stepped_back_holds_nobody_up(book: MakeBook, clock: Clock) -> None:
    one, two = book("one"), book("two")
    one.lease()
    clock.forward(-LEASE)
    assert not two.lease()
    clock.forward(-HOUR)
    assert two.lease()


def test_a_mailbox_is_new_until_it_is_opened(book: MakeBook) -> None:
    box = book()
    box.lease()
    assert box.is_new()
    box.open(7, 101)
    assert not box.is_new()


def test_who_first_took_mail_from_then_on_may_want_all_of_it_later(book: MakeBook) -> None:
    box, later = book(), book(from_the_start=True)
    box.lease()
    box.open(7, 101)
    assert later.open(7, 120) == Position(0, None, 1)
    later.keep(7, [Fetched(119)], 119)
    assert later.open(7, 120) == Position(119, None, 1)


def test_who_lost_the_mailbox_keeps_nothing(book: MakeBook, database: Database, clock: Clock) -> None:
    slow, quick = book("slow"), book("quick")
    slow.lease()
    slow.open(7, 1)
    clock.forward(LEASE)
    quick.lease()
    with pytest.raises(TryLater, match="taken over"):
        slow.keep(7, [Fetched(1)], 1)
    assert _mails(database) == 0
    quick.keep(7, [Fetched(1)], 1)
    assert _mails(database) == 1


def test_a_poll_that_succeeded_is_remembered(book: MakeBook, database: Database) -> None:
    book().polled()
    with database.read() as conn:
        assert [tuple(row) for row in all_doors(conn)] == [("sam@imap/INBOX", NOW)]
