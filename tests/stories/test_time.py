"""The real process and the clock: days of downtime, a clock that jumps, and `kill -9` while weeks pass."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from days import at
from mailcase.data import data_dir
from mailcase.outbox import UNMARKED
from mailcase.store.engine import AnyRow, Database
from mailcase.store.tables import deadlines, letters, timeline, timers, unsent
from rigs.daemon import CRASHED
from rigs.postgres import Postgres
from rigs.world import LEASE, World, message_id, scale

POLICY = str(data_dir() / "examples" / "constrat" / "policy.toml")
MONDAY = at("Mon 2026-11-23 10:00")
DAY = timedelta(days=1)
STEPS = ("timers.taken", "timers.applied", "timers.committed")
MakeWorld = Callable[..., World]


def database_of(world: World) -> Database:
    url = world.settings["DATABASE__URL"]
    return Database(url.replace("postgresql:", "postgresql+psycopg:"))


@contextmanager
def books(world: World) -> Iterator[Connection]:
    """The world's database, to look at."""
    with closing(database_of(world)) as database, database.read() as conn:
        yield conn


def rows_of(world: World) -> list[AnyRow]:
    """Every deadline of every case."""
    with books(world) as conn:
        return list(conn.execute(select(deadlines).order_by(deadlines.c.case_ref, deadlines.c.seq)))


def updates_at_the_relay(world: World) -> Counter[str]:
    """How often the relay has got each letter that tells a customer how far we are."""
    with books(world) as conn:
        known = set(conn.scalars(select(letters.c.message_id).where(letters.c.kind == "update")))
    return Counter(name for name in map(message_id, world.relay.letters) if name in known)


@pytest.fixture(params=["sqlite", "postgres"])
def weeks(request: pytest.FixtureRequest, make_world: MakeWorld, tmp_path: Path) -> World:
    """A world with a real policy and without a mailbox, on each database; it is Monday."""
    url = f"sqlite:///{tmp_path / 'mailcase.db'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_database()
    settings = {"POLICY": POLICY, "LIMITS__PER_MINUTE": "1000000", "DATABASE__URL": url}
    world = make_world(settings=settings, daemons=2 if request.param == "postgres" else 1)
    world.time_is(MONDAY.astimezone(UTC))
    return world


def complaints_are_acknowledged(world: World, count: int) -> list[str]:
    customers = [world.complaint_arrives() for _ in range(count)]
    world.waits_for_letters_to(customers)
    world.waits_until_settled()
    return customers


