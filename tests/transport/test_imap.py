"""The IMAP door against real servers: what it keeps, moves and leaves alone, and how it survives their faults."""

from __future__ import annotations

import re
import socket
import threading
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailcase.errors import TryLater
from mailcase.transport.imap import Account
from rigs.certs import Certs, make_certs
from rigs.door import Door, account_of, through
from rigs.dovecot import Dovecot
from rigs.imap_server import ImapServer
from rigs.memory_book import MemoryBook
from rigs.proxy import Proxy, unchanged

LONG_AGO = datetime(2020, 5, 17, 12, 30, tzinfo=UTC)


def mail(number: int, size: int = 100) -> bytes:
    line = b"x" * 70 + b"\r\n"
    return b"From: sam@example.org\r\nSubject: complaint %d\r\n\r\n" % number + line * (size // len(line) + 1)


def mails(count: int, first: int = 1) -> list[bytes]:
    return [mail(number) for number in range(first, first + count)]


@pytest.fixture
def folder(server: ImapServer) -> str:
    name = f"in-{uuid.uuid4().hex[:8]}"
    server.make_folder(name)
    return name


@pytest.fixture
def done(folder: str) -> str:
    return f"done-{folder}"


def subjects(found: dict[int, bytes]) -> list[bytes]:
    return [raw.split(b"\r\n")[1] for raw in found.values()]


# -- new mail


@pytest.mark.parametrize("idle", [True, False], ids=["IDLE", "polling"])
def test_new_mail_is_kept(server: ImapServer, folder: str, idle: bool) -> None:
    with Door(account_of(server), folder, idle=idle) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, *mails(3))
        door.book.wait_for_mails(3)
        server.append(folder, *mails(2, first=4))
        door.book.wait_for_mails(5)
    assert door.book.bodies() == mails(5)
    assert not door.said("imap.failed")


def test_idle_brings_mail_within_two_seconds(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder, idle=True) as door:
        door.book.wait_for_rounds(1)
        for number in range(1, 4):
            began = time.monotonic()
            server.append(folder, mail(number))
            door.book.wait_for_mails(number)
            assert time.monotonic() - began < 2


def test_mail_that_arrives_between_a_look_and_idle_is_seen_at_once(
    server: ImapServer, folder: str, proxy: Proxy
) -> None:
    # The proxy delivers mail just before it passes IDLE on. Dovecot announces it in one packet with "+ idling",
    # pymap only when the IDLE ends.
    brought = threading.Event()

    def deliver_first(data: bytes) -> bytes:
        if b"IDLE" in data and not brought.is_set():
            brought.set()
            server.append(folder, mail(1))
        return data

    proxy.from_client = deliver_first
    with Door(through(proxy, server), folder, idle=True) as door:
        door.book.wait_for_mails(1, seconds=2 if server.name == "dovecot" else 8)


def test_mail_that_arrives_during_a_round_is_seen_at_once(
    server: ImapServer, folder: str, done: str, proxy: Proxy
) -> None:
    # It arrives before MOVE, so it is announced in the answer to MOVE and never again.
    brought = threading.Event()

    def deliver_first(data: bytes) -> bytes:
        if b" MOVE " in data and not brought.is_set():
            brought.set()
            server.append(folder, mail(2))
        return data

    proxy.from_client = deliver_first
    with Door(through(proxy, server), folder, idle=True, done_folder=done) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, mail(1))
        door.book.wait_for_mails(2, seconds=2 if server.name == "dovecot" else 8)


def test_idle_is_renewed(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder, idle=True, idle_seconds=0.3) as door:
        door.book.wait_for_rounds(4)
        server.append(folder, mail(1))
        door.book.wait_for_mails(1)


def test_received_at_is_internaldate_in_utc(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, mail(1), at=LONG_AGO)
        door.book.wait_for_mails(1)
    (kept,) = door.book.kept.values()
    assert kept.received_at == LONG_AGO
    assert kept.received_at.utcoffset() == timedelta(0)


