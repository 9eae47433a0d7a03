"""Mails of customers with a word in them that must not come back, in every place where a sender can put one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType

from builders import mail
from mailcase.core.mail.charset import decode_words
from mailcase.core.mail.message import read
from mailcase.core.mail.walk import walk

CANARY = "quokka"
ENCODED = f"=?utf-8?b?{b64encode(f'{CANARY} §'.encode()).decode()}?="
# What a letter cannot do without: its reader, and the ids of the mails that it answers.
NEEDED = ("to", "in-reply-to", "references")

Fields = Mapping[str, str]


def parts(kind: str, *each: str) -> dict[str, str]:
    """A multipart body with its Content-Type."""
    body = "".join(f"--b7\r\n{part}\r\n" for part in each)
    return {"content_type": f'multipart/{kind}; boundary="b7"', "mime_version": "1.0", "text": f"{body}--b7--"}


def plain(text: str) -> str:
    """A part of words."""
    return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"


def page(text: str) -> str:
    """A part of HTML."""
    return f"Content-Type: text/html; charset=utf-8\r\n\r\n<title>{CANARY}</title><!-- {CANARY} --><p>{text}</p>"


def file(disposition: str, type: str = "application/pdf") -> str:  # noqa: A002 - as the header calls it
    """A part that is listed."""
    return f"Content-Type: {type}\r\nContent-Disposition: {disposition}\r\n\r\n{CANARY}"


def around(fields: dict[str, str]) -> dict[str, str]:
    """A multipart with the canary before its first part and behind its last one."""
    return {**fields, "text": f"{CANARY}\r\n{fields['text']}\r\n{CANARY}"}


def hidden(text: str) -> str:
    """The words of the author, with the canary below them."""
    return f"{text}\r\n\r\n{CANARY}: {CANARY}"


ATTACHED = f"Content-Type: message/rfc822\r\n\r\nFrom: {CANARY} <other@evil.example>\r\nSubject: {CANARY}\r\n\r\nx"
TWO_LINES = f"=?utf-8?q?x=0D=0ABcc:_{CANARY}=40x.example?="
INVITE = f"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nSUMMARY:{CANARY}\r\nEND:VCALENDAR"
SIGNATURE = f"Content-Type: application/pgp-signature; name={CANARY}.asc\r\n\r\n{CANARY}"

# What each makes of the words that a story needs.
SHAPES: Mapping[str, Callable[[str], Fields]] = MappingProxyType(
    {
        "body": lambda text: {"text": hidden(text)},
        "subject": lambda text: {"text": text, "subject": CANARY},
        "encoded subject": lambda text: {"text": text, "subject": ENCODED},
        "subject with line ends": lambda text: {"text": text, "subject": TWO_LINES},
        "encoded name": lambda text: {"text": text, "name": ENCODED},
        "quoted name": lambda text: {"text": text, "name": f'"{CANARY}, \\"{CANARY}\\" (x)"'},
        "name that turns around": lambda text: {"text": text, "name": f'"\u202e{CANARY}\u202c Ltd"'},
        "page": lambda text: {**parts("alternative", page(text)), "subject": CANARY},
        "two forms": lambda text: parts("alternative", plain(text), page(f"{text} {CANARY}")),
        "files": lambda text: parts(
            "mixed",
            plain(text),
            file(f'attachment; filename="{CANARY}.pdf"'),
            file(f"attachment; filename*=utf-8''{CANARY}%20%C3%A9.pdf"),
            file(f'inline; filename="{CANARY}.png"', "image/png"),
            file("attachment", f'text/plain; name="{CANARY}.txt"'),
        ),
        "attached mail": lambda text: parts("mixed", plain(text), ATTACHED),
        "invitation": lambda text: parts("mixed", plain(text), INVITE),
        "signed": lambda text: parts("signed", plain(text), SIGNATURE),
        "preamble": lambda text: around(parts("mixed", plain(text))),
        "base64": lambda text: {
            "text": b64encode(hidden(text).encode()).decode(),
            "content_transfer_encoding": "base64",
        },
        "fields": lambda text: {
            "text": text,
            **dict.fromkeys(("thread_topic", "organization", "comments", "keywords", "x_mailer"), CANARY),
            "x_mailcase_note": CANARY,
            "user_agent": CANARY,
            "content_language": CANARY,
        },
        "addresses": lambda text: {
            "text": text,
            **dict.fromkeys(
                ("cc", "reply_to", "original_sender", "resent_from", "resent_to", "errors_to", "return_receipt_to"),
                f"{CANARY} <{CANARY}@evil.example>",
            ),
            "disposition_notification_to": f"{CANARY}@evil.example",
        },
        "name of the recipient": lambda text: {"text": text, "to_name": CANARY},
        "template": lambda text: {
            "text": f"{text}\r\n{{{{ {CANARY} }}}}",
            "subject": f"{{% raw %}}{CANARY}",
            "name": f"{{{{{CANARY}}}}}",
        },
        "markup": lambda text: {"text": f"{text}\r\n**[{CANARY}](http://{CANARY}.example)**", "subject": f"# {CANARY}"},
        "a name of ours": lambda text: {"text": f"{text}\r\nPriya Nair {CANARY}", "name": f"Constrat {CANARY}"},
        "other letters": lambda text: {
            "text": f"{text}\r\n{CANARY} 合法 \U0001f98a",
            "name": f"合 {CANARY}",
            "subject": f"\u2028{CANARY}",
        },
        "charset": lambda text: {"text": hidden(text), "content_type": f"text/plain; charset={CANARY}"},
        "long": lambda text: {"text": f"{text}\r\n\r\n{CANARY * 2_000}", "subject": CANARY * 100},
    }
)


def shaped(shape: str, number: int, sender: str, text: str, **headers: str) -> bytes:
    """A mail of this shape; its Message-ID has the canary too, and no two are alike."""
    fields = dict(SHAPES[shape](text))
    name = fields.pop("name", f"{CANARY} Smith")
    us = headers.pop("to", "complaints@firm.example")
    to = f"{fields.pop('to_name', 'Complaints')} <{us}>"
    made = {"message_id": f"<{number}.{CANARY}@mua.example>", "to": to, **fields, **headers}
    raw = mail(f"{name} <{sender}>", made.pop("subject", f"Order {number} {CANARY}"), made.pop("text"), **made)
    return raw.replace(b"\r\nOriginal-Sender:", b"\r\nSender:")


def said(raw: bytes) -> str:
    """Everything that a letter says, read in every way, but for what it needs to arrive."""
    letter = read(raw)
    heads = (f"{name}: {value} {decode_words(value)}" for name in letter.headers.keys() - set(NEEDED)
             for value in letter.headers[name])  # fmt: skip
    tree = walk(raw)
    bodies = (bytes(tree.decoded(part)).decode("utf-8", "replace") for part in tree.parts() if not part.children)
    _, _, body = raw.partition(b"\r\n\r\n")
    return "\n".join((*heads, *bodies, letter.text, body.decode("utf-8", "replace"))).casefold()
