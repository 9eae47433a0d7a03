"""The config: what loads, what does not, and that config.example.toml tells the truth about both."""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from datetime import date
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from mailcase.config import load
from mailcase.config_sections import Config
from mailcase.core.staff.assignment import Absence
from mailcase.data import data_dir
from mailcase.errors import ConfigError

NEEDED = """
[service]
name = "Example Ltd"
address = "complaints@example.org"
[relay]
host = "smtp.example.org"
"""
NEEDED_VARIABLES = {
    "MAILCASE_SERVICE__NAME": "Example Ltd",
    "MAILCASE_SERVICE__ADDRESS": "complaints@example.org",
    "MAILCASE_RELAY__HOST": "smtp.example.org",
}
MAILBOX = """
[[mailbox]]
host = "imap.example.org"
user = "complaints"
password = "secret"
"""
STAFF = '[[staff]]\nname = "Priya Nair"\naddress = "priya@example.org"\n'
FORM = '[[form]]\nsender = "no-reply@example.org"\n'
FIELDS = 'fields = { email = "Email" }\n'
TENANT = "0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0"
A_DAY = 'must be a day such as "2026-05-01"'


def loaded(folder: Path, text: str = "", environ: dict[str, str] | None = None) -> Config:
    """The config of NEEDED with `text`; a section named in both is NEEDED's, with the lines of `text` in it."""
    path = folder / "config.toml"
    path.write_text(merged(NEEDED, text), "utf-8")
    return load(path, environ or {})


def merged(needed: str, text: str) -> str:
    for section in ("[service]\n", "[relay]\n"):
        if section in text:
            before, _, after = text.partition(section)
            mine, _, others = after.partition("\n[")
            text = before + (f"[{others}" if others else "")
            needed = needed.replace(section, f"{section}{mine}\n")
    return f"{text}\n{needed}"


def faults(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, environ)
    return [fault.removeprefix(f"{folder / 'config.toml'}: ") for fault in caught.value.faults]


# ---- what loads ----


