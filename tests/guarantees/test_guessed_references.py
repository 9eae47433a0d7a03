"""Whoever guesses a reference, or knows one, gets and changes nothing: guarantee A08, with how many were tried."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from builders import SAM, mail
from mailcase.core import ids
from mailcase.core.mail.message import read
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.crowd import Crowd
from rigs.people import PRIYA, opened, the, words
from rigs.world import scale

GUESSES, CASES = scale(100_000), 2_000
KEY = b"g" * 32

# How a stranger may name the case of somebody else.
NAMES: Mapping[str, Callable[[str], dict[str, str]]] = {
    "subject": lambda reference: {"subject": f"Re: Your complaint – {reference}"},
    "body": lambda reference: {"text": f"It is about {reference}."},
    "small letters": lambda reference: {"subject": reference.lower()},
    "no dashes": lambda reference: {"subject": reference.replace("-", "")},
    "tag": lambda reference: {"to": f"complaints+{ids.tag(reference)}@firm.example"},
    "a letter's tag": lambda reference: {"to": f"complaints+{'7k4m92qfx0' * 3}@firm.example"},
    "the second look": lambda reference: {"subject": reference, "to": "escalation@firm.example"},
    "withdrawal": lambda reference: {"subject": reference, "text": "I withdraw my complaint."},
    "disagreement": lambda reference: {"subject": reference, "text": "I do not agree. Please escalate."},
    "commands": lambda reference: {"subject": reference, "text": "withdraw\nclose\nshow\nreply: Dear Sam, no."},
    "several": lambda reference: {"subject": f"{reference} CST-7K4M-92QFX {reference}"},
    "survey": lambda reference: {"subject": reference, "text": "1\nvery bad"},
}


def guesses(chance: random.Random, known: list[str]) -> list[str]:
    """References of the right form: any, right symbols behind a known beginning, one symbol or two of a known one."""

    def changed(reference: str, symbols: int) -> str:
        places = chance.sample([4, 5, 6, 7, 9, 10, 11, 12, 13], symbols)
        return "".join(chance.choice(ids.ALPHABET) if at in places else each for at, each in enumerate(reference))

    found = []
    for number in range(GUESSES + GUESSES // 20):
        near = chance.choice(known)
        symbols = "".join(chance.choices(ids.ALPHABET, k=8))
        any_one = f"CST-{symbols[:4]}-{symbols[4:]}{ids.check_symbol(symbols)}"
        found.append((any_one, changed(near, 1), changed(near, 2), f"{near[:9]}{any_one[9:]}")[number % 4])
    return found


def test_no_guess_finds_a_case() -> None:
    """Of those that are one symbol away none is even read: the check symbol knows."""
    chance = random.Random("A08")
    known = {ids.reference(KEY, "CST", number.to_bytes(32)) for number in range(CASES)}
    assert len(known) == CASES
    tried = [each for each in guesses(chance, sorted(known)) if each not in known][:GUESSES]
    read_as = {reference for guess in tried for reference in ids.find_references("CST", guess)}
    assert read_as & known == set()
    assert len(tried) == GUESSES
    assert len(read_as) > GUESSES / 5, "many are of the right form, so that something was tried"
    print(f"\n{len(tried)} guesses near {CASES} references: {len(read_as)} of the right form, 0 found")


def shape(letter: Claimed) -> str:
    """A letter without what is another in every letter: its ids, reference, reader, and moments."""
    raw = letter.raw.decode().replace(letter.recipient, "READER")
    reference = opened(letter).subject.split()[-1]
    raw = raw.replace(reference, "REFERENCE").replace(ids.tag(reference), "TAG")
    raw = re.sub(r"<[0-9a-z]{26}@firm\.example>|=_=?[0-9a-z]{24}|<[^<>@]*@evil\.example>", "ID", raw)
    return re.sub(r"\d\d:\d\d(:\d\d)?", "TIME", raw)


def test_who_knows_a_reference_gets_the_answer_of_any_new_mail(sqlite: Database) -> None:
    crowd = Crowd(sqlite)
    real = []
    for number in range(4):
        letters = crowd.customer_writes(f"Order {number} never came.", subject=f"Order {number}")
        crowd.waits(timedelta(hours=2))
        real.append(opened(the(letters, "staff-case")).subject.split()[1])
    absent = ids.reference(KEY, "CST", b"none")
    before = {reference: crowd.case(reference) for reference in real}
    answers: dict[str, set[str]] = {}
    tried = 0
    for number in range(scale(240)):
        way = list(NAMES)[number % len(NAMES)]
        for whose, reference in (("real", real[number % 4]), ("absent", absent), ("none", "")):
            fields = NAMES[way](reference) if reference else {"to": NAMES[way](absent).get("to", "")}
            if fields.get("to", "").startswith("complaints+") and whose == "none":
                fields["to"] = ""
            fields = {name: value for name, value in fields.items() if value}
            raw = mail(f"stranger{tried}@evil.example", **{"message_id": f"<{tried}@evil.example>", **fields})
            [answer] = crowd.outside(crowd.flood([raw], over=timedelta(seconds=2)))
            assert answer.recipient == f"stranger{tried}@evil.example"
            answers.setdefault(way, set()).add(shape(answer))
            tried += 1
        crowd.clock.moment += timedelta(seconds=1)
    assert tried == 3 * scale(240)
    assert {reference: crowd.case(reference) for reference in real} == before
    assert {way: len(found) for way, found in answers.items()} == dict.fromkeys(NAMES, 1), "no way tells them apart"
    kinds = {entry.kind for reference in real for entry in crowd.timeline(reference)}
    assert "link" in kinds
    assert kinds <= {"message", "link", "sent", "kept"}
    assert {each.recipient for each in crowd.outside()} - {SAM} == {f"stranger{n}@evil.example" for n in range(tried)}
    print(f"\n{tried} mails of strangers, a third with a real reference: 0 changes, 1 sort of answer")


def test_staff_see_that_a_stranger_named_a_case(sqlite: Database) -> None:
    crowd = Crowd(sqlite)
    reference = opened(the(crowd.customer_writes("My order never came."), "staff-case")).subject.split()[1]
    told = the(crowd.customer_writes("I know of it.", "evil@evil.example", subject=reference), "staff-case")
    other = opened(told).subject.split()[1]
    assert [each.text for each in crowd.timeline(reference) if each.kind == "link"] == [
        f"named by {other}, a case of its own"
    ]
    assert told.recipient == PRIYA
    assert "evil@evil.example" in words(told)
    assert read(told.raw).to == (PRIYA,)
