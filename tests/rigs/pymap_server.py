"""pymap as a real IMAP server (package `pymap`): IDLE, MOVE and UIDPLUS, in memory, STARTTLS only, no XOAUTH2.

It keeps one user; each test uses folders of its own.
"""

from __future__ import annotations

import subprocess
import sys

from rigs.certs import Certs
from rigs.imap_server import ImapServer, free_port, wait_for_greeting

# Its passwords are hashed with 500,000 rounds: a quarter of a second for each login, and the tests log in often.
PROGRAM = """
from pymap.main import main
from pysasl.hashing import BuiltinHash

BuiltinHash.__init__.__kwdefaults__["rounds"] = 1
main()
"""


class PymapServer(ImapServer):
    """A throw-away pymap in a process of its own."""

    def __init__(self, certs: Certs) -> None:
        self.name = "pymap"
        self.host, self.port, self.tls_port = "127.0.0.1", free_port(), None
        self.user, self.password = "intake@example.test", "pass-for-pymap"
        self.ca_file = certs.ca
        command = ["--host", self.host, "--port", str(self.port)]
        command += ["--cert", str(certs.cert), "--key", str(certs.key)]
        command += ["dict", "--demo-user", self.user, "--demo-password", self.password]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for_greeting(self.host, self.port, self.process)
        except RuntimeError:
            self.close()
            raise
