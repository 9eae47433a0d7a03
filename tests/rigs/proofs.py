"""What a real mail system writes at the head of a mail that it delivers, by the method that the firm's config names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

Proof = Callable[[str, str, Sequence[str]], bytes]  # of a sender, in the name of an authority, for these own domains


def _rfc8601(sender: str, authority: str, _own: Sequence[str]) -> bytes:
    """Every sender's domain is looked up (RFC 7489)."""
    domain = sender.rpartition("@")[2]
    return _lines(
        f"Authentication-Results: {authority};",
        f"\tspf=pass smtp.mailfrom={sender};",
        f"\tdkim=pass header.d={domain};",
        f"\tdmarc=pass (p=quarantine dis=none) header.from={domain}",
    )


def _submission(sender: str, authority: str, own: Sequence[str]) -> bytes:
    """Who logged in to hand it in is named (RFC 8601 2.7.4); of what comes from outside nothing of the kind."""
    if sender.rpartition("@")[2] in own:
        return _lines(f"Authentication-Results: {authority}; auth=pass smtp.auth={sender}")
    return _lines(f"Authentication-Results: {authority}; spf=pass smtp.mailfrom={sender}")


def _m365(sender: str, tenant: str, own: Sequence[str]) -> bytes:
    """Exchange says who handed it in, not by a name of its own."""
    inside = "Internal" if sender.rpartition("@")[2] in own else "Anonymous"
    return _lines(
        f"X-MS-Exchange-Organization-AuthAs: {inside}",
        f"X-MS-Exchange-CrossTenant-AuthAs: {inside}",
        f"X-MS-Exchange-CrossTenant-Id: {tenant}",
    )


def _none(_sender: str, _authority: str, _own: Sequence[str]) -> bytes:
    return b""


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


PROOFS: Mapping[str, Proof] = MappingProxyType(
    {"rfc8601": _rfc8601, "submission": _submission, "m365": _m365, "none": _none}
)
