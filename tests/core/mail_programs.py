"""Replies as mail programs really send them: the MIME, the HTML, the quoted original and the signature of each.

Every program takes what somebody typed, line by line, and answers the same notification, which has keyword lines of
its own: facts, words of the customer that look like commands, and what can be answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Protocol

from core.mail_parts import (
    NOTIFICATION,
    SUBJECT,
    US,
    alternative,
    capital,
    curly,
    head,
    headers,
    html_lines,
    in_base64,
    in_bytes,
    link_lines,
    marked,
    paragraphs,
    quoted_printable,
    single,
    wrapped,
)
from core.plain_programs import k9, mutt, outlook_plain, roundcube, thunderbird, thunderbird_below


class Program(Protocol):
    """What somebody typed, their signature, and the mail that they answer, as the bytes of a reply."""

    def __call__(self, typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes: ...


_OUTLOOK_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "From:": f"Example Ltd complaints <{US}>",
        "Sent:": "23 November 2026 09:00",
        "To:": "Priya Nair <priya@firm.example>",
        "Subject:": SUBJECT,
    }
)


def outlook_desktop(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Outlook for Windows: Word's HTML, a signature without a marker, a header block below a thin line."""
    lines = [curly(line) for line in typed]
    own = html_lines(lines, "<p class=MsoNormal><span style='mso-fareast-language:EN-US'>", "<o:p></o:p></span></p>")
    own = own.replace("<br><o:p>", "<o:p>&nbsp;")
    sign = link_lines(
        signature.split("\n"), "<p class=MsoNormal><span style='color:#1F497D'>", "<o:p></o:p></span></p>"
    )
    logo = '<p class=MsoNormal><img width=120 height=40 id="Picture_x0020_1" src="cid:image001.png@01DB3D" alt=""></p>'
    block = headers(_OUTLOOK_NAMES, "<b><span lang=EN-US>{}</span></b>")
    html = (
        '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">\n<head>'
        '<meta http-equiv=Content-Type content="text/html; charset=utf-8">\n<style><!--\n/* Style Definitions */\n'
        "p.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt;}\n--></style></head>\n"
        f'<body lang=EN-GB link="#0563C1" vlink="#954F72"><div class=WordSection1>\n{own}'
        f"<p class=MsoNormal><o:p>&nbsp;</o:p></p>\n{sign}{logo}\n"
        "<div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>\n"
        f"<p class=MsoNormal>{block}</p></div></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>\n"
        f"{paragraphs(theirs)}</div></body></html>"
    )
    quoted = [f"{name} {value}" for name, value in _OUTLOOK_NAMES.items()]
    plain = "\n\n".join([*lines, *signature.split("\n")]) + "\n\n" + "\n".join([*quoted, "", *theirs])
    return alternative("X-Mailer: Microsoft Outlook 16.0", quoted_printable(plain), quoted_printable(html))


def outlook_web(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Outlook on the web: HTML alone."""
    own = html_lines(
        typed, '<div class="elementToProof" style="font-family: Aptos, Arial; font-size: 12pt;">', "</div>"
    )
    sign = link_lines(signature.split("\n"), '<p class="x_MsoNormal" style="margin:0cm">', "</p>")
    html = (
        '<html><head>\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n<style type="text/css" '
        f'style="display:none;"> P {{margin-top:0;margin-bottom:0;}} </style>\n</head>\n<body dir="ltr">\n{own}'
        f'<div id="Signature">{sign}</div>\n<div id="appendonsend"></div>\n<hr style="display:inline-block;width:98%" '
        'tabindex="-1">\n<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" '
        f'color="#000000">{headers(_OUTLOOK_NAMES)}</font>\n<div>&nbsp;</div>\n</div>\n'
        f"{paragraphs(theirs)}</body></html>"
    )
    return single("X-MS-Has-Attach:", 'text/html; charset="utf-8"', in_base64(html))


def outlook_phone(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Outlook for iOS: capitals at the beginning of lines, an advertisement of its own."""
    lines = [curly(capital(line)) for line in typed]
    own = html_lines(lines, '<div dir="ltr" style="font-family: Aptos, sans-serif;">', "</div>")
    sign = html_lines(signature.split("\n"), "<div>", "</div>") if signature else ""
    get = '<div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div>'
    html = (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>'
        f'{own}<div id="ms-outlook-mobile-body-separator-line" dir="ltr"><br></div>{sign}{get}'
        '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
        f'<font face="Calibri, sans-serif">{headers(_OUTLOOK_NAMES)}</font><div>&nbsp;</div></div>'
        f"{paragraphs(theirs)}</body></html>"
    )
    quoted = [f"{name} {value}" for name, value in _OUTLOOK_NAMES.items()]
    plain = [*lines, "", *signature.split("\n"), "Get Outlook for iOS<https://aka.ms/o0ukef>", "_" * 32, *quoted]
    body = "\n".join([*plain, "", *theirs])
    return alternative("X-Mailer: Outlook for iOS", quoted_printable(body), quoted_printable(html))


_GMAIL_WROTE = f"On Mon, 23 Nov 2026 at 09:00, Example Ltd complaints <\n{US}> wrote:"


def _gmail_quote(theirs: Sequence[str]) -> str:
    address = f'&lt;<a href="mailto:{US}">{US}</a>&gt;'
    return (
        '<br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
        f"On Mon, 23 Nov 2026 at 09:00, Example Ltd complaints {address} wrote:<br></div>"
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);'
        f'padding-left:1ex">{paragraphs(theirs)}</blockquote></div>'
    )


