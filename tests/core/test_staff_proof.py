"""Who may give commands: every forgery of A04, A05, A06 and A16, at every kind of door, and 0 of them accepted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, RULES, US, mail
from mailcase.core import ids
from mailcase.core.mail.authentication import Trust, verdict
from mailcase.core.mail.message import read
from mailcase.core.staff import capability
from mailcase.core.staff.assignment import Colleague
from mailcase.core.staff.capability import Capability, Keys
from mailcase.core.staff.staff_proof import Proven, Unproven, prove

PRIYA, OMAR, KAS, EVIL = "priya@firm.example", "omar@firm.example", "kas@firm.example", "evil@x.example"
RULES_HERE = replace(RULES, staff=tuple(Colleague(each, each) for each in (PRIYA, OMAR, KAS)))
KEYS = Keys(b"k" * 32)
CASE, OTHER = (ids.reference(RULES.key, "CST", digest) for digest in (b"one", b"two"))
TODAY = NOW.date()
TENANT = "0a3106bb-aab1-42df-9639-39f349ecd2a0"


def token(person: str = PRIYA, case: str = CASE, expires: date = TODAY, keys: Keys = KEYS) -> str:
    return capability.issue(keys, Capability(person, case, expires))


def results(text: str) -> tuple[str, str]:
    return "Authentication-Results", text


Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Door:
    """A kind of mail system: what we believe of it, and what it writes on a colleague's and a stranger's mail."""

    trust: Trust
    colleague: Fields
    stranger: Fields


EXCHANGE = "X-MS-Exchange-Organization-AuthAs"
DOORS: Mapping[str, Door] = {
    "rfc8601": Door(
        Trust("rfc8601", "mx.firm.example"),
        (
            results(
                "mx.firm.example; spf=pass smtp.mailfrom=firm.example; dmarc=pass (p=reject) header.from=firm.example"
            ),
        ),
        (results("mx.firm.example; spf=pass smtp.mailfrom=x.example; dmarc=fail (p=reject) header.from=firm.example"),),
    ),
    "m365": Door(
        Trust("m365", TENANT),
        ((EXCHANGE, "Internal"), ("X-MS-Exchange-CrossTenant-Id", TENANT)),
        ((EXCHANGE, "Anonymous"), ("X-MS-Exchange-CrossTenant-Id", TENANT)),
    ),
    "submission": Door(
        Trust("submission", "mx.firm.example"),
        (results(f"mx.firm.example; auth=pass (plain) smtp.auth={PRIYA}"),),
        (results("mx.firm.example; auth=none; spf=pass smtp.mailfrom=x.example"),),
    ),
}


@dataclass(frozen=True)
class Letter:
    """A mail as it reaches us; as it stands, Priya's answer to the notification of CASE."""

    froms: tuple[str, ...] = (f"Priya Nair <{PRIYA}>",)
    to: str = ids.tagged(US, token())
    fields: Fields = ()  # what the sender wrote besides, below what the door writes
    subject: str = f"Re: New complaint {CASE}"
    text: str = "status: investigating"
    at: datetime = NOW
    named: tuple[str, ...] = ()

    def raw(self, written_by_the_door: Fields) -> bytes:
        froms = (("From", value) for value in self.froms)
        head = "".join(f"{name}: {value}\r\n" for name, value in (*written_by_the_door, *self.fields, *froms))
        return head.encode("utf-8", "surrogateescape") + mail("", self.subject, self.text, to=self.to)


def judged(letter: Letter, trust: Trust, written_by_the_door: Fields) -> Proven | Unproven:
    message = read(letter.raw(written_by_the_door))
    return prove(message, verdict(message, trust), RULES_HERE, KEYS, letter.at, letter.named)


def at_each_door(letters: Sequence[Letter]) -> Iterator[Proven | Unproven]:
    """What becomes of them with everything else in order."""
    for letter, door in product(letters, DOORS.values()):
        yield judged(letter, door.trust, door.colleague)


def accepted(found: Sequence[Proven | Unproven]) -> int:
    return sum(isinstance(one, Proven) for one in found)


