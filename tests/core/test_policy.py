"""The policy file: what can be read, what it means for a case, and the sentence for everything that is wrong."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.days.durations import Duration
from mailcase.core.promises.policy import AppliesTo, Fact, Policy, SchemeUse, promises_for, statutory
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.promises.policy_words import in_words
from mailcase.errors import ConfigError

HEAD = """
name = "Example complaints policy"
calendar = { timezone = "Europe/London", country = "GB", subdivision = "ENG" }
"""
EVENING = datetime(2026, 12, 24, 14, 5, tzinfo=UTC)


def promise(**keys: object) -> str:
    """A promise as the file has it, sound but for the keys that are given."""
    given = {"id": "p", "kind": "acknowledge", "text": "We answer."} | keys
    return "[[promise]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in given.items() if value is not None)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def read(*parts: str) -> Policy:
    return read_policy("\n".join([HEAD, *parts]), "policy.toml")


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_policy(text, "policy.toml")
    assert all(fault.startswith("policy.toml: ") for fault in caught.value.faults)
    return [fault.removeprefix("policy.toml: ") for fault in caught.value.faults]


# ---- what can be read ----


def test_the_policy_of_the_contract_reads() -> None:
    policy = read_policy(
        """
        name = "Example complaints policy"
        calendar = { timezone = "Europe/London", country = "GB", subdivision = "ENG", closed = ["2026-12-24"] }
        counting = "day-after-receipt"
        schemes  = ["ofcom"]
        [[promise]]
        id = "ack"
        kind = "acknowledge"
        within = "24 hours"
        text = "We confirm it."
        [[promise]]
        id = "updates"
        kind = "update"
        every = "5 days"
        text = "We write to you."
        [[promise]]
        id = "resolve"
        kind = "resolve"
        within = "20 business days"
        warn = "3 business days"
        text = "We decide."
        """,
        "policy.toml",
    )
    assert policy.calendar.why_closed(date(2026, 12, 24)) == "closed by the firm"
    assert policy.schemes == (SchemeUse("ofcom"),)
    assert [(one.id, one.within, one.every, one.warn) for one in policy.promises] == [
        ("ack", Duration(24, "hours"), None, ()),
        ("updates", None, Duration(5, "days"), ()),
        ("resolve", Duration(20, "business days"), None, (Duration(3, "business days"),)),
    ]


def test_few_lines_are_enough() -> None:
    policy = read()
    assert policy.counting == "day-after-receipt"
    assert policy.late_next_day is False
    assert policy.kinds == ("complaint",)
    assert policy.default_kind == "complaint"
    assert (policy.tracks, policy.default_track) == ({}, "")
    assert (policy.promises, policy.adr, policy.channels, policy.notice) == ((), (), (), None)


def test_the_digest_is_that_of_the_text() -> None:
    text = HEAD + "# a comment counts\n"
    policy = read_policy(text, "policy.toml")
    assert policy.text == text
    assert policy.digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("default", "expected"), [("", "standard"), ('default_track = "complex"', "complex")], ids=["the first", "named"]
)
def test_a_case_is_on_the_first_track_unless_another_is_named(default: str, expected: str) -> None:
    policy = read(default, 'tracks = { standard = "5 business days", complex = "20 business days" }')
    assert policy.default_track == expected


@pytest.mark.parametrize(
    ("kind", "time", "warned"),
    [
        ("resolve", {"within": "20 business days"}, (3, 1)),
        ("escalation", {"within": "20 business days"}, (3, 1)),
        ("acknowledge", {"within": "24 hours"}, ()),
        ("update", {"every": "5 days"}, ()),
        ("resolve", {"within": "20 business days", "warn": "2 business days"}, (2,)),
        ("resolve", {"within": "20 business days", "warn": []}, ()),
    ],
)
def test_targets_are_warned_of_three_and_one_business_days_before_unless_said(
    kind: str, time: dict[str, object], warned: tuple[int, ...]
) -> None:
    (read_back,) = read(promise(kind=kind, **time)).promises
    assert read_back.warn == tuple(Duration(count, "business days") for count in warned)


def test_everything_else_that_letters_need_is_read() -> None:
    policy = read(
        """
        next-business-day-if-late = true
        counting = "day-of-receipt"
        kinds = ["refund", "complaint"]
        categories = ["billing"]
        facts = ["what happened", { ask = "your order number", words = "order ###", field = "reference" }]
        steps = { refund = ["received", "paid"] }
        notice = { web = "https://example.org/privacy", version = "3" }
        schemes = ["disp", { name = "disp-payments", category = "billing" }]
        adr = { name = "The Ombudsman", address = "1 High Street", time_limit = "6 months" }
        [[channel]]
        name = "Phone"
        reach = "020 7946 0000"
        hours = "9 to 5"
        answer = "1 hour"
        """
    )
    assert policy.late_next_day
    assert policy.counting == "day-of-receipt"
    assert policy.default_kind == "refund"
    assert policy.steps == {"refund": ("received", "paid")}
    assert policy.facts == (Fact("what happened"), Fact("your order number", ("order ###",), "reference"))
    assert policy.notice
    assert policy.notice.version == "3"
    assert policy.schemes == (SchemeUse("disp"), SchemeUse("disp-payments", AppliesTo(category=("billing",))))
    assert (policy.adr[0].free, policy.adr[0].time_limit) == (True, Duration(6, "months"))
    assert policy.channels[0].answer == Duration(1, "hours")


# ---- what holds for a case ----

TRACKS = 'tracks = { standard = "5 business days", complex = "20 business days" }\ncategories = ["billing"]'


def test_a_resolve_promise_without_a_time_has_that_of_the_track() -> None:
    policy = read(TRACKS, promise(kind="resolve"))
    for track, days in (("standard", 5), ("complex", 20)):
        (one,) = promises_for(policy, "complaint", track, "", "first")
        assert one.within == Duration(days, "business days")


@pytest.mark.parametrize(
    ("applies_to", "kind", "track", "category", "stage", "holds"),
    [
        ({}, "complaint", "standard", "", "first", True),
        ({}, "refund", "complex", "billing", "second", True),
        ({}, "complaint", "standard", "", "signposted", False),  # nothing is acknowledged any more
        ({"track": "complex"}, "complaint", "complex", "", "first", True),
        ({"track": "complex"}, "complaint", "standard", "", "first", False),
        ({"kind": ["refund", "complaint"]}, "complaint", "standard", "", "first", True),
        ({"kind": ["refund"]}, "complaint", "standard", "", "first", False),
        ({"category": ["billing"]}, "complaint", "standard", "billing", "first", True),
        ({"category": ["billing"]}, "complaint", "standard", "", "first", False),  # nobody has said what it is about
        ({"stage": "second"}, "complaint", "standard", "", "first", False),
        ({"stage": "second"}, "complaint", "standard", "", "second", True),
        ({"track": "complex", "category": "billing"}, "complaint", "complex", "", "first", False),
    ],
)
def test_a_promise_holds_for_the_cases_it_applies_to(
    applies_to: dict[str, object], kind: str, track: str, category: str, stage: str, holds: bool
) -> None:
    policy = read(TRACKS, promise(within="24 hours", applies_to=applies_to))
    assert bool(promises_for(policy, kind, track, category, stage)) is holds


@pytest.mark.parametrize(
    ("kind", "time", "stages"),
    [
        ("acknowledge", {"within": "1 hour"}, ["first", "second"]),
        ("assign", {"within": "1 hour"}, ["first", "second"]),
        ("update", {"every": "5 days"}, ["first", "second"]),
        ("resolve", {"within": "5 days"}, ["first"]),
        ("escalation", {"within": "5 days"}, ["second"]),
        ("signpost", {}, ["first", "second"]),
        ("survey", {"within": "5 days"}, ["first", "second", "signposted"]),
        ("practice", {}, ["first", "second", "signposted"]),
    ],
)
def test_a_kind_of_promise_has_its_stages(kind: str, time: dict[str, object], stages: list[str]) -> None:
    policy = read(promise(kind=kind, **time))
    held = [stage for stage in ("first", "second", "signposted") if promises_for(policy, "complaint", "", "", stage)]
    assert held == stages


@pytest.mark.parametrize(
    ("category", "scheme", "day"), [("", "disp", date(2027, 2, 18)), ("billing", "disp-payments", date(2027, 1, 19))]
)
def test_of_several_schemes_the_strictest_date_wins(category: str, scheme: str, day: date) -> None:
    policy = read(TRACKS, 'schemes = ["disp", { name = "disp-payments", category = ["billing"] }]')
    found = statutory(policy, "resolve", "complaint", "standard", category, EVENING)
    assert found == (policy.calendar.close_of(day), scheme)


def test_without_a_scheme_there_is_no_limit() -> None:
    assert statutory(read(), "resolve", "complaint", "", "", EVENING) is None


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (Duration(3, "business days"), datetime(2027, 1, 21, 9, tzinfo=UTC)),
        (Duration(4, "hours"), datetime(2027, 1, 26, 13, tzinfo=UTC)),
        (Duration(1, "days"), datetime(2027, 1, 25, 17, tzinfo=UTC)),
        (Duration(1, "weeks"), datetime(2027, 1, 19, 17, tzinfo=UTC)),
    ],
)
def test_a_warning_comes_so_long_before(ahead: Duration, expected: datetime) -> None:
    policy = read()
    assert policy.warn_at(policy.add(EVENING, Duration(20, "business days")), ahead) == expected


# ---- in words ----


@pytest.mark.parametrize(
    ("keys", "when", "example"),
    [
        (
            {"kind": "resolve", "within": "20 business days"},
            "within 20 business days of the receipt",
            "received Thursday 24 December 2026 at 14:05 → by Tuesday 26 January 2027",
        ),
        (
            {"within": "24 hours"},
            "within 24 hours of the receipt",
            "received Thursday 24 December 2026 at 14:05 → by Friday 25 December 2026 at 14:05",
        ),
        (
            {"kind": "update", "every": "5 days"},
            "every 5 days, from the last contact",
            "last contact Thursday 24 December 2026 at 14:05 → by Tuesday 29 December 2026 at 14:05",
        ),
        (
            {"kind": "escalation", "within": "2 weeks"},
            "within 2 weeks of the request to look again",
            "asked Thursday 24 December 2026 at 14:05 → by Thursday 7 January 2027",
        ),
        ({"kind": "signpost"}, "with the final letter", ""),
        ({"kind": "practice"}, "", ""),
    ],
)
def test_a_promise_in_words_has_a_dated_example(keys: dict[str, object], when: str, example: str) -> None:
    (line,) = in_words(read(promise(**keys)), EVENING)
    assert (line.id, line.text, line.when, line.example) == ("p", "We answer.", when, example)


def test_words_say_for_whom_by_whom_with_which_warning_and_what_is_still_needed() -> None:
    keys = {"kind": "resolve", "applies_to": {"kind": ["complaint", "refund"]}, "who": "Ann", "needs": "reports"}
    lines = in_words(read(TRACKS, promise(**keys)), EVENING)
    assert [line.only for line in lines] == [
        "track standard; kind complaint or refund",
        "track complex; kind complaint or refund",
    ]
    assert {line.warned for line in lines} == {"3 business days and 1 business day before"}
    assert {(line.who, line.needs) for line in lines} == {("Ann", "reports")}


def test_words_end_with_the_limits_by_law() -> None:
    (line,) = in_words(read('schemes = ["ofcom"]'), EVENING)
    assert (line.id, line.kind, line.when) == ("ofcom", "signpost", "within 6 weeks of the receipt")
    assert line.example.endswith("→ by Thursday 4 February 2027")


# ---- what is wrong ----

NO_TIME = {"within": None}
FAULTS = [
    # the top
    ('nam = "x"', 'nam: is no key; did you mean "name"?'),
    ("zzz = 1", "zzz: is no key; known here: adr, calendar, categories, channel, checks, counting, "),
    ("next_business_day_if_late = true", "next_business_day_if_late: is no key; did you mean "),
    ('counting = "daily"', 'counting: must be "day-after-receipt" or "day-of-receipt" (is "daily")'),
    ("next-business-day-if-late = 1", "next-business-day-if-late: must be true or false (is 1)"),
    ('tracks = "5 days"', 'tracks: must be a table of names and values (is "5 days")'),
    (
        'tracks = { standard = "5" }',
        "tracks: \"standard\" must be a length of time: '5' is not a length of time: write ",
    ),
    (
        "tracks = { standard = 5 }",
        'tracks: "standard" must be a length of time in quotes such as "5 business days" (is 5)',
    ),
    ('tracks = { "a.b" = "5 days" }', "tracks: must be a name of letters, digits and - such as"),
    (
        'tracks = { standard = "5 days" }\ndefault_track = "standart"',
        'default_track: "standart" is no name in tracks; did',
    ),
    ('default_track = "x"', 'default_track: "x" is no name in tracks; known here: nothing'),
    ('categories = ["a", "a"]', "categories: names something twice"),
    ("categories = [1]", "categories: must be a name of letters, digits and - such as"),
    ("kinds = []", "kinds: must name at least one kind of case"),
    (
        'kinds = ["complain"]',
        'kinds: must be "complaint", "refund", "assistance", "data-protection" or "access-request" (is',
    ),
    ('steps = { refund = ["paid"] }', 'steps: "refund" is no name in kinds; known here: complaint'),
    ("steps = { complaint = [3] }", 'steps: "complaint" must be text in quotes, on one line (is 3)'),
    ('facts = [""]', "facts[0]: ask: must be text in quotes, on one line"),
    ("notice = 3", "notice: must be a table with keys of its own (is 3)"),
    ('notice = { web = "example.org", version = "1" }', "notice: web: must be the address of a page such as"),
    # schemes
    (
        'schemes = ["offcom"]',
        'schemes[0]: name: must be "disp", "disp-payments", "ofcom" or "data-protection" (is "offcom"); did',
    ),
    ("schemes = [3]", "schemes[0]: name: must be"),
    ('schemes = [{ name = "disp", category = ["x"] }]', 'schemes "disp": category: "x" is no name in categories'),
    # adr and channels
    ("[[adr]]", 'adr[0]: name: must be given, for example "Financial Ombudsman Service"'),
    ("adr = 3", "adr[0]: must be a table with keys of its own (is 3)"),
    ('[[adr]]\nname = "A"\ntime_limit = "long"', "adr \"A\": time_limit: must be a length of time: 'long' is not"),
    ('[[adr]]\nname = "A"\nemail = "a b@c"', 'adr "A": email: must be a plain address such as "help@example.org"'),
    ('[[adr]]\nname = "A"\nfree = "yes"', 'adr "A": free: must be true or false (is "yes")'),
    ('[[channel]]\nname = "A"', 'channel "A": reach: must be given, for example'),
    # promises
    (promise(id=None, within="1 hour"), 'promise[0]: id: must be given, for example "resolve"'),
    (promise(id="a\nb", within="1 hour"), "promise[0]: id: must be a name of letters, digits and - such as"),
    (promise(text=None, within="1 hour"), 'promise "p": text: must be given, for example'),
    (promise(text="a\nb", within="1 hour"), 'promise "p": text: must be text in quotes, on one line (is "a\\nb")'),
    (
        promise(kind="resolved"),
        'promise "p": kind: must be "acknowledge", "assign", "update", "resolve", "escalation", ',
    ),
    (
        promise(within="soon"),
        "promise \"p\": within: must be a length of time: 'soon' is not a length of time: write a",
    ),
    (promise(within="0 days"), 'promise "p": within: must be a length of time: '),
    (promise(withn="1 hour", within="1 hour"), 'promise "p": withn: is no key; did you mean "within"?'),
    (promise(), 'promise "p": within: must be given, for example "5 business days"'),
    (promise(kind="resolve"), 'promise "p": within: must be given, or [tracks] with a time for each track'),
    (promise(kind="update"), 'promise "p": every: must be given, for example "5 days"'),
    (
        promise(kind="update", every="1 day", within="1 day"),
        'promise "p": within: means nothing for the kind update, which',
    ),
    (
        promise(within="1 day", every="1 day"),
        'promise "p": every: means nothing for the kind acknowledge, which has with',
    ),
    (promise(kind="practice", within="1 day"), 'promise "p": within: means nothing for the kind practice'),
    (
        promise(within="1 day", warn="1 month"),
        'promise "p": warn: must be in hours, days, weeks or business days such as',
    ),
    (promise(within="1 day", warn=["1 day", 2]), 'promise "p": warn: must be a length of time in quotes such as'),
    (promise(within="1 day", applies_to=3), 'promise "p": applies_to: must be a table with keys of its own (is 3)'),
    (
        promise(within="1 day", applies_to={"trak": "x"}),
        'promise "p": applies_to: trak: is no key; did you mean "track"?',
    ),
    (promise(within="1 day", applies_to={"track": "x"}), 'promise "p": applies_to: track: "x" is no name in tracks'),
    (
        promise(within="1 day", applies_to={"category": "x"}),
        'promise "p": applies_to: category: "x" is no name in categ',
    ),
    (
        promise(within="1 day", applies_to={"stage": "third"}),
        'promise "p": applies_to: stage: must be "first", "second"',
    ),
    (promise(within="1 day", needs="magic"), 'promise "p": needs: must be "reports" or "retention" (is'),
    (promise(within="1 day") * 2, 'promise "p": stands 2 times; each needs a name of its own'),
]


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_a_fault_says_where_and_what_must_be(text: str, fault: str) -> None:
    (found,) = faults(HEAD + text)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ('country = "GB", subdivision = "ENG"', 'calendar: timezone: must be given, for example "Europe/London"'),
        (
            'timezone = "Europe/Lundon", country = "GB", subdivision = "ENG"',
            "calendar: timezone: 'Europe/Lundon' is no",
        ),
        ('timezone = "Europe/London", country = "GB"', "calendar: subdivision: "),
        ('timezone = "Europe/London", country = "XX"', "calendar: country: "),
        ('timezone = "Europe/London", country = "GB", subdivision = "ENG", hours = "9-5"', "calendar: hours: "),
        (
            'timezone = "Europe/London", country = "GB", subdivision = "ENG", closed = ["24.12.2026"]',
            'calendar: closed: must be a date such as "2026-12-24" (is "24.12.2026")',
        ),
        (
            'timezone = "Europe/London", country = "GB", subdivision = "ENG", holidays = []',
            "calendar: holidays: is no key",
        ),
    ],
)
def test_a_wrong_calendar_is_named_by_its_key(keys: str, fault: str) -> None:
    (found,) = faults(f'name = "x"\ncalendar = {{ {keys} }}')
    assert found.startswith(fault)


def test_dates_may_stand_without_quotes() -> None:
    keys = 'timezone = "Europe/London", country = "GB", subdivision = "ENG", closed = [2026-12-24], open = 2026-12-26'
    policy = read_policy(f'name = "x"\ncalendar = {{ {keys} }}', "policy.toml")
    assert policy.calendar.why_closed(date(2026, 12, 26)) == ""


def test_every_fault_is_told_at_once() -> None:
    text = 'counting = "x"\ncalendar = { timezone = "x" }\n' + promise(kind="x") + promise(id="q") + "[[adr]]\n"
    assert [fault.partition(": must")[0] for fault in faults(text)] == [
        "name",
        "calendar: country",
        "counting",
        'promise "p": kind',
        'promise "q": within',
        "adr[0]: name",
    ]


def test_what_is_no_toml_is_one_fault() -> None:
    (fault,) = faults('name = "x\n')
    assert fault.startswith("is not valid TOML: ")


def test_a_policy_without_anything_asks_for_name_and_calendar() -> None:
    assert [fault.partition(":")[0] for fault in faults("")] == ["name", "calendar"]


ANY_TOML = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("ab-5 days", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "kind", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
KEYS = ["name", "calendar", "counting", "schemes", "tracks", "categories", "kinds", "steps", "adr", "notice", "promise"]


@given(st.dictionaries(st.sampled_from(KEYS), ANY_TOML))
def test_whatever_stands_in_the_file_it_is_read_or_its_faults_are_named(values: dict[str, object]) -> None:
    text = "".join(f"{key} = {toml(value)}\n" for key, value in values.items())
    with suppress(ConfigError):
        read_policy(text, "policy.toml")
