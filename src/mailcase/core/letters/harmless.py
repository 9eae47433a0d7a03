"""A stranger's HTML as HTML that may stand in a letter of ours: words, blocks and emphasis, and nothing else.

It is cleaned twice, because a mail program shows what is left as ours. First the page is written anew from what
`html.pieces` reads, in a few tags without any attribute; that also bounds it, for a parser that follows the HTML
standard needs quadratic time for some pages. Then nh3, which shares no code with that, has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

import nh3

from mailcase.core.mail.html import characters, pieces, values_of

MAX_OPEN: Final = 50  # elements inside each other; what is opened beyond is left out, its words are not
MAX_LINK: Final = 1_000

# What each element of theirs becomes; of all others only the words are kept.
TAGS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in ("blockquote", "div", "li", "ol", "p", "pre", "table", "td", "th", "tr", "ul")},
        **dict.fromkeys(("b", "strong"), "strong"),
        **dict.fromkeys(("cite", "em", "i"), "em"),
        **dict.fromkeys(("del", "s", "strike"), "s"),
        **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "h3"),  # below the headings of the letter
        **dict.fromkeys(("address", "article", "aside", "caption", "center", "dd", "dl", "dt", "fieldset"), "div"),
        **dict.fromkeys(("figcaption", "figure", "footer", "form", "header", "main", "nav", "section"), "div"),
    }
)
_VOID: Final = frozenset({"br", "hr"})
_ALLOWED: Final = {*TAGS.values(), *_VOID, "tbody"}  # a table gets its tbody from whoever parses it
_INLINE: Final = frozenset({"strong", "em", "s"})
_ENDS_ITSELF: Final = frozenset({"li", "td", "th", "tr"})  # the end tag of these may be left out
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_NO_ATTRIBUTES: Final[dict[str, set[str]]] = {}


def harmless(html: str, pictures: Mapping[str, int], most: int) -> tuple[str, bool]:
    """The HTML without anything that could be fetched, run or hidden, and whether it was cut after `most` characters.

    `pictures` are the numbers of the mail's own files by their Content-ID.
    """
    page = _Page(pictures, most)
    for kind, what, attributes in pieces(html):
        if kind == "text":
            page.write(characters(what))
        elif kind == "start":
            page.start(what, attributes)
        else:
            page.end(what)
        if page.is_full():
            break
    return _last_word(page.html()), page.is_full()


def paragraph(text: str) -> str:
    """Plain text as HTML, its lines kept."""
    return _last_word("<p>" + escape(text, quote=False).replace("\n", "<br>\n") + "</p>")


def _last_word(html: str) -> str:
    return nh3.clean(html, tags=_ALLOWED, attributes=_NO_ATTRIBUTES, link_rel=None).strip()


class _Page:
    """The page as it is written: tags of ours without attributes, and escaped words."""

    def __init__(self, pictures: Mapping[str, int], most: int) -> None:
        self.pictures = pictures
        self.most = most
        self.written: list[str] = []
        self.size = 0
        self.open: list[str] = []
        self.link = ""
        self.words: list[str] = []  # of the link

    def add(self, html: str) -> None:
        self.written.append(html)
        self.size += len(html)

    def is_full(self) -> bool:
        """Nothing more is to be written."""
        return self.size >= self.most

    def write(self, text: str) -> None:
        """Words of theirs, as far as there is room."""
        text = text[: max(0, self.most - self.size)]
        self.add(escape(text, quote=False))
        if self.link:
            self.words.append(text)

    def start(self, name: str, attributes: str) -> None:
        if name == "a":
            self.finish_link()
            target = values_of(attributes).get("href", "")
            self.link = target if _LINK.match(target) else ""
        elif name == "img":
            self.write(self.picture(values_of(attributes)))
        elif name in _VOID:
            self.add(f"<{name}>")
        elif name in TAGS:
            self.start_tag(TAGS[name])

    def start_tag(self, tag: str) -> None:
        last = self.open[-1] if self.open else ""
        if (last == "p" and tag not in _INLINE) or (last == tag and tag in _ENDS_ITSELF):
            self.end_tag(last)
        if len(self.open) < MAX_OPEN:
            self.open.append(tag)
            self.add(f"<{tag}>")

    def end(self, name: str) -> None:
        if name == "a":
            self.finish_link()
        elif name == "br":
            self.add("<br>")
        elif name in TAGS:
            self.end_tag(TAGS[name])

    def end_tag(self, tag: str) -> None:
        """Closes the tag and whatever is still open inside it."""
        while tag in self.open:
            last = self.open.pop()
            self.add(f"</{last}>")
            if last == tag:
                return

    def picture(self, values: Mapping[str, str]) -> str:
        """Words in the place of a picture: which file it is (RFC 2392), else what its author says that it shows."""
        scheme, _, name = values.get("src", "").partition(":")
        if scheme.lower() == "cid" and (number := self.pictures.get(unquote(name))):
            return f"[picture: file {number}]"
        words = " ".join(values.get("alt", "").split()) or ("not shown" if scheme.lower() == "data" else "")
        return f"[picture: {words}]" if words else ""  # one from elsewhere without words mostly counts its readers

    def finish_link(self) -> None:
        """The real target behind the words, unless they are the target."""
        words, link = "".join(self.words), self.link
        self.link, self.words = "", []
        if link and words.strip() and _bare(words) != _bare(link):
            self.write(f" <{link if len(link) <= MAX_LINK else link[:MAX_LINK] + '…'}>")

    def html(self) -> str:
        """The whole page."""
        self.finish_link()
        while self.open:
            self.end_tag(self.open[-1])
        return "".join(self.written)


def _bare(link: str) -> str:
    """A link without what people leave out when they write it as words."""
    return _LINK.sub("", link.strip()).rstrip("/")
