"""`demo`: the journey of a few mails on this machine, by real SMTP, with a catcher in the place of the relay."""

from __future__ import annotations

import os
import shutil
import sys
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from mailcase.cli.demo_clock import DAYS, MISSED, run_clock
from mailcase.cli.demo_folder import DemoFolder
from mailcase.cli.demo_stage import ADDRESS, HOST, Journal, Stage, stage
from mailcase.cli.main import run
from mailcase.cli.samples import MARIA, PRIYA, SAM, answer, commands, first_mails, readable
from mailcase.cli.showing import print_table
from mailcase.cli.stop_signal import StopSignal
from mailcase.core.case import End
from mailcase.log import make_log

ENDS = [f"mail.{end}" for end in get_args(End)]
DECISION = """\
outcome: upheld
redress: refund 49.90 EUR
resolve: Dear Maria,

our till charged your card twice. We have sent 49.90 EUR back to it.

Priya Nair"""
SHOWN_FIELDS = ("From", "To", "Reply-To", "Subject", "Auto-Submitted")


@click.command("demo")
@click.option("--serve", is_flag=True, help="Stay, and take mail that you send by hand, until Ctrl-C.")
def demo_command(serve: bool) -> int:
    """See it all work on this machine, without any config.

    Nothing leaves the machine. Mails, letters and database stay in ./mailcase-demo/ until the next demo.
    """
    _forget_the_environment()
    console = Console(file=sys.stdout, highlight=False)
    with stage(DemoFolder(Path("mailcase-demo")), Journal()) as running:
        status = _story(running, console)
        if serve:
            _serve(running, console)
    return status


def _forget_the_environment() -> None:
    """A config in the environment would be laid over the demo's, and lead it to a real database."""
    for name in [name for name in os.environ if name.startswith("MAILCASE_")]:
        del os.environ[name]


def _story(running: Stage, console: Console) -> int:
    """Play it from the first mail to the ledger; returns 0 when the books balance."""
    console.print("[bold]mailcase demo[/]: complaints come in by e-mail, become cases, and are acknowledged.")
    console.print("All of it happens on this machine; no mail leaves it.")
    _mails_arrive(running, console)
    reference = _customer_reads(running, console)
    _customer_answers(running, console)
    answered = _staff_answer(running, console)
    _time_passes(running, console, reference, answered)
    _title(console, 6, "What the operator sees")
    _command(running, console, "cases")
    _command(running, console, "show", reference)
    _command(running, console, "review", "list")
    status = _command(running, console, "ledger")
    _farewell(running, console)
    return status


def _mails_arrive(running: Stage, console: Console) -> None:
    samples = first_mails(ADDRESS)
    _title(console, 1, f"{len(samples)} mails arrive by SMTP for {ADDRESS}")
    said = running.post(samples)
    ends = _ends(running)
    rows = [(sample.who, sample.what, _became(end, facts)) for sample, (end, facts) in zip(samples, ends, strict=True)]
    print_table(("from", "the mail", "what became of it"), rows)
    console.print(f'\nEach was on the disk before the sender heard "{said}".')


def _ends(running: Stage) -> list[tuple[str, dict[str, Any]]]:
    """What became of each mail so far, in the order of their arrival."""
    events = running.journal.wait_for(ENDS, running.mails)
    return sorted(events, key=lambda event: int(event[1]["mail"]))


def _became(end: str, facts: dict[str, Any]) -> str:
    if end == "mail.case":
        return f"case {facts['case']}"
    return f"{end.removeprefix('mail.')}: {facts['reason']}"


def _customer_reads(running: Stage, console: Console) -> str:
    """Show the acknowledgement whole; returns its case's reference."""
    cases = [facts["case"] for end, facts in _ends(running) if end == "mail.case"]
    _title(console, 2, f"{len(cases)} acknowledgements leave; this is what Sam reads")
    _show_letter(console, running.letter_to(SAM, "We have your complaint."))
    console.print("The same words stand in it as HTML, for phones and screen readers. The out-of-office got no answer.")
    return str(cases[0])


