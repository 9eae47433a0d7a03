"""Which of the facts that a policy asks for are given: by words of the mail, or by a field of a form."""

from __future__ import annotations

import pytest

from mailcase.core.promises.policy import Fact
from mailcase.core.promises.stated import not_stated, still_missing, to_ask

ORDER = Fact("your order number", words=("order number", "W-####"), field="reference")
SIZE = Fact("how many you are", words=("employees",), field="employees")
STORY = Fact("what happened")
FACTS = (ORDER, STORY, SIZE)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("It broke.", (ORDER, SIZE)),
        ("My Order  Number is 7.", (SIZE,)),
        ("It is about W-1234.", (SIZE,)),
        ("It is about w-1234,\nand we have ten EMPLOYEES.", ()),
        ("It is about W-12345.", (ORDER, SIZE)),
        ("border number, employeesque", (ORDER, SIZE)),
        ("order\nnumber", (SIZE,)),
    ],
)
def test_words_of_the_mail_give_a_fact(text: str, missing: tuple[Fact, ...]) -> None:
    assert not_stated(FACTS, text) == tuple(each.ask for each in missing)


def test_a_field_that_is_filled_in_gives_it_too() -> None:
    assert not_stated(FACTS, "", fields=("employees", "phone")) == (ORDER.ask,)


def test_what_no_words_can_show_is_asked_for_and_never_called_missing() -> None:
    assert to_ask(FACTS, not_stated(FACTS, "order number")) == (STORY.ask, SIZE.ask)


def test_a_later_mail_gives_what_was_missing_and_takes_nothing_back() -> None:
    assert still_missing((ORDER.ask, SIZE.ask), FACTS, "we are 3 employees") == (ORDER.ask,)
    assert still_missing((SIZE.ask,), FACTS, "nothing of both") == (SIZE.ask,)
