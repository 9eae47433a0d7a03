"""What a decision wants written: values that `store.changes` turns into rows, all of them in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailcase.core.case import End, LetterKind, ReviewReason, Role, Stage, Status
from mailcase.core.deadlines.owed import Deadline
from mailcase.core.record import CaseRecord


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A new case; `received_at` is the mail's true receipt (UTC), from which every promise counts."""

    reference: str
    customer: str
    customer_name: str
    subject: str
    channel: str
    role: Role
    language: str
    received_at: datetime
    kind: str
    track: str
    policy: str  # the digest of the policy it is opened under
    watched: bool = True  # False for history, that is imported and owed nothing
    handler: str = ""
    category: str = ""
    conflicts: tuple[str, ...] = ()  # staff whom it complains about
    format: str = ""  # as the customer asked for on an earlier case
    contact: str = ""
    missing: tuple[str, ...] = ()  # facts that the policy asks for and the mail does not give
    proposed: str = ""  # the customer, where a colleague's mail names one who is not confirmed


@dataclass(frozen=True, slots=True)
class AddEntry:
    """One more entry on a case's timeline; the store gives it its number and its hash."""

    case: str
    kind: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class QueueLetter:
    """A finished letter for the outbox; with `held` it waits for a person, and `held` says why."""

    id: str
    case: str
    kind: LetterKind
    recipient: str
    mail_from: str
    message_id: str
    raw: bytes
    due_at: datetime  # the outbox sends the oldest first
    answer: bool = False  # answers inbound mail, so the limits count it
    held: str = ""
    leaves_at: datetime | None = None  # not before; until then it can be stopped
    stage: str = ""  # of its case when it was written


@dataclass(frozen=True, slots=True)
class LinkCases:
    """Two cases that staff should see side by side."""

    case: str
    other: str
    why: str


@dataclass(frozen=True, slots=True)
class SetDeadline:
    """A deadline of a case as it is from now on."""

    case: str
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """The policy (its digest) that a case is held to from now on, and the case's track in it."""

    case: str
    policy: str
    track: str


@dataclass(frozen=True, slots=True)
class SetCase:
    """A case as somebody's mail has changed it."""

    record: CaseRecord


@dataclass(frozen=True, slots=True)
class SetStatus:
    """The status that a letter brings about when the relay has taken it.

    Only the customer's own letter does, and only where the case is as far as it was when the letter was written.
    """

    case: str
    status: Status
    letter: str
    reader: str


@dataclass(frozen=True, slots=True)
class SetStage:
    """A case goes on in another stage, because time brought it there."""

    case: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class PostByHand:
    """A letter of this kind is for a person to post, print or read out, who then says `log: posted`.

    The mails (their ids) bring it to whoever does.
    """

    case: str
    kind: LetterKind
    mails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StopLetter:
    """A letter that has not left is not to leave; one that is being sent, not if the relay gives it back."""

    letter: str


@dataclass(frozen=True, slots=True)
class LookAt:
    """When somebody wants to look at a case (or whatever `subject` is) again; None: not before something happens."""

    kind: str
    subject: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class MarkBounced:
    """A letter came back: it has kept nothing."""

    letter: str


@dataclass(frozen=True, slots=True)
class MarkArrived:
    """A letter has reached its reader, who answers it, though no relay said that it took it; it is not sent again."""

    letter: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MarkUndeliverable:
    """A letter did not reach the customer: a fact on the case until one does, or the customer writes.

    What does not reach another reader of the case says nothing of the customer.
    """

    case: str
    reader: str


@dataclass(frozen=True, slots=True)
class MarkReachable:
    """The customer has written on a case that was undeliverable: letters go to them again."""

    case: str


@dataclass(frozen=True, slots=True)
class AcceptMail:
    """A mail that waits in review is wanted after all: intake takes it again and opens or adds to a case."""

    mail: int
    by: str


@dataclass(frozen=True, slots=True)
class WantAttention:
    """Something waits for a person: staff are told in one mail, soon, and not more than once an hour."""


Change = (
    OpenCase
    | AddEntry
    | QueueLetter
    | LinkCases
    | SetDeadline
    | SetPolicy
    | SetCase
    | SetStatus
    | SetStage
    | PostByHand
    | StopLetter
    | LookAt
    | MarkBounced
    | MarkArrived
    | MarkUndeliverable
    | MarkReachable
    | AcceptMail
    | WantAttention
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one mail, and why in words; `case` is the case it ended on, if any."""

    end: End
    reason: str
    case: str = ""
    review: ReviewReason | None = None  # why it is in review; of one that was added, why it is nobody's words
    duplicate_of: int | None = None
    changes: tuple[Change, ...] = ()
