"""What the IMAP rigs share: where the server listens, and hands that fill and read its folders."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from imapclient import IMAPClient


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_greeting(host: str, port: int, process: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """Return when the server greets; raise when its process ends or the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection((host, port), 1) as connection:
                if connection.recv(200).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.05)  # nothing can be awaited before the port is open
    raise RuntimeError(f"the IMAP server at {host}:{port} did not start")


class ImapServer:
    """A running IMAP server: `port` speaks STARTTLS, `tls_port` (where the server has one) TLS from the start."""

    name: str
    host: str
    port: int
    tls_port: int | None
    user: str
    password: str
    ca_file: Path
    process: subprocess.Popen[bytes]

    def client(self) -> IMAPClient:
        """A connection of the test's own, logged in; use it with `with`."""
        client = IMAPClient(self.host, self.port, ssl=False, timeout=20)
        client.starttls(ssl.create_default_context(cafile=str(self.ca_file)))
        client.login(self.user, self.password)
        return client

    def make_folder(self, folder: str) -> None:
        """Create an empty folder."""
        with self.client() as client:
            client.create_folder(folder)

    def replace_folder(self, folder: str) -> None:
        """Delete a folder and make it anew: its UIDVALIDITY changes (RFC 3501 2.3.1.1)."""
        with self.client() as client:
            client.delete_folder(folder)
            client.create_folder(folder)

    def append(
        self,
        folder: str,
        *mails: bytes,
        at: datetime | None = None,
        flags: Sequence[bytes] = (),
    ) -> None:
        """Deliver mails into a folder, with `at` as their INTERNALDATE."""
        with self.client() as client:
            for mail in mails:
                client.append(folder, mail, flags, at)

    def mails(self, folder: str) -> dict[int, bytes]:
        """The mails in a folder by UID."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
            return {uid: found[uid][b"BODY[]"] for uid in sorted(found)}

    def flags(self, folder: str) -> dict[int, set[bytes]]:
        """The flags of each mail in a folder, without \\Recent, which means nothing to anybody."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search())
            return {uid: {flag for flag in flags if flag != rb"\Recent"} for uid, flags in found.items()}

    def close(self) -> None:
        """Stop the server and wait for its end."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
