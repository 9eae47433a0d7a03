"""`kill -9` at every named step and at random moments: no mail, case or letter is lost, and none is doubled.

Apart from the one window that stays open by nature (rigs/copies.py): the stories count what goes through it.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from rigs.copies import second_copies
from rigs.customers import mail, new_customer, reply
from rigs.daemon import CRASHED, SOURCE, Daemon
from rigs.imap_server import ImapServer
from rigs.postgres import Postgres
from rigs.world import LEASE, MANAGER, World, message_id, scale

# Each step, and at which of its passings the process dies.
FAILPOINTS = {
    "imap.fetched": (1, 2, 3, 2, 1),
    "imap.kept": (1, 2, 3, 2, 1),
    "imap.moved": (1, 2, 3, 2, 1),
    "listener.received": (2, 1, 3, 4, 5),
    "listener.kept": (2, 1, 3, 4, 5),
    "intake.read": (2, 3, 1, 4, 2),
    "intake.applied": (1, 2, 3, 2, 1),
    "intake.committed": (1, 2, 3, 2, 1),
    "outbox.claimed": (3, 2, 1, 4, 5),  # it is passed in every turn, with letters or without
    "outbox.accepted": (1, 2, 3, 4, 5),
    "outbox.marked": (3, 2, 1, 4, 5),
}
TIMERS = "timers.applied"  # passed only when something is due, so these have stories of their own
WEEKS = ("timers.taken", "timers.committed")  # test_weeks.py


def test_the_stories_know_every_failpoint_of_the_source() -> None:
    sources = "".join(path.read_text() for path in (SOURCE / "mailcase").rglob("*.py"))
    assert set(re.findall(r"reached\(\"([a-z.]+)\"\)", sources)) == {*FAILPOINTS, TIMERS, *WEEKS}


@dataclass(frozen=True, slots=True)
class Kill:
    """One death: at a named step, or at a random moment."""

    step: str = ""
    passing: int = 0

    @property
    def spec(self) -> str:
        return self.step and f"{self.step}:{self.passing}"


def kills(chance: random.Random, daemons: int) -> list[Kill]:
    """All the deaths of a story, in any order; a small story with several daemons dies at some of the steps."""
    named = [Kill(step, n) for step, passings in FAILPOINTS.items() for n in passings[: scale(5)]]
    most = len(named) if daemons == 1 else scale(5 * len(FAILPOINTS))
    planned = [Kill()] * scale(50) + chance.sample(named, most)
    chance.shuffle(planned)
    return planned


class Storm:
    """Mail comes in through both doors, with some answers to our letters, while the daemons die again and again."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.customers: Counter[str] = Counter()  # how often each has answered our letter

    def complaints_arrive(self, count: int) -> None:
        """So many through each door; every fifth time a customer answers our letter."""
        for _ in range(count):
            for by in ("imap", "smtp"):
                customer = new_customer()
                self.customers[customer] = 0
                self._arrives(by, mail(customer), customer)
        if self.world.relay.letters and self.chance.random() < count / 5:
            letter = self.chance.choice(self.world.relay.letters)
            (customer,) = letter.rcpt_to
            self.customers[customer] += 1
            self._arrives(self.chance.choice(("imap", "smtp")), reply(customer, message_id(letter)), customer)

    def _arrives(self, by: str, raw: bytes, customer: str) -> None:
        if by == "smtp":
            self.world.servers.post(raw, customer)
        else:
            self.world.mail_arrives(raw, "imap")

    def dies(self, kill: Kill) -> None:
        """One daemon dies as planned, beside the others; sometimes all do."""
        if kill.step.startswith("imap."):
            self.all_die()  # only one daemon has the mailbox: the next one that comes
        doomed = self.world.launches(kill.spec, slot=0)
        if kill.step.startswith("imap."):
            doomed.says_or_dies("imap.connected")
        if len(self.world.slots) > 1 and len(self.world.alive()) < len(self.world.slots):
            self.world.launches(slot=1)
        if kill.step:
            self._reaches_the_step(doomed)
        elif not doomed.dies(within=self.chance.uniform(0.4, 2.4)):
            doomed.kill()
        if self.chance.random() < 0.2:
            self.all_die()

    def _reaches_the_step(self, doomed: Daemon) -> None:
        doomed.says_or_dies("daemon.started")
        end = time.monotonic() + 60
        while not doomed.dies(within=0.3):
            assert time.monotonic() < end, f"it did not die: {doomed.story()}"
            self.complaints_arrive(1)
        assert doomed.ends(0) == CRASHED, doomed.story()

    def all_die(self) -> None:
        """Nobody is left, and what they held is free again."""
        self.world.kill()
        if len(self.world.slots) > 1:
            self.world.time_passes(LEASE)

    def passes(self) -> None:
        """Healthy daemons do what is left to do."""
        self.all_die()
        for slot in self.world.slots:
            self.world.starts(slot=slot)
        self.world.servers.wait()
        self.world.waits_for_letters_to(self.customers)
        self.world.waits_until_settled()
        self.world.stop()


