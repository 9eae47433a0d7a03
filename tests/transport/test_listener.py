"""The SMTP door, spoken to over real sockets."""

from __future__ import annotations

import asyncio
import errno
import itertools
import queue
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailcase.errors import MailcaseError, NoSpace, TryLater
from mailcase.transport import listener, reception
from mailcase.transport.content import Booking, Budget, Refused, read_content
from mailcase.transport.keeper import FULL_BATCH, Keep, Keeper
from mailcase.transport.listener import Listener, Received
from rigs.certs import Certs

NOW = datetime(2026, 12, 24, 14, 5, tzinfo=UTC)
OURS = "complaints@example.org"
THEM = "sam@example.net"
MAX_SIZE = 100_000
MAIL = b"Subject: Broken\r\n\r\nIt broke.\r\n"


class Door:
    """A running listener, with what it kept, what it logged and which steps it passed."""

    def __init__(self, tls: ssl.SSLContext | None = None, keep: Keep | None = None) -> None:
        self.kept: list[Received] = []
        self.batches: list[int] = []
        self.logged: list[str] = []
        self.steps: list[str] = []
        self._keep = keep or self.remember
        self.listener = Listener(
            "127.0.0.1", 0, [OURS, "Escalations@Example.org"], MAX_SIZE, self._note, lambda: NOW,
            self._log, self.steps.append, tls, "mail.example.org",
        )  # fmt: skip
        self.listener.start()

    def _note(self, mails: Sequence[Received]) -> None:
        self._keep(mails)
        self.batches.append(len(mails))

    def remember(self, mails: Sequence[Received]) -> None:
        self.kept.extend(mails)

    def _log(self, event: str, /, *, level: str = "info", **facts: object) -> None:
        self.logged.append(f"{level} {event} {facts}")

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.listener.port, "client.test", timeout=10)

    def wire(self) -> Wire:
        return Wire(self.listener.port)


