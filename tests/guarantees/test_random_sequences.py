"""Ten thousand random sequences of mails and commands: nothing leaves that must not, the books stay right (A01, A09).

Each mail carries canaries in every place; after every step the database and the letters are checked. `pytest -s` prints
the counts. A twentieth runs in `make test`, all of it in `make drill`.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from builders import NOW
from mailcase.core.case import MAY_FOLLOW
from mailcase.core.staff.commands import KEYWORDS
from mailcase.store.engine import Database
from rigs.random_people import OTHERS, Crowd, firm
from rigs.world import scale

FIRMS = ("constrat", "xcommunications", "xpereozz", "xtraspots")
SHARES = 2  # each firm's stories are told in so many tests, which can run side by side; `make test` runs the first
SEQUENCES = 10_000
CROWD = 50  # stories in one database
ENOUGH, MANY = 100, 1_000  # stories in which what happens often, and everything, must have happened
DAYS = 40  # over so many days of the year the stories begin

# What happens at every firm: how mails end, what people write, what a case becomes, what is carried out and refused.
SOME_FIRMS = {"step", "check", "category", "track", "kind", "escalate"}  # done only where the policy has such a thing
SELDOM = {"files", "thanks", "show", "same", "cancel", "reopen", "accept", "close"}
KEYWORD_NAMES = sorted({each.name for each in KEYWORDS.values()})
OFTEN = (
    *(f"status {status}" for status in MAY_FOLLOW),
    *("end case", "end added", "end command", "end bounce", "end review", "canaries read by their customer"),
    *(f"mail {kind}" for kind in ("staff", "form", "forward", "first complaint", "new complaint", *OTHERS)),
    *(f"done {name}" for name in KEYWORD_NAMES if name not in SOME_FIRMS | SELDOM),
)
EVERYTHING = (
    *OFTEN,
    *(f"done {name}" for name in sorted(SELDOM)),
    *(f"refused {name}" for name in KEYWORD_NAMES if name != "help"),  # alone it is always answered
)


def crowds(stories: int) -> Iterator[int]:
    """So many stories, in crowds."""
    while stories > 0:
        yield min(CROWD, stories)
        stories -= CROWD


def live(open_database: Callable[[], Database], name: str, stories: int, seed: int) -> Counter[str]:
    """Tell so many stories of a firm, and count what happened."""
    counts: Counter[str] = Counter()
    began = time.monotonic()
    for number, size in zip(count(seed), crowds(stories), strict=False):
        crowd = Crowd(open_database(), firm(name), size, number, NOW + timedelta(days=number % DAYS))
        crowd.lives()
        counts += crowd.counts + crowd.watch.counts
        counts.update(sequences=size, canaries=len(crowd.canaries.planted))
    print(f"\n{name}, seed {seed}: {time.monotonic() - began:.1f} s, {dict(sorted(counts.items()))}")
    return counts


def check_counts(counts: Counter[str], stories: int) -> None:
    """Nothing passes by never happening: with so many stories everything that people can do was done."""
    expected = EVERYTHING if stories >= MANY else OFTEN if stories >= ENOUGH else ()
    never = [each for each in expected if not counts[each]]
    assert not never, f"never happened: {never}"


@pytest.mark.parametrize("share", range(SHARES if scale(10) == 10 else 1))
@pytest.mark.parametrize("name", FIRMS)
def test_whatever_people_write_nothing_leaves_that_must_not(
    fresh_sqlite: Callable[[], Database], name: str, share: int
) -> None:
    stories = scale(SEQUENCES // len(FIRMS) // SHARES)
    check_counts(live(fresh_sqlite, name, stories, seed=1_000_000 * (share + 1)), stories)


@pytest.fixture
def fresh_sqlite(prepared_sqlite: Path, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """A database with nothing in it, as often as one is asked for."""
    opened: list[Database] = []

    def another() -> Database:
        path = tmp_path / f"{len(opened)}.db"
        shutil.copy(prepared_sqlite, path)
        opened.append(Database(f"sqlite:///{path}"))
        return opened[-1]

    yield another
    for database in opened:
        database.close()


def test_the_same_holds_on_postgres(another_postgres: Callable[[], Database]) -> None:
    """A smaller share: what differs is the database alone."""
    live(another_postgres, "constrat", min(CROWD, scale(SEQUENCES // 100)), seed=3_000_000)
