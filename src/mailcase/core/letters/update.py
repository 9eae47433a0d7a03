"""The update: how far a case is, what was missed and why, and what comes next by when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mailcase.core.deadlines import extension
from mailcase.core.deadlines.extension import Extension
from mailcase.core.deadlines.owed import DECISIONS, CaseFacts, Deadline, Happening, Look, current_decision, next_update
from mailcase.core.letters.customer_mail import Letter, needs_hand
from mailcase.core.rules import Rules

# What of the timeline the customer reads; the words for each stand in the template.
TOLD = ("message", "contact", "extend", "moved")


def update(case: CaseFacts, deadline: Deadline, found: Look, rules: Rules, now: datetime) -> Letter:
    """One letter for each period of each promise, however often decided; another when it came back or was stopped."""
    lost = sum(not contact.reached for contact in case.contacts) + sum(not each.may_leave for each in case.unsent)
    # Of those by hand no state is kept that tells a stopped one from another; what is decided twice is written once.
    by_hand = f" {now.isoformat()}" if needs_hand(case) else ""
    return Letter(
        kind="update",
        about=f"{deadline.promise} {deadline.seq} {lost}{by_hand}",
        values=_values(case, deadline, found, rules, now),
        due_at=deadline.due_at,
    )


def missed_decision(found: Look) -> Deadline | None:
    """The decision that is overdue, if one is; of several dates that were given, the last that was missed."""
    missed = [each for each in found.deadlines if each.kind in DECISIONS and _missed(each)]
    return max(missed, key=lambda each: each.due_at, default=None)


def latest_extension(case: CaseFacts, now: datetime) -> Extension | None:
    """The last extension of the decision that is owed; those before no longer count, nor one that was missed too."""
    kind = current_decision(case)
    owed = [each.counted_from for each in case.deadlines if each.kind == kind and each.met_at is None]
    since = min(owed, default=case.received_at)
    given = [each for each in case.happened if each.kind == "extend" and each.at >= since and _stands(each, case)]
    last = extension.read(given[-1].text) if given else None
    return last if last and (last.until is None or last.until > now) else None


def _stands(given: Happening, case: CaseFacts) -> bool:
    """Whether the date of an extension was not taken back before the customer heard of it."""
    until = extension.read(given.text).until
    return not any(each.due_at == until and each.state == "waived" for each in case.deadlines)


def _missed(deadline: Deadline) -> bool:
    return deadline.state == "broken" and deadline.met_at is None


def _values(case: CaseFacts, deadline: Deadline, found: Look, rules: Rules, now: datetime) -> dict[str, object]:
    missed = missed_decision(found)
    given = latest_extension(case, now)
    last = max((contact.at for contact in case.contacts if contact.reached), default=case.received_at)
    wrote = [contact.at for contact in case.contacts if contact.reached and contact.what == "update"]
    happened = list(_happened(case, last, rules))
    new_date = given.until if given else None
    return {
        "status": case.status,
        "missed_decision": _local(missed.due_at if missed else None, rules),
        "missed_update": _local(deadline.due_at if _missed(deadline) else None, rules),
        "told": _local(_told_before(case, missed, found) if missed and new_date else None, rules),
        "again": bool(missed and any(at >= missed.due_at for at in wrote)),
        "reason": given.reason if given else "",
        "moved": bool(new_date and not missed and any(each["what"] == "extend" for each in happened)),
        "happened": happened,
        "unchanged_since": _local(_unchanged_since(case, last), rules),
        "update_by": _local(next_update(case, rules.policy, now), rules),
        "decision_by": _local(new_date or (None if missed else _decision_due(found)), rules),
    }


def _told_before(case: CaseFacts, missed: Deadline, found: Look) -> datetime | None:
    """When a letter said, before that date had passed, which new one takes its place."""
    given = [each.counted_from for each in found.deadlines if each.kind == missed.kind and each.state == "open"]
    wrote = [contact.at for contact in case.contacts if contact.reached and contact.what == "extension"]
    return max((at for at in wrote if max(given, default=missed.due_at) <= at < missed.due_at), default=None)


def _unchanged_since(case: CaseFacts, last: datetime) -> datetime | None:
    """The last contact, where it was a letter, and nobody was given the case since."""
    talked = any(each.at == last and each.what == "contact" for each in case.contacts)
    given = any(each.kind == "assign" and each.met_at and each.met_at > last for each in case.deadlines)
    return None if talked or given or not case.contacts else last


def _happened(case: CaseFacts, last: datetime, rules: Rules) -> Iterator[dict[str, object]]:
    """What happened since the last contact; several of a kind on one day are said once."""
    found = (each for each in case.happened if each.at > last and (each.kind != "extend" or _stands(each, case)))
    since = ((each.kind, each.at.astimezone(rules.zone).date()) for each in found)
    for kind, day in dict.fromkeys(since):
        if kind in TOLD:
            yield {"what": kind, "day": day}


def _decision_due(found: Look) -> datetime | None:
    return next((each.due_at for each in found.deadlines if each.kind in DECISIONS and each.state == "open"), None)


def _local(moment: datetime | None, rules: Rules) -> datetime | None:
    """In the zone in which the customer reads it."""
    return moment.astimezone(rules.zone) if moment else None
