"""The tables, as the newest migration leaves them.

Money is in whole micro-dollars, times in seconds since the epoch, lists and maps are JSON as text. What a decision
is learnt from by and by (reference/source-selection.md, 4.6) has its columns from the start, empty until then.
"""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Double, Index, Integer, MetaData, Table, Text

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _money(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _time(name: str) -> Column[float]:
    return Column(name, Double, nullable=False)


accounts = Table(
    "accounts",
    metadata,
    Column("key", Text, primary_key=True),
    _money("spent_usd_micros"),
    _money("held_usd_micros"),
    # The last day in UTC on which money was set aside or spent, or was asked for first.
    Column("used_on", Text),
    # What no mistake may pass: a balance below nothing.
    CheckConstraint("spent_usd_micros >= 0 AND held_usd_micros >= 0", name="accounts_never_below_nothing"),
)
Index("accounts_by_use", accounts.c.used_on)

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    _text("enrichment_id"),
    _text("source"),
    _text("caller"),
    _text("accounts"),
    _money("usd_micros"),
    _text("state"),
    _money("cost_usd_micros"),
    Column("is_estimated", Boolean, nullable=False),
    # The day of `held_at` in UTC, "2026-11-25": what spending is added up by.
    _text("day"),
    _time("held_at"),
    _time("expires_at"),
    Column("ended_at", Double),
    CheckConstraint("cost_usd_micros BETWEEN 0 AND usd_micros", name="holds_cost_at_most_what_was_held"),
)
_OPEN = holds.c.ended_at.is_(None)
Index("holds_open", holds.c.expires_at, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("holds_by_day", holds.c.day)

enrichments = Table(
    "enrichments",
    metadata,
    Column("id", Text, primary_key=True),
    _text("domain"),
    _text("caller"),
    _time("started_at"),
    _time("duration_seconds"),
    _text("wanted_fields"),
    _text("layers"),
    _money("max_cost_usd_micros"),
    _money("cost_usd_micros"),
    _money("saved_usd_micros"),
    _time("completeness"),
    Column("confidence", Double),
    Column("is_from_cache", Boolean, nullable=False),
)
Index("enrichments_by_start", enrichments.c.started_at)

decisions = Table(
    "decisions",
    metadata,
    Column("decision_id", Text, primary_key=True),
    _text("enrichment_id"),
    _time("ts"),
    Column("round", Integer, nullable=False),
    _text("policy_id"),
    _text("policy_mode"),
    Column("model_sha256", Text),
    Column("schema_version", Integer, nullable=False),
    Column("feature_version", Integer),
    Column("features_json", Text),
    _text("requested_fields"),
    Column("required_fields", Text),
    Column("weights_id", Text),
    _money("budget_total"),
    _money("budget_left"),
    Column("lambda", Double),
    Column("mu", Double),
    _text("candidates_json"),
    Column("forced_set", Text),
    Column("greedy_set", Text),
    _text("chosen_set"),
    Column("is_explore", Boolean, nullable=False),
    Column("epsilon", Double),
    Column("explore_sets_json", Text),
    Column("p_chosen", Double),
    Column("rng_u", Double),
    Column("shadow_set", Text),
    Column("shadow_model_sha256", Text),
    Column("planner_us", BigInteger),
    Column("fallback_reason", Text),
)
Index("decisions_by_enrichment", decisions.c.enrichment_id)

outcomes = Table(
    "outcomes",
    metadata,
    Column("enrichment_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("decision_id", Text),
    _text("layer"),
    _text("status"),
    Column("skip_reason", Text),
    Column("error", Text),
    Column("called_at", Double),
    Column("latency_ms", Double),
    _money("price_expected"),
    _money("price_charged"),
    _money("saved"),
    _text("input_digest"),
    _text("fields_json"),
    Column("realised_dv", Double),
)
Index("outcomes_by_source", outcomes.c.source, outcomes.c.called_at)

source_switches = Table(
    "source_switches",
    metadata,
    Column("name", Text, primary_key=True),
    Column("is_enabled", Boolean, nullable=False),
    _time("changed_at"),
)
