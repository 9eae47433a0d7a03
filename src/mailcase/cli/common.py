"""What the commands share: the config option, the opened database, and what is said on stderr."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from mailcase import build, config
from mailcase.cli.showing import complain
from mailcase.config_sections import Config
from mailcase.errors import MailcaseError, TryLater
from mailcase.store import schema
from mailcase.store.engine import Database

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT = Path("config.toml")
_VERBOSE = "mailcase.verbose"


def config_option(command: F) -> F:
    """`-c/--config FILE`, or MAILCASE_CONFIG, or ./config.toml; and `-v`, which says more on stderr."""
    named = click.option(
        "-c",
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        envvar="MAILCASE_CONFIG",
        metavar="FILE",
        help="The config file.  [default: ./config.toml, or MAILCASE_CONFIG]",
    )
    more = click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=lambda context, _option, given: context.meta.update({_VERBOSE: given}),
        help="Say more, on stderr.",
    )
    return named(more(command))


def json_option(command: F) -> F:
    """`--json`: one JSON object, or one per line of a list, and nothing else on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, one object per line.")(command)


def verbose() -> bool:
    """Whether `-v` was given."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_VERBOSE))


def load(path: Path | None) -> Config:
    """The config; without any file it comes from the environment alone, as in a container."""
    if path is None and DEFAULT.exists():
        path = DEFAULT
    if path is None and not any(name.startswith("MAILCASE_SERVICE__") for name in os.environ):
        raise click.UsageError("there is no config.toml here: `mailcase init` writes one, -c FILE names another")
    if verbose():
        complain(f"config {path or 'from the environment'}")
    return config.load(path, os.environ)


@contextmanager
def found(settings: Config) -> Iterator[Database]:
    """The database of a config as it is; its faults come out with the place they are about."""
    database = build.database(settings)
    place = database.place
    if verbose():
        complain(f"database {place}")
    try:
        yield database
    except TryLater as fault:
        raise MailcaseError(f"{place}: {fault}; is database.url right? `mailcase check` looks closer") from fault
    except DBAPIError as fault:
        raise MailcaseError(f"{place}: {first_line(fault)}; `mailcase check` looks closer") from fault
    finally:
        database.close()


@contextmanager
def opened(settings: Config) -> Iterator[Database]:
    """The database of a config, ready to use; it may be in use by a running daemon at the same time."""
    with found(settings) as database:
        schema.prepare(database, build.migrations())
        yield database


def first_line(fault: DBAPIError) -> str:
    """What the database itself said, without the statement."""
    return next(iter(str(fault.orig).strip().splitlines()), type(fault.orig).__name__)


def operator() -> str:
    """Who gives this command, for the record."""
    try:
        return f"operator {getpass.getuser()}"
    except (KeyError, OSError):
        return f"operator {os.getuid()}"


def say(event: str, /, *, level: str = "info", **facts: object) -> None:
    """The log of a command whose answer is on stdout: what went wrong, and with `-v` everything."""
    if level in ("warning", "error") or verbose():
        told = (f"{name} {fact}" for name, fact in facts.items() if fact is not None)
        complain(f"{event}: {', '.join(told)}")
