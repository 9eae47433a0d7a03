"""The books: every mail in by how it ended, every letter out by its state, and whether they balance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from mailcase.store.tables import bodies, cases, letters, mails, timeline

ENDS = ("case", "added", "command", "bounce", "courtesy", "duplicate", "discarded")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Counts; `faults` says in words what does not add up, and is empty in a balanced ledger."""

    mails: Mapping[str, int]
    letters: Mapping[str, int]
    cases: int
    faults: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        """Nothing lost, nothing doubled."""
        return not self.faults


def ledger(conn: Connection) -> Ledger:
    """Count everything, and check each book against the others."""
    checks = {words: conn.scalar(query) or 0 for words, query in _CHECKS.items()}
    faults = tuple(f"{count} {words}" for words, count in checks.items() if count)
    return Ledger(_by_state(conn, mails), _by_state(conn, letters), _count(conn, cases), faults)


def _by_state(conn: Connection, table: Table) -> dict[str, int]:
    rows = conn.execute(select(table.c.state, func.count()).group_by(table.c.state).order_by(table.c.state))
    return dict(rows.all())


def _count(conn: Connection, table: Table) -> int:
    return conn.scalar(select(func.count()).select_from(table)) or 0


def _number(table: Table, *conditions: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(table).where(*conditions)


_openers = select(mails.c.case_ref).where(mails.c.state == "case")
_first = select(mails.c.case_ref).where(mails.c.state.in_(["case", "command"]))  # staff open cases by `new:`
_acknowledged = select(letters.c.case_ref).where(letters.c.kind == "acknowledgement", letters.c.case_ref.is_not(None))
_known_cases = select(cases.c.reference)
_silent = select(mails.c.case_ref).where(mails.c.state == "case", mails.c.silent | (mails.c.sender == ""))
_by_hand = select(timeline.c.case_ref).where(timeline.c.kind == "task", timeline.c.text.startswith("acknowledgement "))
_acknowledged_twice = _acknowledged.group_by(letters.c.case_ref, letters.c.mailbox_key).having(func.count() > 1)

# What must not be, in words, and the query that counts how often it is.
_CHECKS: Mapping[str, Select[int]] = {
    "mails without their bytes": _number(mails, mails.c.id.not_in(select(bodies.c.mail_id))),
    "mails in a state that is none": _number(mails, mails.c.state.not_in([*ENDS, "kept", "review"])),
    "mails that name a case which is not there": _number(
        mails, mails.c.case_ref.is_not(None), mails.c.case_ref.not_in(_known_cases)
    ),
    "cases that no mail opened": _number(cases, cases.c.reference.not_in(_first)),
    "cases that two mails opened": select(func.count()).select_from(
        _openers.group_by(mails.c.case_ref).having(func.count() > 1).subquery()
    ),
    # Nobody is written to while a handler has not confirmed who the customer is.
    "cases without an acknowledgement": _number(
        cases,
        cases.c.proposed == "",
        *(cases.c.reference.not_in(settled) for settled in (_acknowledged, _silent, _by_hand)),
    ),
    "cases with two acknowledgements": select(func.count()).select_from(_acknowledged_twice.subquery()),
    "letters that are sent without the relay's answer": _number(
        letters, letters.c.state == "sent", letters.c.sent_at.is_(None)
    ),
}
