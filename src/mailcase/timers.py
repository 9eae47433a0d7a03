"""LOOP what time brings: take the looks that are due, gather what they need, decide, apply."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import chain

from sqlalchemy import Connection

from mailcase.core.changes import AddEntry, Change, LookAt, QueueLetter, WantAttention
from mailcase.core.deadlines.look import look
from mailcase.core.letters.attention import MOST, PAUSE, Heap, Unattended, attention
from mailcase.core.letters.digest import Returned, digest, next_morning
from mailcase.core.letters.notices import follow, within_cap, within_customers_cap
from mailcase.core.letters.post import Draft
from mailcase.core.letters.telling import UNREAD, tell, untold
from mailcase.core.reading import Known
from mailcase.core.rules import Rules
from mailcase.core.staff.who import may_see, tells_of, told_what_waits, workers
from mailcase.errors import TryLater
from mailcase.failpoints import Reached, nowhere
from mailcase.log import Log
from mailcase.store import cases as case_store
from mailcase.store import changes, deadlines, digests, holds, records, unreached
from mailcase.store import timers as timer_store
from mailcase.store.engine import Database
from mailcase.store.policies import Policies
from mailcase.store.timers import Look

PAUSE_AFTER_FAULT = timedelta(minutes=1)
DAY = timedelta(days=1)
_NOT_LEFT: tuple[timer_store.Stuck, timer_store.Stuck] = ("failed", "held")


class Timers:
    """Looks at what is due, unless `held` says to wait; `queued` is called when there is a letter for the outbox."""

    def __init__(
        self,
        database: Database,
        rules: Rules,
        now: Callable[[], datetime],
        log: Log,
        queued: Callable[[], None],
        reached: Reached = nowhere,
        held: Callable[[], bool] = lambda: False,
    ) -> None:
        self.database = database
        self.rules = rules
        self.now = now
        self.log = log
        self.queued = queued
        self.reached = reached
        self.held = held
        self._policies = Policies(rules)
        self._others: Mapping[str, Callable[[Connection, Look, datetime], Iterable[Change]]] = {
            "attention": self._attention,
            "digest": self._digest,
            "review": _review,
            "parked": self._parked,
            UNREAD: self._unread,
            **dict.fromkeys(holds.KINDS, _gone),
        }

    def run(self, wake: threading.Event, stop: threading.Event, turned: Callable[[], None]) -> None:
        """Until `stop`: work while something is due, then sleep until `wake`. Never raises."""
        while not stop.is_set():
            wake.clear()
            turned()
            try:
                while not stop.is_set() and self.work():
                    turned()
            except TryLater as fault:
                self.log("timers.later", level="warning", reason=str(fault))
            except Exception as fault:  # noqa: BLE001 - the loop outlives every fault, and says so
                self.log("timers.fault", level="error", reason=repr(fault))
            wake.wait()

    def work(self) -> int:
        """Look at what is due now; returns how many looks were done.

        Each is pushed away in time first, then done: all cases in one transaction, or by themselves if that fails, so
        that one that breaks the code stops no other.
        """
        now = self.now()
        if self.held():
            return 0
        with self.database.write(durable=False) as conn:
            looks = timer_store.take(conn, now, now + PAUSE_AFTER_FAULT)
        if looks:
            self.reached("timers.taken")
        cases = [look for look in looks if look.kind == "case"]
        others = [[look] for look in looks if look.kind != "case"]
        return sum(self._finish(group, now) for group in (cases, *others) if group)

    def _finish(self, looks: Sequence[Look], now: datetime) -> int:
        try:
            return self._do(looks, now)
        except TryLater:
            raise
        except Exception as fault:  # noqa: BLE001 - a look that breaks the code must not stop the others
            if len(looks) == 1:
                self.log("timer.fault", level="error", subject=looks[0].subject, reason=repr(fault))
                return 0
            return sum(self._finish([look], now) for look in looks)

    def _do(self, looks: Sequence[Look], now: datetime) -> int:
        with self.database.write() as conn:
            ours = timer_store.lock(conn, looks)
            decided = [change for group in self._decided(conn, ours, now) for change in group]
            wanted = self._capped(conn, decided, now)
            changes.write(conn, wanted, now)
            self.reached("timers.applied")
        self.reached("timers.committed")
        if any(isinstance(change, QueueLetter) for change in wanted):
            self.queued()
        for change in wanted:
            self._say(change)
        return len(ours)

    def _decided(self, conn: Connection, looks: Sequence[Look], now: datetime) -> Iterator[Iterable[Change | Draft]]:
        cases = [look.subject for look in looks if look.kind == "case"]
        if cases:
            known = deadlines.case_facts(conn, cases)
            yield [LookAt("case", gone, None) for gone in cases if gone not in known]
            for case, digest in known.values():
                rules = self._policies.under(conn, digest)
                yield follow(case, look(case, rules.policy, now), rules, now)
        for each in looks:
            if each.kind != "case":
                yield self._others[each.kind](conn, each, now)

    def _capped(self, conn: Connection, decided: Sequence[Change | Draft], now: datetime) -> Sequence[Change]:
        """Without the urgent mails to staff that are too many for a day, and with such updates to a customer held."""
        wanted = self._within_cap(conn, decided, now)
        updates = [each for each in wanted if isinstance(each, QueueLetter) and each.kind == "update"]
        if not updates:
            return wanted
        sent_today = digests.updates_since(conn, [each.recipient for each in updates], now - DAY)
        return within_customers_cap(wanted, sent_today, self.rules.limits.updates_per_address_day)

    def _within_cap(self, conn: Connection, decided: Sequence[Change | Draft], now: datetime) -> Sequence[Change]:
        people = {each.to for each in decided if isinstance(each, Draft)}
        zone = self.rules.zone
        midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
        sent = digests.urgent_since(conn, people, midnight) if people else {}
        wanted, left_out = within_cap(decided, sent, self.rules.limits.urgent_per_day)
        if left_out:
            self.log("staff.spared", level="warning", letters=left_out, reason="they stand in the next digest")
        return wanted

    def _digest(self, conn: Connection, due: Look, now: datetime) -> Iterable[Change]:
        """The digest of the day; one that was missed while we were down comes in the business hours that follow."""
        rules, person = self.rules, due.subject
        calendar = rules.policy.calendar
        if not rules.colleague(person):
            return [LookAt(due.kind, person, None)]
        again = LookAt(due.kind, person, next_morning(calendar, now))
        if not calendar.is_open(now):
            return [again]
        everything = person in rules.managers
        day_after = calendar.day_of(now) + timedelta(days=1)
        until = datetime.combine(day_after, time(), calendar.zone)
        waiting = digests.waiting_for(conn, person, everything=everything, now=now, until=until)
        if everything:
            waiting = replace(waiting, unattended=tuple(case_store.unattended(conn, rules, calendar.day_of(now))))
        return [*digest(person, waiting, rules, now), again]

    def _parked(self, conn: Connection, due: Look, now: datetime) -> Iterable[Change]:
        """Nobody has decided what follows a customer's answer to our decision: the managers hear of it."""
        over = LookAt(due.kind, due.subject, None)
        record = records.load(conn, [due.subject]).get(due.subject)
        if record is None or record.parked_at is None:
            return [over]
        rules = self._policies.under(conn, record.policy)
        known = Known(None, {}, {}, 0, 0, 0, mails=records.history(conn, [due.subject]).mails)
        day = now.astimezone(rules.zone).date()
        people = may_see(rules.managers, record.conflicts) or workers(record.handler, record.conflicts, rules, day)
        if not people:
            return [untold(due.subject), WantAttention(), over]
        cause = f"undecided {now.isoformat()}".encode()  # told again after the customer's next words
        told = (tell(person, "undecided", record, cause, known, rules, now) for person in people)
        names = ", ".join(rules.name_of(person) or person for person in people)
        return [*chain(*told), AddEntry(due.subject, "undecided", "mailcase", f"told to {names}"), over]

    def _unread(self, _conn: Connection, due: Look, now: datetime) -> Iterable[Change]:
        """Nobody has asked yet to be shown what was not passed on: the next digests say so too."""
        return [LookAt(due.kind, due.subject, next_morning(self.rules.policy.calendar, now))]

    def _attention(self, conn: Connection, due: Look, now: datetime) -> Iterable[Change]:
        told = timer_store.last_told(conn)
        if told and now < told + PAUSE:
            return [LookAt(due.kind, due.subject, told + PAUSE)]
        rules, back = self.rules, unreached.staff_unreached(conn, now)
        nobodys = case_store.unattended(conn, rules, now.astimezone(rules.zone).date())
        away = {each.person for each in back}
        readers = told_what_waits(rules, away)
        if told and away.intersection(readers) and now < told + DAY:
            # They are told only because nobody is left whom our mail reaches: each would come back, and ask for more.
            return [LookAt(due.kind, due.subject, told + DAY)]
        changes: list[Change] = [LookAt(due.kind, due.subject, None)]
        for reader in readers:
            # To tell one whom no mail reaches of another would come back, and be told again each hour.
            lost = () if reader in away else back
            changes += attention(reader, heaps(conn, reader, rules, lost, nobodys), rules, now)
        return changes

    def _say(self, change: Change) -> None:
        if isinstance(change, AddEntry):
            level = "warning" if change.kind in ("broken", "warning") else "info"
            self.log(f"case.{change.kind}", level=level, case=change.case, text=change.text)
        elif isinstance(change, QueueLetter):
            self.log(f"letter.{change.kind}", letter=change.id, case=change.case or None)


