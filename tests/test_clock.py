"""The clock: when it can be believed, what waits when it cannot, and who ends the waiting (guarantee G15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from builders import HOUR, MINUTE, NOW, RULES, Open, Said, settle
from builders import mail as a_mail
from mailcase import build
from mailcase.clockwatch import RENEW_FOR, ClockWatch
from mailcase.core.days.clock import JUMP, Reading, believed, jump, jumped
from mailcase.health import Health
from mailcase.store import holds
from mailcase.store.engine import Database
from mailcase.store.tables import letters, timers
from mailcase.timers import Timers

START = Reading(NOW, 1000.0)
SECOND = timedelta(seconds=1)
spans = st.timedeltas(timedelta(0), timedelta(days=3000))
shifts = st.timedeltas(timedelta(days=-3000), timedelta(days=3000))


def later(passed: timedelta, shifted: timedelta = timedelta(0)) -> Reading:
    """Both clocks after some time, the one on the wall shifted."""
    return Reading(NOW + passed + shifted, 1000.0 + passed.total_seconds())


@pytest.mark.parametrize(
    ("shifted", "is_jump"),
    [
        (timedelta(0), False),
        (JUMP, False),
        (-JUMP, False),
        (JUMP + SECOND, True),
        (-JUMP - SECOND, True),
        (timedelta(days=365), True),
        (timedelta(days=-365), True),
    ],
)
def test_only_more_than_an_hour_is_a_jump(shifted: timedelta, is_jump: bool) -> None:
    assert jumped(START, later(timedelta(days=40), shifted)) is is_jump


@given(spans, shifts)
def test_the_time_is_never_more_than_an_hour_from_what_the_steady_clock_counts(
    passed: timedelta, shifted: timedelta
) -> None:
    reading = later(passed, shifted)
    assert abs(believed(START, reading) - (NOW + passed)) <= JUMP + timedelta(milliseconds=1)
    assert abs(jump(START, reading) - shifted) < timedelta(milliseconds=1)


@given(spans)
def test_time_that_passes_is_no_jump_however_much_it_is(passed: timedelta) -> None:
    assert not jumped(START, later(passed))


@dataclass
class Clocks:
    """Both clocks of a machine; time passes for both, and somebody sets the one on the wall."""

    reading: Reading = START

    def __call__(self) -> Reading:
        return self.reading

    def forward(self, by: timedelta) -> None:
        self.reading = Reading(self.reading.wall + by, self.reading.steady + by.total_seconds())

    def set_by(self, by: timedelta) -> None:
        self.reading = Reading(self.reading.wall + by, self.reading.steady)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def watch(database: Database, clocks: Clocks, said: Said) -> ClockWatch:
    return ClockWatch(database, "we", clocks, said)


@pytest.fixture
def loop(database: Database, watch: ClockWatch, said: Said) -> Timers:
    return Timers(database, RULES, watch.now, said, lambda: None, held=watch.held)


def holders(database: Database) -> list[str]:
    with database.read() as conn:
        return holds.holders(conn)


def told(database: Database) -> int:
    """How many letters there are to staff."""
    with database.read() as conn:
        return len(conn.scalars(select(letters.c.id).where(letters.c.kind == "staff-attention")).all())


@pytest.mark.parametrize("by", [timedelta(days=30), timedelta(days=-30), JUMP + SECOND])
def test_a_jump_holds_what_time_brings_and_ends_when_the_clock_is_back(
    database: Database, loop: Timers, watch: ClockWatch, clocks: Clocks, said: Said, by: timedelta
) -> None:
    settle(database, [a_mail(precedence="bulk")], watch.now())
    clocks.forward(MINUTE)
    clocks.set_by(by)
    for _ in range(100):
        assert loop.work() == 0
        clocks.forward(timedelta(seconds=5))
    assert (told(database), holders(database)) == (0, ["we"])
    assert said.events.count("clock.jumped") == 1
    clocks.set_by(-by)
    assert loop.work() == 1
    assert (told(database), holders(database)) == (1, [])
    assert said.events.count("clock.back") == 1


def test_meanwhile_the_process_counts_the_time_on(watch: ClockWatch, clocks: Clocks) -> None:
    clocks.set_by(timedelta(days=30))
    clocks.forward(HOUR)
    assert watch.now() == NOW + HOUR


def test_an_operator_says_that_the_clock_is_right(
    database: Database, loop: Timers, watch: ClockWatch, clocks: Clocks, said: Said
) -> None:
    clocks.set_by(timedelta(days=30))
    loop.work()
    with database.write() as conn:
        assert holds.release(conn) == ["we"]
        assert holds.release(conn) == []
    loop.work()
    assert "clock.released" in said.events
    assert watch.now() == NOW + timedelta(days=30)
    assert not watch.held()
    with database.read() as conn:
        assert conn.execute(select(timers)).all() == []


def test_a_second_jump_after_a_release_holds_again(
    database: Database, watch: ClockWatch, clocks: Clocks, said: Said
) -> None:
    for number in (1, 2):
        clocks.set_by(timedelta(days=30))
        assert watch.held()
        assert said.events.count("clock.jumped") == number
        with database.write() as conn:
            holds.release(conn)
        assert not watch.held()


def test_many_small_corrections_that_come_to_more_than_an_hour_are_a_jump(watch: ClockWatch, clocks: Clocks) -> None:
    for _ in range(6):
        clocks.set_by(10 * MINUTE)
        assert not watch.held()
    clocks.set_by(10 * MINUTE)
    assert watch.held()


def test_downtime_is_no_jump(database: Database, clocks: Clocks, said: Said) -> None:
    assert not ClockWatch(database, "we", clocks, said).held()
    clocks.set_by(timedelta(days=3))  # the steady clock may begin anew as well
    assert not ClockWatch(database, "they", clocks, said).held()
    assert said.events == []


def test_one_daemon_whose_clock_jumped_does_not_hold_another(another_postgres: Open, said: Said) -> None:
    database, clocks, good = another_postgres(), Clocks(), Clocks()
    bad_one = ClockWatch(database, "bad", clocks, said)
    good_one = ClockWatch(database, "good", good, said)
    clocks.set_by(timedelta(days=30))
    assert (bad_one.held(), good_one.held()) == (True, False)
    assert holders(database) == ["bad"]


def test_the_hold_of_a_daemon_that_died_ends_by_itself(database: Database, said: Said) -> None:
    clocks, wrong = Clocks(), Clocks()
    dead = ClockWatch(database, "dead", wrong, said)
    wrong.set_by(timedelta(days=30))
    assert dead.held()
    clocks.forward(RENEW_FOR - SECOND)
    living = ClockWatch(database, "living", clocks, said)
    loop = Timers(database, RULES, living.now, said, lambda: None, held=living.held)
    assert (loop.work(), holders(database)) == (0, ["dead"])
    clocks.forward(MINUTE)
    assert (loop.work(), holders(database)) == (1, [])


def test_health_says_what_is_held_and_what_to_do(database: Database, watch: ClockWatch, clocks: Clocks) -> None:
    health = Health(database, {}, NOW)
    assert health.look(NOW)[0]
    clocks.set_by(timedelta(days=30))
    watch.held()
    ok, facts = health.look(NOW)
    assert not ok
    assert facts["faults"] == [
        "the clock of daemon we jumped: automatic letters are held until it is back; "
        "if it is right now, `mailcase release --hold`"
    ]


def test_the_steady_clock_goes_forward_and_a_storys_clock_has_none() -> None:
    steady = build.steady({})
    assert steady is not None
    assert steady() <= steady()
    assert build.steady({"MAILCASE_TEST_CLOCK": "somewhere"}) is None
