"""The door's word on a sender: only what the configured server wrote, and only about the address in From (A05, A16)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import mail
from mailcase.core.mail.authentication import Trust, Verdict, strict_sender, verdict
from mailcase.core.mail.message import read

PRIYA = "priya@firm.example"
DMARC = Trust("rfc8601", "mx.firm.example")
LOGIN = Trust("submission", "mx.firm.example")
TENANT = "0a3106bb-aab1-42df-9639-39f349ecd2a0"
M365 = Trust("m365", TENANT)
RESULTS, AUTH_AS = "Authentication-Results", "X-MS-Exchange-Organization-AuthAs"
GOOD = "mx.firm.example; dmarc=pass header.from=firm.example"
BAD = "mx.firm.example; dmarc=fail header.from=firm.example"
NONE = "mx.firm.example; none"


def asked(trust: Trust, *fields: str, sender: str = f"Priya Nair <{PRIYA}>", peer: str = "") -> Verdict:
    """The verdict on a mail with these fields on top, in this order."""
    head = "".join(f"{field}\r\n" for field in fields)
    return verdict(read(head.encode() + mail(sender)), trust, peer)


def results(*values: str) -> list[str]:
    return [f"{RESULTS}: {value}" for value in values]


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        "mx.firm.example 1; dmarc=pass header.from=firm.example",
        "MX.Firm.Example; DMARC=Pass Header.From=FIRM.example",
        '"mx.firm.example"; dmarc=pass header.from="firm.example"',
        "mx.firm.example; dmarc=pass header.from=priya@firm.example",
        "mx.firm.example;\r\n\tdmarc=pass\r\n\t(p=reject)\r\n\theader.from=firm.example",
        "mx.firm.example (it; dmarc=fail) 1 (one) ; (a (nested) \\) one) dmarc (x) = pass header.from=firm.example",
        # as servers write it: OpenDMARC, Gmail, Yahoo, Fastmail, rspamd
        "mx.firm.example; dmarc=pass (p=none dis=none) header.from=firm.example",
        "mx.firm.example; dkim=pass header.i=@firm.example header.s=s1 header.b=abc/+=; spf=pass (mx: domain of "
        "priya@firm.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=priya@firm.example; dmarc=pass "
        "(p=NONE sp=QUARANTINE dis=NONE) header.from=firm.example",
        "mx.firm.example; dkim=pass header.i=@firm.example; spf=pass smtp.mailfrom=firm.example; dmarc=pass(p=REJECT) "
        "header.from=firm.example;",
        'mx.firm.example; arc=none (no signatures found); dkim=pass (2048-bit rsa key sha256) header.b="mj+deT/Q"; '
        "dmarc=pass policy.published-domain-policy=none policy.evaluated-disposition=none (d=none) "
        'header.from=firm.example; iprev=pass smtp.remote-ip="2001:db8::1"; x-tls=pass smtp.bits=256/256',
        "mx.firm.example; iprev=pass (mail) smtp.remote-ip=2001:db8::2; spf=none smtp.mailfrom=<>; "
        'dmarc=pass reason="a; dmarc=fail" header.from=firm.example',
        "mx.firm.example; auth/1=none; dmarc/1=pass header.from=firm.example",
    ],
)
def test_an_aligned_pass_is_believed(value: str) -> None:
    assert asked(DMARC, *results(value)) == Verdict(PRIYA, "pass", "mx.firm.example says dmarc=pass")


FORGED = {
    "nothing": [],
    "an empty field": [""],
    "below the real one": [BAD, GOOD],
    "below the real one, which says nothing": [NONE, GOOD],
    "below the real one, which asked only SPF": ["mx.firm.example; spf=pass smtp.mailfrom=firm.example", GOOD],
    "below the real one, which only has a name": ["mx.firm.example", GOOD],
    "below the real one, folded": ["mx.firm.example;\r\n dmarc=fail\r\n header.from=firm.example", GOOD],
    "below the real one in quotes": [f'"mx.firm.example"; {BAD.partition("; ")[2]}', GOOD],
    "below one of another version": ["mx.firm.example 2; dmarc=fail header.from=firm.example", GOOD],
    "below one with more behind the name": ["mx.firm.example from=evil.example; dmarc=fail", GOOD],
    "below one that cannot be read": ["mx.firm.example; spf=fail (of x( at evil) smtp.mailfrom=x; dmarc=fail", GOOD],
    "below one with an open quote": ['mx.firm.example; spf=none smtp.mailfrom="x@evil.example; dmarc=fail', GOOD],
    "below one with a clause that is none": ["mx.firm.example; dmarc", GOOD],
    "below a stranger's that cannot be read": ["other.example (", GOOD],
    "above the real one, by another name": ["mx.evil.example; dmarc=pass header.from=firm.example", BAD],
    "by another name alone": ["mx.evil.example; dmarc=pass header.from=firm.example"],
    "by a longer name": ["mx.firm.example.evil.example; dmarc=pass header.from=firm.example"],
    "by a shorter name": ["firm.example; dmarc=pass header.from=firm.example"],
    "by no name": ["dmarc=pass header.from=firm.example"],
    "as Microsoft writes it": ["spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=x;dmarc=pass header.from=firm.example"],
    "the name in a comment": ["(mx.firm.example) evil.example; dmarc=pass header.from=firm.example"],
    "the name behind an empty clause": ["; mx.firm.example; dmarc=pass header.from=firm.example"],
    "the name as a property": ["evil.example; x=mx.firm.example; dmarc=pass header.from=firm.example"],
    "the name with a letter of full width": ["\uff4dx.firm.example; dmarc=pass header.from=firm.example"],
    "in a comment": ["mx.firm.example; spf=none (; dmarc=pass header.from=firm.example)"],
    "in a folded comment": ["mx.firm.example (\r\n ; dmarc=pass\r\n header.from=firm.example); none"],
    "in a nested comment": ["mx.firm.example ((a) ; dmarc=pass header.from=firm.example); spf=pass"],
    "behind a bracket that a comment quotes": ["mx.firm.example; spf=none (\\); dmarc=pass header.from=firm.example)"],
    "in quotes": ['mx.firm.example; spf=none smtp.mailfrom="x; dmarc=pass header.from=firm.example"@evil.example'],
    "as a reason": ['mx.firm.example; spf=none reason="; dmarc=pass header.from=firm.example"'],
    "as a property of something else": ["mx.firm.example; spf=none dmarc=pass header.from=firm.example"],
    "half of it": ["mx.firm.example; dmarc=pass"],
    "half of it, the other half elsewhere": ["mx.firm.example; dmarc=pass; dkim=pass header.from=firm.example"],
    "twice": ["mx.firm.example; dmarc=fail header.from=firm.example; dmarc=pass header.from=firm.example"],
    "twice, the good one first": [
        "mx.firm.example; dmarc=pass header.from=firm.example; dmarc=fail header.from=x.example"
    ],
    "of another version": ["mx.firm.example 2; dmarc=pass header.from=firm.example"],
    "beside a clause that is none": ["mx.firm.example; x; dmarc=pass header.from=firm.example"],
    "with more behind it": ['mx.firm.example; dmarc=pass header.from=firm.example "x"'],
    "about two, the right one first": ["mx.firm.example; dmarc=pass header.from=firm.example header.from=x.example"],
    "about two": ["mx.firm.example; dmarc=pass header.from=evil.example header.from=firm.example"],
    "about another": ["mx.firm.example; dmarc=pass header.from=evil.example"],
    "about a colleague": ["mx.firm.example; dmarc=pass header.from=omar@firm.example"],
    "about part of it": ["mx.firm.example; dmarc=pass header.from=mail.firm.example"],
    "about the mail's path": ["mx.firm.example; dmarc=pass smtp.mailfrom=firm.example"],
    "about nothing": ["mx.firm.example; dmarc=pass header.from="],
    "nearly passed": ["mx.firm.example; dmarc=bestguesspass header.from=firm.example"],
    "passed by another method": [
        "mx.firm.example; dkim=pass header.d=firm.example; spf=pass smtp.mailfrom=firm.example"
    ],
    "by another version of the method": ["mx.firm.example; dmarc/2=pass header.from=firm.example"],
    "quotes within the value": ['mx.firm.example; dmarc=pass header.from=evil"firm.example"'],
}


@pytest.mark.parametrize("how", FORGED)
def test_no_forged_results_are_believed(how: str) -> None:
    assert asked(DMARC, *results(*FORGED[how])).says != "pass"


@pytest.mark.parametrize("how", FORGED)
def test_the_real_results_are_believed_above_any_forged_ones(how: str) -> None:
    assert asked(DMARC, *results(GOOD, *FORGED[how])).says == "pass"


@pytest.mark.parametrize(
    "name",
    [
        "X-Authentication-Results",
        "Authentication-Results-Original",
        "ARC-Authentication-Results",
        "Authentication_Results",
        "Authentication-Result",
        "X-Mailcase-Authentication-Results",
        "X-Mailcase-Verdict",
    ],
)
def test_only_the_field_of_that_name_counts(name: str) -> None:
    assert asked(DMARC, f"{name}: {GOOD}") == asked(DMARC)
    assert asked(DMARC, f"{name}: {BAD}", *results(GOOD)).says == "pass"


def test_results_in_the_body_or_an_enclosed_mail_do_not_count() -> None:
    body = f"{RESULTS}: {GOOD}\r\n"
    assert verdict(read(mail(PRIYA, text=body)), DMARC).says == "nothing"
    assert verdict(read(mail(PRIYA, text=body, content_type="message/rfc822")), DMARC).says == "nothing"


def test_a_failure_is_told_from_silence() -> None:
    assert asked(DMARC, *results(BAD)) == Verdict(PRIYA, "fail", "mx.firm.example says dmarc=fail")
    assert asked(DMARC).says == "nothing"
    assert asked(DMARC, *results("mx.firm.example; dmarc=none header.from=firm.example")).says == "nothing"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (["mx.firm.example; auth=pass (plain) smtp.auth=priya@firm.example"], "pass"),
        (['mx.firm.example; auth=pass smtp.auth="Priya@Firm.Example" smtp.mailfrom=x@y'], "pass"),
        (["mx.firm.example; auth=pass\r\n smtp.auth=priya@firm.example; dmarc=none"], "pass"),
        (["mx.firm.example; auth=fail smtp.auth=priya@firm.example"], "fail"),
        (["mx.firm.example; auth=pass smtp.auth=omar@firm.example"], "nothing"),
        (["mx.firm.example; auth=pass smtp.auth=firm.example"], "nothing"),
        (["mx.firm.example; auth=pass smtp.auth=priya"], "nothing"),
        (["mx.firm.example; auth=pass smtp.mailfrom=priya@firm.example"], "nothing"),
        (["mx.firm.example; auth=pass smtp.auth=x@y smtp.auth=priya@firm.example"], "nothing"),
        (["mx.firm.example; auth=none", "mx.firm.example; auth=pass smtp.auth=priya@firm.example"], "nothing"),
        (["mx.evil.example; auth=pass smtp.auth=priya@firm.example"], "nothing"),
        (["mx.firm.example; spf=pass (; auth=pass smtp.auth=priya@firm.example)"], "nothing"),
        ([GOOD], "nothing"),
        ([], "nothing"),
    ],
)
def test_who_logged_in_to_the_own_server_is_believed(values: list[str], says: str) -> None:
    assert asked(LOGIN, *results(*values)).says == says


INSIDE, ID = f"{AUTH_AS}: Internal", f"X-MS-Exchange-CrossTenant-Id: {TENANT}"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ([INSIDE, ID], "pass"),
        ([INSIDE.lower(), ID.upper()], "pass"),
        ([INSIDE, ID, "X-MS-Exchange-CrossTenant-AuthAs: Internal"], "pass"),
        ([INSIDE], "nothing"),
        ([ID], "nothing"),
        ([f"{AUTH_AS}: Anonymous", ID], "nothing"),
        ([f"{AUTH_AS}: Partner", ID], "nothing"),
        ([f"{AUTH_AS}: Internal (x)", ID], "nothing"),
        ([f"{AUTH_AS}:", ID], "nothing"),
        ([INSIDE, INSIDE, ID], "nothing"),
        ([f"{AUTH_AS}: Anonymous", INSIDE, ID], "nothing"),
        ([INSIDE, f"{AUTH_AS}: Anonymous", ID], "nothing"),
        ([INSIDE, f"{AUTH_AS} : Anonymous", ID], "nothing"),
        ([INSIDE, ID, ID], "nothing"),
        ([INSIDE, ID.replace("0a31", "0a32")], "nothing"),
        ([INSIDE, ID.replace("0a31", "0a32"), ID], "nothing"),
        ([INSIDE, ID, "X-MS-Exchange-CrossTenant-AuthAs: Anonymous"], "nothing"),
        ([INSIDE, f"X-EOPTenantAttributedMessage: {TENANT}:0"], "nothing"),
        (["X-MS-Exchange-CrossTenant-AuthAs: Internal", ID], "nothing"),
        ([f"X-Mailcase-AuthAs: Internal\r\n{ID}"], "nothing"),
        ([*results(GOOD), ID], "nothing"),
    ],
)
def test_exchange_is_believed_when_it_says_once_that_a_mail_is_of_the_tenant(fields: list[str], says: str) -> None:
    assert asked(M365, *fields).says == says


@pytest.mark.parametrize(
    "trust", [Trust(), Trust("none", "mx.firm.example"), Trust("rfc8601"), Trust("submission"), Trust("m365")]
)
@pytest.mark.parametrize(
    "value", [GOOD, "; dmarc=pass header.from=firm.example", '""; dmarc=pass header.from=firm.example', BAD]
)
def test_a_door_without_a_method_or_a_name_proves_nothing(trust: Trust, value: str) -> None:
    login = '""; auth=pass smtp.auth=priya@firm.example'
    fields = [*results(value, login), INSIDE, "X-MS-Exchange-CrossTenant-Id:"]
    assert asked(trust, *fields).says == "nothing"


@pytest.mark.parametrize(
    ("peer", "says"),
    [
        ("10.1.2.3", "pass"),
        ("::ffff:10.1.2.3", "pass"),
        ("2001:db8::7", "pass"),
        ("11.1.2.3", "nothing"),
        ("::ffff:11.1.2.3", "nothing"),
        ("2001:db9::7", "nothing"),
        ("::10.1.2.3", "nothing"),
        ("fe80::1%eth0", "nothing"),
        ("10.1.2.3, 11.1.2.3", "nothing"),
        ("10.1.2.3/8", "nothing"),
        ("unknown", "nothing"),
        ("", "nothing"),
    ],
)
def test_the_smtp_door_believes_trusted_peers_alone(peer: str, says: str) -> None:
    trusted = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/64"))
    login = results(f"mx.firm.example; auth=pass smtp.auth={PRIYA}")
    for trust, fields in ((DMARC, results(GOOD)), (LOGIN, login), (M365, [INSIDE, ID])):
        assert asked(replace(trust, peers=trusted), *fields, peer=peer).says == says
        assert asked(replace(trust, peers=()), *fields, peer=peer).says == "nothing"


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        (b"From: Priya@FIRM.example\r\n", PRIYA),
        (b"From: =?utf-8?Q?Priya_N=C3=A4ir?= <priya@firm.example>\r\n", PRIYA),
        (b"From:\r\n Priya\r\n <priya@firm.example>\r\n", PRIYA),
        (b"From: priya@firm.example\r\nFrom: priya@firm.example\r\n", ""),
        (b"From: Nair, Priya <priya@firm.example>\r\n", ""),
        (b"From: priya@firm.example\x00\r\n", ""),
        (b"From: priya@firm\x00.example\r\n", ""),
        (b"From: priya@firm.example\rFrom: evil@x.example\r\n", ""),
        (b"From: priya@firm.example\r\nthis is no field\r\nTo: x@y.example\r\n", ""),
        (b"To: x@y.example\r\n", ""),
        (b"", ""),
    ],
)
def test_a_sender_about_whom_readers_could_differ_is_none(head: bytes, sender: str) -> None:
    message = read(head + b"Subject: x\r\n\r\nbody\r\n")
    assert strict_sender(message) == sender
    assert verdict(message, DMARC).sender == sender


def test_a_second_from_beyond_what_is_read_is_feared() -> None:
    fields = b"".join(b"X-%d: y\r\n" % number for number in range(1_001))
    message = read(f"{RESULTS}: {GOOD}\r\nFrom: {PRIYA}\r\n".encode() + fields + b"From: evil@x.example\r\n\r\nbody")
    assert verdict(message, DMARC).says == "nothing"


pieces = st.sampled_from(["mx.firm.example", ";", " ", "dmarc=pass", "header.from=firm.example", "(", ")", '"', "\\"])
junk = st.lists(pieces | st.text(max_size=3), max_size=12).map(lambda found: "".join("".join(found).split("\n")))


@given(st.lists(junk, max_size=3))
def test_whatever_stands_below_the_real_results_changes_nothing(below: list[str]) -> None:
    fields = [field.encode("utf-8", "replace").decode().replace("\r", "") for field in results(*below)]
    for value, says in ((GOOD, "pass"), (BAD, "fail"), (NONE, "nothing")):
        assert asked(DMARC, *results(value), *fields).says == says


@given(st.binary(max_size=300))
def test_any_bytes_can_be_asked(raw: bytes) -> None:
    for trust in (DMARC, LOGIN, M365, Trust()):
        assert verdict(read(raw), trust).says == "nothing"


@pytest.mark.parametrize("much", ["(" * 50_000, "(" * 9_999 + ")" * 9_999, '"' * 50_001, "a=b " * 20_000, ";" * 50_000])
def test_a_very_long_field_is_read_to_its_end(much: str) -> None:
    assert (
        asked(DMARC, *results(f"mx.firm.example; spf=none {much}; dmarc=fail header.from=firm.example")).says != "pass"
    )
