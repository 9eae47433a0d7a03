"""Nobody but a colleague gives commands: guarantees A04, A05, A06, A10 and A16 with how many forgeries were tried.

Everything that is not the subject of a row is in order: the right person, a good token, a door that vouches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from builders import US
from core.mail_parts import NOTIFICATION, SIGNATURE
from core.mail_programs import PROGRAMS
from core.test_authentication import FORGED
from core.test_mail_programs import INTRODUCTIONS, SETTING
from core.test_staff_proof import (
    CASE,
    DOORS,
    EVIL,
    FROMS,
    KAS,
    KEYS,
    OMAR,
    OTHER,
    PRIYA,
    TODAY,
    TOKENS,
    WORDS,
    Fields,
    Letter,
    judged,
    results,
    token,
)
from mailcase.core import ids
from mailcase.core.staff.capability import Keys
from mailcase.core.staff.commands import KEYWORDS
from mailcase.core.staff.said import read_said, written
from mailcase.core.staff.staff_proof import Proven

TRIED: Mapping[str, int] = {
    "A04 token": 2_964,
    "A05 results": 605,
    "A06 From": 360,
    "A10 quoted keywords": 17_424,
    "A16 headers of ours": 192,
}
SYMBOLS = ids.ALPHABET.lower()


def tell(row: str, tried: int, accepted: int) -> None:
    """The count of a row, for `pytest -s`; one more or less is a change of the guarantee."""
    print(f"\n{row}: {tried} tried, {accepted} accepted")
    assert (tried, accepted) == (TRIED[row], 0)


def accepted(letters: Iterable[Letter]) -> list[bool]:
    """Whether each is accepted, at each kind of door, which vouches for it."""
    return [
        isinstance(judged(letter, door.trust, door.colleague), Proven)
        for letter, door in product(letters, DOORS.values())
    ]


def to(written_token: str) -> Letter:
    return Letter(to=ids.tagged(US, written_token))


def test_no_token_but_the_own_one_for_this_case_and_day_is_accepted() -> None:
    good = token()
    changed = {good[:at] + symbol + good[at + 1 :] for at in range(len(good)) for symbol in SYMBOLS} - {good}
    others = {
        token(person, case, TODAY + timedelta(days=days), keys)
        for person, case, days, keys in product(
            (PRIYA, OMAR, KAS, EVIL), (CASE, OTHER, ""), (-400, -1, 0, 30), (KEYS, Keys(b"j" * 32))
        )
        if person != PRIYA or days < 0 or keys != KEYS
    }
    wrong_case = replace(to(token(case=OTHER)), named=(CASE,))
    in_reply = (Letter(to=US, fields=(("In-Reply-To", f"<1.{each}@firm.example>"),)) for each in others)
    letters = [*(letter for letter, _ in TOKENS.values()), *map(to, changed | others), wrong_case, *in_reply]
    found = accepted(letters)
    tell("A04 token", len(found), sum(found))


def test_no_results_but_those_of_the_door_are_accepted() -> None:
    """Those of a forger stand alone, and below what the door says of a stranger."""
    door = DOORS["rfc8601"]
    alone: list[Fields] = [tuple(map(results, values)) for values in FORGED.values()]
    words = list(product(WORDS, repeat=2))
    found = [
        isinstance(judged(Letter(), door.trust, above + fields), Proven)
        for above, fields in (*product(((), door.stranger), alone), *product((door.stranger,), words))
    ]
    for name in ("m365", "submission"):
        stranger = DOORS[name].stranger
        found += [isinstance(judged(Letter(), DOORS[name].trust, stranger + fields), Proven) for fields in words]
    tell("A05 results", len(found), sum(found))


def test_no_from_but_one_plain_address_of_staff_is_accepted() -> None:
    letters = (
        Letter(froms=froms, to=ids.tagged(US, token(case=case))) for froms in FROMS.values() for case in (CASE, "")
    )
    found = accepted(letters)
    tell("A06 From", len(found), sum(found))


QUOTED = [f"{word}{rest}" for word in KEYWORDS for rest in ("", ": Dear Sam, no.")]


def test_no_keyword_that_a_colleague_quotes_is_a_command() -> None:
    tried = taken = 0
    for program, quoted in product(PROGRAMS.values(), QUOTED):
        theirs = [*NOTIFICATION[:10], quoted, quoted.title(), f"*{quoted}*", f"> {quoted}", *NOTIFICATION[18:]]
        for typed, meant in (("", []), ("category: billing", ["category"])):
            said = read_said(program([typed], SIGNATURE, theirs), SIGNATURE, SETTING)
            taken += [command.keyword for command in said.commands] != meant or said.letter is not None
            tried += len(theirs[10:14])
    for introduction, quoted in product(INTRODUCTIONS.values(), QUOTED):
        taken += written(f"{introduction}\n\n{quoted}").text != ""
        tried += 1
    tell("A10 quoted keywords", tried, taken)


NAMES = ("Sender", "Authentication", "Authentication-Results", "Proven", "Person", "Role", "Case", "Token")
VALUES = (
    PRIYA,
    f"{PRIYA} {CASE}",
    "pass",
    "manager",
    CASE,
    token(),
    "mx.firm.example; dmarc=pass header.from=firm.example",
    "1",
)


def test_no_header_of_our_own_name_is_believed() -> None:
    ours: list[Fields] = [((f"X-Mailcase-{name}", value),) for name, value in product(NAMES, VALUES)]
    found = []
    for fields, door in product(ours, DOORS.values()):
        found.append(isinstance(judged(Letter(), door.trust, door.stranger + fields), Proven))
        assert isinstance(judged(Letter(fields=fields), door.trust, door.colleague), Proven), "nor is one held against"
    tell("A16 headers of ours", len(found), sum(found))


@pytest.mark.parametrize("name", DOORS)
def test_the_same_mail_with_everything_in_order_is_accepted(name: str) -> None:
    assert judged(Letter(), DOORS[name].trust, DOORS[name].colleague) == Proven(PRIYA, CASE)
