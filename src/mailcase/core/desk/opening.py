"""`new:`: a case for a complaint that came by phone, post or web, with the day on which it was received."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailcase.core.changes import WantAttention
from mailcase.core.deadlines.owed import assigned, new_case
from mailcase.core.desk.work import Refused, Work
from mailcase.core.letters.telling import tell
from mailcase.core.new_case import row
from mailcase.core.promises.stated import not_stated
from mailcase.core.reading import Known, Reading
from mailcase.core.record import CaseRecord
from mailcase.core.referred import received_on
from mailcase.core.rules import Rules
from mailcase.core.staff.assignment import Colleague, handler_for
from mailcase.core.staff.command_values import New
from mailcase.core.staff.who import complained_about


def begin(
    new: New, reference: str, mail: Reading, person: Colleague, known: Known, rules: Rules, now: datetime
) -> tuple[Work, str]:
    """The work on a case that opens now, and what was done in words."""
    if new.address and (rules.is_colleague(new.address) or rules.is_ours(new.address)):
        raise Refused(f"{new.address} is one of ours, and no customer")
    known = replace(known, earlier=known.begun_for)  # now that somebody has proved that they may know
    record = _record(new, reference, known, rules, now)
    work = Work(record, mail, person, known, rules, now)
    work.changes.append(row(record))
    work.note("message", f"by {new.channel}: {new.words}")
    work.owe(*assigned(record.owed.deadlines, record.handler, now))
    work.acknowledges = "moment" if new.received == work.today else "day"
    name = rules.name_of(record.handler) or "nobody yet"
    return work, f"{reference} is open; {name} looks after it"


def _record(new: New, reference: str, known: Known, rules: Rules, now: datetime) -> CaseRecord:
    received_at = received_on(new.received, rules, now)
    facts = new_case(rules.policy, reference, received_at)
    conflicts = complained_about(new.words, rules)
    today = now.astimezone(rules.zone).date()
    form, contact = known.reads_by if new.address else ("", "post")
    handler = handler_for("", rules.staff, known.loads, conflicts, today)
    return CaseRecord(
        reference=reference,
        status="new",
        stage="first",
        customer=new.address,
        customer_name=new.name,
        subject=" ".join(new.words.split())[:80],
        handler=handler,
        channel=new.channel,
        role="complaints",
        language=rules.language,
        kind=facts.kind,
        track=facts.track,
        category="",
        received_at=received_at,
        policy=rules.policy.digest,
        format=form,
        contact=contact,
        conflicts=conflicts,
        missing=not_stated(rules.policy.facts, new.words),
        facts=facts,
    )


def announce(work: Work) -> None:
    """Whoever looks after the new case gets it by mail, unless they opened it themselves."""
    handler = work.record.handler
    if not handler:
        work.changes.append(WantAttention())
    elif handler != work.person.address:
        digest = work.mail.message.digest
        work.changes += tell(handler, "case", work.record, digest, work.known, work.rules, work.now, work.mail)
