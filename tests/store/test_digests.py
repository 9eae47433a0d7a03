"""What staff are told in the morning and about mail in review: from the rows to the letters, on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from builders import HOUR, MINUTE, NOW, RULES, SAM, Clock, Open, Said, letter, mail, opened, settle, write
from mailcase.core.changes import MarkUndeliverable, SetDeadline
from mailcase.core.deadlines.owed import Deadline
from mailcase.core.letters.digest import Waiting
from mailcase.core.mail.message import read
from mailcase.core.staff.assignment import Colleague
from mailcase.store import digests, mails
from mailcase.store.engine import Database
from mailcase.store.tables import cases, letters, timers
from mailcase.store.timers import MOST_LOOKS
from mailcase.timers import Timers, heaps

PRIYA, TOM = "priya@elsewhere.example", "tom@elsewhere.example"
TEAM = replace(RULES, managers=(TOM,), staff=(Colleague("Priya Nair", PRIYA), Colleague("Tom Reed", TOM, "manager")))
DAY = timedelta(days=1)
MANY = MOST_LOOKS + 20
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
ROBOT = mail(precedence="bulk")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def owed(promise: str, due_at: datetime, **facts: object) -> Deadline:
    plain = Deadline(promise, 1, "resolve", NOW - 30 * DAY, due_at)
    return replace(plain, **facts)  # type: ignore[arg-type]


def case(database: Database, reference: str, handler: str, *deadlines: Deadline, status: str = "new") -> None:
    write(database, opened(reference), *(SetDeadline(reference, each) for each in deadlines))
    with database.write() as conn:
        chosen = update(cases).where(cases.c.reference == reference)
        conn.execute(chosen.values(handler=handler, status=status))


def waiting(database: Database, handler: str | None = None) -> Waiting:
    with database.read() as conn:
        return digests.waiting_for(conn, handler or TOM, everything=handler is None, now=NOW, until=MIDNIGHT)


def looks(database: Database) -> dict[tuple[str, str], datetime]:
    with database.read() as conn:
        return {(kind, subject): at for kind, subject, at in conn.execute(select(timers))}


def sent(database: Database, kind: str) -> list[tuple[str, datetime]]:
    with database.read() as conn:
        query = select(letters.c.recipient, letters.c.queued_at).where(letters.c.kind == kind)
        return [(to, at) for to, at in conn.execute(query.order_by(letters.c.queued_at, letters.c.recipient))]


def test_what_is_missed_due_or_warned_of_waits_and_nothing_else(database: Database) -> None:
    later = NOW + 2 * DAY
    case(
        database,
        "A",
        PRIYA,
        owed("missed", NOW - HOUR, state="broken"),
        owed("missed and done late", NOW - HOUR, state="broken", met_at=NOW),
        owed("letter late", NOW - 2 * HOUR, state="broken", written=True),
        owed("today", NOW + HOUR),
        owed("letter on its way", NOW + HOUR, written=True),
        owed("warned", later, warned=1),
        owed("asked", later, asked=True),
        owed("far", later),
        owed("waived", NOW - HOUR, state="waived"),
    )
    case(database, "B", PRIYA, owed("missed", NOW - HOUR, state="broken"), status="closed")
    assert [each.promise for each in waiting(database).owed] == [
        *("letter late", "missed", "today"),
        *("asked", "warned"),
    ]


def test_a_handler_reads_of_their_own_cases_and_a_manager_of_all(database: Database) -> None:
    for reference, handler in (("A", PRIYA), ("B", TOM), ("C", "")):
        case(database, reference, handler, owed("missed", NOW - HOUR, state="broken"))
        write(database, MarkUndeliverable(reference, SAM))
    settle(database, [ROBOT])
    hers, all_of_it = waiting(database, PRIYA), waiting(database)
    assert [each.case for each in hers.owed] == [each.case for each in hers.undeliverable] == ["A"]
    assert hers.review == ()
    assert [each.case for each in all_of_it.owed] == [each.case for each in all_of_it.undeliverable] == ["A", "B", "C"]
    assert [(each.sender, each.why) for each in all_of_it.review] == [("sam@example.org", "bulk")]


def test_each_of_staff_gets_a_digest_every_business_morning_while_there_is_something(
    database: Database, clock: Clock
) -> None:
    case(database, "A", TOM, owed("missed", NOW - HOUR, state="broken", told=2))
    with database.write() as conn:
        digests.ensure_digests(conn, TEAM.staff, NOW)
        digests.ensure_digests(conn, TEAM.staff, NOW + HOUR)  # another daemon starts: what stands stays
    loop = Timers(database, TEAM, clock, Said(), lambda: None)
    for _ in range(7 * 24):
        while loop.work():
            pass
        clock.forward(HOUR)
    monday = [NOW + day * DAY for day in (0, 1, 2, 3, 4)]
    assert sent(database, "staff-digest") == [(TOM, morning) for morning in monday]
    assert looks(database)["digest", PRIYA] == NOW + 7 * DAY


def test_the_digest_of_a_morning_has_every_warning_of_that_morning(database: Database, clock: Clock) -> None:
    """However many cases are looked at at the opening, in however many batches."""
    due = NOW + 3 * DAY
    for number in range(MANY):
        case(database, f"A{number}", PRIYA, owed("decision", due, kind="resolve"))
    with database.write() as conn:
        digests.ensure_digests(conn, [Colleague("Somebody", PRIYA)], NOW)
        rows = [{"kind": "case", "subject": f"A{number}", "look_at": NOW} for number in range(MANY)]
        conn.execute(insert(timers), rows)
    loop = Timers(database, TEAM, clock, Said(), lambda: None)
    while loop.work():
        pass
    with database.read() as conn:
        [raw] = conn.scalars(select(letters.c.raw).where(letters.c.kind == "staff-digest"))
    assert f"{MANY} due soon" in read(raw).subject


def test_after_downtime_there_is_one_digest_and_none_at_night(database: Database, clock: Clock) -> None:
    case(database, "A", TOM, owed("missed", NOW - HOUR, state="broken", told=2))
    with database.write() as conn:
        digests.ensure_digests(conn, [Colleague("Somebody", TOM)], NOW)
    clock.forward(3 * DAY + 12 * HOUR)  # Thursday, 21:00
    loop = Timers(database, TEAM, clock, Said(), lambda: None)
    loop.work()
    assert sent(database, "staff-digest") == []
    clock.forward(14 * HOUR)  # Friday, 11:00
    loop.work()
    assert sent(database, "staff-digest") == [(TOM, clock())]


def test_who_is_no_longer_one_of_staff_gets_no_digest(database: Database, clock: Clock) -> None:
    with database.write() as conn:
        digests.ensure_digests(conn, [Colleague("Somebody", "gone@elsewhere.example")], NOW)
    Timers(database, TEAM, clock, Said(), lambda: None).work()
    assert looks(database) == {}


def test_two_daemons_write_one_digest(another_postgres: Open, clock: Clock) -> None:
    databases = [another_postgres() for _ in range(2)]
    case(databases[0], "A", TOM, owed("missed", NOW - HOUR, state="broken", told=2))
    said = Said()
    loops = [Timers(database, TEAM, clock, said, lambda: None) for database in databases]
    for day in range(5):
        with databases[day % 2].write() as conn:
            digests.ensure_digests(conn, TEAM.staff, clock())
        threads = [threading.Thread(target=loop.work) for loop in loops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.forward(DAY)
    assert sent(databases[0], "staff-digest") == [(TOM, NOW + day * DAY) for day in range(5)]
    assert "timer.fault" not in said.events


def test_urgent_mails_of_the_day_are_counted_for_each_person(database: Database) -> None:
    write(
        database,
        *(letter(number, kind="staff-overdue", recipient=PRIYA) for number in range(3)),
        letter(4, kind="staff-words", recipient=TOM),
        letter(5, kind="staff-digest", recipient=TOM),
    )
    with database.write() as conn:
        conn.execute(update(letters).where(letters.c.id == letter(0).id).values(queued_at=NOW - DAY))
    with database.read() as conn:
        assert digests.urgent_since(conn, [each.address for each in TEAM.staff], NOW - 9 * HOUR) == {PRIYA: 2, TOM: 1}


def test_above_the_cap_a_person_is_spared_and_the_log_says_so(database: Database, clock: Clock) -> None:
    for number in range(30):
        case(database, f"A{number}", PRIYA, owed("decision", NOW))
    with database.write() as conn:
        rows = [{"kind": "case", "subject": f"A{number}", "look_at": NOW} for number in range(30)]
        conn.execute(insert(timers), rows)
    said = Said()
    Timers(database, TEAM, clock, said, lambda: None).work()
    assert [to for to, _ in sent(database, "staff-overdue")] == [PRIYA] * 20 + [TOM] * 20
    assert ("staff.spared", 20) in [(event, facts.get("letters")) for event, facts in said.lines]
    assert len(waiting(database, PRIYA).owed) == 30  # the digest has them all


# Mail in review


def test_mail_in_review_is_brought_up_again_when_half_the_promised_time_is_over(
    database: Database, clock: Clock
) -> None:
    settle(database, [ROBOT, mail(text="b", list_id="<x.y>")])
    assert looks(database)["review", "1"] == NOW + 12 * HOUR
    loop = Timers(database, TEAM, clock, Said(), lambda: None)
    for _ in range(24 * 60):
        clock.forward(MINUTE)
        loop.work()
    told = [at - NOW for _, at in sent(database, "staff-attention")]
    assert told == [MINUTE, 12 * HOUR + MINUTE]
    with database.read() as conn:
        review = heaps(conn, TOM, RULES)[-1]
    assert review.title == "2 mails to review (2 overdue)"
    assert review.items[0] == "mail 1 from sam@example.org: bulk, waiting for too long"


@pytest.mark.parametrize("decided", [mails.accept, mails.discard])
def test_a_mail_that_was_decided_about_is_not_brought_up_again(database: Database, decided: object) -> None:
    settle(database, [ROBOT])
    with database.write() as conn:
        assert decided(conn, [1], "priya", NOW) == [1]  # type: ignore[operator]
    assert ("review", "1") not in looks(database)
