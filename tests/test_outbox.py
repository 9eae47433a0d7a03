"""The loop that lets letters leave: each once, whatever the relay, the database or another daemon does meanwhile."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text

from builders import MINUTE, NOW, SAM, US, Clock, Open, Said, letter, opened, write
from mailcase.core.changes import AddEntry
from mailcase.core.deadlines.delivery import DOUBT_PAUSE, pause
from mailcase.errors import InDoubt, NeverWorks, TryLater, Unreachable
from mailcase.failpoints import Reached, nowhere
from mailcase.outbox import RENEW_EVERY, UNMARKED, Outbox
from mailcase.store import timeline
from mailcase.store.engine import AnyRow, Database
from mailcase.store.letters import LEASE
from mailcase.store.tables import cases, letters, message_ids
from mailcase.transport.sender import Connection, RelayAddress
from rigs.relay import CUT, Relay

SECOND = timedelta(seconds=1)


class Wires:
    """The other end, as a test scripts it: what to raise, and when to answer."""

    def __init__(self) -> None:
        self.sent: list[str] = []  # recipients that were given to us, in order
        self.faults: dict[str, list[Exception]] = {}  # of each recipient, the next ones first
        self.down: Exception | None = None
        self.answers = threading.Event()
        self.answers.set()
        self._changed = threading.Condition()

    def __call__(self) -> Wires:
        return self

    def send(self, mail_from: str, rcpt_to: str, data: bytes) -> str:
        with self._changed:
            self.sent.append(rcpt_to)
            self._changed.notify_all()
        self.answers.wait(20)
        if self.down:
            raise self.down
        if faults := self.faults.get(rcpt_to):
            raise faults.pop(0)
        return "250 2.0.0 Ok: queued"

    def close(self) -> None:
        pass

    def wait_for(self, count: int) -> None:
        """Return as soon as so many letters were given to us."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.sent) >= count, 10), self.sent


@dataclass
class Post:
    """An outbox that runs in a thread, with a relay, a clock and a log that the test holds."""

    database: Database
    wires: Callable[[], Any] = field(default_factory=Wires)
    owner: str = "us"
    clock: Clock = field(default_factory=Clock)
    said: Said = field(default_factory=Said)
    max_per_minute: int = 0
    reached: Reached = nowhere
    stop: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    turns: threading.Condition = field(default_factory=threading.Condition)

    def begin(self) -> Post:
        who = (self.owner, self.clock, self.said)
        outbox = Outbox(self.database, self.wires, *who, self.max_per_minute, self.reached)
        self.count = 0
        self.thread = threading.Thread(target=outbox.run, args=(self.wake, self.stop, self._turned))
        self.thread.start()
        return self

    def _turned(self) -> None:
        with self.turns:
            self.count += 1
            self.turns.notify_all()

    def later(self, by: timedelta = timedelta(0)) -> None:
        """Let time pass, and the loop look once more from beginning to end."""
        self.clock.forward(by)
        with self.turns:
            goal = self.count + 2
        for _ in range(2):
            self.wake.set()
            with self.turns:
                before = self.count
                self.turns.wait_for(lambda: self.count > before or self.count >= goal, 2)  # noqa: B023

    def end(self) -> None:
        """Stop, and wait until it has."""
        self.stop.set()
        self.wake.set()
        self.thread.join(15)
        assert not self.thread.is_alive()

    def row(self, number: int = 1) -> AnyRow:
        with self.database.read() as conn:
            return conn.execute(select(letters).where(letters.c.id == letter(number).id)).one()

    def states(self) -> Counter[str]:
        with self.database.read() as conn:
            return Counter(conn.scalars(select(letters.c.state)))


def to(number: int) -> str:
    return f"sam{number}@example.org"


def queue(database: Database, *numbers: int, **facts: Any) -> None:
    write(database, *(letter(number, recipient=to(number), **facts) for number in numbers))


@pytest.fixture
def wires() -> Iterator[Wires]:
    wires = Wires()
    yield wires
    wires.answers.set()


@pytest.fixture
def post(database: Database, wires: Wires) -> Iterator[Post]:
    post = Post(database, wires)
    yield post
    if hasattr(post, "thread"):
        post.end()


def test_each_letter_leaves_once_and_is_marked_with_the_relays_answer(post: Post, wires: Wires) -> None:
    queue(post.database, *range(100))
    post.begin()
    post.said.wait_for("letter.sent", 100)
    post.later(timedelta(hours=1))
    assert Counter(wires.sent) == {to(number): 1 for number in range(100)}
    assert post.states() == {"sent": 100}
    assert (post.row().reply, post.row().tries) == ("250 2.0.0 Ok: queued", 1)


