"""What may stand behind a key of a policy file: a reader gives the value, or `BadValue` that says what it must be."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from mailcase.core.days.durations import Duration, parse

Reader = Callable[[object], Any]


class BadValue(ValueError):
    """A value that cannot be used; its text says what it must be."""


class Key(NamedTuple):
    """How a value is read, or the keys of the table that it is; its default, or an example when it must be given."""

    read: Reader | Mapping[str, Key]
    default: Any = None
    example: str = ""


def read_keys(data: object, keys: Mapping[str, Key], place: str, faults: list[str]) -> dict[str, Any]:
    """The values of a table by key; one that cannot be read is missing, and `faults` has a line with its place."""
    if not isinstance(data, dict):
        faults.append(f"{place}must be a table with keys of its own{_shown(data)}")
        return {}
    faults += [f"{place}{name}: is no key{_nearest(name, keys)}" for name in data if name not in keys]
    values = {}
    for name, (read, default, example) in keys.items():
        if name not in data and example:
            faults.append(f"{place}{name}: must be given, for example {example}")
        elif name not in data:
            values[name] = default
        elif isinstance(read, Mapping):
            values[name] = read_keys(data[name], read, f"{place}{name}: ", faults)
        else:
            try:
                values[name] = read(data[name])
            except BadValue as error:
                faults.append(f"{place}{name}: {error}")
    return values


def text(value: object) -> str:
    """One line of words."""
    if not isinstance(value, str) or not value.strip() or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", value):
        raise BadValue(f"must be text in quotes, on one line{_shown(value)}")
    return value.strip()


def optional_text(value: object) -> str:
    """One line of words, or \"\" for none."""
    return "" if value == "" else text(value)


def word(value: object) -> str:
    """A name that commands and other keys can use."""
    if not isinstance(value, str) or not re.fullmatch(r"[\w-]+(?: [\w-]+){0,4}", value) or len(value) > 60:
        raise BadValue(f'must be a name of letters, digits and - such as "standard"{_shown(value)}')
    return value


def flag(value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise BadValue(f"must be true or false{_shown(value)}")
    return value


def duration(value: object) -> Duration:
    """A length of time in words."""
    if not isinstance(value, str):
        raise BadValue(f'must be a length of time in quotes such as "5 business days"{_shown(value)}')
    try:
        return parse(value)
    except ValueError as error:
        raise BadValue(f"must be a length of time: {error}") from error


def warning(value: object) -> Duration:
    """How long before a target somebody is warned; business hours and months have no clear way back."""
    length = duration(value)
    if length.unit in ("months", "business hours"):
        raise BadValue(f'must be in hours, days, weeks or business days such as "3 business days"{_shown(value)}')
    return length


def address(value: object) -> str:
    """A plain e-mail address, or \"\" for none."""
    if value == "" or (isinstance(value, str) and re.fullmatch(r"[^\s@<>]{1,64}@[^\s@<>]{1,189}", value)):
        return str(value)
    raise BadValue(f'must be a plain address such as "help@example.org"{_shown(value)}')


def day(value: object) -> date:
    """A date, with or without quotes."""
    try:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        return date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        raise BadValue(f'must be a date such as "2026-12-24"{_shown(value)}') from None


def web(value: object) -> str:
    """The address of a page, or \"\" for none; letters write it out, so it is whole."""
    if value == "" or (isinstance(value, str) and re.fullmatch(r"https?://[^\s<>\"]{1,300}", value)):
        return str(value)
    raise BadValue(f'must be the address of a page such as "https://example.org/complaints"{_shown(value)}')


def one_of(names: Iterable[str]) -> Reader:
    """One of these words."""
    known = tuple(name for name in names if name)

    def read(value: object) -> str:
        if value not in known:
            raise BadValue(f"must be {_either(known)}{_shown(value)}{_meant(str(value), known)}")
        return str(value)

    return read


def several(read_one: Reader) -> Reader:
    """A list; a single value counts as a list of one."""

    def read(value: object) -> tuple[Any, ...]:
        values = tuple(read_one(element) for element in (value if isinstance(value, list) else [value]))
        if len(set(values)) < len(values):
            raise BadValue("names something twice")
        return values

    return read


def named(read_one: Reader) -> Reader:
    """A table of names, each with a value of the same sort."""

    def read(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise BadValue(f"must be a table of names and values{_shown(value)}")
        return {word(name): _of(name, read_one, element) for name, element in value.items()}

    return read


def tables(value: object) -> tuple[object, ...]:
    """One table or several, to be read on their own."""
    return tuple(value) if isinstance(value, list) else (value,)


def unknown(names: Iterable[str], known: Iterable[str], what: str) -> list[str]:
    """A sentence for each name that is none of `known`."""
    listed = tuple(known)
    return [f'"{name}" is no {what}{_nearest(name, listed)}' for name in names if name not in listed]


def _of(name: str, read_one: Reader, value: object) -> Any:
    try:
        return read_one(value)
    except BadValue as error:
        raise BadValue(f'"{name}" {error}') from error


def _nearest(name: str, known: Iterable[str]) -> str:
    """What was meant, or everything that could be: the end of a sentence."""
    listed = sorted(known)
    return _meant(name, listed) or f"; known here: {', '.join(listed) or 'nothing'}"


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:60], tuple(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _either(known: tuple[str, ...]) -> str:
    quoted = [f'"{name}"' for name in known]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else quoted[0]


def _shown(value: object) -> str:
    """What stands there, for values that fit into the sentence."""
    is_short = isinstance(value, str | int | float)
    return f" (is {json.dumps(value, ensure_ascii=False)[:80]})" if is_short else ""
