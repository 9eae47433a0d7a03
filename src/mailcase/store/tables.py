"""The tables, as SQLAlchemy Core knows them; `migrations/` holds the same as steps (a test compares the two)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    literal,
    literal_column,
    or_,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC: timestamptz in Postgres; in SQLite a text that sorts as time does."""

    impl = String(26)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Postgres has the type; SQLite has none."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(26))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses a naive time: nobody could say what moment it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        if dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            moment: datetime = value
            return moment.astimezone(UTC)
        return datetime.fromisoformat(f"{value}+00:00")


metadata = MetaData()
Id = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER counts up by itself in SQLite


def _literally(*values: str) -> list[ColumnElement[str]]:
    """Values that stand in the statement itself: with parameters no planner can see that a partial index fits."""
    return [literal_column(f"'{value}'", String) for value in values]


def _lease() -> tuple[Column[Any], Column[Any]]:
    """Who works on a row, and until when that is believed."""
    return Column("lease_owner", String(32)), Column("lease_until", Utc)


doors = Table(
    "doors",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("channel", String(20), nullable=False),
    Column("role", String(20), nullable=False),
    Column("junk", Boolean, nullable=False),
    Column("uidvalidity", BigInteger),
    Column("last_uid", BigInteger),
    Column("cutoff", Utc),
    Column("fresh_from", BigInteger),
    Column("polled_at", Utc),
    *_lease(),
)

