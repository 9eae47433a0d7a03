"""What a returned mail says, in the shapes of a standard and of those who never read it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.mail.bounces import Bounce, read_bounce
from mailcase.core.mail.classify import classify
from mailcase.core.mail.message import Message, read

MAIL = Path(__file__).parents[3] / "shared" / "mail"


def returned(
    text: str = "",
    *,
    subject: str = "failure notice",
    report: str = "",
    enclosed: str = "",
    failed_recipients: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
) -> Message:
    """A returned mail as `read` gives it."""
    return Message(
        headers={"x-failed-recipients": failed_recipients} if failed_recipients else {},
        from_address="mailer-daemon@mx.example.net",
        from_name="",
        reply_to=(),
        to=("complaints@example.com",),
        subject=subject,
        date="",
        message_id="<bounce@mx.example.net>",
        in_reply_to=references[-1:],
        references=references,
        text=text,
        attachments=(),
        content_types=("text/plain",),
        calendar_method="",
        report=report,
        enclosed=enclosed,
        defects=(),
        digest=b"",
    )


LETTER = "Received: from mx\nMessage-ID: <letter@example.com>\nTo: sam@example.org\nSubject: Your complaint\n"
QMAIL = f"""Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.

<sam@example.org>:
Remote host said: 550 5.7.1 Access denied

--- Below this line is a copy of the message.

{LETTER}"""
EXIM = f"""A message that you sent could not be delivered to one or more of its
recipients. The following address(es) failed:

  sam@example.org
    SMTP error from remote mail server after RCPT TO:<sam@example.org>:
    host mx.example.org [192.0.2.1]: 550 no such user

------ This is a copy of the message, including all the headers. ------

{LETTER}"""
POSTFIX = """This is the Postfix program at host mx.example.net.

For further assistance, please contact <postmaster@mx.example.net>

<sam@example.org>: host mx.example.org[192.0.2.1] said: 452 4.2.2
    Mailbox full
"""
SENDMAIL = f"""   ----- Transcript of session follows -----
While talking to mx.example.org:
>>> RCPT To:<sam@example.org>
<<< 550 5.1.1 <sam@example.org>... User unknown

   ----- Unsent message follows -----
{LETTER}"""
EXCHANGE = """Your message
  To:      sam@example.org
  Subject: Your complaint

did not reach the following recipient(s):

sam@example.org on Thu, 29 Apr 2027 16:51:51 -0500
    The recipient name is not recognized
