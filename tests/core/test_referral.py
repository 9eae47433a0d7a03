"""Complaints that colleagues pass on: as each mail program forwards them, in eight languages, and mails in mails."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SAM, US, mail
from mailcase.core.mail.forwarded_dates import moment_in
from mailcase.core.mail.message import read
from mailcase.core.mail.referral import Proposal, proposed, staff_with_customer

LONDON = ZoneInfo("Europe/London")
BERLIN = ZoneInfo("Europe/Berlin")
WHEN = datetime(2026, 11, 16, 14, 5, tzinfo=UTC)
PRIYA = "priya@firm.example"
SUBJECT = "My order"
WORDS = "It never came.\n\nSam"
GMAIL = "---------- Forwarded message ---------"
NAMED = f"Sam Okafor <{SAM}>"


def is_ours(address: str) -> bool:
    return address.lower().endswith("@firm.example")


def proposed_in(raw: bytes, zone: ZoneInfo = LONDON) -> Proposal | None:
    return proposed(raw, read(raw), is_ours, zone)


def forwarded(text: str, **headers: str) -> bytes:
    return mail(f"Priya Nair <{PRIYA}>", f"FW: {SUBJECT}", text, **headers)


# As programs forward: the words of the program around the same mail

INLINE = {
    "Outlook": f"See below.\n\n________________________________\nFrom: {NAMED}\nSent: Monday, 16 November 2026 14:05\n"
    f"To: {PRIYA}\nSubject: {SUBJECT}\n\n{WORDS}",
    "Outlook, nothing added": f"From: {NAMED}\nSent: 16 November 2026 14:05\nTo: {PRIYA}\n"
    f"Subject: {SUBJECT}\n\n{WORDS}",
    "Outlook, American": f"FYI\n\nFrom: {NAMED}\nSent: Monday, November 16, 2026 2:05 PM\nTo: Priya\n"
    f"Subject: {SUBJECT}\n\n{WORDS}",
    "Outlook, old": f"FYI\n\n-----Original Message-----\nFrom: Sam Okafor [mailto:{SAM}] \n"
    f"Sent: 16 November 2026 14:05\nTo: Priya\nSubject: {SUBJECT}\n\n{WORDS}",
    "Outlook, linked": f"FYI\n\nFrom: Sam Okafor <{SAM}<mailto:{SAM}>>\nSent: Monday, 16 November 2026 14:05\n"
    f"To: Priya Nair <{PRIYA}<mailto:{PRIYA}>>\nSubject: {SUBJECT}\n\n{WORDS}",
    "Outlook, bold": f"FYI\n\n*From:* {NAMED}\n*Sent:* Monday, 16 November 2026 14:05\n*To:* Priya\n"
    f"*Subject:* {SUBJECT}\n\n{WORDS}",
    "Outlook, a long list of addressees": f"FYI\n\nFrom: {NAMED}\nSent: Monday, 16 November 2026 14:05\n"
    f"To: Priya Nair <{PRIYA}>;\n tom@firm.example;\n ann@firm.example\nCc: b@firm.example\n"
    f"Subject: {SUBJECT}\n\n{WORDS}",
    "Gmail": f"FYI\n\n{GMAIL}\nFrom: Sam Okafor <{SAM}>\n"
    f"Date: Mon, 16 Nov 2026 at 14:05\nSubject: {SUBJECT}\nTo: <{PRIYA}>\n\n\n{WORDS}",
    "Gmail, American": f"{GMAIL}\nFrom: Sam Okafor <{SAM}>\n"
    f"Date: Mon, Nov 16, 2026 at 2:05\u202fPM\nSubject: {SUBJECT}\nTo: <{PRIYA}>\n\n\n{WORDS}",
    "Apple Mail": f"FYI\n\nBegin forwarded message:\n\nFrom: {NAMED}\nSubject: {SUBJECT}\n"
    f"Date: 16 November 2026 at 14:05:00 GMT\nTo: {PRIYA}\n\n{WORDS}",
    "Apple Mail, quoted": f"FYI\n\nBegin forwarded message:\n\n> From: {NAMED}\n> Subject: {SUBJECT}\n"
    f"> Date: 16 November 2026 at 14:05:00 GMT\n> To: {PRIYA}\n>\n> It never came.\n>\n> Sam",
    "iPhone": f"\n\nSent from my iPhone\n\nBegin forwarded message:\n\n> From: {NAMED}\n"
    f"> Date: 16 November 2026 at 14:05:00 GMT\n> To: {PRIYA}\n> Subject: {SUBJECT}\n> \n> It never came.\n> \n> Sam",
    "Thunderbird": f"FYI\n\n-------- Forwarded Message --------\nSubject: \t{SUBJECT}\n"
    f"Date: \tMon, 16 Nov 2026 14:05:00 +0000\nFrom: \t{NAMED}\nTo: \t{PRIYA}\n\n\n\n{WORDS}",
    "Thunderbird, another zone": f"-------- Forwarded Message --------\nSubject: {SUBJECT}\n"
    f"Date: Mon, 16 Nov 2026 09:05:00 -0500 (EST)\nFrom: {NAMED}\nTo: {PRIYA}\n\n{WORDS}",
    "Outlook in German": f"Bitte ansehen.\n\nVon: {NAMED}\nGesendet: Montag, 16. November 2026 14:05\n"
    f"An: {PRIYA}\nBetreff: {SUBJECT}\n\n{WORDS}",
    "Gmail in German": f"{GMAIL}\nVon: {NAMED}\nDate: Mo., 16. Nov. 2026 um 14:05 Uhr\n"
    f"Subject: {SUBJECT}\nTo: <{PRIYA}>\n\n\n{WORDS}",
    "Apple Mail in German": f"Anfang der weitergeleiteten Nachricht:\n\nVon: {NAMED}\nBetreff: {SUBJECT}\n"
    f"Datum: 16. November 2026 um 14:05:00 GMT\nAn: {PRIYA}\n\n{WORDS}",
    "webmail in German": f"-------- Weitergeleitete Nachricht --------\nBetreff: {SUBJECT}\nDatum: 16.11.2026 14:05\n"
    f"Von: {NAMED}\nAn: {PRIYA}\n\n{WORDS}",
    "Outlook in French": f"Voir ci-dessous.\n\nDe : {NAMED}\nEnvoyé : lundi 16 novembre 2026 14:05\nÀ : {PRIYA}\n"
    f"Objet : {SUBJECT}\n\n{WORDS}",
    "Gmail in French": f"{GMAIL}\nDe : {NAMED}\nDate: lun. 16 nov. 2026 à 14:05\n"
    f"Subject: {SUBJECT}\nTo: <{PRIYA}>\n\n\n{WORDS}",
    "Apple Mail in French": f"Début du message transféré :\n\nDe\xa0: {NAMED}\nObjet\xa0: {SUBJECT}\n"
    f"Date\xa0: 16 novembre 2026 à 14:05:00 UTC\nÀ\xa0: {PRIYA}\n\n{WORDS}",
    "Outlook in Spanish": f"Mira.\n\nDe: {NAMED}\nEnviado el: lunes, 16 de noviembre de 2026 14:05\nPara: {PRIYA}\n"
    f"Asunto: {SUBJECT}\n\n{WORDS}",
    "Outlook on the web in Spanish": f"De: {NAMED}\nEnviado: lunes, 16 de noviembre de 2026 2:05 p. m.\nPara: {PRIYA}\n"
    f"Asunto: {SUBJECT}\n\n{WORDS}",
    "Apple Mail in Spanish": f"Inicio del mensaje reenviado:\n\nDe: {NAMED}\nAsunto: {SUBJECT}\n"
    f"Fecha: 16 de noviembre de 2026, 14:05:00 GMT\nPara: {PRIYA}\n\n{WORDS}",
    "Outlook in Italian": f"Da: {NAMED}\nInviato: lunedì 16 novembre 2026 14:05\nA: {PRIYA}\n"
    f"Oggetto: {SUBJECT}\n\n{WORDS}",
    "Gmail in Italian": f"{GMAIL}\nDa: {NAMED}\nDate: lun 16 nov 2026 alle ore 14:05\n"
    f"Subject: {SUBJECT}\nTo: <{PRIYA}>\n\n\n{WORDS}",
    "Outlook in Dutch": f"Van: {NAMED}\nVerzonden: maandag 16 november 2026 14:05\nAan: {PRIYA}\n"
    f"Onderwerp: {SUBJECT}\n\n{WORDS}",
    "Gmail in Dutch": f"{GMAIL}\nVan: {NAMED}\nDate: ma 16 nov 2026 om 14:05\n"
    f"Subject: {SUBJECT}\nTo: <{PRIYA}>\n\n\n{WORDS}",
    "Outlook in Portuguese": f"De: {NAMED}\nEnviada em: segunda-feira, 16 de novembro de 2026 14:05\nPara: {PRIYA}\n"
    f"Assunto: {SUBJECT}\n\n{WORDS}",
    "Gmail in Portuguese": f"{GMAIL}\nDe: {NAMED}\n"
    f"Date: seg., 16 de nov. de 2026 às 14:05\nSubject: {SUBJECT}\nTo: <{PRIYA}>\n\n\n{WORDS}",
    "Outlook in Polish": f"Od: {NAMED}\nWysłano: poniedziałek, 16 listopada 2026 14:05\nDo: {PRIYA}\n"
    f"Temat: {SUBJECT}\n\n{WORDS}",
    "Gmail in Polish": f"{GMAIL}\nOd: {NAMED}\nDate: pon., 16 lis 2026 o 14:05\n"
    f"Subject: {SUBJECT}\nTo: <{PRIYA}>\n\n\n{WORDS}",
}


@pytest.mark.parametrize("text", INLINE.values(), ids=INLINE)
def test_an_inline_forward_names_the_customer_the_date_and_the_words(text: str) -> None:
    assert proposed_in(forwarded(text)) == Proposal(SAM, "Sam Okafor", WHEN, SUBJECT, WORDS)


IN_HTML = {
    "Outlook": f"<p class=MsoNormal>FYI</p><div style='border-top:solid'><p class=MsoNormal><b>From:</b> Sam Okafor "
    f"&lt;{SAM}&gt; <br><b>Sent:</b> Monday, 16 November 2026 14:05<br><b>To:</b> Priya<br><b>Subject:</b> {SUBJECT}"
    "</p></div><p>It never came.</p><p>Sam</p>",
    "Gmail": f"<div dir=ltr>FYI<br><br><div class=gmail_quote><div dir=ltr class=gmail_attr>{GMAIL}<br>"
    f"From: <strong>Sam Okafor</strong> <span>&lt;<a href='mailto:{SAM}'>{SAM}</a>&gt;</span><br>"
    f"Date: Mon, 16 Nov 2026 at 14:05<br>Subject: {SUBJECT}<br>To:  &lt;<a href='mailto:{PRIYA}'>{PRIYA}</a>&gt;<br>"
    "</div><br><br><p>It never came.</p><p>Sam</p></div></div>",
    "Apple Mail": f"FYI<br><div><br><blockquote type=cite><div>Begin forwarded message:</div><br><div><b>From: </b>"
    f"Sam Okafor &lt;<a href='mailto:{SAM}'>{SAM}</a>&gt;</div><div><b>Subject: </b><b>{SUBJECT}</b></div>"
    f"<div><b>Date: </b>16 November 2026 at 14:05:00 GMT</div><div><b>To: </b>{PRIYA}</div><br>"
    "<div>It never came.<br><br>Sam</div>"
    "</blockquote></div>",
    "Thunderbird": f"<p>FYI</p><div>-------- Forwarded Message --------<table><tbody>"
    f"<tr><th>Subject: </th><td>{SUBJECT}</td></tr>"
    "<tr><th>Date: </th><td>Mon, 16 Nov 2026 14:05:00 +0000</td></tr><tr><th>From: </th><td>Sam Okafor "
    f"<a href='mailto:{SAM}'>&lt;{SAM}&gt;</a></td></tr><tr><th>To: </th><td>{PRIYA}</td></tr></tbody></table><br><br>"
    "<p>It never came.</p><p>Sam</p></div>",
}


@pytest.mark.parametrize("html", IN_HTML.values(), ids=IN_HTML)
def test_an_inline_forward_is_read_out_of_html(html: str) -> None:
    found = proposed_in(forwarded(html, content_type="text/html; charset=utf-8"))
    assert found == Proposal(SAM, "Sam Okafor", WHEN, SUBJECT, WORDS)


# Whose it is

BLOCK = "From: {}\nSent: Monday, 16 November 2026 14:05\nTo: somebody\nSubject: My order\n\n"
NESTED = {
    "a colleague had it first": (
        BLOCK.format("Tom <tom@firm.example>") + "Can you?\n\n" + BLOCK.format(NAMED) + WORDS,
        SAM,
    ),
    "two colleagues had it first": (
        BLOCK.format("Tom <tom@firm.example>") + BLOCK.format("Ann <ann@FIRM.example>") + BLOCK.format(NAMED) + WORDS,
        SAM,
    ),
    "we had answered": (BLOCK.format(f"Complaints <{US}>") + "Dear Sam\n\n" + BLOCK.format(NAMED) + WORDS, SAM),
    "the customer passes on the mail of another": (
        BLOCK.format(NAMED) + WORDS + "\n\n" + BLOCK.format("x@shop.example"),
        SAM,
    ),
    "the customer writes a header block": (BLOCK.format(NAMED) + BLOCK.format("victim@example.com"), SAM),
    "only colleagues": (BLOCK.format("Tom <tom@firm.example>") + "Hello", None),
    "a name without an address": (BLOCK.format("Sam Okafor") + WORDS, None),
    "a name, and another further in": (
        BLOCK.format("Sam Okafor") + WORDS + "\n\n" + BLOCK.format("x@shop.example"),
        None,
    ),
    "two addresses": (BLOCK.format(f"{SAM}, victim@example.com") + WORDS, None),
    "an address as the name of another": (BLOCK.format(f"{SAM} <victim@example.com>") + WORDS, None),
    "on behalf of another": (BLOCK.format(f"desk@shop.example on behalf of {NAMED}") + WORDS, None),
    "no header block": ("Sam complains that it never came.", None),
    "a lone line": (f"From: {NAMED}\n\nIt never came.", None),
    "an attribution": (f"On 16 November 2026 at 14:05, {NAMED} wrote:\n> It never came.", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("text", "address"), NESTED.values(), ids=NESTED)
def test_the_outermost_forward_that_is_not_our_own_counts(text: str, address: str | None) -> None:
    found = proposed_in(forwarded(text))
    assert (found and found.address) == address


def test_a_forward_of_a_forward_keeps_what_the_customer_quoted() -> None:
    text = BLOCK.format(NAMED) + "See what they wrote:\n\n> No.\n"
    found = proposed_in(forwarded(text))
    assert found is not None
    assert found.text == "See what they wrote:\n\n> No."


def test_one_level_of_quotation_goes_with_the_forward() -> None:
    quoted = "\n".join(f"> {line}" for line in (BLOCK.format(NAMED) + "See:\n> No.").split("\n"))
    found = proposed_in(forwarded(quoted))
    assert found is not None
    assert found.text == "See:\n> No."


# Attached


def attached(*originals: bytes, text: str = "See attached.") -> bytes:
    parts = [f"Content-Type: text/plain\r\n\r\n{text}\r\n".encode()]
    parts += [b"Content-Type: message/rfc822\r\n\r\n" + original for original in originals]
    boundary = f"b{len(b''.join(originals))}"
    head = f"From: {PRIYA}\r\nTo: {US}\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
    return (
        head
        + b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
        + f"--{boundary}--\r\n".encode()
    )


ORIGINAL = mail(NAMED, SUBJECT, WORDS.replace("\n", "\r\n"), date="Mon, 16 Nov 2026 15:05:00 +0100")


def test_an_attached_mail_names_the_customer_the_date_and_the_words() -> None:
    assert proposed_in(attached(ORIGINAL)) == Proposal(SAM, "Sam Okafor", WHEN, SUBJECT, WORDS)


def test_what_the_last_server_wrote_goes_before_what_the_author_wrote() -> None:
    trace = b"".join(b"Received: from a by b; Mon, 16 Nov 2026 14:0%d:00 +0000\r\n" % minute for minute in (7, 6))
    found = proposed_in(attached(trace + ORIGINAL))
    assert found is not None
    assert found.received == datetime(2026, 11, 16, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 99 Nov 2026 14:05:00 +0000", "Fri, 31 Dec 9999 23:59:59 -1200"]
)
def test_a_date_that_cannot_be_read_is_left_to_the_handler(date: str) -> None:
    found = proposed_in(attached(mail(NAMED, SUBJECT, WORDS, date=date)))
    assert found is not None
    assert found.received is None


def test_an_attached_mail_goes_before_what_the_text_says() -> None:
    found = proposed_in(attached(ORIGINAL, text=BLOCK.format("victim@example.com")))
    assert found is not None
    assert found.address == SAM


def test_the_first_attached_mail_counts() -> None:
    found = proposed_in(attached(ORIGINAL, mail("victim@example.com")))
    assert found is not None
    assert found.address == SAM


def test_in_an_attached_mail_of_a_colleague_the_next_one_in_counts() -> None:
    for inner in (attached(ORIGINAL), attached(attached(ORIGINAL)), forwarded(INLINE["Outlook"])):
        found = proposed_in(attached(inner))
        assert found is not None
        assert (found.address, found.received) == (SAM, WHEN)


def test_mails_are_opened_only_so_deep() -> None:
    raw = ORIGINAL
    for _ in range(50):
        raw = attached(raw)
    assert proposed_in(raw) is None


@pytest.mark.parametrize("sender", ["", "Sam", f"{SAM}, victim@example.com", f"{SAM} <victim@example.com>"])
def test_an_attached_mail_that_names_nobody_plainly_is_no_proposal(sender: str) -> None:
    assert proposed_in(attached(mail(sender))) is None


# Dates

READ = [
    # label, as written, in which zone, when (UTC)
    ("sent", "Monday, 16 November 2026 14:05", LONDON, (2026, 11, 16, 14, 5)),
    ("sent", "Monday, 16 November 2026 14:05", BERLIN, (2026, 11, 16, 13, 5)),
    ("sent", "16 July 2026 14:05", LONDON, (2026, 7, 16, 13, 5)),
    ("sent", "16 July 2026 12:05 AM", LONDON, (2026, 7, 15, 23, 5)),
    ("sent", "16 November 2026 12:05 PM", LONDON, (2026, 11, 16, 12, 5)),
    ("sent", "2026-11-16 14:05", LONDON, (2026, 11, 16, 14, 5)),
    ("date", "16 July 2026 at 14:05:12 BST", LONDON, (2026, 7, 16, 13, 5, 12)),
    ("date", "16 July 2026 at 14:05:12 GMT+1", LONDON, (2026, 7, 16, 13, 5, 12)),
    ("date", "16 July 2026 at 14:05:12 UTC+05:30", LONDON, (2026, 7, 16, 8, 35, 12)),
    ("date", "Thu, 16 Jul 2026 14:05:12 +0200 (CEST)", LONDON, (2026, 7, 16, 12, 5, 12)),
    ("datum", "3.5.2026 14:05", BERLIN, (2026, 5, 3, 12, 5)),
    ("datum", "16. März 2026 um 14:05 Uhr", BERLIN, (2026, 3, 16, 13, 5)),
    ("datum", "ma 16 mrt 2026 14:05", BERLIN, (2026, 3, 16, 13, 5)),
    ("envoyé", "vendredi 14 août 2026 14:05", BERLIN, (2026, 8, 14, 12, 5)),
    ("data", "16 września 2026 14:05", BERLIN, (2026, 9, 16, 12, 5)),
    ("data", "pt., 16 paź 2026 o 14:05", BERLIN, (2026, 10, 16, 12, 5)),
    ("sent", "25 October 2026 01:30", LONDON, (2026, 10, 25, 0, 30)),  # comes twice: the first
    ("sent", "29 March 2026 01:30", LONDON, (2026, 3, 29, 1, 0)),  # never comes: the jump
]
UNREAD = [
    ("sent", "16.11.2026 14:05"),
    ("date", "03/05/2026 14:05"),
    ("sent", "3/5/26 14:05"),
    ("datum", "03/05/2026 14:05"),
    ("data", "03/05/2026 14:05"),
    ("sent", "16 November 2026"),
    ("sent", "16 November 14:05"),
    ("sent", "Tuesday, 16 November 2026 14:05"),
    ("sent", "Someday, 16 November 2026 14:05"),
    ("sent", "31 November 2026 14:05"),
    ("sent", "0 November 2026 14:05"),
    ("sent", "16 Ju 2026 14:05"),
    ("sent", "16 Nonsense 2026 14:05"),
    ("sent", "16 November 2026 25:05"),
    ("sent", "16 November 2026 14:65"),
    ("sent", "16 November 2026 14:05 PM"),
    ("sent", "16 November 2026 0:05 PM"),
    ("sent", "16 November 2026 14:05 EST"),
    ("sent", "16 July 2026 14:05 +9900"),
    ("sent", "16 November 2026 14:05 CET"),
    ("sent", "16 novembre 2026 14:05"),
    ("envoyé", "16 jui 2026 14:05"),
    ("datum", "16. listopada 2026. 14:05"),
    ("datum", "31.11.2026 14:05"),
    ("sent", "16 November 1526 14:05"),
    ("sent", "yesterday"),
    ("sent", ""),
    ("", "16 November 2026 14:05"),
    ("送信日時", "2026年11月16日 14:05"),
]


@pytest.mark.parametrize(("label", "words", "zone", "when"), READ)
def test_a_date_that_means_one_moment_is_read(label: str, words: str, zone: ZoneInfo, when: tuple[int, ...]) -> None:
    year, month, day, hour, minute, second = (*when, 0)[:6]
    assert moment_in(label, words, zone) == datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(("label", "words"), UNREAD)
def test_a_date_that_may_mean_two_moments_or_none_is_not_read(label: str, words: str) -> None:
    assert moment_in(label, words, LONDON) is None


# Never raises

LINES = st.sampled_from(
    (
        *("From: ", "Von: ", "Sent: ", "Date: ", "Subject: ", "To: ", SAM, PRIYA, "<", ">", "> ", "[mailto:", "]", "*"),
        *("\n", "\n\n", "16 November 2026 14:05", "16.11.2026 14:05", "PM", "+0000", "Received: ;", "Content-Type: "),
        *(
            "---------- Forwarded message ---------",
            "message/rfc822",
            "multipart/mixed; boundary=b",
            "\n--b\n",
            "\n--b--\n",
        ),
    )
)


@given(st.lists(LINES, max_size=60).map("".join) | st.text())
def test_whatever_is_passed_on_nothing_is_raised(text: str) -> None:
    for raw in (forwarded(text), text.encode("utf-8", "replace")):
        found = proposed_in(raw)
        assert found is None or (found.address and not is_ours(found.address))


@given(st.sampled_from(["sent", "datum", "date", "data"]), st.text(alphabet="0123456789:. +-,apmnovgtuc()") | st.text())
def test_whatever_stands_for_a_date_nothing_is_raised(label: str, words: str) -> None:
    found = moment_in(label, words, LONDON)
    assert found is None or found.utcoffset() is not None


# Mail of staff to a customer

TO = [
    (f"To: {SAM}\r\nCc: {US}", SAM),
    (f"To: {NAMED}\r\nCc: {US}", SAM),
    (f"To: {SAM}, tom@firm.example\r\nCc: {US}", SAM),
    (f"To: {SAM}, SAM@example.org\r\nCc: {US}", SAM.upper().replace("EXAMPLE.ORG", "example.org")),
    (f"To: {SAM}\r\nCc: {US}, ann@example.com", SAM),
    (f"To: {SAM}, ann@example.com\r\nCc: {US}", ""),
    (f"To: {SAM}\r\nTo: ann@example.com\r\nCc: {US}", ""),
    (f"To: tom@firm.example\r\nCc: {US}, {SAM}", ""),
    (f"To: {US}", ""),
    (f"Cc: {US}", ""),
    ("To: undisclosed-recipients:;", ""),
]


@pytest.mark.parametrize(("head", "customer"), TO)
def test_a_mail_of_staff_names_the_one_customer_it_went_to(head: str, customer: str) -> None:
    raw = f"From: Priya Nair <{PRIYA}>\r\n{head}\r\nSubject: Hello\r\n\r\nDear Sam\r\n".encode()
    assert staff_with_customer(read(raw), is_ours) == customer


@pytest.mark.parametrize("sender", [SAM, "", f"{PRIYA}, {SAM}"])
def test_a_mail_that_is_not_by_staff_names_nobody(sender: str) -> None:
    raw = f"From: {sender}\r\nTo: ann@example.com\r\nCc: {US}\r\n\r\nHello\r\n".encode()
    assert staff_with_customer(read(raw), is_ours) == ""
