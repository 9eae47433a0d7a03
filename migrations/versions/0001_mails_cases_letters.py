"""Mails, cases, letters: the first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A step must stay what it was: it does not use the types of today's tables.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Utc = sa.String(26).with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("received_at", Utc, nullable=False),
        sa.Column("opened_at", Utc, nullable=False),
        sa.Column("undeliverable_at", Utc, nullable=True),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index("cases_received", "cases", ["received_at"], unique=False)
    op.create_table(
        "doors",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("junk", sa.Boolean(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=True),
        sa.Column("cutoff", Utc, nullable=True),
        sa.Column("fresh_from", sa.BigInteger(), nullable=True),
        sa.Column("polled_at", Utc, nullable=True),
        sa.Column("lease_owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", Utc, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "message_ids",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("whose", sa.String(length=8), nullable=False),
        sa.Column("case_ref", sa.String(length=20), nullable=False),
        sa.Column("letter", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "whose", "case_ref"),
    )
    op.create_table(
        "timers",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("look_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_index("ix_timers_look_at", "timers", ["look_at"], unique=False)
    op.create_table(
        "letters",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("case_ref", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("mailbox_key", sa.Text(), nullable=False),
        sa.Column("mail_from", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("answer", sa.Boolean(), nullable=False),
        sa.Column("due_at", Utc, nullable=False),
        sa.Column("queued_at", Utc, nullable=False),
        sa.Column("look_at", Utc, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", Utc, nullable=True),
        sa.Column("sent_at", Utc, nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_ref"],
            ["cases.reference"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "letters_answered",
        "letters",
        ["queued_at"],
        unique=False,
        sqlite_where=sa.text("answer AND (state NOT IN ('held', 'cancelled'))"),
        postgresql_where=sa.text("answer AND (state NOT IN ('held', 'cancelled'))"),
    )
    op.create_index("letters_case", "letters", ["case_ref"], unique=False)
    op.create_index("letters_mailbox", "letters", ["mailbox_key", "queued_at"], unique=False)
    op.create_index(
        "letters_to_staff",
        "letters",
        ["queued_at"],
        unique=False,
        sqlite_where=sa.text("case_ref IS NULL"),
        postgresql_where=sa.text("case_ref IS NULL"),
    )
    op.create_index(
        "letters_unsent",
        "letters",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'sending', 'in-doubt')"),
        postgresql_where=sa.text("state IN ('queued', 'sending', 'in-doubt')"),
    )
    op.create_table(
        "links",
        sa.Column("case_ref", sa.String(length=20), nullable=False),
        sa.Column("other", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_ref"],
            ["cases.reference"],
        ),
        sa.ForeignKeyConstraint(
            ["other"],
            ["cases.reference"],
        ),
        sa.PrimaryKeyConstraint("case_ref", "other"),
    )
    op.create_table(
        "mails",
        sa.Column("id", Id, nullable=False),
        sa.Column("door_id", Id, nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("received_at", Utc, nullable=False),
        sa.Column("kept_at", Utc, nullable=False),
        sa.Column("envelope_from", sa.Text(), nullable=True),
        sa.Column("envelope_to", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("accepted_by", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=12), server_default="kept", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("look_at", Utc, nullable=False),
        sa.Column("lease_owner", sa.String(length=32), nullable=True),
        sa.Column("lease_until", Utc, nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=12), server_default="", nullable=False),
        sa.Column("signals", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("review", sa.String(length=16), nullable=True),
        sa.Column("case_ref", sa.String(length=20), nullable=True),
        sa.Column("duplicate_of", Id, nullable=True),
        sa.Column("handled_at", Utc, nullable=True),
        sa.ForeignKeyConstraint(
            ["door_id"],
            ["doors.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("door_id", "uidvalidity", "uid"),
    )
    op.create_index("mails_case", "mails", ["case_ref"], unique=False)
    op.create_index(
        "mails_waiting",
        "mails",
        ["state", "attempts", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('kept', 'review')"),
        postgresql_where=sa.text("state IN ('kept', 'review')"),
    )
    op.create_table(
        "timeline",
        sa.Column("case_ref", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_ref"],
            ["cases.reference"],
        ),
        sa.PrimaryKeyConstraint("case_ref", "seq"),
    )
    op.create_table(
        "bodies",
        sa.Column("mail_id", Id, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["mails.id"],
        ),
        sa.PrimaryKeyConstraint("mail_id"),
    )
