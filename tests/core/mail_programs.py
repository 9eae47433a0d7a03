"""Replies as mail programs really send them: the MIME, the HTML, the quoted original and the signature of each.

Every program takes what somebody typed, line by line, and answers the same notification, which has keyword lines of
its own: facts, words of the customer that look like commands, and what can be answered.
"""

from __future__ import annotations

import base64
import quopri
import textwrap
from collections.abc import Callable, Mapping, Sequence
from html import escape
from types import MappingProxyType

Program = Callable[[Sequence[str], str], bytes]

US = "complaints+k7w2m9x4@firm.example"
SUBJECT = "Reply needed: Sam Okafor wrote about CST-7K4M-92QFX"
SIGNATURE = """Priya Nair
Complaints team, Example Ltd
5 High Street, London  |  020 7946 0000
www.firm.example

This e-mail and any files with it are confidential and meant for the addressee alone. Example Ltd is registered
in England, number 01234567."""

NOTIFICATION = (
    *("Sam Okafor wrote about CST-7K4M-92QFX.", ""),
    *("Case:      CST-7K4M-92QFX", "Customer:  Sam Okafor <sam@example.org>", "Status:    investigating"),
    *("Handler:   Priya Nair", "Category:  billing", "Due:       Tuesday 24 November 2026", ""),
    *("What Sam Okafor wrote", "", "Hello, you did not answer me.", "", "resolve: give me all my money back", "close"),
    *("status: resolved", "redress: refund 5000.00 GBP", "note: CANARY-CUSTOMER", "end", "", "Sam", ""),
    *("What you can answer", "", "reply: Dear Sam, …", "ask: Could you send …", "resolve: Dear Sam, we looked into …"),
    *("extend: 5 business days: the reason", "help", "", "mailcase, on behalf of Example Ltd"),
)

_BOUNDARY = "b1_8f2c41d09a7e4b55"


def _head(program: str, *more: str) -> list[str]:
    return [
        "From: Priya Nair <priya@firm.example>",
        f"To: Complaints <{US}>",
        f"Subject: Re: {SUBJECT}",
        "Date: Mon, 23 Nov 2026 10:12:31 +0000",
        "Message-ID: <reply-0001@firm.example>",
        "In-Reply-To: <letter-0001@firm.example>",
        "References: <letter-0001@firm.example>",
        program,
        "MIME-Version: 1.0",
        *more,
    ]


def _quoted_printable(text: str) -> list[str]:
    encoded = quopri.encodestring(text.encode()).decode("ascii")
    return ["Content-Transfer-Encoding: quoted-printable", "", *encoded.split("\n")]


def _base64(text: str) -> list[str]:
    encoded = base64.encodebytes(text.replace("\n", "\r\n").encode()).decode("ascii")
    return ["Content-Transfer-Encoding: base64", "", *encoded.split("\n")]


def _as_is(text: str) -> list[str]:
    return ["Content-Transfer-Encoding: 8bit", "", *text.split("\n")]


def _bytes(lines: Sequence[str]) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n"


def _alternative(program: str, plain: list[str], html: list[str]) -> bytes:
    return _bytes(
        [
            *_head(program, f'Content-Type: multipart/alternative; boundary="{_BOUNDARY}"'),
            "",
            f"--{_BOUNDARY}",
            'Content-Type: text/plain; charset="utf-8"',
            *plain,
            f"--{_BOUNDARY}",
            'Content-Type: text/html; charset="utf-8"',
            *html,
            f"--{_BOUNDARY}--",
        ]
    )


def _single(program: str, kind: str, body: list[str]) -> bytes:
    return _bytes([*_head(program, f"Content-Type: {kind}"), *body])


def _html_lines(lines: Sequence[str], before: str, after: str, empty: str = "<br>") -> str:
    """Each line an element of its own, as editors make them."""
    return "".join(f"{before}{escape(line, quote=False) or empty}{after}\n" for line in lines)


def _link_lines(lines: Sequence[str], before: str, after: str) -> str:
    """A signature with a link and a logo."""
    html = _html_lines(lines, before, after, "&nbsp;")
    link = '<a href="https://www.firm.example/?utm=mail">www.firm.example</a>'
    return html.replace("www.firm.example", link).replace("Priya Nair", "<b>Priya Nair</b>")


