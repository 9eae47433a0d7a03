"""What the firm configured, as plain values that the pure core can work with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from mailcase.core.letters.templates import Templates
from mailcase.core.mail.authentication import Trust
from mailcase.core.mail.forms import Form
from mailcase.core.mail.message import Message
from mailcase.core.mail.thread import mailbox_key
from mailcase.core.promises.policy import Policy
from mailcase.core.staff.assignment import Colleague
from mailcase.core.staff.capability import Keys


@dataclass(frozen=True, slots=True)
class Limits:
    """How many letters may leave: no robot or forged sender must make us a nuisance to a third, nor we to staff."""

    per_address_hour: int = 3
    per_address_day: int = 5
    per_minute: int = 300
    open_cases_per_address: int = 10  # of one customer, whose first letters leave by themselves
    mails_per_customer_hour: int = 10  # of one customer, on all their cases, that staff get at once
    mails_per_customer_day: int = 30
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

    def many_mails(self, hour: int, day: int) -> str:
        """That a customer has written so many mails, in words; '' while the limit is not reached."""
        if hour >= self.mails_per_customer_hour:
            return f"mails of this customer within an hour: {hour}"
        return f"mails of this customer within a day: {day}" if day >= self.mails_per_customer_day else ""

    def many_open(self, cases: int) -> str:
        """That so many cases of a customer are open, in words; '' while the limit is not reached.

        A robot that opens one after the other would get updates on all of them for ever.
        """
        return f"open cases of this address: {cases}" if cases >= self.open_cases_per_address else ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The firm's settings that decisions and letters depend on."""

    key: bytes
    prefix: str
    service_name: str
    service_address: str
    own_addresses: frozenset[str]  # lower case: where we receive
    own_domains: frozenset[str]  # lower case: whose people are colleagues, not customers
    managers: tuple[str, ...]  # who is told when something waits for a person
    language: str
    templates: Templates
    policy: Policy
    limits: Limits
    envelope: Literal["address", "tagged", "null"] = "address"
    plus_addressing: bool = True
    hold: bool = False
    spam_headers: tuple[tuple[str, str], ...] = ()  # (lower-case header, lower-case beginning of its value)
    staff: tuple[Colleague, ...] = ()
    keys: Keys | None = None  # what tokens are sealed with; None: with `key`, and no older ones
    escalation_address: str = ""  # where customers ask us to look again
    trust: Mapping[str, Trust] = field(default_factory=lambda: MappingProxyType({}))  # by the name of a door
    forms: tuple[Form, ...] = ()  # senders whose mail names the customer in its fields
    cooling: timedelta = timedelta(minutes=10)  # for which letters with words of staff can be stopped

    @property
    def staff_addresses(self) -> frozenset[str]:
        """Of all staff, lower case."""
        return frozenset(each.address.casefold() for each in self.staff)

    @property
    def sealing(self) -> Keys:
        """What tokens are sealed with."""
        return self.keys or Keys(self.key)

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
        return mailbox_key(address) in map(mailbox_key, self.own_addresses)

    def asks_to_look_again(self, addresses: Collection[str]) -> bool:
        """Whether a mail went to the address at which customers ask that."""
        return bool(self.escalation_address) and mailbox_key(self.escalation_address) in map(mailbox_key, addresses)

    def form_of(self, address: str) -> Form | None:
        """The configured sender of this address, whose mail names the customer in its fields."""
        folded = address.casefold()
        return next((form for form in self.forms if form.sender.casefold() == folded), None)

    def is_colleague(self, address: str) -> bool:
        """Somebody inside the firm."""
        folded = address.casefold()
        return folded in self.staff_addresses or folded.rpartition("@")[2] in self.own_domains

    def name_of(self, address: str) -> str:
        """What one of staff is called, to themselves and to customers; '' for an address that is none of theirs."""
        found = self.colleague(address)
        return found.name if found else ""

    def colleague(self, address: str) -> Colleague | None:
        """One of staff by their address."""
        folded = address.casefold()
        return next((each for each in self.staff if each.address.casefold() == folded), None)

    def spam_mark(self, message: Message) -> str:
        """The header by which the site's own filter marked a mail as spam; '' when it did not."""
        for name, beginning in self.spam_headers:
            for value in message.headers.get(name, ()):
                if value.strip().casefold().startswith(beginning):
                    return f"{name}: {beginning}"
        return ""
