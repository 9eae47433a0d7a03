"""Whom our mails do not reach: told as it is, and without reading all that ever went to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from builders import HOUR, MINUTE, NOW, PRIYA, TOM
from mailcase.core.letters.digest import Returned
from mailcase.store.engine import Database
from mailcase.store.tables import letters
from mailcase.store.unreached import staff_unreached

DAY = timedelta(days=1)
MOST_STEPS = 30  # thousands, of the machine that carries out what SQLite is asked


def sent(conn: Connection, reader: str, times: Sequence[tuple[datetime, datetime | None]]) -> None:
    """Mails to one of staff: when each left, and when it came back."""
    words = dict.fromkeys(("mail_from", "message_id", "reason", "reply"), "")
    same = {"kind": "staff-message", "recipient": reader, "mailbox_key": reader, "raw": b"", "state": "sent", **words}
    rows = [
        {
            **same,
            **dict.fromkeys(("due_at", "queued_at", "look_at", "sent_at"), at),
            "id": f"{reader} {number}",
            "bounced_at": back,
            "answer": False,
            "tries": 1,
            "doubts": 0,
        }
        for number, (at, back) in enumerate(times)
    ]
    conn.execute(insert(letters), rows)


def test_what_came_back_since_a_mail_last_arrived_is_told_of_each(database: Database) -> None:
    lost = [NOW - each * DAY for each in (6, 5, 3)]
    with database.write() as conn:
        sent(conn, PRIYA, [*((at, at + HOUR) for at in lost[:2]), (NOW - 4 * DAY, None), (lost[2], lost[2] + HOUR)])
        sent(conn, TOM, [*((at, at + HOUR) for at in lost), (NOW - HOUR, None)])
        found = staff_unreached(conn, NOW)
        later = staff_unreached(conn, NOW + DAY)
    assert found == [Returned(TOM, 3, lost[0] + HOUR), Returned(PRIYA, 1, lost[2] + HOUR)]
    assert later == [Returned(PRIYA, 1, lost[2] + HOUR)]


def test_years_of_mails_that_arrived_are_not_read_for_each_that_came_back(sqlite: Database) -> None:
    times = [NOW - DAY - number * MINUTE for number in range(3000, 0, -1)]
    steps: list[None] = []
    with sqlite.write() as conn:
        sent(conn, PRIYA, [(at, at + MINUTE if number % 100 == 0 else None) for number, at in enumerate(times)])
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(lambda: steps.append(None), 1000)
        assert staff_unreached(conn, NOW) == []
        raw.set_progress_handler(None, 0)
    assert len(steps) < MOST_STEPS