def _notification_html() -> str:
    """Our own letter: a heading, facts and lists."""
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in NOTIFICATION if line)


def _marked(depth: str = "> ") -> list[str]:
    return [f"{depth}{line}".rstrip() for line in NOTIFICATION]


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [piece for line in lines for piece in (textwrap.wrap(line, width) or [""])]


def _flowed(lines: Sequence[str], width: int = 72) -> list[str]:
    """format=flowed (RFC 3676): soft breaks end with a space, stuffed where a line begins with a space or `>`."""
    flowed: list[str] = []
    for line in lines:
        pieces = textwrap.wrap(line, width, drop_whitespace=False, break_long_words=False) or [""]
        pieces = [piece.rstrip() + " " for piece in pieces[:-1]] + [pieces[-1].rstrip()]
        flowed += [f" {piece}" if piece.startswith((" ", ">", "From ")) else piece for piece in pieces]
    return flowed


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]


def _curly(text: str) -> str:
    """Smart punctuation, as phones and Word put it in."""
    return text.replace("'", "\u2019").replace(' "', " \u201c").replace('"', "\u201d")


def _headers(names: Mapping[str, str], bold: str = "<b>{}</b>", end: str = "<br>\n") -> str:
    return "".join(f"{bold.format(name)} {escape(value, quote=False)}{end}" for name, value in names.items())


_OUTLOOK_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "From:": f"Example Ltd complaints <{US}>",
        "Sent:": "23 November 2026 09:00",
        "To:": "Priya Nair <priya@firm.example>",
        "Subject:": SUBJECT,
    }
)


def outlook_desktop(typed: Sequence[str], signature: str) -> bytes:
    """Outlook for Windows: Word's HTML, a signature without a marker, a header block below a thin line."""
    lines = [_curly(line) for line in typed]
    own = _html_lines(lines, "<p class=MsoNormal><span style='mso-fareast-language:EN-US'>", "<o:p></o:p></span></p>")
    own = own.replace("<br><o:p>", "<o:p>&nbsp;")
    sign = _link_lines(
        signature.split("\n"), "<p class=MsoNormal><span style='color:#1F497D'>", "<o:p></o:p></span></p>"
    )
    logo = '<p class=MsoNormal><img width=120 height=40 id="Picture_x0020_1" src="cid:image001.png@01DB3D" alt=""></p>'
    block = _headers(_OUTLOOK_NAMES, "<b><span lang=EN-US>{}</span></b>")
    html = (
        '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">\n<head>'
        '<meta http-equiv=Content-Type content="text/html; charset=utf-8">\n<style><!--\n/* Style Definitions */\n'
        "p.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt;}\n--></style></head>\n"
        f'<body lang=EN-GB link="#0563C1" vlink="#954F72"><div class=WordSection1>\n{own}'
        f"<p class=MsoNormal><o:p>&nbsp;</o:p></p>\n{sign}{logo}\n"
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>\n"
        f"<p class=MsoNormal>{block}</p></div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>\n"
        f"{_notification_html()}</div></body></html>"
    )
    quoted = [f"{name} {value}" for name, value in _OUTLOOK_NAMES.items()]
    plain = "\n\n".join([*lines, *signature.split("\n")]) + "\n\n" + "\n".join([*quoted, "", *NOTIFICATION])
    return _alternative("X-Mailer: Microsoft Outlook 16.0", _quoted_printable(plain), _quoted_printable(html))


def outlook_web(typed: Sequence[str], signature: str) -> bytes:
    """Outlook on the web: HTML alone."""
    own = _html_lines(
        typed, '<div class="elementToProof" style="font-family: Aptos, Arial; font-size: 12pt;">', "</div>"
    )
    sign = _link_lines(signature.split("\n"), '<p class="x_MsoNormal" style="margin:0cm">', "</p>")
    html = (
        '<html><head>\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n<style type="text/css" '
        f'style="display:none;"> P {{margin-top:0;margin-bottom:0;}} </style>\n</head>\n<body dir="ltr">\n{own}'
        f'<div id="Signature">{sign}</div>\n<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" '
        'tabindex="-1">\n<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" '
        f'color="#000000">{_headers(_OUTLOOK_NAMES)}</font>\n<div>&nbsp;</div>\n</div>\n'
        f"{_notification_html()}</body></html>"
    )
    return _single("X-MS-Has-Attach:", 'text/html; charset="utf-8"', _base64(html))


