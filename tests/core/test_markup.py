"""The Markdown of letters: what each construct becomes in both forms, and that values are never read as markup."""

from __future__ import annotations

import html
import time
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailcase.core.letters.markup import BLOCKQUOTE, align, translate
from mailcase.core.letters.templates import Letterhead, Templates

ENVIRONMENT = ImmutableSandboxedEnvironment()
HEAD = Letterhead(
    from_name="",
    from_address="complaints@constrat.io",
    to="sam@example.org",
    message_id="<1@constrat.io>",
    date=datetime(2026, 12, 24, tzinfo=UTC),
    boundary="token",
)

CONSTRUCTS = [
    ("one line", "Hello.", "Hello.\n\n", "<p>Hello.</p>\n"),
    ("lines flow", "One\ntwo\nthree.", "One two three.\n\n", "<p>One two three.</p>\n"),
    ("two paragraphs", "One.\n\n\nTwo.", "One.\n\nTwo.\n\n", "<p>One.</p>\n<p>Two.</p>\n"),
    ("heading 1", "# Decision", "Decision\n\n", "<h1>Decision</h1>\n"),
    ("heading 2", "##  What you can do ", "What you can do\n", "<h2>What you can do</h2>\n"),
    ("heading, then words", "# A\nb", "A\n\nb\n\n", "<h1>A</h1>\n<p>b</p>\n"),
    ("no heading without a space", "#1 in line", "#1 in line\n\n", "<p>#1 in line</p>\n"),
    ("list", "- a\n- b", "- a\n- b\n\n", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
    (
        "table",
        "| A | B |\n| c | **d** |",
        "A\x1fB\nc\x1fd\n\n",
        "<table>\n<tr><th>A</th><th>B</th></tr>\n<tr><td>c</td><td><strong>d</strong></td></tr>\n</table>\n",
    ),
    (
        "somebody else's words",
        "> {{ x }} & **y**",
        "{% filter _barred %}{{ x }} & y{% endfilter %}\n\n",
        f"{BLOCKQUOTE}\n{{{{ x }}}} &amp; <strong>y</strong>\n</blockquote>\n",
    ),
    ("strong", "your **own** words", "your own words\n\n", "<p>your <strong>own</strong> words</p>\n"),
    ("two strong", "**a** b **c**", "a b c\n\n", "<p><strong>a</strong> b <strong>c</strong></p>\n"),
    ("lone stars", "2 ** 3 * 4", "2 ** 3 * 4\n\n", "<p>2 ** 3 * 4</p>\n"),
    ("strong expression", "**{{ x }}**", "{{ x }}\n\n", "<p><strong>{{ x }}</strong></p>\n"),
    ("HTML is words", "a < b & <i>c</i>", "a < b & <i>c</i>\n\n", "<p>a &lt; b &amp; &lt;i&gt;c&lt;/i&gt;</p>\n"),
    (
        "link",
        "See https://example.org/a?b=1&c=2.",
        "See https://example.org/a?b=1&c=2.\n\n",
        '<p>See <a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>.</p>\n',
    ),
    (
        "link in angles",
        "<https://example.org>",
        "<https://example.org>\n\n",
        '<p>&lt;<a href="https://example.org">https://example.org</a>&gt;</p>\n',
    ),
    (
        "a value does not finish a link",
        "https://example.org/{{ x }}",
        "https://example.org/{{ x }}\n\n",
        "<p>https://example.org/{{ x }}</p>\n",
    ),
    (
        "loop in a list",
        "{% for s in steps %}\n- {{ s }}\n{% endfor %}",
        "{% for s in steps %}- {{ s }}\n{% endfor %}\n",
        "<ul>\n{% for s in steps %}<li>{{ s }}</li>\n{% endfor %}</ul>\n",
    ),
    (
        "condition around blocks",
        "{% if a %}\n\n# A\n\n{% endif %}\n\nB",
        "{% if a %}A\n\n{% endif %}B\n\n",
        "{% if a %}<h1>A</h1>\n{% endif %}<p>B</p>\n",
    ),
    (
        "condition inside a paragraph",
        "A{% if a %} and\n{% else %}\nor {% endif %}B",
        "A{% if a %} and {% else %}or {% endif %}B\n\n",
        "<p>A{% if a %} and {% else %}or {% endif %}B</p>\n",
    ),
    ("comment", "{# why\n\nso #}\nA {# b #}c", "A c\n\n", "<p>A c</p>\n"),
    ("braces in a string", "{{ '%} }} **' }}", "{{ '%} }} **' }}\n\n", "<p>{{ '%} }} **' }}</p>\n"),
    ("an expression over lines", "{{ a\n~ b }}", "{{ a\n~ b }}\n\n", "<p>{{ a\n~ b }}</p>\n"),
    ("Windows line ends", "A\r\nb\r\n\r\nC", "A b\n\nC\n\n", "<p>A b</p>\n<p>C</p>\n"),
    ("nothing", "\n\n", "", ""),
]


@pytest.mark.parametrize(
    ("source", "text", "page"), [row[1:] for row in CONSTRUCTS], ids=[row[0] for row in CONSTRUCTS]
)
def test_each_construct_becomes_text_and_html(source: str, text: str, page: str) -> None:
    assert translate(source, ENVIRONMENT) == (text, page)


def test_an_ordered_list_counts_from_one_in_both_forms_even_in_a_loop() -> None:
    source = "{% for s in 'abc' %}\n1. {{ s }}\n{% endfor %}\n\nThen:\n\n1. x\n7. y"
    text, page = _parts(source, {})
    assert "1. a\n2. b\n3. c\n\nThen:\n\n1. x\n2. y" in text
    assert page.count("<ol>") == 2
    assert page.count("<li>") == 5


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("A\n\n{% include 'x' %}", 3, "include"),
        ("{% raw %}{{ x }}{% endraw %}", 1, "raw"),
        ("\n{% macro f() %}x{% endmacro %}", 2, "macro"),
        ("A\n\nB\n- c", 4, "blank line"),
        ("- a\nb", 2, "blank line"),
        ("A\n\n{% for a in b %}\nc\n\n{% endfor %}", 3, "blank line"),
        ("{# two\nlines #}\n\n{% if a %}\n\nb\n{% endif %}", 7, "blank line"),
        ("A\n\nb\x00c", 3, "NUL"),
        ("A\n{{ b ]", 2, "unexpected"),
    ],
)
def test_what_a_letter_cannot_carry_is_refused_with_its_line(source: str, line: int, words: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=words) as caught:
        translate(source, ENVIRONMENT)
    assert caught.value.lineno == line


