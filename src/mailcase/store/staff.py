"""What staff do to a case beyond letters: they speak with the customer, and they give a decision more time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mailcase.core.changes import AddEntry, LookAt
from mailcase.core.deadlines.extension import extend as extended
from mailcase.core.promises.policy_file import read_policy
from mailcase.errors import MailcaseError
from mailcase.store.changes import write
from mailcase.store.deadlines import case_facts, policy_texts


def log_contact(conn: Connection, reference: str, words: str, who: str, now: datetime) -> None:
    """A talk with the customer; it counts as an update."""
    write(conn, [AddEntry(reference, "contact", who, words), LookAt("case", reference, now)], now)


def extend(conn: Connection, reference: str, until: datetime, reason: str, who: str, now: datetime) -> None:
    """Give the decision on a case until a later date; MailcaseError says why that cannot be."""
    known = case_facts(conn, [reference])
    if reference not in known:
        raise MailcaseError(f"{reference}: no such case")
    case, digest = known[reference]
    texts = policy_texts(conn)
    if digest not in texts:
        raise MailcaseError(f"{reference}: the policy that it is held to is not known; run `mailcase policy apply`")
    write(conn, extended(case, read_policy(texts[digest], "policy"), until, reason, who, now), now)
