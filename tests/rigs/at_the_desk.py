"""What staff do on a case beside letters, in one step: for tests of what counts, not of how it is written."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from builders import POLICY
from mailcase.core.changes import AddEntry, LookAt
from mailcase.core.deadlines.extension import extend
from mailcase.store.changes import write
from mailcase.store.deadlines import case_facts


def logs_contact(conn: Connection, reference: str, words: str, who: str, now: datetime) -> None:
    """A talk with the customer; it counts as an update."""
    write(conn, [AddEntry(reference, "contact", who, words), LookAt("case", reference, now)], now)


def extends(conn: Connection, reference: str, until: datetime, reason: str, who: str, now: datetime) -> None:
    """Give the decision on a case under the plain policy until a later date; MailcaseError says why that cannot be."""
    case, _ = case_facts(conn, [reference])[reference]
    write(conn, extend(case, POLICY, until, reason, who, now), now)
