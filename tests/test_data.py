"""The files that come with mailcase, from a checkout and from a wheel, and a firm's own templates over them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mailcase
from mailcase.data import data_dir, read_templates
from mailcase.errors import ConfigError


def test_a_checkout_has_its_files_at_the_top() -> None:
    for name in ("templates", "migrations", "config.example.toml"):
        assert (data_dir() / name).exists()


def test_an_installed_wheel_has_its_files_beside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "site" / "mailcase"
    shutil.copytree(Path(mailcase.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(data_dir() / "templates", package / "data" / "templates")
    code = "from mailcase.data import *; print(data_dir(), *read_templates('en', None))"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == [str(package / "data"), *read_templates("en", None)]


def test_letters_are_named_by_stem_and_pages_by_file_name() -> None:
    names = read_templates("en", None).keys()
    assert "acknowledgement" in names
    assert {Path(name).suffix for name in names} <= {"", ".html"}


def test_a_single_file_of_the_firm_replaces_ours(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "acknowledgement.md").write_text("\ufeffWe have it: £5", "utf-8")
    ours = read_templates("en", None)
    assert read_templates("en", tmp_path) == ours | {"acknowledgement": "We have it: £5"}


def test_an_empty_folder_of_the_firm_changes_nothing(tmp_path: Path) -> None:
    assert read_templates("en", tmp_path) == read_templates("en", None)


@pytest.mark.parametrize("place", ["en/acknowledgment.md", "acknowledgement.md", "en/notes.txt", "extra.html"])
def test_an_unknown_file_is_a_fault_that_names_the_known_ones(tmp_path: Path, place: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / place).write_text("Dear", "utf-8")
    with pytest.raises(ConfigError) as caught:
        read_templates("en", tmp_path)
    (fault,) = caught.value.faults
    assert fault.startswith(f"{tmp_path / place}: ")
    assert "en/acknowledgement.md" in fault


def test_hidden_files_and_other_languages_are_left_alone(tmp_path: Path) -> None:
    for place in ("en/.acknowledgement.md.swp", ".gitignore", "de/brief.md"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text("x", "utf-8")
    assert read_templates("en", tmp_path) == read_templates("en", None)


def test_a_language_that_we_lack_needs_every_letter_from_the_firm(tmp_path: Path) -> None:
    shutil.copytree(data_dir() / "templates" / "en", tmp_path / "de")
    assert read_templates("de", tmp_path) == read_templates("en", None)
    (tmp_path / "de" / "acknowledgement.md").unlink()
    with pytest.raises(ConfigError, match=r"de/acknowledgement\.md: must be written"):
        read_templates("de", tmp_path)


def test_a_language_that_nobody_wrote_is_a_fault() -> None:
    with pytest.raises(ConfigError, match=r"xx/acknowledgement\.md: must be written"):
        read_templates("xx", None)


def test_a_file_that_is_no_utf8_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "acknowledgement.md").write_bytes(b"caf\xe9")
    with pytest.raises(ConfigError, match="no UTF-8 text"):
        read_templates("en", tmp_path)


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        read_templates("en", tmp_path / "nowhere")
