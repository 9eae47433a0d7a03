"""What staff can say, as values: the choices that there are, and what is behind each keyword once it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, get_args

from mailcase.core.case import Status
from mailcase.core.days.durations import Duration
from mailcase.core.promises.schemes import CaseKind
from mailcase.core.record import Person

Channel = Literal["phone", "post", "web"]

STATUSES: Final[tuple[str, ...]] = get_args(Status)
KINDS: Final[tuple[str, ...]] = get_args(CaseKind)
OUTCOMES: Final = ("upheld", "partly upheld", "not upheld")
# The channels of a talk or a letter outside mailcase, and whether words must say what it was about.
CONTACTS: Final[Mapping[str, bool]] = MappingProxyType(
    {"phone": True, "post": True, "posted": False, "e-mail": True, "meeting": True, "chat": True}
)
# `standard` and `email` bring back the ordinary way.
FORMATS: Final = ("standard", "plain", "large print", "braille", "easy read", "audio", "BSL", "other")
WAYS: Final = ("email", "post", "phone")
# What a firm can give, and whether it is an amount of money.
REDRESS: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "none": False,
        "apology": False,
        "replacement": False,
        "repair": False,
        "refund": True,
        "compensation": True,
        "credit": True,
        "goodwill": True,
    }
)
_CODES: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"""
CURRENCIES: Final = frozenset(_CODES.split())
"""ISO 4217, without funds, metals and test codes."""


@dataclass(frozen=True, slots=True)
class Extend:
    """More time for the decision; the customer reads the reason."""

    by: Duration
    reason: str


@dataclass(frozen=True, slots=True)
class Redress:
    """What the customer gets: a kind of `REDRESS`, with an amount and its ISO 4217 currency where it is money."""

    kind: str
    amount: Decimal | None = None
    currency: str = ""

    def __str__(self) -> str:
        return self.kind if self.amount is None else f"{self.kind} {self.amount} {self.currency}"


@dataclass(frozen=True, slots=True)
class Log:
    """A contact with the customer outside mailcase."""

    channel: str
    words: str


@dataclass(frozen=True, slots=True)
class New:
    """A complaint that did not come by mail; a customer without an address has a name alone."""

    channel: Channel
    address: str
    name: str
    received: date
    words: str


@dataclass(frozen=True, slots=True)
class Accept:
    """Another customer and day of receipt than the ones that were proposed."""

    address: str
    received: date


@dataclass(frozen=True, slots=True)
class Check:
    """The answer to one question of a checklist."""

    question: str
    answer: bool
    words: str


Value = str | tuple[int, ...] | Extend | Redress | Person | Log | New | Accept | Check | None


@dataclass(frozen=True, slots=True)
class Command:
    """One command, read: the name of its keyword and the value behind it, with the line as it was written."""

    keyword: str
    value: Value
    line: int
    written: str


@dataclass(frozen=True, slots=True)
class Letter:
    """The words for the customer, and nothing else; the keyword says which letter it is."""

    keyword: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line, counted from the first that was newly written, and what would have been right."""

    line: int
    written: str
    words: str

    def __str__(self) -> str:
        return f"line {self.line}, “{self.written}”: {self.words}"


@dataclass(frozen=True, slots=True)
class Said:
    """All that a mail says. With a fault there is nothing else; `note` is what stays in the house."""

    commands: tuple[Command, ...] = ()
    letter: Letter | None = None
    note: str = ""
    faults: tuple[Fault, ...] = ()
