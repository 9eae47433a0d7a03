"""What `check` says of people: what proves who wrote a mail, and who works on cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mailcase import build
from mailcase.cli.trials import Finding
from mailcase.config_people import Vouched
from mailcase.config_sections import Config
from mailcase.core.mail.authentication import Method
from mailcase.errors import MailcaseError

# What the proof relies on; each is the top-most one, as anybody may write others below it.
RELIES: Mapping[Method, str] = MappingProxyType(
    {
        "rfc8601": "believes whom {0} gives a DMARC pass for the domain of From, in its Authentication-Results",
        "submission": "believes who logged in at {0} as the address in From (auth=pass in its Authentication-Results)",
        "m365": "believes what Exchange marks as from inside the tenant {0} (X-MS-Exchange-Organization-AuthAs)",
    }
)


def proof(config: Config) -> Iterator[Finding]:
    """By whose word each door believes who wrote a mail; loudly, where it believes nobody."""
    for box in config.mailbox:
        yield _proof(f"{box.user} at {box.host} ({box.folder})", box)
    if config.listener:
        peers = ", ".join(map(str, config.listener.trusted_peers))
        found = _proof("the listener", config.listener)
        yield Finding("ok", f"{found.words}, when {peers} hands it in") if found.state == "ok" else found


def _proof(name: str, door: Vouched) -> Finding:
    if door.authentication == "none":
        words = f'{name}: PROVES NO SENDER: authentication is "none", so {build.NOBODY_BELIEVED}'
        return Finding("note", f'{words} and authority (docs/operating.md, "Who may give commands")')
    return Finding("ok", f"{name}: {RELIES[door.authentication].format(door.authority)}")


def forms(config: Config) -> Iterator[Finding]:
    """Whether the mails of forms and helpdesks can be believed."""
    doors = [*config.mailbox, *filter(None, [config.listener])]
    proven = any(door.authentication != "none" for door in doors)
    for form in config.form:
        if not form.requires_proof:
            words = f"{form.sender}: requires_proof is off: anybody can write in its name, and open a case for another"
            yield Finding("note", words)
        elif not proven:
            yield Finding("note", f"{form.sender}: is never believed: it requires proof, and no door proves a sender")
        else:
            yield Finding("ok", f"{form.sender}: the customer is who stands in its field {form.fields['email']}")


def staff(config: Config) -> Iterator[Finding]:
    """Somebody gets the cases, looks at them again, and is told when something waits."""
    if not config.staff:
        words = "there is no [[staff]]: nobody gets a case, nobody can answer by mail, and"
        yield Finding("note", f"{words} nobody is told when a mail waits in review or a letter fails")
        return
    yield from _categories(config)
    yield from _second_look(config)
    yield Finding("ok", f"told when something waits for a person: {', '.join(build.managers(config))}")


def _categories(config: Config) -> Iterator[Finding]:
    try:
        faults = build.staff_faults(config, build.policy(config))
    except MailcaseError:
        return  # the trial of the policy has said why
    for words in faults:
        yield Finding("failed", words)


def _second_look(config: Config) -> Iterator[Finding]:
    """The reviewer is a manager who was never the handler; without handlers, managers work on cases themselves."""
    managers = [person for person in config.staff if person.role == "manager"]
    if not managers:
        words = "no [[staff]] has the role manager: there is no second look at a case for a customer who disagrees"
        yield Finding("note", f"{words}, and everybody is told of what waits")
    elif len(config.staff) == 1:
        words = f"{managers[0].address} is alone in [[staff]]: there is no second look by somebody else"
        yield Finding("note", f"{words} at what they decided; add a handler, or another manager")
