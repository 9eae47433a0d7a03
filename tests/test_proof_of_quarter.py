"""A quarter at a firm whose people do this and that: what mailcase says of its promises is what the relay really got.

The count here is made without mailcase's own look: from a list of what the relay took and what came back, the talks
and the extensions that staff logged, and the dates of the policy.
"""

from __future__ import annotations

import heapq
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random

import pytest
from sqlalchemy import func, select, update

from builders import POLICY, RULES, Clock, Said, keep, letter, mail, write
from mailcase.core.changes import LookAt, MarkBounced, MarkUndeliverable
from mailcase.core.deadlines.delivery import Outcome, Result, mark
from mailcase.core.deadlines.evidence import COUNTED_FROM_LOST
from mailcase.core.deadlines.explain import explain
from mailcase.core.deadlines.owed import Deadline
from mailcase.core.deadlines.proof import evidence_of, tallies
from mailcase.errors import MailcaseError
from mailcase.intake import Intake
from mailcase.store import changes, proof
from mailcase.store import letters as letter_store
from mailcase.store.deadlines import case_facts, remember_policy
from mailcase.store.engine import Database
from mailcase.store.replay import next_moments
from mailcase.store.tables import cases, timers
from mailcase.timers import Timers
from rigs.at_the_desk import extends, logs_contact

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 9, 28, 8, 0, tzinfo=UTC)  # the clocks go back in it, and Christmas is in it
QUARTER = 92 * DAY
CASES = max(1, round(500 * float(os.environ.get("MAILCASE_SCALE", "0.1"))))
TO_CUSTOMERS = ("acknowledgement", "update", "resolution")


@dataclass
class Story:
    """What really happened on one case."""

    received: datetime
    customer: str
    taken: list[tuple[datetime, str, str]] = field(default_factory=list)  # when, kind, Message-ID: the relay's own list
    lost: set[str] = field(default_factory=set)  # what came back
    talks: list[datetime] = field(default_factory=list)
    extended: list[tuple[datetime, datetime]] = field(default_factory=list)  # when, until
    over: datetime | None = None

    def reached(self, *kinds: str) -> list[datetime]:
        """When letters of these kinds reached the customer, oldest first."""
        return sorted(at for at, kind, name in self.taken if kind in kinds and name not in self.lost)


