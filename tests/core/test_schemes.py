"""The statutory limits: the table, the dates it makes, and that nothing moves them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from mailcase.core.days.calendar import Calendar
from mailcase.core.promises.schemes import (
    DUTIES,
    FACTS,
    LIMITS,
    REFERRALS,
    SCHEMES,
    CaseKind,
    Duty,
    FactIn,
    facts,
    limit,
    limits,
)

LONDON = ZoneInfo("Europe/London")
ENGLAND = Calendar("Europe/London", "GB", "ENG")
SCOTLAND = Calendar("Europe/London", "GB", "SCT")


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("scheme", "duty", "kind", "received", "calendar", "expected"),
    [
        ("disp", "resolve", "complaint", noon(2026, 11, 20), ENGLAND, date(2027, 1, 15)),
        ("disp", "resolve", "complaint", noon(2026, 11, 21), ENGLAND, date(2027, 1, 16)),  # a Saturday, and it stays
        ("disp", "resolve", "complaint", noon(2026, 12, 24), SCOTLAND, date(2027, 2, 18)),
        ("disp", "summary", "complaint", noon(2026, 11, 20), ENGLAND, date(2026, 11, 25)),
        ("disp", "summary", "complaint", noon(2026, 12, 26), ENGLAND, date(2026, 12, 31)),
        ("disp-payments", "resolve", "complaint", noon(2026, 11, 20), ENGLAND, date(2026, 12, 11)),
        ("disp-payments", "resolve", "complaint", noon(2026, 12, 24), ENGLAND, date(2027, 1, 19)),
        ("disp-payments", "resolve-held", "complaint", noon(2026, 11, 20), ENGLAND, date(2027, 1, 13)),
        ("ofcom", "signpost", "complaint", noon(2026, 11, 20), ENGLAND, date(2027, 1, 1)),
        ("ofcom", "signpost", "complaint", noon(2026, 4, 7), ENGLAND, date(2026, 6, 2)),
        ("ofcom", "signpost", "complaint", noon(2026, 4, 8), ENGLAND, date(2026, 5, 20)),
        ("data-protection", "acknowledge", "data-protection", noon(2026, 11, 20), ENGLAND, date(2026, 12, 20)),
        ("data-protection", "resolve", "access-request", noon(2026, 11, 20), ENGLAND, date(2026, 12, 20)),
        ("data-protection", "resolve", "access-request", noon(2027, 1, 31), ENGLAND, date(2027, 2, 28)),
    ],
)
def test_a_limit_is_close_of_business_of_its_last_day(
    scheme: str, duty: Duty, kind: CaseKind, received: datetime, calendar: Calendar, expected: date
) -> None:
    due = limit(scheme, duty, kind, received, calendar)
    assert due == datetime(expected.year, expected.month, expected.day, 17, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("scheme", "duty", "kind"),
    [
        ("disp", "acknowledge", "complaint"),  # prompt, without a number
        ("disp", "resolve", "refund"),
        ("ofcom", "resolve", "complaint"),
        ("data-protection", "resolve", "data-protection"),  # without undue delay, without a number
        ("data-protection", "resolve", "complaint"),
        ("unknown", "resolve", "complaint"),
    ],
)
def test_where_a_scheme_gives_no_number_there_is_no_limit(scheme: str, duty: Duty, kind: CaseKind) -> None:
    assert limit(scheme, duty, kind, noon(2026, 11, 20), ENGLAND) is None


def test_ofcoms_six_weeks_begin_at_midnight_of_the_firms_own_zone() -> None:
    late_evening = datetime(2026, 4, 7, 22, 59, tzinfo=UTC)  # 23:59 in London
    midnight = datetime(2026, 4, 7, 23, 0, tzinfo=UTC)
    assert limit("ofcom", "signpost", "complaint", late_evening, ENGLAND) == noon(2026, 6, 2).replace(hour=17)
    assert limit("ofcom", "signpost", "complaint", midnight, ENGLAND) == noon(2026, 5, 20).replace(hour=17)


def test_mail_after_hours_gets_no_extra_day_from_a_regulator() -> None:
    evening = datetime(2026, 11, 20, 18, 30, tzinfo=LONDON)
    assert limit("disp", "summary", "complaint", evening, ENGLAND) == noon(2026, 11, 25).replace(hour=17)


@pytest.mark.parametrize("received", [date(2020, 1, 1), date(2026, 4, 7), date(2026, 4, 8), date(2040, 1, 1)])
def test_each_duty_has_one_limit_at_a_time(received: date) -> None:
    for scheme in SCHEMES:
        for kind in get_args(CaseKind):
            duties = [row.duty for row in limits(scheme, kind, received)]
            assert len(duties) == len(set(duties))


def test_every_row_belongs_to_a_scheme_and_names_its_source() -> None:
    assert {row.scheme for row in LIMITS} == set(SCHEMES)
    assert {fact.scheme for fact in FACTS} <= set(SCHEMES)
    assert {row.duty for row in LIMITS} <= set(DUTIES) == set(get_args(Duty))
    assert all(row.source for row in LIMITS)
    assert all(fact.source for fact in FACTS)
    assert set(REFERRALS) <= set(SCHEMES)


@pytest.mark.parametrize(
    ("scheme", "kind", "letter", "part"),
    [
        ("disp", "complaint", "acknowledgement", "by when"),
        ("disp", "complaint", "final", "within 6 months"),
        ("disp", "complaint", "summary", "may look at it"),
        ("disp-payments", "complaint", "acknowledgement", "by when"),
        ("ofcom", "complaint", "signpost", "free of charge"),
        ("data-protection", "data-protection", "final", "Information Commissioner"),
    ],
)
def test_letters_must_carry_what_a_scheme_asks_them_to_say(scheme: str, kind: str, letter: FactIn, part: str) -> None:
    assert any(part in fact.says for fact in facts(scheme, kind, letter))
    assert not facts(scheme, "assistance", letter)
