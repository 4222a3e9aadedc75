"""When an account was used last, so that those of long ago can be deleted."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "v2"
down_revision = "v1"


def upgrade() -> None:
    """From v1 to v2; what is there counts as used today."""
    op.add_column("accounts", sa.Column("used_on", sa.Text()))
    accounts = sa.table("accounts", sa.column("used_on"))
    op.execute(accounts.update().values(used_on=datetime.now(UTC).date().isoformat()))
    op.create_index("accounts_by_use", "accounts", ["used_on"])