def _bold_keyword(line: str, before: str, after: str) -> str:
    word, colon, rest = line.partition(":")
    return f"{before}{word}:{after}{rest}" if colon and word.isalpha() else line


def gmail_web(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Gmail: the first line stands in no element, keywords in bold, spaces that do not break, a marked signature."""
    plain = [_bold_keyword(line, "*", "*") for line in typed]
    first, *others = [escape(line, quote=False).replace("  ", "&nbsp; ") for line in typed]
    first, *others = [_bold_keyword(line, "<b>", "</b>") for line in (first, *others)]
    rows = "".join(f"<div>{line.replace(': ', ':&nbsp;', 1) or '<br>'}</div>" for line in others)
    sign = html_lines(signature.split("\n"), "<div>", "</div>")
    html = (
        f'<div dir="ltr">{first}{rows}<div><br clear="all"></div><div><span class="gmail_signature_prefix">-- </span>'
        f'<br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">{sign}</div></div></div>'
        f"{_gmail_quote(theirs)}"
    )
    text = [*wrapped(plain, 76), "", "-- ", *signature.split("\n"), "", *_GMAIL_WROTE.split("\n"), "", *marked(theirs)]
    return alternative("X-Gm-Gg: 0", in_base64("\n".join(text)), quoted_printable(html))


def gmail_phone(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Gmail for Android: capitals, paragraphs as elements with a gap of their own, no signature marker."""
    lines = [capital(line) for line in typed]
    rows = html_lines(lines, '<div dir="auto">', "</div>").replace("\n", "")
    sign = html_lines(signature.split("\n"), '<div dir="auto">', "</div>").replace("\n", "")
    html = f'<div dir="auto">{rows}<div dir="auto"><br></div>{sign}</div>{_gmail_quote(theirs)}'
    text = [*wrapped(lines, 76), "", *signature.split("\n"), "", *_GMAIL_WROTE.split("\n"), "", *marked(theirs)]
    return alternative("X-Gm-Gg: 0", quoted_printable("\n".join(text)), quoted_printable(html))


def _apple_quote(wrote: str, theirs: Sequence[str]) -> str:
    return (
        f'<blockquote type="cite"><div>{escape(wrote, quote=False)}</div><br class="Apple-interchange-newline">'
        f"<div>{paragraphs(theirs)}</div></blockquote>"
    )


def apple_mail(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Apple Mail: the attribution stands inside the quote, smart quotes in what was typed."""
    lines = [curly(line) for line in typed]
    wrote = f"On 23 Nov 2026, at 09:00, Example Ltd complaints <{US}> wrote:"
    rows = html_lines(lines, "<div>", "</div>").replace("\n", "")
    sign = html_lines(signature.split("\n"), "<div>", "</div>").replace("\n", "")
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body '
        'style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">'
        f'{rows}<br><div>{sign}</div><br id="lineBreakAtBeginningOfMessage"><div><br>{_apple_quote(wrote, theirs)}'
        "</div><br></body></html>"
    )
    text = "\n".join([*lines, "", *signature.split("\n"), "", f"> {wrote}", ">", *marked(theirs)])
    return alternative("X-Mailer: Apple Mail (2.3776.700.51)", quoted_printable(text), quoted_printable(html))


def iphone(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Mail on an iPhone: capitals, `Sent from my iPhone`, an empty mark at the beginning of the quote."""
    lines = [curly(capital(line)) for line in typed]
    wrote = f"On 23 Nov 2026, at 09:00, Example Ltd complaints <{US}> wrote:"
    first, *others = lines
    rows = escape(first, quote=False) + html_lines(others, "<div>", "</div>").replace("\n", "")
    html = (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">'
        f'{rows}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br>'
        f'<blockquote type="cite">{escape(wrote, quote=False)}<br><br></blockquote></div>'
        f'<blockquote type="cite"><div dir="ltr">\ufeff{paragraphs(theirs)}</div></blockquote></body></html>'
    )
    text = "\n".join([*lines, "", "Sent from my iPhone", "", f"> {wrote}", "> ", "> \ufeff", *marked(theirs)])
    return alternative("X-Mailer: iPhone Mail (22B91)", quoted_printable(text), in_base64(html))


def yahoo(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Yahoo: the quote has no marks, only an attribution; the plain part is moved in; zero-width spaces."""
    when = "On Monday, 23 November 2026 at 09:00:00 GMT, Example Ltd complaints"
    lines = [line.replace(": ", ":\u200b ", 1) for line in typed]
    rows = html_lines(lines, '<div dir="ltr" data-setdir="false">', "</div>")
    sign = html_lines(signature.split("\n"), "<div>", "</div>")
    html = (
        '<html><head></head><body><div class="ydp8a1b2c3dyahoo-style-wrap" style="font-family:Helvetica Neue, Arial;">'
        f'{rows}<div><br></div><div class="ydp8a1b2c3dsignature">{sign}</div></div>\n'
        '<div id="yahoo_quoted_4711" class="yahoo_quoted"><div style="font-family:Helvetica Neue, Arial;"><div>\n'
        f"{when} &lt;{US}&gt; wrote:\n</div><div><br></div><div><br></div><div>{paragraphs(theirs)}</div>"
        "</div></div></body></html>"
    )
    text = [*lines, "", *signature.split("\n"), "", f"   {when} <{US}> wrote:  ", " "]
    body = "\n".join([*[f" {line}" for line in text], *[f" {line}  " for line in theirs]])
    return alternative("X-Mailer: WebService/1.1.23040 YMailNorrin", quoted_printable(body), quoted_printable(html))


def proton(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Proton Mail: an advertisement below the signature, the quote in its own class."""
    wrote = f"On Monday, November 23rd, 2026 at 9:00 AM, Example Ltd complaints <{US}> wrote:"
    style = '<div style="font-family: Arial, sans-serif; font-size: 14px;">'
    sign = html_lines(signature.split("\n"), "<div>", "</div>")
    html = (
        f'{html_lines(typed, style, "</div>")}<div class="protonmail_signature_block" style="font-family: Arial;">'
        f'<div class="protonmail_signature_block-user">{sign}</div>{style}<br></div>'
        '<div class="protonmail_signature_block-proton">Sent with <a target="_blank" href="https://proton.me/mail/home">'
        f'Proton Mail</a> secure email.</div></div>{style}<br></div><div class="protonmail_quote">'
        f'{escape(wrote, quote=False)}<br><blockquote class="protonmail_quote" type="cite">{paragraphs(theirs)}'
        "</blockquote><br></div>"
    )
    return single("X-Pm-Message-ID: 8c0", "text/html; charset=utf-8", in_base64(html))


def gmx(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """GMX: HTML alone, a German header block in a box, no blockquote."""
    block = headers(
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
        f'{html_lines(typed, "<div>", "</div>", "&nbsp;")}\n<div>&nbsp;</div>\n\n<div class="signature">'
        f"{signature.replace(chr(10), '<br/>' + chr(10))}</div>\n\n<div>&nbsp;\n"
        '<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5; '
        f'word-wrap: break-word;">\n<div style="margin:0 0 10px 0;">{block}</div>\n\n<div name="quoted-content">'
        f"{paragraphs(theirs)}</div>\n</div>\n</div></div></body></html>"
    )
    return single("X-Priority: 3", "text/html; charset=UTF-8", quoted_printable(html))


def em_client(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """eM Client: a divider in words, then headers without colons."""
    rows = html_lines(typed, "<div>", "</div>", "&nbsp;")
    sign = link_lines(signature.split("\n"), "<div>", "</div>")
    facts = [f'From "Example Ltd complaints" <{US}>', 'To "Priya Nair" <priya@firm.example>']
    facts += ["Date 23/11/2026 09:00:00", f"Subject {SUBJECT}"]
    html = (
        '<!DOCTYPE html><html><head>\n<style id="css_styles">\nblockquote.cite { margin-left: 5px; }\n</style></head>\n'
        f'<body class="plain">{rows}<div id="signature_old"><div><br></div>{sign}</div>\n<div>&nbsp;</div>\n'
        f"<div>------ Original Message ------</div>\n{html_lines(facts, '<div>', '</div>')}<div><br></div>\n"
        f'<div id="x8f2"><blockquote cite="x" type="cite" class="cite2">\n{paragraphs(theirs)}</blockquote></div>\n'
        "</body></html>"
    )
    text = [*wrapped(typed, 78), "", *signature.split("\n"), "", "------ Original Message ------", *facts, ""]
    return alternative(
        "User-Agent: eM_Client/10.0.3266.0", quoted_printable("\n".join([*text, *marked(theirs, ">")])), in_base64(html)
    )


def zimbra(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Zimbra: a rule, then a bold header block; the original follows unmarked."""
    names = dict(_OUTLOOK_NAMES) | {"Sent:": "Monday, 23 November, 2026 09:00:00"}
    block = headers(names, end="<br />")
    html = (
        '<html><body><div style="font-family: arial, helvetica, sans-serif; font-size: 12pt; color: #000000">'
        f"{html_lines(typed, '<div>', '</div>', '<br data-mce-bogus=&quot;1&quot;>')}<div><br></div>"
        f'<div data-marker="__SIG_POST__">-- <br></div><div>{signature.replace(chr(10), "<br>")}</div>'
        '<hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">'
        f'{block}</div><br><div data-marker="__QUOTED_TEXT__">{paragraphs(theirs)}</div></div></body></html>'
    )
    text = [*typed, "", "-- ", *signature.split("\n"), "", "-" * 5 + " Original Message -----"]
    text += [f"{name} {value}" for name, value in names.items()]
    plain = quoted_printable("\n".join([*text, "", *theirs]))
    return alternative("X-Mailer: Zimbra 10.0.7_GA_4598", plain, quoted_printable(html))


def samsung(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Samsung Email: capitals, a divider in words, headers without marks, the original below."""
    rows = html_lines([capital(line) for line in typed], '<div dir="auto">', "</div>")
    sign = html_lines(signature.split("\n"), '<div dir="auto">', "</div>")
    facts = {"From:": f"Example Ltd complaints &lt;{US}&gt; ", "Date:": "23/11/2026  09:00  (GMT+00:00) "}
    facts |= {"To:": "Priya Nair &lt;priya@firm.example&gt; ", "Subject:": f"{SUBJECT} "}
    block = "".join(f"<div>{name} {value}</div>" for name, value in facts.items())
    html = (
        f'<html><head></head><body dir="auto">{rows}<div dir="auto"><br></div><div id="composer_signature">{sign}</div>'
        '<div dir="auto"><br></div><div style="font-size:100%;color:#000000"><!-- originalMessage -->'
        f"<div>-------- Original message --------</div>{block}<div><br></div></div>{paragraphs(theirs)}</body></html>"
    )
    return single("X-Mailer: Samsung Email", "text/html; charset=utf-8", in_base64(html))


def roundcube_html(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Roundcube with HTML: paragraphs, below the quote."""
    paragraphs_typed = escape("\n".join(typed), quote=False).split("\n\n")
    rows = "".join(f"<p>{words.replace(chr(10), '<br />')}</p>\n" for words in paragraphs_typed)
    sign = html_lines(signature.split("\n"), "", "<br>", "")
    html = (
        "<html><body style='font-size: 10pt; font-family: Verdana,Geneva,sans-serif'>\n"
        '<p id="reply-intro">On 2026-11-23 09:00, Example Ltd complaints wrote:</p>\n'
        '<blockquote type="cite" style="padding: 0 0.4em; border-left: #1010ff 2px solid; margin: 0">'
        f'<div id="replybody1">{paragraphs(theirs)}</div></blockquote>\n{rows}'
        f'<div id="_rc_sig">-- <br>{sign}</div></body></html>'
    )
    return single("User-Agent: Roundcube Webmail/1.6.5", "text/html; charset=UTF-8", quoted_printable(html))


def apple_card(typed: Sequence[str], signature: str, theirs: Sequence[str] = NOTIFICATION) -> bytes:
    """Apple Mail with a calling card: the signature and the quote stand in a part of their own behind it."""
    wrote = f"On 23 Nov 2026, at 09:00, Example Ltd complaints <{US}> wrote:"
    own = html_lines([curly(line) for line in typed], "<div>", "</div>")
    below = f"<div>{html_lines(signature.split(chr(10)), '<div>', '</div>')}</div>{_apple_quote(wrote, theirs)}"
    pages = (quoted_printable(f"<html><body>{words}</body></html>") for words in (own, below))
    first, last = (["Content-Type: text/html; charset=utf-8", *page] for page in pages)
    card = ["Content-Type: text/vcard; name=Priya.vcf", "Content-Disposition: inline; filename=Priya.vcf"]
    card += in_base64("BEGIN:VCARD")
    delimiter = "--b1_8f2c41d09a7e4b56"
    kind = f'Content-Type: multipart/mixed; boundary="{delimiter[2:]}"'
    lines = [delimiter, *first, delimiter, *card, delimiter, *last, f"{delimiter}--"]
    return in_bytes([*head("X-Mailer: Apple Mail (2.3776.700.51)", kind), "", *lines])


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
        "Outlook for Windows, plain text": outlook_plain,
        "Samsung Email": samsung,
        "Roundcube, HTML": roundcube_html,
        "Apple Mail with a calling card": apple_card,
    }
)
