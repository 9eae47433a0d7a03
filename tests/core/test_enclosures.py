"""What staff see of a stranger's mail: words that do nothing, and files that are only bytes with a name."""

from __future__ import annotations

from email.message import EmailMessage

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.hostile_html import EVIL, HARMLESS, SNIPPETS, Page
from mailcase.core.letters.enclosures import (
    MOST_HTML,
    MOST_TEXT,
    NOT_READ,
    ROOM,
    SHOWN,
    TOO_LONG,
    File,
    enclosed,
    is_too_large,
    parcels,
)
from mailcase.core.letters.harmless import MAX_LINK, MAX_OPEN, harmless, paragraph
from mailcase.core.mail.body import MAX_NAME
from mailcase.core.mail.walk import MAX_BODY, MAX_PARTS

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


def page_mail(page: str) -> bytes:
    """A mail of nothing but HTML."""
    head = b"From: sam@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    return head + page.encode("utf-8", "replace")


def mail_with(*parts: bytes, text: str = "My words.") -> bytes:
    """A mail with parts that are written out, header and all."""
    head = b"From: sam@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    words = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in (words, *parts)) + b"--b--\r\n"


def part(headers: str, data: bytes = b"data") -> bytes:
    return f"{headers}\r\n\r\n".encode() + data


def clean(page: str) -> str:
    return harmless(page, {"photo@x": 2}, MOST_HTML)[0]


# The customer's HTML


def assert_harmless(page: str) -> None:
    found = Page(page)
    assert {tag for tag, _ in found.tags} <= HARMLESS
    assert [attributes for _, attributes in found.tags if attributes] == []
    assert found.odd == []


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_nothing_of_a_hostile_page_is_left_but_words(snippet: str) -> None:
    page = enclosed(page_mail(f"<p>Before.</p>{snippet}<p>After.</p>")).html
    assert_harmless(page)
    assert "Before." in page


@given(
    st.lists(st.sampled_from([*SNIPPETS, "<", ">", '"', "'", "<!--", "-->", "<p>", "</p>", "<td>", "x"]), max_size=8)
)
def test_no_mixture_of_hostile_pages_leaves_anything_either(snippets: list[str]) -> None:
    assert_harmless(enclosed(page_mail("".join(snippets))).html)


@given(st.text(st.sampled_from("<>/\"'=&;!-ab sp\x00\n#"), max_size=60))
def test_no_text_of_markup_letters_leaves_anything(text: str) -> None:
    assert_harmless(clean(text))
    assert_harmless(paragraph(text))


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_browsers_parser_reads_the_cleaned_page_as_it_is_written(snippet: str) -> None:
    page = clean(f"<table><tr><td>{snippet}</table>")
    assert nh3.clean(page, tags=set(HARMLESS), attributes={}, link_rel=None).strip() == page


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("<p>One <b>two</b> <i>three</i></p>", "<p>One <strong>two</strong> <em>three</em></p>"),
        ("<h1 class=x>Title</h1>", "<h3>Title</h3>"),
        ("<ul><li>one<li>two</ul>", "<ul><li>one</li><li>two</li></ul>"),
        (
            "<table border=1><tr><th>a<td>b</table>",
            "<table><tbody><tr><th>a</th><td>b</td></tr></tbody></table>",
        ),
        ("<p>a<div>b</div></p>", "<p>a</p><div>b</div>"),
        ("one<br>two<hr>", "one<br>two<hr>"),
        ("<s>10</s> 12 &amp; more &lt; 13", "<s>10</s> 12 &amp; more &lt; 13"),
        ("</blockquote></div>after", "after"),
        ("<title>x</title><style>p {}</style>words", "words"),
        ("<font color=white size=1>small</font>", "small"),
        ('<p style="display:none">hidden</p>', "<p>hidden</p>"),
    ],
)
def test_words_blocks_and_emphasis_are_kept(page: str, left: str) -> None:
    assert clean(page) == left


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (f'<a href="{EVIL}">my bank</a>', f"my bank <{EVIL}>"),
        (f'<a href="{EVIL}">https://bank.example/evil.example/x</a>', f"https://bank.example/evil.example/x <{EVIL}>"),
        (f'<a href="{EVIL}">{EVIL}</a>', EVIL),
        (f'<a href="{EVIL}/">evil.example/x</a>', "evil.example/x"),
        ('<a href="mailto:a@b.example">write</a>', "write <mailto:a@b.example>"),
        ('<a href="javascript:alert(1)">look</a>', "look"),
        (f'<a href="{EVIL}">not closed', f"not closed <{EVIL}>"),
        (f'<a href="{EVIL}">one <a href="tel:+44">two</a>', f"one  <{EVIL}>two <tel:+44>"),
        (f'<a href="{EVIL}"><img src="cid:photo@x"></a>', f"[picture: file 2] <{EVIL}>"),
        (f'<a href="{EVIL}"></a>x', "x"),
    ],
)
def test_a_link_is_words_with_its_real_target(page: str, words: str) -> None:
    assert Page(clean(page)).text == words


