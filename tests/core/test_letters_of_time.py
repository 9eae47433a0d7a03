"""What a customer reads as time passes, to the word: the acknowledgement of each policy, and the updates."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from builders import POLICY, RULES, SAM
from mailcase.core.changes import QueueLetter
from mailcase.core.deadlines import extension
from mailcase.core.deadlines.extension import Extension
from mailcase.core.deadlines.look import look
from mailcase.core.deadlines.owed import CaseFacts, Contact, Happening, new_case
from mailcase.core.letters.acknowledge import acknowledgement, notice_entries
from mailcase.core.letters.customer_mail import written
from mailcase.core.letters.update import update
from mailcase.core.promises.policy import Policy
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.promises.stated import not_stated
from mailcase.core.staff.assignment import Colleague
from mailcase.data import data_dir

REFERENCE = "CST-7K4M-92QFX"
PRIYA = "priya@elsewhere.example"
STAFF = replace(RULES, staff=(Colleague("Priya Nair", PRIYA),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


RECEIVED = at("2026-11-20 18:30")


def example(firm: str) -> Policy:
    return read_policy((data_dir() / "examples" / firm / "policy.toml").read_text("utf-8"), firm)


def text_of(letter: QueueLetter) -> str:
    part = message_from_bytes(letter.raw, policy=policy.default).get_body(("plain",))
    assert part
    return str(part.get_content()).replace("\r\n", "\n").strip()


def acknowledged(firm: str, handler: str = "", received: datetime = RECEIVED) -> str:
    rules = replace(STAFF, policy=example(firm))
    missing = not_stated(rules.policy.facts, "")
    case = replace(new_case(rules.policy, REFERENCE, received), handler=handler, missing=missing)
    return text_of(written(acknowledgement(case, rules, received), case, SAM, rules, received))


def updated(now: str, *contacts: tuple[str, str], **facts: object) -> str:
    """The update that goes out at `now` under the plain policy, after these contacts."""
    return text_of(_update(now, contacts, facts))


def _update(now: str, contacts: tuple[tuple[str, str], ...], facts: dict[str, object]) -> QueueLetter:
    spoken = tuple(Contact(at(when), what, f"{what} {when}") for when, what in contacts)
    case: CaseFacts = replace(new_case(POLICY, REFERENCE, RECEIVED), customer=SAM, contacts=spoken)
    case = replace(case, **facts)  # type: ignore[arg-type]
    found = look(case, POLICY, at(now))
    [owed] = [each for each in found.deadlines if each.kind == "update" and each.met_at is None]
    return written(update(case, owed, found, STAFF, at(now)), case, SAM, STAFF, at(now))


ACK = ("2026-11-20 18:30", "acknowledgement")
SAYS_WHY = Happening(
    at("2026-12-17 11:00"),
    "extend",
    extension.write(Extension(at("2027-01-08 17:00"), "The network operator has not answered yet.")),
)

WROTE, WROTE_AGAIN = ("2026-12-18 09:00", "update"), ("2026-12-21 09:00", "update")
TALKED = Happening(at("2026-12-02 10:00"), "contact", "phone")
MESSAGE = Happening(at("2026-12-02 10:00"), "message", "Re: My order")
RECENT = ("2026-12-15 09:00", "update")
EARLY = (ACK, ("2026-12-01 09:00", "update"))
PRIYA_LOOKS = {"handler": PRIYA, "status": "investigating"}

# The moment of the letter, the contacts before it, and what else is known of the case.
STORIES: dict[str, tuple[str, tuple[tuple[str, str], ...], dict[str, object]]] = {
    "nobody has looked yet": ("2026-11-25 09:00", (ACK,), {}),
    "something happened": ("2026-12-04 09:00", EARLY, PRIYA_LOOKS | {"happened": (MESSAGE, MESSAGE, TALKED)}),
    "nothing happened": ("2026-12-04 09:00", EARLY, {}),
    "the date was moved in time": (
        "2026-12-18 09:00",
        (ACK, ("2026-12-15 09:00", "update")),
        PRIYA_LOOKS | {"happened": (SAYS_WHY,)},
    ),
    "missed, with a reason": ("2026-12-22 09:00", (ACK, WROTE), PRIYA_LOOKS | {"happened": (SAYS_WHY,)}),
    "missed, nobody said why": ("2026-12-22 09:00", (ACK, WROTE), {}),
    "still missed": ("2026-12-24 09:00", (ACK, WROTE, WROTE_AGAIN), {"status": "waiting"}),
    "the letter itself is late": ("2026-11-30 09:00", (ACK,), {}),
    "both are late": ("2026-12-24 09:00", EARLY, {}),
}

FIRMS = ("plain", "constrat", "xpereozz")
# The letters as customers read them, each below the name of its policy or story.
_PAGES = Path(__file__).with_name("letters_of_time.txt").read_text("utf-8").split("\n\n=== ")
LETTERS = {name: text.strip() for name, _, text in (page.partition("\n") for page in _PAGES[1:])}


@pytest.mark.parametrize("firm", FIRMS)
def test_the_acknowledgement_says_what_the_policy_asks_for(firm: str) -> None:
    assert acknowledged(firm) == LETTERS[firm]


@pytest.mark.parametrize("story", STORIES)
def test_the_update_says_how_far_we_are(story: str) -> None:
    now, contacts, facts = STORIES[story]
    assert updated(now, *contacts, **facts) == LETTERS[story]


def sentences(text: str) -> list[str]:
    lines = [line.removeprefix("- ") for line in text.splitlines() if line]
    return [each for line in lines for each in re.split(r"(?<=[.?:]) ", line)]


@pytest.mark.parametrize("text", [LETTERS[name] for name in ("plain", *STORIES)])
def test_a_letter_has_at_most_150_words_in_sentences_of_at_most_20(text: str) -> None:
    assert len(text.split()) <= 150
    assert max(len(sentence.split()) for sentence in sentences(text)) <= 20


@pytest.mark.parametrize("text", LETTERS.values())
def test_no_letter_says_the_same_sentence_twice(text: str) -> None:
    said = sentences(text)
    assert len(said) == len(set(said))


@pytest.mark.parametrize("text", LETTERS.values())
@pytest.mark.parametrize("phrase", ["shortly", "as soon as possible", "important to us", "sorry", "valued", "!"])
def test_no_letter_flatters_or_is_vague(text: str, phrase: str) -> None:
    assert phrase not in text.casefold()


def test_the_handler_is_named_as_a_person_and_a_stranger_not_at_all() -> None:
    assert "- Priya Nair is looking after your complaint." in acknowledged("constrat", PRIYA.upper())
    assert "is looking after" not in acknowledged("constrat", "gone@elsewhere.example")


def test_a_reason_that_was_told_in_time_is_not_told_again_before_the_date_is_missed() -> None:
    text = updated("2026-12-18 09:00", ACK, ("2026-12-17 12:00", "update"), happened=(SAYS_WHY,))
    assert "The reason" not in text
    assert "You will have our decision by Friday 8 January 2027." in text


def test_a_new_date_that_has_passed_as_well_is_not_given_again() -> None:
    text = updated("2027-01-11 09:00", ACK, ("2027-01-07 09:00", "update"), happened=(SAYS_WHY,))
    assert "8 January" not in text
    assert "- We cannot give you a new date for our decision yet." in text


def test_a_date_that_we_moved_before_it_passed_is_told_as_what_it_was() -> None:
    case = new_case(POLICY, REFERENCE, RECEIVED)
    [first] = [each for each in case.deadlines if each.kind == "resolve"]
    second = replace(first, seq=2, counted_from=SAYS_WHY.at, due_at=at("2027-01-08 17:00"))
    letters = (ACK, ("2026-12-17 11:10", "extension"), ("2026-12-18 09:00", "update"))
    text = updated("2026-12-22 09:00", *letters, happened=(SAYS_WHY,), deadlines=(*case.deadlines, second))
    assert text.startswith(
        "Hello,\n\nWe need more time for your complaint, as we told you.\n\nYou should have had our decision by "
        "Friday 18 December 2026. On Thursday 17 December 2026 we gave you a new date.\n\nThe reason: The network "
        "operator has not answered yet.\n\nYou will now have our decision by Friday 8 January 2027."
    )


def test_of_two_dates_that_were_missed_the_last_is_named() -> None:
    case = new_case(POLICY, REFERENCE, RECEIVED)
    [first] = [each for each in case.deadlines if each.kind == "resolve"]
    second = replace(first, seq=2, due_at=at("2027-01-08 17:00"))
    wrote = ("2027-01-07 09:00", "update")
    text = updated("2027-01-11 09:00", ACK, wrote, happened=(SAYS_WHY,), deadlines=(*case.deadlines, second))
    assert "We have not finished by the date we gave you.\n\nYou should have had our decision by Friday 8 Jan" in text


def test_an_extension_without_a_date_is_all_reason() -> None:
    assert extension.read("waiting for the bank") == Extension(None, "waiting for the bank")
    for each in (Extension(at("2027-01-08 17:00"), "until 5: the bank"), Extension(None, "the bank")):
        assert extension.read(extension.write(each)) == each


def test_the_version_of_the_privacy_notice_is_recorded_where_there_is_one() -> None:
    assert notice_entries(REFERENCE, RULES) == ()
    [entry] = notice_entries(REFERENCE, replace(RULES, policy=example("xpereozz")))
    assert (entry.kind, entry.case) == ("notice", REFERENCE)
    assert "2026-01, https://xpereozz.example/privacy" in entry.text


def test_a_letter_is_the_same_bytes_however_often_it_is_decided() -> None:
    now, contacts, facts = STORIES["missed, with a reason"]
    assert _update(now, contacts, facts) == _update(now, contacts, facts)
