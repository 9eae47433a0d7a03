"""Unverified notes: a mail in the name of staff that nothing proved is marked, and not shown as the customer's."""

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
