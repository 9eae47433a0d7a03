"""XPereozz, from the first mail to the last letter: every line of its refund policy but P5, over two weeks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from days import at
from rigs.firm import Firm
from rigs.sent import Sent, at_their_own_address, reference, the

LENA, OMAR, YUKI = "Lena Fox <lena@fox.example>", "Omar Diaz <omar@diaz.example>", "yuki@mori.example"
MINA = "mina.patel@xpereozz.example"

TO_YUKI = """\
new: web: yuki@mori.example: received today: The update of Saturday breaks shops like hers; we write first.
kind: assistance
category: plugin"""
REFUSAL = """\
outcome: not upheld
cause: taste
redress: none
resolve: Dear Lena,

the theme works as its page shows it, colours included. A change of mind is no ground for a refund.

Mina"""
CHECKS = """\
check: fault: no
check: preference: yes: the colours
check: compatibility-firm: no
check: compatibility-customer: no
category: theme"""
ELIGIBLE = """\
step: eligibility
check: fault: yes: no fix in four days
check: preference: no
check: compatibility-firm: no
check: compatibility-customer: no"""
PAYS = """\
step: approved
outcome: upheld
cause: update
redress: refund 49.00 GBP
resolve: Dear Omar,

our plugin loses orders in shops like yours, and we could not mend it in time.

Mina"""


def test_xpereozz_from_the_first_mail_to_the_last_letter(
    begins: Callable[[str, datetime], Firm], golden: Callable[[Firm], None]
) -> None:
    firm = begins("xpereozz", at("Mon 2026-06-08 14:20"))
    first = _a_refund_and_help_are_asked_for(firm)
    lena, omar = (reference(the(first, "acknowledgement", to=to)) for to in ("lena@fox.example", "omar@diaz.example"))
    _staff_open_a_case_before_the_customer_asks(firm, lena)
    _help_becomes_a_refund_with_its_dates(firm, omar)
    _a_refund_needs_its_checks(firm, lena)
    _omar_is_told_each_step_to_the_payment(firm, omar)
    _feedback_is_asked_for(firm, omar)
    firm.showed_all(but="P5")
    firm.stops()
    golden(firm)


def _a_refund_and_help_are_asked_for(firm: Firm) -> list[Sent]:
    firm.shows("P3", "P6")
    first = firm.arrive(
        firm.letter_of(
            LENA,
            "I bought your theme Aurora and do not like its colours. I want my money back.\n\nLena Fox",
            "Order 7731",
        ),
        firm.letter_of(
            OMAR,
            "Since the update of Saturday your shop plugin loses every order. Please help.\n\nOmar Diaz",
            "Update 4.2",
        ),
    )
    for customer in ("lena@fox.example", "omar@diaz.example"):
        letter = the(first, "acknowledgement", to=customer)
        assert "We answer within 1 business day." in letter.text
        assert (
            "https://xpereozz.example/chat, Monday to Friday, 9:00 to 17:00. We answer within 1 business hour."
            in letter.text
        )
        assert "https://xpereozz.example/privacy (version 2026-01)" in letter.text
        notices = [each["text"] for each in firm.case(reference(letter))["timeline"] if each["kind"] == "notice"]
        assert notices == ["the acknowledgement names the privacy notice 2026-01, https://xpereozz.example/privacy"]
    return first


def _staff_open_a_case_before_the_customer_asks(firm: Firm, lena: str) -> None:
    firm.shows("P7")
    helped = the(firm.staff_answer(the(firm.sent, "staff-case", about=lena), "help"), "staff-transcript")
    opened = firm.staff_answer(at_their_own_address(helped), TO_YUKI)
    yuki = reference(the(opened, "acknowledgement", to=YUKI))
    assert (firm.record(yuki).kind, firm.record(yuki).channel) == ("assistance", "web")
    acknowledged = the(opened, "acknowledgement", to=YUKI).text
    assert "You will have our decision by Monday 15 June 2026." in acknowledged
    assert "Step 1 of 5" not in acknowledged


def _help_becomes_a_refund_with_its_dates(firm: Firm, omar: str) -> None:
    told = the(firm.sent, "staff-case", about=omar)
    firm.staff_answer(told, "kind: assistance\ncategory: plugin")
    [help_by] = firm.owed(omar, "P7")
    assert help_by.due_at == at("Mon 2026-06-15 17:00")
    firm.until(at("Wed 2026-06-10 10:00"))
    letters = firm.staff_send(told, "kind: refund\nstep: diagnosing\nnote: our fix does not help his shop")
    [refund_by] = [each for each in firm.owed(omar, "P2") if each.state == "open"]
    assert refund_by.counted_from == firm.record(omar).received_at == at("Mon 2026-06-08 14:20")
    assert refund_by.due_at == at("Mon 2026-06-22 17:00")
    assert "Your request is at step 2 of 5: diagnosing the fault." in the(letters, "step").text


def _a_refund_needs_its_checks(firm: Firm, lena: str) -> None:
    firm.shows("P1")
    told = the(firm.sent, "staff-case", about=lena)
    refused = the(firm.staff_answer(told, REFUSAL), "staff-transcript")
    assert "the answers to check: fault, check: preference" in refused.text
    letter = the(firm.staff_send(told, f"{CHECKS}\n{REFUSAL}"), "resolution")
    assert "We do not give you the refund that you asked for." in letter.text
    assert "A change of mind is no ground for a refund." in letter.text
    assert "Your statutory rights are unaffected." in letter.text


def _omar_is_told_each_step_to_the_payment(firm: Firm, omar: str) -> None:
    firm.shows("P2")
    told = the(firm.sent, "staff-case", about=omar)
    firm.until(at("Fri 2026-06-12 10:00"))
    firm.staff_send(told, ELIGIBLE)
    firm.until(at("Thu 2026-06-18 15:00"))
    late = the(firm.staff_send(told, "extend: 2 business days: the bank asks for your account again"), "extension")
    assert "The reason: the bank asks for your account again" in late.text
    firm.until(at("Mon 2026-06-22 11:00"))
    firm.staff_send(told, PAYS)
    paid = the(firm.staff_send(told, "step: paid"), "step")
    assert "Your request is at step 5 of 5: refund paid." in paid.text
    steps = [each.text.splitlines()[0] for each in firm.sent if each.kind == "step" and omar in each.subject]
    assert [step.partition(" step ")[2][0] for step in steps] == ["2", "3", "4", "5"]


def _feedback_is_asked_for(firm: Firm, omar: str) -> None:
    firm.shows("P4")
    firm.until(at("Tue 2026-06-23 10:00"))
    survey = the(firm.staff_answer(the(firm.sent, "staff-case", about=omar), "close"), "survey")
    firm.customer_writes(OMAR, "4\nquick, but I had to explain it twice", answer=survey)
    assert firm.record(omar).rating == 4
    shown = firm.case(omar)
    assert shown["status"] == "closed"
    assert "4 of 5: quick, but I had to explain it twice" in [each["text"] for each in shown["timeline"]]
    kept = {each["promise"]: (each["due"], each["kept"], each["broken"]) for each in firm.asks("proof")}
    assert kept["P3"] == (3, 3, 0)
    assert kept["P4"] == (1, 1, 0)
