"""The words that the code, the database and the users share for cases, letters and mails."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Status = Literal["new", "investigating", "waiting", "resolved", "closed", "withdrawn"]
Stage = Literal["first", "second", "signposted"]
Role = Literal["complaints", "escalation"]

# What a mail ends as; `review` is pending: a person decides.
End = Literal["case", "added", "command", "bounce", "courtesy", "duplicate", "discarded", "review"]
ReviewReason = Literal["automatic", "list", "bulk", "spam", "broken", "authentication", "limit"]

LetterState = Literal["queued", "sending", "sent", "in-doubt", "held", "failed", "cancelled"]
LetterKind = Literal[
    "acknowledgement",
    "update",
    "reply",
    "ask",
    "extension",
    "resolution",
    "second-look",
    "signpost",
    "survey",
    "step",
    "withdrawal",
    "which-case",
    "staff-attention",
    "staff-warning",
    "staff-overdue",
    "staff-words",
    "staff-digest",
    "staff-case",
    "staff-message",
    "staff-files",
    "staff-transcript",
    "staff-unproven",
    "staff-post",
]
# The status that a letter brings about: when the relay has taken it, not when somebody wrote it.
BRINGS: Mapping[str, Status] = MappingProxyType({"ask": "waiting", "resolution": "resolved"})
ENDED: tuple[Status, ...] = ("resolved", "closed", "withdrawn")
# Letters with words of staff, which they may stop until they have left.
STAFF_WORDS: tuple[LetterKind, ...] = ("reply", "ask", "resolution", "extension", "step")
# What does not fit any more once a case ends or is looked at again.
OUTDATED: tuple[LetterKind, ...] = (*STAFF_WORDS, "update", "second-look")

# Which status may follow which, by what staff say.
MAY_FOLLOW: Mapping[Status, tuple[Status, ...]] = MappingProxyType(
    {
        "new": ("investigating", "waiting", "resolved", "withdrawn"),
        "investigating": ("waiting", "resolved", "withdrawn"),
        "waiting": ("investigating", "resolved", "withdrawn"),
        "resolved": ("investigating", "closed"),
        "closed": ("investigating",),
        "withdrawn": ("investigating",),
    }
)
