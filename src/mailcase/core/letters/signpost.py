"""The letter that names who can look at a case from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mailcase.core.changes import AddEntry, Change, SetStage, WantAttention
from mailcase.core.deadlines.owed import OPEN, CaseFacts, current_decision
from mailcase.core.letters.customer_mail import Letter, letters
from mailcase.core.promises.adr import gaps
from mailcase.core.rules import Rules


def signpost(case: CaseFacts, rules: Rules, now: datetime) -> Iterator[Change]:
    """The letter, which ends our part once we have decided; without all that it must name it waits for a person.

    So it does where the first letter of the case was held, and nobody has let it go.
    """
    lacks = "; ".join(gaps(rules.policy))
    values = {"bodies": rules.policy.adr, "decided": _is_decided(case)}
    held = f"the policy file lacks {lacks}" if lacks else _unanswered(case)
    yield from letters(Letter("signpost", f"signpost {case.stage}", values, due_at=now, held=held), case, rules, now)
    if case.status not in OPEN:
        yield SetStage(case.reference, "signposted")
    yield AddEntry(case.reference, "signposted", "mailcase", ", ".join(body.name for body in rules.policy.adr))
    if held:
        yield AddEntry(case.reference, "held", "mailcase", f"signpost held: {held}")
        yield WantAttention()


def _unanswered(case: CaseFacts) -> str:
    """Why nobody is written to without a person's word: they may not be who wrote."""
    stopped = any(each.kind == "acknowledgement" and each.state in ("held", "cancelled") for each in case.unsent)
    return "the acknowledgement of the case was held" if stopped and not case.contacts else ""


def _is_decided(case: CaseFacts) -> bool:
    """Whether our part has ended with a decision: not with the first one while the second look goes on."""
    kind = current_decision(case)
    since = max((each.counted_from for each in case.deadlines if each.kind == kind), default=case.received_at)
    left = (each for each in case.contacts if each.what == "resolution" and each.at >= since)
    return case.status not in OPEN and any(left)
