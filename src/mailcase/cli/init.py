"""The files of a new installation: a config to fill in, the key, and the policy and templates to edit."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from mailcase.data import data_dir
from mailcase.errors import MailcaseError

_KEY_BYTES = 32
POLICY = "policy.toml"
_PRIVATE = {"mailcase.key", "config.toml"}


def write_files(target: Path) -> list[Path]:
    """Write config, key, policy and templates/ into `target`; touches nothing if any of them is there."""
    contents = _contents()
    in_the_way = [path for place in contents if os.path.lexists(path := target / place)]
    if in_the_way:
        names = ", ".join(map(str, in_the_way))
        raise MailcaseError(f"{names}: stands in the way; nothing was written: move it, or name another folder")
    try:
        return [_write(target / place, text) for place, text in contents.items()]
    except OSError as error:
        raise MailcaseError(f"{error.filename}: cannot be written: {error.strerror}") from error


def _contents() -> dict[str, str]:
    """What goes where. The config names the copied templates and policy, or editing them would change nothing."""
    example = (data_dir() / "config.example.toml").read_text("utf-8")
    config = example.replace('\ndir = ""\n', '\ndir = "templates"\n').replace(
        '\npolicy = ""\n', f'\npolicy = "{POLICY}"\n'
    )
    templates = data_dir() / "templates"
    files = sorted(path for path in templates.rglob("*") if path.is_file())
    return {
        "mailcase.key": secrets.token_hex(_KEY_BYTES) + "\n",
        "config.toml": config,
        POLICY: (data_dir() / "examples" / "plain" / POLICY).read_text("utf-8"),
        **{f"templates/{path.relative_to(templates).as_posix()}": path.read_text("utf-8") for path in files},
    }


def _write(path: Path, text: str) -> Path:
    """A new file, never an old one; key and config hold secrets, so they are for our own user alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o600 if path.name in _PRIVATE else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return path
