"""The sections of the config about people: whom a door believes, who works on cases, what speaks for customers."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from mailcase.config_values import Absences, Address, FormFields, Given, Lines, Names, OneLine, Section
from mailcase.core.mail.authentication import Method

_HEX = "[0-9A-Fa-f]"
# What the name of a mail system must be for each method, and an example of one.
_AUTHORITIES = {
    "rfc8601": (r'[^\s";]+', 'the name at the head of Authentication-Results such as "mx.example.org"'),
    "submission": (r'[^\s";]+', 'the name at the head of Authentication-Results such as "mx.example.org"'),
    "m365": (
        rf"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}",
        'the id of the tenant such as "0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0"',
    ),
}


class Vouched(Section):
    """A door, and by whose word it believes who wrote a mail."""

    authentication: Method = "none"
    authority: OneLine = ""

    @field_validator("authority")
    @classmethod
    def _whose_word(cls, authority: str, info: ValidationInfo) -> str:
        method = info.data.get("authentication")
        if authority and method == "none":
            raise ValueError('stands beside authentication = "none", which believes nobody: set that, or leave it out')
        pattern, wanted = _AUTHORITIES.get(method or "", (".*", ""))
        if not re.fullmatch(pattern, authority):
            raise ValueError(f'must be given for authentication = "{method}": {wanted}')
        return authority


class Staff(Section):
    """A person who works on cases."""

    name: Given = Field(examples=["Priya Nair"])
    address: Address = Field(examples=["priya@example.org"])
    role: Literal["handler", "manager"] = "handler"
    categories: Names = ()
    away: Absences = ()
    signature: Lines = ""


class Form(Section):
    """A sender whose mails speak for customers: a web form, or a helpdesk that forwards tickets."""

    sender: Address = Field(examples=["no-reply@example.org"])
    source: Literal["form", "helpdesk"] = "form"
    fields: FormFields = Field({})
    topics: Names = ()
    requires_proof: bool = True

    @field_validator("topics")
    @classmethod
    def _can_be_read(cls, topics: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        fields = info.data.get("fields")
        if topics and fields is not None and "topic" not in fields:
            raise ValueError("cannot be told apart: give fields.topic, the field that has the topic")
        return topics