def test_a_letter_left_when_the_relay_took_it_also_when_the_database_hears_of_it_a_day_later(post: Post) -> None:
    def a_day_later(step: str) -> None:
        if step == "outbox.accepted":
            post.clock.forward(timedelta(days=1))

    post.reached = a_day_later
    queue(post.database, 1)
    post.begin()
    post.said.wait_for("letter.sent")
    assert (post.row().sent_at, post.clock()) == (NOW, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("fault", "state", "tries", "after"),
    [
        (TryLater("450 busy"), "queued", 1, pause(1)),
        (InDoubt("no answer"), "in-doubt", 1, DOUBT_PAUSE),
        (Unreachable("nobody there"), "queued", 0, pause(1)),
        (NeverWorks("550 no such user"), "failed", 1, None),
        (ValueError("a\0fault \udcff of ours"), "queued", 1, pause(1)),
        (ConnectionResetError(), "queued", 1, pause(1)),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, Exception) else "",
)
def test_what_follows_from_a_fault_and_when_it_is_tried_again(
    post: Post, wires: Wires, fault: Exception, state: str, tries: int, after: timedelta | None
) -> None:
    write(post.database, replace(opened("A"), customer=to(1)))
    queue(post.database, 1, case="A")
    wires.faults[to(1)] = [fault]
    post.begin()
    post.said.wait_for(f"letter.{state}")
    assert (post.row().state, post.row().tries) == (state, tries)
    if after is None:
        post.later(timedelta(days=9))
        with post.database.read() as conn:
            assert conn.scalar(select(cases.c.undeliverable_at)) is not None
            assert [row.kind for row in timeline.of_case(conn, "A")] == ["failed"]
        assert len(wires.sent) == 1
        return
    post.later(after - SECOND)
    assert len(wires.sent) == 1
    post.later(SECOND)
    post.said.wait_for("letter.sent")
    assert post.row().tries == tries + 1


def test_pauses_grow_with_each_try_of_one_letter(post: Post, wires: Wires) -> None:
    queue(post.database, 1)
    wires.faults[to(1)] = [TryLater("450 busy")] * 5
    post.begin()
    for tries in range(1, 6):
        post.said.wait_for("letter.queued", tries)
        post.later(pause(tries) - SECOND)
        assert len(wires.sent) == tries
        post.later(SECOND)
    post.said.wait_for("letter.sent")


def test_while_nobody_is_there_all_letters_wait_together_and_no_try_counts(post: Post, wires: Wires) -> None:
    wires.down = Unreachable("connection refused")
    queue(post.database, *range(200))
    post.begin()
    asked = 0
    for failures in range(1, 5):
        post.said.wait_for("relay.unreachable", failures)
        post.later()
        assert len(wires.sent) - asked < 100
        asked = len(wires.sent)
        post.later(pause(failures) - SECOND)
        assert len(wires.sent) == asked
        post.later(SECOND)
    post.said.wait_for("relay.unreachable", 5)
    wires.down = None
    post.later(pause(5))
    post.said.wait_for("letter.sent", 200)
    with post.database.read() as conn:
        assert set(conn.scalars(select(letters.c.tries))) == {1}


def test_after_a_success_the_pause_is_short_again(post: Post, wires: Wires) -> None:
    queue(post.database, 1, 2)
    wires.down = Unreachable("gone")
    post.begin()
    for failures in range(1, 4):
        post.said.wait_for("letter.queued", 2 * failures)
        if failures == 3:
            wires.down = None
        post.later(pause(failures) + SECOND)
    post.said.wait_for("letter.sent", 2)
    wires.down = Unreachable("gone again")
    queue(post.database, 3)
    post.later()
    post.said.wait_for("relay.unreachable", 4)
    again_at = post.said.lines[post.said.events.index("letter.sent") + 1 :]
    [facts] = [facts for event, facts in again_at if event == "relay.unreachable"]
    assert facts["again_at"] == post.clock() + pause(1)


def test_a_letter_that_never_works_holds_up_no_other(post: Post, wires: Wires) -> None:
    queue(post.database, 1, 2, 3)
    wires.faults[to(1)] = [NeverWorks("550 no such user")]
    post.begin()
    post.said.wait_for("letter.sent", 2)
    post.said.wait_for("letter.failed")


