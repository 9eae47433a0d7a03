"""`explain`: how each date of a case was counted, what was warned of, and what kept it or did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

import click

from mailcase import build
from mailcase.cli.asking import canonical, no_case
from mailcase.cli.common import config_option, json_option, load, opened
from mailcase.cli.showing import print_json, shown
from mailcase.core.days.counting import Step
from mailcase.core.days.dates import date_in_words
from mailcase.core.deadlines.explain import Explanation, Reckoning, earlier_policies, explain
from mailcase.core.deadlines.owed import CaseFacts
from mailcase.core.entries import Entry
from mailcase.core.promises.policy import Policy
from mailcase.core.promises.policy_file import read_policy
from mailcase.store import deadlines, proof, timeline
from mailcase.store.engine import Database

_INDENT = 15


@click.command("explain")
@config_option
@json_option
@click.argument("reference")
def explain_command(config_path: Path | None, as_json: bool, reference: str) -> None:
    """Explain each date of a case: the promise, the days counted and not counted, and what kept it.

    Days and times are those of the policy that the case is held to.
    """
    settings = load(config_path)
    with opened(settings) as database:
        wanted = canonical(reference, settings.service.reference_prefix)
        case, policies, entries = _asked(database, wanted, partial(build.policy, settings))
    found = explain(case, policies, entries)
    if as_json:
        print_json([_as_values(case, policies[0], found)])
        return
    for line in _lines(case, policies[0], found):
        print(shown(line).rstrip())


def _asked(
    database: Database, reference: str, fallback: Callable[[], Policy]
) -> tuple[CaseFacts, list[Policy], list[Entry]]:
    """The case, the policies that it was held to, the present one first, and its timeline.

    Their texts stand in the database; the policy's file is only read for a case from before there was one.
    """
    with database.read() as conn:
        known = deadlines.case_facts(conn, [reference])
        if reference not in known:
            raise no_case(reference)
        facts, digest = known[reference]
        case = replace(facts, deadlines=proof.of_case(conn, reference))  # the looks need fewer of them
        entries = [Entry(*row) for row in timeline.of_case(conn, reference)]
        texts = deadlines.policy_texts(conn)
    wanted = [digest, *earlier_policies(entries)]
    chosen = (text for name in wanted for known_as, text in texts.items() if name and known_as.startswith(name))
    return case, [read_policy(text, "policy") for text in dict.fromkeys(chosen)] or [fallback()], entries


def _as_values(case: CaseFacts, policy: Policy, found: Sequence[Explanation]) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "status": case.status,
        "received_at": case.received_at,
        "policy": policy.name,
        "policy_digest": policy.digest,
        "timezone": policy.calendar.timezone,
        "deadlines": [_deadline_values(one) for one in found],
    }


def _deadline_values(one: Explanation) -> dict[str, Any]:
    deadline = one.deadline
    return {
        "promise": deadline.promise,
        "kind": deadline.kind,
        "seq": deadline.seq,
        "words": one.words,
        "counted_from": deadline.counted_from,
        "counted": _reckoning_values(one.reckoning),
        "instead_of": _reckoning_values(one.instead_of),
        "due_at": deadline.due_at,
        "moves": [_entry_values(entry) for entry in one.moves],
        "extensions": [_entry_values(entry) for entry in one.extensions],
        "warnings": [_entry_values(entry) for entry in one.warnings],
        "state": deadline.state,
        "met_at": deadline.met_at,
        "message_id": one.evidence.message_id,
        "reply": one.evidence.reply,
        "logged": one.evidence.logged,
    }


def _reckoning_values(reckoning: Reckoning | None) -> dict[str, Any] | None:
    if reckoning is None:
        return None
    steps = [{"day": f"{step.day}", "counted": step.counted, "why": step.why} for step in reckoning.steps]
    return {"rule": reckoning.rule, "source": reckoning.source, "due_at": reckoning.due_at, "days": steps}


def _entry_values(entry: Entry) -> dict[str, Any]:
    return {"at": entry.at, "kind": entry.kind, "actor": entry.actor, "text": entry.text}


# -- for people


def _lines(case: CaseFacts, policy: Policy, found: Sequence[Explanation]) -> Iterator[str]:
    zone = policy.calendar.zone
    yield f"{case.reference}, {case.status}; received {date_in_words(case.received_at.astimezone(zone))}"
    yield f"held to the policy {policy.name} ({policy.digest[:12]}); days and times are those of {zone}"
    if not found:
        yield "Nothing is promised on this case."
    for one in found:
        yield ""
        yield from _deadline_lines(one, zone)


def _deadline_lines(one: Explanation, zone: tzinfo) -> Iterator[str]:
    deadline = one.deadline
    number = f" no. {deadline.seq}" if deadline.kind == "update" else ""
    yield f"{deadline.promise}{number} ({deadline.kind}): {STATES[deadline.state]}"
    if one.words:
        yield _fact("promise", one.words)
    yield _fact("counted from", _when(deadline.counted_from, zone))
    yield from _reckoning_lines(one, zone)
    yield _fact("due", _when(deadline.due_at, zone))
    for entry in one.moves:
        yield _fact("moved", f"{_when(entry.at, zone)}, by {entry.actor}: {entry.text}")
    for entry in one.extensions:
        yield _fact("extended", f"{_when(entry.at, zone)}, by {entry.actor}: {entry.text}")
    for entry in one.warnings:
        yield _fact("warned", f"{_when(entry.at, zone)}: {entry.text}")
    yield from _outcome_lines(one, zone)


STATES = {
    "open": "open",
    "kept": "KEPT",
    "broken": "BROKEN",
    "waived": "waived, nothing was owed any more",
}


def _reckoning_lines(one: Explanation, zone: tzinfo) -> Iterator[str]:
    reckoning = one.reckoning
    if reckoning is None:
        yield _fact("", "no policy of this case has this promise, so the days cannot be counted again")
        return
    yield _fact("rule", reckoning.rule)
    if reckoning.source:
        yield _fact("limit by law", reckoning.source)
    if one.instead_of:
        ours = f"{one.instead_of.rule}, which would end {_when(one.instead_of.due_at, zone)}"
        yield _fact("stricter than", ours)
    yield from map(_step_line, reckoning.steps)
    if reckoning.due_at != one.deadline.due_at:
        yield _fact("so counted", f"{_when(reckoning.due_at, zone)}; the date was moved")


def _step_line(step: Step) -> str:
    number = "-" if step.counted is None else f"{step.counted}"
    return f"{'':<{_INDENT}}{step.day:%a} {step.day}  {number:>4}  {step.why}"


def _outcome_lines(one: Explanation, zone: tzinfo) -> Iterator[str]:
    deadline = one.deadline
    if deadline.state == "broken":
        yield _fact("broken", _when(deadline.due_at, zone))
    if deadline.met_at is not None:
        yield _fact("kept" if deadline.state == "kept" else "done late", _when(deadline.met_at, zone))
        yield _fact("by", one.evidence.words)
    elif deadline.state == "broken":
        yield _fact("", "not done yet")
    elif deadline.evidence:
        yield _fact("because", deadline.evidence)


def _fact(name: str, value: str) -> str:
    return f"  {name:<{_INDENT - 2}}{value}"


def _when(moment: datetime, zone: tzinfo) -> str:
    return date_in_words(moment.astimezone(zone))
