"""Deadlines: what each case is owed, with the evidence that keeps it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, or_, select, tuple_, union, union_all

from mailcase.core.deadlines.owed import CaseFacts, Contact, Deadline, Happening, Unsent
from mailcase.core.letters.customer_mail import is_reachable
from mailcase.store.engine import AnyRow, insert_new, put_rows
from mailcase.store.tables import Utc, cases, deadlines, letters, people, policies, public, standing, timeline

_COLUMNS = [deadlines.c[field.name] for field in fields(Deadline)]
_CASES: BindParameter[Any] = bindparam("cases", expanding=True)
_PLAIN: tuple[str, ...] = (
    *("reference", "kind", "track", "category", "stage", "status", "received_at", "customer", "handler", "step"),
    *("format", "contact", "customer_name"),
)
_HEADS = select(*(cases.c[name] for name in (*_PLAIN, "undeliverable_at", "policy", "conflicts", "missing"))).where(
    cases.c.reference.in_(_CASES)
)
# A case that is open for long has many updates behind it. Of these a look needs only the one that is owed, and what
# came after it was counted from, unless one of its letters came back: then everything may count anew.
# It names the cases again, or Postgres without statistics would answer it for all letters there are.
_RETURNED = letters.alias("returned")
_CAME_BACK = select(_RETURNED.c.case_ref).where(_RETURNED.c.case_ref.in_(_CASES), _RETURNED.c.bounced_at.is_not(None))
# Question by question, so that each uses its index; in one, all that there is of a case would be read.
_DEADLINES = union_all(
    select(deadlines.c.case_ref, *_COLUMNS).where(deadlines.c.case_ref.in_(_CASES), standing),
    select(deadlines.c.case_ref, *_COLUMNS).where(deadlines.c.case_ref.in_(_CAME_BACK), ~standing),
).order_by("case_ref", "promise", "seq")
_EARLIER = letters.alias("earlier")
_LAST_UPDATE = select(func.max(_EARLIER.c.sent_at)).where(
    _EARLIER.c.case_ref == cases.c.reference, _EARLIER.c.kind == "update"
)
_LAST_UPDATES = select(cases.c.reference, _LAST_UPDATE.scalar_subquery()).where(cases.c.reference.in_(_CASES))
_NAMES = ("case_ref", "sent_at", "kind", "message_id", "reply", "bounced_at", "stage", "state", "queued_at")
# To the customer alone: what another reader of the case gets is a copy, which keeps nothing.
_LETTER = (
    select(*(letters.c[name] for name in _NAMES))
    .join_from(letters, cases, and_(letters.c.case_ref == cases.c.reference, letters.c.recipient == cases.c.customer))
    .where(letters.c.case_ref.in_(_CASES))
)
_SINCE = or_(letters.c.sent_at.is_(None), letters.c.sent_at >= bindparam("since", type_=Utc))
# What reached the customer: letters that the relay took (and those that it did not) …
_LETTERS = union(
    _LETTER.where(or_(letters.c.kind != "update", _SINCE)),
    _LETTER.where(letters.c.kind == "update", tuple_(letters.c.case_ref, letters.c.sent_at).in_(_LAST_UPDATES)),
    _LETTER.where(letters.c.case_ref.in_(_CAME_BACK)),
)
# … and what else of the timeline they may know of, talks that staff logged among it.
_PUBLIC = (
    select(timeline.c.case_ref, timeline.c.at, timeline.c.kind, timeline.c.actor, timeline.c.text)
    .where(timeline.c.case_ref.in_(_CASES), public)
    .order_by(timeline.c.case_ref, timeline.c.seq)
)
_PEOPLE = (
    select(people.c.case_ref, people.c.address)
    .where(people.c.case_ref.in_(_CASES))
    .order_by(people.c.case_ref, people.c.address)
)


def case_facts(conn: Connection, references: Sequence[str]) -> dict[str, tuple[CaseFacts, str]]:
    """What a look needs of each case, and the digest of its policy: five questions for any number of cases.

    Updates that were given, and came before the one that is owed now, are left out.
    """
    asked = {"cases": references}
    owed: dict[str, list[Deadline]] = defaultdict(list)
    for case, *values in conn.execute(_DEADLINES, asked).all():
        owed[case].append(Deadline(*values))
    contacts: dict[str, list[Contact]] = defaultdict(list)
    since = min((each.counted_from for each in chain(*owed.values()) if _is_owed_update(each)), default=None)
    unsent: dict[str, list[Unsent]] = defaultdict(list)
    rows = conn.execute(_LETTERS, {**asked, "since": since})
    for case, at, kind, message_id, reply, bounced_at, stage, *waiting in rows:
        if at:
            contacts[case].append(Contact(at, kind, f"{message_id} {reply}", bounced_at is None, stage))
        else:
            unsent[case].append(Unsent(kind, *waiting))
    happened: dict[str, list[Happening]] = defaultdict(list)
    for case, at, kind, actor, text in conn.execute(_PUBLIC, asked):
        happened[case].append(Happening(at, kind, text))
        if kind in _SPOKEN:
            contacts[case].append(_SPOKEN[kind](at, actor, text))
    others: dict[str, list[str]] = defaultdict(list)
    for case, address in conn.execute(_PEOPLE, asked):
        others[case].append(address)
    return {
        head.reference: (
            replace(
                _of_head(head),
                deadlines=tuple(owed[head.reference]),
                contacts=tuple(sorted(contacts[head.reference], key=lambda contact: contact.at)),
                happened=tuple(happened[head.reference]),
                unsent=tuple(unsent[head.reference]),
                people=tuple(others[head.reference]),
            ),
            head.policy,
        )
        for head in conn.execute(_HEADS, asked)
    }


# What staff did outside mailcase; a letter that they posted counts as what it is.
_SPOKEN: Mapping[str, Callable[[datetime, str, str], Contact]] = MappingProxyType(
    {
        "contact": lambda at, actor, text: Contact(at, "contact", f"logged by {actor}: {text}"),
        "posted": lambda at, actor, text: Contact(at, text, f"posted by {actor}"),
    }
)


def _of_head(head: AnyRow) -> CaseFacts:
    values: dict[str, Any] = {name: head._mapping[name] for name in _PLAIN}
    values |= {name: tuple(head._mapping[name].splitlines()) for name in ("conflicts", "missing")}
    case = CaseFacts(**values, reachable=False, deadlines=(), contacts=())
    return replace(case, reachable=is_reachable(case, head.undeliverable_at is not None))


def _is_owed_update(deadline: Deadline) -> bool:
    return deadline.kind == "update" and deadline.met_at is None


def remember_policy(conn: Connection, digest: str, text: str, now: datetime) -> None:
    """Keep the text of a policy, so that a case's deadlines can be explained when the file has long changed."""
    values = {"digest": digest, "text": text, "seen_at": now}
    conn.execute(insert_new(conn, policies).values(values).on_conflict_do_nothing())


def policy_texts(conn: Connection) -> dict[str, str]:
    """The text of every policy that a case is or was held to, by its digest."""
    rows = conn.execute(select(policies.c.digest, policies.c.text))
    return {row.digest: row.text for row in rows}


def put(conn: Connection, rows: Sequence[tuple[str, Deadline]]) -> None:
    """Write deadlines as they are now, new ones and known ones alike."""
    names = [column.name for column in _COLUMNS]
    values = [{"case_ref": case, **{name: getattr(each, name) for name in names}} for case, each in rows]
    put_rows(conn, deadlines, ("case_ref", "promise", "seq"), values)
