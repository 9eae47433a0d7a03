"""Decisions become rows: all of a group or nothing, whatever hostile words stand in them."""

from __future__ import annotations

import pytest
from sqlalchemy import Table, func, select
from sqlalchemy.exc import IntegrityError

from builders import HOUR, MINUTE, NOBODY_KNOWS, NOW, RULES, SAM, keep, letter, mail, opened, reading, settle, write
from mailcase.core.changes import AddEntry, LinkCases, MarkReachable, MarkUndeliverable, WantAttention
from mailcase.core.decide import decide
from mailcase.store import changes, timeline
from mailcase.store.changes import Handled
from mailcase.store.engine import Database
from mailcase.store.tables import cases, links, message_ids, timers
from mailcase.store.tables import letters as letter_table
from mailcase.store.tables import mails as mail_table


def count(database: Database, table: Table) -> int:
    with database.read() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def test_a_case_its_entries_and_its_letter_are_written_together(database: Database) -> None:
    write(database, opened("A", NOW - HOUR), AddEntry("A", "message", SAM, "My order"), letter(1, case="A"))
    with database.read() as conn:
        case = conn.execute(select(cases)).one()
        assert (case.status, case.stage, case.customer, case.received_at, case.opened_at) == (
            *("new", "first", SAM),
            *(NOW - HOUR, NOW),
        )
        assert [row.kind for row in timeline.of_case(conn, "A")] == ["message"]
        assert conn.execute(select(letter_table.c.state, letter_table.c.case_ref)).one() == ("queued", "A")
        assert conn.execute(select(message_ids.c.whose, message_ids.c.case_ref)).one() == ("ours", "A")


def test_one_that_cannot_be_written_takes_the_whole_group_back(database: Database) -> None:
    write(database, opened("A"))
    with pytest.raises(IntegrityError):
        write(database, opened("B"), AddEntry("B", "note", "mailcase", "x"), opened("A"))
    assert count(database, cases) == 1


def test_a_settled_mail_shows_what_was_decided(database: Database) -> None:
    [case, review] = settle(database, [mail(), mail(text="b", auto_submitted="auto-replied")])
    with database.read() as conn:
        rows = conn.execute(select(mail_table).order_by(mail_table.c.id)).all()
    assert [(row.state, row.review, row.case_ref) for row in rows] == [
        ("case", None, case.decision.case),
        ("review", "automatic", None),
    ]
    assert [row.handled_at for row in rows] == [NOW, None]
    assert [row.digest for row in rows] == [case.reading.message.digest, review.reading.message.digest]
    assert {(row.lease_owner, row.lease_until, row.sender) for row in rows} == {(None, None, SAM)}


def test_a_customers_own_message_id_is_remembered_with_the_case(database: Database) -> None:
    [handled] = settle(database, [mail(message_id="<sam.1@mua>")])
    with database.read() as conn:
        theirs = conn.execute(select(message_ids.c.case_ref).where(message_ids.c.message_id == "<sam.1@mua>"))
        assert theirs.scalars().all() == [handled.decision.case]


NOISE = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(3000))  # three bytes each, and no two alike


@pytest.mark.parametrize(
    "hostile",
    [
        {"message_id": f"<{'a' * 3000}@x>"},
        {"message_id": f"<{NOISE[:900]}@x>"},
        {"message_id": f"<{NOISE}@x>"},
        {"subject": "s" * 200_000},
        {"subject": "=?utf-8?q?" + "=00=F0=9F=98=80=ED=A0=80" * 1000 + "?="},
        {"text": "\x00\udc80" * 10},
        {"sender": f"{'n' * 60_000} <{SAM}>"},
        {"sender": f"<{'a' * 1000}@{'b' * 1000}.example>"},
        {"sender": f"<a@{NOISE[:200]}.example>"},
        {"references": " ".join(f"<{NOISE[:300]}{number}@x>" for number in range(150))},
        {"content_type": f"text/plain; charset=utf-8; name*0*=utf-8''{'%00%ff' * 9000}"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_no_mail_has_words_that_the_database_does_not_take(database: Database, hostile: dict[str, str]) -> None:
    fields = {name: value for name, value in hostile.items() if name != "text"}
    raw = mail(**fields) + hostile.get("text", "").encode("utf-8", "surrogatepass")
    [handled] = settle(database, [raw])
    assert handled.decision.end in ("case", "review")
    with database.read() as conn:
        assert conn.scalar(select(mail_table.c.state)) == handled.decision.end


def test_cases_are_linked_once(database: Database) -> None:
    write(database, opened("A"), opened("B"), LinkCases("A", "B", "why"), LinkCases("A", "B", "again"))
    assert count(database, links) == 1


def test_undeliverable_is_a_fact_on_the_case(database: Database) -> None:
    write(database, opened("A"), opened("B"), MarkUndeliverable("A", SAM))
    with database.read() as conn:
        marked = conn.execute(select(cases.c.reference, cases.c.undeliverable_at).order_by(cases.c.reference)).all()
    assert [tuple(row) for row in marked] == [("A", NOW), ("B", None)]


def test_a_customer_who_is_there_again_ends_that_their_case_is_undeliverable(database: Database) -> None:
    write(
        database, opened("A"), opened("B"), MarkUndeliverable("A", SAM), MarkUndeliverable("B", SAM), MarkReachable("A")
    )
    with database.read() as conn:
        marked = conn.scalars(select(cases.c.reference).where(cases.c.undeliverable_at.is_not(None)))
        assert list(marked) == ["B"]


def test_staff_are_wanted_once_and_soon(database: Database) -> None:
    for _ in range(3):
        write(database, WantAttention(), WantAttention())
    with database.read() as conn:
        assert [tuple(row) for row in conn.execute(select(timers))] == [("attention", "", NOW + MINUTE)]


def test_a_given_up_mail_leaves_its_digest_free(database: Database) -> None:
    [one] = keep(database, [mail()])
    broken = reading(mail(), id=one, given_up=True)
    with database.write() as conn:
        decided = decide(broken, NOBODY_KNOWS, RULES, NOW)
        changes.settle(conn, [Handled(broken, decided)], NOW)
        assert conn.execute(select(mail_table.c.state, mail_table.c.digest)).one() == ("review", None)
