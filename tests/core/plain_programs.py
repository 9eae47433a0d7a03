"""Replies of programs that send plain text alone."""

from __future__ import annotations

from collections.abc import Sequence

from core.mail_parts import NOTIFICATION, SUBJECT, US, as_is, capital, flowed, marked, single, wrapped


def thunderbird(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Thunderbird with plain text: format=flowed, top-posted, a marked signature."""
    lines = [*flowed(typed), "", "-- ", *signature.split("\n"), ""]
    lines += ["On 23/11/2026 09:00, Example Ltd complaints wrote:", *marked(theirs)]
    kind = "text/plain; charset=UTF-8; format=flowed"
    return single("User-Agent: Mozilla Thunderbird", kind, as_is("\n".join(lines)))


def thunderbird_below(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Thunderbird as it is installed: the answer stands below the quote."""
    lines = ["On 23/11/2026 09:00, Example Ltd complaints wrote:", *marked(theirs), "", *flowed(typed)]
    kind = "text/plain; charset=UTF-8; format=flowed"
    return single("User-Agent: Mozilla Thunderbird", kind, as_is("\n".join([*lines, "", "-- ", signature])))


def k9(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """K-9 Mail: flowed plain text, an excuse instead of a signature."""
    lines = flowed([capital(line) for line in typed])
    sign = ["-- ", "Sent from my Android device with K-9 Mail. Please excuse my brevity."]
    wrote = f"On 23 November 2026 09:00:00 GMT, Example Ltd complaints <{US}> wrote:"
    body = "\n".join([*lines, "", *sign, "", *flowed([wrote], 76), *marked(theirs, ">")])
    return single("User-Agent: K-9 Mail for Android", "text/plain; charset=utf-8; format=flowed", as_is(body))


def mutt(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """mutt with an editor that breaks lines at 72, as it is used: the answer below the quote."""
    wrote = "On Mon, Nov 23, 2026 at 09:00:00AM +0000, Example Ltd complaints wrote:"
    lines = [wrote, *marked(theirs), "", *wrapped(typed, 72), "", "-- ", *signature.split("\n")]
    return single("User-Agent: Mutt/2.2.12 (2023-09-09)", "text/plain; charset=utf-8", as_is("\n".join(lines)))


def roundcube(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Roundcube: plain text, flowed, top-posted, with the signature below what was typed."""
    lines = [
        *flowed(typed),
        "",
        "---",
        *signature.split("\n"),
        "",
        "On 2026-11-23 09:00, Example Ltd complaints wrote:",
    ]
    kind = "text/plain; charset=UTF-8;\r\n format=flowed"
    return single("User-Agent: Roundcube Webmail/1.6.5", kind, as_is("\n".join([*lines, *marked(theirs)])))


def outlook_plain(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Outlook for Windows with plain text: it breaks quoted lines too, and leaves the rest of them unmarked."""
    facts = [f"From: Example Ltd complaints <{US}>", "Sent: 23 November 2026 09:00", f"Subject: {SUBJECT}"]
    quoted = marked(["-----Original Message-----", *facts, "", *theirs])
    lines = wrapped([*typed, "", *signature.split("\n"), "", *quoted], 76)
    return single("X-Mailer: Microsoft Outlook 16.0", 'text/plain; charset="utf-8"', as_is("\n".join(lines)))
