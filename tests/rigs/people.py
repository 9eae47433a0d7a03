"""A firm whose staff and customers write mails: the loops on a clock that stands until the test moves it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from builders import NOW, PRIYA, SAM, STAFFED, TOM, US, Said, mail
from mailcase.cli.stage_time import Clock, Gap, Stage
from mailcase.core.entries import Entry
from mailcase.core.letters.post import token_for
from mailcase.core.mail.message import Message, read
from mailcase.core.promises.policy import Policy
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.data import data_dir
from mailcase.store import records
from mailcase.store.doors import ensure_door
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from mailcase.store.mails import Kept
from mailcase.store.tables import cases

DOOR = "box"
TAGGED = re.compile(r"[\w.-]+\+\w+@[\w.-]*\w")
PROVEN = "mx.firm.example; dmarc=pass header.from=elsewhere.example"
AT_ONCE, COOLED = timedelta(minutes=1), timedelta(minutes=12)
OUTSIDE = {"[ADR provider]": "ADR Group", "[ADR address]": "1 High Street", 'web = ""': 'web = "https://adr.example"'}


def example(firm: str) -> Policy:
    """A firm's policy, with what it left open filled in."""
    text = (data_dir() / "examples" / firm / "policy.toml").read_text("utf-8")
    for placeholder, words in OUTSIDE.items():
        text = text.replace(placeholder, words)
    return read_policy(text, firm)


class People:
    """Mails go in by `customer_writes` and `answers`; what left is in `sent`, oldest first."""

    def __init__(self, database: Database, rules: Rules = STAFFED, start: datetime = NOW) -> None:
        self.database, self.rules, self.clock = database, rules, Clock(start)
        self.sent: list[Claimed] = []
        self.said = Said()
        self._stage = Stage(database, rules, self.clock, self._relay, self.said)
        self._written = 0
        with database.write() as conn:
            self._door = ensure_door(conn, DOOR, "email")

    def _relay(self, letter: Claimed) -> str:
        self.sent.append(letter)
        return "250 2.0.0 ok"

    def arrives(self, raw: bytes, then: timedelta = AT_ONCE) -> list[Claimed]:
        """A mail comes, time passes, and these letters leave."""
        before = len(self.sent)
        arrived = [Kept(raw, self.clock() + timedelta(seconds=1))]
        self._stage.run(self.clock() + then, self._door, arrived)
        faults = [line for line in self.said.lines if line[1]["level"] == "error"]
        assert not faults, faults
        return self.sent[before:]

    def imports(self, raw: bytes) -> list[Claimed]:
        """An old mail is imported, without answers, and these letters leave."""
        before = len(self.sent)
        with self.database.write() as conn:
            archive = ensure_door(conn, "archive", "import")
        old = Kept(raw, self.clock() - timedelta(days=30), silent=True)
        self._stage.run(self.clock() + AT_ONCE, archive, [old])
        return self.sent[before:]

    def waits(self, time: timedelta) -> list[Claimed]:
        """Time passes, and these letters leave."""
        before = len(self.sent)
        self._stage.run(self.clock() + time)
        return self.sent[before:]

    def is_down(self, time: timedelta) -> list[Claimed]:
        """The daemon is down for a time; when it is back, these letters leave."""
        before = len(self.sent)
        back = self.clock() + time
        self._stage.run(back, gap=Gap(self.clock(), back))
        return self.sent[before:]

    def customer_writes(self, text: str, sender: str = f"Sam Okafor <{SAM}>", **headers: str) -> list[Claimed]:
        """A mail of a customer's."""
        return self.arrives(mail(sender, **{"text": text, "message_id": self._id(), **headers}))

    def answers(
        self, letter: Claimed, text: str, who: str = PRIYA, then: timedelta = AT_ONCE, **headers: str
    ) -> list[Claimed]:
        """One of staff answers a mail of ours, from a mail program that the firm's mail system vouches for."""
        answered = read(letter.raw)
        facts = {
            "to": next(iter(answered.reply_to), US),
            "in_reply_to": answered.message_id,
            "authentication_results": PROVEN,
            "message_id": self._id(),
            "subject": f"Re: {answered.subject}",
        }
        return self.arrives(mail(who, **{**facts, "text": text, **headers}), then)

    def _id(self) -> str:
        self._written += 1
        return f"<{self._written}@mua.example>"

    def case(self, reference: str = "") -> CaseRecord:
        """The only case, or one of several."""
        with self.database.write() as conn:
            [wanted] = [reference] if reference else conn.scalars(select(cases.c.reference))
            return records.load(conn, [wanted])[wanted]

    def timeline(self, reference: str = "") -> tuple[Entry, ...]:
        """What happened on the only case, or on one of several."""
        wanted = self.case(reference).reference
        with self.database.read() as conn:
            return records.history(conn, [wanted]).entries[wanted]


def own_address(helped: str) -> str:
    """Where its reader begins cases, as the answer to `help` names it."""
    [found] = TAGGED.findall(helped)
    return str(found)


def people_token(people: People) -> str:
    """What lets Priya begin cases, at the address that `help` names."""
    return token_for(PRIYA, "", people.rules, people.clock())


def the(letters: list[Claimed], kind: str, to: str = "") -> Claimed:
    """The one letter of this kind (to somebody)."""
    [found] = [each for each in letters if each.kind == kind and to in ("", each.recipient)]
    return found


def words(letter: Claimed) -> str:
    """What it says."""
    return read(letter.raw).text


def opened(letter: Claimed) -> Message:
    """The letter, read."""
    return read(letter.raw)


def firm(name: str) -> Rules:
    """A firm of the examples, with our two colleagues."""
    return replace(STAFFED, policy=example(name))


__all__ = [
    "COOLED",
    "PRIYA",
    "TAGGED",
    "TOM",
    "US",
    "People",
    "example",
    "firm",
    "opened",
    "own_address",
    "people_token",
    "the",
    "words",
]
