"""LOOP what we say: claim letters, let two connections send them, mark them with the relay's answer."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

from mailcase.core.deadlines.delivery import Marking, Outcome, Result, mark, pause
from mailcase.core.mail.charset import one_line
from mailcase.errors import InDoubt, NeverWorks, TryLater, Unreachable
from mailcase.failpoints import Reached, nowhere
from mailcase.log import Log
from mailcase.store import letters
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed

CONNECTIONS = 2  # a relay that stalls on one letter does not hold up the rest
AHEAD = 30  # letters claimed beyond those being sent, so that a connection need not wait for the database
RENEW_EVERY = timedelta(seconds=10)
UNMARKED = 8  # letters that the relay may have taken and the database not yet: a crash may send as many a second time
FINISH_WITHIN_S = 5.0

T = TypeVar("T")


class Wire(Protocol):
    """One connection to the relay."""

    def send(self, mail_from: str, rcpt_to: str, data: bytes) -> str:
        """Returns the relay's answer to the final dot; raises TryLater, InDoubt or NeverWorks."""
        ...

    def close(self) -> None:
        """Say goodbye."""
        ...


class Outbox:
    """Sends each letter until the relay has taken it, or said that it never will."""

    def __init__(
        self,
        database: Database,
        connect: Callable[[], Wire],
        owner: str,
        now: Callable[[], datetime],
        log: Log,
        max_per_minute: int = 0,
        reached: Reached = nowhere,
    ) -> None:
        self._database = database
        self._connect = connect
        self._owner = owner
        self._now = now
        self._log = log
        self._max_per_minute = max_per_minute
        self._reached = reached
        self._todo: SimpleQueue[Claimed | None] = SimpleQueue()
        self._done: SimpleQueue[Outcome] = SimpleQueue()
        self._unmarked: list[Outcome] = []  # known here, not yet in the database
        self._in_flight: set[str] = set()
        self._sending: set[str] = set()  # what a worker took up, until it is marked
        self._may_send = threading.Semaphore(UNMARKED)
        self._renewed_at = now()
        self._sent_at: deque[datetime] = deque()
        self._failures = 0  # times in a row that nobody was at the other end
        self._resume_at = now()

    def run(self, wake: threading.Event, stop: threading.Event, turned: Callable[[], None]) -> None:
        """Until `stop`, then until the letters in flight are marked, at most 5 s. Never raises."""
        workers = [threading.Thread(target=self._send_letters, args=(wake,), daemon=True) for _ in range(CONNECTIONS)]
        for worker in workers:
            worker.start()
        while not stop.is_set():
            wake.clear()
            turned()
            if self._turn():
                wake.wait()
        self._finish(wake, workers)

    def _finish(self, wake: threading.Event, workers: Sequence[threading.Thread]) -> None:
        self._hand_back()
        for _ in workers:
            self._todo.put(None)
        deadline = time.monotonic() + FINISH_WITHIN_S
        while (self._in_flight or self._unmarked) and time.monotonic() < deadline:
            wake.wait(0.2)
            wake.clear()
            self._turn(claim=False)

    def _turn(self, claim: bool = True) -> bool:
        """Mark what was sent and claim what comes next, in one transaction; False: try again at once."""
        try:
            return self._mark_and_claim(claim)
        except TryLater as fault:
            self._log("outbox.later", level="warning", reason=str(fault))
        except Exception as fault:  # noqa: BLE001 - the loop outlives every fault, and says so
            self._log("outbox.fault", level="error", reason=repr(fault))
            self._mark_singly()
        return True

    def _mark_singly(self) -> None:
        """An answer that cannot be written must not keep the others from being written.

        Its letter stays ours for as long as we run: to let it go would mean to send it again and again.
        """
        outcomes, self._unmarked = self._unmarked, []
        for place, outcome in enumerate(outcomes):
            try:
                self._commit([outcome], 0, self._now(), renew=False)
            except TryLater:
                self._unmarked = outcomes[place:]
                return
            except Exception as fault:  # noqa: BLE001 - said aloud, and a person must look
                facts = {"letter": outcome.letter, "result": outcome.result, "reply": outcome.words}
                self._log("letter.not_marked", level="error", **facts, reason=repr(fault))
                self._let_send([outcome])

    def _mark_and_claim(self, claim: bool) -> bool:
        self._unmarked += _drain(self._done)
        now = self._now()
        self._watch_relay(now)
        room = self._room(now) if claim else 0
        renew = bool(self._in_flight) and now - self._renewed_at >= RENEW_EVERY
        if not (room or self._unmarked or renew):
            return True
        done = self._commit(self._unmarked, room, now, renew)
        self._unmarked = []
        return not done

    def _commit(self, outcomes: Sequence[Outcome], room: int, now: datetime, renew: bool) -> bool:
        """Mark and claim in one transaction; returns whether there was anything."""
        with self._database.write() as conn:
            marked = letters.mark(conn, self._owner, [mark(outcome) for outcome in outcomes], now)
            if renew:
                letters.renew(conn, self._owner, self._in_flight, now)
            claimed = letters.claim(conn, self._owner, room, now) if room else []
            self._reached("outbox.marked")
        self._in_flight.difference_update(outcome.letter for outcome in outcomes)
        self._let_send(outcomes)
        if renew or not self._in_flight:
            self._renewed_at = now
        self._hand_out(claimed)
        self._say(marked)
        return bool(marked or claimed)

    def _let_send(self, outcomes: Sequence[Outcome]) -> None:
        """For each letter that a worker took up and that is dealt with, one more may be sent."""
        for outcome in outcomes:
            if outcome.letter in self._sending:
                self._sending.discard(outcome.letter)
                self._may_send.release()

    def _hand_out(self, claimed: Sequence[Claimed]) -> None:
        self._in_flight.update(letter.id for letter in claimed)
        self._reached("outbox.claimed")
        for letter in claimed:
            self._todo.put(letter)

    def _say(self, marked: Sequence[Marking]) -> None:
        for marking in marked:
            level = "info" if marking.state == "sent" else "warning" if marking.words else "debug"
            facts = {"letter": marking.letter, "case": marking.case or None, "reply": marking.words}
            self._log(f"letter.{marking.state}", level=level, **facts)

    def _watch_relay(self, now: datetime) -> None:
        """When nobody is at the other end, the letters wait for the relay together instead of failing one by one."""
        for outcome in self._unmarked:
            if outcome.result == "unreachable" and now >= self._resume_at:
                self._failures += 1
                self._resume_at = now + pause(self._failures)
                self._log("relay.unreachable", level="warning", reason=outcome.words, again_at=self._resume_at)
                self._hand_back()
            elif outcome.result not in ("unreachable", "unsent"):
                self._failures = 0

    def _hand_back(self) -> None:
        """What no worker has begun is anybody's again."""
        now = self._now()
        self._unmarked += [_outcome(letter, "unsent", "", now) for letter in _drain(self._todo) if letter]

    def _room(self, now: datetime) -> int:
        """How many letters may be claimed now: a handful at a time, so that one statement serves several."""
        room = CONNECTIONS + AHEAD - len(self._in_flight)
        if now < self._resume_at or room <= AHEAD // 2:
            return 0
        if not self._max_per_minute:
            return room
        while self._sent_at and self._sent_at[0] <= now - timedelta(minutes=1):
            self._sent_at.popleft()
        return max(0, min(room, self._max_per_minute - len(self._sent_at) - len(self._in_flight)))

    def _send_letters(self, wake: threading.Event) -> None:
        """A worker: one connection, one letter after the other."""
        wire = self._connect()
        while self._may_send.acquire() and (letter := self._todo.get()):
            self._sending.add(letter.id)
            if self._now() - self._renewed_at < letters.LEASE:
                self._done.put(self._send(wire, letter))
            else:  # we stood still for so long that it may be another daemon's by now
                self._done.put(_outcome(letter, "unsent", "", self._now()))
            wake.set()
        wire.close()

    def _send(self, wire: Wire, letter: Claimed) -> Outcome:
        self._sent_at.append(self._now())
        try:
            words = wire.send(letter.mail_from, letter.recipient, letter.raw)
        except Exception as fault:  # noqa: BLE001 - unknown means later, and loud
            return _outcome(letter, _result(fault), str(fault) or repr(fault), self._now())
        answered_at = self._now()
        self._reached("outbox.accepted")
        return _outcome(letter, "accepted", words, answered_at)


def _result(fault: Exception) -> Result:
    kinds: tuple[tuple[type[Exception], Result], ...] = (
        (Unreachable, "unreachable"),
        (InDoubt, "in-doubt"),
        (NeverWorks, "refused"),
    )
    return next((result for kind, result in kinds if isinstance(fault, kind)), "later")


def _outcome(letter: Claimed, result: Result, words: str, at: datetime) -> Outcome:
    who = (letter.id, letter.case, letter.kind, letter.recipient)
    return Outcome(*who, letter.tries, letter.doubts, result, one_line(words), at)


def _drain(queue: SimpleQueue[T]) -> list[T]:
    found: list[T] = []
    with suppress(Empty):
        while True:
            found.append(queue.get_nowait())
    return found
