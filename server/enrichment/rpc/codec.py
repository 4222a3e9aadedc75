"""Requests from the contract to the domain, events from the domain to the contract."""

from collections.abc import Mapping

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import DEFAULT_FIELDS
from enrichment.domain.errors import SkipReason
from enrichment.domain.event import (
    Completed,
    Disposition,
    EnrichmentRequest,
    Event,
    LayerResult,
    Plan,
    PlannedSource,
    Profile,
    Shortfall,
    SourceOutcome,
    Started,
)
from enrichment.domain.purse import Purse
from enrichment.domain.subject import Hints
from enrichment.rpc import status
from enrichment.rpc.company_codec import FIELDS, company, evidence
from enrichment.rpc.times import duration, seconds_of, timestamp
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb

LAYERS: Mapping[Layer, pb.Layer.ValueType] = {layer: pb.Layer.Value(f"LAYER_{layer.name}") for layer in Layer}
_DISPOSITIONS = {kind: pb.Disposition.Value(f"DISPOSITION_{kind.name}") for kind in Disposition}
_SKIP_REASONS = {reason: pb.SkipReason.Value(f"SKIP_REASON_{reason.name}") for reason in SkipReason}
_FIELD_OF = {number: name for name, number in FIELDS.items()}
_LAYER_OF = {number: layer for layer, number in LAYERS.items()}


def request(
    message: pb.EnrichRequest, domain: str, default_max_cost_usd_micros: int, purse: Purse
) -> EnrichmentRequest:
    """A request that has passed validation, with what it leaves open filled in; `purse` pays for it."""
    has_cost = message.HasField("max_cost_usd_micros")
    return EnrichmentRequest(
        domain=domain,
        hints=_hints(message.hints),
        wanted=frozenset(_FIELD_OF[number] for number in message.wanted_fields) or DEFAULT_FIELDS,
        layers=frozenset(_LAYER_OF[number] for number in message.layers) or frozenset(Layer),
        max_cost_usd_micros=message.max_cost_usd_micros if has_cost else default_max_cost_usd_micros,
        max_age_seconds=seconds_of(message.max_age) if message.HasField("max_age") else None,
        include_source_outcomes=message.include_source_outcomes,
        purse=purse,
    )


def response(sequence: int, event: Event) -> pb.EnrichResponse:
    """One event as the message of this number in its stream."""
    match event:
        case Started():
            return pb.EnrichResponse(sequence=sequence, started=_started(event))
        case SourceOutcome():
            return pb.EnrichResponse(sequence=sequence, source=_source_outcome(event))
        case LayerResult():
            return pb.EnrichResponse(sequence=sequence, layer=_layer_result(event))
        case Completed():
            return pb.EnrichResponse(sequence=sequence, completed=_completed(event))


def plan(plan: Plan) -> pb.PlanEnrichmentResponse:
    """What an enrichment would do."""
    return pb.PlanEnrichmentResponse(
        domain=plan.domain,
        sources=[_planned(source) for source in plan.sources],
        max_cost_usd_micros=plan.max_cost_usd_micros,
    )


def profile(profile: Profile) -> pb.GetCompanyResponse:
    """What is held of a company."""
    return pb.GetCompanyResponse(
        company=company(profile.company), evidence=[evidence(claim) for claim in profile.evidence]
    )


def _planned(source: PlannedSource) -> pb.PlannedSource:
    return pb.PlannedSource(
        source=source.source,
        layer=LAYERS[source.layer],
        would_call=source.would_call,
        skip_reason=_skip_reason(source.reason),
        explanation=source.explanation,
        price_usd_micros=source.price_usd_micros,
        cached=source.is_held,
    )


def _hints(message: pb.CompanyHints) -> Hints:
    return Hints(
        company_name=message.company_name.strip(),
        country_code=message.country_code.upper(),
        city=message.city.strip(),
        registration_number=message.registration_number.strip(),
    )


def _started(event: Started) -> pb.EnrichmentStarted:
    return pb.EnrichmentStarted(
        enrichment_id=event.enrichment_id,
        domain=event.request.domain,
        layers=[LAYERS[layer] for layer in Layer if layer in event.request.layers],
        max_cost_usd_micros=event.request.max_cost_usd_micros,
    )


def _source_outcome(outcome: SourceOutcome) -> pb.SourceOutcome:
    return pb.SourceOutcome(
        source=outcome.source,
        layer=LAYERS[outcome.layer],
        disposition=_DISPOSITIONS[outcome.disposition],
        skip_reason=_skip_reason(outcome.skip_reason),
        explanation=outcome.explanation,
        cost_usd_micros=outcome.cost_usd_micros,
        saved_usd_micros=outcome.saved_usd_micros,
        duration=duration(outcome.duration_seconds),
        observed_time=None if outcome.observed_at is None else timestamp(outcome.observed_at),
        error=None if outcome.error is None else status.of_source(outcome.source, outcome.error),
    )


def _layer_result(event: LayerResult) -> pb.LayerResult:
    return pb.LayerResult(
        layer=LAYERS[event.layer],
        company=company(event.company),
        updated_fields=[FIELDS[name] for name in event.updated],
        evidence=[evidence(claim) for claim in event.evidence],
        sources=[_source_outcome(outcome) for outcome in event.sources],
        cost_usd_micros=event.cost_usd_micros,
        duration=duration(event.duration_seconds),
    )


def _completed(event: Completed) -> pb.EnrichmentCompleted:
    return pb.EnrichmentCompleted(
        company=company(event.company),
        evidence=[evidence(claim) for claim in event.evidence],
        cost_usd_micros=event.cost_usd_micros,
        saved_usd_micros=event.saved_usd_micros,
        duration=duration(event.duration_seconds),
        completeness=event.completeness,
        confidence=event.confidence,
        partial=bool(event.shortfalls),
        from_cache=event.is_from_cache,
        shortfalls=[_shortfall(shortfall) for shortfall in event.shortfalls],
    )


def _shortfall(shortfall: Shortfall) -> pb.Shortfall:
    return pb.Shortfall(
        field=FIELDS[shortfall.field],
        source=shortfall.source,
        reason=_skip_reason(shortfall.reason),
        error=None if shortfall.error is None else status.of_source(shortfall.source, shortfall.error),
    )


def _skip_reason(reason: SkipReason | None) -> pb.SkipReason.ValueType:
    return pb.SKIP_REASON_UNSPECIFIED if reason is None else _SKIP_REASONS[reason]
