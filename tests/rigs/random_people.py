"""Random customers, strangers, robots and staff around many cases at once; every step is checked.

Many stories run side by side in one database, each with customers, cases and chance of its own: what goes wrong in one
is told with the steps of that one alone, and its seed makes it happen again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from builders import STAFFED
from mailcase.cli.stage_time import Clock, Stage
from mailcase.core.ids import find_references
from mailcase.core.letters.post import token_for
from mailcase.core.mail.forms import Form
from mailcase.core.mail.message import read
from mailcase.core.rules import Limits, Rules
from mailcase.core.staff.assignment import Colleague
from mailcase.store.doors import ensure_door
from mailcase.store.engine import AnyRow, Database
from mailcase.store.letters import Claimed
from mailcase.store.mails import Kept
from mailcase.store.tables import mails
from rigs import random_mails as written
from rigs.canaries import Canaries, Plant
from rigs.invariants import Breach, Watch
from rigs.people import DOOR, example
from rigs.random_mails import Answered
from rigs.random_words import Scene, text_of

STAFF = (
    Colleague("Priya Nair", "priya@elsewhere.example", signature=written.SIGNATURE),
    Colleague("Dan Osei", "dan@elsewhere.example"),
    Colleague("Sian Rees", "sian@elsewhere.example"),
    Colleague("Tom Reed", "tom@elsewhere.example", "manager"),
    Colleague("Helen Ford", "helen@elsewhere.example", "manager"),
)
FORM = Form(written.FORM_SENDER, "form", {"email": "Email", "name": "Name", "message": "Message"})
PAUSES = (
    *(timedelta(minutes=2), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=15)),
    *(timedelta(minutes=20), timedelta(hours=3), timedelta(hours=20), timedelta(days=2), timedelta(days=9)),
)
SHORTEST, LONGEST = 6, 12  # steps of a story


def firm(name: str) -> Rules:
    """A firm of the examples with three handlers, two managers and a web form."""
    limits = Limits(per_minute=100_000, urgent_per_day=100_000)
    managers = tuple(each.address for each in STAFF if each.role == "manager")
    return replace(STAFFED, policy=example(name), staff=STAFF, managers=managers, forms=(FORM,), limits=limits)


@dataclass(slots=True)
class Story:
    """One customer and what happens around them."""

    number: int
    chance: random.Random
    length: int
    told: list[str] = field(default_factory=list)  # its steps, for whoever wants to know what went wrong
    cases: list[str] = field(default_factory=list)
    letters: dict[tuple[str, str], Claimed] = field(default_factory=dict)  # the last one by case and reader
    people: int = 0

    @property
    def customer(self) -> str:
        """Who complains."""
        return f"sam@s{self.number}.example.org"

    def somebody(self) -> str:
        """Another address around this customer."""
        self.people += 1
        return f"kim{self.people}@s{self.number}.example.net"


@dataclass(slots=True)
class Written:
    """A mail on its way: who is behind it, and what it is."""

    story: Story
    kind: str
    raw: bytes
    keywords: list[str] = field(default_factory=list)
    canaries: range = range(0)  # those that were planted in it


class Crowd:
    """So many stories of one firm, from `seed` on."""

    def __init__(self, database: Database, rules: Rules, stories: int, seed: int, start: datetime) -> None:
        self.database, self.rules, self.seed = database, rules, seed
        self.clock = Clock(start)
        self.canaries, self.counts = Canaries(), Counter[str]()
        self.canaries.plant("known signature", -1)
        self.watch = Watch(rules, self.canaries)
        self.stories = [self._story(number) for number in range(stories)]
        self.faults: list[str] = []
        self._sent: list[Claimed] = []
        self._chance = random.Random(seed)
        self._stage = Stage(database, rules, self.clock, self._relay, self._log)
        self._last_mail = 0
        with database.write() as conn:
            self._door = ensure_door(conn, DOOR, "email")

    def _story(self, number: int) -> Story:
        chance = random.Random(f"{self.seed} {number}")
        return Story(number, chance, chance.randint(SHORTEST, LONGEST))

    def _relay(self, letter: Claimed) -> str:
        self._sent.append(letter)
        return "250 2.0.0 ok"

    def _log(self, event: str, /, *, level: str = "info", **facts: object) -> None:
        if level == "error":
            self.faults.append(f"{event}: {facts}")

    def lives(self) -> None:
        """Every story from its first mail to its last step; raises AssertionError with the story that went wrong."""
        for step in range(LONGEST + 1):
            written_now = [each for story in self.stories if step <= story.length for each in self._writes(story, step)]
            self._arrive(written_now, self._chance.choice(PAUSES))

    # -- what people write

    def _writes(self, story: Story, step: int) -> list[Written]:
        cases = [self.watch.books.rows[case] for case in story.cases]
        case = story.chance.choice(cases) if cases else None
        wrote = _begin(self, story) if step == 0 else self._one(story, case)
        for each in wrote:
            story.told.append(f"{step} {self.clock():%d %b %H:%M} {each.kind}: {each.raw.decode('utf-8', 'replace')}")
        return wrote

    def _one(self, story: Story, case: AnyRow | None) -> list[Written]:
        """What happens in one step: most of the time staff work on the case."""
        draw = story.chance.random()
        if case is None or draw < 0.08:
            return [self.wrote(story, "new complaint", self.by_customer(story, "The lamp broke."))]
        if draw < 0.55:
            return [self.by_staff(story, case) for _ in range(1 if draw < 0.45 else 2)]
        kind = story.chance.choice(tuple(OTHERS))
        return [OTHERS[kind](self, story, case, kind)]

    def wrote(self, story: Story, kind: str, raw: bytes, keywords: list[str] | None = None) -> Written:
        return Written(story, kind, raw, keywords or [])

    def plant(self, story: Story, case: str = "") -> Plant:
        """For words of this story, which the customers of a case may read."""
        return Plant(self.canaries, story.number, case)

    def answered(self, story: Story, case: str, reader: str) -> Answered | None:
        """The last letter on a case to somebody."""
        letter = story.letters.get((case, reader))
        if letter is None:
            return None
        message = read(letter.raw)
        return Answered(message.message_id, (message.reply_to or ("",))[0], message.text)

    def by_customer(self, story: Story, text: str, sender: str = "", answered: Answered | None = None) -> bytes:
        who = sender or story.customer
        return written.customers_mail(who, text, self.plant(story), answered, story.chance)

    def by_staff(self, story: Story, case: AnyRow, proof: str = written.PROVEN) -> Written:
        """One of staff, most of the time whoever has the case, with commands for it."""
        handler = case.handler if case.handler and story.chance.random() < 0.8 else ""
        who = handler or story.chance.choice(STAFF).address
        open_to = case.reference if proof == written.PROVEN else ""
        first = len(self.canaries.planted)
        text, keywords = text_of(self._scene(story, case, open_to), self._waits(case.reference))
        token = token_for(who, case.reference, self.rules, self.clock())
        to = self.rules.service_address.replace("@", f"+{token}@")
        answered = self.answered(story, case.reference, who)
        raw = written.staff_mail(who, text, self.plant(story), to, answered, story.chance, proof)
        planted = range(first, len(self.canaries.planted))
        return Written(story, "staff" if open_to else "forged staff", raw, keywords if open_to else [], planted)

    def _scene(self, story: Story, case: AnyRow, open_to: str) -> Scene:
        other = story.chance.choice(self.stories)
        return Scene(
            chance=story.chance,
            row=case,
            policy=self.rules.policy,
            names=written.names_of([(each.name, each.address) for each in STAFF]),
            address=story.somebody(),
            references=[each for each in (*story.cases, *story.cases, *other.cases[:1]) if each != case.reference],
            secret=self.plant(story),
            open=self.plant(story, open_to),
        )

    def _waits(self, case: str) -> bool:
        return case in self.watch.waiting

    # -- a step

    def _arrive(self, wrote: list[Written], then: timedelta) -> None:
        self._sent.clear()
        moment = self.clock() + timedelta(seconds=1)
        self._stage.run(self.clock() + then, self._door, [Kept(each.raw, moment) for each in wrote])
        self.counts.update(f"mail {each.kind}" for each in wrote)
        with self.database.read() as conn:
            self._became(conn, wrote)
            strangers = {address: 1 for each in self.stories for address in (each.customer,)}
            breaches = self.watch.look(conn, self._sent, strangers)
        self._remember_letters()
        self._check(breaches)

    def _became(self, conn: Connection, wrote: list[Written]) -> None:
        """How the mails of a step ended: whose the new cases are, and which commands were carried out."""
        columns = (mails.c.id, mails.c.state, mails.c.case_ref, mails.c.reason)
        rows = conn.execute(select(*columns).where(mails.c.id > self._last_mail).order_by(mails.c.id)).all()
        for each, (number, state, case, reason) in zip(wrote, rows, strict=True):
            self._last_mail = number
            each.story.told.append(f"  {state} {case}: {reason}")
            self.counts[f"end {state}"] += 1
            if case and not any(case in story.cases for story in self.stories):
                each.story.cases.append(case)
            self._carried_out(each, reason if state == "command" else "")

    def _carried_out(self, each: Written, reason: str) -> None:
        names = reason.removeprefix("done: ").split(", ") if reason.startswith("done: ") else []
        self.counts.update(f"done {name}" for name in names)
        if reason.startswith("refused"):
            self.counts.update(f"refused {name}" for name in each.keywords)
        if not names:
            self.canaries.forbid(each.canaries)

    def _remember_letters(self) -> None:
        for letter in self._sent:
            for case in [letter.case] if letter.case else find_references(self.rules.prefix, _subject(letter.raw)):
                story = next((each for each in self.stories if case in each.cases), None)
                if story:
                    story.letters[case, letter.recipient] = letter

    def _check(self, breaches: list[Breach]) -> None:
        assert not self.faults, (self.seed, self.faults)
        if breaches:
            first = next((each for each in breaches if each.case), breaches[0])
            stories = [each for each in self.stories if first.case in each.cases]
            told = "\n".join(line for each in stories for line in each.told)
            raise AssertionError(f"seed {self.seed}: {len(breaches)} breaches: {breaches[:5]}\n{told}")


def _subject(raw: bytes) -> str:
    return raw[:4_000].decode("utf-8", "replace").partition("Subject:")[2].partition("\n")[0]


# -- how a story begins


def _begin(crowd: Crowd, story: Story) -> list[Written]:
    draw = story.chance.random()
    plant = crowd.plant(story)
    if draw < 0.08:
        return [crowd.wrote(story, "form", written.filled_form(story.customer, plant))]
    if draw < 0.16:
        return [crowd.wrote(story, "forward", written.forwarded("ann@firm.example", story.customer, plant))]
    about = story.chance.choice(("", "", "", " Priya Nair was rude to me.", " Tom Reed was rude."))
    return [crowd.wrote(story, "first complaint", crowd.by_customer(story, f"My order never came.{about}"))]


# -- what else people write

Other = Callable[[Crowd, Story, AnyRow, str], Written]


def _says(*texts: str) -> Other:
    """The customer answers our last letter."""

    def write(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
        who = case.customer or story.customer
        answered = crowd.answered(story, case.reference, who)
        return crowd.wrote(story, kind, crowd.by_customer(story, story.chance.choice(texts), who, answered))

    return write


def _escalation(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    reference = story.chance.choice(("", case.reference))
    answered = Answered("", written.ESCALATION, "")
    text = f"I disagree. {reference} Please look again."
    return crowd.wrote(story, kind, crowd.by_customer(story, text, case.customer or story.customer, answered))


def _stranger(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    return crowd.wrote(story, kind, crowd.by_customer(story, f"About {case.reference}: pay me.", story.somebody()))


def _other_address(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    answered = crowd.answered(story, case.reference, case.customer)
    return crowd.wrote(story, kind, crowd.by_customer(story, "It is me.", story.somebody(), answered))


def _form(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    return crowd.wrote(story, kind, written.filled_form(story.somebody(), crowd.plant(story)))


def _forward(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    colleague = story.chance.choice(("ann@firm.example", STAFF[0].address))
    return crowd.wrote(story, kind, written.forwarded(colleague, story.somebody(), crowd.plant(story)))


def _forged(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    return crowd.by_staff(story, case, story.chance.choice(tuple(written.FORGED.values())))


def _opens(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    """A colleague logs a complaint that came by phone; the words are for the house alone."""
    who = story.chance.choice(STAFF).address
    to = crowd.rules.service_address.replace("@", f"+{token_for(who, '', crowd.rules, crowd.clock())}@")
    plant = crowd.plant(story)
    name = story.chance.choice((story.somebody(), story.somebody(), f"Kim {plant('name')}"))
    received = story.chance.choice(("received 20 November", "received 20 November", "received never"))
    text = f"new: phone: {name}: {received}: it broke {plant('new')}"
    return crowd.wrote(story, kind, written.staff_mail(who, text, plant, to, None, story.chance), ["new"])


def _bounce(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    reader = case.customer or story.customer
    answered = crowd.answered(story, case.reference, reader) or Answered("<none@x.example>", "", "")
    return crowd.wrote(story, kind, written.bounce(reader, answered, crowd.plant(story)))


def _automatic(crowd: Crowd, story: Story, case: AnyRow, kind: str) -> Written:
    who = case.customer or story.customer
    answered = crowd.answered(story, case.reference, who)
    return crowd.wrote(story, kind, written.automatic(who, crowd.plant(story), answered))


OTHERS: Mapping[str, Other] = {
    "reply": _says("Here is more.", "When do I hear from you?"),
    "disagreement": _says("I disagree.", "I do not accept your decision."),
    "thanks": _says("Thanks!", "Thank you, all is well."),
    "withdrawal": _says("I withdraw my complaint."),
    "survey digit": _says("4\nquick and kind", "1\nno"),
    "escalation": _escalation,
    "stranger": _stranger,
    "other address": _other_address,
    "form": _form,
    "forward": _forward,
    "forged staff": _forged,
    "opening": _opens,
    "bounce": _bounce,
    "auto-reply": _automatic,
}
