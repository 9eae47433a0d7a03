"""What the daemon says while it works: one readable line per thing that happened, or JSON for machines."""

from __future__ import annotations

import json as json_format
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_HIDDEN = "***"


class Log(Protocol):
    """Says one thing that happened: `log("mail.kept", mail=12)`; `level` is debug, info, warning or error."""

    def __call__(self, event: str, /, *, level: str = "info", **facts: object) -> None: ...


def make_log(json: bool, verbose: bool, out: TextIO, secrets: Iterable[str] = ()) -> Log:
    """A log that any thread may use; it writes debug lines only if `verbose`, and none of `secrets` ever."""
    stamp = structlog.processors.TimeStamper(fmt="iso" if json else "%Y-%m-%dT%H:%M:%SZ", utc=True, key="time")
    render = _as_json if json else _as_line(getattr(out, "encoding", None) or "utf-8")
    logger = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[_without(secrets), structlog.processors.add_log_level, stamp, render],
        wrapper_class=structlog.make_filtering_bound_logger("debug" if verbose else "info"),
    ).bind()

    def log(event: str, /, *, level: str = "info", **facts: object) -> None:
        # A full disk or a reader that went away must not stop the mail; ValueError is a stream that is closed.
        with suppress(OSError, ValueError):
            getattr(logger, level)(event, **facts)

    return log


def _without(secrets: Iterable[str]) -> Processor:
    """Hide secrets wherever they stand in a fact; the longest first, since one may hold another."""
    known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def clean(value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, list | tuple):
            return [clean(element) for element in value]
        text = str(value)
        for secret in known:
            text = text.replace(secret, _HIDDEN)
        return text

    def processor(_logger: WrappedLogger, _method: str, facts: EventDict) -> EventDict:
        return {name: clean(value) for name, value in facts.items()}

    return processor


def _as_json(_logger: WrappedLogger, _method: str, facts: EventDict) -> str:
    head = {name: facts.pop(name) for name in ("time", "level", "event")}
    return json_format.dumps({**head, **facts})


def _as_line(encoding: str) -> Callable[[WrappedLogger, str, EventDict], str]:
    def processor(_logger: WrappedLogger, _method: str, facts: EventDict) -> str:
        head = f"{facts.pop('time')} {facts.pop('level'):<7} {facts.pop('event')}"
        line = " ".join([head, *(f"{name}={_shown(value)}" for name, value in facts.items())])
        return line.encode(encoding, "backslashreplace").decode(encoding)

    return processor


def _shown(value: object) -> str:
    """A value on one line; in quotes where it could be misread, escaped where it could move the cursor or the eye."""
    if isinstance(value, list):
        return ",".join(map(_shown, value)) or '""'
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not text.isprintable():
        return json_format.dumps(text).replace("\x7f", "\\u007f")
    if not text or any(character in ' "=,\\' for character in text):
        return json_format.dumps(text, ensure_ascii=False)
    return text
