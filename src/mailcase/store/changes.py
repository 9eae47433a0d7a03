"""Decisions become rows: all that a group of mails brings about, written with one statement per table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, insert, or_, select, update

from mailcase.core.case import ENDED, MAY_FOLLOW
from mailcase.core.changes import (
    AcceptMail,
    AddEntry,
    Change,
    Decision,
    LinkCases,
    LookAt,
    MarkArrived,
    MarkBounced,
    MarkReachable,
    MarkUndeliverable,
    OpenCase,
    PostByHand,
    QueueLetter,
    SetCase,
    SetDeadline,
    SetPolicy,
    SetStage,
    SetStatus,
    StopLetter,
    WantAttention,
)
from mailcase.core.letters import attention
from mailcase.core.mail.thread import as_known, mailbox_key
from mailcase.core.reading import Reading
from mailcase.core.record import Task
from mailcase.store import mails as mail_store
from mailcase.store import records, timeline
from mailcase.store import timers as timer_store
from mailcase.store.deadlines import put as put_deadlines
from mailcase.store.engine import insert_new
from mailcase.store.tables import cases, letters, links, mails, message_ids, timers


@dataclass(frozen=True, slots=True)
class Handled:
    """A mail and what was decided about it."""

    reading: Reading
    decision: Decision


def settle(conn: Connection, handled: Sequence[Handled], now: datetime) -> None:
    """Write a group of decisions and mark their mails handled. All of it or nothing: the caller commits."""
    if not handled:
        return
    write(conn, [change for one in handled for change in one.decision.changes], now)
    conn.execute(_MARK_HANDLED, [_handled_row(one, now) for one in handled])
    _remember_theirs(conn, handled)


def write(conn: Connection, changes: Sequence[Change], now: datetime) -> None:
    """Write changes, whoever decided them: mail, time or an operator."""
    opened = [change for change in changes if isinstance(change, OpenCase)]
    _insert(conn, _NEW_CASE, (_case_row(change, now) for change in opened))
    entries = [change for change in changes if isinstance(change, AddEntry)]
    timeline.append(conn, entries, now, [case.reference for case in opened])
    queued = [change for change in changes if isinstance(change, QueueLetter)]
    _insert(conn, _NEW_LETTER, (_letter_row(change, now) for change in queued))
    _insert(conn, _NEW_ID, (_id_row(letter.message_id, "ours", letter.case, letter.id) for letter in queued))
    put_deadlines(conn, [(change.case, change.deadline) for change in changes if isinstance(change, SetDeadline)])
    timer_store.set_looks(conn, [change for change in changes if isinstance(change, LookAt)])
    for change in changes:
        if seldom := _SELDOM.get(type(change)):
            seldom(conn, change, now)
    if WantAttention() in changes:
        _want_attention(conn, now)


_NEW_CASE, _NEW_LETTER, _NEW_ID = insert(cases), insert(letters), insert(message_ids)


def _insert(conn: Connection, statement: Insert, rows: Iterable[dict[str, Any]]) -> None:
    if values := list(rows):
        conn.execute(statement, values)


def _case_row(case: OpenCase, now: datetime) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "status": "new",
        "stage": "first",
        "customer": case.customer,
        "customer_key": case.customer.casefold(),
        "customer_name": case.customer_name,
        "subject": case.subject,
        "handler": case.handler,
        "channel": case.channel,
        "role": case.role,
        "language": case.language,
        "category": case.category,
        "conflicts": "\n".join(case.conflicts),
        "format": case.format,
        "contact": case.contact,
        "missing": "\n".join(case.missing),
        "proposed": case.proposed,
        "outcome": "",
        "received_at": case.received_at,
        "opened_at": now,
        "kind": case.kind,
        "track": case.track,
        "policy": case.policy,
        "watched": case.watched,
    }


def _letter_row(letter: QueueLetter, now: datetime) -> dict[str, Any]:
    return {
        "id": letter.id,
        "case_ref": letter.case or None,
        "kind": letter.kind,
        "recipient": letter.recipient,
        "mailbox_key": mailbox_key(letter.recipient),
        "mail_from": letter.mail_from,
        "message_id": letter.message_id,
        "raw": letter.raw,
        "state": "held" if letter.held else "queued",
        "reason": letter.held,
        "answer": letter.answer,
        "due_at": letter.due_at,
        "queued_at": now,
        "look_at": letter.leaves_at or now,
        "tries": 0,
        "doubts": 0,
        "reply": "",
        "stage": letter.stage,
    }


def _id_row(message_id: str, whose: str, case: str, letter: str) -> dict[str, Any]:
    return {"message_id": message_id, "whose": whose, "case_ref": case, "letter": letter}


_MARK_HANDLED = (
    update(mails)
    .where(mails.c.id == bindparam("mail"))
    .values({column: bindparam(f"new_{column.name}") for column in (
        mails.c.state, mails.c.digest, mails.c.sender, mails.c.subject, mails.c.kind, mails.c.signals,
        mails.c.reason, mails.c.review, mails.c.case_ref, mails.c.duplicate_of, mails.c.handled_at,
    )})
    .values(lease_owner=None, lease_until=None)
)  # fmt: skip


def _handled_row(handled: Handled, now: datetime) -> dict[str, Any]:
    reading, decision = handled.reading, handled.decision
    unique = decision.duplicate_of is None and not reading.arrival.given_up
    return {
        "mail": reading.arrival.id,
        "new_state": decision.end,
        "new_digest": reading.message.digest if unique else None,
        "new_sender": reading.message.from_address,
        "new_subject": reading.message.subject,
        "new_kind": "human" if reading.is_human else reading.verdict.kind,
        "new_signals": "\n".join(reading.verdict.signals),
        "new_reason": decision.reason,
        "new_review": decision.review,
        "new_case_ref": decision.case or None,
        "new_duplicate_of": decision.duplicate_of,
        "new_handled_at": None if decision.end == "review" else now,
    }


def _remember_theirs(conn: Connection, handled: Sequence[Handled]) -> None:
    """A customer's own Message-IDs: their next mail may answer their last one instead of ours, or be of one ticket."""
    rows = [
        _id_row(name, "theirs", one.decision.case, "")
        for one in handled
        if one.decision.end in ("case", "added")
        for name in (as_known(one.reading.message.message_id), one.reading.ticket)
        if name
    ]
    if rows:
        conn.execute(insert_new(conn, message_ids).on_conflict_do_nothing(), rows)


