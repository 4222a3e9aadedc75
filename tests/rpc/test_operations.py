"""OperationsService over a real socket: what operators see and do, and who may not."""

from hashlib import sha256

import grpc
import pytest

from enrichment.domain.caller import Caller as Known
from enrichment.domain.caller import Role
from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Field
from enrichment.domain.operation import Condition, Counts, SourceStatus
from fakes import entry
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from imensiah.enrichment.v1.company_pb2 import COMPANY_FIELD_ADDRESS, COMPANY_FIELD_PHONE
from imensiah.enrichment.v1.enrichment_service_pb2_grpc import OperationsServiceStub
from rpc.scripted import NOON, ScriptedEnrichments, ScriptedOperations, SetClock, completed, started, usual
from rpc.serving import all_of, calling, failure_of, within_seconds

MAPBOX = SourceStatus(
    entry("mapbox", Layer.REGISTRY, brings=(Field.PHONE, Field.ADDRESS), price_usd_micros=750),
    Condition("half_open"),
    Counts(calls=7, failures=2, cache_hits=3, spent_usd_micros=5_250),
    NOON,
)
DNS = SourceStatus(entry("dns"), Condition(), Counts(), NOON)
FORGET = pb.ForgetCompanyRequest(website_url="https://www.vidraria.com.br/")


def known(*sources: SourceStatus) -> dict[str, SourceStatus]:
    return {source.entry.name: source for source in sources}


async def test_every_source_is_listed_as_it_stands() -> None:
    operations = ScriptedOperations(known(MAPBOX, DNS))
    async with calling(ScriptedEnrichments(usual), operations=operations) as caller:
        stub = OperationsServiceStub(caller.channel)
        mapbox, dns = (await within_seconds(stub.ListSources(pb.ListSourcesRequest()))).sources
    assert mapbox.counted_since.ToSeconds() == NOON
    mapbox.ClearField("counted_since")
    assert mapbox == pb.Source(
        name="mapbox",
        layer=pb.LAYER_REGISTRY,
        enabled=True,
        price_usd_micros=750,
        breaker_state=pb.BREAKER_STATE_HALF_OPEN,
        calls=7,
        failures=2,
        cache_hits=3,
        spent_usd_micros=5_250,
        provides=[COMPANY_FIELD_ADDRESS, COMPANY_FIELD_PHONE],
    )
    assert dns.breaker_state == pb.BREAKER_STATE_UNSPECIFIED


async def test_where_nobody_is_told_apart_and_other_machines_call_nobody_operates() -> None:
    async with calling(ScriptedEnrichments(usual), anybody=Known()) as caller:
        failed = await failure_of(OperationsServiceStub(caller.channel).ForgetCompany(FORGET, timeout=8))
        assert len(await within_seconds(all_of(caller.enrich()))) == 5
    assert failed.code is grpc.StatusCode.PERMISSION_DENIED
    assert "this server knows none" in failed.message


async def test_an_operator_gets_in_though_every_stream_is_taken() -> None:
    async with calling(ScriptedEnrichments(usual), operations=ScriptedOperations(known(DNS)), max_streams=0) as caller:
        failed = await failure_of(caller.enrich(pb.EnrichRequest(website_url="vidraria.com.br")))
        stub = OperationsServiceStub(caller.channel)
        listed = await within_seconds(stub.ListSources(pb.ListSourcesRequest()))
    assert (failed.reason, len(listed.sources)) == ("OVERLOADED", 1)


async def test_a_source_is_switched_and_told_of_as_it_stands_then() -> None:
    operations = ScriptedOperations(known(MAPBOX))
    async with calling(ScriptedEnrichments(usual), operations=operations) as caller:
        stub = OperationsServiceStub(caller.channel)
        off = await within_seconds(stub.SetSourceEnabled(pb.SetSourceEnabledRequest(source="mapbox")))
        on = await within_seconds(stub.SetSourceEnabled(pb.SetSourceEnabledRequest(source="mapbox", enabled=True)))
    assert (off.source.enabled, off.source.unavailable_reason) == (False, "switched off")
    assert (on.source.enabled, on.source.unavailable_reason) == (True, "")


