"""Ten thousand mails in the names of others bury nobody: guarantee A03, with how many forgeries were tried.

The relay takes everything at once, so what left is what was decided. `pytest -s` prints the counts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from builders import HOUR, PRIYA, SAM, STAFFED, TOM, US, mail
from mailcase.core.mail.forms import Form
from mailcase.core.mail.message import read
from mailcase.store.engine import Database
from rigs.crowd import Crowd
from rigs.people import People, opened, the
from rigs.world import scale

FORGED = scale(10_000)
CANARY = "zebra"  # in every field that a sender can fill, but the address
PER_HOUR, PER_DAY, PER_MINUTE = 3, 5, 300
FAILED = "mx.firm.example; dmarc=fail header.from=example.org"

# The ways to write one mailbox, so that the limits would take it for several.
SPELLINGS: tuple[Callable[[int], str], ...] = (
    lambda victim: f"victim{victim}@bücher.example",
    lambda victim: f"VICTIM{victim}@Bücher.Example",
    lambda victim: f"victim{victim}+{CANARY}@bücher.example",
    lambda victim: f'"victim{victim}"@bücher.example',
    lambda victim: f"victim{victim}@xn--bcher-kva.example",
    lambda victim: f"victim{victim}@XN--BCHER-KVA.EXAMPLE",
    lambda victim: f"victim{victim}@bu\u0308cher.example",
    lambda victim: f"victim{victim}@ｂücher.example",
    lambda victim: f"victim{victim}@bücher。example",
    lambda victim: f"victim{victim}@bücher.example.",
)


def forged(number: int, sender: str) -> bytes:
    """A complaint in somebody's name; no two are alike, and the sender's words are everywhere."""
    name, subject = f"{CANARY} Smith", f"{CANARY} {number}"
    headers = {"message_id": f"<{number}.{CANARY}@mua.example>", "thread_topic": CANARY, "organization": CANARY}
    return mail(f"{name} <{sender}>", subject, f"Buy {CANARY}s at https://{CANARY}.example/{number}", **headers)


def most_within(moments: Iterable[datetime], span: timedelta) -> int:
    """The most of these moments that lie within any such span."""
    ordered = sorted(moments)
    return max((bisect_right(ordered, at + span) - index for index, at in enumerate(ordered)), default=0)


def carries(people: People, letters: Iterable[bytes]) -> int:
    """How many letters repeat a word of a sender's, beside the address and the Message-ID that they answer."""
    found = 0
    for raw in letters:
        letter = read(raw)
        words = (letter.subject, letter.text, letter.from_name, *letter.headers.get("reply-to", ()))
        found += any(CANARY in each for each in words) or raw.count(CANARY.encode()) > allowed(raw)
    return found


def allowed(raw: bytes) -> int:
    """How often the word may stand in the headers that name the reader and the mail that is answered."""
    letter = read(raw)
    return sum(
        value.count(CANARY) for name in ("to", "in-reply-to", "references") for value in letter.headers.get(name, ())
    )


