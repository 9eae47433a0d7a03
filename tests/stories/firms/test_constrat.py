"""CONSTRAT, from the first mail to the last letter: every line of its procedure, over six weeks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from days import at
from rigs.firm import Firm
from rigs.sent import Sent, at_their_own_address, reference, the

NADIA, KOFI = "Nadia Rahman <nadia@rahman.example>", "kofi@mensah.example"
PRIYA, DANIEL, TOM = "priya.nair@constrat.io", "daniel.osei@constrat.io", "tom.reed@constrat.io"
FORM = "no-reply@constrat.io"
ESCALATIONS = "escalations@constrat.io"

COMPLAINT = """\
Your platform froze my account on Thursday, and Daniel Osei laughed at me on the phone.
I could not pay my rent.

Nadia Rahman"""
FILLED_IN = """\
Full name: Kofi Mensah
Email: kofi@mensah.example
Phone: 020 7946 0018
Subject: Statement
Your complaint: My July statement shows two payments that I never made.
"""

TO_INES = """\
category: account
track: standard
outcome: upheld
cause: old address
redress: replacement
resolve: Dear Ines,

we had your old address in a second list. A new card is in the post to your new one.

CONSTRAT"""
TO_KOFI = """\
category: account
track: standard
outcome: upheld
cause: shared card
redress: refund 61.20 GBP
resolve: Dear Kofi,

we compared the two payments with the terminal's records. They were made with a copy of your card, so you get both back.

Daniel Osei"""
TO_NADIA = """\
outcome: partly upheld
cause: fraud check
redress: goodwill 50.00 GBP
resolve: Dear Nadia,

we listened to the call and read the records of the platform. The freeze was right, the call was not.
You get 50 pounds for it.

Priya Nair"""
FINAL_TO_NADIA = """\
outcome: partly upheld
redress: compensation 85.00 GBP
resolve: Dear Nadia,

the freeze was right, but nobody told you how to pay in the meantime. You get the fee of your landlord back.

