"""What the firm configured, as plain values that the pure core can work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from mailcase.core.letters import Templates
from mailcase.core.message import Message
from mailcase.core.policy import Policy
from mailcase.core.thread import mailbox_key


@dataclass(frozen=True, slots=True)
class Limits:
    """How many letters may leave: no robot or forged sender must make us a nuisance to a third, nor we to staff."""

    per_address_hour: int = 3
    per_address_day: int = 5
    per_minute: int = 300
    updates_per_address_day: int = 20  # to one customer, on all their cases
    urgent_per_day: int = 20  # mails to one of staff that do not wait for the digest

    def reached(self, hour: int, day: int, minute: int) -> str:
        """Which limit is reached, in words; '' while none is."""
        if hour >= self.per_address_hour:
            return f"{self.per_address_hour} answers went to this address within an hour"
        if day >= self.per_address_day:
            return f"{self.per_address_day} answers went to this address within a day"
        if minute >= self.per_minute:
            return f"{self.per_minute} answers left within a minute"
        return ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The firm's settings that decisions and letters depend on."""

    key: bytes
    prefix: str
    service_name: str
    service_address: str
    own_addresses: frozenset[str]  # lower case: where we receive
    own_domains: frozenset[str]  # lower case: whose people are colleagues, not customers
    staff_addresses: frozenset[str]  # lower case
    managers: tuple[str, ...]  # who is told when something waits for a person
    language: str
    templates: Templates
    policy: Policy
    limits: Limits
    envelope: Literal["address", "tagged", "null"] = "address"
    plus_addressing: bool = True
    hold: bool = False
    spam_headers: tuple[tuple[str, str], ...] = ()  # (lower-case header, lower-case beginning of its value)
    staff: Mapping[str, str] = field(default_factory=dict)  # address → name

    @property
    def zone(self) -> ZoneInfo:
        """In which the firm promises, and its letters tell, the time."""
        return self.policy.calendar.zone

    @property
    def domain(self) -> str:
        """The right side of our Message-IDs."""
        return self.service_address.rpartition("@")[2]

    def is_ours(self, address: str) -> bool:
        """One of the addresses at which we receive, with or without a tag."""
        return mailbox_key(address) in self.own_addresses

    def is_colleague(self, address: str) -> bool:
        """Somebody inside the firm."""
        folded = address.casefold()
        return folded in self.staff_addresses or folded.rpartition("@")[2] in self.own_domains

    def name_of(self, address: str) -> str:
        """What one of staff is called, to themselves and to customers; '' for an address that is none of theirs."""
        folded = address.casefold()
        return next((name for known, name in self.staff.items() if known.casefold() == folded), "")

    def spam_mark(self, message: Message) -> str:
        """The header by which the site's own filter marked a mail as spam; '' when it did not."""
        for name, beginning in self.spam_headers:
            for value in message.headers.get(name, ()):
                if value.strip().casefold().startswith(beginning):
                    return f"{name}: {beginning}"
        return ""
