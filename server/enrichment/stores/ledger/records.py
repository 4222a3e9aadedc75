"""Records as rows."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from enrichment.domain.record import Candidate, DecisionRecord, EnrichmentRecord, FieldRecord, OutcomeRecord
from enrichment.stores.ledger.pages import insert_new
from enrichment.stores.ledger.tables import decisions, enrichments, outcomes

# What the columns of a decision mean; another number where that changes.
SCHEMA_VERSION = 1
# The plan's rules, which need no model and try nothing out.
POLICY = "rules"


def write(connection: Connection, records: Sequence[EnrichmentRecord]) -> None:
    """Inserts the records; those that are there already are left as they are."""
    insert_new(connection, enrichments, [_enrichment(record) for record in records])
    insert_new(connection, decisions, [_decision(record, each) for record in records for each in record.decisions])
    insert_new(connection, outcomes, [_outcome(record, each) for record in records for each in record.outcomes])


def _enrichment(record: EnrichmentRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "domain": record.domain,
        "caller": record.caller,
        "started_at": record.started_at,
        "duration_seconds": record.duration_seconds,
        "wanted_fields": _names(record.wanted),
        "layers": _names(record.layers),
        "max_cost_usd_micros": record.max_cost_usd_micros,
        "cost_usd_micros": record.cost_usd_micros,
        "saved_usd_micros": record.saved_usd_micros,
        "completeness": record.completeness,
        "confidence": record.confidence,
        "is_from_cache": record.is_from_cache,
    }


def _decision(record: EnrichmentRecord, decision: DecisionRecord) -> dict[str, Any]:
    return {
        "decision_id": _decision_id(record, decision.round),
        "enrichment_id": record.id,
        "ts": decision.decided_at,
        "round": decision.round,
        "policy_id": POLICY,
        "policy_mode": POLICY,
        "schema_version": SCHEMA_VERSION,
        "requested_fields": _names(record.wanted),
        "budget_total": record.max_cost_usd_micros,
        "budget_left": decision.budget_left_usd_micros,
        "candidates_json": json.dumps([_candidate(each) for each in decision.candidates]),
        "chosen_set": _names(each.source for each in decision.candidates if each.is_chosen),
        "is_explore": False,
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "source": candidate.source,
        "price": candidate.price_usd_micros,
        "eligible": candidate.is_chosen,
        "ineligible_reason": candidate.skip_reason,
    }


def _outcome(record: EnrichmentRecord, outcome: OutcomeRecord) -> dict[str, Any]:
    return {
        "enrichment_id": record.id,
        "source": outcome.source,
        "decision_id": _decision_id(record, outcome.round),
        "layer": outcome.layer.value,
        "status": outcome.disposition.value,
        "skip_reason": outcome.skip_reason and outcome.skip_reason.value,
        "error": outcome.error or None,
        "called_at": outcome.called_at,
        "latency_ms": None if outcome.called_at is None else outcome.duration_seconds * 1000,
        "price_expected": outcome.expected_usd_micros,
        "price_charged": outcome.cost_usd_micros,
        "saved": outcome.saved_usd_micros,
        "input_digest": outcome.question_digest,
        "fields_json": json.dumps({each.field.value: _field(each) for each in outcome.fields}),
    }


def _field(record: FieldRecord) -> dict[str, Any]:
    return {
        "confidence_returned": record.confidence,
        "confidence_before": record.before,
        "confidence_after": record.after,
        "accepted": record.is_selected,
        "was_new": record.before is None,
    }


def _decision_id(record: EnrichmentRecord, number: int) -> str:
    return f"{record.id}:{number}"


def _names(names: Iterable[str]) -> str:
    return json.dumps(sorted(names))