def test_few_lines_are_enough(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert config.service.own_domains == ("example.org",)
    assert config.service.key_file == tmp_path / "mailcase.key"
    assert config.database.url.get_secret_value() == f"sqlite:///{tmp_path}/mailcase.db"
    assert config.policy is None
    assert config.http.listen == ("127.0.0.1", 8025)
    assert config.intake.spam_headers == (("x-spam-flag", "yes"),)
    assert config.mailbox == ()
    assert config.staff == ()
    assert config.listener is None


def test_everything_can_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load(
        None,
        NEEDED_VARIABLES
        | {
            "MAILCASE_SERVICE__OWN_DOMAINS": "example.org, Example.NET",
            "MAILCASE_DATABASE__URL": "postgresql://mailcase:pw@db/mailcase",
            "MAILCASE_MAILBOX__0__HOST": "imap.example.org",
            "MAILCASE_MAILBOX__0__USER": "complaints",
            "MAILCASE_MAILBOX__0__TOKEN_COMMAND": "oauth2-token --account 'our complaints'",
            "MAILCASE_MAILBOX__0__IDLE": "false",
            "MAILCASE_LISTENER__HOST": "0.0.0.0",
            "MAILCASE_LISTENER__TRUSTED_PEERS": "10.0.0.0/8,::1",
            "MAILCASE_STAFF__0__NAME": "Priya Nair",
            "MAILCASE_STAFF__0__ADDRESS": "priya@example.org",
            "MAILCASE_STAFF__1__NAME": "Tom Reed",
            "MAILCASE_STAFF__1__ADDRESS": "tom@example.org",
            "MAILCASE_HTTP__LISTEN": "",
            "PATH": "/bin",
        },
    )
    assert config.service.own_domains == ("example.org", "example.net")
    assert config.service.key_file == tmp_path / "mailcase.key"
    assert config.database.url.get_secret_value() == "postgresql://mailcase:pw@db/mailcase"
    assert config.mailbox[0].token_command == ("oauth2-token", "--account", "our complaints")
    assert config.mailbox[0].idle is False
    assert config.listener is not None
    assert config.listener.trusted_peers == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert [person.name for person in config.staff] == ["Priya Nair", "Tom Reed"]
    assert config.http.listen is None


def test_the_environment_wins_over_the_file_and_adds_to_its_lists(tmp_path: Path) -> None:
    environ = {f"MAILCASE_MAILBOX__{index}__{key}": "other" for index in (0, 1) for key in ("PASSWORD", "FOLDER")}
    environ |= {"MAILCASE_MAILBOX__1__HOST": "imap.example.net", "MAILCASE_MAILBOX__1__USER": "more"}
    config = loaded(tmp_path, MAILBOX, environ)
    assert [box.host for box in config.mailbox] == ["imap.example.org", "imap.example.net"]
    assert [box.password.get_secret_value() for box in config.mailbox] == ["other", "other"]


def test_ten_and_more_elements_of_the_environment_keep_their_order(tmp_path: Path) -> None:
    environ = {f"MAILCASE_STAFF__{index}__NAME": f"Person {index}" for index in range(12)}
    environ |= {f"MAILCASE_STAFF__{index}__ADDRESS": f"p{index}@example.org" for index in range(12)}
    assert [person.name for person in loaded(tmp_path, "", environ).staff] == [f"Person {n}" for n in range(12)]


@pytest.mark.parametrize(
    "name", ["CONFIG", "CRASH_AT", "TEST_CLOCK", "TEST_STEADY", "SCALE", "REQUIRE_DOVECOT", "LOG_JSON"]
)
def test_variables_that_are_no_keys_are_left_alone(tmp_path: Path, name: str) -> None:
    assert loaded(tmp_path, "", {f"MAILCASE_{name}": "1"}) == loaded(tmp_path)


def test_a_file_from_an_editor_that_writes_a_byte_order_mark_loads(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(NEEDED, "utf-8-sig")
    assert load(tmp_path / "config.toml", {}).service.name == "Example Ltd"


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "etc"
    (folder / "words").mkdir(parents=True)
    (folder / "ca.pem").write_text("", "ascii")
    monkeypatch.chdir(tmp_path)
    text = '[relay]\nca_file = "ca.pem"\n[letters]\ndir = "words"\n[database]\nurl = "sqlite:///data/m.db"'
    (folder / "config.toml").write_text(merged(NEEDED, text), "utf-8")
    config = load(Path("etc/config.toml"), {})
    assert config.relay.ca_file == folder / "ca.pem"
    assert config.letters.dir == folder / "words"
    assert config.database.url.get_secret_value() == f"sqlite:///{folder}/data/m.db"


@pytest.mark.parametrize(
    "rest",
    [
        "db/m",
        "u@db/m",
        "u:p@db/m",
        "u:p/w#:?@db:5432/m",
        "u:p@[::1]:5432/m",
        "/m?host=/run/postgresql",
        "db/m?sslmode=x",
    ],
)
def test_a_postgres_url_is_kept_but_for_its_driver(tmp_path: Path, rest: str) -> None:
    config = loaded(tmp_path, "", {"MAILCASE_DATABASE__URL": f"postgresql://{rest}"})
    assert config.database.url.get_secret_value() == f"postgresql://{rest}"


def test_absolute_paths_stay(tmp_path: Path) -> None:
    config = loaded(tmp_path, '[service]\nkey_file = "/data/key"\n[database]\nurl = "sqlite:////data/m.db"')
    assert config.service.key_file == Path("/data/key")
    assert config.database.url.get_secret_value() == "sqlite:////data/m.db"


def test_the_policy_lies_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").touch()
    assert loaded(tmp_path, 'policy = "ours.toml"').policy == tmp_path / "ours.toml"


@pytest.mark.parametrize(
    ("listener", "expected"),
    [
        ("", ("complaints@example.org", "senior@example.org")),
        ("[listener]", ("complaints@example.org", "senior@example.org")),
        ('[listener]\nrecipients = ["Help@Example.org"]', ("help@example.org",)),
    ],
)
def test_the_listener_takes_mail_for_our_addresses_unless_told_others(
    tmp_path: Path, listener: str, expected: tuple[str, ...]
) -> None:
    config = loaded(tmp_path, f'[service]\nescalation_address = "Senior@Example.org"\n{listener}')
    assert config.recipients == expected


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "catcher"])
def test_clear_text_is_for_relays_nearby(tmp_path: Path, host: str) -> None:
    environ = {"MAILCASE_RELAY__HOST": host, "MAILCASE_RELAY__TLS": "none"}
    assert loaded(tmp_path, "", environ).relay.tls == "none"


