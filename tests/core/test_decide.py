"""Who writes what about which case, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOBODY_KNOWS, NOW, RULES, SAM, STAFFED, US, arrival, mail, reading
from mailcase.core import ids
from mailcase.core.changes import (
    AcceptMail,
    AddEntry,
    Change,
    Decision,
    LinkCases,
    LookAt,
    MarkBounced,
    MarkReachable,
    MarkUndeliverable,
    OpenCase,
    QueueLetter,
    SetDeadline,
    WantAttention,
)
from mailcase.core.decide import decide
from mailcase.core.mail.thread import Owner
from mailcase.core.new_case import candidate
from mailcase.core.reading import Known, Twin, read_arrival
from mailcase.core.rules import Limits, Rules

CASE = ids.reference(RULES.key, "CST", b"a case that is there")
OTHER = ids.reference(RULES.key, "CST", b"another one")
LETTER = ids.letter_id(RULES.key, b"a case that is there", "acknowledgement")
OURS = f"<{LETTER}@firm.example>"
THEIRS = "<sam.1@mua.example>"
SES = "0100018f2a3b4c5d-0a1b2c3d-0e1f-2a3b-4c5d-6e7f8a9b0c1d-000000"
EVE = "Eve <eve@example.net>"
OLD = "sams-old-archive@other.example"

SAMS_CASE = Known(
    None,
    {
        OURS: Owner(CASE, SAM, LETTER),
        "<replaced@relay.example>": Owner(CASE, SAM, LETTER),
        SES: Owner(CASE, SAM, LETTER),
        THEIRS: Owner(CASE, SAM),
    },
    {CASE: Owner(CASE, SAM)},
    *(0, 0, 0),
)

NEW_CASE = [OpenCase, AddEntry, SetDeadline, SetDeadline, SetDeadline, LookAt]  # three promises in the plain policy
OPENED = [*NEW_CASE, QueueLetter]
HELD = [*NEW_CASE, QueueLetter, AddEntry, WantAttention]
UNANSWERED = [*NEW_CASE, AddEntry]
SILENT = [OpenCase, AddEntry, AddEntry]  # history: nobody is answered on it, and it is owed nothing
LINKED = [*NEW_CASE, LinkCases, AddEntry, QueueLetter]
ADDED = [AddEntry]
BOUNCED = [AddEntry, MarkUndeliverable, LookAt, MarkBounced, WantAttention]
NAMELESS_BOUNCE = [AddEntry, MarkUndeliverable, LookAt, WantAttention]  # of a case from which no letter has left
FOREIGN_BOUNCE = [AddEntry, WantAttention]  # of somebody to whom we did not write
BACK_AGAIN = [AddEntry, MarkReachable, LookAt]
ASKED = [WantAttention, LookAt]  # soon, and once more when it has waited too long


def bounce(about: str = OURS, to: str = US, action: str = "failed", reader: str = SAM) -> bytes:
    """A report after RFC 3464 about a letter of ours."""
    parts = (
        "--b\r\n\r\nNot delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {reader}\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {about}\r\nSubject: Your complaint\r\n--b--"
    )
    content = "multipart/report; report-type=delivery-status; boundary=b"
    return mail(
        "MAILER-DAEMON@mx.example.org", "Undelivered Mail", parts, to=to, content_type=content, return_path="<>"
    )


RECEIPT = mail(
    text="--b\r\n\r\nIt was read.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n--b--",
    content_type="multipart/report; report-type=disposition-notification; boundary=b",
)


def tagged(token: str) -> str:
    return f"complaints+{token}@firm.example"


@dataclass(frozen=True)
class Row:
    """A mail, what is known of it, and what follows."""

    name: str
    raw: bytes
    end: str
    changes: Sequence[type[Change]]
    review: str | None = None
    known: Known = SAMS_CASE
    case: str = ""  # of an existing case on which it ends
    rules: Rules = RULES
    facts: dict[str, Any] = field(default_factory=dict)


def unreached(customer: str = SAM, undeliverable: bool = True) -> Known:
    """A case of which a letter came back, or is about to."""
    by_id = Owner(CASE, customer, LETTER, recipient=customer, undeliverable=undeliverable)
    return Known(None, {OURS: by_id}, {CASE: replace(by_id, letter="", recipient="")}, 0, 0, 0)


def limited(hour: int = 0, day: int = 0, minute: int = 0) -> Known:
    """What is known of somebody who got so many answers."""
    return Known(None, {}, {}, hour, day, minute)


TABLE = [
    # A customer, about nothing that we know
    Row("a complaint", mail(), "case", OPENED),
    Row("an empty mail", b"", "review", ASKED, "broken"),
    Row("no sender", mail(sender=""), "review", ASKED, "broken"),
    Row("two senders", mail("a@example.org, b@example.org"), "review", ASKED, "broken"),
    Row("a made-up reference", mail(subject="CST-0000-00000"), "case", OPENED),
    Row("an address that takes no answers", mail("no-reply@shop.example"), "review", ASKED, "automatic"),
    # The customer of a case, by each way of threading
    Row("reply to our letter", mail(in_reply_to=OURS), "added", ADDED, case=CASE),
    Row("our letter in References", mail(references=f"<x@y> {OURS} <z@y>"), "added", ADDED, case=CASE),
    Row("reply to the id a relay gave", mail(in_reply_to="<replaced@relay.example>"), "added", ADDED, case=CASE),
    Row("reply to the id of SES", mail(in_reply_to=f"<{SES}@email.amazonses.com>"), "added", ADDED, case=CASE),
    Row("reply to their own mail", mail(in_reply_to=THEIRS), "added", ADDED, case=CASE),
    Row("to the tagged address", mail(to=tagged(ids.tag(CASE))), "added", ADDED, case=CASE),
    Row("to the tagged address of a letter", mail(to=tagged(LETTER)), "added", ADDED, case=CASE),
    Row("the reference in the subject", mail(subject=f"Re: {CASE}"), "added", ADDED, case=CASE),
    Row("the reference in the text", mail(text=f"It is about {CASE}."), "added", ADDED, case=CASE),
    Row("in other letters of the alphabet", mail("SAM@EXAMPLE.ORG", in_reply_to=OURS), "added", ADDED, case=CASE),
    Row("out of office", mail(in_reply_to=OURS, auto_submitted="auto-replied"), "added", ADDED, case=CASE),
    Row("marked as spam", mail(in_reply_to=OURS, x_spam_flag="YES"), "added", ADDED, case=CASE),
    Row("the reference only in what they quote", mail(text=f"Another thing.\r\n\r\n> It is {CASE}"), "case", OPENED),
    # ... to whom a letter did not get through
    Row("a customer who was not reached writes", mail(in_reply_to=OURS), "added", BACK_AGAIN, known=unreached(),
        case=CASE),
    Row("a customer who was not reached, by the reference", mail(subject=CASE), "added", BACK_AGAIN, known=unreached(),
        case=CASE),
    Row("out of office of one who was not reached", mail(in_reply_to=OURS, auto_submitted="auto-replied"), "added",
        ADDED, known=unreached(), case=CASE),
    Row("an old mail of one who was not reached", mail(in_reply_to=OURS), "added", ADDED, known=unreached(), case=CASE,
        facts={"silent": True}),
    # Somebody else about that case: a reference grants nothing
    Row("a stranger replies to our letter", mail(EVE, in_reply_to=OURS), "case", LINKED),
    Row("a stranger with the reference", mail(EVE, subject=CASE), "case", LINKED),
    Row("a stranger at the tagged address", mail(EVE, to=tagged(ids.tag(CASE))), "case", LINKED),
    Row("a stranger replies to the customer", mail(EVE, in_reply_to=THEIRS), "case", LINKED),
    Row("no sender, but the reference", mail(sender="", subject=CASE), "review", ASKED, "broken"),
    # Machines, about nothing that we know
    Row("automatic", mail(auto_submitted="auto-generated"), "review", ASKED, "automatic"),
    Row("a list", mail(list_id="<news.example.net>"), "review", ASKED, "list"),
    Row("bulk", mail(precedence="bulk"), "review", ASKED, "bulk"),
    Row("the site's filter says spam", mail(x_spam_flag="YES, score=9"), "review", ASKED, "spam"),
    Row("the junk folder", mail(), "review", ASKED, "spam", facts={"junk": True}),
    Row("a customer's reply in the junk folder", mail(in_reply_to=OURS), "review", ASKED, "spam", facts={"junk": True}),
    # Ourselves
    Row("our own address", mail(US), "review", ASKED, "automatic"),
    Row("our own address, tagged", mail(tagged("x")), "review", ASKED, "automatic"),
    Row("our own letter comes back", mail(US, in_reply_to=THEIRS, message_id=OURS), "review", ASKED, "automatic"),
    Row("a colleague", mail("ann@firm.example"), "review", ASKED, "authentication"),
    Row("a colleague by address", mail("Priya@Elsewhere.example"), "review", ASKED, "authentication", rules=STAFFED),
    # Courtesies
    Row("a receipt", RECEIPT, "courtesy", []),
    Row("a reaction to our letter", mail(in_reply_to=OURS, content_type="text/vnd.google.email-reaction+json"),
        "courtesy", [], case=CASE),
    # Bounces
    Row("a bounce by our Message-ID", bounce(), "bounce", BOUNCED, case=CASE),
    Row("a bounce by the relay's id", bounce("<replaced@relay.example>"), "bounce", BOUNCED, case=CASE),
    Row("a bounce by the id of SES", bounce(f"<{SES}@email.amazonses.com>"), "bounce", BOUNCED, case=CASE),
    Row("a bounce by the letter's tag", bounce("<x@y>", tagged(LETTER)), "bounce", BOUNCED, case=CASE),
    Row("a bounce by the case's tag", bounce("<x@y>", tagged(ids.tag(CASE))), "bounce", NAMELESS_BOUNCE, case=CASE),
    Row("a bounce by the case's tag after a letter", bounce("<x@y>", tagged(ids.tag(CASE))), "bounce", BOUNCED,
        known=replace(SAMS_CASE, last_sent={CASE: LETTER}), case=CASE),
    Row("a bounce in other letters of the alphabet", bounce(reader="Sam+1@Example.ORG"), "bounce", BOUNCED, case=CASE),
    Row("a bounce of another reader", bounce(reader=OLD), "bounce", FOREIGN_BOUNCE, case=CASE),
    Row("a bounce of another reader by the tag", bounce("<x@y>", tagged(ids.tag(CASE)), reader=OLD), "bounce",
        FOREIGN_BOUNCE, known=replace(SAMS_CASE, last_sent={CASE: LETTER}), case=CASE),
    Row("a delay on the way to another reader", bounce(action="delayed", reader=OLD), "bounce", [AddEntry], case=CASE),
    Row("a bounce whose report names nobody", bounce(reader="nobody"), "bounce", BOUNCED, case=CASE),
    Row("a bounce of an address that has more than one spelling", bounce(reader="sam@xn--bcher-kva.example"), "bounce",
        BOUNCED, known=unreached("sam@bücher.example", undeliverable=False), case=CASE),
    Row("a bounce in the junk folder", bounce(), "bounce", BOUNCED, case=CASE, facts={"junk": True}),
    Row("a mere delay", bounce(action="delayed"), "bounce", [AddEntry], case=CASE),
    Row("a bounce of nothing of ours", bounce("<x@y>"), "review", ASKED, "automatic"),
    # The same mail again
    Row("a copy", mail(), "duplicate", [], known=replace(NOBODY_KNOWS, twin=Twin(7, None))),
    Row("a copy of what waits in review", mail(), "duplicate", [], known=replace(NOBODY_KNOWS, twin=Twin(7, "list"))),
    Row("moved out of the junk folder", mail(), "duplicate", [AcceptMail],
        known=replace(NOBODY_KNOWS, twin=Twin(7, "spam"))),
    Row("a copy in the junk folder", mail(), "duplicate", [],
        known=replace(NOBODY_KNOWS, twin=Twin(7, "spam")), facts={"junk": True}),
    Row("a copy that is marked as spam, too", mail(x_spam_flag="yes"), "duplicate", [],
        known=replace(NOBODY_KNOWS, twin=Twin(7, "spam"))),
    # A person took it out of review
    Row("accepted automatic mail", mail(precedence="bulk"), "case", OPENED, facts={"accepted_by": "priya"}),
    Row("accepted junk", mail(), "case", OPENED, facts={"accepted_by": "priya", "junk": True}),
    Row("accepted without a sender", mail(sender=""), "case", UNANSWERED, facts={"accepted_by": "priya"}),
    Row("accepted reply", mail(in_reply_to=OURS), "added", ADDED, case=CASE, facts={"accepted_by": "p", "junk": True}),
    # Imports
    Row("a silent import", mail(), "case", SILENT, facts={"silent": True}),
    Row("a silent import with the limits reached", mail(), "case", SILENT, known=limited(hour=9),
        facts={"silent": True}),
    # The limits: a case is opened in any event
    Row("under the limits", mail(), "case", OPENED, known=limited(hour=2, day=4, minute=299)),
    Row("the fourth in an hour", mail(), "case", HELD, known=limited(hour=3)),
    Row("the sixth in a day", mail(), "case", HELD, known=limited(day=5)),
    Row("the 301st in a minute", mail(), "case", HELD, known=limited(minute=300)),
    Row("everything is held", mail(), "case", HELD, rules=replace(RULES, hold=True)),
    # What breaks us
    Row("given up", mail(), "review", ASKED, "broken", facts={"given_up": True}),
]  # fmt: skip


def decided(row: Row) -> Decision:
    return decide(reading(row.raw, row.rules, **row.facts), row.known, row.rules, NOW)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_what_becomes_of(row: Row) -> None:
    decision = decided(row)
    assert (decision.end, decision.review) == (row.end, row.review)
    assert [type(change) for change in decision.changes] == row.changes
    assert decision.reason
    if row.end == "case":
        [opened] = [change for change in decision.changes if isinstance(change, OpenCase)]
        assert decision.case == opened.reference != CASE
    else:
        assert decision.case == row.case


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_same_mail_is_decided_the_same_to_the_byte(row: Row) -> None:
    assert decided(row) == decided(row)


def test_a_case_counts_from_the_true_receipt_and_has_what_staff_need() -> None:
    received = NOW - timedelta(days=3)
    raw = mail("Sam Okafor <Sam@Example.org>", "No fridge", attachment="")
    decision = decide(reading(raw, received_at=received, role="escalation"), NOBODY_KNOWS, RULES, NOW)
    assert decision.changes[0] == OpenCase(
        *(decision.case, "Sam@example.org", "Sam Okafor", "No fridge", "email", "escalation", "en", received),
        *("complaint", "", RULES.policy.digest),
    )
    assert decision.changes[1] == AddEntry(decision.case, "message", "Sam@example.org", "No fridge")


@pytest.mark.parametrize("silent", [True, False])
def test_history_that_is_only_imported_is_not_watched(silent: bool) -> None:
    opened = decide(reading(mail(), silent=silent), NOBODY_KNOWS, RULES, NOW).changes[0]
    assert isinstance(opened, OpenCase)
    assert opened.watched is not silent


def test_the_timeline_lists_the_attachments() -> None:
    raw = mail(
        text="--b\r\n\r\nSee.\r\n--b\r\nContent-Disposition: attachment; filename=fridge.jpg\r\n\r\nxxxx\r\n--b--",
        content_type="multipart/mixed; boundary=b",
    )
    entry = decide(reading(raw), NOBODY_KNOWS, RULES, NOW).changes[1]
    assert isinstance(entry, AddEntry)
    assert entry.text == "My order [attached: fridge.jpg (4 bytes)]"


def test_a_stranger_is_linked_to_each_case_once_and_its_staff_see_it() -> None:
    known = Known(None, {OURS: Owner(CASE, SAM, LETTER)}, {CASE: Owner(CASE, SAM), OTHER: Owner(OTHER, SAM)}, 0, 0, 0)
    decision = decide(reading(mail(EVE, f"{CASE} {OTHER}", in_reply_to=OURS)), known, RULES, NOW)
    links = [change for change in decision.changes if isinstance(change, LinkCases)]
    assert [(link.case, link.other) for link in links] == [(decision.case, CASE), (decision.case, OTHER)]
    told = [change.case for change in decision.changes if isinstance(change, AddEntry) and change.kind == "link"]
    assert told == [CASE, OTHER]


def test_a_customer_who_names_two_cases_adds_to_the_one_that_they_answer() -> None:
    known = Known(None, {OURS: Owner(CASE, SAM, LETTER)}, {OTHER: Owner(OTHER, SAM)}, 0, 0, 0)
    assert decide(reading(mail(subject=OTHER, in_reply_to=OURS)), known, RULES, NOW).case == CASE


def test_a_customer_who_names_a_strangers_case_first_still_adds_to_their_own() -> None:
    known = Known(None, {}, {CASE: Owner(CASE, "eve@example.net"), OTHER: Owner(OTHER, SAM)}, 0, 0, 0)
    assert decide(reading(mail(subject=f"{CASE} {OTHER}")), known, RULES, NOW).case == OTHER


def test_a_reference_that_is_taken_gives_way_to_the_next() -> None:
    first = decide(reading(mail()), NOBODY_KNOWS, RULES, NOW).case
    taken = replace(NOBODY_KNOWS, by_reference={first: Owner(first, "kim@example.org")})
    decision = decide(reading(mail()), taken, RULES, NOW)
    assert decision.case == candidate(reading(mail()).message.digest, RULES, 1) != first


def test_a_bounce_of_a_mail_to_staff_flags_no_case_but_somebody_is_told() -> None:
    known = replace(NOBODY_KNOWS, by_id={OURS: Owner("", "", LETTER)})
    decision = decide(reading(bounce()), known, RULES, NOW)
    assert (decision.end, decision.case) == ("bounce", "")
    assert decision.changes == (MarkBounced(LETTER), WantAttention())


def test_a_bounce_on_a_case_that_was_joined_is_about_the_one_that_goes_on() -> None:
    joined, goes_on = Owner(CASE, SAM, LETTER, joined=OTHER), Owner(OTHER, SAM)
    known = Known(None, {OURS: joined}, {CASE: replace(joined, letter=""), OTHER: goes_on}, 0, 0, 0)
    decision = decide(reading(bounce()), known, RULES, NOW)
    assert decision.case == OTHER
    assert {MarkUndeliverable(OTHER, SAM), MarkBounced(LETTER)} < set(decision.changes)


def test_a_bounce_of_another_reader_says_whom_it_names() -> None:
    decision = decide(reading(bounce(reader=OLD)), SAMS_CASE, RULES, NOW)
    entry = decision.changes[0]
    assert isinstance(entry, AddEntry)
    assert entry.text == f"our letter could not be delivered to {OLD}, to whom we did not write: 5.1.1"


def test_what_waits_in_junk_and_lies_in_the_inbox_is_taken_back_out() -> None:
    decision = decide(reading(mail()), replace(NOBODY_KNOWS, twin=Twin(7, "spam")), RULES, NOW)
    [accept] = decision.changes
    assert isinstance(accept, AcceptMail)
    assert (accept.mail, decision.duplicate_of) == (7, 7)


def test_the_limits_may_be_set() -> None:
    strict = replace(RULES, limits=Limits(per_address_hour=1))
    changes = decide(reading(mail()), limited(hour=1), strict, NOW).changes
    [held] = [change for change in changes if isinstance(change, QueueLetter)]
    assert held.held == "1 answers went to this address within an hour"


@given(st.binary(max_size=3000), st.sampled_from([NOBODY_KNOWS, SAMS_CASE]), st.sampled_from(["", "priya"]))
def test_any_bytes_become_a_decision(raw: bytes, known: Known, accepted_by: str) -> None:
    decision = decide(read_arrival(arrival(raw, accepted_by=accepted_by), RULES), known, RULES, NOW)
    assert decision.reason


headers = st.sampled_from(
    ["From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Date", "Reply-To", "Auto-Submitted",
     "Content-Type", "Content-Disposition", "Return-Path", "List-Id"]
)  # fmt: skip
values = st.one_of(
    st.text(max_size=60),
    st.sampled_from([SAM, f"<{SAM}>", f'"a@b" <{SAM}>', OURS, CASE, "<>", "multipart/mixed; boundary=b"]),
    st.from_regex(r"[^@\x00-\x1f]{1,70}@[^@\x00-\x1f]{1,250}", fullmatch=True),
)


@given(st.lists(st.tuples(headers, values), max_size=8), st.text(max_size=300))
def test_any_headers_become_a_decision(fields: list[tuple[str, str]], text: str) -> None:
    raw = "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n" + text
    decision = decide(reading(raw.encode("utf-8", "surrogatepass"), accepted_by="priya"), SAMS_CASE, RULES, NOW)
    assert decision.end in ("case", "added")
