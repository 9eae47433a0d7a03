"""The access token from a program, and the string that carries it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.errors import TryLater
from mailcase.transport.oauth import access_token, xoauth2


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


@pytest.mark.parametrize("printed", ["ya29.A0_b-c~d+e/f=", "ya29.A0_b-c~d+e/f=\\n", "  ya29.A0_b-c~d+e/f=\\r\\n"])
def test_the_token_is_the_line_that_the_program_prints(printed: str) -> None:
    assert access_token(python(f"print('{printed}', end='')")) == "ya29.A0_b-c~d+e/f="


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("pass", "did not print an access token"),
        ("print('SECRET one'); print('SECRET two')", "did not print an access token"),
        ("print('SECRET\\x01auth=Bearer other')", "did not print an access token"),
        ("print('SECRET' + chr(233))", "did not print an access token"),
        ("print('SECRET' * 20_000)", "did not print an access token"),
        ("import sys; print('SECRET'); print('SECRET', file=sys.stderr); sys.exit(3)", "ended with status 3"),
    ],
)
def test_anything_else_is_tried_later_and_not_repeated(program: str, words: str) -> None:
    with pytest.raises(TryLater, match=words) as raised:
        access_token(python(program))
    assert "SECRET" not in str(raised.value)


def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    late = tmp_path / "late"
    began = time.monotonic()
    with pytest.raises(TryLater, match=r"longer than 0\.5 seconds"):
        access_token(["/bin/sh", "-c", f"(sleep 2; touch {late}) & wait"], timeout=0.5)
    assert time.monotonic() - began < 2
    assert not late.exists()


def test_a_program_that_is_missing_is_said_plainly() -> None:
    with pytest.raises(TryLater, match="token_command /no/such/program cannot be started: No such file"):
        access_token(["/no/such/program"])


def test_the_sasl_string_is_as_google_and_microsoft_describe_it() -> None:
    expected = b"user=sam@example.org\x01auth=Bearer ya29.token\x01\x01"
    assert xoauth2("sam@example.org", "ya29.token") == expected


@given(
    st.text(st.characters(min_codepoint=0x21, exclude_categories=["Cs"]), min_size=1),
    st.from_regex(r"[!-~]+", fullmatch=True),
)
def test_the_sasl_string_always_has_two_fields(user: str, token: str) -> None:
    assert xoauth2(user, token).split(b"\x01") == [f"user={user}".encode(), f"auth=Bearer {token}".encode(), b"", b""]
