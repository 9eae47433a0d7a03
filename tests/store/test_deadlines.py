"""Deadlines on both databases: what a case is owed comes back as it went in, and looks are shared."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from builders import HOUR, MINUTE, NOW, POLICY, RULES, SAM, Clock, Open, Said, letter, opened, write
from mailcase.core.changes import AddEntry, Change, LookAt, MarkBounced, SetDeadline
from mailcase.core.deadlines.delivery import Outcome, mark
from mailcase.core.deadlines.owed import CaseFacts, Deadline, new_case
from mailcase.core.promises.policy_file import read_policy
from mailcase.store import letters as letter_store
from mailcase.store import timeline
from mailcase.store.cases import under_another
from mailcase.store.deadlines import case_facts, policy_texts, put, remember_policy
from mailcase.store.engine import Database
from mailcase.store.tables import cases, deadlines, letters, timers
from mailcase.timers import PAUSE_AFTER_FAULT, Timers
from rigs.at_the_desk import extends, logs_contact

DAY = timedelta(days=1)
CASE = "CST-1"


def open_case(reference: str = CASE, received: datetime = NOW) -> list[Change]:
    """What intake writes of a new case, but the acknowledgement."""
    case = new_case(POLICY, reference, received)
    dates = [SetDeadline(reference, deadline) for deadline in case.deadlines]
    return [opened(reference, received), *dates, LookAt("case", reference, received)]


def facts(database: Database, reference: str = CASE) -> CaseFacts:
    with database.read() as conn:
        return case_facts(conn, [reference])[reference][0]


def deadline(database: Database, promise: str, seq: int = 1) -> Deadline:
    """As it stands in the database, whatever a look needs of it."""
    with database.read() as conn:
        query = select(deadlines).where(deadlines.c.promise == promise, deadlines.c.seq == seq)
        row = conn.execute(query).one()
    return Deadline(*row[1:])


def accepted(database: Database, moment: datetime, kind: str = "acknowledgement", number: int = 1) -> None:
    """The relay takes a letter of the case."""
    write(database, letter(number, case=CASE, kind=kind))
    with database.write() as conn:
        claimed = letter_store.claim(conn, "us", 50, moment)
        outcomes = [
            Outcome(each.id, CASE, each.kind, SAM, each.tries, 0, "accepted", "250 ok", moment) for each in claimed
        ]
        letter_store.mark(conn, "us", [mark(outcome) for outcome in outcomes], moment)


def looked(database: Database, clock: Clock) -> None:
    """The loop works until nothing is due; it met no fault."""
    said = Said()
    loop = Timers(database, RULES, clock, said, lambda: None)
    while loop.work():
        pass
    assert "timer.fault" not in said.events


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_a_case_is_owed_comes_back_as_it_went_in(database: Database) -> None:
    write(database, *open_case())
    found = facts(database)
    case = new_case(POLICY, CASE, NOW)
    by_promise = tuple(sorted(case.deadlines, key=lambda each: each.promise))
    assert found == replace(case, deadlines=by_promise, customer=SAM, customer_name="Sam")


def test_a_deadline_is_changed_in_its_place_to_the_last_field(database: Database) -> None:
    write(database, *open_case())
    changed = replace(
        deadline(database, "decision"),
        state="broken", met_at=NOW + DAY, evidence="<x> 250", warned=2, asked=True, written=True, told=2,
        due_at=NOW + HOUR, counted_from=NOW - HOUR,
    )  # fmt: skip
    for _ in range(2):
        with database.write() as conn:
            put(conn, [(CASE, changed)])
    assert deadline(database, "decision") == changed
    assert len(facts(database).deadlines) == 3


def test_evidence_is_what_the_relay_took_and_what_staff_logged_and_says_what_came_back(database: Database) -> None:
    write(database, *open_case())
    accepted(database, NOW + MINUTE)
    with database.write() as conn:
        logs_contact(conn, CASE, "She will send photos.", "priya", NOW + HOUR)
    write(database, MarkBounced(letter(1).id), AddEntry(CASE, "note", "priya", "nobody outside reads this"))
    found = facts(database)
    assert [(each.at, each.what, each.evidence, each.reached) for each in found.contacts] == [
        (NOW + MINUTE, "acknowledgement", "<letter1@firm.example> 250 ok", False),
        (NOW + HOUR, "contact", "logged by priya: She will send photos.", True),
    ]
    assert [each.text for each in found.happened] == ["She will send photos."]


def test_a_promise_may_have_the_longest_name_that_a_policy_may_give_it(database: Database) -> None:
    name = "x" * 60  # what core.promises.policy_values allows
    assert read_policy(POLICY.text.replace('id = "updates"', f'id = "{name}"'), "long").promises[1].id == name
    write(database, opened(CASE), SetDeadline(CASE, Deadline(name, 1, "update", NOW, NOW + DAY)))
    assert deadline(database, name).promise == name


def test_a_case_whose_policy_is_missing_is_put_off_and_said_and_stops_no_other(
    database: Database, clock: Clock
) -> None:
    write(database, *open_case(), *open_case("CST-2"))
    with database.write() as conn:
        conn.execute(update(cases).where(cases.c.reference == CASE).values(policy="f" * 64))
    said = Said()
    clock.forward(2 * DAY)
    Timers(database, RULES, clock, said, lambda: None).work()
    [fault] = [told for event, told in said.lines if event == "timer.fault"]
    assert fault["subject"] == CASE
    assert "the text of policy ffffffffffff, which a case is held to, is missing" in str(fault["reason"])
    with database.read() as conn:
        states = select(deadlines.c.case_ref, deadlines.c.state).where(deadlines.c.promise == "acknowledge")
        assert {tuple(row) for row in conn.execute(states)} == {(CASE, "open"), ("CST-2", "broken")}
        put_off = conn.scalar(select(timers.c.look_at).where(timers.c.subject == CASE))
    assert put_off == clock() + PAUSE_AFTER_FAULT


def test_a_case_from_before_policies_were_kept_is_looked_at(database: Database, clock: Clock) -> None:
    write(database, replace(opened(CASE), policy=""), LookAt("case", CASE, NOW))
    looked(database, clock)
    with database.read() as conn:
        assert conn.scalar(select(timers.c.look_at).where(timers.c.subject == CASE)) is None


def test_a_letter_that_was_not_taken_yet_is_no_evidence(database: Database) -> None:
    write(database, *open_case(), letter(1, case=CASE))
    assert facts(database).contacts == ()


def test_the_acknowledgement_is_kept_when_the_relay_has_it_and_open_again_when_it_comes_back(
    database: Database, clock: Clock
) -> None:
    write(database, *open_case())
    clock.forward(MINUTE)
    accepted(database, clock())
    looked(database, clock)
    assert (deadline(database, "acknowledge").state, deadline(database, "acknowledge").met_at) == ("kept", clock())
    assert deadline(database, "updates").counted_from == clock()
    clock.forward(HOUR)
    write(database, MarkBounced(letter(1).id), LookAt("case", CASE, clock()))
    looked(database, clock)
    assert (deadline(database, "acknowledge").state, deadline(database, "acknowledge").met_at) == ("open", None)
    assert deadline(database, "updates").counted_from == NOW
    clock.forward(DAY)
    looked(database, clock)
    assert deadline(database, "acknowledge").state == "broken"


def test_a_logged_talk_keeps_an_update_and_the_next_one_is_counted_from_it(database: Database, clock: Clock) -> None:
    write(database, *open_case())
    clock.forward(2 * DAY)
    with database.write() as conn:
        logs_contact(conn, CASE, "told her", "priya", clock())
    looked(database, clock)
    assert (deadline(database, "updates").state, deadline(database, "updates").met_at) == ("kept", clock())
    assert deadline(database, "updates", 2).counted_from == clock()
    assert deadline(database, "updates").evidence == "logged by priya: told her"


def test_an_extension_is_an_entry_and_one_more_date_and_the_old_date_stays(database: Database, clock: Clock) -> None:
    write(database, *open_case())
    old = deadline(database, "decision")
    clock.forward(DAY)
    with database.write() as conn:
        extends(conn, CASE, old.due_at + 5 * DAY, "The depot is closed.", "priya", clock())
    looked(database, clock)
    assert deadline(database, "decision") == old
    assert deadline(database, "decision", 2).due_at == old.due_at + 5 * DAY
    with database.read() as conn:
        entry = next(row for row in timeline.of_case(conn, CASE) if row.kind == "extend")
    assert (entry.at, entry.actor) == (clock(), "priya")
    assert entry.text == f"until {old.due_at + 5 * DAY:%Y-%m-%d %H:%M} UTC: The depot is closed."


def test_only_cases_that_are_watched_are_held_to_another_policy(database: Database) -> None:
    write(database, opened("CST-1"), replace(opened("CST-2"), watched=False))
    with database.read() as conn:
        assert under_another(conn, "another") == ["CST-1"]
        assert under_another(conn, POLICY.digest) == []


def test_a_policy_is_remembered_once_by_its_digest(database: Database) -> None:
    for moment in (NOW, NOW + DAY):
        with database.write() as conn:
            remember_policy(conn, POLICY.digest, POLICY.text, moment)
    with database.read() as conn:
        assert policy_texts(conn) == {POLICY.digest: POLICY.text}


def test_of_a_case_with_many_updates_a_look_reads_the_last_and_of_one_that_lost_a_letter_all(
    database: Database, clock: Clock
) -> None:
    write(database, *open_case())
    for number in range(1, 6):
        clock.forward(2 * DAY)
        accepted(database, clock(), "update", number)
        looked(database, clock)
    assert [each.seq for each in facts(database).deadlines if each.promise == "updates"] == [6]
    write(database, MarkBounced(letter(5).id), LookAt("case", CASE, clock()))
    assert [each.seq for each in facts(database).deadlines if each.promise == "updates"] == [1, 2, 3, 4, 5, 6]
    looked(database, clock)
    assert deadline(database, "updates", 5).state == "open"
    assert deadline(database, "updates", 6).state == "waived"


def _in_threads(databases: Sequence[Database], clock: Clock, said: Sequence[Said]) -> None:
    begin = threading.Barrier(len(databases))

    def work(database: Database, log: Said) -> None:
        loop = Timers(database, RULES, clock, log, lambda: None)
        begin.wait()
        while loop.work():
            pass

    threads = [threading.Thread(target=work, args=each) for each in zip(databases, said, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_daemons_share_the_looks_without_a_double(another: Open, clock: Clock) -> None:
    daemons = [another(), another()]
    references = [f"CST-{number}" for number in range(120)]
    write(daemons[0], *(change for reference in references for change in open_case(reference)))
    clock.forward(6 * DAY)  # a Sunday: the acknowledgement and the first update were missed
    said = [Said(), Said()]
    _in_threads(daemons, clock, said)
    broken = Counter(str(facts["case"]) for log in said for event, facts in log.lines if event == "case.broken")
    assert broken == dict.fromkeys(references, 2)
    assert not [log.lines for log in said if {"timer.fault", "timers.later"} & set(log.events)]
    with daemons[0].read() as conn:
        told = conn.scalar(select(func.count()).where(letters.c.kind == "staff-overdue"))
        looks = list(conn.scalars(select(timers.c.look_at).where(timers.c.kind == "case")))
    assert told == sum(log.events.count("letter.staff-overdue") for log in said)
    assert len(looks) == len(references)
    assert min(looks) > clock()
