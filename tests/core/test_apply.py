"""Holding a case to another policy: which dates move, which never do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import POLICY
from mailcase.core.changes import AddEntry, LookAt, SetDeadline, SetPolicy
from mailcase.core.deadlines.apply import Move, changes_for, first_moves, moves
from mailcase.core.deadlines.evidence import COUNTED_FROM_LOST
from mailcase.core.deadlines.look import look
from mailcase.core.deadlines.owed import PROMISED_NO_MORE, CaseFacts, Contact, Deadline, State, new_case
from mailcase.core.promises.policy import Policy, statutory
from mailcase.core.promises.policy_file import read_policy

RECEIVED = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
SOON = RECEIVED + timedelta(hours=2)


def policy(*changes: tuple[str, str], scheme: str = "") -> Policy:
    text = POLICY.text.replace('counting = "', f'schemes = ["{scheme}"]\ncounting = "') if scheme else POLICY.text
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return read_policy(text, "other")


LONGER = policy(("20 business days", "30 business days"))
SHORTER = policy(('within = "20 business days"', 'within = "5 business days"'))
CASE = new_case(POLICY, "CST-1", RECEIVED)


def of(case: CaseFacts, promise: str) -> Deadline:
    return next(each for each in case.deadlines if each.promise == promise)


def with_state(state: State, met: bool = False) -> CaseFacts:
    met_at = RECEIVED + timedelta(hours=1) if met else None
    return replace(CASE, deadlines=tuple(replace(each, state=state, met_at=met_at) for each in CASE.deadlines))


def test_the_same_promises_move_nothing() -> None:
    assert moves(CASE, POLICY, SOON) == ()


@pytest.mark.parametrize(("new", "day"), [(LONGER, (2027, 1, 6)), (SHORTER, (2026, 11, 27))])
def test_an_open_date_moves_to_what_the_new_policy_says(new: Policy, day: tuple[int, int, int]) -> None:
    [move] = moves(CASE, new, SOON)
    assert move.before == of(CASE, "decision")
    assert move.after.due_at == datetime(*day, 17, tzinfo=UTC)
    assert move.words == f"decision: due {move.after.due_at:%Y-%m-%d} 17:00 UTC; it was due 2026-12-18 17:00 UTC"


@pytest.mark.parametrize(("state", "met"), [("kept", True), ("broken", True), ("broken", False)])
def test_what_is_kept_or_broken_never_moves(state: State, met: bool) -> None:
    assert moves(with_state(state, met), LONGER, SOON) == ()


def test_what_is_past_and_not_looked_at_yet_does_not_move_either() -> None:
    assert moves(CASE, LONGER, datetime(2026, 12, 19, tzinfo=UTC)) == ()


def test_a_date_does_not_move_into_the_past() -> None:
    assert moves(CASE, SHORTER, datetime(2026, 12, 1, tzinfo=UTC)) == ()


def test_a_limit_by_law_moves_a_date_even_into_the_past() -> None:
    by_law = policy(scheme="disp-payments")
    now = datetime(2026, 12, 15, tzinfo=UTC)
    [move] = moves(CASE, by_law, now)
    assert move.after.due_at == datetime(2026, 12, 11, 17, tzinfo=UTC)


def test_a_promise_that_moves_later_stops_at_the_limit_by_law() -> None:
    by_law = policy(("20 business days", "60 business days"), scheme="disp")
    [move] = moves(CASE, by_law, SOON)
    assert move.after.due_at == datetime(2027, 1, 15, 17, tzinfo=UTC)


def test_what_moves_later_is_warned_of_again_and_what_moves_sooner_is_not() -> None:
    warned = replace(CASE, deadlines=tuple(replace(each, warned=1) for each in CASE.deadlines))
    assert [move.after.warned for move in moves(warned, LONGER, SOON)] == [0]
    assert [move.after.warned for move in moves(warned, SHORTER, SOON)] == [1]


def test_updates_that_come_more_often_are_counted_from_the_last_contact_or_from_now() -> None:
    often = policy(('every = "5 days"', 'every = "2 days"'))
    [move] = moves(CASE, often, SOON)
    assert move.after.due_at == RECEIVED + timedelta(days=2)
    late = RECEIVED + timedelta(days=4)
    [move] = [each for each in moves(CASE, often, late) if each.after.promise == "updates"]
    assert (move.after.counted_from, move.after.due_at) == (late, RECEIVED + timedelta(days=5))
    middle = RECEIVED + timedelta(days=2, hours=12)
    [move] = [each for each in moves(CASE, often, middle) if each.after.promise == "updates"]
    assert move.after.due_at == middle + timedelta(days=2)


def test_what_is_promised_no_more_is_waived_and_comes_back_with_the_old_policy() -> None:
    without = read_policy(POLICY.text.partition('[[promise]]\nid = "decision"')[0], "without")
    [gone] = moves(CASE, without, SOON)
    assert (gone.after.promise, gone.after.state) == ("decision", "waived")
    assert gone.after.evidence == PROMISED_NO_MORE
    assert gone.words == "decision: no longer promised; it was due 2026-12-18 17:00 UTC"
    deadlines = tuple(gone.after if each.promise == "decision" else each for each in CASE.deadlines)
    [back] = moves(replace(CASE, deadlines=deadlines), POLICY, SOON)
    assert back.after == of(CASE, "decision")
    assert back.words == "decision: promised from now on, due 2026-12-18 17:00 UTC"


def test_a_promise_with_another_name_runs_on_in_the_place_of_the_old_one() -> None:
    renamed = policy(('id = "updates"', 'id = "news"'))
    written = tuple(replace(each, asked=True, seq=3) if each.kind == "update" else each for each in CASE.deadlines)
    added, gone = moves(replace(CASE, deadlines=written), renamed, SOON)
    assert (added.before, added.after.promise, added.after.seq, added.after.asked) == (None, "news", 1, True)
    assert added.after.due_at == of(CASE, "updates").due_at
    assert (gone.after.promise, gone.after.state) == ("updates", "waived")


def test_what_was_settled_under_another_name_is_not_owed_twice() -> None:
    renamed = policy(('id = "acknowledge"', 'id = "hello"'))
    kept = replace(CASE, deadlines=(replace(of(CASE, "acknowledge"), state="kept", met_at=SOON),))
    assert "hello" not in [move.after.promise for move in moves(kept, renamed, SOON)]


def test_updates_go_on_under_another_name_when_the_last_one_was_broken() -> None:
    renamed = policy(('id = "updates"', 'id = "news"'))
    now = RECEIVED + timedelta(days=6)
    deadlines = tuple(replace(each, state="broken") if each.kind == "update" else each for each in CASE.deadlines)
    [move] = moves(replace(CASE, deadlines=deadlines), renamed, now)
    assert (move.after.promise, move.after.counted_from) == ("news", now)


def test_the_timeline_says_which_policy_holds_now_and_each_date_that_moved() -> None:
    found = moves(CASE, LONGER, SOON)
    wanted = changes_for(CASE, found, LONGER, POLICY.digest, "operator kim", SOON)
    assert SetPolicy("CST-1", LONGER.digest, "") in wanted
    assert SetDeadline("CST-1", found[0].after) in wanted
    assert LookAt("case", "CST-1", SOON) in wanted
    held, moved, told = (change for change in wanted if isinstance(change, AddEntry))
    assert held.text == (
        f"held to the policy {LONGER.digest[:12]}, complaints policy; until now to {POLICY.digest[:12]}"
    )
    assert (moved.kind, moved.actor, moved.text) == ("policy", "operator kim", found[0].words)
    assert told == replace(moved, kind="moved")  # later than they know: the customer reads of it in the next update


def test_a_track_that_the_policy_does_not_have_becomes_its_default() -> None:
    tracked = read_policy(
        POLICY.text.replace('counting = "', 'tracks = { short = "5 business days" }\ncounting = "').replace(
            'within = "20 business days"\n', ""
        ),
        "tracked",
    )
    [move] = moves(replace(CASE, track="odd"), tracked, SOON)
    assert move.after.due_at == datetime(2026, 11, 27, 17, tzinfo=UTC)
    assert changes_for(CASE, (move,), tracked, POLICY.digest, "kim", SOON)[0] == SetPolicy(
        "CST-1", tracked.digest, "short"
    )


DAYS = st.integers(1, 60)


@given(DAYS, DAYS, st.integers(0, 60 * 24), st.sampled_from(["", "disp", "disp-payments"]))
def test_whatever_the_policy_no_date_passes_a_limit_and_none_moves_back_before_now(
    decision: int, every: int, hours: int, scheme: str
) -> None:
    other = policy(
        ('within = "20 business days"', f'within = "{decision} business days"'),
        ('every = "5 days"', f'every = "{every} days"'),
        scheme=scheme,
    )
    now = RECEIVED + timedelta(hours=hours)
    law = statutory(other, "resolve", "complaint", "", "", RECEIVED)
    for move in moves(CASE, other, now):
        assert move.before is not None
        assert move.before.due_at > now
        limit = law[0] if law and move.after.kind == "resolve" else None
        assert limit is None or move.after.due_at <= limit
        assert move.after.due_at > now or move.after.due_at == limit


def test_a_move_says_what_is_new() -> None:
    new = Deadline("news", 1, "update", RECEIVED, RECEIVED + timedelta(days=5))
    assert Move(None, new).words == "news: promised from now on, due 2026-11-25 18:30 UTC"


def test_a_first_update_that_counts_from_now_on_is_left_so_by_the_next_look() -> None:
    acknowledged = replace(CASE, contacts=(Contact(SOON, "acknowledgement", "<a@b> 250 ok"),))
    often = policy(('every = "5 days"', 'every = "1 day"'))
    now = RECEIVED + timedelta(days=2)
    held = look(acknowledged, POLICY, now).deadlines
    case = replace(acknowledged, deadlines=held)
    [move] = [each for each in moves(case, often, now) if each.after.kind == "update"]
    after = replace(case, deadlines=tuple(move.after if each == move.before else each for each in held))
    [update] = [each for each in look(after, often, now).deadlines if each.kind == "update"]
    assert (update.state, update.due_at) == ("open", move.after.due_at)


def test_an_update_that_stands_for_one_that_came_back_is_not_revived() -> None:
    updates = of(CASE, "updates")
    lost = replace(updates, seq=2, state="waived", evidence=COUNTED_FROM_LOST)
    found = moves(replace(CASE, deadlines=(updates, lost)), policy(('every = "5 days"', 'every = "3 days"')), SOON)
    assert [move.before for move in found if move.after.kind == "update"] == [updates]


UNTIL = datetime(2027, 1, 12, 17, tzinfo=UTC)  # later than what LONGER makes of the promise
EXTENSION = Deadline("decision", 2, "resolve", SOON, UNTIL)
EXTENDED = replace(CASE, deadlines=(*CASE.deadlines, EXTENSION))


@pytest.mark.parametrize("new", [LONGER, SHORTER])
def test_a_date_that_staff_gave_stays_and_the_promised_one_moves(new: Policy) -> None:
    [move] = moves(EXTENDED, new, SOON)
    assert (move.before, move.after.seq) == (of(CASE, "decision"), 1)


def test_a_date_that_staff_gave_stays_when_the_promised_one_is_over() -> None:
    assert moves(EXTENDED, LONGER, datetime(2026, 12, 19, tzinfo=UTC)) == ()


def test_a_date_that_staff_gave_stays_when_the_promise_gets_another_name() -> None:
    added, gone = moves(EXTENDED, policy(('id = "decision"', 'id = "answer"')), SOON)
    assert (added.after.promise, added.after.due_at) == ("answer", of(CASE, "decision").due_at)
    assert gone.before == of(CASE, "decision")


def test_where_no_decision_is_promised_any_more_the_date_that_staff_gave_ends_with_it() -> None:
    without = read_policy(POLICY.text.partition('[[promise]]\nid = "decision"')[0], "without")
    assert [(move.after.seq, move.after.state) for move in moves(EXTENDED, without, SOON)] == [
        (1, "waived"),
        (2, "waived"),
    ]


UNPROMISED = read_policy(POLICY.text.partition('[[promise]]\nid = "decision"')[0], "without")
BY_LAW_ALONE = read_policy(UNPROMISED.text.replace('counting = "', 'schemes = ["disp"]\ncounting = "'), "law")


def held_to(case: CaseFacts, new: Policy, now: datetime) -> CaseFacts:
    """The case once the moves are written."""
    changed = {(move.after.promise, move.after.seq): move.after for move in moves(case, new, now)}
    known = {(each.promise, each.seq): each for each in case.deadlines}
    return replace(case, deadlines=tuple(value for _, value in sorted((known | changed).items())))


def test_what_a_policy_does_not_promise_any_more_stays_waived_whatever_happens() -> None:
    before = new_case(BY_LAW_ALONE, "CST-1", RECEIVED)
    both = policy(scheme="disp")  # the firm's own promise takes the place of the law's date
    held = held_to(before, both, SOON)
    assert of(held, "disp").state == "waived"
    decided = Contact(SOON, "resolution", "<d@b> 250 ok")
    for case in (held, replace(held, status="resolved"), replace(held, contacts=(decided,))):
        assert of(replace(case, deadlines=look(case, both, SOON).deadlines), "disp") == of(held, "disp")


def test_a_date_by_law_that_went_comes_back_with_the_policy_that_has_it() -> None:
    both = policy(scheme="disp")
    held = held_to(new_case(BY_LAW_ALONE, "CST-1", RECEIVED), both, SOON)
    held = replace(held, deadlines=look(held, both, SOON).deadlines)
    back = of(held_to(held, BY_LAW_ALONE, SOON), "disp")
    assert (back.state, back.evidence) == ("open", "")


def test_updates_come_back_although_one_of_them_stood_for_another() -> None:
    silent = read_policy(POLICY.text.replace('[[promise]]\nid = "updates"', '[[promise]]\nid = "news"'), "silent")
    lost = replace(of(CASE, "updates"), seq=2, state="waived", evidence=COUNTED_FROM_LOST)
    case = held_to(replace(CASE, deadlines=(*CASE.deadlines, lost)), silent, SOON)
    back = held_to(case, POLICY, SOON)
    assert of(back, "updates") == of(CASE, "updates")


BEFORE = replace(CASE, deadlines=(), contacts=(Contact(SOON, "acknowledgement", "<a@b> 250 ok"),))
LATE = RECEIVED + timedelta(days=60)


@pytest.mark.parametrize("now", [RECEIVED + timedelta(days=1), LATE])
def test_a_case_from_before_dates_were_kept_gets_all_of_them_and_its_updates_count_from_now(now: datetime) -> None:
    found = {move.after.promise: move.after for move in first_moves(BEFORE, POLICY, now)}
    assert found.keys() == {each.promise for each in CASE.deadlines}
    assert found["decision"] == of(CASE, "decision")
    assert found["acknowledge"] == of(CASE, "acknowledge")
    assert (found["updates"].counted_from, found["updates"].due_at) == (now, now + timedelta(days=5))


def test_what_was_missed_before_dates_were_kept_is_broken_and_told_at_once_and_what_was_kept_is_kept() -> None:
    given = tuple(move.after for move in first_moves(BEFORE, POLICY, LATE))
    found = look(replace(BEFORE, deadlines=given), POLICY, LATE)
    states = {each.promise: each.state for each in found.deadlines}
    assert states == {"acknowledge": "kept", "updates": "open", "decision": "broken"}
    assert [(action.deadline.promise, action.what) for action in found.actions] == [("decision", "flag")]


def test_the_timeline_says_that_a_case_had_no_dates_before() -> None:
    entry = changes_for(BEFORE, (), POLICY, "", "kim", LATE)[1]
    assert isinstance(entry, AddEntry)
    assert entry.text == f"held to the policy {POLICY.digest[:12]}, complaints policy; it had no dates before"
