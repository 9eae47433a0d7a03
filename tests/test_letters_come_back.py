"""A letter that comes back, from the report to what the case is owed then, and how its customer is reached again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from builders import HOUR, NOW, RULES, SAM, US, Said, keep, mail
from mailcase.cli.stage_time import Clock, Stage
from mailcase.core import ids
from mailcase.store import letters as letter_store
from mailcase.store.engine import AnyRow, Database
from mailcase.store.tables import cases, deadlines, letters

DAY = timedelta(days=1)
OLD = "sams-old-archive@other.example"


@dataclass
class Firm:
    """A firm whose relay takes every letter at once."""

    database: Database

    def __post_init__(self) -> None:
        self.clock = Clock(NOW)
        self.said = Said()
        self.stage = Stage(self.database, RULES, self.clock, lambda _: "250 ok", self.said)

    def gets(self, raw: bytes, at: datetime) -> None:
        """A mail comes in at this moment, and all is done that follows."""
        self.stage.run(at)
        keep(self.database, [raw], at, envelope_from="" if b"report-type" in raw else None)
        self.stage.settle()

    def until(self, at: datetime) -> None:
        """Let time pass."""
        self.stage.run(at)
        assert "timer.fault" not in self.said.events

    def letters(self, kind: str) -> list[AnyRow]:
        """The letters of this kind, the oldest first."""
        with self.database.read() as conn:
            return list(conn.execute(select(letters).where(letters.c.kind == kind).order_by(letters.c.queued_at)))

    def acknowledged(self) -> tuple[str, datetime | None]:
        """Whether that promise is kept, and since when."""
        with self.database.read() as conn:
            wanted = select(deadlines.c.state, deadlines.c.met_at).where(deadlines.c.promise == "acknowledge")
            state, met_at = conn.execute(wanted).one()
        return state, met_at

    def case(self) -> AnyRow:
        """The only case."""
        with self.database.read() as conn:
            return conn.execute(select(cases)).one()


@pytest.fixture
def firm(database: Database) -> Firm:
    """A firm with Sam's complaint, acknowledged at NOW."""
    firm = Firm(database)
    firm.gets(mail(), NOW)
    assert firm.acknowledged() == ("kept", NOW)
    return firm


def report(reader: str, about: str, to: str = US, words: str = "Not delivered.") -> bytes:
    """A report after RFC 3464 that a letter did not reach this reader."""
    parts = (
        f"--b\r\n\r\n{words}\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {reader}\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {about}\r\n--b--"
    )
    content = "multipart/report; report-type=delivery-status; boundary=b"
    return mail("MAILER-DAEMON@mx.example.org", "Undelivered Mail", parts, to=to, content_type=content)


def test_a_report_about_somebody_else_stops_nothing(firm: Firm) -> None:
    [letter] = firm.letters("acknowledgement")
    firm.gets(report(OLD, letter.message_id), NOW + HOUR)
    firm.until(NOW + 6 * DAY)
    assert firm.acknowledged() == ("kept", NOW)
    assert firm.case().undeliverable_at is None
    assert len(firm.letters("update")) == 1


@pytest.mark.parametrize("how", ["by its id", "by the case alone"])
def test_a_letter_that_came_back_keeps_nothing_and_none_follows_it(firm: Firm, how: str) -> None:
    [letter] = firm.letters("acknowledgement")
    tagged = f"complaints+{ids.tag(firm.case().reference)}@firm.example"
    raw = report(SAM, letter.message_id) if how == "by its id" else report(SAM, "<another@id>", tagged)
    firm.gets(raw, NOW + HOUR)
    assert firm.acknowledged() == ("open", None)
    firm.until(NOW + 9 * DAY)
    assert firm.acknowledged()[0] == "broken"
    assert firm.letters("update") == []


def test_a_customer_who_writes_again_is_written_to_again(firm: Firm) -> None:
    firm.until(NOW + 5 * DAY)
    [lost] = firm.letters("update")
    firm.gets(report(SAM, lost.message_id), NOW + 5 * DAY)
    back = NOW + 21 * DAY
    firm.until(back)
    assert len(firm.letters("update")) == 1
    firm.gets(mail(text="My mailbox was full.", in_reply_to=lost.message_id), back)
    assert firm.case().undeliverable_at is None
    assert [update.sent_at for update in firm.letters("update")] == [lost.sent_at, back]


def test_a_letter_that_came_back_and_is_sent_again_in_time_keeps_the_promise(firm: Firm) -> None:
    [letter] = firm.letters("acknowledgement")
    firm.gets(report(SAM, letter.message_id), NOW + HOUR)
    firm.until(NOW + 2 * HOUR)
    with firm.database.write() as conn:
        assert letter_store.order(conn, "retry", [letter.id], firm.clock()) == [letter.id]
    firm.stage.settle()
    [again] = firm.letters("acknowledgement")
    assert (again.raw, again.message_id, again.sent_at) == (letter.raw, letter.message_id, NOW + 2 * HOUR)
    assert firm.acknowledged() == ("kept", NOW + 2 * HOUR)
    assert firm.case().undeliverable_at is None
    firm.until(NOW + 6 * DAY)
    assert len(firm.letters("update")) == 1


def test_a_letter_that_comes_back_twice_keeps_nothing(firm: Firm) -> None:
    [letter] = firm.letters("acknowledgement")
    firm.gets(report(SAM, letter.message_id), NOW + HOUR)
    with firm.database.write() as conn:
        letter_store.order(conn, "retry", [letter.id], firm.clock())
    firm.stage.settle()
    firm.gets(report(SAM, letter.message_id, words="Not delivered again."), NOW + 3 * HOUR)
    assert firm.acknowledged() == ("open", None)
    assert firm.case().undeliverable_at == NOW + 3 * HOUR
