"""The sections of the config, one class each, in the order of config.example.toml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, unquote_plus

from pydantic import (
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from mailcase.config_people import Form, Staff, Vouched
from mailcase.config_values import (
    DEFAULT_DATABASE,
    Command,
    Count,
    CountOrZero,
    DatabaseUrl,
    Domains,
    Encrypted,
    Endpoint,
    FileOrNone,
    Files,
    FolderOrNone,
    Given,
    Headers,
    Language,
    Minutes,
    Network,
    Networks,
    OneLine,
    OwnAddress,
    OwnAddresses,
    OwnAddressOrNone,
    PathOrNone,
    Port,
    Prefix,
    Seconds,
    Secret,
    Section,
    Size,
    SomePath,
    is_near,
)


def _written(default: object) -> Any:
    """A default as the file would write it; it is read like any other value."""
    return Field(default)


class Service(Section):
    """Who we are to the customer."""

    name: Given = Field(examples=["Example Ltd"])
    address: OwnAddress = Field(examples=["complaints@example.org"])
    escalation_address: OwnAddressOrNone = ""
    own_domains: Domains = ()
    reference_prefix: Prefix = "MC"
    language: Language = "en"
    key_file: SomePath = Path("mailcase.key")
    token_key_file: PathOrNone = None
    previous_token_key_files: Files = ()
    plus_addressing: bool = True

    @field_validator("own_domains")
    @classmethod
    def _domain_of_address(cls, domains: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return domains or (info.data.get("address", "").rpartition("@")[2],)


class Database(Section):
    """Where everything is remembered; the URL may hold a password, so all of it is a secret."""

    url_file: PathOrNone = None
    url: DatabaseUrl = _written(DEFAULT_DATABASE)


class Login(Section):
    """How we show a server who we are: a password, or a program that prints an OAuth2 access token."""

    user: OneLine = ""
    token_command: Command = ()
    password_file: PathOrNone = None
    password: Secret = _written("")

    @field_validator("password")
    @classmethod
    def _one_way(cls, password: SecretStr, info: ValidationInfo) -> SecretStr:
        command, user = info.data.get("token_command"), info.data.get("user", "unknown")
        if password and command:
            raise ValueError("stands beside token_command: keep one of the two")
        if user and not password and not command:
            raise ValueError("must be given, or password_file, or token_command")
        if not user and (password or command):
            raise ValueError("stands without a user: give both, or none where the server asks for no login")
        return password


class Mailbox(Login, Vouched):
    """An IMAP mailbox that we watch."""

    user: Given = Field(examples=["complaints@example.org"])
    host: Given = Field(examples=["imap.example.org"])
    port: Port = 993
    tls: Encrypted = "tls"
    ca_file: FileOrNone = None
    folder: Given = "INBOX"
    done_folder: OneLine = "Processed"
    junk_folder: OneLine = ""
    role: Literal["complaints", "escalation"] = "complaints"
    start: Literal["now", "all"] = "now"
    idle: bool = True
    poll_seconds: Seconds = 30

    @field_validator("done_folder", "junk_folder")
    @classmethod
    def _another_folder(cls, name: str, info: ValidationInfo) -> str:
        if name and name in (info.data.get("folder"), info.data.get("done_folder")):
            raise ValueError("must be another folder than the ones that are watched or moved to")
        return name


class Listener(Vouched):
    """The SMTP door; it is open when the section stands."""

    host: Given = "127.0.0.1"
    port: Port = 2525
    tls_cert: FileOrNone = None
    tls_key: FileOrNone = None
    max_size: Size = 36_700_160
    trusted_peers: Networks = ()
    recipients: OwnAddresses = ()

    @field_validator("trusted_peers")
    @classmethod
    def _someone_to_believe(cls, peers: tuple[Network, ...], info: ValidationInfo) -> tuple[Network, ...]:
        if not peers and info.data.get("authentication", "none") != "none":
            raise ValueError("must be given beside authentication: the servers that hand in mail which they checked")
        return peers

    @field_validator("tls_key")
    @classmethod
    def _with_certificate(cls, key: Path | None, info: ValidationInfo) -> Path | None:
        if "tls_cert" in info.data and bool(key) != bool(info.data["tls_cert"]):
            raise ValueError("tls_cert and tls_key belong together: give both, or none for no STARTTLS")
        return key


class Relay(Login):
    """The mail server that takes our letters."""

    host: Given = Field(examples=["smtp.example.org"])
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: FileOrNone = None
    envelope: Literal["address", "tagged", "null"] = "address"
    max_per_minute: CountOrZero = 0

    @field_validator("tls")
    @classmethod
    def _clear_text_stays_near(cls, tls: str, info: ValidationInfo) -> str:
        if tls == "none" and not is_near(info.data.get("host", "")):
            raise ValueError('may be "none" only for a relay on this machine or a private network')
        return tls


class Letters(Section):
    """Where the firm's own templates are, and what a letter waits for before it leaves."""

    dir: FolderOrNone = None
    hold: bool = False
    cooling_minutes: Minutes = 10


