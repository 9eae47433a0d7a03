"""The import door: mails out of .eml files, mbox files and Maildirs, each with the time at which it was received."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from mailcase.errors import MailcaseError

_HEAD = 65_536  # bytes in which the top Received field must begin
_GLANCE = 8_192  # bytes that tell whether a file in a folder is a mail
_OLDEST = datetime(1980, 1, 1, tzinfo=UTC)  # before there was e-mail as we know it: a clock that was never set
_RECEIVED = re.compile(rb"^received:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")  # RFC 5322 3.6.8
_KNOWN_FIELD = re.compile(
    rb"^[ \t]*(?:received|return-path|delivered-to|from|date|message-id|mime-version|content-type)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)

CannotRead = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A mail in a file; `place` says where, for people."""

    place: str
    raw: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or the folder of a Maildir; `size` in bytes, for the progress bar."""

    path: Path
    size: int


def sources(paths: Sequence[Path], cannot_read: CannotRead) -> tuple[list[Source], list[Path]]:
    """What there is to import, and the files that are passed over because they do not look like mail.

    A file that is named is taken as it is, unless it is empty; of a folder all Maildirs below it, and every file
    that looks like mail. `cannot_read` is told of what is there and cannot be read.
    """
    taken: list[Source] = []
    passed: list[Path] = []
    for path in paths:
        try:
            status = path.stat()
        except OSError as fault:
            raise MailcaseError(f"{path}: cannot be imported: {fault.strerror}; nothing was written") from fault
        if S_ISDIR(status.st_mode):
            _walk(path, taken, passed, cannot_read)
        elif status.st_size or not S_ISREG(status.st_mode):  # a pipe has no size
            taken.append(Source(path, status.st_size))
        else:
            passed.append(path)
    return taken, passed


def _walk(top: Path, taken: list[Source], passed: list[Path], cannot_read: CannotRead) -> None:
    def unreadable(fault: OSError) -> None:
        cannot_read(Path(fault.filename), fault.strerror or "")

    for folder, inside, names in os.walk(top, onerror=unreadable):
        here = Path(folder)
        if {"cur", "new"} <= set(inside):  # a Maildir: its other files are the server's own
            taken.append(Source(here, sum(_size(file) for file in _in_maildir(here, cannot_read))))
            inside[:] = sorted(set(inside) - {"cur", "new", "tmp"})
            continue
        inside.sort()
        for name in sorted(names):
            _sort_in(here / name, taken, passed, cannot_read)


def _sort_in(path: Path, taken: list[Source], passed: list[Path], cannot_read: CannotRead) -> None:
    if not path.is_file():  # a pipe could be waited for, and a link may lead nowhere
        passed.append(path)
        return
    try:
        with path.open("rb") as file:
            head = file.read(_GLANCE)
    except OSError as fault:
        cannot_read(path, fault.strerror or "")
        return
    named = path.suffix.lower() == ".eml" and head
    if named or head.startswith(b"From ") or _KNOWN_FIELD.search(head):
        taken.append(Source(path, _size(path)))
    else:
        passed.append(path)


def _in_maildir(folder: Path, cannot_read: CannotRead) -> list[Path]:
    """The mails of a Maildir; those in tmp are not delivered yet."""
    found: list[Path] = []
    for name in ("new", "cur"):
        try:
            found += sorted(path for path in (folder / name).iterdir() if path.is_file())
        except OSError as fault:
            cannot_read(folder / name, fault.strerror or "")
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # a mail program has moved it: reading it will tell


def read(source: Source, now: datetime, cannot_read: CannotRead) -> Iterator[Found]:
    """The mails of one source, one after the other; none is later than `now`."""
    if source.path.is_dir():
        for path in _in_maildir(source.path, cannot_read):
            yield from _file(path, now, cannot_read)
    else:
        yield from _file(source.path, now, cannot_read)


def _file(path: Path, now: datetime, cannot_read: CannotRead) -> Iterator[Found]:
    try:
        with path.open("rb") as file:
            written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
            first = file.readline()
            if not first.startswith(b"From "):
                raw = first + file.read()
                yield Found(str(path), raw, min(_stamped(raw) or written, now))
                return
            for number, (line, raw) in enumerate(_mbox(first, file), start=1):
                arrived = _stamped(raw) or _time(line.decode("ascii", "replace").split(maxsplit=2)[-1]) or written
                yield Found(f"{path}, mail {number}", raw, min(arrived, now))
    except OSError as fault:
        cannot_read(path, fault.strerror or "")


def _mbox(first: bytes, lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """(`From ` line, mail) of each mail in an mbox (RFC 4155), one in memory at a time.

    Such a line begins a mail only after an empty line and before a header field: not every program that writes
    an mbox marks the `From ` of a text. The mark `>` is taken off again, so that the mail is what it was.
    """
    separator, waiting = first, b""
    mail: list[bytes] = []
    for line in lines:
        if waiting and _FIELD.match(line):
            yield separator, _unmarked(mail)
            separator, mail, waiting = waiting, [line], b""
            continue
        if waiting:
            mail.append(waiting)
        follows_empty = bool(mail) and not mail[-1].strip()
        waiting = line if follows_empty and line.startswith(b"From ") else b""
        if not waiting:
            mail.append(line)
    yield separator, _unmarked([*mail, waiting])


def _unmarked(mail: list[bytes]) -> bytes:
    """The mail without the marks of its mbox; the empty line at its end belongs to the mbox."""
    if len(mail) > 1 and not mail[-1].strip():
        mail = mail[:-1]
    return _QUOTED_FROM.sub(rb"\1", b"".join(mail))


def _stamped(raw: bytes) -> datetime | None:
    """The receipt by the server's top Received field, never by Date, which the sender writes."""
    field = _RECEIVED.search(raw[:_HEAD].partition(b"\n\n")[0].partition(b"\r\n\r\n")[0])
    return _time(field[1].decode("ascii", "replace").rpartition(";")[2]) if field else None


def _time(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(" ".join(text.split()))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment >= _OLDEST else None
