"""Explaining: the days counted, the stricter limit by law, moves, extensions, warnings, and what kept it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from builders import POLICY
from mailcase.core.deadlines.explain import Explanation, earlier_policies, explain
from mailcase.core.deadlines.owed import CaseFacts, Deadline, new_case
from mailcase.core.entries import Entry
from mailcase.core.promises.policy import Policy
from mailcase.core.promises.policy_file import read_policy

EVE = datetime(2026, 12, 24, 14, 5, tzinfo=UTC)  # Christmas Eve: the vectors of the policies
TOO_LONG = read_policy(POLICY.text.replace('counting = "', 'schemes = ["disp-payments"]\ncounting = "'), "too long")


def only(kind: str, case: CaseFacts, policy: Policy, entries: tuple[Entry, ...] = ()) -> Explanation:
    [found] = [one for one in explain(case, [policy], entries) if one.deadline.kind == kind]
    return found


def test_every_day_until_the_decision_is_there_with_its_number_or_its_reason() -> None:
    found = only("resolve", new_case(POLICY, "CST-1", EVE), POLICY)
    assert found.words == "Within 20 business days you have our decision."
    assert found.reckoning is not None
    days = {f"{step.day}": (step.counted, step.why) for step in found.reckoning.steps}
    assert days["2026-12-24"] == (0, "day of receipt")
    assert days["2026-12-25"] == (None, "Christmas Day")
    assert days["2026-12-27"] == (None, "Sunday")
    assert days["2026-12-28"][0] is None
    assert days["2026-12-29"] == (1, "")
    assert list(days)[-1] == "2027-01-26"
    assert found.reckoning.due_at == found.deadline.due_at == datetime(2027, 1, 26, 17, tzinfo=UTC)
    assert len(days) == (datetime(2027, 1, 26, tzinfo=UTC) - datetime(2026, 12, 24, tzinfo=UTC)).days + 1


@given(st.integers(0, 9 * 365 * 24 * 60), st.sampled_from([POLICY, TOO_LONG]))
def test_the_reckoning_of_a_new_case_always_ends_on_the_date_that_is_owed(minutes: int, policy: Policy) -> None:
    received = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    for one in explain(new_case(policy, "CST-1", received), [policy], ()):
        assert one.reckoning is not None
        assert one.reckoning.due_at == one.deadline.due_at
        assert one.reckoning.steps[-1].day == policy.calendar.day_of(one.deadline.due_at)


def test_a_limit_by_law_that_is_stricter_is_named_with_the_date_of_the_promise() -> None:
    found = only("resolve", new_case(TOO_LONG, "CST-1", EVE), TOO_LONG)
    assert found.reckoning is not None
    assert found.instead_of is not None
    assert found.reckoning.rule == "within 15 business days of the receipt"
    assert found.reckoning.source.endswith("DISP 1.6.2AR(1)")
    assert found.reckoning.due_at < found.instead_of.due_at
    assert found.instead_of.rule == "within 20 business days of the receipt"


def test_an_update_is_counted_from_the_last_contact() -> None:
    contact = EVE + timedelta(days=2)
    second = Deadline("updates", 2, "update", contact, POLICY.calendar.after(contact, POLICY.promises[1].every))  # type: ignore[arg-type]
    found = only("update", replace(new_case(POLICY, "CST-1", EVE), deadlines=(second,)), POLICY)
    assert found.reckoning is not None
    assert found.reckoning.steps[0].why == "day of the contact"
    assert found.reckoning.rule == "every 5 days, from the last contact"


def test_warnings_extensions_and_moves_stand_with_the_deadline_they_are_about() -> None:
    entries = (
        Entry(EVE + timedelta(days=1), "warning", "mailcase", "decision is due Tuesday"),
        Entry(EVE + timedelta(days=1), "warning", "mailcase", "updates is due Tuesday"),
        Entry(EVE + timedelta(days=2), "extend", "priya", "until 2027-02-01 17:00 UTC: we wait for the network"),
        Entry(EVE + timedelta(days=3), "policy", "kim", "decision: due 2027-01-26 17:00 UTC; it was due 2027-01-20"),
        Entry(EVE + timedelta(days=3), "note", "kim", "decision is due a coffee"),
    )
    case = new_case(POLICY, "CST-1", EVE)
    decision, update = only("resolve", case, POLICY, entries), only("update", case, POLICY, entries)
    assert decision.warnings == (entries[0],)
    assert decision.extensions == (entries[2],)
    assert decision.moves == (entries[3],)
    assert (update.warnings, update.extensions, update.moves) == ((entries[1],), (), ())


def test_what_happened_after_it_was_kept_is_no_part_of_it() -> None:
    case = new_case(POLICY, "CST-1", EVE)
    kept = tuple(replace(each, state="kept", met_at=EVE + timedelta(hours=1)) for each in case.deadlines)
    late = (Entry(EVE + timedelta(days=1), "warning", "mailcase", "decision is due Tuesday"),)
    assert only("resolve", replace(case, deadlines=kept), POLICY, late).warnings == ()


def test_a_date_is_explained_by_the_policy_that_set_it() -> None:
    longer = read_policy(POLICY.text.replace("20 business days", "30 business days"), "longer")
    [found] = [
        one for one in explain(new_case(POLICY, "CST-1", EVE), [longer, POLICY], ()) if one.deadline.kind == "resolve"
    ]
    assert found.reckoning is not None
    assert found.reckoning.rule == "within 20 business days of the receipt"


def test_a_promise_that_no_policy_has_any_more_is_not_counted() -> None:
    gone = Deadline("gone", 1, "update", EVE, EVE + timedelta(days=5))
    found = only("update", replace(new_case(POLICY, "CST-1", EVE), deadlines=(gone,)), POLICY)
    assert (found.reckoning, found.words) == (None, "")


def test_the_policies_before_the_present_one_are_read_from_the_timeline_latest_first() -> None:
    entries = [
        Entry(EVE, "policy", "kim", "held to the policy bbb, ours; until now to aaa"),
        Entry(EVE, "policy", "kim", "decision: due 2027-01-26"),
        Entry(EVE, "policy", "kim", "held to the policy ccc, ours; until now to bbb"),
    ]
    assert earlier_policies(entries) == ["bbb", "aaa"]
