"""Short replies of customers: tables of what is understood, and of what only looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.mail.replies import LONGEST, disagrees, survey_answer, withdraws

# What the tables of the module are made of, put together at random.
WORDS = st.sampled_from(
    (
        *("i", "we", "am", "not", "do", "withdraw", "withdrawing", "cancel", "close", "my", "the", "your", "complaint"),
        *(
            "case",
            "please",
            "if",
            "but",
            "no",
            "longer",
            "wish",
            "to",
            "pursue",
            "disagree",
            "with",
            "decision",
            "outcome",
        ),
        *(
            "happy",
            "unhappy",
            "accept",
            "escalate",
            "this",
            "a",
            "manager",
            "look",
            "hi",
            "sam",
            "still",
            "really",
            "at",
        ),
        *("all", "score:", "stars", "weeks", "10", "4", "5", "/5", ",", ".", "?", "!", "-", ">", '"', "'", "*", "\n"),
    )
)
PHRASES = st.lists(WORDS, max_size=60).map(" ".join)

WITHDRAWN = (
    "I withdraw my complaint",
    "I withdraw my complaint.",
    "I hereby withdraw my complaint.",
    "i now withdraw this complaint",
    "We withdraw our complaint.",
    "I WITHDRAW MY COMPLAINT!!",
    "*I withdraw my complaint*",
    "I am withdrawing my complaint.",
    "I'm withdrawing my complaint",
    "I\u2019m withdrawing my complaint",
    "I want to withdraw my complaint",
    "I would like to withdraw my complaint.",
    "I'd like to withdraw my complaint",
    "I wish to withdraw the complaint",
    "I have decided to withdraw my complaint.",
    "I've decided to drop my complaint",
    "I would like my complaint to be withdrawn.",
    "I want my case closed",
    "Please cancel my complaint",
    "Please close my complaint.",
    "Please close the case",
    "Kindly close my ticket",
    "Please could you close my complaint",
    "Can you please cancel my complaint?",
    "Could you close this case, please?",
    "please just close my case",
    "Please consider my complaint withdrawn.",
    "I no longer wish to pursue my complaint",
    "I no longer want to pursue this complaint.",
    "I no longer wish to pursue this matter",
    "I no longer want to complain.",
    "I do not wish to continue with my complaint",
    "I don't want to proceed with this complaint any further.",
    "I don\u2019t want to take this any further",
    "Hi Priya,\n\nI withdraw my complaint.\n\nSam",
    "Hello, please cancel my complaint, thanks",
    "Hi please close my case",
    "Thanks for your help, I withdraw my complaint",
    "Thank you very much, please close my complaint.",
    "OK, I withdraw my complaint.",
    "The parcel came today. Please close my complaint. Thank you!",
    "I withdraw my complaint as it has been sorted",
    "I withdraw my complaint because the parcel came.",
    "I withdraw my complaint CST-7K4M-92QFX",
    "I withdraw my complaint, reference CST-7K4M-92QFX.",
    "I withdraw my complaint with immediate effect.",
    "I withdraw my complaint. Let me know if you need anything.",
    "The parcel was with my neighbours all the time and I did not know that.\n\nPlease close my complaint.",
    "> Are you still waiting?\n\nNo, please close my case.",
)

NOT_WITHDRAWN = (
    "",
    "Sam",
    "I will not withdraw my complaint",
    "I won't withdraw my complaint.",
    "I do not withdraw my complaint",
    "I don't want to withdraw my complaint",
    "I am not withdrawing my complaint",
    "I never said that I withdraw my complaint",
    "I refuse to withdraw my complaint.",
    "I would never withdraw my complaint",
    "Please do not close my complaint",
    "Please don't cancel my complaint!",
    "Why did you close my complaint?",
    "Who told you to close my complaint? Please close my complaint? Never close my complaint!",
    "You closed my case.",
    "If you pay I withdraw my complaint",
    "If you pay, I withdraw my complaint.",
    "I withdraw my complaint if you pay.",
    "I withdraw my complaint once I have the money",
    "I withdraw my complaint. If you pay.",
    "I withdraw my complaint when the refund is here",
    "I withdraw my complaint unless you disagree",
    "I withdraw my complaint in exchange for 50 GBP",
    "I withdraw my complaint provided that you apologise",
    "I withdraw my complaint as soon as you answer",
    "Should you pay, I withdraw my complaint",
    "As long as you pay, please close my case",
    "I withdraw my complaint about the courier but the one about the price stands",
    "I withdraw only my complaint about the courier",
    "I would withdraw my complaint",
    "I might withdraw my complaint",
    "I may have to withdraw my complaint",
    "Can I withdraw my complaint?",
    "How do I withdraw my complaint?",
    "Do you want me to withdraw my complaint?",
    "Your agent told me to withdraw my complaint",
    "She said I withdraw my complaint",
    'You wrote "I withdraw my complaint". I did not.',
    "You wrote \u201cI withdraw my complaint\u201d",
    "You wrote '\nI withdraw my complaint\n', which is a lie",
    "> I withdraw my complaint\n\nDid I write that?",
    "> Please close my complaint",
    "My wife withdraws her complaint",
    "I withdraw my money",
    "I withdraw my offer",
    "Please cancel my order",
    "Please close my account",
    "Please cancel my complaints newsletter",
    "Please close the case study",
    "I no longer wish to be a customer",
    "I no longer wish to wait for an answer",
    "I no longer want to receive your letters",
    "I do not wish to continue with your service",
    "My complaint is that I withdraw cash every day",
    "Your letter of Monday says that in this situation\nI withdraw my complaint",
    "I disagree",
    "I withdraw my complaint." + " It is long." * 100,
)


@pytest.mark.parametrize("text", WITHDRAWN)
def test_a_complaint_is_withdrawn(text: str) -> None:
    assert withdraws(text)


@pytest.mark.parametrize("text", NOT_WITHDRAWN)
def test_a_complaint_is_not_withdrawn(text: str) -> None:
    assert not withdraws(text)


DISAGREEING = (
    "I disagree",
    "I disagree.",
    "i disagree!!",
    "*I disagree*",
    "We disagree with your decision.",
    "I strongly disagree",
    "I still disagree with this.",
    "I completely disagree with the outcome",
    "I must disagree.",
    "I respectfully disagree",
    "I do disagree",
    "Hi,\n\nI disagree with your decision.\n\nSam",
    "Thank you for your letter, but I disagree.",
    "You have not listened, so I disagree",
    "You have not listened and I disagree",
    "I don't agree",
    "I do not agree with your answer.",
    "I cannot agree with this",
    "I am not happy with the outcome",
    "I'm not happy with your answer.",
    "I\u2019m not happy with your answer",
    "I am not satisfied with the decision",
    "I am still not satisfied with your response",
    "I am not at all satisfied with your final answer.",
    "I'm really not happy with this.",
    "We are not satisfied with the proposed resolution",
    "I am unhappy with the outcome",
    "I am very unhappy with your decision.",
    "I'm dissatisfied with your reply",
    "I do not accept",
    "I do not accept.",
    "I do not accept this",
    "I don't accept your decision.",
    "I can't accept that",
    "I cannot accept the outcome",
    "I can not accept your offer",
    "I won't accept this.",
    "I will not accept your explanation",
    "I refuse to accept this decision",
    "Please escalate",
    "Please escalate.",
    "please escalate this",
    "Please escalate my complaint.",
    "Can you please escalate this?",
    "Could you escalate my complaint?",
    "I want to escalate",
    "I would like to escalate this.",
    "I'd like to escalate my complaint",
    "I want this escalated",
    "I would like my complaint to be escalated.",
    "I want a manager to look at this",
    "I want a senior manager to look at this.",
    "I'd like a manager to review my case",
    "I want to speak to a manager",
    "I would like to speak with your supervisor.",
    "I want your manager",
    "Can a manager look at this?",
    "Could a senior manager please review this",
    "> We offer you 5 GBP.\n\nI do not accept that.",
)

NOT_DISAGREEING = (
    "",
    "Sam",
    "I agree",
    "I agree.",
    "I fully agree with your decision",
    "I accept",
    "I accept your decision.",
    "I am happy with the outcome",
    "I'm very happy with your answer, thank you",
    "I am satisfied with the decision.",
    "I do not disagree",
    "I don't disagree with you.",
    "I cannot disagree",
    "I never disagree",
    "I no longer disagree",
    "I am not unhappy with the outcome",
    "I agree with most of it, so I disagree with nothing",
    "I disagree with the amount but I accept your decision",
    "I disagreed at first",
    "If I disagree, what happens?",
    "What happens if I disagree?",
    "Whether I disagree or not, it is over",
    "Should I disagree, I will write.",
    "Suppose I disagree?",
    "I disagree if you do not pay",
    "I disagree unless you pay",
    "You say that I disagree",
    "You think I disagree",
    "I never said I disagree",
    "I cannot say I disagree",
    "My wife said I disagree",
    "Do I disagree?",
    "Not that I disagree",
    "You disagree, I see.",
    "My neighbour disagrees with your decision",
    'Your form asks me to tick "I disagree"',
    "Your form has a box \u201cI disagree\u201d",
    "> I disagree\n\nThis was my son.",
    "> Please escalate",
    "Please do not escalate",
    "Please don't escalate this.",
    "There is no need to escalate",
    "How do I escalate this?",
    "Can I escalate this?",
    "You can escalate it",
    "Please escalate if nothing happens by Friday",
    "Please escalate this if nothing happens",
    "I don't want to escalate this",
    "I don't want a manager",
    "I do not want a manager to look at this",
    "I want a manager's address",
    "The manager looked at this",
    "Can a manager have a day off?",
    "I do not accept liability",
    "I do not accept cookies",
    "I am not happy with my new phone",
    "I am not happy with this phone",
    "I am happy with this",
    "I am unhappy",
    "Thank you, that settles it.",
    "I withdraw my complaint",
    "I disagree." + " It is long." * 100,
)


@pytest.mark.parametrize("text", DISAGREEING)
def test_a_customer_disagrees(text: str) -> None:
    assert disagrees(text)


@pytest.mark.parametrize("text", NOT_DISAGREEING)
def test_a_customer_does_not_disagree(text: str) -> None:
    assert not disagrees(text)


MARKS = (
    ("4", 4, ""),
    ("1", 1, ""),
    ("5.", 5, ""),
    ("5!", 5, ""),
    (" 3 ", 3, ""),
    ("\n\n2\n", 2, ""),
    ("*4*", 4, ""),
    ("４", 4, ""),
    ("4\ufe0f\u20e3", 4, ""),
    ("4 - quick and kind", 4, "quick and kind"),
    ("4 \u2013 quick and kind", 4, "quick and kind"),
    ("4- quick and kind", 4, "quick and kind"),
    ("4, quick and kind", 4, "quick and kind"),
    ("4: quick and kind", 4, "quick and kind"),
    ("4; quick and kind", 4, "quick and kind"),
    ("4! Quick and kind", 4, "Quick and kind"),
    ("4 (quick and kind)", 4, "(quick and kind)"),
    ("4\nquick and kind", 4, "quick and kind"),
    ("4\n\nquick\nand kind", 4, "quick\nand kind"),
    ("4 - quick\nand kind", 4, "quick\nand kind"),
    ("5/5", 5, ""),
    ("5/5 great", 5, "great"),
    ("5/5, great", 5, "great"),
    ("5/5.", 5, ""),
    ("3 / 5", 3, ""),
    ("3 out of 5", 3, ""),
    ("3 out of five, no more", 3, "no more"),
    ("5 stars", 5, ""),
    ("1 star: nobody called back", 1, "nobody called back"),
    ("5 star service", 5, "service"),
    ("5*", 5, ""),
    ("Score: 3", 3, ""),
    ("score 3", 3, ""),
    ("Score = 3", 3, ""),
    ("My score is 2", 2, ""),
    ("My rating: 2 - slow", 2, "slow"),
    ("Answer: 5", 5, ""),
    ("I give 4", 4, ""),
    ("I'd give it a 4", 4, ""),
    ("I would give you 4 stars", 4, ""),
    ("5 \U0001f44d", 5, "\U0001f44d"),
    ("5\U0001f44d great", 5, "\U0001f44d great"),
    ("2 - I waited 3 weeks", 2, "I waited 3 weeks"),
    ("2\n3 weeks I waited", 2, "3 weeks I waited"),
    ("4\n\n> How did we do? Answer with 1 to 5.", 4, ""),
    ("> 1\n> 2\n\n3 - fine", 3, "fine"),
    ("4 - good\nSent from my iPhone", 4, "good"),
)

NO_MARKS = (
    "",
    "Sam",
    "0",
    "6",
    "10",
    "45",
    "-4",
    "+4",
    "4.5",
    "4,5",
    "4-5",
    "4 - 5",
    "3 - 4 weeks",
    "4/10",
    "4/6",
    "5/5/2026",
    "4 out of 10",
    "3:30 was when he called",
    "3%",
    "£3",
    "3 £",
    "4th time",
    "2x",
    "3 weeks I waited",
    "3 weeks",
    "4/5 weeks too long",
    "2 people called",
    "5 out of 5 people were rude",
    "1 call and nobody answered",
    "5 items were missing",
    "1. First, nobody called",
    "1) nobody called",
    "1. First\n2. Second",
    "1: nobody called\n2: nobody wrote",
    "4\n5",
    "four",
    "IV",
    "٣",
    "Great, 5",
    "Thank you. 5",
    "Hello\n5",
    "I waited 4 weeks",
    "Order 4",
    "Score: 10",
    "Score: none",
    "Score 4.5",
    "> 4",
    "https://firm.example/4",
    "4@firm.example",
    "4 " + "and more " * 200,
    "4\n" + "and more\n" * 200,
)


@pytest.mark.parametrize(("text", "mark", "words"), MARKS)
def test_a_mark_is_read_with_its_words(text: str, mark: int, words: str) -> None:
    assert survey_answer(text) == (mark, words)


@pytest.mark.parametrize("text", NO_MARKS)
def test_what_is_not_plainly_one_mark_is_none(text: str) -> None:
    assert survey_answer(text) is None


@given(st.text() | PHRASES)
def test_no_text_raises_and_a_mark_is_never_another_number(text: str) -> None:
    assert withdraws(text) in (True, False)
    assert disagrees(text) in (True, False)
    found = survey_answer(text)
    assert found is None or 1 <= found[0] <= 5


@given(st.sampled_from([*WITHDRAWN, *DISAGREEING, *(text for text, _, _ in MARKS)]), st.text(min_size=1) | PHRASES)
def test_a_long_text_means_nothing_of_the_kind(beginning: str, more: str) -> None:
    long = f"{beginning}\n{more}".ljust(LONGEST + 1, "x")
    assert not withdraws(long)
    assert not disagrees(long)
    assert survey_answer(long) is None


@given(st.sampled_from(WITHDRAWN), st.sampled_from(["if you pay", "unless I hear from you", "once the money is here"]))
def test_no_withdrawal_with_a_condition_counts(text: str, condition: str) -> None:
    assert not withdraws(f"{text}\n{condition}")
    assert not withdraws(f"{condition}, {text}")


@given(PHRASES)
def test_what_is_quoted_is_never_the_answer(text: str) -> None:
    quoted = "\n".join(f"> {line}" for line in text.split("\n"))
    assert not withdraws(quoted)
    assert not disagrees(quoted)
    assert survey_answer(quoted) is None
