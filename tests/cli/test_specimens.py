"""Specimens: `check` writes a letter of every kind, for every kind of case, and finds what templates want too much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from builders import NOW, RULES
from mailcase.cli.specimens import SPECIMENS, faults
from mailcase.core.case import LetterKind
from mailcase.core.changes import QueueLetter
from mailcase.core.letters.templates import Templates
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.rules import Rules
from mailcase.data import data_dir, read_templates

KINDS: tuple[LetterKind, ...] = get_args(LetterKind)
EXAMPLES = sorted((data_dir() / "examples").glob("*/policy.toml"))


# Written together with a letter of another template, whose faults come first.
BEHIND = {"staff-files", "staff-post", "staff-transcript"}
OURS = read_templates("en", None)


def with_words(words: Mapping[str, str]) -> Rules:
    """Our rules with more words at the end of some templates, by their names."""
    changed = {kind: f"{OURS[kind]}\n{more}\n" for kind, more in words.items()}
    return replace(RULES, templates=Templates({**OURS, **changed}, OURS))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("kind", KINDS)
def test_there_are_specimens_of_every_kind_for_each_kind_of_case(path: Path, kind: LetterKind) -> None:
    rules = replace(RULES, policy=read_policy(path.read_text("utf-8"), "example"))
    for case_kind in rules.policy.kinds:
        letters: Iterable[QueueLetter] = SPECIMENS[kind](case_kind, rules, NOW)
        assert {letter.kind for letter in letters} == {kind}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_our_own_templates_have_no_faults(path: Path) -> None:
    assert faults(replace(RULES, policy=read_policy(path.read_text("utf-8"), "example")), NOW) == []


def test_a_name_that_a_letter_does_not_have_is_found_in_every_kind() -> None:
    for kinds in (set(KINDS) - BEHIND, BEHIND):
        rules = with_words(dict.fromkeys(kinds, "{{ nosuch }}"))
        assert sorted(faults(rules, NOW)) == sorted(f"{kind}.md: 'nosuch' is undefined" for kind in kinds)


# What is only said in one situation, and the kind of letter that says it.
SELDOM = [
    ("acknowledgement", "missed_decision"),
    ("acknowledgement", "handler"),
    ("update", "missed_decision and again"),
    ("update", "missed_decision and not reason"),
    ("update", "missed_decision and decision_by"),
    ("update", "missed_update and not missed_decision"),
    ("update", "moved"),
    ("update", "unchanged_since"),
    ("update", "not handler"),
    ("update", "happened | selectattr('what', 'equalto', 'contact') | list"),
    *(("update", f"status == '{status}'") for status in ("new", "investigating", "waiting")),
    *(("staff-overdue", words) for words in ("again", "reason", "not handler", "held", "kind == 'signpost'")),
    ("staff-warning", "status == 'waiting'"),
    ("staff-words", "missed_decision and reason"),
    ("staff-words", "falls_due and not missed_decision"),
    ("acknowledgement", "day_only"),
    ("resolution", "missed_decision"),
    ("resolution", "redress == 'apology'"),
    ("staff-transcript", "by_hand | rejectattr('leaves') | list"),
    ("staff-post", "contact == 'post' and not format"),
    ("staff-digest", "everybody"),
    ("staff-digest", "not everybody"),
    ("staff-digest", "heaps[0].more"),
    ("staff-case", "sender"),
    ("staff-case", "not vouched and name_like_ours"),
    ("staff-case", "not words"),
    ("staff-case", "files | selectattr('too_large') | list"),
    ("staff-case", "files | selectattr('same_as') | list"),
    ("staff-case", "due | selectattr('overdue') | list"),
    ("staff-message", "earlier"),
    ("staff-message", "decision_leaves"),
    ("staff-message", "decision_in_doubt"),
    ("staff-message", "not commands"),
    ("staff-message", "parcels > 1"),
    ("staff-files", "parcel > 1"),
    ("staff-files", "parcels == 1 and files | selectattr('too_large') | list"),
    ("staff-digest", "heaps | selectattr('more') | list | length > 5"),
]


def _rounds() -> list[dict[str, str]]:
    """The conditions, at most one of each kind at a time: one fault hides another in the same letter."""
    rounds: list[dict[str, str]] = []
    for kind, condition in SELDOM:
        free = next((each for each in rounds if kind not in each and (kind in BEHIND) == (each.keys() <= BEHIND)), None)
        if free is None:
            rounds.append(free := {})
        free[kind] = condition
    return rounds


@pytest.mark.parametrize("conditions", _rounds(), ids=lambda conditions: f"{len(conditions)} templates")
def test_a_fault_is_found_where_it_is_seldom_said(conditions: Mapping[str, str]) -> None:
    words = {kind: f"{{% if {each} %}}\n{{{{ nosuch }}}}\n{{% endif %}}" for kind, each in conditions.items()}
    assert sorted(faults(with_words(words), NOW)) == sorted(f"{kind}.md: 'nosuch' is undefined" for kind in words)


def test_a_decision_or_letter_of_a_firms_own_that_leaves_out_the_bodies_outside_is_found() -> None:
    policy = read_policy((data_dir() / "examples" / "constrat" / "policy.toml").read_text("utf-8"), "example")
    own = {kind: OURS[kind].replace(" {{ body.web }}", "") for kind in ("resolution", "signpost")}
    rules = replace(RULES, policy=policy, templates=Templates({**OURS, **own}, OURS))
    fault = "leaves out what it must say of each of the bodies: https://adr.example"
    assert sorted(faults(rules, NOW)) == [f"resolution.md: {fault}", f"signpost.md: {fault}"]
    assert faults(replace(rules, policy=RULES.policy), NOW) == []


def test_a_fault_for_one_kind_of_case_is_found_and_each_fault_is_said_once() -> None:
    policy = read_policy(
        RULES.policy.text.replace('counting = "', 'kinds = ["complaint", "refund"]\ncounting = "'), "kinds"
    )
    rules = with_words({"update": "{% if kind == 'refund' %}\n{{ nosuch }}\n{% endif %}"})
    assert faults(rules, NOW) == []
    assert faults(replace(rules, policy=policy), NOW) == ["update.md: 'nosuch' is undefined"]
