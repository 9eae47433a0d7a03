"""The schema: the steps lead to the tables, versions are told apart, and the loops' questions find their index."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text

from builders import HOUR, MIGRATIONS, NOW
from mailcase.core.changes import AddEntry, LookAt
from mailcase.errors import MailcaseError
from mailcase.store import cases, deadlines, digests, letters, mails, proof, schema, timeline, timers
from mailcase.store.engine import Database
from mailcase.store.tables import metadata

MANY = 100_000


def test_the_newest_version_is_where_the_steps_end() -> None:
    steps = ScriptDirectory(str(MIGRATIONS))
    assert schema.newest_version(MIGRATIONS) == steps.get_current_head()
    assert all(Path(step.path).name.startswith(f"{step.revision}_") for step in steps.walk_revisions())


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


def test_the_steps_lead_to_exactly_the_tables(empty: Database) -> None:
    schema.prepare(empty, MIGRATIONS)
    with empty.read() as conn:
        # Alembic takes the default '' of SQLite for another one than ''.
        closely = {"compare_type": True, "compare_server_default": not empty.is_sqlite}
        assert compare_metadata(MigrationContext.configure(conn, opts=closely), metadata) == []


def test_an_empty_database_becomes_the_newest_and_a_second_start_changes_nothing(empty: Database) -> None:
    newest = schema.newest_version(MIGRATIONS)
    for _ in range(2):
        schema.prepare(empty, MIGRATIONS)
        with empty.read() as conn:
            assert schema.version(conn) == newest


def test_two_daemons_that_start_together_make_the_tables_once(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(3)]
    faults: list[Exception] = []

    def start(database: Database) -> None:
        try:
            schema.prepare(database, MIGRATIONS)
        except Exception as fault:  # noqa: BLE001 - told below
            faults.append(fault)

    threads = [threading.Thread(target=start, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert faults == []


NEXT_STEP = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{newest}", None, None


def upgrade() -> None:
    op.execute("CREATE TABLE later (id INTEGER PRIMARY KEY)")
"""


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """The steps of a mailcase that is one version ahead."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "9999_later.py").write_text(NEXT_STEP.format(newest=schema.newest_version(MIGRATIONS)))
    return folder


def test_an_older_version_is_refused_with_the_way_out_and_migrate_is_that_way(database: Database, later: Path) -> None:
    with pytest.raises(MailcaseError, match="mailcase migrate"):
        schema.prepare(database, later)
    assert schema.migrate(database, later) == (schema.newest_version(MIGRATIONS), "9999")
    schema.prepare(database, later)


@pytest.mark.parametrize("start", [schema.prepare, schema.migrate])
def test_a_newer_version_is_left_alone(database: Database, later: Path, start: Callable[..., Any]) -> None:
    schema.migrate(database, later)
    with pytest.raises(MailcaseError, match="a newer mailcase"):
        start(database, MIGRATIONS)


def test_migrate_brings_an_empty_database_to_the_newest_and_says_from_where(empty: Database) -> None:
    newest = schema.newest_version(MIGRATIONS)
    assert schema.migrate(empty, MIGRATIONS) == (None, newest)
    assert schema.migrate(empty, MIGRATIONS) == (newest, newest)


@pytest.mark.parametrize("start", [schema.prepare, schema.migrate])
def test_a_database_of_something_else_is_left_alone(empty: Database, start: Callable[..., Any]) -> None:
    with empty.write() as conn:
        conn.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY)"))
    with pytest.raises(MailcaseError, match="tables of something else"):
        start(empty, MIGRATIONS)
    with empty.read() as conn:
        assert schema.version(conn) is None


def before(version: str, folder: Path) -> Path:
    """The steps of the mailcase before this version."""
    shutil.copytree(MIGRATIONS, folder)
    for step in (folder / "versions").glob("0*.py"):
        if step.name >= version:
            step.unlink()
    return folder


def test_notes_that_nothing_proved_are_marked_where_they_were_not(empty: Database, tmp_path: Path) -> None:
    schema.migrate(empty, before("0004", tmp_path / "old"))
    _, names, facts = _ROWS["mails"]
    facts = facts.format(moment=_MOMENT[empty.engine.dialect.name])
    reasons = {1: "from the customer of A", 2: "an unverified note: no token", 3: "a mail of staff to the customer"}
    with empty.write() as conn:
        conn.execute(text("INSERT INTO doors (id, name, channel, role, junk) VALUES (1, 'box', 'email', '', false)"))
        for number, reason in reasons.items():
            conn.execute(text(f"INSERT INTO mails ({names}) SELECT {facts} FROM (SELECT {number} AS i) AS n"))
            conn.execute(text(f"UPDATE mails SET state = 'added', reason = '{reason}' WHERE id = {number}"))
    schema.migrate(empty, MIGRATIONS)
    with empty.read() as conn:
        marked = conn.scalars(text("SELECT id FROM mails WHERE review = 'authentication' ORDER BY id")).all()
    assert marked == [2, 3]


def test_a_case_from_before_dates_were_kept_waits_for_a_policy_to_be_applied(empty: Database, tmp_path: Path) -> None:
    schema.migrate(empty, before("0002", tmp_path / "old"))
    columns = "reference, status, stage, customer, customer_name, subject, handler, channel, role, language, category"
    with empty.write() as conn:
        moment = _MOMENT[conn.dialect.name]
        conn.execute(
            text(
                f"INSERT INTO cases ({columns}, outcome, received_at, opened_at) VALUES"
                f" ('CST-1', 'new', 'first', '', '', '', '', '', '', '', '', '', {moment}, {moment})"
            )
        )
    schema.migrate(empty, MIGRATIONS)
    with empty.read() as conn:
        assert cases.under_another(conn, "any") == ["CST-1"]
        [(case, policy)] = deadlines.case_facts(conn, ["CST-1"]).values()
    assert (policy, case.deadlines, case.received_at) == ("", (), NOW)


# The loops' questions among many rows. What is asked is caught on its way to the driver, then explained.


@contextmanager
def _caught(conn: Connection) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def catch(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", catch)
    yield asked
    event.remove(conn, "before_cursor_execute", catch)


def _plans(conn: Connection, ask: Callable[[Connection], object]) -> list[str]:
    """How each row that is read or changed is found; an INSERT has nothing to find."""
    with _caught(conn) as asked:
        ask(conn)
    explain = "EXPLAIN QUERY PLAN" if conn.dialect.name == "sqlite" else "EXPLAIN"
    return [
        "\n".join(str(tuple(row)) for row in conn.exec_driver_sql(f"{explain} {statement}", parameters))
        for statement, parameters in asked
        if not statement.startswith("INSERT")
    ]


_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) SELECT {values} FROM n",
    "postgresql": "SELECT {values} FROM generate_series(1, {many}) AS n(i)",
}
_MOMENT = {"sqlite": "'2026-11-23 09:00:00.000000'", "postgresql": "'2026-11-23 09:00:00+00'::timestamptz"}
_BYTES = {"sqlite": "x''", "postgresql": "''::bytea"}
_ROWS = {
    "doors": (1, "id, name, channel, role, junk", "1, 'box', 'email', 'complaints', false"),
    "mails": (
        MANY,
        "id, door_id, received_at, kept_at, envelope_to, peer, size, silent, accepted_by, state, attempts, look_at,"
        " sender, subject, kind, signals, reason",
        "i, 1, {moment}, {moment}, '', '', 1, false, '', CASE WHEN i % 1000 = 0 THEN 'kept' ELSE 'case' END, 0,"
        " {moment}, '', '', '', '', ''",
    ),
    "cases": (
        MANY,
        "reference, status, stage, customer, customer_name, subject, handler, channel, role, language, category,"
        " outcome, received_at, opened_at",
        "CAST(i AS TEXT), 'new', 'first', '', '', '', '', '', '', '', '', '', {moment}, {moment}",
    ),
    "letters": (
        MANY,
        "id, case_ref, kind, recipient, mailbox_key, mail_from, message_id, raw, state, reason, answer, due_at,"
        " queued_at, look_at, tries, doubts, reply",
        "CAST(i AS TEXT), CAST(i AS TEXT), 'acknowledgement', 'a', 'a', 'b', 'c', '', CASE WHEN i % 1000 = 0 THEN"
        " 'queued' ELSE 'sent' END, '', true, {moment}, {moment}, {moment}, 0, 0, ''",
    ),
    "timers": (MANY, "kind, subject, look_at", "'attention', CAST(i AS TEXT), {moment}"),
    "timeline": (
        MANY,
        "case_ref, seq, at, kind, actor, text, salt, hash",
        "CAST(i AS TEXT), 1, {moment}, 'message', 'customer', '', {bytes}, {bytes}",
    ),
    "people": (MANY, "case_ref, address, role, authority", "CAST(i AS TEXT), 'kim@example.org', '', ''"),
    "deadlines": (
        MANY,
        "case_ref, promise, seq, kind, counted_from, due_at, state, met_at, evidence, warned, asked, written, told",
        "CAST(i AS TEXT), 'ack', 1, 'acknowledge', {moment}, {moment}, CASE WHEN i % 1000 = 0 THEN 'broken' ELSE"
        " 'kept' END, CASE WHEN i % 1000 = 0 THEN NULL ELSE {moment} END, '', 0, false, false, 0",
    ),
}


def _fill(conn: Connection) -> None:
    name = conn.dialect.name
    for table, (many, columns, values) in _ROWS.items():
        numbers = _NUMBERS[name].format(many=many, values=values.format(moment=_MOMENT[name], bytes=_BYTES[name]))
        conn.execute(text(f"INSERT INTO {table} ({columns}) {numbers}"))


LOOKED_AT = [str(number) for number in range(1, timers.MOST_LOOKS + 1)]
READS_ALL = re.compile(r"Seq Scan|SCAN (?!(\d+ )?CONSTANT)")


def _questions_of_a_look(conn: Connection, references: Sequence[str]) -> None:
    timers.lock(conn, [timers.Look("case", reference, NOW) for reference in references])
    deadlines.case_facts(conn, references)
    _append(conn, references)
    timers.set_looks(conn, [LookAt("case", reference, None) for reference in references])


def _append(conn: Connection, references: Sequence[str]) -> None:
    timeline.append(conn, [AddEntry(reference, "note", "mailcase", "looked at") for reference in references], NOW)


def test_among_100_000_rows_every_question_uses_its_index(database: Database) -> None:
    with database.write() as conn:  # one transaction: nobody gathers statistics before it ends
        _fill(conn)
        # For many more cases than these, to read 100,000 short rows once would indeed be cheaper.
        appended = _plans(conn, lambda conn: _append(conn, LOOKED_AT[:50]))
        assert [plan for plan in appended if READS_ALL.search(plan)] == []
        conn.execute(text("ANALYZE"))
    for references in (LOOKED_AT[:1], LOOKED_AT):
        with database.write() as conn:
            plans = _plans(conn, partial(_questions_of_a_look, references=references))
        assert [plan for plan in plans if READS_ALL.search(plan)] == []
    with database.write() as conn:
        assert "mails_waiting" in _plans(conn, lambda conn: mails.take(conn, "us", NOW + HOUR))[0]
        assert "letters_unsent" in _plans(conn, lambda conn: letters.claim(conn, "us", 10, NOW + HOUR))[0]
        assert "letters_stuck" in _plans(conn, lambda conn: timers.letters_that_are(conn, "held", "x", 20))[0]
        assert "timers_due" in _plans(conn, lambda conn: timers.take(conn, NOW - HOUR, NOW))[0]
        assert "letters_mailbox" in _plans(conn, lambda conn: digests.urgent_since(conn, ["x@x.example"], NOW))[0]
        assert "deadlines_unmet" in _plans(conn, lambda conn: proof.owed(conn, NOW - HOUR))[0]
