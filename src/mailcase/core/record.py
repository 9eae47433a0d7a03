"""A case as its row has it, and what the people who work on it may change: values that `desk` gives a new state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from mailcase.core.case import Role, Stage, Status
from mailcase.core.deadlines.owed import CaseFacts


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody beside the customer who gets the letters of a case: in which role, and by which authority."""

    address: str
    role: str
    authority: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter to the customer that has not left yet, so that it can still be stopped, by staff or by what follows."""

    letter: str
    kind: str
    leaves_at: datetime
    in_hand: bool = False  # the outbox sends it now: it is stopped only if the relay gives it back
    in_doubt: bool = False  # a relay was given it and did not answer: its reader may have it already


@dataclass(frozen=True, slots=True)
class Task:
    """A letter that a person is to post, print or read out, and the mails (their ids) that bring it to whoever does."""

    kind: str
    mails: tuple[str, ...] = ()
    stopped: bool = False  # it is not to leave any more, but somebody has it in hand


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One case, whole: its row, its people, the letters that wait, and what is owed on it. Times are UTC."""

    reference: str
    status: Status
    stage: Stage
    customer: str
    customer_name: str
    subject: str
    handler: str
    channel: str
    role: Role
    language: str
    kind: str
    track: str
    category: str
    received_at: datetime
    policy: str  # the digest of the policy that it was opened under
    outcome: str = ""
    redress: str = ""
    cause: str = ""
    step: int = 1  # of the steps that the policy names for its kind
    format: str = ""  # in which the customer reads; '' is the ordinary one
    contact: str = ""  # how they want to be reached; '' is by e-mail
    conflicts: tuple[str, ...] = ()  # staff who are complained about
    past_handlers: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    checks: tuple[str, ...] = ()  # answers of the checklist, as they were written
    missing: tuple[str, ...] = ()  # facts that the policy asks for, and no mail of the customer has shown yet
    joined: str = ""  # the case that goes on for this one
    proposed: str = ""  # the customer whom a colleague's mail names; a handler confirms it with `accept`
    rating: int = 0  # the answer to the survey, 1 to 5
    ended_at: datetime | None = None  # when it was resolved, closed or withdrawn
    parked_at: datetime | None = None  # when the customer answered the final letter, until staff decide what follows
    people: tuple[Person, ...] = ()
    drafts: tuple[Draft, ...] = ()
    facts: CaseFacts | None = None  # with its deadlines, where somebody asked for them

    @property
    def to_post(self) -> tuple[Task, ...]:
        """The letters that wait for a person's hand."""
        return tuple(task for task in self.tasks if not task.stopped)

    def without(self, *kinds: str) -> CaseRecord:
        """The case once no letter of these kinds is to leave any more: a task that reached nobody yet is gone."""
        waiting = {draft.letter for draft in self.drafts if not (draft.in_hand or draft.in_doubt)}
        tasks: list[Task] = []
        for task in self.tasks:
            if task.kind not in kinds:
                tasks.append(task)
            elif not task.mails or not waiting.issuperset(task.mails):
                tasks.append(replace(task, stopped=True))
        return replace(self, tasks=tuple(tasks), drafts=tuple(each for each in self.drafts if each.kind not in kinds))

    @property
    def owed(self) -> CaseFacts:
        """What is owed on it, as the people who work on it have left it."""
        assert self.facts is not None, "the case was read without its deadlines"
        return replace(
            self.facts,
            kind=self.kind,
            track=self.track,
            category=self.category,
            stage=self.stage,
            status=self.status,
            received_at=self.received_at,
            customer=self.customer,
            customer_name=self.customer_name,
            handler=self.handler,
            step=self.step,
            format=self.format,
            contact=self.contact,
            conflicts=self.conflicts,
            missing=self.missing,
            people=tuple(each.address for each in self.people),
        )