"""
IDS = ("<letter@example.com>",)
SAM = ("sam@example.org",)

TEXTS: dict[str, tuple[Message, Bounce]] = {
    "qmail": (returned(QMAIL), Bounce(IDS, SAM, True, "5.7.1", "Remote host said: 550 5.7.1 Access denied")),
    "exim": (returned(EXIM), Bounce(IDS, SAM, True, "", "host mx.example.org [192.0.2.1]: 550 no such user")),
    "postfix": (
        returned(POSTFIX, enclosed=LETTER),
        Bounce(IDS, SAM, True, "4.2.2", "<sam@example.org>: host mx.example.org[192.0.2.1] said: 452 4.2.2"),
    ),
    "sendmail": (
        returned(SENDMAIL),
        Bounce(IDS, SAM, True, "5.1.1", "<<< 550 5.1.1 <sam@example.org>... User unknown"),
    ),
    "exchange": (returned(EXCHANGE), Bounce((), SAM, True, "", "")),
    "only the letter tells": (returned("Sorry.", enclosed=LETTER), Bounce(IDS, SAM, True, "", "")),
    "only a header tells": (
        returned("Sorry.", failed_recipients=SAM, references=("<a@x>", "<b@x>")),
        Bounce(("<b@x>", "<a@x>"), SAM, True, "", ""),
    ),
    "nothing tells": (returned(), Bounce((), (), True, "", "")),
}


@pytest.mark.parametrize(("message", "bounce"), TEXTS.values(), ids=TEXTS)
def test_the_words_of_a_mail_system_are_read(message: Message, bounce: Bounce) -> None:
    assert read_bounce(message) == bounce


def report(action: str, status: str = "5.1.1", recipient: str = "sam@example.org") -> str:
    return (
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no\n such user\n"
    )


HEAD = "Reporting-MTA: dns; mx.example.net\n\n"


@pytest.mark.parametrize(
    ("text", "bounce"),
    [
        (report("failed"), Bounce((), SAM, True, "5.1.1", "smtp; 550 5.1.1 no such user", SAM)),
        (report("Failed (permanently)"), Bounce((), SAM, True, "5.1.1", "smtp; 550 5.1.1 no such user", SAM)),
        (report("error"), Bounce((), SAM, True, "5.1.1", "smtp; 550 5.1.1 no such user", SAM)),
        (report("delayed", "4.4.1"), Bounce((), SAM, False, "4.4.1", "smtp; 550 5.1.1 no such user", SAM)),
        (report("delivered", "2.0.0"), Bounce((), SAM, False, "5.1.1", "smtp; 550 5.1.1 no such user", SAM)),
        (
            report("delayed", "4.4.1", "kim@example.org") + "\n" + report("failed"),
            Bounce((), SAM, True, "5.1.1", "smtp; 550 5.1.1 no such user", SAM),
        ),
        (
            report("failed").replace("Final", "Original-Recipient: rfc822; alias@example.org\nFinal"),
            Bounce(
                (),
                ("alias@example.org", *SAM),
                True,
                "5.1.1",
                "smtp; 550 5.1.1 no such user",
                ("alias@example.org", *SAM),
            ),
        ),
        (
            "Final-Recipient: rfc822; sam@example.org\nOriginal-Message-ID: <letter@example.com>\n",
            Bounce(IDS, SAM, True, "", "", SAM),
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_fields_of_a_report_are_believed_before_any_text(text: str, bounce: Bounce, newline: str) -> None:
    assert read_bounce(returned("kim@example.net", report=(HEAD + text).replace("\n", newline))) == bounce


@pytest.mark.parametrize(
    ("field", "reported"),
    [
        ("rfc822; o'brien@example.org", ("o'brien@example.org",)),
        ("RFC822;<sam=shop+1@example.org>", ("sam=shop+1@example.org",)),
        ("sam@example.org", ("sam@example.org",)),
        ("rfc822; sam", ()),
        ("x400; /G=Sam/S=O/@example", ()),
        ("utf-8; j\\x{fc}rgen@example.org", ()),
    ],
)
def test_whom_a_report_names_is_read_whole_or_not_at_all(field: str, reported: tuple[str, ...]) -> None:
    words = f"{HEAD}Final-Recipient: {field}\nAction: failed\nStatus: 5.1.1\n"
    assert read_bounce(returned("kim@example.net", report=words)).reported == reported


def test_whom_mere_words_name_is_not_reported() -> None:
    assert read_bounce(returned(POSTFIX, enclosed=LETTER)).reported == ()


def test_a_report_that_came_as_plain_text_is_read_all_the_same() -> None:
    assert read_bounce(returned(f"--boundary\n\n{HEAD}{report('failed')}\n{LETTER}")).recipients == SAM


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delivery Status Notification (Delay)", ""),
        ("Warning: message 1a-2b-00 delayed 24 hours", ""),
        ("Delayed Mail (still being retried)", ""),
        ("Warning: could not send message for past 4 hours", ""),
        ("Delivery status notification: warning", ""),
        ("Notice", "THIS IS A WARNING MESSAGE ONLY."),
        ("Notice", "Delivery attempts will continue for some time."),
        ("Notice", "has been postponed due to a full mailbox."),
    ],
)
def test_a_warning_does_not_mean_that_the_letter_is_lost(subject: str, text: str) -> None:
    assert not read_bounce(returned(text, subject=subject)).failed


def test_a_returned_letter_that_speaks_of_delay_is_lost_all_the_same() -> None:
    assert read_bounce(returned(f"{QMAIL}\n\nYour parcel: delivery has been delayed.")).failed


def test_our_id_is_found_behind_that_of_a_relay() -> None:
    letter = (
        "Message-ID: <relay@example.net>\nIn-Reply-To: <theirs@example.org>\n"
        "References: <first@x>\n <ours@example.com>\n"
    )
    ids = read_bounce(returned(enclosed=letter)).message_ids
    assert ids == ("<relay@example.net>", "<theirs@example.org>", "<ours@example.com>", "<first@x>")


def test_the_number_of_ids_and_recipients_is_bounded() -> None:
    text = "".join(f"sam{n}@example.org\nMessage-ID: <{n}@example.org>\n" for n in range(1_000))
    bounce = read_bounce(returned(text))
    assert len(bounce.message_ids) <= 20
    assert len(bounce.recipients) <= 20


@given(st.text(), st.text(), st.text())
def test_any_text_can_be_read(text: str, fields: str, enclosed: str) -> None:
    bounce = read_bounce(returned(text, report=fields, enclosed=enclosed))
    assert all(name.startswith("<") and name.endswith(">") for name in bounce.message_ids)
    assert all("@" in recipient for recipient in bounce.recipients)


@pytest.mark.parametrize(
    "unit",
    [" ", "\n", "\n ", "a", "a@", "a@a.", "to ", "to:", "\nto ", "message-id:", "<", "5.", "550", "\nx: y", "\n> a"],
)
def test_a_hostile_megabyte_takes_less_than_a_second(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    start = time.process_time()
    read_bounce(returned(long, report=long, enclosed=long))
    assert time.process_time() - start < 1


def _real_bounces() -> Iterator[tuple[bytes, Message]]:
    if not MAIL.is_dir():
        pytest.skip("the collection of real mail is not here")
    for folder in ("sisimai", "flufl.bounce"):
        for path in sorted((MAIL / folder).iterdir()):
            raw = path.read_bytes()
            message = read(raw)
            if classify(message).kind == "bounce":
                yield raw, message


def test_real_bounces_name_the_recipient_and_the_letter() -> None:
    bounces = [(read_bounce(message), raw.lower().count(b"\nmessage-id:")) for raw, message in _real_bounces()]
    with_letter = [bounce for bounce, ids in bounces if ids > 1]
    assert sum(bool(bounce.recipients) for bounce, _ in bounces) / len(bounces) >= 0.97
    assert sum(bool(bounce.message_ids) for bounce in with_letter) / len(with_letter) >= 0.95
