"""Tokens: good for one person, one case and some days; anything done to one makes it worthless (guarantee A04)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import RULES, US, mail
from mailcase.core import ids
from mailcase.core.mail.message import Message, read
from mailcase.core.staff import capability
from mailcase.core.staff.capability import Capability, Keys

KEYS = Keys(b"k" * 32)
PRIYA, OMAR = "priya@firm.example", "omar@firm.example"
CASE, OTHER = (ids.reference(b"k" * 32, "CST", digest) for digest in (b"one", b"two"))
LAST = date(2026, 12, 31)
AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FOR_CASE, PERSONAL = Capability(PRIYA, CASE, LAST), Capability(PRIYA, "", LAST)
TOKENS = {sort: capability.issue(KEYS, sort) for sort in (FOR_CASE, PERSONAL)}
SYMBOLS = ids.ALPHABET.lower()
NOT_THEIRS = "it was not made for this person, or it was changed"

references = st.binary(max_size=8).map(lambda digest: ids.reference(b"k" * 32, "CST", digest))
people = st.from_regex(r"[a-z]{1,9}@[a-z]{1,9}\.example", fullmatch=True)
days = st.dates(date(1970, 1, 1), date(4000, 1, 1))


def checked(token: str, person: str = PRIYA, keys: Keys = KEYS, at: datetime = AT) -> Capability | str:
    return capability.check(token, person, "CST", keys, at)


def proved(token: str, person: str = PRIYA) -> bool:
    return isinstance(checked(token, person), Capability)


@given(people, st.just("") | references, days)
def test_a_token_proves_what_it_was_made_for_in_either_case_of_letters(person: str, case: str, last: date) -> None:
    made = Capability(person, case, last)
    token = capability.issue(KEYS, made)
    on_its_last_day = datetime(last.year, last.month, last.day, tzinfo=UTC)
    for written in (token, token.upper(), token.title()):
        assert checked(written, person, at=on_its_last_day) == made
    assert token == capability.issue(KEYS, made)


@pytest.mark.parametrize("sort", TOKENS)
def test_a_token_is_lower_case_base32_and_fits_behind_the_longest_address(sort: Capability) -> None:
    token = TOKENS[sort]
    assert re.fullmatch("[0-9a-hjkmnp-tv-z]+", token)
    local = ids.tagged("c" * 37 + "@firm.example", token).rpartition("@")[0]
    assert len(local) <= 64


def test_no_token_with_one_symbol_changed_proves_anything() -> None:
    forged = {
        token[:at] + symbol + token[at + 1 :]
        for token in TOKENS.values()
        for at in range(len(token))
        for symbol in SYMBOLS
    }.difference(TOKENS.values())
    assert len(forged) == (25 + 17) * 31
    assert sum(map(proved, forged)) == 0


def test_no_token_with_two_symbols_swapped_or_a_piece_missing_or_added_proves_anything() -> None:
    forged: set[str] = set()
    for token in TOKENS.values():
        at = range(len(token))
        forged |= {token[:i] + token[j] + token[i + 1 : j] + token[i] + token[j + 1 :] for i in at for j in at if i < j}
        forged |= {token[:i] for i in at} | {token[i:] for i in at} | {token[:i] + token[i + 1 :] for i in at}
        forged |= {token[:i] + extra + token[i:] for i in at for extra in (*SYMBOLS, "-", " ", ".", "+", "\0", "é")}
        forged |= {f"{token}{extra}" for extra in (*SYMBOLS, " ", "\n", "=", "\u0660")}
    forged -= {*TOKENS.values()}
    assert len(forged) > 1_500
    assert sum(map(proved, forged)) == 0


@pytest.mark.parametrize(
    ("token", "person", "flaw"),
    [
        (TOKENS[FOR_CASE], OMAR, NOT_THEIRS),
        (TOKENS[PERSONAL], OMAR, NOT_THEIRS),
        (TOKENS[FOR_CASE], "", NOT_THEIRS),
        (TOKENS[FOR_CASE], "priya@firm.example.evil.example", NOT_THEIRS),
        (TOKENS[FOR_CASE], "\ud800", NOT_THEIRS),
        (ids.tag(OTHER)[3:11] + TOKENS[FOR_CASE][8:], PRIYA, NOT_THEIRS),  # the case's symbols exchanged
        (ids.tag(CASE)[3:11] + TOKENS[PERSONAL], PRIYA, NOT_THEIRS),  # the personal one made one for a case
        (TOKENS[FOR_CASE][8:], PRIYA, NOT_THEIRS),  # one for a case made a personal one
        ("zzzz".join((TOKENS[FOR_CASE][:8], TOKENS[FOR_CASE][12:])), PRIYA, NOT_THEIRS),  # good for ever
        ("", PRIYA, "it is no token"),
        (ids.tag(CASE), PRIYA, "it is no token"),
        (ids.letter_id(b"k" * 32, b"d", "update"), PRIYA, "it is no token"),
        ("0" * 25, PRIYA, NOT_THEIRS),
        ("z" * 17, PRIYA, NOT_THEIRS),
        ("u" * 25, PRIYA, "it is no token"),  # not one of our symbols
        (TOKENS[FOR_CASE].replace(TOKENS[FOR_CASE][0], "\u212a", 1), PRIYA, "it is no token"),  # the Kelvin sign
        ("0" * 100_000, PRIYA, "it is no token"),
    ],
)
def test_what_proves_nothing(token: str, person: str, flaw: str) -> None:
    assert checked(token, person) == flaw


@pytest.mark.parametrize(
    ("at", "good"),
    [
        ("2026-12-31T23:59:59+00:00", True),
        ("2027-01-01T00:00:00+00:00", False),
        ("2027-01-01T01:59:59+02:00", True),
        ("2026-12-31T20:00:00-05:00", False),
        ("2030-01-01T00:00:00+00:00", False),
    ],
)
def test_a_token_is_good_up_to_the_end_of_its_last_day_in_utc(at: str, good: bool) -> None:
    found = checked(TOKENS[FOR_CASE], at=datetime.fromisoformat(at))
    assert found == (FOR_CASE if good else "it is too old")


def test_keys_are_exchanged_with_overlap() -> None:
    old, new = Keys(b"o" * 32), Keys(b"n" * 32, previous=(b"m" * 32, b"o" * 32))
    from_before = capability.issue(old, FOR_CASE)
    from_now = capability.issue(new, FOR_CASE)
    assert from_before != from_now
    assert checked(from_before, keys=new) == checked(from_now, keys=new) == FOR_CASE
    assert checked(from_before, keys=Keys(b"n" * 32)) == NOT_THEIRS
    assert checked(from_now, keys=old) == NOT_THEIRS


def test_keys_do_not_show_in_what_is_printed() -> None:
    assert "ooo" not in repr(Keys(b"o" * 32, (b"ooo",)))


@given(st.text(max_size=40) | st.text(SYMBOLS, min_size=17, max_size=25), st.text(max_size=20))
def test_any_text_can_be_asked_and_none_is_guessed(token: str, person: str) -> None:
    assert not proved(token, person)


@given(references, st.binary(max_size=8))
def test_what_stands_in_letters_to_customers_is_no_token(case: str, digest: bytes) -> None:
    letter = ids.letter_id(b"k" * 32, digest, "acknowledgement")
    for address in (ids.tagged(US, ids.tag(case)), ids.tagged(US, letter)):
        message = read(mail(to=address, in_reply_to=f"<{letter}@firm.example>"))
        assert capability.find(message, RULES.is_ours, "firm.example") == ()


@given(people, references, days)
def test_no_token_is_taken_for_a_reference(person: str, case: str, last: date) -> None:
    token = capability.issue(KEYS, Capability(person, case, last))
    assert list(ids.find_references("CST", token)) == []


TOKEN = TOKENS[FOR_CASE]
TAGGED = ids.tagged(US, TOKEN)
OURS = capability.message_id("0abc", TOKEN, "firm.example")


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"to": TAGGED}, (TOKEN,)),
        ({"to": f"Complaints <{TAGGED}>, someone@else.example"}, (TOKEN,)),
        ({"cc": TAGGED}, (TOKEN,)),
        ({"delivered_to": TAGGED.upper()}, (TOKEN,)),
        ({"to": f"{TAGGED}, {ids.tagged(US, TOKENS[PERSONAL])}"}, (TOKEN, TOKENS[PERSONAL])),
        ({"to": f"{TAGGED}, {TAGGED.upper()}"}, (TOKEN,)),
        ({"in_reply_to": OURS}, (TOKEN,)),
        ({"in_reply_to": OURS.lower()}, (TOKEN,)),
        ({"in_reply_to": OURS.upper()}, (TOKEN,)),
        ({"references": f"<a@b> {OURS} <0100@eu-west-1.amazonses.com>"}, (TOKEN,)),
        ({"in_reply_to": "<0100@eu-west-1.amazonses.com>", "references": OURS}, (TOKEN,)),
        (
            {"references": f"{capability.message_id('1', TOKENS[PERSONAL], 'firm.example')} {OURS}"},
            (TOKEN, TOKENS[PERSONAL]),
        ),
        ({"to": TAGGED.replace("firm", "evil")}, ()),
        ({"to": TAGGED.replace("complaints", "someone")}, ()),
        ({"in_reply_to": OURS.replace("firm", "evil")}, ()),
        ({"references": OURS.replace(".example", "")}, ()),
        ({"subject": TAGGED}, ()),
        ({"reply_to": TAGGED}, ()),
        ({"in_reply_to": "<@firm.example> <.@firm.example> <x@>"}, ()),
        ({}, ()),
    ],
)
def test_a_token_is_found_behind_the_plus_sign_and_in_the_ids_that_an_answer_names(
    headers: dict[str, str], found: tuple[str, ...]
) -> None:
    message = read(mail(**headers))
    assert capability.find(message, RULES.is_ours, "firm.example") == found


def test_a_token_in_the_text_is_not_looked_for() -> None:
    message: Message = read(mail(text=f"{TAGGED} {OURS} {TOKEN}"))
    assert capability.find(message, RULES.is_ours, "firm.example") == ()


def test_the_last_day_is_sealed_too() -> None:
    later = capability.issue(KEYS, replace(FOR_CASE, expires=LAST + timedelta(days=1)))
    mixed = TOKEN[:8] + later[8:12] + TOKEN[12:]
    assert mixed not in (TOKEN, later)
    assert checked(mixed) == NOT_THEIRS
