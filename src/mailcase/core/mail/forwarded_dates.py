"""The date above a mail that a program forwards, in eight languages: the moment, if it can mean only one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from mailcase.core.days.local_time import moment_of


@dataclass(frozen=True, slots=True)
class Language:
    """How mail programs write dates in one language; words may be cut short, `/` parts two forms of one."""

    labels: str
    months: str
    weekdays: str  # from Monday


_LANGUAGES: Final = (
    Language(  # English
        "sent, date",
        "january february march april may june july august september october november december",
        "monday tuesday wednesday thursday friday saturday sunday",
    ),
    Language(  # German
        "gesendet, datum, date",
        "januar/jänner februar märz/maerz/mrz april mai juni juli august september oktober november dezember",
        "montag dienstag mittwoch donnerstag freitag samstag/sonnabend sonntag",
    ),
    Language(  # French
        "envoyé, date, date d'envoi",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
    ),
    Language(  # Spanish
        "enviado, enviado el, fecha, date",
        "enero febrero marzo abril mayo junio julio agosto septiembre/setiembre octubre noviembre diciembre",
        "lunes martes miércoles/mié jueves viernes sábado domingo",
    ),
    Language(  # Italian
        "inviato, data, date",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    ),
    Language(  # Dutch
        "verzonden, datum, date",
        "januari februari maart/mrt april mei juni juli augustus september oktober november december",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    ),
    Language(  # Portuguese
        "enviado, enviada, enviado em, enviada em, data, date",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    ),
    Language(  # Polish
        "wysłano, wysłane, data, date",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "poniedziałek wtorek środa czwartek piątek/pt sobota niedziela",
    ),
)
LANGUAGES_OF: Final[Mapping[str, tuple[Language, ...]]] = MappingProxyType(
    {
        label: tuple(each for each in _LANGUAGES if label in each.labels.split(", "))
        for language in _LANGUAGES
        for label in language.labels.split(", ")
    }
)
"""The languages in which a label, lower case, stands before the date."""

_GERMAN: Final = _LANGUAGES[1]

_WEEKDAY: Final = r"(?:(?:am |le |el )?(?P<weekday>[^\W\d_]{2,13}(?:-feira)?)(?:[.,]+ ?| ))?"
_MONTH: Final = r"(?P<month>[^\W\d_]{3,12})\.?"
_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_TIME: Final = (
    r"(?: r\.)?,?(?: (?:at|um|à|a las?|a la\(s\)|alle(?: ore)?|om|às|o|godz\.))? (?P<hour>\d\d?)[:.h](?P<minute>\d\d)"
    r"(?::(?P<second>\d\d))?(?: ?(?P<half>[ap])\.? ?m\.?)?(?: uhr)?(?: (?P<zone>[^ ].{0,40}))?"
)
_SHAPES: Final = (
    re.compile(rf"{_WEEKDAY}(?P<day>\d\d?)(?:\.|st|nd|rd|th|er)?,? (?:de )?{_MONTH},? (?:de )?{_YEAR}{_TIME}"),
    re.compile(rf"{_WEEKDAY}{_MONTH} (?P<day>\d\d?)(?:st|nd|rd|th)?,? {_YEAR}{_TIME}"),
    re.compile(rf"{_YEAR}-(?P<number>\d\d)-(?P<day>\d\d){_TIME}"),
)
# 03.05.2026 is a day of May in German; elsewhere, and with slashes, nobody knows.
_GERMAN_SHAPE: Final = re.compile(rf"{_WEEKDAY}(?P<day>\d\d?)\.(?P<number>\d\d?)\.{_YEAR}{_TIME}")
_OFFSET: Final = re.compile(r"(?:gmt|utc)?(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?: \(.{1,30}\))?")


def moment_in(label: str, value: str, zone: ZoneInfo) -> datetime | None:
    """The moment in UTC, if the date under this label can be read in one way only.

    Where the date names no zone, it is what a clock in `zone` showed.
    """
    languages = LANGUAGES_OF.get(label, ())
    words = " ".join(value.lower().split())
    shapes = (*_SHAPES, _GERMAN_SHAPE) if _GERMAN in languages else _SHAPES
    found = next((match for shape in shapes if (match := shape.fullmatch(words))), None)
    if found is None:
        return None
    said = {name: text for name, text in found.groupdict().items() if text}
    try:
        return _in_zone(_wall(said, languages), said.get("zone", ""), zone)
    except (ValueError, OverflowError):
        return None


def _wall(said: Mapping[str, str], languages: Sequence[Language]) -> datetime:
    """What the clock showed; a ValueError where that is no date, or not of the weekday that is named."""
    month = int(said["number"]) if "number" in said else _month(said["month"], languages)
    minute, second = int(said["minute"]), int(said.get("second", 0))
    wall = datetime(int(said["year"]), month, int(said["day"]), _hour(said), minute, second, tzinfo=UTC)
    weekday = said.get("weekday")
    if weekday and wall.weekday() not in _places(weekday, (each.weekdays for each in languages)):
        raise ValueError("the weekday is another")
    return wall.replace(tzinfo=None)


def _hour(said: Mapping[str, str]) -> int:
    hour = int(said["hour"])
    if "half" not in said:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no hour of half a day")
    return hour % 12 + (12 if said["half"] == "p" else 0)


def _month(word: str, languages: Sequence[Language]) -> int:
    months = _places(word, (each.months for each in languages))
    if len(months) != 1:
        raise ValueError("not exactly one month begins like this")
    return months.pop() + 1


def _places(word: str, rows: Iterable[str]) -> set[int]:
    """Which of the words in each row begin with the word."""
    return {
        place
        for row in rows
        for place, forms in enumerate(row.split())
        if any(form.startswith(word) for form in forms.split("/"))
    }


def _in_zone(wall: datetime, name: str, zone: ZoneInfo) -> datetime:
    """The moment; a ValueError where the date names a zone that is neither an offset nor what people call `zone`."""
    if not name:
        return moment_of(wall, zone)
    if name in ("gmt", "utc", "z"):
        return wall.replace(tzinfo=UTC)
    if offset := _OFFSET.fullmatch(name):
        distance = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return wall.replace(tzinfo=timezone(-distance if offset["sign"] == "-" else distance)).astimezone(UTC)
    moment = moment_of(wall, zone)
    if name != str(moment.astimezone(zone).tzname()).lower():
        raise ValueError("a zone of many meanings")
    return moment
