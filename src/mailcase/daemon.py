"""The daemon: starts the doors and the loops on one database, and stops them again."""

from __future__ import annotations

import secrets
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, timedelta
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler

from mailcase import build
from mailcase.build import SMTP_DOORS, Now, Steady, door_name
from mailcase.clockwatch import ClockWatch
from mailcase.config_sections import Config, Listener, Mailbox
from mailcase.core.case import Role
from mailcase.core.days.clock import Reading
from mailcase.core.letters.digest import next_morning
from mailcase.errors import MailcaseError
from mailcase.failpoints import Reached
from mailcase.health import Health
from mailcase.http import Http
from mailcase.intake import Intake
from mailcase.log import Log
from mailcase.outbox import Outbox
from mailcase.store import holds, letters, mails, schema
from mailcase.store.digests import ensure_digests
from mailcase.store.doors import MailboxBook, ensure_door, free_all
from mailcase.store.engine import lock_file
from mailcase.store.mails import Kept
from mailcase.timers import Timers
from mailcase.transport import imap, listener
from mailcase.transport.reception import Received

STANDS_AFTER_S = 90  # a loop that has not turned for so long stands still
STOP_WITHIN_S = 8  # of the ten seconds that supervisors commonly give


class Daemon:
    """All the parts of one process; `start`, then `stop`. Raises MailcaseError when it cannot start.

    Without `steady` the time is believed whatever it says: the clock of a story, which goes in leaps. After `tick`
    seconds a loop looks by itself, should nobody wake it.
    """

    def __init__(
        self, config: Config, log: Log, now: Now, reached: Reached, tick: float, steady: Steady | None = None
    ) -> None:
        if not config.mailbox and not config.listener:
            raise MailcaseError("config: there is no door: give a [[mailbox]] or a [listener]")
        self._config = config
        self._log = log
        self._reached = reached
        self._tick = tick
        self._owner = secrets.token_hex(8)
        self.rules = build.rules(config)
        self._database = build.database(config)
        self._clock = ClockWatch(self._database, self._owner, partial(_read_clocks, now, steady), log)
        self._now = self._clock.now
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._wakers: dict[str, threading.Event] = {}
        self._beats: dict[str, float] = {}
        self._open = ExitStack()  # what must be closed, in the reverse order of opening
        self._started = False
        self.listener: listener.Listener | None = None

    def start(self) -> None:
        """Prepare the database, then start loops before doors: what comes in finds somebody who takes it on."""
        self._open.callback(self._database.close)
        if lock := lock_file(self._database):
            self._open.callback(lock.close)
        schema.prepare(self._database, build.migrations())
        self._database.check_durable()
        with self._database.write() as conn:
            ensure_digests(conn, self.rules.staff, next_morning(self.rules.policy.calendar, self._now()))
        if lock:  # nobody else can have a lease on this database
            with self._database.write() as conn:
                free_all(conn)
                mails.free_all(conn)
                letters.free_all(conn, self._now())
                holds.end_all(conn)
        self._start_loops()
        self._start_doors()
        self._start_http()
        self._started = True
        self._log("daemon.started", database=self._database.place, owner=self._owner)

    def _start_loops(self) -> None:
        wake = {name: threading.Event() for name in ("intake", "outbox", "timers")}
        self._wakers = wake
        log, now, reached = self._log, self._now, self._reached
        outbox = Outbox(
            self._database,
            build.connect(self._config),
            self._owner,
            now,
            log,
            self._config.relay.max_per_minute,
            reached,
        )
        intake = Intake(self._database, self.rules, self._owner, now, log, wake["outbox"].set, reached)
        timers = Timers(self._database, self.rules, now, log, wake["outbox"].set, reached, self._clock.held)
        for name, loop in (("outbox", outbox.run), ("intake", intake.run), ("timers", timers.run)):
            self._beat(name)
            self._thread(name, partial(loop, wake[name], self._stop, partial(self._beat, name)))
        scheduler = BackgroundScheduler(timezone=UTC)
        for event in wake.values():
            scheduler.add_job(event.set, "interval", seconds=self._tick, coalesce=True, max_instances=1)
        scheduler.start()
        self._open.callback(partial(scheduler.shutdown, wait=False))

    def _start_doors(self) -> None:
        for name, trust in self.rules.trust.items():
            if trust.method == "none":
                self._log("door.proves_nobody", level="warning", door=name, follows=build.NOBODY_BELIEVED)
        for box in self._config.mailbox:
            self._watch(box, box.folder, box.done_folder or None, junk=False)
            if box.junk_folder:
                self._watch(box, box.junk_folder, None, junk=True)
        if self._config.listener:
            self._listen(self._config.listener)

    def _watch(self, box: Mailbox, folder: str, done_folder: str | None, junk: bool) -> None:
        name = door_name(box, folder)
        with self._database.write() as conn:
            door = ensure_door(conn, name, "email", box.role, junk)
        book = MailboxBook(self._database, door, self._owner, self._now, box.start == "all", self._wakers["intake"].set)
        mailbox = imap.Mailbox(
            build.account(box),
            folder,
            done_folder,
            box.idle and not junk,
            book,
            self._log,
            self._reached,
            poll_seconds=box.poll_seconds,
        )
        self._thread(name, partial(mailbox.run, self._stop))

    def _listen(self, section: Listener) -> None:
        with self._database.write() as conn:
            doors = {role: ensure_door(conn, name, "email", role) for role, name in SMTP_DOORS.items()}
        context = None
        if section.tls_cert and section.tls_key:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(section.tls_cert, section.tls_key)
        self.listener = listener.Listener(
            section.host,
            section.port,
            self._config.recipients,
            section.max_size,
            partial(self._keep, doors),
            self._now,
            self._log,
            self._reached,
            context,
            build.hostname(),
        )
        self.listener.start()
        self._log("listener.open", host=section.host, port=self.listener.port)

    def _keep(self, doors: dict[Role, int], received: Sequence[Received]) -> None:
        """The durable commit behind a 250: what waits at the same moment shares it."""
        escalation = self._config.service.escalation_address.casefold()
        by_role: dict[Role, list[Kept]] = {"complaints": [], "escalation": []}
        for mail in received:
            only_there = {address.casefold() for address in mail.rcpt_to} == {escalation}
            kept = Kept(mail.raw, mail.received_at, mail.mail_from, ", ".join(mail.rcpt_to), mail.peer)
            by_role["escalation" if only_there else "complaints"].append(kept)
        with self._database.write() as conn:
            for role, arrived in by_role.items():
                mails.keep(conn, doors[role], arrived, self._now())
        self._wakers["intake"].set()

    def _start_http(self) -> None:
        if not self._config.http.listen:
            return
        patience = {
            door_name(box, folder): timedelta(seconds=3 * max(box.poll_seconds, imap.IDLE_SECONDS if box.idle else 0))
            for box in self._config.mailbox
            for folder in (box.folder, box.junk_folder)
            if folder
        }
        health = Health(self._database, patience, self._now())
        host, port = self._config.http.listen
        http = Http(host, port, self.live, lambda: health.look(self._now()), self._log)
        try:
            http.start()
        except OSError as fault:
            raise MailcaseError(f"http.listen: {host}:{port} cannot be used: {fault.strerror}") from fault
        self._open.callback(http.stop)

    def live(self) -> dict[str, bool]:
        """Of each loop and each mailbox whether it turns."""
        now = time.monotonic()
        loops = {name: now - beat < STANDS_AFTER_S for name, beat in self._beats.items()}
        return {thread.name: thread.is_alive() and loops.get(thread.name, True) for thread in self._threads}

    def _beat(self, name: str) -> None:
        self._beats[name] = time.monotonic()

    def _thread(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """All parts at once: mail that still comes in is kept, and what is not done in time is after the next start."""
        deadline = time.monotonic() + STOP_WITHIN_S
        self._stop.set()
        for wake in self._wakers.values():
            wake.set()
        if self.listener:
            self.listener.stop()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        left = [thread.name for thread in self._threads if thread.is_alive()]
        self._open.close()
        if self._started:  # else the fault that kept it from starting says all
            self._log("daemon.stopped", unfinished=left or None)


def _read_clocks(now: Now, steady: Steady | None) -> Reading:
    wall = now()
    return Reading(wall, steady() if steady else wall.timestamp())
