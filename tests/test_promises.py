"""The four firms of examples/ through the real code, mail in to letter out: each timed promise at its exact minute.

The expected times are reasoned from the published policies and the calendar, not read off the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from golden import GOLDEN, customer_letters, golden_text
from mailcase.cli.simulation import Event, Simulation, sample, simulation
from mailcase.cli.stage_time import Gap
from mailcase.store.mails import Kept

EXAMPLES = Path(__file__).parents[1] / "examples"
LONDON = ZoneInfo("Europe/London")


def moment(text: str) -> datetime:
    """`2026-11-20 18:30`, as a clock in London shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@contextmanager
def simulated(firm: str, received: str, days: int) -> Iterator[Simulation]:
    """One complaint to a firm that nobody looks at."""
    folder = EXAMPLES / firm
    with simulation(folder / "policy.toml", folder / "config.toml") as running:
        start = moment(received)
        running.run([sample(running.rules.service_address, start)], start, days)
        yield running


def lines(events: Sequence[Event]) -> list[str]:
    """What the customer gets and what is warned of and flagged: `Fri 2026-11-20 18:30 letter acknowledgement`."""
    return [
        f"{event.at.astimezone(LONDON):%a %Y-%m-%d %H:%M} {event.event} {event.kind}"
        for event in events
        if event.event in ("warning", "flag") or (event.event == "letter" and not event.kind.startswith("staff-"))
    ]


# K1 at once, also at weekends. K4 every 5 calendar days after the last letter, in the last business hours that end
# before it is due; so a due moment at 9:00 is kept on the business day before. K7 at close of the 20th business day.
CONSTRAT_FRIDAY = """
Fri 2026-11-20 18:30 letter acknowledgement
Wed 2026-11-25 09:00 letter update
Fri 2026-11-27 09:00 letter update
Tue 2026-12-01 09:00 letter update
Fri 2026-12-04 09:00 letter update
Tue 2026-12-08 09:00 letter update
Fri 2026-12-11 09:00 letter update
Tue 2026-12-15 09:00 warning K7
Tue 2026-12-15 09:00 letter update
Thu 2026-12-17 09:00 warning K7
Fri 2026-12-18 09:00 letter update
Fri 2026-12-18 17:00 flag K7
"""
CONSTRAT_BOXING_DAY = """
Sat 2026-12-26 10:00 letter acknowledgement
Wed 2026-12-30 09:00 letter update
Thu 2026-12-31 09:00 letter update
Mon 2027-01-04 09:00 letter update
Fri 2027-01-08 09:00 letter update
Tue 2027-01-12 09:00 letter update
Fri 2027-01-15 09:00 letter update
Tue 2027-01-19 09:00 letter update
Thu 2027-01-21 09:00 warning K7
Fri 2027-01-22 09:00 letter update
Mon 2027-01-25 09:00 warning K7
Tue 2027-01-26 09:00 letter update
Tue 2027-01-26 17:00 flag K7
"""
# X3 is due at close of the 5th business day, so it leaves when that day opens. X4: the 20th business day.
XTRASPOTS_CHRISTMAS_EVE = """
Thu 2026-12-24 14:05 letter acknowledgement
Tue 2027-01-05 09:00 letter update
Tue 2027-01-12 09:00 letter update
Tue 2027-01-19 09:00 letter update
Thu 2027-01-21 09:00 warning X4
Mon 2027-01-25 09:00 warning X4
Tue 2027-01-26 09:00 letter update
Tue 2027-01-26 17:00 flag X4
"""
# C5: the 5th working day after a Saturday is the Friday; C6 every second business day.
XCOMMUNICATIONS_SATURDAY = """
Sat 2026-11-21 11:00 letter acknowledgement
Tue 2026-11-24 09:00 warning C5
Tue 2026-11-24 09:00 letter update
Thu 2026-11-26 09:00 warning C5
Thu 2026-11-26 09:00 letter update
Fri 2026-11-27 17:00 flag C5
Mon 2026-11-30 09:00 letter update
"""
# P2: the 10th business day after Christmas Eve; the customer is told every third.
XPEREOZZ_CHRISTMAS_EVE = """
Thu 2026-12-24 14:05 letter acknowledgement
Thu 2026-12-31 09:00 letter update
Wed 2027-01-06 09:00 letter update
Thu 2027-01-07 09:00 warning P2
Mon 2027-01-11 09:00 warning P2
Mon 2027-01-11 09:00 letter update
Tue 2027-01-12 17:00 flag P2
Thu 2027-01-14 09:00 letter update
"""


@pytest.mark.parametrize(
    ("firm", "received", "days", "expected"),
    [
        ("constrat", "2026-11-20 18:30", 30, CONSTRAT_FRIDAY),
        ("constrat", "2026-12-26 10:00", 32, CONSTRAT_BOXING_DAY),
        ("xtraspots", "2026-12-24 14:05", 34, XTRASPOTS_CHRISTMAS_EVE),
        ("xcommunications", "2026-11-21 11:00", 10, XCOMMUNICATIONS_SATURDAY),
        ("xpereozz", "2026-12-24 14:05", 22, XPEREOZZ_CHRISTMAS_EVE),
    ],
)
def test_each_timed_promise_is_kept_or_flagged_at_its_minute(
    firm: str, received: str, days: int, expected: str
) -> None:
    with simulated(firm, received, days) as running:
        assert lines(running.events()) == expected.split("\n")[1:-1]