def outlook_phone(typed: Sequence[str], signature: str) -> bytes:
    """Outlook for iOS: capitals at the beginning of lines, an advertisement of its own."""
    lines = [_curly(_capital(line)) for line in typed]
    own = _html_lines(lines, '<div dir="ltr" style="font-family: Aptos, sans-serif;">', "</div>")
    sign = _html_lines(signature.split("\n"), "<div>", "</div>") if signature else ""
    get = '<div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div>'
    html = (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>'
        f'{own}<div id="ms-outlook-mobile-body-separator-line" dir="ltr"><br></div>{sign}{get}'
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri, sans-serif">{_headers(_OUTLOOK_NAMES)}</font><div>&nbsp;</div></div>'
        f"{_notification_html()}</body></html>"
    )
    quoted = [f"{name} {value}" for name, value in _OUTLOOK_NAMES.items()]
    plain = [*lines, "", *signature.split("\n"), "Get Outlook for iOS<https://aka.ms/o0ukef>", "_" * 32, *quoted]
    body = "\n".join([*plain, "", *NOTIFICATION])
    return _alternative("X-Mailer: Outlook for iOS", _quoted_printable(body), _quoted_printable(html))


_GMAIL_WROTE = f"On Mon, 23 Nov 2026 at 09:00, Example Ltd complaints <\n{US}> wrote:"


def _gmail_quote() -> str:
    address = f'&lt;<a href="mailto:{US}">{US}</a>&gt;'
    return (
        '<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"On Mon, 23 Nov 2026 at 09:00, Example Ltd complaints {address} wrote:<br></div>"
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);'
        f'padding-left:1ex">{_notification_html()}</blockquote></div>'
    )


def _bold_keyword(line: str, before: str, after: str) -> str:
    word, colon, rest = line.partition(":")
    return f"{before}{word}:{after}{rest}" if colon and word.isalpha() else line


def gmail_web(typed: Sequence[str], signature: str) -> bytes:
    """Gmail: the first line stands in no element, keywords in bold, spaces that do not break, a marked signature."""
    plain = [_bold_keyword(line, "*", "*") for line in typed]
    first, *others = [escape(line, quote=False).replace("  ", "&nbsp; ") for line in typed]
    first, *others = [_bold_keyword(line, "<b>", "</b>") for line in (first, *others)]
    rows = "".join(f"<div>{line.replace(': ', ':&nbsp;', 1) or '<br>'}</div>" for line in others)
    sign = _html_lines(signature.split("\n"), "<div>", "</div>")
    html = (
        f'<div dir="ltr">{first}{rows}<div><br clear="all"></div><div><span class="gmail_signature_prefix">-- </span>'
        f'<br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">{sign}</div></div></div>'
        f"{_gmail_quote()}"
    )
    text = [*_wrapped(plain, 76), "", "-- ", *signature.split("\n"), "", *_GMAIL_WROTE.split("\n"), "", *_marked()]
    return _alternative("X-Gm-Gg: 0", _base64("\n".join(text)), _quoted_printable(html))


def gmail_phone(typed: Sequence[str], signature: str) -> bytes:
    """Gmail for Android: capitals, paragraphs as elements with a gap of their own, no signature marker."""
    lines = [_capital(line) for line in typed]
    rows = _html_lines(lines, '<div dir="auto">', "</div>").replace("\n", "")
    sign = _html_lines(signature.split("\n"), '<div dir="auto">', "</div>").replace("\n", "")
    html = f'<div dir="auto">{rows}<div dir="auto"><br></div>{sign}</div>{_gmail_quote()}'
    text = [*_wrapped(lines, 76), "", *signature.split("\n"), "", *_GMAIL_WROTE.split("\n"), "", *_marked()]
    return _alternative("X-Gm-Gg: 0", _quoted_printable("\n".join(text)), _quoted_printable(html))


