"""X.Communications, from the first mail to the last letter: every line of its code of practice, over four weeks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from days import at
from rigs.firm import Firm
from rigs.sent import Sent, at_their_own_address, reference, the

OWEN, MIA, JO = "Owen Hart <owen@hart.example>", "mia@frost.example", "jo@kerr.example"
GARETH, HELEN = "gareth.pugh@xcomm.co.uk", "helen.ford@xcomm.co.uk"
HELPDESK = "X.Communications Helpdesk <helpdesk@xcomm.co.uk>"

COMPLAINT = """\
The new line to our café should have been here on 11 May. Nobody came, and nobody called.
We are six people, my customer reference is 88120, and my number is 01785 496 0021.

Owen Hart"""
TICKET = """\
Requester: mia@frost.example
Name: Mia Frost
Topic: {topic}
Customer reference: 90417
Phone: 01785 496 0155
Employees: 3
Subject: {subject}
Description: {text}
"""

TO_MIA = """\
check: small-business: yes: the ticket says 3
category: fault
outcome: upheld
cause: router
redress: replacement
resolve: Dear Mia,

we tested the line, and it holds. The router does not: a new one leaves us today.

Gareth"""
TO_JO = """\
check: small-business: yes: a bakery with four
category: billing
outcome: upheld
cause: billing
redress: credit 31.50 GBP
resolve: Dear Jo,

the line ended on 28 March. We have taken it off the April bill.

Gareth"""
TO_OWEN = """\
check: small-business: yes: six people
outcome: partly upheld
cause: operator
redress: credit 20.00 GBP
resolve: Dear Owen,

the line works since this morning. The operator was three weeks late; you get a credit for one of them.

Gareth"""
FINAL_TO_OWEN = """\
outcome: partly upheld
redress: credit 45.00 GBP
resolve: Dear Owen,

I called the operator myself. Two of the three weeks were ours to prevent, so you get a credit for two.

