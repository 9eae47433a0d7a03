"""The four firms of examples/: complete, in plain words, and what `policy check` says of each is known."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mailcase.build import staff_faults
from mailcase.config import load
from mailcase.core.days.durations import Duration
from mailcase.core.promises.policy import Policy, promises_for
from mailcase.core.promises.policy_check import warnings
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.promises.policy_words import in_words

EXAMPLES = Path(__file__).parents[1] / "examples"
FIRMS = {
    "xtraspots": [f"X{number}" for number in range(1, 8)],
    "xcommunications": [f"C{number}" for number in range(1, 9)],
    "xpereozz": [f"P{number}" for number in range(1, 8)],
    "constrat": [f"K{number}" for number in range(1, 10)],
}
TODAY = date(2026, 11, 21)
RECEIVED = datetime(2026, 12, 24, 14, 5, tzinfo=UTC)


def policy_of(firm: str) -> Policy:
    return read_policy((EXAMPLES / firm / "policy.toml").read_text("utf-8"), f"{firm}/policy.toml")


def test_these_firms_are_all_there_are_beside_the_plain_policy() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {*FIRMS, "plain"}


def test_the_plain_policy_has_nothing_to_be_warned_of() -> None:
    assert warnings(policy_of("plain"), TODAY) == []


@pytest.mark.parametrize(("firm", "ids"), FIRMS.items())
def test_every_published_promise_is_there_by_its_id(firm: str, ids: list[str]) -> None:
    there = [promise.id for promise in policy_of(firm).promises]
    assert [promise for promise in there if promise in ids] == ids


@pytest.mark.parametrize("firm", FIRMS)
def test_promises_are_short_plain_sentences(firm: str) -> None:
    for promise in policy_of(firm).promises:
        for sentence in re.split(r"[.;:]", promise.text):
            assert len(sentence.split()) <= 20, f"{promise.id}: {sentence}"
        assert promise.text.endswith(".")
        assert "!" not in promise.text


@pytest.mark.parametrize(
    ("firm", "beginnings"),
    [
        ("xtraspots", []),
        ("xcommunications", []),
        ("xpereozz", []),
        (
            "constrat",
            [
                # what the firm has left open
                'adr "[ADR provider]": no web',
                'adr "[ADR provider]": name is still to be filled in',
                'adr "[ADR provider]": address is still to be filled in',
                'channel "Phone": reach is still',
                'channel "Post": reach is still',
                # and its 20 business days, which are late for complaints about payments
                'promise "K7" (20 business days): received Saturday 21 November 2026',
                'promise "K7" (10 business days) and then "K8" (10 business days): received',
            ],
        ),
    ],
)
def test_what_policy_check_says_of_each_is_known(firm: str, beginnings: list[str]) -> None:
    found = warnings(policy_of(firm), TODAY)
    assert len(found) == len(beginnings)
    for sentence, beginning in zip(found, beginnings, strict=True):
        assert sentence.startswith(beginning)


@pytest.mark.parametrize(
    ("firm", "promise", "kind", "track", "due"),
    [
        ("xtraspots", "X2", "complaint", "standard", "Thursday 24 December 2026 at 15:05"),
        ("xtraspots", "X3", "complaint", "standard", "Tuesday 5 January 2027"),
        ("xtraspots", "X4", "complaint", "standard", "Tuesday 26 January 2027"),
        ("xtraspots", "X4", "complaint", "simple", "Tuesday 12 January 2027"),
        ("xcommunications", "C5", "complaint", "standard", "Tuesday 5 January 2027"),
        ("xpereozz", "P2", "refund", "", "Tuesday 12 January 2027"),
        ("xpereozz", "P2-steps", "refund", "", "Thursday 31 December 2026"),
        ("xpereozz", "P3", "assistance", "", "Thursday 24 December 2026 at 15:05"),
        ("constrat", "K1", "complaint", "complex", "Friday 25 December 2026 at 14:05"),
        ("constrat", "K4", "complaint", "complex", "Tuesday 29 December 2026 at 14:05"),
        ("constrat", "K7", "complaint", "complex", "Tuesday 26 January 2027"),
    ],
)
def test_timed_promises_come_out_at_the_published_dates(
    firm: str, promise: str, kind: str, track: str, due: str
) -> None:
    policy = policy_of(firm)
    assert promise in [held.id for held in promises_for(policy, kind, track, "", "first")]
    lines = [line for line in in_words(policy, RECEIVED) if line.id == promise]
    assert any(line.example.endswith(f"→ by {due}") and track in (line.only or track) for line in lines)


def test_a_new_complaint_to_constrat_gets_the_time_that_its_policy_names() -> None:
    policy = policy_of("constrat")
    held = promises_for(policy, policy.default_kind, policy.default_track, "", "first")
    assert [promise.within for promise in held if promise.kind == "resolve"] == [Duration(20, "business days")]


@pytest.mark.parametrize("firm", FIRMS)
def test_the_config_of_each_firm_loads_with_its_passwords_from_the_environment(firm: str) -> None:
    path = EXAMPLES / firm / "config.toml"
    passwords = dict.fromkeys(re.findall(r"MAILCASE_\w+__PASSWORD", path.read_text("utf-8")), "secret")
    config = load(path, passwords)
    assert config.policy == EXAMPLES / firm / "policy.toml"
    assert {person.role for person in config.staff} == {"handler", "manager"}
    assert all(box.authentication != "none" for box in config.mailbox)
    assert staff_faults(config, policy_of(firm)) == []


@pytest.mark.parametrize(
    ("firm", "sender", "source", "topics"),
    [
        ("constrat", "no-reply@constrat.io", "form", ()),
        ("xcommunications", "helpdesk@xcomm.co.uk", "helpdesk", ("Complaint",)),
    ],
)
def test_the_form_and_the_helpdesk_are_configured_senders(
    firm: str, sender: str, source: str, topics: tuple[str, ...]
) -> None:
    path = EXAMPLES / firm / "config.toml"
    passwords = dict.fromkeys(re.findall(r"MAILCASE_\w+__PASSWORD", path.read_text("utf-8")), "secret")
    (form,) = load(path, passwords).form
    assert (form.sender, form.source, form.topics, form.requires_proof) == (sender, source, topics, True)
    assert {"email", "name", "message"} <= form.fields.keys()
