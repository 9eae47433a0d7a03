"""Xtraspots, from the first mail to the last letter: every line of its policy, over five weeks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from days import at
from rigs.firm import Firm
from rigs.sent import Attachment, Sent, at_their_own_address, reference, the

ED, ADA, VIC = "Ed Lowe <ed@lowe.example>", "Ada King <ada@king.example>", "Vic Moss <vic@moss.example>"
ANA, BEN = "ana.costa@xtraspots.example", "ben.hughes@xtraspots.example"
ESCALATIONS = "escalations@xtraspots.example"

TO_VIC = """\
outcome: upheld
cause: account check
redress: compensation 30.00 GBP
resolve: Dear Vic,

a new check took your account for a robot's. It was our mistake, and we have taken the check back.

Ana Costa"""
TO_RUTH = """\
category: technical
outcome: partly upheld
cause: app
redress: apology
resolve: Dear Ruth,

you need no app: any call to us does the same. We should have said so on the page, and now we do.

Ana Costa"""
TO_ADA = """\
outcome: partly upheld
cause: seat map
redress: apology
resolve: Dear Ada,

the map did not work with a magnifier. It does now. The price of the seat stays as it is.

Ana Costa"""
FINAL_TO_ADA = """\
outcome: upheld
cause: seat map
redress: refund 42.00 GBP
resolve: Dear Ada,

you paid for a seat that our map made you choose. You get the price of it back.

Ben Hughes"""
TO_ED = """\
outcome: not upheld
cause: bank
redress: none
resolve: Dear Ed,

the bank has paid the money to the organiser, who has your booking.

Ana Costa"""
FINAL_TO_ED = """\
outcome: upheld
redress: refund 18.00 GBP
resolve: Dear Ed,

the organiser has no booking of yours. The money goes back to your card today.

