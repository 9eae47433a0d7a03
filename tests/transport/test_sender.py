"""The way out, against a real relay that misbehaves as scripted."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.errors import InDoubt, MailcaseError, NeverWorks, TryLater, Unreachable
from mailcase.transport import sender
from mailcase.transport.sender import Connection, RelayAddress, Timeouts
from rigs.certs import Certs, make_certs
from rigs.relay import CUT, SILENCE, Relay, Stage

QUICK = Timeouts(connect=2, command=1, content=2, final_dot=1, quit=0.5)
PATIENT = Timeouts(connect=10, command=10, content=10, final_dot=10, quit=2)
LETTER = b"Subject: Your complaint\r\n\r\nWe have it.\r\n"
US, THEM = "complaints@example.org", "sam@example.net"


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as running:
        yield running


def address(relay: Relay) -> RelayAddress:
    return RelayAddress(relay.host, relay.port, "none", None, None, None, None)


def connect(relay: Relay, timeouts: Timeouts = PATIENT) -> closing[Connection]:
    return closing(Connection(address(relay), "mailcase.test", timeouts))


def test_a_letter_arrives_whole_and_the_queue_id_comes_back(relay: Relay) -> None:
    with connect(relay) as connection:
        assert connection.send(US, THEM, LETTER) == "250 2.0.0 Ok: queued as 000001"
    (letter,) = relay.letters
    assert (letter.mail_from, letter.rcpt_to, letter.data) == (US, (THEM,), LETTER)


@pytest.mark.parametrize("pipelining", [True, False])
def test_one_connection_serves_many_letters(pipelining: bool) -> None:
    with Relay(pipelining=pipelining) as relay, connect(relay) as connection:
        for _ in range(5):
            connection.send("", THEM, LETTER)
        assert len(relay.letters) == 5
        assert relay.connections == 1
        assert relay.letters[0].mail_from == ""


REFUSALS: list[tuple[Stage, str, type[MailcaseError]]] = [
    ("CONNECT", "421 4.3.2 Too busy", Unreachable),
    ("CONNECT", "554 5.7.1 Blocked by a list", Unreachable),
    ("EHLO", "421 4.3.2 Too busy", Unreachable),
    ("EHLO", "550 5.7.1 We do not know you", Unreachable),
    ("MAIL", "421 4.3.2 Closing", TryLater),
    ("MAIL", "451 4.3.0 Later", TryLater),
    ("MAIL", "530 5.7.0 Authentication required", Unreachable),
    ("MAIL", "550 5.7.1 Sender not allowed", NeverWorks),
    ("RCPT", "421 4.3.2 Closing", TryLater),
    ("RCPT", "450 4.2.0 Greylisted", TryLater),
    ("RCPT", "550 5.1.1 No such user", NeverWorks),
    ("DATA", "421 4.3.2 Closing", TryLater),
    ("DATA", "450 4.3.0 Later", TryLater),
    ("DATA", "550 5.7.1 No", NeverWorks),
    ("DOT", "421 4.3.2 Closing", TryLater),
    ("DOT", "451 4.3.0 Later", TryLater),
    ("DOT", "550 5.6.0 Content refused", NeverWorks),
    ("DOT", "354 What?", InDoubt),
]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("stage", "reply", "kind"), REFUSALS)
def test_each_refusal_is_told_by_type_and_in_the_relays_words_and_the_next_letter_goes(
    stage: Stage, reply: str, kind: type[MailcaseError], pipelining: bool
) -> None:
    with Relay(pipelining=pipelining) as relay, connect(relay) as connection:
        relay.answers(stage, reply, times=1)
        with pytest.raises(kind) as refusal:
            connection.send(US, THEM, LETTER)
        assert type(refusal.value) is kind
        assert reply in str(refusal.value)
        assert not relay.letters
        connection.send(US, THEM, LETTER)
        assert len(relay.letters) == 1


def test_a_refused_letter_does_not_cost_the_connection(relay: Relay) -> None:
    relay.answers("RCPT", "550 5.1.1 No such user", matching="nobody@")
    with connect(relay) as connection:
        connection.send(US, THEM, LETTER)
        with pytest.raises(NeverWorks):
            connection.send(US, "nobody@example.net", LETTER)
        connection.send(US, THEM, LETTER)
    assert relay.connections == 1


def test_a_relay_that_takes_data_without_a_recipient_gets_an_empty_letter_to_nobody(relay: Relay) -> None:
    relay.answers("RCPT", "550 5.1.1 No such user", times=1)
    relay.answers("DATA", "354 Go on", times=1)
    with connect(relay) as connection:
        with pytest.raises(NeverWorks, match=r"550 5\.1\.1 No such user"):
            connection.send(US, THEM, LETTER)
        connection.send(US, THEM, LETTER)
    assert [letter.data for letter in relay.letters] == [LETTER]


@pytest.mark.parametrize("behaviour", [SILENCE, CUT])
@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_silence_or_a_cut_before_the_content_is_try_later(stage: Stage, behaviour: str, relay: Relay) -> None:
    relay.answers(stage, behaviour, times=1)
    with connect(relay, QUICK) as connection:
        with pytest.raises(TryLater) as lost:
            connection.send(US, THEM, LETTER)
        assert not isinstance(lost.value, InDoubt)
        connection.send(US, THEM, LETTER)


@pytest.mark.parametrize("behaviour", [SILENCE, CUT])
def test_silence_or_a_cut_after_the_final_dot_is_in_doubt_and_not_sent_again(behaviour: str, relay: Relay) -> None:
    relay.answers("DOT", behaviour, times=1)
    with connect(relay, QUICK) as connection, pytest.raises(InDoubt):
        connection.send(US, THEM, LETTER)
    assert sum(command.startswith("DATA") for command in relay.commands) == 1


def test_a_connection_lost_while_the_content_is_sent_is_try_later_because_no_final_dot_arrived() -> None:
    def vanish(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as lines:
            peer.sendall(b"220 hello\r\n")
            for reply in (b"250 relay.test", b"250 sender", b"250 recipient", b"354 go on"):
                lines.readline()
                peer.sendall(reply + b"\r\n")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a farewell

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=vanish, args=(server,))
        thread.start()
        there = RelayAddress("127.0.0.1", server.getsockname()[1], "none", None, None, None, None)
        with closing(Connection(there, "mailcase.test", PATIENT)) as connection, pytest.raises(TryLater) as lost:
            connection.send(US, THEM, b"x" * 20_000_000 + b"\r\n")
        thread.join(10)
    assert not isinstance(lost.value, InDoubt)
    assert "while the letter was being sent" in str(lost.value)


def test_a_connection_that_the_relay_closed_while_idle_is_opened_again_without_a_word(relay: Relay) -> None:
    with connect(relay) as connection:
        connection.send(US, THEM, LETTER)
        relay.cut()
        connection.send(US, THEM, LETTER)
    assert len(relay.letters) == 2
    assert relay.connections == 2


def test_a_reused_connection_cut_before_the_content_is_tried_once_more(relay: Relay) -> None:
    with connect(relay) as connection:
        connection.send(US, THEM, LETTER)
        relay.answers("RCPT", CUT, times=1)
        connection.send(US, THEM, LETTER)
        assert len(relay.letters) == 2
        relay.answers("RCPT", CUT)
        with pytest.raises(TryLater):
            connection.send(US, THEM, LETTER)
    assert relay.connections == 3


def test_a_stalled_connection_is_not_waited_for_twice(relay: Relay) -> None:
    with connect(relay, QUICK) as connection:
        connection.send(US, THEM, LETTER)
        relay.answers("MAIL", SILENCE)
        with pytest.raises(TryLater):
            connection.send(US, THEM, LETTER)
    assert relay.connections == 1


def test_a_relay_that_is_down_is_try_later_and_back_is_back(relay: Relay) -> None:
    with connect(relay) as connection:
        connection.send(US, THEM, LETTER)
        relay.stop()
        with pytest.raises(TryLater, match="cannot be reached"):
            connection.send(US, THEM, LETTER)
        relay.start()
        connection.send(US, THEM, LETTER)


def test_closing_does_not_wait_for_a_relay_that_does_not_say_goodbye(relay: Relay) -> None:
    relay.answers("QUIT", SILENCE)
    connection = Connection(address(relay), "mailcase.test", QUICK)
    connection.send(US, THEM, LETTER)
    closing_thread = threading.Thread(target=connection.close)
    closing_thread.start()
    closing_thread.join(5)
    assert not closing_thread.is_alive()


def test_a_letter_larger_than_the_relay_takes_never_works() -> None:
    with Relay(max_size=30) as relay, connect(relay) as connection:
        with pytest.raises(NeverWorks, match="up to 30 bytes"):
            connection.send(US, THEM, LETTER)
        assert not any(command.startswith("MAIL") for command in relay.commands)


def test_addresses_outside_ascii_need_smtputf8() -> None:
    with Relay() as relay, connect(relay) as connection:
        connection.send(US, "jürgen@exämple.net", LETTER)
        assert relay.letters[0].rcpt_to == ("jürgen@exämple.net",)
        assert any("SMTPUTF8" in command for command in relay.commands)
    with Relay(smtputf8=False) as relay, connect(relay) as connection:
        with pytest.raises(NeverWorks, match="SMTPUTF8"):
            connection.send(US, "jürgen@exämple.net", LETTER)
        connection.send(US, THEM, LETTER)


BAD_ADDRESSES = [
    "", "sam", "@example.net", "sam@", "sam@example.net\r\nRCPT TO:<eve@example.com>", "sam@exa\nmple.net",
    "sam\x00@example.net", "<sam@example.net>", "sam@example.net> SIZE=1", "sam smith@example.net",
    "sam@eve@example.net", "sam\x7f@example.net", "sam\ud800@example.net", '"sam\r\n"@example.net',
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ADDRESSES)
def test_an_address_that_could_break_out_of_the_command_never_reaches_the_relay(bad: str) -> None:
    connection = Connection(RelayAddress("127.0.0.1", 1, "none", None, None, None, None), "mailcase.test")
    with pytest.raises(NeverWorks):
        connection.send(US, bad, LETTER)
    if bad:
        with pytest.raises(NeverWorks):
            connection.send(bad, THEM, LETTER)


@pytest.mark.parametrize("good", ['"sam smith"@example.net', "o'neil+x=y@example.net", "a@b", "sam@[192.0.2.1]"])
def test_unusual_addresses_that_are_right_are_sent_to(good: str, relay: Relay) -> None:
    with connect(relay) as connection:
        connection.send(US, good, LETTER)
    assert relay.letters[0].rcpt_to == (good,)


@pytest.mark.parametrize("bad", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n", b"a\r\r\n"])
def test_a_letter_with_a_bare_cr_or_lf_is_not_sent(bad: bytes) -> None:
    connection = Connection(RelayAddress("127.0.0.1", 1, "none", None, None, None, None), "mailcase.test")
    with pytest.raises(NeverWorks, match="CR LF"):
        connection.send(US, THEM, bad)


@given(st.lists(st.sampled_from([b"", b".", b"..", b".a", b"a.", b"a"]), max_size=6))
def test_dots_are_doubled_at_each_line_start_and_the_only_lone_dot_is_the_last_line(lines: list[bytes]) -> None:
    *content, end, rest = sender.on_the_wire(b"".join(line + b"\r\n" for line in lines)).split(b"\r\n")
    assert (end, rest) == (b".", b"")
    assert b"." not in content
    assert [line[1:] if line.startswith(b".") else line for line in content] == (lines or [b""])


def test_starttls_is_used_with_a_verified_certificate(certs: Certs) -> None:
    with Relay(starttls=certs.server_context()) as relay:
        there = replace(address(relay), tls="starttls", ca_file=str(certs.ca))
        with closing(Connection(there, "mailcase.test", PATIENT)) as connection:
            connection.send(US, THEM, LETTER)
            connection.send(US, THEM, LETTER)
        assert [command.split()[0] for command in relay.commands[:3]] == ["EHLO", "STARTTLS", "EHLO"]
        assert relay.connections == 1


def test_tls_from_the_first_byte_is_used_with_a_verified_certificate(certs: Certs) -> None:
    with Relay(tls=certs.server_context()) as relay:
        there = replace(address(relay), tls="tls", ca_file=str(certs.ca))
        with closing(Connection(there, "mailcase.test", PATIENT)) as connection:
            connection.send(US, THEM, LETTER)
            connection.send(US, THEM, LETTER)
        assert relay.connections == 1


def test_an_unknown_certificate_is_refused_before_anything_is_said(certs: Certs, tmp_path: Path) -> None:
    others = make_certs(tmp_path)
    with Relay(starttls=certs.server_context(), login=("us", "secret")) as relay:
        there = replace(address(relay), tls="starttls", ca_file=str(others.ca), user="us", password="secret")
        with (
            closing(Connection(there, "mailcase.test", PATIENT)) as connection,
            pytest.raises(TryLater, match="certificate"),
        ):
            connection.send(US, THEM, LETTER)
        assert not any(command.startswith(("AUTH", "MAIL")) for command in relay.commands)


@pytest.mark.parametrize("offered", [False, True])
def test_clear_text_is_never_a_fallback(offered: bool, certs: Certs) -> None:
    with Relay(starttls=certs.server_context() if offered else None, login=("us", "secret")) as relay:
        relay.answers("STARTTLS", "454 4.7.0 TLS not available")
        there = replace(address(relay), tls="starttls", ca_file=str(certs.ca), user="us", password="secret")
        with (
            closing(Connection(there, "mailcase.test", PATIENT)) as connection,
            pytest.raises(TryLater, match="454 4.7.0" if offered else "does not offer STARTTLS"),
        ):
            connection.send(US, THEM, LETTER)
        assert not any(command.startswith(("AUTH", "MAIL")) for command in relay.commands)


def test_the_login_works_by_password_and_by_token() -> None:
    with Relay(login=("us", "sécret")) as relay:
        there = replace(address(relay), user="us", password="sécret")
        with closing(Connection(there, "mailcase.test", PATIENT)) as connection:
            connection.send(US, THEM, LETTER)
    with Relay(token="t0ken") as relay:
        there = replace(address(relay), user="us", token=lambda: "t0ken")
        with closing(Connection(there, "mailcase.test", PATIENT)) as connection:
            connection.send(US, THEM, LETTER)


def test_a_refused_login_is_about_us_and_does_not_tell_the_secret() -> None:
    with Relay(login=("us", "right"), token="t0ken") as relay:
        by_password = replace(address(relay), user="us", password="hunter2")
        by_token = replace(address(relay), user="us", token=lambda: "hunter2")
        for there in (by_password, by_token):
            with closing(Connection(there, "mailcase.test", PATIENT)) as connection:
                with pytest.raises(TryLater, match="535") as refused:
                    connection.send(US, THEM, LETTER)
                assert "hunter2" not in str(refused.value) + repr(there)
        relay.answers("AUTH", "535 5.7.8 hunter2 is not your password")
        with closing(Connection(by_password, "mailcase.test", PATIENT)) as connection:
            with pytest.raises(TryLater) as refused:
                connection.send(US, THEM, LETTER)
            assert "hunter2" not in str(refused.value)


def test_a_relay_without_a_login_is_told_to_the_operator(relay: Relay) -> None:
    there = replace(address(relay), user="us", password="secret")
    with (
        closing(Connection(there, "mailcase.test", PATIENT)) as connection,
        pytest.raises(TryLater, match="does not offer a login by PLAIN or LOGIN"),
    ):
        connection.send(US, THEM, LETTER)
