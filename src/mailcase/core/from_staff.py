"""A mail that claims to come from one of staff: commands where that is proven, else a note that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from mailcase.core.changes import AddEntry, Change, Decision, QueueLetter, WantAttention
from mailcase.core.desk import Desk
from mailcase.core.letters.post import for_staff, queue
from mailcase.core.letters.telling import tell
from mailcase.core.mail.referral import proposed, staff_with_customer
from mailcase.core.mail.thread import Owner, goes_on_as
from mailcase.core.new_case import Customer, free_reference, opened
from mailcase.core.reading import Known, Reading, StaffMail
from mailcase.core.referred import Proposed, write
from mailcase.core.rules import Rules
from mailcase.core.staff.staff_proof import Unproven, prove
from mailcase.core.staff.who import complains_about


def from_staff(
    mail: Reading, staff: StaffMail, named: Sequence[Owner], known: Known, rules: Rules, now: datetime
) -> Decision | None:
    """What becomes of it; None for a mail that gives no commands and claims no case: a colleague's like any other."""
    if mail.verdict.kind not in ("human", "list", "bulk"):  # their mail system may call everything a list
        return Decision("courtesy", f"an automatic mail of {staff.person}")
    answered = [known.by_id[name].case for name in mail.mentions.message_ids if name in known.by_id]
    at = mail.arrival.received_at
    current = partial(goes_on_as, by_reference=known.by_reference)
    proof = prove(mail.message, mail.vouched, rules, rules.sealing, at, [each for each in answered if each], current)
    if not isinstance(proof, Unproven) and proof.case and proof.case not in known.records:
        proof = Unproven(proof.person, f"{proof.case} is no case here; perhaps an older backup was restored")
    if isinstance(proof, Unproven):
        if _asks_for_help(mail, staff, rules):
            return _helped(mail, staff, proof.person, known, rules, now)
        if staff.cases or named or mail.has_token:
            return _unverified(mail, proof, staff, named, known, rules, now)
        return None
    colleague = rules.colleague(proof.person)
    assert colleague is not None, "only one of staff can prove to be one"
    desk = Desk(colleague, mail, staff.said, proof.case, known, known.rules.get(proof.case, rules), now)
    return desk.decision(free_reference(mail.message.digest, known, rules))


def _asks_for_help(mail: Reading, staff: StaffMail, rules: Rules) -> bool:
    """Whether a colleague, for whom the door vouches, writes to us without a token, and of commands just `help`."""
    said, arrival = staff.said, mail.arrival
    alone = [each.keyword for each in said.commands] == ["help"] and not (said.letter or said.note or said.faults)
    wanted = alone and mail.vouched.says == "pass" and not (mail.has_token or arrival.silent)
    return wanted and proposed(arrival.raw, mail.message, rules.is_colleague, rules.zone) is None


def _helped(mail: Reading, staff: StaffMail, person: str, known: Known, rules: Rules, now: datetime) -> Decision:
    """It has their personal address, so it goes to nobody but them; the limits count it, for it proves no token."""
    if limit := rules.limits.reached(known.answers_hour, known.answers_day, known.answers_minute):
        return Decision("command", f"help is not sent: {limit}")
    colleague = rules.colleague(person)
    assert colleague is not None, "it claims to come from one of staff"
    done = Desk(colleague, mail, staff.said, "", known, rules, now).helped()
    letters = (replace(each, answer=True) for each in done.changes if isinstance(each, QueueLetter))
    return replace(done, changes=tuple(letters))


def _unverified(
    mail: Reading, proof: Unproven, staff: StaffMail, named: Sequence[Owner], known: Known, rules: Rules, now: datetime
) -> Decision:
    """Kept as a note; the real member of staff is told, and nothing else happens."""
    if offered := _offered(mail, named, known, rules, now):
        return offered
    tokens = (goes_on_as(each, known.by_reference) for each in staff.cases)
    case = next(iter((*(each for each in tokens if each in known.records), *(each.case for each in named))), "")
    text = f"mail {mail.arrival.id} in the name of {proof.person} changed nothing: {proof.reason}"
    changes: list[Change] = [AddEntry(case, "unverified", proof.person, text)] if case else []
    if rules.limits.reached(known.answers_hour, known.answers_day, known.answers_minute):
        changes.append(WantAttention())
    else:
        received = mail.arrival.received_at.astimezone(rules.zone)
        record = known.records.get(case)
        told = "" if record and complains_about(record.conflicts, proof.person) else case  # not of one about them
        values = {"reference": told, "reason": proof.reason, "by_door": proof.by_door, "received": received}
        about = mail.message.digest + b"unproven"
        letter = queue(for_staff("staff-unproven", about, proof.person, told, rules, now), values, rules, now)
        changes.append(replace(letter, answer=True))  # the limits count it: a forger must not bury them
    if case:
        reason = f"an unverified note: {proof.reason}"
        return Decision("added", reason, case, review="authentication", changes=tuple(changes))
    reason = f"it claims to come from {proof.person}: {proof.reason}"
    return Decision("review", reason, review="authentication", changes=(*changes, WantAttention()))


def _offered(mail: Reading, named: Sequence[Owner], known: Known, rules: Rules, now: datetime) -> Decision | None:
    """A mail of staff to the customer, with us among its readers: they may log it as contact."""
    customer = staff_with_customer(mail.message, rules.is_colleague)
    case = next((each.case for each in named if customer and each.customer.casefold() == customer.casefold()), "")
    if mail.staff is None or case not in known.records or mail.vouched.says == "fail":
        return None
    record = known.records[case]
    person = mail.staff.person
    hidden = complains_about(record.conflicts, person) or rules.limits.reached(
        known.answers_hour, known.answers_day, known.answers_minute
    )
    told = (
        ()
        if hidden
        else tell(person, "offered", record, mail.message.digest, known, known.rules.get(case, rules), now, mail)
    )
    told = tuple(replace(each, answer=True) for each in told)  # nothing proves who wrote: the limits count it
    entry = AddEntry(case, "unverified", person, f"mail {mail.arrival.id} to the customer, not from here")
    reason = "a mail of staff to the customer"
    return Decision("added", reason, case, review="authentication", changes=(entry, *told))


def referral(mail: Reading, known: Known, rules: Rules, now: datetime) -> Decision | None:
    """A complaint that a colleague forwards: a case without a customer, until a handler confirms who that is.

    None for a mail that no colleague sent: it waits in review.
    """
    if mail.vouched.says == "fail":
        return None
    found = proposed(mail.arrival.raw, mail.message, rules.is_colleague, rules.zone)
    if found is None or not rules.is_colleague(mail.message.from_address):
        return None
    proposal = write(Proposed(found.address, found.name, found.received))
    words = f"{found.subject}\n{found.text}"
    received_at = mail.arrival.received_at
    customer = Customer("", "", received_at, found.subject, channel="referral", proposed=proposal, words=words)
    return opened(mail, customer, (), known, rules, now, "")
