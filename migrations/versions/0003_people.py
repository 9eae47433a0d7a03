"""People: what staff say of a case, and who else gets its letters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Utc = sa.String(26).with_variant(TIMESTAMP(timezone=True), "postgresql")
WORDS = ("customer_key", "redress", "cause", "format", "contact", "conflicts", "past_handlers", "tasks", "checks")
WORDS += ("missing", "joined", "proposed")
OPEN = sa.text("status IN ('new', 'investigating', 'waiting')")


def upgrade() -> None:
    with op.batch_alter_table("cases") as cases:
        for name in WORDS:
            cases.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        cases.add_column(sa.Column("step", sa.Integer(), nullable=False, server_default="1"))
        cases.add_column(sa.Column("rating", sa.Integer(), nullable=False, server_default="0"))
        cases.add_column(sa.Column("ended_at", Utc, nullable=True))
        cases.add_column(sa.Column("parked_at", Utc, nullable=True))
    with op.batch_alter_table("letters") as letters:
        letters.add_column(sa.Column("unwanted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("cases_open", "cases", ["handler"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.execute("UPDATE cases SET customer_key = lower(customer)")
    op.create_index("cases_customer", "cases", ["customer_key"])
    op.drop_index("timeline_public", "timeline")
    public = sa.text("kind IN ('message', 'contact', 'posted', 'extend')")
    op.create_index("timeline_public", "timeline", ["case_ref", "seq"], sqlite_where=public, postgresql_where=public)
    op.add_column("letters", sa.Column("stage", sa.String(12), nullable=False, server_default=""))
    op.create_table(
        "people",
        sa.Column("case_ref", sa.String(20), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.reference"]),
        sa.PrimaryKeyConstraint("case_ref", "address"),
    )