def test_of_an_endless_link_the_beginning_is_shown() -> None:
    assert f"<{EVIL}{'y' * (MAX_LINK - len(EVIL))}…>" in Page(clean(f'<a href="{EVIL}{"y" * 5000}">x</a>')).text


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        ('<img src="cid:photo@x">', "[picture: file 2]"),
        ('<img src="CID:photo%40x">', "[picture: file 2]"),
        ('<img src="cid:nobody">', ""),
        (f'<img src="{EVIL}">', ""),
        (f'<img src="{EVIL}" alt="A broken\n lamp">', "[picture: A broken lamp]"),
        ('<img src="data:image/png;base64,AAAA">', "[picture: not shown]"),
    ],
)
def test_a_picture_is_words_that_say_which_file_it_is(picture: str, words: str) -> None:
    assert Page(clean(picture)).text == words


def test_elements_are_not_nested_without_end_and_their_words_stay() -> None:
    page = clean("<div>" * 10_000 + "deep" + "</div>" * 10_000)
    assert page.count("<div>") == MAX_OPEN
    assert "deep" in page


def test_where_a_link_leads_in_a_mail_of_two_forms_both_forms_are_shown() -> None:
    message = EmailMessage()
    message.set_content("Plain words.")
    message.add_alternative("<p>Rich <b>words</b>.</p>", subtype="html")
    found = enclosed(message.as_bytes())
    assert (found.text, found.html) == ("Plain words.", "<p>Rich <strong>words</strong>.</p>")


def test_plain_text_is_shown_in_the_page_with_its_lines_and_never_read_as_html() -> None:
    found = enclosed(b"From: sam@example.org\r\n\r\nOne <b>two</b>\r\n<script>three\r\n")
    assert found.text == "One <b>two</b>\n<script>three"
    assert found.html == "<p>One &lt;b&gt;two&lt;/b&gt;<br>\n&lt;script&gt;three</p>"


def test_one_part_cannot_swallow_the_next() -> None:
    found = enclosed(mail_with(part("Content-Type: text/html", b"<p>two<!-- <script><a href='")))
    assert found.html.startswith("<p>My words.</p>\n<p>two")
    found = enclosed(mail_with(part("Content-Type: text/html", b"<ul><table><!--"), part("", b"The last words.")))
    assert found.html.endswith("<p>The last words.</p>")


# How much of it


@pytest.mark.parametrize("page", ["word " * 100_000, "<br>x" * 200_000, "&lt;" * 300_000])
def test_a_long_page_is_cut_and_says_so(page: str) -> None:
    found = enclosed(page_mail(page))
    assert len(found.text) == MOST_TEXT + len(f"\n\n{TOO_LONG}")
    assert found.text.endswith(TOO_LONG)
    assert found.html.endswith(f"<p>{TOO_LONG}</p>")


def test_a_text_that_fits_exactly_is_whole() -> None:
    assert enclosed(mail_with(text="x" * MOST_TEXT)).text == "x" * MOST_TEXT
    found = enclosed(mail_with(text="x" * (MOST_TEXT + 1)))
    assert found.text == "x" * MOST_TEXT + f"\n\n{TOO_LONG}"
    assert found.html == f"<p>{'x' * MOST_TEXT}</p>\n<p>{TOO_LONG}</p>"


