"""A proxy between an IMAP client and a real server: it can cut or stall a connection, and change what is said.

It speaks TLS with the client and STARTTLS with the server, so it sees every line. Plain TCP would be cut as well,
but could not tell a FETCH from an IDLE.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

from rigs.certs import Certs
from rigs.imap_server import ImapServer

# Gets a piece of the talk and gives back what to pass on; None cuts the connection.
Change = Callable[[bytes], bytes | None]


def unchanged(data: bytes) -> bytes:
    """Pass everything on."""
    return data


class Proxy:
    """Listens on 127.0.0.1 with TLS; `from_client` and `from_server` may be set at any time."""

    def __init__(self, server: ImapServer, certs: Certs) -> None:
        self.host = "127.0.0.1"
        self.from_client: Change = unchanged
        self.from_server: Change = unchanged
        self.connections = 0
        self._server = server
        self._context = certs.server_context()
        self._listener = socket.create_server((self.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[ssl.SSLSocket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """Cut all connections now."""
        for connection in list(self._open):
            _shutdown(connection)

    def close(self) -> None:
        """Stop listening, cut all connections, and wait until all threads have ended."""
        _shutdown(self._listener)
        self._threads[0].join()
        self.cut()
        for thread in self._threads:
            thread.join()
        for connection in self._open:
            connection.close()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                client = self._context.wrap_socket(plain, server_side=True)
                server, greeting = self._upstream()
                client.sendall(greeting)
                self.connections += 1
                self._open += [client, server]
                for pump in (
                    threading.Thread(target=self._pump, args=(client, server, "from_client")),
                    threading.Thread(target=self._pump, args=(server, client, "from_server")),
                ):
                    self._threads.append(pump)
                    pump.start()

    def _upstream(self) -> tuple[ssl.SSLSocket, bytes]:
        connection = socket.create_connection((self._server.host, self._server.port))
        with connection.makefile("rb") as lines:
            greeting = lines.readline()
            connection.sendall(b"proxy STARTTLS\r\n")
            answer = lines.readline()
        assert answer.startswith(b"proxy OK"), answer
        context = ssl.create_default_context(cafile=str(self._server.ca_file))
        return context.wrap_socket(connection, server_hostname=self._server.host), greeting

    def _pump(self, source: ssl.SSLSocket, target: ssl.SSLSocket, direction: str) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                change: Change = getattr(self, direction)
                passed = change(data)
                if passed is None:
                    break
                target.sendall(passed)
        _shutdown(source)
        _shutdown(target)


def _shutdown(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
