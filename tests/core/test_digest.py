"""The daily digest: who reads what, in which order, and that nobody is bothered about nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from builders import POLICY, RULES
from mailcase.core.changes import QueueLetter
from mailcase.core.letters.attention import Unattended
from mailcase.core.letters.digest import (
    MOST,
    NotPassedOn,
    Owed,
    Returned,
    ToPost,
    Undecided,
    Unreached,
    Unread,
    Waiting,
    digest,
    next_morning,
)
from mailcase.core.letters.post import personal_address
from mailcase.core.staff.assignment import Colleague

PRIYA, TOM = "priya@elsewhere.example", "tom@elsewhere.example"
TEAM = replace(RULES, managers=(TOM,), staff=(Colleague("Priya Nair", PRIYA), Colleague("Tom Reed", TOM, "manager")))
MORNING = datetime(2026, 12, 21, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)

OVERDUE = Owed("CST-7K4M-92QFX", "K7", "resolve", datetime(2026, 12, 18, 17, 0, tzinfo=UTC), PRIYA)
TODAY = Owed("CST-1111-22222", "K4", "update", MORNING.replace(hour=18), "")
SOON = Owed("CST-3333-44444", "K7", "resolve", MORNING + DAY, "gone@elsewhere.example")
REVIEW = Unread(7, MORNING - DAY, "eve@example.net", "spam")
LOST = Unreached("CST-5555-66666", "sam@example.org", MORNING - 2 * DAY, PRIYA)
BACK = Returned(PRIYA, 3, MORNING - DAY)
PARKED = Undecided("CST-2222-33333", MORNING - 3 * DAY, PRIYA)
PAPER = ToPost("CST-4444-55555", 2, MORNING - 4 * DAY, "")
NOBODYS = (Unattended("CST-7777-88888", (PRIYA, TOM)), Unattended("CST-9999-00000", (PRIYA,)))
FLOOD = NotPassedOn("CST-6666-77777", "sam@example.org", PRIYA)
EVERYTHING = Waiting(
    (OVERDUE, TODAY, SOON), (PARKED,), (PAPER,), (REVIEW,), (LOST,), (FLOOD,), unattended=NOBODYS, returned=(BACK,)
)

TEXT = """\
Waiting for the team: 1 overdue, 1 due today, 1 due soon, 1 to decide, 1 to post, 1 in review, 1 undeliverable,\
 1 not passed on, 2 unattended, 1 of staff not reached.

Overdue
Case            Due                               What           Handler
CST-7K4M-92QFX  Friday 18 December 2026 at 17:00  decision (K7)  Priya Nair

Due today
Case            Due                               What         Handler
CST-1111-22222  Monday 21 December 2026 at 18:00  update (K4)  nobody yet

Due soon
Case            Due                                What           Handler
CST-3333-44444  Tuesday 22 December 2026 at 09:00  decision (K7)  gone@elsewhere.example

The customer has written after the end
Case            To decide since                   Handler
CST-2222-33333  Friday 18 December 2026 at 09:00  Priya Nair

Answer the mail about the case with reopen, escalate or thanks.

Letters to send by hand
Case            Letters  To post since                       Handler
CST-4444-55555  2        Thursday 17 December 2026 at 09:00  nobody yet

When one is on its way, answer the mail that brought it with log: posted.

Waiting in review
Mail  Received                          From             Why
7     Sunday 20 December 2026 at 09:00  eve@example.net  spam

To deal with it, run: mailcase review list

Letters that did not arrive
Case            Customer         Since                               Handler
CST-5555-66666  sam@example.org  Saturday 19 December 2026 at 09:00  Priya Nair

Reach these customers another way. To see the letters, run: mailcase letters --state failed

More mails than are passed on
Case            Customer         Handler
CST-6666-77777  sam@example.org  Priya Nair

To read them, answer any mail about the case with show

Cases that nobody may look after
- it complains about you and all others: your operator has to add somebody else to [[staff]]
- CST-9999-00000: a manager who has not worked on it has to be added to [[staff]], and to take it over

Mails to staff that came back
To                       How many  Since
priya@elsewhere.example  3         Sunday 20 December 2026 at 09:00

Tell them, or have their mailbox mended. Then mailcase letters names the mails, and mailcase retry ID sends one again.

