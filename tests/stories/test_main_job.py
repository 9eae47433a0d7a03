"""The main job: mail in by either door, a case opened, one acknowledgement out by the relay, and nobody fooled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from statistics import median

from rigs.customers import mail, new_customer, reply
from rigs.relay import Letter
from rigs.world import MANAGER, World, message_id, scale


def test_a_complaint_by_either_door_becomes_a_case_and_is_acknowledged(world: World) -> None:
    assert world.imap
    daemon = world.starts()
    customers = [world.complaint_arrives("imap"), world.complaint_arrives("smtp")]
    letters = world.waits_for_letters(2)
    daemon.waits_to_say("letter.sent", times=2)
    first = letters[0]
    world.mail_arrives(reply(first.rcpt_to[0], message_id(first)), "imap")
    daemon.waits_to_say("mail.added")

    cases = world.cases()
    assert {case["customer"] for case in cases} == set(customers)
    for case in [world.case(case["reference"]) for case in cases]:
        customer = case["customer"]
        (letter,) = case["letters"]
        assert (letter["kind"], letter["to"], letter["state"]) == ("acknowledgement", customer, "sent")
        (received,) = [each for each in letters if each.rcpt_to == (customer,)]
        assert case["reference"].encode() in received.data
        assert message_id(received) == letter["message_id"]
    books = world.ledger()
    assert (books["mails"], books["letters"], books["cases"]) == ({"added": 1, "case": 2}, {"sent": 2}, 2)
    world.stop()
    assert not world.imap.mails(world.inbox)
    assert len(world.imap.mails(world.done)) == 2


def test_mail_from_before_the_first_start_is_left_alone(world: World) -> None:
    world.settings["MAILBOX__0__START"] = "now"
    world.complaint_arrives("imap")
    daemon = world.starts()
    world.waits_for_mailbox()
    customer = world.complaint_arrives("imap")
    daemon.waits_to_say("letter.sent")
    assert [case["customer"] for case in world.cases()] == [customer]
    world.stop()


def test_the_acknowledgement_follows_the_mail_within_seconds(world: World) -> None:
    world.starts()
    world.complaint_arrives("imap")
    world.waits_for_letters(1)
    seconds = [world.seconds_to_acknowledgement() for _ in range(scale(20))]
    assert world.imap
    print(f"\n{world.imap.name}: {median(seconds):.2f} s from delivery to the relay's 250, at most {max(seconds):.2f}")
    assert max(seconds) < 10
    world.stop()


def test_the_same_mail_through_both_doors_is_one_case(world: World) -> None:
    daemon = world.starts()
    customer = new_customer()
    complaint = mail(customer)
    for by in ("imap", "smtp", "imap"):
        world.mail_arrives(complaint, by, customer)
    daemon.waits_to_say("mail.duplicate", times=2)
    daemon.waits_to_say("letter.sent")
    assert world.ledger()["mails"] == {"case": 1, "duplicate": 2}
    assert len(world.relay.letters) == 1
    world.stop()


BOUNCE = """\
This is the mail system at host mx.customer.test. Your message could not be delivered.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.test

Final-Recipient: rfc822; {customer}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--part
Content-Type: text/rfc822-headers

Message-ID: {message_id}

