"""The letters that mailcase ships: their words, their order, and how they look; and what a bad template says."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.letters.templates import Attached, Letterhead, Rich, Templates
from mailcase.errors import ConfigError, MailcaseError

FOLDER = Path(__file__).parents[2] / "templates"
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / "en").glob("*.md")} | {
    "layout.html": (FOLDER / "layout.html").read_text(encoding="utf-8")
}
TEMPLATES = Templates(SOURCES)
HEAD = Letterhead(
    from_name="CONSTRAT",
    from_address="complaints@constrat.io",
    to="sam@example.org",
    message_id="<abc@constrat.io>",
    date=datetime(2026, 12, 24, 14, 5, tzinfo=UTC),
    boundary="k3j4k3j4",
    auto_submitted="auto-replied",
)
VALUES: dict[str, dict[str, object]] = {
    "acknowledgement": {
        "service_name": "CONSTRAT",
        "service_address": "complaints@constrat.io",
        "reference": "CST-7K4M-92QFX",
        "received": datetime(2026, 12, 24, 14, 5, tzinfo=ZoneInfo("Europe/London")),
        "kind": "complaint",
        "what": "complaint",
        "update_by": datetime(2026, 12, 29, 14, 5, tzinfo=ZoneInfo("Europe/London")),
        "decision_by": datetime(2027, 1, 26, 17, 0, tzinfo=ZoneInfo("Europe/London")),
        "law_by": None,
        "missed_decision": None,
        "missed": None,
        "on_paper": False,
        "again": False,
        "day_only": False,
        "handler": "",
        "steps": (),
        "facts": (),
        "channels": (),
        "notice": None,
    },
    "staff-attention": {
        "service_name": "CONSTRAT",
        "lines": [
            {
                "title": "2 letters are held",
                "items": ["CST-7K4M-92QFX: 3 answers went to this address within an hour", "CST-1111-22222: the same"],
                "command": "mailcase letters --state held",
            },
            {"title": "1 mail waits in review", "items": [], "command": "mailcase review list"},
        ],
    },
}
ACKNOWLEDGEMENT = """\
Hello,

We have your complaint.

We received it on Thursday 24 December 2026 at 14:05. Your reference is CST-7K4M-92QFX. \
Please keep it in the subject when you write.

What happens next
- We will write to you by Tuesday 29 December 2026 to say how far we are.
- You will have our decision by Tuesday 26 January 2027.

What you can do
- Answer this message to add anything: order numbers, dates, photos.
- Tell us if you need this in another format, or a different way to reach you.

CONSTRAT complaints team, complaints@constrat.io"""


def _write(name: str, **changes: object) -> EmailMessage:
    return message_from_bytes(TEMPLATES.write(name, VALUES[name] | changes, HEAD), policy=policy.default)


def _bodies(message: EmailMessage) -> tuple[str, str]:
    text, page = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    return text, page


class _Page(HTMLParser):
    """What is in a page: its elements with their attributes, and the words of its body in blocks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.blocks: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        if tag in {"p", "h1", "h2", "li"}:
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"p", "h1", "h2", "li"} & set(self.open):
            self.blocks[-1] += data


# The words


def test_the_acknowledgement_says_what_it_should_to_the_word() -> None:
    message = _write("acknowledgement")
    assert message["Subject"] == "Your complaint to CONSTRAT – CST-7K4M-92QFX"
    assert _bodies(message)[0] == ACKNOWLEDGEMENT


def test_the_acknowledgement_is_at_most_150_words_in_short_sentences() -> None:
    text = _bodies(_write("acknowledgement"))[0]
    assert len(text.split()) <= 150
    sentences = [sentence for line in text.splitlines() for sentence in re.split(r"[.?:]\s", line.removeprefix("- "))]
    assert max(len(sentence.split()) for sentence in sentences) <= 20


def test_without_dates_the_acknowledgement_promises_nothing() -> None:
    text, page = _bodies(_write("acknowledgement", update_by=None, decision_by=None))
    assert "What happens next" not in text + page
    assert page.count("<ul>") == 1


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize(
    "phrase",
    ["shortly", "as soon as possible", "important to us", "sorry", "valued", "!", "working days", "do not reply"],
)
def test_no_letter_flatters_or_is_vague(name: str, phrase: str) -> None:
    assert phrase not in _bodies(_write(name))[0].casefold()


def test_the_first_80_characters_to_staff_say_what_is_wanted() -> None:
    message = _write("staff-attention")
    wanted = "Please look at this: 2 letters are held, 1 mail waits in review"
    assert str(message["Subject"]).startswith(wanted)
    assert _bodies(message)[0].startswith(wanted)


def test_staff_read_each_count_its_items_and_the_command() -> None:
    text, page = _bodies(_write("staff-attention"))
    assert "2 letters are held\n- CST-7K4M-92QFX: 3 answers" in text
    assert "1 mail waits in review\nTo deal with it, run: mailcase review list" in text
    assert page.count("<li>") == 2


