"""Specimens of the letters that follow from what people say, for `check`: in each situation that they speak of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from mailcase.core.case import LetterKind
from mailcase.core.changes import QueueLetter
from mailcase.core.days.durations import Duration
from mailcase.core.deadlines.owed import CaseFacts, new_case
from mailcase.core.desk.transcript import Line, Transcript
from mailcase.core.letters.customer_mail import Letter, by_hand, written
from mailcase.core.letters.post import Envelope, for_staff, queue
from mailcase.core.mail.message import read
from mailcase.core.promises.policy import AdrBody
from mailcase.core.reading import MOST_READ, Kept
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.errors import MailcaseError

DAY = timedelta(days=1)
REFERENCE, CUSTOMER, COLLEAGUE = "MC-0000-00000", "sam@example.org", "colleague@example.org"
BODY = AdrBody("An ADR body", "1 High Street", "https://adr.example", time_limit=Duration(12, "months"))
FULL = replace(BODY, email="a@adr.example", phone="1", about="anything", free=False)
STEPS = {"steps": ("first", "second"), "step": 2}

Values = Mapping[str, object]
Specimen = Callable[[str, Rules, datetime], Iterator[QueueLetter]]


def _values(kind: LetterKind, now: datetime) -> Iterator[Values]:
    """What the templates of letters to customers are filled with, all of it and little of it."""
    decision: dict[str, object] = {
        "words": "Dear Sam,\nsome words.",
        "outcome": "upheld",
        "redress": "",
        "stage": "first",
    }
    decision |= {"look_again": "", "bodies": (), "refused_refund": False, "missed_decision": None}
    several: Mapping[str, tuple[Values, ...]] = {
        "reply": ({"words": "Dear Sam,\nsome words."}, {"words": "Words.", **STEPS}),
        "ask": (
            {"words": "Could you send a photo?", "missing": ()},
            {"words": "Words.", "missing": ("your order number",), **STEPS},
        ),
        "extension": ({"reason": "A reason.", "until": now}, {"reason": "A reason.", "until": now, **STEPS}),
        "step": ({"question": "", **STEPS}, {"question": "An answer.", "handler": "A colleague", **STEPS}),
        "resolution": (
            decision,
            decision | {"outcome": "partly upheld", "redress": "refund 20.00 GBP", "look_again": "a@example.org"},
            decision | {"redress": "apology", "missed_decision": now},
            decision | {"outcome": "not upheld", "stage": "second", "bodies": (BODY, FULL), "refused_refund": True},
        ),
        "second-look": (
            {"reviewer": "", "decided": True, "decision_by": now + DAY, "update_by": None},
            {"reviewer": "", "decided": False, "decision_by": now + DAY, "update_by": None},
            {"reviewer": "A colleague", "decided": True, "decision_by": now + DAY, "update_by": now},
            {"reviewer": "A colleague", "decided": False, "decision_by": now + DAY, "update_by": now},
        ),
        "signpost": ({"bodies": (BODY,), "decided": True}, {"bodies": (FULL,), "decided": False}),
        "survey": ({},),
        "withdrawal": ({},),
    }
    yield from several[kind]


def _case(kind: str, rules: Rules, now: datetime) -> CaseFacts:
    return replace(new_case(rules.policy, REFERENCE, now), kind=kind, customer=CUSTOMER, handler=COLLEAGUE)


def _to_customer(letter: LetterKind, kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    for values in _values(letter, now):
        found = written(Letter(letter, "a sample", values, now), _case(kind, rules, now), CUSTOMER, rules, now)
        if rules.policy.adr and values.get("bodies"):
            _check_bodies(found)
        yield found


def _check_bodies(letter: QueueLetter) -> None:
    """The customer hears of the bodies outside in this letter, and in no other one."""
    words = " ".join(read(letter.raw).text.split())
    if lacks := [each for each in (BODY.name, BODY.address, BODY.web, str(BODY.time_limit)) if each not in words]:
        raise MailcaseError(f"{letter.kind}.md: leaves out what it must say of each of the bodies: {', '.join(lacks)}")


def _which_case(_kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    yield queue(Envelope("which-case", b"a sample", CUSTOMER, now), {}, rules, now)


def _by_hand(kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    """A letter to be printed, and one to be read out, in each way of writing to the customer."""
    case = _case(kind, rules, now)
    for letter in BY_HAND:
        posted = replace(case, contact="post")
        for hand in (replace(case, contact="phone"), posted, replace(posted, format="braille", customer="")):
            sample = Letter("survey", "a sample", {}, now)
            printable = written(sample, case, CUSTOMER, rules, now)
            yield from by_hand(printable, replace(sample, kind=letter), hand, rules, now)


def _unproven(_kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    for case, by_door in (("", False), (REFERENCE, False), (REFERENCE, True)):
        values = {"reference": case, "reason": "a reason", "by_door": by_door, "received": now}
        yield queue(for_staff("staff-unproven", b"a sample", COLLEAGUE, case, rules, now), values, rules, now)


def _transcripts(kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    case = _case(kind, rules, now)
    record = CaseRecord(
        REFERENCE, "new", "first", CUSTOMER, "Sam", "A sample", COLLEAGUE, "email", "complaints", "en", kind, "", "",
        now, "", facts=case,
    )  # fmt: skip
    later = replace(record, category="a", outcome="upheld", redress="x", handler="")
    letter = written(Letter("survey", "a sample", {}, now), case, CUSTOMER, rules, now)
    waits, held = replace(letter, leaves_at=now + DAY), replace(letter, held="a reason")
    task = replace(letter, kind="staff-post", recipient=COLLEAGUE)
    said = (Kept(1, now, CUSTOMER, letter.raw), Kept(0, now, CUSTOMER, letter.raw))
    answer = Transcript(b"a sample", "<a@example.org>", COLLEAGUE, REFERENCE)
    for each in (
        answer.refused(["line 1: a fault"]),
        answer.refused(["line 1: a fault", "line 2: another"]),
        replace(answer, case="").done([Line("help", "below")], (), shows_help=True),
        answer.done([Line("help", "below")], (), shows_help=True),
        answer.done([Line("reply: …", "a letter")], (letter, waits, held), record, (), said, shows_case=True),
        answer.done([], ()),
        *(replace(answer, note=each).done([], ()) for each in ("words", "ask Sam", "withdraw it")),
        answer.done([Line("show", "below")], (), record, (), said[:1] * MOST_READ, shows_case=True),
        answer.done([Line("note", "kept")], (task, replace(task, leaves_at=now + DAY)), later, shows_case=True),
    ):  # fmt: skip
        yield each.letter(rules, now)


TO_CUSTOMERS: tuple[LetterKind, ...] = (
    *("reply", "ask", "extension", "step", "resolution", "second-look", "signpost", "survey", "withdrawal"),
)
BY_HAND: tuple[LetterKind, ...] = ("acknowledgement", "update", *TO_CUSTOMERS)
SPECIMENS: Mapping[LetterKind, Specimen] = {
    **{kind: partial(_to_customer, kind) for kind in TO_CUSTOMERS},
    "which-case": _which_case,
    "staff-post": _by_hand,
    "staff-unproven": _unproven,
    "staff-transcript": _transcripts,
}
