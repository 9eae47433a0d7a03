"""The words that the code, the database and the users share for cases, letters and mails."""

from __future__ import annotations

from typing import Literal

Status = Literal["new", "investigating", "waiting", "resolved", "closed", "withdrawn"]
Stage = Literal["first", "second", "signposted"]
Role = Literal["complaints", "escalation"]

# What a mail ends as; `review` is pending: a person decides.
End = Literal["case", "added", "command", "bounce", "courtesy", "duplicate", "discarded", "review"]
ReviewReason = Literal["automatic", "list", "bulk", "spam", "broken", "authentication", "limit"]

LetterState = Literal["queued", "sending", "sent", "in-doubt", "held", "failed", "cancelled"]
LetterKind = Literal[
    "acknowledgement", "update", "staff-attention", "staff-warning", "staff-overdue", "staff-words", "staff-digest"
]
