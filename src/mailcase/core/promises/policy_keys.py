"""The keys of a policy file, one table for each sort of section: how each is read, its default, or an example of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

from mailcase.core.case import Stage
from mailcase.core.days.counting import Counting
from mailcase.core.days.durations import Duration
from mailcase.core.mail.forms import FIELDS
from mailcase.core.promises.policy import KINDS, Need
from mailcase.core.promises.policy_values import (
    Key,
    address,
    day,
    duration,
    flag,
    named,
    one_of,
    optional_text,
    several,
    tables,
    text,
    warning,
    web,
    word,
)
from mailcase.core.promises.schemes import SCHEMES, CaseKind

LATE = "next-business-day-if-late"
CALENDAR: Mapping[str, Key] = MappingProxyType(
    {
        "timezone": Key(text, example='"Europe/London"'),
        "country": Key(text, example='"GB"'),
        "subdivision": Key(optional_text, ""),
        "days": Key(text, "mon-fri"),
        "hours": Key(text, "09:00-17:00"),
        "closed": Key(several(day), ()),
        "open": Key(several(day), ()),
    }
)
APPLIES_TO: Mapping[str, Key] = MappingProxyType(
    {
        "track": Key(several(word), ()),
        "category": Key(several(word), ()),
        "kind": Key(several(one_of(get_args(CaseKind))), ()),
        "stage": Key(several(one_of(get_args(Stage))), ()),
    }
)
PROMISE: Mapping[str, Key] = MappingProxyType(
    {
        "id": Key(word, example='"resolve"'),
        "kind": Key(one_of(KINDS), example='"resolve"'),
        "text": Key(text, example='"You have our decision within 20 business days."'),
        "within": Key(duration),
        "every": Key(duration),
        "warn": Key(several(warning)),
        "applies_to": Key(APPLIES_TO, MappingProxyType({})),
        "who": Key(text, ""),
        "needs": Key(one_of(get_args(Need)), ""),
    }
)
SCHEME: Mapping[str, Key] = MappingProxyType(
    {"name": Key(one_of(SCHEMES), example='"disp"')}
    | {name: key for name, key in APPLIES_TO.items() if name != "stage"}
)
ADR: Mapping[str, Key] = MappingProxyType(
    {
        "name": Key(text, example='"Financial Ombudsman Service"'),
        "address": Key(optional_text, ""),
        "web": Key(web, ""),
        "email": Key(address, ""),
        "phone": Key(optional_text, ""),
        "about": Key(optional_text, ""),
        "free": Key(flag, True),
        "time_limit": Key(duration),
    }
)
CHANNEL: Mapping[str, Key] = MappingProxyType(
    {
        "name": Key(text, example='"Phone"'),
        "reach": Key(text, example='"020 7946 0000"'),
        "hours": Key(optional_text, ""),
        "answer": Key(duration),
    }
)
FACT: Mapping[str, Key] = MappingProxyType(
    {
        "ask": Key(text, example='"your order number"'),
        "words": Key(several(text), ()),
        "field": Key(one_of(FIELDS), ""),
    }
)
NOTICE: Mapping[str, Key] = MappingProxyType(
    {"web": Key(web, example='"https://example.org/privacy"'), "version": Key(text, example='"2026-05"')}
)
TOP: Mapping[str, Key] = MappingProxyType(
    {
        "name": Key(text, example='"Example Ltd"'),
        "calendar": Key(CALENDAR, example='{ timezone = "Europe/London", country = "GB", subdivision = "ENG" }'),
        "counting": Key(one_of(get_args(Counting)), "day-after-receipt"),
        LATE: Key(flag, False),
        "tell_again": Key(duration, Duration(1, "business days")),
        "schemes": Key(tables, ()),
        "tracks": Key(named(duration), MappingProxyType({})),
        "default_track": Key(word, ""),
        "categories": Key(several(word), ()),
        "kinds": Key(several(one_of(get_args(CaseKind))), ("complaint",)),
        "facts": Key(tables, ()),
        "steps": Key(named(several(text)), MappingProxyType({})),
        "questions": Key(named(several(optional_text)), MappingProxyType({})),
        "checks": Key(named(named(text)), MappingProxyType({})),
        "disagree_by_reply": Key(flag, False),
        "channel": Key(tables, ()),
        "adr": Key(tables, ()),
        "notice": Key(NOTICE),
        "promise": Key(tables, ()),
    }
)
