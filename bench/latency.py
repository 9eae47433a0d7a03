"""How long a customer waits: from a mail in the IMAP mailbox to the relay's 250 for the acknowledgement, on SQLite.

python bench/latency.py [COUNT]    with src and tests on PYTHONPATH
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from rigs.certs import make_certs
from rigs.dovecot import Dovecot, dovecot_is_here
from rigs.imap_server import ImapServer
from rigs.pymap_server import PymapServer
from rigs.world import World

COUNT = 20


def main() -> None:
    """Print the median and the extremes of COUNT complaints, one after the other, over an IDLE connection."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        certs = make_certs(Path(folder))
        server: ImapServer = Dovecot(certs) if dovecot_is_here() else PymapServer(certs)
        try:
            with World(Path(folder) / "world", imap=server) as world:
                world.starts()
                world.complaint_arrives("imap")
                world.waits_for_letters(1)
                seconds = [world.seconds_to_acknowledgement() for _ in range(count)]
                world.stop()
        finally:
            server.close()
    print(f"{server.name}, {count} mails: median {median(seconds):.2f} s, {min(seconds):.2f} to {max(seconds):.2f} s")


if __name__ == "__main__":
    main()
