"""A letter that waited for days names days that are over: before it is released, it is written anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from mailcase.core.letters.acknowledge import acknowledgement
from mailcase.core.letters.customer_mail import written
from mailcase.core.mail.message import read
from mailcase.core.rules import Rules
from mailcase.store import deadlines, letters, mails
from mailcase.store.policies import Policies


def written_anew(conn: Connection, rules: Rules, chosen: Sequence[str], now: datetime) -> list[str]:
    """Give those acknowledgements that were held since an earlier day today's words; returns the stale updates.

    An acknowledgement is the only one of its case, so it keeps its id; no relay has seen it yet. An update has to be
    decided anew: the next look writes another one, if it is owed still.
    """
    day_of, policies = rules.policy.calendar.day_of, Policies(rules)
    stale = [row for row in letters.untried(conn, chosen) if day_of(row.queued_at) < day_of(now)]
    for row in stale:
        if row.kind == "acknowledgement":
            letters.rewrite(conn, row.id, _acknowledgement(conn, policies, row.case_ref, row.recipient, now))
    return [row.id for row in stale if row.kind == "update"]


def _acknowledgement(conn: Connection, policies: Policies, reference: str, reader: str, now: datetime) -> bytes:
    case, digest = deadlines.case_facts(conn, [reference])[reference]
    held_to = policies.under(conn, digest)
    opening = mails.opening(conn, reference)
    answers = read(opening).message_id if opening else ""
    return written(acknowledgement(case, held_to, now, answers), case, reader, held_to, now).raw
