"""What a simulation leaves to look at: its letters as files, and one page with a row for each case."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import NamedTuple

from mailcase.cli.samples import readable
from mailcase.cli.showing import complain, counted
from mailcase.cli.simulation import Event, Letter, Simulation
from mailcase.cli.timeline_style import STYLE
from mailcase.core.days.calendar import Calendar
from mailcase.core.days.dates import date_in_words, day_in_words
from mailcase.core.days.opening import WEEKDAYS
from mailcase.errors import MailcaseError

MOST_ROWS, MOST_TEXTS = 200, 400  # more than these nobody reads, and a browser grows slow
LINE, LETTER_WIDTH, GAP = 26, 7, 26  # pixels: of a line of marks, of a letter of their words, around the words
# What a mark says, by the kind of letter; and the lane it stands in.
WORDS = {
    "acknowledgement": "acknowledged",
    "update": "update",
    "staff-words": "asked for words",
    "staff-warning": "due today",
    "staff-overdue": "overdue",
    "staff-digest": "digest",
    "staff-attention": "attention",
}
LANES = ("customer", "staff", "promises")
SIGNS = {"letter": "✉", "warning": "!", "flag": "⚑", "status": "●", "due": "◷"}


class Mark(NamedTuple):
    """Something at a moment of a case: its sign and words, what is said of it in full, and where its letter is."""

    at: datetime
    lane: str
    look: str
    words: str
    full: str
    link: str = ""


def lay_out(simulated: Simulation, begin: datetime, end: datetime, events: Sequence[Event], folder: Path) -> None:
    """Write the letters and `timeline.html` into a new folder; raises MailcaseError if it is not empty."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise MailcaseError(f"--out: {folder} is not empty; name another folder, or empty it")
        files = [_write_letter(folder, number, letter) for number, letter in enumerate(simulated.letters(), start=1)]
        (folder / "timeline.html").write_text(_page(simulated, begin, end, events, files), "utf-8")
    except OSError as fault:
        raise MailcaseError(f"--out: {fault.filename or folder}: {fault.strerror}") from fault
    complain(f"{counted(len(files), 'letter')} and timeline.html are in {folder}")


def _write_letter(folder: Path, number: int, letter: Letter) -> tuple[str, Letter]:
    who = re.sub(r"[^a-z0-9]+", "-", letter.to.partition("@")[0].lower())[:30].strip("-")
    name = f"{number:05}-{letter.at:%Y-%m-%d-%H%M}-{letter.kind}-to-{who}.eml"
    (folder / name).write_bytes(letter.raw)
    return name, letter


def _page(
    simulated: Simulation, begin: datetime, end: datetime, events: Sequence[Event], files: Sequence[tuple[str, Letter]]
) -> str:
    calendar = simulated.policy.calendar
    days = _days(calendar.day_of(begin), calendar.day_of(end))
    axis = Axis(calendar, days)
    rows = _rows(simulated, events, files)
    drawn = list(rows.items())[:MOST_ROWS]
    left_out = f"<p>The first {MOST_ROWS} of {len(rows)} rows are drawn.</p>" if len(rows) > MOST_ROWS else ""
    name = escape(simulated.policy.name)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}, simulated</title>\n'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>\n'
        f"<header><h1>{name}</h1><p>What happens from {day_in_words(days[0])} to {day_in_words(days[-1])}, "
        f"if nobody closes a case. Times in {escape(str(calendar.zone))}.</p>{_legend(events)}{left_out}</header>\n"
        f'<main class="chart" tabindex="0" aria-label="Timeline"><div class="inner" style="width:{axis.width + 190}px">'
        f"{axis.head()}{''.join(_row(case, marks, axis) for case, marks in drawn)}</div></main>\n"
        f"{_closed_days(axis)}{_texts(files, calendar)}</body></html>\n"
    )


