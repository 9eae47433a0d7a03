"""Commands by which a case is taken up, handed on, joined, or ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from mailcase.core.case import ENDED, OUTDATED
from mailcase.core.changes import LinkCases, LookAt, SetCase, StopLetter
from mailcase.core.days.dates import day_in_words
from mailcase.core.deadlines.owed import DECISIONS, FROM_RECEIPT, Deadline, assigned, first_deadlines, limit_by_law
from mailcase.core.deadlines.taken_up import taken_up
from mailcase.core.desk.letters import stop_words, unsent_words
from mailcase.core.desk.work import Refused, Work
from mailcase.core.letters.acknowledge import acknowledgement
from mailcase.core.letters.customer_mail import Letter, letters
from mailcase.core.letters.digest import next_morning
from mailcase.core.letters.signpost import signpost
from mailcase.core.letters.telling import UNREAD
from mailcase.core.promises.policy import promises_for
from mailcase.core.reading import Kept
from mailcase.core.record import CaseRecord
from mailcase.core.referred import Proposed, read, received_on
from mailcase.core.second_stage import begin, promised
from mailcase.core.staff.command_values import Accept
from mailcase.core.staff.who import complains_about

NO_COMPLAINT = "it was no complaint"


def escalate(work: Work, _nothing: None) -> str:
    """The second look; in the second stage it is a deadlock, and the bodies outside are named."""
    record = work.record
    if record.proposed:
        raise Refused("nobody has confirmed who the customer is; write accept first")
    if record.stage == "signposted":
        raise Refused("the customer knows the bodies outside already")
    if record.stage == "second":
        return _deadlock(work)
    promise = promised(record, work.rules)
    if promise is None:
        raise Refused("the policy promises no second look")
    asked_at = record.parked_at or work.now
    lost = unsent_words(record, OUTDATED)
    found = begin(work.record, promise, asked_at, work.person.address, work.about, work.known, work.rules, work.now)
    work.record = found.record
    work.take(found.changes)
    who = work.rules.name_of(found.record.handler) or "nobody"
    return f"{who} looks at it again; the customer is told{_stopped(work, lost)}"


def _deadlock(work: Work) -> str:
    if not work.policy.adr:
        raise Refused("it is in its second stage, and the policy names nobody outside")
    if work.record.status == "withdrawn":
        raise Refused("the case is withdrawn; write reopen first")
    if _knows_bodies(work):
        raise Refused("the customer knows the bodies outside already")
    work.changes += signpost(work.case, work.rules, work.now)
    work.owe(*(replace(each, written=True) for each in work.case.deadlines if each.kind == "signpost"))
    work.note("signposted", "deadlock")
    if work.record.status not in ENDED:
        return "the customer is told who outside can look at it; the case goes on"
    work.set(stage="signposted")
    return "the customer is told who outside can look at it"


def _knows_bodies(work: Work) -> bool:
    letters = (*(each.what for each in work.case.contacts), *(each.kind for each in work.case.unsent if each.may_leave))
    return "signpost" in (*letters, *(task.kind for task in work.record.to_post))


def withdraw(work: Work, _nothing: None) -> str:
    """The customer takes it back; nothing more is owed."""
    if work.record.status in ENDED:
        raise Refused(f"the case is {work.record.status} already")
    stopped = _stop_drafts(work)
    work.set(status="withdrawn", ended_at=work.now, parked_at=None)
    work.note("status", "withdrawn")
    if work.record.proposed:
        work.owe(*(replace(each, state="waived", evidence=NO_COMPLAINT) for each in _unmet(work)))
    if work.record.proposed or not (work.record.customer or work.record.contact):
        return f"the case is withdrawn; nobody is written to{stopped}"
    work.send("withdrawal", {}, at_once=True)
    return f"the case is withdrawn, and the customer is told so{stopped}"


def _owed_again(work: Work) -> list[Deadline]:
    """Nobody has been accepted as the customer yet: the dates from the receipt stand, but for what was done."""
    return [replace(each, state="open", evidence="") for each in work.case.deadlines if each.evidence == NO_COMPLAINT]


def _unmet(work: Work) -> list[Deadline]:
    return [each for each in work.case.deadlines if each.met_at is None and each.state == "open"]


def reopen(work: Work, _nothing: None) -> str:
    """A case that had ended goes on, and owes a decision by a date ahead; nobody knows it for decided any more."""
    if work.record.status not in ENDED:
        raise Refused(f"the case is {work.record.status}: it has not ended")
    if work.record.joined:
        raise Refused(f"it goes on as {work.record.joined}")
    if work.record.stage == "signposted":
        work.set(stage="second")
    work.owe(*(_owed_again(work) if work.record.proposed else taken_up(work.case, work.policy, work.now)))
    work.set(status="investigating", ended_at=None, parked_at=None, outcome="", redress="")
    work.note("status", "investigating")
    due = max((each.due_at for each in work.case.deadlines if _is_ahead(each, work)), default=None)
    by = f"a decision is due {_day(due, work)}" if due else "no date is promised for a decision"
    return f"the case is open again; {by}"


def _is_ahead(deadline: Deadline, work: Work) -> bool:
    return deadline.kind in DECISIONS and deadline.met_at is None and deadline.due_at > work.now


def close(work: Work, _nothing: None) -> str:
    """A resolved case; now is the time to ask how it was."""
    if work.record.status != "resolved":
        raise Refused(f"the case is {work.record.status}; only a resolved one can be closed")
    stopped = _stop_drafts(work)
    work.set(status="closed", ended_at=work.now, parked_at=None)
    work.note("status", "closed")
    stage, sort = work.record.stage, (work.record.kind, work.record.track, work.record.category)
    survey = next((each for each in promises_for(work.policy, *sort, stage) if each.kind == "survey"), None)
    if survey is None or survey.within is None or _was_asked(work):
        return f"the case is closed{stopped}"
    due = work.policy.add(work.now, survey.within)
    work.owe(Deadline(survey.id, 1, "survey", work.now, due))
    letter = Letter("survey", "survey", {}, due_at=due)  # about the case alone: it is asked once
    work.changes += letters(letter, work.case, work.rules, work.now)
    return f"the case is closed; the customer is asked how it was{stopped}"


def _was_asked(work: Work) -> bool:
    return any(each.kind == "survey" for each in work.case.deadlines)


def thanks(work: Work, _nothing: None) -> str:
    """What the customer wrote after the decision needs no answer."""
    if work.record.parked_at is None:
        raise Refused("no message of the customer waits for you to decide about it")
    work.set(parked_at=None)
    work.note("thanks", "needs no answer")
    return "the customer's last message needs no answer"


def join(work: Work, reference: str) -> str:
    """Another case goes on in this one, which counts from whichever was received first."""
    other = work.known.records.get(reference)
    # Whom the other case complains about must not even learn that there is one.
    if other is None or reference == work.record.reference or complains_about(other.conflicts, work.person.address):
        raise Refused(f"{reference} is no other case")
    if complains_about(other.conflicts, work.record.handler):
        raise Refused(f"{reference} complains about {work.rules.name_of(work.record.handler)}, who has this case")
    if why := _not_joined(work.record, other):
        raise Refused(f"{reference} cannot be joined: {why}")
    stopped = _taken_over(work, other)
    work.owe(*_earlier_dates(work, other))
    work.note("joined", f"{reference} goes on here; received {work.record.received_at:%Y-%m-%d %H:%M} UTC")
    mine = work.record.reference
    if lost := unsent_words(other, OUTDATED):
        work.note("cancelled", f"on {reference}: {lost}")
        stopped += f"; stopped on {reference}, so write it here if it is still right: {lost}"
    ended = other.without(*OUTDATED)
    work.set(tasks=(*work.record.tasks, *ended.tasks))
    closed = replace(ended, status="closed", ended_at=work.now, parked_at=None, joined=mine, tasks=())
    work.changes += [StopLetter(draft.letter) for draft in other.drafts]
    work.changes += [SetCase(closed), LinkCases(mine, reference, "joined"), LookAt("case", reference, work.now)]
    _take_words(work, reference)
    return f"{reference} is part of this case; it counts from the earlier receipt{stopped}"


def _taken_over(work: Work, other: CaseRecord) -> str:
    """What the other case knew of the customer and of us; a letter that was written for another way of reading stops.

    What this case knows of how the customer reads stands.
    """
    record = work.record
    form, contact = record.format or other.format, record.contact or other.contact
    rewrite = (form, contact) != (record.format, record.contact)
    stopped = stop_words(work, "update") if rewrite else ""
    work.set(
        received_at=min(record.received_at, other.received_at),
        conflicts=tuple(dict.fromkeys((*record.conflicts, *other.conflicts))),
        people=tuple(dict.fromkeys((*record.people, *other.people))),
        past_handlers=tuple(dict.fromkeys((*record.past_handlers, *other.past_handlers))),
        format=form,
        contact=contact,
    )
    return f"; stopped, so write it again: {stopped}" if stopped else ""


def _take_words(work: Work, reference: str) -> None:
    """What was written on the other case is shown with this one from now on; what nobody has read yet waits here."""
    mine, known = work.record.reference, work.known
    mails, sent = (
        {**each, mine: tuple(sorted((*each.get(mine, ()), *each.get(reference, ())), key=_newest_first))}
        for each in (known.mails, known.letters)
    )
    work.known = replace(known, mails=mails, letters=sent)
    work.changes.append(LookAt(UNREAD, reference, None))
    if any(each.kind == "not passed on" for each in known.entries.get(reference, ())):
        work.changes.append(LookAt(UNREAD, mine, next_morning(work.policy.calendar, work.now)))


def _newest_first(kept: Kept) -> float:
    return -kept.received_at.timestamp()


def _not_joined(record: CaseRecord, other: CaseRecord) -> str:
    """Why the other case cannot go on in this one: nobody must lose a case, or a promise, by it."""
    if other.joined:
        return f"it is part of {other.joined}"
    if not record.customer or other.customer.casefold() != record.customer.casefold():
        return "it is another customer's, or nobody knows the address"
    if record.status in ENDED:
        return "this case has ended; write reopen first"
    if record.stage != other.stage:
        return "one of the two is looked at a second time"
    if record.stage != "first" and record.handler in other.past_handlers:
        return "whoever has this case worked on its first decision; hand this case to somebody else first"
    return ""


def _earlier_dates(work: Work, other: CaseRecord) -> Iterator[Deadline]:
    """The open dates of this case, moved to those of the other one where that was promised earlier, or to the law's."""
    theirs = {(each.promise, each.seq): each for each in other.owed.deadlines}
    for mine in work.case.deadlines:
        if mine.state != "open" or mine.kind == "update":
            continue
        dates = [mine, theirs.get((mine.promise, mine.seq), mine)]
        if law := limit_by_law(mine, work.case, work.policy):
            since = work.record.received_at if mine.kind in FROM_RECEIPT else mine.counted_from
            dates.append(replace(mine, counted_from=since, due_at=law))
        first = min(dates, key=lambda each: each.due_at)
        if first.due_at < mine.due_at:
            yield replace(mine, counted_from=first.counted_from, due_at=first.due_at)


