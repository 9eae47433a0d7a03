"""From the config to the parts: what `daemon` and the commands build on."""

from __future__ import annotations

import socket
import string
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from mailcase.config_sections import Config, Login, Mailbox
from mailcase.core.letters import Templates
from mailcase.core.policy import Policy
from mailcase.core.policy_file import read_policy
from mailcase.core.rules import Limits, Rules
from mailcase.data import data_dir, read_templates
from mailcase.errors import MailcaseError
from mailcase.store.engine import Database
from mailcase.transport.imap import Account
from mailcase.transport.oauth import access_token
from mailcase.transport.sender import Connection, RelayAddress

Now = Callable[[], datetime]
Steady = Callable[[], float]


def database(config: Config) -> Database:
    """The database that the config names; nothing is opened yet."""
    return Database(config.database.url.get_secret_value())


def migrations() -> Path:
    """Where the schema's steps are."""
    return data_dir() / "migrations"


def key(config: Config) -> bytes:
    """The secret that every id is made with; without it the same mail would get another reference."""
    path = config.service.key_file
    try:
        text = path.read_text("ascii").strip()
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "it is not text"
        raise MailcaseError(f"service.key_file: {path} cannot be read: {reason}; `mailcase init` makes one") from fault
    if len(text) < 64 or not set(text) <= set(string.hexdigits) or len(text) % 2:
        raise MailcaseError(f"service.key_file: {path} is no key (64 hexadecimal digits); `mailcase init` makes one")
    return bytes.fromhex(text)


def rules(config: Config) -> Rules:
    """What decisions and letters depend on."""
    service = config.service
    return Rules(
        key=key(config),
        prefix=service.reference_prefix,
        service_name=service.name,
        service_address=service.address,
        own_addresses=frozenset(own_addresses(config)),
        own_domains=frozenset(service.own_domains),
        staff_addresses=frozenset(person.address.casefold() for person in config.staff),
        managers=managers(config),
        language=service.language,
        templates=Templates(read_templates(service.language, config.letters.dir)),
        policy=policy(config),
        limits=Limits(**config.limits.model_dump()),
        envelope=config.relay.envelope,
        plus_addressing=service.plus_addressing,
        hold=config.letters.hold,
        spam_headers=config.intake.spam_headers,
        staff={person.address: person.name for person in config.staff},
    )


def policy(config: Config) -> Policy:
    """The firm's policy; without one of its own, the plain one that comes with mailcase."""
    path = config.policy or data_dir() / "examples" / "plain" / "policy.toml"
    try:
        return read_policy(path.read_text("utf-8-sig"), str(path))
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "it is no UTF-8 text"
        cure = "make it readable, or name another as policy in the config"
        raise MailcaseError(f"policy: {path} cannot be read: {reason}; {cure}") from fault


def zone(config: Config) -> ZoneInfo:
    """In which people are told the time: the policy's."""
    return policy(config).calendar.zone


def own_addresses(config: Config) -> set[str]:
    """Where we receive, lower case."""
    own = (config.service.address, config.service.escalation_address, *config.recipients)
    return {address.casefold() for address in own if address}


def managers(config: Config) -> tuple[str, ...]:
    """Who is told when something waits: the managers, or everybody where there is none."""
    chosen = tuple(person.address for person in config.staff if person.role == "manager")
    return chosen or tuple(person.address for person in config.staff)


def relay(config: Config) -> RelayAddress:
    """The server that takes our letters."""
    place = config.relay
    return RelayAddress(
        host=place.host,
        port=place.port,
        tls=place.tls,
        user=place.user or None,
        password=_password(place),
        token=_token(place),
        ca_file=str(place.ca_file) if place.ca_file else None,
    )


def connect(config: Config) -> Callable[[], Connection]:
    """Makes connections to the relay, each for one thread."""
    return partial(Connection, relay(config), hostname())


def account(mailbox: Mailbox) -> Account:
    """How to log in to a mailbox."""
    return Account(
        host=mailbox.host,
        port=mailbox.port,
        tls=mailbox.tls,
        user=mailbox.user,
        password=_password(mailbox),
        token=_token(mailbox),
        ca_file=str(mailbox.ca_file) if mailbox.ca_file else None,
    )


def _password(login: Login) -> str | None:
    return login.password.get_secret_value() or None


def _token(login: Login) -> Callable[[], str] | None:
    return partial(access_token, login.token_command) if login.token_command else None


def hostname() -> str:
    """What we call ourselves to other mail servers (RFC 5321 section 4.1.1.1)."""
    return socket.gethostname() or "localhost"


def clock(environ: Mapping[str, str]) -> Now:
    """The time, in UTC; for stories that last weeks, the time that stands in the file MAILCASE_TEST_CLOCK."""
    if path := environ.get("MAILCASE_TEST_CLOCK"):
        return lambda: datetime.fromisoformat(Path(path).read_text("ascii").strip()).astimezone(UTC)
    return lambda: datetime.now(UTC)


def steady(environ: Mapping[str, str]) -> Steady | None:
    """Seconds of a clock that nobody can set, and that goes on while the machine sleeps: sleep is no jump.

    A story's clock has none beside it and may leap, unless the story moves a second file, MAILCASE_TEST_STEADY.
    """
    if path := environ.get("MAILCASE_TEST_STEADY"):
        return lambda: clock({"MAILCASE_TEST_CLOCK": path})().timestamp()
    if environ.get("MAILCASE_TEST_CLOCK"):
        return None
    return partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def tick(environ: Mapping[str, str]) -> float:
    """Seconds after which a loop looks by itself, should nobody wake it; a story's clock leaps and wakes nobody."""
    return 0.2 if environ.get("MAILCASE_TEST_CLOCK") else 5.0