def test_a_relay_that_stalls_on_one_letter_does_not_hold_up_the_rest(database: Database) -> None:
    stall = threading.Event()

    class Stalling(Wires):
        def send(self, mail_from: str, rcpt_to: str, data: bytes) -> str:
            if rcpt_to == to(1):
                stall.wait(20)
            return super().send(mail_from, rcpt_to, data)

    queue(database, *range(1, 20))
    post = Post(database, Stalling()).begin()
    post.said.wait_for("letter.sent", 18)
    assert post.states() == {"sent": 18, "sending": 1}
    for _ in range(6):  # the relay may take ten minutes (RFC 5321 4.5.3.2.6): the letter stays ours meanwhile
        post.later(RENEW_EVERY)
    assert post.row(1).lease_until == post.clock() + LEASE
    stall.set()
    post.said.wait_for("letter.sent", 19)
    post.end()


def test_no_more_leave_in_a_minute_than_the_relay_allows(post: Post, wires: Wires) -> None:
    post.max_per_minute = 10
    queue(post.database, *range(25))
    post.begin()
    for minute in range(1, 3):
        post.said.wait_for("letter.sent", 10 * minute)
        post.later(MINUTE - SECOND)
        assert len(wires.sent) == 10 * minute
        post.later(SECOND)
    post.said.wait_for("letter.sent", 25)


# Stopping


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop that does not wait long."""
    monkeypatch.setattr("mailcase.outbox.FINISH_WITHIN_S", 0.3)


def test_a_stop_waits_for_the_letters_in_flight_and_hands_the_others_back(post: Post, wires: Wires) -> None:
    wires.answers.clear()
    queue(post.database, *range(20))
    post.begin()
    wires.wait_for(2)
    post.stop.set()
    post.wake.set()
    post.said.wait_for("letter.queued", 18)
    wires.answers.set()
    post.end()
    assert len(wires.sent) == 2
    assert post.states() == {"sent": 2, "queued": 18}
    with post.database.read() as conn:
        assert set(conn.scalars(select(letters.c.tries).where(letters.c.state == "queued"))) == {0}


@pytest.mark.usefixtures("hurried")
def test_a_stop_does_not_wait_for_ever_and_the_letter_is_taken_over(another: Open, wires: Wires) -> None:
    wires.answers.clear()
    first = Post(another(), wires)
    queue(first.database, 1)
    first.begin()
    wires.wait_for(1)
    first.end()
    assert first.states() == {"sending": 1}
    wires.answers.set()
    second = Post(another(), wires, "next", first.clock).begin()
    second.later(LEASE)
    second.said.wait_for("letter.sent")
    second.end()


# The database fails while the relay answers


def test_when_marking_fails_the_letter_is_neither_lost_nor_sent_again(post: Post, wires: Wires) -> None:
    def away(_conn: object) -> None:
        if wires.sent and post.said.events.count("outbox.later") < 3:
            raise TryLater("the database is away")

    event.listen(post.database.engine, "commit", away)
    queue(post.database, 1)
    post.begin()
    for times in range(1, 4):
        post.said.wait_for("outbox.later", times)
        post.later(SECOND)
    post.said.wait_for("letter.sent")
    assert (len(wires.sent), post.states()) == (1, {"sent": 1})


@pytest.mark.usefixtures("hurried")
def test_who_could_not_renew_begins_no_letter_that_may_be_anothers(post: Post, wires: Wires) -> None:
    def away(_conn: object) -> None:
        if wires.sent:
            raise TryLater("the database is away")

    event.listen(post.database.engine, "commit", away)
    wires.answers.clear()
    queue(post.database, *range(10))
    post.begin()
    wires.wait_for(2)
    post.clock.forward(LEASE)
    wires.answers.set()
    post.end()
    assert len(wires.sent) == 2


def _refuse_to_mark(database: Database, one: str) -> None:
    """Make the database refuse one letter's marking: a stand-in for a fault that we do not know of yet."""
    with database.write() as conn:
        if database.is_sqlite:
            conn.exec_driver_sql(
                f"CREATE TRIGGER refuse BEFORE UPDATE ON letters WHEN NEW.state = 'sent' AND NEW.id = '{one}'"
                " BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )
            return
        conn.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.state = 'sent' AND NEW.id = '{one}' THEN RAISE check_violation; END IF; RETURN NEW; END $$"
        )
        conn.exec_driver_sql("CREATE TRIGGER refuse BEFORE UPDATE ON letters FOR EACH ROW EXECUTE FUNCTION refuse()")


@pytest.mark.usefixtures("hurried")
def test_an_answer_that_cannot_be_written_stops_no_other_and_brings_no_second_copy(post: Post, wires: Wires) -> None:
    _refuse_to_mark(post.database, letter(3).id)
    queue(post.database, *range(1, 7))
    post.begin()
    post.said.wait_for("letter.sent", 5)
    post.said.wait_for("letter.not_marked")
    queue(post.database, 7)
    for _ in range(8):
        post.later(RENEW_EVERY)
    post.said.wait_for("letter.sent", 6)
    assert Counter(wires.sent) == {to(number): 1 for number in range(1, 8)}


