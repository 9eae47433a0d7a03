"""What the stories need: an IMAP server and a Postgres for all of them, and a small world for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rigs.certs import Certs, make_certs
from rigs.dovecot import Dovecot, dovecot_is_here
from rigs.imap_server import ImapServer
from rigs.postgres import Postgres
from rigs.pymap_server import PymapServer
from rigs.world import World


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="session")
def imap(certs: Certs) -> Iterator[ImapServer]:
    """Dovecot where it is installed, else pymap."""
    server: ImapServer = Dovecot(certs) if dovecot_is_here() else PymapServer(certs)
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.close()


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
