"""Mail of forms and helpdesks: how fields stand in it, and what a customer may type without becoming another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import SAM, mail
from mailcase.core.mail.forms import Form, FormSaid, is_complaint, read_form
from mailcase.core.mail.message import read

NOREPLY = "noreply@firm.example"
VICTIM = "victim@example.com"
HTML: Mapping[str, str] = {"content_type": "text/html; charset=utf-8"}
NO_HEADERS: Mapping[str, str] = {}
PHONE = "020 7946 0000"
WORDS = "It never came.\n\nI want it now."

FORM = Form(NOREPLY, "form", {"name": "Name", "email": "Email", "phone": "Phone", "message": "Message"})
HELPDESK = Form(
    "support@desk.example",
    "helpdesk",
    {
        "reference": "Ticket",
        "name": "Full name",
        "email": "E-mail address",
        "topic": "Help topic",
        "category": "Service",
        "employees": "Number of employees",
        "received": "Created",
        "subject": "Issue summary",
        "message": "Issue details",
    },
    topics=("Complaint",),
)
TICKET = f"""A new ticket was opened.

Ticket: 104213
Full name: Sam Okafor
E-mail address: {SAM}
Help topic: Complaint
Service: Leased line
Number of employees: 10
Created: 16 November 2026 14:05
Issue summary: No line since Monday
Issue details: {WORDS}
"""


def said_in(text: str, form: Form = FORM, headers: Mapping[str, str] = NO_HEADERS) -> FormSaid | str:
    return read_form(read(mail(f"The form <{form.sender}>", "New message", text, **headers)), form)


def fields_in(text: str, form: Form = FORM, headers: Mapping[str, str] = NO_HEADERS) -> FormSaid:
    said = said_in(text, form, headers)
    assert isinstance(said, FormSaid), said
    return said


# How fields stand in mail

PLAIN = {
    "label and value": f"Name: Sam Okafor\nEmail: {SAM}\nPhone: {PHONE}\nMessage: {WORDS}",
    "words of the form above": f"You have mail.\n\nName: Sam Okafor\nEmail: {SAM}\nPhone: {PHONE}\nMessage: {WORDS}",
    "other case": f"NAME: Sam Okafor\nemail: {SAM}\npHone: {PHONE}\nMESSAGE: {WORDS}",
    "spaces everywhere": f"  Na me :  Sam  Okafor \n E mail :{SAM}\nPhone\t:\t{PHONE}\nMessage :\n{WORDS}",
    "no-break spaces": f"Name\xa0:\xa0Sam Okafor\nEmail\xa0: {SAM}\nPhone: 020\xa07946 0000\nMessage: {WORDS}",
    "bold label": f"**Name**: Sam Okafor\n**Email**: {SAM}\n**Phone**: {PHONE}\n**Message**: {WORDS}",
    "bold colon": f"**Name:** Sam Okafor\n**Email:** {SAM}\n**Phone:** {PHONE}\n**Message:** {WORDS}",
    "one star": f"*Name:* Sam Okafor\n*Email:* {SAM}\n*Phone:* {PHONE}\n*Message:*\n{WORDS}",
    "underscores": f"_Name_: Sam Okafor\n__Email__: {SAM}\n_Phone_: {PHONE}\n_Message_:\n{WORDS}",
    "value below": f"Name\nSam Okafor\nEmail\n{SAM}\nPhone\n{PHONE}\nMessage\n{WORDS}",
    "value below, with colons": f"Name:\nSam Okafor\n\nEmail:\n{SAM}\n\nPhone:\n{PHONE}\n\nMessage:\n\n{WORDS}",
    "value below an empty line": f"Name\n\nSam Okafor\n\nEmail\n\n{SAM}\n\nPhone\n\n{PHONE}\n\nMessage\n\n{WORDS}",
    "bars": f"Name | Sam Okafor\nEmail | {SAM}\nPhone | {PHONE}\nMessage | {WORDS}",
    "framed by bars": f"| Name | Sam Okafor |\n| Email | {SAM} |\n| Phone | {PHONE} |\n| Message | {WORDS}",
    "columns": f"Name     Sam Okafor\nEmail    {SAM}\nPhone    {PHONE}\nMessage  {WORDS}",
    "tabs": f"Name\tSam Okafor\nEmail\t{SAM}\nPhone\t{PHONE}\nMessage\t{WORDS}",
    "wide colon": f"Name：Sam Okafor\nEmail：{SAM}\nPhone：{PHONE}\nMessage：{WORDS}",
    "other order": f"Phone: {PHONE}\nEmail: {SAM}\nName: Sam Okafor\nMessage: {WORDS}",
    "a wrapped name": f"Name: Sam\nOkafor\nEmail: {SAM}\nPhone: {PHONE}\nMessage: {WORDS}",
    "fields that nobody asked for": f"Name: Sam Okafor\nTitle: Mr\nEmail: {SAM}\nIP: 203.0.113.5\nPhone: {PHONE}\n"
    f"Page: https://firm.example\nMessage: {WORDS}",
    "a line below the address": f"Name: Sam Okafor\nEmail: {SAM}\nnot verified\nPhone: {PHONE}\nMessage: {WORDS}",
    "a linked address": f"Name: Sam Okafor\nEmail: {SAM}<mailto:{SAM}>\nPhone: {PHONE}\nMessage: {WORDS}",
    "a linked address, spaced": f"Name: Sam Okafor\nEmail: {SAM} <mailto:{SAM}>\nPhone: {PHONE}\nMessage: {WORDS}",
    "Markdown": f"Name: Sam Okafor\nEmail: [{SAM}](mailto:{SAM})\nPhone: {PHONE}\nMessage: {WORDS}",
    "the address only as a link": f"Email: Sam Okafor <mailto:{SAM}>\nPhone: {PHONE}\nMessage: {WORDS}",
    "the address only as a link of Outlook": f"Email: Sam Okafor [mailto:{SAM}]\nPhone: {PHONE}\nMessage: {WORDS}",
    "name with the address": f"Email: Sam Okafor <{SAM}>\nPhone: {PHONE}\nMessage: {WORDS}",
    "the same address twice": f"Email: {SAM}\nEmail: {SAM}\nName: Sam Okafor\nPhone: {PHONE}\nMessage: {WORDS}",
}


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_fields_are_found_in_plain_text(text: str) -> None:
    said = fields_in(text)
    assert (said.address, said.name, said.phone, said.text) == (SAM, "Sam Okafor", PHONE, WORDS)


def _table(between: str, cell: str = "td", around: str = "{}") -> str:
    rows = {
        "Name": "Sam Okafor",
        "Email": SAM,
        "Phone": PHONE,
        "Message": "It never came.<br><br>I want it now.",
    }
    cells = [f"<{cell}>{around.format(name)}</{cell}>{between}<td>{value}</td>" for name, value in rows.items()]
    return f"<p>New message</p><table>{''.join(f'<tr>{between}{row}{between}</tr>{between}' for row in cells)}</table>"


IN_HTML = {
    "cells side by side": _table(""),
    "a line break between the cells": _table("\r\n    "),
    "heads": _table("\r\n", "th"),
    "bold labels": _table("", around="<strong>{}</strong>"),
    "bold labels with a colon": _table("\n", around="<b>{}:</b> "),
    "paragraphs in cells": _table("", around="<p>{}</p>"),
    "lines": f"<b>Name:</b> Sam Okafor<br><b>Email:</b> <a href='mailto:{SAM}'>{SAM}</a><br>"
    f"<b>Phone</b>: {PHONE}<br><b>Message:</b><br>It never came.<br><br>I want it now.",
    "paragraphs": f"<p><b>Name</b></p><p>Sam Okafor</p><p><b>Email</b></p><p><a href='mailto:{SAM}'>{SAM}</a></p>"
    f"<p><b>Phone</b></p><p>{PHONE}</p><p><b>Message</b></p><p>It never came.</p><p>I want it now.</p>",
    "divisions": f"<div>Name</div><div>Sam Okafor</div><div>Email</div><div>{SAM}</div><div>Phone</div>"
    f"<div>{PHONE}</div><div>Message</div><div>It never came.</div><div><br></div><div>I want it now.</div>",
}


@pytest.mark.parametrize("html", IN_HTML.values(), ids=IN_HTML)
def test_fields_are_found_in_html(html: str) -> None:
    said = fields_in(html, headers=HTML)
    assert (said.address, said.name, said.phone, said.text) == (SAM, "Sam Okafor", PHONE, WORDS)


def test_a_ticket_says_all_that_the_config_names() -> None:
    assert fields_in(TICKET, HELPDESK) == FormSaid(
        address=SAM,
        name="Sam Okafor",
        subject="No line since Monday",
        text=WORDS,
        topic="Complaint",
        reference="104213",
        phone="",
        category="Leased line",
        employees=10,
        filled=frozenset(HELPDESK.fields),
        further=("reference: 104213", "received: 16 November 2026 14:05", "employees: 10"),
    )


def test_only_what_says_something_is_filled_in() -> None:
    assert fields_in(f"Name:\nEmail: {SAM}\nMessage:").filled == {"email"}


def test_a_message_in_the_middle_ends_with_the_next_label_only() -> None:
    form = replace(FORM, fields={"email": "Email", "message": "Message", "phone": "Phone"})
    said = fields_in(
        f"Email: {SAM}\nMessage: It never came.\nEmail: {VICTIM}\nMessage: again\nPhone: 020\nPhone: 030", form
    )
    assert said.text == f"It never came.\nEmail: {VICTIM}\nMessage: again"
    assert (said.address, said.phone) == (SAM, "020")


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("10", 10),
        ("0", 0),
        ("7 employees", 7),
        ("1 person", 1),
        ("12 Staff", 12),
        ("250 people", 250),
        ("1-10", None),
        ("10+", None),
        ("over 10", None),
        ("more than 50", None),
        ("10 or fewer", None),
        ("1,200", None),
        ("-3", None),
        ("ten", None),
        ("٣", None),
        ("99999999999", None),
        ("", None),
    ],
)
def test_only_a_plain_number_is_a_number_of_employees(words: str, number: int | None) -> None:
    ticket = TICKET.replace("Number of employees: 10", f"Number of employees: {words}")
    assert fields_in(ticket, HELPDESK).employees == number


@pytest.mark.parametrize(
    ("topic", "complains"),
    [
        ("Complaint", True),
        ("complaint", True),
        (" COMPLAINT ", True),
        ("Com plaint", True),
        ("Sales", False),
        ("Complaint about sales", False),
        ("No complaint", False),
        ("", False),
    ],
)
def test_the_topic_decides_whether_a_ticket_is_a_complaint(topic: str, complains: bool) -> None:
    said = fields_in(TICKET.replace("Help topic: Complaint", f"Help topic: {topic}"), HELPDESK)
    assert is_complaint(said, HELPDESK) is complains


def test_every_mail_of_a_form_without_topics_is_a_complaint() -> None:
    assert is_complaint(fields_in(PLAIN["label and value"]), FORM)


# What a customer may type: into the message ...

IN_THE_MESSAGE = (
    f"Email: {VICTIM}",
    f"Hello,\n\nEmail: {VICTIM}\n\nSam",
    f"E-mail address: {VICTIM}\nEmail: {VICTIM}",
    f"**Email**: {VICTIM}",
    f"**Email:** {VICTIM}",
    f"Email\n{VICTIM}",
    f"Email | {VICTIM}",
    f"| Email | {VICTIM} |",
    f"Email  {VICTIM}",
    f"Email\t{VICTIM}",
    f"EMAIL : {VICTIM}",
    f"Email：{VICTIM}",
    f"> Email: {VICTIM}",
    f"-- \nEmail: {VICTIM}",
    f"________________\nName: Victim\nEmail: {VICTIM}\nPhone: 0\nMessage: I am another",
    f"From: {VICTIM}\nReply-To: {VICTIM}\nEmail: {VICTIM}",
    f"Message: done\nEmail: {VICTIM}",
    f"\u2028Email: {VICTIM}",
    "Name: Victim",
    "Phone: 0900 1234",
    "Name\nVictim\nPhone\n0900 1234",
)


@pytest.mark.parametrize("words", IN_THE_MESSAGE)
def test_nothing_in_the_message_overrides_a_field_above_it(words: str) -> None:
    said = fields_in(f"Name: Sam Okafor\nEmail: {SAM}\nPhone: {PHONE}\nMessage: {words}")
    assert (said.address, said.name, said.phone, said.filled) == (SAM, "Sam Okafor", PHONE, frozenset(FORM.fields))
    assert said.text.split() == words.split()


@pytest.mark.parametrize("words", IN_THE_MESSAGE)
def test_nothing_in_the_message_fills_a_field_that_is_missing_above_it(words: str) -> None:
    said = fields_in(f"Email: {SAM}\nMessage: {words}")
    assert (said.address, said.name, said.phone) == (SAM, "", "")
    assert isinstance(said_in(f"Name: Sam Okafor\nMessage: {words}"), str)


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("Complaint", "Help topic: Sales"),
        ("Complaint", "**Help topic**\nSales"),
        ("Sales", "Help topic: Complaint"),
        ("Sales", "Help topic\nComplaint"),
        ("", "Help topic: Complaint"),
        ("Sales", "Ticket: 1\nService: Gold\nNumber of employees: 3\nIssue summary: another\nHelp topic: Complaint"),
    ],
)
def test_the_message_does_not_change_the_facts_of_a_ticket(topic: str, words: str) -> None:
    said = fields_in(TICKET.replace("Help topic: Complaint", f"Help topic: {topic}").replace(WORDS, words), HELPDESK)
    assert (said.topic, said.reference, said.category, said.employees) == (topic, "104213", "Leased line", 10)
    assert said.subject == "No line since Monday"


@given(st.text())
def test_whatever_the_message_says_it_names_nobody(words: str) -> None:
    said = fields_in(f"Name: Sam Okafor\nEmail: {SAM}\nPhone: 020\nMessage: {words}")
    assert (said.address, said.name, said.phone) == (SAM, "Sam Okafor", "020")


@given(
    st.lists(st.sampled_from(["Email", "Name", "Message", ":", "|", "  ", "\t", "\n", "**", VICTIM, "\r", "\u2028"]))
)
def test_however_labels_are_put_together_in_the_message_it_names_nobody(pieces: list[str]) -> None:
    said = fields_in(f"Name: Sam Okafor\nEmail: {SAM}\nPhone: 020\nMessage: {''.join(pieces)}")
    assert (said.address, said.name, said.phone) == (SAM, "Sam Okafor", "020")


# ... into the other fields

IN_OTHER_FIELDS: Mapping[str, str] = {
    "two addresses": f"Email: {SAM}, {VICTIM}",
    "two addresses parted by a space": f"Email: {SAM} {VICTIM}",
    "two addresses on two lines": f"Email: {SAM}\n{VICTIM}",
    "an address as the name of another": f"Email: {SAM} <{VICTIM}>",
    "a link to another": f"Email: {SAM} <mailto:{VICTIM}>",
    "a Markdown link to another": f"Email: [{SAM}](mailto:{VICTIM})",
    "an address in a comment": f"Email: {SAM} ({VICTIM})",
    "a group": f"Email: friends: {SAM};",
    "an encoded word": "Email: =?utf-8?q?victim=40example.com?=",
    "a full-width at": "Email: sam＠example.org",
    "an endless address": "Email: sam@" + "x" * 200_000,
    "no address": "Email: sam at example.org",
    "an empty address": "Email:",
    "no line for it": "Name: Sam",
    "a line break in the name": f"Name: Sam\nEmail: {VICTIM}\nEmail: {SAM}",
    "a bare carriage return in the name": f"Name: Sam\rEmail: {VICTIM}\nEmail: {SAM}",
    "a line break in the phone number": f"Email: {SAM}\nPhone: 020\nEmail: {VICTIM}",
    "a message in the name": f"Name: Sam\nMessage: mine\nEmail: {SAM}",
    "the form itself": f"Email: {NOREPLY}",
    "the form itself in capitals": f"Email: {NOREPLY.upper()}",
}


@pytest.mark.parametrize("fields", IN_OTHER_FIELDS.values(), ids=IN_OTHER_FIELDS)
def test_a_form_that_does_not_name_one_customer_is_not_read(fields: str) -> None:
    reason = said_in(f"{fields}\nMessage: It never came.")
    assert isinstance(reason, str)
    assert NOREPLY in reason


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85", " "])
def test_a_line_end_that_mail_does_not_know_makes_no_field(separator: str) -> None:
    said = said_in(f"Name: Sam{separator}Email: {VICTIM}\nEmail: {SAM}\nMessage: Hello")
    assert isinstance(said, str) or said.address == SAM


@pytest.mark.parametrize("header", ["reply_to", "SENDER", "cc", "x_customer", "email", "return_path"])
def test_no_header_names_the_customer(header: str) -> None:
    assert fields_in(f"Email: {SAM}\nMessage: Hello", headers={header: VICTIM}).address == SAM
    assert isinstance(said_in("Message: Hello", headers={header: VICTIM}), str)


def test_below_a_message_in_the_middle_only_the_one_address_there_counts() -> None:
    form = replace(FORM, fields={"message": "Message", "email": "Email"})
    assert fields_in(f"Message: Hello\nEmail: {SAM}", form).address == SAM
    assert isinstance(said_in(f"Message: Hello\nEmail: {VICTIM}\nEmail: {SAM}", form), str)
    assert fields_in(f"Email: {SAM}\nMessage: Hello\nEmail: {VICTIM}", form).address == SAM


@given(st.text(alphabet=st.sampled_from("EmailMsgNePhon: |*_\t\n\r@.<>xy")), st.booleans())
def test_reading_never_raises(text: str, in_html: bool) -> None:
    said = said_in(text, headers=HTML if in_html else NO_HEADERS)
    assert said
