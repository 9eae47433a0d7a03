"""`review`: list, show, accept, discard."""

from __future__ import annotations

import pytest

from builders import mail
from rigs.desk import ARRIVED, Desk

ROBOT = mail(
    "Backup <backup@example.org>", subject="Job failed", text="The job failed.", auto_submitted="auto-generated"
)
SPAM = mail("win@example.net", subject="You won", x_spam_flag="YES")


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """A desk with two mails in review."""
    desk.imports(ROBOT, SPAM)
    return desk


def state(desk: Desk) -> dict[int, str]:
    return dict(desk.query("select id, state from mails order by id"))


def test_the_list_shows_enough_to_decide(waiting: Desk) -> None:
    assert waiting.types("review", "list").out.splitlines() == [
        "id  received          from and subject    why",
        "1   2020-07-01 09:00  backup@example.org  automatic",
        "                      Job failed          auto-submitted: auto-generated",
        "2   2020-07-01 09:01  win@example.net     spam",
        "                      You won             the site's filter marked it:",
        "                                          x-spam-flag: yes",
        "",
        "2 mails in review; times are those of Europe/London",
    ]
    first, second = waiting.types("review", "list", "--json").rows
    assert (first["review"], first["signals"]) == ("automatic", ["auto-submitted: auto-generated"])
    assert (second["review"], second["subject"]) == ("spam", "You won")


def test_a_waiting_mail_can_be_read(waiting: Desk) -> None:
    printed = waiting.types("review", "show", 1).out
    assert "from       Backup <backup@example.org>\n" in printed
    assert printed.endswith("\n\n  The job failed.\n")
    assert waiting.types("review", "show", 1, "--json").rows[0]["text"] == "The job failed."


def test_an_accepted_mail_becomes_a_case_that_counts_from_its_receipt(waiting: Desk) -> None:
    answer = waiting.types("review", "accept", 1)
    [reference] = waiting.references
    assert (answer.status, answer.out) == (0, f"mail 1: case {reference}\n")
    [case] = waiting.types("show", reference, "--json").rows
    assert case["received_at"] == ARRIVED.isoformat()
    assert [letter["state"] for letter in case["letters"]] == ["queued"]


def test_a_discarded_mail_stays_as_evidence_and_nobody_is_answered(waiting: Desk) -> None:
    assert waiting.types("review", "discard", 1, 2).out == "2 mails discarded\n"
    assert state(waiting) == {1: "discarded", 2: "discarded"}
    assert waiting.query("select count(*) from bodies") == [(2,)]
    assert waiting.types("letters").out == "There are no letters yet.\n"
    assert waiting.types("ledger").status == 0


@pytest.mark.parametrize("verb", ["accept", "discard", "show"])
def test_what_is_not_in_review_is_named_and_the_rest_is_done(waiting: Desk, verb: str) -> None:
    answer = waiting.types("review", verb, *([99] if verb == "show" else [1, 99]))
    assert answer.status == 1
    assert answer.err == "mailcase: mail 99 is not in review; `mailcase review list` shows which are\n"
    assert state(waiting)[1] == {"accept": "case", "discard": "discarded", "show": "review"}[verb]


@pytest.mark.parametrize("wrong", ["x", "0", "-1", "99999999999999999999"])
def test_an_id_is_a_number(waiting: Desk, wrong: str) -> None:
    assert waiting.types("review", "accept", wrong).status == 2


def test_accepting_without_a_key_changes_nothing(waiting: Desk) -> None:
    waiting.key.unlink()
    assert waiting.types("review", "accept", 1).status == 1
    assert state(waiting) == {1: "review", 2: "review"}
