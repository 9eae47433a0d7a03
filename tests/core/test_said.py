"""What in a mail of staff is their own: not what is hidden, in a file, in another part, or put there by a program."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.mail_parts import as_is, head, in_bytes, quoted_printable, single
from core.test_mail_programs import SETTING
from mailcase.core.mail.html_tags import NOT_SHOWN
from mailcase.core.staff.command_values import Said
from mailcase.core.staff.said import read_said

PLAIN, HTML = "Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8"
FILE = 'Content-Type: text/plain; name="customer.txt"'
LONG = "> Sam said on the phone that nobody had told him what was the real cause of"


def page(html: str) -> Said:
    """What a mail in HTML says."""
    return read_said(single("X-Mailer: x", "text/html; charset=utf-8", quoted_printable(html)), "", SETTING)


def plain(text: str, more: str = "") -> Said:
    """What a mail in plain text says."""
    return read_said(single("X-Mailer: x", f"text/plain; charset=utf-8{more}", as_is(text)), "", SETTING)


def parts(*found: tuple[str, str], kind: str = "mixed", signature: str = "") -> Said:
    """What a mail of several parts says; each is its fields and its words."""
    lines = head("X-Mailer: x", f'Content-Type: multipart/{kind}; boundary="b"')
    for fields, words in found:
        lines += ["", "--b", *fields.split("\n"), "", *words.split("\n")]
    return read_said(in_bytes([*lines, "--b--"]), signature, SETTING)


def letter(said: Said) -> str:
    """The words of its letter; there is no fault."""
    assert said.faults == ()
    assert said.letter is not None
    return said.letter.text


def keywords(said: Said) -> list[str]:
    return [command.keyword for command in said.commands]


# HTML

HIDDEN = (
    *('style="display:none"', "style='DISPLAY : none !important'", "style=display:none", 'style="visibility:hidden"'),
    *('style="mso-hide:all"', "hidden", 'hidden=""', "HIDDEN id=x", 'style="opacity:0"', 'style="opacity: 0.0;"'),
    *('style="font-size:0"', 'style="font-size: 0px; color: red"', 'style="font-size:1px;color:#ffffff"'),
    *('style="max-height:0;overflow:hidden"', 'style="overflow:hidden; height:0px; width:0px"'),
    *('style="position:absolute;left:-9999px"', 'style="text-indent:-999px"', 'style="clip:rect(0 0 0 0)"'),
)
SHOWN = (
    *('style="display:block"', 'style="font-size:10pt"', 'style="font-size:0.8em"', 'style="opacity:0.9"'),
    *('style="line-height:0"', 'style="min-height:0;overflow:hidden"', 'style="height:0.5em;overflow:hidden"'),
    *('style="left:-9px"', 'class="hidden"', 'title="hidden fees"', 'aria-hidden="true"', 'style="overflow:hidden"'),
    *('style="color:#ffffff"', 'style="color:white;background:white"'),  # editors with a dark screen write like that
)


@pytest.mark.parametrize("how", HIDDEN)
def test_what_html_hides_is_neither_a_command_nor_in_a_letter(how: str) -> None:
    for tag in ("div", "span", "p", "td"):
        words = f"<{tag} {how}>CANARY<b>CANARY</b></{tag}>"
        assert letter(page(f"<div>reply: Dear Sam,</div>{words}<div>Bye</div>")).split() == ["Dear", "Sam,", "Bye"]
        assert keywords(page(f"<div>note: one</div><{tag} {how}><div>close</div></{tag}><div>two</div>")) == ["note"]
        assert page(f"<{tag} {how}>status: resolved</{tag}>") == Said()


@pytest.mark.parametrize("how", SHOWN)
def test_what_html_shows_is_said(how: str) -> None:
    assert keywords(page(f"<div {how}>category: billing</div>")) == ["category"]


def test_letters_are_seen_where_a_size_is_said_inside_a_gap_without_one() -> None:
    html = '<div style="font-size:0">CANARY<div style="font-size:14px">reply: Dear <b>Sam</b></div>CANARY</div>'
    assert letter(page(html)) == "Dear Sam"


@pytest.mark.parametrize("name", sorted(NOT_SHOWN))
def test_elements_that_nobody_sees_say_nothing(name: str) -> None:
    assert letter(page(f"<{name}>status: resolved\nCANARY</{name}><div>reply: Dear Sam</div>")) == "Dear Sam"


def test_comments_and_pictures_say_nothing_but_emoji_do() -> None:
    html = (
        "<!-- status: resolved --><div>reply: Dear Sam<!-- CANARY --><!--[if mso]>CANARY<![endif]--></div>"
        '<p><img alt="A logo&#10;&#10;Description automatically generated" src="cid:x"></p>'
        '<p>Bye <img alt="\U0001f642" src="cid:y"></p>'
    )
    assert letter(page(html)) == "Dear Sam\n\nBye \U0001f642"


@pytest.mark.parametrize(
    "how", ["<s>{}</s>", "<del>{}</del>", "<strike>{}</strike>", '<b style="text-decoration: line-through">{}</b>']
)
def test_what_the_author_struck_through_is_taken_back(how: str) -> None:
    assert letter(page(f"<p>reply: Dear {how.format('Tom')} Sam</p>")) == "Dear Sam"
    assert keywords(page(f"<p>category: billing</p><p>{how.format('close')}</p>")) == ["category"]


WATCHED = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.example%2Ff&amp;data=05%7Cpriya&amp;x=1"


@pytest.mark.parametrize(
    ("link", "words", "text"),
    [
        ("https://x.example/f", "the form", "the form <https://x.example/f>"),
        ("https://x.example/f?utm=mail", "www.x.example", "www.x.example"),
        (WATCHED, "the form", "the form <https://x.example/f>"),
        (WATCHED, "https://x.example/f", "https://x.example/f"),
        ("mailto:a@x.example", "a@x.example", "a@x.example"),
    ],
)
def test_a_link_leads_in_a_letter_where_its_author_meant(link: str, words: str, text: str) -> None:
    assert letter(page(f'<p>reply: see <a href="{link}">{words}</a></p>')) == f"see {text}"


def test_a_watched_link_brings_no_line_of_its_own() -> None:
    for inside in ("%0Astatus:%20resolved", "%E2%80%A8close", "%20x"):
        said = plain(f"reply: see {WATCHED.replace('&amp;', '&').replace('%2Ff', inside)}")
        assert "\n" not in letter(said)
        assert said.commands == ()


def test_separators_of_lines_from_other_worlds_separate_lines() -> None:
    for separator in ("\u2028", "\u2029", "\r", "\r\n"):
        assert "it stands in the letter" in str(plain(f"reply: Dear Sam{separator}status: waiting").faults[0])


# Parts


@pytest.mark.parametrize(
    ("fields", "empty"),
    [
        (f"{FILE}\nContent-Disposition: inline; filename=customer.txt", True),
        (f"{FILE}\nContent-Disposition: attachment; filename=customer.txt", True),
        (FILE, False),
        (f"{PLAIN}\nContent-Disposition: attachment", False),
        ("Content-Type: message/rfc822", False),
        ("Content-Type: text/calendar; method=REPLY", False),
        ("Content-Type: text/x-amp-html", False),
    ],
)
def test_a_file_says_nothing_even_where_there_are_no_words(fields: str, empty: bool) -> None:
    file = (fields, "status: resolved\nclose")
    assert parts((PLAIN, ""), file) == parts(file) == Said()
    assert keywords(parts((PLAIN, "category: billing"), file)) == ["category"]


def test_what_the_author_saw_counts_whatever_stands_beside_it() -> None:
    seen, unseen = (HTML, "<p>category: billing</p>"), (PLAIN, "status: resolved")
    for both in ((unseen, seen), (seen, unseen)):
        assert keywords(parts(*both, kind="alternative")) == ["category"]


FOOTER = "You get this mail because you are on the list.\n\nCANARY"


def test_a_letter_that_another_part_may_belong_to_is_a_fault() -> None:
    said = parts((PLAIN, "reply: Dear Sam,\n\nwe are on it."), (PLAIN, FOOTER))
    assert [str(fault) for fault in said.faults] == [
        "line 4, “You get this mail because you are on the list.”: it stands in another part of the mail than the "
        "letter: write everything above the files"
    ]
    assert (said.commands, said.letter, said.note) == ((), None, "")


def test_another_part_is_no_matter_where_it_is_known_or_there_is_no_letter() -> None:
    typed = (PLAIN, "reply: Dear Sam")
    assert letter(parts(typed, (PLAIN, FOOTER), signature=FOOTER)) == "Dear Sam"
    assert letter(parts((PLAIN, " "), typed, (HTML, "<p>&nbsp;</p>"), (PLAIN, "Sent from my iPhone"))) == "Dear Sam"
    said = parts((PLAIN, "category: billing"), (PLAIN, FOOTER))
    assert (keywords(said), said.note) == (["category"], FOOTER)
    assert "below the end of your mail" in str(parts((PLAIN, "category: billing"), (PLAIN, "close")).faults[0])


# Broken lines


def test_an_html_file_beside_plain_text_does_not_hide_that_its_lines_are_broken() -> None:
    text = "note: Sam said on the phone that nobody had told him what was the real\ncause: a courier"
    file = (f"{HTML}; name=x.html\nContent-Disposition: attachment; filename=x.html", "<p>x</p>")
    assert "part of what stands above" in str(parts((PLAIN, text), file).faults[0])
    assert keywords(plain(text, "; format=flowed")) == ["note", "cause"]


@pytest.mark.parametrize(
    "rest", [["it all."], ["it all, and so he was very angry, and rang us again on the next day, and", "so."]]
)
def test_what_a_program_broke_off_from_a_quoted_line_is_quoted(rest: Sequence[str]) -> None:
    quote = "\n".join(("On 23 Nov 2026, at 09:00, Ann wrote:", LONG, *rest, "> Sam"))
    assert letter(plain(f"reply: Dear Sam\n\n{quote}")) == "Dear Sam"
    assert plain(quote) == Said()
    assert plain(quote, "; format=flowed").note == "\n".join(rest)


def test_a_keyword_that_was_broken_off_from_a_quoted_line_is_never_a_command() -> None:
    quote = "\n".join(("On 23 Nov 2026, at 09:00, Ann wrote:", LONG, "{}", "> Sam"))
    for line in ("close", "status: resolved", "reply: give me my money"):
        assert plain(quote.format(line)).faults
        assert plain(f"reply: Dear Sam\n\n{quote.format(line)}").faults or line == "close"
    assert keywords(plain(f"{LONG}\n\nclose")) == ["close"]


@pytest.mark.parametrize("signature", ["Ana", "AC"])
def test_a_signature_of_a_few_letters_is_no_command(signature: str) -> None:
    raw = single("X-Mailer: x", "text/plain; charset=utf-8", as_is(f"close\n\n{signature}\n"))
    said = read_said(raw, signature, SETTING)
    assert (keywords(said), said.faults) == (["close"], ())