def test_nothing_is_marked_as_seen_and_what_is_seen_is_kept(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, mail(1))
        server.append(folder, mail(2), flags=[rb"\Seen"])
        door.book.wait_for_mails(2)
    assert list(server.flags(folder).values()) == [set(), {rb"\Seen"}]


def test_a_backlog_comes_in_batches_of_fifty(server: ImapServer, folder: str, done: str) -> None:
    server.append(folder, *mails(60))
    with Door(account_of(server), folder, done_folder=done, book=MemoryBook(start_all=True)) as door:
        door.book.wait_for_rounds(1)
    assert [said["mails"] for said in door.said("imap.kept")] == [50, 10]
    assert len(server.mails(done)) == 60
    assert not server.mails(folder)


def test_more_mail_than_is_asked_for_at_once(
    server: ImapServer, folder: str, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcase.transport.imap_session.UID_SPAN", 7)
    server.append(folder, *mails(40))
    with Door(account_of(server), folder, done_folder=done, book=MemoryBook(start_all=True)) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, *mails(10, first=41))
        door.book.wait_for_mails(50)
    assert door.book.bodies() == mails(50)


def test_a_large_mail_comes_whole_and_in_slices(
    server: ImapServer, folder: str, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcase.transport.imap_session.SLICE", 100_000)
    with Door(account_of(server), folder, done_folder=done) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, mail(1), mail(2, size=450_000), mail(3))
        door.book.wait_for_mails(3)
    assert door.book.bodies() == [mail(1), mail(2, size=450_000), mail(3)]


def test_of_a_mail_beyond_the_limit_the_head_is_kept(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder, head=200_000) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, mail(1, size=450_000))
        door.book.wait_for_mails(1)
    assert door.book.bodies() == [mail(1, size=450_000)[:200_000]]
    assert door.said("imap.cut_off")[0]["kept"] == 200_000


# -- where it goes


def test_kept_mail_is_moved_to_a_folder_that_is_created(server: ImapServer, folder: str, done: str) -> None:
    with Door(account_of(server), folder, done_folder=done) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, *mails(3))
        door.book.wait_for_mails(3)
        door.book.wait_for_rounds(1)
    assert sorted(server.mails(done).values()) == sorted(mails(3))
    assert not server.mails(folder)


def test_mail_stays_where_it_is_without_a_done_folder(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder, compare_seconds=0) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, *mails(3))
        door.book.wait_for_mails(3)
        door.book.wait_for_rounds(2)
    assert list(server.mails(folder).values()) == mails(3)
    assert len(door.said("imap.kept")) <= 3


def test_the_folder_itself_as_done_folder_moves_nothing(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder, done_folder=folder) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, mail(1))
        door.book.wait_for_mails(1)
        door.book.wait_for_rounds(1)
    assert list(server.mails(folder).values()) == [mail(1)]
    assert door.said("imap.left_in_place")[0]["level"] == "error"


@pytest.mark.parametrize(
    ("capability", "stays"),
    [("IMAP4rev1 UIDPLUS IDLE", False), ("IMAP4rev1 IDLE", True)],
    ids=["COPY and UID EXPUNGE", "left in place"],
)
def test_without_move_only_our_mail_is_removed(dovecot: Dovecot, certs: Certs, capability: str, stays: bool) -> None:
    server = Dovecot(certs, capability=capability)
    try:
        server.append("INBOX", mail(1), flags=[rb"\Deleted"])  # somebody else's, not yet expunged
        with Door(account_of(server), "INBOX", done_folder="Done") as door:
            door.book.wait_for_rounds(1)
            server.append("INBOX", mail(2))
            door.book.wait_for_mails(1)
            door.book.wait_for_rounds(1)
        left = [mail(1), mail(2)] if stays else [mail(1)]
        assert list(server.mails("INBOX").values()) == left
        assert list(server.mails("Done").values()) == ([] if stays else [mail(2)])
        assert bool(door.said("imap.left_in_place")) == stays
    finally:
        server.close()


