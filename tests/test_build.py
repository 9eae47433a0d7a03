"""From the config to the rules: people, keys, and whom each door believes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from mailcase import build
from mailcase.config_sections import Config
from mailcase.core.mail.authentication import Trust
from mailcase.core.mail.forms import Form
from mailcase.core.staff import capability
from mailcase.core.staff.assignment import Absence, Colleague
from mailcase.core.staff.capability import Capability, Keys
from mailcase.data import data_dir
from mailcase.errors import ConfigError, MailcaseError
from test_config import FIELDS, FORM, MAILBOX, STAFF, loaded

OLD, NEW, OWN = "1" * 64, "2" * 64, "3" * 64


def configured(folder: Path, text: str = "") -> Config:
    """A config with its keys, and a policy that has categories."""
    for name, digits in (("mailcase.key", OWN), ("token-1.key", OLD), ("token-2.key", NEW)):
        (folder / name).write_text(digits, "ascii")
    plain = (data_dir() / "examples" / "plain" / "policy.toml").read_text("utf-8")
    categories = 'categories = ["billing", "fault"]\n'
    (folder / "policy.toml").write_text(categories + plain, "utf-8")
    return loaded(folder, f'policy = "policy.toml"\n{text}')


def test_staff_become_colleagues_with_all_that_they_are_given(tmp_path: Path) -> None:
    given = 'role = "manager"\ncategories = ["fault"]\naway = ["2026-05-01 to 2026-05-04"]\nsignature = "Priya"\n'
    away = (Absence(date(2026, 5, 1), date(2026, 5, 4)),)
    priya = Colleague("Priya Nair", "priya@example.org", "manager", ("fault",), away, "Priya")
    assert build.rules(configured(tmp_path, STAFF + given)).staff == (priya,)


def test_a_category_that_the_policy_does_not_have_keeps_it_from_starting(tmp_path: Path) -> None:
    config = configured(tmp_path, f'{STAFF}categories = ["billing", "repairs"]\n')
    with pytest.raises(ConfigError) as caught:
        build.rules(config)
    (fault,) = caught.value.faults
    assert fault == "staff[0].categories: the policy has no category repairs; it has billing, fault"


def test_doors_believe_what_the_config_says_and_no_more(tmp_path: Path) -> None:
    proven = 'junk_folder = "Junk"\nauthentication = "rfc8601"\nauthority = "mx.example.org"\n'
    other = MAILBOX.replace('"complaints"', '"senior"')
    keys = 'authentication = "submission"\nauthority = "mx"\ntrusted_peers = ["10.0.0.0/8"]\n'
    rules = build.rules(configured(tmp_path, f"{MAILBOX}{proven}{other}[listener]\n{keys}"))
    mailbox = Trust("rfc8601", "mx.example.org", None)
    listener = Trust("submission", "mx", (ip_network("10.0.0.0/8"),))
    assert dict(rules.trust) == {
        "complaints@imap.example.org/INBOX": mailbox,
        "complaints@imap.example.org/Junk": mailbox,
        "senior@imap.example.org/INBOX": Trust(),
        "smtp": listener,
        "smtp/escalation": listener,
    }


def test_a_listener_without_trusted_peers_believes_no_peer(tmp_path: Path) -> None:
    assert build.rules(configured(tmp_path, "[listener]")).trust["smtp"] == Trust("none", "", ())


def test_a_form_and_the_minutes_of_cooling_reach_the_rules(tmp_path: Path) -> None:
    rules = build.rules(configured(tmp_path, f"{FORM}{FIELDS}[letters]\ncooling_minutes = 0"))
    assert rules.forms == (Form("no-reply@example.org", "form", {"email": "Email"}),)
    assert rules.cooling == timedelta(0)


ROTATED = 'token_key_file = "token-2.key"\nprevious_token_key_files = ["token-1.key", "mailcase.key"]'


@pytest.mark.parametrize(
    ("lines", "current", "previous"),
    [
        ("", OWN, ()),
        ('token_key_file = "token-1.key"', OLD, ()),
        (ROTATED, NEW, (OLD, OWN)),
    ],
)
def test_tokens_have_a_key_of_their_own_that_leaves_references_alone(
    tmp_path: Path, lines: str, current: str, previous: tuple[str, ...]
) -> None:
    rules = build.rules(configured(tmp_path, f"[service]\n{lines}"))
    assert rules.keys == Keys(bytes.fromhex(current), tuple(map(bytes.fromhex, previous)))
    assert rules.key == bytes.fromhex(OWN)


def test_a_token_from_before_any_rotation_is_believed_while_the_key_file_is_named(tmp_path: Path) -> None:
    before = build.rules(configured(tmp_path)).sealing
    token = capability.issue(before, Capability("priya@example.org", "", date(2026, 12, 31)))
    at = datetime.fromisoformat("2026-11-21T09:00:00+00:00")
    after = build.rules(configured(tmp_path, f"[service]\n{ROTATED}")).sealing
    assert isinstance(capability.check(token, "priya@example.org", "MC", after, at), Capability)
    gone = build.rules(configured(tmp_path, '[service]\ntoken_key_file = "token-2.key"')).sealing
    assert isinstance(capability.check(token, "priya@example.org", "MC", gone, at), str)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('token_key_file = "none.key"', "service.token_key_file: .*none.key cannot be read"),
        ('previous_token_key_files = ["token-1.key", "policy.toml"]', "service.previous_token_key_files: .* is no key"),
    ],
)
def test_a_token_key_that_cannot_be_used_is_named(tmp_path: Path, lines: str, words: str) -> None:
    with pytest.raises(MailcaseError, match=words):
        build.rules(configured(tmp_path, f"[service]\n{lines}"))