def _legend(events: Sequence[Event]) -> str:
    words = {"letter": "letters", "warning": "warnings to staff", "flag": "missed targets"}
    items = (
        f'<li class="{what}"><b>{SIGNS[what]}</b> {sum(event.event == what for event in events)} {name}</li>'
        for what, name in words.items()
    )
    return f'<ul class="legend">{"".join(items)}</ul>'


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class Axis:
    """Where a moment stands on the page."""

    def __init__(self, calendar: Calendar, days: Sequence[date]) -> None:
        self.calendar, self.days = calendar, days
        self.per_day = max(12, min(44, 2600 // len(days)))
        self.width = self.per_day * len(days) + 120  # room for the last words

    def left(self, at: datetime) -> int:
        """Pixels from the first day's midnight."""
        local = at.astimezone(self.calendar.zone)
        part = (local.hour * 60 + local.minute) / 1440
        return round(((local.date() - self.days[0]).days + part) * self.per_day)

    def head(self) -> str:
        """Months and days, and behind all rows the shade of the days on which the firm is closed."""
        months = "".join(
            f'<b style="left:{190 + number * self.per_day}px">{day_in_words(day).split(" ", 2)[2]}</b>'
            for number, day in enumerate(self.days)
            if day.day == 1 or number == 0
        )
        return f'<div class="months">{months}</div><div class="days">{"".join(map(self._day, self.days))}</div>'

    def _day(self, day: date) -> str:
        why = self.calendar.why_closed(day)
        look = _shade(why)
        number = str(day.day) if self.per_day >= 20 or day.weekday() == 0 else ""
        letter = day_in_words(day)[0] if self.per_day >= 20 else ""
        title = escape(f"{day_in_words(day)}{f': {why}' if look == 'holiday' else ''}")
        return f'<i class="{look}" style="width:{self.per_day}px" title="{title}">{letter}<br>{number}</i>'


def _closed_days(axis: Axis) -> str:
    closed = ((day, axis.calendar.why_closed(day)) for day in axis.days)
    said = [f"{day_in_words(day)} ({escape(why)})" for day, why in closed if _shade(why) == "holiday"]
    return f'<p class="note">Closed besides weekends: {", ".join(said)}.</p>' if said else ""


def _rows(
    simulated: Simulation, events: Sequence[Event], files: Sequence[tuple[str, Letter]]
) -> dict[tuple[str, str], list[Mark]]:
    """The marks of each case, by its reference and customer; what is about no single case comes last."""
    subjects = {case.reference: case.customer for case in simulated.cases()}
    marks: dict[str, list[Mark]] = defaultdict(list)
    for event in events:
        if event.event != "letter":
            marks[event.case].append(_mark(event))
    for number, (_, letter) in enumerate(files, start=1):
        lane = "staff" if letter.kind.startswith("staff-") else "customer"
        words = WORDS.get(letter.kind, letter.kind)
        link = f"#letter-{number}" if number <= MOST_TEXTS else ""
        marks[letter.case].append(Mark(letter.at, lane, "letter", words, f"{words}, to {letter.to}", link))
    for due in simulated.deadlines():
        if due.kind != "update" and due.state == "open":
            full = f"{due.promise} is due and still open"
            marks[due.case_ref].append(Mark(due.due_at, "promises", "due", f"{due.promise} due", full))
    known = {(case, subjects[case]): marks[case] for case in subjects}
    return known | ({("To staff", "about no single case"): marks[""]} if marks[""] else {})


def _mark(event: Event) -> Mark:
    words = {"warning": f"{event.kind} warned", "flag": f"{event.kind} missed"}.get(event.event, event.kind)
    lane = "customer" if event.event == "status" else "promises"
    return Mark(event.at, lane, event.event, words, event.subject)


def _row(case: tuple[str, str], marks: Sequence[Mark], axis: Axis) -> str:
    reference, customer = case
    lanes, top = [], 8
    for lane in LANES:
        placed = list(_placed([mark for mark in marks if mark.lane == lane], axis))
        lanes += [_as_html(mark, left, top + line * LINE, axis) for mark, left, line in placed]
        top += LINE * (1 + max((line for _, _, line in placed), default=-1))
    shade = "".join(
        f'<i class="{look}" style="left:{number * axis.per_day}px;width:{axis.per_day}px"></i>'
        for number, day in enumerate(axis.days)
        if (look := _shade(axis.calendar.why_closed(day)))
    )
    return (
        f'<section><h2>{escape(reference)}<small>{escape(customer)}</small></h2><ol style="height:{top + 8}px">'
        f"{shade}{''.join(lanes)}</ol></section>"
    )


def _shade(why: str) -> str:
    return "" if not why else "weekend" if why in WEEKDAYS else "holiday"


def _placed(marks: Sequence[Mark], axis: Axis) -> Iterator[tuple[Mark, int, int]]:
    """Each mark with its place and a line in which its words cover no others."""
    ends: list[int] = []
    for mark in sorted(marks, key=lambda mark: mark.at):
        left = axis.left(mark.at)
        line = next((line for line, end in enumerate(ends) if end <= left), len(ends))
        ends[line : line + 1] = [left + GAP + LETTER_WIDTH * len(mark.words)]
        yield mark, left, line


def _as_html(mark: Mark, left: int, top: int, axis: Axis) -> str:
    title = escape(f"{date_in_words(mark.at.astimezone(axis.calendar.zone))}: {mark.full}")
    inside = f"<b>{SIGNS[mark.look]}</b> {escape(mark.words)}"
    body = f'<a href="{mark.link}">{inside}</a>' if mark.link else inside
    return f'<li class="{mark.look} {mark.lane}" style="left:{left}px;top:{top}px" title="{title}">{body}</li>'


def _texts(files: Sequence[tuple[str, Letter]], calendar: Calendar) -> str:
    """The words of each letter, folded away."""
    items = []
    for number, (name, letter) in enumerate(files[:MOST_TEXTS], start=1):
        when = date_in_words(letter.at.astimezone(calendar.zone))
        head = f"{when}: {WORDS.get(letter.kind, letter.kind)}, to {letter.to}"
        items.append(
            f'<details id="letter-{number}"><summary>{escape(head)}</summary><pre>{escape(readable(letter.raw))}</pre>'
            f'<p><a href="{name}">{name}</a></p></details>\n'
        )
    more = f"<p>The other {len(files) - MOST_TEXTS} lie beside this page.</p>" if len(files) > MOST_TEXTS else ""
    return f"<article><h2>The letters</h2>{''.join(items)}{more}</article>"
