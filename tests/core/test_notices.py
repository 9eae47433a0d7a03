"""What a look brings about: who is told, in one conversation per case, and not more often than people can bear."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from builders import NOW, POLICY, RULES, SAM, letter
from mailcase.core.case import LetterKind
from mailcase.core.changes import AddEntry, Change, LookAt, QueueLetter, SetDeadline, WantAttention
from mailcase.core.days.durations import Duration
from mailcase.core.deadlines.look import look
from mailcase.core.deadlines.owed import CaseFacts, Contact, Happening, Unsent, new_case
from mailcase.core.letters.notices import follow, within_cap, within_customers_cap
from mailcase.core.letters.post import Draft
from mailcase.core.promises.policy import Policy
from mailcase.core.staff.assignment import Colleague

REFERENCE = "CST-7K4M-92QFX"
PRIYA, TOM = "priya@elsewhere.example", "tom@elsewhere.example"
TEAM = replace(RULES, managers=(TOM,), staff=(Colleague("Priya Nair", PRIYA), Colleague("Tom Reed", TOM, "manager")))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


ACKNOWLEDGED = Contact(at("2026-11-20 18:30"), "acknowledgement", "a")
OVERDUE = at("2026-12-18 17:00")


def case_of(**facts: object) -> CaseFacts:
    case: CaseFacts = replace(
        new_case(POLICY, REFERENCE, at("2026-11-20 18:30")), customer=SAM, handler=PRIYA, contacts=(ACKNOWLEDGED,)
    )
    return replace(case, **facts)  # type: ignore[arg-type]


# Updates went out in time until the day on which the decision is due.
IN_TIME = (ACKNOWLEDGED, *(Contact(at(f"{day} 09:00"), "update", day) for day in (
    "2026-11-24", "2026-11-27", "2026-12-01", "2026-12-04", "2026-12-08", "2026-12-11", "2026-12-15", "2026-12-18",
)))  # fmt: skip


def brought(case: CaseFacts, now: datetime, policy: Policy = POLICY) -> list[Change]:
    found = follow(case, look(case, policy, now), replace(TEAM, policy=policy), now)
    return within_cap(found, {}, 20)[0]


def staff_mails(case: CaseFacts, *moments: datetime) -> list[QueueLetter]:
    """Every mail to staff over several looks, each of which begins where the one before has ended."""
    found: list[QueueLetter] = []
    for now in moments:
        mails = [each for each in brought(case, now) if isinstance(each, QueueLetter)]
        found += [each for each in mails if each.kind.startswith("staff-")]
        case = replace(case, deadlines=look(case, POLICY, now).deadlines)
    return found


def parsed(mail: QueueLetter) -> EmailMessage:
    return message_from_bytes(mail.raw, policy=policy.default)


def text_of(mail: QueueLetter) -> str:
    part = parsed(mail).get_body(("plain",))
    assert part
    return str(part.get_content()).replace("\r\n", "\n").strip()


def test_the_handler_is_asked_a_business_day_before_the_update() -> None:
    [asked] = staff_mails(case_of(), at("2026-11-24 09:00"))
    assert (asked.kind, asked.recipient) == ("staff-words", PRIYA)
    assert text_of(asked).startswith(f"Is there news on {REFERENCE}? An update goes out on Wednesday 25 November")
    assert "and your words go instead" in text_of(asked)


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        ((), "No reason is recorded: it will say that we cannot give one yet."),
        ((Happening(at("2026-12-17 11:00"), "extend", "The bank is slow."),), "this reason: The bank is slow."),
    ],
)
def test_who_is_asked_past_the_target_reads_which_reason_the_customer_will_get(
    happened: tuple[Happening, ...], words: str
) -> None:
    update = Contact(at("2026-12-18 09:00"), "update", "u")
    mails = staff_mails(case_of(happened=happened, contacts=(ACKNOWLEDGED, update)), OVERDUE, at("2026-12-21 09:00"))
    [asked] = [mail for mail in mails if mail.kind == "staff-words"]
    assert words in text_of(asked)
    assert "due on Friday 18 December 2026" in text_of(asked)


def test_a_warning_stands_on_the_timeline_and_waits_for_the_digest() -> None:
    changes = brought(case_of(contacts=IN_TIME[:-1]), at("2026-12-15 09:00"))
    [entry] = [each for each in changes if isinstance(each, AddEntry) and each.kind != "kept"]
    assert (entry.kind, entry.text) == ("warning", "decision is due Friday 18 December 2026 at 17:00")
    assert not [each for each in changes if isinstance(each, QueueLetter) and each.kind == "staff-warning"]


def test_what_is_due_today_is_told_at_once() -> None:
    warned_today = replace(
        POLICY, promises=tuple(replace(each, warn=(Duration(4, "hours"),)) for each in POLICY.promises)
    )
    case = case_of(contacts=IN_TIME)
    now = at("2026-12-18 13:00")
    [mail] = [each for each in brought(case, now, warned_today) if isinstance(each, QueueLetter)]
    assert (mail.kind, mail.recipient) == ("staff-warning", PRIYA)
    assert text_of(mail).startswith(f"Due today: the decision on {REFERENCE}, by Friday 18 December 2026 at 17:00.")


def test_a_missed_promise_is_flagged_with_its_minute_and_told_to_handler_and_manager_then_to_the_manager() -> None:
    case = case_of(contacts=IN_TIME)
    changes = brought(case, OVERDUE)
    assert AddEntry(REFERENCE, "broken", "mailcase", "decision, due 2026-12-18 17:00 UTC") in changes
    assert any(isinstance(each, SetDeadline) and each.deadline.state == "broken" for each in changes)
    mails = [mail for mail in staff_mails(case, OVERDUE, OVERDUE + timedelta(days=3)) if mail.kind == "staff-overdue"]
    assert [mail.recipient for mail in mails] == [PRIYA, TOM, TOM]
    assert [text_of(mail).partition(":")[0] for mail in mails] == ["Overdue", "Overdue", "Still overdue"]
    assert len({mail.id for mail in mails}) == 3


def test_of_what_was_late_and_is_done_meanwhile_nobody_gets_a_mail() -> None:
    late = case_of(contacts=(replace(ACKNOWLEDGED, at=at("2026-11-23 10:00")),))
    assert [mail for mail in staff_mails(late, at("2026-11-23 10:01")) if mail.kind == "staff-overdue"] == []


@pytest.mark.parametrize(
    ("facts", "next_step"),
    [
        ({"contact": "post"}, "post the letter, and answer the mail that brought it with log: posted"),
        ({"customer": "", "reachable": False}, "answer with accept"),
        ({"unsent": (Unsent("acknowledgement", "held", NOW),)}, "mailcase letters --state held names it"),
    ],
)
def test_who_reads_that_something_is_overdue_reads_what_to_do_next(facts: dict[str, object], next_step: str) -> None:
    mails = staff_mails(case_of(contacts=(), **facts), at("2026-11-23 18:30"))
    overdue = [text_of(mail) for mail in mails if "Overdue: the acknowledgement" in text_of(mail)]
    assert overdue
    assert all(next_step in text for text in overdue)


def test_as_long_as_nobody_works_on_a_case_the_managers_are_told() -> None:
    assert {mail.recipient for mail in staff_mails(case_of(handler=""), at("2026-11-24 09:00"))} == {TOM}


def test_all_mails_about_a_case_are_one_conversation_and_those_of_another_are_not() -> None:
    days = [at("2026-11-24 09:00") + timedelta(days=day) for day in range(30)]
    mails = [parsed(mail) for mail in staff_mails(case_of(), *days)]
    assert len(mails) >= 4
    assert {str(mail["Subject"]) for mail in mails} == {f"Case {REFERENCE} – Constrat"}
    [conversation] = {str(mail["References"]) for mail in mails}
    assert conversation not in {str(mail["Message-ID"]) for mail in mails}
    [other] = staff_mails(case_of(reference="CST-1111-22222"), days[0])
    assert str(parsed(other)["References"]) != conversation


def test_the_facts_line_up_and_the_first_80_characters_name_the_case() -> None:
    for mail in staff_mails(case_of(), at("2026-11-24 09:00"), OVERDUE):
        lines = text_of(mail).splitlines()
        assert REFERENCE in lines[0][:80]
        facts = [line for line in lines if line.startswith("- ")]
        assert [line.partition(":")[0] for line in facts] == [
            *("- Case", "- Customer", "- Received", "- Handler", "- Due", "- Promise"),
        ]
        assert {len(line) - len(line.partition(":")[2].lstrip()) for line in facts} == {12}


def test_the_case_is_looked_at_again_when_something_is_next() -> None:
    changes = brought(case_of(), at("2026-11-24 09:00"))
    assert changes[-1] == LookAt("case", REFERENCE, at("2026-11-25 09:00"))


# The cap


def urgent(number: int, person: str = PRIYA, kind: LetterKind = "staff-overdue") -> Draft:
    return Draft(kind, person, lambda: letter(number, kind=kind, recipient=person))


def test_urgent_mails_end_at_the_cap_of_each_person_and_nothing_else_does() -> None:
    rest: list[Change] = [
        letter(90),
        AddEntry("A", "broken", "mailcase", "x"),
        letter(91, kind="staff-digest", recipient=PRIYA),
    ]
    drafts = [*(urgent(number) for number in range(5)), urgent(6, TOM)]
    letters = [draft.written() for draft in drafts]
    assert within_cap([*rest, *drafts], {PRIYA: 17}, 20) == ([*rest, *letters[:3], letters[5]], 2)
    assert within_cap([*rest, *drafts], {}, 20) == ([*rest, *letters], 0)


def test_questions_leave_room_under_the_cap_for_what_is_missed() -> None:
    drafts = [*(urgent(number, kind="staff-words") for number in range(15)), urgent(20)]
    letters = [draft.written() for draft in drafts]
    assert within_cap(drafts, {}, 20) == ([*letters[:10], letters[15]], 5)


def test_updates_above_a_mailboxs_cap_are_held_and_people_told() -> None:
    updates = [letter(number, kind="update", recipient=f"victim+{number}@x.example") for number in range(3)]
    other = letter(9, kind="update", recipient="sam@example.org")
    found = within_customers_cap([*updates, other], {"victim@x.example": 1}, 3)
    held = replace(updates[2], held="3 updates went to this address within a day")
    entry = AddEntry(held.case, "held", "mailcase", f"update held: {held.held}")
    assert found == [*updates[:2], held, entry, WantAttention(), other]
