"""People run the case by mail: what staff and customers write, what follows from it, and what must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from builders import SAM, STAFFED, mail
from mailcase.core.desk import DO
from mailcase.core.mail.forms import Form
from mailcase.core.staff.commands import KEYWORDS
from mailcase.store.engine import Database
from mailcase.store.tables import cases, deadlines, letters
from rigs.people import COOLED, PRIYA, TOM, People, firm, opened, own_address, people_token, the, words

ESCALATION = "escalation@firm.example"
DECISION = "outcome: upheld\nredress: refund 20.00 GBP\nresolve: Dear Sam,\n\nthe courier lost it.\n\nPriya"
NOTHING_SENT = "NOTHING WAS SENT TO THE CUSTOMER"


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


def test_every_keyword_does_something() -> None:
    assert {keyword.name for keyword in KEYWORDS.values()} == DO.keys() | {"new"}


def test_a_complaint_has_a_handler_who_gets_it_by_mail_with_what_to_answer(people: People) -> None:
    letters = people.customer_writes("My order never came.\nresolve: me")
    told = the(letters, "staff-case")
    assert (people.case().handler, told.recipient) == (PRIYA, PRIYA)
    assert "Priya Nair is looking after your complaint." in words(the(letters, "acknowledgement"))
    assert "| My order never came.\n| resolve: me" in words(told)
    assert "- ask: Could you send" in words(told)


def test_a_complaint_about_somebody_goes_to_somebody_else(people: People) -> None:
    letters = people.customer_writes("Priya   NAIR was rude to me.")
    assert people.case().handler == TOM
    assert {each.recipient for each in letters} == {SAM, TOM}


def test_lines_are_carried_out_and_answered_with_a_transcript(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    [answer] = people.answers(told, "status: investigating\nnote: depot has the CCTV\ncause: courier")
    assert (people.case().status, people.case().cause) == ("investigating", "courier")
    assert answer.recipient == PRIYA
    assert "- note: depot has the CCTV – kept for colleagues" in words(answer)
    assert NOTHING_SENT in words(answer)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("status: investigating\noutcom: upheld", "did you mean outcome:?"),
        ("status: investigating\nhandler: nobody", "nobody is called nobody"),
        ("status: investigating\nresolve: Dear Sam, we looked into it.", "a decision also needs outcome:"),
        ("outcome: upheld\nresolve: Dear Sam, we looked into it.", "a decision also needs redress:"),
        ("status: resolved", "write resolve:"),
        ("status: investigating\ntrack: quick", "has no track"),
        ("cancel", "no letter waits"),
        ("thanks", "no message of the customer waits"),
        ("close", "only a resolved one"),
        ("reopen", "it has not ended"),
        ("escalate\nstep: nowhere", "none of the steps"),
        ("accept", "nothing is proposed"),
        ("same: CST-7K4M-92QFX", "is no"),
        ("new: phone: kim@example.org: received 20 November: It broke.", "your own address"),
        ("log: posted", "no letter waits to be posted"),
        ("person: add ann@firm.example: friend: she says so", "is one of ours"),
        ("files: 7", "no such file"),
    ],
)
def test_with_one_fault_nothing_at_all_is_done(people: People, text: str, why: str) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    before = people.case()
    [answer] = people.answers(told, text)
    assert why in words(answer)
    assert NOTHING_SENT in words(answer)
    assert people.case() == before
    assert people.timeline()[-1].kind in ("refused", "kept")


def test_an_answer_without_a_command_is_a_note(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    [answer] = people.answers(told, "I will call the depot.")
    assert NOTHING_SENT.lower() in words(answer).lower()
    assert "I will call the depot." in [entry.text for entry in people.timeline() if entry.kind == "note"]


def test_a_letter_with_words_of_staff_waits_and_can_be_stopped(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    [answer] = people.answers(told, "reply: Dear Sam,\n\nthe depot looks for it.")
    assert "Until then cancel stops it." in words(answer)
    assert "the depot looks for it." in words(answer)
    [stopped] = people.answers(told, "cancel")
    assert "stopped: reply" in words(stopped)
    assert people.waits(COOLED) == []
    people.answers(told, "reply: Dear Sam,\n\nthe depot has it.")
    [letter] = people.waits(COOLED)
    assert (letter.kind, letter.recipient) == ("reply", SAM)
    assert "the depot has it." in words(letter)
    [late] = people.answers(told, "cancel")
    assert "no letter waits" in words(late)


def test_a_question_makes_the_case_wait_and_the_answer_ends_that(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "ask: Could you send the receipt?")
    assert people.case().status == "new"
    [question] = people.waits(COOLED)
    assert people.case().status == "waiting"
    [message] = people.customer_writes("Here it is.", in_reply_to=opened(question).message_id)
    assert (message.kind, message.recipient) == ("staff-message", PRIYA)
    assert people.case().status == "investigating"


def test_an_extension_tells_the_customer_the_reason_and_the_new_date(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "extend: 5 business days: the depot is closed")
    [letter] = people.waits(COOLED)
    assert "The reason: the depot is closed" in words(letter)
    assert "Wednesday 30 December 2026" in words(letter)


def resolved(people: People) -> tuple[str, str]:
    """(reference, Message-ID of the decision) of a case that is resolved."""
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, DECISION)
    letter = the(people.waits(COOLED), "resolution")
    assert people.case().status == "resolved"
    assert people.case().outcome == "upheld"
    assert "You get a refund of 20.00 GBP." in words(letter)
    return people.case().reference, opened(letter).message_id


def test_what_a_customer_answers_to_the_decision_waits_for_staff_and_then_for_the_manager(people: People) -> None:
    _, decision = resolved(people)
    [parked] = people.customer_writes("Why did it take so long?", in_reply_to=decision)
    assert "Reopen, escalate or thanks?" in words(parked)
    assert people.case().status == "resolved"
    late = the(people.waits(timedelta(days=2)), "staff-message", TOM)
    assert "Undecided for a business day" in words(late)
    [answer] = people.answers(parked, "thanks")
    assert "needs no answer" in words(answer)
    assert people.case().parked_at is None


def test_reopened_the_case_goes_on_with_its_dates(people: People) -> None:
    _, decision = resolved(people)
    [parked] = people.customer_writes("You forgot the postage.", in_reply_to=decision)
    people.answers(parked, "reopen")
    assert people.case().status == "investigating"
    assert {each.due_at for each in people.case().owed.deadlines if each.kind == "resolve"}


@pytest.mark.parametrize("firm_name", ["constrat", "xtraspots", "xcommunications", "xpereozz"])
def test_from_the_first_mail_to_the_last_letter(database: Database, firm_name: str) -> None:
    people = People(database, firm(firm_name))
    told = the(people.customer_writes("My order never came."), "staff-case")
    checks = "".join(f"check: {each}: no\n" for each in people.rules.policy.checks.get(people.case().kind, {}))
    people.answers(told, checks + DECISION)
    people.waits(COOLED)
    reference = people.case().reference
    letters = people.customer_writes(f"I disagree. {reference}: it was more.", to=ESCALATION)
    promised = any(promise.kind == "escalation" for promise in people.rules.policy.promises)
    assert people.case().stage == ("second" if promised else "first")
    if not promised:
        assert the(letters, "staff-message").recipient == PRIYA
        return
    assert people.case().handler == TOM
    assert "Tom Reed looks at it now." in words(the(letters, "second-look"))
    assert the(letters, "staff-message").recipient == PRIYA
    again = the(letters, "staff-case", TOM)
    refusal = "outcome: not upheld\nredress: none\nresolve: Dear Sam,\n\nwe were right the first time.\n\nTom"
    people.answers(again, refusal, who=TOM)
    last = people.waits(COOLED)
    assert "This is our final answer." in words(the(last, "resolution"))
    outside = [words(each) for each in last if each.kind == "signpost"]
    assert len(outside) == (1 if people.rules.policy.adr else 0)
    assert people.case().stage == ("signposted" if outside else "second")
    assert all(body.name in outside[0] for body in people.rules.policy.adr)
    kept = {each.kind: each.state for each in people.case().owed.deadlines if each.kind != "update"}
    assert set(kept.values()) <= {"kept", "waived"}
    assert kept["escalation"] == "kept"


def test_a_request_without_a_reference_is_about_the_one_resolved_case(database: Database) -> None:
    people = People(database, firm("constrat"))
    resolved(people)
    people.customer_writes("Please look at this again.", to=ESCALATION)
    assert people.case().stage == "second"


def test_of_several_resolved_cases_the_customer_is_asked_which_once(database: Database) -> None:
    people = People(database, firm("constrat"))
    for text in ("My order never came.", "The second one broke."):
        told = the(people.customer_writes(text), "staff-case")
        people.answers(told, DECISION)
        people.waits(COOLED)
    asked = people.customer_writes("Please look at this again.", to=ESCALATION)
    assert opened(the(asked, "which-case")).reply_to == (ESCALATION,)
    again = people.customer_writes("I said, look at it again!", to=ESCALATION)
    assert "which-case" not in [each.kind for each in again]


# -- who may


WRONG: dict[str, dict[str, Any]] = {
    "no proof of the mail system": {"authentication_results": ""},
    "a failed proof": {"authentication_results": "mx.firm.example; dmarc=fail header.from=elsewhere.example"},
    "a proof by somebody else": {"authentication_results": "mx.evil.example; dmarc=pass header.from=elsewhere.example"},
    "no token": {"to": "complaints@firm.example"},
    "a broken token": {"to": "complaints+0123456789abcdefghjkmnpqr@firm.example"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG.keys())
def test_what_is_not_proven_changes_nothing_and_only_the_real_colleague_hears_of_it(
    people: People, headers: dict[str, Any]
) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    before = people.case()
    letters = people.answers(told, DECISION, **{"subject": f"Re: {before.reference}", **headers})
    assert [(each.kind, each.recipient) for each in letters] == [("staff-unproven", PRIYA)]
    assert people.case() == before
    assert people.waits(COOLED) == []
    assert "unverified" in [entry.kind for entry in people.timeline()]


def test_a_token_serves_nobody_else_and_no_other_case(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    other = the(people.customer_writes("Another matter.", "Kim <kim@example.org>"), "staff-case")
    before = people.case(opened(told).subject.split()[1])
    letters = people.answers(told, "withdraw", who=TOM)
    assert [each.kind for each in letters] == ["staff-unproven"]
    reference = opened(other).subject.split()[1]
    letters = people.answers(told, "withdraw", subject=f"Re: Case {reference}")
    assert [each.kind for each in letters] == ["staff-unproven"]
    assert people.case(before.reference) == before


def test_a_customer_cannot_give_commands(people: People) -> None:
    letters = people.customer_writes("My order never came.")
    told = the(letters, "staff-case")
    stolen = opened(told).reply_to[0]
    before = people.case()
    people.customer_writes("withdraw", to=stolen)
    assert people.case(before.reference) == before


def test_a_case_may_come_back_to_somebody_who_had_it(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    for name in ("tom", "priya", "tom"):
        letters = people.answers(told, f"handler: {name}")
        assert name in the(letters, "staff-case").recipient
    assert people.case().handler == TOM


def test_a_second_look_after_a_disagreement_tells_the_first_handler_too(database: Database) -> None:
    people = People(database, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.customer_writes("When do I hear?", in_reply_to=opened(told).message_id, subject=opened(told).subject)
    letters = people.answers(told, "escalate")
    assert (the(letters, "staff-case").recipient, the(letters, "staff-message").recipient) == (TOM, PRIYA)


def test_a_complaint_about_the_second_reader_goes_to_nobody_who_decided_first(database: Database) -> None:
    people = People(database, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "escalate")
    assert people.case().handler == TOM
    people.answers(told, "conflict: Tom Reed")
    assert people.case().handler == ""


def test_what_was_late_before_somebody_confirmed_the_customer_stays_late(database: Database) -> None:
    people = People(database, firm("constrat"))
    text = "FYI\n\n---------- Forwarded message ---------\nFrom: Kim Lee <kim@example.net>\n"
    text += "Date: Fri, 20 Nov 2026 at 14:05\nSubject: My lamp\nTo: <ann@firm.example>\n\nIt broke.\n"
    [told] = people.arrives(mail("Ann <ann@firm.example>", "Fwd: My lamp", text))
    people.waits(timedelta(days=9))
    late = broken(database)
    people.answers(told, "accept", who=told.recipient)
    assert late
    assert late <= broken(database)


def broken(database: Database) -> set[tuple[str, int]]:
    """The promises that were not kept in time, also those that were kept later."""
    with database.read() as conn:
        rows = conn.execute(select(deadlines.c.promise, deadlines.c.seq).where(deadlines.c.state == "broken"))
        return {(row.promise, row.seq) for row in rows}


def test_who_is_complained_about_gives_no_commands_and_sees_no_more_of_it(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    letters = people.answers(told, "conflict: Priya Nair")
    assert people.case().handler == TOM
    assert the(letters, "staff-case").recipient == TOM
    [refused] = people.answers(told, "status: investigating")
    assert "complains about you" in words(refused)
    assert people.case().status == "new"


# -- other ways in


def test_a_complaint_by_phone_is_opened_at_the_personal_address(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    helped = the(people.answers(told, "help"), "staff-transcript")
    assert "new: phone" in words(helped)
    call = "new: phone: kim@example.net: received 20 November: The lamp broke."
    letters = people.answers(helped, call, to=own_address(words(helped)))
    assert the(letters, "acknowledgement").recipient == "kim@example.net"
    case = people.case(opened(the(letters, "acknowledgement")).subject.split()[-1])
    assert (case.channel, case.received_at.isoformat()) == ("phone", "2026-11-20T09:00:00+00:00")


def test_a_forged_sender_is_not_answered_and_staff_are_not_buried(people: People) -> None:
    forged = {"authentication_results": "mx.firm.example; dmarc=fail header.from=example.org"}
    for number in range(5):
        people.customer_writes(f"Complaint {number}.", **forged)
    assert {each.kind for each in people.sent} <= {"staff-attention"}


def test_a_forged_customer_changes_nothing_and_the_handler_is_warned(database: Database) -> None:
    people = People(database, firm("constrat"))
    reference, decision = resolved(people)
    forged = {"authentication_results": "mx.firm.example; dmarc=fail header.from=example.org"}
    letters = people.customer_writes("I disagree.", in_reply_to=decision, to=ESCALATION, **forged)
    assert [(each.kind, each.recipient) for each in letters] == [("staff-message", PRIYA)]
    assert "nobody vouches for this address" in words(letters[0])
    assert people.case(reference).stage == "first"


def test_a_customer_without_an_address_gets_letters_by_hand(people: People) -> None:
    personal = people.rules.service_address.replace("@", f"+{people_token(people)}@")
    raw = mail(
        PRIYA,
        "A call",
        "new: phone: Kim Lee: received today: the lamp broke",
        to=personal,
        authentication_results="mx.firm.example; dmarc=pass header.from=elsewhere.example",
    )
    letters = people.arrives(raw)
    task = the(letters, "staff-post")
    assert "log: posted" in words(task)
    case = people.case()
    assert (case.channel, case.customer) == ("phone", "")
    assert [each.kind for each in case.tasks] == ["acknowledgement"]
    assert {each.kind: each.state for each in case.owed.deadlines}["acknowledge"] == "open"
    people.answers(task, "log: posted", who=task.recipient)
    assert people.case().tasks == ()
    assert {each.kind: each.state for each in people.case().owed.deadlines}["acknowledge"] == "kept"


def test_a_complaint_that_a_colleague_forwards_waits_for_a_handler(people: People) -> None:
    text = (
        "FYI\n\n---------- Forwarded message ---------\nFrom: Kim Lee <kim@example.net>\n"
        "Date: Fri, 20 Nov 2026 at 14:05\nSubject: My lamp\nTo: <ann@firm.example>\n\nIt broke.\n"
    )
    [told] = people.arrives(mail("Ann <ann@firm.example>", "Fwd: My lamp", text))
    assert told.kind == "staff-case"
    assert people.case().customer == ""
    assert people.case().proposed.startswith("kim@example.net")
    letters = people.answers(told, "accept", who=told.recipient)
    assert the(letters, "acknowledgement").recipient == "kim@example.net"
    assert people.case().customer == "kim@example.net"
    assert people.case().received_at.date().isoformat() == "2026-11-20"


def test_a_form_names_the_customer(database: Database) -> None:
    form = Form("no-reply@forms.example", "form", {"email": "Email", "name": "Name", "message": "Message"})
    people = People(database, replace(STAFFED, forms=(form,)))
    proof = "mx.firm.example; dmarc=pass header.from=forms.example"
    text = "Name: Kim Lee\nEmail: kim@example.net\nMessage: It broke.\n"
    letters = people.arrives(mail("no-reply@forms.example", "Form", text, authentication_results=proof))
    assert the(letters, "acknowledgement").recipient == "kim@example.net"
    assert people.case().channel == "web"
    assert people.arrives(mail("no-reply@forms.example", "Form", text.replace("broke", "fell"))) == []


def test_two_cases_become_one_that_counts_from_the_earlier_receipt(people: People) -> None:
    people.customer_writes("My order never came.")
    first = people.case().reference
    people.waits(timedelta(days=1))
    told = the(people.customer_writes("And the lamp broke.", subject="Lamp"), "staff-case")
    second = opened(told).subject.split()[1]
    people.answers(told, f"same: {first}")
    assert people.case(first).joined == second
    assert people.case(second).received_at == people.case(first).received_at
    dues = [{each.kind: each.due_at for each in people.case(case).owed.deadlines} for case in (first, second)]
    assert dues[0]["resolve"] == dues[1]["resolve"]


def test_a_survey_is_asked_and_answered_once(database: Database) -> None:
    people = People(database, firm("xpereozz"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "kind: complaint\n" + DECISION)
    people.waits(COOLED)
    survey = the(people.answers(told, "close"), "survey")
    people.customer_writes("4\nquick and kind", in_reply_to=opened(survey).message_id)
    assert people.case().rating == 4
    people.customer_writes("1\nno, bad", in_reply_to=opened(survey).message_id)
    assert people.case().rating == 4


def test_the_customer_is_told_each_step(database: Database) -> None:
    people = People(database, firm("xpereozz"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "step: checking eligibility")
    letter = the(people.waits(COOLED), "step")
    assert "Your request is at step 3 of 5: checking eligibility." in words(letter)
    assert people.case().step == 3


def test_how_a_customer_reads_is_kept_and_what_we_cannot_make_is_a_task(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "format: braille")
    letters = people.answers(told, "reply: Dear Sam, we have it.", then=COOLED)
    assert {each.kind for each in letters} == {"staff-transcript", "staff-post"}
    assert [each.kind for each in people.case().tasks] == ["reply"]
    later = people.customer_writes("The next one broke too.", subject="Lamp")
    assert "staff-post" in [each.kind for each in later]
    helped = the(people.answers(told, "help"), "staff-transcript")
    call = f"new: phone: {SAM}: received today: The third one broke."
    by_phone = people.answers(helped, call, to=own_address(words(helped)))
    assert {each.kind for each in by_phone} == {"staff-transcript", "staff-post"}


def test_somebody_else_gets_the_letters_too(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "person: add kim@example.net: representative: letter of 3 May")
    letters = people.answers(told, "reply: Dear Sam, we have it.", then=COOLED)
    assert {each.recipient for each in letters if each.kind == "reply"} == {SAM, "kim@example.net"}


def test_a_withdrawal_is_confirmed_by_the_handler(people: People) -> None:
    told = people.customer_writes("My order never came.")
    acknowledged = opened(the(told, "acknowledgement")).message_id
    [wish] = people.customer_writes("I withdraw my complaint.", in_reply_to=acknowledged)
    assert "Please confirm with withdraw" in words(wish)
    assert people.case().status == "new"
    letters = people.answers(wish, "withdraw")
    assert the(letters, "withdrawal").recipient == SAM
    assert people.case().status == "withdrawn"


# -- what a complaint should tell us, and who takes it on


def test_only_what_a_complaint_does_not_say_is_asked_for_until_the_customer_says_it(database: Database) -> None:
    people = People(database, firm("xcommunications"))
    letters = people.customer_writes("My line is dead. Customer reference 104213.")
    size, phone = "whether your business has 10 employees or fewer", "a telephone number where we can reach you"
    asked = words(the(letters, "acknowledgement"))
    assert size in asked
    assert "your customer reference" not in asked
    told = the(letters, "staff-case")
    assert f"Missing:  {phone}; {size}" in words(told)
    people.customer_writes("We are 3 employees.", in_reply_to=opened(the(letters, "acknowledgement")).message_id)
    assert people.case().missing == (phone,)
    question = the(people.answers(told, "ask: Which line is it?", then=COOLED), "ask")
    assert f"please add:\n\n- {phone}" in words(question)


@pytest.mark.parametrize(("sender", "is_asked"), [(f"Sam Okafor <{SAM}>", False), (SAM, True)])
def test_whoever_writes_under_a_name_is_not_asked_for_it(sqlite: Database, sender: str, is_asked: bool) -> None:
    people = People(sqlite, firm("constrat"))
    letters = people.customer_writes("My card was refused.", sender)
    assert ("your name and how to reach you" in words(the(letters, "acknowledgement"))) == is_asked


def test_whom_the_code_is_for_is_on_record_before_a_decision(database: Database) -> None:
    people = People(database, firm("xcommunications"))
    told = the(people.customer_writes("My line is dead."), "staff-case")
    [refused] = people.answers(told, DECISION)
    assert "check: small-business" in words(refused)
    people.answers(told, f"check: small-business: yes: 3 employees, they wrote\n{DECISION}")
    the(people.waits(COOLED), "resolution")
    assert people.case().checks == ("small-business: yes: 3 employees, they wrote",)


def test_somebody_has_the_case_at_once_or_the_missing_assignment_is_told_when_it_is_late(database: Database) -> None:
    rules = replace(firm("constrat"), staff=STAFFED.staff[:1], managers=(PRIYA,))
    people = People(database, rules)
    people.customer_writes("My money is gone.")
    people.customer_writes("Priya Nair was rude to me.", "Kim <kim@example.net>")
    with people.database.read() as conn:
        told, nobody = conn.scalars(select(cases.c.reference).order_by(cases.c.customer.desc()))
    people.waits(timedelta(hours=25))
    states = {case: _assignment(people, case) for case in (told, nobody)}
    assert states[told] == ("kept", f"{PRIYA} has the case")
    assert states[nobody] == ("broken", "")


def _assignment(people: People, case: str) -> tuple[str, str]:
    [owed] = [each for each in people.case(case).owed.deadlines if each.kind == "assign"]
    return owed.state, owed.evidence


# -- letters that are late, and readers beside the customer


def _later(people: People, kind: str, reader: str = SAM) -> None:
    """The relay takes a letter that waits an hour later than it could."""
    late = update(letters).where(letters.c.kind == kind, letters.c.recipient == reader, letters.c.state == "queued")
    with people.database.write() as conn:
        conn.execute(late.values(look_at=people.clock() + timedelta(hours=1)))


def test_a_question_that_leaves_after_the_decision_does_not_undo_it(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "ask: Could you send the receipt?")
    _later(people, "ask")
    people.answers(told, DECISION, then=COOLED)
    people.waits(timedelta(hours=2))
    assert people.case().status == "resolved"
    assert people.case().ended_at


def test_a_late_copy_of_the_first_decision_is_not_the_second_one(database: Database) -> None:
    people = People(database, firm("constrat"))
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "person: add ann@law.example: solicitor: letter of 3 May")
    people.answers(told, DECISION)
    _later(people, "resolution", "ann@law.example")
    decision = the(people.waits(COOLED), "resolution", SAM)
    people.customer_writes("I disagree.", in_reply_to=opened(decision).message_id, to=ESCALATION)
    assert people.waits(timedelta(hours=2)) == []
    assert (people.case().stage, people.case().status) == ("second", "investigating")
    assert [each.state for each in people.case().owed.deadlines if each.kind == "escalation"] == ["open"]


def test_what_somebody_else_gets_keeps_no_promise_to_the_customer(people: People) -> None:
    told = the(people.customer_writes("My order never came."), "staff-case")
    people.answers(told, "person: add ann@law.example: solicitor: letter of 3 May\nformat: braille")
    people.answers(told, DECISION, then=COOLED)
    assert the(people.sent, "resolution").recipient == "ann@law.example"
    assert people.case().status == "new"
    assert [each.state for each in people.case().owed.deadlines if each.kind == "resolve"] == ["open"]


def test_managers_hear_again_that_nobody_decides_when_the_customer_writes_again(people: People) -> None:
    _, decision = resolved(people)
    people.customer_writes("Why did it take so long?", in_reply_to=decision)
    assert "staff-message" in [each.kind for each in people.waits(timedelta(days=2)) if each.recipient == TOM]
    again = people.customer_writes("I asked you something.", in_reply_to=decision)
    assert "staff-message" in [each.kind for each in again if each.recipient == TOM]