Helen Ford"""


def test_xcommunications_from_the_first_mail_to_the_last_letter(
    begins: Callable[[str, datetime], Firm], golden: Callable[[Firm], None]
) -> None:
    firm = begins("xcommunications", at("Wed 2026-05-20 11:30"))
    first = _a_mail_and_a_ticket_come(firm)
    owen, mia = (reference(the(first, "acknowledgement", to=to)) for to in ("owen@hart.example", MIA))
    jo = _a_letter_counts_from_the_day_it_came(firm, owen)
    _a_decision_in_five_working_days(firm, mia, jo)
    _a_talk_on_the_phone_counts(firm, owen)
    _the_network_takes_longer(firm, owen)
    _a_senior_manager_looks_in_person(firm, owen)
    _then_the_ombudsman_is_named(firm, owen)
    firm.showed_all()
    firm.stops()
    golden(firm)


def _a_mail_and_a_ticket_come(firm: Firm) -> list[Sent]:
    firm.shows("C1", "C2", "C4")
    ticket = TICKET.format(
        topic="Complaint", subject="Router", text="It restarts every hour. The shop's till goes down."
    )
    other = TICKET.format(topic="Sales", subject="A second line", text="What does it cost?")
    first = firm.arrive(
        firm.letter_of(OWEN, COMPLAINT, "Where is our line?"),
        firm.letter_of(HELPDESK, ticket, "[Ticket 5521] Router"),
        firm.letter_of(HELPDESK, other, "[Ticket 5522] A second line"),
    )
    assert [mail["review"] for mail in firm.review()] == ["automatic"]
    for customer, channel in (("owen@hart.example", "email"), (MIA, "helpdesk")):
        letter = the(first, "acknowledgement", to=customer)
        record = firm.record(reference(letter))
        assert (record.customer, record.channel, record.handler) == (customer, channel, GARETH)
        assert "Gareth Pugh is looking after your complaint." in letter.text
        # What the mail or the ticket says is not asked for; what they do not say is.
        assert "your customer reference" not in letter.text
        assert ("employees" in letter.text) == (customer == "owen@hart.example")
        assert [each.state for each in firm.owed(record.reference, "C4")] == ["kept"]
    assert not [each for each in first if "helpdesk" in each.to]
    return first


def _a_letter_counts_from_the_day_it_came(firm: Firm, owen: str) -> str:
    firm.shows("C3")
    told = the(firm.sent, "staff-case", about=owen)
    helped = the(firm.staff_answer(told, "help"), "staff-transcript")
    letter = "new: post: jo@kerr.example: received 18 May: The bill for April has a line that they gave up in March."
    opened = firm.staff_answer(at_their_own_address(helped), letter)
    acknowledged = the(opened, "acknowledgement", to=JO)
    assert "We received it on Monday 18 May 2026. Your" in acknowledged.text
    assert "your customer reference" in acknowledged.text
    jo = reference(acknowledged)
    assert firm.record(jo).channel == "post"
    [target] = firm.owed(jo, "C5")
    assert target.due_at == at("Tue 2026-05-26 17:00")
    return jo


def _a_decision_in_five_working_days(firm: Firm, mia: str, jo: str) -> None:
    firm.shows("C5")
    firm.until(at("Thu 2026-05-21 14:00"))
    told = the(firm.sent, "staff-case", about=mia)
    to_jo = next(each for each in firm.sent if each.to == GARETH and jo in each.subject)
    firm.arrive(firm.answer_to(told, TO_MIA), firm.answer_to(to_jo, TO_JO))
    firm.cools()
    assert [[each.state for each in firm.owed(case, "C5")] for case in (mia, jo)] == [["kept"], ["kept"]]


def _a_talk_on_the_phone_counts(firm: Firm, owen: str) -> None:
    """As an update: the next one is owed from then on."""
    firm.shows("C6")
    told = the(firm.sent, "staff-case", about=owen)
    call = "status: investigating\ncategory: installation\nlog: phone: the operator's engineer needs a duct in the yard"
    firm.staff_answer(told, call)
    talked, following = firm.owed(owen, "C6")
    assert (talked.state, talked.met_at) == ("kept", at("Thu 2026-05-21 14:10"))
    assert following.due_at == at("Tue 2026-05-26 17:00")  # Monday is a holiday
    explained = firm.mailcase("explain", owen).stdout
    assert "the operator's engineer needs a duct" in explained
    assert "Spring Bank Holiday" in explained
    update = the(firm.until(at("Tue 2026-05-26 10:00")), "update", about=owen)
    assert update.at == at("Tue 2026-05-26 09:00")


def _the_network_takes_longer(firm: Firm, owen: str) -> None:
    firm.until(at("Wed 2026-05-27 15:00"))
    told = the(firm.sent, "staff-case", about=owen)
    more = "extend: 10 business days: the network operator must dig in the yard first"
    letter = the(firm.staff_send(told, more), "extension")
    assert "The reason: the network operator must dig in the yard first" in letter.text
    assert "You will now have our decision by Thursday 11 June 2026." in letter.text
    firm.until(at("Mon 2026-06-01 10:00"))
    assert [each.state for each in firm.owed(owen, "C5")] == ["broken", "open"]


def _a_senior_manager_looks_in_person(firm: Firm, owen: str) -> None:
    firm.shows("C7")
    firm.until(at("Thu 2026-06-04 11:00"))
    told = [each for each in firm.sent if each.to == GARETH and owen in each.subject][-1]
    letter = the(firm.staff_send(told, TO_OWEN), "resolution")
    parked = firm.customer_writes(
        OWEN, "I am still not happy. Three weeks are three weeks.\n\nOwen Hart", answer=letter
    )
    again = firm.staff_answer(the(parked, "staff-message"), "escalate")
    assert "Helen Ford looks at it now." in the(again, "second-look").text
    assert firm.record(owen).handler == HELEN


def _then_the_ombudsman_is_named(firm: Firm, owen: str) -> None:
    firm.shows("C8")
    firm.until(at("Mon 2026-06-08 14:00"))
    told = the(firm.sent, "staff-case", to=HELEN, about=owen)
    last = firm.staff_send(told, FINAL_TO_OWEN)
    assert "This is our final answer." in the(last, "resolution").text
    outside = the(last, "signpost").text
    assert "Communications Ombudsman" in outside
    assert "PO Box 730, Warrington, WA4 6WU" in outside
    assert "It costs you nothing. Write to them within 12 months of this letter." in outside
    assert firm.record(owen).stage == "signposted"
    kept = {each["promise"]: (each["due"], each["kept"], each["broken"]) for each in firm.asks("proof")}
    assert kept["C7"] == (1, 1, 0)
