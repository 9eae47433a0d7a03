"""`python -m bench.simulation`: seconds that `mailcase simulate` takes for a year of 1,000 cases, for each example.

The complaints are spread evenly over the year. Nobody answers for staff, so each case stays open until the year ends
and gets every update that its firm promises, and the managers every warning, flag and digest: no real year is as dear.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from bench.load import complaints
from mailcase.cli.simulation import simulation
from mailcase.data import data_dir
from mailcase.store.mails import Kept

START = datetime(2026, 1, 2, 9, tzinfo=UTC)
DAYS = 365


def year(cases: int) -> Iterator[Kept]:
    """One mail of each customer, as far apart as the year allows."""
    first_mails = (sample for sample in complaints(2 * cases) if not sample.is_reply)
    for number, sample in enumerate(islice(first_mails, cases)):
        yield Kept(sample.raw, START + number * timedelta(days=DAYS) / cases, sample.sender)


def once(folder: Path, cases: int) -> tuple[float, float, Counter[str]]:
    """Seconds by the clock and seconds of CPU, from the files to the events, and how many there were of each."""
    mails = list(year(cases))
    began, worked = time.perf_counter(), time.process_time()
    firm = folder / "config.toml"
    with simulation(folder / "policy.toml", firm if firm.exists() else None) as simulated:
        simulated.run(mails, START, DAYS)
        count = Counter(event.event for event in simulated.events())
    return time.perf_counter() - began, time.process_time() - worked, count


def run(names: Sequence[str], cases: int) -> None:
    """Measure and print."""
    print(f"seconds for a year of {cases:,} cases by `simulate` (of CPU)")
    for name in names:
        seconds, cpu, count = once(data_dir() / "examples" / name, cases)
        assert count["status"] == cases, count
        happened = ", ".join(f"{count[kind]:,} {kind}s" for kind in ("letter", "warning", "flag"))
        print(f"{name:<16} {seconds:6.1f}  ({cpu:.1f})  {happened}", flush=True)


def examples() -> list[str]:
    """Each firm that comes with mailcase."""
    return sorted(path.parent.name for path in (data_dir() / "examples").glob("*/policy.toml"))


def main() -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--example", choices=examples(), action="append")
    options = parser.parse_args()
    run(options.example or examples(), options.cases)


if __name__ == "__main__":
    main()