def nothing_lost_and_nothing_doubled(storm: Storm) -> str:
    """Compare what was sent with the cases, the letters, and what the relay got; returns the figures."""
    world, customers = storm.world, storm.customers
    doubled = second_copies(world)
    books, cases = world.ledger(), world.cases()
    repeated = books["mails"].pop("duplicate", 0)
    assert repeated <= world.servers.answers.total() - world.servers.answers[250]
    answers = {"added": customers.total()} if customers.total() else {}
    assert books["mails"] == {"case": len(customers), **answers}
    assert Counter(case["customer"] for case in cases) == Counter(customers.keys())
    assert Counter((letter["recipient"], letter["state"]) for letter in world.letters()) == Counter(
        (customer, "sent") for customer in customers
    )
    assert {letter.rcpt_to for letter in world.relay.letters} == {(customer,) for customer in customers}
    for case in [case for case in cases if customers[case["customer"]]][: scale(50)]:
        entries = world.case(case["reference"])["timeline"]
        assert [entry["kind"] for entry in entries].count("message") == 1 + customers[case["customer"]]
    return (
        f"{len(world.daemons)} processes, {len(customers)} complaints, {customers.total()} answers, "
        f"{repeated} mails twice from a mail server, {len(cases)} cases, "
        f"{doubled.total()} second copies after a death at {dict(doubled)}"
    )


@pytest.fixture(params=[1, 2], ids=["sqlite", "postgres-two-daemons"])
def stormy_world(request: pytest.FixtureRequest, make_world: Callable[..., World], imap: ImapServer) -> World:
    """A world on each database."""
    if request.param == 1:
        return make_world(imap=imap)
    server: Postgres = request.getfixturevalue("postgres")
    world = make_world(imap=imap, database=server.new_database(), daemons=request.param)
    world.time_stands_still()  # what a dead daemon held is then free when the story says so
    return world


def test_whenever_the_process_is_killed_each_mail_becomes_one_case_or_one_addition(
    stormy_world: World, request: pytest.FixtureRequest
) -> None:
    began, chance = time.monotonic(), random.Random()
    storm, planned = Storm(stormy_world, chance), kills(chance, len(stormy_world.slots))
    while planned:
        storm.complaints_arrive(max(1, (scale(300) - len(storm.customers) // 2) // len(planned)))
        storm.dies(planned.pop())
    storm.complaints_arrive(max(1, scale(300) - len(storm.customers) // 2))
    storm.passes()
    figures = nothing_lost_and_nothing_doubled(storm)
    print(f"\n{request.node.name}: {figures}, {time.monotonic() - began:.0f} s")


def test_killed_while_it_tells_staff_it_tells_them_once(world: World) -> None:
    world.employs_a_manager()
    world.time_stands_still()
    for told in range(1, scale(5) + 1):
        world.starts()
        world.mail_arrives(mail("robot@shop.test", {"Auto-Submitted": "auto-generated"}))
        world.daemons[-1].waits_to_say("mail.review")
        world.kill()
        world.time_passes(timedelta(hours=2))
        assert world.launches(f"{TIMERS}:1").ends(30) == CRASHED
        assert len(world.relay.letters) == told - 1
        world.time_passes(timedelta(minutes=10))
        world.starts().waits_to_say("letter.sent")
        world.kill()
        assert [letter.rcpt_to for letter in world.relay.letters] == [(MANAGER,)] * told
    world.saw_no_faults()