def _customer_answers(running: Stage, console: Console) -> None:
    _title(console, 3, "Sam presses Reply and sends the order number")
    running.post([answer(running.letters_to(SAM)[0])])
    end, facts = _ends(running)[-1]
    console.print(Text(f"It was {_became(end, facts)}. An answer gets no second acknowledgement."))


def _staff_answer(running: Stage, console: Console) -> str:
    """Priya reads what brought Maria's case, and decides it by mail; returns its reference."""
    _title(console, 4, "Priya looks after the cases; this is the mail that brought her Maria's")
    told = running.letter_to(PRIYA, f"<{MARIA}>")
    _show_letter(console, told)
    console.print("Priya presses Reply, and writes:\n")
    console.print(Text(f"{DECISION}\n", style="green"))
    running.post([commands(told, DECISION)])
    _, facts = _ends(running)[-1]
    console.print("mailcase answers her at once with what it did:")
    _show_letter(console, running.letter_to(PRIYA, "refund 49.90 EUR"))
    return str(facts["case"])


def _time_passes(running: Stage, console: Console, reference: str, answered: str) -> None:
    """Nobody decides on Sam's case, and the clock runs past the five business days that the firm promises."""
    _title(console, 5, f"Maria gets her letter, nobody answers Sam, and the clock runs: {DAYS} days in a moment")
    lines = run_clock(running, (reference, answered))
    print_table(("when (UTC)", "what", "in words"), lines)
    what = [line[1] for line in lines]
    before = what[: what.index(MISSED)].count("letter: update")
    letters = [letter for letter in running.letters_to(SAM) if b"Auto-Submitted: auto-generated" in letter]
    console.print("\nThe update behind the missed date, as Sam reads it:")
    _show_letter(console, letters[before])


def _show_letter(console: Console, letter: bytes) -> None:
    fields = message_from_bytes(letter, policy=SMTP)
    head = "\n".join(f"{name}: {fields[name]}" for name in SHOWN_FIELDS if fields[name])
    console.print(Panel(Text(f"{head}\n\n{readable(letter)}"), width=min(console.width, 92), padding=(1, 2)))


def _title(console: Console, number: int, words: str) -> None:
    console.print(f"\n[bold cyan]{number}. {words}[/]\n")


def _command(running: Stage, console: Console, *words: str) -> int:
    """Show a command and what it prints; it is the real one."""
    console.print(f"[bold]$ mailcase {' '.join(words)}[/]")
    status = run([*words, "--config", str(running.config)])
    console.print()
    return status


def _farewell(running: Stage, console: Console) -> None:
    console.print("docs/commands.md has all that Priya can write.")
    console.print(
        f"\nEvery mail and letter lies in ./{running.folder.path}/ as an .eml file. Look further, for example:"
    )
    program = "mailcase" if shutil.which("mailcase") else f"{os.path.relpath(sys.executable)} -m mailcase"
    console.print(f"  {program} cases --config {running.config}", soft_wrap=True)


def _serve(running: Stage, console: Console) -> None:
    """Take mail sent by hand and say what happens, until SIGINT or SIGTERM."""
    code = (
        f"import smtplib; smtplib.SMTP('{HOST}', {running.port}).sendmail('you@example.org', '{ADDRESS}',"
        f" 'From: you@example.org\\nTo: {ADDRESS}\\nSubject: My order\\n\\nIt came broken.\\n')"
    )
    console.print(f"\n[bold]The listener stays open at {HOST}:{running.port}.[/] Write to it from another terminal:\n")
    console.print(Text(f'python3 -c "{code}"'), soft_wrap=True)
    console.print(
        Text(f"\nor: swaks --server {HOST}:{running.port} --from you@example.org --to {ADDRESS}"), soft_wrap=True
    )
    console.print("\nCtrl-C ends it.\n")
    running.journal.aloud = make_log(json=False, verbose=False, out=sys.stdout)
    with StopSignal() as stop:
        stop.wait()
