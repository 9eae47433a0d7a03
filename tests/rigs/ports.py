"""Ports for servers that go away and come back."""

from __future__ import annotations

import contextlib
import secrets
import socket


def steady_port() -> int:
    """A free port below those that the system gives to outgoing connections: it stays free while its server is down."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
