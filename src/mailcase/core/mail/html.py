"""HTML mail as readable text: words, lists, links, and quotes as lines that begin with `> `.

No HTML library: of those at hand inscriptis returned nothing for 20,000 nested divs and hung on one wide table,
lxml needed quadratic time for stray end tags, html.parser for unclosed comments. This reads each character once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from mailcase.core.mail import html_tags as tags

MAX_TEXT = 1_000_000

# Tags whose quotes are closed, and, once one was not, tags as they come up to the next `>`.
_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^>"']++|"[^"]*+"|'[^']*+')*+)>""")
_LOOSE_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)([^>]*+)>")
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z-])([a-zA-Z-]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?+""")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_IS_LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
_LINK = re.compile(r"https?://|mailto:", re.IGNORECASE)


_END_OF = {name: re.compile(rf"</{name}\b[^>]*+>?", re.IGNORECASE) for name in tags.NOT_SHOWN}
_MAX_QUOTES = 20  # deeper quotes are written as this deep: a prefix must not outgrow the text
_MAX_OPEN = 50_000  # elements inside each other; what is opened beyond changes nothing
_MAX_LINK = 1_000
_RULE = "_" * 32  # as Outlook's own plain text has it above a quoted mail


def to_text(html: str, typed: bool = False) -> str:
    """The text that a reader of this HTML sees, at most about `MAX_TEXT` characters; nothing is fetched.

    With `typed` it is what its author typed and let stand: no words for a picture, which programs make up, and none
    that are struck through.
    """
    page = _Page(html, typed)
    for kind, what, attributes in pieces(html):
        if kind == "text":
            page.write(what)
        elif kind == "start":
            page.start(what, attributes)
        else:
            page.end(what)
        if page.size > MAX_TEXT:
            break
    return page.text()


def pieces(html: str) -> Iterator[tuple[str, str, str]]:
    """The document as (text | start | end, text or tag name, attributes); comments and unseen elements are left out."""
    tag, last = _TAG, html.rfind(">")
    endless: set[str] = set()  # what was found to have no end, so that it is looked for only once
    begin = at = 0
    while -1 < (at := html.find("<", at)) < last:
        following = html[at + 1]
        skip, found = 0, None
        if following in "!?":
            skip = _past_unseen(html, at, endless)
        else:
            found = tag.match(html, at)
            if not found and following.isalpha():
                tag = _LOOSE_TAG  # a quote that is never closed: without quotes from here on
                found = tag.match(html, at)
        if not skip and not found:
            at += 1  # a mere `<`
            continue
        if begin < at:
            yield "text", html[begin:at], ""
        if found:
            name = found[2].lower()
            yield "end" if found[1] else "start", name, found[3]
            skip = found.end()
            if name in tags.NOT_SHOWN and not found[1] and name not in endless:
                skip = _past_element(html, name, skip, endless)
        begin = at = skip
    yield "text", html[begin:], ""


def _past_unseen(html: str, at: int, endless: set[str]) -> int:
    """Where the comment or declaration that begins here ends; of a comment without an end only its beginning."""
    if not html.startswith("<!--", at) or "--" in endless:
        return html.index(">", at) + 1
    end = html.find("-->", at + 2)
    if end < 0:
        endless.add("--")
        return at + 4
    return end + 3


def _past_element(html: str, name: str, at: int, endless: set[str]) -> int:
    """Behind the whole element, since no reader sees what is in it."""
    end = _END_OF[name].search(html, at)
    if end is None:
        endless.add(name)
    return end.end() if end else at


class _Page:
    """The page as it is written: finished lines with their depth of quotation, the line at hand, the open elements."""

    def __init__(self, html: str, typed: bool) -> None:
        self.typed = typed
        self.has_blockquotes = "<blockquote" in html.lower()
        self.lines: list[str] = []
        self.last_quote = 0  # the depth of the last of them
        self.line: list[str] = []
        self.size = 0
        self.gap = False  # a blank line is due before the next one
        self.marker = ""  # of a list item that has no words yet
        self.inside = {"quote": 0, "pre": 0, "hidden": 0}  # how many open elements of each kind
        self.tiny = False  # letters of a size that nobody sees
        self.lists: list[int] = []
        self.link = ""
        self.words: list[str] = []  # of the link
        # Open elements: name, what they changed, whether they stand apart, whether it was tiny around them.
        self.stack: list[tuple[str, str, bool, bool]] = []
        self.open: dict[str, int] = {}

    def write(self, text: str) -> None:
        """Words of the page; white space counts as one space, except where it is shown as written."""
        if self.inside["hidden"] or self.tiny:
            return
        text = characters(text)
        if self.inside["pre"]:
            *finished, text = text.split("\n")
            for line in finished:
                self.add(line)
                self.flush()
        else:
            text = _SPACE.sub(" ", text)
            if not self.line or self.line[-1].endswith(" "):
                text = text.lstrip(" ")
        self.add(text)

    def add(self, text: str) -> None:
        if text and not self.inside["hidden"]:
            self.line.append(text)
            self.size += len(text)
            if self.link:
                self.words.append(text)

    def flush(self) -> None:
        """Ends the line at hand, also an empty one."""
        text = "".join(self.line).replace("\xa0", " ")
        text = "-- " if text.strip() == "--" else text.rstrip()
        if self.gap and text:
            self.put(min(self.inside["quote"], self.last_quote), "")
            self.gap = False
        if text and self.marker:
            text, self.marker = self.marker + text, ""
        self.put(self.inside["quote"], text)
        self.last_quote = self.inside["quote"]
        self.line.clear()
        self.size += 1

    def put(self, depth: int, text: str) -> None:
        """A finished line; blank ones never two together."""
        marks = "> " * min(depth, _MAX_QUOTES)
        line = marks + text if text else marks.rstrip()
        if text or (self.lines and self.lines[-1] != line):
            self.lines.append(line)

    def block(self, apart: bool) -> None:
        """The edge of a block: the line ends if there is one, and a blank line may be due."""
        if self.inside["hidden"]:
            return
        if self.line:
            self.flush()
        self.gap = self.gap or apart

    def start(self, name: str, attributes: str) -> None:
        values = values_of(attributes) if attributes else {}
        if name in tags.ENDS_ITSELF and self.stack and self.stack[-1][0] == name:
            self.pop()
        # Outlook's own paragraphs are lines: their margin is nought.
        apart = name in tags.APART and "Mso" not in attributes and not tags.NO_MARGIN.search(values.get("style", ""))
        if name in tags.BLOCK:
            self.block(apart)
        if name in tags.VOID:
            self.void(name, values)
            return
        if len(self.stack) < _MAX_OPEN:
            self.stack.append((name, self.change(name, values), apart, self.tiny))
            self.tiny = tags.is_tiny(values, self.tiny)
            self.open[name] = self.open.get(name, 0) + 1

    def void(self, name: str, values: dict[str, str]) -> None:
        if self.inside["hidden"]:
            return
        if name == "br":
            self.flush()
        elif name == "hr":
            self.add(_RULE)
            self.flush()
        elif name == "img" and not tags.is_hidden(values):
            words = values.get("alt", "")
            self.write("" if self.typed and any(map(str.isalnum, words)) else words)  # emoji are typed

    def change(self, name: str, values: dict[str, str]) -> str:
        """What an element changes for what stands in it."""
        style = values.get("style", "")
        hidden = tags.is_hidden(values) or (self.typed and tags.is_struck(name, values))
        if hidden and name not in ("html", "body"):
            self.inside["hidden"] += 1
            return "hidden"
        if self.is_quote(name, values, style):
            self.block(apart=True)
            self.inside["quote"] += 1
            return "quote"
        if name == "pre" or tags.SHOWN_AS_WRITTEN.search(style):
            self.inside["pre"] += 1
            return "pre"
        if name in ("ul", "ol"):
            self.lists.append(0 if name == "ol" else -1)
            return "list"
        if name == "li":
            self.marker = self.item()
        elif name in ("td", "th") and self.line and not self.line[-1].endswith("  "):
            self.add(" " if self.line[-1].endswith(" ") else "  ")  # also where the source has a line break between
        elif name == "a" and _LINK.match(values.get("href", "")):
            self.link, self.words = values["href"], []
            return "link"
        return ""

    def is_quote(self, name: str, values: dict[str, str], style: str) -> bool:
        """A blockquote is one, unless it only indents; Gmail's outer div is one where there is no blockquote in it."""
        kind = values.get("class", "")
        if name == "blockquote":
            return bool(kind or "cite" in values or "type" in values or not tags.NO_BORDER.search(style))
        return "gmail_quote" in kind and not self.has_blockquotes and "gmail_quote_container" not in kind

    def item(self) -> str:
        indent = "  " * min(len(self.lists) - 1, 10)
        if not self.lists or self.lists[-1] < 0:
            return indent + "- "
        self.lists[-1] += 1
        return f"{indent}{self.lists[-1]}. "

    def end(self, name: str) -> None:
        """An end tag closes whatever is still open inside; one that closes nothing only ends the line of a block."""
        if name == "br":
            self.void(name, {})
        elif not self.open.get(name):
            if name in tags.BLOCK:
                self.block(name in tags.APART)
        else:
            while self.pop() != name:
                pass

    def pop(self) -> str:
        name, changed, apart, self.tiny = self.stack.pop()
        self.open[name] -= 1
        if name in tags.BLOCK or changed == "quote":
            self.block(apart)
        if changed == "link":
            self.finish_link()
        elif changed == "list":
            self.lists.pop()
        elif changed:
            self.inside[changed] -= 1
        return name

    def finish_link(self) -> None:
        """The address behind the words, when the words do not say it already."""
        words, link, self.link = "".join(self.words).strip(), self.link, ""
        said = _plain(link) in _plain(words) or (self.typed and _IS_LINK.match(words))
        if words and len(link) <= _MAX_LINK and not said:
            self.add(f" <{link}>")

    def text(self) -> str:
        """The whole page."""
        self.inside["hidden"] = 0
        self.block(apart=False)
        return "\n".join(self.lines).strip("\n")


def values_of(text: str) -> dict[str, str]:
    """The attributes that stand in a tag, by their lower-case names."""
    found = {m[1].lower(): m[2] or m[3] or m[4] or "" for m in _ATTRIBUTE.finditer(text)}
    return {name: characters(value).strip() for name, value in found.items()}


def characters(text: str) -> str:
    """Entities as characters."""
    if "&" not in text:
        return text
    try:
        return unescape(text)
    except ValueError:  # a number of thousands of digits
        return text


def _plain(link: str) -> str:
    """A link without what people leave out when they write it as words."""
    return _LINK.sub("", link.lower()).removeprefix("www.").rstrip("/")
