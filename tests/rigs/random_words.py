"""Commands of staff, drawn at random: for each keyword arguments that fit, and some that do not."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mailcase.core.promises.policy import Policy
from mailcase.core.staff.command_values import CONTACTS, FORMATS, OUTCOMES, STATUSES, WAYS
from mailcase.core.staff.commands import KEYWORDS
from mailcase.store.engine import AnyRow
from rigs.canaries import Plant

ONCE_IN = 12  # one argument of so many is nonsense
NONSENSE = ("", "nonsense", "42", ": :", "soon: because", "nobody@nowhere", "CST-0000-00000", "add x", "upheld-ish")
LETTERS = ("reply", "ask", "resolve")


@dataclass(frozen=True, slots=True)
class Scene:
    """What a command can speak of: the case as its row has it, the firm, and words of which each is a canary."""

    chance: random.Random
    row: AnyRow
    policy: Policy
    names: Sequence[str]  # of staff
    address: str  # of somebody new around this customer
    references: Sequence[str]  # other cases of the customer, and one of another
    secret: Plant
    open: Plant  # for words that the customer may read


def argument(keyword: str, scene: Scene) -> str:
    """What stands behind a keyword."""
    if scene.chance.randrange(ONCE_IN) == 0:
        return scene.chance.choice(NONSENSE)
    return ARGUMENTS[keyword](scene) if keyword in ARGUMENTS else ""


def _choice(scene: Scene, words: Sequence[str]) -> str:
    return scene.chance.choice(tuple(words) or ("none",))


def _check(scene: Scene) -> str:
    question = _choice(scene, tuple(scene.policy.checks.get(scene.row.kind, ())))
    return f"{question}: {_choice(scene, ('yes', 'no'))}: {scene.secret('check')}"


def _log(scene: Scene) -> str:
    channel = _choice(scene, tuple(CONTACTS))
    return "posted" if channel == "posted" else f"{channel}: said {scene.secret('log')}"


def _extend(scene: Scene) -> str:
    length = _choice(scene, ("2 business days", "5 business days", "1 week", "3 weeks"))
    return f"{length}: waiting for {scene.open('extend')}"


def _accept(scene: Scene) -> str:
    return _choice(scene, ("", f"{scene.address}: received 20 November"))


def _new(scene: Scene) -> str:
    who = _choice(scene, (scene.address, scene.address, f"Kim {scene.secret('name')}"))
    return f"{_choice(scene, ('phone', 'post', 'web'))}: {who}: received 20 November: it broke {scene.secret('new')}"


def _letter(place: str) -> Callable[[Scene], str]:
    def write(scene: Scene) -> str:
        end = _choice(scene, ("", f"\nend\n{scene.secret('after end')}"))
        return f"Dear Sam,\n\nwe looked into {scene.open(place)} with care.{end}"

    return write


ARGUMENTS: Mapping[str, Callable[[Scene], str]] = {
    "status": lambda scene: _choice(scene, (*STATUSES, "investigating", "waiting")),
    "handler": lambda scene: _choice(scene, scene.names),
    "category": lambda scene: _choice(scene, scene.policy.categories),
    "kind": lambda scene: _choice(scene, scene.policy.kinds),
    "track": lambda scene: _choice(scene, tuple(scene.policy.tracks)),
    "step": lambda scene: _choice(scene, scene.policy.steps.get(scene.row.kind, ())),
    "check": _check,
    "note": lambda scene: f"depot {scene.secret('note')}\nand more {scene.secret('note, second line')}",
    "log": _log,
    "extend": _extend,
    "outcome": lambda scene: _choice(scene, OUTCOMES),
    "redress": lambda scene: _choice(scene, ("none", "refund 20.00 GBP", "apology", "credit 5.00 EUR")),
    "cause": lambda scene: f"courier {scene.secret('cause')}",
    "person": lambda scene: f"add {scene.address}: friend {scene.secret('role')}: letter {scene.secret('authority')}",
    "format": lambda scene: _choice(scene, ("standard", "plain", "large print", *FORMATS)),
    "contact": lambda scene: _choice(scene, ("email", "email", *WAYS)),
    "conflict": lambda scene: _choice(scene, scene.names),
    "same": lambda scene: _choice(scene, scene.references),
    "files": lambda scene: _choice(scene, ("1", "1,2", "7")),
    "accept": _accept,
    "new": _new,
    "reply": _letter("reply"),
    "ask": _letter("ask"),
    "resolve": _letter("resolve"),
}

LINES = tuple(sorted({each.name for each in KEYWORDS.values() if each.sort == "line"}))
# What moves a case, by its status.
FITTING: Mapping[str, Sequence[Sequence[str]]] = {
    "open": (
        *(("decision",),) * 3,
        *(("reply",), ("ask",), ("extend",), ("status", "note"), ("category", "cause"), ("kind", "track")),
        *(("step",), ("check", "log"), ("person",), ("format",), ("contact",), ("conflict",), ("same",)),
        *(("withdraw",), ("escalate",), ("handler",), ("files", "show"), ("help",), ("log", "note", "reply")),
    ),
    "resolved": (("thanks",), ("reopen",), ("escalate",), ("close",), ("close", "note"), ("reply",), ("same",)),
    "over": (("reopen",), ("reopen", "reply"), ("note",), ("reply",), ("escalate",), ("show",)),
}


def wanted(scene: Scene, waiting: bool) -> list[str]:
    """The keywords of one mail: most of the time such as fit the case; `waiting` if a letter of ours may be stopped."""
    chance, row = scene.chance, scene.row
    if chance.random() < 0.25:
        found = chance.choices(LINES, k=chance.randint(1, 4))
        return [*found, chance.choice(LETTERS)] if chance.random() < 0.3 else found
    for keyword, fits in (("accept", row.proposed), ("log", row.tasks), ("cancel", waiting), ("thanks", row.parked_at)):
        if fits and chance.random() < 0.5:
            return [keyword]
    state = {"resolved": "resolved", "closed": "over", "withdrawn": "over"}.get(row.status, "open")
    return list(chance.choice(FITTING[state]))


def text_of(scene: Scene, waiting: bool) -> tuple[str, list[str]]:
    """The words of a mail, and its keywords."""
    keywords = wanted(scene, waiting)
    if keywords == ["decision"]:
        return _decision(scene)
    lines = [_line(keyword, argument(keyword, scene)) for keyword in keywords]
    return "\n".join(lines), keywords


def _decision(scene: Scene) -> tuple[str, list[str]]:
    questions = tuple(scene.policy.checks.get(scene.row.kind, ()))
    checks = [f"check: {question}: no: {scene.secret('check')}" for question in questions]
    keywords = ["outcome", "redress", "resolve"]
    lines = [*checks, *(_line(keyword, ARGUMENTS[keyword](scene)) for keyword in keywords)]
    return "\n".join(lines), [*(["check"] * len(checks)), *keywords]


def _line(keyword: str, words: str) -> str:
    return f"{keyword}: {words}" if words else keyword
