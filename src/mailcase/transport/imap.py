"""The IMAP door: a thread that keeps the mail of one folder, then moves it to where it is done.

What is new is known by UIDVALIDITY and UID in a `Book`, never by flags, so that people may read the folder beside us.
A round: sweep (ask for UIDs, leave out what the book knows, fetch, keep, move), then wait for news. On each new
connection and every hour the whole folder is compared with the book, which finds what an earlier round has missed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from datetime import datetime

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from mailcase.core.position import Position
from mailcase.errors import TryLater
from mailcase.failpoints import Reached
from mailcase.log import Log
from mailcase.transport.imap_book import Book
from mailcase.transport.imap_fetch import Fetcher
from mailcase.transport.imap_session import Account, Fetched, Session
from mailcase.transport.imap_words import say

__all__ = ["Account", "Book", "Fetched", "Mailbox", "Position"]

RENEW_SECONDS = 5.0  # between two renewals of the lease
SLICE_SECONDS = 1.0  # the longest that we do not look at `stop` while waiting
IDLE_SECONDS = 120.0  # RFC 2177 says 29 minutes; routers forget sooner, and a dead connection is found out so
SOON_SECONDS = 3.0  # ... of the first IDLE after mail: some servers keep silent in it about what came just before
COMPARE_SECONDS = 3600.0
HEAD = 60_000_000
MOVE_BATCH = 500  # in a large Maildir a MOVE takes a third of a second, of one mail or of 500
BEFORE_US = 'they were there before the first start; with start = "all" they are taken as well'
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


class _LeaveError(Exception):
    """We are asked to stop, or another daemon has the mailbox now."""


class Mailbox:
    """One folder of one account: `run` keeps its mail until it is told to stop."""

    def __init__(
        self,
        account: Account,
        folder: str,
        done_folder: str | None,  # None: mail stays where it is
        idle: bool,
        book: Book,
        log: Log,
        reached: Reached,
        poll_seconds: float = 30,
        compare_seconds: float = COMPARE_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        head: int = HEAD,  # of a larger mail only this many bytes are kept
    ) -> None:
        self._account, self._folder, self._done_folder, self._idle = account, folder, done_folder, idle
        self._book, self._log, self._reached = book, log, reached
        self._poll_seconds, self._compare_seconds = poll_seconds, compare_seconds
        self._idle_seconds = idle_seconds
        self.name = f"{account.user}/{folder}"
        self._fetcher = Fetcher(head, self._tell, self._go_on)
        self._stop = threading.Event()
        self._session: Session | None = None
        self._leased_at = self._compare_at = 0.0
        self._validity = self._next = 0
        self._waited_at = 0  # `_next` when we last began to wait
        self._done: str | None = None
        self._well = False  # a round succeeded on this connection
        self._waiting = False  # for the lease

    def _tell(self, event: str, /, *, level: str = "info", **facts: object) -> None:
        self._log(event, level=level, mailbox=self.name, **facts)

    # -- the thread

    def run(self, stop: threading.Event) -> None:
        """Keep the folder's mail until `stop` is set; never raises, and returns within two seconds of it.

        The work has a thread of its own, so that a server that does not answer cannot hold up the end.
        """
        self._stop = stop
        worker = threading.Thread(target=self._work, name=f"imap {self.name}", daemon=True)
        worker.start()
        while not stop.wait(RENEW_SECONDS):
            self._renew()
        worker.join(SLICE_SECONDS)
        session = self._session
        if session is not None and worker.is_alive():
            session.cut()
        worker.join(SLICE_SECONDS)
        with suppress(TryLater):  # then the lease ends by itself
            self._book.release()

    def _renew(self) -> None:
        """Renew the lease for the worker, which a slow answer of the server may hold up for longer than it lasts."""
        if self._session is None:
            return
        with suppress(Exception):  # the worker will find out for itself, and say so
            if self._book.lease():
                self._leased_at = time.monotonic()

    def _work(self) -> None:
        pause = FIRST_PAUSE / 2
        while not self._stop.is_set():
            self._well = False
            try:
                if self._leased():
                    self._connected()
                self._stop.wait(RENEW_SECONDS)
            except _LeaveError:
                continue
            except Exception as problem:  # noqa: BLE001  # whatever it was: said loudly, and tried again
                if self._stop.is_set():
                    return
                pause = FIRST_PAUSE if self._well else min(pause * 2, LONGEST_PAUSE)
                level, sentence = say(problem, self._account)
                self._tell("imap.failed", level=level, problem=sentence, again_in=pause)
                self._stop.wait(pause)

    def _leased(self) -> bool:
        leased = self._book.lease()
        if not leased and not self._waiting:
            self._tell("imap.waiting", why="another daemon has this mailbox")
        self._waiting = not leased
        self._leased_at = time.monotonic()
        return leased

    def _connected(self) -> None:
        """Rounds on one connection, until it breaks or we leave: both are exceptions."""
        with closing(Session(self._account)) as session:
            self._session = session
            try:
                self._tell("imap.connected", host=self._account.host)
                self._compare(session)
                while True:
                    self._look(session)
                    self._book.polled()
                    self._well = True
                    self._wait(session)
                    if time.monotonic() >= self._compare_at:
                        self._compare(session)
            except _LeaveError:
                session.logout()
                raise
            finally:
                self._session = None

    def _may_stay(self) -> bool:
        """Renew the lease when it is time; false when we may not or shall not go on."""
        if self._stop.is_set():
            return False
        if time.monotonic() - self._leased_at < RENEW_SECONDS:
            return True
        leased = self._book.lease()
        if leased:
            self._leased_at = time.monotonic()
        return leased

    def _go_on(self) -> None:
        if not self._may_stay():
            raise _LeaveError

    # -- a round

    def _compare(self, session: Session) -> None:
        """The whole folder against the book: by date what was there before our first look, and all that came later."""
        if time.monotonic() >= self._compare_at:
            self._compare_at = time.monotonic() + self._compare_seconds
            self._fetcher.forgive()
        folder = session.existing(self._folder) or self._folder
        selected = session.select(folder)
        new = self._book.is_new()
        position = self._book.open(selected.uidvalidity, selected.uidnext)
        if new and position.cutoff and selected.exists:
            self._tell("imap.left_alone", level="warning", messages=selected.exists, why=BEFORE_US)
        if self._validity != selected.uidvalidity:
            self._validity = selected.uidvalidity
            self._fetcher.forgive()
        fresh, cutoff = position.fresh_from, position.cutoff
        self._next = max(fresh, position.last_uid + 1)
        self._done = self._prepared(session, folder)
        self._sweep(session, session.uids(1, fresh, cutoff), cutoff)
        self._sweep(session, session.uids(fresh), None)

    def _prepared(self, session: Session, folder: str) -> str | None:
        """The done folder's full name; None, and a loud word, when mail has to stay where it is."""
        if self._done_folder is None:
            return None
        try:
            done = session.ensured(self._done_folder)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as problem:
            self._left(say(problem, self._account)[1])
            return None
        if done.casefold() == folder.casefold():
            self._left("the done folder is the folder itself")
            return None
        if not session.can_move:
            self._left("the server has neither MOVE nor UIDPLUS: a plain EXPUNGE could remove others' mail")
            return None
        return done

    def _left(self, why: str) -> None:
        self._tell("imap.left_in_place", level="error", done_folder=self._done_folder, why=why)

    def _look(self, session: Session) -> None:
        """What has come since; again while the server announces more, for an announcement is made only once."""
        session.announced()
        while True:
            self._sweep(session, session.uids(self._next), None)
            if not session.announced():
                return

    def _wait(self, session: Session) -> None:
        if self._idle and session.can_idle:
            longest = SOON_SECONDS if self._next != self._waited_at else self._idle_seconds
            end = time.monotonic() + min(longest, self._idle_seconds)
            self._waited_at = self._next
            news = session.idle()
            while not news and time.monotonic() < end and self._may_stay():
                news = session.idle_for(min(SLICE_SECONDS, self._idle_seconds))
            session.idle_done()
            self._go_on()
            return
        end = time.monotonic() + self._poll_seconds
        while time.monotonic() < end:
            self._go_on()
            self._stop.wait(min(SLICE_SECONDS, self._poll_seconds))
        session.noop()

    def _sweep(self, session: Session, blocks: Iterable[list[int]], cutoff: datetime | None) -> None:
        """Keep what the book does not know and move away what it knows (we died between the two)."""
        for uids in blocks:
            self._go_on()
            known = self._book.known(self._validity, uids) if uids else set()
            self._put_away(session, sorted(known))
            wanted = [uid for uid in self._fetcher.readable(uids) if uid not in known]
            if wanted and cutoff is not None:
                wanted = session.not_before(wanted, cutoff)
            if wanted:
                self._take(session, wanted)
            if uids:
                self._next = max(self._next, uids[-1] + 1)

    def _take(self, session: Session, wanted: Sequence[int]) -> None:
        kept: list[int] = []
        for mails in self._fetcher.fetched(session, wanted):
            self._reached("imap.fetched")
            self._go_on()
            last = max(self._next - 1, mails[-1].uid)
            self._book.keep(self._validity, mails, last)
            self._next = last + 1
            self._reached("imap.kept")
            self._tell("imap.kept", mails=len(mails), last_uid=last)
            kept += [mail.uid for mail in mails]
            if len(kept) >= MOVE_BATCH:
                self._put_away(session, kept)
                kept = []
        self._put_away(session, kept)

    def _put_away(self, session: Session, uids: Sequence[int]) -> None:
        """Move kept mail to the done folder; when that is refused it stays, and the next comparison tries again."""
        for start in range(0, len(uids), MOVE_BATCH):
            if self._done is None:
                return
            if start:
                self._go_on()
            try:
                session.move(uids[start : start + MOVE_BATCH], self._done)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as refusal:
                self._left(say(refusal, self._account)[1])
                self._done = None
            else:
                self._reached("imap.moved")