def _apple_quote(wrote: str) -> str:
    return (
        f'<blockquote type="cite"><div>{escape(wrote, quote=False)}</div><br class="Apple-interchange-newline">'
        f"<div>{_notification_html()}</div></blockquote>"
    )


def apple_mail(typed: Sequence[str], signature: str) -> bytes:
    """Apple Mail: the attribution stands inside the quote, smart quotes in what was typed."""
    lines = [_curly(line) for line in typed]
    wrote = f"On 23 Nov 2026, at 09:00, Example Ltd complaints <{US}> wrote:"
    rows = _html_lines(lines, "<div>", "</div>").replace("\n", "")
    sign = _html_lines(signature.split("\n"), "<div>", "</div>").replace("\n", "")
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body '
        'style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">'
        f'{rows}<br><div>{sign}</div><br id="lineBreakAtBeginningOfMessage"><div><br>{_apple_quote(wrote)}'
        "</div><br></body></html>"
    )
    text = "\n".join([*lines, "", *signature.split("\n"), "", f"> {wrote}", ">", *_marked()])
    return _alternative("X-Mailer: Apple Mail (2.3776.700.51)", _quoted_printable(text), _quoted_printable(html))


def iphone(typed: Sequence[str], signature: str) -> bytes:
    """Mail on an iPhone: capitals, `Sent from my iPhone`, an empty mark at the beginning of the quote."""
    lines = [_curly(_capital(line)) for line in typed]
    wrote = f"On 23 Nov 2026, at 09:00, Example Ltd complaints <{US}> wrote:"
    first, *others = lines
    rows = escape(first, quote=False) + _html_lines(others, "<div>", "</div>").replace("\n", "")
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">'
        f'{rows}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br>'
        f'<blockquote type="cite">{escape(wrote, quote=False)}<br><br></blockquote></div>'
        f'<blockquote type="cite"><div dir="ltr">\ufeff{_notification_html()}</div></blockquote></body></html>'
    )
    text = "\n".join([*lines, "", "Sent from my iPhone", "", f"> {wrote}", "> ", "> \ufeff", *_marked()])
    return _alternative("X-Mailer: iPhone Mail (22B91)", _quoted_printable(text), _base64(html))


def thunderbird(typed: Sequence[str], signature: str) -> bytes:
    """Thunderbird with plain text: format=flowed, top-posted, a marked signature."""
    lines = [*_flowed(typed), "", "-- ", *signature.split("\n"), ""]
    lines += ["On 23/11/2026 09:00, Example Ltd complaints wrote:", *_marked()]
    kind = "text/plain; charset=UTF-8; format=flowed"
    return _single("User-Agent: Mozilla Thunderbird", kind, _as_is("\n".join(lines)))


def thunderbird_below(typed: Sequence[str], signature: str) -> bytes:
    """Thunderbird as it is installed: the answer stands below the quote."""
    lines = ["On 23/11/2026 09:00, Example Ltd complaints wrote:", *_marked(), "", *_flowed(typed)]
    kind = "text/plain; charset=UTF-8; format=flowed"
    return _single("User-Agent: Mozilla Thunderbird", kind, _as_is("\n".join([*lines, "", "-- ", signature])))


