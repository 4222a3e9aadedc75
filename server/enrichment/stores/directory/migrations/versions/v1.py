"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "v1"
down_revision = None


def upgrade() -> None:
    """From nothing to v1."""
    _records()
    _links()
    op.create_table(
        "directory_forgotten",
        sa.Column("company_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("company_id"),
    )
    op.create_table(
        "directory_imports",
        sa.Column("id", sa.Text(), nullable=False),
        *_texts("source", "files"),
        sa.Column("as_of", sa.Double, nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("rows_kept", sa.BigInteger(), nullable=False),
        *_texts("left_out"),
        sa.Column("rejects_bytes", sa.BigInteger(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _records() -> None:
    op.create_table(
        "directory_records",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        *_texts("source"),
        sa.Column("as_of", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        *_texts("name", "legal_name", "description", "industry", "industry_code"),
        sa.Column("founded_year", sa.Integer()),
        *_texts("incorporation_date", "status", "jurisdiction", "registration_number", "legal_form", "country_code"),
        *_texts("street", "complement", "district", "city", "region", "postal_code", "address", "phone"),
        sa.Column("employees_min", sa.BigInteger()),
        sa.Column("employees_max", sa.BigInteger()),
        sa.Column("capital_minor", sa.BigInteger()),
        *_texts("capital_currency", "more"),
        sa.PrimaryKeyConstraint("company_id", "source"),
    )


def _links() -> None:
    for name, keys in (("domains", ("domain", "tie")), ("numbers", ("number",))):
        op.create_table(
            f"directory_{name}",
            *_texts(*keys),
            sa.Column("company_id", sa.BigInteger(), nullable=False),
            sa.Column("confidence", sa.Double, nullable=False),
            sa.PrimaryKeyConstraint(*keys, "company_id"),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "directory_names",
        *_texts("name", "country_code"),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "country_code", "company_id"),
        sqlite_with_rowid=False,
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]
