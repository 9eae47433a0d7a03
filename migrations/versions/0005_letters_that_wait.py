"""Letters that wait for a person: found by an index, where all letters were read for them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    stuck = sa.text("state IN ('held', 'failed')")
    op.create_index("letters_stuck", "letters", ["state", "queued_at"], sqlite_where=stuck, postgresql_where=stuck)
