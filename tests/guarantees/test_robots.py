"""Robots that answer us, another mailcase among them, are soon left without an answer: guarantee A07.

`pytest -s` prints how many letters each conversation had.
"""

from __future__ import annotations

import shutil
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders import HOUR, US, mail
from mailcase.core.staff.assignment import Colleague
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.crowd import Crowd, some
from rigs.people import COOLED, firm, opened, own_address, the, words
from rigs.world import scale

THEM = "help@other.example"
ESCALATION = "escalation@firm.example"
OTHERS = replace(
    firm("constrat"),
    key=b"o" * 32,
    prefix="OTH",
    service_name="Other Ltd",
    service_address=THEM,
    own_addresses=frozenset({THEM, "escalation@other.example"}),
    own_domains=frozenset({"other.example"}),
    escalation_address="escalation@other.example",
    staff=(Colleague("Olga Nym", "olga@people.example"), Colleague("Max Low", "max@people.example", "manager")),
    managers=("max@people.example",),
)
DAYS = max(7, scale(45))
STEPS = scale(80)  # of three hours each
SECOND = timedelta(seconds=1)
DECISION = "outcome: upheld\nredress: none\nresolve: Dear Sam,\n\nwe looked into it, and this is our answer."


class Pair:
    """Two firms with a mailcase each; what one writes to an address of the other's arrives there."""

    def __init__(self, ours: Crowd, theirs: Crowd) -> None:
        self.firms = (ours, theirs)
        self.between: list[tuple[str, Claimed]] = []  # (from whom, what)
        self._brought = [0, 0]

    def talk(self) -> None:
        """Until nobody has more to say at this moment."""
        while any(self._bring(here) for here in (0, 1)):
            pass

    def _bring(self, here: int) -> bool:
        """Whether one firm had something for the other; a robot answers at once, in a mail or in a hundred."""
        writer, reader = self.firms[here], self.firms[1 - here]
        fresh = writer.sent[self._brought[here] :]
        self._brought[here] = len(writer.sent)
        found = [each for each in fresh if reader.rules.is_ours(each.recipient)]
        for each in found:
            self.between.append((writer.rules.service_address, each))
            assert len(self.between) < 1_000, "they never stop"
            reader.flood([each.raw], sender=each.mail_from)
        return bool(found)

    def days_pass(self, days: int) -> None:
        for _ in range(days):
            for each in self.firms:
                each.waits(timedelta(days=1))
            self.talk()


@pytest.fixture
def pair(sqlite_url: str, prepared_sqlite: Path, tmp_path: Path) -> Iterator[Pair]:
    """Both with staff, a second stage, an address for it, and the ADR bodies behind it."""
    shutil.copy(prepared_sqlite, tmp_path / "other.db")
    with closing(Database(sqlite_url)) as one, closing(Database(f"sqlite:///{tmp_path / 'other.db'}")) as other:
        yield Pair(Crowd(one, firm("constrat")), Crowd(other, OTHERS))


# Who forges the mail by which it begins, in whose name: what it says, and where it goes.
FORGERIES: Mapping[str, tuple[str, dict[str, str]]] = {
    "its address": (THEM, {}),
    "a tagged address": ("help+7k4m92qfx@other.example", {}),
    "its address as people write it": (f"Other Ltd <{THEM.upper()}>", {}),
    "its other address": ("escalation@other.example", {}),
    "to the address for a second look": (THEM, {"to": ESCALATION}),
    "with an answer to both": (THEM, {"reply_to": US, "cc": THEM}),
    "our own address": (US, {}),
    "one of its people": ("olga@people.example", {}),
}


@pytest.mark.parametrize("name", some(FORGERIES, 2))
def test_two_mailcases_end_after_three_letters_at_most(pair: Pair, name: str) -> None:
    """The first answer is all: the other one sees a robot's, and keeps it without an answer."""
    sender, headers = FORGERIES[name]
    pair.firms[0].flood([mail(sender, **headers)])
    pair.talk()
    answers = len(pair.between)
    pair.days_pass(DAYS)
    theirs = [each.kind for who, each in pair.between if who == THEM]
    assert answers <= 3
    assert theirs == [], "what time brings on the one side begins nothing on the other"
    print(f"\n{name}: {answers} letters, {len(pair.between)} in {DAYS} days")


def test_no_letter_that_we_write_is_answered_by_a_mailcase(pair: Pair) -> None:
    """The customer of whole cases is the other firm's address; its staff are told or see it in review, no more."""
    ours, _ = pair.firms
    for decision in (DECISION, DECISION.replace("upheld", "not upheld", 1)):
        helped = the(ours.answers(the(ours.customer_writes("Help."), "staff-case"), "help"), "staff-transcript")
        call, own = f"new: phone: {THEM}: received today: It broke.", own_address(words(helped))
        told = the(ours.answers(helped, call, to=own), "staff-transcript")
        for text in ("ask: Could you send it?", "extend: 5 business days: rain", "reply: Dear all, we have it."):
            ours.answers(told, text, then=COOLED)
        pair.days_pass(6)
        ours.answers(told, decision, then=COOLED)
        pair.talk()
        ours.answers(told, "escalate", then=COOLED)
        pair.days_pass(3)
    kinds = {each.kind for who, each in pair.between if who == US}
    assert kinds >= {"acknowledgement", "ask", "extension", "reply", "update", "resolution", "second-look"}
    assert [each.kind for who, each in pair.between if who == THEM] == []
    print(f"\n{len(pair.between)} letters of {len(kinds)} kinds: 0 answers")


