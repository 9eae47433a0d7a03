"""What must hold after every step, whatever people wrote: read from the database and from the letters that left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select

from mailcase.core.case import MAY_FOLLOW, Status
from mailcase.core.ids import find_references
from mailcase.core.promises.policy import promises_for
from mailcase.core.rules import Rules
from mailcase.store.engine import AnyRow
from mailcase.store.ledger import ledger
from mailcase.store.letters import Claimed
from mailcase.store.tables import cases, deadlines, letters, people, timeline
from rigs.canaries import Canaries

OPEN = ("new", "investigating", "waiting")
MOVES = ("status", "escalated")  # entries of the timeline after which a status is another one
SAID_TO_SENDER = ("staff-transcript", "staff-unproven")  # answers to a mail of the reader's own
_HEADERS = BytesHeaderParser()
_WAITING = select(letters.c.case_ref).where(letters.c.state == "queued", letters.c.case_ref.is_not(None))


@dataclass(frozen=True, slots=True)
class Breach:
    """What was wrong, and on which case."""

    case: str
    words: str


@dataclass(slots=True)
class Books:
    """The database after one step."""

    rows: Mapping[str, AnyRow] = field(default_factory=dict)
    people: Mapping[str, set[str]] = field(default_factory=dict)
    owed: Mapping[tuple[str, str, int], AnyRow] = field(default_factory=dict)
    entries: Mapping[str, int] = field(default_factory=dict)  # how many each case has
    moves: Mapping[str, list[str]] = field(default_factory=dict)  # what its status became since the step before


def read_books(conn: Connection, before: Books) -> Books:
    """The cases as they are, and what was entered since."""
    rows = {row.reference: row for row in conn.execute(select(cases))}
    others: dict[str, set[str]] = defaultdict(set)
    for case, address in conn.execute(select(people.c.case_ref, people.c.address)):
        others[case].add(address)
    owed = {(row.case_ref, row.promise, row.seq): row for row in conn.execute(select(deadlines))}
    counts, moves = dict[str, int](), defaultdict[str, list[str]](list)
    columns = (timeline.c.case_ref, timeline.c.seq, timeline.c.kind, timeline.c.text)
    for case, seq, kind, text in conn.execute(select(*columns).order_by(timeline.c.case_ref, timeline.c.seq)):
        counts[case] = seq
        if seq > before.entries.get(case, -1) and kind in MOVES:
            moves[case].append(text if kind == "status" else "investigating")
    return Books(rows, others, owed, counts, moves)


class Watch:
    """Compares each step with the one before."""

    def __init__(self, rules: Rules, canaries: Canaries) -> None:
        self.rules, self.canaries = rules, canaries
        self.books = Books()
        self.left: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.waiting: set[str] = set()  # cases on which a letter may still be stopped
        self._staff = rules.staff_addresses

    def look(self, conn: Connection, left: Sequence[Claimed], strangers: Mapping[str, int]) -> list[Breach]:
        """What a step broke; `strangers` are senders whom we may answer about no case."""
        before, self.books = self.books, read_books(conn, self.books)
        self.waiting = set(conn.scalars(_WAITING))
        found = [*self._handlers(), *self._statuses(before), *self._deadlines(before)]
        found += [Breach("", f"ledger: {fault}") for fault in ledger(conn).faults]
        return found + [breach for letter in left for breach in self._letter(letter, before, strangers)]

    def _handlers(self) -> Iterator[Breach]:
        for case, row in self.books.rows.items():
            handler = row.handler.casefold()
            self.counts[f"status {row.status}"] += 1
            self.counts[f"stage {row.stage}"] += 1
            if handler and handler not in self._staff:
                yield Breach(case, f"its handler is no single one of staff: {handler}")
            if handler and handler in row.conflicts.casefold().split("\n"):
                yield Breach(case, f"{handler} handles a complaint about themselves")
            if handler and row.stage == "second" and handler in row.past_handlers.casefold().split("\n"):
                yield Breach(case, f"{handler} looks again at what they decided")

    def _statuses(self, before: Books) -> Iterator[Breach]:
        for case, row in self.books.rows.items():
            old = before.rows.get(case)
            joined = row.joined and not (old and old.joined)
            steps: list[Any] = [old.status if old else "new", *self.books.moves.get(case, ()), row.status]
            for one, other in pairwise(steps):
                if one != other and not (joined and other == "closed") and not _may_follow(one, other):
                    yield Breach(case, f"its status went {' → '.join(steps)}")

    def _deadlines(self, before: Books) -> Iterator[Breach]:
        for key, old in before.owed.items():
            now = self.books.owed.get(key)
            if now is None:
                yield Breach(key[0], f"the deadline {key[1:]} is gone")
            elif old.state == "broken" and now.state != "broken":
                yield Breach(key[0], f"the deadline {key[1:]} was broken and is {now.state}")
        kinds: dict[str, set[str]] = defaultdict(set)
        for (case, *_), row in self.books.owed.items():
            if row.kind != "update" or row.met_at is None:
                kinds[case].add(row.kind)
        yield from (breach for case, row in self.books.rows.items() for breach in self._owes(case, row, kinds[case]))

    def _owes(self, case: str, row: AnyRow, kinds: set[str]) -> Iterator[Breach]:
        if row.status not in OPEN or row.proposed or row.stage == "signposted":
            return
        sort = (row.kind, row.track, row.category, "second" if row.stage == "second" else "first")
        promised = {each.kind for each in promises_for(self.rules.policy, *sort)}
        for kind in ("resolve", "update", "acknowledge"):
            if kind in promised and kind not in kinds:
                yield Breach(
                    case, f"it is {row.status} ({row.stage}) and has no {kind} deadline; it has {sorted(kinds)}"
                )

    def _letter(self, letter: Claimed, before: Books, strangers: Mapping[str, int]) -> Iterator[Breach]:
        self.counts[f"letter {letter.kind}"] += 1
        if letter.id in self.left:
            yield Breach(letter.case, f"{letter.kind} left twice")
        self.left.add(letter.id)
        if letter.recipient.casefold() in self._staff:
            yield from self._to_staff(letter, before)
        else:
            yield from self._to_customer(letter, strangers)

    def _to_staff(self, letter: Claimed, before: Books) -> Iterator[Breach]:
        """Whoever is complained about hears nothing more of the case, except that their own mail did nothing."""
        if letter.kind in SAID_TO_SENDER:
            return
        for case in self._spoken_of(letter):
            row = before.rows.get(case)
            if row and letter.recipient in row.conflicts.split("\n"):
                yield Breach(case, f"{letter.recipient} is complained about and got {letter.kind}")

    def _spoken_of(self, letter: Claimed) -> Iterable[str]:
        subject = str(make_header(decode_header(_HEADERS.parsebytes(letter.raw).get("Subject", ""))))
        text = letter.raw.decode("utf-8", "replace") if letter.kind == "staff-digest" else subject
        return set(find_references(self.rules.prefix, text))

    def _to_customer(self, letter: Claimed, strangers: Mapping[str, int]) -> Iterator[Breach]:
        row = self.books.rows.get(letter.case)
        readers = {row.customer, *self.books.people.get(letter.case, ())} if row else set(strangers)
        if letter.recipient not in readers:
            yield Breach(letter.case, f"{letter.kind} to {letter.recipient}, who has no part in it")
        for canary in self.canaries.found_in(letter.raw):
            self.counts["canaries read by their customer"] += canary.case == letter.case
            if not canary.case or letter.case not in self._goes_on(canary.case):
                yield Breach(letter.case, f"{letter.kind} to {letter.recipient} carries words of: {canary}")

    def _goes_on(self, case: str) -> Iterator[str]:
        """The case, and those that go on for it."""
        while case:
            yield case
            case = self.books.rows[case].joined


def _may_follow(one: Status, other: Status) -> bool:
    return other in MAY_FOLLOW[one]
