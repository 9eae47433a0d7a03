"""What the `holidays` library knows of a country or one of its regions; it is loaded when first asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

NATIONAL = "national"  # instead of a region: only the days that the whole country keeps


def faults_of(country: str, subdivision: str) -> list[str]:
    """Why this country and region cannot be used, in words; [] when they can.

    A region is required where there are any: without one, Easter Monday would be a working day in England.
    """
    from holidays import country_holidays

    try:
        regions = country_holidays(country).subdivisions
    except NotImplementedError:
        return [f"country: {country!r} is not known; write its ISO 3166-1 code, such as GB, IE or DE"]
    if not subdivision:
        choice = f"write one of {', '.join(regions)}, or {NATIONAL} for the days that the whole country keeps"
        return [f"subdivision: the holidays of {country} depend on the region; {choice}"] if regions else []
    try:
        country_holidays(country, subdiv=_region(subdivision))
    except NotImplementedError:
        choice = f"write one of {', '.join(regions)}, or {NATIONAL}" if regions else "leave it out"
        return [f"subdivision: {subdivision!r} is not known in {country}; {choice}"]
    return []


def holidays_of(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """The public holidays of one year with their names; a day kept instead of another is named '… (observed)'."""
    from holidays import country_holidays

    language = _english(country_holidays(country))
    found = country_holidays(country, subdiv=_region(subdivision), years=year, expand=False, language=language)
    return dict(found.items())


def known_until(country: str) -> date:
    """The last day of the years for which the library knows the holidays of a country."""
    from holidays import country_holidays

    return date(country_holidays(country).end_year, 12, 31)


def _region(subdivision: str) -> str | None:
    return None if subdivision in ("", NATIONAL) else subdivision


def _english(known: HolidayBase) -> str | None:
    """The language for the names, English where there is any; unsaid, the library follows the process environment."""
    own = known.default_language
    return own if own is None or own.startswith("en") or "en_US" not in known.supported_languages else "en_US"
