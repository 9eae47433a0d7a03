"""The database: SQLite in one file or Postgres, opened so that a commit is on the disk when it returns."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any, Literal, TextIO

from sqlalchemy import URL, Connection, Engine, Row, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mailcase.errors import MailcaseError, NoSpace, TryLater

AnyRow = Row[*tuple[Any, ...]]  # what a query over chosen columns gives
# With NORMAL the last commits could be lost on power loss, after we said 250; with OFF, the whole file.
Synchronous = Literal["FULL", "NORMAL", "OFF"]
_LOCK_TIMEOUT_S = 10
_TOO_MUCH = "54"  # Postgres: a row too big for an index, a statement too complex … the same every time
_DURABLE = ("synchronous_commit", "fsync")


class Database:
    """Short transactions on one database; every fault of the database itself comes out as `TryLater`.

    One that will be thrown away need not be `durable`: then nothing waits for the disk.
    """

    def __init__(self, url: str, durable: bool = True) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._open("FULL" if durable else "OFF")
        self._hasty = self._open("NORMAL" if durable else "OFF")
        # SQLite has one writer at a time. Threads that queue here get their turn at once;
        # those that let SQLite retry would sleep for up to 100 ms each time.
        self._writer = threading.Lock() if self.is_sqlite else nullcontext()

    def _open(self, synchronous: Synchronous) -> Engine:
        return _sqlite(self.url, synchronous) if self.is_sqlite else _postgres(self.url, durable=synchronous == "FULL")

    @property
    def place(self) -> str:
        """Where it is, for people: the URL without what may hold a password."""
        return self.url.set(query={}).render_as_string()

    @contextmanager
    def write(self, durable: bool = True) -> Iterator[Connection]:
        """A transaction that is on the disk when the block ends.

        One that is not `durable` outlives the process, but perhaps not a power loss: it costs no wait for the disk.
        """
        engine = self.engine if durable else self._hasty
        with _faults(), self._writer, engine.connect() as conn:
            conn.execution_options(mailcase_write=True)
            with conn.begin():
                yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only looks."""
        with _faults(), self.engine.connect() as conn:
            yield conn

    def check_durable(self) -> None:
        """Refuse a Postgres that answers before its commit is on the disk (we would say 250 too early)."""
        if self.is_sqlite:
            return
        with self.read() as conn:
            off = [name for name in _DURABLE if conn.scalar(text(f"SHOW {name}")) == "off"]
        if off:
            raise MailcaseError(
                f"database: Postgres runs with {' and '.join(off)} = off, so accepted mail could be lost; set it to on"
            )

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
        self._hasty.dispose()


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except OperationalError as fault:
        if "disk is full" in str(fault.orig) or "No space left" in str(fault.orig):
            raise NoSpace("the database has no space left") from fault
        if str(getattr(fault.orig, "sqlstate", "")).startswith(_TOO_MUCH):
            raise
        raise TryLater(f"the database does not answer as it should: {_words(fault)}") from fault
    except DBAPIError as fault:
        if fault.connection_invalidated:
            raise TryLater(f"the connection to the database was lost: {_words(fault)}") from fault
        raise
    except PoolTimeout as fault:
        raise TryLater("no connection to the database was free in time") from fault


def _words(fault: DBAPIError) -> str:
    return str(fault.orig).strip().splitlines()[0] if str(fault.orig).strip() else type(fault.orig).__name__


def _sqlite(url: URL, synchronous: Synchronous) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _LOCK_TIMEOUT_S, "check_same_thread": False}, pool_size=12)

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # the driver must not open transactions of its own: we say BEGIN ourselves
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute(f"PRAGMA synchronous={synchronous}")
        raw.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(conn: Connection) -> None:
        # A transaction that reads first and writes later would fail when another one wrote in between.
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.get_execution_options().get("mailcase_write") else "BEGIN")

    return engine


def _postgres(url: URL, durable: bool) -> Engine:
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what it says of a lost connection it raises as well
    options = "-c timezone=UTC -c idle_in_transaction_session_timeout=60000 -c statement_timeout=60000"
    # Without statistics (a database just restored) Postgres takes our short questions for dear ones and would compile
    # each, which takes far longer than to answer it.
    options += " -c jit=off"
    if not durable:
        options += " -c synchronous_commit=off"
    return create_engine(url, connect_args={"connect_timeout": 10, "options": options}, pool_size=12)


def insert_new(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_…`, which each database spells in a dialect of its own."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def put_rows(conn: Connection, table: Table, key: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, new ones and known ones alike; each names the same columns, `key` among them."""
    if rows:
        conn.execute(_put_statement(conn.dialect.name, table, key, tuple(rows[0])), rows)


@cache
def _put_statement(
    dialect: str, table: Table, key: tuple[str, ...], columns: tuple[str, ...]
) -> sqlite.Insert | postgresql.Insert:
    """Made once: to make it costs more than to run it."""
    entered = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    changed = {name: entered.excluded[name] for name in columns if name not in key}
    return entered.on_conflict_do_update(index_elements=key, set_=changed)


def lock_file(database: Database) -> TextIO | None:
    """Hold a SQLite database for one daemon until the returned file is closed; None for Postgres, which many may share.

    Raises MailcaseError when another daemon has it: two would send the same letters.
    """
    if not database.is_sqlite or database.url.database in (None, "", ":memory:"):
        return None
    # A database has one lock, by whichever link its file is reached.
    path = Path(f"{os.path.realpath(database.url.database)}.lock")
    try:
        lock = path.open("a")
    except OSError as fault:
        raise MailcaseError(f"database.url: {path} cannot be written: {fault.strerror}") from fault
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        lock.close()
        if fault.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise
        raise MailcaseError(
            f"another mailcase runs on this database (it holds {path}): stop it, or use Postgres for several daemons"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock
