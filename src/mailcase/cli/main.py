"""The commands by name; each module is imported only when its command is asked for."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from mailcase.cli.showing import complain, shown
from mailcase.errors import ConfigError, MailcaseError

# name -> (module, help). The help stands here so that `mailcase --help` need not import every command.
COMMANDS = {
    "demo": ("demo", "See it all work on this machine, without any config."),
    "init": ("setup", "Write a commented config, a key file, and the policy and templates to edit."),
    "check": ("check", "Find the faults of the config, then try database, mailboxes, relay."),
    "run": ("setup", "Run the daemon."),
    "simulate": ("simulating", "Run a policy on a fake clock: letters, warnings and flags with their times."),
    "migrate": ("setup", "Bring the database to the newest version."),
    "import": ("importing", "Take in .eml files, mbox files and Maildirs."),
    "inspect": ("inspecting", "Show what mailcase makes of a mail, as JSON."),
    "cases": ("asking", "List the cases."),
    "show": ("asking", "Show one case with its timeline and letters."),
    "explain": ("explaining", "Explain how each date of a case was counted, and what kept it."),
    "proof": ("proving", "Prove how many promises were kept and broken, each with its evidence."),
    "policy": ("policy", "Show and check a policy, or hold the open cases to it."),
    "ledger": ("asking", "Count all mail in and all letters out: do they balance?"),
    "letters": ("letters", "List the letters in the outbox, or read one."),
    "retry": ("letters", "Send letters again that failed, or now instead of later."),
    "release": ("letters", "Let held letters leave."),
    "cancel": ("letters", "Stop letters that have not left."),
    "mail": ("mail", "Read one mail as it came, or write it and its files to a folder."),
    "review": ("review", "Deal with the mails that wait for a person."),
}
INTERRUPTED = 130  # as shells count it: 128 and the number of SIGINT


class Commands(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"mailcase.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    from importlib.metadata import PackageNotFoundError, version

    if wanted:
        try:
            click.echo(f"mailcase {version('mailcase')}")
        except PackageNotFoundError:
            click.echo("mailcase, not installed")
        context.exit()


@click.command(
    cls=Commands,
    invoke_without_command=True,
    epilog="`mailcase COMMAND --help` tells more. A first start: init, check, run. To look around: demo.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep a firm's published promises about complaints: mail in, case opened, letters out."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run a command; faults come out as one line each on stderr. Returns the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character must not end us
    try:
        status = _run(arguments)
        if sys.stdout is not None:  # as it is after `>&-`
            sys.stdout.flush()
    except BrokenPipeError:  # nobody reads any more, which is their right
        _drop_stdout()
        return 1
    except OSError as fault:
        complain(f"{fault.filename or 'output'}: {fault.strerror or fault}")
        _drop_stdout()
        return 1
    return status


def _run(arguments: Sequence[str]) -> int:
    try:
        result = cli.main(arguments, prog_name="mailcase", standalone_mode=False)
    except click.UsageError as fault:
        path = fault.ctx.command_path if fault.ctx else "mailcase"
        complain(f"{fault.format_message().removesuffix('.')}; `{path} --help` tells more")
        return 2
    except (click.Abort, KeyboardInterrupt):
        complain("stopped")
        return INTERRUPTED
    except ConfigError as fault:
        for line in fault.faults:
            print(shown(line), file=sys.stderr)
        return 2
    except MailcaseError as fault:
        complain(str(fault))
        return 1
    return result if isinstance(result, int) else 0


def _drop_stdout() -> None:
    """What is still in the buffer goes nowhere; Python would try to write it at exit and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
