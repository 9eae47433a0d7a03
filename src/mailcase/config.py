"""The config: TOML and environment make one frozen `Config`, or every fault at once, with its place."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import (
    BaseModel,
    ValidationError,
)
from pydantic_core import ErrorDetails

from mailcase.config_sections import Config
from mailcase.errors import ConfigError

_NOT_KEYS = {"CONFIG", "CRASH_AT", "TEST_CLOCK", "TEST_STEADY", "SCALE", "REQUIRE_DOVECOT", "LOG_JSON"}
_PREFIX = "MAILCASE_"
_SECRET_KEYS = {"password", "url", "token_command"}
_SENTENCES = {
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list in [ ]",
    "path_type": "must be a path in quotes",
    "dict_type": 'must be names in { }, for example { email = "Email" }',
}

Place = tuple[int | str, ...]


def load(path: Path | None, environ: Mapping[str, str], instead: Mapping[str, Any] | None = None) -> Config:
    """The config of a file, or of none, with the environment over it; `ConfigError` holds every fault.

    The sections of `instead` stand in the place of those in the file: a rehearsal has no use for its servers.
    """
    data = (_toml(path) if path else {}) | dict(instead or {})
    variables, faults = _lay_over(data, environ)
    for section, field in Config.model_fields.items():
        if field.is_required():
            data.setdefault(section, {})
    base = path.absolute().parent if path else Path.cwd()
    try:
        config = Config.model_validate(data, context={"base": base})
    except ValidationError as error:
        faults += [f"{_where(e['loc'], path, variables)}: {_what(e)}" for e in error.errors()]
        raise ConfigError(faults) from None
    if faults:
        raise ConfigError(faults)
    return config


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}; `mailcase init` writes one"]) from error
    except ValueError as error:
        raise ConfigError([f"{path}: is not valid TOML: {error}"]) from error


def _lay_over(data: dict[str, Any], environ: Mapping[str, str]) -> tuple[dict[Place, str], list[str]]:
    """Put MAILCASE_SECTION__KEY and MAILCASE_SECTION__0__KEY into `data`; says which place came from which."""
    variables: dict[Place, str] = {}
    faults = []
    names = (name for name in environ if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) not in _NOT_KEYS)
    for name in sorted(names, key=lambda name: [part.zfill(6) for part in name.split("__")]):
        parts = name.removeprefix(_PREFIX).lower().split("__")
        place = tuple(int(part) if part.isdecimal() else part for part in parts)
        try:
            _put(data, place, environ[name])
        except LookupError:
            faults.append(f"{name}: fits no place: a list counts from 0 without gaps, MAILCASE_MAILBOX__0__HOST")
        variables[place] = name
    return variables, faults


def _put(node: Any, place: Place, value: str) -> None:
    key, *rest = place
    fits = isinstance(node, list) if isinstance(key, int) else isinstance(node, dict)
    if not fits:
        raise LookupError(key)
    if isinstance(key, int) and key == len(node):
        node.append({})
    if not rest:
        node[key] = value
        return
    if isinstance(key, str):
        node.setdefault(key, [] if isinstance(rest[0], int) else {})
    _put(node[key], tuple(rest), value)


def _where(place: Place, path: Path | None, variables: Mapping[Place, str]) -> str:
    """The variable that gave the value, or else file and key; without a file, the variable to use."""
    for length in range(len(place), 0, -1):
        if name := variables.get(place[:length]):
            return name
    if path is None:
        return _PREFIX + "__".join(map(str, place)).upper()
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"{path}: {dotted.removeprefix('.')}"


def _what(error: ErrorDetails) -> str:
    """One fault in words: what it must be, and what it is unless that is a secret."""
    place, kind, value = error["loc"], error["type"], error["input"]
    if kind == "extra_forbidden":
        return _unknown(place)
    if kind == "missing":
        return _missing(place)
    if kind == "model_type":
        return "must be a section with keys of its own"
    if kind == "literal_error":
        sentence = f"must be {error['ctx']['expected']}".replace("'", '"')
    else:
        sentence = _SENTENCES.get(kind) or error["msg"].removeprefix("Value error, ")
    if _SECRET_KEYS.intersection(place) or not isinstance(value, str | int | float):
        return sentence
    return f"{sentence} (is {json.dumps(value, ensure_ascii=False)[:80]})"


def _missing(place: Place) -> str:
    field = _section(place).model_fields.get(str(place[-1]))
    if field is None:
        return "must be given"
    example = field.examples[0] if field.examples else field.default
    return f"must be given, for example {json.dumps(example)}"


def _unknown(place: Place) -> str:
    known = sorted(_section(place).model_fields)
    near = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f'is no key; did you mean "{near[0]}"?' if near else f"is no key; known here: {', '.join(known)}"


def _section(place: Place) -> type[BaseModel]:
    """The section that a key at this place belongs to."""
    if len(place) == 1:
        return Config
    annotation = Config.model_fields[str(place[0])].annotation
    kinds = (annotation, *get_args(annotation))
    return next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
