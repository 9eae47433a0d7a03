"""`cases`, `show`, `ledger`: what the database can tell."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import click

from mailcase import build
from mailcase.cli.common import config_option, json_option, load, opened
from mailcase.cli.showing import NOBODY, SHORT_ID, Marked, counted, print_facts, print_json, print_table
from mailcase.core.ids import find_references
from mailcase.errors import MailcaseError
from mailcase.store import cases, letters, proof, timeline
from mailcase.store.engine import AnyRow, Database
from mailcase.store.ledger import ledger

DEADLINE = ("promise", "kind", "due_at", "state", "met_at")
UNITS = {"d": "days", "h": "hours"}
ALARM, SOON = "bold red", "yellow"
STYLES = {"kept": "green", "broken": "red"}


def _ahead(_context: click.Context, _option: click.Parameter, typed: str | None) -> timedelta | None:
    """So many days or hours; a usage error says what would be right."""
    if typed is None:
        return None
    if found := re.fullmatch("([0-9]{1,4}) ?([dh])", typed.strip().lower()):
        return timedelta(**{UNITS[found[2]]: int(found[1])})
    raise click.BadParameter(f"{typed!r} is no time: write days or hours, such as 2d or 36h")


@click.command("cases")
@config_option
@json_option
@click.option("--open", "only_open", is_flag=True, help="Only cases that are not resolved, closed or withdrawn.")
@click.option("--handler", metavar="ADDRESS", help="Only cases of this handler.")
@click.option("--overdue", is_flag=True, help="Only cases with a promise that was broken and is still not met.")
@click.option("--due-within", callback=_ahead, metavar="TIME", help="Only cases with something due so soon: 2d, 36h.")
def cases_command(
    config_path: Path | None,
    as_json: bool,
    only_open: bool,
    handler: str | None,
    overdue: bool,
    due_within: timedelta | None,
) -> None:
    """List the cases in the order of their receipt, each with what is due next.

    With --overdue and --due-within, cases of both sorts are listed.
    """
    settings, now = load(config_path), build.clock(os.environ)()
    with opened(settings) as database, database.read() as conn:
        owed = _by_case(proof.owed(conn))
        rows = cases.listed(conn, only_open, handler)
    if overdue or due_within is not None:
        rows = [row for row in rows if _wanted(owed[row.reference], overdue, due_within, now)]
    if as_json:
        print_json({**row._asdict(), **_next_values(owed[row.reference], now)} for row in rows)
    elif not rows:
        narrowed = only_open or handler or overdue or due_within is not None
        print("There are no such cases." if narrowed else "There are no cases yet.")
    else:
        zone = build.zone(settings)
        columns = ("reference", "received", "status", "due", "customer and subject")
        print_table(columns, [_row(row, owed[row.reference], now) for row in rows], zone)
        print(f"\n{counted(len(rows), 'case')}; times are those of {zone}")


def _by_case(rows: Sequence[AnyRow]) -> Mapping[str, list[AnyRow]]:
    """What each case owes, the longest due first."""
    owed: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        owed[row.case_ref].append(row)
    return owed


def _late(deadline: AnyRow, now: datetime) -> bool:
    """Broken, also where the daemon has not looked yet."""
    return bool(deadline.state == "broken" or deadline.due_at <= now)


def _wanted(owed: Sequence[AnyRow], overdue: bool, within: timedelta | None, now: datetime) -> bool:
    late = overdue and any(_late(each, now) for each in owed)
    soon = within is not None and any(now < each.due_at <= now + within for each in owed)
    return late or soon


def _next_values(owed: Sequence[AnyRow], now: datetime) -> dict[str, Any]:
    coming = next((each for each in owed if not _late(each, now)), None)
    return {
        "overdue": [each.promise for each in owed if _late(each, now)],
        "next_promise": coming.promise if coming else None,
        "next_due_at": coming.due_at if coming else None,
    }


def _row(case: AnyRow, owed: Sequence[AnyRow], now: datetime) -> tuple[object, ...]:
    status = (
        case.status,
        "" if case.stage == "first" else case.stage,
        Marked("not reached", ALARM) if case.undeliverable_at else "",
    )
    customer = (case.customer or case.customer_name or NOBODY, case.subject)
    named = (case.reference, case.handler.partition("@")[0])  # the handler below, so that 80 columns are enough
    return named, case.received_at, status, _due(owed, now), customer


def _due(owed: Sequence[AnyRow], now: datetime) -> tuple[object, ...]:
    """What is overdue, in words and in red, and when what comes next is due; today's in yellow."""
    late = dict.fromkeys(each.promise for each in owed if _late(each, now))
    coming = [each for each in owed if not _late(each, now)][:1]
    return (
        *(Marked(f"OVERDUE {promise}", ALARM) for promise in late),
        *(line for each in coming for line in _dated(each, now)),
    )


def _dated(deadline: AnyRow, now: datetime) -> tuple[object, ...]:
    style = SOON if deadline.due_at <= now + timedelta(days=1) else ""
    return Marked(deadline.promise, style), Marked(deadline.due_at, style)


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
        case = case_as_json(database, canonical(reference, settings.service.reference_prefix))
    if as_json:
        print_json([case])
    else:
        _print_case(case, build.zone(settings))


def canonical(typed: str, prefix: str) -> str:
    """The reference that was meant; as it was typed when it is none that we would make today."""
    for text in (typed, f"{prefix}-{typed.strip()}"):
        for reference in find_references(prefix, text):
            return reference
    return typed.strip().upper()


def no_case(reference: str) -> MailcaseError:
    """What is said when there is no such case."""
    return MailcaseError(f"there is no case {reference}: is it mistyped? `mailcase cases` lists them")


def case_as_json(database: Database, reference: str) -> dict[str, Any]:
    """One case as `show --json` prints it; MailcaseError when there is none."""
    with database.read() as conn:
        case = cases.find(conn, reference)
        if case is None:
            raise no_case(reference)
        entries, sent = timeline.of_case(conn, reference), letters.of_case(conn, reference)
        links, owed = cases.linked(conn, reference), proof.of_case(conn, reference)
    plain = ("reference", "status", "stage", "customer", "subject", "handler", "channel", "received_at")
    return {
        **{name: getattr(case, name) for name in plain},
        "category": case.category,
        "outcome": case.outcome,
        "undeliverable_at": case.undeliverable_at,
        "deadlines": [{name: getattr(deadline, name) for name in DEADLINE} for deadline in owed],
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
    if case["deadlines"]:
        print("\nDeadlines")
        columns = ("promise", "kind", "due", "state", "done")
        print_table(columns, [_deadline_row(deadline) for deadline in case["deadlines"]], zone)
        print(f"`mailcase explain {case['reference']}` tells how each date was counted.")
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


def _deadline_row(deadline: dict[str, Any]) -> tuple[object, ...]:
    late = deadline["state"] == "broken" and deadline["met_at"] is None
    state = Marked("OVERDUE" if late else deadline["state"], ALARM if late else STYLES.get(deadline["state"], ""))
    return deadline["promise"], deadline["kind"], deadline["due_at"], state, deadline["met_at"]


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
