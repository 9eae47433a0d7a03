"""The firm's settings as questions: whose address is it, is it marked as spam, is a limit reached."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import RULES, STAFFED, mail, reading
from mailcase.core.rules import Limits


@pytest.mark.parametrize(
    ("hour", "day", "minute", "words"),
    [
        (0, 0, 0, ""),
        (2, 4, 299, ""),
        (3, 0, 0, "3 answers went to this address within an hour"),
        (0, 5, 0, "5 answers went to this address within a day"),
        (0, 0, 300, "300 answers left within a minute"),
        (9, 9, 999, "3 answers went to this address within an hour"),
    ],
)
def test_a_limit_is_reached_by_the_answers_that_went(hour: int, day: int, minute: int, words: str) -> None:
    assert Limits().reached(hour, day, minute) == words


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("complaints@firm.example", True),
        ("Complaints+CST7K4M92QFX@Firm.example", True),
        ("escalation@firm.example", True),
        ("ann@firm.example", False),
        ("complaints@firm.example.net", False),
        ("", False),
        ("@firm.example", False),
    ],
)
def test_our_own_addresses(address: str, ours: bool) -> None:
    assert RULES.is_ours(address) is ours


@pytest.mark.parametrize(
    ("address", "colleague"),
    [
        ("ann@firm.example", True),
        ("Ann@FIRM.EXAMPLE", True),
        ("PRIYA@elsewhere.example", True),
        ("sam@elsewhere.example", False),
        ("sam@notfirm.example", False),
        ("", False),
    ],
)
def test_colleagues(address: str, colleague: bool) -> None:
    assert STAFFED.is_colleague(address) is colleague


@pytest.mark.parametrize(
    ("value", "marked"), [("YES", True), ("yes, score=12", True), (" Yes", True), ("no", False), ("", False)]
)
def test_the_sites_own_filter(value: str, marked: bool) -> None:
    assert bool(RULES.spam_mark(reading(mail(x_spam_flag=value)).message)) is marked


def test_without_a_configured_header_nothing_is_spam() -> None:
    assert replace(RULES, spam_headers=()).spam_mark(reading(mail(x_spam_flag="YES")).message) == ""


def test_the_domain_of_our_message_ids_is_that_of_the_service() -> None:
    assert RULES.domain == "firm.example"
