"""What mails to staff say of what they wrote: true words, and what to do next."""

from __future__ import annotations

from typing import Any

import pytest

from builders import PRIYA
from mailcase.store.engine import Database
from rigs.people import PROVEN, People, the, words

NOTED = "Kept as a note; nothing else was done, and nothing was sent to the customer."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The depot has the CCTV.", ""),
        ("ask Sam for photos", "If you meant a command, write it with a colon: ask: …"),
        ("*Resolve* it, I would say.", "If you meant a command, write it with a colon: resolve: …"),
        ("withdraw it, please", "If you meant a command, write it alone on its line: withdraw"),
    ],
)
def test_an_answer_without_a_command_is_said_to_be_a_note_and_no_more(sqlite: Database, text: str, said: str) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    answer = words(the(people.answers(told, text), "staff-transcript"))
    assert answer.startswith(NOTED)
    assert "Done." not in answer
    assert answer.count("If you meant") == bool(said)
    assert said in answer
    assert [each.text for each in people.timeline() if each.kind == "note" and each.actor == PRIYA] == [text]


def test_an_answer_with_nothing_new_in_it_is_said_to_have_done_nothing(sqlite: Database) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    answer = words(the(people.answers(told, "> My order never came."), "staff-transcript"))
    assert answer.startswith("You wrote nothing new: nothing was done, and nothing was sent to the customer.")


@pytest.mark.parametrize(
    ("verdict", "wrong", "said"),
    [
        ("mx.firm.example; dmarc=none", {}, "your mail system did not confirm that you sent it. Tell your operator: "),
        (PROVEN, {"to": "complaints@firm.example"}, "answer the newest mail about the case, from your own address."),
    ],
)
def test_whoever_is_not_believed_hears_what_to_do_about_it(
    sqlite: Database, verdict: str, wrong: dict[str, Any], said: str
) -> None:
    people = People(sqlite)
    told = the(people.customer_writes("My order never came."), "staff-case")
    subject = f"Re: {people.case().reference}"
    letters = people.answers(told, "withdraw", authentication_results=verdict, subject=subject, **wrong)
    assert said in words(the(letters, "staff-unproven"))