def test_the_statutory_letter_of_a_telecoms_firm_goes_by_itself_before_six_weeks_are_over() -> None:
    with simulated("xcommunications", "2026-11-21 11:00", 44) as running:
        found = [line for line in lines(running.events()) if line.endswith((" ofcom", " signpost"))]
    assert found == [
        "Tue 2026-12-29 09:00 warning ofcom",
        "Thu 2026-12-31 09:00 warning ofcom",
        "Thu 2026-12-31 09:00 letter signpost",
    ]


def test_the_handler_is_asked_for_words_one_business_day_before_each_update() -> None:
    with simulated("constrat", "2026-11-20 18:30", 12) as running:
        events = running.events()
    asked = [f"{event.at:%a %d %b %H:%M}" for event in events if event.kind == "staff-words"]
    assert asked == ["Tue 24 Nov 09:00", "Thu 26 Nov 09:00", "Mon 30 Nov 09:00"]


def test_a_missed_target_is_told_to_the_manager_at_once_and_a_business_day_later() -> None:
    with simulated("constrat", "2026-11-20 18:30", 40) as running:
        events = running.events()
    told = [f"{event.at:%a %d %b %H:%M}" for event in events if event.kind == "staff-overdue"]
    assert told == ["Fri 18 Dec 17:00", "Fri 18 Dec 17:00", "Mon 21 Dec 17:00"]  # the handler, and twice the manager


# -- the letters, as a customer reads them


@pytest.mark.parametrize(
    ("firm", "dates"),
    [
        ("constrat", ("Thursday 24 December 2026 at 14:05", "Tuesday 29 December 2026", "Tuesday 26 January 2027")),
        ("xtraspots", ("Thursday 24 December 2026 at 14:05", "Tuesday 5 January 2027", "Tuesday 26 January 2027")),
        (
            "xcommunications",
            ("Thursday 24 December 2026 at 14:05", "Wednesday 30 December 2026", "Tuesday 5 January 2027"),
        ),
        ("xpereozz", ("Thursday 24 December 2026 at 14:05", "Thursday 31 December 2026", "Tuesday 12 January 2027")),
    ],
)
def test_the_acknowledgement_names_each_date_that_was_promised(firm: str, dates: tuple[str, ...]) -> None:
    with simulated(firm, "2026-12-24 14:05", 1) as running:
        [(_, text)] = customer_letters(running)
    for date in ("Thursday 24 December 2026 at 14:05", *dates):
        assert date in text
    assert "business days" not in text.partition("What you can do")[0]


def test_a_letter_after_the_target_says_first_that_it_was_missed() -> None:
    with simulated("constrat", "2026-11-20 18:30", 33) as running:
        letters = customer_letters(running)
    before, after = letters[-2][1], letters[-1][1]
    assert "We have not finished by the date we gave you." not in before
    assert "We have not finished by the date we gave you." in after
    assert "Friday 18 December 2026" in after


@pytest.mark.parametrize("firm", ["constrat", "xtraspots", "xcommunications", "xpereozz"])
def test_the_letters_read_as_they_were_approved(firm: str) -> None:
    written = {path.name: path.read_text("utf-8") for path in (GOLDEN / firm).glob("*.txt")}
    assert golden_text(firm) == written


def complaints(to: str, start: datetime, count: int) -> list[Kept]:
    """Complaints of different customers, one every seven hours."""
    return [
        Kept(
            b"From: c%d@example.org\r\nTo: %b\r\nSubject: No %d\r\nMessage-ID: <%d@example.org>\r\n\r\nIt broke.\r\n"
            % (number, to.encode(), number, number),
            start + timedelta(hours=7 * number),
            f"c{number}@example.org",
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("firm", ["constrat", "xcommunications"])
def test_after_three_days_of_downtime_each_case_gets_one_letter_at_most_and_its_flags_at_once(firm: str) -> None:
    start, folder = moment("2026-11-16 09:30"), EXAMPLES / firm
    gap = Gap(start + timedelta(days=9), start + timedelta(days=12))
    with simulation(folder / "policy.toml", folder / "config.toml") as running:
        running.run(complaints(running.rules.service_address, start, 25), start, 40, gap)
        events, deadlines = running.events(), running.deadlines()
    assert not [event for event in events if gap.begin <= event.at < gap.end]
    unmet = [due for due in deadlines if not (due.met_at and due.met_at < gap.begin)]
    missed = {(due.case_ref, due.promise) for due in unmet if gap.begin <= due.due_at <= gap.end}
    flagged = [(event.case, event.kind) for event in events if event.event == "flag" and event.at == gap.end]
    assert missed
    assert sorted(flagged) == sorted(missed)
    soon = gap.end + timedelta(days=3)
    updates = [event.case for event in events if event.kind == "update" and gap.end <= event.at < soon]
    assert len(updates) == len(set(updates))
