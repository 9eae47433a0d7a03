"""What the stories of the firms share: how one begins, and the golden file of all that was written in it.

`GOLDEN=write pytest tests/stories/firms` writes these files anew, and git shows what has changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from rigs.certs import Certs
from rigs.firm import Firm
from rigs.imap_server import ImapServer

GOLDEN = Path(__file__).parents[2] / "golden" / "firms"


@pytest.fixture
def begins(imap: ImapServer, certs: Certs, tmp_path: Path) -> Iterator[Callable[[str, datetime], Firm]]:
    """Begins the story of a firm at a moment."""
    with ExitStack() as firms:

        def begin(name: str, start: datetime) -> Firm:
            firm = Firm(name, tmp_path / name, imap, certs, start)
            firms.callback(firm.close)
            firm.begins()
            return firm

        yield begin


@pytest.fixture(scope="session")
def golden() -> Callable[[Firm], None]:
    """Compares what was written in a story with its golden file."""
    return _compared


def _compared(firm: Firm) -> None:
    path = GOLDEN / f"{firm.name}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(firm.golden_text(), "utf-8")
    assert firm.golden_text() == path.read_text("utf-8")
