"""The files that come with mailcase: inside the package in a wheel, at the top of the repository in a checkout."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mailcase.errors import ConfigError

_COMPLETE = "en"  # the language in which every letter stands: it says which files there can be


def data_dir() -> Path:
    """The folder that holds templates/, migrations/ and config.example.toml."""
    package = Path(__file__).parent
    wheel = package / "data"
    return wheel if wheel.is_dir() else package.parents[1]


def read_templates(language: str, override_dir: Path | None) -> dict[str, str]:
    """Template sources by name: `<language>/*.md` by stem, `*.html` by file name.

    A firm's own folder has the same shape and replaces single files. A file there that we do not know, or a letter
    that its language lacks, is a fault: a misspelt name must not leave our words standing unnoticed.
    """
    ours = data_dir() / "templates"
    known = {_in_language(place, language) for place in _files(ours, _COMPLETE)}
    own = _files(override_dir, language) if override_dir else {}
    paths = _files(ours, language) | own
    names = ", ".join(sorted(known))
    faults = [f"{own[place]}: is no template; known are {names}" for place in sorted(own.keys() - known)]
    faults += [
        f"{(override_dir or ours) / place}: must be written, for it is not there in this language"
        for place in sorted(known - paths.keys())
    ]
    sources = _texts(paths.values(), faults)
    if faults:
        raise ConfigError(faults)
    return sources


def our_templates(language: str) -> dict[str, str]:
    """What comes with mailcase in this language, by name like the others."""
    return _texts(_files(data_dir() / "templates", language).values(), [])


def _texts(paths: Iterable[Path], faults: list[str]) -> dict[str, str]:
    sources = {}
    for path in paths:
        try:
            sources[path.name.removesuffix(".md")] = path.read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            faults.append(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}")
    return sources


def _files(folder: Path, language: str) -> dict[str, Path]:
    """The files of a templates folder by their place in it; hidden ones belong to editors and file managers."""
    if not folder.is_dir():
        raise ConfigError([f"{folder}: is no folder"])
    letters = folder / language
    found = [*folder.iterdir(), *(letters.iterdir() if letters.is_dir() else ())]
    visible = (path for path in found if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path for path in visible}


def _in_language(place: str, language: str) -> str:
    return place if place.endswith(".html") else f"{language}/{place.rpartition('/')[2]}"
