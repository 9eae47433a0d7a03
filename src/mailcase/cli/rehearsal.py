"""`import --dry-run`: what mails would become, decided by the same code, with nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect

from mailcase import build
from mailcase.core.changes import Decision, OpenCase, QueueLetter
from mailcase.core.decide import decide
from mailcase.core.mail.thread import Owner
from mailcase.core.new_case import candidate
from mailcase.core.reading import Arrival, Known, Reading, Twin, read_arrival
from mailcase.core.rules import Rules
from mailcase.intake import independent
from mailcase.store import facts, schema
from mailcase.store.engine import Database
from mailcase.store.policies import Policies
from mailcase.transport.files import Found


@contextmanager
def as_it_is(database: Database) -> Iterator[Database]:
    """The database without a change to it; an empty one in memory stands for one that is still to be made."""
    if not _is_new(database):
        schema.prepare(database, build.migrations())  # only refuses one of another version
        yield database
        return
    stand_in = Database("sqlite://")
    try:
        schema.prepare(stand_in, build.migrations())
        yield stand_in
    finally:
        stand_in.close()


def _is_new(database: Database) -> bool:
    if database.is_sqlite and not Path(database.url.database or "").exists():
        return True  # to open it would make it
    with database.read() as conn:
        return not inspect(conn).get_table_names()


@dataclass(slots=True)
class Rehearsal:
    """Decides mails as intake would, and remembers itself what intake would have written for the next ones."""

    rules: Rules
    now: datetime
    answer: bool
    _twins: dict[bytes, Twin] = field(default_factory=dict)
    _by_id: dict[str, Owner] = field(default_factory=dict)
    _by_reference: dict[str, Owner] = field(default_factory=dict)

    def ends(self, conn: Connection, batch: Sequence[Found]) -> list[str]:
        """How the mails of a batch would end."""
        readings = [read_arrival(self._arrival(mail), self.rules) for mail in batch]
        return [end for group in independent(readings) for end in self._decided(conn, group)]

    def _arrival(self, mail: Found) -> Arrival:
        return Arrival(
            id=0,
            door="email",
            role="complaints",
            junk=False,
            received_at=mail.received_at,
            envelope_from=None,
            silent=not self.answer,
            accepted_by="",
            given_up=False,
            raw=mail.raw,
        )

    def _decided(self, conn: Connection, group: Sequence[Reading]) -> list[str]:
        """What one group becomes: its mails do not know of each other, as in intake."""
        candidates = [candidate(reading.message.digest, self.rules) for reading in group]
        found = facts.look_up(conn, group, candidates, Policies(self.rules), self.now)
        decided = [
            (reading, decide(reading, self._known(reading, known), self.rules, self.now))
            for reading, known in zip(group, found, strict=True)
        ]
        for reading, decision in decided:
            self._remember(reading, decision)
        return [decision.end for _, decision in decided]

    def _known(self, reading: Reading, found: Known) -> Known:
        by_id = dict(found.by_id)
        for name in reading.mentions.message_ids:
            if name in self._by_id:
                by_id[name] = _believed(self._by_id[name], by_id.get(name))
        twin = found.twin or self._twins.get(reading.message.digest)
        return replace(found, twin=twin, by_id=by_id, by_reference={**found.by_reference, **self._by_reference})

    def _remember(self, reading: Reading, decision: Decision) -> None:
        self._twins.setdefault(reading.message.digest, Twin(0, decision.review))
        for change in decision.changes:
            if isinstance(change, OpenCase):
                self._by_reference[change.reference] = Owner(change.reference, change.customer)
            if isinstance(change, QueueLetter):
                self._by_id[change.message_id] = Owner(change.case, change.recipient, change.id)
        if reading.message.message_id and decision.end in ("case", "added"):
            theirs = Owner(decision.case, reading.message.from_address)
            name = reading.message.message_id
            self._by_id[name] = _believed(theirs, self._by_id.get(name))


def _believed(one: Owner, other: Owner | None) -> Owner:
    """Of two owners of a Message-ID the one that the database would name: a letter of ours, then the first case."""
    if other is None or one.letter != other.letter:
        return one if other is None or one.letter > other.letter else other
    return min(one, other, key=lambda owner: owner.case)