def test_the_done_folder_gets_the_namespace_of_the_server(dovecot: Dovecot, certs: Certs) -> None:
    server = Dovecot(certs, prefix="INBOX.", separator=".")
    try:
        with Door(account_of(server), "INBOX", done_folder="Complaints/Done") as door:
            door.book.wait_for_rounds(1)
            server.append("INBOX", mail(1))
            door.book.wait_for_mails(1)
            door.book.wait_for_rounds(1)
        assert list(server.mails("INBOX.Complaints.Done").values()) == [mail(1)]
    finally:
        server.close()


def test_mail_is_kept_when_it_cannot_be_moved(server: ImapServer, folder: str, done: str) -> None:
    with Door(account_of(server), folder, done_folder=done) as door:
        door.book.wait_for_rounds(1)
        with server.client() as client:
            client.delete_folder(done)
        server.append(folder, mail(1))
        door.wait_for("imap.left_in_place")
        server.append(folder, mail(2))
        door.book.wait_for_mails(2)
    assert not door.said("imap.failed")
    with Door(account_of(server), folder, done_folder=done, book=door.book) as again:
        again.book.wait_for_rounds(1)
    assert list(server.mails(done).values()) == mails(2)
    assert len(door.book.kept) == 2


# -- what is ours


def test_the_first_start_leaves_old_mail_alone(server: ImapServer, folder: str, done: str) -> None:
    yesterday = datetime.now(UTC) - timedelta(hours=5)
    server.append(folder, mail(1), at=LONG_AGO)
    server.append(folder, mail(2), at=yesterday)
    with Door(account_of(server), folder, done_folder=done, compare_seconds=0) as door:
        door.book.wait_for_rounds(2)
        server.append(folder, mail(3))
        door.book.wait_for_mails(1)
        door.book.wait_for_rounds(2)
    assert door.book.bodies() == [mail(3)]
    assert list(server.mails(folder).values()) == mails(2)


def test_old_mail_that_somebody_files_into_the_folder_later_is_kept(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, mail(1), at=LONG_AGO)
        door.book.wait_for_mails(1)
    server.append(folder, mail(2), at=LONG_AGO)
    with Door(account_of(server), folder, book=door.book) as again:
        again.book.wait_for_mails(2)


def test_start_all_takes_old_mail(server: ImapServer, folder: str) -> None:
    server.append(folder, *mails(2), at=LONG_AGO)
    with Door(account_of(server), folder, book=MemoryBook(start_all=True)) as door:
        door.book.wait_for_mails(2)


def test_a_changed_uidvalidity_brings_only_mail_from_after_the_cutoff(
    server: ImapServer, folder: str, done: str
) -> None:
    with Door(account_of(server), folder, done_folder=done) as door:
        door.book.wait_for_rounds(1)
    server.replace_folder(folder)
    server.append(folder, mail(1), at=LONG_AGO)
    server.append(folder, mail(2), at=datetime.now(UTC) + timedelta(seconds=5))
    with Door(account_of(server), folder, done_folder=done, book=door.book) as again:
        again.book.wait_for_rounds(1)
        server.append(folder, mail(3), at=LONG_AGO)  # later than our first look by its UID
        again.book.wait_for_mails(2)
        again.book.wait_for_rounds(1)
    assert door.book.bodies() == mails(2, first=2)
    assert list(server.mails(folder).values()) == [mail(1)]


def test_a_comparison_finds_what_a_round_has_missed(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder, compare_seconds=0) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, *mails(3))
        door.book.wait_for_mails(3)
        forgotten = sorted(door.book.kept)[1]
        del door.book.kept[forgotten]
        door.book.wait_for_mails(3)
    assert door.book.bodies() == mails(3)


# -- faults


class Killed(BaseException):
    """The process dies here, as far as the door can tell."""


