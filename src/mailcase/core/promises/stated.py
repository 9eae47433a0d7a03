"""Which of the facts that a policy asks for a complaint's own words give, so that only the others are asked for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from mailcase.core.promises.policy import Fact


def not_stated(facts: Iterable[Fact], text: str, fields: Collection[str] = ()) -> tuple[str, ...]:
    """What is asked for and not given, by the words of a mail and the fields of a form that were filled in.

    A fact that no words show is not among them: whether it is given, only a person can tell.
    """
    return tuple(fact.ask for fact in facts if fact.shows and not _is_stated(fact, text, fields))


def still_missing(missing: Collection[str], facts: Iterable[Fact], text: str) -> tuple[str, ...]:
    """What of that is missing after one more mail of the customer."""
    return tuple(fact for fact in not_stated(facts, text) if fact in missing)


def to_ask(facts: Iterable[Fact], missing: Collection[str]) -> tuple[str, ...]:
    """What the acknowledgement asks for, in the policy's order: what is missing, and what only a person could see."""
    return tuple(fact.ask for fact in facts if fact.ask in missing or not fact.shows)


def _is_stated(fact: Fact, text: str, fields: Collection[str]) -> bool:
    return fact.field in fields or any(_pattern(words).search(text) for words in fact.words)


def _pattern(words: str) -> re.Pattern[str]:
    """Whole words in any case, however they are spaced; # is a digit."""
    spelled = r"\s*".join(re.escape(each).replace(r"\#", r"\d") for each in words.split())
    return re.compile(rf"(?<!\w){spelled}(?!\w)", re.IGNORECASE)
