"""What `check` tries, one function each; every finding that is not good says what to do."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from imapclient.exceptions import IMAPClientError
from sqlalchemy.exc import DBAPIError

from mailcase import build
from mailcase.cli import specimens
from mailcase.cli.common import first_line
from mailcase.cli.rehearsal import as_it_is
from mailcase.config_sections import Config, Mailbox
from mailcase.core import ids
from mailcase.core.deadlines.owed import new_case
from mailcase.core.letters.acknowledge import acknowledgement
from mailcase.core.letters.customer_mail import written
from mailcase.core.mail.message import read
from mailcase.core.promises.policy_check import warnings
from mailcase.core.rules import Rules
from mailcase.errors import ConfigError, MailcaseError
from mailcase.store import schema
from mailcase.transport.imap_session import Session
from mailcase.transport.imap_words import say
from mailcase.transport.sender import Connection, Timeouts

MOST_WORDS = 150  # of an acknowledgement: more is not read on a phone
LITTLE_ROOM = 500_000_000
PATIENCE = Timeouts(connect=15, command=15)
# Where anybody may have an address: nobody's own domain.
FREE_MAIL = frozenset(
    {
        *("aol.com", "fastmail.com", "free.fr", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com"),
        *("icloud.com", "live.com", "mail.com", "mail.ru", "msn.com", "orange.fr", "outlook.com", "proton.me"),
        *("protonmail.com", "qq.com", "t-online.de", "web.de", "yahoo.co.uk", "yahoo.com", "yandex.ru", "zoho.com"),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing stands, in words; `note` is no fault, but somebody should know it."""

    state: Literal["ok", "note", "failed"]
    words: str


def key_file(config: Config) -> Iterator[Finding]:
    """It can be read, and by no stranger: who has it can guess references. So with the keys of tokens."""
    try:
        build.key(config)
        build.token_keys(config)
    except MailcaseError as fault:
        yield Finding("failed", str(fault))
        return
    for path in build.key_files(config):
        if path.stat().st_mode & 0o007:
            yield Finding("failed", f"{path} is open to everybody on this machine: run `chmod 600 {path}`")
        else:
            yield Finding("ok", f"{path}; is a copy of it kept apart from the database?")


def database(config: Config) -> Iterator[Finding]:
    """It answers, has our version, and is durable; a new one can be made."""
    base = build.database(config)
    place = base.place
    try:
        if base.is_sqlite:
            yield from _sqlite_file(Path(base.url.database or ""))
        with as_it_is(base) as there, there.read() as conn:
            version = schema.version(conn)
        base.check_durable()
        made = f"version {version}" if there is base else "empty: `mailcase run` makes it ready"
        yield Finding("ok", f"{place}: {made}; a commit is on the disk when it returns")
    except MailcaseError as fault:
        yield Finding("failed", f"{place}: {fault}; correct database.url, or the database")
    except DBAPIError as fault:
        yield Finding("failed", f"{place}: {first_line(fault)}; correct database.url, or the database")
    finally:
        base.close()


def _sqlite_file(path: Path) -> Iterator[Finding]:
    folder = path.parent
    if not folder.is_dir():
        raise MailcaseError(f"there is no folder {folder}")
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise MailcaseError(f"this user may not write {path} and beside it")
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    if free < LITTLE_ROOM:
        yield Finding("note", f"{folder} has only {free // 1_000_000} MB left; make room before mail fills it")


def policy(config: Config) -> Iterator[Finding]:
    """It can be read, and what it leaves open or contradicts; how far its calendar reaches is among that."""
    try:
        found = build.policy(config)
    except ConfigError as fault:
        for words in fault.faults:
            yield Finding("failed", words)
        return
    except MailcaseError as fault:
        yield Finding("failed", str(fault))
        return
    known = f"public holidays are known until {found.calendar.holidays_known_until}"
    yield Finding("ok", f"{found.name}: {len(found.promises)} promises; {known}")
    for words in warnings(found, datetime.now(UTC).date()):
        yield Finding("note", words)


def letters(config: Config) -> Iterator[Finding]:
    """The templates become letters of every kind; how long the acknowledgement is."""
    now = datetime.now(UTC)
    try:
        rules = build.rules(config)
    except ConfigError as fault:
        for words in fault.faults:
            yield Finding("failed", words)
        return
    except MailcaseError as fault:
        yield Finding("failed", str(fault))
        return
    faults = specimens.faults(rules, now)
    for words in faults:
        yield Finding("failed", f"{words}; correct this template")
    if not faults:
        yield _length(rules, now)
    if config.letters.hold:
        yield Finding("note", "letters.hold is on: no letter leaves before `mailcase release`")


def _length(rules: Rules, now: datetime) -> Finding:
    case = new_case(rules.policy, specimens.REFERENCE, now)
    letter = written(acknowledgement(case, rules, now), case, specimens.CUSTOMER, rules, now)
    length = len(read(letter.raw).text.split())
    if length > MOST_WORDS:
        return Finding("note", f"the acknowledgement has {length} words; on a phone at most {MOST_WORDS} are read")
    return Finding("ok", f"a sample of every letter was written; the acknowledgement has {length} words")


