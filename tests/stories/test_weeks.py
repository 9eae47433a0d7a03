"""`kill -9` while weeks pass: what each deadline and each morning brings is neither missed nor doubled."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from days import at
from mailcase.core.days.dates import date_in_words
from mailcase.core.promises.policy_file import read_policy
from mailcase.data import data_dir
from mailcase.store.engine import AnyRow
from rigs.books import Books
from rigs.copies import second_copies
from rigs.daemon import CRASHED, Daemon
from rigs.operator import waits_until
from rigs.relay import Letter
from rigs.world import LEASE, World, message_id, scale

STEPS = ("timers.taken", "timers.applied", "timers.committed")
DAY = timedelta(days=1)
END = at("Tue 2026-12-08 17:00")  # by then the decision was warned of twice, missed, and told again

# A real policy, with a decision in two weeks and a warning on its day, so that every kind of mail is written.
_CHANGES = {
    'default_track = "complex"': 'default_track = "standard"',
    'warn = ["3 business days", "1 business day"]': 'warn = ["3 business days", "6 hours"]',
}
URGENT = ("staff-words", "staff-warning", "staff-overdue")


def policy_text() -> str:
    text = (data_dir() / "examples" / "constrat" / "policy.toml").read_text("utf-8")
    for old, new in _CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    return text


POLICY = read_policy(policy_text(), "policy")


class Mail(NamedTuple):
    """What a mail to staff is about, in its words; no two are about the same."""

    kind: str
    case: str
    due: str
    promise: str
    again: bool


class Weeks:
    """The clock goes from look to look, while the daemon of the first slot dies again and again."""

    def __init__(self, world: World, books: Books, chance: random.Random) -> None:
        self.world, self.books, self.chance = world, books, chance
        self.moments: list[datetime] = []  # at which all was done that was to be done
        self.crashes: Counter[str] = Counter()
        self._running: dict[int, Daemon] = {}

    def goes_on(self) -> None:
        """To the next look, with all daemons there."""
        self._all_are_there()
        self._next()
        waits_until(lambda: not self.books.work_left())
        self.moments.append(self.world.now())

    def comes_to_a_case(self) -> None:
        """Until a case is next: a digest alone may have nothing to say, and a death there would show little."""
        while self.books.next_look() < self.books.next_look(("case",)):
            self.goes_on()

    def dies_at(self, step: str) -> None:
        """The first daemon makes way for one that dies at the step; another one goes on all the time."""
        if 0 in self._running:
            self._running[0].kill()
        doomed = self._running[0] = self.world.launches(step, slot=0)
        doomed.says_or_dies("daemon.started")
        while doomed.alive:  # beside another one it may find nothing to do
            self._next()
            waits_until(lambda: not (doomed.alive and self.books.work_left()))
            self.moments += [self.world.now()] * doomed.alive
        assert doomed.ends(0) == CRASHED, doomed.story()
        self.crashes[step] += 1
        self._others_take_over()

    def dies(self) -> None:
        """The first daemon dies at any moment of its work."""
        self._all_are_there()
        self._next()
        if not self._running[0].dies(within=self.chance.uniform(0, 0.6)):
            self._running[0].kill()
        self.crashes["random"] += 1
        self._others_take_over()

    def _all_are_there(self) -> None:
        for slot in self.world.slots:
            if slot not in self._running or not self._running[slot].alive:
                self._running[slot] = self.world.starts(slot=slot)

    def _others_take_over(self) -> None:
        """What the dead one held is anybody's after a while; sometimes nobody is left."""
        if self.chance.random() < 0.2:
            self.world.kill()
        if owners := [daemon.waits_to_say("daemon.started")["owner"] for daemon in self.world.alive()]:
            waits_until(lambda: not self.books.in_hand(owners))  # the clock must not leap over their leases
        self.world.time_passes(2 * LEASE)

    def _next(self) -> None:
        """The clock goes to the next look; sometimes, later in the drill, everybody wakes a day late."""
        late = DAY if self.world.now() > END and self.chance.random() < 0.2 else timedelta(0)
        self.world.time_is(max(self.world.now(), self.books.next_look()) + late)


def test_killed_at_any_step_while_weeks_pass_nothing_is_missed_or_doubled(
    weeks: World, books: Books, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "policy.toml").write_text(policy_text(), "utf-8")
    weeks.settings |= {"POLICY": str(tmp_path / "policy.toml"), "LIMITS__URGENT_PER_DAY": "1000000"}
    story = Weeks(weeks, books, random.Random())
    weeks.starts()
    customers = weeks.complaints_are_acknowledged(scale(100))
    weeks.kill()
    for step in deaths(story.chance):
        story.comes_to_a_case()
        if step:
            story.dies_at(step)
        else:
            story.dies()
        story.goes_on()
    while weeks.now() < END:
        story.goes_on()
    weeks.stop()
    assert len(customers) == len(weeks.cases())
    figures = f"{every_update_was_sent_once(weeks, books)}, {staff_were_told_once(story)}"
    doubled = second_copies(weeks)
    print(
        f"\n{request.node.name}: deaths {dict(story.crashes)}, until {weeks.now():%d %b}, {figures}, "
        f"{doubled.total()} second copies after a death at {dict(doubled)}"
    )