# ---- people ----


def test_what_staff_are_given_is_read_as_days_categories_and_lines(tmp_path: Path) -> None:
    away = 'away = ["2026-12-21 to 2027-01-03", "2026-05-01"]\ncategories = ["billing", "fault"]\n'
    (priya,) = loaded(tmp_path, f'{STAFF}{away}signature = """\nPriya Nair\n\n\tExample Ltd\n"""\n').staff
    assert priya.away == (
        Absence(date(2026, 12, 21), date(2027, 1, 3)),
        Absence(date(2026, 5, 1), date(2026, 5, 1)),
    )
    assert priya.categories == ("billing", "fault")
    assert priya.signature == "Priya Nair\n\n\tExample Ltd"


def test_days_and_fields_can_come_from_the_environment(tmp_path: Path) -> None:
    environ = {
        "MAILCASE_STAFF__0__AWAY": "2026-12-21 to 2027-01-03, 2026-05-01",
        "MAILCASE_STAFF__0__CATEGORIES": "billing, fault",
        "MAILCASE_FORM__0__SENDER": "no-reply@example.org",
        "MAILCASE_FORM__0__FIELDS__EMAIL": "E-mail address",
    }
    config = loaded(tmp_path, STAFF, environ)
    assert [absence.last for absence in config.staff[0].away] == [date(2027, 1, 3), date(2026, 5, 1)]
    assert config.staff[0].categories == ("billing", "fault")
    assert config.form[0].fields == {"email": "E-mail address"}


@pytest.mark.parametrize(
    ("method", "authority"),
    [("rfc8601", "mx.example.org"), ("submission", "mx.example.org"), ("m365", TENANT), ("m365", TENANT.upper())],
)
def test_each_proof_names_whose_word_it_is(tmp_path: Path, method: str, authority: str) -> None:
    keys = f'authentication = "{method}"\nauthority = "{authority}"\n'
    config = loaded(tmp_path, f'{MAILBOX}{keys}[listener]\n{keys}trusted_peers = ["10.0.0.1"]')
    assert config.listener is not None
    for door in (config.mailbox[0], config.listener):
        assert (door.authentication, door.authority) == (method, authority)


# ---- secrets ----


def test_a_secret_may_stand_in_a_file_and_loses_only_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "relay.secret").write_text(" pass word \r\n", "utf-8")
    (tmp_path / "url.secret").write_text("postgresql://a:b@c/d\n", "utf-8")
    environ = {
        "MAILCASE_RELAY__USER": "us",
        "MAILCASE_RELAY__PASSWORD_FILE": "relay.secret",
        "MAILCASE_DATABASE__URL_FILE": str(tmp_path / "url.secret"),
    }
    config = loaded(tmp_path, "", environ)
    assert config.relay.password.get_secret_value() == " pass word "
    assert config.database.url.get_secret_value() == "postgresql://a:b@c/d"


def test_no_secret_is_shown_by_the_config_itself(tmp_path: Path) -> None:
    environ = {"MAILCASE_DATABASE__URL": "postgresql://mailcase:hunter2@db/mailcase"}
    config = loaded(tmp_path, MAILBOX.replace("secret", "hunter2"), environ)
    assert "hunter2" not in f"{config} {config!r} {config.model_dump()}"
    assert config.mailbox[0].password == SecretStr("hunter2")


