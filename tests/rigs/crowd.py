"""Many mails at a firm with staff: they come in waves, and each letter is remembered with the moment it left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select

from builders import NOW, STAFFED
from mailcase.core.rules import Rules
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from mailcase.store.mails import Kept
from mailcase.store.tables import letters, mails
from rigs.people import AT_ONCE, People
from rigs.world import scale

Item = TypeVar("Item")


def some(items: Iterable[Item], one_in: int = 3) -> list[Item]:
    """All of these in `make drill`; elsewhere one in so many, the first among them."""
    return list(items)[:: 1 if scale(10) == 10 else one_in]


class Crowd(People):
    """`flood` brings mails; `left` says when each letter left, oldest first."""

    def __init__(self, database: Database, rules: Rules = STAFFED, start: datetime = NOW) -> None:
        super().__init__(database, rules, start)
        self.left: list[tuple[datetime, Claimed]] = []

    def _relay(self, letter: Claimed) -> str:
        self.left.append((self.clock(), letter))
        return super()._relay(letter)

    def flood(
        self, raws: Sequence[bytes], waves: int = 1, over: timedelta = AT_ONCE, sender: str | None = None
    ) -> list[Claimed]:
        """So many waves of mails, evenly over this time; returns the letters that left. `sender` is the envelope's."""
        before, start = len(self.sent), self.clock() + timedelta(seconds=1)
        arriving = [
            Kept(raw, start + over * (number * waves // len(raws)) / waves, sender) for number, raw in enumerate(raws)
        ]
        self._stage.run(self.clock() + over, self._door, arriving)
        faults = [line for line in self.said.lines if line[1]["level"] == "error"]
        assert not faults, faults
        return self.sent[before:]

    def outside(self, some: Sequence[Claimed] | None = None) -> list[Claimed]:
        """Of these letters (else of all), those that went to somebody who is not one of staff."""
        chosen = self.sent if some is None else some
        return [each for each in chosen if not self.rules.is_colleague(each.recipient)]

    def letters(self, state: str) -> list[tuple[str, str]]:
        """(kind, reason) of the letters in this state."""
        with self.database.read() as conn:
            rows = conn.execute(select(letters.c.kind, letters.c.reason).where(letters.c.state == state))
            return [(kind, reason) for kind, reason in rows]

    def reviewed(self, why: str) -> list[int]:
        """The mails that wait in review for this reason."""
        with self.database.read() as conn:
            return list(conn.scalars(select(mails.c.id).where(mails.c.state == "review", mails.c.review == why)))
