"""The daemon as its operator knows it: how it starts and stops, what it says about itself, and what it survives."""

from __future__ import annotations

import random
import signal
import smtplib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from rigs.certs import Certs
from rigs.customers import mail, new_customer
from rigs.daemon import CRASHED
from rigs.imap_server import ImapServer
from rigs.postgres import Postgres
from rigs.proxy import Proxy, unchanged
from rigs.world import LEASE, World, scale


def each_customer_has_one_letter(world: World, customers: list[str]) -> None:
    """Nothing lost and nothing doubled: one case and one letter each, and the books say the same."""
    assert sorted(letter.rcpt_to[0] for letter in world.relay.letters) == sorted(customers)
    assert sorted(case["customer"] for case in world.cases()) == sorted(customers)
    books = world.ledger()
    assert (books["letters"], books["mails"]["case"]) == ({"sent": len(customers)}, len(customers))
    assert books["mails"].keys() <= {"case", "duplicate"}


# -- starting and stopping


def test_a_signal_under_load_ends_it_in_time_and_nothing_is_lost_or_doubled(world: World) -> None:
    customers: list[str] = []
    for turn in range(scale(40)):
        daemon = world.starts()
        customers += [world.complaint_arrives() for _ in range(20)] + [world.complaint_arrives("imap")]
        world.waits_for_letters(len(world.relay.letters) + random.randint(1, 15))
        assert daemon.stops((signal.SIGTERM, signal.SIGINT)[turn % 2]) < 10
    world.starts()
    world.servers.wait()
    world.waits_for_letters_to(customers)
    world.waits_until_settled()
    world.stop()
    each_customer_has_one_letter(world, customers)


def test_it_ends_in_time_beside_a_client_that_stalls_and_a_relay_that_is_silent(world: World) -> None:
    world.relay.answers("DOT", "silence")
    daemon = world.starts()
    world.complaint_arrives()
    daemon.waits_to_say("mail.case")
    with smtplib.SMTP("127.0.0.1", world.ports[0], timeout=20) as stalled:
        stalled.ehlo()
        stalled.mail("sam@example.org")
        stalled.rcpt("complaints@firm.test")
        assert stalled.docmd("DATA")[0] == 354
        stalled.send(b"Subject: half")
        assert daemon.stops() < 9.5
        stalled.close()


def test_a_second_daemon_on_the_same_sqlite_file_is_refused_and_the_first_goes_on(world: World) -> None:
    first = world.starts()
    refused = world.mailcase("run")
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert line.startswith("mailcase: another mailcase runs on this database")
    world.complaint_arrives()
    first.waits_to_say("letter.sent")
    world.stop()


def test_a_bad_config_is_refused_with_every_fault_named(world: World) -> None:
    world.employs_a_manager()
    config = world.config.read_text()
    for good, bad in (
        ('address = "complaints@firm.test"', 'address = "complaints"'),
        ('tls = "none"', 'tls = "perhaps"'),
        ('role = "manager"', 'role = "king"\nshoe_size = 43'),
        ("[database]", "[databse]"),
    ):
        assert good in config
        config = config.replace(good, bad)
    world.config.write_text(config)
    refused = world.mailcase("run")
    assert refused.returncode == 2
    faults = refused.stderr.splitlines()
    for place in ("service.address", "relay.tls", "staff[0].role", "staff[0].shoe_size", "databse"):
        assert [fault for fault in faults if place in fault], faults
    assert "database" in refused.stderr
    assert refused.stdout == ""