class Wire:
    """A client that says exactly the bytes it is told to."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._file = self.sock.makefile("rb")
        self.greeting = self.reply()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.sock.close()

    def reply(self) -> str:
        lines = [self._file.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self._file.readline())
        return b"".join(lines).decode().rstrip("\r\n")

    def say(self, line: bytes) -> str:
        self.sock.sendall(line + b"\r\n")
        return self.reply()

    def envelope(self) -> None:
        assert self.say(b"EHLO client.test").startswith("250")
        assert self.say(b"MAIL FROM:<sam@example.net>").startswith("250")
        assert self.say(b"RCPT TO:<complaints@example.org>").startswith("250")
        assert self.say(b"DATA").startswith("354")

    def secure(self, context: ssl.SSLContext) -> None:
        self._file.close()
        self.sock = context.wrap_socket(self.sock, server_hostname="127.0.0.1")
        self._file = self.sock.makefile("rb")


@contextmanager
def running(tls: ssl.SSLContext | None = None, keep: Keep | None = None) -> Iterator[Door]:
    door = Door(tls, keep)
    try:
        yield door
    finally:
        door.listener.stop()


@pytest.fixture
def door() -> Iterator[Door]:
    with running() as started:
        yield started


def under_trace(received: Received) -> bytes:
    """The message without our own `Received:` field."""
    head, sep, rest = received.raw.partition(b" +0000\r\n")
    assert head.startswith(b"Received: from ")
    assert sep
    return rest


def test_a_mail_is_kept_before_it_is_accepted(door: Door) -> None:
    with door.client() as client:
        assert client.sendmail(THEM, OURS, MAIL) == {}
    (received,) = door.kept
    assert under_trace(received) == MAIL
    assert (received.mail_from, received.rcpt_to) == (THEM, (OURS,))
    assert (received.received_at, received.peer) == (NOW, "127.0.0.1")
    assert door.steps == ["listener.received", "listener.kept"]


def test_the_trace_field_says_who_gave_what_to_whom_and_when(door: Door) -> None:
    with door.client() as client:
        client.sendmail(THEM, OURS, MAIL)
        client.sendmail(THEM, [OURS, "escalations@example.org"], MAIL)
    assert door.kept[0].raw.startswith(
        b"Received: from client.test ([127.0.0.1])\r\n"
        b"\tby mail.example.org with ESMTP\r\n"
        b"\tfor <complaints@example.org>;\r\n"
        b"\tThu, 24 Dec 2026 14:05:00 +0000\r\nSubject:"
    )
    assert b"\tfor <" not in door.kept[1].raw


RECIPIENTS = [
    ("complaints@example.org", 250),
    ("COMPLAINTS@Example.ORG", 250),
    ("complaints+k7x2@example.org", 250),
    ("complaints+a+b@example.org", 250),
    ("escalations@example.org", 250),
    ("sam@example.net", 550),
    ("other@example.org", 550),
    ("complaints@example.net", 550),
    ("complaints@sub.example.org", 550),
    ("complaints%example.net@example.org", 550),
    ("example.net!complaints@example.org", 550),
    ("complaints@example.org@example.net", 550),
    ('"complaints@example.org"@example.net', 550),
    ("complaints", 550),
    ("+x@example.org", 550),
    ("", 550),
]


@pytest.mark.parametrize(("recipient", "code"), RECIPIENTS)
def test_only_our_own_recipients_are_taken_so_nothing_is_relayed(recipient: str, code: int, door: Door) -> None:
    with door.wire() as wire:
        wire.say(b"EHLO client.test")
        wire.say(b"MAIL FROM:<sam@example.net>")
        reply = wire.say(f"RCPT TO:<{recipient}>".encode())
    assert reply.startswith(f"{code} {'2.1.5' if code == 250 else '5.1.1'} ")


def test_a_source_route_is_skipped_and_leads_nowhere_else(door: Door) -> None:
    with door.wire() as wire:
        wire.say(b"EHLO client.test")
        wire.say(b"MAIL FROM:<@relay.example:sam@example.net>")
        assert wire.say(b"RCPT TO:<@relay.example,@b.example:complaints@example.org>").startswith("250")
        assert wire.say(b"RCPT TO:<@example.org:eve@example.net>").startswith("550")


def test_the_null_sender_is_accepted(door: Door) -> None:
    with door.client() as client:
        client.sendmail("", OURS, MAIL)
    assert door.kept[0].mail_from == ""


REFUSED_COMMANDS = [
    (b"MAIL FROM:<sam@example.net>", "503 5.5.1"),
    (b"RCPT TO:<complaints@example.org>", "503 5.5.1"),
    (b"DATA", "503 5.5.1"),
    (b"NONSENSE", "500 5.5.2"),
    (b"\xff\xfe", "500 5.5.2"),
    (b"EHLO", "501 5.5.4"),
    (b"VRFY sam@example.net", "252 2.5.2"),
    (b"EXPN staff", "502 5.5.1"),
    (b"AUTH PLAIN AHUAcA==", "502 5.5.1"),
    (b"STARTTLS", "454 4.7.0"),
    (b"NOOP " + b"x" * 600, "500 5.5.2"),
    (b"NOOP " + b"x" * 200_000, "500 5.5.2"),
]


@pytest.mark.parametrize(("command", "code"), REFUSED_COMMANDS)
def test_each_refusal_has_an_enhanced_code_and_words_and_the_dialogue_goes_on(
    command: bytes, code: str, door: Door
) -> None:
    with door.wire() as wire:
        reply = wire.say(command)
        assert reply.startswith(code + " ")
        assert len(reply.split()) > 5
        wire.envelope()


REFUSED_SENDERS = [
    (b"MAIL FROM:sam@example.net", "553 5.1.3"),
    (b"MAIL FROM:<sam smith@example.net>", "553 5.1.3"),
    (b"MAIL FROM:<sam\x00@example.net>", "553 5.1.3"),
    (b"MAIL FROM:<sam\r@example.net>", "553 5.1.3"),
    (b"MAIL FROM:<sam\xff@example.net>", "553 5.1.3"),
    (b"MAIL FROM:<sam@example.net> SIZE=100001", "552 5.3.4"),
    (b"MAIL FROM:<sam@example.net> SIZE=99999999999999999999", "552 5.3.4"),
    (b"MAIL FROM:<sam@example.net> SIZE=x", "501 5.5.4"),
    (b"MAIL FROM:<sam@example.net> BODY=BINARYMIME", "501 5.5.4"),
    (b"MAIL FROM:<sam@example.net> NOTIFY=NEVER", "555 5.5.4"),
    (b"MAIL", "501 5.5.4"),
]


@pytest.mark.parametrize(("command", "code"), REFUSED_SENDERS)
def test_senders_and_parameters_that_are_refused(command: bytes, code: str, door: Door) -> None:
    with door.wire() as wire:
        wire.say(b"EHLO client.test")
        assert wire.say(command).startswith(code + " ")
        wire.envelope()


ACCEPTED_SENDERS = [
    (b"<sam@example.net> SIZE=100000 BODY=8BITMIME", "sam@example.net"),
    ("<jürgen@exämple.net> SMTPUTF8".encode(), "jürgen@exämple.net"),
    (b'<"sam smith"@example.net>', '"sam smith"@example.net'),
    (b" <sam@example.net>", "sam@example.net"),
    (b"<root>", "root"),
]


@pytest.mark.parametrize(("path", "sender"), ACCEPTED_SENDERS)
def test_senders_that_are_unusual_but_right(path: bytes, sender: str, door: Door) -> None:
    with door.wire() as wire:
        wire.say(b"EHLO client.test")
        assert wire.say(b"MAIL FROM:" + path).startswith("250")
        wire.say(b"RCPT TO:<complaints@example.org>")
        wire.say(b"DATA")
        assert wire.say(MAIL + b".").startswith("250")
    assert door.kept[0].mail_from == sender


def test_what_is_offered_is_what_we_do(door: Door) -> None:
    with door.client() as client:
        client.ehlo()
        offered = client.esmtp_features
    assert offered == {
        "size": str(MAX_SIZE), "8bitmime": "", "smtputf8": "", "pipelining": "", "enhancedstatuscodes": "",
    }  # fmt: skip


def test_a_greeting_with_controls_cannot_write_a_header(door: Door) -> None:
    with door.wire() as wire:
        wire.say(b"EHLO evil\rBcc: eve@example.com (")
        wire.say(b"MAIL FROM:<>")
        wire.say(b"RCPT TO:<complaints@example.org>")
        wire.say(b"DATA")
        assert wire.say(MAIL + b".").startswith("250")
    assert door.kept[0].raw.startswith(b"Received: from evil?Bcc:?eve?example.com?? ([127.0.0.1])\r\n")


@pytest.mark.parametrize("size", [MAX_SIZE - 1, MAX_SIZE, MAX_SIZE + 1, 40 * MAX_SIZE])
def test_a_mail_over_the_limit_is_refused_while_it_is_read_and_the_next_is_taken(size: int, door: Door) -> None:
    large = b"x" * (size - 2) + b"\r\n"
    with door.wire() as wire:
        wire.envelope()
        reply = wire.say(large + b".")
        assert reply.startswith("250 2.0.0 " if size <= MAX_SIZE else "552 5.3.4 ")
        wire.envelope()
        assert wire.say(MAIL + b".").startswith("250")
    assert [len(under_trace(mail)) for mail in door.kept] == [size, len(MAIL)][size > MAX_SIZE :]


SMUGGLED = [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\r\n.\n", b"\r.\r\n", b"\r\n\r.\r\n", b"\r\r\n", b"a\nb"]


@pytest.mark.parametrize("ending", SMUGGLED)
def test_no_other_line_end_ends_the_content_and_a_bare_cr_or_lf_is_refused(ending: bytes, door: Door) -> None:
    second = b"MAIL FROM:<eve@example.com>\r\nRCPT TO:<complaints@example.org>\r\nDATA\r\nFake\r\n"
    with door.wire() as wire:
        wire.envelope()
        assert wire.say(b"Subject: x\r\n\r\nfirst" + ending + second + b".").startswith("554 5.6.0")
        assert wire.say(b"NOOP").startswith("250")  # one answer to one mail: the dialogue is in step
    assert door.kept == []


def test_commands_pipelined_behind_the_dot_are_answered_each(door: Door) -> None:
    with door.wire() as wire:
        wire.say(b"EHLO client.test")
        one = b"MAIL FROM:<>\r\nRCPT TO:<complaints@example.org>\r\nDATA\r\n" + MAIL + b".\r\n"
        wire.sock.sendall(one * 3 + b"QUIT\r\n")
        codes = [wire.reply()[:3] for _ in range(13)]
    assert codes == ["250", "250", "354", "250"] * 3 + ["221"]
    assert [under_trace(mail) for mail in door.kept] == [MAIL] * 3


CONTENTS = [b"", b"\r\n", b".\r\n", b"..\r\n", b".a\r\n\r\n..\r\n.\r\nb\r\n", b"\r\n.\r\n", b"a\r\n" * 40_000]


@pytest.mark.parametrize("content", CONTENTS)
def test_every_content_arrives_as_it_was_meant(content: bytes, door: Door) -> None:
    doubled = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:]
    with door.wire() as wire:
        wire.envelope()
        assert wire.say(doubled + b".").startswith("250" if len(doubled) < MAX_SIZE else "552")
    if len(doubled) < MAX_SIZE:
        assert under_trace(door.kept[0]) == content


LINES = st.lists(st.sampled_from([b"", b".", b"..", b"a", b".a", b"a.", b"x" * 50, b"\r", b"\n", b"\n.\n"]), max_size=8)


@given(lines=LINES, cuts=st.lists(st.integers(0, 120), max_size=12), behind=st.sampled_from([b"", b"QUIT\r\n.\r\n"]))
@example(lines=[], cuts=[1, 2], behind=b"\r\n.\r\n")
@example(lines=[b""], cuts=[1, 2, 3, 4], behind=b".\r\n")
def test_however_the_bytes_are_cut_the_same_content_is_read_and_the_rest_is_left(
    lines: list[bytes], cuts: list[int], behind: bytes
) -> None:
    wire = b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines)
    content, size = asyncio.run(read_in_pieces(wire + b".\r\n" + behind, cuts, limit=16, max_size=200))
    assert size == len(wire) + len(b".\r\n")
    if len(wire) > 200:
        assert content == reception.TOO_LARGE
    else:
        assert content == b"\r\n" + wire


async def read_in_pieces(
    data: bytes, cuts: list[int], limit: int, max_size: int, most: int = 10_000
) -> tuple[bytes | str, int]:
    """What `read_content` makes of `data` that arrives in pieces, or its refusal, and how many bytes it took."""
    reader, budget = asyncio.StreamReader(limit=limit), Budget(most)
    booking = Booking(budget)
    reading = asyncio.create_task(read_content(reader, max_size, booking, lambda: None))
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(places):
        reader.feed_data(data[start:end])
        await asyncio.sleep(0)
    found: bytes | str
    try:
        found = b"".join(await asyncio.wait_for(reading, 5))
        assert most - budget.left >= len(found)
        booking.end()
    except Refused as refusal:
        found = refusal.answer
    assert budget.left == most
    reader.feed_eof()
    left = await reader.read()
    return found, len(data) - len(left)


@pytest.mark.parametrize(
    ("size", "most", "found"),
    [(150, 200, b"\r\n" + b"x" * 148 + b"\r\n"), (150, 100, reception.CROWDED), (250, 100, reception.TOO_LARGE)],
)
def test_content_for_which_there_is_no_room_is_read_to_its_end_and_its_room_given_back(
    size: int, most: int, found: bytes | str
) -> None:
    wire = b"x" * (size - 2) + b"\r\n.\r\n"
    assert asyncio.run(read_in_pieces(wire + b"QUIT", [40, 120], 16, 200, most)) == (found, len(wire))


@given(st.lists(st.sampled_from([b"", b".", b"..", b"a", b".a"]), max_size=8))
def test_undoubling_gives_back_what_was_doubled(lines: list[bytes]) -> None:
    doubled = b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines)
    assert reception.finished(b"Received: x", [b"\r\n", doubled]) == b"Received: x\r\n" + b"".join(
        line + b"\r\n" for line in lines
    )


FAILURES: list[tuple[Exception, str]] = [
    (TryLater("database at 10.0.0.7 is away"), "451 4.3.0"),
    (RuntimeError("secret"), "451 4.3.0"),
    (OSError(errno.EIO, "secret"), "451 4.3.0"),
    (NoSpace("secret"), "452 4.3.1"),
]


@pytest.mark.parametrize(("failure", "code"), FAILURES)
def test_a_mail_that_could_not_be_kept_is_asked_for_again(failure: Exception, code: str) -> None:
    failures = [failure]

    def keep(mails: Sequence[Received]) -> None:
        if failures:
            raise failures.pop()

    with running(keep=keep) as door, door.wire() as wire:
        wire.envelope()
        reply = wire.say(MAIL + b".")
        assert reply.startswith(code + " ")
        assert "10.0.0.7" not in reply
        assert "secret" not in reply
        assert door.steps == ["listener.received"]
        assert "listener.not_kept" in door.logged[0]
        wire.envelope()
        assert wire.say(MAIL + b".").startswith("250")


def test_mails_that_wait_at_the_same_moment_share_one_commit() -> None:
    batches: list[int] = []
    answered: queue.SimpleQueue[tuple[Sequence[int], str]] = queue.SimpleQueue()
    steps: list[str] = []
    keeper = Keeper[int](
        lambda mails: batches.append(len(mails)),
        lambda waiting, said: answered.put((waiting, said)),
        lambda event, /, *, level="info", **facts: None,
        steps.append,
    )
    for number in range(150):
        keeper.put(Received(MAIL, NOW, THEM, (OURS,), "127.0.0.1"), number)
    keeper.start()
    keeper.stop(timeout=10)
    assert batches == [100, 50]
    assert answered.get() == (list(range(100)), reception.KEPT)
    assert answered.get() == (list(range(100, 150)), reception.KEPT)
    assert steps[98:202] == ["listener.received"] * 2 + ["listener.kept"] * 100 + ["listener.received"] * 2


def test_large_mails_do_not_wait_for_each_other_in_one_commit() -> None:
    batches: list[int] = []
    keeper = Keeper[int](
        lambda mails: batches.append(len(mails)),
        lambda waiting, said: None,
        lambda event, /, *, level="info", **facts: None,
        lambda step: None,
    )
    for size in (FULL_BATCH, 1, FULL_BATCH // 2, FULL_BATCH // 2, 1):
        keeper.put(Received(b"x" * size, NOW, THEM, (OURS,), "127.0.0.1"), 0)
    keeper.start()
    keeper.stop(timeout=10)
    assert batches == [1, 3, 1]


def waited(go: threading.Event) -> None:
    assert go.wait(10)


def test_a_keep_that_takes_too_long_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "KEEP_TIMEOUT", 1.0)
    go = threading.Event()
    with running(keep=lambda _mails: waited(go)) as door, door.wire() as wire:
        wire.envelope()
        assert wire.say(MAIL + b".").startswith("451 4.3.0")
        go.set()
        wire.envelope()
        assert wire.say(MAIL + b".").startswith("250")


def test_starttls_carries_the_whole_dialogue(certs: Certs) -> None:
    with running(tls=certs.server_context()) as door, door.client() as client:
        client.starttls(context=ssl.create_default_context(cafile=certs.ca))
        client.ehlo()
        assert "starttls" not in client.esmtp_features
        assert "auth" not in client.esmtp_features
        assert client.docmd("STARTTLS")[0] == 503
        client.sendmail(THEM, OURS, MAIL)
        assert b" with ESMTPS\r\n" in door.kept[0].raw


def test_nothing_said_before_tls_counts_behind_it(certs: Certs) -> None:
    with running(tls=certs.server_context()) as door, door.wire() as wire:
        wire.say(b"EHLO client.test")
        injected = b"STARTTLS\r\nEHLO evil\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<complaints@example.org>"
        assert wire.say(injected).startswith("220")
        wire.secure(ssl.create_default_context(cafile=certs.ca))
        assert wire.say(b"DATA").startswith("503")
        assert wire.say(b"MAIL FROM:<sam@example.net>").startswith("503")
        wire.envelope()
        assert wire.say(MAIL + b".").startswith("250")
    assert door.kept[0].mail_from == THEM


def test_a_client_that_speaks_no_tls_after_all_harms_nobody(certs: Certs) -> None:
    with running(tls=certs.server_context()) as door:
        with door.wire() as wire:
            assert wire.say(b"STARTTLS").startswith("220")
            wire.sock.sendall(b"this is no handshake\r\n" * 10)
            wire.sock.settimeout(5)
            while wire.sock.recv(1000):
                pass
        with door.client() as client:
            client.sendmail(THEM, OURS, MAIL)
        assert not [line for line in door.logged if line.startswith("error")]


def test_more_than_a_hundred_recipients_are_sent_in_another_message(door: Door) -> None:
    with door.wire() as wire:
        wire.say(b"EHLO client.test")
        wire.say(b"MAIL FROM:<>")
        codes = [wire.say(b"RCPT TO:<complaints+%d@example.org>" % number)[:3] for number in range(101)]
    assert codes == ["250"] * 100 + ["452"]


def test_one_connection_too_many_is_told_to_come_later(monkeypatch: pytest.MonkeyPatch, door: Door) -> None:
    monkeypatch.setattr(listener, "MAX_CONNECTIONS", 2)
    with door.wire(), door.wire(), door.wire() as third:
        assert third.greeting.startswith("421 4.3.2")


def answers_to_a_mail(door: Door, size: int) -> Iterator[str]:
    """What a client is told that sends the same mail again and again."""
    with door.wire() as wire:
        for _ in range(1000):
            wire.envelope()
            yield wire.say(b"x" * (size - 2) + b"\r\n.")


def test_all_connections_share_one_budget_of_bytes_and_what_finds_no_room_is_to_come_again(door: Door) -> None:
    stalled = [door.wire() for _ in range(listener.HELD_MAILS)]
    for wire in stalled:
        wire.envelope()
        wire.sock.sendall(b"x" * (MAX_SIZE - 10))  # and never the dot
    assert any(answer.startswith("452 4.3.1") for answer in answers_to_a_mail(door, size=MAX_SIZE // 2))
    for wire in stalled:
        wire.__exit__()
    assert any(answer.startswith("250") for answer in answers_to_a_mail(door, size=MAX_SIZE // 2))
    for _, answer in zip(range(20), answers_to_a_mail(door, MAX_SIZE), strict=False):  # what is kept holds no room
        assert answer.startswith("250")


def test_a_cut_in_the_middle_of_a_mail_keeps_nothing(door: Door) -> None:
    with door.wire() as wire:
        wire.envelope()
        wire.sock.sendall(MAIL)
    with door.client() as client:
        client.sendmail(THEM, OURS, MAIL)
    assert len(door.kept) == 1
    assert not [line for line in door.logged if line.startswith("error")]


def test_a_silent_client_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "COMMAND_TIMEOUT", 0.2)
    with running() as door, door.wire() as wire:
        assert wire.reply() == ""


def test_stopping_lets_a_mail_in_flight_finish_and_dismisses_the_idle() -> None:
    reached, go = threading.Event(), threading.Event()

    def keep(_mails: Sequence[Received]) -> None:
        reached.set()
        go.wait(10)

    with running(keep=keep) as door, door.wire() as idle, door.wire() as busy:
        busy.envelope()
        busy.sock.sendall(MAIL + b".\r\n")
        assert reached.wait(10)
        stopping = threading.Thread(target=door.listener.stop)
        stopping.start()
        assert idle.reply().startswith("421 4.3.2")
        go.set()
        assert busy.reply().startswith("250")
        stopping.join(10)
        assert not stopping.is_alive()
        with pytest.raises(OSError, match="refused"):
            door.wire()


def test_stopping_waits_for_no_one_for_ever(monkeypatch: pytest.MonkeyPatch, door: Door) -> None:
    monkeypatch.setattr(listener, "STOP_TIMEOUT", 0.2)
    with door.wire() as wire:
        wire.envelope()
        door.listener.stop()
        assert wire.reply().startswith("421")


def test_a_place_that_is_taken_is_named(door: Door) -> None:
    second = Listener(
        "127.0.0.1", door.listener.port, [OURS], MAX_SIZE, door.remember, lambda: NOW, door._log, door.steps.append
    )
    with pytest.raises(MailcaseError, match=f"127.0.0.1:{door.listener.port}"):
        second.start()
    second.stop()


def test_a_host_that_is_no_name_is_named() -> None:
    with running() as door:
        strange = Listener("foo..bar", 0, [OURS], MAX_SIZE, door.remember, lambda: NOW, door._log, door.steps.append)
        with pytest.raises(MailcaseError, match=r"foo\.\.bar"):
            strange.start()
        strange.stop()


def test_closing_has_one_deadline_for_a_stalled_client_and_a_keep_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "STOP_TIMEOUT", 1.0)
    hanging, go = threading.Event(), threading.Event()

    def keep(_mails: Sequence[Received]) -> None:
        hanging.set()
        go.wait(10)

    with running(keep=keep) as door, door.wire() as stalled, door.wire() as busy:
        stalled.envelope()
        busy.envelope()
        busy.sock.sendall(MAIL + b".\r\n")
        assert hanging.wait(10)
        began = time.monotonic()
        door.listener.stop()
        assert time.monotonic() - began < 1.5
        go.set()