def test_while_another_writes_on_the_same_timeline_only_two_letters_are_unmarked(
    another_postgres: Open, wires: Wires
) -> None:
    post, other = Post(another_postgres(), wires), another_postgres()
    write(other, opened("A"))
    queue(other, *range(20), case="A")
    with other.write() as conn:
        timeline.append(conn, [AddEntry("A", "note", "mailcase", "in the way")], NOW)
        post.begin()
        wires.wait_for(UNMARKED)
        assert len(wires.sent) == UNMARKED
    post.said.wait_for("letter.sent", 20)
    post.end()
    assert "outbox.fault" not in post.said.events
    with other.read() as conn:
        assert len(timeline.of_case(conn, "A")) == 21
        assert list(timeline.broken_links(conn, "A")) == []


def test_two_daemons_send_200_letters_without_a_double(another_postgres: Open, wires: Wires) -> None:
    posts = [Post(another_postgres(), wires, owner) for owner in ("one", "two")]
    write(posts[0].database, opened("A"))
    queue(posts[0].database, *range(200), case="A")
    for post in posts:
        post.begin()
    wires.wait_for(200)
    for post in posts:
        post.end()
    assert Counter(wires.sent) == {to(number): 1 for number in range(200)}
    assert posts[0].states() == {"sent": 200}
    with posts[0].database.read() as conn:
        assert list(timeline.broken_links(conn, "A")) == []


# With a real relay


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as relay:
        yield relay


@pytest.fixture
def wired(database: Database, relay: Relay) -> Iterator[Post]:
    address = RelayAddress(relay.host, relay.port, "none", None, None, None, None)
    post = Post(database, lambda: Connection(address, "mailcase.test"))
    yield post
    if hasattr(post, "thread"):
        post.end()


def test_a_real_relay_gets_the_finished_bytes_over_two_connections(wired: Post, relay: Relay) -> None:
    queue(wired.database, *range(40))
    wired.begin()
    wired.said.wait_for("letter.sent", 40)
    assert {one.data for one in relay.letters} == {letter().raw}
    assert {one.mail_from for one in relay.letters} == {US}
    assert sorted(one.rcpt_to[0] for one in relay.letters) == sorted(to(number) for number in range(40))
    assert relay.connections <= 2


def test_what_a_real_relay_answers_is_what_follows(wired: Post, relay: Relay) -> None:
    relay.answers("RCPT", "450 4.2.0 Greylisted", times=1, matching=to(1))
    relay.answers("RCPT", "550 5.1.1 No such user", times=1, matching=to(2))
    relay.answers("DOT", CUT, times=1, matching=to(3))
    relay.answers("DOT", "250 2.0.0 OK <replaced@relay.example>", times=1, matching=to(4))
    queue(wired.database, 1, 2, 3, 4)
    wired.begin()
    for state in ("queued", "failed", "in-doubt", "sent"):
        wired.said.wait_for(f"letter.{state}")
    assert [wired.row(number).state for number in (1, 2, 3, 4)] == ["queued", "failed", "in-doubt", "sent"]
    with wired.database.read() as conn:
        alias = select(message_ids.c.letter).where(message_ids.c.message_id == "<replaced@relay.example>")
        assert conn.scalar(alias) == letter(4).id
    wired.later(DOUBT_PAUSE)
    wired.said.wait_for("letter.sent", 3)
    assert Counter(one.rcpt_to[0] for one in relay.letters) == {to(1): 1, to(3): 1}


def test_a_real_relay_that_was_down_gets_everything_when_it_is_back(wired: Post, relay: Relay) -> None:
    relay.stop()
    queue(wired.database, *range(30))
    wired.begin()
    wired.said.wait_for("letter.queued", 30)  # each of them is back before time goes on
    wired.later(pause(1))
    wired.said.wait_for("letter.queued", 60)
    relay.start()
    wired.later(pause(2))
    wired.said.wait_for("letter.sent", 30)
    assert len(relay.wait_for(30)) == 30


def test_nothing_is_sent_to_an_address_that_would_break_the_dialogue(wired: Post, relay: Relay) -> None:
    write(wired.database, letter(1, recipient=f"{SAM}>\r\nRCPT TO:<eve@example.net"))
    wired.begin()
    wired.said.wait_for("letter.failed")
    assert relay.letters == []
    with wired.database.read() as conn:
        assert conn.scalar(text("SELECT state FROM letters")) == "failed"