# The page


@pytest.mark.parametrize("name", VALUES)
def test_the_page_says_the_same_words_as_the_text(name: str) -> None:
    text, page = _bodies(_write(name))
    assert "\n".join(_Page(page).blocks).split() == re.sub(r"^- ", "", text, flags=re.MULTILINE).split()


@pytest.mark.parametrize("name", VALUES)
def test_the_page_is_accessible(name: str) -> None:
    page = _Page(_bodies(_write(name))[1])
    tags = [tag for tag, _ in page.elements]
    assert page.open == []  # every element that opened has closed
    assert ("html", {"lang": "en"}) in page.elements
    assert tags.count("h1") == tags.count("title") == 1
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in [each for _, each in page.elements]
    assert set(tags) <= {"html", "head", "meta", "title", "style", "body", "div"} | {
        "h1",
        "h2",
        "p",
        "ul",
        "li",
        "strong",
    }


@pytest.mark.parametrize("name", VALUES)
def test_the_page_fetches_nothing(name: str) -> None:
    page = _bodies(_write(name))[1]
    assert not re.search(r"https?:|//|url\(|@import|src=|<(img|script|link|iframe)", page)


def test_the_layout_fits_a_narrow_phone() -> None:
    layout = SOURCES["layout.html"]
    assert not re.search(r"(?<!max-)(?<!-)width: ?[0-9]", layout)  # nothing is wider than the screen
    assert set(re.findall(r"font(?:-size)?: ?[0-9.]+(px|em|pt|%)", layout)) == {"em"}
    assert "overflow-wrap: anywhere" in layout


def _colours(css: str) -> dict[tuple[str, str], str]:
    """(selector, property) -> colour, of a style sheet without @media."""
    found: dict[tuple[str, str], str] = {}
    for selectors, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        for selector in selectors.split(","):
            for key, colour in re.findall(r"(?:^|[;\s])(color|background): (#[0-9a-f]{6})", rules):
                found[selector.strip(), key] = colour
    return found


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio from the relative luminance of two colours."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("selector", [".letter", "h1", "h2", "a", ".letter > p:last-child"])
def test_every_text_has_a_contrast_of_at_least_four_and_a_half(mode: str, selector: str) -> None:
    style = SOURCES["layout.html"].partition("<style>")[2].partition("</style>")[0]
    light, _, dark = style.partition("@media (prefers-color-scheme: dark) {")
    colours = _colours(light if mode == "light" else dark)
    assert _contrast(colours[selector, "color"], colours[".letter", "background"]) >= 4.5


def test_contrast_is_computed_as_wcag_does() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


# The templates


def test_a_letter_is_the_same_bytes_each_time_and_from_each_start() -> None:
    for name, values in VALUES.items():
        assert TEMPLATES.write(name, values, HEAD) == Templates(SOURCES).write(name, values, HEAD)


def test_a_letter_without_a_heading_is_headed_by_its_subject() -> None:
    templates = Templates({"x": "Subject: About {{ a }}\n\n## Part", "layout.html": "{{ letter }}"})
    raw = templates.write("x", {"a": "<us>"}, HEAD)
    assert b"<h1>About &lt;us&gt;</h1>\r\n<h2>Part</h2>" in raw


def test_every_fault_of_every_template_is_named_with_its_line() -> None:
    sources = {
        "one": "Subject: x\n\nHello {{ name",
        "two": "Hello,\n\nSubject: x",
        "three": "Subject: x\n\n{{ a | no_such_filter }}",
        "four": "Subject: x\n\nA\n- b",
        "five": "Subject:  \n\nx",
        "six": "",
        "fine": "Subject: x\n\nx",
        "layout.html": "<p>\n{{ letter }}\n{% if %}",
    }
    with pytest.raises(ConfigError) as caught:
        Templates(sources)
    assert [fault.partition(": ")[0] for fault in caught.value.faults] == [
        "layout.html, line 3",
        "one.md, line 3",
        "two.md, line 1",
        "three.md, line 3",
        "four.md, line 4",
        "five.md, line 1",
        "six.md, line 1",
    ]


@pytest.mark.parametrize("sources", [{}, {"layout.html": "<p>"}])
def test_a_layout_needs_a_place_for_the_letter(sources: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"layout\.html: needs a place"):
        Templates(sources)


def test_letters_share_a_part_whose_words_stand_where_they_ask_for_it() -> None:
    letter = 'Subject: x\n\n{% set a = "one" %}\n{% include "_part" %}\n\nEnd'
    templates = Templates({"x": letter, "_part": "# Part {{ a }}\n\n- b\n", "layout.html": "{{ letter }}"})
    raw = templates.write("x", {}, HEAD)
    assert b"\r\nPart one\r\n\r\n- b\r\n\r\nEnd" in raw
    assert b"<h1>Part one</h1>" in raw


