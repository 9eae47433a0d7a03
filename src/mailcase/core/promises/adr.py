"""What a letter says of those who can look at a case from outside (DISP 1.6.2R; ADR Regulations 2015, reg. 19)."""

from __future__ import annotations

from mailcase.core.promises.policy import Policy

# What the firm has left open stands in [ ].
_NEEDED = ("name", "address", "web")


def gaps(policy: Policy) -> list[str]:
    """What a letter that names the bodies would lack, in words for whoever mends the policy file."""
    found = []
    for body in policy.adr:
        values = {name: str(getattr(body, name)) for name in _NEEDED}
        lacks = [name for name, value in values.items() if not value or "[" in value]
        lacks += [] if body.time_limit else ["time_limit"]
        if lacks:
            found.append(f'{", ".join(lacks)} of adr "{body.name}"')
    return found
