"""What the database knows of mails that are about to be decided: one round of questions for a whole group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, case, exists, func, or_, select

from mailcase.core.deadlines.owed import OPEN
from mailcase.core.mail.thread import Owner, goes_on_as, mailbox_key, named_cases, same_address
from mailcase.core.reading import Earlier, Known, Reading, Twin
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.store import records
from mailcase.store.policies import Policies
from mailcase.store.records import UNSENT
from mailcase.store.tables import Utc, answered, cases, customers_words, letters, links, mails, message_ids


def look_up(
    conn: Connection, group: Sequence[Reading], candidates: Sequence[str], policies: Policies, now: datetime
) -> list[Known]:
    """For each mail: its twin, whose the ids and references it names are, and how many answers its readers got.

    `candidates` are the references that new cases would get: one that is taken comes back among `by_reference`. The
    cases that the mails are about come whole, and locked until the transaction ends.
    """
    readers = {mailbox_key(reader) for mail in group for reader in mail.readers}
    twins = _twins(conn, [mail.message.digest for mail in group])
    by_ids, by_reference = _owners(conn, group, candidates)
    answers = _answers(conn, readers, now)
    last_sent = _last_sent(conn, {name for mail in group if mail.bounce for name in mail.mentions.references})
    earlier = records.earlier(conn, {each for mail in group for each in (mail.writer, mail.begins_for) if each})
    about = [set(_about(mail, by_id, by_reference, earlier)) for mail, by_id in zip(group, by_ids, strict=True)]
    cases, rules, whole = _cases(conn, group, about, policies)
    minute, loads, lately = _answers_this_minute(conn, now), records.loads(conn), _lately(conn, cases, now)
    asked, open_cases = _of_writers(conn, group)
    return [
        Known(
            twins.get(mail.message.digest),
            by_id,
            by_reference,
            *_most([answers.get(mailbox_key(reader), (0, 0)) for reader in mail.readers]),
            answers_minute=minute,
            last_sent=last_sent,
            records=cases,
            rules=rules,
            mails=whole.mails,
            letters=whole.letters,
            entries=whole.entries,
            earlier=earlier.get(mail.writer.casefold(), ()),
            begun_for=earlier.get(mail.begins_for.casefold(), ()),
            asked_which=mailbox_key(mail.writer) in asked,
            lately=lately,
            open_cases=open_cases.get(mailbox_key(mail.writer), 0),
            loads=loads,
        )
        for mail, by_id in zip(group, by_ids, strict=True)
    ]


def _owners(
    conn: Connection, group: Sequence[Reading], candidates: Sequence[str]
) -> tuple[list[Mapping[str, Owner]], Mapping[str, Owner]]:
    """Whose the ids are that each mail names, and the references that all of them name."""
    owners = _owners_of_ids(conn, {name for mail in group for name in mail.mentions.message_ids})
    by_ids = [_by_id(mail, owners) for mail in group]
    named = {name for mail in group for name in (*mail.mentions.references, *(mail.staff.cases if mail.staff else ()))}
    return by_ids, _by_reference(conn, named.union(candidates), chain(*(each.values() for each in by_ids)))


def _cases(
    conn: Connection, group: Sequence[Reading], about: Sequence[set[str]], policies: Policies
) -> tuple[dict[str, CaseRecord], dict[str, Rules], records.History]:
    """The cases that the mails are about, under which rules; what came on those on which staff may work, to show it."""
    cases = records.load(conn, set().union(*about))
    by_staff = set().union(*(found for mail, found in zip(group, about, strict=True) if mail.staff))
    rules = {reference: policies.under(conn, record.policy) for reference, record in cases.items()}
    return cases, rules, records.history(conn, by_staff.intersection(cases))


def _about(
    mail: Reading,
    by_id: Mapping[str, Owner],
    by_reference: Mapping[str, Owner],
    earlier: Mapping[str, Sequence[Earlier]],
) -> Iterator[str]:
    """The cases that a mail may change."""
    yield from (owner.case for owner in named_cases(mail.mentions, by_id, by_reference))
    yield from (each.reference for each in earlier.get(mail.writer.casefold(), ()) if each.status == "resolved")
    if mail.staff:
        yield from (goes_on_as(case, by_reference) for case in mail.staff.cases)
        yield from (str(each.value) for each in mail.staff.said.commands if each.keyword == "same")


def touched(mail: Reading, known: Known) -> frozenset[str]:
    """The cases, among those that were read, that a mail may change: no other mail of its group may change them too."""
    earlier = {mail.writer.casefold(): known.earlier}
    return frozenset(_about(mail, known.by_id, known.by_reference, earlier)).intersection(known.records)


_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_TWINS = select(mails.c.digest, mails.c.id, mails.c.review).where(mails.c.digest.in_(_NAMES))
_BEGUN = or_(letters.c.state == "sending", letters.c.tries > 0)
_IN_DOUBT = and_(letters.c.state.in_(UNSENT), _BEGUN, ~letters.c.unwanted)
_OWNERS_OF_IDS = (
    select(message_ids.c.message_id, message_ids.c.case_ref, cases.c.customer, message_ids.c.letter)
    .add_columns(exists().where(links.c.case_ref == message_ids.c.case_ref))
    .add_columns(func.coalesce(letters.c.recipient, ""), cases.c.undeliverable_at.is_not(None))
    .add_columns(func.coalesce(letters.c.kind, ""), func.coalesce(_IN_DOUBT, False), func.coalesce(cases.c.joined, ""))
    .select_from(
        message_ids.outerjoin(cases, cases.c.reference == message_ids.c.case_ref).outerjoin(
            letters, letters.c.id == message_ids.c.letter
        )
    )
    .where(message_ids.c.message_id.in_(_NAMES))
    # A letter of ours comes last, before it the case that came first. Later ones may only borrow its id.
    .order_by(message_ids.c.letter, cases.c.opened_at.desc(), message_ids.c.case_ref)
)
_OWNERS_OF_REFERENCES = select(
    cases.c.reference, cases.c.customer, cases.c.undeliverable_at.is_not(None).label("undeliverable"), cases.c.joined
).where(cases.c.reference.in_(_NAMES))
_SENT = (
    select(letters.c.case_ref, letters.c.id)
    .where(letters.c.case_ref.in_(_NAMES), letters.c.state == "sent")
    .order_by(letters.c.sent_at)
)
_ANSWERS = (
    select(
        letters.c.mailbox_key,
        func.sum(case((letters.c.queued_at > bindparam("an_hour_ago", type_=Utc), 1), else_=0)),
        func.count(),
    )
    .where(letters.c.mailbox_key.in_(_NAMES), letters.c.queued_at > bindparam("a_day_ago", type_=Utc), answered)
    .group_by(letters.c.mailbox_key)
)
_ANSWERS_SINCE = select(func.count()).where(letters.c.queued_at > bindparam("since", type_=Utc), answered)


def _twins(conn: Connection, digests: Collection[bytes]) -> Mapping[bytes, Twin]:
    rows = conn.execute(_TWINS, {"names": digests})
    return {digest: Twin(mail, review) for digest, mail, review in rows}


def _owners_of_ids(conn: Connection, names: Collection[str]) -> Mapping[str, Sequence[Owner]]:
    found: dict[str, list[Owner]] = defaultdict(list)
    if names:
        for name, case_ref, customer, *of_letter in conn.execute(_OWNERS_OF_IDS, {"names": list(names)}):
            found[name].append(Owner(case_ref, customer or "", *of_letter))
    return found


def _by_id(mail: Reading, owners: Mapping[str, Sequence[Owner]]) -> Mapping[str, Owner]:
    """Whose each id is that the mail names: a letter of ours, else the writer's, else that of the case that came first.

    Anybody can write a mail under the id of another one, also before that comes. A ticket that outlives its case goes
    on with the one that it opened last.
    """
    found = {}
    for name in mail.mentions.message_ids:
        if several := owners.get(name):
            ordered = several if name == mail.ticket else several[::-1]
            theirs = (each for each in ordered if same_address(each.customer, mail.writer))
            found[name] = several[-1] if several[-1].letter else next(theirs, several[-1])
    return found


def _owners_of_references(conn: Connection, names: Collection[str]) -> dict[str, Owner]:
    rows = conn.execute(_OWNERS_OF_REFERENCES, {"names": list(names)})
    return {
        reference: Owner(reference, customer, undeliverable=undeliverable, joined=joined)
        for reference, customer, undeliverable, joined in rows
    }


def _by_reference(conn: Connection, names: Collection[str], others: Iterable[Owner]) -> dict[str, Owner]:
    """Whose each reference is, and the cases that go on for these and others, where they were joined, and so on."""
    found = _owners_of_references(conn, names)
    joined = {owner.joined for owner in (*found.values(), *others) if owner.joined} - found.keys()
    while joined:
        found |= _owners_of_references(conn, joined)
        joined = {owner.joined for owner in found.values() if owner.joined} - found.keys()
    return found


def _last_sent(conn: Connection, names: Collection[str]) -> Mapping[str, str]:
    """Of each of these cases, the last letter that left."""
    return dict(conn.execute(_SENT, {"names": list(names)}).all()) if names else {}


def _answers(conn: Connection, mailboxes: Collection[str], now: datetime) -> Mapping[str, tuple[int, int]]:
    """Answers in the last hour and day, by mailbox."""
    ago = {"an_hour_ago": now - timedelta(hours=1), "a_day_ago": now - timedelta(days=1)}
    rows = conn.execute(_ANSWERS, {"names": list(mailboxes), **ago})
    return {mailbox: (int(hour), int(day)) for mailbox, hour, day in rows}


def _most(answers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Of several readers, the most answers in the last hour and day."""
    return max(hour for hour, _ in answers), max(day for _, day in answers)


