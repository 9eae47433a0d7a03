"""What stands between the IMAP door and its server in these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rigs.certs import Certs
from rigs.imap_server import ImapServer
from rigs.proxy import Proxy


@pytest.fixture
def proxy(server: ImapServer, certs: Certs) -> Iterator[Proxy]:
    """A proxy before the server."""
    proxy = Proxy(server, certs)
    yield proxy
    proxy.close()