class Firm:
    """The real parts on a fake clock, a relay that is down now and then, and staff who do what chance says."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database, self.chance = database, Random(seed)
        self.clock, self.said = Clock(START), Said()
        self.intake = Intake(database, RULES, "us", self.clock, self.said, lambda: None)
        self.timers = Timers(database, RULES, self.clock, self.said, lambda: None)
        self.stories: dict[str, Story] = {}
        self.order = count()
        self.events: list[tuple[datetime, int, Callable[[], None]]] = []
        days = sorted(self.chance.sample(range(92), 9))
        self.outages = [(START + day * DAY, START + day * DAY + self.chance.uniform(1, 30) * HOUR) for day in days]
        with database.write() as conn:
            remember_policy(conn, POLICY.digest, POLICY.text, START)

    def at(self, moment: datetime, do: Callable[[], None]) -> None:
        """Something that will happen; in whole minutes."""
        heapq.heappush(self.events, (moment.replace(second=0, microsecond=0), next(self.order), do))

    def runs(self) -> None:
        """The quarter, from event to event."""
        for number in range(CASES):
            self.at(START + self.chance.random() * (QUARTER - 10 * DAY), partial(self.complaint, number))
        while (coming := self.soonest()) <= START + QUARTER:
            self.clock.forward(max(coming - self.clock(), timedelta()))
            while self.events and self.events[0][0] <= self.clock():
                heapq.heappop(self.events)[2]()
            while self.timers.work() or self.send():
                pass

    def soonest(self) -> datetime:
        """When something happens next: chance, a timer, or a letter, which waits while the relay is down."""
        back = [end for begin, end in self.outages if begin <= self.clock() < end]
        with self.database.read() as conn:
            look = conn.scalar(select(func.min(timers.c.look_at)))
            wanted = back[0] if back else min((at for at in next_moments(conn) if at), default=None)
        moments = [moment for moment in (look, wanted) if moment] + [moment for moment, *_ in self.events[:1]]
        return min(moments, default=START + 2 * QUARTER)

    # -- what happens

    def complaint(self, number: int) -> None:
        """A customer writes, and chance decides what becomes of it."""
        keep(self.database, [mail(f"c{number}@example.org", text=f"complaint {number}")], self.clock())
        self.intake.work()
        with self.database.read() as conn:
            [case] = conn.scalars(select(cases.c.reference).where(cases.c.customer == f"c{number}@example.org"))
        self.stories[case] = Story(self.clock(), f"c{number}@example.org")
        for _ in range(self.chance.choice([0, 0, 1, 3])):
            self.at(self.clock() + self.chance.uniform(0, 40) * DAY, partial(self.talk, case))
        if self.chance.random() < 0.3:
            self.at(self.clock() + self.chance.uniform(1, 35) * DAY, partial(self.extend, case))
        if self.chance.random() < 0.7:
            self.at(self.clock() + self.chance.uniform(2, 45) * DAY, partial(self.decide, case))

    def talk(self, case: str) -> None:
        """Somebody phones the customer, and logs it."""
        with self.database.write() as conn:
            logs_contact(conn, case, "on the phone", "priya", self.clock())
        self.stories[case].talks.append(self.clock())

    def extend(self, case: str) -> None:
        """Somebody gives the decision more time, unless it is made."""
        until = POLICY.calendar.close_of(POLICY.calendar.day_of(self.clock() + 30 * DAY))
        try:
            with self.database.write() as conn:
                extends(conn, case, until, "The depot is closed.", "priya", self.clock())
        except MailcaseError:
            return
        self.stories[case].extended.append((self.clock(), until))

    def decide(self, case: str) -> None:
        """The letter with the decision is written, and the case is called resolved."""
        name = f"decision-{case}"
        reader = self.stories[case].customer
        words = letter(id=name, message_id=f"<{name}@firm.example>", case=case, kind="resolution", recipient=reader)
        with self.database.write() as conn:
            changes.write(conn, [words], self.clock())
            conn.execute(update(cases).where(cases.c.reference == case).values(status="resolved"))
        write(self.database, LookAt("case", case, self.clock()))
        self.stories[case].over = self.clock()

    def send(self) -> int:
        """The relay takes everything, or is down. A few of its letters come back hours later."""
        down = any(begin <= self.clock() < end for begin, end in self.outages)
        result: Result = "unreachable" if down else "accepted"
        with self.database.write() as conn:
            claimed = letter_store.claim(conn, "us", 50, self.clock())
            now = self.clock()
            whose = [(x.id, x.case, x.kind, x.recipient, x.tries, 0) for x in claimed]
            outcomes = [Outcome(*each, result, f"250 {each[0]}", now) for each in whose]
            letter_store.mark(conn, "us", [mark(each) for each in outcomes], now)
        for each in [] if down else claimed:
            if each.kind in TO_CUSTOMERS:
                self.stories[each.case].taken.append((self.clock(), each.kind, each.id))
                if self.chance.random() < 0.05:
                    later = self.clock() + self.chance.uniform(0.1, 9) * HOUR
                    self.at(later, partial(self.comes_back, each.id, each.case, each.recipient))
        return 0 if down else len(claimed)

    def comes_back(self, name: str, case: str, reader: str) -> None:
        """A bounce; half of the time somebody puts the address right within days."""
        self.stories[case].lost.add(name)
        write(self.database, MarkBounced(name), MarkUndeliverable(case, reader), LookAt("case", case, self.clock()))
        if self.chance.random() < 0.5:
            self.at(self.clock() + self.chance.uniform(0.1, 4) * DAY, partial(self.reachable, case))

    def reachable(self, case: str) -> None:
        """The address is right again."""
        with self.database.write() as conn:
            conn.execute(update(cases).where(cases.c.reference == case).values(undeliverable_at=None))
        write(self.database, LookAt("case", case, self.clock()))


# -- the independent count

Verdict = tuple[str, int, datetime, str]  # promise, number, due, what became of it


def judged(due: datetime, met: datetime | None, now: datetime) -> str:
    """Kept, broken or still open."""
    if met and met <= due:
        return "kept"
    return "broken" if due <= now else "open"


def counted(story: Story, now: datetime) -> Iterator[Verdict]:
    """What became of each promise but the updates, from the evidence alone."""
    due = story.received + DAY
    yield "acknowledge", 1, due, judged(due, min(story.reached("acknowledgement"), default=None), now)
    decided = min(story.reached("resolution"), default=None)
    within = next(promise.within for promise in POLICY.promises if promise.kind == "resolve")
    assert within
    dates = [(story.received, POLICY.add(story.received, within))]
    for number, (since, due) in enumerate([*dates, *story.extended], start=1):
        yield "decision", number, due, judged(due, decided if decided and decided >= since else None, now)


def updates_are_true(story: Story, found: list[Deadline], now: datetime) -> None:
    """Every update that counts: from a contact that reached the customer to the next one, and none is left out."""
    contacts = sorted({*story.reached("update", "resolution"), *story.talks})
    every = next(promise.every for promise in POLICY.promises if promise.every)
    known = {story.received, *contacts, *story.reached("acknowledgement")}
    for each in found:
        if each.evidence == COUNTED_FROM_LOST or each.counted_from not in known:
            continue  # counted from a letter that came back afterwards
        assert each.due_at == POLICY.calendar.after(each.counted_from, every)
        after = next((contact for contact in contacts if contact > each.counted_from), None)
        over = story.over is not None and story.over <= each.due_at
        if each.state == "waived":
            assert over
        elif each.state == "kept":
            assert after
            assert after == each.met_at
            assert after <= each.due_at
        elif each.state == "broken":
            assert now >= each.due_at
            assert after is None or after > each.due_at
            assert each.met_at in (None, after)
        else:
            assert after is None
            assert now < each.due_at
    running = [each for each in found if each.met_at is None and each.evidence == ""]
    assert running  # silence is always measured by somebody


@pytest.mark.parametrize("seed", [1, 2])
def test_proof_says_what_the_relay_really_got(sqlite: Database, seed: int) -> None:
    firm = Firm(sqlite, seed)
    firm.runs()
    now = firm.clock()
    assert len(firm.stories) == CASES
    assert "timer.fault" not in firm.said.events
    with sqlite.read() as conn:
        proven = list(proof.proven(conn))
        known = case_facts(conn, list(firm.stories))
    by_case: dict[str, list[Deadline]] = {case: [] for case in firm.stories}
    for row in proven:
        by_case[row.case].append(row.deadline)

    mine: Counter[tuple[str, bool, str]] = Counter()
    for case, story in firm.stories.items():
        found = by_case[case]
        said = sorted((d.promise, d.seq, d.due_at, d.state) for d in found if d.kind != "update")
        assert said == sorted(counted(story, now)), (case, story)
        updates_are_true(story, [each for each in found if each.kind == "update"], now)
        mine.update((promise, seq > 1, state) for promise, seq, _, state in counted(story, now))
        facts = replace(known[case][0], deadlines=tuple(found))
        for explained in explain(facts, [POLICY], []):
            assert explained.deadline in found
            assert explained.reckoning
            assert explained.reckoning.due_at == explained.deadline.due_at
        for deadline in found:
            if name := evidence_of(deadline).message_id:
                assert (deadline.met_at, name.partition("@")[0][1:]) in {(at, mid) for at, _, mid in story.taken}
                assert evidence_of(deadline).reply == f"250 {name.partition('@')[0][1:]}"

    for tally in tallies(proven):
        if tally.kind != "update":
            assert (tally.kept, tally.broken, tally.open, tally.waived) == tuple(
                mine[tally.promise, tally.kind == "extension", state] for state in ("kept", "broken", "open", "waived")
            )
    assert all(mine["decision", False, state] and mine["acknowledge", False, "kept"] for state in ("kept", "broken"))
