"""The databases and IMAP servers that tests run on; each server is real, and started once for each process."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from builders import MIGRATIONS, Open
from mailcase.store import schema
from mailcase.store.engine import Database
from rigs.certs import Certs, make_certs
from rigs.dovecot import Dovecot, dovecot_is_here
from rigs.imap_server import ImapServer
from rigs.postgres import Postgres
from rigs.pymap_server import PymapServer

# A busy machine is no fault of the code.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stories and the attacks first: they take longest, and one that came last would keep a single core busy."""
    items.sort(key=lambda item: not {"stories", "guarantees"}.intersection(item.path.parts))


def pytest_xdist_auto_num_workers() -> int:
    """Of `-n auto`: two for each core, for most of the long tests wait for another process."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres of our own; a test that stops it starts it again."""
    server = Postgres()
    yield server
    server.close()


def _prepared(url: str) -> str:
    database = Database(url)
    schema.prepare(database, MIGRATIONS)
    database.close()
    return url


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables, to copy."""
    path = tmp_path_factory.mktemp("prepared") / "mailcase.db"
    _prepared(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def prepared_postgres(postgres: Postgres) -> str:
    """A Postgres database with our tables, to copy."""
    return _prepared(postgres.new_database())


@pytest.fixture
def sqlite_url(prepared_sqlite: Path, tmp_path: Path) -> str:
    """A SQLite database with our tables and nothing in them."""
    path = tmp_path / "mailcase.db"
    shutil.copy(prepared_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(prepared_postgres: str) -> Iterator[str]:
    """A Postgres database with our tables and nothing in them."""
    place, _, prepared = prepared_postgres.rpartition("/")
    name = f"copy{secrets.token_hex(6)}"
    with psycopg.connect(f"{place}/postgres", autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {prepared}".encode())
    yield f"{place}/{name}"
    with psycopg.connect(f"{place}/postgres", autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn, with our tables."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each kind of database in turn, without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


def _opener(url: str) -> Iterator[Open]:
    databases: list[Database] = []

    def another() -> Database:
        databases.append(Database(url))
        return databases[-1]

    yield another
    for database in databases:
        database.close()


@pytest.fixture
def another(database_url: str) -> Iterator[Open]:
    """Opens the test's database once more, as a second process would."""
    yield from _opener(database_url)


@pytest.fixture
def another_postgres(postgres_url: str) -> Iterator[Open]:
    """Opens the test's Postgres database, as each of several daemons would."""
    yield from _opener(postgres_url)


@pytest.fixture
def database(another: Open) -> Database:
    """SQLite and Postgres in turn."""
    return another()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """SQLite alone."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Certs:
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="session")
def dovecot(certs: Certs) -> Iterator[Dovecot]:
    if not dovecot_is_here():
        pytest.skip("Dovecot is not installed")
    server = Dovecot(certs)
    yield server
    server.close()


@pytest.fixture(scope="session")
def pymap(certs: Certs) -> Iterator[PymapServer]:
    server = PymapServer(certs)
    yield server
    server.close()


@pytest.fixture(params=["dovecot", "pymap"])
def server(request: pytest.FixtureRequest) -> ImapServer:
    """Each real IMAP server in turn."""
    found: ImapServer = request.getfixturevalue(request.param)
    return found