def waits_for(condition: Callable[[], bool], timeout: float = 60.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not in {timeout} s"
        time.sleep(0.2)  # the daemon is another process, and its database is asked


# -- downtime


def test_after_three_days_down_each_case_has_one_letter_at_most_and_every_flag_within_a_minute(weeks: World) -> None:
    weeks.starts()
    customers = complaints_are_acknowledged(weeks, scale(300))
    weeks.kill()
    weeks.time_is(at("Mon 2026-11-30 10:00"))  # the updates were due on Saturday
    began = time.monotonic()
    weeks.starts()
    waits_for(lambda: len([row for row in rows_of(weeks) if row.state == "broken"]) == len(customers))
    assert time.monotonic() - began < 60
    waits_for(lambda: updates_at_the_relay(weeks).total() >= len(customers))
    weeks.waits_until_settled()
    weeks.time_passes(timedelta(minutes=5))
    weeks.stop()
    weeks.starts()
    weeks.waits_until_settled()
    weeks.stop()
    assert Counter(letter.rcpt_to[0] for letter in weeks.relay.letters if letter.rcpt_to[0] in customers) == Counter(
        dict.fromkeys(customers, 2)  # the acknowledgement, and one to catch up
    )


# -- a clock that jumps


def test_a_jump_holds_the_letters_and_mail_is_answered_as_ever_until_an_operator_says_go_on(weeks: World) -> None:
    weeks.clock_is_watched()
    daemon = weeks.starts()
    complaints_are_acknowledged(weeks, 3)
    weeks.time_passes(4 * DAY)  # its updates would leave now
    daemon.waits_to_say("clock.jumped")
    assert any("--hold" in fault for fault in weeks.waits_for_health(503)["faults"])
    complaints_are_acknowledged(weeks, 1)
    assert not updates_at_the_relay(weeks)
    released = weeks.mailcase("release", "--hold")
    assert released.returncode == 0, released.stderr
    daemon.waits_to_say("clock.released")
    waits_for(lambda: updates_at_the_relay(weeks).total() >= 3)
    weeks.waits_for_health(200)
    assert weeks.mailcase("release", "--hold").returncode == 1
    weeks.stop()


def test_a_clock_that_comes_back_ends_the_hold_and_nothing_was_flagged_or_sent(weeks: World) -> None:
    weeks.clock_is_watched()
    daemon = weeks.starts()
    complaints_are_acknowledged(weeks, 3)
    weeks.time_passes(30 * DAY)
    daemon.waits_to_say("clock.jumped")
    weeks.time_passes(-30 * DAY)
    daemon.waits_to_say("clock.back")
    weeks.stop()
    assert not updates_at_the_relay(weeks)
    assert {row.state for row in rows_of(weeks)} == {"open", "kept"}


# -- kill -9 while weeks pass


def somebody_dies_at_the_next_look(world: World, chance: random.Random, step: str) -> None:
    """The clock goes on to the next look, a daemon comes up and dies over it; then the others go on."""
    world.time_is(max(world.now(), next_look(world)) + chance.choice((timedelta(0), timedelta(0), DAY)))
    doomed = world.launches(step, slot=0)
    for slot in world.slots[1:]:
        world.starts(slot=slot)
    if not step:
        doomed.says_or_dies("daemon.started")
    if not doomed.dies(within=8 if step else chance.uniform(0, 2)):  # beside another one it may find nothing to do
        doomed.kill()
    world.kill()
    world.time_passes(2 * LEASE)  # what the dead held is anybody's
    for slot in world.slots:
        world.starts(slot=slot)
    waits_for(lambda: not work_left(world))
    world.kill()


def next_look(world: World) -> datetime:
    """When the first case wants to be looked at."""
    with books(world) as conn:
        at: datetime = conn.execute(select(func.min(timers.c.look_at)).where(timers.c.kind == "case")).scalar_one()
        return at


def work_left(world: World) -> list[str]:
    """Cases that want to be looked at now, and letters that have not left."""
    with books(world) as conn:
        due = select(timers.c.subject).where(timers.c.kind == "case", timers.c.look_at <= world.now())
        return [*conn.scalars(due), *conn.scalars(select(letters.c.id).where(unsent))]


def test_killed_at_any_step_while_weeks_pass_no_letter_is_missed_or_doubled(
    weeks: World, request: pytest.FixtureRequest
) -> None:
    chance = random.Random()
    weeks.starts()
    customers = complaints_are_acknowledged(weeks, scale(100))
    weeks.kill()
    plan = [*STEPS, ""] * scale(30)
    chance.shuffle(plan)
    for step in plan:
        somebody_dies_at_the_next_look(weeks, chance, step)
    weeks.saw_no_faults()
    crashed = sum(daemon.died_at > 0 and daemon.ends(0) == CRASHED for daemon in weeks.daemons if daemon.crash_at)
    figures = every_update_was_sent_once(weeks)
    assert len(customers) == len(weeks.cases())
    print(f"\n{request.node.name}: {len(plan)} deaths ({crashed} at their step), until {weeks.now():%d %b}, {figures}")


def every_update_was_sent_once(world: World) -> str:
    """Compare the letters at the relay with the deadlines that they kept, and these with the timeline."""
    rows, sent = rows_of(world), updates_at_the_relay(world)
    updates = [row for row in rows if row.kind == "update"]
    met = [row for row in updates if row.met_at]
    assert not [row for row in updates if row.met_at is None and row.due_at < world.now() and row.state != "broken"]
    assert Counter(row.evidence.split()[0] for row in met) == Counter(sent.keys())
    doubled = sum(count - 1 for count in sent.values())
    assert doubled <= len(world.daemons) * UNMARKED  # the known window, at each death
    bytes_of: dict[str, set[bytes]] = {}
    for letter in world.relay.letters:
        bytes_of.setdefault(message_id(letter), set()).add(letter.data)
    assert all(len(same) == 1 for same in bytes_of.values())
    with books(world) as conn:
        said = conn.scalar(select(func.count()).where(timeline.c.kind == "broken"))
    broken = len([row for row in rows if row.state == "broken"])
    assert said == broken
    return f"{len(met)} updates, {doubled} second copies, {broken} broken"
