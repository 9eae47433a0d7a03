"""Statutory limits that lie over a policy: one table, each row with its source; the strictest date wins.

Read from the regulators' pages in November 2026. A firm's compliance officer has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal

from mailcase.core.days.calendar import Calendar
from mailcase.core.days.durations import Duration

CaseKind = Literal["complaint", "refund", "assistance", "data-protection", "access-request"]
Duty = Literal["acknowledge", "summary", "resolve", "resolve-held", "signpost"]
FactIn = Literal["acknowledgement", "summary", "final", "signpost"]

# What must have happened by a limit.
DUTIES: Mapping[Duty, str] = MappingProxyType(
    {
        "acknowledge": "acknowledged",
        "summary": "resolved with a short letter, a summary resolution communication (after that, a final response)",
        "resolve": "answered for good",
        "resolve-held": "answered for good, where a holding reply gave the reason",
        "signpost": "told of the ADR body, at deadlock or at the latest",
    }
)
SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "disp": "UK financial services (FCA Handbook, DISP 1)",
        "disp-payments": "UK payment services and electronic money (FCA Handbook, DISP 1.6.2A)",
        "ofcom": "UK telecoms (Ofcom General Condition C4)",
        "data-protection": "UK data protection (UK GDPR, Data Protection Act 2018)",
    }
)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a scheme asks by when, for which kind of case, and for mail received from when until before when."""

    scheme: str
    kind: CaseKind
    duty: Duty
    within: Duration
    source: str
    received_from: date = date.min
    received_before: date = date.max


@dataclass(frozen=True, slots=True)
class Fact:
    """What a scheme asks a letter to say."""

    scheme: str
    kind: CaseKind
    letter: FactIn
    says: str
    source: str


_SIX_WEEKS_FROM = date(2026, 4, 8)  # Ofcom, statement of 8 July 2025 on access to ADR: from eight weeks to six
_C4 = "Ofcom General Condition C4, code of practice"
_DPA = "Data Protection Act 2018 section"

LIMITS: tuple[Limit, ...] = (
    # By the end of eight weeks after receipt, a final response.
    Limit("disp", "complaint", "resolve", Duration(8, "weeks"), "DISP 1.6.2R"),
    # Resolved by close of business on the third business day following the day of receipt.
    Limit("disp", "complaint", "summary", Duration(3, "business days"), "DISP 1.5.1R"),
    # A final response by the end of 15 business days; after a holding reply, in exceptional circumstances, of 35.
    Limit("disp-payments", "complaint", "resolve", Duration(15, "business days"), "DISP 1.6.2AR(1)"),
    Limit("disp-payments", "complaint", "resolve-held", Duration(35, "business days"), "DISP 1.6.2AR(2)"),
    # The ADR letter: at deadlock, or when this time is over.
    Limit("ofcom", "complaint", "signpost", Duration(6, "weeks"), _C4, received_from=_SIX_WEEKS_FROM),
    Limit("ofcom", "complaint", "signpost", Duration(8, "weeks"), _C4, received_before=_SIX_WEEKS_FROM),
    # No number of days for the answer, which is due without undue delay.
    Limit("data-protection", "data-protection", "acknowledge", Duration(30, "days"), f"{_DPA} 164A(3)"),
    # The same date of the next month. The ICO lets a weekend move it to a working day; we do not rely on that.
    Limit("data-protection", "access-request", "resolve", Duration(1, "months"), "UK GDPR article 12(3)"),
)

FACTS: tuple[Fact, ...] = (
    Fact("disp", "complaint", "acknowledgement", "by when the written answer is due", "DISP 1.6.1R(1)(b)(ii)"),
    Fact("disp", "complaint", "summary", "that the firm counts the complaint as resolved", "DISP 1.5.4R(1)"),
    Fact("disp", "complaint", "summary", "that the Financial Ombudsman Service may look at it", "DISP 1.5.4R(2)"),
    Fact("disp", "complaint", "summary", "the web address of the ombudsman", "DISP 1.5.4R(4)"),
    Fact("disp", "complaint", "final", "the web address of the ombudsman", "DISP 1.6.2R(1)(da)"),
    Fact("disp", "complaint", "final", "referral to the ombudsman within 6 months of the letter", "DISP 1.6.2R(1)(e)"),
    Fact("disp-payments", "complaint", "acknowledgement", "by when the answer is due", "DISP 1.6.1R(1)(b)(i)"),
    Fact("ofcom", "complaint", "signpost", "the name and contact details of the ADR body", _C4),
    Fact("ofcom", "complaint", "signpost", "that the ADR body is independent and free of charge", _C4),
    Fact("data-protection", "data-protection", "final", "the way to the Information Commissioner", f"{_DPA} 165"),
)

# How long a customer may go to the ADR body after the final letter: DISP 2.8.2R(1).
REFERRALS: Mapping[str, Duration] = MappingProxyType({"disp": Duration(6, "months")})


def limits(scheme: str, kind: str, received: date) -> tuple[Limit, ...]:
    """The rows of a scheme that bind a case of this kind, received on this day."""
    return tuple(
        row
        for row in LIMITS
        if row.scheme == scheme and row.kind == kind and row.received_from <= received < row.received_before
    )


def limit(scheme: str, duty: Duty, kind: str, received_at: datetime, calendar: Calendar) -> datetime | None:
    """The last moment a scheme allows, if it limits this; it counts from the first receipt and nothing resets it.

    The day of receipt is day 0 and mail after hours counts as received that day, whatever the policy says: both are
    how the policies' own dates may differ from the regulators'.
    """
    rows = limits(scheme, kind, calendar.day_of(received_at))
    dates = (calendar.add(received_at, row.within, "day-after-receipt") for row in rows if row.duty == duty)
    return min(dates, default=None)


def source(scheme: str, duty: Duty, kind: str, received: date) -> str:
    """Where the limits of a duty stand; '' where there is none."""
    return ", ".join(row.source for row in limits(scheme, kind, received) if row.duty == duty)


def facts(scheme: str, kind: str, letter: FactIn) -> tuple[Fact, ...]:
    """What a scheme asks this letter to say."""
    return tuple(fact for fact in FACTS if (fact.scheme, fact.kind, fact.letter) == (scheme, kind, letter))