_ASKED_WHICH = select(letters.c.mailbox_key).where(letters.c.mailbox_key.in_(_NAMES), letters.c.kind == "which-case")


def _of_writers(conn: Connection, group: Sequence[Reading]) -> tuple[frozenset[str], Mapping[str, int]]:
    """Who was asked which of their cases they mean, and how many open ones each has.

    Staff open none in their own name, and have years of letters, which all would be read.
    """
    writers = {mailbox_key(mail.writer) for mail in group if not mail.staff}
    return _asked_which(conn, writers), _open_cases(conn, writers)


def _asked_which(conn: Connection, mailboxes: Collection[str]) -> frozenset[str]:
    """The mailboxes that were asked which of their cases they mean."""
    return frozenset(conn.scalars(_ASKED_WHICH, {"names": list(mailboxes)}))


# By the letters, so that the spellings of one mailbox count together.
_OPEN_CASES = (
    select(letters.c.mailbox_key, func.count(letters.c.case_ref.distinct()))
    .join_from(letters, cases, cases.c.reference == letters.c.case_ref)
    .where(letters.c.mailbox_key.in_(_NAMES), letters.c.kind == "acknowledgement", cases.c.status.in_(OPEN))
    .group_by(letters.c.mailbox_key)
)


def _open_cases(conn: Connection, mailboxes: Collection[str]) -> Mapping[str, int]:
    """How many open cases each of these mailboxes has an acknowledgement of, be it held."""
    return dict(conn.execute(_OPEN_CASES, {"names": list(mailboxes)}).all())


