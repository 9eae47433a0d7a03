"""Which kind of mail it is: one line per signal, and as many for what must not be taken for one."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.mail.classify import Kind, classify
from mailcase.core.mail.message import Message, read

MAIL = Path(__file__).parents[3] / "shared" / "mail"
CUSTOMER = "Sam Lee <sam@example.org>"
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
POSTMASTER = "postmaster@example.net"
EXIM = "This message was created automatically by mail delivery software"
DSN = 'multipart/report; report-type=delivery-status; boundary="b"'
QMAIL = "Hi. This is the qmail-send program at mx.example.net.\nI wasn't able to deliver your message."


def mail(
    headers: str = "", *, sender: str = CUSTOMER, subject: str = "", text: str = "", parts: str = "text/plain"
) -> Message:
    """A mail as `read` gives it; `headers` is one `Name: value` a line."""
    fields = dict(line.split(": ", 1) for line in headers.splitlines())
    address = sender.rpartition("<")[2].rstrip(">")
    return Message(
        headers={"from": (sender,), **{name.lower(): (value,) for name, value in fields.items()}},
        from_address=address,
        from_name="",
        reply_to=(fields["Reply-To"],) if "Reply-To" in fields else (),
        to=("complaints@example.com",),
        subject=subject,
        date="",
        message_id="<1@example.org>",
        in_reply_to=(),
        references=(),
        text=text,
        attachments=(),
        content_types=tuple(part.partition(";")[0] for part in parts.split()),
        calendar_method=parts.partition("method=")[2].partition(" ")[0],
        report="",
        enclosed="",
        defects=(),
        digest=b"",
    )


SIGNALS: list[tuple[Message, Kind, str]] = [
    # Bounces: RFC 3464, then the sender together with the subject or the text.
    (mail(f"Content-Type: {DSN}", parts="multipart/report text/plain"), "bounce", "report-type: delivery-status"),
    (mail("X-Failed-Recipients: sam@example.org"), "bounce", "x-failed-recipients: sam@example.org"),
    (mail(sender=DAEMON, parts="multipart/mixed message/delivery-status"), "bounce", "part: message/delivery-status"),
    (mail("Return-Path: <>", subject="Undeliverable: Your complaint"), "bounce", "subject: Undeliverable"),
    (mail("Return-Path: <MAILER-DAEMON>", subject="failure notice"), "bounce", "envelope sender: MAILER-DAEMON"),
    (mail(sender=DAEMON, subject="[Postmaster] Email Delivery Failure"), "bounce", "from: Mail Delivery System"),
    (mail(sender=DAEMON, subject="Warning: message 1a-2b-00 delayed 24 hours"), "bounce", "from: Mail Delivery System"),
    (mail(sender=DAEMON, subject="Unzustellbar: Ihr Anliegen"), "bounce", "subject: Unzustellbar"),
    (mail(sender=DAEMON, text=QMAIL), "bounce", "text: This is the qmail-send program at"),
    (mail(sender="Postmaster <>", text=EXIM), "bounce", "from: Postmaster <>"),
    (mail(sender=POSTMASTER, text=QMAIL), "bounce", "from: postmaster"),
    (
        mail(sender=POSTMASTER, subject="Undeliverable Mail", text="bad user\n\nOriginal message follows.\n"),
        "bounce",
        "text: Original message",
    ),
    (mail(sender="ndr@example.net", subject="Mail delivery failed", text=EXIM), "bounce", f"text: {EXIM}"[:66]),
    (
        mail(
            "Auto-Submitted: auto-replied (rejected)",
            subject="Automatically rejected mail",
            parts="multipart/report message/disposition-notification",
        ),
        "bounce",
        "auto-submitted: auto-replied (rejected)",
    ),
    # Courtesies.
    (
        mail("Content-Type: multipart/report; report-type=disposition-notification", parts="multipart/report"),
        "courtesy",
        "report-type: disposition-notification",
    ),
    (
        mail(
            "Return-Path: <>", subject="Read: Your complaint", parts="multipart/report message/disposition-notification"
        ),
        "courtesy",
        "part: message/disposition-notification",
    ),
    (
        mail(subject="Accepted: Telephone call", parts="multipart/mixed text/plain text/calendar;method=reply"),
        "courtesy",
        "calendar: method=reply",
    ),
    (
        mail(subject="Neuer Termin", parts="multipart/alternative text/plain text/calendar;method=counter"),
        "courtesy",
        "calendar: method=counter",
    ),
    (
        mail(parts="multipart/alternative text/plain text/vnd.google.email-reaction+json text/html"),
        "courtesy",
        "part: text/vnd.google.email-reaction+json",
    ),
    (
        mail(text="[Like] Sam Lee reacted to your message:\n"),
        "courtesy",
        "text: [Like] Sam Lee reacted to your message:",
    ),
    (mail(text="👍 Sam Lee reacted via Gmail\n"), "courtesy", "text: 👍 Sam Lee reacted via Gmail"),
    # Automatic replies and notices.
    (mail("Auto-Submitted: auto-replied"), "auto-reply", "auto-submitted: auto-replied"),
    (mail("Auto-Submitted: auto-generated; x=y"), "auto-reply", "auto-submitted: auto-generated; x=y"),
    (mail("Auto-Submitted: none"), "auto-reply", "auto-submitted: none"),
    (mail("Precedence: auto_reply"), "auto-reply", "precedence: auto_reply"),
    (mail("X-Autoreply: yes"), "auto-reply", "x-autoreply: yes"),
    (mail("X-Autorespond: 1"), "auto-reply", "x-autorespond: 1"),
    (mail("X-Mail-Autoreply: sam"), "auto-reply", "x-mail-autoreply: sam"),
    (mail("X-FC-MachineGenerated: true"), "auto-reply", "x-fc-machinegenerated: true"),
    (mail("X-Autogenerated: Reply"), "auto-reply", "x-autogenerated: Reply"),
    (mail("Precedence: bulk\nAuto-Submitted: auto-replied"), "auto-reply", "auto-submitted: auto-replied"),
    (mail(subject="Automatic reply: Your complaint"), "auto-reply", "subject: Automatic reply:"),
    (mail(subject="Out of Office"), "auto-reply", "subject: Out of Office"),
    (
        mail(subject="[EXTERN] Automatische Antwort: Ihr Anliegen"),
        "auto-reply",
        "subject: [EXTERN] Automatische Antwort:",
    ),
    (mail(subject="Abwesenheitsnotiz"), "auto-reply", "subject: Abwesenheitsnotiz"),
    (mail(subject="Réponse automatique\u00a0: votre réclamation"), "auto-reply", "subject: Réponse automatique :"),
    (mail(subject="Respuesta automática: su queja"), "auto-reply", "subject: Respuesta automática:"),
    (mail(subject="Risposta automatica: reclamo"), "auto-reply", "subject: Risposta automatica:"),
    (mail(subject="Automatisch antwoord: klacht"), "auto-reply", "subject: Automatisch antwoord:"),
    (mail(subject="自动答复: 投诉"), "auto-reply", "subject: 自动答复:"),
    (mail("Return-Path: <>", subject="Hello"), "auto-reply", "envelope sender: <>"),
    (mail(sender=DAEMON, subject="Test", text="Hi"), "auto-reply", "from: Mail Delivery System"),
    (
        mail(
            "Content-Type: multipart/report; report-type=feedback-report",
            parts="multipart/report message/feedback-report",
        ),
        "auto-reply",
        "report-type: feedback-report",
    ),
    (
        mail("X-Auto-Response-Suppress: OOF, AutoReply", sender="no-reply@example.org"),
        "auto-reply",
        "from: no-reply@example.org",
    ),
    (
        mail("Return-Path: <>", subject="Automatic reply: x", text="The mailbox is full.\n-----Original Message-----"),
        "auto-reply",
        "envelope sender: <>",
    ),
    # Lists and bulk.
    (mail("List-Id: Talk <talk.example.org>"), "list", "list-id: Talk <talk.example.org>"),
    (mail("Precedence: list"), "list", "precedence: list"),
    (
        mail("Mailing-List: contact talk-help@example.org; run by ezmlm"),
        "list",
        "mailing-list: contact talk-help@example.org; run by ezmlm",
    ),
    (mail("Return-Path: <owner-talk@example.org>"), "list", "envelope sender: owner-talk@example.org"),
    (
        mail("Return-Path: <talk-bounces+sam=example.com@example.org>"),
        "list",
        "envelope sender: talk-bounces+sam=example.com@example.org",
    ),
    (mail("Precedence: bulk"), "bulk", "precedence: bulk"),
    (mail("X-Campaign: spring"), "bulk", "x-campaign: spring"),
    (mail("List-Unsubscribe: <https://example.org/u>\nFeedback-ID: 1:2:3:x"), "bulk", "feedback-id: 1:2:3:x"),
    (
        mail("List-Unsubscribe: <https://example.org/u>", sender="noreply@example.org"),
        "bulk",
        "from: noreply@example.org",
    ),
]

HUMAN: dict[str, Message] = {
    "an ordinary mail": mail(subject="My order never came", text="Where is it?"),
    "no From at all": mail(sender=""),
    "Auto-Submitted: no": mail("Auto-Submitted: No"),
    "a header switched off": mail("X-Autoreply: no"),
    "Exchange asks for no automatic answers": mail("X-Auto-Response-Suppress: DR, OOF, AutoReply"),
    "passed on by an Exchange rule": mail("X-MS-Exchange-Inbox-Rules-Loop: info@example.com"),
    "passed on by a CommuniGate rule": mail("X-Autogenerated: Mirror"),
    "passed on by a forwarder": mail("X-Loop: info@example.com"),
    "Outlook forbids reactions": mail("x-ms-reactions: disallow"),
    "asks for a receipt": mail("Disposition-Notification-To: sam@example.org"),
    "a no-reply address": mail(sender="no-reply@example.org", text="You charged me twice."),
    "a contact form": mail("Reply-To: sam@example.org\nFeedback-ID: 1:2:3:x", sender="noreply@example.com"),
    "sent through a service": mail("List-Unsubscribe: <https://example.org/u>"),
    "a firm's postmaster": mail(sender=POSTMASTER, subject="Wrong invoice", text="My parcel could not be delivered."),
    "a parcel": mail(
        subject="Delivery failed", text="I got your message that it could not be delivered to my address."
    ),
    "a parcel, in capitals": mail(subject="NOT DELIVERED!!!", text="User unknown? I have lived here for years."),
    "the subject of an empty bounce": mail(
        sender='"postmaster@" <a.example postmaster@a.example>', subject="Undeliverable: x", text="Hi"
    ),
    "answers a bounce": mail(subject="Re: Undelivered Mail Returned to Sender", text=EXIM),
    "forwards a bounce": mail(subject="Fwd: Mail delivery failed", text=EXIM),
    "pastes a bounce": mail(subject="Mail not delivered", text="Dear all, your address does not work. " * 20 + EXIM),
    "encloses a bounce": mail(
        subject="Undeliverable",
        text="see below",
        parts="multipart/mixed text/plain message/rfc822 message/delivery-status",
    ),
    "answers an automatic reply": mail(subject="Re: Automatic reply: my complaint"),
    "complains about one": mail(subject="Out of office replies are no answer"),
    "an invitation": mail(subject="Invitation: Telephone call", parts="multipart/mixed text/plain text/calendar"),
    "a visit that was cancelled": mail(subject="Cancelled: my visit", parts="multipart/mixed text/plain text/calendar"),
    "speaks of a reaction": mail(text="My wife reacted to your message: she is furious."),
}


@pytest.mark.parametrize(("message", "kind", "signal"), SIGNALS, ids=[row[2] for row in SIGNALS])
def test_a_signal_names_its_kind(message: Message, kind: Kind, signal: str) -> None:
    verdict = classify(message)
    assert verdict.kind == kind
    assert signal in verdict.signals


@pytest.mark.parametrize("message", HUMAN.values(), ids=HUMAN)
def test_what_people_write_is_human_and_has_no_signals(message: Message) -> None:
    verdict = classify(message)
    assert (verdict.kind, verdict.signals) == ("human", ())


def test_the_envelope_is_believed_before_the_return_path() -> None:
    assert classify(mail("Return-Path: <>"), "sam@example.org").kind == "human"
    assert classify(mail("Return-Path: <sam@example.org>"), "").kind == "auto-reply"
    assert classify(mail(), "<>").kind == "auto-reply"


def test_a_signal_shows_only_the_beginning_of_a_long_value() -> None:
    [signal] = classify(mail("List-Id: " + "x" * 1_000)).signals
    assert len(signal) < 80


@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["from", "return-path", "content-type", "auto-submitted", "precedence", "list-id", "feedback-id"]
        ),
        st.lists(st.text(), min_size=1, max_size=3).map(tuple),
    ),
    subject=st.text(),
    text=st.text(),
    envelope=st.none() | st.text(),
)
def test_any_mail_has_one_kind_and_a_reason_unless_it_is_human(
    headers: dict[str, tuple[str, ...]], subject: str, text: str, envelope: str | None
) -> None:
    verdict = classify(replace(mail(subject=subject, text=text), headers=headers), envelope)
    assert verdict.kind in get_args(Kind)
    assert bool(verdict.signals) == (verdict.kind != "human")


@pytest.mark.parametrize("unit", [" ", "\n", "message ", "[a", "<", "report-type=", "to ", "mail delivery ", "5.1.1 "])
def test_a_hostile_megabyte_takes_less_than_a_second(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    headers = {
        "from": (f"postmaster {long}",),
        "content-type": (f"multipart/report; {long}",),
        "auto-submitted": (long,),
    }
    message = replace(mail(subject=long, text=long, parts="multipart/report"), headers=headers)
    start = time.process_time()
    classify(message, long)
    classify(message, "")
    assert time.process_time() - start < 2


def _mails(folder: str, *, without: tuple[str, ...] = ()) -> Iterator[tuple[str, Message]]:
    if not MAIL.is_dir():
        pytest.skip("the collection of real mail is not here")
    for path in sorted((MAIL / folder).iterdir()):
        if path.name != "SOURCE.txt" and not path.name.startswith(without):
            yield path.name, read(path.read_bytes())


def test_real_bounces_are_recognised() -> None:
    found = Counter(
        classify(message).kind == "bounce"
        for folder in ("sisimai", "flufl.bounce")
        for _, message in _mails(folder, without=("arf-", "rfc3834-"))
    )
    assert found[True] / found.total() >= 0.97


def test_real_automatic_replies_are_recognised() -> None:
    replies = [classify(message).kind for name, message in _mails("sisimai") if name.startswith("rfc3834-")]
    assert set(replies) == {"auto-reply"}


# These stand among people's mail and are returned mail all the same.
TRUE_BOUNCES = {
    "delayed_dsn.raw",
    "dsn_with_multipart_alternative.raw",
    "multi_recipient_dsn.raw",
    "multipart-wo-boundary.raw",
    "simple_dsn.raw",
    "simple_dsn_with_html.raw",
    "multi_address_bounce1.eml",
    "multipart_report_multiple_status.eml",
    "raw_email_with_mimepart_without_content_type.eml",
    "report_422.eml",
    "report_530.eml",
    "example_bounce.eml",
}


@pytest.mark.parametrize("folder", ["mikel-mail", "enmime", "webklex"])
def test_no_real_mail_of_people_is_taken_for_a_bounce(folder: str) -> None:
    taken = {name for name, message in _mails(folder) if classify(message).kind == "bounce"}
    assert taken <= TRUE_BOUNCES
