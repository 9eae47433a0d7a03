"""What `mailcase init` writes, and that it never writes over anything."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mailcase.build import policy
from mailcase.cli.init import write_files
from mailcase.config import load
from mailcase.data import data_dir, read_templates
from mailcase.errors import ConfigError, MailcaseError

REQUIRED = {
    "MAILCASE_SERVICE__NAME": "Example Ltd",
    "MAILCASE_SERVICE__ADDRESS": "complaints@example.org",
    "MAILCASE_MAILBOX__0__HOST": "imap.example.org",
    "MAILCASE_MAILBOX__0__USER": "complaints",
    "MAILCASE_MAILBOX__0__PASSWORD": "secret",
    "MAILCASE_RELAY__HOST": "smtp.example.org",
}


def test_the_written_config_loads_once_its_required_values_stand(tmp_path: Path) -> None:
    written = write_files(tmp_path / "new" / "folder")
    config = load(tmp_path / "new" / "folder" / "config.toml", REQUIRED)
    assert config.service.key_file in written
    assert config.letters.dir == tmp_path / "new" / "folder" / "templates"


def test_only_the_required_values_are_missing_in_the_written_config(tmp_path: Path) -> None:
    write_files(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.toml", {})
    places = {fault.removeprefix(f"{tmp_path / 'config.toml'}: ").partition(":")[0] for fault in caught.value.faults}
    assert places == {
        "service.name",
        "service.address",
        "mailbox[0].host",
        "mailbox[0].user",
        "mailbox[0].password",
        "relay.host",
    }


def test_an_edited_template_takes_effect(tmp_path: Path) -> None:
    write_files(tmp_path)
    config = load(tmp_path / "config.toml", REQUIRED)
    assert read_templates("en", config.letters.dir) == read_templates("en", None)
    (tmp_path / "templates" / "en" / "acknowledgement.md").write_text("Ours", "utf-8")
    assert read_templates("en", config.letters.dir)["acknowledgement"] == "Ours"


def test_an_edited_policy_takes_effect(tmp_path: Path) -> None:
    write_files(tmp_path)
    config = load(tmp_path / "config.toml", REQUIRED)
    assert config.policy == tmp_path / "policy.toml"
    assert policy(config).text == (data_dir() / "examples" / "plain" / "policy.toml").read_text("utf-8")
    (tmp_path / "policy.toml").write_text(policy(config).text.replace("complaints policy", "ours"), "utf-8")
    assert policy(config).name == "ours"


def test_key_and_config_are_for_their_owner_alone(tmp_path: Path) -> None:
    write_files(tmp_path)
    for name in ("mailcase.key", "config.toml"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_every_key_is_another_one_of_32_bytes(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "two"):
        write_files(tmp_path / name)
        keys.add(bytes.fromhex((tmp_path / name / "mailcase.key").read_text("ascii")))
    assert len(keys) == 2
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize("name", ["config.toml", "mailcase.key", "policy.toml", "templates/en/acknowledgement.md"])
def test_a_file_that_stands_in_the_way_is_named_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("precious", "utf-8")
    with pytest.raises(MailcaseError, match=name):
        write_files(tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [tmp_path / name]
    assert files[0].read_text("utf-8") == "precious"


def test_a_link_to_nowhere_stands_in_the_way_too(tmp_path: Path) -> None:
    (tmp_path / "mailcase.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MailcaseError, match=r"mailcase\.key"):
        write_files(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_target_that_is_a_file_is_a_fault_in_words(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("a file", "utf-8")
    with pytest.raises(MailcaseError, match="cannot be written"):
        write_files(tmp_path / "target")
