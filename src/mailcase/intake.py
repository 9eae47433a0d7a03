"""LOOP what mail brings: take the next kept mails, read them, look up what we know, decide, apply."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcase.core.changes import OpenCase, QueueLetter
from mailcase.core.decide import decide
from mailcase.core.mail.thread import mailbox_key
from mailcase.core.new_case import candidate
from mailcase.core.reading import Reading, read_arrival
from mailcase.core.rules import Rules
from mailcase.errors import TryLater
from mailcase.failpoints import Reached, nowhere
from mailcase.log import Log
from mailcase.store import facts, mails
from mailcase.store.changes import Handled, settle
from mailcase.store.deadlines import remember_policy
from mailcase.store.engine import Database
from mailcase.store.mails import Taken
from mailcase.store.policies import Policies

PAUSE_AFTER_FAULT = timedelta(seconds=30)
GATHER_S = 0.03  # mails that arrive at the same time share one transaction; nobody notices the wait


@dataclass(slots=True)
class Intake:
    """Works through the kept mails; `queued` is called when there is a letter for the outbox."""

    database: Database
    rules: Rules
    owner: str
    now: Callable[[], datetime]
    log: Log
    queued: Callable[[], None]
    reached: Reached = nowhere
    policies: Policies = field(init=False)

    def __post_init__(self) -> None:
        self.policies = Policies(self.rules)

    def run(self, wake: threading.Event, stop: threading.Event, turned: Callable[[], None]) -> None:
        """Until `stop`: work while there is mail, then sleep until `wake`. Never raises."""
        while not stop.is_set():
            wake.clear()
            turned()
            try:
                while not stop.wait(GATHER_S) and self.work():
                    turned()
            except TryLater as fault:
                self.log("intake.later", level="warning", reason=str(fault))
                stop.wait(1)
                continue
            except Exception as fault:  # noqa: BLE001 - the loop outlives every fault, and says so
                self.log("intake.fault", level="error", reason=repr(fault))
            wake.wait()

    def work(self) -> int:
        """Take and finish one batch; returns how many mails were taken."""
        with self.database.write(durable=False) as conn:
            taken = mails.take(conn, self.owner, self.now())
        readings = list(self._read(taken))
        if readings and taken[0].attempts > 1:
            with self.database.write(durable=False) as conn:
                mails.survived(conn, self.owner, [reading.arrival.id for reading in readings])
        for group in independent(readings):
            self._finish(group)
        return len(taken)

    def _read(self, taken: Sequence[Taken]) -> Iterator[Reading]:
        """Read each mail; one that cannot be read takes no other with it."""
        for mail in taken:
            self.reached("intake.read")
            try:
                yield read_arrival(mail.arrival, self.rules)
            except Exception as fault:  # noqa: BLE001 - a mail that breaks the code must not stop the others
                self._push_away(mail.id, mail.attempts, fault)

    def _finish(self, group: Sequence[Reading]) -> None:
        """Decide and apply a group in one transaction; if that fails, each of its mails by itself."""
        try:
            while group:
                group = self._apply(group)
        except TryLater:
            raise
        except Exception as fault:  # noqa: BLE001 - told below, if it is not only that another daemon was quicker
            self.log("intake.singly", mails=len(group), reason=repr(fault), level="debug")
            for reading in group:
                self._finish_alone(reading)

    def _finish_alone(self, reading: Reading) -> None:
        try:
            self._apply([reading])
        except TryLater:
            raise
        except Exception as fault:  # noqa: BLE001 - a mail that breaks the code must not stop the others
            self._push_away(reading.arrival.id, reading.arrival.attempts, fault)

    def _push_away(self, mail: int, attempts: int, fault: Exception) -> None:
        """First later in time, then said aloud: no crash loop, no silence."""
        with self.database.write() as conn:
            mails.put_back(conn, self.owner, mail, attempts, self.now() + PAUSE_AFTER_FAULT)
        self.log("mail.fault", level="error", mail=mail, reason=repr(fault))

    def _apply(self, group: Sequence[Reading]) -> list[Reading]:
        """Decide and write a group; returns the mails that must wait for what the others have changed on their case."""
        now = self.now()
        with self.database.write() as conn:
            ours = mails.lock(conn, self.owner, [reading.arrival.id for reading in group])
            handled, left = self.consider(conn, [reading for reading in group if reading.arrival.id in ours], now)
            self._remember_policy(conn, handled, now)
            settle(conn, handled, now)
            self.reached("intake.applied")
        self.reached("intake.committed")
        self._say(handled)
        return left

    def _remember_policy(self, conn: Connection, handled: Sequence[Handled], now: datetime) -> None:
        """A case names its policy by the digest: the text must be there for as long as the case is."""
        policy = self.rules.policy
        if any(isinstance(change, OpenCase) for one in handled for change in one.decision.changes):
            remember_policy(conn, policy.digest, policy.text, now)

    def consider(
        self, conn: Connection, group: Sequence[Reading], now: datetime
    ) -> tuple[list[Handled], list[Reading]]:
        """Look up and decide, writing nothing; of several mails about one case the first, and the others are left."""
        candidates = [candidate(reading.message.digest, self.rules) for reading in group]
        handled, left, answered = list[Handled](), list[Reading](), 0
        taken: Counter[str] = Counter()
        cases: set[str] = set()
        found = facts.look_up(conn, group, candidates, self.policies, now)
        for reading, known in zip(group, found, strict=True):
            touched = facts.touched(reading, known)
            if touched & cases:
                left.append(reading)
                continue
            cases |= touched
            known = replace(known, answers_minute=known.answers_minute + answered, loads=Counter(known.loads) + taken)
            decision = decide(reading, known, self.rules, now)
            answered += any(isinstance(change, QueueLetter) and not change.held for change in decision.changes)
            taken.update(change.handler for change in decision.changes if isinstance(change, OpenCase))
            handled.append(Handled(reading, decision))
        return handled, left

    def _say(self, handled: Sequence[Handled]) -> None:
        changes = [change for one in handled for change in one.decision.changes]
        if any(isinstance(change, QueueLetter) for change in changes):
            self.queued()
        for one in handled:
            end, case = one.decision.end, one.decision.case or None
            self.log(f"mail.{end}", mail=one.reading.arrival.id, case=case, reason=one.decision.reason)


def independent(readings: Iterable[Reading]) -> list[list[Reading]]:
    """Groups in which no mail depends on another: a sender, whoever would be answered, and a digest stand once in each.

    What one mail of a sender brings about (a case, an answer that counts) must be known when the next is decided.
    """
    groups: list[list[Reading]] = []
    turns: dict[str | bytes, int] = {}
    for reading in readings:
        people = (reading.message.from_address, *reading.readers)
        keys: tuple[str | bytes, ...] = (*map(mailbox_key, people), reading.message.digest)
        turn = max(turns.get(key, 0) for key in keys)
        if turn == len(groups):
            groups.append([])
        groups[turn].append(reading)
        turns.update(dict.fromkeys(keys, turn + 1))
    return groups
