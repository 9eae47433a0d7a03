"""The database as a machine: commits are on the disk, and whatever goes wrong with it comes out as `TryLater`."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from builders import Open, keep, mail
from mailcase.errors import MailcaseError, NoSpace, TryLater
from mailcase.store import mails
from mailcase.store.engine import Database, lock_file
from mailcase.store.ledger import ledger
from rigs.postgres import Postgres

HOLD = """
import sys
from mailcase.store.engine import Database, lock_file
held = lock_file(Database(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_commit_waits_for_the_disk_unless_it_need_not(database: Database) -> None:
    asked = text("PRAGMA synchronous" if database.is_sqlite else "SHOW synchronous_commit")
    with database.write() as conn:
        assert conn.scalar(asked) == (2 if database.is_sqlite else "on")
    with database.write(durable=False) as conn:
        assert conn.scalar(asked) == (1 if database.is_sqlite else "off")
    database.check_durable()


def test_sqlite_writes_ahead_and_keeps_foreign_keys(sqlite: Database) -> None:
    with sqlite.write() as conn:
        assert conn.scalar(text("PRAGMA journal_mode")) == "wal"
        assert conn.scalar(text("PRAGMA foreign_keys")) == 1


def test_postgres_compiles_none_of_our_short_questions(another_postgres: Open) -> None:
    with another_postgres().read() as conn:
        assert conn.scalar(text("SHOW jit")) == "off"


def test_a_postgres_that_answers_too_early_is_refused(another_postgres: Open) -> None:
    database = another_postgres()
    with psycopg.connect(database.url.render_as_string(), autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {database.url.database} SET synchronous_commit = off".encode())
    with pytest.raises(MailcaseError, match="synchronous_commit = off"):
        database.check_durable()


def test_an_error_in_the_block_writes_nothing(database: Database) -> None:
    def break_off() -> None:
        with database.write() as conn:
            conn.execute(text("INSERT INTO timers (kind, subject, look_at) VALUES ('a', 'b', '2026-11-23 09:00:00')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with database.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM timers")) == 0


def test_what_breaks_a_constraint_is_no_fault_of_the_database(database: Database) -> None:
    broken = text("INSERT INTO links (case_ref, other, why) VALUES ('A', 'B', '')")
    with pytest.raises(IntegrityError), database.write() as conn:
        conn.execute(broken)


def test_a_row_that_no_index_can_hold_is_a_fault_of_the_row(another_postgres: Open) -> None:
    noise = "".join(chr(0x10000 + number * 7919 % 0xFFFF) for number in range(3000))
    with pytest.raises(OperationalError), another_postgres().write() as conn:
        conn.execute(text("INSERT INTO message_ids VALUES (:noise, 'ours', '', '')"), {"noise": noise})


def test_a_full_disk_is_no_space_and_works_again_when_there_is_room(sqlite: Database) -> None:
    event.listen(sqlite.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count=60"))
    with pytest.raises(NoSpace):
        keep(sqlite, [bytes(range(256)) * 4000])
    with sqlite.write() as conn:
        conn.execute(text("PRAGMA max_page_count=100000"))
    assert len(keep(sqlite, [mail()])) == 1
    with sqlite.read() as conn:
        assert ledger(conn).balanced


def test_a_locked_file_is_try_later_and_works_again_when_it_is_free(sqlite: Database) -> None:
    event.listen(sqlite.engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=20"))
    other = sqlite3.connect(str(sqlite.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TryLater, match="locked"):
        keep(sqlite, [mail()])
    other.execute("ROLLBACK")
    other.close()
    assert len(keep(sqlite, [mail()])) == 1


def test_many_threads_write_one_sqlite_file_without_a_fault(sqlite: Database) -> None:
    begin = threading.Barrier(8)

    def write() -> None:
        begin.wait()
        for number in range(10):
            keep(sqlite, [b"%d" % number])

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite.read() as conn:
        assert ledger(conn).mails == {"kept": 80}


def test_a_lost_connection_is_try_later_and_comes_back_by_itself(another_postgres: Open) -> None:
    database = another_postgres()
    with database.read() as conn:
        mails.oldest_waiting(conn)
    with psycopg.connect(database.url.set(database="postgres").render_as_string(), autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database.url.database,)
        )
    with pytest.raises(TryLater), database.read() as conn:
        mails.oldest_waiting(conn)
    with database.read() as conn:
        assert mails.oldest_waiting(conn) is None


def test_a_connection_that_breaks_amid_a_transaction_is_try_later_and_writes_nothing(another_postgres: Open) -> None:
    database, other = another_postgres(), another_postgres()

    def write() -> None:
        with database.write() as conn:
            conn.execute(text("INSERT INTO timers VALUES ('a', 'b', now())"))
            mine = conn.scalar(text("SELECT pg_backend_pid()"))
            with other.write() as executioner:
                executioner.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
            conn.execute(text("SELECT 1"))

    with pytest.raises(TryLater):
        write()
    with database.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM timers")) == 0


def test_a_postgres_that_was_away_is_used_again_when_it_is_back(postgres: Postgres, another_postgres: Open) -> None:
    database = another_postgres()
    keep(database, [mail()])
    postgres.stop(crash=True)
    try:
        with pytest.raises(TryLater):
            keep(database, [mail(text="second")])
    finally:
        postgres.start()
    keep(database, [mail(text="third")])
    with database.read() as conn:
        assert ledger(conn).mails == {"kept": 2}


def test_when_every_connection_is_in_use_it_is_try_later(sqlite: Database) -> None:
    sqlite.engine = create_engine(sqlite.url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    with sqlite.read(), pytest.raises(TryLater, match="free in time"), sqlite.read():
        pass


def test_a_second_process_on_the_same_sqlite_file_is_refused_until_the_first_ends(sqlite: Database) -> None:
    command = [sys.executable, "-c", HOLD, sqlite.url.render_as_string()]
    source = str(Path(__file__).parents[2] / "src")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": source}, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(MailcaseError, match="another mailcase runs on this database"):
            lock_file(sqlite)
        first.kill()
    held = lock_file(sqlite)
    assert held is not None
    held.close()


def test_a_link_to_a_sqlite_file_leads_to_the_same_lock(sqlite: Database, tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(str(sqlite.url.database))
    held = lock_file(sqlite)
    assert held is not None
    with pytest.raises(MailcaseError, match="another mailcase runs on this database"):
        lock_file(Database(f"sqlite:///{link}"))
    held.close()


@pytest.mark.parametrize("url", ["postgresql://u:hidden@h/db", "postgresql://u@h/db?password=hidden&sslmode=require"])
def test_the_place_of_a_database_shows_no_password(url: str) -> None:
    place = Database(url).place
    assert "hidden" not in place
    assert place.endswith("@h/db")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MailcaseError, match="nowhere"):
        lock_file(Database(f"sqlite:///{tmp_path}/nowhere/mailcase.db"))


def test_postgres_may_be_shared_and_needs_no_lock(another_postgres: Open) -> None:
    assert lock_file(another_postgres()) is None
