"""No letter to anybody outside says what a mail said: guarantee A01, with how many mails and letters were looked at.

Whole cases are played, from the first mail to the bodies outside; with 24 lives every step is taken with every shape of
mail. `pytest -s` prints the counts.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders import PRIYA, STAFFED, TOM
from guarantees.canary_mails import CANARY, SHAPES, said, shaped
from mailcase.core.mail.forms import Form
from mailcase.core.mail.message import read
from mailcase.core.staff.assignment import Colleague
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.crowd import Crowd
from rigs.people import COOLED, firm, opened, the
from rigs.world import scale

ESCALATION = "escalation@firm.example"
FORM = Form(
    "no-reply@forms.example", "form", {"email": "Email", "name": "Name", "subject": "Subject", "message": "Message"}
)
PROVEN_FORM = "mx.firm.example; dmarc=pass header.from=forms.example"
DECISION = "outcome: {}\nredress: none\nresolve: Dear Sam,\n\nwe looked into it, and this is our answer."
# What each firm's letters are, when its cases are played as below.
LETTERS = {
    "constrat": {"acknowledgement", "update", "reply", "ask", "extension", "resolution", "second-look", "signpost",
                 "which-case", "withdrawal"},
    "xpereozz": {"acknowledgement", "update", "reply", "ask", "extension", "resolution", "step", "survey", "which-case",
                 "withdrawal"},
}  # fmt: skip


MAILS = {"constrat": 15, "xpereozz": 16}  # of one life
LIVES = max(2, scale(24))  # two have mails of every shape
STAFF = (*STAFFED.staff, Colleague("Mia Wolf", "mia@elsewhere.example", "manager"))  # for complaints about Priya


class Life:
    """One customer's cases; every mail of theirs has the canary in it, and every mail of staff has none."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        self.crowd, self.number = crowd, number
        self.customer = f"sam{number}@example.org"
        self.shapes: list[str] = []  # of the mails so far

    def writes(self, text: str, sender: str = "", **headers: str) -> list[Claimed]:
        self.shapes.append(list(SHAPES)[(self.number + len(self.shapes)) % len(SHAPES)])
        raw = shaped(self.shapes[-1], len(self.shapes), sender or self.customer, text, **headers)
        return self.crowd.arrives(raw)

    def is_played(self) -> None:
        """Two cases to the end of their first stage, one of them further, and others that begin in other ways."""
        first = self.is_decided("not upheld")
        self.is_decided("upheld")
        self.writes("Please look at this again.", to=ESCALATION)
        self.asks_again(first)
        self.comes_by_a_form()
        self.comes_from_a_colleague()
        self.takes_it_back()
        self.crowd.waits(timedelta(days=2))

    def is_decided(self, outcome: str) -> Claimed:
        """Questions, an extension, an update, and the decision, which is returned."""
        crowd = self.crowd
        letters = self.writes("My order never came.")
        told, acknowledged = the(letters, "staff-case"), opened(the(letters, "acknowledgement"))
        self.writes("And the box was open.", in_reply_to=acknowledged.message_id)
        self.writes("I know of this case.", f"kim{self.number}@example.net", subject=acknowledged.subject)
        crowd.answers(told, "ask: Could you send a picture?", told.recipient, COOLED)
        self.writes("Here it is.", in_reply_to=acknowledged.message_id)
        crowd.answers(told, "extend: 5 business days: the depot is closed", told.recipient, COOLED)
        crowd.answers(told, "reply: Dear Sam, we have it.", told.recipient, COOLED)
        if crowd.rules.policy.steps:
            crowd.answers(told, "kind: refund\nstep: eligibility", told.recipient, COOLED)
            crowd.answers(told, "kind: complaint", told.recipient)
        crowd.waits(timedelta(days=8))
        return the(crowd.answers(told, DECISION.format(outcome), told.recipient, COOLED), "resolution")

    def asks_again(self, decision: Claimed) -> None:
        """The second stage where there is one; else the survey."""
        crowd, answered = self.crowd, {"in_reply_to": opened(decision).message_id}
        letters = self.writes("I do not agree.", **answered)
        told = next(each for each in letters if each.kind == "staff-message")  # a manager may hear of it as well
        crowd.answers(told, "thanks", told.recipient)
        letters = self.writes("Look at it again.", to=ESCALATION, **answered)
        if again := [each for each in letters if each.kind == "staff-case"]:
            crowd.answers(again[0], DECISION.format("upheld"), again[0].recipient, COOLED)
            return
        parked = next(each for each in letters if each.kind == "staff-message")
        survey = the(crowd.answers(parked, "close", parked.recipient, COOLED), "survey")
        self.writes("4\n\nquick and kind", in_reply_to=opened(survey).message_id)

    def comes_by_a_form(self) -> None:
        text = f"Name: {CANARY}\nEmail: form{self.number}@example.org\nSubject: {CANARY}\nMessage: {CANARY} broke."
        self.writes(text, FORM.sender, authentication_results=PROVEN_FORM)

    def comes_from_a_colleague(self) -> None:
        """Who complains is proposed from the mail, and confirmed."""
        text = (
            f"FYI\n\n---------- Forwarded message ---------\nFrom: {CANARY} <lee{self.number}@example.net>\n"
            f"Date: Fri, 20 Nov 2026 at 14:05\nSubject: {CANARY}\nTo: <ann@firm.example>\n\n{CANARY} broke.\n"
        )
        told = [each for each in self.writes(text, "ann@firm.example") if each.kind == "staff-case"]
        for each in told:
            self.crowd.answers(each, "accept", each.recipient)

    def takes_it_back(self) -> None:
        letters = self.writes("My lamp broke too.")
        told = the(letters, "staff-case")
        acknowledged = [opened(each).message_id for each in letters if each.kind == "acknowledgement"]
        self.writes("I withdraw my complaint.", in_reply_to=(acknowledged or [""])[0])
        self.crowd.answers(told, "withdraw", told.recipient)


def faults(letters: Iterable[Claimed]) -> list[tuple[str, str]]:
    """(kind, recipient) of each letter that says what a mail said, beside the id of the mail that it answers."""
    found = []
    for letter in letters:
        message = read(letter.raw)
        ids = {*message.in_reply_to, *message.references}
        strange = [each for each in ids if CANARY in each and not each.endswith(f".{CANARY}@mua.example>")]
        if strange or CANARY in said(letter.raw) or CANARY in "".join(message.headers["to"]):
            found.append((letter.kind, letter.recipient))
    return found


@pytest.mark.parametrize("name", LETTERS)
def test_no_letter_says_what_a_mail_said(prepared_sqlite: Path, tmp_path: Path, name: str) -> None:
    lives = []
    for number in range(LIVES):
        path = tmp_path / f"{number}.db"
        shutil.copy(prepared_sqlite, path)
        with closing(Database(f"sqlite:///{path}")) as database:
            lives.append(Life(Crowd(database, replace(firm(name), forms=(FORM,), staff=STAFF)), number * 11))
            lives[-1].is_played()
    sent = [letter for life in lives for letter in life.crowd.sent]
    letters = [letter for life in lives for letter in life.crowd.outside()]
    mails = Counter(shape for life in lives for shape in life.shapes)
    assert mails.total() == MAILS[name] * len(lives)
    assert mails.keys() == SHAPES.keys()
    assert {each.kind for each in letters} == LETTERS[name]
    assert any(CANARY in said(each.raw) for each in sent if each.recipient in (PRIYA, TOM)), "staff read it"
    assert faults(letters) == []
    print(f"\n{name}: {mails.total()} mails, {len(letters)} letters outside: 0 with words of a mail")
