"""The grammar of staff mails: each rule and each argument as a line of a table, and what must hold for any text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.days.durations import Duration
from mailcase.core.days.past_day import past_day
from mailcase.core.ids import reference
from mailcase.core.record import Person
from mailcase.core.staff.arguments import Setting
from mailcase.core.staff.command_lines import names_keyword
from mailcase.core.staff.command_values import Accept, Check, Extend, Log, New, Redress, Said
from mailcase.core.staff.commands import CHOICES, EXAMPLE, KEYWORDS, RULES, find, help_text, nearest, page
from mailcase.core.staff.grammar import MOST_FAULTS, parse

TODAY = date(2026, 11, 23)  # a Monday
SETTING = Setting(TODAY, "CST")
OTHER = reference(b"k" * 32, "CST", b"another")
DOCS = Path(__file__).parents[2] / "docs"
NAMES = sorted({keyword.name for keyword in KEYWORDS.values()})
LETTERS = ("reply", "ask", "resolve")


def said(text: str, below: str = "", wraps: bool = False) -> Said:
    """What a text says."""
    return parse(text, SETTING, below, wraps)


def values(text: str) -> list[tuple[str, object]]:
    """Its commands; there is no fault."""
    found = said(text)
    assert found.faults == ()
    return [(command.keyword, command.value) for command in found.commands]


def fault(text: str, below: str = "", wraps: bool = False) -> str:
    """Its one fault; nothing is to be done."""
    found = said(text, below, wraps)
    assert (found.commands, found.letter, found.note) == ((), None, "")
    assert len(found.faults) == 1, found.faults
    return str(found.faults[0])


# Arguments


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("status: investigating", "investigating"),
        ("handler: priya", "priya"),
        ("handler: Priya O\u2019Nair", "Priya O\u2019Nair"),
        ("handler: priya@Firm.example", "priya@firm.example"),
        ("handler: priya@firm.example<mailto:priya@firm.example>", "priya@firm.example"),
        ("category: late   delivery", "late delivery"),
        ("kind: access request", "access-request"),
        ("track: complex", "complex"),
        ("step: approved", "approved"),
        ("check: fault: yes: does not start", Check("fault", True, "does not start")),
        ("check: told at purchase: No", Check("told at purchase", False, "")),
        ("note: depot: has the CCTV", "depot: has the CCTV"),
        ("log: phone: rang at 10:30", Log("phone", "rang at 10:30")),
        ("log: email: sent the form", Log("e-mail", "sent the form")),
        ("log: Posted", Log("posted", "")),
        ("log: posted: by recorded delivery", Log("posted", "by recorded delivery")),
        ("extend: 5 Working Days: waiting: see above", Extend(Duration(5, "business days"), "waiting: see above")),
        ("extend: 5\u00a0business days: waiting", Extend(Duration(5, "business days"), "waiting")),
        ("outcome: upheld", "upheld"),
        ("outcome: Partly-Upheld", "partly upheld"),
        ("outcome: \u201cnot upheld\u201d", "not upheld"),
        ("redress: refund 20.00 GBP", Redress("refund", Decimal("20.00"), "GBP")),
        ("redress: Compensation 20 eur", Redress("compensation", Decimal("20"), "EUR")),
        ("redress: none", Redress("none")),
        ("cause: courier", "courier"),
        ("person: add ada@x.example: carer: letter of 3 May", Person("ada@x.example", "carer", "letter of 3 May")),
        ("format: large print", "large print"),
        ("format: bsl", "BSL"),
        ("contact: e-mail", "email"),
        ("conflict: Tom Reed", "Tom Reed"),
        (f"same: {OTHER}", OTHER),
        (f"same: {OTHER.lower().replace('-', '')}", OTHER),
        (f"same: {OTHER.replace('-', chr(0x2013))}", OTHER),
        ("escalate", None),
        ("Re-open", None),
        ("close:", None),
        ("thanks", None),
        ("files: 2,3", (2, 3)),
        ("files: 2, 3 and 10; 2", (2, 3, 10)),
        ("accept", None),
        ("accept: sam@x.example: received 3 May", Accept("sam@x.example", date(2026, 5, 3))),
        ("new: web: sam@x.example: received 3 May: a: b", New("web", "sam@x.example", "", date(2026, 5, 3), "a: b")),
        ("new: post: Sam Obi: received today: no", New("post", "", "Sam Obi", TODAY, "no")),
    ],
)
def test_an_argument_is_read(line: str, value: object) -> None:
    assert values(line) == [(find_name(line), value)]


def find_name(line: str) -> str:
    """The name of the keyword that the line begins with."""
    keyword = find(line.partition(":")[0])
    assert keyword is not None
    return keyword.name


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("status: investigate", "did you mean investigating?"),
        ("status:", "like this: status: investigating"),
        ("status", "like this: status: investigating"),
        ("handler: priya@firm", "is no address"),
        ("handler: 42", "the name or the address"),
        ("category: a, b", "one name"),
        ("kind: return", "write complaint"),
        ("check: fault", "write yes or no"),
        ("check: fault: perhaps", "write yes or no"),
        ("note:", "like this: note:"),
        ("note: …", "nothing is written behind it"),
        ("log: phone", "phone: what was said"),
        ("log: pigeon: coo", "write phone"),
        ("extend: 5 business days", "the reason, which the customer reads"),
        ("extend: five days: waiting", "is not a length of time"),
        ("extend: waiting: 5 days", "is not a length of time"),
        ("outcome: uphold", "did you mean upheld?"),
        ("redress: refund", "refund 20.00 GBP"),
        ("redress: refund 20,00 EUR", "refund 20.00 GBP"),
        ("redress: refund \u00a320", "refund 20.00 GBP"),
        ("redress: refund 20.00 GPB", "GPB is no currency"),
        ("redress: refund 0.00 GBP", "write none"),
        ("redress: apology 5.00 GBP", "write apology alone"),
        ("redress: 20.00 GBP", "write none"),
        ("person: ada@x.example: carer: letter", "add ADDRESS: role: authority"),
        ("person: add ada@x.example: carer", "add ADDRESS: role: authority"),
        ("person: add Ada <ada@x.example>: carer: letter", "write it bare"),
        ("person: add ada@x.example, eve@x.example: carer: letter", "write it bare"),
        ("format: loud", "write standard"),
        ("contact: pigeon", "write email, post or phone"),
        (f"same: {OTHER[:-1]}{'0' if OTHER[-1] != '0' else '2'}", "is no reference"),
        (f"same: {OTHER} {OTHER}", "is no reference"),
        (f"same: {OTHER} and the old one", "is no reference"),
        ("escalate: now", "write escalate alone"),
        ("files: all", "like this: 2,3"),
        ("files: 0", "like this: 2,3"),
        ("files: 2-4", "like this: 2,3"),
        ("accept: sam@x.example", "accept alone"),
        ("new: sam@x.example: received 3 May: late", "phone: sam@example.org"),
        ("new: fax: sam@x.example: received 3 May: late", "write phone, post or web"),
        ("new: phone: sam@x: received 3 May: late", "is no address"),
        ("new: phone: 020 7946: received 3 May: late", "the address of the customer"),
        ("new: phone: sam@x.example: 3 May: late", "received 3 May"),
        ("new: phone: sam@x.example: received 24 November 2026: late", "has not been yet"),
        ("new: phone: sam@x.example: received 3 May:", "phone: sam@example.org"),
        ("reply:", "reply: Dear Sam"),
        ("resolve: …", "resolve: Dear Sam"),
        ("resolve", "a letter begins with a colon"),
    ],
)
def test_a_wrong_argument_is_told_with_what_would_be_right(line: str, right: str) -> None:
    assert right in fault(line)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3 May", date(2026, 5, 3)),
        ("3rd of may", date(2026, 5, 3)),
        ("on the 3rd of May", date(2026, 5, 3)),
        ("May 3rd", date(2026, 5, 3)),
        ("Sun, 3 May", date(2026, 5, 3)),
        ("3 Sept 2025", date(2025, 9, 3)),
        ("2026-05-03", date(2026, 5, 3)),
        ("23 November", TODAY),
        ("24 November", date(2025, 11, 24)),
        ("31 December", date(2025, 12, 31)),
        ("29 February", date(2024, 2, 29)),
        ("today", TODAY),
        ("Yesterday", date(2026, 11, 22)),
    ],
)
def test_a_day_without_a_year_is_the_last_one_that_has_been(text: str, day: date) -> None:
    assert past_day(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("3/5", "is no day"),
        ("03/05/2026", "is no day"),
        ("3 May 26", "is no day"),
        ("tomorrow", "is no day"),
        ("Monday", "is no day"),
        ("3 Ju", "is no day"),
        ("3 Mai", "is none of"),
        ("3 ma", "is no day"),
        ("31 April", "no day of the calendar"),
        ("29 February 2026", "no day of the calendar"),
        ("2026-13-01", "no day of the calendar"),
        ("24 November 2026", "has not been yet"),
        ("3 May 2062", "has not been yet"),
        ("3 May 2015", "more than 10 years ago"),
        ("3 May 0000", "no day of the calendar"),
        ("Monday 3 May 2026", "was a Sunday"),
    ],
)
def test_a_day_that_cannot_be_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        past_day(text, TODAY)


# Lines


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Status: waiting",
            "STATUS: waiting",
            "status : waiting",
            "status:waiting",
            " status: waiting",
            "status\uff1a waiting",
        ),
        *("status\u00a0: waiting", "\u00a0status:\u00a0waiting", "sta\u200btus: waiting", "\ufeffstatus: waiting"),
        *("*status:* waiting", "*status*: waiting", "**status:** waiting", "*status: waiting*", "_status:_ waiting"),
        *(
            "- status: waiting",
            "* status: waiting",
            "  * status: waiting",
            "\u2022\tstatus: waiting",
            "1. status: waiting",
        ),
        *("status: \u201cwaiting\u201d", "status: 'waiting'", "\n\n status: waiting\n\n"),
    ],
)
def test_what_programs_do_to_a_keyword_makes_no_difference(line: str) -> None:
    assert values(line) == [("status", "waiting")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "extend: 5 days: waiting\n  for the depot\n\tand Tom",
            [("extend", Extend(Duration(5, "days"), "waiting for the depot and Tom"))],
        ),
        ("note: one\ntwo\n\n  three\nstatus: waiting", [("note", "one\ntwo\n\nthree"), ("status", "waiting")]),
        ("note: one\nnote: two", [("note", "one"), ("note", "two")]),
        ("note: one\n\\close: not yet\n\\close", [("note", "one\nclose: not yet\nclose")]),
        ("category: billing\n\nescalate", [("category", "billing"), ("escalate", None)]),
        ("category: billing\n\nThanks\nPriya Nair\nExample Ltd", [("category", "billing")]),
        ("category: billing\n\nKind regards,\n\nPriya", [("category", "billing")]),
        ("category: billing\nend\nConfidential.", [("category", "billing")]),
        (
            "new: web: a@b.example: received today: one\n\ntwo",
            [("new", New("web", "a@b.example", "", TODAY, "one\n\ntwo"))],
        ),
    ],
)
def test_lines_belong_together_as_the_contract_says(text: str, expected: list[tuple[str, object]]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "right"),
    [
        ("resovle: Dear Sam", 1, "did you mean resolve:?"),
        ("status: waiting\ncatgory: billing", 2, "did you mean category:?"),
        ("status: waiting\nxyzzy: 5", 2, "there are status, handler"),
        ("note: one\nDriver: Tom", 2, "Driver is no keyword"),
        ("status: waiting\nfor the depot", 2, "it is no command"),
        ("close\nnot yet", 2, "it is no command"),
        ("thanks\nPriya", 2, "it is no command"),
        ("status: waiting\n\n  for the depot", 3, "it is no command"),
        ("status: waiting\nstatus: new", 2, "stands here twice"),
        ("category: billing\n  status: waiting", 2, "it is indented"),
        ("category: billing\n  close", 2, "it is indented"),
        ("note: he wants us to\nclose", 2, "it may be a command"),
        ("category: billing\nthanks", 2, "it may be a command"),
        ("category: billing\n\nthanks\nstatus: waiting", 4, "below the end of your mail"),
        ("category: billing\n> close\nescalate", 2, "quoted text"),
        ("category: billing\nend\nescalate:", 3, "below the end of your mail"),
        ("Hello,\n\nresolve: Dear Sam", 3, "commands come first"),
        ("Hello,\n- *Resolve*: Dear Sam", 2, "commands come first"),
        ("reply: one\nask: two", 2, "write it above the letter"),
        ("reply: one\n\n  * **Status:** two", 3, "put a \\ before it"),
        ("reply: note: one", 1, "it stands in the letter"),
        ("reply: one\n> two\nthree", 3, "below quoted text"),
        ("reply: one\nend\nclose: two", 3, "below the end of your mail"),
        ("reply: one\n\nPriya\n\nclose", 5, "it stands in the letter"),
        ("reply: one\nend\nClose", 3, "below the end of your mail"),
        ("category: billing\n\nThanks\n\nclose", 5, "below the end of your mail"),
    ],
)
def test_a_fault_names_its_line_and_what_would_be_right(text: str, line: int, right: str) -> None:
    words = fault(text)
    assert words.startswith(f"line {line}, ")
    assert right in words


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("reply: Dear Sam,\n\n  one\n\ttwo\n\nPriya\n\n", "Dear Sam,\n\n  one\n\ttwo\n\nPriya"),
        ("reply:\n\nDear Sam", "Dear Sam"),
        (
            "reply: \\note: one\n\\status: two\n\\end\n\\\\server\\close: 3",
            "note: one\nstatus: two\nend\n\\\\server\\close: 3",
        ),
        ("reply: one\n\\close\nThanks\nPriya", "one\nclose\nThanks\nPriya"),
        ("reply: one\nDriver: Tom\nhttp://x.example", "one\nDriver: Tom\nhttp://x.example"),
        ("reply: one\n> two\n>> three\n", "one"),
        ("reply: one\n*END*\ntwo", "one"),
        ("*reply: one*", "one"),
    ],
)
def test_a_letter_takes_the_rest_up_to_its_end(text: str, letter: str) -> None:
    found = said(text)
    assert found.faults == ()
    assert found.letter is not None
    assert (found.letter.keyword, found.letter.text) == ("reply", letter)


@pytest.mark.parametrize(
    "text",
    [
        "I rang Sam.",
        "Close, but no.",
        "thanks!",
        "Status update follows",
        "10:30 rang",
        "http://x.example",
        "> close",
        "\\close",
    ],
)
def test_a_text_without_a_command_is_a_note(text: str) -> None:
    assert said(text) == Said(note=text.removeprefix("\\"))


def test_what_stands_below_is_kept_in_the_house() -> None:
    assert said("reply: one\nend\ntwo", "three").note == "two\n\nthree"
    assert said("reply: one", "three").note == "three"
    assert said("one", "> two\nthree").note == "one\n\n> two\nthree"


def test_a_command_below_or_an_answer_between_quotes_is_a_fault() -> None:
    assert "below the end of your mail" in fault("reply: one", "note: two")
    assert "between quoted lines" in fault("reply: one", "two\n> three\nfour")
    assert "commands come first" in fault("one", "status: waiting")


LONG = "note: Sam said on the phone that nobody had told him what was the real"


@pytest.mark.parametrize("next_line", ["cause: a courier", "close", "resolve: it was easy"])
def test_a_keyword_where_a_program_may_have_broken_the_line_is_a_fault(next_line: str) -> None:
    assert "part of what stands above" in fault(f"{LONG}\n{next_line}", wraps=True)
    assert said(f"{LONG}\n\ncause: courier", wraps=True).commands[1].value == "courier"
    assert said(f"{LONG}.\ncause: courier", wraps=True).commands[1].value == "courier"
    assert said(f"{LONG}\ncause: courier").commands[1].value == "courier"


@pytest.mark.parametrize("line", ["close", "status: resolved", "reply: no"])
def test_a_keyword_that_a_program_may_have_broken_off_from_a_quoted_line_is_a_fault(line: str) -> None:
    above = "> Sam said on the phone that nobody had told him what was the real cause and"
    assert "part of what stands above" in str(parse(line, SETTING, wraps=True, above=above).faults[0])
    assert not parse(line, SETTING, above=above).faults
    assert not parse(line, SETTING, wraps=True, above="> Really?").faults


def test_a_line_that_a_program_broke_goes_on() -> None:
    text = "extend: 5 business days: waiting for the network operator, who says that\nit takes a week"
    reason = "waiting for the network operator, who says that it takes a week"
    assert said(text, wraps=True).commands[0].value == Extend(Duration(5, "business days"), reason)
    assert "it is no command" in fault(text)


def test_faults_are_told_in_the_order_of_their_lines_and_not_without_end() -> None:
    assert [each.line for each in said("outcome: x\nstatus: x\nreply: a\nnote: b").faults] == [1, 2, 4]
    assert len(said("\n".join(["xyzzy: 1"] * 100)).faults) == MOST_FAULTS


# The table


@pytest.mark.parametrize("name", NAMES)
def test_every_keyword_does_what_its_example_shows(name: str) -> None:
    keyword = KEYWORDS[name]
    example = f"{name}: {keyword.argument}" if keyword.argument else name
    for word, value in (("ADDRESS", "ada@x.example"), ("NAME", "Tom"), ("REF", OTHER), ("[", ""), ("]", "")):
        example = example.replace(word, value)
    found = said(example)
    assert found.faults == ()
    assert [each.keyword for each in (*found.commands, found.letter) if each] == [name]


@pytest.mark.parametrize("name", [name for name in NAMES if len(name) > 3])
def test_a_slip_of_the_pen_leads_back_to_the_keyword(name: str) -> None:
    assert nearest(name[:1] + name[2:3] + name[1:2] + name[3:]) == name


def test_the_help_and_the_page_know_every_keyword_and_rule() -> None:
    for words in (help_text(), page()):
        assert all(KEYWORDS[name].shape in words and KEYWORDS[name].help in words for name in NAMES)
        assert all(rule in words for rule in RULES)
        assert all(line in words for line in EXAMPLE)
        assert all(f"{', '.join(choices)}\n" in f"{words}\n" for choices in CHOICES.values())
    assert max(map(len, help_text().splitlines())) <= 100


def test_the_example_of_the_help_is_a_whole_answer() -> None:
    found = said("\n".join(EXAMPLE))
    assert ([each.keyword for each in found.commands], found.faults) == (["note", "outcome", "redress"], ())
    assert found.letter is not None


def test_the_page_in_docs_is_made_from_the_table() -> None:
    assert (DOCS / "commands.md").read_text("utf-8") == page()


def test_the_help_that_somebody_sends_back_does_nothing() -> None:
    found = said(help_text())
    assert (found.commands, found.letter) == ((), None)
    assert found.faults


# Properties

WORD = st.sampled_from(
    [*NAMES, "Sam", "end", "status\u00a0", "*reply", "- ask", "re-open", "xyzzy", "\\note", "  show"]
)
COLON = st.sampled_from(["", ":", ": ", " : ", ":* ", "\uff1a", "."])
REST = st.sampled_from(
    ["", "waiting", "Dear Sam,", "phone: x", "5 days: x", "refund 2.00 GBP", OTHER, "2,3", "a@b.example"]
)
LINE = st.one_of(
    st.builds("{}{}{}".format, WORD, COLON, REST), st.text(max_size=30), st.sampled_from(["", "> one", "Thanks"])
)
MAIL = st.lists(LINE, max_size=12).map("\n".join)
ORDINARY = st.text(st.sampled_from("abc ABC,.\u00e4'\"!?"), min_size=1).filter(str.strip).map("x {} ".format)


@given(MAIL, MAIL, st.booleans())
def test_a_fault_means_that_nothing_is_done(text: str, below: str, wraps: bool) -> None:
    found = said(text, below, wraps)
    if found.faults:
        assert (found.commands, found.letter, found.note) == ((), None, "")


@given(MAIL, MAIL, st.booleans())
def test_a_command_or_a_letter_is_there_only_where_the_first_line_is_one(text: str, below: str, wraps: bool) -> None:
    found = said(text, below, wraps)
    lines = [each.line for each in (*found.commands, found.letter) if each]
    first = next((number for number, line in enumerate(text.split("\n"), 1) if line.strip(" \u00a0")), 0)
    assert lines == sorted(lines)
    assert not lines or "\r" in text or lines[0] == first


@given(MAIL, MAIL)
def test_no_line_of_a_letter_begins_with_a_keyword_that_was_not_meant(text: str, below: str) -> None:
    found = said(f"reply: Dear Sam,\n{text}", below)
    if found.letter and "\\" not in text:
        assert not any(map(names_keyword, found.letter.text.split("\n")))


@given(st.lists(ORDINARY, min_size=1), st.sampled_from(LETTERS))
def test_ordinary_words_are_a_note_and_below_a_keyword_the_letter(lines: list[str], letter: str) -> None:
    text = "\n".join(lines)
    assert said(text) == Said(note=text.strip())
    found = said(f"{letter}:\n{text}").letter
    assert found is not None
    assert found.text == "\n".join(line.rstrip() for line in lines)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for prefix in ("", "note: ", "reply: ", "status: ", "new: ", "person: add ", "redress: refund ", "extend: "):
        found = said(prefix + text, text, wraps=True)
        assert len(found.faults) <= MOST_FAULTS
