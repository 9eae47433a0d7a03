"""What staff get to see of a customer's mail: its words as text and as harmless HTML, and its files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from mailcase.core.letters.harmless import harmless, paragraph
from mailcase.core.mail.body import Piece, files_of, html_of, joined, pieces_of
from mailcase.core.mail.walk import MAX_PARTS, Part, Tree, walk

MOST_TEXT: Final = 100_000  # characters: a book's chapter
MOST_HTML: Final = 4 * MOST_TEXT  # with its tags
MOST_READ: Final = 3 * 1024 * 1024  # bytes of all parts together that are read as words: the rest costs only time
# Bytes of the files in one mail. Encoded they are a third more and some line ends, 13.7 MB: that passes where the
# whole mail may have 20 MB or more, as with the large providers, and a few photos of a phone fit.
ROOM: Final = 10_000_000

TOO_LONG: Final = "[This mail is too long to be shown whole: the rest is left out here.]"
NOT_READ: Final = f"[This mail has more than {MAX_PARTS} parts: the rest is left out here.]"

# What a mail program may show by itself. Everything else is sent as bytes without a meaning, so that a stranger's
# page, calendar or mail is not taken for one of ours.
SHOWN: Final = frozenset(
    {
        *(f"image/{kind}" for kind in ("bmp", "gif", "heic", "heif", "jpeg", "png", "tiff", "webp")),
        *(f"audio/{kind}" for kind in ("3gpp", "aac", "amr", "mp4", "mpeg", "ogg", "wav", "x-wav")),
        *(f"video/{kind}" for kind in ("3gpp", "mp4", "mpeg", "quicktime", "webm")),
        "application/pdf",
    }
)
_BYTES: Final = "application/octet-stream"
_NOT_IN_NAMES: Final = re.compile(r'[<>:"|?*]')  # beside those of `body`: what some file system gives a meaning
_CID: Final = re.compile(r"\[cid:([^\[\]\s]+)\]")  # how Outlook's plain text shows the place of a picture

_Shown = tuple[list[Piece], list[str]]  # the parts that are shown, and what was odd about them


@dataclass(frozen=True, slots=True)
class File:
    """A file of a mail; `name` and `type` are harmless, `same_as` is the number of the first one with these bytes."""

    number: int  # from 1 on, in the order of the mail
    name: str
    type: str
    data: bytes = field(repr=False)
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What is in a mail; `html` fetches nothing, runs nothing, and may stand in a letter of ours as it is."""

    text: str
    html: str
    files: tuple[File, ...]


def enclosed(raw: bytes) -> Enclosed:
    """The words and the files of a mail, whole however large it is; never raises."""
    tree = walk(raw, len(raw))
    for part in tree.parts():
        if not part.children:
            part.content = tree.decoded(part)
            part.size = len(part.content)
    listed = files_of(tree.root)
    files = _files(listed)
    pictures = {cid: number for number, (_, part) in enumerate(listed, 1) if (cid := _content_id(part))}
    notes = [TOO_LONG] * _shorten(tree, listed) + [NOT_READ] * bool(tree.unread)
    plain = pieces_of(tree.root, html_first=False)
    rich = pieces_of(tree.root, html_first=True) if _has_alternatives(tree) else plain
    return Enclosed(_text(plain, pictures, notes), _html(rich, pictures, notes), files)


def parcels(files: Iterable[File], room: int = ROOM) -> tuple[tuple[File, ...], ...]:
    """The files in their order, divided among mails; left out are those sent already and those too large for any."""
    boxes: list[list[File]] = []
    left = -1
    for file in files:
        if file.same_as or is_too_large(file, room):
            continue
        if len(file.data) > left:
            boxes.append([])
            left = room
        boxes[-1].append(file)
        left -= len(file.data)
    return tuple(map(tuple, boxes))


def is_too_large(file: File, room: int = ROOM) -> bool:
    """Whether no mail has room for it."""
    return len(file.data) > room


def _shorten(tree: Tree, listed: Sequence[tuple[str, Part]]) -> bool:
    """Leaves in the parts what is read as words, files last; and whether that is not all that is no file."""
    files = {id(part) for _, part in listed}
    room, is_cut = MOST_READ, False
    for part in sorted(tree.parts(), key=lambda part: id(part) in files):
        is_cut = is_cut or (len(part.content) > room and id(part) not in files)
        part.content = part.content[:room]
        room -= len(part.content)
    return is_cut


def _has_alternatives(tree: Tree) -> bool:
    return any(part.type == "multipart/alternative" for part in tree.parts())


def _content_id(part: Part) -> str:
    return part.first("content-id").decode("latin-1").strip().removeprefix("<").removesuffix(">")


def _files(listed: Sequence[tuple[str, Part]]) -> tuple[File, ...]:
    numbers: dict[bytes, int] = {}
    found: list[File] = []
    for number, (name, part) in enumerate(listed, 1):
        first = numbers.setdefault(part.content, number)
        kind = part.type if part.type in SHOWN else _BYTES
        safe = _NOT_IN_NAMES.sub("_", name)
        found.append(File(number, safe, kind, part.content, first if first != number else None))
    return tuple(found)


def _text(shown: _Shown, pictures: Mapping[str, int], notes: Sequence[str]) -> str:
    pieces, odd = shown
    text = joined(pieces).strip("\n")
    if len(text) > MOST_TEXT or _is_cut(odd):
        text, notes = text[:MOST_TEXT], _with_too_long(notes)
    text = _CID.sub(lambda found: _named(found, pictures), text)
    return "\n\n".join([text, *notes] if text else notes)


def _with_too_long(notes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys((TOO_LONG, *notes)))


def _is_cut(defects: Iterable[str]) -> bool:
    return any(defect.startswith("text: ") for defect in defects)


def _named(found: re.Match[str], pictures: Mapping[str, int]) -> str:
    number = pictures.get(unquote(found[1]))
    return f"[picture: file {number}]" if number else found[0]


def _html(shown: _Shown, pictures: Mapping[str, int], notes: Sequence[str]) -> str:
    """What the author saw: each part of the words by itself, so that none can swallow the next."""
    pieces, odd = shown
    pages: list[str] = []
    room, is_cut = MOST_HTML, _is_cut(odd)
    for piece in pieces:
        page, has_more = _page(piece, pictures, room)
        pages.append(page)
        room -= len(page)
        is_cut = is_cut or has_more
        if room <= 0:
            break
    notes = _with_too_long(notes) if is_cut or room <= 0 else notes
    return "\n".join(page for page in (*pages, *map(paragraph, notes)) if page)


def _page(piece: Piece, pictures: Mapping[str, int], room: int) -> tuple[str, bool]:
    if source := html_of(piece.part):
        return harmless(source, pictures, room)
    text = _CID.sub(lambda found: _named(found, pictures), piece.text[:MOST_TEXT])
    return paragraph(text), len(piece.text) > MOST_TEXT