# Cases of nobody with an address are each their own customer's.
_CUSTOMER = case((cases.c.customer_key == "", cases.c.reference), else_=cases.c.customer_key)
_REFERENCES: BindParameter[Any] = bindparam("references", expanding=True)
_LATELY = (
    select(
        _CUSTOMER,
        func.sum(case((mails.c.handled_at > bindparam("an_hour_ago", type_=Utc), 1), else_=0)),
        func.count(),
    )
    .join_from(mails, cases, cases.c.reference == mails.c.case_ref)
    .where(or_(cases.c.customer_key.in_(_NAMES), cases.c.reference.in_(_REFERENCES)))
    .where(mails.c.handled_at > bindparam("a_day_ago", type_=Utc), ~mails.c.silent, customers_words)
    .group_by(_CUSTOMER)
)


def _lately(conn: Connection, records: Mapping[str, CaseRecord], now: datetime) -> Mapping[str, tuple[int, int]]:
    """Of each case, how many mails its customer wrote in the last hour and day, on all their cases."""
    if not records:
        return {}
    whose = {reference: record.customer.casefold() or reference for reference, record in records.items()}
    ago = {"an_hour_ago": now - timedelta(hours=1), "a_day_ago": now - timedelta(days=1)}
    asked = {"names": list(whose.values()), "references": list(records), **ago}
    found = {who: (int(hour), int(day)) for who, hour, day in conn.execute(_LATELY, asked)}
    return {reference: found.get(who, (0, 0)) for reference, who in whose.items()}


def _answers_this_minute(conn: Connection, now: datetime) -> int:
    return conn.scalar(_ANSWERS_SINCE, {"since": now - timedelta(minutes=1)}) or 0