Ben Hughes"""


def test_xtraspots_from_the_first_mail_to_the_last_letter(
    begins: Callable[[str, datetime], Firm], golden: Callable[[Firm], None]
) -> None:
    firm = begins("xtraspots", at("Tue 2026-05-05 09:10"))
    first = _three_customers_complain(firm)
    ed, ada, vic = (reference(the(first, "acknowledgement", to=_bare(each))) for each in (ED, ADA, VIC))
    ruth = _each_is_reached_in_their_own_way(firm, first, ada, vic)
    _what_a_person_must_post_is_kept_when_it_is_posted(firm, vic, ruth)
    _ada_does_not_agree_and_somebody_else_looks_again(firm, ada)
    _ed_hears_from_us_every_week(firm, ed)
    _the_target_is_missed_and_flagged(firm, ed)
    _ed_asks_at_the_escalation_address(firm, ed)
    _category_cause_and_outcome_are_recorded(firm, ada, ed)
    firm.showed_all()
    firm.stops()
    golden(firm)


def _bare(sender: str) -> str:
    return sender.partition("<")[2].rstrip(">")


def _three_customers_complain(firm: Firm) -> list[Sent]:
    firm.shows("X1", "X2")
    ed = "You charged me £18 for a booking that your page never confirmed.\n\nEd Lowe"
    ada = "I cannot use your seat map with a magnifier, so I paid for a seat that I cannot reach.\n\nAda King"
    vic = "My account was closed without a word. I am blind and read Braille, by post please.\n\nVic Moss"
    first = firm.arrive(
        firm.letter_of(ED, ed, "Booking 20481"),
        firm.letter_of(ADA, ada, "Seat map", files=[Attachment("seat map.jpg", b"\xff\xd8\xff a picture")]),
        firm.letter_of(VIC, vic, "My account"),
    )
    for customer in (ED, ADA, VIC):
        letter = the(first, "acknowledgement", to=_bare(customer))
        assert f"Your reference is {reference(letter)}." in letter.text
        [confirmed] = firm.owed(reference(letter), "X2")
        assert (confirmed.state, confirmed.met_at) == ("kept", firm.now())
    return first


def _each_is_reached_in_their_own_way(firm: Firm, first: list[Sent], ada: str, vic: str) -> str:
    """Large print is made by us, Braille by a person, and who has no e-mail address complains by phone."""
    firm.shows("X7")
    assert "Tell us if you need this in another format" in the(first, "acknowledgement", about=ada).text
    to_ada = "our web team looks at the seat map. I will write to you when I know more.\n\nAna Costa"
    to_vic = "we closed your account by mistake. It is open again.\n\nAna Costa"
    by_hand = "format: braille\ncontact: post"
    answers = firm.arrive(
        firm.answer_to(
            the(first, "staff-case", about=ada),
            f"category: technical\ntrack: simple\nformat: large print\nreply: Dear Ada,\n\n{to_ada}",
        ),
        firm.answer_to(
            the(first, "staff-case", about=vic),
            f"category: account\ntrack: simple\n{by_hand}\nreply: Dear Vic,\n\n{to_vic}",
        ),
        firm.answer_to(the(first, "staff-case", about=vic), "help"),
    )
    helped = next(each for each in answers if "new: phone" in each.text)
    call = "new: phone: Ruth Bell: received today: The page asks for an app, and she has no phone that can run one."
    opened = firm.staff_answer(at_their_own_address(helped), call)
    ruth = the(opened, "staff-transcript").subject.split()[1]
    left = firm.cools()
    assert "font: 1.5em" in _page(the(left, "reply", to=_bare(ADA)))
    assert "The customer reads this format: braille." in the(left, "staff-post", about=vic).text
    posted = firm.arrive(
        firm.answer_to(the(left, "staff-post", about=vic), "log: posted"),
        firm.answer_to(the(opened, "staff-post", about=ruth), "log: posted"),
    )
    assert len(posted) == 2
    [confirmed] = firm.owed(ruth, "X2")
    assert (confirmed.state, firm.record(ruth).tasks) == ("kept", ())
    return ruth


def _page(letter: Sent) -> str:
    page = letter.mail.get_body(("html",))
    assert page
    return str(page.get_content())


def _what_a_person_must_post_is_kept_when_it_is_posted(firm: Firm, vic: str, ruth: str) -> None:
    firm.until(at("Wed 2026-05-06 11:00"))
    told = {case: [each for each in firm.sent if each.to == ANA and case in each.subject][-1] for case in (vic, ruth)}
    firm.arrive(firm.answer_to(told[vic], TO_VIC), firm.answer_to(told[ruth], TO_RUTH))
    tasks = firm.cools()
    assert firm.record(vic).status == "new"
    firm.arrive(*(firm.answer_to(the(tasks, "staff-post", about=case), "log: posted") for case in (vic, ruth)))
    for case in (vic, ruth):
        assert firm.record(case).status == "resolved"
        assert [each.state for each in firm.owed(case, "X4")] == ["kept"]


def _ada_does_not_agree_and_somebody_else_looks_again(firm: Firm, ada: str) -> None:
    firm.shows("X5")
    firm.until(at("Thu 2026-05-07 15:00"))
    told = the(firm.sent, "staff-case", about=ada)
    letter = the(firm.staff_send(told, TO_ADA), "resolution")
    parked = firm.customer_writes(
        ADA, "I do not agree. I want my money back, I could not sit there.\n\nAda", answer=letter
    )
    escalated = firm.staff_answer(the(parked, "staff-message"), "escalate")
    assert "Ben Hughes looks at it now." in the(escalated, "second-look").text
    assert firm.record(ada).handler == BEN
    firm.until(at("Fri 2026-05-08 11:00"))
    last = the(firm.staff_send(the(escalated, "staff-case", to=BEN), FINAL_TO_ADA), "resolution")
    assert "This is our final answer." in last.text
    assert [each.state for each in firm.owed(ada, "X5")] == ["kept"]


def _ed_hears_from_us_every_week(firm: Firm, ed: str) -> None:
    firm.shows("X3")
    told = the(firm.sent, "staff-case", about=ed)
    firm.arrive(
        firm.answer_to(told, "status: investigating\ncategory: payment"),
        firm.letter_of(
            ED, "The bank says that the money left on Sunday.\n\nEd", answer=the(firm.sent, "acknowledgement", about=ed)
        ),
    )
    weeks = firm.until(at("Mon 2026-05-18 11:00"))
    update = the(weeks, "update", about=ed)
    assert update.at == at("Tue 2026-05-12 09:00")
    assert "We received a message on Friday 8 May 2026." in update.text
    assert "We are looking into your complaint." in update.text
    asked = [each for each in weeks if each.kind == "staff-words"][-1]
    words = "reply: Dear Ed,\n\nour bank has found the payment. It traces now who got the money.\n\nAna Costa"
    firm.staff_send(asked, words)
    assert {each.state for each in firm.owed(ed, "X3")} == {"kept", "open"}


def _the_target_is_missed_and_flagged(firm: Firm, ed: str) -> None:
    firm.shows("X4")
    firm.until(at("Wed 2026-06-03 16:55"))
    [target] = firm.owed(ed, "X4")
    assert (target.state, target.due_at, target.warned) == ("open", at("Wed 2026-06-03 17:00"), 2)
    flags = firm.until(at("Wed 2026-06-03 17:00"))
    assert {each.to for each in flags if each.kind == "staff-overdue"} == {ANA, BEN}
    assert [each.state for each in firm.owed(ed, "X4")] == ["broken"]
    firm.until(at("Thu 2026-06-04 10:30"))
    told = next(each for each in flags if each.to == ANA)
    late = the(firm.staff_send(told, TO_ED), "resolution")
    assert "You should have had this decision by Wednesday 3 June 2026. We missed that date." in late.text


def _ed_asks_at_the_escalation_address(firm: Firm, ed: str) -> None:
    reasons = f"My reference is {ed}. I disagree: the organiser says that there is no booking.\n\nEd Lowe"
    asked = firm.customer_writes(ED, reasons, "Please look again", to=ESCALATIONS)
    letter = the(asked, "second-look", to=_bare(ED))
    assert "You will have our final answer by Thursday 2 July 2026." in letter.text
    firm.until(at("Fri 2026-06-05 14:00"))
    last = the(firm.staff_send(the(asked, "staff-case", to=BEN), FINAL_TO_ED), "resolution")
    assert "This is our final answer." in last.text
    assert firm.record(ed).handler == BEN


def _category_cause_and_outcome_are_recorded(firm: Firm, ada: str, ed: str) -> None:
    firm.shows("X6")
    ended = [the(firm.sent, "staff-case", to=BEN, about=case) for case in (ada, ed)]
    firm.arrive(*(firm.answer_to(each, "close") for each in ended))
    shown = firm.case(ada)
    assert (shown["status"], shown["category"], shown["outcome"]) == ("closed", "technical", "upheld")
    assert "seat map" in [each["text"] for each in shown["timeline"] if each["kind"] == "cause"]
    kept = {each["promise"]: (each["due"], each["kept"], each["broken"]) for each in firm.asks("proof")}
    assert kept["X2"] == (4, 4, 0)
    assert kept["X4"] == (4, 3, 1)
    assert kept["X5"] == (2, 2, 0)
