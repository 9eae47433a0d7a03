"""The loop that time moves: what is due is looked at once, and one look that fails stops no other."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import insert, select

from builders import HOUR, MINUTE, NOW, RULES, SAM, TOM, Clock, Open, Said, letter, mail, opened, settle, write
from mailcase.core.changes import MarkUndeliverable, WantAttention
from mailcase.store import changes
from mailcase.store.engine import Database
from mailcase.store.tables import letters, timers
from mailcase.timers import PAUSE_AFTER_FAULT, Timers, heaps

ROBOT = mail(precedence="bulk")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def loop(database: Database, clock: Clock, said: Said) -> Timers:
    return Timers(database, RULES, clock, said, lambda: None)


def told(database: Database) -> list[datetime]:
    """When staff were told."""
    with database.read() as conn:
        sent = select(letters.c.queued_at).where(letters.c.kind == "staff-attention").order_by(letters.c.queued_at)
        return list(conn.scalars(sent))


def waiting(database: Database) -> dict[str, datetime]:
    with database.read() as conn:
        return {f"{kind} {subject}": at for kind, subject, at in conn.execute(select(timers))}


def due(database: Database, *rows: tuple[str, str], at: datetime = NOW) -> None:
    with database.write() as conn:
        conn.execute(insert(timers), [{"kind": kind, "subject": subject, "look_at": at} for kind, subject in rows])


def test_nothing_is_looked_at_before_its_time(database: Database, loop: Timers, clock: Clock) -> None:
    settle(database, [ROBOT])
    assert loop.work() == 0
    clock.forward(MINUTE)
    assert loop.work() == 1
    assert told(database) == [NOW + MINUTE]
    assert waiting(database) == {"review 1": NOW + 12 * HOUR}
    assert loop.work() == 0


def test_what_happens_within_a_minute_is_told_in_one_mail(database: Database, loop: Timers, clock: Clock) -> None:
    settle(database, [ROBOT, mail(text="b", list_id="<x.y>")])
    settle(database, [mail(text="c", precedence="bulk")])
    clock.forward(MINUTE)
    loop.work()
    with database.read() as conn:
        assert heaps(conn, TOM, RULES)[-1].title == "3 mails to review"
    assert len(told(database)) == 1


def test_staff_are_told_at_most_once_an_hour_but_then_they_are(database: Database, loop: Timers, clock: Clock) -> None:
    for number in range(300):
        settle(database, [mail(text=str(number), precedence="bulk")], clock())
        clock.forward(MINUTE)
        loop.work()
    moments = told(database)
    assert len(moments) == 5
    assert all(later - earlier >= HOUR for earlier, later in pairwise(moments))


def test_when_all_was_dealt_with_meanwhile_nobody_is_told(database: Database, loop: Timers, clock: Clock) -> None:
    write(database, WantAttention())
    clock.forward(MINUTE)
    assert loop.work() == 1
    assert (told(database), waiting(database)) == ([], {})


def test_a_poisoned_look_is_pushed_away_and_stops_no_other(
    database: Database, loop: Timers, clock: Clock, said: Said
) -> None:
    settle(database, [ROBOT])
    due(database, *(("of the future", str(number)) for number in range(120)))
    clock.forward(MINUTE)
    for _ in range(3):
        loop.work()
    assert len(told(database)) == 1
    assert said.events.count("timer.fault") == 120
    assert set(waiting(database).values()) == {NOW + MINUTE + PAUSE_AFTER_FAULT, NOW + 12 * HOUR}
    clock.forward(PAUSE_AFTER_FAULT / 2)
    loop.work()
    assert said.events.count("timer.fault") == 120


def test_a_look_that_a_crash_cut_off_comes_again(database: Database, clock: Clock, said: Said) -> None:
    def crash(_step: str) -> None:
        raise KeyboardInterrupt

    settle(database, [ROBOT])
    clock.forward(MINUTE)
    with pytest.raises(KeyboardInterrupt):
        Timers(database, RULES, clock, said, lambda: None, crash).work()
    assert told(database) == []
    clock.forward(PAUSE_AFTER_FAULT)
    Timers(database, RULES, clock, said, lambda: None).work()
    assert told(database) == [clock()]


def test_the_outbox_is_woken_only_when_there_is_a_letter(database: Database, clock: Clock, said: Said) -> None:
    woken: list[datetime] = []
    loop = Timers(database, RULES, clock, said, lambda: woken.append(clock()))
    write(database, WantAttention())
    clock.forward(MINUTE)
    loop.work()
    assert woken == []
    settle(database, [ROBOT], clock())
    clock.forward(MINUTE)
    loop.work()
    assert woken == [clock()]


def test_staff_read_what_hurts_first(database: Database) -> None:
    settle(database, [ROBOT])
    write(database, opened("A"), MarkUndeliverable("A", SAM), letter(1, case="A", held="a limit"))
    with database.read() as conn:
        found = heaps(conn, TOM, RULES)
    assert [heap.title for heap in found] == [
        "0 cases that nobody may look after",
        "0 of staff not reached",
        "0 letters failed",
        "1 customer not reached",
        "1 letter held",
        "1 mail to review",
    ]
    assert [heap.items for heap in found] == [
        (),
        (),
        (),
        ("A: sam@example.org",),
        ("A: a limit",),
        ("mail 1 from sam@example.org: bulk",),
    ]


def test_a_long_heap_shows_its_first_and_says_that_there_is_more(database: Database) -> None:
    settle(database, [mail(text=str(number), precedence="bulk") for number in range(25)])
    with database.read() as conn:
        review = heaps(conn, TOM, RULES)[-1]
    assert (review.title, len(review.items)) == ("20 or more mails to review", 20)


def test_two_daemons_look_once(another_postgres: Open, clock: Clock, said: Said) -> None:
    databases = [another_postgres() for _ in range(2)]
    loops = [Timers(database, RULES, clock, said, lambda: None) for database in databases]
    for _ in range(10):
        settle(databases[0], [mail(text=str(clock()), precedence="bulk")], clock())
        clock.forward(2 * HOUR)
        begin = threading.Barrier(2)

        def work(loop: Timers, begin: threading.Barrier = begin) -> None:
            begin.wait()
            loop.work()

        threads = [threading.Thread(target=work, args=(loop,)) for loop in loops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(told(databases[0])) == 10
    assert "timer.fault" not in said.events


def test_what_is_being_written_while_staff_are_told_is_not_forgotten(another_postgres: Open, clock: Clock) -> None:
    writer, teller = another_postgres(), another_postgres()
    settle(writer, [ROBOT])
    clock.forward(MINUTE)
    late = threading.Thread(target=Timers(teller, RULES, clock, Said(), lambda: None).work)
    with writer.write() as conn:
        # The same that intake does, held open before its commit.
        changes.write(conn, [opened("A"), MarkUndeliverable("A", SAM), WantAttention()], clock())
        late.start()
        late.join(0.3)
    late.join(10)
    with writer.read() as conn:
        told_of = conn.scalar(select(letters.c.raw).where(letters.c.kind == "staff-attention"))
    assert waiting(writer) != {} or b"customer not reached" in (told_of or b"")


def test_the_loop_works_until_it_is_stopped(database: Database, loop: Timers, clock: Clock, said: Said) -> None:
    wake, stop = threading.Event(), threading.Event()
    settle(database, [ROBOT])
    clock.forward(timedelta(hours=3))
    thread = threading.Thread(target=loop.run, args=(wake, stop, lambda: None))
    thread.start()
    said.wait_for("letter.staff-attention")
    stop.set()
    wake.set()
    thread.join(5)
    assert not thread.is_alive()
