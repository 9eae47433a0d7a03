"""`init`, `run`, `migrate`: from an empty folder to a running daemon."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from mailcase.cli.common import config_option, first_line, load, verbose
from mailcase.cli.stop_signal import StopSignal
from mailcase.errors import ConfigError, MailcaseError


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("."))
def init_command(directory: Path) -> None:
    """Write a commented config.toml, the key file, and the policy and templates to edit.

    Nothing is written when any of them is there already.
    """
    from mailcase.cli.init import write_files

    for path in write_files(directory):
        print(f"wrote {path}")
    print(f"\nNext: fill in {directory / 'config.toml'} and policy.toml, then `mailcase check`, then `mailcase run`.")
    print("Back up mailcase.key apart from the database: without it the same mail gets another reference.")


@click.command("run")
@config_option
@click.option("--json", "as_json", is_flag=True, envvar="MAILCASE_LOG_JSON", help="Log JSON instead of lines.")
def run_command(config_path: Path | None, as_json: bool) -> None:
    """Run the daemon until SIGTERM or SIGINT; the log is on stderr."""
    from mailcase import build
    from mailcase.cli import specimens
    from mailcase.daemon import Daemon
    from mailcase.failpoints import crash_at, nowhere
    from mailcase.log import make_log

    settings = load(config_path)
    log = make_log(as_json, verbose(), sys.stderr, settings.secrets)
    for name in ("MAILCASE_TEST_CLOCK", "MAILCASE_TEST_STEADY", "MAILCASE_CRASH_AT"):
        if name in os.environ:
            log("daemon.test_mode", level="warning", variable=name, value=os.environ[name])
    reached = crash_at(os.environ["MAILCASE_CRASH_AT"]) if "MAILCASE_CRASH_AT" in os.environ else nowhere
    environ = os.environ
    now = build.clock(environ)
    with StopSignal() as stop:
        daemon = Daemon(settings, log, now, reached, build.tick(environ), build.steady(environ))
        if faults := specimens.faults(daemon.rules, now()):
            raise ConfigError([f"{words}; correct this template" for words in faults])
        try:
            daemon.start()
            stop.wait()
        except DBAPIError as fault:
            raise MailcaseError(f"database: {first_line(fault)}; `mailcase check` looks closer") from fault
        finally:
            daemon.stop()


@click.command("migrate")
@config_option
def migrate_command(config_path: Path | None) -> None:
    """Bring the database to the newest version. Stop the daemon and make a backup before."""
    from mailcase import build
    from mailcase.cli.common import found
    from mailcase.store import schema
    from mailcase.store.engine import lock_file

    with found(load(config_path)) as database:
        lock = lock_file(database)
        try:
            before, after = schema.migrate(database, build.migrations())
        finally:
            if lock:
                lock.close()
    if before == after:
        print(f"The database is at the newest version, {after}; there was nothing to do.")
    else:
        print(f"The database is at version {after}; it was {before or 'new'}.")
