"""Commands that say something of a case and write to no customer."""

from __future__ import annotations

from mailcase.core.case import BRINGS, ENDED, MAY_FOLLOW, Status
from mailcase.core.changes import StopLetter, WantAttention
from mailcase.core.deadlines.apply import moves
from mailcase.core.deadlines.owed import assigned
from mailcase.core.desk.letters import stop_words
from mailcase.core.desk.work import Refused, Work
from mailcase.core.letters.telling import tell, tell_files
from mailcase.core.mail.thread import same_address
from mailcase.core.record import Person, Task
from mailcase.core.staff.assignment import handler_for, reviewer_for
from mailcase.core.staff.command_values import Check, Log, Redress

# Statuses that come about by another keyword, with what belongs to them.
_BY_KEYWORD: dict[str, str] = {"resolved": "resolve:", "closed": "close", "withdrawn": "withdraw", "new": "reopen"}


def set_status(work: Work, status: str) -> str:
    """Investigating or waiting, where the case may come to that."""
    if status in _BY_KEYWORD:
        raise Refused(f"a case becomes {status} by another word: write {_BY_KEYWORD[status]}")
    allowed: tuple[Status, ...] = MAY_FOLLOW[work.record.status]
    found = next((each for each in allowed if each == status), None)
    if found is None or work.record.status in ENDED:
        how = "; write reopen to take it up again" if work.record.status in ENDED else ""
        raise Refused(f"the case is {work.record.status}{how}")
    work.set(status=found)
    work.note("status", found)
    return f"the case is {found}"


def hand_over(work: Work, name: str) -> str:
    """Somebody else looks after it: nobody complained about, and in the second stage nobody who worked on it."""
    to, record = work.colleague(name), work.record
    if to.address.casefold() in map(str.casefold, record.conflicts):
        raise Refused(f"the case complains about {to.name}; choose somebody else")
    if record.stage != "first" and to.address in record.past_handlers:
        raise Refused(f"{to.name} worked on the first decision; somebody else must look again")
    if to.address == record.handler:
        raise Refused(f"{to.name} has the case already")
    give(work, to.address)
    away = f", who is away on {work.today.isoformat()}" if to.is_away(work.today) else ""
    return f"{to.name}{away} has the case and is told by mail"


def give(work: Work, address: str) -> None:
    """Hand the case to an address, and tell them; '' is nobody."""
    record = work.record
    past = (*record.past_handlers, record.handler) if record.handler else record.past_handlers
    work.set(handler=address, past_handlers=tuple(dict.fromkeys(past)))
    work.note("handler", work.rules.name_of(address) or "nobody")
    if not address:
        work.changes.append(WantAttention())
    if address:
        owed = work.case.deadlines
        work.owe(*(each for each in assigned(owed, address, work.now) if each not in owed))
        work.changes += tell(address, "yours", work.record, work.mail.message.digest, work.known, work.rules, work.now)


def set_category(work: Work, name: str) -> str:
    """One of the policy's categories; dates that depend on it move."""
    return _sorted(work, "category", _one_of(name, work.policy.categories, "category"))


def set_kind(work: Work, kind: str) -> str:
    """One of the policy's kinds of case; what was received stays received when it was."""
    if work.record.kind != kind:
        work.set(step=1)
    return _sorted(work, "kind", _one_of(kind, work.policy.kinds, "kind"))


def set_track(work: Work, name: str) -> str:
    """One of the policy's tracks."""
    return _sorted(work, "track", _one_of(name, tuple(work.policy.tracks), "track"))


def _one_of(name: str, known: tuple[str, ...], what: str) -> str:
    found = next((each for each in known if each.casefold() == name.casefold()), "")
    if not found:
        listed = ", ".join(known) or "none at all"
        raise Refused(f"the policy has no {what} “{name}”; it has {listed}")
    return found


def _sorted(work: Work, what: str, value: str) -> str:
    work.set(**{what: value})
    work.note(what, value)
    moved = moves(work.case, work.policy, work.now)
    work.owe(*(move.after for move in moved))
    for move in moved:
        work.note("policy", move.words)
        if move.is_later:
            work.note("moved", move.words)
    told = "; the next update tells the customer; to tell them why, write extend"
    later = told if any(each.is_later for each in moved) else ""
    return "; ".join((f"{what} is {value}", *(move.told(work.shown) for move in moved))) + later


def check(work: Work, answer: Check) -> str:
    """One answer of the checklist that the policy has for this kind of case."""
    questions = work.policy.checks.get(work.record.kind, {})
    question = next((each for each in questions if each.casefold() == answer.question.casefold()), "")
    if not question:
        raise Refused(f"there is no question “{answer.question}”; there is {', '.join(questions) or 'none'}")
    said = f"{question}: {'yes' if answer.answer else 'no'}" + (f": {answer.words}" if answer.words else "")
    others = (each for each in work.record.checks if not each.startswith(f"{question}:"))
    work.set(checks=(*others, said))
    work.note("check", said)
    return f"{questions[question]} {'Yes' if answer.answer else 'No'}."


def note(work: Work, words: str) -> str:
    """Words that stay in the house."""
    work.note("note", words)
    return "kept for colleagues"