def _parts(source: str, values: dict[str, object]) -> tuple[str, str]:
    """Both forms of a body, filled in and read back from the finished letter."""
    templates = Templates({"x": f"Subject: x\n\n{source}", "layout.html": "{{ letter }}"})
    raw = templates.write("x", values, HEAD)
    parts = [part.get_payload(decode=True) for part in message_from_bytes(raw).walk() if not part.is_multipart()]
    text, page = [part.decode().replace("\r\n", "\n") for part in parts if isinstance(part, bytes)]
    return text, page


NASTY = [
    "# Heading",
    "- item",
    "**strong**",
    "{{ reference }}",
    "{% for x in y %}",
    "{# gone #}",
    "https://evil.example/",
    "<script>alert(1)</script>",
    "\n\n# news\n\n- item",
    "&amp; \" ' <b>",
    "\x000\x00",
    "\\",
]


ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))


@given(st.one_of(st.sampled_from(NASTY), ANY, st.lists(st.sampled_from(NASTY)).map("".join)))
def test_a_value_stays_literally_itself_in_both_forms(value: str) -> None:
    text, page = _parts("# H {{ v }}\n\nP **{{ v }}** {{ v | safe }} end\n\n- L {{ v }}.", {"v": value})
    assert text == f"H {value}\n\nP {value} {value} end\n\n- L {value}."
    seen = html.escape(value).replace("\n", "<br>\n")
    assert page == (f"<h1>H {seen}</h1>\n<p>P <strong>{seen}</strong> {seen} end</p>\n<ul>\n<li>L {seen}.</li>\n</ul>")


@pytest.mark.parametrize(
    "piece", ["**", "* ", "https://", "https://a&", "- ", "# ", "{{ a }}", "https://a{{ a }}", "1"]
)
def test_a_long_template_is_translated_within_a_second(piece: str) -> None:
    source = piece * (100_000 // len(piece))
    began = time.process_time()
    translate(source, ENVIRONMENT)
    assert time.process_time() - began < 1


def test_the_cells_of_each_table_stand_in_columns_of_their_own() -> None:
    text = "A\x1fB\x1fC\naaa\x1fb\x1fc\n\nwords\n\nX\x1fY\nx\x1fyyy\n"
    assert align(text) == "A    B  C\naaa  b  c\n\nwords\n\nX  Y\nx  yyy\n"
