"""The letters of the four firms as text files to read: `python tests/golden.py` writes them anew, and git shows how."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mailcase.cli.samples import readable
from mailcase.cli.simulation import Letter, Simulation, sample, simulation, subject_of

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = Path(__file__).parents[1] / "examples"
RECEIVED = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
DAYS = 41  # past the target of each firm


def customer_letters(simulated: Simulation) -> list[tuple[str, str]]:
    """(subject, text) of each letter to a customer, in their order."""
    letters = (letter for letter in simulated.letters() if not letter.kind.startswith("staff-"))
    return [(subject_of(letter.raw), readable(letter.raw)) for letter in letters]


def golden_text(firm: str) -> dict[str, str]:
    """One letter of each sort that a firm sends, by file name: the first of its kind, and the last, past the target."""
    folder = EXAMPLES / firm
    with simulation(folder / "policy.toml", folder / "config.toml") as running:
        running.run([sample(running.rules.service_address, RECEIVED)], RECEIVED, DAYS)
        letters = list(running.letters())
    chosen: dict[str, Letter] = {}
    for letter in letters:
        chosen.setdefault(f"{letter.kind}.txt", letter)
        if letter.kind == "update":
            chosen["update-past-the-target.txt"] = letter
    return {
        name: f"At: {letter.at:%a %d %b %Y %H:%M}\nTo: {letter.to}\nSubject: {subject_of(letter.raw)}\n\n"
        f"{readable(letter.raw)}\n"
        for name, letter in chosen.items()
    }


def main() -> None:
    """Write every letter."""
    for firm in ("constrat", "xtraspots", "xcommunications", "xpereozz"):
        (GOLDEN / firm).mkdir(parents=True, exist_ok=True)
        for old in (GOLDEN / firm).glob("*.txt"):
            old.unlink()
        for name, text in golden_text(firm).items():
            (GOLDEN / firm / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
