"""The letter that names who can look at a case from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mailcase.core.adr import gaps
from mailcase.core.changes import AddEntry, Change, SetStage, WantAttention
from mailcase.core.customer_mail import Letter, letters
from mailcase.core.owed import OPEN, CaseFacts
from mailcase.core.rules import Rules


def signpost(case: CaseFacts, rules: Rules, now: datetime) -> Iterator[Change]:
    """The letter, which ends our part once we have decided; without all that it must name it waits for a person."""
    lacks = "; ".join(gaps(rules.policy))
    values = {"bodies": rules.policy.adr, "decided": any(each.what == "resolution" for each in case.contacts)}
    held = f"the policy file lacks {lacks}" if lacks else ""
    yield from letters(Letter("signpost", f"signpost {case.stage}", values, due_at=now, held=held), case, rules, now)
    if case.status not in OPEN:
        yield SetStage(case.reference, "signposted")
    yield AddEntry(case.reference, "signposted", "mailcase", ", ".join(body.name for body in rules.policy.adr))
    if held:
        yield AddEntry(case.reference, "held", "mailcase", f"signpost held: {held}")
        yield WantAttention()
