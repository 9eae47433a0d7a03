"""A small world around the real process: customers, a mailbox, a relay, and an operator at the command line.

with World(tmp_path, imap=server) as world:
    world.starts()
    world.complaint_arrives()
    world.waits_for_letters(1)
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Literal

from rigs.customers import SERVICE, MailServers, mail, new_customer
from rigs.daemon import Daemon
from rigs.imap_server import ImapServer
from rigs.operator import Operator
from rigs.ports import steady_port
from rigs.relay import Letter, Relay

MANAGER = "priya@firm.test"
LEASE = timedelta(seconds=31)  # after so long what a dead daemon held is anybody's

SERVICE_SECTIONS = """
[service]
name = "Example Ltd"
address = "{address}"
reference_prefix = "CST"
[database]
url = "{database}"
[relay]
host = "127.0.0.1"
port = {relay}
tls = "none"
[limits]
per_minute = 1000000
"""

STAFF_SECTION = f"""
[[staff]]
name = "Priya Nair"
address = "{MANAGER}"
role = "manager"
"""

MAILBOX_SECTION = """
[[mailbox]]
host = "{host}"
port = {port}
tls = "starttls"
ca_file = "{ca}"
user = "{user}"
password = "{password}"
folder = "{folder}"
done_folder = "{done}"
start = "all"
"""


def scale(count: int) -> int:
    """How often a story does something: MAILCASE_SCALE is 1 in `make drill` and 0.1 elsewhere."""
    return max(1, round(count * float(os.environ.get("MAILCASE_SCALE", "0.1"))))


def message_id(letter: Letter) -> str:
    """The Message-ID of a letter that the relay took."""
    return str(message_from_bytes(letter.data)["Message-ID"])


class World(Operator):
    """One firm with its config, database and daemons; `settings` go over the config, as {"LIMITS__PER_MINUTE": "9"}."""

    def __init__(
        self,
        folder: Path,
        imap: ImapServer | None = None,
        database: str = "sqlite:///mailcase.db",
        settings: Mapping[str, str] | None = None,
        address: str = SERVICE,
        daemons: int = 1,
    ) -> None:
        folder.mkdir(exist_ok=True)
        token = secrets.token_hex(4)
        self.folder, self.imap, self.settings = folder, imap, dict(settings or {})
        self.inbox, self.done, self.junk = f"in-{token}", f"done-{token}", f"junk-{token}"
        self.relay = Relay(port=steady_port())
        self.relay.start()
        self.daemons: list[Daemon] = []
        self.slots = range(daemons)
        self.ports = [steady_port() for _ in self.slots]  # of the listeners
        self.health_ports = [steady_port() for _ in self.slots]
        self.servers = MailServers(self.ports, address)
        self._clock, self._steady = folder / "clock", folder / "steady"
        self._write_files(address, database)

    def _write_files(self, address: str, database: str) -> None:
        (self.folder / "mailcase.key").write_text(secrets.token_hex(32))
        places = {"database": database, "relay": self.relay.port}
        config = SERVICE_SECTIONS.format(address=address, **places)
        if self.imap:
            self.imap.make_folder(self.inbox)
            self.imap.make_folder(self.junk)
            place = {"host": self.imap.host, "port": self.imap.port, "ca": self.imap.ca_file}
            login = {"user": self.imap.user, "password": self.imap.password}
            config += MAILBOX_SECTION.format(folder=self.inbox, done=self.done, **place, **login)
        self.config = self.folder / "config.toml"
        self.config.write_text(config)

    def employs_a_manager(self) -> None:
        """From the next start on somebody is told of what waits, and gets the cases."""
        self.config.write_text(self.config.read_text() + STAFF_SECTION)

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.servers.close()
        for daemon in self.alive():
            daemon.kill()
        self.relay.stop()

    # -- the process

    def launches(self, crash_at: str = "", slot: int = 0) -> Daemon:
        """Begin a `mailcase run`; with `crash_at` it dies there. Daemons of two slots can run side by side."""
        settings = {
            **self.settings,
            "LISTENER__PORT": str(self.ports[slot]),
            "HTTP__LISTEN": f"127.0.0.1:{self.health_ports[slot]}",
        }
        if crash_at:
            settings["CRASH_AT"] = crash_at
        if self._clock.exists():
            settings["TEST_CLOCK"] = str(self._clock)
        if self._steady.exists():
            settings["TEST_STEADY"] = str(self._steady)
        self.daemons.append(Daemon(self.config, settings))
        return self.daemons[-1]

    def starts(self, crash_at: str = "", slot: int = 0) -> Daemon:
        """Begin a `mailcase run`, and return when it is up."""
        daemon = self.launches(crash_at, slot)
        daemon.waits_to_say("daemon.started")
        return daemon

    def alive(self) -> list[Daemon]:
        """The daemons that run now."""
        return [daemon for daemon in self.daemons if daemon.alive]

    def kill(self) -> None:
        """`kill -9` for every daemon."""
        for daemon in self.alive():
            daemon.kill()

    def stop(self) -> None:
        """Every daemon ends as it should, and none has met a fault."""
        for daemon in self.alive():
            daemon.stops()
        self.saw_no_faults()

    def saw_no_faults(self) -> None:
        """No daemon of this world wrote a traceback or caught a fault that it did not know."""
        faults = [fault for daemon in self.daemons for fault in daemon.faults()]
        assert not faults, faults

    # -- time

    def time_stands_still(self) -> None:
        """From the next start on the daemons' clock moves only with `time_passes`."""
        self.time_is(datetime.now(UTC))

    def time_passes(self, span: timedelta) -> None:
        """Move the daemons' clock on."""
        self.time_is(self.now() + span)

    def now(self) -> datetime:
        """The time on the daemons' clock."""
        return datetime.fromisoformat(self._clock.read_text())

    def time_is(self, moment: datetime) -> None:
        """Set the daemons' clock; from their next start on they go by it."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(moment.isoformat())
        fresh.replace(self._clock)

    def clock_is_watched(self) -> None:
        """From the next start on the daemons have a second clock, which stands still: any leap is a jump."""
        self._steady.write_text(self._clock.read_text())

    # -- customers

    def complaint_arrives(self, by: Literal["smtp", "imap"] = "smtp") -> str:
        """A customer writes; returns the address."""
        customer = new_customer()
        self.mail_arrives(mail(customer), by, customer)
        return customer

    def mail_arrives(self, raw: bytes, by: Literal["smtp", "imap"] = "smtp", envelope_from: str = "") -> None:
        """A mail lies in the mailbox, or is on its way to the listener."""
        if by == "smtp":
            self.servers.post(raw, envelope_from)
            return
        assert self.imap
        self.imap.append(self.inbox, raw)

    def waits_for_letters(self, count: int, timeout: float = 30.0) -> list[Letter]:
        """The letters that the relay has, as soon as there are so many."""
        return self.relay.wait_for(count, timeout)

    def waits_for_letters_to(self, customers: Iterable[str], timeout: float = 60.0) -> None:
        """Return when each of these has got a letter."""
        wanted = set(customers)
        self.relay.wait_until(lambda: wanted <= {letter.rcpt_to[0] for letter in self.relay.letters}, timeout)

    def complaints_are_acknowledged(self, count: int) -> list[str]:
        """So many customers write and have their answer; returns their addresses."""
        customers = [self.complaint_arrives() for _ in range(count)]
        self.waits_for_letters_to(customers)
        self.waits_until_settled()
        return customers

    def seconds_to_acknowledgement(self) -> float:
        """From the moment at which a mail lies in the mailbox to the moment at which the relay has our answer."""
        assert self.imap
        count = len(self.relay.letters)
        with self.imap.client() as client:
            raw = mail(new_customer())
            client.append(self.inbox, raw)
            began = time.monotonic()
            return self.waits_for_letters(count + 1)[-1].at - began
