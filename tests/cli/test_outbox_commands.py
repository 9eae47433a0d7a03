"""`letters`, `retry`, `release`, `cancel`, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from builders import SAM, mail
from mailcase.store.engine import Database
from mailcase.store.tables import letters
from rigs.desk import ARRIVED, Desk

Until = Callable[[datetime], None]


@pytest.fixture
def held(desk: Desk) -> Desk:
    """A desk with two held letters."""
    desk.has("[letters]\nhold = true")
    desk.imports(mail(subject="One"), mail("kim@example.org", subject="Two"))
    return desk


def ids(desk: Desk, state: str) -> list[str]:
    rows = desk.types("letters", "--state", state, "--json").rows
    return [row["id"] for row in rows if not row["kind"].startswith("staff-")]


def test_the_list_shows_the_short_id_that_the_verbs_accept(held: Desk) -> None:
    lines = held.types("letters").out.splitlines()
    [mine] = [line.split() for line in lines if line.endswith(SAM)]
    short = mine[0]
    assert len(short) == 8
    assert mine[1:] == [held.references[0], "acknowledgement", "held", SAM]
    assert held.types("release", short).out == "1 letter released\n"
    assert ids(held, "queued")[0].startswith(short)


def test_a_letter_can_be_read_before_it_is_released(held: Desk) -> None:
    [whole] = [row["id"] for row in held.types("letters", "--json").rows if row["recipient"] == SAM]
    answer = held.types("letters", whole[:6].upper())
    assert f"to         {SAM}\n" in answer.out
    assert "why        hold is set\n" in answer.out
    assert "\n  We have your complaint.\n" in answer.out
    [row] = held.types("letters", whole, "--json").rows
    assert row["text"].startswith("Hello,")
    assert row["subject"].endswith(held.references[0])


@pytest.mark.parametrize(
    ("verb", "said", "state"), [("release", "released", "queued"), ("cancel", "cancelled", "cancelled")]
)
def test_a_verb_changes_the_letters_and_stands_on_the_timeline(held: Desk, verb: str, said: str, state: str) -> None:
    count = {"release": 2, "cancel": 4}[verb]  # those to the handler were not held, and can be cancelled
    assert held.types(verb, "--all").out == f"{count} letters {said}\n"
    assert len(ids(held, state)) == 2
    [case] = held.types("show", held.references[0], "--json").rows
    assert case["timeline"][-1]["kind"] == verb
    assert case["timeline"][-1]["actor"].startswith("operator ")


def test_what_cannot_be_done_is_said_and_the_rest_is_done(held: Desk) -> None:
    one, other = ids(held, "held")
    held.types("cancel", one)
    answer = held.types("release", one, other)
    assert answer.status == 1
    assert answer.out == "1 letter released\n"
    assert answer.err == f"mailcase: letter {one[:8]} was not released: only one that is held can be\n"


def test_a_letter_that_came_back_is_shown_so_and_can_be_sent_again(held: Desk) -> None:
    one, other = ids(held, "held")
    database = Database(held.url)
    with database.write() as conn:
        conn.execute(update(letters).values(state="sent", sent_at=ARRIVED))
        conn.execute(update(letters).where(letters.c.id == one).values(bounced_at=ARRIVED))
    database.close()
    assert held.types("letters").out.count("sent, came back") == 1
    assert "\ncame back  2020-07-01 09:00" in held.types("letters", one).out
    answer = held.types("retry", one, other)
    assert answer.out == "1 letter queued\n"
    assert f"letter {other[:8]} was not queued: only one that is failed or in-doubt or queued, or" in answer.err
    assert ids(held, "queued") == [one]
    assert held.types("retry", "--all").out == "1 letter queued\n"


@pytest.mark.parametrize("verb", ["retry", "release", "cancel"])
def test_a_verb_wants_to_know_which_letters(held: Desk, verb: str) -> None:
    for words in ([verb], [verb, "--all", "abc"]):
        answer = held.types(*words)
        assert answer.status == 2
        assert answer.err.startswith("mailcase: name the letters by the first symbols of their ids, or say --all")


@pytest.mark.parametrize(
    ("beginning", "sentence"),
    [("zzzz", "no letter's id begins with zzzz"), ("", "several letters' ids begin with"), ("%", "no letter's id")],
)
def test_a_beginning_must_mean_one_letter(held: Desk, beginning: str, sentence: str) -> None:
    answer = held.types("release", beginning)
    assert (answer.status, answer.out) == (1, "")
    assert sentence in answer.err
    assert len(ids(held, "held")) == 2


def test_a_letter_that_was_held_for_days_is_released_with_the_dates_of_today(passing: Until, held: Desk) -> None:
    passing(ARRIVED + timedelta(minutes=10))
    before = ids(held, "held")[0]
    passing(ARRIVED + timedelta(days=6))
    [old] = held.types("letters", before, "--json").rows
    assert "We will write to you by Monday 6 July 2020" in old["text"]
    assert held.types("release", "--all").out == "2 letters released\n"
    [new] = held.types("letters", before, "--json").rows
    assert (new["id"], new["state"], new["subject"]) == (before, "queued", old["subject"])
    assert "We will write to you by Sunday 12 July 2020" in new["text"]


def test_a_stopped_letter_has_its_case_looked_at(passing: Until, held: Desk) -> None:
    passing(ARRIVED + timedelta(minutes=10))
    held.types("cancel", ids(held, "held")[0])
    looks = held.query("SELECT look_at FROM timers WHERE kind = 'case' ORDER BY look_at")
    assert looks[0][0].startswith("2020-07-01 08:10")


def test_a_released_acknowledgement_tells_the_handler_of_the_case(desk: Desk) -> None:
    desk.has("[limits]\nper_address_hour = 1")
    desk.imports(mail(subject="One"), mail(subject="Two"))
    other = desk.references[1]
    [held] = ids(desk, "held")
    assert not [row for row in told(desk) if other in row["text"]]
    assert desk.types("release", held).out == "1 letter released\n"
    [mail_to_handler] = [row for row in told(desk) if other in row["text"]]
    assert mail_to_handler["text"].startswith(f"Please look after {other}: it is a new case.")
    assert "It never came." in mail_to_handler["text"]


def test_a_letter_of_an_operator_who_releases_each_tells_no_handler_twice(held: Desk) -> None:
    assert held.types("release", "--all").out == "2 letters released\n"
    assert len(told(held)) == 2


def told(desk: Desk) -> list[dict[str, str]]:
    """The mails about new cases."""
    found = [row["id"] for row in desk.types("letters", "--json").rows if row["kind"] == "staff-case"]
    return [desk.types("letters", each, "--json").rows[0] for each in found]
