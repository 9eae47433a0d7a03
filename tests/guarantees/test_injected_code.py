"""Words from outside and from the config are values, never templates, markup, headers or formulas: guarantee A15."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from builders import PRIYA, SAM, STAFFED, US, mail
from guarantees.test_pages_to_staff import faults, pages
from mailcase.core.mail.forms import Form
from mailcase.core.mail.message import read
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.staff.assignment import Colleague
from mailcase.store.engine import Database
from mailcase.store.letters import Claimed
from mailcase.store.tables import deadlines
from rigs.crowd import Crowd, some
from rigs.desk import Desk
from rigs.people import COOLED, example, opened, the, words

# What each would become where somebody took it for code: 1337, an object's name, a link, a tag.
PAYLOADS: Mapping[str, str] = {
    "jinja": "{{ 7 * 191 }}",
    "jinja, a filter": "{{ 'x'|date_in_words }}",
    "jinja, an object": "{{ ''.__class__.__mro__ }}",
    "jinja, a value of ours": "{{ reference }}{{ service_address }}",
    "jinja, a block": "{% set x = 7 * 191 %}{{ x }}{% if true %}",
    "jinja, an end": "{% endif %}{% endfor %}{% raw %}",
    "jinja, a comment": "{# hidden #} {{ '{{' }}",
    "shell": "${7*191} $(id) `id` #{7*191}",
    "other templates": "<%= 7*191 %> {{{7*191}}} [[${7*191}]] *{7*191} @(7*191)",
    "format": "{0.__class__} %(reference)s %s %n {reference!r}",
    "a link": "[Your refund](http://evil.example/x)",
    "a bare link": "http://evil.example/x https://evil.example",
    "emphasis": "**bold** __bold__ *it* `code`",
    "a heading": "# Head",
    "a cell": "| a | b | c |",
    "an image": "![x](http://evil.example/x.png)",
    "a tag": "<a href='http://evil.example'>x</a><img src=x><b>y</b>",
    "an entity": "&lt;b&gt; &amp;amp; &#123;&#123; 7*191 }}",
}
MADE_OF_THEM = ("1337", "<class", "__mro__, ", "uid=", "Undefined")
FIELDS = {"email": "Email", "name": "Name", "subject": "Subject", "message": "Message", "category": "Category"}
FORM = Form("no-reply@forms.example", "form", FIELDS)


def bare(text: str) -> str:
    """Without white space and the marks of lines that a form of a letter may add."""
    return "".join(text.replace("|", "").split())


def taken_for_code(letters: Iterable[Claimed]) -> list[tuple[str, str]]:
    """(kind, what) for each letter in which something became more than words."""
    found = []
    for letter in letters:
        text = opened(letter).subject + words(letter)
        found += [(letter.kind, each) for each in MADE_OF_THEM if each in text or each in "".join(pages(letter))]
        found += [(letter.kind, fault) for page in pages(letter) for fault in faults(page)]
        found += [(letter.kind, name) for name in read(letter.raw).headers if name in ("bcc", "cc", "x-injected")]
    return found


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_what_a_mail_says_is_never_code(sqlite: Database, payload: str) -> None:
    """In every field that staff get to see, and by whichever way the mail came."""
    crowd = Crowd(sqlite, replace(STAFFED, forms=(FORM,)))
    quoted = payload.replace('"', "'")
    file = f'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="{quoted}.txt"\r\n\r\n{payload}'
    body = f"--b7\r\nContent-Type: text/plain\r\n\r\n{payload}\r\n--b7\r\n{file}\r\n--b7--"
    kind = {"content_type": 'multipart/mixed; boundary="b7"', "mime_version": "1.0"}
    letters = crowd.customer_writes(body, f'"{quoted}" <{SAM}>', subject=payload, **kind)
    told = the(letters, "staff-case")
    assert bare(payload) in bare(words(told))
    form = f"Name: {payload}\nEmail: kim@example.net\nSubject: {payload}\nCategory: {payload}\nMessage: {payload}\n"
    proof = "mx.firm.example; dmarc=pass header.from=forms.example"
    letters += crowd.arrives(mail(FORM.sender, payload, form, authentication_results=proof))
    head = f'From: "{quoted}" <lee@example.net>\nSubject: {payload}'
    forwarded = f"FYI\n\n---------- Forwarded message ---------\n{head}\n\n{payload}"
    letters += crowd.arrives(mail("ann@firm.example", payload, forwarded))
    letters += crowd.answers(told, "show")
    assert len(letters) == 6
    assert {each.kind for each in letters} == {"acknowledgement", "staff-case", "staff-transcript"}
    assert taken_for_code(letters) == []


@pytest.mark.parametrize("name", some(PAYLOADS, 5))
def test_what_staff_write_is_never_code(sqlite: Database, name: str) -> None:
    """In the letters to the customer, and in what staff read of it; a refused line is quoted as it is."""
    payload = PAYLOADS[name]
    crowd = Crowd(sqlite, replace(STAFFED, policy=example("constrat")))
    told = the(crowd.customer_writes("My order never came."), "staff-case")
    letters = [
        *crowd.answers(told, f"note: {payload}"),
        *crowd.answers(told, f"person: add kim@example.net: friend: {payload}"),
        *crowd.answers(told, f"reply: Dear Sam,\n\nx {payload} y", then=COOLED),
    ]
    answered = the(letters, "reply", SAM)
    assert bare(payload) in bare(words(answered))
    letters += crowd.answers(told, f"extend: 5 business days: {payload}", then=COOLED)
    letters += crowd.answers(told, f"outcom: {payload}\ncause: {payload}\nhandler: {payload}\ncategory: {payload}")
    letters += crowd.answers(told, "show")
    decision = f"outcome: upheld\nredress: none\nresolve: Dear Sam,\n\nwe looked into it: {payload}"
    letters += crowd.answers(told, decision, then=COOLED)
    assert {each.kind for each in letters} >= {"reply", "extension", "resolution", "staff-transcript"}
    assert taken_for_code(letters) == []


@pytest.mark.parametrize("name", some(PAYLOADS, 5))
def test_no_name_in_the_config_is_code(sqlite: Database, name: str) -> None:
    """The firm's name, those of its people, and the words of its policy."""
    payload = PAYLOADS[name]
    policy = read_policy(example("constrat").text.replace('name = "', f"name = '''{payload} '''  # \"", 1), "policy")
    people = (Colleague(payload, PRIYA), Colleague(f"Tom {payload}", "tom@elsewhere.example", "manager"))
    crowd = Crowd(sqlite, replace(STAFFED, policy=policy, service_name=payload, staff=people))
    letters = crowd.customer_writes("My order never came.")
    assert bare(payload) in bare(words(the(letters, "acknowledgement")))
    assert bare(opened(the(letters, "acknowledgement")).from_name) == bare(payload)
    letters += crowd.waits(timedelta(days=6))
    letters += crowd.answers(the(letters, "staff-case"), "reply: Dear Sam, we have it.", then=COOLED)
    assert {each.kind for each in letters} >= {"acknowledgement", "update", "reply", "staff-case"}
    assert {each.mail_from for each in letters} == {US}
    assert taken_for_code(letters) == []


