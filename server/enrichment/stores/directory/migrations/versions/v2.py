"""Harvests, and the domains that each still has to fill."""

import sqlalchemy as sa
from alembic import op

revision = "v2"
down_revision = "v1"


def upgrade() -> None:
    """From v1 to v2."""
    op.create_table(
        "directory_harvests",
        sa.Column("id", sa.Text(), nullable=False),
        _text("country_code"),
        sa.Column("companies_max", sa.Integer(), nullable=False),
        _text("month"),
        sa.Column("started_at", sa.Double, nullable=False),
        _text("queries"),
        sa.Column("pages_per_query", sa.Integer(), nullable=False),
        sa.Column("run_limit_usd_micros", sa.BigInteger(), nullable=False),
        *(_text(name) for name in ("stage", "run_id", "dataset_id")),
        sa.Column("cost_usd_micros", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "directory_harvest_domains",
        _text("harvest_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("domain"),
        sa.PrimaryKeyConstraint("harvest_id", "position"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
