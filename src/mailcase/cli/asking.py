"""`cases`, `show`, `ledger`: what the database can tell."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import Any

import click

from mailcase.cli.common import config_option, json_option, load, opened
from mailcase.cli.showing import NOBODY, SHORT_ID, counted, print_facts, print_json, print_table
from mailcase.core.ids import find_references
from mailcase.errors import MailcaseError
from mailcase.store import cases, letters, timeline
from mailcase.store.engine import AnyRow, Database
from mailcase.store.ledger import ledger


@click.command("cases")
@config_option
@json_option
@click.option("--open", "only_open", is_flag=True, help="Only cases that are not resolved, closed or withdrawn.")
@click.option("--handler", metavar="ADDRESS", help="Only cases of this handler.")
def cases_command(config_path: Path | None, as_json: bool, only_open: bool, handler: str | None) -> None:
    """List the cases in the order of their receipt."""
    settings = load(config_path)
    with opened(settings) as database, database.read() as conn:
        rows = cases.listed(conn, only_open, handler)
    if as_json:
        print_json(row._asdict() for row in rows)
    elif not rows:
        print("There are no such cases." if only_open or handler else "There are no cases yet.")
    else:
        zone = settings.service.timezone
        columns = ("reference", "received", "status", "customer and subject", "handler")
        print_table(columns, [_row(row) for row in rows], zone)
        print(f"\n{counted(len(rows), 'case')}; times are those of {zone}")


def _row(case: AnyRow) -> tuple[object, ...]:
    status = (
        case.status,
        "" if case.stage == "first" else case.stage,
        "not reached" if case.undeliverable_at else "",
    )
    return case.reference, case.received_at, status, (case.customer or NOBODY, case.subject), case.handler


@click.command("show")
@config_option
@json_option
@click.argument("reference")
def show_command(config_path: Path | None, as_json: bool, reference: str) -> None:
    """Show one case with its timeline and letters.

    The reference may be typed in lower case, without dashes, with or without its prefix.
    """
    settings = load(config_path)
    with opened(settings) as database:
        case = case_as_json(database, _canonical(reference, settings.service.reference_prefix))
    if as_json:
        print_json([case])
    else:
        _print_case(case, settings.service.timezone)


def _canonical(typed: str, prefix: str) -> str:
    """The reference that was meant; as it was typed when it is none that we would make today."""
    for text in (typed, f"{prefix}-{typed.strip()}"):
        for reference in find_references(prefix, text):
            return reference
    return typed.strip().upper()


def case_as_json(database: Database, reference: str) -> dict[str, Any]:
    """One case as `show --json` prints it; MailcaseError when there is none."""
    with database.read() as conn:
        case = cases.find(conn, reference)
        if case is None:
            raise MailcaseError(f"there is no case {reference}: is it mistyped? `mailcase cases` lists them")
        entries, sent = timeline.of_case(conn, reference), letters.of_case(conn, reference)
        links = cases.linked(conn, reference)
    plain = ("reference", "status", "stage", "customer", "subject", "handler", "channel", "received_at")
    return {
        **{name: getattr(case, name) for name in plain},
        "category": case.category,
        "outcome": case.outcome,
        "undeliverable_at": case.undeliverable_at,
        "deadlines": [],
        "timeline": [entry._asdict() for entry in entries],
        "letters": [
            {
                "id": letter.id,
                "kind": letter.kind,
                "to": letter.recipient,
                "state": letter.state,
                "sent_at": letter.sent_at,
                "message_id": letter.message_id,
            }
            for letter in sent
        ],
        "links": [{"reference": link.other, "why": link.why} for link in links],
    }


def _print_case(case: dict[str, Any], zone: tzinfo) -> None:
    plain = ("reference", "status", "stage", "customer", "subject", "category", "outcome", "handler", "channel")
    print_facts(((name, case[name]) for name in plain), zone)
    print_facts([("received", case["received_at"]), ("unreached", case["undeliverable_at"])], zone)
    for link in case["links"]:
        print_facts([("see also", f"{link['reference']}: {link['why']}")])
    print("\nTimeline")
    entries = [(entry["at"], entry["kind"], (entry["actor"], entry["text"])) for entry in case["timeline"]]
    print_table(("when", "what", "who, and the words"), entries, zone)
    print("\nLetters")
    names = ("kind", "state", "sent_at", "to")
    sent = [(letter["id"][:SHORT_ID], *(letter[name] for name in names)) for letter in case["letters"]]
    if sent:
        print_table(("id", "letter", "state", "sent", "to"), sent, zone)
    else:
        print("none")
    print(f"\nTimes are those of {zone}.")


@click.command("ledger")
@config_option
@json_option
def ledger_command(config_path: Path | None, as_json: bool) -> int:
    """Count every mail in and every letter out; exit 1 when the books do not balance."""
    with opened(load(config_path)) as database, database.read() as conn:
        books = ledger(conn)
    if as_json:
        counts = {"mails": books.mails, "letters": books.letters, "cases": books.cases}
        print_json([{**counts, "balanced": books.balanced, "faults": books.faults}])
    else:
        for noun, book in (("mail", books.mails), ("letter", books.letters)):
            print(f"{counted(sum(book.values()), noun)} {'in' if noun == 'mail' else 'out'}")
            for state, count in book.items():
                print(f"{count:>8} {state}")
        print(counted(books.cases, "case"))
        print("balanced" if books.balanced else f"NOT balanced: {'; '.join(books.faults)}")
    return 0 if books.balanced else 1