class Intake(Section):
    """How the site's own filter marks spam: pairs of a header and the beginning of its value, lower case."""

    spam_headers: Headers = _written(["X-Spam-Flag: YES"])


class Limits(Section):
    """How many answers to inbound mail may leave, and how many mails may interrupt one of staff."""

    per_address_hour: Count = 3
    per_address_day: Count = 5
    per_minute: Count = 300
    open_cases_per_address: Count = 10
    mails_per_customer_hour: Count = 10
    mails_per_customer_day: Count = 30
    updates_per_address_day: Count = 20
    urgent_per_day: Count = 20


class HttpSection(Section):
    """Where /livez and /healthz answer: (host, port), or None for off."""

    listen: Endpoint = _written("127.0.0.1:8025")


class Config(Section):
    """The whole config; it stops at the composition root."""

    policy: FileOrNone = None
    service: Service
    database: Database
    mailbox: tuple[Mailbox, ...] = ()
    listener: Listener | None = None
    relay: Relay
    letters: Letters
    staff: tuple[Staff, ...] = ()
    form: tuple[Form, ...] = ()
    intake: Intake
    limits: Limits
    http: HttpSection

    @field_validator("mailbox")
    @classmethod
    def _each_mailbox_once(cls, mailboxes: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        seen = [(box.host.lower(), box.user, box.folder) for box in mailboxes]
        if twice := {f"{user} {folder}" for host, user, folder in seen if seen.count((host, user, folder)) > 1}:
            raise ValueError(f"names a folder twice: {', '.join(sorted(twice))}")
        return mailboxes

    @field_validator("staff")
    @classmethod
    def _each_person_once(cls, staff: tuple[Staff, ...], info: ValidationInfo) -> tuple[Staff, ...]:
        addresses = [person.address.lower() for person in staff]
        service = info.data.get("service")
        ours = {service.address.lower(), service.escalation_address.lower()} if service else set()
        if twice := {address for address in addresses if addresses.count(address) > 1}:
            raise ValueError(f"names an address twice: {', '.join(sorted(twice))}")
        if loop := ours.intersection(addresses):
            raise ValueError(f"names our own address, so that we would write to ourselves: {', '.join(loop)}")
        return staff

    @field_validator("form")
    @classmethod
    def _each_sender_once(cls, forms: tuple[Form, ...], info: ValidationInfo) -> tuple[Form, ...]:
        senders = [form.sender.lower() for form in forms]
        if twice := {sender for sender in senders if senders.count(sender) > 1}:
            raise ValueError(f"names a sender twice: {', '.join(sorted(twice))}")
        service = info.data.get("service")
        others = {service.address.lower(), service.escalation_address.lower()} if service else set()
        others |= {person.address.lower() for person in info.data.get("staff", ())}
        if people := sorted(others.intersection(senders)):
            raise ValueError(f"names an address of our own or of staff, which is no form: {', '.join(people)}")
        return forms

    @field_validator("relay")
    @classmethod
    def _tags_are_delivered(cls, relay: Relay, info: ValidationInfo) -> Relay:
        service = info.data.get("service")
        if relay.envelope == "tagged" and service and not service.plus_addressing:
            raise ValueError('envelope "tagged" needs service.plus_addressing = true')
        return relay

    @property
    def recipients(self) -> tuple[str, ...]:
        """Lower-case addresses that the listener takes mail for: its own list, or else our two addresses."""
        own = (self.service.address, self.service.escalation_address)
        listed = self.listener.recipients if self.listener else ()
        return tuple(address.lower() for address in listed or own if address)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log line may show."""
        logins = [*self.mailbox, self.relay]
        passwords = [login.password.get_secret_value() for login in logins]
        url = self.database.url.get_secret_value()
        in_url = re.findall(r"://[^:@/]*:(.*)@", url) + re.findall(r"[?&](?:ssl)?password=([^&#]*)", url)
        passwords += [form for password in in_url for form in (password, unquote(password), unquote_plus(password))]
        return tuple(sorted({password for password in passwords if password}))