Tom Reed"""


def test_constrat_from_the_first_mail_to_the_last_letter(
    begins: Callable[[str, datetime], Firm], golden: Callable[[Firm], None]
) -> None:
    firm = begins("constrat", at("Sat 2026-08-22 10:15"))
    first = _two_customers_complain_at_the_weekend(firm)
    nadia, kofi = (reference(the(first, "acknowledgement", to=to)) for to in ("nadia@rahman.example", KOFI))
    _by_phone_as_well(firm, kofi)
    _facts_are_asked_for(firm, nadia)
    _an_incomplete_decision_does_not_leave(firm, kofi)
    _nadia_hears_from_us_every_five_days(firm, nadia)
    _twenty_business_days_pass(firm, nadia)
    _the_delay_is_explained(firm, nadia)
    _nadia_disagrees(firm, nadia)
    _then_the_bodies_outside_are_named(firm, nadia)
    _who_is_complained_about_saw_nothing(firm, nadia, kofi)
    firm.showed_all()
    firm.stops()
    golden(firm)


def _two_customers_complain_at_the_weekend(firm: Firm) -> list[Sent]:
    firm.shows("K1", "K2", "K9")
    first = firm.arrive(
        firm.letter_of(NADIA, COMPLAINT, "Frozen account"),
        firm.letter_of(f"CONSTRAT <{FORM}>", FILLED_IN, "Help & Support form"),
    )
    for customer, handler in (("nadia@rahman.example", "Priya Nair"), (KOFI, "Daniel Osei")):
        letter = the(first, "acknowledgement", to=customer)
        assert f"Your reference is {reference(letter)}." in letter.text
        assert f"{handler} is looking after your complaint." in letter.text
        [acknowledged] = firm.owed(reference(letter), "K1")
        assert (acknowledged.state, acknowledged.met_at) == ("kept", at("Sat 2026-08-22 10:15"))
        assert acknowledged.due_at == at("Sun 2026-08-23 10:15")
    assert firm.record(reference(the(first, "acknowledgement", to=KOFI))).channel == "web"
    return first


def _by_phone_as_well(firm: Firm, kofi: str) -> None:
    """In office hours; staff log the call by mail, at their own address."""
    firm.until(at("Mon 2026-08-24 10:00"))
    told = the(firm.sent, "staff-case", about=kofi)
    helped = the(firm.staff_answer(told, "help"), "staff-transcript")
    call = "new: phone: ines@duarte.example: received today: Her card was sent to an address of five years ago."
    opened = firm.staff_answer(at_their_own_address(helped), call)
    acknowledged = the(opened, "acknowledgement", to="ines@duarte.example")
    assert firm.record(reference(acknowledged)).channel == "phone"
    case = reference(acknowledged)
    handler = firm.record(case).handler
    told = next(each for each in (*opened, *firm.sent) if each.to == handler and case in each.subject)
    the(firm.staff_send(told, TO_INES), "resolution")


def _facts_are_asked_for(firm: Firm, nadia: str) -> None:
    firm.shows("K5")
    assert "what you would like us to do" in the(firm.sent, "acknowledgement", about=nadia).text
    told = the(firm.sent, "staff-case", about=nadia)
    question = (
        "category: account\nask: Dear Nadia,\n\nwhich account was it, and what would you like us to do?\n\nPriya Nair"
    )
    asked = the(firm.staff_send(told, question), "ask")
    assert firm.record(nadia).status == "waiting"
    firm.until(at("Tue 2026-08-25 09:30"))
    firm.customer_writes(
        NADIA, "It is the account 4471. I want the fee back that my landlord took.\n\nNadia", answer=asked
    )
    assert firm.record(nadia).status == "investigating"


def _an_incomplete_decision_does_not_leave(firm: Firm, kofi: str) -> None:
    firm.shows("K6")
    told = the(firm.sent, "staff-case", about=kofi)
    refused = the(firm.staff_answer(told, "outcome: upheld\nresolve: Sorted."), "staff-transcript")
    assert "a decision also needs redress:" in refused.text
    assert "an explanation behind resolve:" in refused.text
    assert "NOTHING WAS SENT TO THE CUSTOMER" in refused.text
    letter = the(firm.staff_send(told, TO_KOFI), "resolution")
    assert "You get a refund of 61.20 GBP." in letter.text
    assert [each.state for each in firm.owed(kofi, "K7")] == ["kept"]


def _nadia_hears_from_us_every_five_days(firm: Firm, nadia: str) -> None:
    """Five calendar days after the last contact; one that would be due at a weekend comes on the Friday before."""
    firm.shows("K4")
    updates = [each for each in firm.until(at("Mon 2026-09-07 11:00")) if each.kind == "update"]
    days = ("Fri 2026-08-28 09:00", "Tue 2026-09-01 09:00", "Fri 2026-09-04 09:00")
    assert [each.at for each in updates] == [at(day) for day in days]
    assert "We received a message on Tuesday 25 August 2026." in updates[0].text


def _twenty_business_days_pass(firm: Firm, nadia: str) -> None:
    firm.shows("K7")
    firm.until(at("Mon 2026-09-21 16:55"))
    [target] = firm.owed(nadia, "K7")
    assert (target.state, target.due_at, target.warned) == ("open", at("Mon 2026-09-21 17:00"), 2)
    asked = [each for each in firm.sent if each.kind == "staff-words"][-1]
    assert "Our decision is due by Monday 21 September 2026 at 17:00, before the update goes out." in asked.text
    flags = firm.until(at("Mon 2026-09-21 17:00"))
    assert {each.to for each in flags if each.kind == "staff-overdue"} == {PRIYA, TOM}
    assert [each.state for each in firm.owed(nadia, "K7")] == ["broken"]


def _the_delay_is_explained(firm: Firm, nadia: str) -> None:
    later = firm.until(at("Thu 2026-09-24 10:00"))
    asked = [each for each in later if each.kind == "staff-words"][-1]
    assert "the update must explain the delay" in asked.text
    more = "extend: 5 business days: the bank of your landlord has not sent us its records yet"
    told = the(firm.staff_send(asked, more), "extension")
    assert "The reason: the bank of your landlord" in told.text


def _nadia_disagrees(firm: Firm, nadia: str) -> None:
    firm.shows("K3", "K8")
    firm.until(at("Wed 2026-09-30 10:00"))
    told = the(firm.sent, "staff-case", about=nadia)
    the(firm.staff_send(told, TO_NADIA), "resolution")
    reasons = f"{nadia}: I do not accept this. The freeze cost me 85 pounds.\n\nNadia Rahman"
    asked = firm.customer_writes(NADIA, reasons, "Escalation", to=ESCALATIONS)
    assert "Tom Reed looks at it now." in the(asked, "second-look").text
    refused = the(firm.staff_answer(the(asked, "staff-case", to=TOM), "handler: priya"), "staff-transcript")
    assert "somebody else must look again" in refused.text


def _then_the_bodies_outside_are_named(firm: Firm, nadia: str) -> None:
    firm.until(at("Fri 2026-10-02 15:00"))
    told = the(firm.sent, "staff-case", to=TOM, about=nadia)
    last = firm.staff_send(told, FINAL_TO_NADIA)
    assert "This is our final answer." in the(last, "resolution").text
    outside = the(last, "signpost").text
    assert "ADR Group" in outside
    assert "Financial Ombudsman Service" in outside
    assert "Write to them within 6 months of this letter." in outside
    assert firm.record(nadia).stage == "signposted"
    assert [each.state for each in firm.owed(nadia, "K8")] == ["kept"]


def _who_is_complained_about_saw_nothing(firm: Firm, nadia: str, kofi: str) -> None:
    to_daniel = [each for each in firm.sent if each.to == DANIEL]
    assert any(kofi in each.text for each in to_daniel)
    assert not [each for each in to_daniel if nadia in each.subject + each.text or "Nadia" in each.text]
    kept = {each["promise"]: (each["due"], each["kept"], each["broken"]) for each in firm.asks("proof")}
    assert kept["K1"] == (3, 3, 0)
    assert kept["K8"] == (1, 1, 0)