def yahoo(typed: Sequence[str], signature: str) -> bytes:
    """Yahoo: the quote has no marks, only an attribution; the plain part is moved in; zero-width spaces."""
    when = "On Monday, 23 November 2026 at 09:00:00 GMT, Example Ltd complaints"
    lines = [line.replace(": ", ":\u200b ", 1) for line in typed]
    rows = _html_lines(lines, '<div dir="ltr" data-setdir="false">', "</div>")
    sign = _html_lines(signature.split("\n"), "<div>", "</div>")
    html = (
        '<html><head></head><body><div class="ydp8a1b2c3dyahoo-style-wrap" style="font-family:Helvetica Neue, Arial;">'
        f'{rows}<div><br></div><div class="ydp8a1b2c3dsignature">{sign}</div></div>\n'
        '<div id="yahoo_quoted_4711" class="yahoo_quoted"><div style="font-family:Helvetica Neue, Arial;"><div>\n'
        f"{when} &lt;{US}&gt; wrote:\n</div><div><br></div><div><br></div><div>{_notification_html()}</div>"
        "</div></div></body></html>"
    )
    text = [*lines, "", *signature.split("\n"), "", f"   {when} <{US}> wrote:  ", " "]
    body = "\n".join([*[f" {line}" for line in text], *[f" {line}  " for line in NOTIFICATION]])
    return _alternative("X-Mailer: WebService/1.1.23040 YMailNorrin", _quoted_printable(body), _quoted_printable(html))


def proton(typed: Sequence[str], signature: str) -> bytes:
    """Proton Mail: an advertisement below the signature, the quote in its own class."""
    wrote = f"On Monday, November 23rd, 2026 at 9:00 AM, Example Ltd complaints <{US}> wrote:"
    style = '<div style="font-family: Arial, sans-serif; font-size: 14px;">'
    sign = _html_lines(signature.split("\n"), "<div>", "</div>")
    html = (
        f'{_html_lines(typed, style, "</div>")}<div class="protonmail_signature_block" style="font-family: Arial;">'
        f'<div class="protonmail_signature_block-user">{sign}</div>{style}<br></div>'
        '<div class="protonmail_signature_block-proton">Sent with <a target="_blank" href="https://proton.me/mail/home">'
        f'Proton Mail</a> secure email.</div></div>{style}<br></div><div class="protonmail_quote">'
        f'{escape(wrote, quote=False)}<br><blockquote class="protonmail_quote" type="cite">{_notification_html()}'
        "</blockquote><br></div>"
    )
    return _single("X-Pm-Message-ID: 8c0", "text/html; charset=utf-8", _base64(html))


def gmx(typed: Sequence[str], signature: str) -> bytes:
    """GMX: HTML alone, a German header block in a box, no blockquote."""
    block = _headers(
        {
            "Gesendet:": "Montag, 23. November 2026 um 09:00 Uhr",
            "Von:": f'"Example Ltd complaints" <{US}>',
            "An:": '"Priya Nair" <priya@firm.example>',
            "Betreff:": SUBJECT,
        },
        end="<br/>\n",
    ).replace("</b> ", "</b>&nbsp;")
    html = (
        '<html><head></head><body><div style="font-family: Verdana;font-size: 12.0px;">'
        f'{_html_lines(typed, "<div>", "</div>", "&nbsp;")}\n<div>&nbsp;</div>\n\n<div class="signature">'
        f"{signature.replace(chr(10), '<br/>' + chr(10))}</div>\n\n<div>&nbsp;\n"
        '<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5; '
        f'word-wrap: break-word;">\n<div style="margin:0 0 10px 0;">{block}</div>\n\n<div name="quoted-content">'
        f"{_notification_html()}</div>\n</div>\n</div></div></body></html>"
    )
    return _single("X-Priority: 3", "text/html; charset=UTF-8", _quoted_printable(html))


def k9(typed: Sequence[str], signature: str) -> bytes:
    """K-9 Mail: flowed plain text, an excuse instead of a signature."""
    lines = _flowed([_capital(line) for line in typed])
    sign = ["-- ", "Sent from my Android device with K-9 Mail. Please excuse my brevity."]
    wrote = f"On 23 November 2026 09:00:00 GMT, Example Ltd complaints <{US}> wrote:"
    body = "\n".join([*lines, "", *sign, "", *_flowed([wrote], 76), *_marked(">")])
    return _single("User-Agent: K-9 Mail for Android", "text/plain; charset=utf-8; format=flowed", _as_is(body))


def mutt(typed: Sequence[str], signature: str) -> bytes:
    """mutt with an editor that breaks lines at 72, as it is used: the answer below the quote."""
    wrote = "On Mon, Nov 23, 2026 at 09:00:00AM +0000, Example Ltd complaints wrote:"
    lines = [wrote, *_marked(), "", *_wrapped(typed, 72), "", "-- ", *signature.split("\n")]
    return _single("User-Agent: Mutt/2.2.12 (2023-09-09)", "text/plain; charset=utf-8", _as_is("\n".join(lines)))