@pytest.mark.parametrize("step", ["imap.fetched", "imap.kept", "imap.moved"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_crash_at_any_step_loses_and_doubles_nothing(server: ImapServer, folder: str, done: str, step: str) -> None:
    passed = threading.Event()

    def die(at: str) -> None:
        if at == step:
            passed.set()
            raise Killed

    with Door(account_of(server), folder, done_folder=done, reached=die) as door:
        door.book.wait_for_rounds(1)
        server.append(folder, *mails(3))
        assert passed.wait(10)
    with Door(account_of(server), folder, done_folder=done, book=door.book) as again:
        again.book.wait_for_rounds(1)
    assert door.book.bodies() == mails(3)
    assert sorted(server.mails(done).values()) == mails(3)
    assert not server.mails(folder)


def test_a_book_that_is_away_for_a_while_gets_the_mail_later(server: ImapServer, folder: str, done: str) -> None:
    with Door(account_of(server), folder, done_folder=done) as door:
        door.book.wait_for_rounds(1)
        door.book.failures = 1
        server.append(folder, *mails(2))
        door.book.wait_for_mails(2)
    assert door.said("imap.failed")[0]["problem"] == "the database is away"


def test_a_connection_that_is_cut_in_a_fetch_comes_back(
    server: ImapServer, folder: str, done: str, proxy: Proxy
) -> None:
    cuts = iter([True])

    def cut_in_fetch(data: bytes) -> bytes | None:
        return None if b"BODY[]" in data and next(cuts, False) else data

    with Door(through(proxy, server), folder, done_folder=done) as door:
        door.book.wait_for_rounds(1)
        proxy.from_server = cut_in_fetch
        server.append(folder, *mails(5))
        door.book.wait_for_mails(5)
        door.book.wait_for_rounds(1)
    assert door.book.bodies() == mails(5)
    assert sorted(server.mails(done).values()) == mails(5)
    assert door.said("imap.failed")[0]["again_in"] == 1


def test_a_connection_that_is_cut_in_idle_comes_back(server: ImapServer, folder: str, proxy: Proxy) -> None:
    idling = threading.Event()

    def watch(data: bytes) -> bytes:
        if b"IDLE" in data:
            idling.set()
        return data

    proxy.from_client = watch
    with Door(through(proxy, server), folder, idle=True) as door:
        assert idling.wait(10)
        proxy.cut()
        door.wait_for("imap.failed")
        server.append(folder, mail(1))
        door.book.wait_for_mails(1)
    assert proxy.connections == 2


def test_a_server_that_stalls_in_a_fetch_does_not_hold_up_the_end(
    server: ImapServer, folder: str, proxy: Proxy
) -> None:
    stalled = threading.Event()

    def swallow(data: bytes) -> bytes:
        if b"BODY[]" in data or stalled.is_set():
            stalled.set()
            return b""
        return data

    proxy.from_server = swallow
    server.append(folder, mail(1))
    with Door(through(proxy, server), folder, book=MemoryBook(start_all=True)) as door:
        assert stalled.wait(10)
    assert not door.mailbox_is_working()


def test_a_server_that_stalls_is_given_up(
    server: ImapServer, folder: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcase.transport.imap_session.READ_SECONDS", 1)
    stalled = threading.Event()

    def swallow(data: bytes) -> bytes:
        if proxy.connections == 1 and (b"BODY[]" in data or stalled.is_set()):
            stalled.set()
            return b""
        return data

    proxy.from_server = swallow
    server.append(folder, mail(1))
    with Door(through(proxy, server), folder, book=MemoryBook(start_all=True)) as door:
        door.book.wait_for_mails(1)
    assert "did not answer in time" in door.said("imap.failed")[0]["problem"]


def test_a_mail_that_the_server_refuses_does_not_block_the_others(
    server: ImapServer, folder: str, done: str, proxy: Proxy
) -> None:
    server.append(folder, *mails(3))
    stubborn = str(sorted(server.mails(folder))[1]).encode()

    def spoil(data: bytes) -> bytes:  # what asks for the second mail is answered with BAD
        asked = re.search(rb"UID FETCH ([\d,]+) \(INTERNALDATE", data)
        return data.replace(b"BODY.PEEK", b"BODY.BAD") if asked and stubborn in asked[1].split(b",") else data

    proxy.from_client = spoil
    options = {"done_folder": done, "compare_seconds": 1.0, "book": MemoryBook(start_all=True)}
    with Door(through(proxy, server), folder, **options) as door:
        door.book.wait_for_mails(2)
        assert door.book.bodies() == [mail(1), mail(3)]
        assert door.wait_for("imap.unreadable")["uid"] == int(stubborn)
        proxy.from_client = unchanged
        door.book.wait_for_mails(3)
        door.book.wait_for_rounds(1)
    assert not door.said("imap.failed")
    assert not server.mails(folder)


def test_a_mail_that_breaks_the_connection_does_not_block_the_others(
    server: ImapServer, folder: str, done: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcase.transport.imap.FIRST_PAUSE", 0.1)
    proxy.from_server = lambda data: None if b"complaint 2" in data else data
    server.append(folder, *mails(3))
    with Door(through(proxy, server), folder, done_folder=done, book=MemoryBook(start_all=True)) as door:
        door.book.wait_for_mails(2)
        door.book.wait_for_rounds(1)
    assert door.book.bodies() == [mail(1), mail(3)]
    assert subjects(server.mails(folder)) == [b"Subject: complaint 2"]


# -- who may


def test_a_door_without_the_lease_does_not_connect_until_it_has_it(
    server: ImapServer, folder: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcase.transport.imap.RENEW_SECONDS", 0.5)
    book = MemoryBook()
    book.leased = False
    with Door(through(proxy, server), folder, book=book) as door:
        door.wait_for("imap.waiting")
        assert proxy.connections == 0
        book.leased = True
        book.wait_for_rounds(1)


@pytest.mark.parametrize("idle", [True, False], ids=["IDLE", "polling"])
def test_a_door_that_loses_the_lease_leaves_and_comes_back(
    server: ImapServer, folder: str, idle: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcase.transport.imap.RENEW_SECONDS", 0.5)
    with Door(account_of(server), folder, idle=idle, poll_seconds=30) as door:
        door.book.wait_for_rounds(1)
        door.book.leased = False
        door.wait_for("imap.waiting")
        server.append(folder, mail(1))
        assert not door.book.kept
        door.book.leased = True
        door.book.wait_for_mails(1)


def test_the_lease_is_renewed_while_idling(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailcase.transport.imap.RENEW_SECONDS", 0.5)
    folder = f"in-{uuid.uuid4().hex[:8]}"
    dovecot.make_folder(folder)
    with Door(account_of(dovecot), folder, idle=True) as door:
        door.book.wait(lambda book: len(book.leases) >= 3)
    pauses = [later - earlier for earlier, later in zip(door.book.leases, door.book.leases[1:], strict=False)]
    assert max(pauses) < 3


def test_the_lease_is_renewed_while_the_server_takes_its_time_over_a_fetch(
    server: ImapServer, folder: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcase.transport.imap.RENEW_SECONDS", 0.2)
    fetching, renewed = threading.Event(), threading.Event()

    def slow(data: bytes) -> bytes:
        if b"BODY[]" in data:
            fetching.set()
            assert renewed.wait(10)
        return data

    proxy.from_server = slow
    server.append(folder, mail(1))
    with Door(through(proxy, server), folder, book=MemoryBook(start_all=True)) as door:
        assert fetching.wait(10)
        before = len(door.book.leases)
        door.book.wait(lambda book: len(book.leases) >= before + 3)
        renewed.set()
        door.book.wait_for_mails(1)


def test_who_leaves_gives_the_lease_back(server: ImapServer, folder: str) -> None:
    with Door(account_of(server), folder) as door:
        door.book.wait_for_rounds(1)
        assert door.book.released == 0
    assert door.book.released == 1


def test_mail_that_a_first_start_leaves_alone_is_told_once(server: ImapServer, folder: str) -> None:
    server.append(folder, *mails(3))
    with Door(account_of(server), folder, compare_seconds=0) as door:
        door.book.wait_for_rounds(3)
    [told] = door.said("imap.left_alone")
    assert (told["level"], told["messages"]) == ("warning", 3)
    assert 'start = "all"' in told["why"]


@pytest.mark.parametrize(("there", "start_all"), [(0, False), (3, True)])
def test_a_first_start_that_leaves_nothing_alone_says_nothing(
    server: ImapServer, folder: str, there: int, start_all: bool
) -> None:
    server.append(folder, *mails(there))
    with Door(account_of(server), folder, book=MemoryBook(start_all=start_all)) as door:
        door.book.wait_for_rounds(1)
    assert not door.said("imap.left_alone")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_authority_is_refused(
    server: ImapServer, proxy: Proxy, tmp_path: Path, tls: str
) -> None:
    account = account_of(server) if tls == "starttls" else through(proxy, server)
    with Door(replace(account, ca_file=str(make_certs(tmp_path).ca)), "INBOX") as door:
        failed = door.wait_for("imap.failed")
    assert failed["level"] == "error"
    assert "certificate" in failed["problem"]


def test_a_certificate_for_another_host_is_refused(server: ImapServer, certs: Certs, tmp_path: Path) -> None:
    other = make_certs(tmp_path, names=("imap.example.org",))
    proxy = Proxy(server, other)
    try:
        with Door(
            account_of(server, host=proxy.host, port=proxy.port, tls="tls", ca_file=str(other.ca)), "INBOX"
        ) as door:
            assert "certificate" in door.wait_for("imap.failed")["problem"]
    finally:
        proxy.close()


def test_there_is_no_login_in_clear_text_when_starttls_is_not_offered(dovecot: Dovecot, certs: Certs) -> None:
    talk: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"* OK ready\r\n")
            for line in lines:
                talk.append(line)
                tag = line.split()[0]
                connection.sendall(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + tag + b" OK done\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        account = account_of(dovecot, host="127.0.0.1", port=listener.getsockname()[1])
        with Door(account, "INBOX") as door:
            failed = door.wait_for("imap.failed")
        thread.join()
    assert "clear text" in failed["problem"]
    assert not any(b"LOGIN" in line or b"AUTHENTICATE" in line for line in talk)


@pytest.mark.parametrize("password", ["wrong-password", "päßwort"])
def test_a_refused_login_is_loud_and_tried_again_later_without_the_password_in_the_log(
    server: ImapServer, folder: str, password: str
) -> None:
    with Door(account_of(server, password=password), folder) as door:
        failed = door.wait_for("imap.failed")
    assert failed["level"] == "error"
    assert "refused the login" in failed["problem"]
    assert password not in str(door.log.lines)


def test_tls_from_the_start(dovecot: Dovecot) -> None:
    dovecot.make_folder("tls")
    with Door(account_of(dovecot, port=dovecot.tls_port, tls="tls"), "tls") as door:
        door.book.wait_for_rounds(1)


def test_xoauth2_with_a_token_that_is_asked_for_at_each_login(dovecot: Dovecot) -> None:
    dovecot.make_folder("oauth")
    dovecot.tokens.valid["good-token"] = dovecot.user
    given = iter(["stale-token"])
    account = account_of(dovecot, password=None, token=lambda: next(given, "good-token"))
    with Door(account, "oauth") as door:
        door.book.wait_for_rounds(1)
        dovecot.append("oauth", mail(1))
        door.book.wait_for_mails(1)
    assert "refused the login" in door.said("imap.failed")[0]["problem"]
    assert "token" not in str(door.log.lines).replace("token_command", "")


def test_a_token_that_cannot_be_had_is_said_plainly(server: ImapServer, folder: str) -> None:
    def no_token() -> str:
        raise TryLater("token_command mint ended with status 1")

    with Door(account_of(server, token=no_token), folder) as door:
        assert door.wait_for("imap.failed")["problem"] == "token_command mint ended with status 1"


def test_a_host_that_does_not_answer_does_not_hold_up_the_end(certs: Certs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        account = Account("127.0.0.1", silent.getsockname()[1], "tls", "u", "p", None, str(certs.ca))
        with Door(account, "INBOX"):
            silent.accept()[0].close()
