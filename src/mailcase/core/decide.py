"""What becomes of a mail: a pure function from what we know to a `Decision`, with its reason in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from mailcase.core import ids
from mailcase.core.acknowledge import acknowledgement, notice_entries
from mailcase.core.bounces import Bounce, read_bounce
from mailcase.core.case import ReviewReason, Role
from mailcase.core.changes import (
    AcceptMail,
    AddEntry,
    Change,
    Decision,
    LinkCases,
    LookAt,
    MarkBounced,
    MarkReachable,
    MarkUndeliverable,
    OpenCase,
    SetDeadline,
    WantAttention,
)
from mailcase.core.classify import Verdict, classify
from mailcase.core.look import look
from mailcase.core.message import Message, read
from mailcase.core.owed import CaseFacts, new_case
from mailcase.core.policy import review_by
from mailcase.core.rules import Rules
from mailcase.core.signals import NO_REPLY
from mailcase.core.thread import Mentions, Owner, as_known, mailbox_key, mentions, named_cases, same_address


@dataclass(frozen=True, slots=True)
class Arrival:
    """A kept mail as intake takes it."""

    id: int
    door: str  # the channel: email, import …
    role: Role
    junk: bool  # it lay in the junk folder
    received_at: datetime
    envelope_from: str | None  # '' is the null sender; None where the door cannot know
    silent: bool  # imported without --letters: nobody is answered
    accepted_by: str  # who took it out of review; '' when nobody did
    given_up: bool  # it ended the process, or raised, too often: it is not read again
    raw: bytes
    attempts: int = 1  # how often reading it was begun, this time included


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail, read and recognised; everything here follows from its bytes."""

    arrival: Arrival
    message: Message
    verdict: Verdict
    mentions: Mentions
    bounce: Bounce | None


