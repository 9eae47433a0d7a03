"""HTML mail as text: what a person would read, in time that grows with the length only."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.mail.html import to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("just words", "just words"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ("One<br>Two<br/>Three", "One\nTwo\nThree"),
        ('<p class="MsoNormal">One</p><p class="MsoNormal">&nbsp;</p><p class="MsoNormal">Two</p>', "One\n\nTwo"),
        ('<p style="margin:0">One</p><p style="margin:0">Two</p><p style="margin:0">Three</p>', "One\nTwo\nThree"),
        ("a  \n b<b> c</b>", "a b c"),
        ("<pre>a  b\n  c</pre>", "a  b\n  c"),
        ('<div style="white-space: pre-wrap">a\nb</div>', "a\nb"),
        ("1 &lt; 2 &amp; 3&nbsp;&euro; &#233;", "1 < 2 & 3 € é"),
        ("a < b and c > d", "a < b and c > d"),
        ("<ul><li>one<li><p>two</p></ul>", "- one\n\n- two"),
        ("<ol><li>one</li><li>two<ul><li>three</li></ul></li></ol>", "1. one\n2. two\n\n  - three"),
        ("<table><tr><td>Order</td><td>12</td></tr><tr><td>Paid</td><td>5</td></tr></table>", "Order  12\nPaid  5"),
        ("<h1>Title</h1>words", "Title\n\nwords"),
        ("<head><title>no</title><style>p{}</style></head><body>yes<script>no()</script></body>", "yes"),
        ("<!-- no -->yes<!--[if mso]>no<![endif]--><![if !mso]> too<![endif]>", "yes too"),
        ('a<div style="display: none">no<div>no</div></div>b', "a\nb"),
        ('a<span style="visibility:hidden">no</span>b', "ab"),
        ('<a href="https://x.example/a">our page</a>.', "our page <https://x.example/a>."),
        ('<a href="https://www.x.example/">www.x.example</a>', "www.x.example"),
        ('<a href="mailto:a@b.c">a@b.c</a>', "a@b.c"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<a href="https://x.example/pixel"></a>', ""),
        ('<img alt="Our logo" src="https://x.example/l.png">', "Our logo"),
        ("<blockquote>one<br>two</blockquote>three", "> one\n> two\n\nthree"),
        ("<blockquote>one<blockquote>two</blockquote></blockquote>", "> one\n>\n> > two"),
        (
            '<div>Yes.</div><div class="gmail_quote"><div class="gmail_attr">On Monday Sam wrote:<br></div>'
            '<blockquote class="gmail_quote"><p>Is it?</p><p>Sam</p></blockquote></div>',
            "Yes.\nOn Monday Sam wrote:\n\n> Is it?\n>\n> Sam",
        ),
        ('Yes.<div class="gmail_quote">Is it?</div>', "Yes.\n\n> Is it?"),
        ('<blockquote style="margin:0 0 0 40px;border:none;padding:0">indented</blockquote>', "indented"),
        ("Yes<hr>From: Sam", "Yes\n" + "_" * 32 + "\nFrom: Sam"),
        ("Bye<div>-- <br>Sam</div>", "Bye\n-- \nSam"),
        ('<p title="a > b">words</p>', "words"),
        ('<p title="never closed>words</p><p>more</p>', "words\n\nmore"),
        ("words <b", "words <b"),
        ("words<!-- never closed", "words<!-- never closed"),
        ("<style>never closed", "never closed"),
        ("</div></p>words</b>", "words"),
        ("&#" + "1" * 5000 + ";", "&#" + "1" * 5000 + ";"),
    ],
)
def test_a_page_reads_as_a_person_sees_it(html: str, text: str) -> None:
    assert to_text(html) == text


HOSTILE = {
    "nested divs": "<div>" * 20_000 + "words" + "</div>" * 20_000,
    "nested quotes": "<blockquote>" * 20_000 + "words",
    "stray end tags": "<div>" * 30_000 + "</p></b>" * 30_000 + "words",
    "open comments": "<!--" * 100_000 + "words",
    "open quotes": "<a '\"" * 100_000 + ">words",
    "open tags": "<a " * 100_000 + ">words",
    "open styles": "<style>" * 60_000 + "words",
    "one wide cell": "<table><tr><td>" + "x" * 100_000 + "</td></tr>" + "<tr><td>words</td></tr>" * 10_000,
    "wide padding": '<div style="padding-left:100000em">words</div>' * 10_000,
    "attributes": "<p " + " ".join(f"x{i}=1" for i in range(50_000)) + ">words",
    "an endless attribute": "<p " + "x" * 500_000 + "=1>words",
    "cdata": "<![CDATA[" * 50_000 + ">words",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_takes_a_second_per_megabyte_at_most_and_keeps_its_words(name: str) -> None:
    html = HOSTILE[name]
    start = time.process_time()
    text = to_text(html)
    assert time.process_time() - start < max(0.5, 1.5 * len(html) / 1e6)  # a half more, for slow machines
    assert "words" in text


@given(st.lists(st.sampled_from(["<p>", "</p>", "<div", ">", "<!--", "-->", '"', "a=", "<b>", "</b>", "<a href=http://x>",
                                 "</a>", "<pre>", "<li>", "<ol>", "</ol>", "<blockquote>", "x", " ", "\n", "&lt;",
                                 "<p style='display:none'>", "<script>", "</script>", "</blockquote>"])))  # fmt: skip
def test_no_soup_of_tags_breaks_the_reader(pieces: list[str]) -> None:
    assert len(to_text("".join(pieces))) <= 60 * len(pieces)


@given(st.text(st.characters(exclude_characters="<&\xa0"), max_size=200))
def test_words_without_markup_stay(text: str) -> None:
    assert to_text(text).split() == text.split()