def log(work: Work, said: Log) -> str:
    """A talk with the customer counts as an update; a letter that was posted counts as what it is."""
    if said.channel != "posted":
        work.note("contact", f"{said.channel}: {said.words}")
        return f"contact by {said.channel} recorded; it counts as an update"
    task = _posted(work, said.words.casefold())
    work.changes += [StopLetter(draft.letter) for draft in work.record.drafts if draft.letter in task.mails]
    work.set(
        tasks=tuple(each for each in work.record.tasks if each is not task),
        drafts=tuple(each for each in work.record.drafts if each.letter not in task.mails),
    )
    if said.words.casefold() not in ("", task.kind):
        work.note("note", said.words)
    if task.stopped:
        work.note("note", f"{task.kind} was posted after it had been stopped")
        return f"on record: {task.kind} was posted, though it had been stopped; the case stays as it is"
    work.note("posted", task.kind)
    _bring(work, task.kind)
    return f"posted: {task.kind}"


def _posted(work: Work, words: str) -> Task:
    """The task that is done: the one that the words name, or that the answered mail brought, or the only one."""
    found, answered = work.record.to_post, work.answered
    if answered and answered.kind == "staff-post":
        brought = tuple(each for each in work.record.tasks if answered.letter in each.mails)
        found = brought or tuple(each for each in found if not each.mails)
    named = [each for each in (*found, *work.record.to_post) if each.kind == words]
    if named or len(found) == 1:
        return next(iter((*named, *found)))
    if not found:
        no_letter = "the letter of that mail waits no more" if work.record.to_post else "no letter waits to be posted"
        raise Refused(f"{no_letter}; write log: post: and what you sent")
    kinds = ", ".join(dict.fromkeys(each.kind for each in found))
    how = f"answer the mail that brought it to you, or write log: posted: {found[0].kind}"
    raise Refused(f"several letters wait to be posted: {kinds}; {how}")


def _bring(work: Work, kind: str) -> None:
    """What the letter brings about, where the case may come to that."""
    status = BRINGS.get(kind)
    if status and status in MAY_FOLLOW[work.record.status]:
        work.set(status=status, ended_at=work.now if status in ENDED else None)
        work.note("status", status)


def set_outcome(work: Work, outcome: str) -> str:
    """Who was right."""
    work.set(outcome=outcome)
    work.note("outcome", outcome)
    return "on record for the decision"


def set_redress(work: Work, redress: Redress) -> str:
    """What the customer gets."""
    work.set(redress=str(redress))
    work.note("redress", str(redress))
    return "on record for the decision"


def set_cause(work: Work, cause: str) -> str:
    """What went wrong."""
    work.set(cause=cause)
    work.note("cause", cause)
    return "on record for the reports"


def set_person(work: Work, person: Person) -> str:
    """Somebody else who gets the letters, or no longer does; no clock stops for their authority."""
    others = tuple(each for each in work.record.people if not same_address(each.address, person.address))
    if not person.role:
        if others == work.record.people:
            listed = ", ".join(each.address for each in others) or "nobody beside the customer"
            raise Refused(f"{person.address} does not get the letters; {listed} does")
        work.set(people=others)
        work.note("person", f"{person.address}: removed")
        return f"{person.address} gets no letters from now on"
    if work.rules.is_colleague(person.address) or work.rules.is_ours(person.address):
        raise Refused(f"{person.address} is one of ours; letters to customers go outside")
    work.set(people=(*others, person))
    work.note("person", f"{person.address}: {person.role}: {person.authority}")
    return f"{person.address} gets the letters from now on"


def set_format(work: Work, name: str) -> str:
    """How the customer reads our letters; also those of their later cases."""
    work.set(format="" if name == "standard" else name)
    work.note("format", name)
    return f"letters are in {name} from now on{_stopped(work)}"


def set_contact(work: Work, way: str) -> str:
    """How the customer wants to be reached; also on their later cases."""
    if way == "email" and not work.record.customer:
        raise Refused("the customer has no e-mail address here")
    work.set(contact="" if way == "email" else way)
    work.note("preference", way)
    return f"letters go by {way} from now on{_stopped(work)}"


def _stopped(work: Work) -> str:
    """What was written for another way of reading, or by somebody complained about, is not to leave."""
    stopped = stop_words(work, "update")
    return f"; stopped, so write it again: {stopped}" if stopped else ""


def add_conflict(work: Work, name: str) -> str:
    """Whom it complains about: they see nothing of it from now on, and somebody else gets it."""
    about = work.colleague(name)
    work.set(conflicts=tuple(dict.fromkeys((*work.record.conflicts, about.address))))
    work.note("conflict", f"it complains about {about.name}")
    stopped = _stopped(work)
    if work.record.handler != about.address:
        return f"{about.name} sees nothing of the case from now on{stopped}"
    to = _instead(work)
    give(work, to)
    return f"{about.name} sees nothing of the case from now on; {work.rules.name_of(to) or 'nobody'} has it{stopped}"


def _instead(work: Work) -> str:
    """Who takes the case from somebody complained about: in the second stage a manager who did not work on it."""
    record, staff, loads = work.record, work.rules.staff, work.known.loads
    if record.stage == "first":
        return handler_for(record.category, staff, loads, record.conflicts, work.today)
    return reviewer_for(staff, loads, (*record.past_handlers, *record.conflicts), work.today)


def files(work: Work, numbers: tuple[int, ...]) -> str:
    """Attachments of the customer's last mail that has any, once more."""
    sent = tell_files(numbers, work.person.address, work.record, work.known, work.rules, work.mail, work.now)
    if not sent:
        raise Refused("the customer's mails on this case have no such file")
    work.changes += sent
    return f"{len(sent)} {'mail' if len(sent) == 1 else 'mails'} with them on the way to you"


def show(work: Work, _nothing: None) -> str:
    """The whole case, in the answer."""
    work.shows_case = True
    return "below"


def send_help(work: Work, _nothing: None) -> str:
    """All keywords, in the answer."""
    work.shows_help = True
    return "below"
