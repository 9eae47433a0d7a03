"""Commands by which the customer gets a letter."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from mailcase.core.case import ENDED, STAFF_WORDS, LetterKind
from mailcase.core.changes import StopLetter
from mailcase.core.days.dates import day_in_words
from mailcase.core.deadlines.extension import extend as extended
from mailcase.core.deadlines.owed import DECISIONS, Deadline
from mailcase.core.desk.work import Refused, Work
from mailcase.core.letters.customer_mail import second_look
from mailcase.core.promises.adr import gaps
from mailcase.core.record import CaseRecord, Draft, Task
from mailcase.core.staff.command_values import Extend
from mailcase.errors import MailcaseError

_SHORTEST = 3  # words of an explanation
_NAME_WITHIN = 5  # lines from the last: a role, a team or a number may stand below the name
_BESIDE_NAME = 4  # words in its line: a greeting, a role; with more it is a sentence
_WORD = re.compile(r"\w+")


def reply(work: Work, words: str) -> str:
    """Words of staff, as they are."""
    _check_reader(work)
    work.send("reply", {"words": signed(words, work.person.name)})
    return "a letter to the customer"


def ask(work: Work, words: str) -> str:
    """The case waits for the customer when the letter is on its way; its dates stand."""
    _check_reader(work)
    if work.record.status in ENDED:
        raise Refused(f"the case is {work.record.status}; write reopen first, or reply:")
    work.send("ask", {"words": signed(words, work.person.name), "missing": work.record.missing})
    return "a question to the customer; the case waits for the answer once it has left"


def resolve(work: Work, words: str) -> str:
    """The decision; it leaves only with all that belongs to one."""
    _check_reader(work)
    record = work.record
    if record.status in ENDED:
        raise Refused(f"the case is {record.status}; write reopen first, or reply:")
    if work.waiting("resolution"):
        raise Refused("another decision has not left yet; write cancel first")
    last = not second_look(work.case, work.policy)
    if missing := _missing(work, words, last):
        raise Refused(f"a decision also needs {'; '.join(missing)}")
    values = {
        "words": signed(words, work.person.name),
        "outcome": record.outcome,
        "redress": "" if record.redress == "none" else record.redress,
        "stage": record.stage,
        "look_again": "" if last else work.rules.escalation_address or work.rules.service_address,
        "bodies": work.policy.adr if last else (),
        "refused_refund": record.kind == "refund" and record.outcome == "not upheld",
        "missed_decision": _missed(work),
    }
    if record.stage == "first":  # whoever else decided it looks at no second decision either
        work.set(past_handlers=tuple(dict.fromkeys((*record.past_handlers, work.person.address))))
    work.send("resolution", values)
    return "the decision to the customer; the case is resolved once it has left"


def signed(words: str, name: str) -> str:
    """The words with the name of whoever wrote them below, unless they end with it: the signature was cut off."""
    whole = _WORD.findall(name.casefold())
    last = [_WORD.findall(line.casefold()) for line in words.splitlines()[-_NAME_WITHIN:]]
    in_full = any(set(whole).issubset(line) and len(line) <= len(whole) + _BESIDE_NAME for line in last)
    ends = in_full or (last and last[-1] and last[-1][-1] in whole)
    return words if ends else f"{words}\n\n{name}"


def _missed(work: Work) -> datetime | None:
    """The date by which the customer should have had the decision, where that is past."""
    dues = [each.due_at for each in work.case.deadlines if each.kind in DECISIONS and each.met_at is None]
    last = max(dues, default=work.now)
    return last.astimezone(work.rules.zone) if last < work.now else None


def _missing(work: Work, words: str, last: bool) -> list[str]:
    record, found = work.record, list[str]()
    if not record.outcome:
        found.append("outcome: upheld, partly upheld or not upheld")
    if not record.redress:
        found.append("redress: what the customer gets, or redress: none")
    if len(words.split()) < _SHORTEST:
        found.append("an explanation behind resolve:")
    unanswered = [
        question
        for question in work.policy.checks.get(record.kind, {})
        if not any(each.startswith(f"{question}:") for each in record.checks)
    ]
    if unanswered:
        found.append(f"the answers to {', '.join(f'check: {question}' for question in unanswered)}")
    if last:
        found += [f"in the policy file, {gap}" for gap in gaps(work.policy)]
    return found


def extend(work: Work, more: Extend) -> str:
    """More time for the decision; the customer reads the reason and the new date."""
    open_ = [each for each in work.case.deadlines if each.kind in DECISIONS and each.state in ("open", "broken")]
    last = max((each.due_at for each in open_ if each.met_at is None), default=work.now)
    until = work.policy.add(max(last, work.now), more.by)
    try:
        work.take(extended(work.case, work.policy, until, more.reason, work.person.address, work.now))
    except MailcaseError as error:
        raise Refused(str(error).removeprefix(f"{work.record.reference}: ")) from None
    local = until.astimezone(work.rules.zone)
    work.send("extension", {"reason": more.reason, "until": local})
    day = day_in_words(local, work.rules.language)
    return f"the decision is due {day}; the customer is told the reason and the date"


def set_step(work: Work, name: str) -> str:
    """Another of the steps that the policy names for this kind of case; the customer is told."""
    steps = work.policy.steps.get(work.record.kind, ())
    found = [number for number, step in enumerate(steps, 1) if name.casefold() in step.casefold()]
    exact = [number for number, step in enumerate(steps, 1) if name.casefold() == step.casefold()]
    found = exact or found
    if len(found) != 1:
        raise Refused(f"it is none of the steps, or several; there are: {', '.join(steps) or 'none'}")
    if found[0] == work.record.step:
        raise Refused(f"the case is at this step already: {steps[found[0] - 1]}")
    work.set(step=found[0])
    work.note("step", f"step {found[0]} of {len(steps)}: {steps[found[0] - 1]}")
    answers = work.policy.questions.get(work.record.kind, ())
    work.send("step", {"question": answers[found[0] - 1] if found[0] <= len(answers) else ""})
    return f"step {found[0]} of {len(steps)}, {steps[found[0] - 1]}; the customer is told"


def cancel(work: Work, _nothing: None) -> str:
    """Stop what has not left; a new date that nobody has been told is no date."""
    untold = any(each.kind == "extension" and not each.in_hand for each in work.record.drafts)
    stopped = stop_words(work)
    if not stopped:
        raise Refused("no letter waits to leave")
    more = "; the new date stands, and the next update names it" if "extension" in stopped else ""
    return f"stopped: {stopped}{_taken_back(work) if untold else more}"


def _taken_back(work: Work) -> str:
    given = [each for each in work.case.deadlines if each.is_extension and each.state == "open"]
    last = max(given, key=lambda each: each.seq, default=None)
    if last is None:  # missed already, or promised no more
        return ""
    work.owe(replace(last, state="waived", evidence="the letter that gives it was stopped"))
    return "; the new date is taken back"


def stop_words(work: Work, *others: LetterKind) -> str:
    """Stop the letters with words of staff, and those of other kinds; which they were, '' when there were none."""
    unwanted = (*STAFF_WORDS, *others)
    kinds = unsent_words(work.record, unwanted)
    if not kinds:
        return ""
    tasks = {task.kind for task in work.record.to_post if task.kind in unwanted}
    work.changes += [StopLetter(draft.letter) for draft in work.record.drafts if draft.kind in unwanted]
    work.record = work.record.without(*unwanted)
    if "update" in tasks:  # of those that the relay gets, the outbox keeps that they stopped
        work.owe(*(replace(each, written=False) for each in work.case.deadlines if _is_owed_update(each)))
    work.note("cancelled", kinds)
    return kinds


def unsent_words(record: CaseRecord, kinds: Collection[str]) -> str:
    """The letters of these kinds that wait to leave or to be posted; '' when there are none."""
    drafts = [draft for draft in record.drafts if draft.kind in kinds]
    tasks = [task for task in record.to_post if task.kind in kinds]
    return ", ".join(dict.fromkeys((*map(_draft_words, drafts), *_in_hand(tasks, drafts))))


def _draft_words(draft: Draft) -> str:
    if draft.in_hand:
        return f"{draft.kind} (being sent now: only if the relay does not take it)"
    return f"{draft.kind} (its reader may have it already: the relay did not say)" if draft.in_doubt else draft.kind


def _in_hand(tasks: Iterable[Task], drafts: Collection[Draft]) -> Iterator[str]:
    """Letters that somebody has before them, and that are not to be posted any more."""
    waiting = {draft.letter for draft in drafts}
    return (f"{task.kind} (do not post it)" for task in tasks if not waiting.intersection(task.mails))


def _is_owed_update(deadline: Deadline) -> bool:
    return deadline.kind == "update" and deadline.state != "waived" and deadline.met_at is None and deadline.written


def _check_reader(work: Work) -> None:
    if work.record.proposed:
        raise Refused("nobody has confirmed who the customer is; write accept first")
