"""What time brings: a row says when something wants to be looked at, and an index finds those that are due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Connection, String, and_, cast, delete, false, func, or_, select, update

from mailcase.core.changes import LookAt
from mailcase.store.engine import AnyRow, put_rows
from mailcase.store.tables import cases, letters, mails, may_know_of, stuck, timers, to_staff, waiting
from mailcase.store.unreached import customer_unreached

MOST_LOOKS = 200
Stuck = Literal["held", "failed"]


@dataclass(frozen=True, slots=True)
class Look:
    """Something that wants to be looked at, and until when it is ours alone."""

    kind: str
    subject: str
    until: datetime


def take(conn: Connection, now: datetime, until: datetime) -> list[Look]:
    """The looks that are due, the oldest first, cases before the digest of their moment; ours until `until`."""
    due = select(timers.c.kind, timers.c.subject).where(timers.c.look_at <= now).limit(MOST_LOOKS)
    ordered = due.order_by(timers.c.look_at, timers.c.kind).with_for_update(skip_locked=True)
    taken = [Look(*row, until) for row in conn.execute(ordered)]
    if taken:
        ours = _among((look.kind, look.subject) for look in taken)
        conn.execute(update(timers).where(ours).values(look_at=until))
    return taken


def lock(conn: Connection, looks: Sequence[Look]) -> list[Look]:
    """Lock those looks that are still ours. Who wants one in a transaction of their own is waited for."""
    ours = _among((look.kind, look.subject) for look in looks)
    rows = conn.execute(select(timers.c.kind, timers.c.subject, timers.c.look_at).where(ours).with_for_update())
    still = {(kind, subject): look_at for kind, subject, look_at in rows}
    return [look for look in looks if still.get((look.kind, look.subject)) == look.until]


def lock_cases(conn: Connection, references: Sequence[str]) -> None:
    """Keep looks at these cases from being done until our transaction ends; one that is under way is waited for."""
    ours = (timers.c.kind == "case", timers.c.subject.in_(references))
    conn.execute(select(timers.c.subject).where(*ours).order_by(timers.c.subject).with_for_update()).all()


def set_looks(conn: Connection, wanted: Sequence[LookAt]) -> None:
    """Set when each subject is looked at again; the last word on a subject counts, and None ends it."""
    looks = {(look.kind, look.subject): look.at for look in wanted}
    rows = [{"kind": kind, "subject": subject, "look_at": at} for (kind, subject), at in looks.items() if at]
    put_rows(conn, timers, ("kind", "subject"), rows)
    if over := [key for key, at in looks.items() if at is None]:
        conn.execute(delete(timers).where(_among(over)))


def _among(keys: Iterable[tuple[str, str]]) -> ColumnElement[bool]:
    """Those (kind, subject), kind by kind: for many pairs SQLite reads all timers instead of using their key."""
    subjects: dict[str, list[str]] = defaultdict(list)
    for kind, subject in keys:
        subjects[kind].append(subject)
    return or_(false(), *(and_(timers.c.kind == kind, timers.c.subject.in_(of)) for kind, of in subjects.items()))


def last_told(conn: Connection) -> datetime | None:
    """When staff were last told that something waits for them."""
    last: datetime | None = conn.scalar(
        select(func.max(letters.c.queued_at)).where(to_staff, letters.c.kind == "staff-attention")
    )
    return last


def letters_that_are(conn: Connection, state: Stuck, person: str, most: int) -> Sequence[AnyRow]:
    """(case, reason) of letters that wait for a person, but for cases of which this one may not know."""
    query = select(letters.c.case_ref, letters.c.reason).outerjoin_from(letters, cases)
    query = query.where(stuck, letters.c.state == state, or_(letters.c.case_ref.is_(None), may_know_of(person)))
    return conn.execute(query.order_by(letters.c.queued_at).limit(most)).all()


def undeliverable_cases(conn: Connection, person: str, most: int) -> Sequence[AnyRow]:
    """(case, customer's address) of cases of which a letter did not reach its reader, the newest first.

    But for those of which this person may not know.
    """
    query = select(cases.c.reference, cases.c.customer).where(customer_unreached, may_know_of(person))
    return conn.execute(query.order_by(cases.c.undeliverable_at.desc()).limit(most)).all()


def waiting_mails(conn: Connection, most: int) -> Sequence[AnyRow]:
    """(id, review, sender, late) of mails in review; a late one has had its look and waits for a person still."""
    looked = select(timers.c.subject).where(timers.c.kind == "review", timers.c.subject == cast(mails.c.id, String))
    columns = (mails.c.id, mails.c.review, mails.c.sender, (~looked.exists()).label("late"))
    query = select(*columns).where(waiting, mails.c.state == "review")
    return conn.execute(query.order_by(mails.c.kept_at).limit(most)).all()


def in_review(conn: Connection, mail: str) -> bool:
    """Whether this mail still waits for a person."""
    found = select(mails.c.id).where(waiting, mails.c.state == "review", mails.c.id == int(mail))
    return conn.scalar(found) is not None
