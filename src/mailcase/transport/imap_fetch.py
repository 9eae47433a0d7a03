"""Fetching mail so that neither a large one, nor one that the server cannot give, holds up the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from mailcase.log import Log
from mailcase.transport.imap_session import Fetched, Session

BATCH = 50
STRIKES = 3  # a mail in whose fetch the connection broke so often is left alone for a while


class Fetcher:
    """Fetches in portions and remembers, across connections, which mails made trouble."""

    def __init__(self, head: int, log: Log, go_on: Callable[[], None]) -> None:
        self._head, self._log, self._go_on = head, log, go_on
        self._strikes: Counter[int] = Counter()

    def readable(self, uids: Sequence[int]) -> list[int]:
        """The UIDs without those that are left alone for now."""
        return [uid for uid in uids if self._strikes[uid] < STRIKES]

    def forgive(self) -> None:
        """Try everything again: time has passed, or the UIDs are new."""
        self._strikes.clear()

    def fetched(self, session: Session, wanted: Sequence[int]) -> Iterator[list[Fetched]]:
        """The mails, in portions with ascending UIDs, none of them empty."""
        large = session.large(wanted)
        for portion in _portions(wanted, large, self._strikes):
            self._go_on()
            mails = self._large(session, portion) if large.issuperset(portion) else self._small(session, portion)
            if mails:
                yield sorted(mails, key=lambda mail: mail.uid)

    def _small(self, session: Session, portion: Sequence[int]) -> list[Fetched]:
        try:
            mails = session.fetch(portion)
        except (IMAPClientAbortError, OSError):
            self._strikes.update(portion)  # one of them may be what breaks the connection
            raise
        except IMAPClientError as refusal:
            if len(portion) > 1:
                return [mail for uid in portion for mail in self._small(session, [uid])]
            self._give_up(portion[0], str(refusal))
            return []
        for uid in sorted(set(portion) - {mail.uid for mail in mails}):
            self._give_up(uid, "it is gone, or the server does not give it")
        return mails

    def _large(self, session: Session, portion: Sequence[int]) -> list[Fetched]:
        uid = portion[0]
        slices = []
        try:
            size, received_at = session.size_and_date(uid)
            for part in session.slices(uid, self._head):
                slices.append(part)
                self._go_on()
        except (IMAPClientAbortError, OSError):
            self._strikes.update(portion)
            raise
        except IMAPClientError as refusal:
            self._give_up(uid, str(refusal))
            return []
        if size > self._head:
            self._log("imap.cut_off", level="warning", uid=uid, size=size, kept=self._head)
        return [Fetched(uid, b"".join(slices), received_at)]

    def _give_up(self, uid: int, problem: str) -> None:
        self._strikes[uid] = STRIKES
        self._log("imap.unreadable", level="warning", uid=uid, problem=problem)


def _portions(uids: Sequence[int], large: set[int], struck: Counter[int]) -> Iterator[list[int]]:
    """Portions to be fetched in one go: large mails alone, and those that may break the connection alone and last."""
    portion: list[int] = []
    for uid in sorted(uids, key=lambda uid: (struck[uid], uid)):
        alone = uid in large or struck[uid] > 0
        if portion and (alone or len(portion) == BATCH):
            yield portion
            portion = []
        portion.append(uid)
        if alone:
            yield portion
            portion = []
    if portion:
        yield portion