def _gone(_conn: Connection, due: Look, _now: datetime) -> Iterable[Change]:
    """A hold that nobody renews: its daemon is no more."""
    return [LookAt(due.kind, due.subject, None)]


def _review(conn: Connection, due: Look, _now: datetime) -> Iterable[Change]:
    """A mail that has waited in review for too long: the next mail to staff says so. The look itself is over."""
    over = LookAt(due.kind, due.subject, None)
    return [WantAttention(), over] if timer_store.in_review(conn, due.subject) else [over]


def heaps(
    conn: Connection, person: str, rules: Rules, back: Sequence[Returned] = (), nobodys: Sequence[Unattended] = ()
) -> tuple[Heap, ...]:
    """What waits for a person, in the order in which it hurts, as far as this one may know of it.

    `back` are the staff whose mails came back, `nobodys` the cases that nobody may look after.
    """
    orphans = tuple(each.told(person) for each in nobodys[:MOST])
    lost = [f"{each.person}: {each.mails} came back" for each in back if tells_of(each.person, person, rules)]
    refused, waiting = (timer_store.letters_that_are(conn, state, person, MOST) for state in _NOT_LEFT)
    failed = tuple(f"{row.case_ref or 'to staff'}: {row.reason}" for row in refused)
    bounced = tuple(f"{row.reference}: {row.customer}" for row in timer_store.undeliverable_cases(conn, person, MOST))
    held = tuple(f"{row.case_ref}: {row.reason}" for row in waiting)
    mails = timer_store.waiting_mails(conn, MOST)
    review = tuple(
        f"mail {row.id} from {row.sender or 'nobody'}: {row.review}{', waiting for too long' if row.late else ''}"
        for row in mails
    )
    late = sum(row.late for row in mails)
    review_title = _counted(review, "mail to review", "mails to review") + (f" ({late} overdue)" if late else "")
    return (
        Heap(_counted(orphans, "case that nobody may look after", "cases that nobody may look after"), orphans, ""),
        Heap(_counted(lost, "of staff not reached", "of staff not reached"), tuple(lost), "mailcase letters"),
        Heap(_counted(failed, "letter failed", "letters failed"), failed, "mailcase letters --state failed"),
        Heap(_counted(bounced, "customer not reached", "customers not reached"), bounced, "mailcase cases"),
        Heap(_counted(held, "letter held", "letters held"), held, "mailcase letters --state held"),
        Heap(review_title, review, "mailcase review list"),
    )


def _counted(items: Sequence[str], one: str, many: str) -> str:
    more = " or more" if len(items) == MOST else ""
    return f"{len(items)}{more} {one if len(items) == 1 else many}"