def test_a_page_of_which_not_every_byte_is_read_says_so() -> None:
    found = enclosed(page_mail(f"first<style>{'x' * 2_200_000}</style>last"))
    assert found.text.startswith("first")
    assert found.text.endswith(TOO_LONG)
    assert found.html.endswith(f"<p>{TOO_LONG}</p>")


def test_many_parts_together_are_cut_like_one() -> None:
    pages = [part("Content-Type: text/html", b"<p>%d" % number + b"x" * 90_000) for number in range(20)]
    found = enclosed(mail_with(*pages))
    assert len(found.html) < 2 * MOST_HTML
    assert found.html.endswith(f"<p>{TOO_LONG}</p>")


def test_of_words_without_end_only_the_beginning_is_read_and_the_files_are_whole() -> None:
    words = [part("Content-Type: text/html", b"<p>%d<!--" % number + b"x" * 1_000_000) for number in range(4)]
    table = b"a,b\n" * 1_000_000
    found = enclosed(mail_with(part("Content-Type: text/csv", table), *words))
    assert found.text.startswith("My words.\n\n0")
    assert found.text.count(TOO_LONG) == found.html.count(TOO_LONG) == 1
    assert [file.data for file in found.files] == [table]


def test_large_files_leave_the_words_whole() -> None:
    found = enclosed(mail_with(part("Content-Type: text/csv", b"a,b\n" * 1_000_000)))
    assert (found.text, found.html) == ("My words.", "<p>My words.</p>")


def test_parts_that_are_not_read_are_told() -> None:
    found = enclosed(mail_with(*[part("Content-Type: image/png")] * (MAX_PARTS + 5)))
    assert NOT_READ in found.text
    assert NOT_READ in found.html


# The files


def test_files_are_numbered_in_their_order_with_pictures_among_them() -> None:
    found = enclosed(
        mail_with(
            part('Content-Type: application/pdf; name="bill.pdf"', b"%PDF"),
            part("Content-Type: image/png\r\nContent-ID: <one@x>\r\nContent-Disposition: inline", b"png"),
            part("Content-Type: text/html", b'<p>See <img src="cid:one@x"> here.'),
            text="See [cid:one@x] and [cid:two@x].",
        )
    )
    assert [(file.number, file.name, file.type, file.data) for file in found.files] == [
        (1, "bill.pdf", "application/pdf", b"%PDF"),
        (2, "image.png", "image/png", b"png"),
    ]
    assert "See [picture: file 2] and [cid:two@x]." in found.text
    assert "See [picture: file 2] and [cid:two@x]." in found.html
    assert "<p>See [picture: file 2] here.</p>" in found.html


def test_the_same_content_is_marked_whatever_it_is_called() -> None:
    same = [part(f"Content-Type: image/png; name={name}.png", b"same") for name in ("a", "b")]
    found = enclosed(mail_with(same[0], part("Content-Type: image/png", b"other"), same[1], same[0]))
    assert [file.same_as for file in found.files] == [None, None, 1, 1]


def test_a_mail_larger_than_what_is_read_as_words_still_has_all_its_files() -> None:
    photo = b"\xff\xd8" + bytes(range(11, 256)) * (MAX_BODY // 245)
    found = enclosed(mail_with(part("Content-Type: image/jpeg", photo), part("Content-Type: image/jpeg", b"last")))
    assert [len(file.data) for file in found.files] == [len(photo), 4]


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "image/svg+xml",
        "application/javascript",
        "text/calendar",
        "message/rfc822",
        "multipart/x",
        "text/xml",
    ],
)
def test_what_a_mail_program_might_render_becomes_bytes(kind: str) -> None:
    found = enclosed(mail_with(part(f"Content-Type: {kind}\r\nContent-Disposition: attachment; filename=a.b")))
    assert [file.type for file in found.files] == ["application/octet-stream"]