def test_what_no_log_may_show_is_known(tmp_path: Path) -> None:
    environ = {"MAILCASE_DATABASE__URL": "postgresql://mailcase:p%40ss@db/mailcase"}
    assert set(loaded(tmp_path, MAILBOX, environ).secrets) == {"secret", "p%40ss", "p@ss"}
    environ = {"MAILCASE_DATABASE__URL": "postgresql://u@db/x?password=p%40s+s&sslmode=require&sslpassword=key"}
    assert set(loaded(tmp_path, "", environ).secrets) == {"p%40s+s", "p@s+s", "p@s s", "key"}
    assert loaded(tmp_path).secrets == ()


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("[relay]\npassword = 12345678", {}),
        ('[relay]\npasword = "12345678"', {}),
        ('[relay]\npassword = "12345678"', {}),
        ('[relay]\npassword = "12345678"\npassword_file = "config.toml"', {}),
        ('[relay]\ntoken_command = "12345678 \'"', {}),
        ('[database]\nurl = "mysql://u:12345678@db/x"', {}),
        ("", {"MAILCASE_RELAY__PASSWD": "12345678"}),
        ("", {"MAILCASE_RELAY": "12345678"}),
        ("", {"MAILCASE_SECRET": "12345678"}),
    ],
)
def test_no_fault_shows_a_secret(tmp_path: Path, text: str, environ: dict[str, str]) -> None:
    assert "12345678" not in "\n".join(faults(tmp_path, text, environ))


# ---- what does not load ----

