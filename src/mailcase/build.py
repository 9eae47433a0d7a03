"""From the config to the parts: what `daemon` and the commands build on."""

from __future__ import annotations

import socket
import string
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from mailcase.config_people import Staff, Vouched
from mailcase.config_sections import Config, Login, Mailbox
from mailcase.core.case import Role
from mailcase.core.letters.templates import Templates
from mailcase.core.mail.authentication import Network, Trust
from mailcase.core.mail.forms import Form
from mailcase.core.promises.policy import Policy
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.rules import Limits, Rules
from mailcase.core.staff.assignment import Colleague
from mailcase.core.staff.capability import Keys
from mailcase.data import data_dir, our_templates, read_templates
from mailcase.errors import ConfigError, MailcaseError
from mailcase.store.engine import Database
from mailcase.transport.imap import Account
from mailcase.transport.oauth import access_token
from mailcase.transport.sender import Connection, RelayAddress

Now = Callable[[], datetime]
Steady = Callable[[], float]

# What follows from authentication = "none".
NOBODY_BELIEVED = (
    "commands of staff that come through it are not believed: nothing proves who wrote them; set its authentication"
)
# What the SMTP door is called, by the role of the address that a mail is for.
SMTP_DOORS: Mapping[Role, str] = MappingProxyType({"complaints": "smtp", "escalation": "smtp/escalation"})


def database(config: Config) -> Database:
    """The database that the config names; nothing is opened yet."""
    return Database(config.database.url.get_secret_value())


def migrations() -> Path:
    """Where the schema's steps are."""
    return data_dir() / "migrations"


def key(config: Config) -> bytes:
    """The secret that every id is made with; without it the same mail would get another reference."""
    return _key_in(config.service.key_file, "key_file", "`mailcase init` makes one")


def token_keys(config: Config) -> Keys:
    """What tokens of staff are sealed with: a key of their own, or else the one of ids, which is never changed."""
    service, cure = config.service, "`openssl rand -hex 32` prints one"
    own = service.token_key_file
    current = _key_in(own, "token_key_file", cure) if own else key(config)
    previous = (_key_in(path, "previous_token_key_files", cure) for path in service.previous_token_key_files)
    return Keys(current, tuple(previous))


def key_files(config: Config) -> tuple[Path, ...]:
    """All files whose content nobody else may know."""
    service = config.service
    own = (service.token_key_file,) if service.token_key_file else ()
    return tuple(dict.fromkeys((service.key_file, *own, *service.previous_token_key_files)))


def _key_in(path: Path, name: str, cure: str) -> bytes:
    try:
        text = path.read_text("ascii").strip()
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "it is not text"
        raise MailcaseError(f"service.{name}: {path} cannot be read: {reason}; {cure}") from fault
    if len(text) < 64 or not set(text) <= set(string.hexdigits) or len(text) % 2:
        raise MailcaseError(f"service.{name}: {path} is no key (64 hexadecimal digits); {cure}")
    return bytes.fromhex(text)


def rules(config: Config) -> Rules:
    """What decisions and letters depend on."""
    service, promised = config.service, policy(config)
    if faults := staff_faults(config, promised):
        raise ConfigError(faults)
    return Rules(
        key=key(config),
        prefix=service.reference_prefix,
        service_name=service.name,
        service_address=service.address,
        own_addresses=frozenset(own_addresses(config)),
        own_domains=frozenset(service.own_domains),
        managers=managers(config),
        language=service.language,
        templates=Templates(read_templates(service.language, config.letters.dir), our_templates(service.language)),
        policy=promised,
        limits=Limits(**config.limits.model_dump()),
        envelope=config.relay.envelope,
        plus_addressing=service.plus_addressing,
        hold=config.letters.hold,
        spam_headers=config.intake.spam_headers,
        staff=tuple(map(_colleague, config.staff)),
        keys=token_keys(config),
        escalation_address=service.escalation_address,
        trust=trust(config),
        cooling=timedelta(minutes=config.letters.cooling_minutes),
        forms=tuple(Form(**form.model_dump()) for form in config.form),
    )


def _colleague(person: Staff) -> Colleague:
    return Colleague(person.name, person.address, person.role, person.categories, person.away, person.signature)


def staff_faults(config: Config, promised: Policy) -> list[str]:
    """Categories that staff are to have and the policy does not: nobody would ever get a case by them."""
    known = ", ".join(promised.categories) or "none at all"
    return [
        f"staff[{index}].categories: the policy has no category {category}; it has {known}"
        for index, person in enumerate(config.staff)
        for category in person.categories
        if category not in promised.categories
    ]


def door_name(box: Mailbox, folder: str) -> str:
    """What a mailbox folder is called in the database, in the log and in /healthz."""
    return f"{box.user}@{box.host}/{folder}"


def trust(config: Config) -> Mapping[str, Trust]:
    """Whom each door believes, by the name of the door."""
    folders = [(box, folder) for box in config.mailbox for folder in (box.folder, box.junk_folder) if folder]
    believed = {door_name(box, folder): _trust(box, None) for box, folder in folders}
    if config.listener:
        believed |= dict.fromkeys(SMTP_DOORS.values(), _trust(config.listener, config.listener.trusted_peers))
    return MappingProxyType(believed)


def _trust(door: Vouched, peers: tuple[Network, ...] | None) -> Trust:
    return Trust(door.authentication, door.authority, peers)


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