LINE_ENDS = ("=0D=0A", "=0A", "=0D", "=0B", "=0C", "=1C", "=C2=85", "=E2=80=A8", "=00=0D=0A", "=0D=0A=20")


@pytest.mark.parametrize("end", some(LINE_ENDS))
def test_no_line_end_in_a_mail_begins_a_header(sqlite: Database, end: str) -> None:
    crowd = Crowd(sqlite)
    trick = f"=?utf-8?q?x{end}Bcc:_evil=40evil.example{end}X-Injected:_1{end}{end}words?="
    file = f'Content-Type: text/plain\r\nContent-Disposition: attachment; filename="{trick}"\r\n\r\nx'
    body = f"--b7\r\nContent-Type: text/plain\r\n\r\nwords\r\n--b7\r\n{file}\r\n--b7--"
    kind = {"content_type": 'multipart/mixed; boundary="b7"', "mime_version": "1.0"}
    ids = {"message_id": "<1@mua.example\r\n X-Injected: 1>", "references": f"<1@x.example{trick}>"}
    letters = crowd.customer_writes(body, f"{trick} <{SAM}>", subject=trick, **kind, **ids)
    assert {each.kind for each in letters} == {"acknowledgement", "staff-case"}
    plain = crowd.customer_writes("words", "Kim <kim@example.net>")
    for letter in letters:
        theirs = read(letter.raw).headers.keys() - {"in-reply-to", "references"}
        assert theirs <= read(the(plain, letter.kind).raw).headers.keys()
    assert taken_for_code(letters) == []


FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff20A1",
    '="x"',
    "=cmd|'/C calc'!A0",
    "'=1",
)


def test_no_cell_of_the_proof_is_a_formula(tmp_path: Path) -> None:
    """In every column that words can reach: the promise's name, what staff logged, the relay's answer."""
    desk = Desk(tmp_path)
    desk.imports(mail())
    with closing(Database(desk.url)) as database, database.write() as conn:
        like = dict(conn.execute(select(deadlines).where(deadlines.c.promise == "decision")).mappings().one())
        for number, formula in enumerate(FORMULAS, 2):
            for promise, evidence in ((formula, ""), ("decision", formula), ("updates", f"<1@firm.example> {formula}")):
                conn.execute(
                    insert(deadlines).values({**like, "promise": promise, "seq": number, "evidence": evidence})
                )
    answer = desk.types("proof", "--csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    cells = [cell for row in rows for cell in row.values()]
    assert len(rows) == 3 + 3 * len(FORMULAS)
    assert sum(cell.startswith("'") for cell in cells) >= 3 * (len(FORMULAS) - 1), "each was put behind a mark"
    assert [
        cell for cell in cells if cell.strip()[:1] in ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
    ] == []
