"""What is imported as history writes to nobody, and what a restored backup does not know stops nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from builders import SAM, mail
from mailcase.core import ids
from mailcase.core.case import ENDED
from mailcase.core.letters.post import token_for
from mailcase.store.engine import Database
from mailcase.store.tables import cases, mails
from rigs.people import COOLED, PRIYA, PROVEN, US, People, firm, the, words

ESCALATION = "escalation@firm.example"
DECISION = "outcome: not upheld\nredress: none\nresolve: Dear Sam,\n\nwe were right.\n\nPriya"


def references(people: People) -> list[str]:
    with people.database.read() as conn:
        return list(conn.scalars(select(cases.c.reference).order_by(cases.c.opened_at)))


@pytest.mark.parametrize(
    ("sender", "to", "subject"), [(f"Sam <{SAM}>", ESCALATION, "Again"), (PRIYA, US, "Re: Case {case}")]
)
def test_what_is_imported_as_history_writes_to_nobody(sqlite: Database, sender: str, to: str, subject: str) -> None:
    people = People(sqlite, firm("constrat"))
    for number in range(2):
        told = the(people.customer_writes(f"Matter {number}.", subject=f"M{number}"), "staff-case")
        people.answers(told, DECISION, then=COOLED)
    case = references(people)[0]
    assert people.imports(mail(sender, subject.format(case=case), "status: waiting", to=to)) == []
    assert people.waits(timedelta(days=3)) == []
    assert all(people.case(each).status in ENDED for each in references(people))


def test_a_command_for_a_case_that_a_restored_backup_does_not_have_waits_in_review(database: Database) -> None:
    people = People(database)
    case = "CST-7K4M-92QF" + ids.check_symbol("7K4M92QF")
    to = US.replace("@", f"+{token_for(PRIYA, case, people.rules, people.clock())}@")
    text = "status: waiting"
    [told] = people.arrives(mail(PRIYA, f"Re: Case {case}", text, to=to, authentication_results=PROVEN))
    assert f"{case} is no case here" in words(told)
    with people.database.read() as conn:
        assert conn.execute(select(mails.c.state, mails.c.case_ref)).all() == [("review", None)]
