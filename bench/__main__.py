"""`make bench`: CPU milliseconds per mail of the whole path, beside a bare floor, and the growth of memory.

The load is 1,000 generated complaints through SMTP with 10 clients, or lying in a real IMAP mailbox; the relay and
the clients are other processes or threads of this one, so the figures are the daemon's own CPU, user and system.
"""

from __future__ import annotations

import argparse
import shutil
import smtplib
import statistics
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from bench import looks, simulation
from bench.load import SERVICE, Sample, complaints
from bench.process import Measured, wait
from rigs.certs import make_certs
from rigs.dovecot import Dovecot, dovecot_is_here
from rigs.imap_server import ImapServer, free_port
from rigs.postgres import Postgres
from rigs.pymap_server import PymapServer
from rigs.relay import Relay

CLIENTS = 10


class Bench:
    """The rigs of one run."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mailcase-bench-")))

    @cached_property
    def postgres(self) -> Postgres:
        """One server for all runs, started when it is wanted."""
        return self._stack.enter_context(closing(Postgres()))

    def database(self, kind: str, run: Path) -> str:
        """A new, empty database, as a config names it."""
        return f"sqlite:///{run / 'mailcase.db'}" if kind == "sqlite" else self.postgres.new_database()

    def once(self, door: str, kind: str, load: Sequence[Sample]) -> float:
        """CPU milliseconds per mail of one fresh daemon, from ready to done."""
        with ExitStack() as stack:
            run = Path(tempfile.mkdtemp(dir=self.folder))
            stack.callback(shutil.rmtree, run)
            relay = stack.enter_context(Relay())
            url = self.database(kind, run)
            server = stack.enter_context(closing(imap_server(run))) if door == "imap" else None
            daemon, port = start_daemon(run, url, relay.port, server)
            stack.callback(daemon.stop)
            before = daemon.cpu
            deliver(load, port, server)
            wait(finished(url, len(load)), 300)
            return (daemon.cpu - before) * 1000 / len(load)

    def floor_once(self, load: Sequence[Sample]) -> float:
        """The same for the bare floor."""
        with ExitStack() as stack:
            run = Path(tempfile.mkdtemp(dir=self.folder))
            relay = stack.enter_context(Relay())
            port = free_port()
            daemon = Measured(["-m", "bench.floor", str(port), str(relay.port), str(run / "db")], {}, run / "log")
            stack.callback(daemon.stop)
            daemon.waits_for("ready")
            before = daemon.cpu
            send_all(load, port)
            return (daemon.cpu - before) * 1000 / len(load)


def imap_server(run: Path) -> ImapServer:
    """Dovecot where it is installed, else pymap."""
    certs = make_certs(run)
    return Dovecot(certs) if dovecot_is_here() else PymapServer(certs)


def start_daemon(run: Path, url: str, relay_port: int, server: ImapServer | None) -> tuple[Measured, int]:
    """A ready daemon with one door open; returns it and its SMTP port."""
    port = free_port()
    config = run / "config.toml"
    (run / "mailcase.key").write_text("ab" * 32)
    door = f"[listener]\nport = {port}\nmax_size = 50000000\n"
    if server:
        door = (
            f'[[mailbox]]\nhost = "{server.host}"\nport = {server.tls_port}\nuser = "{server.user}"\n'
            f'password = "{server.password}"\nca_file = "{server.ca_file}"\n'
        )
    config.write_text(
        f'[service]\nname = "Bench"\naddress = "{SERVICE}"\n[database]\nurl = "{url}"\n'
        f'[relay]\nhost = "127.0.0.1"\nport = {relay_port}\ntls = "none"\n[limits]\nper_minute = 1000000\n'
        f'[http]\nlisten = ""\n{door}'
    )
    daemon = Measured(["-m", "mailcase", "run", "-c", str(config)], {}, run / "log")
    daemon.waits_for("daemon.started")
    if server:
        wait(lambda: scalar(url, "SELECT count(*) FROM doors WHERE polled_at IS NOT NULL") == 1, 30)
    return daemon, port


def deliver(load: Sequence[Sample], port: int, server: ImapServer | None) -> None:
    """Bring the load to the door."""
    if server:
        server.append("INBOX", *(sample.raw for sample in load))
    else:
        send_all(load, port)


def send_all(load: Sequence[Sample], port: int) -> None:
    """Ten clients, each with one connection, the fresh mails first."""

    def client(samples: Sequence[Sample]) -> None:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            for sample in samples:
                smtp.sendmail(sample.sender, [SERVICE], sample.raw)

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(client, [load[number::CLIENTS] for number in range(CLIENTS)]))


def scalar(url: str, query: str) -> Any:
    """One value out of the daemon's database."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as conn:
        value = conn.scalar(text(query))
    engine.dispose()
    return value


def finished(url: str, mails: int) -> Callable[[], bool]:
    """Every mail handled, every letter sent."""
    handled = "SELECT count(*) FROM mails WHERE state IN ('case', 'added')"
    sent = "SELECT count(*) FROM letters WHERE state = 'sent'"
    opened = "SELECT count(*) FROM cases"
    return lambda: scalar(url, handled) == mails and scalar(url, sent) == scalar(url, opened)


def memory(bench: Bench) -> tuple[float, float]:
    """Resident megabytes after the 100th and after the 10,000th mail, through SMTP on SQLite."""
    with ExitStack() as stack:
        run = Path(tempfile.mkdtemp(dir=bench.folder))
        relay = stack.enter_context(Relay())
        url = bench.database("sqlite", run)
        daemon, port = start_daemon(run, url, relay.port, None)
        stack.callback(daemon.stop)
        send_all(complaints(100), port)
        wait(finished(url, 100), 60)
        early = daemon.memory_mb
        for first in range(100, 10_000, 900):
            send_all(complaints(900, seed=first, first=first), port)
            wait(finished(url, first + 900), 120)
        return early, daemon.memory_mb


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--mails", type=int, default=1000)
    parser.add_argument("--only", help="one row, such as smtp/sqlite, memory, looks or simulation")
    options = parser.parse_args()
    load = complaints(options.mails)
    with ExitStack() as stack:
        bench = Bench(stack)
        rows: dict[str, Callable[[], float]] = {
            "floor": lambda: bench.floor_once(load),
            **{
                f"{door}/{kind}": lambda door=door, kind=kind: bench.once(door, kind, load)  # type: ignore[misc]
                for door in ("smtp", "imap")
                for kind in ("sqlite", "postgres")
            },
        }
        print(f"CPU ms per mail, {options.mails} mails, median of {options.runs} (min to max)")
        for name, once in rows.items():
            if options.only in (None, name):
                found = [once() for _ in range(options.runs)]
                print(f"{name:<16} {statistics.median(found):5.2f}  ({min(found):.2f} to {max(found):.2f})", flush=True)
        if options.only in (None, "memory"):
            early, late = memory(bench)
            print(
                f"memory           {early:.0f} MB after 100 mails, {late:.0f} MB after 10,000: {late - early:+.0f} MB"
            )
    if options.only in (None, "looks"):
        looks.run(("sqlite", "postgres"), 1_000_000, 20_000)
    if options.only in (None, "simulation"):
        simulation.run(simulation.examples(), 1000)


if __name__ == "__main__":
    main()