FAULTS = [
    # service
    ('[service]\nnam = "x"', 'service.nam: is no key; did you mean "name"?'),
    ('[service]\nwhatever = "x"', "service.whatever: is no key; known here: address, escalation_address, key_file,"),
    ('[service]\nescalation_address = "x y@example.org"', "service.escalation_address: must be a plain address"),
    ('[service]\nescalation_address = "a+b@example.org"', "service.escalation_address: must be a plain address"),
    ('[service]\nown_domains = ["a", "b c"]', "service.own_domains[1]: must be a domain such as"),
    ('[service]\nreference_prefix = "mc"', 'service.reference_prefix: must be 2 to 5 letters A to Z (is "mc")'),
    ('[service]\nlanguage = "English"', 'service.language: must be a language such as "en" (is "English")'),
    ("[service]\nplus_addressing = 3", "service.plus_addressing: must be true or false (is 3)"),
    ("[service]\nkey_file = 3", "service.key_file: must be a path in quotes (is 3)"),
    # database
    ('[database]\nurl = "mysql://x"', "database.url: must be sqlite:///FILE or postgresql://"),
    ('[database]\nurl = "sqlite:///:memory:"', "database.url: must be sqlite:///FILE or postgresql://"),
    ('[database]\nurl = "sqlite://"', "database.url: must be sqlite:///FILE or postgresql://"),
    ('[database]\nurl = "postgresql://u:p@db:port/x"', "database.url: must be sqlite:///FILE or postgresql://"),
    ('[database]\nurl_file = "nowhere"', "database.url: cannot be read from "),
    # mailbox
    ("mailbox = 3", "mailbox: must be a list in [ ] (is 3)"),
    ("mailbox = [3]", "mailbox[0]: must be a section with keys"),
    (MAILBOX + 'tls = "none"', 'mailbox[0].tls: must be "tls" or "starttls": there is no clear text (is "none")'),
    (MAILBOX + 'token_command = ["x"]', "mailbox[0].password: stands beside token_command"),
    (MAILBOX + 'password_file = "config.toml"', "mailbox[0].password: stands beside password_file"),
    (MAILBOX.replace("secret", ""), "mailbox[0].password: must be given, or password_file, or token_command"),
    (MAILBOX.replace("imap.example.org", ""), 'mailbox[0].host: must be given, for example "imap.example.org"'),
    (MAILBOX + 'folder = ""', 'mailbox[0].folder: must be given, for example "INBOX"'),
    (MAILBOX + 'done_folder = "INBOX"', "mailbox[0].done_folder: must be another folder"),
    (MAILBOX + 'junk_folder = "Processed"', "mailbox[0].junk_folder: must be another folder"),
    (MAILBOX + 'role = "boss"', 'mailbox[0].role: must be "complaints" or "escalation" (is "boss")'),
    (MAILBOX + 'start = "yesterday"', 'mailbox[0].start: must be "now" or "all" (is "yesterday")'),
    (MAILBOX + "poll_seconds = 0", "mailbox[0].poll_seconds: must be a whole number from 1 to 3600 (is 0)"),
    (
        MAILBOX + 'ca_file = "ca.pem"',
        "mailbox[0].ca_file: names a file that is not there (put it there, or name another): ",
    ),
    (MAILBOX * 2, "mailbox: names a folder twice: complaints INBOX"),
    (
        MAILBOX + 'authentication = "dkim"',
        'mailbox[0].authentication: must be "none", "rfc8601", "m365" or "submission"',
    ),
    (MAILBOX + 'authority = "mx"', 'mailbox[0].authority: stands beside authentication = "none"'),
    (MAILBOX + 'authentication = "rfc8601"', 'mailbox[0].authority: must be given for authentication = "rfc8601": the'),
    (MAILBOX + 'authentication = "m365"', 'mailbox[0].authority: must be given for authentication = "m365": the id of'),
    (
        MAILBOX + 'authentication = "m365"\nauthority = "example.onmicrosoft.com"',
        'mailbox[0].authority: must be given for authentication = "m365": the id of the tenant such as "0b1c2d3e-',
    ),
    (
        MAILBOX + 'authentication = "submission"\nauthority = "mx; auth=pass"',
        'mailbox[0].authority: must be given for authentication = "submission": the name at the head of',
    ),
    # listener
    ('[listener]\ntls_cert = "config.toml"', "listener.tls_key: tls_cert and tls_key belong together"),
    ('[listener]\ntls_key = "config.toml"', "listener.tls_key: tls_cert and tls_key belong together"),
    ("[listener]\nmax_size = 1000", "listener.max_size: must be a whole number from 65536 to 1073741824 (is 1000)"),
    ('[listener]\ntrusted_peers = ["mx"]', "listener.trusted_peers[0]: must be an IP address or network"),
    ('[listener]\nrecipients = ["x"]', "listener.recipients[0]: must be a plain address"),
    ('[listener]\nauthentication = "rfc8601"\ntrusted_peers = ["::1"]', "listener.authority: must be given for"),
    (
        '[listener]\nauthentication = "rfc8601"\nauthority = "mx"',
        "listener.trusted_peers: must be given beside authentication",
    ),
    # relay
    ('[relay]\nport = "x"', 'relay.port: must be a whole number from 1 to 65535 (is "x")'),
    ("[relay]\nport = 65536", "relay.port: must be a whole number from 1 to 65535 (is 65536)"),
    ("[relay]\nport = true", "relay.port: must be a whole number from 1 to 65535 (is true)"),
    ("[relay]\nport = 25.5", "relay.port: must be a whole number from 1 to 65535 (is 25.5)"),
    ('[relay]\ntls = "none"', 'relay.tls: may be "none" only for a relay on this machine or a private network'),
    ('[relay]\ntls = "maybe"', 'relay.tls: must be "starttls", "tls" or "none" (is "maybe")'),
    ('[relay]\npassword = "x"', "relay.password: stands without a user"),
    ('[relay]\nuser = "x"', "relay.password: must be given, or password_file, or token_command"),
    ('[relay]\nuser = "x"\npassword_file = "nowhere"', "relay.password: cannot be read from "),
    ('[relay]\nenvelope = "none"', 'relay.envelope: must be "address", "tagged" or "null" (is "none")'),
    ('[service]\nplus_addressing = false\n[relay]\nenvelope = "tagged"', 'relay: envelope "tagged" needs service.'),
    # the rest
    ('policy = "nowhere.toml"', "policy: names a file that is not there (put it there, or name another): "),
    ('[letters]\ndir = "nowhere"', "letters.dir: names a folder that is not there: "),
    ('[[staff]]\nname = "A\\nB"\naddress = "a@b"', "staff[0].name: must be one line without control characters"),
    ('[[staff]]\nname = "A"\naddress = "a@b"\n' * 2, "staff: names an address twice: a@b"),
    ('[[staff]]\nname = "A"\naddress = "Complaints@example.org"', "staff: names our own address"),
    ("[letters]\ncooling_minutes = 61", "letters.cooling_minutes: must be a whole number from 0 to 60 (is 61)"),
    (STAFF + 'away = ["2027-01-03 to 2026-12-21"]', "staff[0].away[0]: ends before it begins"),
    (STAFF + 'away = ["2026-02-30"]', 'staff[0].away[0]: names a day that no calendar has (is "2026-02-30")'),
    (STAFF + 'away = ["2026-05-01", "next week"]', f"staff[0].away[1]: {A_DAY}"),
    (STAFF + 'away = ["2026-05-01 to "]', f"staff[0].away[0]: {A_DAY}"),
    (STAFF + 'away = ["20260501"]', f"staff[0].away[0]: {A_DAY}"),
    (STAFF + "away = [2026-05-01]", "staff[0].away[0]: must be text in quotes"),
    (STAFF + 'categories = [""]', "staff[0].categories[0]: must be given"),
    (STAFF + 'signature = "A\\u0000B"', "staff[0].signature: must be text without control characters"),
    (FORM, "form[0].fields: must say which field has the customer's address"),
    (FORM + 'fields = "Email"', 'form[0].fields: must be names in { }, for example { email = "Email" }'),
    (FORM + "fields = { email = 3 }", "form[0].fields.email: must be text in quotes"),
    (FORM + 'fields = { email = "" }', "form[0].fields.email: must be given"),
    (FORM + 'fields = { email = "A", fax = "B" }', "form[0].fields: has what is no field of ours: fax; known are cat"),
    (FORM + FIELDS + 'topics = ["Complaint"]', "form[0].topics: cannot be told apart: give fields.topic"),
    (FORM + FIELDS + 'source = "chat"', 'form[0].source: must be "form" or "helpdesk" (is "chat")'),
    ((FORM + FIELDS) * 2, "form: names a sender twice: no-reply@example.org"),
    (FORM.replace("no-reply", "Complaints") + FIELDS, "form: names an address of our own or of staff"),
    (STAFF + FORM.replace("no-reply", "priya") + FIELDS, "form: names an address of our own or of staff"),
    ('[intake]\nspam_headers = ["X-Spam"]', "intake.spam_headers[0]: must be a header and the beginning of its"),
    ("[limits]\nper_minute = -1", "limits.per_minute: must be a whole number from 1 to 1000000 (is -1)"),
    ('[http]\nlisten = "8025"', "http.listen: must be HOST:PORT such as"),
    ('[htp]\nlisten = ""', 'htp: is no key; did you mean "http"?'),
]


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_a_fault_says_where_what_must_be_and_what_is(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = faults(tmp_path, text)
    assert found.startswith(fault)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    texts = ["[service]\nnam = 1\nlanguage = 1", "[relay]\nport = 0\ntls = 1", "[http]\nlisten = 1", "[[staff]]"]
    found = faults(tmp_path, "\n".join(texts), {"MAILCASE_LIMITS__PER_MINUTE": "x", "MAILCASE_MAILBOX__1__HOST": "x"})
    places = [fault.partition(":")[0] for fault in found]
    assert sorted(places) == [
        "MAILCASE_LIMITS__PER_MINUTE",
        "MAILCASE_MAILBOX__1__HOST",
        "http.listen",
        "relay.port",
        "relay.tls",
        "service.language",
        "service.nam",
        "staff[0].address",
        "staff[0].name",
    ]


@pytest.mark.parametrize(
    "address",
    ["", "x", "@x", "x@", "a b@x", "a@b@c", "a@-b", "a@b..c", ".a@b", "a.@b", "<a@b>", "é@b", "a@b\n", "a" * 38 + "@b"],
)
def test_our_address_is_a_plain_one_with_room_for_a_tag(address: str) -> None:
    with pytest.raises(ConfigError, match="MAILCASE_SERVICE__ADDRESS: must be"):
        load(None, NEEDED_VARIABLES | {"MAILCASE_SERVICE__ADDRESS": address})


def test_without_a_file_a_fault_names_the_variable_to_set() -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {"MAILCASE_MAILBOX__0__HOST": "imap.example.org"})
    assert [fault.partition(":")[0] for fault in caught.value.faults] == [
        "MAILCASE_SERVICE__NAME",
        "MAILCASE_SERVICE__ADDRESS",
        "MAILCASE_MAILBOX__0__USER",
        "MAILCASE_MAILBOX__0__PASSWORD",
        "MAILCASE_RELAY__HOST",
    ]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("MAILCASE_FOO", "MAILCASE_FOO: is no key; known here: database, form, http"),
        ("MAILCASE_RELAY__PASWORD", 'MAILCASE_RELAY__PASWORD: is no key; did you mean "password"?'),
        ("MAILCASE_RELAY", "MAILCASE_RELAY: must be a section"),
        ("MAILCASE_RELAY__0__HOST", "MAILCASE_RELAY__0__HOST: fits no place"),
        ("MAILCASE_MAILBOX__1__HOST", "MAILCASE_MAILBOX__1__HOST: fits no place"),
        ("MAILCASE_SERVICE__NAME__FIRST", "MAILCASE_SERVICE__NAME__FIRST: fits no place"),
        ("MAILCASE_", "MAILCASE_: is no key"),
    ],
)
def test_a_variable_that_names_no_key_is_a_fault(tmp_path: Path, name: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(tmp_path, "", {name: "x"}))