def deaths(chance: random.Random) -> list[str]:
    """At which steps somebody dies, '' for any moment."""
    planned = [*STEPS * scale(10), *[""] * scale(10)]
    chance.shuffle(planned)
    return planned


def every_update_was_sent_once(world: World, books: Books) -> str:
    """Compare the letters at the relay with the deadlines that they kept, and these with the timeline."""
    rows, known = books.deadlines(), books.letters()
    assert not [letter for letter in known.values() if letter.state != "sent"]
    assert {*map(message_id, world.relay.letters), *map(message_id, world.relay.handed)} == known.keys()
    met = [row for row in rows if row.kind == "update" and row.met_at]
    assert Counter(row.evidence.split()[0] for row in met) == Counter(
        name for name, letter in known.items() if letter.kind == "update"
    )
    assert not [row for row in rows if row.due_at < world.now() and row.state == "open"]
    broken = Counter(
        (row.case_ref, f"{row.promise}, due {row.due_at:%Y-%m-%d %H:%M} UTC") for row in rows if row.state == "broken"
    )
    assert Counter((entry.case_ref, entry.text.split(": ")[0]) for entry in books.entries("broken")) == broken
    return f"{len(met)} updates, {broken.total()} broken"


# -- mails to staff


def staff_were_told_once(story: Weeks) -> str:
    """Compare the mails to staff at the relay with what the deadlines and the mornings wanted."""
    known = story.books.letters()
    arrived = {message_id(letter): letter for letter in story.world.relay.letters}
    urgent = [
        (about(known[name].kind, mail), known[name]) for name, mail in arrived.items() if known[name].kind in URGENT
    ]
    told = dict(urgent)
    assert len(told) == len(urgent)
    assert told.keys() == {*words_wanted(story.books), *flags_wanted(story.books, told), *warnings_wanted(story.books)}
    mornings = Counter(day_of(mail) for name, mail in arrived.items() if known[name].kind == "staff-digest")
    assert set(mornings.values()) == {1}
    assert mornings_wanted(story) <= mornings.keys()
    kinds = Counter(mail.kind for mail in told)
    assert kinds.keys() == set(URGENT)
    return f"{mornings.total()} staff-digest, " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def about(kind: str, letter: Letter) -> Mail:
    """What a mail about a deadline says in its text."""
    text = plain(letter)
    said = re.search(r"Case: +(\S+),.*?Due: +([^\r\n]+).*?Promise: +([\w-]+)", text, re.DOTALL)
    assert said, text
    case, due, promise = said.groups()
    return Mail(kind, case, due, promise, text.startswith("Still overdue"))


def plain(letter: Letter) -> str:
    message = message_from_bytes(letter.data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())


def day_of(letter: Letter) -> date:
    return parsedate_to_datetime(str(message_from_bytes(letter.data)["Date"])).date()


def mail_about(kind: str, row: AnyRow, again: bool = False) -> Mail:
    """The mail of this kind that this deadline brings about."""
    return Mail(kind, row.case_ref, in_words(row.due_at), row.promise, again)


def in_words(moment: datetime) -> str:
    return date_in_words(moment.astimezone(POLICY.calendar.zone), "en")


def words_wanted(books: Books) -> Iterator[Mail]:
    """Of each update the handler is asked for words, or everybody came too late for that."""
    for row in books.deadlines():
        assert row.asked or row.kind != "update" or not row.met_at or row.due_at > END
        if row.asked:
            yield mail_about("staff-words", row)


def flags_wanted(books: Books, told: Mapping[Mail, AnyRow]) -> Iterator[Mail]:
    """What is broken is told, and once more; whoever comes late for both says it once."""
    for row in books.deadlines():
        assert (row.told > 0) == (row.state == "broken")
        assert row.kind != "resolve" or (row.warned, row.told) == (2, 2)
        if row.told:
            first = mail_about("staff-overdue", row)
            yield first
            again_at = POLICY.calendar.after(row.due_at, POLICY.tell_again)
            if row.told == 2 and told[first].queued_at < again_at:
                yield mail_about("staff-overdue", row, again=True)


def warnings_wanted(books: Books) -> Iterator[Mail]:
    """A warning stands in the timeline once for each time before the target; that of the day is a mail as well."""
    decisions = {row.case_ref: row for row in books.deadlines() if row.kind == "resolve"}
    entries = books.entries("warning")
    assert Counter(entry.case_ref for entry in entries) == dict.fromkeys(decisions, 2)
    for entry in entries:
        row = decisions[entry.case_ref]
        if POLICY.calendar.day_of(entry.at) == POLICY.calendar.day_of(row.due_at):
            yield mail_about("staff-warning", row)


def mornings_wanted(story: Weeks) -> set[date]:
    """Once the decisions are missed, the digest has something to say on each business day that finds somebody there."""
    missed = max(row.due_at for row in story.books.deadlines() if row.kind == "resolve")
    calendar = POLICY.calendar
    return {calendar.day_of(moment) for moment in story.moments if moment > missed and calendar.is_open(moment)}