@pytest.mark.parametrize("kind", sorted(SHOWN))
def test_what_does_no_harm_keeps_its_type(kind: str) -> None:
    found = enclosed(mail_with(part(f"Content-Type: {kind.upper()}; name=x")))
    assert [file.type for file in found.files] == [kind]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("photo\u202egpj.exe", "photo_gpj.exe"),
        ("../../etc/passwd", "etc_passwd"),
        ("..\\..\\x.txt", "x.txt"),
        ("C:\\boot.ini", "C__boot.ini"),
        ("a\r\nBcc: eve@evil.example\r\n.txt", "a Bcc_ eve@evil.example .txt"),
        ("nul\x00l.txt", "null.txt"),
        ("file.txt:stream", "file.txt_stream"),
        ('<img src="x">|*?', "_img src=_x_____"),
        ("Müller – 请.pdf", "Müller – 请.pdf"),
        ("  . ", "image.png"),
    ],
)
def test_a_name_is_made_harmless(name: str, shown: str) -> None:
    coded = "".join(f"%{octet:02X}" for octet in name.encode())
    found = enclosed(
        mail_with(part(f"Content-Type: image/png\r\nContent-Disposition: attachment; filename*=utf-8''{coded}"))
    )
    assert found.files[0].name == shown


def test_a_long_name_keeps_its_ending() -> None:
    found = enclosed(mail_with(part(f"Content-Type: image/png; name={'x' * 500}.png")))
    assert found.files[0].name == "x" * (MAX_NAME - 4) + ".png"


@given(NAMES)
def test_every_name_is_one_short_printable_component(name: str) -> None:
    coded = "".join(f"%{octet:02X}" for octet in name.encode())
    found = enclosed(
        mail_with(part(f"Content-Type: image/png\r\nContent-Disposition: attachment; filename*=utf-8''{coded}"))
    )
    shown = found.files[0].name
    assert 0 < len(shown) <= MAX_NAME
    assert not set(shown) & set('/\\<>:"|?*\r\n\t\0\u202e\u2066\u200f\u2028')
    assert shown not in (".", "..")


@given(st.binary(max_size=400))
def test_no_bytes_stop_it(raw: bytes) -> None:
    found = enclosed(raw)
    assert_harmless(found.html)


# How they are sent


def files_of(*sizes: int, same: frozenset[int] = frozenset()) -> tuple[File, ...]:
    return tuple(
        File(number, "x", "image/png", b"x" * size, 1 if number in same else None)
        for number, size in enumerate(sizes, 1)
    )


@pytest.mark.parametrize(
    ("sizes", "numbers"),
    [
        ((), []),
        ((4, 4), [[1, 2]]),
        ((10,), [[1]]),
        ((11,), []),
        ((4, 4, 4), [[1, 2], [3]]),
        ((4, 11, 6), [[1, 3]]),
        ((10, 10, 1), [[1], [2], [3]]),
        ((0, 0), [[1, 2]]),
    ],
)
def test_files_go_in_their_order_with_as_many_in_a_mail_as_fit(
    sizes: tuple[int, ...], numbers: list[list[int]]
) -> None:
    assert [[file.number for file in box] for box in parcels(files_of(*sizes), room=10)] == numbers


def test_what_went_already_does_not_go_again() -> None:
    boxes = parcels(files_of(4, 4, 4, same=frozenset({2, 3})), room=10)
    assert [[file.number for file in box] for box in boxes] == [[1]]


@given(st.lists(st.integers(0, 14), max_size=12))
def test_every_file_goes_once_or_is_too_large_and_no_mail_is_too_full(sizes: list[int]) -> None:
    files = files_of(*sizes)
    boxes = parcels(files, room=10)
    assert [file for box in boxes for file in box] == [file for file in files if not is_too_large(file, 10)]
    assert all(len(box) > 0 and sum(len(file.data) for file in box) <= 10 for box in boxes)


def test_an_encoded_mail_of_full_room_stays_below_20_megabytes() -> None:
    assert ROOM * 4 / 3 * 78 / 76 < 14_000_000 < 20_000_000
