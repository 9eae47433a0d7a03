"""Who may give commands: one of staff, by a strict From, a token that we made for them, and the door's word.

All three, because each alone can be had: From by writing it, a token by being forwarded a mail that quotes it, the
door's word by anybody who may send in the name of the firm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from mailcase.core import ids
from mailcase.core.mail.addresses import folded
from mailcase.core.mail.authentication import Verdict
from mailcase.core.mail.charset import decode_words
from mailcase.core.mail.message import Message
from mailcase.core.mail.thread import tags
from mailcase.core.rules import Rules
from mailcase.core.staff import capability
from mailcase.core.staff.capability import Capability, Keys

_WORD = re.compile(r"""[^\s<>"'(),;:\[\]\\]+""")


@dataclass(frozen=True, slots=True)
class Proven:
    """One of staff wrote this; `case` is the one that their token is for, '' for the personal one."""

    person: str
    case: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """Not proven, and why; `person` is the one of staff whom it claims to come from, '' when it claims none."""

    person: str
    reason: str
    by_door: bool = False  # all is as it should be, but for the word of the mail system


def prove(
    message: Message,
    verdict: Verdict,
    rules: Rules,
    keys: Keys,
    at: datetime,
    named: Collection[str] = (),
    goes_on_as: Callable[[str], str] = str,
) -> Proven | Unproven:
    """Whether one of staff wrote this mail, which came at that moment and on which the door gave that verdict.

    `named` are the cases of the letters that it answers or quotes. If these, the tags of its recipients or its subject
    name another case than the token, nobody can say which one was meant. One that was joined is no other: `goes_on_as`
    gives the case that goes on for it.
    """
    person = claimed(message, verdict.sender, rules.staff_addresses)
    if not person:
        return Unproven("", "it does not come from one of staff")
    if not verdict.sender:
        return Unproven(person, verdict.reason)
    found = _capability(message, person, rules, keys, at, goes_on_as)
    if isinstance(found, str):
        return Unproven(person, found)
    case = goes_on_as(found.case)
    others = set(map(goes_on_as, (*named, *_named(message, rules)))) - {case}
    if case and others:
        return Unproven(person, f"its token is for {case}, but it also names {', '.join(sorted(others))}")
    if verdict.says != "pass":
        return Unproven(person, verdict.reason, by_door=True)
    return Proven(person, case)


def claimed(message: Message, sender: str, staff: Collection[str]) -> str:
    """Which of staff a mail claims to come from: by a strict From nobody else, else by any word that stands in it."""
    if sender:
        return sender if sender in staff else ""
    values = message.headers.get("from", ())
    words = (word for value in values for text in (value, decode_words(value)) for word in _WORD.findall(text))
    return next((folded(word) for word in words if folded(word) in staff), "")


def _capability(
    message: Message, person: str, rules: Rules, keys: Keys, at: datetime, goes_on_as: Callable[[str], str]
) -> Capability | str:
    """What the tokens in a mail prove together, or why they prove nothing."""
    tokens = capability.find(message, rules.is_ours, rules.domain)
    checked = [capability.check(token, person, rules.prefix, keys, at) for token in tokens]
    valid = [found for found in checked if isinstance(found, Capability)]
    # A thread that began with the personal address goes on with the case: the narrower one counts.
    about_cases = [found for found in valid if found.case]
    if len({goes_on_as(found.case) for found in about_cases}) > 1:
        return f"its tokens are for several cases: {', '.join(sorted({found.case for found in about_cases}))}"
    if valid:
        return (about_cases or valid)[0]
    return next((f"its token proves nothing: {flaw}" for flaw in checked), "it carries no token of ours")


def _named(message: Message, rules: Rules) -> Iterable[str]:
    for text in (*(tag for tag, _ in tags(message, rules.is_ours)), message.subject):
        yield from ids.find_references(rules.prefix, text)