async def test_a_source_that_is_none_is_not_found() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        request = pb.SetSourceEnabledRequest(source="clearbitt")
        failed = await failure_of(OperationsServiceStub(caller.channel).SetSourceEnabled(request))
    assert (failed.code, failed.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_SOURCE")
    assert failed.metadata == {"source": "clearbitt"}


async def test_what_cannot_be_written_is_to_be_tried_again() -> None:
    operations = ScriptedOperations(known(MAPBOX), is_down=True)
    async with calling(ScriptedEnrichments(usual), operations=operations) as caller:
        stub = OperationsServiceStub(caller.channel)
        switched = await failure_of(stub.SetSourceEnabled(pb.SetSourceEnabledRequest(source="mapbox")))
        forgotten = await failure_of(stub.ForgetCompany(FORGET))
    assert "may or may not have been switched, ListSources tells" in switched.message
    assert "may be left" in forgotten.message
    for failed in (switched, forgotten):
        assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        assert failed.retry_after == 5.0


async def test_a_company_is_forgotten_with_the_answers_prepared_and_repeated_for_it() -> None:
    until = NOON + 60
    enrichments = ScriptedEnrichments(lambda request: [started(request), completed(until)])
    operations = ScriptedOperations()
    operations.held["vidraria.com.br"] = 4
    repeated = pb.EnrichRequest(website_url="vidraria.com.br", request_id="9b2f6f0e-6a0c-4c59-8a39-0d6b7c1f4e52")
    other = pb.EnrichRequest(website_url="padaria.com.br")
    async with calling(enrichments, SetClock(), operations) as caller:
        for request in (pb.EnrichRequest(website_url="vidraria.com.br", max_cost_usd_micros=0), repeated, other) * 2:
            await all_of(caller.enrich(request))
        assert len(enrichments.runs) == 3
        stub = OperationsServiceStub(caller.channel)
        assert (await within_seconds(stub.ForgetCompany(FORGET))).erased == 4 + 2 + 1
        assert (await within_seconds(stub.ForgetCompany(FORGET))).erased == 0
        await all_of(caller.enrich(repeated))
        await all_of(caller.enrich(other))
    assert len(enrichments.runs) == 4


@pytest.mark.parametrize("is_down", [False, True])
async def test_what_was_told_while_a_company_was_being_forgotten_is_not_repeated(is_down: bool) -> None:
    enrichments = ScriptedEnrichments(lambda request: [started(request), completed()])
    operations = ScriptedOperations(is_down=is_down)
    repeated = pb.EnrichRequest(website_url="vidraria.com.br", request_id="9b2f6f0e-6a0c-4c59-8a39-0d6b7c1f4e52")
    async with calling(enrichments, operations=operations) as caller:
        operations.forgetting = lambda: all_of(caller.enrich(repeated))
        forget = OperationsServiceStub(caller.channel).ForgetCompany(FORGET)
        if is_down:
            assert (await failure_of(forget)).reason == "STORE_UNAVAILABLE"
        else:
            assert (await within_seconds(forget)).erased == 1
        await all_of(caller.enrich(repeated))
    assert len(enrichments.runs) == 2


@pytest.mark.parametrize("website", ["", "localhost"])
async def test_a_company_that_is_none_cannot_be_forgotten(website: str) -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        request = pb.ForgetCompanyRequest(website_url=website)
        failed = await failure_of(OperationsServiceStub(caller.channel).ForgetCompany(request))
    assert list(failed.violations) == ["website_url"]


async def test_whoever_is_no_operator_is_refused_all_of_it() -> None:
    callers = {
        sha256(b"acme").hexdigest(): Known("acme"),
        sha256(b"olga").hexdigest(): Known("olga", Role.OPERATOR),
    }
    operations = ScriptedOperations(known(MAPBOX))
    async with calling(ScriptedEnrichments(usual), operations=operations, callers=callers) as caller:
        stub = OperationsServiceStub(caller.channel)
        acme, olga = ((("authorization", f"Bearer {name}"),) for name in ("acme", "olga"))
        for call in (
            stub.ListSources(pb.ListSourcesRequest(), metadata=acme),
            stub.SetSourceEnabled(pb.SetSourceEnabledRequest(source="mapbox"), metadata=acme),
            stub.ForgetCompany(FORGET, metadata=acme),
        ):
            assert (await failure_of(call)).reason == "PERMISSION_DENIED"
        assert len((await within_seconds(stub.ListSources(pb.ListSourcesRequest(), metadata=olga))).sources) == 1
    assert operations.statuses["mapbox"].entry.is_enabled
