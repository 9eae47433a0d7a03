"""Who wrote a letter: their name stands below it once, though their program's signature was cut off."""

from __future__ import annotations

import pytest

from mailcase.core.desk.letters import signed

NAME = "Priya Nair"


@pytest.mark.parametrize(
    "words",
    [
        "Dear Sam, we look.",
        "Dear Sam,\n\nwe look.\n\nKind regards,",
        "My name is Priya Nair, and I look after your complaint.",
        "Priya Nair\n\n1\n\n2\n\n3",
        "Thanks.\n\nP.",
        "Best,\n–",
    ],
)
def test_the_name_is_put_below_words_that_do_not_end_with_it(words: str) -> None:
    assert signed(words, NAME) == f"{words}\n\nPriya Nair"


@pytest.mark.parametrize(
    "end",
    [
        *("Priya Nair", "PRIYA NAIR", "Best, Priya", "Kind regards\nPriya.", "Ms Nair", "Nair, Priya"),
        *("Priya Nair, complaints team", "Priya Nair\nComplaints\n+44 1 23"),
    ],
)
def test_words_that_end_with_the_name_stay_as_they_are(end: str) -> None:
    words = f"Dear Sam, we look.\n\n{end}"
    assert signed(words, NAME) == words