# -- robots that no header betrays


def reply(letter: Claimed, number: int, sender: str = "robot@robots.example") -> bytes:
    """An answer as a person's mail program writes it."""
    ours = opened(letter)
    quoted = "\n".join(f"> {line}" for line in words(letter).splitlines())
    return mail(
        sender,
        f"Re: {ours.subject}",
        f"Thank you for your message {number}.\n\n{quoted}",
        message_id=f"<{number}@robots.example>",
        in_reply_to=ours.message_id,
        references=ours.message_id,
        to=ours.reply_to[0],
    )


def afresh(number: int, sender: str = "robot@robots.example", **headers: str) -> bytes:
    """A mail that answers nothing."""
    return mail(
        sender, f"Ticket {number}", f"Your request {number}", message_id=f"<{number}@robots.example>", **headers
    )


ROBOTS: Mapping[str, Callable[[Claimed, int], list[bytes]]] = {
    "answers": lambda letter, number: [reply(letter, number)],
    "opens a ticket": lambda letter, number: [afresh(number)],
    "opens a ticket under other tags": lambda letter, number: [afresh(number, f"Robot+{number}@robots.example")],
    "opens a ticket in capitals": lambda letter, number: [afresh(number, "ROBOT@ROBOTS.example")],
    "answers twice": lambda letter, number: [reply(letter, 2 * number), afresh(2 * number + 1)],
    "answers from another address each time": lambda letter, number: [
        reply(letter, number, f"r{number}@robots.example")
    ],
    "asks for more": lambda letter, number: [afresh(number, to=ESCALATION)],
    "answers its own last mail": lambda letter, number: [afresh(number, references=f"<{number - 1}@robots.example>")],
    "is never content": lambda letter, number: [
        reply(letter, number).replace(b"Thank you for", b"I disagree. I am not satisfied with")
    ],
    "names all that it knows": lambda letter, number: [
        afresh(number, references=" ".join(f"<{each}@robots.example>" for each in range(number)))
    ],
}


def most_within(moments: Iterable[datetime], span: timedelta) -> int:
    """The most of these moments that lie within any such span."""
    ordered = sorted(moments)
    return max((bisect_right(ordered, at + span) - index for index, at in enumerate(ordered)), default=0)


@pytest.mark.parametrize("name", some(ROBOTS, 2))
def test_a_robot_without_a_sign_gets_a_few_letters_a_day(sqlite: Database, name: str) -> None:
    """It answers each of our letters at once, and begins again every three hours, for a day or ten."""
    crowd = Crowd(sqlite, firm("constrat"))
    number = tried = 0
    for hour in range(STEPS):
        waiting = crowd.flood([afresh(1_000 + hour)])
        while to_robots := [each for each in waiting if each.recipient.endswith("@robots.example")]:
            waiting = []
            for letter in to_robots:
                number += 1
                mails = ROBOTS[name](letter, number)
                tried += len(mails)
                waiting += crowd.flood(mails)
            assert number < 1_000, "it never stops"
        crowd.waits(3 * HOUR)
    moments: dict[str, list[datetime]] = defaultdict(list)
    updates: dict[str, list[datetime]] = defaultdict(list)
    for at, each in crowd.left:
        if each.recipient.endswith("@robots.example"):
            found = updates if each.kind == "update" else moments
            found[each.recipient.lower().partition("@")[0].partition("+")[0]].append(at)
    worst_hour = max(most_within(each, HOUR - SECOND) for each in moments.values())
    worst_day = max(most_within(each, timedelta(days=1) - SECOND) for each in moments.values())
    assert worst_hour <= 3
    assert worst_day <= 5
    for times in updates.values():
        assert most_within(times, timedelta(days=1) - SECOND) <= 20, "time brings them, with a cap of their own"
    assert sum(map(len, moments.values())) <= 2 * 5 * (1 + STEPS * 3 // 24), "nor by an address for each letter"
    assert tried >= 3
    print(f"\n{name}: {tried + STEPS} mails, {worst_hour} answers an hour and {worst_day} a day at most")


def test_a_robot_that_disagrees_with_every_letter_gets_no_more_than_a_person(sqlite: Database) -> None:
    """A case of its own to the end: what staff write, the second look and the bodies outside come once each."""
    crowd = Crowd(sqlite, firm("constrat"))
    answered = 0

    def answers(letters: list[Claimed]) -> list[Claimed]:
        nonlocal answered
        found = list(letters)
        while outside := crowd.outside(letters):
            letters = []
            for each in outside:
                answered += 1
                raw = reply(each, answered).replace(
                    f"To: {opened(each).reply_to[0]}".encode(), f"To: {ESCALATION}".encode()
                )
                assert ESCALATION.encode() in raw
                letters += crowd.flood([raw])
            found += letters
        return found

    told = the(answers(crowd.flood([afresh(1_000)])), "staff-case")
    again = [
        each for each in answers(crowd.answers(told, DECISION, told.recipient, COOLED)) if each.kind == "staff-case"
    ]
    answers(crowd.answers(again[0], DECISION, again[0].recipient, COOLED))
    answers(crowd.waits(timedelta(days=30)))
    kinds = sorted(each.kind for each in crowd.outside())
    assert kinds == ["acknowledgement", "resolution", "resolution", "second-look", "signpost"]
    assert answered == len(kinds)
