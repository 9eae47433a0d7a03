"""The loop that mail moves: every kept mail ends once, whatever is in it and whoever else is at work."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select, text

from builders import HOUR, MINUTE, NOW, POLICY, RULES, SAM, Clock, Open, Said, keep, mail, reading
from mailcase.core import ids
from mailcase.core.rules import Limits, Rules
from mailcase.errors import TryLater
from mailcase.intake import PAUSE_AFTER_FAULT, Intake, independent
from mailcase.store import letters, mails, timeline
from mailcase.store.deadlines import policy_texts
from mailcase.store.engine import Database
from mailcase.store.ledger import ledger
from mailcase.store.tables import cases
from mailcase.store.tables import letters as letter_table
from mailcase.store.tables import mails as mail_table

OPEN_LIMITS = replace(RULES, limits=Limits(1000, 1000, 1000, mails_per_customer_hour=1000, mails_per_customer_day=1000))


@dataclass
class Desk:
    """An intake on a database, with a clock and a log that the test holds."""

    database: Database
    rules: Rules = RULES
    owner: str = "us"
    clock: Clock = field(default_factory=Clock)
    said: Said = field(default_factory=Said)
    queued: list[None] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        said = self.queued.append
        self.intake = Intake(
            self.database, self.rules, self.owner, self.clock, self.said, lambda: said(None), self.steps.append
        )

    def gets(self, *raws: bytes, door: str = "box", silent: bool = False) -> list[str]:
        """Keep these mails, work until nothing is left, and say how each ended."""
        kept = keep(self.database, raws, self.clock(), door, silent=silent)
        while self.intake.work():
            pass
        return self.ends(kept)

    def ends(self, kept: list[int]) -> list[str]:
        with self.database.read() as conn:
            return [state for _, state, _ in mails.ends(conn, kept)]

    def case_of(self, mail: int) -> str | None:
        with self.database.read() as conn:
            return conn.scalar(select(mail_table.c.case_ref).where(mail_table.c.id == mail))

    def letters(self) -> Counter[str]:
        """How many letters are in which state."""
        with self.database.read() as conn:
            return Counter(ledger(conn).letters)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    desk = Desk(database)
    yield desk
    with database.read() as conn:
        assert ledger(conn).faults == ()


def test_a_complaint_becomes_a_case_with_its_acknowledgement(desk: Desk) -> None:
    assert desk.gets(mail()) == ["case"]
    case = desk.case_of(1)
    assert case is not None
    assert desk.letters() == {"queued": 1}
    assert desk.queued == [None]
    assert ("mail.case", {"level": "info", "mail": 1, "case": case, "reason": "a new complaint"}) in desk.said.lines
    with desk.database.read() as conn:
        assert [row.kind for row in timeline.of_case(conn, case)] == ["message"]


def test_whoever_opens_a_case_keeps_the_text_of_its_policy(desk: Desk) -> None:
    desk.gets(mail(precedence="bulk"))
    with desk.database.read() as conn:
        assert policy_texts(conn) == {}
    desk.gets(mail(text="a"), mail(text="b"), silent=True)
    with desk.database.read() as conn:
        assert policy_texts(conn) == {POLICY.digest: POLICY.text}
        assert set(conn.scalars(select(cases.c.policy))) == {POLICY.digest}


def test_a_conversation_stays_one_case(desk: Desk) -> None:
    desk.gets(mail(message_id="<sam.1@mua>"))
    case = desk.case_of(1) or ""
    with desk.database.read() as conn:
        [letter] = letters.of_case(conn, case)
    replies = [
        mail(text="to our letter", in_reply_to=letter.message_id),
        mail(text="to their own", in_reply_to="<sam.1@mua>"),
        mail(text="tagged", to=f"complaints+{ids.tag(case)}@firm.example"),
        mail(text="subject", subject=f"RE: {case.lower()}"),
        mail(text=f"in the text: {case}"),
    ]
    assert desk.gets(*replies) == ["added"] * 5
    assert {desk.case_of(number) for number in range(1, 7)} == {case}
    assert desk.letters() == {"queued": 1}


def test_a_stranger_with_all_of_it_gets_a_case_of_their_own(desk: Desk) -> None:
    desk.gets(mail(message_id="<sam.1@mua>"))
    case = desk.case_of(1) or ""
    eve = mail(
        "eve@example.net", f"RE: {case}", to=f"complaints+{ids.tag(case)}@firm.example", in_reply_to="<sam.1@mua>"
    )
    assert desk.gets(eve) == ["case"]
    assert desk.case_of(2) != case
    assert desk.letters() == {"queued": 2}


def test_two_mails_of_one_conversation_in_one_batch_become_one_case(desk: Desk) -> None:
    first = mail(message_id="<sam.1@mua>")
    assert desk.gets(first, mail(text="and another thing", in_reply_to="<sam.1@mua>")) == ["case", "added"]


def test_the_same_mail_in_one_batch_and_through_two_doors_is_one_case(desk: Desk) -> None:
    assert desk.gets(mail(), mail(), mail()) == ["case", "duplicate", "duplicate"]
    assert desk.gets(b"Received: from elsewhere\r\n" + mail(), door="other") == ["duplicate"]
    assert desk.letters() == {"queued": 1}


def test_a_mail_moved_out_of_the_junk_folder_becomes_a_case_from_its_true_receipt(desk: Desk) -> None:
    assert desk.gets(mail(), door="junk") == ["review"]
    desk.clock.forward(HOUR)
    assert desk.gets(mail()) == ["duplicate"]
    assert desk.ends([1]) == ["case"]
    with desk.database.read() as conn:
        assert conn.scalar(select(cases.c.received_at)) == NOW
    assert desk.letters() == {"queued": 1}


def test_a_silent_import_opens_a_case_and_answers_nobody(desk: Desk) -> None:
    assert desk.gets(mail(), silent=True) == ["case"]
    assert desk.letters() == {}
    assert desk.queued == []


@pytest.mark.parametrize("together", [True, False])
def test_the_fourth_answer_within_an_hour_is_held_and_its_case_opened(desk: Desk, together: bool) -> None:
    senders = [SAM, "Sam@Example.org", "sam+1@example.org", "SAM+two@EXAMPLE.ORG", "sam+3@example.org"]
    raws = [mail(f"<{sender}>", text=sender) for sender in senders]
    for batch in [raws] if together else [[raw] for raw in raws]:
        assert set(desk.gets(*batch)) == {"case"}
    assert desk.letters() == {"queued": 3, "held": 2}
    desk.clock.forward(HOUR)
    desk.gets(mail(text="later"), mail(text="and later"), mail(text="and later again"))
    assert desk.letters() == {"queued": 5, "held": 3}


def test_no_more_answers_leave_in_a_minute_than_the_limit_says(database: Database) -> None:
    desk = Desk(database, replace(RULES, limits=Limits(per_minute=7)))
    desk.gets(*(mail(f"<sam{number}@example.org>") for number in range(60)))
    assert desk.letters() == {"queued": 7, "held": 53}
    desk.clock.forward(MINUTE)
    desk.gets(mail("<kim@example.org>"))
    assert desk.letters() == {"queued": 8, "held": 53}


def test_a_redo_after_a_crash_writes_the_same_to_the_byte(desk: Desk) -> None:
    def crash(conn: object) -> None:
        raise KeyboardInterrupt

    kept = keep(desk.database, [mail()])
    event.listen(desk.database.engine, "commit", crash)
    with pytest.raises(KeyboardInterrupt):
        desk.intake.work()
    event.remove(desk.database.engine, "commit", crash)
    assert desk.ends(kept) == ["kept"]
    desk.clock.forward(mails.LEASE)
    while desk.intake.work():
        pass
    assert desk.ends(kept) == ["case"]
    assert desk.case_of(1) == ids.reference(RULES.key, "CST", reading(mail()).message.digest)


# One that breaks the code


def _no_case_for(database: Database, sender: str) -> None:
    """Make the database refuse the cases of one customer: a stand-in for a fault that we do not know of yet."""
    with database.write() as conn:
        conn.execute(text("CREATE TABLE forbidden (customer TEXT)"))
        conn.execute(text("INSERT INTO forbidden VALUES (:sender)"), {"sender": sender})
        if database.is_sqlite:
            conn.exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON cases WHEN NEW.customer IN (SELECT customer FROM forbidden)"
                " BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
            return
        conn.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.customer IN (SELECT customer FROM forbidden)"
            " THEN RAISE check_violation; END IF; RETURN NEW; END $$"
        )
        conn.exec_driver_sql("CREATE TRIGGER refuse BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION refuse()")


def test_a_mail_that_breaks_the_code_stops_no_other_and_ends_in_review(desk: Desk) -> None:
    _no_case_for(desk.database, SAM)
    good = [mail(f"<kim{number}@example.org>") for number in range(5)]
    assert desk.gets(*good[:3], mail(), *good[3:]) == ["case"] * 3 + ["kept"] + ["case"] * 2
    for _ in range(mails.GIVE_UP - 1):
        desk.clock.forward(PAUSE_AFTER_FAULT)
        assert desk.gets() == []
        assert desk.ends([4]) == ["kept"]
    desk.clock.forward(PAUSE_AFTER_FAULT)
    desk.gets()
    assert desk.ends([4]) == ["review"]
    assert desk.said.events.count("mail.fault") == mails.GIVE_UP
    with desk.database.read() as conn:
        assert [row.review for row in mails.in_review(conn)] == ["broken"]


def test_a_mail_in_review_for_breaking_us_may_be_accepted_when_we_are_mended(desk: Desk) -> None:
    _no_case_for(desk.database, SAM)
    desk.gets(mail())
    for _ in range(mails.GIVE_UP):
        desk.clock.forward(PAUSE_AFTER_FAULT)
        desk.gets()
    with desk.database.write() as conn:
        conn.execute(text("DELETE FROM forbidden"))
        assert mails.accept(conn, [1], "priya", desk.clock()) == [1]
    desk.gets()
    assert desk.ends([1]) == ["case"]


def test_a_mail_that_kills_the_process_is_found_out_and_takes_no_other_with_it(database: Database) -> None:
    class Killed(BaseException):
        pass

    def reached(step: str) -> None:
        if step == "intake.read" and reading_now.pop(0) == "deadly":
            raise Killed

    kept = keep(database, [mail(text="a"), mail(text="deadly"), mail(text="c")])
    clock, deaths = Clock(), 0
    for start in range(12):
        intake = Intake(database, OPEN_LIMITS, f"start {start}", clock, Said(), lambda: None, reached)
        clock.forward(mails.LEASE)
        try:
            while True:
                with database.read() as conn:  # what the next taking will read, in its order
                    rows = conn.execute(
                        select(mail_table.c.id, mail_table.c.attempts)
                        .where(mail_table.c.state == "kept", mail_table.c.look_at <= clock())
                        .order_by(mail_table.c.attempts, mail_table.c.id)
                    ).all()
                reading_now = [
                    "deadly" if row.id == kept[1] and row.attempts < mails.GIVE_UP else "harmless" for row in rows
                ]
                if not intake.work():
                    break
        except Killed:
            deaths += 1
    assert deaths == mails.GIVE_UP
    with database.read() as conn:
        assert [state for _, state, _ in mails.ends(conn, kept)] == ["case", "review", "case"]


def test_kills_while_others_are_at_fault_never_put_a_good_mail_into_review(database: Database) -> None:
    def killed(step: str) -> None:
        if step == "intake.applied":
            raise KeyboardInterrupt

    kept, clock = keep(database, [mail()]), Clock()
    for start in range(10):
        with pytest.raises(KeyboardInterrupt):
            Intake(database, RULES, f"start {start}", clock, Said(), lambda: None, killed).work()
        clock.forward(mails.LEASE)
    desk = Desk(database, clock=clock)
    desk.gets()
    assert desk.ends(kept) == ["case"]


# The database is away


def test_while_the_database_is_away_nothing_counts_against_the_mail(database: Database) -> None:
    def away(_conn: object) -> None:
        raise TryLater("away")

    desk = Desk(database)
    kept = keep(database, [mail()])
    for _ in range(mails.GIVE_UP + 2):
        event.listen(database.engine, "commit", away)
        with pytest.raises(TryLater):
            desk.gets()
        event.remove(database.engine, "commit", away)
        desk.clock.forward(mails.LEASE)
    desk.gets()
    assert desk.ends(kept) == ["case"]


def test_the_loop_outlives_a_database_that_is_away(database: Database) -> None:
    def away(_conn: object) -> None:
        if one.said.events == []:
            raise TryLater("away")

    one, wake, stop = Desk(database), threading.Event(), threading.Event()
    keep(database, [mail()])
    event.listen(database.engine, "commit", away)
    thread = threading.Thread(target=one.intake.run, args=(wake, stop, lambda: None))
    thread.start()
    one.said.wait_for("intake.later")
    one.clock.forward(mails.LEASE)
    wake.set()
    one.said.wait_for("mail.case")
    stop.set()
    wake.set()
    thread.join(5)
    assert not thread.is_alive()


# Others at work on the same database


def test_who_stood_still_while_another_took_over_writes_nothing(database: Database) -> None:
    def stand_still(step: str) -> None:
        if step == "intake.read":
            quick.gets()

    quick, said = Desk(database, owner="quick"), Said()
    quick.clock.forward(mails.LEASE)
    kept = keep(database, [mail()])
    slow = Intake(database, RULES, "slow", Clock(), said, lambda: None, stand_still)
    assert slow.work() == 1
    assert (quick.ends(kept), quick.letters()) == (["case"], {"queued": 1})
    assert said.events == []


def test_two_daemons_share_200_mails_half_of_them_copies_without_a_double(another_postgres: Open) -> None:
    desks = [Desk(another_postgres(), OPEN_LIMITS, owner) for owner in ("one", "two")]
    raws = [mail(f"<sam{number % 100}@example.org>", text=str(number % 100)) for number in range(200)]
    kept = keep(desks[0].database, raws[:100]) + keep(desks[0].database, raws[100:], door="other")
    begin = threading.Barrier(2)

    def work(desk: Desk) -> None:
        begin.wait()
        for _ in range(20):
            while desk.intake.work():
                pass
            desk.clock.forward(mails.LEASE)

    threads = [threading.Thread(target=work, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(desks[0].ends(kept)) == {"case": 100, "duplicate": 100}
    with desks[0].database.read() as conn:
        books = ledger(conn)
    assert (books.cases, dict(books.letters), books.faults) == (100, {"queued": 100}, ())


def test_two_daemons_that_add_to_one_case_at_once_write_one_whole_timeline(another_postgres: Open) -> None:
    desks = [Desk(another_postgres(), OPEN_LIMITS, owner) for owner in ("one", "two")]
    desks[0].gets(mail())
    case = desks[0].case_of(1) or ""
    kept = keep(desks[0].database, [mail(subject=case, text=str(number)) for number in range(60)])
    threads = [threading.Thread(target=desk.gets) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(desks[0].ends(kept)) == {"added"}
    with desks[0].database.read() as conn:
        assert len(timeline.of_case(conn, case)) == 61
        assert list(timeline.broken_links(conn, case)) == []
    assert [desk.said.events.count("mail.fault") for desk in desks] == [0, 0]


def test_a_dry_run_writes_nothing(database: Database) -> None:
    desk = Desk(database)
    with database.read() as conn:
        [handled], _ = desk.intake.consider(conn, [reading(mail())], NOW)
    assert handled.decision.end == "case"
    with database.read() as conn:
        assert ledger(conn).cases == 0


# Which mails may be decided together


def test_mails_of_one_mailbox_and_copies_wait_for_each_other() -> None:
    raws = [
        mail("<sam@x.example>", text="1"),
        mail("<kim@x.example>", text="2"),
        mail("<Sam+a@x.example>", text="3"),
        mail("<eve@x.example>", text="4"),
        mail("<sam@x.example>", text="3"),
        mail("<kim@x.example>", text="2"),
    ]
    readings = [reading(raw, id=number) for number, raw in enumerate(raws)]
    groups = [[one.arrival.id for one in group] for group in independent(readings)]
    assert groups == [[0, 1, 3], [2, 5], [4]]


def test_a_mail_that_lay_around_counts_from_its_true_receipt(desk: Desk) -> None:
    long_ago = NOW - timedelta(days=400)
    keep(desk.database, [mail()], long_ago)
    desk.gets()
    with desk.database.read() as conn:
        assert conn.scalar(select(cases.c.received_at)) == long_ago
        assert conn.scalar(select(letter_table.c.due_at)) == long_ago + timedelta(hours=24)
