"""One line per thing that happened, whatever stands in it."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.log import make_log

SECRET = 'p"ä ss'


def lines_of(out: io.StringIO) -> list[str]:
    return out.getvalue().splitlines()


def test_a_line_reads_time_level_event_and_facts_in_the_order_given() -> None:
    out = io.StringIO()
    make_log(json=False, verbose=False, out=out)("mail.kept", mail=12, door="imap", again=False)
    (line,) = lines_of(out)
    time, _, rest = line.partition(" ")
    said_at = datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - said_at).total_seconds()) < 60
    assert rest == "info    mail.kept mail=12 door=imap again=false"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ("", '""'),
        ("a=b", '"a=b"'),
        ('say "no"', '"say \\"no\\""'),
        ("Zoë", "Zoë"),
        ("line\nline", '"line\\nline"'),
        ("\x1b[2J", '"\\u001b[2J"'),
        ("\x7f", '"\\u007f"'),
        ("a\u202eb", '"a\\u202eb"'),
        (["a", "b c"], 'a,"b c"'),
        ([], '""'),
        (None, "None"),
        (1.5, "1.5"),
        (ValueError("no"), "no"),
    ],
)
def test_a_value_stays_on_its_line_and_is_quoted_where_it_could_mislead(value: object, shown: str) -> None:
    out = io.StringIO()
    make_log(json=False, verbose=False, out=out)("it", value=value)
    assert lines_of(out)[0].endswith(f" it value={shown}")


@given(st.text())
def test_any_value_makes_one_printable_line(value: str) -> None:
    out = io.StringIO()
    make_log(json=False, verbose=False, out=out)("it", value=value)
    assert out.getvalue().endswith("\n")
    assert out.getvalue()[:-1].isprintable()


@given(st.dictionaries(st.sampled_from(["mail", "door", "reason"]), st.text() | st.integers() | st.none()))
def test_json_gives_every_fact_back(facts: dict[str, object]) -> None:
    out = io.StringIO()
    make_log(json=True, verbose=False, out=out)("it", level="warning", **facts)
    (line,) = lines_of(out)
    shown = json.loads(line)
    assert datetime.fromisoformat(shown.pop("time")).tzinfo == UTC
    assert shown == {"level": "warning", "event": "it", **facts}


@pytest.mark.parametrize("verbose", [False, True])
def test_debug_is_said_only_on_request(verbose: bool) -> None:
    out = io.StringIO()
    make_log(json=False, verbose=verbose, out=out)("detail", level="debug")
    assert bool(out.getvalue()) is verbose


@pytest.mark.parametrize("json_lines", [False, True])
@pytest.mark.parametrize("fact", [SECRET, f"login {SECRET} failed", [SECRET], ValueError(f"no: {SECRET}")])
def test_a_secret_never_stands_in_a_line(json_lines: bool, fact: object) -> None:
    out = io.StringIO()
    make_log(json=json_lines, verbose=True, out=out, secrets=["", "ä", SECRET])("it", fact=fact)
    shown = out.getvalue().partition("it")[2]
    assert "***" in shown
    assert not any(piece in shown for piece in ("ä", "u00e4", " ss"))


def test_an_output_that_knows_only_ascii_gets_escapes() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    make_log(json=False, verbose=False, out=out)("it", name="Zoë")
    assert raw.getvalue().endswith(b"name=Zo\\xeb\n")


def test_an_output_that_is_closed_stops_nobody() -> None:
    out = io.StringIO()
    log = make_log(json=False, verbose=False, out=out)
    out.close()
    log("it")


def test_threads_do_not_mix_their_lines() -> None:
    out = io.StringIO()
    log = make_log(json=False, verbose=False, out=out)

    def say_fifty() -> None:
        for _ in range(50):
            log("it", text="x" * 200)

    threads = [threading.Thread(target=say_fifty) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {line.partition(" ")[2] for line in lines_of(out)} == {"info    it text=" + "x" * 200}
    assert len(lines_of(out)) == 200