def addresses(config: Config) -> Iterator[Finding]:
    """Our own addresses and domains mean what the firm believes that they mean."""
    service = config.service
    if common := sorted(FREE_MAIL.intersection(service.own_domains)):
        words = f"own_domains has {', '.join(common)}, where customers have their addresses too: their complaints"
        yield Finding("failed", f"{words} would wait in review; name only domains of your own in service.own_domains")
    else:
        yield Finding("ok", f"{service.address}; mail from {', '.join(service.own_domains)} is a colleague's")
    if service.plus_addressing:
        tagged = ids.tagged(service.address, "test")
        yield Finding(
            "note",
            f"service.plus_addressing is on: answers go to tagged addresses. Write to {tagged} once and see that it "
            "arrives; if it does not, set plus_addressing = false",
        )


def limits(config: Config) -> Iterator[Finding]:
    """What is held for a person, so that nobody is surprised."""
    most = config.limits
    words = f"at most {most.per_address_hour} answers to one address in an hour, {most.per_address_day} in a day"
    yield Finding("ok", f"{words}, {most.per_minute} to all in a minute; more are held for a person")


def mailboxes(config: Config) -> Iterator[Finding]:
    """Each mailbox lets us in and has its folders; what it cannot do, and what follows."""
    if not config.mailbox and not config.listener:
        yield Finding("failed", "there is no door for mail: give a [[mailbox]] or a [listener]")
    for box in config.mailbox:
        yield from _mailbox(box)


def _mailbox(box: Mailbox) -> Iterator[Finding]:
    account = build.account(box)
    name = f"{box.user} at {box.host}:{box.port}"
    try:
        with closing(Session(account)) as session:
            yield Finding("ok", f"{name}: logged in, by {box.tls}")
            for folder in filter(None, (box.folder, box.junk_folder)):
                yield _watched(session, folder)
            yield _done(session, box)
            yield _news(session, box)
            session.logout()
    except (OSError, IMAPClientError, MailcaseError) as fault:
        words = say(fault, account)[1].rstrip(".")
        yield Finding("failed", f"{name}: {words}; correct this [[mailbox]], or the server")


def _watched(session: Session, folder: str) -> Finding:
    full = session.existing(folder)
    if full is None:
        return Finding("failed", f"there is no folder {folder}; correct the name, or create it")
    session.select(full)
    return Finding("ok", f"folder {full} is there")


def _done(session: Session, box: Mailbox) -> Finding:
    if not box.done_folder:
        return Finding("ok", f'mail stays in {box.folder} once it is kept, as done_folder = "" says')
    if not session.can_move:
        words = f"the server has neither MOVE nor UIDPLUS, so mail stays in {box.folder} once it is kept"
        return Finding("note", f'{words}; done_folder = "" says that this is meant')
    try:
        done = session.ensured(box.done_folder)
    except IMAPClientError as refusal:
        return Finding("failed", f"done folder {box.done_folder} cannot be created: {refusal}; correct done_folder")
    return Finding("ok", f"mail is moved to {done} once it is kept")


def _news(session: Session, box: Mailbox) -> Finding:
    if session.can_idle and box.idle:
        return Finding("ok", "the server tells of new mail at once (IDLE)")
    often = f"it is asked for new mail every {box.poll_seconds} seconds"
    if not box.idle:
        return Finding("ok", f"idle = false: {often}")
    return Finding("note", f"the server has no IDLE: {often}")


def relay(config: Config) -> Iterator[Finding]:
    """It lets us in and takes our envelope sender; nothing is sent."""
    place = config.relay
    if place.tls == "none":
        words = 'CLEAR TEXT: relay.tls is "none", so whoever is on the way to the relay can read every letter'
        yield Finding("note", f'{words}; set "starttls" or "tls" unless the relay is on this machine')
    envelope = _envelope(config)
    connection = Connection(build.relay(config), build.hostname(), PATIENCE)
    login = f"login as {place.user}" if place.user else "without a login"
    try:
        connection.probe(envelope)
    except MailcaseError as fault:
        yield Finding("failed", f"{fault}; correct [relay], or allow us there")
        return
    finally:
        connection.close()
    yield Finding("ok", f"{place.host}:{place.port} takes letters from <{envelope}>, {login}; nothing was sent")
    if place.envelope == "null":
        yield Finding("note", 'relay.envelope is "null": what cannot be delivered never comes back, and nobody is told')


def _envelope(config: Config) -> str:
    address = config.service.address
    return {"null": "", "tagged": ids.tagged(address, "check")}.get(config.relay.envelope, address)


def listener(config: Config) -> Iterator[Finding]:
    """The SMTP door can be opened; who may knock."""
    section = config.listener
    if section is None:
        return
    yield _port("listener", section.host, section.port)
    if not section.tls_cert:
        yield Finding(
            "note", "CLEAR TEXT: the listener has no certificate, so mail reaches it unencrypted; give tls_cert"
        )
    yield Finding("ok", f"takes mail for {', '.join(config.recipients)}")


def http(config: Config) -> Iterator[Finding]:
    """The health port can be opened."""
    if config.http.listen is None:
        yield Finding("note", "http.listen is off: nothing outside can see whether the daemon is well")
    else:
        yield _port("http", *config.http.listen)


def _port(section: str, host: str, port: int) -> Finding:
    place = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(address)
            door.listen()
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            return Finding("note", f"{place} is in use: fine if mailcase runs now; if not, another program has it")
        return Finding("failed", f"{place} cannot be opened: {fault.strerror}; correct [{section}]")
    return Finding("ok", f"{place} is free")
