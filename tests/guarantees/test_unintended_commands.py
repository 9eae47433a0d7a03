"""A thousand mails with words that sound like commands change nothing that their authors did not mean (A09, A10).

Keywords fall into sentences, lines, quotes, signatures and the customer's own words; `pytest -s` prints the counts.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from core.mail_parts import NOTIFICATION, SIGNATURE
from core.mail_programs import PROGRAMS
from core.test_mail_programs import OTHER, SETTING
from mailcase.core.staff.command_lines import is_command
from mailcase.core.staff.command_values import Said
from mailcase.core.staff.commands import KEYWORDS
from mailcase.core.staff.said import read_said

TEXTS = max(1, round(1_000 * float(os.environ.get("MAILCASE_SCALE", "0.1"))))

SENTENCE = "the parcel came late so we rang them and said that nobody knew when it was sent to the depot"
WITHIN = (  # a line
    *("we may {k} it", "he wants us to {k}", "she said: {k}: now", "“{k}” was the word", "({k})", "'{k}: {a}'"),
    *("{K} is what he wrote", "{k}, {k} or {k}", "the {k}: {a}", "http://x.example/{k}: {a}"),
)
LINES = (
    *("{k}\n{k}: {a}", "\n{k}\n", "\n{K}: {a}", "\n- {k}", "\n\n{K}\n\n", "\n> {k}: {a}\n", "\n  {k}: {a}"),
    *("\n*{k}:* {a}", "\n{k}: {a}\nend\n", "http://x.example/{k}: {a}"),
)
ENDINGS = (
    *("", "Kind regards\nPriya", "{K}\nPriya", "Thanks\n\nPriya", "-- \n{k}: {a}\n{k}", "Priya\n{K}: {a}"),
    "Sent from my iPhone",
)
ARGUMENTS = ("investigating", "upheld", "5 days: late", "refund 5.00 GBP", "2,3", "posted", "Dear Sam, no.", "", OTHER)

END_OF_LETTER = re.compile(r"^(?:> .*|end)$", re.MULTILINE)

MEANT: Mapping[str, tuple[str, ...]] = {  # what stands above, and the keywords that it means
    "": (),
    "category: billing\n": ("category",),
    "status: waiting\nlog: posted\n": ("status", "log"),
    "escalate\n\nfiles: 2,3\n\n": ("escalate", "files"),
}


@dataclass(frozen=True)
class Typed:
    """What somebody types: the keywords that they mean, and the words of their letter, None for none."""

    text: str
    keywords: tuple[str, ...]
    letter: str | None = None


def filled(chance: random.Random, pattern: str) -> str:
    """The pattern with keywords and arguments in it."""
    while "{" in pattern:
        word = chance.choice(tuple(KEYWORDS))
        pattern = pattern.replace("{k}", word, 1).replace("{a}", chance.choice(ARGUMENTS), 1)
        pattern = pattern.replace("{K}", word.capitalize(), 1)
    return pattern


def sentences(chance: random.Random, opening: str, patterns: Sequence[str]) -> str:
    """Words of a person, with keywords wherever they may fall, but not at the very beginning."""
    pieces = [opening]
    for _ in range(chance.randint(1, 8)):
        pieces += chance.choices(SENTENCE.split(), k=chance.randint(1, 12))
        pieces.append(chance.choice(patterns))
    return filled(chance, " ".join(pieces))


def without_a_command(chance: random.Random) -> Typed:
    """Words for colleagues."""
    opening = chance.choice(("Today", "I think", "As Sam says", "Well,"))
    text = sentences(chance, opening, (*WITHIN, *LINES))
    return Typed(f"{text}\n\n{filled(chance, chance.choice(ENDINGS))}", ())


def with_a_note(chance: random.Random) -> Typed:
    """Commands, and a note below them."""
    above, keywords = chance.choice(tuple(MEANT.items()))
    return Typed(f"{above}note: {sentences(chance, 'I think', WITHIN)}", (*keywords, "note"))


def with_a_letter(chance: random.Random) -> Typed:
    """Commands, and a letter below them."""
    above, keywords = chance.choice(tuple(MEANT.items()))
    letter = sentences(chance, "Dear Sam,", chance.choice((WITHIN, (*WITHIN, *LINES))))
    return Typed(f"{above}{chance.choice(('reply', 'ask', 'resolve'))}: {letter}", keywords, letter)


def of_a_customer(chance: random.Random) -> list[str]:
    """Our notification with words of a customer who would like to give commands."""
    theirs = [filled(chance, chance.choice(("{k}: {a}", "{K}", "*{k}*: {a}", "end", "", "> {k}: {a}", "CANARY")))]
    theirs += sentences(chance, "Hello, CANARY", (*WITHIN, *LINES)).split("\n")
    return [*NOTIFICATION[:10], *theirs, *NOTIFICATION[18:]]


def bare(text: str) -> str:
    """Its letters and digits, whatever a program did to the rest."""
    return re.sub(r"[\W_]+", "", text).casefold()


def unmeant(said: Said, typed: Typed, knows_signature: bool) -> str:
    """What a mail says that its author did not mean, '' for nothing."""
    if said.faults:
        return "" if (said.commands, said.letter) == ((), None) else "something beside a fault"
    if tuple(command.keyword for command in said.commands) != typed.keywords:
        return "other commands"
    if (said.letter is None) != (typed.letter is None):
        return "a letter, or none"
    if said.letter is None or typed.letter is None:
        return ""
    sent, meant = bare(said.letter.text), bare(END_OF_LETTER.split(typed.letter)[0])
    if "canary" in sent:
        return "the words of a customer, or a signature, in a letter"
    if any(map(is_command, said.letter.text.split("\n"))):
        return "a command in a letter"
    is_whole = sent == meant or (not knows_signature and sent.startswith(meant))
    return "" if is_whole else "other words in a letter"


WRITERS: Mapping[str, Callable[[random.Random], Typed]] = {
    "without a command": without_a_command,
    "with a note": with_a_note,
    "with a letter": with_a_letter,
}


@pytest.mark.parametrize("writer", WRITERS)
def test_no_mail_changes_what_its_author_did_not_mean(writer: str) -> None:
    chance = random.Random(writer)  # the same texts every time
    programs = list(PROGRAMS)
    found: Counter[str] = Counter()
    for number in range(TEXTS):
        typed = WRITERS[writer](chance)
        signature = chance.choice((f"{SIGNATURE}\nCANARY", filled(chance, "Priya Nair, CANARY\n{K}: {a}\n{k}")))
        knows = chance.random() < 0.8
        program = programs[number % len(programs)]
        raw = PROGRAMS[program](typed.text.split("\n"), signature if knows else SIGNATURE, of_a_customer(chance))
        said = read_said(raw, signature if knows else "", SETTING)
        wrong = unmeant(said, typed, knows)
        assert not wrong, (wrong, program, typed, said)
        found["refused" if said.faults else "understood"] += 1
    print(f"\n{TEXTS} mails, {writer}: {dict(found)}, 0 unintended changes")
    assert found["understood"] > TEXTS / 10, "a reader that refuses everything would pass"
