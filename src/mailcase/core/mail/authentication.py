"""Whether the mail system behind a door vouches for the sender of a mail: its verdict, as a value.

Anybody can write a header. What counts here was written by the server that the operator named: the top-most
Authentication-Results of its name (RFC 8601), or what Exchange takes out of all mail from outside. Nothing else in a
mail is asked, and least of all what calls itself X-Mailcase-anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from types import MappingProxyType
from typing import Literal, NamedTuple

from mailcase.core.mail.addresses import folded, one_strict_address
from mailcase.core.mail.message import Message

Network = IPv4Network | IPv6Network
Method = Literal["none", "rfc8601", "m365", "submission"]
Says = Literal["pass", "fail", "nothing"]
Headers = Mapping[str, tuple[str, ...]]

# Exchange removes X-MS-Exchange-Organization-* from what comes from outside, and writes its own. The other two pass
# through, so they can only weaken what the first one says.
_AUTH_AS = "x-ms-exchange-organization-authas"
_TENANT = "x-ms-exchange-crosstenant-id"
_FIRST_AUTH_AS = "x-ms-exchange-crosstenant-authas"

_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_OUTSIDE = re.compile(rf'{_QUOTED}|\(|[^"()]++')
_INSIDE = re.compile(r"[()]|\\.|[^()\\]++")  # of a comment, where a quotation mark is one character among others
_CLAUSE = re.compile(rf'(?:{_QUOTED}|[^";])++')
_HEAD = re.compile(rf' *+({_QUOTED}|[^ ";]++) *+([^;]*+);?')
_PAIR = re.compile(rf'([^ ="/]++)(?: *+/ *+1)? *+= *+({_QUOTED}(?:@[^ "]++)?|[^ "]*+)')
_PAIRS = re.compile(rf" *+{_PAIR.pattern}(?: ++{_PAIR.pattern})*+ *+")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the operator of a door believes: by which method, in whose name, and for the SMTP door from which peers."""

    method: Method = "none"
    authority: str = ""  # the authserv-id of the mail system; for m365 the id of the tenant
    peers: tuple[Network, ...] | None = None  # None: the mail comes out of a mailbox of that mail system


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the mail system says of the one strict From address ('' where there is none), and why in words."""

    sender: str
    says: Says
    reason: str


class _Result(NamedTuple):
    """One clause of a field: `dmarc=pass` and its properties, all folded."""

    method: str
    value: str
    properties: tuple[tuple[str, str], ...]


_Answer = tuple[Says, str]


def verdict(message: Message, trust: Trust, peer: str = "") -> Verdict:
    """The verdict on a mail that came through a door; `peer` is who handed it to the SMTP door. Never raises."""
    sender = strict_sender(message)
    if not sender:
        return Verdict("", "nothing", "its From is not one plain address that every reader takes for the same")
    if trust.method != "none" and not trust.authority:
        return Verdict(sender, "nothing", "the config does not name the mail system that this door believes")
    if trust.peers is not None and not _is_among(peer, trust.peers):
        return Verdict(sender, "nothing", "it was handed in by a server that is none of listener.trusted_peers")
    return Verdict(sender, *_METHODS[trust.method](message.headers, sender, folded(trust.authority)))


def strict_sender(message: Message) -> str:
    """The From address, folded, when no two readers can differ about it; else ''."""
    if any(defect.startswith(("from:", "header:")) for defect in message.defects):
        return ""
    found = one_strict_address(message.headers.get("from", ()))
    return folded(found[0]) if found else ""


def _nobody(_headers: Headers, _sender: str, _authority: str) -> _Answer:
    return "nothing", "this door proves no sender (authentication = none)"


def _aligned(headers: Headers, sender: str, authority: str) -> _Answer:
    """A DMARC result is about the domain of From (RFC 7489 11.1); some servers write the whole address."""
    return _told(headers, authority, "dmarc", "header.from", (sender, sender.rpartition("@")[2]))


def _logged_in(headers: Headers, sender: str, authority: str) -> _Answer:
    """Who logged in to hand in the mail (RFC 8601 2.7.4)."""
    return _told(headers, authority, "auth", "smtp.auth", (sender,))


def _inside(headers: Headers, _sender: str, tenant: str) -> _Answer:
    """Exchange writes no authserv-id and signs nothing inside a tenant; it says that a mail was handed in there."""
    if _folded(headers.get(_AUTH_AS, ())) != ["internal"]:
        return "nothing", "Exchange does not say, exactly once, that it comes from inside"
    if set(_folded(headers.get(_FIRST_AUTH_AS, ()))) - {"internal"}:
        return "nothing", "Exchange says both that it comes from inside and that it does not"
    if _folded(headers.get(_TENANT, ())) != [tenant]:
        return "nothing", "it does not name, exactly once, the tenant of the config"
    return "pass", "Exchange says that it comes from inside the tenant"


_METHODS: Mapping[Method, Callable[[Headers, str, str], _Answer]] = MappingProxyType(
    {"none": _nobody, "rfc8601": _aligned, "m365": _inside, "submission": _logged_in}
)


def _told(headers: Headers, authority: str, method: str, name: str, wanted: Sequence[str]) -> _Answer:
    """What the top-most field of the authority says by one method of whom it names: exactly one result, one name."""
    results = _results(headers.get("authentication-results", ()), authority)
    if isinstance(results, str):
        return "nothing", results
    found = [result for result in results if result.method == method]
    if len(found) != 1:
        return "nothing", f"{authority} gives not exactly one result for {method}"
    named = [value for key, value in found[0].properties if key == name]
    if len(named) != 1 or named[0] not in wanted:
        return "nothing", f"{authority} says {method}={found[0].value}, but not of the address in From"
    value = found[0].value
    return (
        "pass" if value == "pass" else "fail" if value == "fail" else "nothing",
        f"{authority} says {method}={value}",
    )


def _results(values: Sequence[str], authority: str) -> list[_Result] | str:
    """The results of the top-most field of the authority, or why there are none.

    A field that cannot be read ends the search, whoever wrote it: below it may stand what its author denied.
    """
    for value in values:
        plain = _without_comments(value)
        if plain is None:
            return "an Authentication-Results field cannot be read"
        head = _HEAD.match(plain)
        if head is None or folded(_unquoted(head[1])) != authority:
            continue
        results = [_result(clause) for clause in _CLAUSE.findall(plain, head.end()) if clause.strip()]
        if head[2].strip() not in ("", "1") or None in results:  # RFC 8601 2.2: version 1 is the only one
            return f"what {authority} says cannot be read"
        return [result for result in results if result]
    return f"no Authentication-Results field of {authority}"


def _without_comments(value: str) -> str | None:
    """The field with a space for each comment (RFC 5322 3.2.2); None when a quote or a comment is not closed."""
    pieces: list[str] = []
    depth = at = 0
    while at < len(value):
        found = (_INSIDE if depth else _OUTSIDE).match(value, at)
        if found is None:
            return None
        at, inside = found.end(), depth
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            pieces.append(" " if inside else found[0])
    return None if depth else "".join(pieces)


def _result(clause: str) -> _Result | None:
    """`method=value` and then `type.name=value` for each property, or None for anything else."""
    if not _PAIRS.fullmatch(clause):
        return None
    (method, value), *properties = [(folded(name), folded(_unquoted(text))) for name, text in _PAIR.findall(clause)]
    return _Result(method, value, tuple(properties))


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text


def _folded(values: Sequence[str]) -> list[str]:
    return [folded(value.strip()) for value in values]


def _is_among(peer: str, networks: Sequence[Network]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    # A socket for both families names IPv4 peers like this: ::ffff:10.0.0.1.
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in networks)
