"""Requests as the domain understands them, events as the contract tells them."""

from collections.abc import Iterable
from enum import Enum

from google.protobuf.duration_pb2 import Duration

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import DEFAULT_FIELDS, Company, Field
from enrichment.domain.errors import Fault, SkipReason
from enrichment.domain.event import Completed, Disposition, EnrichmentRequest, Shortfall, SourceOutcome
from enrichment.domain.purse import Purse
from enrichment.domain.subject import Hints
from enrichment.rpc import codec
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from imensiah.enrichment.v1.company_pb2 import CompanyField
from rpc.scripted import NOON, completed, layer_result, outcome, skipped, started


def understood(message: pb.EnrichRequest) -> EnrichmentRequest:
    return codec.request(message, "vidraria.com.br", 50_000, Purse())


def test_what_a_request_leaves_open_is_filled_in() -> None:
    assert understood(pb.EnrichRequest()) == EnrichmentRequest(
        domain="vidraria.com.br",
        hints=Hints(),
        wanted=DEFAULT_FIELDS,
        layers=frozenset(Layer),
        max_cost_usd_micros=50_000,
        max_age_seconds=None,
        include_source_outcomes=False,
    )


def test_what_a_request_says_is_taken_over() -> None:
    message = pb.EnrichRequest(
        hints=pb.CompanyHints(
            company_name=" Aurora ", country_code="br", city="Recife", registration_number="12.345.678/0001-95 "
        ),
        wanted_fields=[CompanyField.COMPANY_FIELD_RATING, CompanyField.COMPANY_FIELD_PHONE],
        layers=[pb.LAYER_REGISTRY],
        max_cost_usd_micros=53_000,
        max_age=Duration(seconds=3_600, nanos=500_000_000),
        include_source_outcomes=True,
    )
    assert understood(message) == EnrichmentRequest(
        domain="vidraria.com.br",
        hints=Hints("Aurora", "BR", "Recife", "12.345.678/0001-95"),
        wanted=frozenset({Field.RATING, Field.PHONE}),
        layers=frozenset({Layer.REGISTRY}),
        max_cost_usd_micros=53_000,
        max_age_seconds=3_600.5,
        include_source_outcomes=True,
    )


def test_a_cost_of_nothing_is_not_a_cost_left_open() -> None:
    assert understood(pb.EnrichRequest(max_cost_usd_micros=0)).max_cost_usd_micros == 0
    assert understood(pb.EnrichRequest(max_age=Duration())).max_age_seconds == 0.0


def test_a_start_names_the_layers_in_their_order() -> None:
    event = started(understood(pb.EnrichRequest(layers=[pb.LAYER_INFERENCE, pb.LAYER_FOUNDATION])))
    message = codec.response(1, event)
    assert message.sequence == 1
    assert list(message.started.layers) == [pb.LAYER_FOUNDATION, pb.LAYER_INFERENCE]
    assert message.started.enrichment_id == "e-1"
    assert message.started.domain == "vidraria.com.br"
    assert message.started.max_cost_usd_micros == 50_000


def test_a_layer_tells_company_evidence_and_sources() -> None:
    layer = codec.response(2, layer_result(Layer.REGISTRY)).layer
    assert layer.layer == pb.LAYER_REGISTRY
    assert layer.company.name == "Vidraria Aurora"
    assert list(layer.updated_fields) == [CompanyField.COMPANY_FIELD_NAME, CompanyField.COMPANY_FIELD_COUNTRY_CODE]
    assert [claim.value.name for claim in layer.evidence] == ["Vidraria Aurora", ""]
    assert [source.source for source in layer.sources] == ["receitaws", "opencorporates"]
    assert layer.cost_usd_micros == 3_000
    assert layer.duration.ToMilliseconds() == 500


def test_a_failed_source_says_why_in_words_for_callers() -> None:
    message = codec.response(2, outcome()).source
    assert message.disposition == pb.DISPOSITION_FAILED
    assert message.error.message == "the provider asked for a pause"
    assert message.duration.ToMilliseconds() == 250
    assert not message.HasField("observed_time")


def test_a_skipped_source_has_a_reason_and_no_error() -> None:
    message = codec.response(2, skipped()).source
    assert message.disposition == pb.DISPOSITION_SKIPPED
    assert message.skip_reason == pb.SKIP_REASON_NO_CREDENTIALS
    assert message.explanation == "no key is configured"
    assert not message.HasField("error")


def test_a_held_answer_says_when_it_was_read_and_what_it_saved() -> None:
    event = SourceOutcome(
        "opencorporates", Layer.REGISTRY, Disposition.CACHED, saved_usd_micros=3_000, observed_at=NOON
    )
    message = codec.response(2, event).source
    assert message.disposition == pb.DISPOSITION_CACHED
    assert message.observed_time.ToSeconds() == NOON
    assert (message.cost_usd_micros, message.saved_usd_micros) == (0, 3_000)
    assert message.skip_reason == pb.SKIP_REASON_UNSPECIFIED


def test_the_end_sums_up() -> None:
    end = codec.response(5, completed(NOON + 60)).completed
    assert end.company.domain == "vidraria.com.br"
    assert (end.cost_usd_micros, end.saved_usd_micros) == (0, 53_000)
    assert (end.completeness, end.confidence) == (0.5, 0.7)
    assert end.from_cache
    assert not end.partial


def ending(**changes: object) -> pb.EnrichmentCompleted:
    values = {"confidence": None, "shortfalls": (), **changes}
    event = Completed(Company("vidraria.com.br"), (), 0, 0, 0.0, 0.0, is_from_cache=False, **values)  # type: ignore[arg-type]
    return codec.response(2, event).completed


def test_without_a_filled_field_there_is_no_confidence() -> None:
    assert not ending().HasField("confidence")
    assert ending(confidence=0.0).HasField("confidence")


def test_an_end_with_shortfalls_is_partial() -> None:
    missing = (
        Shortfall(Field.PHONE, "mapbox", SkipReason.OVER_BUDGET),
        Shortfall(Field.ADDRESS, "receitaws", error=Fault("connection to 203.0.113.7 reset")),
    )
    end = ending(shortfalls=missing)
    assert end.partial
    assert [(one.field, one.source) for one in end.shortfalls] == [
        (CompanyField.COMPANY_FIELD_PHONE, "mapbox"),
        (CompanyField.COMPANY_FIELD_ADDRESS, "receitaws"),
    ]
    assert end.shortfalls[0].reason == pb.SKIP_REASON_OVER_BUDGET
    assert not end.shortfalls[0].HasField("error")
    assert end.shortfalls[1].error.message == Fault.summary


def test_the_contract_and_the_domain_have_the_same_names() -> None:
    assert pb.Layer.keys() == named("LAYER_", Layer)
    assert pb.Disposition.keys() == named("DISPOSITION_", Disposition)
    assert pb.SkipReason.keys() == named("SKIP_REASON_", SkipReason)


def named(prefix: str, ours: Iterable[Enum]) -> list[str]:
    return [f"{prefix}UNSPECIFIED", *(prefix + one.name for one in ours)]
