"""/livez and /healthz over real connections."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from mailcase import http as mailcase_http
from mailcase.http import MAX_CONNECTIONS, Http


@dataclass
class Facts:
    """What the daemon would say, for a test to change; and what was logged."""

    loops: dict[str, bool] = field(default_factory=lambda: {"intake": True, "outbox": True})
    well: bool = True
    broken: bool = False
    logged: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def live(self) -> Mapping[str, bool]:
        self.break_if_broken()
        return self.loops

    def health(self) -> tuple[bool, Mapping[str, object]]:
        self.break_if_broken()
        return self.well, {"database": "answers", "oldest": datetime(2026, 1, 2, tzinfo=UTC)}

    def break_if_broken(self) -> None:
        if self.broken:
            raise RuntimeError("postgresql://user:password@host")

    def log(self, event: str, /, *, level: str = "info", **facts: object) -> None:
        self.logged.append((event, facts))


@pytest.fixture
def facts() -> Facts:
    return Facts()


@pytest.fixture
def port(facts: Facts) -> Iterator[int]:
    server = Http("127.0.0.1", 0, facts.live, facts.health, facts.log)
    server.start()
    yield server.port
    server.stop()


def ask(port: int, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def say(port: int, data: bytes) -> bytes:
    """Everything that the server says until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(data)
        return b"".join(iter(lambda: client.recv(65536), b""))


def is_answered(port: int) -> bool:
    try:
        return ask(port, "/livez")[0].status == 200
    except (ConnectionError, http.client.BadStatusLine):
        return False


def test_livez_is_200_while_every_loop_turns(port: int) -> None:
    response, body = ask(port, "/livez")
    assert response.status == 200
    assert json.loads(body) == {"live": True, "standing": [], "loops": {"intake": True, "outbox": True}}


def test_livez_is_503_and_names_the_loop_that_stands(port: int, facts: Facts) -> None:
    facts.loops["outbox"] = False
    response, body = ask(port, "/livez")
    assert response.status == 503
    assert json.loads(body)["standing"] == ["outbox"]


@pytest.mark.parametrize(("well", "status"), [(True, 200), (False, 503)])
def test_healthz_tells_its_facts_well_or_not(port: int, facts: Facts, well: bool, status: int) -> None:
    facts.well = well
    response, body = ask(port, "/healthz?verbose")
    assert response.status == status
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"database": "answers", "oldest": "2026-01-02 00:00:00+00:00"}


@pytest.mark.parametrize("path", ["/livez", "/healthz"])
def test_facts_that_cannot_be_read_give_503_and_only_the_log_says_why(port: int, facts: Facts, path: str) -> None:
    facts.broken = True
    response, body = ask(port, path)
    assert response.status == 503
    assert b"password" not in body
    assert b"Traceback" not in body
    assert facts.logged == [("http.failed", {"path": path, "error": "RuntimeError('postgresql://user:password@host')"})]


@pytest.mark.parametrize("path", ["/", "/livez/", "/metrics", "/../etc/passwd"])
def test_anything_else_is_404(port: int, path: str) -> None:
    assert ask(port, path)[0].status == 404


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/healthz", 200), ("/nowhere", 404)])
def test_head_gives_the_head_of_get(port: int, path: str, status: int) -> None:
    head, nothing = ask(port, path, "HEAD")
    get, body = ask(port, path)
    assert head.status == get.status == status
    assert nothing == b""
    assert head.headers["Content-Length"] == str(len(body))


def test_no_answer_says_what_server_this_is(port: int) -> None:
    for method in ("GET", "HEAD", "POST", "BREW"):
        response, body = ask(port, "/livez", method)
        assert response.headers["Server"] is None
        assert b"Python" not in body


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /livez HTTP/9.9\r\n\r\n", b"505"),
        (b"GET /" + b"x" * 65_532, b"414"),
        (b"GET /livez HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"431"),
        (b"<script> x y z\r\n\r\n", b"400"),
        (b"POST /livez HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"501"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_our_form(port: int, request_bytes: bytes, status: bytes) -> None:
    head, _, body = say(port, request_bytes).partition(b"\r\n\r\n")
    assert head.splitlines()[0].split()[1] == status
    assert json.loads(body).keys() == {"error"}
    assert b"script" not in head + body


def test_a_client_that_says_nothing_is_hung_up_on(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailcase_http, "DEADLINE_S", 0.2)
    assert say(port, b"GET /livez HTTP/1.1\r\nX: ") == b""


def test_more_connections_than_there_is_room_for_are_closed_and_room_comes_back(port: int) -> None:
    waiting = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(MAX_CONNECTIONS)]
    assert not is_answered(port)
    for client in waiting:
        client.close()
    ends = time.monotonic() + 10
    while not is_answered(port):
        assert time.monotonic() < ends