def test_a_part_that_is_wrong_or_not_there_is_a_fault_with_its_line() -> None:
    sources = {"x": 'Subject: x\n\nA\n\n{% include "_other" %}', "_part": "\n{% if %}", "layout.html": "{{ letter }}"}
    with pytest.raises(ConfigError) as caught:
        Templates(sources)
    first, second = caught.value.faults
    assert first == "x.md, line 5: there is no _other.md"
    assert second.startswith("_part.md, line 2: ")


MISUSED = ["{{ a | day_in_words }}", "{{ 1 / (items | length) }}", "{{ a + 1 }}"]


@pytest.mark.parametrize(
    "body", ["{{ nobody }}", "{{ a.b }}", "{{ a.__class__.__mro__ }}", "{{ items.append(1) }}", *MISUSED]
)
def test_a_value_that_is_missing_forbidden_or_misused_stops_the_letter(body: str) -> None:
    templates = Templates({"x": f"Subject: x\n\n{body}", "layout.html": "{{ letter }}"})
    with pytest.raises(MailcaseError, match=r"^x\.md: "):
        templates.write("x", {"a": "a", "items": []}, HEAD)


def test_a_line_end_in_the_subject_is_refused() -> None:
    templates = Templates({"x": "Subject: {{ a }}\n\nx", "layout.html": "{{ letter }}"})
    with pytest.raises(ValueError, match="Subject: a control character"):
        templates.write("x", {"a": "x\r\nBcc: victim@example.org"}, HEAD)


def test_a_day_can_be_said_without_its_time() -> None:
    templates = Templates({"x": "Subject: x\n\nBy {{ a | day_in_words }}.", "layout.html": "{{ letter }}"})
    assert b"By Thursday 24 December 2026." in templates.write("x", {"a": HEAD.date}, HEAD)


# Values with an HTML form of their own

RICH = Rich("one\ntwo", "<p>one</p><p>two</p>")


@cache
def _templates(body: str) -> Templates:
    return Templates({"x": f"Subject: x\n\n# x\n\n{body}", "layout.html": "{{ letter }}"})


def _page_of(body: str, **values: object) -> tuple[str, str]:
    """Text and page of a letter with these words, without the page around."""
    raw = _templates(body).write("x", values, HEAD)
    return _bodies(message_from_bytes(raw, policy=policy.default))


def test_a_rich_value_has_its_text_in_the_text_and_its_html_in_the_page() -> None:
    text, page = _page_of("> {{ words }}", words=RICH)
    assert "| one\n| two" in text
    assert "<p>one</p><p>two</p>\n</blockquote>" in page


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\n\n"])
def test_each_line_of_somebody_elses_words_is_marked(end: str) -> None:
    text, _ = _page_of("Before.\n\n> {{ words }}\n\nAfter.", words=f"one{end}resolve: two")
    assert [line for line in text.splitlines() if "resolve" in line or "one" in line] == ["| one", "| resolve: two"]


PLACES = [
    "{{ a }}",
    "# {{ a }}",
    "- {{ a }}",
    "> {{ a }}",
    "| head |\n| {{ a }} |",
    "**{{ a }}**",
    "{{ a | safe }}",
    "{{ a ~ rich }}",
    "{{ rich ~ a }}",
    "{{ [rich, a] | join }}",
    "{{ rich | string }}{{ a }}",
    "{{ rich.html ~ a }}",
    "{{ rich | replace('one', a) }}",
    "{{ rich | safe | replace('one', a) }}",
    "{{ a | escape }}",
    "{{ a | forceescape }}",
    "{{ a | tojson }}",
    "{{ a | urlize }}",
    "{{ {'x': a} | xmlattr }}",
]


@pytest.mark.parametrize("place", PLACES)
@given(value=st.text("<>&\"'/=scriptb \n", max_size=20).map(lambda text: f"<b onclick='x'>{text}<script>"))
def test_no_string_gets_into_a_page_unescaped(place: str, value: str) -> None:
    _, page = _page_of(place, a=value, rich=RICH)
    assert not re.search(r"<(?!/?(?:h1|p|ul|li|table|tr|th|td|strong|br|blockquote)\b)", page)
    assert not re.search(r"<[a-z0-9]+ (?!style=\"margin: 0 0 1em; )", page)


def test_only_the_value_itself_stands_unescaped_and_only_in_the_page() -> None:
    text, page = _page_of("- {{ rich }}\n- {{ rich | string }}", rich=Rich("<i>", "<b>x</b>"))
    assert "<li><b>x</b></li>\n<li>&lt;i&gt;</li>" in page
    assert "- <i>\n- <i>" in text
    assert "<b>" not in text


def test_files_go_with_a_letter() -> None:
    raw = TEMPLATES.write(
        "staff-attention", VALUES["staff-attention"], HEAD, "en", [Attached("a.png", "image/png", b"x")]
    )
    [file] = message_from_bytes(raw, policy=policy.default).iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("a.png", b"x")
