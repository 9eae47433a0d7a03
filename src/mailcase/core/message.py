"""From raw bytes to a `Message`: what a mail says, with everything odd about it named as a defect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is listed, never unpacked; `name` is cleaned for showing, `size` is the decoded size in bytes."""

    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Message:
    """What one mail says. No field holds a NUL or a lone surrogate; '' or () stands for what is missing."""

    headers: Mapping[str, tuple[str, ...]]  # lower-case name -> unfolded values in order, not decoded
    from_address: str  # the one address in From, lower-cased domain; '' when there is none or more than one
    from_name: str
    reply_to: tuple[str, ...]
    to: tuple[str, ...]  # addresses in To, Cc, Delivered-To, X-Original-To: where our tagged address may stand
    subject: str
    date: str  # ISO 8601 with zone as claimed by the sender; never used as the time of receipt
    message_id: str  # with angle brackets
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str  # the whole readable text; HTML turned to text where there is no plain part
    attachments: tuple[Attachment, ...]
    content_types: tuple[str, ...]  # of every part in the order of the walk, the root first
    report: str  # text of message/delivery-status and message/disposition-notification parts
    enclosed: str  # header text of the first message/rfc822 or text/rfc822-headers part
    defects: tuple[str, ...]
    digest: bytes = field(repr=False)  # sha256 over Message-ID, From, Date, Subject and decoded parts


def read(raw: bytes) -> Message:
    """Read a mail; never raises and never hangs, whatever the bytes (RFC 5322, RFC 2045-2049)."""
    raise NotImplementedError