To open a case for somebody, write new: … to your own address, {personal}. With help it tells you how.

mailcase, on behalf of Constrat"""


def bodies(letter: QueueLetter) -> tuple[str, str]:
    message = message_from_bytes(letter.raw, policy=policy.default)
    text, page = (part.get_content().replace("\r\n", "\n").strip() for part in message.iter_parts())
    return text, page


def test_a_manager_reads_the_whole_table_to_the_word() -> None:
    [letter] = digest(TOM, EVERYTHING, TEAM, MORNING)
    assert bodies(letter)[0] == TEXT.format(personal=personal_address(TOM, TEAM, MORNING))
    assert (letter.kind, letter.recipient, letter.case) == ("staff-digest", TOM, "")


def test_the_subject_says_how_much_waits_and_the_day() -> None:
    [letter] = digest(PRIYA, Waiting((OVERDUE, TODAY)), TEAM, MORNING)
    subject = str(message_from_bytes(letter.raw, policy=policy.default)["Subject"])
    assert subject == "1 overdue, 1 due today – Constrat, Monday 21 December 2026"
    assert bodies(letter)[0].startswith("Waiting for you: 1 overdue, 1 due today.")


def test_the_page_has_a_table_with_a_head_for_each_heap() -> None:
    page = bodies(digest(TOM, EVERYTHING, TEAM, MORNING)[0])[1]
    assert page.count("<table>") == page.count("</table>") == 9
    assert "<tr><th>Case</th><th>Due</th><th>What</th><th>Handler</th></tr>" in page
    cells = ("CST-7K4M-92QFX", "Friday 18 December 2026 at 17:00", "decision (K7)", "Priya Nair")
    row = f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    assert row in page
    assert "\x1f" not in page


@pytest.mark.parametrize("unreached", [TOM, "gone@elsewhere.example"])
def test_nobody_is_told_that_they_are_not_reached_nor_of_who_is_no_more_of_staff(unreached: str) -> None:
    assert digest(TOM, Waiting(returned=(replace(BACK, person=unreached),)), TEAM, MORNING) == ()


def test_when_nothing_waits_nothing_is_written() -> None:
    assert digest(TOM, Waiting(), TEAM, MORNING) == ()


@pytest.mark.parametrize("waiting", [Waiting((SOON,)), Waiting(review=(REVIEW,)), Waiting(undeliverable=(LOST,))])
def test_a_heap_that_is_empty_is_not_named(waiting: Waiting) -> None:
    text = bodies(digest(TOM, waiting, TEAM, MORNING)[0])[0]
    assert " 0 " not in text
    assert sum(title in text for title in ("Overdue", "Due soon", "Waiting in review", "did not arrive")) == 1


def test_a_long_table_shows_its_first_rows_and_says_how_many_more_there_are() -> None:
    many = tuple(replace(OVERDUE, case=f"CST-{number:04}-00000") for number in range(MOST + 70))
    text = bodies(digest(TOM, Waiting(many), TEAM, MORNING)[0])[0]
    assert text.startswith(f"Waiting for the team: {MOST + 70} overdue.")
    assert text.count("CST-") == MOST
    assert "And 70 more" in text


def test_there_is_one_letter_for_each_person_and_day() -> None:
    [one], [later] = (digest(TOM, EVERYTHING, TEAM, MORNING + timedelta(hours=hour)) for hour in (0, 5))
    [tomorrow], [other] = digest(TOM, EVERYTHING, TEAM, MORNING + DAY), digest(PRIYA, EVERYTHING, TEAM, MORNING)
    assert one.id == later.id
    assert len({one.id, tomorrow.id, other.id}) == 3


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-12-21 08:59", "2026-12-21 09:00"),
        ("2026-12-21 09:00", "2026-12-22 09:00"),  # today's is being written now
        ("2026-12-21 16:00", "2026-12-22 09:00"),
        ("2026-12-21 17:00", "2026-12-22 09:00"),
        ("2026-12-24 10:00", "2026-12-29 09:00"),  # Christmas, a weekend, Boxing Day on Monday
        ("2026-12-26 12:00", "2026-12-29 09:00"),
    ],
)
def test_digests_come_on_business_mornings(now: str, morning: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_morning(POLICY.calendar, moment) == datetime.fromisoformat(morning).replace(tzinfo=UTC)
