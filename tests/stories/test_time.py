"""The real process and the clock: days of downtime, a clock that jumps, and who ends the hold."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from days import at
from rigs.books import Books
from rigs.operator import waits_until
from rigs.world import World, message_id, scale

DAY = timedelta(days=1)


def updates_at_the_relay(world: World, books: Books) -> Counter[str]:
    """How often the relay has got each letter that tells a customer how far we are."""
    known = {name for name, row in books.letters().items() if row.kind == "update"}
    return Counter(name for name in map(message_id, world.relay.letters) if name in known)


# -- downtime


def test_after_three_days_down_each_case_has_one_letter_at_most_and_every_flag_within_a_minute(
    weeks: World, books: Books
) -> None:
    weeks.starts()
    customers = weeks.complaints_are_acknowledged(scale(300))
    weeks.kill()
    weeks.time_is(at("Mon 2026-11-30 10:00"))  # the updates were due on Saturday
    weeks.starts()
    waits_until(lambda: len([row for row in books.deadlines() if row.state == "broken"]) == len(customers), 60)
    waits_until(lambda: updates_at_the_relay(weeks, books).total() >= len(customers))
    weeks.waits_until_settled()
    weeks.time_passes(timedelta(minutes=5))
    weeks.stop()
    weeks.starts()
    weeks.waits_until_settled()
    weeks.stop()
    assert Counter(letter.rcpt_to[0] for letter in weeks.relay.letters if letter.rcpt_to[0] in customers) == Counter(
        dict.fromkeys(customers, 2)  # the acknowledgement, and one to catch up
    )


# -- a clock that jumps


def test_a_jump_holds_the_letters_and_mail_is_answered_as_ever_until_an_operator_says_go_on(
    weeks: World, books: Books
) -> None:
    weeks.clock_is_watched()
    daemon = weeks.starts()
    weeks.complaints_are_acknowledged(3)
    weeks.time_passes(4 * DAY)  # its updates would leave now
    daemon.waits_to_say("clock.jumped")
    assert any("--hold" in fault for fault in weeks.waits_for_health(503)["faults"])
    weeks.complaints_are_acknowledged(1)
    assert not updates_at_the_relay(weeks, books)
    released = weeks.mailcase("release", "--hold")
    assert released.returncode == 0, released.stderr
    daemon.waits_to_say("clock.released")
    waits_until(lambda: updates_at_the_relay(weeks, books).total() >= 3)
    weeks.waits_for_health(200)
    assert weeks.mailcase("release", "--hold").returncode == 1
    weeks.stop()


def test_a_clock_that_comes_back_ends_the_hold_and_nothing_was_flagged_or_sent(weeks: World, books: Books) -> None:
    weeks.clock_is_watched()
    daemon = weeks.starts()
    weeks.complaints_are_acknowledged(3)
    weeks.time_passes(30 * DAY)
    daemon.waits_to_say("clock.jumped")
    weeks.time_passes(-30 * DAY)
    daemon.waits_to_say("clock.back")
    weeks.stop()
    assert not updates_at_the_relay(weeks, books)
    assert {row.state for row in books.deadlines()} == {"open", "kept"}