# -- the database


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that a story may stop."""
    server = Postgres()
    yield server
    server.close()


def test_without_its_database_it_says_451_and_goes_on_by_itself_when_it_is_back(
    make_world: Callable[..., World], imap: ImapServer, own_postgres: Postgres
) -> None:
    world = make_world(imap=imap, database=own_postgres.new_database())
    world.time_stands_still()
    daemon = world.starts()
    customers: list[str] = []
    for crash in (False, True):
        customers += [world.complaint_arrives() for _ in range(scale(200))]
        world.waits_for_letters(len(world.relay.letters) + 2)
        refused = world.servers.answers[451]
        own_postgres.stop(crash)
        customers += [world.complaint_arrives() for _ in range(5)] + [world.complaint_arrives("imap")]
        world.servers.wait_for_answer(451, times=refused + 1)
        assert daemon.alive
        assert world.health("/livez")[0] == 200
        assert world.waits_for_health(503)["database"] == "unreachable"
        own_postgres.start()
        world.servers.wait()
        world.time_passes(LEASE)  # what was in hand when the database went is taken up again
        world.waits_for_letters_to(customers)
    world.waits_until_settled()
    world.stop()
    each_customer_has_one_letter(world, customers)


# -- the relay


def test_letters_wait_for_a_relay_that_is_down_and_leave_when_it_is_back(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    world.time_stands_still()
    daemon = world.starts()
    world.relay.stop()
    customers = [world.complaint_arrives() for _ in range(20)]
    daemon.waits_to_say("mail.case", times=20)
    daemon.waits_to_say("relay.unreachable")
    assert world.health()[0] == 200
    world.time_passes(timedelta(minutes=20))
    assert "letter" in " ".join(world.waits_for_health(503)["faults"])
    daemon.waits_to_say("relay.unreachable", times=2)
    assert world.health("/livez")[0] == 200
    world.relay.start()
    while len(world.relay.letters) < 20:  # one more refusal may come in after the clock was moved: then they wait again
        world.time_passes(timedelta(minutes=30))
        with suppress(AssertionError):
            daemon.waits_to_say("letter.sent", times=20, timeout=8)
    daemon.waits_to_say("letter.sent", times=20)
    world.waits_for_health(200)
    world.stop()
    each_customer_has_one_letter(world, customers)


# -- the mailbox


def test_health_tells_of_a_mailbox_that_cannot_be_reached_while_the_daemon_lives(world: World, certs: Certs) -> None:
    assert world.imap
    proxy = Proxy(world.imap, certs)
    world.settings |= {
        "MAILBOX__0__HOST": proxy.host,
        "MAILBOX__0__PORT": str(proxy.port),
        "MAILBOX__0__TLS": "tls",
        "MAILBOX__0__IDLE": "false",
        "MAILBOX__0__POLL_SECONDS": "1",
    }
    try:
        world.starts()
        world.waits_for_mailbox()
        assert world.health()[0] == 200
        proxy.from_client = lambda _: None
        proxy.cut()
        facts = world.waits_for_health(503)
        assert world.inbox in facts["faults"][0]
        assert world.health("/livez")[0] == 200
        proxy.from_client = unchanged
        world.waits_for_health(200)
        world.stop()
    finally:
        proxy.close()


def test_of_two_daemons_one_watches_the_mailbox_and_the_other_takes_over(
    make_world: Callable[..., World], imap: ImapServer, postgres: Postgres
) -> None:
    world = make_world(imap=imap, database=postgres.new_database(), daemons=2)
    world.time_stands_still()
    first = world.starts(slot=0)
    first.waits_to_say("imap.connected")
    second = world.starts(slot=1)
    second.waits_to_say("imap.waiting")
    customers = [world.complaint_arrives("imap") for _ in range(5)]
    world.waits_for_letters_to(customers)
    world.waits_until_settled()
    first.kill()
    customers += [world.complaint_arrives("imap") for _ in range(5)]
    assert not [line for line in second.log if line["event"] == "imap.connected"]
    world.time_passes(LEASE)
    second.waits_to_say("imap.connected")
    world.waits_for_letters_to(customers)
    world.waits_until_settled()
    world.stop()
    each_customer_has_one_letter(world, customers)


def test_a_daemon_that_stops_gives_its_mailbox_back_at_once(
    make_world: Callable[..., World], imap: ImapServer, postgres: Postgres
) -> None:
    world = make_world(imap=imap, database=postgres.new_database())
    world.time_stands_still()
    world.starts().waits_to_say("imap.connected")
    world.stop()
    again = world.starts()
    again.waits_to_say("imap.connected", timeout=10)
    assert not [line for line in again.log if line["event"] == "imap.waiting"]
    world.stop()


# -- a mail that kills


def test_a_mail_that_kills_the_process_while_it_is_read_waits_for_a_person_and_the_others_go_on(world: World) -> None:
    assert world.imap
    customers = [new_customer() for _ in range(5)]
    world.imap.append(world.inbox, *(mail(customer) for customer in customers))
    # The third mail kills. After each death what was in hand is read alone: fresh mail first, then the oldest.
    assert world.launches("intake.read:3").ends(30) == CRASHED
    assert world.launches("intake.read:3").ends(30) == CRASHED
    newcomer = world.complaint_arrives()
    assert world.launches("intake.read:4").ends(30) == CRASHED
    daemon = world.starts()
    daemon.waits_to_say("mail.review")
    (broken,) = world.review()
    assert broken["review"] == "broken"
    survivors = [*customers[:2], *customers[3:], newcomer]
    world.waits_for_letters_to(survivors)
    world.stop()
    assert {letter.rcpt_to for letter in world.relay.letters} == {(customer,) for customer in survivors}
    assert sorted(case["customer"] for case in world.cases()) == sorted(survivors)
    assert world.ledger()["mails"] == {"case": len(survivors), "review": 1}
