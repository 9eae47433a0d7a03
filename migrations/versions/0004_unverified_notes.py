"""Unverified notes: a mail in the name of staff that nothing proved is marked, and not shown as the customer's.

And customers may know that another track or category of their case moved the date of our decision.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE mails SET review = 'authentication' WHERE state = 'added'"
        " AND (reason LIKE 'an unverified note:%' OR reason = 'a mail of staff to the customer')"
    )
    op.drop_index("timeline_public", "timeline")
    public = sa.text("kind IN ('message', 'contact', 'posted', 'extend', 'moved')")
    op.create_index("timeline_public", "timeline", ["case_ref", "seq"], sqlite_where=public, postgresql_where=public)