def accept(work: Work, confirmed: Accept | None) -> str:
    """Who complains, and since when the firm knows it: the clock runs from there, and the customer hears from us."""
    if not work.record.proposed:
        raise Refused("nothing is proposed on this case")
    if work.record.status in ENDED:
        raise Refused(f"the case is {work.record.status}; write reopen first")
    proposed = read(work.record.proposed)
    if confirmed:
        received = received_on(confirmed.received, work.rules, work.now)
        proposed = Proposed(confirmed.address, proposed.name, received)
    if not proposed.address:
        raise Refused("no customer is proposed; write accept: ADDRESS: received 3 May")
    if work.rules.is_colleague(proposed.address) or work.rules.is_ours(proposed.address):
        raise Refused(f"{proposed.address} is one of ours, and no customer")
    received_at = min(proposed.received or work.record.received_at, work.record.received_at)
    work.set(customer=proposed.address, customer_name=proposed.name, received_at=received_at, proposed="")
    work.note("accepted", f"{proposed.address}, received {received_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    # An update that was given is not among those that were read: the one behind it tells of it.
    settled = {each.promise for each in work.case.deadlines if each.state != "open" or each.seq > 1}
    work.owe(*(each for each in _from_receipt(work) if each.promise not in settled))
    work.acknowledges = "day" if confirmed else "moment"
    return f"{proposed.address} is the customer, received {_day(received_at, work)}; the acknowledgement goes out"


def _from_receipt(work: Work) -> tuple[Deadline, ...]:
    return assigned(first_deadlines(work.policy, work.case), work.record.handler, work.now)


def acknowledge(work: Work) -> None:
    """The first letter on a case that staff opened, with the kind, the dates and the format that it now has."""
    letter = acknowledgement(work.case, work.rules, work.now, day_only=work.acknowledges == "day")
    work.changes += letters(letter, work.case, work.rules, work.now)


def _stop_drafts(work: Work) -> str:
    """What was written before does not fit any more; which letters that were, behind what else is told."""
    lost = unsent_words(work.record, OUTDATED)
    work.changes += [StopLetter(draft.letter) for draft in work.record.drafts]
    work.record = work.record.without(*OUTDATED)
    return _stopped(work, lost)


def _stopped(work: Work, letters: str) -> str:
    if not letters:
        return ""
    work.note("cancelled", letters)
    return f"; stopped: {letters}"


def _day(moment: datetime, work: Work) -> str:
    return day_in_words(moment.astimezone(work.rules.zone), work.rules.language)
