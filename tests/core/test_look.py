"""The heart: what a look at a case makes of evidence and time. Tables first, then what holds for every story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import POLICY
from mailcase.core.case import LetterState, Status
from mailcase.core.changes import SetDeadline
from mailcase.core.deadlines.evidence import COUNTED_FROM_LOST
from mailcase.core.deadlines.extension import extend
from mailcase.core.deadlines.look import look
from mailcase.core.deadlines.owed import (
    CaseFacts,
    Contact,
    Deadline,
    Look,
    State,
    Unsent,
    What,
    first_deadlines,
    new_case,
)
from mailcase.core.promises.policy import Policy
from mailcase.core.promises.policy_file import read_policy
from mailcase.errors import MailcaseError

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LONG = 60 * DAY


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


RECEIVED = at("2026-11-20 18:30")  # a Friday
ACKNOWLEDGED = RECEIVED + timedelta(minutes=1)
# What the plain policy makes of it.
ACK_DUE, UPDATE_DUE, DECISION_DUE = at("2026-11-21 18:30"), at("2026-11-25 18:30"), at("2026-12-18 17:00")


def case(policy: Policy = POLICY, received: datetime = RECEIVED) -> CaseFacts:
    return new_case(policy, "CST-1", received)


def letter(moment: datetime, what: str = "update", reached: bool = True) -> Contact:
    return Contact(moment, what, f"<{what} {moment:%m%d%H%M}> 250 ok", reached)


ACK = letter(ACKNOWLEDGED, "acknowledgement")
LOST_ACK = replace(ACK, reached=False)


def with_contacts(*contacts: Contact, policy: Policy = POLICY) -> CaseFacts:
    return replace(case(policy), contacts=contacts)


def after(facts: CaseFacts, found: Look) -> CaseFacts:
    """The case once the look is written."""
    return replace(facts, deadlines=found.deadlines)


def looked(facts: CaseFacts, *moments: datetime, policy: Policy = POLICY) -> CaseFacts:
    """The case after looks at these moments."""
    for moment in moments:
        facts = after(facts, look(facts, policy, moment))
    return facts


def whats(found: Look) -> list[tuple[str, What]]:
    return [(action.deadline.promise, action.what) for action in found.actions]


def deadline(facts: CaseFacts | Look, promise: str, seq: int = 1) -> Deadline:
    [found] = [each for each in facts.deadlines if (each.promise, each.seq) == (promise, seq)]
    return found


# -- kept, broken, waived


@dataclass(frozen=True)
class Row:
    """What reached the customer, what the case is, when we look, and what became of a promise."""

    name: str
    promise: str
    contacts: Sequence[Contact]
    now: datetime
    state: State
    met_at: datetime | None = None
    status: Status = "investigating"


PHONE = letter(at("2026-11-24 10:00"), "contact")
LATE_ACK = letter(ACK_DUE + HOUR, "acknowledgement")
DECISION = letter(at("2026-12-01 10:00"), "resolution")
LATE_DECISION = letter(DECISION_DUE + HOUR, "resolution")
MICROSECOND = timedelta(microseconds=1)
TABLE = [
    Row("nothing yet", "acknowledge", [], RECEIVED + HOUR, "open"),
    Row("the relay took it", "acknowledge", [ACK], RECEIVED + HOUR, "kept", ACKNOWLEDGED),
    Row("the relay took it at the last moment", "acknowledge", [letter(ACK_DUE, "acknowledgement")], ACK_DUE,
        "kept", ACK_DUE),
    Row("one moment late", "acknowledge", [letter(ACK_DUE + MICROSECOND, "acknowledgement")], ACK_DUE + HOUR,
        "broken", ACK_DUE + MICROSECOND),
    Row("a moment before it is due", "acknowledge", [], ACK_DUE - MICROSECOND, "open"),
    Row("due and nothing", "acknowledge", [], ACK_DUE, "broken"),
    Row("done late", "acknowledge", [LATE_ACK], ACK_DUE + 2 * HOUR, "broken", LATE_ACK.at),
    Row("it came back", "acknowledge", [LOST_ACK], RECEIVED + HOUR, "open"),
    Row("it came back and time ran out", "acknowledge", [LOST_ACK], ACK_DUE, "broken"),
    Row("it came back and another one reached them", "acknowledge", [LOST_ACK, letter(ACKNOWLEDGED + HOUR,
        "acknowledgement")], ACK_DUE, "kept", ACKNOWLEDGED + HOUR),
    Row("an update acknowledges nothing", "acknowledge", [letter(ACKNOWLEDGED)], ACK_DUE, "broken"),
    Row("closed, but never acknowledged", "acknowledge", [], RECEIVED + HOUR, "open", status="closed"),
    Row("an acknowledgement is no update", "updates", [ACK], UPDATE_DUE, "open"),  # one minute to go
    Row("a phone call is one", "updates", [ACK, PHONE], UPDATE_DUE, "kept", PHONE.at),
    Row("and so is the decision", "updates", [ACK, letter(PHONE.at, "resolution")], UPDATE_DUE, "kept", PHONE.at),
    Row("a mail to staff is not", "updates", [ACK, letter(PHONE.at, "staff-words")], UPDATE_DUE + HOUR, "broken"),
    Row("an update that came back", "updates", [ACK, letter(PHONE.at, reached=False)], PHONE.at + HOUR, "open"),
    Row("withdrawn: no update is owed", "updates", [ACK], UPDATE_DUE + DAY, "waived", status="withdrawn"),
    Row("no phone call is a decision", "decision", [ACK, PHONE], DECISION_DUE, "broken"),
    Row("the decision", "decision", [ACK, DECISION], DECISION_DUE, "kept", DECISION.at, "resolved"),
    Row("the decision, too late", "decision", [ACK, LATE_DECISION], LATE_DECISION.at, "broken", LATE_DECISION.at,
        "resolved"),
    Row("called resolved, no letter accepted", "decision", [ACK], DECISION_DUE - HOUR, "open", status="resolved"),
    Row("called resolved, and never written", "decision", [ACK], DECISION_DUE, "broken", status="resolved"),
    Row("withdrawn", "decision", [ACK], DECISION_DUE - DAY, "waived", status="withdrawn"),
    Row("closed", "decision", [ACK], DECISION_DUE - DAY, "waived", status="closed"),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_evidence_and_time_decide(row: Row) -> None:
    facts = replace(with_contacts(*row.contacts), status=row.status)
    found = deadline(look(facts, POLICY, row.now), row.promise)
    assert (found.state, found.met_at) == (row.state, row.met_at)
    assert found.evidence == next((each.evidence for each in row.contacts if each.at == row.met_at), "")


def test_a_letter_that_comes_back_opens_what_it_had_kept() -> None:
    kept = looked(with_contacts(ACK), RECEIVED + HOUR)
    assert deadline(kept, "acknowledge").state == "kept"
    found = look(replace(kept, contacts=(LOST_ACK,)), POLICY, RECEIVED + 2 * HOUR)
    assert deadline(found, "acknowledge") == deadline(case(), "acknowledge")
    assert found.look_at == ACK_DUE


def test_broken_is_never_unrecorded() -> None:
    broken = looked(case(), ACK_DUE)
    late = looked(replace(broken, contacts=(LATE_ACK,)), ACK_DUE + 2 * HOUR)
    assert (deadline(late, "acknowledge").state, deadline(late, "acknowledge").met_at) == ("broken", LATE_ACK.at)
    lost = looked(replace(late, contacts=(replace(LATE_ACK, reached=False),)), ACK_DUE + 3 * HOUR)
    assert (deadline(lost, "acknowledge").state, deadline(lost, "acknowledge").met_at) == ("broken", None)
    # Even evidence that is written down late, and would have been in time, changes nothing about the record.
    known_late = looked(replace(broken, contacts=(ACK,)), ACK_DUE + HOUR)
    assert (deadline(known_late, "acknowledge").state, deadline(known_late, "acknowledge").met_at) == (
        "broken",
        ACKNOWLEDGED,
    )


# -- updates


def test_the_acknowledgement_is_the_first_contact() -> None:
    assert deadline(case(), "updates").due_at == UPDATE_DUE
    found = deadline(looked(with_contacts(ACK), ACKNOWLEDGED), "updates")
    assert (found.counted_from, found.due_at) == (ACKNOWLEDGED, UPDATE_DUE + timedelta(minutes=1))


def test_an_acknowledgement_that_comes_back_was_no_contact() -> None:
    facts = looked(with_contacts(ACK), ACKNOWLEDGED)
    found = deadline(looked(replace(facts, contacts=(LOST_ACK,)), RECEIVED + HOUR), "updates")
    assert (found.counted_from, found.due_at) == (RECEIVED, UPDATE_DUE)


def test_a_late_acknowledgement_does_not_mend_an_update_that_was_missed() -> None:
    missed = looked(case(), UPDATE_DUE)
    found = looked(replace(missed, contacts=(letter(UPDATE_DUE + HOUR, "acknowledgement"),)), UPDATE_DUE + 2 * HOUR)
    assert (deadline(found, "updates").state, deadline(found, "updates").met_at) == ("broken", None)


def test_updates_follow_each_other_without_gaps() -> None:
    calls = [letter(RECEIVED + day * DAY, "contact") for day in (2, 3, 9, 13)]
    found = [each for each in look(with_contacts(ACK, *calls), POLICY, RECEIVED + 14 * DAY).deadlines
             if each.promise == "updates"]  # fmt: skip
    assert [each.seq for each in found] == [1, 2, 3, 4, 5]
    assert [each.counted_from for each in found] == [ACK.at, *(call.at for call in calls)]
    assert [each.met_at for each in found] == [*(call.at for call in calls), None]
    assert [each.state for each in found] == ["kept", "kept", "broken", "kept", "open"]


def test_when_an_update_comes_back_the_one_before_is_owed_again_and_none_that_was_counted_from_it() -> None:
    first = letter(at("2026-11-25 09:00"))
    facts = looked(with_contacts(ACK, first), first.at)
    assert deadline(facts, "updates", 2).counted_from == first.at
    bounced = replace(facts, contacts=(ACK, replace(first, reached=False)), reachable=False)
    lost = looked(bounced, first.at + HOUR)
    assert (deadline(lost, "updates").state, deadline(lost, "updates").written) == ("open", False)
    assert (deadline(lost, "updates", 2).state, deadline(lost, "updates", 2).evidence) == ("waived", COUNTED_FROM_LOST)
    second = letter(first.at + 2 * HOUR)
    again = looked(replace(lost, contacts=(*lost.contacts, second)), second.at)
    assert (deadline(again, "updates").state, deadline(again, "updates").met_at) == ("kept", second.at)
    assert deadline(again, "updates", 3).counted_from == second.at


def test_a_letter_is_written_in_the_last_business_hours_and_the_handler_asked_a_business_day_before() -> None:
    facts = looked(with_contacts(ACK), ACKNOWLEDGED)
    asked = look(facts, POLICY, at("2026-11-24 09:00"))
    assert whats(asked) == [("updates", "ask for words")]
    assert asked.look_at == at("2026-11-25 09:00")
    wrote = look(after(facts, asked), POLICY, at("2026-11-25 09:00"))
    assert whats(wrote) == [("updates", "write")]
    assert whats(look(after(facts, wrote), POLICY, at("2026-11-25 12:00"))) == []


@pytest.mark.parametrize(
    ("contact", "due", "written"),
    [
        ("2026-11-25 09:00", "2026-11-30 09:00", "2026-11-27 09:00"),  # Monday's hours end too late: Friday
        ("2026-12-01 12:00", "2026-12-06 12:00", "2026-12-04 09:00"),  # due on a Sunday: Friday
        ("2026-12-24 09:00", "2026-12-29 09:00", "2026-12-28 09:00"),  # no business hours in between
        ("2026-03-25 10:00", "2026-03-30 09:00", "2026-03-27 09:00"),  # the clock goes forward: still 10:00 in London
        ("2026-10-22 09:00", "2026-10-27 10:00", "2026-10-26 09:00"),  # and back
    ],
)
def test_when_an_update_is_due_and_when_it_is_written(contact: str, due: str, written: str) -> None:
    received = at(contact) - DAY
    acknowledged = letter(at(contact), "acknowledgement")
    facts = replace(case(received=received), contacts=(acknowledged,))
    facts = looked(facts, acknowledged.at)
    assert deadline(facts, "updates").due_at == at(due)
    assert when(facts, "write") == at(written)


def when(facts: CaseFacts, what: What, policy: Policy = POLICY) -> datetime:
    """The moment at which a case on which nothing happens wants something."""
    now = facts.received_at
    for _ in range(100):
        found = look(facts, policy, now)
        if what in [action.what for action in found.actions]:
            return now
        assert found.look_at
        facts, now = after(facts, found), found.look_at
    raise AssertionError(f"never: {what}")


def test_nobody_is_written_to_whom_no_letter_reaches_or_whose_case_is_over() -> None:
    working_day = at("2026-12-01 10:00")  # by when an update is late
    facts = looked(with_contacts(ACK), ACKNOWLEDGED, working_day - DAY)
    facts = replace(facts, deadlines=tuple(replace(each, written=False) for each in facts.deadlines))
    assert ("updates", "write") in whats(look(facts, POLICY, working_day))
    for spared in (replace(facts, reachable=False), replace(facts, status="resolved")):
        assert ("updates", "write") not in whats(look(spared, POLICY, working_day))


# -- warnings and flags


def test_warnings_are_given_once_each_three_days_and_one_before() -> None:
    facts = looked(replace(case(), reachable=False), RECEIVED)
    given: list[datetime] = []
    for hour in range(30 * 24):
        now = RECEIVED + hour * HOUR
        found = look(facts, POLICY, now)
        given += [now for _, what in whats(found) if what == "warn"]
        facts = after(facts, found)
    assert given == [at("2026-12-15 09:30"), at("2026-12-17 09:30")]


def test_warnings_that_were_missed_are_given_as_one_and_none_is_given_too_late() -> None:
    late = DECISION_DUE - HOUR
    found = look(with_contacts(ACK, letter(late)), POLICY, late)
    assert [each for each in whats(found) if each[0] == "decision"] == [("decision", "warn")]
    assert deadline(found, "decision").warned == 2
    over = look(with_contacts(ACK, letter(late)), POLICY, DECISION_DUE)
    assert [each for each in whats(over) if each[0] == "decision"] == [("decision", "flag")]


def test_a_flag_is_told_once_and_to_the_managers_again_a_business_day_later() -> None:
    facts = replace(case(), reachable=False)
    told: dict[tuple[str, str], datetime] = {}
    for hour in range(100 * 24):
        now = RECEIVED + timedelta(minutes=30) + hour * HOUR
        found = look(facts, POLICY, now)
        told |= {(name, what): now for name, what in whats(found) if what.startswith("flag")}
        assert len(found.actions) == len(set(whats(found)))
        facts = after(facts, found)
    assert told == {
        ("acknowledge", "flag"): at("2026-11-21 19:00"),
        ("acknowledge", "flag again"): at("2026-11-23 17:00"),
        ("updates", "flag"): at("2026-11-25 19:00"),
        ("updates", "flag again"): at("2026-11-26 17:00"),
        ("decision", "flag"): at("2026-12-18 17:00"),
        ("decision", "flag again"): at("2026-12-21 17:00"),
    }


def test_what_was_done_too_late_while_nobody_looked_is_told_all_the_same_but_not_again() -> None:
    found = look(with_contacts(LATE_ACK), POLICY, ACK_DUE + 3 * HOUR)
    assert ("acknowledge", "flag") in whats(found)
    assert not [each for each in whats(look(after(with_contacts(LATE_ACK), found), POLICY, ACK_DUE + 3 * DAY))
                if each[0] == "acknowledge"]  # fmt: skip


@pytest.mark.parametrize("days", [1, 5, 30 + 4])  # until a business day
def test_after_days_of_downtime_there_is_one_letter_and_one_flag_for_each_promise(days: int) -> None:
    facts = looked(with_contacts(ACK), ACKNOWLEDGED)
    found = look(facts, POLICY, UPDATE_DUE.replace(hour=10) + days * DAY)
    assert [what for _, what in whats(found)].count("write") == 1
    assert len(whats(found)) == len(set(whats(found)))
    assert ("updates", "flag again") not in whats(found)
    assert deadline(found, "updates").state == "broken"


def test_a_late_letter_waits_for_business_hours() -> None:
    facts = looked(with_contacts(ACK), ACKNOWLEDGED)
    saturday = at("2026-11-28 12:00")
    found = look(facts, POLICY, saturday)
    assert "write" not in [action.what for action in found.actions]
    assert found.look_at == at("2026-11-30 09:00")
    assert ("updates", "write") in whats(look(after(facts, found), POLICY, at("2026-11-30 09:00")))


TWO_UPDATES = read_policy(
    POLICY.text
    + '\n[[promise]]\nid = "weekly"\nkind = "update"\nevery = "1 week"\ntext = "Every week you hear from us."',
    "two",
)


def test_one_letter_keeps_two_promises_of_an_update() -> None:
    found = look(replace(case(TWO_UPDATES), contacts=(ACK,)), TWO_UPDATES, at("2026-12-01 10:00"))
    assert [what for _, what in whats(found) if what == "write"] == ["write"]
    assert deadline(found, "updates").written
    assert deadline(found, "weekly").written


WAITS = Unsent("update", "queued", at("2026-11-25 09:00"))


def test_nobody_is_written_to_again_before_a_first_letter_has_left() -> None:
    assert not [what for _, what in whats(look(case(), POLICY, at("2026-12-01 10:00"))) if what == "write"]
    bounced = replace(with_contacts(LOST_ACK), reachable=False)
    assert not [what for _, what in whats(look(bounced, POLICY, at("2026-12-01 10:00"))) if what == "write"]
    wrote_again = replace(bounced, reachable=True)
    assert ("updates", "write") in whats(look(wrote_again, POLICY, at("2026-12-01 10:00")))


@pytest.mark.parametrize("state", ["queued", "sending", "in-doubt", "held"])
def test_while_an_update_may_still_leave_no_other_is_written(state: LetterState) -> None:
    facts = replace(looked(with_contacts(ACK), at("2026-11-25 09:00")), unsent=(replace(WAITS, state=state),))
    for day in range(10):
        assert ("updates", "write") not in whats(look(facts, POLICY, at("2026-11-25 10:00") + day * DAY))


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_an_update_that_was_stopped_is_written_anew_on_the_next_business_morning(state: LetterState) -> None:
    facts = replace(looked(with_contacts(ACK), at("2026-11-25 09:00")), unsent=(replace(WAITS, state=state),))
    found = look(facts, POLICY, at("2026-11-25 09:30"))
    assert ("updates", "write") not in whats(found)
    assert found.look_at is not None
    assert found.look_at <= at("2026-11-26 09:00")
    assert ("updates", "write") in whats(look(facts, POLICY, at("2026-11-26 09:00")))
    assert when(facts, "write") == at("2026-11-26 09:00")


def test_while_the_acknowledgement_is_on_its_way_the_first_update_is_not_judged() -> None:
    late = UPDATE_DUE + DAY
    on_its_way = replace(case(), unsent=(Unsent("acknowledgement", "queued", late),))
    assert deadline(look(on_its_way, POLICY, late), "updates").state == "open"
    held = replace(case(), unsent=(Unsent("acknowledgement", "held", late),))
    assert deadline(look(held, POLICY, late), "updates").state == "broken"
    accepted = replace(on_its_way, unsent=(), contacts=(letter(late, "acknowledgement"),))
    assert deadline(look(accepted, POLICY, late), "updates").due_at == POLICY.calendar.after(late, UPDATES_EVERY)


# -- statuses, extensions, statutory dates


def test_taken_up_again_a_case_owes_what_it_owed_by_the_old_dates() -> None:
    facts = looked(with_contacts(ACK), ACKNOWLEDGED)
    closed = looked(replace(facts, status="closed"), RECEIVED + DAY)
    assert {each.state for each in closed.deadlines} == {"kept", "waived"}
    again = looked(replace(closed, status="investigating"), RECEIVED + 2 * DAY)
    assert again.deadlines == facts.deadlines
    late = look(replace(closed, status="investigating"), POLICY, DECISION_DUE)
    assert deadline(late, "decision").state == "broken"


statuses = st.lists(st.sampled_from(["new", "investigating", "waiting", "resolved", "closed", "withdrawn"]), max_size=8)


@given(statuses)
def test_nothing_that_a_status_does_resets_a_clock(changes: list[Status]) -> None:
    facts = looked(with_contacts(ACK), ACKNOWLEDGED)
    due = {(each.promise, each.seq): each.due_at for each in facts.deadlines}
    for number, status in enumerate(changes, start=1):
        facts = looked(replace(facts, status=status), ACKNOWLEDGED + number * 3 * DAY)
    assert {(each.promise, each.seq): each.due_at for each in facts.deadlines} == due


def test_an_extension_adds_a_date_and_moves_none() -> None:
    facts = looked(with_contacts(ACK, letter(DECISION_DUE - DAY)), DECISION_DUE - DAY)
    now, until = DECISION_DUE - HOUR, DECISION_DUE + 10 * DAY
    changes = extend(facts, POLICY, until, "The depot is closed.", "priya", now)
    extended = replace(
        facts, deadlines=(*facts.deadlines, *(c.deadline for c in changes if isinstance(c, SetDeadline)))
    )
    found = look(extended, POLICY, DECISION_DUE)
    assert (deadline(found, "decision").state, deadline(found, "decision").due_at) == ("broken", DECISION_DUE)
    assert (deadline(found, "decision", 2).state, deadline(found, "decision", 2).due_at) == ("open", until)
    decided = letter(until - HOUR, "resolution")
    met = look(replace(after(extended, found), contacts=(ACK, decided)), POLICY, until)
    assert [deadline(met, "decision", seq).state for seq in (1, 2)] == ["broken", "kept"]


@pytest.mark.parametrize("until", [DECISION_DUE, DECISION_DUE - DAY, RECEIVED])
def test_an_extension_must_be_one(until: datetime) -> None:
    with pytest.raises(MailcaseError, match="must lie ahead"):
        extend(case(), POLICY, until, "why", "priya", RECEIVED + HOUR)


def test_what_is_decided_or_not_promised_cannot_be_extended() -> None:
    decided = looked(with_contacts(ACK, DECISION), DECISION.at)
    for facts in (decided, replace(case(), deadlines=())):
        with pytest.raises(MailcaseError, match="no decision is owed"):
            extend(facts, POLICY, DECISION_DUE + LONG, "why", "priya", RECEIVED + HOUR)


BY_LAW = read_policy(POLICY.text.replace('counting = "', 'schemes = ["disp"]\ncounting = "'), "by law")
LAW = at("2027-01-15 17:00")  # eight weeks


def extended(until: datetime) -> CaseFacts:
    """A case under a limit by law, with the decision given until then a day before it was due."""
    facts = looked(replace(case(BY_LAW), contacts=(ACK,)), DECISION_DUE - DAY, policy=BY_LAW)
    changes = extend(facts, BY_LAW, until, "The depot is closed.", "priya", DECISION_DUE - DAY)
    dates = [change.deadline for change in changes if isinstance(change, SetDeadline)]
    return replace(facts, deadlines=(*facts.deadlines, *dates))


def test_no_extension_goes_beyond_the_law_and_the_refusal_names_the_limit_its_source_and_its_date() -> None:
    with pytest.raises(MailcaseError, match=r"2027-01-15 17:00 UTC \(disp: DISP 1\.6\.2R\)"):
        extended(LAW + timedelta(minutes=1))


@pytest.mark.parametrize("until", [LAW - 14 * DAY, LAW])
def test_when_the_law_ends_an_extended_case_staff_have_been_told(until: datetime) -> None:
    facts = looked(extended(until), DECISION_DUE, until - timedelta(minutes=1), policy=BY_LAW)
    assert deadline(look(facts, BY_LAW, until - timedelta(minutes=1)), "decision", 2).state == "open"
    found = look(facts, BY_LAW, until)
    assert deadline(found, "decision", 2).state == "broken"
    assert ("decision", "flag") in whats(found)


HEAD = POLICY.text.partition("\n[[promise]]\n")[0] + "\n"
PROMISE = '[[promise]]\nid = "{kind}"\nkind = "{kind}"\nwithin = "{within}"\ntext = "So it is."\n'


@pytest.mark.parametrize(
    ("scheme", "promise", "expected"),
    [
        ("disp", ("resolve", "20 business days"), [("resolve", at("2026-12-18 17:00"))]),
        ("disp", ("resolve", "60 business days"), [("resolve", at("2027-01-15 17:00"))]),  # eight weeks
        ("disp", ("acknowledge", "24 hours"), [("acknowledge", ACK_DUE), ("disp", at("2027-01-15 17:00"))]),
        ("disp-payments", ("resolve", "20 business days"), [("resolve", at("2026-12-11 17:00"))]),
        ("ofcom", ("signpost", "8 weeks"), [("signpost", at("2027-01-01 17:00"))]),  # six weeks
        ("ofcom", ("resolve", "5 business days"),
            [("resolve", at("2026-11-27 17:00")), ("ofcom", at("2027-01-01 17:00"))]),
    ],
)  # fmt: skip
def test_the_stricter_date_wins(scheme: str, promise: tuple[str, str], expected: list[tuple[str, datetime]]) -> None:
    kind, within = promise
    policy = read_policy(f'{HEAD}schemes = ["{scheme}"]\n{PROMISE.format(kind=kind, within=within)}', "x")
    assert [(each.promise, each.due_at) for each in first_deadlines(policy, case(policy))] == expected


def test_a_statutory_date_is_warned_of_waived_and_taken_up_like_a_promise() -> None:
    policy = read_policy(f'{HEAD}schemes = ["disp"]\n{PROMISE.format(kind="acknowledge", within="24 hours")}', "x")
    facts = replace(case(policy), contacts=(ACK,))
    assert when(facts, "warn", policy) == at("2027-01-12 09:00")
    closed = looked(replace(facts, status="closed"), RECEIVED + DAY, policy=policy)
    assert deadline(closed, "disp").state == "waived"
    assert deadline(looked(replace(closed, status="new"), RECEIVED + DAY, policy=policy), "disp").state == "open"


def test_a_promise_that_needs_what_we_cannot_see_gives_no_deadline() -> None:
    text = HEAD + PROMISE.format(kind="resolve", within="5 days") + 'needs = "reports"\n'
    assert first_deadlines(read_policy(text, "x"), case()) == ()


# -- what holds for every story

whens = st.integers(0, 60 * 24 * 60).map(lambda minutes: RECEIVED + timedelta(minutes=minutes))
kinds = st.sampled_from(["acknowledgement", "update", "contact", "resolution", "staff-words"])
# Each letter has its own Message-ID, so no two contacts share their evidence.
contacts = st.lists(
    st.builds(letter, whens, kinds, st.booleans()), max_size=8, unique_by=lambda contact: contact.evidence
).map(lambda found: tuple(sorted(found, key=lambda contact: contact.at)))
open_statuses: st.SearchStrategy[Status] = st.sampled_from(["new", "investigating", "waiting", "resolved", "withdrawn"])
policies = st.sampled_from([POLICY, TWO_UPDATES])


def known_at(facts: CaseFacts, all_contacts: Sequence[Contact], now: datetime) -> CaseFacts:
    """Evidence comes in as it happens; a letter comes back a day after the relay took it."""
    seen = (each if now >= each.at + DAY else replace(each, reached=True) for each in all_contacts if each.at <= now)
    return replace(facts, contacts=tuple(seen))


@settings(max_examples=300)
@given(policies, contacts, st.lists(st.tuples(whens, open_statuses, st.booleans()), min_size=1, max_size=15))
def test_in_every_story_a_look_is_final_forward_and_never_forgets(
    policy: Policy, happens: tuple[Contact, ...], moments: list[tuple[datetime, Status, bool]]
) -> None:
    facts = case(policy)
    for now, status, reachable in sorted(moments):
        before = known_at(replace(facts, status=status, reachable=reachable), happens, now)
        found = look(before, policy, now)
        facts = after(before, found)
        assert look(facts, policy, now) == replace(found, actions=())  # again at the same moment: nothing new
        was_broken = {(each.promise, each.seq) for each in before.deadlines if each.state == "broken"}
        assert was_broken <= {(each.promise, each.seq) for each in found.deadlines if each.state == "broken"}
        assert found.look_at is None or found.look_at > now
        still = [each for each in found.deadlines if each.state == "open"]
        assert all(each.due_at > now for each in still)
        assert not still or (found.look_at is not None and found.look_at <= min(each.due_at for each in still))
        untold = [each for each in whats(found) if not each[1].startswith("flag")]  # two of one promise may be late
        assert len(untold) == len(set(untold))
        assert [what for _, what in whats(found)].count("write") <= 1
        assert len({(each.promise, each.seq) for each in found.deadlines}) == len(found.deadlines)


@settings(max_examples=200)
@given(whens, st.lists(st.integers(0, 14 * 24 * 60), max_size=12))
def test_every_moment_of_an_open_case_is_covered_by_an_update(start: datetime, gaps: list[int]) -> None:
    """Contacts at any distance: each update is counted from the contact before, and the last one runs."""
    moments = [start]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(minutes=gap + 1))
    happens = (letter(moments[0], "acknowledgement"), *(letter(moment, "contact") for moment in moments[1:]))
    facts = replace(case(received=start), contacts=happens)
    updates = [each for each in look(facts, POLICY, moments[-1]).deadlines if each.promise == "updates"]
    assert [each.counted_from for each in updates] == moments
    assert all(one.met_at == other.counted_from for one, other in pairwise(updates))
    assert updates[-1].met_at is None
    assert [each.state for each in updates[:-1]] == [
        "kept" if POLICY.calendar.after(one, UPDATES_EVERY) >= other else "broken" for one, other in pairwise(moments)
    ]


DAYS_FROM, DAYS_TO = (at(f"{day} 00:00").replace(tzinfo=None) for day in ("2024-01-01", "2032-12-31"))
UPDATES_EVERY = next(promise.every for promise in POLICY.promises if promise.every)


@settings(max_examples=100)
@given(st.datetimes(DAYS_FROM, DAYS_TO), st.integers(0, 60 * 24 * 60))
def test_a_silent_case_is_looked_at_in_finitely_many_steps_and_told_to_the_minute(start: datetime, down: int) -> None:
    """From any start (DST nights and leap days among them), and with any downtime in it."""
    received = start.replace(tzinfo=UTC)
    facts, now, wake = case(received=received), received, received + timedelta(minutes=down)
    flagged: dict[str, datetime] = {}
    for _ in range(60):
        found = look(facts, POLICY, now)
        facts = after(facts, found)
        flagged |= {name: now for name, what in whats(found) if what == "flag"}
        if found.look_at is None:
            break
        now = max(found.look_at, wake)
    else:
        raise AssertionError("it never comes to rest")
    assert flagged == {each.promise: max(each.due_at, wake) for each in facts.deadlines}
    assert any(each.state == "broken" and each.met_at is None for each in facts.deadlines)


@pytest.mark.parametrize(("status", "again"), [("investigating", True), ("closed", False), ("withdrawn", False)])
def test_managers_hear_no_more_of_a_case_that_ended(status: Status, again: bool) -> None:
    late = looked(with_contacts(ACK), DECISION_DUE)
    found = look(replace(late, status=status), POLICY, DECISION_DUE + 3 * DAY)
    assert (("decision", "flag again") in whats(found)) is again
    assert again or found.look_at is None


def test_managers_hear_no_more_of_a_date_that_was_moved_while_the_new_one_is_ahead() -> None:
    late = looked(with_contacts(ACK), DECISION_DUE)
    [first] = [each for each in late.deadlines if each.promise == "decision"]
    moved = replace(first, seq=2, counted_from=DECISION_DUE, due_at=DECISION_DUE + 7 * DAY, state="open", told=0)
    found = look(replace(late, deadlines=(*late.deadlines, moved)), POLICY, DECISION_DUE + 3 * DAY)
    assert ("decision", "flag again") not in whats(found)
    assert ("decision", "flag") in whats(look(replace(late, deadlines=found.deadlines), POLICY, DECISION_DUE + 7 * DAY))
