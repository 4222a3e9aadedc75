"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "v1"
down_revision = None


def upgrade() -> None:
    """From nothing to v1."""
    _accounts()
    _decisions()
    _enrichments()
    _holds()
    _outcomes()
    _source_switches()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("spent_usd_micros", sa.BigInteger(), nullable=False),
        sa.Column("held_usd_micros", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("spent_usd_micros >= 0 AND held_usd_micros >= 0", name="accounts_never_below_nothing"),
        sa.PrimaryKeyConstraint("key"),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("enrichment_id", sa.Text(), nullable=False),
        sa.Column("ts", sa.Double, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Text(), nullable=False),
        sa.Column("policy_mode", sa.Text(), nullable=False),
        sa.Column("model_sha256", sa.Text()),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("feature_version", sa.Integer()),
        sa.Column("features_json", sa.Text()),
        sa.Column("requested_fields", sa.Text(), nullable=False),
        sa.Column("required_fields", sa.Text()),
        sa.Column("weights_id", sa.Text()),
        sa.Column("budget_total", sa.BigInteger(), nullable=False),
        sa.Column("budget_left", sa.BigInteger(), nullable=False),
        sa.Column("lambda", sa.Double),
        sa.Column("mu", sa.Double),
        sa.Column("candidates_json", sa.Text(), nullable=False),
        sa.Column("forced_set", sa.Text()),
        sa.Column("greedy_set", sa.Text()),
        sa.Column("chosen_set", sa.Text(), nullable=False),
        sa.Column("is_explore", sa.Boolean(), nullable=False),
        sa.Column("epsilon", sa.Double),
        sa.Column("explore_sets_json", sa.Text()),
        sa.Column("p_chosen", sa.Double),
        sa.Column("rng_u", sa.Double),
        sa.Column("shadow_set", sa.Text()),
        sa.Column("shadow_model_sha256", sa.Text()),
        sa.Column("planner_us", sa.BigInteger()),
        sa.Column("fallback_reason", sa.Text()),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index("decisions_by_enrichment", "decisions", ["enrichment_id"])


def _enrichments() -> None:
    op.create_table(
        "enrichments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("duration_seconds", sa.Double, nullable=False),
        sa.Column("wanted_fields", sa.Text(), nullable=False),
        sa.Column("layers", sa.Text(), nullable=False),
        sa.Column("max_cost_usd_micros", sa.BigInteger(), nullable=False),
        sa.Column("cost_usd_micros", sa.BigInteger(), nullable=False),
        sa.Column("saved_usd_micros", sa.BigInteger(), nullable=False),
        sa.Column("completeness", sa.Double, nullable=False),
        sa.Column("confidence", sa.Double),
        sa.Column("is_from_cache", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("enrichments_by_start", "enrichments", ["started_at"])


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("enrichment_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=False),
        sa.Column("usd_micros", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("cost_usd_micros", sa.BigInteger(), nullable=False),
        sa.Column("is_estimated", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("held_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.CheckConstraint("cost_usd_micros BETWEEN 0 AND usd_micros", name="holds_cost_at_most_what_was_held"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("holds_by_day", "holds", ["day"])
    op.create_index(
        "holds_open",
        "holds",
        ["expires_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("enrichment_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text()),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("skip_reason", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("called_at", sa.Double),
        sa.Column("latency_ms", sa.Double),
        sa.Column("price_expected", sa.BigInteger(), nullable=False),
        sa.Column("price_charged", sa.BigInteger(), nullable=False),
        sa.Column("saved", sa.BigInteger(), nullable=False),
        sa.Column("input_digest", sa.Text(), nullable=False),
        sa.Column("fields_json", sa.Text(), nullable=False),
        sa.Column("realised_dv", sa.Double),
        sa.PrimaryKeyConstraint("enrichment_id", "source"),
    )
    op.create_index("outcomes_by_source", "outcomes", ["source", "called_at"])


def _source_switches() -> None:
    op.create_table(
        "source_switches",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
