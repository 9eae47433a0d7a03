"""`simulate`: what a policy does, told in advance, by the code that will do it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import click

from mailcase import build
from mailcase.cli.common import config_option, json_option
from mailcase.cli.showing import complain, counted, print_json, print_table
from mailcase.cli.simulation import Event, Simulation, sample, shifted, simulation
from mailcase.cli.stage_time import Gap
from mailcase.cli.timeline_page import lay_out
from mailcase.store.mails import Kept
from mailcase.transport import files


@click.command("simulate")
@config_option
@click.option(
    "--policy",
    "policy_path",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The policy file.",
)
@click.option(
    "--mail",
    "paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Mails to replay, as `import` takes them; may be given several times.  [default: one sample complaint]",
)
@click.option("--days", default=40, show_default=True, type=click.IntRange(1, 3660), help="How long to run the clock.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    metavar="TIME",
    help="When the first mail arrives, in the policy's zone: 2026-12-24T14:05.  [default: now]",
)
@click.option("--down", metavar="FROM-TO", help="Stop between two days, counted from the start: 10-13.")
@json_option
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Leave letters and a page there.")
def simulate_command(
    config_path: Path | None,
    policy_path: Path,
    paths: Sequence[Path],
    days: int,
    start: datetime | None,
    down: str | None,
    as_json: bool,
    out: Path | None,
) -> int:
    """Replay mails on a fake clock, through the real code, and print each letter, warning and flag with its time.

    The database is thrown away and nothing leaves the machine. The firm is the one of the config, by default of the
    config.toml beside the policy. Nobody answers for staff: each case stays as open as it came.
    """
    firm = config_path or (beside if (beside := policy_path.parent / "config.toml").exists() else None)
    unreadable: list[Path] = []
    mails = list(_mails(paths, unreadable))
    with simulation(policy_path, firm) as simulated:
        begin = _start(start, simulated.policy.calendar.zone)
        arriving = shifted(mails, begin) if paths else [sample(simulated.rules.service_address, begin)]
        simulated.run(arriving, begin, days, _gap(down, begin))
        events = simulated.events()
        if as_json:
            print_json(event.as_json() for event in events)
        else:
            _tell(simulated, events)
        if out:
            lay_out(simulated, begin, begin + timedelta(days=days), events, out)
    return 1 if unreadable else 0


def _start(given: datetime | None, zone: tzinfo) -> datetime:
    """To the minute: a simulation is read by people."""
    moment = given.replace(tzinfo=zone) if given else build.clock(os.environ)()
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _gap(down: str | None, begin: datetime) -> Gap | None:
    if down is None:
        return None
    first, dash, last = down.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and int(first) < int(last) <= 3660):
        raise click.UsageError(f"--down: must be two days such as 10-13, counted from the start (is {down!r})")
    return Gap(begin + timedelta(days=int(first)), begin + timedelta(days=int(last)))


def _mails(paths: Sequence[Path], unreadable: list[Path]) -> Iterator[Kept]:
    def cannot_read(path: Path, why: str) -> None:
        unreadable.append(path)
        complain(f"{path}: cannot be read: {why}")

    now = build.clock(os.environ)()
    sources, passed = files.sources(paths, cannot_read)
    for path in passed:
        complain(f"{path}: passed over, not like mail")
    for source in sources:
        for mail in files.read(source, now, cannot_read):
            yield Kept(mail.raw, mail.received_at, peer=mail.place)


def _tell(simulated: Simulation, events: Sequence[Event]) -> None:
    zone = simulated.policy.calendar.zone
    rows = [(event.at, event.case, event.event, event.kind, event.to, event.subject) for event in events]
    print_table(("at", "case", "event", "kind", "to", "subject"), rows, zone)
    count = Counter(event.event for event in events)
    print(f"\n{', '.join(counted(count[event], event) for event in ('letter', 'warning', 'flag'))}; times in {zone}")