def roundcube(typed: Sequence[str], signature: str) -> bytes:
    """Roundcube: plain text, flowed, top-posted, with the signature below what was typed."""
    lines = [
        *_flowed(typed),
        "",
        "---",
        *signature.split("\n"),
        "",
        "On 2026-11-23 09:00, Example Ltd complaints wrote:",
    ]
    kind = "text/plain; charset=UTF-8;\r\n format=flowed"
    return _single("User-Agent: Roundcube Webmail/1.6.5", kind, _as_is("\n".join([*lines, *_marked()])))


def em_client(typed: Sequence[str], signature: str) -> bytes:
    """eM Client: a divider in words, then headers without colons."""
    rows = _html_lines(typed, "<div>", "</div>", "&nbsp;")
    sign = _link_lines(signature.split("\n"), "<div>", "</div>")
    facts = [f'From "Example Ltd complaints" <{US}>', 'To "Priya Nair" <priya@firm.example>']
    facts += ["Date 23/11/2026 09:00:00", f"Subject {SUBJECT}"]
    html = (
        '<!DOCTYPE html><html><head>\n<style id="css_styles">\nblockquote.cite { margin-left: 5px; }\n</style></head>\n'
        f'<body class="plain">{rows}<div id="signature_old"><div><br></div>{sign}</div>\n<div>&nbsp;</div>\n'
        f"<div>------ Original Message ------</div>\n{_html_lines(facts, '<div>', '</div>')}<div><br></div>\n"
        f'<div id="x8f2"><blockquote cite="x" type="cite" class="cite2">\n{_notification_html()}</blockquote></div>\n'
        "</body></html>"
    )
    text = [*_wrapped(typed, 78), "", *signature.split("\n"), "", "------ Original Message ------", *facts, ""]
    return _alternative(
        "User-Agent: eM_Client/10.0.3266.0", _quoted_printable("\n".join([*text, *_marked(">")])), _base64(html)
    )


def zimbra(typed: Sequence[str], signature: str) -> bytes:
    """Zimbra: a rule, then a bold header block; the original follows unmarked."""
    names = dict(_OUTLOOK_NAMES) | {"Sent:": "Monday, 23 November, 2026 09:00:00"}
    block = _headers(names, end="<br />")
    html = (
        '<html><body><div style="font-family: arial, helvetica, sans-serif; font-size: 12pt; color: #000000">'
        f"{_html_lines(typed, '<div>', '</div>', '<br data-mce-bogus=&quot;1&quot;>')}<div><br></div>"
        f'<div data-marker="__SIG_POST__">-- <br></div><div>{signature.replace(chr(10), "<br>")}</div>'
        '<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">'
        f'{block}</div><br><div data-marker="__QUOTED_TEXT__">{_notification_html()}</div></div></body></html>'
    )
    text = [*typed, "", "-- ", *signature.split("\n"), "", "-" * 5 + " Original Message -----"]
    text += [f"{name} {value}" for name, value in names.items()]
    plain = _quoted_printable("\n".join([*text, "", *NOTIFICATION]))
    return _alternative("X-Mailer: Zimbra 10.0.7_GA_4598", plain, _quoted_printable(html))


PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "Outlook for Windows": outlook_desktop,
        "Outlook on the web": outlook_web,
        "Outlook for iOS": outlook_phone,
        "Gmail on the web": gmail_web,
        "Gmail for Android": gmail_phone,
        "Apple Mail": apple_mail,
        "iPhone": iphone,
        "Thunderbird": thunderbird,
        "Thunderbird, below the quote": thunderbird_below,
        "Yahoo": yahoo,
        "Proton Mail": proton,
        "GMX": gmx,
        "K-9 Mail": k9,
        "mutt": mutt,
        "Roundcube": roundcube,
        "eM Client": em_client,
        "Zimbra": zimbra,
    }
)