--part--
"""


def test_a_bounce_of_our_letter_flags_the_case(world: World) -> None:
    daemon = world.starts()
    customer = world.complaint_arrives()
    (letter,) = world.waits_for_letters(1)
    daemon.waits_to_say("letter.sent")
    headers = {
        "From": "MAILER-DAEMON@mx.customer.test",
        "Subject": "Undelivered Mail Returned to Sender",
        "Auto-Submitted": "auto-replied",
        "Content-Type": 'multipart/report; report-type=delivery-status; boundary="part"',
    }
    text = "--part\nContent-Type: text/plain\n\n" + BOUNCE.format(customer=customer, message_id=message_id(letter))
    world.mail_arrives(mail("MAILER-DAEMON@mx.customer.test", headers, text))
    case = world.case(daemon.waits_to_say("mail.bounce")["case"])
    assert case["undeliverable_at"]
    assert case["timeline"][-1]["kind"] == "bounce"
    assert world.ledger()["mails"] == {"bounce": 1, "case": 1}
    assert len(world.relay.letters) == 1
    world.stop()


def test_junk_is_never_answered_until_a_person_accepts_it(world: World) -> None:
    world.employs_a_manager()
    assert world.imap
    world.settings |= {"MAILBOX__0__JUNK_FOLDER": world.junk, "MAILBOX__0__POLL_SECONDS": "1"}
    daemon = world.starts()
    customer, yesterday = new_customer(), (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)
    world.imap.append(world.junk, mail(customer), at=yesterday)
    daemon.waits_to_say("mail.review")
    (waiting,) = world.review()
    assert (waiting["sender"], waiting["review"]) == (customer, "spam")
    assert not world.relay.letters

    accepted = world.mailcase("review", "accept", str(waiting["id"]))
    assert accepted.returncode == 0, accepted.stderr
    late = daemon.waits_to_say("case.broken")  # it waited for as long as we promise an answer: that is on record
    daemon.waits_to_say("letter.sent", times=2)  # one of them hands the case to somebody
    case = world.case(late["case"])
    assert late["text"].startswith("acknowledge, due ")
    assert case["customer"] == customer
    assert datetime.fromisoformat(case["received_at"]) == yesterday
    assert Counter(letter.rcpt_to for letter in world.relay.letters) == Counter([(customer,)])
    world.stop()


def test_a_mail_that_somebody_moves_out_of_the_junk_becomes_a_case(world: World) -> None:
    assert world.imap
    world.settings |= {"MAILBOX__0__JUNK_FOLDER": world.junk, "MAILBOX__0__POLL_SECONDS": "1"}
    daemon = world.starts()
    customer = new_customer()
    world.imap.append(world.junk, mail(customer))
    daemon.waits_to_say("mail.review")
    with world.imap.client() as person:
        person.select_folder(world.junk)
        person.move(person.search(), world.inbox)
    daemon.waits_to_say("letter.sent")
    assert [case["customer"] for case in world.cases()] == [customer]
    assert world.ledger()["mails"] == {"case": 1, "duplicate": 1}
    assert len(world.relay.letters) == 1
    world.stop()


def test_a_changed_uidvalidity_doubles_nothing(world: World) -> None:
    assert world.imap
    world.settings["MAILBOX__0__DONE_FOLDER"] = ""
    complaints = {customer: mail(customer) for customer in (new_customer() for _ in range(5))}
    world.imap.append(world.inbox, *complaints.values())
    world.starts().waits_to_say("letter.sent", times=5)
    world.stop()
    world.imap.replace_folder(world.inbox)
    world.imap.append(world.inbox, *complaints.values())
    daemon = world.starts()
    daemon.waits_to_say("mail.duplicate", times=5)
    newcomer = world.complaint_arrives("imap")
    daemon.waits_to_say("letter.sent")
    assert {case["customer"] for case in world.cases()} == {*complaints, newcomer}
    assert world.ledger()["mails"] == {"case": 6, "duplicate": 5}
    assert len(world.relay.letters) == 6
    world.stop()


def test_two_mailcases_that_write_to_each_other_end_at_once(make_world: Callable[..., World]) -> None:
    ours, theirs = make_world(address="help@one.test"), make_world(address="help@two.test")
    ours.settings["RELAY__PORT"], theirs.settings["RELAY__PORT"] = str(theirs.ports[0]), str(ours.ports[0])
    ours.starts()
    their_daemon = theirs.starts()
    ours.mail_arrives(mail("help@two.test"), envelope_from="help@two.test")
    their_daemon.waits_to_say("mail.review")
    assert theirs.ledger()["letters"] == {}
    assert ours.ledger()["letters"] == {"sent": 1}
    ours.stop()
    theirs.stop()


TELLING = ("auto-submitted", "x-auto-response-suppress", "precedence", "in-reply-to", "references", "reply-to")


def _told_nothing(letter: Letter) -> bytes:
    """The letter as a robot would write it that knows no RFC: nothing says that it is one, or what it answers."""
    message = message_from_bytes(letter.data, policy=policy.SMTP)
    for name in TELLING:
        del message[name]
    message.replace_header("Subject", "Automatic notice")
    return bytes(message)


def test_robots_that_hide_what_they_are_end_at_the_limit(make_world: Callable[..., World]) -> None:
    worlds = [make_world(address="help@one.test"), make_world(address="help@two.test")]
    daemons = [world.starts() for world in worlds]
    worlds[0].mail_arrives(mail("help@two.test"), envelope_from="help@two.test")
    for sent in range(3):  # each side answers an address three times an hour
        for world, other in (worlds, worlds[::-1]):
            letter = world.waits_for_letters(sent + 1)[sent]
            other.mail_arrives(_told_nothing(letter), envelope_from=letter.mail_from)
    daemons[0].waits_to_say("mail.case", times=4)
    assert worlds[0].ledger()["letters"] == {"held": 1, "sent": 3}
    assert worlds[1].ledger()["letters"] == {"sent": 3}


def test_forged_senders_bring_each_of_their_owners_three_letters_an_hour_at_most(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    daemon = world.starts()
    victims, count = scale(90), scale(10_000)
    for number in range(count):
        forms = (f"victim{number % victims}@shop.test", f"Victim{number % victims}+{number}@shop.test")
        world.mail_arrives(mail(forms[number % 7 == 0]), envelope_from="forger@spam.test")
    world.servers.wait(600)
    daemon.waits_to_say("mail.case", times=count, timeout=120)
    daemon.waits_to_say("letter.sent", times=3 * victims)
    world.stop()
    books = world.ledger()
    assert books["mails"] == {"case": count}
    got = Counter(re.sub(r"\+\d+", "", letter.rcpt_to[0].lower()) for letter in world.relay.letters)
    got.pop(MANAGER, None)
    assert got == {f"victim{number}@shop.test": 3 for number in range(victims)}
    assert books["letters"]["held"] == count - 3 * victims
    print(f"\n{count} forged mails, {victims} victims, {got.total()} letters to them, {books['letters']}")


def test_above_the_limit_of_a_minute_letters_are_held_and_cases_opened_all_the_same(
    make_world: Callable[..., World],
) -> None:
    world = make_world(settings={"LIMITS__PER_MINUTE": "20"})
    world.time_stands_still()
    daemon = world.starts()
    for _ in range(30):
        world.complaint_arrives()
    daemon.waits_to_say("mail.case", times=30)
    daemon.waits_to_say("letter.sent", times=20)
    assert world.ledger()["letters"] == {"held": 10, "sent": 20}
    world.time_passes(timedelta(seconds=61))
    late = world.complaint_arrives()
    world.waits_for_letters_to([late])
    world.stop()


def test_no_letter_carries_a_word_that_the_sender_wrote(world: World) -> None:
    world.employs_a_manager()
    world.time_stands_still()
    daemon = world.starts()
    text = (
        "--part\nContent-Type: text/plain\n\nKANARI in the body {{ 7 * 191 }}\n"
        '--part\nContent-Type: application/pdf; name="kanari.pdf"\n'
        'Content-Disposition: attachment; filename="kanari.pdf"\n\nKANARI\n--part--\n'
    )
    headers = {
        "Subject": "Kanari {{ 7 * 191 }} =?utf-8?q?K=41NARI?=",
        "Content-Type": 'multipart/mixed; boundary="part"',
        "X-Kanari": "kanari",
        "Reply-To": "kanari@elsewhere.test",
        "Cc": "kanari@elsewhere.test",
        "Organization": "Kanari",
    }
    customer = new_customer()
    world.mail_arrives(
        mail(customer, {**headers, "From": f'"Kanari Kanari" <{customer}>'}, text), envelope_from=customer
    )
    robot = {**headers, "From": '"Kanari" <robot@shop.test>', "Auto-Submitted": "auto-generated"}
    world.mail_arrives(mail("robot@shop.test", robot, text))
    daemon.waits_to_say("mail.case")
    daemon.waits_to_say("mail.review")
    world.time_passes(timedelta(hours=1))
    daemon.waits_to_say("letter.sent", times=3)  # one of them hands the case to somebody
    assert {letter.rcpt_to for letter in world.relay.letters} == {(customer,), (MANAGER,)}
    for letter in world.relay.letters:
        message = message_from_bytes(letter.data, policy=policy.default)
        parts = [str(part.get_content()) for part in message.walk() if not part.is_multipart()]
        whole = "\n".join([letter.data.decode(), *map(str, message.values()), *parts])
        assert "kanari" not in whole.lower()
        assert "1337" not in whole
    world.stop()
