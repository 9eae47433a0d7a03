"""The acknowledgement: what we say to a customer at once, and the limits of it."""

from __future__ import annotations

from datetime import datetime

from mailcase.core.changes import AddEntry
from mailcase.core.deadlines.owed import CaseFacts, next_update
from mailcase.core.letters.customer_mail import Letter
from mailcase.core.promises.policy import Channel, statutory
from mailcase.core.promises.stated import to_ask
from mailcase.core.rules import Rules


def acknowledgement(
    case: CaseFacts,
    rules: Rules,
    now: datetime,
    in_reply_to: str = "",
    held: str = "",
    again: bool = False,
    day_only: bool = False,
) -> Letter:
    """The letter that gives the reference, the time of receipt, and what happens next by when.

    Nothing that the sender wrote goes into it, so that nobody can make us carry words to a third party. `again` asks
    a customer who wrote to the escalation address without a reference whether there is an earlier case. With
    `day_only` nobody knows more of the receipt than its day.
    """
    return Letter(
        kind="acknowledgement",
        about="acknowledgement",  # a case has one
        values=_values(case, rules, now) | {"again": again, "day_only": day_only},
        due_at=_due("acknowledge", case) or case.received_at,
        in_reply_to=in_reply_to,
        answer=True,
        held=held,
    )


def notice_entries(reference: str, rules: Rules) -> tuple[AddEntry, ...]:
    """For the record: which version of the privacy notice the acknowledgement named."""
    notice = rules.policy.notice
    if notice is None:
        return ()
    text = f"the acknowledgement names the privacy notice {notice.version}, {notice.web}"
    return (AddEntry(reference, "notice", "mailcase", text),)


def _due(kind: str, case: CaseFacts) -> datetime | None:
    return min((deadline.due_at for deadline in case.deadlines if deadline.kind == kind), default=None)


def _values(case: CaseFacts, rules: Rules, now: datetime) -> dict[str, object]:
    """The dates are true on the day of the letter, also when the mail had to wait for us."""
    policy, decision_by, law = rules.policy, _due("resolve", case), _law(case, rules)
    missed = decision_by is not None and decision_by <= now
    owed = _due("acknowledge", case)
    return {
        "received": case.received_at.astimezone(rules.zone),
        "missed": _local(owed if owed and owed <= now else None, rules),
        "update_by": _local(next_update(case, policy, now), rules),
        "decision_by": _local(None if missed else decision_by, rules),
        "missed_decision": _local(decision_by if missed else None, rules),
        "law_by": _local(law if law and law > now else None, rules),
        "facts": to_ask(policy.facts, case.missing),
        "channels": _channels(rules),
        "notice": policy.notice,
    }


def _law(case: CaseFacts, rules: Rules) -> datetime | None:
    """By when a scheme wants the answer (DISP 1.6.1R: the acknowledgement says so), where that is not our own date."""
    law = statutory(rules.policy, "resolve", case.kind, case.track, case.category, case.received_at)
    return law[0] if law and law[0] != _due("resolve", case) else None


def _channels(rules: Rules) -> tuple[Channel, ...]:
    """The ways to reach us, where the policy states how soon we answer there; else an answer to this letter will do."""
    channels = rules.policy.channels
    return channels if any(channel.answer for channel in channels) else ()


def _local(due: datetime | None, rules: Rules) -> datetime | None:
    """In the zone in which the customer reads it; None where nothing of the kind was promised."""
    return due.astimezone(rules.zone) if due else None
