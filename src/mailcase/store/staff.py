"""What staff do to a case beyond letters: they speak with the customer, and they give a decision more time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mailcase.core.changes import AddEntry, LookAt
from mailcase.core.extension import extend as extended
from mailcase.errors import MailcaseError
from mailcase.store.changes import write
from mailcase.store.deadlines import case_facts


def log_contact(conn: Connection, reference: str, words: str, who: str, now: datetime) -> None:
    """A talk with the customer; it counts as an update."""
    write(conn, [AddEntry(reference, "contact", who, words), LookAt("case", reference, now)], now)


def extend(conn: Connection, reference: str, until: datetime, reason: str, who: str, now: datetime) -> None:
    """Give the decision on a case until a later date; MailcaseError says why that cannot be."""
    known = case_facts(conn, [reference])
    if reference not in known:
        raise MailcaseError(f"{reference}: no such case")
    write(conn, extended(known[reference][0], until, reason, who, now), now)
