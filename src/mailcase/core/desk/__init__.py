"""What a proven mail of staff brings about: every line carried out on the case, or none of them, and a transcript."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from mailcase.core.changes import AddEntry, Change, Decision, LookAt, QueueLetter, SetCase
from mailcase.core.desk import case, letters, opening, stages
from mailcase.core.desk.transcript import Line, Transcript
from mailcase.core.desk.work import Refused, Work
from mailcase.core.letters.telling import UNREAD
from mailcase.core.new_case import ON_ITS_WAY
from mailcase.core.reading import Known, Reading
from mailcase.core.rules import Rules
from mailcase.core.staff.assignment import Colleague
from mailcase.core.staff.command_values import Command, Fault, New, Said

# What each keyword does: it carries the command out and says so in words. `commands` has the same names, with their
# arguments and their help; `new` alone begins a case instead of working on one.
DO: Mapping[str, Callable[[Work, Any], str]] = MappingProxyType(
    {
        "status": case.set_status,
        "handler": case.hand_over,
        "category": case.set_category,
        "kind": case.set_kind,
        "track": case.set_track,
        "step": letters.set_step,
        "check": case.check,
        "note": case.note,
        "log": case.log,
        "extend": letters.extend,
        "outcome": case.set_outcome,
        "redress": case.set_redress,
        "cause": case.set_cause,
        "person": case.set_person,
        "format": case.set_format,
        "contact": case.set_contact,
        "conflict": case.add_conflict,
        "same": stages.join,
        "escalate": stages.escalate,
        "withdraw": stages.withdraw,
        "reopen": stages.reopen,
        "close": stages.close,
        "thanks": stages.thanks,
        "files": case.files,
        "cancel": letters.cancel,
        "show": case.show,
        "help": case.send_help,
        "accept": stages.accept,
        "reply": letters.reply,
        "ask": letters.ask,
        "resolve": letters.resolve,
    }
)

# What whoever worked on the first decision may still write while somebody else looks again.
HELPING = frozenset({"note", "log", "conflict", "files", "show", "help"})


@dataclass(frozen=True, slots=True)
class Desk:
    """One of staff at work: who it is, their mail, and on which case ('' is none)."""

    person: Colleague
    mail: Reading
    said: Said
    case: str
    known: Known
    rules: Rules
    now: datetime

    def decision(self, free_reference: str) -> Decision:
        """Everything that the mail says, done; or nothing of it, and why. A new case gets the free reference."""
        if self.said.faults:
            return self._refused([str(fault) for fault in self.said.faults])
        try:
            work, lines = self._begun(free_reference)
        except Refused as refused:
            return self._refused([str(refused)])
        faults: list[str] = []
        for command in self._commands():
            try:
                _leave_to_others(command.keyword, work)
                did = DO[command.keyword](work, command.value)
            except Refused as refused:
                faults.append(str(Fault(command.line, command.written, str(refused))))
            else:
                lines.append(Line(command.written, did))
        if faults:
            return self._refused(faults)
        if self.said.note:
            work.note("note", self.said.note)
        if work.acknowledges:
            stages.acknowledge(work)
        if not self.case:
            opening.announce(work)
        return self._done(work, lines)

    def _begun(self, free_reference: str) -> tuple[Work, list[Line]]:
        first = next((each for each in self.said.commands if isinstance(each.value, New)), None)
        if first is None or not isinstance(first.value, New):
            if self.case not in self.known.records:
                raise Refused("this address is for new: and help; answer a mail about a case to work on that case")
            record = self.known.records[self.case]
            if self.person.address in record.conflicts:
                raise Refused(f"{self.case} complains about you, so somebody else works on it")
            return Work(record, self.mail, self.person, self.known, self.rules, self.now), []
        if self.case:
            raise Refused("new: begins another case; write it to your own address, the one that help names")
        work, did = opening.begin(first.value, free_reference, self.mail, self.person, self.known, self.rules, self.now)
        return work, [Line(first.written, did)]

    def _commands(self) -> list[Command]:
        """What is left to do: the lines, and then the letter as one more."""
        found = [each for each in self.said.commands if not isinstance(each.value, New)]
        if letter := self.said.letter:
            found.append(Command(letter.keyword, letter.text, letter.line, f"{letter.keyword}: …"))
        return found

    def _done(self, work: Work, lines: Sequence[Line]) -> Decision:
        case = work.record.reference
        queued = [each for each in work.changes if isinstance(each, QueueLetter)]
        outgoing = [each for each in queued if each.case or each.kind == "staff-post"]
        answer = replace(self._answer(), case=case, note=self.said.note).done(
            lines,
            outgoing,
            work.record,
            work.known.entries.get(case, ()),
            (*work.known.mails.get(case, ()), *work.known.letters.get(case, ())),
            shows_case=work.shows_case,
            shows_help=work.shows_help,
        )
        letter = answer.letter(self.rules, self.now)
        look_at = self.now + ON_ITS_WAY if work.acknowledges else self.now
        changes: tuple[Change, ...] = (*work.changes, SetCase(work.record), letter, LookAt("case", case, look_at))
        if work.shows_case:
            changes += (LookAt(UNREAD, case, None),)
        return Decision("command", f"done: {', '.join(self._names()) or 'a note'}", case, changes=_in_order(changes))

    def _refused(self, faults: Sequence[str]) -> Decision:
        if self._names() == ["help"]:
            return self.helped()
        letter = self._answer().refused(faults).letter(self.rules, self.now)
        entry = (AddEntry(self.case, "refused", self.person.address, faults[0]),) if self.case else ()
        return Decision("command", f"refused: {faults[0]}", self.case, changes=(*entry, letter))

    def helped(self) -> Decision:
        """All keywords, and nothing else done."""
        answer = self._answer().done([Line("help", "below")], (), shows_help=True)
        return Decision("command", "done: help", self.case, changes=(answer.letter(self.rules, self.now),))

    def _answer(self) -> Transcript:
        message = self.mail.message
        return Transcript(message.digest, message.message_id, self.person.address, self.case)

    def _names(self) -> list[str]:
        return [each.keyword for each in self.said.commands] + [each.keyword for each in (self.said.letter,) if each]


def _leave_to_others(keyword: str, work: Work) -> None:
    """In the second stage another person decides, as the customer was told; a case without one may be given away."""
    record, person = work.record, work.person.address
    if record.stage == "first" or person == record.handler or person not in record.past_handlers:
        return
    if keyword not in HELPING and not (keyword == "handler" and not record.handler):
        who = work.rules.name_of(record.handler) or "somebody else"
        raise Refused(f"you worked on the first decision, so {who} decides now; write note: for what they should know")


def _in_order(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The case before what the store adds to it by itself; who is told the same twice, by two lines, is told once."""
    first = [each for each in changes if isinstance(each, SetCase)]
    last = {each.id: each for each in changes if isinstance(each, QueueLetter)}
    others = (each for each in changes if not isinstance(each, SetCase | QueueLetter))
    return (*first, *others, *last.values())