def _link(conn: Connection, change: LinkCases, _now: datetime) -> None:
    values = {"case_ref": change.case, "other": change.other, "why": change.why}
    conn.execute(insert_new(conn, links).values(values).on_conflict_do_nothing())


def _mark_undeliverable(conn: Connection, change: MarkUndeliverable, now: datetime) -> None:
    theirs = update(cases).where(cases.c.reference == change.case, cases.c.customer == change.reader)
    conn.execute(theirs.values(undeliverable_at=now))


def _mark_reachable(conn: Connection, change: MarkReachable, _now: datetime) -> None:
    conn.execute(update(cases).where(cases.c.reference == change.case).values(undeliverable_at=None))


def _mark_bounced(conn: Connection, change: MarkBounced, now: datetime) -> None:
    conn.execute(update(letters).where(letters.c.id == change.letter).values(bounced_at=now))


def _mark_arrived(conn: Connection, change: MarkArrived, _now: datetime) -> None:
    values = {"state": "sent", "sent_at": change.at, "reply": "none: its reader answered it", "reason": ""}
    waits = update(letters).where(letters.c.id == change.letter, letters.c.state.in_(records.UNSENT))
    conn.execute(waits.values(**values, lease_owner=None, lease_until=None))


def _set_policy(conn: Connection, change: SetPolicy, _now: datetime) -> None:
    chosen = update(cases).where(cases.c.reference == change.case)
    conn.execute(chosen.values(policy=change.policy, track=change.track))


def _set_case(conn: Connection, change: SetCase, _now: datetime) -> None:
    records.save(conn, change.record)


def _set_status(conn: Connection, change: SetStatus, now: datetime) -> None:
    written_in = select(letters.c.stage).where(letters.c.id == change.letter).scalar_subquery()
    may_change = [status for status, following in MAY_FOLLOW.items() if change.status in following]
    as_then = update(cases).where(
        cases.c.reference == change.case,
        cases.c.customer == change.reader,
        cases.c.status.in_(may_change),
        or_(written_in == "", cases.c.stage == written_in),  # '': written by a version that did not keep it
    )
    ended = now if change.status in ENDED else None
    if conn.execute(as_then.values(status=change.status, ended_at=ended)).rowcount:
        timeline.append(conn, [AddEntry(change.case, "status", "mailcase", change.status)], now)


def _set_stage(conn: Connection, change: SetStage, _now: datetime) -> None:
    conn.execute(update(cases).where(cases.c.reference == change.case).values(stage=change.stage))


def _post_by_hand(conn: Connection, change: PostByHand, _now: datetime) -> None:
    """One more task on the list, unless it is there already; a case has few."""
    [record] = records.load(conn, [change.case]).values()
    task = Task(change.kind, change.mails)
    if task not in record.tasks:
        records.save(conn, replace(record, tasks=(*record.tasks, task)))


def _stop_letter(conn: Connection, change: StopLetter, _now: datetime) -> None:
    letter = update(letters).where(letters.c.id == change.letter)
    conn.execute(letter.where(letters.c.state == "sending").values(unwanted=True))
    conn.execute(letter.where(letters.c.state.in_(["queued", "held", "in-doubt"])).values(state="cancelled"))


def _accept(conn: Connection, change: AcceptMail, now: datetime) -> None:
    mail_store.accept(conn, [change.mail], change.by, now)


def _want_attention(conn: Connection, now: datetime) -> None:
    """Staff are told soon; the row is locked, so that a look under way does not miss what we are about to commit."""
    wanted = insert_new(conn, timers).values(kind="attention", subject="", look_at=now + attention.AFTER)
    locked = wanted.on_conflict_do_update(index_elements=["kind", "subject"], set_={"look_at": timers.c.look_at})
    conn.execute(locked)


_SELDOM: dict[type, Callable[[Connection, Any, datetime], None]] = {
    LinkCases: _link,
    MarkBounced: _mark_bounced,
    MarkArrived: _mark_arrived,
    MarkUndeliverable: _mark_undeliverable,
    MarkReachable: _mark_reachable,
    AcceptMail: _accept,
    SetPolicy: _set_policy,
    SetCase: _set_case,
    SetStatus: _set_status,
    SetStage: _set_stage,
    PostByHand: _post_by_hand,
    StopLetter: _stop_letter,
}