mails = Table(
    "mails",
    metadata,
    Column("id", Id, primary_key=True),
    Column("door_id", Id, ForeignKey("doors.id"), nullable=False),
    Column("uidvalidity", BigInteger),
    Column("uid", BigInteger),
    Column("received_at", Utc, nullable=False),
    Column("kept_at", Utc, nullable=False),
    Column("envelope_from", Text),
    Column("envelope_to", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("silent", Boolean, nullable=False),
    Column("accepted_by", Text, nullable=False, server_default=""),
    Column("state", String(12), nullable=False, server_default="kept"),  # or how the mail ended
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("look_at", Utc, nullable=False),
    *_lease(),
    Column("digest", LargeBinary(32), unique=True),
    Column("sender", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("kind", String(12), nullable=False, server_default=""),
    Column("signals", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("review", String(16)),
    Column("case_ref", String(20)),
    Column("duplicate_of", Id),
    Column("handled_at", Utc),
    UniqueConstraint("door_id", "uidvalidity", "uid"),
)
waiting = mails.c.state.in_(_literally("kept", "review"))
# What a customer wrote on a case. What claims to be a colleague's, and is not proven, is nobody's words.
customers_words = and_(
    mails.c.state.in_(_literally("case", "added")), mails.c.kind == "human", mails.c.review.is_(None)
)
# In the order in which intake takes them, so that among very many waiting mails it reads only those it wants.
Index("mails_waiting", mails.c.state, mails.c.attempts, mails.c.id, sqlite_where=waiting, postgresql_where=waiting)
Index("mails_case", mails.c.case_ref)

bodies = Table(
    "bodies",
    metadata,
    Column("mail_id", Id, ForeignKey("mails.id"), primary_key=True),
    Column("raw", LargeBinary, nullable=False),  # zlib
)

cases = Table(
    "cases",
    metadata,
    Column("reference", String(20), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("stage", String(12), nullable=False),
    Column("customer", Text, nullable=False),
    Column("customer_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("handler", Text, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(12), nullable=False),
    Column("category", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("undeliverable_at", Utc),
    Column("kind", String(20), nullable=False, server_default="complaint"),
    Column("track", Text, nullable=False, server_default=""),
    Column("policy", String(64), nullable=False, server_default=""),  # the digest of the policy it is held to
    Column("watched", Boolean, nullable=False, server_default=true()),  # history that was imported is not
    Column("customer_key", Text, nullable=False, server_default=""),  # the customer's address in lower case
    Column("redress", Text, nullable=False, server_default=""),
    Column("cause", Text, nullable=False, server_default=""),
    Column("step", Integer, nullable=False, server_default="1"),
    Column("format", Text, nullable=False, server_default=""),
    Column("contact", Text, nullable=False, server_default=""),
    Column("conflicts", Text, nullable=False, server_default=""),  # addresses of staff, one a line
    Column("past_handlers", Text, nullable=False, server_default=""),  # likewise
    Column("tasks", Text, nullable=False, server_default=""),  # letters that a person is to post, one a line
    Column("checks", Text, nullable=False, server_default=""),  # answers of the checklist, one a line
    Column("missing", Text, nullable=False, server_default=""),  # facts that the policy asks for, one a line
    Column("joined", Text, nullable=False, server_default=""),  # the case that goes on for this one
    Column("proposed", Text, nullable=False, server_default=""),  # the customer whom a colleague's mail names
    Column("rating", Integer, nullable=False, server_default="0"),  # 1 to 5, the answer to the survey
    Column("ended_at", Utc),
    Column("parked_at", Utc),  # when the customer answered the final letter, until staff decide what follows
)
Index("cases_received", cases.c.received_at)
is_open = cases.c.status.in_(_literally("new", "investigating", "waiting"))
Index("cases_open", cases.c.handler, sqlite_where=is_open, postgresql_where=is_open)
Index("cases_customer", cases.c.customer_key)


def may_know_of(person: str) -> ColumnElement[bool]:
    """Whether a case does not complain about one of staff, who must else learn nothing of it."""
    lines = literal("\n") + cases.c.conflicts + "\n"
    return ~lines.contains(f"\n{person}\n", autoescape=True)


timeline = Table(
    "timeline",
    metadata,
    Column("case_ref", String(20), ForeignKey("cases.reference"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)

# What the customer may know of: what they wrote, talks that staff logged, and dates that were moved.
public = timeline.c.kind.in_(_literally("message", "contact", "posted", "extend", "moved"))
Index("timeline_public", timeline.c.case_ref, timeline.c.seq, sqlite_where=public, postgresql_where=public)

letters = Table(
    "letters",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("case_ref", String(20), ForeignKey("cases.reference")),
    Column("kind", String(20), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("mailbox_key", Text, nullable=False),  # what the limits count by
    Column("mail_from", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("answer", Boolean, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("queued_at", Utc, nullable=False),
    Column("look_at", Utc, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),
    *_lease(),
    Column("unwanted", Boolean, nullable=False, server_default=text("false")),  # stopped while it was being sent
    Column("sent_at", Utc),
    Column("reply", Text, nullable=False),
    Column("bounced_at", Utc),
    Column("stage", String(12), nullable=False, server_default=""),  # of its case when it was written
)
unsent = letters.c.state.in_(_literally("queued", "sending", "in-doubt"))
Index("letters_unsent", letters.c.due_at, sqlite_where=unsent, postgresql_where=unsent)
stuck = letters.c.state.in_(_literally("held", "failed"))  # they wait for a person
Index("letters_stuck", letters.c.state, letters.c.queued_at, sqlite_where=stuck, postgresql_where=stuck)
Index("letters_mailbox", letters.c.mailbox_key, letters.c.queued_at)
answered = and_(text("answer"), letters.c.state.not_in(_literally("held", "cancelled")))  # a held one bothered nobody
Index("letters_answered", letters.c.queued_at, sqlite_where=answered, postgresql_where=answered)
to_staff = letters.c.case_ref.is_(None)
Index("letters_to_staff", letters.c.queued_at, sqlite_where=to_staff, postgresql_where=to_staff)
Index("letters_case", letters.c.case_ref, letters.c.kind, letters.c.sent_at)
came_back = letters.c.bounced_at.is_not(None)
Index("letters_came_back", letters.c.case_ref, sqlite_where=came_back, postgresql_where=came_back)

message_ids = Table(
    "message_ids",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("whose", String(8), primary_key=True),  # ours, alias, theirs
    Column("case_ref", String(20), primary_key=True),  # '' for a letter that belongs to no case
    Column("letter", String(32), nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("case_ref", String(20), ForeignKey("cases.reference"), primary_key=True),
    Column("other", String(20), ForeignKey("cases.reference"), primary_key=True),
    Column("why", Text, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("case_ref", String(20), ForeignKey("cases.reference"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("authority", Text, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("seen_at", Utc, nullable=False),
)

deadlines = Table(
    "deadlines",
    metadata,
    Column("case_ref", String(20), ForeignKey("cases.reference"), primary_key=True),
    Column("promise", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("counted_from", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("state", String(8), nullable=False),
    Column("met_at", Utc),
    Column("evidence", Text, nullable=False),
    Column("warned", Integer, nullable=False),
    Column("asked", Boolean, nullable=False),
    Column("written", Boolean, nullable=False),
    Column("told", Integer, nullable=False),
)
# All but the updates that were given: of those a case that is open for long has very many.
standing = or_(deadlines.c.kind != literal_column("'update'", String), deadlines.c.met_at.is_(None))
_BY_CASE = (deadlines.c.case_ref, deadlines.c.promise, deadlines.c.seq)
Index("deadlines_standing", *_BY_CASE, sqlite_where=standing, postgresql_where=standing)
unmet = deadlines.c.met_at.is_(None)
Index("deadlines_unmet", deadlines.c.due_at, sqlite_where=unmet, postgresql_where=unmet)

timers = Table(
    "timers",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("subject", Text, primary_key=True),  # a reference, an id, an address
    Column("look_at", Utc, nullable=False),
)
# Of what is due at one moment the cases come before the digest that tells of them: they stand so in the alphabet.
Index("timers_due", timers.c.look_at, timers.c.kind)
