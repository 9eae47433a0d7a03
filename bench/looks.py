"""`python -m bench.looks`: milliseconds that a look of the timer takes among very many cases, on both databases.

First the finding alone: what is due is taken by its index and pushed away in time. Then looks are measured whole:
find what is due, read the case, decide, write. Each one here is of the dearest kind: it writes the customer a letter.
The closed cases lie around it, with their timelines, deadlines and letters. One by one, each look has a commit of its
own, which waits for the disk; "without the disk" is the same without that wait, and "a bare commit" is that wait with
next to nothing to write.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text, update

from bench.load import SERVICE
from mailcase import build, config
from mailcase.core.deadlines.owed import Deadline, new_case
from mailcase.core.rules import Rules
from mailcase.data import data_dir
from mailcase.store import schema
from mailcase.store.deadlines import remember_policy
from mailcase.store.engine import Database
from mailcase.store.tables import timers
from mailcase.store.timers import MOST_LOOKS, take
from mailcase.timers import PAUSE_AFTER_FAULT, Timers
from rigs.postgres import Postgres

RECEIVED = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # a Friday
CONFIG = f"""
policy = "{data_dir() / "examples" / "constrat" / "policy.toml"}"
[service]
name = "Bench"
address = "{SERVICE}"
[database]
url = "{{url}}"
[listener]
[relay]
host = "127.0.0.1"
port = 1
tls = "none"
[[staff]]
name = "Priya"
address = "priya@bench.example"
role = "manager"
"""
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM numbers WHERE i < {last}) ",
    "postgresql": "WITH numbers(i) AS (SELECT generate_series({first}, {last})) ",
}
REFERENCE = "'CST-' || (10000000 + i)"
# One row in each table for each number; what differs between open and closed cases comes as parameters.
ROWS = (
    f"""INSERT INTO cases (reference, status, stage, customer, customer_name, subject, handler, channel, role, language,
        category, outcome, received_at, opened_at, kind, track, policy)
        {{numbers}} SELECT {REFERENCE}, :status, 'first', 'c' || i || '@example.org', 'Sam', 'My order', '', 'email',
        'complaints', 'en', '', '', :received, :received, :kind, :track, :policy FROM numbers""",
    f"""INSERT INTO timeline (case_ref, seq, at, kind, actor, text, salt, hash)
        {{numbers}} SELECT {REFERENCE}, 1, :received, 'message', 'customer', 'It never came.', :salt, :hash
        FROM numbers""",
    f"""INSERT INTO letters (id, case_ref, kind, recipient, mailbox_key, mail_from, message_id, raw, state, reason,
        answer, due_at, queued_at, look_at, tries, doubts, sent_at, reply)
        {{numbers}} SELECT 'a' || i, {REFERENCE}, 'acknowledgement', 'c' || i || '@example.org',
        'c' || i || '@example.org', 'us@bench.example', '<a' || i || '@bench.example>', :raw, 'sent', '', :yes,
        :received, :received, :received, 1, 0, :received, '250 ok' FROM numbers""",
)


class Looks:
    """One database full of cases, and the loop that looks at the open ones."""

    def __init__(self, database: Database, no_wait: Database, rules: Rules, cases: int, open_cases: int) -> None:
        self.database, self.no_wait, self.rules = database, no_wait, rules
        self.policy = rules.policy
        first = new_case(self.policy, "", RECEIVED)
        self.far = RECEIVED + timedelta(days=400)
        with no_wait.write() as conn:
            if not database.is_sqlite:  # our rows fit together, and to check each of them would take half of the time
                conn.execute(text("SET LOCAL session_replication_role = replica"))
            remember_policy(conn, self.policy.digest, self.policy.text, RECEIVED)
            self._fill(conn, 1, open_cases, "new")
            self._fill(conn, open_cases + 1, cases, "closed")
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            # The first to read a row after a bulk load would pay for its clean-up, and the disk is busy for a while.
            for order in ("ANALYZE",) if database.is_sqlite else ("VACUUM ANALYZE", "CHECKPOINT"):
                conn.execute(text(order))
        os.sync()
        update_due = next(each.due_at for each in first.deadlines if each.kind == "update")
        self.now = self.policy.calendar.open_of(self.policy.calendar.day_of(update_due))
        self.numbers = iter(range(1, open_cases + 1))

    def loop_on(self, database: Database) -> Timers:
        """The loop as the daemon has it."""
        return Timers(database, self.rules, lambda: self.now, _only_faults, lambda: None)

    def find(self) -> int:
        """The finding alone, as the loop does it."""
        with self.database.write(durable=False) as conn:
            return len(take(conn, self.now, self.now + PAUSE_AFTER_FAULT))

    def commit(self) -> int:
        """A transaction that writes one row and waits for the disk."""
        with self.database.write() as conn:
            return conn.execute(update(timers).where(timers.c.look_at == self.now).values(look_at=self.far)).rowcount

    def _fill(self, conn: Connection, first: int, last: int, status: str) -> None:
        case = new_case(self.policy, "", RECEIVED)
        numbers = NUMBERS[conn.dialect.name].format(first=first, last=last)
        moment: Callable[[datetime], Any] = (lambda at: at) if not self.database.is_sqlite else _in_sqlite
        facts = {
            "status": status, "received": moment(RECEIVED), "kind": case.kind, "track": case.track,
            "policy": self.policy.digest, "salt": b"s" * 16, "hash": b"h" * 32, "raw": b"x" * 500, "yes": True,
        }  # fmt: skip
        for rows in ROWS:
            conn.execute(text(rows.format(numbers=numbers)), facts)
        for deadline in case.deadlines:
            _fill_deadlines(conn, numbers, deadline, status, moment)
        if status == "new":
            rows = f"INSERT INTO timers (kind, subject, look_at) {numbers} SELECT 'case', {REFERENCE}, :at FROM numbers"
            conn.execute(text(rows), {"at": moment(self.far)})

    def due(self, numbers: Sequence[int]) -> None:
        """From now on these open cases want to be looked at."""
        subjects = [f"CST-{10000000 + number}" for number in numbers]
        with self.database.write(durable=False) as conn:
            conn.execute(update(timers).where(timers.c.subject.in_(subjects)).values(look_at=self.now))

    def measured(self, work: Callable[[], int], batch: int, times: int) -> list[float]:
        """Milliseconds for each look, of so many rounds of `work` with `batch` looks each."""
        found = []
        for _ in range(times):
            self.due([next(self.numbers) for _ in range(batch)])
            began = time.perf_counter()
            done = work()
            found.append((time.perf_counter() - began) * 1000 / batch)
            assert done == batch, done
        return found


def _fill_deadlines(
    conn: Connection, numbers: str, deadline: Deadline, status: str, moment: Callable[[datetime], Any]
) -> None:
    kept = status == "closed"
    values = {field.name: getattr(deadline, field.name) for field in fields(Deadline)}
    values |= {"state": "kept" if kept else "open", "met_at": deadline.due_at if kept else None}
    values = {name: moment(value) if isinstance(value, datetime) else value for name, value in values.items()}
    chosen = ", ".join("CAST(NULL AS timestamp)" if values[name] is None else f":{name}" for name in values)
    if conn.dialect.name == "postgresql":
        chosen = chosen.replace("AS timestamp", "AS timestamptz")
    rows = f"INSERT INTO deadlines (case_ref, {', '.join(values)}) {numbers} SELECT {REFERENCE}, {chosen} FROM numbers"
    conn.execute(text(rows), values)


def _only_faults(event: str, /, *, level: str = "info", **facts: object) -> None:
    if level == "error":
        print(event, facts)


def _in_sqlite(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")


def run(databases: Sequence[str], cases: int, open_cases: int) -> None:
    """Build, measure and print."""
    print(f"ms per look, {cases:,} cases, {open_cases:,} open, median (95th percentile)", flush=True)
    for kind in databases:
        with ExitStack() as stack:
            began = time.perf_counter()
            looks = _full_of_cases(stack, kind, cases, open_cases)
            built = time.perf_counter() - began
            rounds = open_cases // 4 // MOST_LOOKS
            for name, work, batch, times in (
                ("find one that is due", looks.find, 1, 200),
                (f"find {MOST_LOOKS} that are due", looks.find, MOST_LOOKS, rounds),
                (f"whole, batches of {MOST_LOOKS}", looks.loop_on(looks.database).work, MOST_LOOKS, rounds),
                ("whole, one by one", looks.loop_on(looks.database).work, 1, 200),
                ("without the disk", looks.loop_on(looks.no_wait).work, 1, 200),
                ("a bare commit", looks.commit, 1, 200),
            ):
                found = looks.measured(work, batch, times)
                worst = sorted(found)[int(len(found) * 0.95)]
                print(f"{f'{kind}, {name}':<32} {statistics.median(found):6.2f}  ({worst:.2f})", flush=True)
            print(f"{'':<32} the data took {built:.0f} s", flush=True)


def _full_of_cases(stack: ExitStack, kind: str, cases: int, open_cases: int) -> Looks:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mailcase-looks-")))
    url = f"sqlite:///{folder / 'mailcase.db'}"
    if kind == "postgres":
        url = stack.enter_context(closing(Postgres())).new_database()
    (folder / "mailcase.key").write_text("ab" * 32)
    (folder / "config.toml").write_text(CONFIG.format(url=url))
    settings = config.load(folder / "config.toml", {})
    database = stack.enter_context(closing(build.database(settings)))
    no_wait = stack.enter_context(closing(Database(str(settings.database.url.get_secret_value()), durable=False)))
    schema.prepare(database, build.migrations())
    return Looks(database, no_wait, build.rules(settings), cases, open_cases)


def main() -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--open", type=int, default=20_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), action="append")
    options = parser.parse_args()
    run(options.database or ("sqlite", "postgres"), options.cases, options.open)


if __name__ == "__main__":
    main()
