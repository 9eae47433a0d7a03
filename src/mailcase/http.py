"""What a supervisor asks over HTTP: /livez (do the loops turn?) and /healthz (does the work get done?)."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore, Thread, Timer
from typing import Any, cast

from mailcase.log import Log

MAX_CONNECTIONS = 16
DEADLINE_S = 10.0  # for a whole request, however slowly its bytes come

Answer = tuple[bool, Mapping[str, object]]


class Http:
    """Answers GET and HEAD on two paths, 200 if all is well and 503 if not, with JSON facts; 404 elsewhere.

    `live` says of each loop whether it turns; `health` says whether all is well, and the facts behind it.
    """

    def __init__(
        self,
        host: str,
        port: int,
        live: Callable[[], Mapping[str, bool]],
        health: Callable[[], Answer],
        log: Log,
    ) -> None:
        self._address = (host, port)
        self._log = log
        self._routes = {"/livez": lambda: _livez(live()), "/healthz": health}

    def start(self) -> None:
        """Listen and answer in threads of our own; OSError if the address cannot be had."""
        self._server = _Server(self._address, self._routes, self._log)
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="http", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that we listen on, once started (for a configured 0 the system chose it)."""
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _livez(loops: Mapping[str, bool]) -> Answer:
    standing = [name for name, turns in loops.items() if not turns]
    return not standing, {"live": not standing, "standing": standing, "loops": dict(loops)}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, address: tuple[str, int], routes: Mapping[str, Callable[[], Answer]], log: Log) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.routes = routes
        self.log = log
        self._room = BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without the base class's reverse look-up of our name, which can hang for as long as DNS does."""
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up in the middle is no fault of ours, and what is ours is guarded below."""
        self.log("http.broken_off", level="debug", error=repr(sys.exc_info()[1]))


class _Handler(BaseHTTPRequestHandler):
    default_request_version = "HTTP/1.0"  # or else refusals would go out as HTTP/0.9, without a status

    def setup(self) -> None:
        super().setup()
        self._deadline = Timer(DEADLINE_S, self._hang_up)
        self._deadline.daemon = True
        self._deadline.start()

    def finish(self) -> None:
        self._deadline.cancel()
        super().finish()

    def do_GET(self) -> None:
        server = cast(_Server, self.server)
        path = self.path.partition("?")[0]
        route = server.routes.get(path)
        if route is None:
            self._answer(HTTPStatus.NOT_FOUND, {"error": "there is only " + " and ".join(server.routes)})
            return
        try:
            well, facts = route()
        except Exception as error:  # noqa: BLE001  whatever broke, a supervisor must hear 503 and nothing of our insides
            server.log("http.failed", level="error", path=path, error=repr(error))
            well, facts = False, {"error": "the facts could not be read; the log says why"}
        self._answer(HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE, facts)

    do_HEAD = do_GET  # noqa: N815  the name is the standard library's

    def send_error(self, code: int, *_: str | None, **__: str | None) -> None:
        """What the base class refuses by itself, in our form: no banner, no HTML."""
        self._answer(code, {"error": HTTPStatus(code).phrase})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the standard library's
        """Say nothing: a supervisor asks every few seconds."""

    def _answer(self, code: int, facts: Mapping[str, object]) -> None:
        body = json.dumps(facts, default=str).encode() + b"\n"
        self.close_connection = True
        self.send_response_only(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _hang_up(self) -> None:
        with suppress(OSError):  # it may have ended in this very moment
            self.connection.shutdown(socket.SHUT_RDWR)
