"""What becomes of a mail: a pure function from what we know to a `Decision`, with its reason in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailcase.core.case import ReviewReason
from mailcase.core.changes import (
    AcceptMail,
    AddEntry,
    Change,
    Decision,
    LookAt,
    MarkBounced,
    MarkUndeliverable,
    QueueLetter,
    WantAttention,
)
from mailcase.core.customers import added, ask_which, is_history
from mailcase.core.from_staff import from_staff, referral
from mailcase.core.letters.customer_mail import HOLD
from mailcase.core.mail.bounces import Bounce
from mailcase.core.mail.forms import FormSaid, is_complaint
from mailcase.core.mail.signals import NO_REPLY
from mailcase.core.mail.thread import Owner, goes_on, mailbox_key, named_cases, same_address
from mailcase.core.new_case import Customer, opened
from mailcase.core.promises.policy import review_by
from mailcase.core.reading import Known, Reading, Twin
from mailcase.core.rules import Rules


def decide(mail: Reading, known: Known, rules: Rules, now: datetime) -> Decision:
    """Step 4: what becomes of it. What is imported as history writes to nobody, whatever is made of it."""
    found = _decided(mail, known, rules, now)
    if not mail.arrival.silent:
        return found
    return replace(found, changes=tuple(each for each in found.changes if not isinstance(each, QueueLetter)))


def _decided(mail: Reading, known: Known, rules: Rules, now: datetime) -> Decision:
    """The first rule that fits decides (RFC 3834 decides whether we answer, never whether we keep)."""
    if mail.arrival.given_up:
        return _review(mail, rules, "broken", "reading it failed again and again; the log says how")
    named = named_cases(mail.mentions, known.by_id, known.by_reference)
    own = _own(mail, named, known)
    if known.twin:
        return _duplicate(mail, known.twin, own, rules)
    if mail.arrival.accepted_by:
        return added(mail, own, known, rules, now) if own else _open(mail, named, known, rules, now)
    if mail.bounce and (ours := _bounced(mail, known)):
        return _bounce(mail.bounce, ours, now)
    if mail.arrival.junk:
        return _review(mail, rules, "spam", "it lay in the junk folder")
    if mail.verdict.kind == "courtesy":
        return Decision("courtesy", _because(mail), case=own.case if own else "")
    return _by_sender(mail, own, named, known, rules, now)


def _by_sender(
    mail: Reading, own: Owner | None, named: list[Owner], known: Known, rules: Rules, now: datetime
) -> Decision:
    """What somebody wrote: one of staff, a form, a customer about their case, or somebody new."""
    if mail.staff and (done := from_staff(mail, mail.staff, named, known, rules, now)):
        return done
    if mail.form is not None:
        return _from_form(mail, mail.form, own, named, known, rules, now)
    if own and mail.verdict.kind != "bounce":
        return added(mail, own, known, rules, now)
    if reason := _for_review(mail, rules):
        referred = referral(mail, known, rules, now) if reason[0] == "authentication" else None
        return referred or _review(mail, rules, *reason)
    return _without_reference(mail, known, rules, now) or _open(mail, named, known, rules, now)


def _own(mail: Reading, named: list[Owner], known: Known) -> Owner | None:
    """The case that the mail is about, of its writer or of whom they speak for; one that ended long ago is history."""
    own = next((owner for owner in named if _may_write(owner, mail.writer, known)), None)
    return None if own and is_history(known.records.get(own.case), mail) else own


def _may_write(owner: Owner, writer: str, known: Known) -> bool:
    """The customer, and whoever staff have added to the case."""
    record = known.records.get(owner.case)
    others = (person.address for person in record.people) if record else ()
    return any(same_address(each, writer) for each in (owner.customer, *others))


def _without_reference(mail: Reading, known: Known, rules: Rules, now: datetime) -> Decision | None:
    """A request to look again that names no case: about the sender's one resolved case; of several it asks which."""
    asked = mail.arrival.role == "escalation" or rules.asks_to_look_again(mail.message.to)
    complains = any(same_address(each, rules.service_address) for each in mail.message.to)  # to both: something new
    if not asked or complains or mail.vouched.says == "fail":
        return None
    ended = [each.reference for each in known.earlier if each.status == "resolved" and each.stage == "first"]
    if not ended or ended[0] not in known.records or is_history(known.records[ended[0]], mail):
        return None
    if len(ended) > 1:
        return ask_which(mail, ended[0], known, rules, now)
    return added(mail, Owner(ended[0], mail.message.from_address), known, rules, now)


def _from_form(
    mail: Reading,
    form: FormSaid | str,
    own: Owner | None,
    named: list[Owner],
    known: Known,
    rules: Rules,
    now: datetime,
) -> Decision:
    """A ticket or a web form: the customer is the one named in it, if its sender is who it says."""
    sender = rules.form_of(mail.message.from_address)
    if sender and sender.requires_proof and mail.vouched.says != "pass":
        return _review(mail, rules, "authentication", f"nothing proves that the form sent it: {mail.vouched.reason}")
    if isinstance(form, str):
        return _review(mail, rules, "broken", f"its fields cannot be read: {form}")
    if rules.is_ours(form.address) or rules.is_colleague(form.address):
        return _review(mail, rules, "authentication", f"it names {form.address} as the customer, who is one of ours")
    if sender and not is_complaint(form, sender):
        return _review(mail, rules, "automatic", f"its topic is “{form.topic}”")
    if own:
        return added(mail, own, known, rules, now)
    return opened(mail, _customer(mail, rules), named, known, rules, now, HOLD if rules.hold else "")


