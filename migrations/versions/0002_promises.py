"""Promises: the policy a case was opened under, its deadlines, letters that came back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Utc = sa.String(26).with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("cases") as cases:
        cases.add_column(sa.Column("kind", sa.String(20), nullable=False, server_default="complaint"))
        cases.add_column(sa.Column("track", sa.Text(), nullable=False, server_default=""))
        cases.add_column(sa.Column("policy", sa.String(64), nullable=False, server_default=""))
        cases.add_column(sa.Column("watched", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("letters") as letters:
        letters.add_column(sa.Column("bounced_at", Utc, nullable=True))
    with op.batch_alter_table("timers") as timers:
        timers.alter_column("subject", existing_type=sa.String(40), type_=sa.Text(), existing_nullable=False)
    op.drop_index("ix_timers_look_at", "timers")
    op.create_index("timers_due", "timers", ["look_at", "kind"])
    op.create_table(
        "policies",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seen_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "deadlines",
        sa.Column("case_ref", sa.String(20), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("counted_from", Utc, nullable=False),
        sa.Column("due_at", Utc, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("met_at", Utc, nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("written", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.reference"]),
        sa.PrimaryKeyConstraint("case_ref", "promise", "seq"),
    )
    _create_partial_index(
        "deadlines_standing", "deadlines", ["case_ref", "promise", "seq"], "kind != 'update' OR met_at IS NULL"
    )
    _create_partial_index("deadlines_unmet", "deadlines", ["due_at"], "met_at IS NULL")
    op.drop_index("letters_case", "letters")
    op.create_index("letters_case", "letters", ["case_ref", "kind", "sent_at"])
    _create_partial_index("letters_came_back", "letters", ["case_ref"], "bounced_at IS NOT NULL")
    _create_partial_index(
        "timeline_public",
        "timeline",
        ["case_ref", "seq"],
        "kind IN ('message', 'contact', 'extend')",
    )


def _create_partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
