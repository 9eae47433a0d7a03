"""Mail of a web form or a helpdesk, read by its fields: the customer is the one named in it, never the sender.

What a customer types into a form is free text and may look like the form's own lines. So labels that the config names
before the message count only above it, and where two lines could both be the form's, nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from mailcase.core.mail.addresses import folded, one_strict_address
from mailcase.core.mail.message import Message

EMAIL: Final = "email"
MESSAGE: Final = "message"
# What a form or a helpdesk may tell us of a complaint, by the words that the code has for it.
FIELDS: Final = (
    *(EMAIL, "name", "subject", MESSAGE, "topic", "reference", "phone", "received", "employees", "category", "ticket"),
)
# Of these, what stands nowhere else on a case: neither its customer nor its words.
_FURTHER: Final = ("ticket", "reference", "phone", "received", "employees")
LONGEST_ADDRESS: Final = 1_000  # characters with its name and link; it bounds the work

_SPACES: Final = re.compile(r"\s+")
_LINE_END: Final = re.compile(r"\r\n?|\n")  # Unicode's other line ends can be typed into a field of one line
# Behind a label: a colon or a bar, the gap between two cells, or nothing, when the value stands below.
_GAP: Final = r"(?:[*_]*+\s*+[:|\uff1a][*_]*+|[*_]*+(?:\t|\s\s)|[*_]*+\s*+$)"
_UNKNOWN_LABEL: Final = re.compile(r"[*_|\s]*+[^\W\d][^:|\t]{0,40}?(?::(?!/)|\||\t|\s\s)")
_EDGE: Final = " \t\xa0|"  # white space, and the frame of a table
_LINKS: Final = (
    # as programs write a linked address as text, and what they mean
    (re.compile(r"\[([^\s<>\[\]()]++)\]\(mailto:\1\)", re.IGNORECASE), r"\1"),
    (re.compile(r"([^\s<>\[\]()]++)\s?<mailto:\1>", re.IGNORECASE), r"\1"),
    (re.compile(r"\[mailto:([^\s<>\[\]()]++)\]|<mailto:([^\s<>\[\]()]++)>", re.IGNORECASE), r"<\1\2>"),
)
_EMPLOYEES: Final = re.compile(r"(\d{1,6})(?: (?:employees?|people|persons?|staff))?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """A configured sender whose mail has fields."""

    sender: str  # address, lower case
    source: Literal["form", "helpdesk"]
    fields: Mapping[str, str]  # our name -> the label that stands in the mail, in the order of the mail
    topics: tuple[str, ...] = ()  # only mails about one of these are complaints; () is all
    requires_proof: bool = True  # the door must vouch for the sender


@dataclass(frozen=True, slots=True)
class FormSaid:
    """What the fields of one mail say; '' or None for what they do not."""

    address: str  # of the customer: one that every reader takes for the same
    name: str
    subject: str
    text: str
    topic: str
    reference: str
    phone: str
    category: str
    employees: int | None  # only from a plain number: of a range nobody knows which end is meant
    filled: frozenset[str]  # our names of the fields that say something
    ticket: str = ""  # by which the sender counts its tickets: the reference is the customer's own
    further: tuple[str, ...] = ()  # "phone: 020 7946 0000": what stands nowhere else on a case


def read_form(message: Message, form: Form) -> FormSaid | str:
    """The fields found in the mail's text, or why it cannot be read, in words; no header is believed."""
    found = _found(_LINE_END.split(message.text), form.fields)
    customer = _customer(found.get(EMAIL, []), form)
    if isinstance(customer, str):
        return customer
    address, its_name = customer
    said = {name: _value(name, found[name][0]) if name in found else "" for name in form.fields}
    return FormSaid(
        address=address,
        name=said.get("name", "") or its_name,
        subject=said.get("subject", ""),
        text=said.get(MESSAGE, ""),
        topic=said.get("topic", ""),
        reference=said.get("reference", ""),
        phone=said.get("phone", ""),
        category=said.get("category", ""),
        employees=_employees(said.get("employees", "")),
        filled=frozenset(name for name, value in said.items() if value),
        ticket=said.get("ticket", ""),
        further=tuple(f"{name}: {said[name]}" for name in _FURTHER if said.get(name)),
    )