def _for_review(mail: Reading, rules: Rules) -> tuple[ReviewReason, str] | None:
    """Why a mail that speaks of no case of its sender must not become one by itself."""
    sender, kind = mail.message.from_address, mail.verdict.kind
    if rules.is_ours(sender):
        return "automatic", "it claims to come from our own address"
    if kind == "list" or kind == "bulk":
        return kind, _because(mail)
    if kind != "human":
        return "automatic", _because(mail)
    if NO_REPLY.match(sender):
        return "automatic", "it comes from an address that takes no answers"
    if spam := rules.spam_mark(mail.message):
        return "spam", f"the site's filter marked it: {spam}"
    if rules.is_colleague(sender):
        return "authentication", "it comes from inside the firm, so its sender is not taken for the customer"
    if not sender:
        return "broken", "it names no single sender whom we could answer"
    return None


def _because(mail: Reading) -> str:
    return ", ".join(mail.verdict.signals)


def _review(mail: Reading, rules: Rules, why: ReviewReason, reason: str) -> Decision:
    by = review_by(rules.policy, mail.arrival.received_at)
    look = LookAt("review", str(mail.arrival.id), by)
    return Decision("review", reason, review=why, changes=(WantAttention(), look))


def _duplicate(mail: Reading, twin: Twin, own: Owner | None, rules: Rules) -> Decision:
    """The second copy changes nothing, except that one which would have become a case brings the first one back."""
    wanted = mail.verdict.kind not in ("bounce", "courtesy") and (own or not _for_review(mail, rules))
    rescued = twin.review == "spam" and not mail.arrival.junk and wanted
    changes = (AcceptMail(twin.mail, "a copy outside the junk folder"),) if rescued else ()
    return Decision("duplicate", f"the same mail as {twin.mail}", duplicate_of=twin.mail, changes=changes)


def _bounced(mail: Reading, known: Known) -> Owner | None:
    """Whose letter came back: by the Message-ID it carries (or its alias), else by the tag or the reference.

    Where only the case is named it is the last letter that left: no more are sent once one has come back. The id of a
    customer's own mail names no letter: whoever got a copy of that mail could stop ours with it.
    """
    ours = (known.by_id[name] for name in mail.mentions.message_ids if name in known.by_id)
    if owner := next((owner for owner in ours if owner.letter), None):
        return goes_on(owner, known.by_reference)
    named = (known.by_reference[name] for name in mail.mentions.references if name in known.by_reference)
    owner = next(named, None)
    if owner is None:
        return None
    return goes_on(replace(owner, letter=known.last_sent.get(owner.case, "")), known.by_reference)


def _bounce(bounce: Bounce, ours: Owner, now: datetime) -> Decision:
    what = "could not be delivered" if bounce.failed else "is delayed on its way"
    other = _other_reader(bounce, ours.recipient or ours.customer)
    whom = f" to {other}, to whom we did not write" if other else ""
    reason = f"our letter {what}{whom}: {bounce.status} {bounce.diagnostic}".strip()
    changes: tuple[Change, ...] = ()
    if ours.case:
        changes += (AddEntry(ours.case, "bounce", "mail system", reason),)
    lost = bounce.failed and not other
    if ours.case and lost:
        changes += (MarkUndeliverable(ours.case, ours.recipient or ours.customer), LookAt("case", ours.case, now))
    if ours.letter and lost:
        changes += (MarkBounced(ours.letter),)
    if bounce.failed:
        changes += (WantAttention(),)
    return Decision("bounce", reason, case=ours.case, changes=changes)


def _other_reader(bounce: Bounce, ours: str) -> str:
    """Whom the report names, when none of them is our reader: somebody to whom our reader sends their mail on.

    An address in other letters than ASCII may be reported in several spellings: such a report is believed.
    """
    if not ours.isascii() or mailbox_key(ours) in ("@", *map(mailbox_key, bounce.reported)):
        return ""
    return next(iter(bounce.reported), "")


def _open(mail: Reading, named: list[Owner], known: Known, rules: Rules, now: datetime) -> Decision:
    """A new case for whoever wrote the mail."""
    return opened(mail, _customer(mail, rules), named, known, rules, now, _hold(mail, named, rules))


def _customer(mail: Reading, rules: Rules) -> Customer:
    """Whoever sent the mail; of a form's, whom it names, and nobody where that cannot be read or is one of ours."""
    message, form, at = mail.message, mail.form, mail.arrival.received_at
    if form is None:
        return Customer(message.from_address, message.from_name, at)
    sender = rules.form_of(message.from_address)
    channel = "web" if sender and sender.source == "form" else "helpdesk"
    if isinstance(form, str) or rules.is_ours(form.address) or rules.is_colleague(form.address):
        return Customer("", "", at, channel=channel)
    category = next((each for each in rules.policy.categories if each.casefold() == form.category.casefold()), "")
    return Customer(form.address, form.name, at, form.subject, category=category, channel=channel)


def _hold(mail: Reading, named: list[Owner], rules: Rules) -> str:
    """Why no answer may leave by itself; '' when it may.

    A robot that answers each acknowledgement under a new address would go on for ever: its second answer waits.
    """
    if any(owner.letter and owner.answers_ours for owner in named):
        return "an answer to our answer to a stranger: perhaps a robot"
    if mail.vouched.says == "fail":
        return f"the sender is forged: {mail.vouched.reason}"
    return HOLD if rules.hold else ""
