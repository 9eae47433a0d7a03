"""The pages that really leave to staff run, fetch and send nothing: guarantee A14, in whole cases."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builders import PRIYA, mail
from core.hostile_html import HARMLESS, SNIPPETS, Page
from mailcase.core.mail.walk import walk
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from rigs.crowd import Crowd, some
from rigs.people import the

# Everything that our own page around the words has: nothing of it takes an address.
OURS = HARMLESS | {"html", "head", "meta", "title", "style", "body", "h1", "h2"}
ATTRIBUTES = frozenset({"lang", "charset", "name", "content", "style", "class", "http-equiv"})
FETCHES = re.compile(
    r"url\s*\(|@import|expression\s*\(|javascript:|vbscript:|data:|//|behavior|-moz-binding", re.IGNORECASE
)


def pages(letter: Claimed) -> Iterator[str]:
    """Every HTML part of a mail to staff."""
    tree = walk(letter.raw)
    for part in tree.parts():
        if part.type == "text/html":
            yield bytes(tree.decoded(part)).decode("utf-8")


def faults(page: str) -> list[str]:
    """What in a page could run, fetch, or send something, or hide words."""
    found = []
    seen = Page(page)
    for tag, attributes in seen.tags:
        found += [] if tag in OURS else [f"<{tag}>"]
        found += [f"{name}=" for name in attributes if name not in ATTRIBUTES]
        found += [
            f"style: {value}" for name, value in attributes.items() if name == "style" and FETCHES.search(value or "")
        ]
        found += ["refresh"] if "http-equiv" in attributes and tag == "meta" else []
    styles = re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    found += [f"style: {each[:40]}" for each in styles if FETCHES.search(each)]
    return found + [each for each in seen.odd if each.casefold() != "doctype html"]


def shown_in(snippet: str, number: int) -> list[bytes]:
    """The ways in which a mail brings a page: alone, beside words, in capitals, as a file of its own."""
    part = f"--b7\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{number}</p>{snippet}\r\n--b7--"
    plain = "--b7\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n"
    kinds = {
        "alone": (f"<p>{number}</p>{snippet}", "text/html; charset=utf-8"),
        "alternative": (plain + part, 'multipart/alternative; boundary="b7"'),
        "related": (part, 'multipart/related; boundary="b7"'),
        "as words": (f"{number} {snippet}", "text/plain; charset=utf-8"),
    }
    return [
        mail(
            f"sam{number}{way[0]}{len(way)}@example.org",
            f"{way} {snippet[:60]}".replace("\x0c", ""),
            text,
            message_id=f"<{way}{number}@mua.example>",
            content_type=kind,
            mime_version="1.0",
        )
        for way, (text, kind) in kinds.items()
    ]


def test_no_page_that_leaves_to_staff_does_anything(sqlite: Database) -> None:
    crowd = Crowd(sqlite)
    raws = [raw for number, snippet in enumerate(SNIPPETS) for raw in shown_in(snippet, number)]
    assert len(raws) == 4 * len(SNIPPETS) == 272
    told = [each for each in crowd.flood(raws) if each.recipient == PRIYA]
    found = [(each.raw, fault) for each in told for page in pages(each) for fault in faults(page)]
    assert len(told) == len(raws)
    assert found == []
    print(f"\n{len(raws)} mails with hostile pages: {len(told)} mails to staff, 0 that do anything")


def test_a_hostile_page_is_no_file_that_opens_by_itself(sqlite: Database) -> None:
    """An attached page goes to staff as a file, under a type that no mail program shows as part of the mail."""
    crowd = Crowd(sqlite)
    for number, snippet in enumerate(some(SNIPPETS)):
        part = f"Content-Type: text/html\r\nContent-Disposition: attachment; filename=page.html\r\n\r\n{snippet}"
        body = f"--b7\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--b7\r\n{part}\r\n--b7--"
        kind = {
            "content_type": 'multipart/mixed; boundary="b7"',
            "mime_version": "1.0",
            "message_id": f"<{number}@mua>",
        }
        told = the(crowd.flood([mail(f"sam{number}@example.org", "x", body, **kind)]), "staff-case")
        tree = walk(told.raw)
        shown = [
            part
            for part in tree.parts()
            if part.type == "text/html" and b"attachment" not in part.first("content-disposition")
        ]
        assert len(shown) == 1
        assert faults(bytes(tree.decoded(shown[0])).decode()) == []
