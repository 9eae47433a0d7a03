"""What a release brings about: a letter that waited for days is written anew, and a handler hears of their case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from mailcase.core.case import ENDED
from mailcase.core.changes import Change
from mailcase.core.letters.acknowledge import acknowledgement
from mailcase.core.letters.customer_mail import HOLD, written
from mailcase.core.letters.telling import tell_handler
from mailcase.core.mail.message import read
from mailcase.core.reading import Known, read_arrival
from mailcase.core.rules import Rules
from mailcase.store import deadlines, letters, mails, records
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
    answers = read(opening.raw).message_id if opening else ""
    return written(acknowledgement(case, held_to, now, answers), case, reader, held_to, now).raw


def told_at_last(conn: Connection, rules: Rules, chosen: Sequence[str], now: datetime) -> Iterator[Change]:
    """The mails to the handlers of those cases whose acknowledgement looked like one of a flood, or of a forger.

    They were not told then, so that nobody could bury them; now a person has looked.
    """
    held = (row for row in letters.untried(conn, chosen) if row.kind == "acknowledgement" and row.reason != HOLD)
    policies = Policies(rules)
    for reference, record in records.load(conn, {row.case_ref for row in held}).items():
        opening = mails.opening(conn, reference)
        if opening is None or record.status in ENDED:
            continue
        earlier = records.earlier(conn, [record.customer]).get(record.customer.casefold(), ())
        known = Known(None, {}, {}, 0, 0, 0, earlier=earlier)
        mail = read_arrival(opening, rules)
        yield from tell_handler("case", record, known, policies.under(conn, record.policy), now, mail)
