"""What the stories need: an IMAP server for all of them, and a small world for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from days import at
from mailcase.data import data_dir
from rigs.books import Books
from rigs.dovecot import dovecot_is_here
from rigs.imap_server import ImapServer
from rigs.postgres import Postgres
from rigs.world import World


@pytest.fixture(scope="session")
def imap(request: pytest.FixtureRequest) -> ImapServer:
    """Dovecot where it is installed, else pymap."""
    server: ImapServer = request.getfixturevalue("dovecot" if dovecot_is_here() else "pymap")
    return server


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds that end with the test."""
    with ExitStack() as worlds:
        made: list[World] = []

        def make(**settings: object) -> World:
            world = World(tmp_path / f"world-{len(made)}", **settings)  # type: ignore[arg-type]
            made.append(worlds.enter_context(world))
            return world

        yield make


@pytest.fixture
def world(make_world: Callable[..., World], imap: ImapServer) -> World:
    """A world with both doors, on SQLite."""
    return make_world(imap=imap)


@pytest.fixture(params=["sqlite", "postgres"])
def weeks(request: pytest.FixtureRequest, make_world: Callable[..., World], tmp_path: Path) -> World:
    """A world with a real policy and without a mailbox, on each database; it is Monday."""
    url = f"sqlite:///{tmp_path / 'mailcase.db'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new_database()
    policy = str(data_dir() / "examples" / "constrat" / "policy.toml")
    settings = {"POLICY": policy, "LIMITS__PER_MINUTE": "1000000", "DATABASE__URL": url}
    world = make_world(settings=settings, daemons=2 if request.param == "postgres" else 1)
    world.employs_a_manager()
    world.time_is(at("Mon 2026-11-23 10:00"))
    return world


@pytest.fixture
def books(weeks: World) -> Iterator[Books]:
    """What stands in the database of the weeks."""
    books = Books(weeks)
    yield books
    books.close()
