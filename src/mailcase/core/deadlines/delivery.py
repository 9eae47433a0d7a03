"""What follows from the relay's answer to a letter: sent, tried again later, in doubt, or failed for good."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from mailcase.core.case import BRINGS, LetterState
from mailcase.core.changes import AddEntry, Change, LookAt, MarkUndeliverable, SetStatus, WantAttention

PAUSES = tuple(timedelta(seconds=s) for s in (30, 60, 120, 300, 600, 1200, 1800))  # the last one repeats
DOUBT_PAUSE = timedelta(minutes=15)  # doubles each time: a relay that passes it on and never says so sends it again
MOST_DOUBTS = 5  # then a person decides

Result = Literal["accepted", "later", "unreachable", "unsent", "in-doubt", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How, and when, one attempt to send a letter ended; `words` are the relay's, or the fault's."""

    letter: str
    case: str
    kind: str
    recipient: str
    tries: int  # including this one
    doubts: int  # before this one
    result: Result
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Marking:
    """What becomes of the letter and its case; `at` is when the relay answered, however long writing it down takes."""

    letter: str
    case: str
    state: LetterState
    words: str
    tries: int
    at: datetime
    look_at: datetime
    alias: str = ""
    changes: tuple[Change, ...] = ()
    doubts: int = 0


def mark(outcome: Outcome) -> Marking:
    """The next state of a letter (RFC 5321 section 4.5.4.1: later means again and again, with growing pauses)."""
    now = outcome.at
    marking = partial(
        Marking, outcome.letter, outcome.case, words=outcome.words, tries=outcome.tries, at=now, doubts=outcome.doubts
    )
    name = f"{outcome.kind} to {outcome.recipient}"
    match outcome.result:
        case "accepted":
            entry = _entry(outcome, "sent", f"{name} accepted by the relay: {outcome.words}")
            if outcome.case:
                entry += (*_brought(outcome), LookAt("case", outcome.case, now))  # it may have kept a promise
            return marking("sent", look_at=now, alias=id_in_reply(outcome.words), changes=entry)
        case "refused":
            entry = _entry(outcome, "failed", f"{name} could not be delivered: {outcome.words}")
            lost = MarkUndeliverable(outcome.case, outcome.recipient), LookAt("case", outcome.case, now)
            return marking("failed", look_at=now, changes=(*entry, *(lost if outcome.case else ()), WantAttention()))
        case "in-doubt":
            return _doubted(outcome, marking, now)
        case "later":
            return marking("queued", look_at=now + pause(outcome.tries))
        case "unreachable" | "unsent":  # no try of this letter
            return marking("queued", look_at=now, tries=outcome.tries - 1)


def _brought(outcome: Outcome) -> tuple[Change, ...]:
    """What a letter says of its case becomes true when it is on its way, not when somebody wrote it."""
    status = BRINGS.get(outcome.kind)
    if status is None:
        return ()
    return (SetStatus(outcome.case, status, outcome.letter, outcome.recipient),)


def _doubted(outcome: Outcome, marking: partial[Marking], now: datetime) -> Marking:
    """Sent again, each time later, because it may have arrived; staff know, and in the end decide."""
    name = f"{outcome.kind} to {outcome.recipient}: the relay took it and gave no answer"
    doubts = outcome.doubts + 1
    if doubts == MOST_DOUBTS:
        told = _entry(outcome, "held", f"{name}, {doubts} times")
        return marking("held", doubts=0, look_at=now, changes=(*told, WantAttention()))
    told = _entry(outcome, "in-doubt", f"{name}; it will be sent again")
    again = now + DOUBT_PAUSE * 2**outcome.doubts
    return marking("in-doubt", doubts=doubts, look_at=again, changes=(*told, WantAttention()))


def pause(tries: int) -> timedelta:
    """How long to wait after the n-th failed try (n from 1)."""
    return PAUSES[min(tries, len(PAUSES)) - 1]


def _entry(outcome: Outcome, kind: str, text: str) -> tuple[Change, ...]:
    return (AddEntry(outcome.case, kind, "mailcase", text),) if outcome.case else ()


_NAMED_ID = re.compile(r"<[^<>\s]{1,250}@[^<>\s]{1,250}>")
_SES_ID = re.compile(
    r"^250 Ok ([0-9a-f]{16}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-000000)", re.I
)


def id_in_reply(reply: str) -> str:
    """The Message-ID that a relay put in place of ours, as its 250 names it; '' when it names none.

    Microsoft 365 writes `250 2.0.0 OK <id@…>`; Amazon SES writes `250 Ok 0100…-000000`, which bounces carry as
    the left side of an address in amazonses.com, so the bare id is kept.
    """
    if named := _NAMED_ID.search(reply):
        return named[0]
    ses = _SES_ID.match(reply)
    return ses[1] if ses else ""