def test_nobody_gets_more_than_a_few_answers_however_their_address_is_written(database: Database) -> None:
    crowd = Crowd(database)
    victims, count = len(SPELLINGS), FORGED if database.is_sqlite else FORGED // 3
    owner = {SPELLINGS[way](victim): victim for way in range(len(SPELLINGS)) for victim in range(victims)}
    raws = [forged(n, SPELLINGS[n // victims % len(SPELLINGS)](n % victims)) for n in range(count)]
    assert len(set(raws)) == count
    crowd.flood(raws, waves=30, over=timedelta(hours=30))
    answers: dict[int, list[datetime]] = defaultdict(list)
    by_reading = {read(forged(0, spelling)).from_address: victim for spelling, victim in owner.items()}
    for at, letter in crowd.left:
        if letter.kind == "acknowledgement":
            answers[by_reading[letter.recipient]].append(at)
    assert len(answers) == victims, "everybody is answered at first"
    worst_hour = max(most_within(each, HOUR - timedelta(seconds=1)) for each in answers.values())
    worst_day = max(most_within(each, timedelta(days=1) - timedelta(seconds=1)) for each in answers.values())
    assert worst_hour <= PER_HOUR
    assert worst_day <= PER_DAY
    # With many mails those of the first hour already are so many open cases that no other one is answered.
    assert worst_hour == PER_HOUR or worst_day == PER_DAY, "never above a limit, and one was met"
    assert {each.kind for each in crowd.outside()} == {"acknowledgement"}
    assert carries(crowd, [each.raw for each in crowd.outside()]) == 0
    alerts = [at for at, each in crowd.left if each.kind == "staff-attention"]
    assert alerts, "a person is alerted"
    assert most_within(alerts, HOUR - timedelta(seconds=1)) == 1
    total = sum(map(len, answers.values()))
    print(
        f"\n{count} forged mails to {victims} people: {total} answers, {worst_hour} an hour, {worst_day} a day at most"
    )


def test_strangers_get_no_more_answers_a_minute_than_the_cap(sqlite: Database) -> None:
    crowd, count = Crowd(sqlite), scale(5_000)
    crowd.flood([forged(n, f"stranger{n}@example.org") for n in range(count)])
    answers = [(at, each) for at, each in crowd.left if each.kind == "acknowledgement"]
    assert most_within((at for at, _ in answers), timedelta(minutes=1) - timedelta(seconds=1)) == PER_MINUTE
    assert len({each.recipient for _, each in answers}) == len(answers) < count
    crowd.waits(timedelta(minutes=5))
    assert [each.recipient for each in crowd.sent if each.kind == "staff-attention"] == [TOM]
    assert carries(crowd, [each.raw for each in crowd.outside()]) == 0
    print(f"\n{count} strangers at once: {len(answers)} answers")


def test_what_the_mail_system_calls_forged_is_never_answered_and_a_person_hears_of_it(sqlite: Database) -> None:
    crowd = Crowd(sqlite)
    count = scale(1_000)
    crowd.flood(
        [
            forged(n, f"stranger{n}@example.org").replace(
                b"\r\nTo:", f"\r\nAuthentication-Results: {FAILED}\r\nTo:".encode()
            )
            for n in range(count)
        ]
    )
    crowd.waits(timedelta(days=1))
    assert crowd.outside() == []
    held = crowd.letters("held")
    assert [kind for kind, _ in held] == ["acknowledgement"] * count
    assert {reason for _, reason in held} == {"the sender is forged: mx.firm.example says dmarc=fail"}
    kinds = {each.kind for each in crowd.sent}
    assert {"staff-attention"} <= kinds <= {"staff-attention", "staff-digest", "staff-overdue", "staff-warning"}
    to_each = defaultdict(list)
    for at, each in crowd.left:
        to_each[each.recipient].append(at)
    print(f"\n{count} forged mails: 0 answers, {len(crowd.sent)} mails to staff")
    assert max(map(len, to_each.values())) <= 24 + 20 + 2, "an alert an hour, the cap on urgent mails, the digests"


def test_a_form_is_no_way_around_the_limits(sqlite: Database) -> None:
    fields = {"email": "Email", "name": "Name", "message": "Message"}
    forms = tuple(Form(f"form{n}@forms.example", "form", fields) for n in range(4))
    crowd = Crowd(sqlite, replace(STAFFED, forms=forms))
    count = scale(1_000)
    proof = "mx.firm.example; dmarc=pass header.from=forms.example"
    raws = []
    for n in range(count):
        text = f"Name: {CANARY}\nEmail: victim+{n}@example.org\nMessage: {CANARY} {n}\n"
        raws.append(mail(forms[n % 4].sender, CANARY, text, message_id=f"<{n}@form>", authentication_results=proof))
    crowd.flood(raws)
    assert [each.kind for each in crowd.outside()] == ["acknowledgement"] * PER_HOUR
    assert carries(crowd, [each.raw for each in crowd.outside()]) == 0
    print(f"\n{count} forms in one name: {PER_HOUR} answers")


def test_a_request_to_look_again_is_no_way_around_the_limits(sqlite: Database) -> None:
    """The question which case is meant is asked once; the second look begins once."""
    crowd = Crowd(sqlite)
    for number in range(2):
        told = the(crowd.customer_writes(f"Order {number} never came."), "staff-case")
        crowd.answers(told, "outcome: upheld\nredress: none\nresolve: Dear Sam,\n\nthe courier lost it.")
        crowd.waits(timedelta(hours=2))
    count = scale(1_000)
    sent = crowd.flood([forged(n, SAM).replace(b"complaints@", b"escalation@") for n in range(count)])
    assert [each.kind for each in crowd.outside(sent)] == ["which-case"]
    assert carries(crowd, [each.raw for each in crowd.outside(sent)]) == 0
    print(f"\n{count} requests to look again: 1 question")


def test_staff_are_not_buried_in_what_comes_in_their_name(sqlite: Database) -> None:
    """Also where readers differ about From, so that the mail has no sender, or another one at each."""
    crowd = Crowd(sqlite)
    told = opened(the(crowd.customer_writes("My order never came."), "staff-case"))
    froms = (
        lambda n: PRIYA,
        lambda n: f"{PRIYA} <evil{n}@evil.example>",
        lambda n: f"Okafor, =?utf-8?q?priya=40elsewhere.example?= <evil{n}@evil.example>",
        lambda n: f"{PRIYA}, evil{n}@evil.example",
    )
    count = scale(1_000)
    raws = [
        mail(froms[n % 4](n), f"{CANARY} {n}", message_id=f"<{n}@evil.example>", to=told.reply_to[0])
        for n in range(count)
    ]
    sent = crowd.flood(raws, waves=4, over=HOUR - timedelta(minutes=1))
    assert [each.kind for each in sent if each.recipient == PRIYA] == ["staff-unproven"] * PER_HOUR
    assert crowd.outside(sent) == []
    assert carries(crowd, [each.raw for each in sent]) == 0
    print(f"\n{count} mails in the name of a colleague: {PER_HOUR} words to her")


def test_a_forged_colleague_forwards_nothing(sqlite: Database) -> None:
    crowd = Crowd(sqlite)
    text = "FYI\n\n---------- Forwarded message ---------\nFrom: Kim <kim@example.net>\nSubject: Lamp\n\nIt broke.\n"
    failed = "mx.firm.example; dmarc=fail header.from=firm.example"
    count = scale(1_000)
    raws = [mail("Ann <ann@firm.example>", f"Fwd: {n}", text, authentication_results=failed) for n in range(count)]
    assert {each.kind for each in crowd.flood(raws, waves=4, over=HOUR)} <= {"staff-attention"}
    assert len(crowd.reviewed("authentication")) == count


@pytest.mark.parametrize(
    "ours", [US, f"{US.replace('@', '+x@')}", "escalation@firm.example", PRIYA, "ann@firm.example"]
)
def test_a_form_that_names_one_of_ours_waits_for_a_person(sqlite: Database, ours: str) -> None:
    """Else everybody could make us write to ourselves."""
    form = Form("form@forms.example", "form", {"email": "Email", "message": "Message"})
    crowd = Crowd(sqlite, replace(STAFFED, forms=(form,)))
    proof = "mx.firm.example; dmarc=pass header.from=forms.example"
    letters = crowd.flood([mail(form.sender, "x", f"Email: {ours}\nMessage: x\n", authentication_results=proof)])
    assert letters == []
    assert len(crowd.reviewed("authentication")) == 1


def test_a_forged_customer_who_gets_letters_by_post_makes_no_work(sqlite: Database) -> None:
    """The letter that somebody would have to print is held as one that goes by e-mail is."""
    crowd = Crowd(sqlite)
    crowd.answers(the(crowd.customer_writes("My order never came."), "staff-case"), "contact: post")
    assert "staff-post" in [each.kind for each in crowd.customer_writes("Nor did the next.", subject="Lamp")]
    count = scale(100)
    forged_mails = [mail(SAM, f"x {number}", authentication_results=FAILED) for number in range(count)]
    assert crowd.flood(forged_mails) == []
    assert [kind for kind, _ in crowd.letters("held")] == ["staff-post"] * count