@dataclass(frozen=True, slots=True)
class Twin:
    """The mail that came before with the same digest."""

    mail: int
    review: ReviewReason | None  # still waiting in review, and why


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a mail: all that `decide` may lean on."""

    twin: Twin | None
    by_id: Mapping[str, Owner]
    by_reference: Mapping[str, Owner]
    answers_hour: int  # to this sender
    answers_day: int
    answers_minute: int  # to everybody
    last_sent: Mapping[str, str] = field(default_factory=dict)  # case, named by a bounce → the last letter that left


def read_arrival(arrival: Arrival, rules: Rules) -> Reading:
    """Step 3 of the journey: read the bytes, recognise the kind, list what the mail names."""
    message = _identified(read(b"" if arrival.given_up else arrival.raw), arrival.received_at)
    verdict = classify(message, arrival.envelope_from)
    bounce = read_bounce(message) if verdict.kind == "bounce" else None
    named = mentions(message, rules.prefix, rules.is_ours)
    if bounce:
        named = Mentions((*map(as_known, bounce.message_ids), *named.message_ids), named.references)
    return Reading(arrival, message, verdict, named, bounce)


def _identified(message: Message, received_at: datetime) -> Message:
    """Without Message-ID and Date, the same words on another day are another mail (a form's "call me back")."""
    if message.message_id or message.date:
        return message
    day = received_at.date().isoformat().encode()
    return replace(message, digest=sha256(message.digest + day).digest())


def decide(mail: Reading, known: Known, rules: Rules, now: datetime) -> Decision:
    """Step 4: the first rule that fits decides (RFC 3834 decides whether we answer, never whether we keep)."""
    if mail.arrival.given_up:
        return _review(mail, rules, "broken", "reading it failed again and again; the log says how")
    named = named_cases(mail.mentions, known.by_id, known.by_reference)
    own = next((owner for owner in named if same_address(owner.customer, mail.message.from_address)), None)
    if known.twin:
        return _duplicate(mail, known.twin, own, rules)
    if mail.arrival.accepted_by:
        return _add(mail, own, now) if own else _open(mail, named, known, rules, now)
    if mail.bounce and (ours := _bounced(mail, known, named)):
        return _bounce(mail.bounce, ours, now)
    if mail.arrival.junk:
        return _review(mail, rules, "spam", "it lay in the junk folder")
    if mail.verdict.kind == "courtesy":
        return Decision("courtesy", _because(mail), case=own.case if own else "")
    if own and mail.verdict.kind != "bounce":
        return _add(mail, own, now)
    if reason := _for_review(mail, rules):
        return _review(mail, rules, *reason)
    return _open(mail, named, known, rules, now)


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


def _bounced(mail: Reading, known: Known, named: list[Owner]) -> Owner | None:
    """Whose letter came back: by the Message-ID it carries (or its alias), else by the tag.

    Where only the case is named it is the last letter that left: no more are sent once one has come back.
    """
    ours = (known.by_id[name] for name in mail.mentions.message_ids if name in known.by_id)
    if owner := next((owner for owner in ours if owner.letter), None):
        return owner
    return replace(named[0], letter=known.last_sent.get(named[0].case, "")) if named else None


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
        changes += (MarkUndeliverable(ours.case), LookAt("case", ours.case, now))
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


def _received(mail: Reading, case: str) -> AddEntry:
    kind = "message" if mail.verdict.kind == "human" else mail.verdict.kind
    listed = ", ".join(f"{part.name} ({part.size} bytes)" for part in mail.message.attachments)
    text = f"{mail.message.subject or '(no subject)'}" + (f" [attached: {listed}]" if listed else "")
    return AddEntry(case, kind, mail.message.from_address or "unknown sender", text)


def _add(mail: Reading, owner: Owner, now: datetime) -> Decision:
    """One more entry; whoever writes to us now is there again, whatever came back before."""
    case = owner.case
    changes: tuple[Change, ...] = (_received(mail, case),)
    if owner.undeliverable and mail.verdict.kind == "human" and not mail.arrival.silent:
        changes += (MarkReachable(case), LookAt("case", case, now))
    return Decision("added", f"from the customer of {case}", case, changes=changes)


def _open(mail: Reading, named: list[Owner], known: Known, rules: Rules, now: datetime) -> Decision:
    reference = _free_reference(mail.message.digest, known, rules)
    case = new_case(rules.policy, reference, mail.arrival.received_at)
    changes: list[Change] = [
        OpenCase(
            reference,
            mail.message.from_address,
            mail.message.from_name,
            mail.message.subject,
            mail.arrival.door,
            mail.arrival.role,
            rules.language,
            mail.arrival.received_at,
            case.kind,
            case.track,
            rules.policy.digest,
            watched=not mail.arrival.silent,
        ),
        _received(mail, reference),
        *_promises(case, mail, rules),
    ]
    for other in dict.fromkeys(owner.case for owner in named):
        changes.append(LinkCases(reference, other, "this mail names it, but its sender is not that case's customer"))
        changes.append(AddEntry(other, "link", "mailcase", f"named by {reference}, which another sender opened"))
    changes += _answer(mail, known, _hold(named, rules), case, rules, now)
    return Decision("case", "a new complaint", reference, changes=tuple(changes))


def _promises(case: CaseFacts, mail: Reading, rules: Rules) -> Iterator[Change]:
    """What the case is owed from now on; an old case that is only imported is history, and nobody is written to."""
    if mail.arrival.silent:
        return
    for deadline in case.deadlines:
        yield SetDeadline(case.reference, deadline)
    yield LookAt("case", case.reference, look(case, rules.policy, mail.arrival.received_at).look_at)


def candidate(digest: bytes, rules: Rules, counter: int = 0) -> str:
    """The reference that a new case opened by this mail would get; `counter` rises when one is taken."""
    return ids.reference(rules.key, rules.prefix, digest, counter)


def _free_reference(digest: bytes, known: Known, rules: Rules) -> str:
    counter = 0
    while (reference := candidate(digest, rules, counter)) in known.by_reference:
        counter += 1
    return reference


def _hold(named: list[Owner], rules: Rules) -> str:
    """Why no answer may leave by itself; '' when it may.

    A robot that answers each acknowledgement under a new address would go on for ever: its second answer waits.
    """
    if any(owner.letter and owner.answers_ours for owner in named):
        return "an answer to our answer to a stranger: perhaps a robot"
    return "hold is set" if rules.hold else ""


def _answer(mail: Reading, known: Known, hold: str, case: CaseFacts, rules: Rules, now: datetime) -> list[Change]:
    """The acknowledgement, sent, held, or left out with a word about why."""
    reference = case.reference
    if mail.arrival.silent:
        return [AddEntry(reference, "note", "mailcase", "imported: no acknowledgement was sent")]
    if not mail.message.from_address:
        return [AddEntry(reference, "note", "mailcase", "no acknowledgement: the mail names no single sender")]
    held = rules.limits.reached(known.answers_hour, known.answers_day, known.answers_minute)
    letter = acknowledgement(mail.message, case, rules, now, held or hold)
    noted = notice_entries(reference, rules)
    if not letter.held:
        return [letter, *noted]
    return [
        letter,
        *noted,
        AddEntry(reference, "held", "mailcase", f"acknowledgement held: {letter.held}"),
        WantAttention(),
    ]
