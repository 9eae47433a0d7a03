"""What a readable policy still gets wrong: each contradiction and gap has its sentence, and a sound policy has none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mailcase.core.promises.policy_check import warnings
from mailcase.core.promises.policy_file import read_policy

TODAY = date(2026, 11, 21)
HEAD = """
name = "Example complaints policy"
calendar = { timezone = "Europe/London", country = "GB", subdivision = "ENG" }
"""
ACKNOWLEDGE = '[[promise]]\nid = "ack"\nkind = "acknowledge"\nwithin = "24 hours"\ntext = "We confirm it."\n'
RESOLVE = '[[promise]]\nid = "resolve"\nkind = "resolve"\nwithin = "20 business days"\ntext = "We decide."\n'
UPDATE = '[[promise]]\nid = "update"\nkind = "update"\nevery = "5 days"\ntext = "We write."\n'
ESCALATION = '[[promise]]\nid = "again"\nkind = "escalation"\nwithin = "10 business days"\ntext = "We look again."\n'
SIGNPOST = '[[promise]]\nid = "adr"\nkind = "signpost"\ntext = "We name the ombudsman."\n'
BODY = '[[adr]]\nname = "O"\naddress = "1 High Street"\nweb = "https://example.org"\ntime_limit = "6 months"\n'
SOUND = ACKNOWLEDGE + RESOLVE
TRACKS = 'tracks = { standard = "5 business days", complex = "20 business days" }\n'


def found(text: str, today: date = TODAY) -> list[str]:
    return warnings(read_policy(HEAD + text, "policy.toml"), today)


@pytest.mark.parametrize(
    "text",
    [
        SOUND,
        SOUND + UPDATE + ESCALATION,
        SOUND + SIGNPOST + BODY,
        TRACKS + ACKNOWLEDGE + RESOLVE.replace('within = "20 business days"\n', ""),
        'schemes = ["disp"]\n' + SOUND + ESCALATION + SIGNPOST + BODY,
        'schemes = ["ofcom"]\n' + SOUND + ESCALATION + SIGNPOST + BODY,
        'schemes = ["disp-payments"]\n' + SOUND.replace("20", "15"),
    ],
)
def test_a_sound_policy_has_no_warning(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # gaps
        (RESOLVE, ["no acknowledge promise for a new complaint"]),
        (ACKNOWLEDGE, ["no resolve promise for a complaint"]),
        (
            TRACKS + ACKNOWLEDGE + RESOLVE + 'applies_to = { track = "complex" }\n',
            ["no resolve promise for a complaint, track standard"],
        ),
        (
            'kinds = ["complaint", "refund"]\n' + ACKNOWLEDGE + 'applies_to = { kind = "complaint" }\n' + RESOLVE,
            ["no acknowledge promise for a new refund"],
        ),
        (
            'categories = ["billing"]\n' + ACKNOWLEDGE + RESOLVE + 'applies_to = { category = "billing" }\n',
            ["no resolve promise for a complaint"],
        ),
        (
            SOUND + "warn = []\n",
            ['promise "resolve": nobody is warned before the target; give warn = "1 business day"'],
        ),
        (
            SOUND + ESCALATION + "warn = []\n",
            ['promise "again": nobody is warned before the target; give warn = "1 business day"'],
        ),
        (
            SOUND + UPDATE + 'applies_to = { kind = "refund" }\n',
            ['promise "update": no case can be one of those it applies to'],
        ),
        (
            SOUND + ESCALATION + 'applies_to = { stage = "first" }\n',
            ['promise "again": no case can be one of those it applies to'],
        ),
        (
            'schemes = ["data-protection"]\n' + SOUND,
            ['schemes "data-protection": binds no case: its kinds are access-request and data-protection'],
        ),
        (
            SOUND + SIGNPOST,
            ['promise "adr": names nobody to go to; give [[adr]] with name, address, web and time_limit'],
        ),
        (
            'schemes = ["ofcom"]\n' + SOUND,
            ['schemes "ofcom": needs an ADR body; give [[adr]] with name, address, web and time_limit'],
        ),
        (
            'schemes = ["disp"]\n' + SOUND,
            ['schemes "disp": needs an ADR body; give [[adr]] with name, address, web and time_limit'],
        ),
        (
            'schemes = ["disp"]\n' + SOUND + SIGNPOST + BODY.replace("6 months", "12 months"),
            ['schemes "disp": gives customers 6 months to go to its ADR body; no [[adr]] has this time_limit'],
        ),
        (SOUND + BODY, ["adr: no signpost promise, so customers are never told of it"]),
        (
            SOUND + SIGNPOST + '[[adr]]\nname = "O"\n',
            [f'adr "O": no {key}; the letter that names it must say so' for key in ("address", "web", "time_limit")],
        ),
        (SOUND + SIGNPOST + BODY.replace("1 High Street", "[street]"), ['adr "O": address is still to be filled in']),
        (SOUND + '[[channel]]\nname = "Post"\nreach = "[office]"', ['channel "Post": reach is still to be filled in']),
        # contradictions
        (
            SOUND + RESOLVE.replace('"resolve"\nkind', '"other"\nkind'),
            ['promises "resolve" and "other" are all of the kind resolve for the same case; the strictest counts'],
        ),
        (
            'categories = ["billing"]\n'
            + SOUND
            + UPDATE
            + UPDATE.replace('"update"\nkind', '"more"\nkind')
            + 'applies_to = { category = "billing" }\n',
            ['promises "update" and "more" are all of the kind update for the same case; the strictest counts'],
        ),
        (
            TRACKS + SOUND,
            ['promise "resolve": says 20 business days where track standard says 5 business days'],
        ),
        (
            SOUND.replace("20 business", "5") + UPDATE.replace("5 days", "1 week"),
            ['promise "update": every 1 week is no sooner than "resolve", 5 days'],
        ),
        (
            SOUND + ESCALATION.replace("10 business days", "2 business days") + "warn = '1 business day'\n" + UPDATE,
            ['promise "update": every 5 days is no sooner than "again", 2 business days'],
        ),
        (
            SOUND.replace("20 business days", "2 business days"),
            ['promise "resolve": a warning 3 business days before 2 business days comes before the case does'],
        ),
    ],
)
def test_each_gap_and_contradiction_has_its_sentence(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'schemes = ["disp-payments"]\n' + SOUND,
            'promise "resolve" (20 business days): received Saturday 21 November 2026, it may take until Friday 18 '
            'December 2026; the scheme "disp-payments" allows 15 business days, until Friday 11 December 2026 '
            "(DISP 1.6.2AR(1))",
        ),
        (
            'schemes = ["disp-payments"]\n' + SOUND.replace("20", "10") + ESCALATION,
            'promise "resolve" (10 business days) and then "again" (10 business days): received Saturday 21 November',
        ),
        (
            # Forty business days are eight weeks, unless a holiday lies among them.
            'schemes = ["disp"]\n' + SOUND.replace("20", "40") + SIGNPOST + BODY,
            'promise "resolve" (40 business days): received Saturday 21 November 2026, it may take until Wednesday 20 ',
        ),
        (
            'schemes = ["ofcom"]\n' + SOUND.replace("20 business days", "7 weeks") + SIGNPOST + BODY,
            'promise "resolve" (7 weeks): received Saturday 21 November 2026, it may take until Saturday 9 January',
        ),
        (
            'schemes = ["ofcom"]\n' + SOUND + SIGNPOST + 'within = "8 weeks"\n' + BODY,
            'promise "adr" (8 weeks): received Saturday 21 November 2026, it may take until Saturday 16 January 2027; ',
        ),
        (
            'schemes = ["data-protection"]\nkinds = ["data-protection"]\n' + SOUND.replace("24 hours", "2 months"),
            'promise "ack" (2 months): received Saturday 21 November 2026, it may take until Thursday 21 January 2027',
        ),
    ],
)
def test_a_promise_beyond_a_schemes_limit_is_shown_by_a_dated_example(text: str, expected: str) -> None:
    (sentence,) = found(text)
    assert sentence.startswith(expected)


def test_a_scheme_for_one_category_does_not_bind_the_others() -> None:
    payments = 'schemes = [{ name = "disp-payments", category = "payments" }]\ncategories = ["payments", "other"]\n'
    others = SOUND.replace('"resolve"\n', '"resolve"\napplies_to = { category = "other" }\n', 1)
    plain = RESOLVE.replace('"resolve"\nkind', '"short"\nkind').replace("20", "15")
    assert found(payments + others + plain + 'applies_to = { category = "payments" }\n') == [
        "no resolve promise for a complaint"  # before anybody has said which category it is
    ]


def test_before_ofcoms_change_eight_weeks_were_allowed() -> None:
    text = 'schemes = ["ofcom"]\n' + SOUND + SIGNPOST + 'within = "8 weeks"\n' + BODY
    assert found(text, date(2025, 4, 7)) == []
    assert found(text, date(2026, 4, 8)) != []


def test_a_calendar_whose_holidays_end_within_60_days_is_named() -> None:
    end = read_policy(HEAD, "policy.toml").calendar.holidays_known_until
    assert found(SOUND, end - timedelta(days=60)) == []
    (sentence,) = found(SOUND, end - timedelta(days=59))
    assert sentence == f"calendar: the public holidays of GB are known until {end} only; update mailcase"