def ticket_id(said: FormSaid, sender: str) -> str:
    """What the mails of one ticket share, in place of a Message-ID (which no mail can have: there is a space in it)."""
    if not said.ticket:
        return ""
    return f"ticket {sha256(repr((folded(sender), _key(said.ticket))).encode()).hexdigest()}"


def is_complaint(said: FormSaid, form: Form) -> bool:
    """Whether its topic is one that the config names, without regard to case and spaces (C2)."""
    return not form.topics or _key(said.topic) in map(_key, form.topics)


def without_links(text: str) -> str:
    """`sam@x.example<mailto:sam@x.example>` and the like as the one address that the author meant."""
    for written, meant in _LINKS:
        text = written.sub(meant, text)
    return text


def _found(lines: Sequence[str], labels: Mapping[str, str]) -> dict[str, list[list[str]]]:
    """The lines below each label, for each time it stands there; what is above the first label belongs to none.

    Only the address is looked for more than once. Any other label that comes again is part of the value at hand.
    """
    found: dict[str, list[list[str]]] = {}
    value: list[str] = []
    known = _pattern(labels)
    for line in lines:
        label = known.match(line) if known else None
        name = str(label.lastgroup) if label else ""
        if label is None or (name in found and name != EMAIL):
            value.append(line)
            continue
        value = [line[label.end() :]]
        found.setdefault(name, []).append(value)
        if name == MESSAGE:
            known = _pattern(_below_the_message(labels, EMAIL in found))
    return found


def _below_the_message(labels: Mapping[str, str], has_address: bool) -> dict[str, str]:
    """The labels that still count: if the message is the last in the config, it takes all the rest."""
    names = list(labels)
    below = names[names.index(MESSAGE) + 1 :]
    return {name: labels[name] for name in below if not (has_address and name == EMAIL)}


def _pattern(labels: Mapping[str, str]) -> re.Pattern[str] | None:
    """What a line with one of these labels begins with, bold or in a table or plain; None where there are none."""
    each = [rf"(?P<{name}>{_spelled(label)})" for name, label in labels.items() if _key(label)]
    return re.compile(rf"[*_|\s]*+(?:{'|'.join(each)}){_GAP}", re.IGNORECASE) if each else None


def _spelled(label: str) -> str:
    return r"\s*+".join(map(re.escape, _key(label)))


def _key(words: str) -> str:
    """For comparing: without spaces, case, and the colon that a config may have copied."""
    return _SPACES.sub("", words).rstrip(":").casefold()


def _value(name: str, lines: Sequence[str]) -> str:
    """The whole message; of another field its first paragraph, up to a label that the config does not name."""
    if name == MESSAGE:
        return "\n".join(line.rstrip() for line in [lines[0].strip(), *lines[1:]]).strip("\n")
    return " ".join(" ".join(_paragraph(lines)).split())


def _paragraph(lines: Sequence[str]) -> list[str]:
    paragraph: list[str] = []
    for index, line in enumerate(lines):
        words = line.strip(_EDGE)
        if (paragraph and not words) or (index and _UNKNOWN_LABEL.match(line)):
            break
        if words:
            paragraph.append(words)
    return paragraph


def _customer(values: Sequence[Sequence[str]], form: Form) -> tuple[str, str] | str:
    """The one address and its name, or why there is none; above the message it counts alone."""
    if not values:
        return f"the form of {form.sender} has no line “{form.fields.get(EMAIL, EMAIL)}” where one is expected"
    first, *others = (one_strict_address([_address_in(value)]) for value in values)
    if first is None or any(other is None or other[0] != first[0] for other in others):
        return f"the form of {form.sender} does not name exactly one plain address of a customer"
    if folded(first[0]) == folded(form.sender):
        return f"the form of {form.sender} names itself as the customer"
    return first


def _address_in(lines: Sequence[str]) -> str:
    """The lines of the value with an @ in them, without the link that a program made of the address."""
    text = " ".join(line for line in _paragraph(lines) if "@" in line)
    return without_links(text) if len(text) <= LONGEST_ADDRESS else ""


def _employees(words: str) -> int | None:
    number = _EMPLOYEES.fullmatch(words)
    return int(number[1]) if number else None