def test_a_file_that_is_not_there_is_a_fault_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml: cannot be read: No such file .*mailcase init"):
        load(tmp_path / "config.toml", {})


@pytest.mark.parametrize("content", [b"[service", b"a = 1\na = 2", b"name = '\xe9'"])
def test_a_file_that_is_no_toml_is_a_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"config\.toml: is not valid TOML"):
        load(tmp_path / "config.toml", {})


@pytest.mark.parametrize(("content", "reason"), [(b"\n", "the file is empty"), (b"\xff", "it is no UTF-8 text")])
def test_a_file_that_holds_no_secret_is_a_fault(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    (found,) = faults(tmp_path, '[relay]\nuser = "x"\npassword_file = "secret"')
    assert found == f"relay.password: cannot be read from {tmp_path / 'secret'}: {reason}"


WORDS = st.sampled_from(["service", "relay", "mailbox", "host", "port", "0", "1", "", "x"])


@given(st.dictionaries(st.lists(WORDS, max_size=4).map("__".join), st.text(max_size=5), max_size=5))
def test_any_environment_loads_or_gives_its_faults(variables: dict[str, str]) -> None:
    with suppress(ConfigError):
        load(None, {f"MAILCASE_{name.upper()}": value for name, value in variables.items()})


# ---- the example ----


def keys_of(model: type[BaseModel]) -> dict[str, Any]:
    """Every key of a model with its default, sections within as dictionaries."""
    return {
        name: keys_of(kind) if (kind := section_in(field.annotation)) else field.get_default()
        for name, field in model.model_fields.items()
    }


def section_in(annotation: Any) -> type[BaseModel] | None:
    kinds = (annotation, *get_args(annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def example(with_what_is_off: bool) -> dict[str, Any]:
    text = (data_dir() / "config.example.toml").read_text("utf-8")
    return tomllib.loads(re.sub(r"(?m)^#(?! |$)", "", text) if with_what_is_off else text)


def test_the_example_has_every_key_with_its_default_and_no_other() -> None:
    shown = example(with_what_is_off=True)
    known = keys_of(Config)
    assert shown.pop("policy") == ""
    assert known.pop("policy") is None
    shown = {section: values[0] if isinstance(values, list) else values for section, values in shown.items()}
    assert {section: set(values) for section, values in shown.items()} == {
        section: set(values) for section, values in known.items()
    }
    for section, values in shown.items():
        for key, value in values.items():
            default = known[section][key]
            expected = "" if default in (None, PydanticUndefined) else default
            written = str(expected) if isinstance(expected, Path) else expected
            assert value == (list(written) if isinstance(written, tuple) else written), key


def test_every_key_of_the_example_has_a_comment_above_it() -> None:
    lines = (data_dir() / "config.example.toml").read_text("utf-8").splitlines()
    for before, line in pairwise(lines):
        if re.match(r"#?[a-z_]+ = ", line):
            assert before.startswith("# "), line


def test_the_example_loads_once_its_required_values_stand(tmp_path: Path) -> None:
    text = (data_dir() / "config.example.toml").read_text("utf-8")
    (tmp_path / "config.toml").write_text(text, "utf-8")
    environ = NEEDED_VARIABLES | {
        "MAILCASE_MAILBOX__0__HOST": "imap.example.org",
        "MAILCASE_MAILBOX__0__USER": "complaints",
        "MAILCASE_MAILBOX__0__PASSWORD": "secret",
    }
    config = load(tmp_path / "config.toml", environ)
    assert config == loaded(tmp_path, MAILBOX)
