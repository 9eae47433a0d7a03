"""Which case a mail speaks of: what it names, in the order in which we believe it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mailcase.core import ids
from mailcase.core.mail.message import Message
from mailcase.core.mail.quotes import new_text

_FULL_STOP = "\u3002"  # the ideographic one, which parts labels too (RFC 3490 3.1)
_LONGEST_DOMAIN = 255  # RFC 5321 4.5.3.1.2; it bounds the work
_MOST = 20  # of references and of Message-IDs that one mail may name: enough for people, bounded for robots


@dataclass(frozen=True, slots=True)
class Mentions:
    """The Message-IDs and case references that a mail names, strongest first, each once."""

    message_ids: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a Message-ID or a reference is; `letter` is set when it is the id (or an alias) of a letter of ours.

    `recipient` is whom that letter went to and `kind` what it is; `undeliverable` is whether a letter of
    the case did not reach its reader.
    """

    case: str
    customer: str
    letter: str = ""
    answers_ours: bool = False  # the case itself was opened by a stranger's answer to a letter of ours
    recipient: str = ""
    undeliverable: bool = False
    kind: str = ""
    in_doubt: bool = False  # a relay was given the letter, and has not said that it took it
    joined: str = ""  # the case that goes on for it


def mentions(message: Message, prefix: str, is_ours: Callable[[str], bool]) -> Mentions:
    """What a mail names: In-Reply-To, References from the nearest on; then tag, subject and newly written text."""
    tagged = list(tags(message, is_ours))
    letters = (f"<{token}@{domain}>" for token, domain in tagged if len(token) == ids.LETTER_SYMBOLS)
    references = _references(message, prefix, (token for token, _ in tagged))
    answered = (*message.in_reply_to, *reversed(message.references), *letters)
    return Mentions(_first(map(as_known, answered)), _first(references))


def as_known(message_id: str) -> str:
    """A Message-ID as the database knows it: of one that Amazon SES put in place of ours, what its 250 told us."""
    local, _, domain = message_id.strip("<>").partition("@")
    return local if domain.lower().endswith("amazonses.com") else message_id


def tags(message: Message, is_ours: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """(token, domain) of each tagged address of ours that the mail was sent to."""
    for address in message.to:
        local, _, domain = address.rpartition("@")
        name, plus, token = local.partition("+")
        if plus and is_ours(f"{name}@{domain}"):
            yield token.lower(), domain


def _references(message: Message, prefix: str, tokens: Iterable[str]) -> Iterator[str]:
    for token in tokens:
        yield from ids.find_references(prefix, token)
    yield from ids.find_references(prefix, message.subject)
    # Cutting the quotes costs more than all of the above: only a text that names a case at all is worth it.
    if any(True for _ in ids.find_references(prefix, message.text)):
        yield from ids.find_references(prefix, new_text(message.text))


def _first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MOST]


def same_address(one: str, other: str) -> bool:
    """The same mailbox as people understand it; RFC 5321 lets the local part differ by case, and nobody means it."""
    return bool(one) and one.lower() == other.lower()


def mailbox_key(address: str) -> str:
    """What the spellings of one mailbox share: whoever is bothered at victim+1@x is bothered at "Victim"@X as well."""
    plain = address if address.isascii() else unicodedata.normalize("NFKC", address).replace(_FULL_STOP, ".")
    local, _, domain = plain.rpartition("@")
    local = local.partition("+")[0].strip('"').casefold()
    return f"{unicodedata.normalize('NFKC', local)}@{_in_dns(domain.lower().rstrip('.'))}"


def _in_dns(domain: str) -> str:
    """A domain as DNS has it: people write it in their own script, or in these letters (RFC 5890 2.3.2.1)."""
    if domain.isascii() or len(domain) > _LONGEST_DOMAIN:
        return domain
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in domain.split(".")
    )


def named_cases(named: Mentions, by_id: Mapping[str, Owner], by_reference: Mapping[str, Owner]) -> list[Owner]:
    """The cases that a mail names and that exist, strongest first; for one that was joined, the case that goes on."""
    found = [by_id[name] for name in named.message_ids if name in by_id]
    found += [by_reference[name] for name in named.references if name in by_reference]
    return [goes_on(owner, by_reference) for owner in found if owner.case]


def goes_on_as(case: str, by_reference: Mapping[str, Owner]) -> str:
    """The case in which this one goes on, or itself."""
    return goes_on(by_reference[case], by_reference).case if case in by_reference else case


def goes_on(owner: Owner, by_reference: Mapping[str, Owner]) -> Owner:
    """The case in which this one goes on, with the letter that was named; where it was not joined, itself."""
    case = owner
    while case.joined in by_reference:
        case = by_reference[case.joined]
    if case is owner:
        return owner
    return replace(owner, case=case.case, customer=case.customer, undeliverable=case.undeliverable, joined="")
