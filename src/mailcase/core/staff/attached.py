"""Files that one of staff put into a mail: they do not go out with the letter, so nobody must believe that they did."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from mailcase.core.mail.body import MAILS, files_of, is_read
from mailcase.core.mail.walk import Part

# What programs attach by themselves: calling cards, signatures and keys, Outlook's own form of the words.
_BY_PROGRAMS: Final = frozenset(
    {
        *("text/vcard", "text/x-vcard", "text/directory", "application/ms-tnef", "application/vnd.ms-tnef"),
        *("application/pgp-signature", "application/pgp-keys"),
        *("application/pkcs7-signature", "application/x-pkcs7-signature"),
    }
)
_SHOWN: Final = re.compile(rb"cid:([^\"'\s<>()\[\]]+)", re.IGNORECASE)


def attached(root: Part) -> Iterator[str]:
    """The names of the files, without pictures that the words show, as a signature does, and the mail that is answered.

    The parts that are read as text are decoded.
    """
    shown = {unquote_to_bytes(cid) for part in _parts(root) if is_read(part) for cid in _SHOWN.findall(part.content)}
    answered = root.first("in-reply-to").strip()
    for name, part in files_of(root):
        by_program = part.type in _BY_PROGRAMS or name.lower().endswith(".vcf")
        is_picture = part.type.startswith("image/") and part.first("content-id").strip(b" \t<>") in shown
        is_answered = part.type in MAILS and answered and answered in part.content
        if not (by_program or is_picture or is_answered):
            yield name


def _parts(part: Part) -> Iterator[Part]:
    yield part
    for child in part.children:
        yield from _parts(child)