OURS = capability.message_id("0abc", token(), "firm.example")
HONEST = {
    "an answer": Letter(),
    "with a bare From": Letter(froms=(PRIYA,)),
    "with another spelling of the address": Letter(froms=("Priya <Priya@Firm.Example>",)),
    "with an encoded name": Letter(froms=(f"=?utf-8?Q?Nair=2C_Priya?= <{PRIYA}>",)),
    "with a folded From": Letter(froms=(f"Priya Nair\r\n <{PRIYA}>",)),
    "to an address in capitals": Letter(to=ids.tagged(US, token()).upper()),
    "in copy to others": Letter(to=f"{ids.tagged(US, token())}, omar@firm.example, sam@example.org"),
    "where there is no plus sign": Letter(to=US, fields=(("In-Reply-To", OURS),)),
    "where the relay replaced our id": Letter(
        to=US, fields=(("In-Reply-To", "<0100@eu-west-1.amazonses.com>"), ("References", f"<a@b.example> {OURS}"))
    ),
    "on the last day": Letter(at=NOW.replace(hour=23, minute=59)),
    "without the reference in the subject": Letter(subject="Re: that customer"),
    "with letters of the same case": Letter(named=(CASE, CASE)),
    "to the customers' tag too": Letter(to=f"{ids.tagged(US, token())}, {ids.tagged(US, ids.tag(CASE))}"),
    "with another case in a command": Letter(text=f"same: {OTHER}"),
    "with an old token beside": Letter(
        fields=(("References", capability.message_id("1", token(expires=date(2026, 1, 1)), "firm.example")),)
    ),
    "with the personal token beside": Letter(
        fields=(("References", capability.message_id("1", token(case=""), "firm.example")),)
    ),
    "to the personal address, in the thread of the case": Letter(
        to=ids.tagged(US, token(case="")), fields=(("References", OURS),)
    ),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("how", HONEST)
def test_a_colleague_is_proven(how: str, door: str) -> None:
    assert judged(HONEST[how], DOORS[door].trust, DOORS[door].colleague) == Proven(PRIYA, CASE)


def test_the_personal_token_proves_the_person_for_no_case() -> None:
    for letter in (
        Letter(to=ids.tagged(US, token(case=""))),
        Letter(to=ids.tagged(US, token(case="")), named=(OTHER,)),
    ):
        assert set(at_each_door([letter])) == {Proven(PRIYA, "")}


# A06: a From that two readers take for different people. What the readers of it could see is Priya.
FROMS: Mapping[str, tuple[str, ...]] = {
    "two fields": (PRIYA, EVIL),
    "two fields, the other way round": (EVIL, PRIYA),
    "the same twice": (PRIYA, PRIYA),
    "an empty second field": (PRIYA, ""),
    "no field": (),
    "an empty field": ("",),
    "two addresses": (f"{PRIYA}, {EVIL}",),
    "two addresses in angles": (f"<{PRIYA}> <{EVIL}>",),
    "two addresses, semicolon": (f"{PRIYA}; {EVIL}",),
    "two colleagues": (f"{PRIYA}, {OMAR}",),
    "a group": (f"Staff: {PRIYA};",),
    "a group of two": (f"Staff: {PRIYA}, {EVIL};",),
    "an empty group before": (f"x:;{PRIYA}",),
    "an address as a name": (f"{PRIYA} <{EVIL}>",),
    "an address as a name, the other way round": (f"{EVIL} <{PRIYA}>",),
    "an address as a quoted name": (f'"{PRIYA}" <{EVIL}>',),
    "an address as an encoded name": (f"=?utf-8?Q?{PRIYA.replace('@', '=40')}?= <{EVIL}>",),
    "an encoded address": (f"=?utf-8?Q?{PRIYA.replace('@', '=40')}?=",),
    "an encoded address in angles": (f"<=?utf-8?Q?{PRIYA.replace('@', '=40')}?=>",),
    "an encoded local part": ("=?utf-8?Q?priya?=@firm.example",),
    "an encoded second address": (f"{PRIYA} =?utf-8?Q?=3Cevil=40x.example=3E?= <{EVIL}>",),
    "an encoded line end": (f"=?utf-8?Q?a=0D=0AFrom:_{PRIYA.replace('@', '=40')}?= <{EVIL}>",),
    "NUL behind": (f"{PRIYA}\0",),
    "NUL within": ("priya@firm\0.example",),
    "NUL before another": (f"{PRIYA}\0{EVIL}",),
    "NUL in the name": (f"Pri\0ya <{PRIYA}>",),
    "a bare CR": (f"{PRIYA}\rFrom: {EVIL}",),
    "a vertical tab": (f"{PRIYA}\x0b",),
    "another control character": (f"{PRIYA}\x1b",),
    "a comment with an address": (f"({PRIYA}) <{EVIL}>",),
    "a comment within": ("priya(x)@firm.example",),
    "a comment as a domain": (f"{PRIYA}(x)@x.example",),
    "a comment that is not closed": (f"{PRIYA} (<{EVIL}>",),
    "a comment with an angle": (f"(<{EVIL}>) {PRIYA}",),
    "a quote that is not closed": (f'"{PRIYA} <{EVIL}>',),
    "a quoted local part": ('"priya"@firm.example',),
    "a quoted address as local part": (f'"{PRIYA}"@x.example',),
    "a source route": (f"<@x.example:{PRIYA}>",),
    "two at signs": (f"{PRIYA}@x.example",),
    "two at signs, the other way round": (f"x@x.example@{PRIYA.partition('@')[2]}",),
    "a percent": ("priya%firm.example@x.example",),
    "an angle that is not closed": (f"<{PRIYA}",),
    "an angle that was not opened": (f"{PRIYA}>",),
    "a comma in a bare name": (f"Nair, Priya <{PRIYA}>",),
    "a backslash": (f"{PRIYA}\\ <{EVIL}>",),
    "a dot at the end": (f"{PRIYA}.",),
    "a space within": ("priya @firm.example",),
    "a longer domain": (f"{PRIYA}.evil.example",),
    "a tag": ("priya+x@firm.example",),
    "a full-width at": ("priya\uff20firm.example",),
    "a full-width letter": ("\uff50riya@firm.example",),
    "a Cyrillic letter": ("pr\u0456ya@firm.example",),
    "a Turkish letter": ("pr\u0131ya@firm.example",),
    "an invisible letter": ("priya\u200b@firm.example",),
    "a right-to-left mark": ("\u202epriya@firm.example",),
    "a byte that is none": ("priya@firm.example\udc80",),
    "a colleague without a seat": ("sara@firm.example",),
    "our own address": (US,),
    "the tagged address itself": (ids.tagged(US, token()),),
    "a stranger": (EVIL,),
}
# What may stand in From in these rows is what all readers take for somebody else.
SOMEBODY_ELSE = (
    "an address as a quoted name",
    "an address as an encoded name",
    "an encoded line end",
    "a percent",
    "a longer domain",
    "a tag",
    "a full-width letter",
    "a Cyrillic letter",
    "a Turkish letter",
    "a colleague without a seat",
    "our own address",
    "the tagged address itself",
    "a stranger",
)


@pytest.mark.parametrize("how", FROMS)
def test_no_odd_from_is_accepted_even_with_a_good_token_and_a_good_word_of_the_door(how: str) -> None:
    assert accepted(list(at_each_door([Letter(froms=FROMS[how])]))) == 0


@pytest.mark.parametrize("how", SOMEBODY_ELSE)
def test_who_is_somebody_else_for_every_reader_claims_to_be_nobody_of_staff(how: str) -> None:
    found = set(at_each_door([Letter(froms=FROMS[how])]))
    assert found == {Unproven("", "it does not come from one of staff")}


@pytest.mark.parametrize(
    "how",
    ["two fields", "a group", "NUL within", "an address as a name", "a comma in a bare name", "an encoded local part"],
)
def test_who_could_be_taken_for_one_of_staff_is_named_so_that_they_can_be_told(how: str) -> None:
    found = set(at_each_door([Letter(froms=FROMS[how]), Letter(froms=FROMS[how], to=US)]))
    assert found == {Unproven(PRIYA, "its From is not one plain address that every reader takes for the same")}


def test_a_token_is_of_no_use_to_another_colleague() -> None:
    door = DOORS["rfc8601"]
    found = judged(Letter(froms=(OMAR,)), door.trust, door.colleague)
    reason = "its token proves nothing: it was not made for this person, or it was changed"
    assert found == Unproven(OMAR, reason)


@pytest.mark.parametrize(
    ("sender", "proven"),
    [
        ("kas@firm.example", True),
        ("KAS@FIRM.EXAMPLE", True),
        ("\u212aas@firm.example", False),  # the Kelvin sign: its lower case is a k
        ("ka\u017f@firm.example", False),  # the long s: folded, it is an s
        ("\uff4bas@firm.example", False),
    ],
)
@pytest.mark.parametrize("door", ["rfc8601", "m365"])
def test_no_foreign_letter_becomes_one_of_a_colleague(sender: str, proven: bool, door: str) -> None:
    found = judged(Letter(froms=(sender,), to=ids.tagged(US, token(KAS))), DOORS[door].trust, DOORS[door].colleague)
    assert found == (Proven(KAS, CASE) if proven else Unproven("", "it does not come from one of staff"))


GOOD = token()
NO_TOKEN = "it carries no token of ours"
WRONG = "its token proves nothing: it was not made for this person, or it was changed"
OLD = "its token proves nothing: it is too old"


def to(written: str, address: str = US) -> Letter:
    return Letter(to=ids.tagged(address, written))


# A04: everything else is in order, the token is not.
TOKENS: Mapping[str, tuple[Letter, str]] = {
    "none": (Letter(to=US), NO_TOKEN),
    "none, but the customers' tag": (to(ids.tag(CASE)), NO_TOKEN),
    "none, but the id of a letter": (to(ids.letter_id(RULES.key, b"d", "update")), NO_TOKEN),
    "none, but an answer to a letter of ours": (Letter(to=US, named=(CASE,)), NO_TOKEN),
    "in the text": (Letter(to=US, text=f"{GOOD} {ids.tagged(US, GOOD)} {OURS}"), NO_TOKEN),
    "in the subject": (Letter(to=US, subject=f"{GOOD} {ids.tagged(US, GOOD)} {OURS}"), NO_TOKEN),
    "in Reply-To": (Letter(to=US, fields=(("Reply-To", ids.tagged(US, GOOD)),)), NO_TOKEN),
    "in the name of an address": (Letter(to=f'"{ids.tagged(US, GOOD)}" <{US}>'), NO_TOKEN),
    "in X-Mailcase-Token": (Letter(to=US, fields=(("X-Mailcase-Token", GOOD), ("X-Mailcase-Case", CASE))), NO_TOKEN),
    "behind another name": (to(GOOD, "sales@firm.example"), NO_TOKEN),
    "behind another domain": (to(GOOD, "complaints@x.example"), NO_TOKEN),
    "in a Message-ID of another domain": (
        Letter(to=US, fields=(("In-Reply-To", OURS.replace("firm", "x")),)),
        NO_TOKEN,
    ),
    "in its own Message-ID": (Letter(to=US, fields=(("Resent-Message-ID", OURS),)), NO_TOKEN),
    "cut": (to(GOOD[:-1]), NO_TOKEN),
    "cut at the front": (to(GOOD[1:]), NO_TOKEN),
    "cut to the length of a personal one": (to(GOOD[8:]), WRONG),
    "longer": (to(f"{GOOD}0"), NO_TOKEN),
    "changed": (to(GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")), WRONG),
    "of a colleague": (to(token(OMAR)), WRONG),
    "of a stranger": (to(token(EVIL)), WRONG),
    "of nobody": (to(token("")), WRONG),
    "of another key": (to(token(keys=Keys(b"j" * 32))), WRONG),
    "for another case": (to(ids.tag(OTHER)[3:11] + GOOD[8:]), WRONG),
    "personal, made one for the case": (to(ids.tag(CASE)[3:11] + token(case="")), WRONG),
    "too old": (to(token(expires=TODAY - timedelta(days=1))), OLD),
    "too old, and the last day changed": (to(GOOD[:8] + "zzzz" + GOOD[12:]), WRONG),
    "too old when it came": (Letter(at=NOW + timedelta(days=1)), OLD),
    "for several cases": (
        Letter(to=f"{ids.tagged(US, GOOD)}, {ids.tagged(US, token(case=OTHER))}"),
        f"its tokens are for several cases: {', '.join(sorted((CASE, OTHER)))}",
    ),
    "and another case in the subject": (
        Letter(subject=f"Re: {OTHER}"),
        f"its token is for {CASE}, but it also names {OTHER}",
    ),
    "and both cases in the subject": (
        Letter(subject=f"Re: {CASE} and {OTHER.lower()}"),
        f"its token is for {CASE}, but it also names {OTHER}",
    ),
    "and another case in a tag": (
        Letter(to=f"{ids.tagged(US, GOOD)}, {ids.tagged(US, ids.tag(OTHER))}"),
        f"its token is for {CASE}, but it also names {OTHER}",
    ),
    "and an answer to a letter of another case": (
        Letter(named=(CASE, OTHER)),
        f"its token is for {CASE}, but it also names {OTHER}",
    ),
}


@pytest.mark.parametrize("how", TOKENS)
def test_no_mail_is_accepted_whose_token_is_not_good(how: str) -> None:
    letter, reason = TOKENS[how]
    assert set(at_each_door([letter])) == {Unproven(PRIYA, reason)}


# A05 and A16: From and token are good, because somebody was forwarded a notification; the door does not vouch.
WORDS: Fields = (
    *(field for door in DOORS.values() for field in door.colleague),
    results(" mx.firm.example;\r\n\tdmarc=pass\r\n\theader.from=firm.example"),
    results(f"mx.firm.example; auth=pass smtp.auth={PRIYA}; dmarc=pass header.from={PRIYA}"),
    ("X-MS-Exchange-CrossTenant-AuthAs", "Internal"),
    ("X-Mailcase-Sender", PRIYA),
    ("X-Mailcase-Authentication", "pass"),
    ("X-Mailcase-Proven", f"{PRIYA} {CASE}"),
    ("X-Mailcase-Role", "manager"),
    ("ARC-Authentication-Results", "i=1; mx.firm.example; dmarc=pass header.from=firm.example"),
    ("Received-SPF", "pass"),
)


def test_nothing_that_a_sender_can_write_makes_the_door_vouch_for_them() -> None:
    forged = [Letter(fields=fields) for fields in [(), *((field,) for field in WORDS), *product(WORDS, WORDS), WORDS]]
    found = [judged(letter, door.trust, door.stranger) for letter in forged for door in DOORS.values()]
    assert len(found) == (2 + len(WORDS) + len(WORDS) ** 2) * 3
    assert accepted(found) == 0
    assert {one.person for one in found if isinstance(one, Unproven)} == {PRIYA}


def test_at_a_door_without_a_method_nobody_is_proven() -> None:
    every_word = Letter(fields=WORDS)
    for trust in (Trust(), Trust("rfc8601"), Trust("m365"), Trust("submission"), Trust("none", "mx.firm.example")):
        found = judged(every_word, trust, DOORS["rfc8601"].colleague)
        assert isinstance(found, Unproven)


def test_headers_of_our_own_name_change_nothing() -> None:
    ours = tuple(field for field in WORDS if field[0].startswith("X-Mailcase"))
    for door in DOORS.values():
        for written in (door.colleague, door.stranger):
            with_them, without = (judged(Letter(fields=fields), door.trust, written) for fields in (ours, ()))
            assert with_them == without


def test_two_faults_together_are_no_virtue() -> None:
    letters = [replace(letter, froms=froms) for (letter, _), froms in product(TOKENS.values(), FROMS.values())]
    found = list(at_each_door(letters))
    assert len(found) == len(TOKENS) * len(FROMS) * len(DOORS)
    assert accepted(found) == 0


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_text_in_from_to_or_subject_is_accepted_from_a_stranger(sender: str, recipient: str, subject: str) -> None:
    letter = Letter(froms=(sender,), to=recipient, subject=subject)
    for door in DOORS.values():
        raw = letter.raw(door.stranger)
        message = read(raw.decode("utf-8", "replace").encode("utf-8", "replace"))
        assert isinstance(prove(message, verdict(message, door.trust), RULES_HERE, KEYS, NOW), Unproven)
