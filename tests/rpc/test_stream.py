"""A stream as its caller reads it."""

from uuid import UUID

import pytest

from enrichment.domain.catalogue import Layer
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from rpc.scripted import ScriptedEnrichments, completed, copious, layer_result, outcome, started, usual
from rpc.serving import REQUEST, all_of, calling, stalled, within_seconds


async def test_a_stream_is_a_start_the_layers_in_order_and_an_end() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        responses = await all_of(caller.enrich())
    kinds = [response.WhichOneof("event") for response in responses]
    assert kinds == ["started", "layer", "layer", "layer", "completed"]
    assert [response.sequence for response in responses] == [1, 2, 3, 4, 5]
    layers = [response.layer.layer for response in responses[1:4]]
    assert layers == [pb.LAYER_FOUNDATION, pb.LAYER_REGISTRY, pb.LAYER_INFERENCE]
    assert responses[0].started.domain == "vidraria.com.br"
    assert responses[4].completed.company.name == "Vidraria Aurora"


async def test_the_request_reaches_the_run_as_it_was_meant() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments, default_max_cost_usd_micros=40_000) as caller:
        await all_of(caller.enrich(pb.EnrichRequest(website_url="shop.vidraria.com.br", include_source_outcomes=True)))
        await all_of(caller.enrich(pb.EnrichRequest(website_url="vidraria.com.br", max_cost_usd_micros=0)))
    first, second = enrichments.requests
    assert (first.domain, first.max_cost_usd_micros, first.include_source_outcomes) == ("vidraria.com.br", 40_000, True)
    assert (second.max_cost_usd_micros, second.include_source_outcomes) == (0, False)
    assert [run.left.is_set() for run in enrichments.runs] == [True, True]


async def test_source_outcomes_come_where_the_run_tells_them() -> None:
    enrichments = ScriptedEnrichments(lambda request: [started(request), outcome(), layer_result(), completed()])
    async with calling(enrichments) as caller:
        responses = await all_of(caller.enrich())
    assert [response.WhichOneof("event") for response in responses] == ["started", "source", "layer", "completed"]
    assert responses[1].source.error.message == "the provider asked for a pause"


async def test_a_slow_reader_holds_the_run_back_and_misses_nothing() -> None:
    enrichments = ScriptedEnrichments(copious)
    async with calling(enrichments) as caller:
        call = caller.enrich()
        first = await within_seconds(call.read())
        assert isinstance(first, pb.EnrichResponse)
        (run,) = enrichments.runs
        await stalled(caller, run)
        assert run.said < len(run.steps)
        sequence = [first.sequence]
        while isinstance(response := await within_seconds(call.read()), pb.EnrichResponse):
            sequence.append(response.sequence)
    assert sequence == list(range(1, len(run.steps) + 1))


@pytest.mark.parametrize("timeout", [None, 3_600.0])
async def test_a_run_gets_no_more_time_than_the_ceiling(timeout: float | None) -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments, ceiling_seconds=6.0) as caller:
        await all_of(caller.enrich(timeout=timeout))
    assert enrichments.seconds == [6.0]


async def test_a_run_gets_no_more_time_than_the_caller_has() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments, ceiling_seconds=6_000.0) as caller:
        await all_of(caller.enrich(timeout=60.0))
    # gRPC rounds a time-out up as it sends it.
    assert 0 < enrichments.seconds[0] < 61


async def test_the_callers_call_id_comes_back() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        call = caller.enrich(x_request_id="order-7:line.3")
        await all_of(call)
        assert ("x-request-id", "order-7:line.3") in tuple(await call.trailing_metadata())


@pytest.mark.parametrize("sent", ["", "a b", "a" * 129, 'a"; DROP'])
async def test_a_call_without_a_sane_id_gets_one(sent: str) -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        call = caller.enrich(x_request_id=sent)
        await all_of(call)
        trailers = dict(tuple(await call.trailing_metadata()))
    assert UUID(str(trailers["x-request-id"])).version == 4


async def test_streams_of_one_connection_do_not_wait_for_each_other() -> None:
    enrichments = ScriptedEnrichments(copious)
    async with calling(enrichments) as caller:
        unread = caller.enrich()
        await within_seconds(unread.read())
        await stalled(caller, enrichments.runs[0])
        enrichments.script = usual
        assert len(await within_seconds(all_of(caller.enrich(REQUEST)))) == 2 + len(Layer)
