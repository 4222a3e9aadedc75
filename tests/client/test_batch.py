"""A batch from Python: any items, everything the server says, and an end that says what went wrong."""

import asyncio
from collections.abc import AsyncGenerator, Iterator

import grpc
import pytest

from enrichment_client import BatchOptions, EnrichmentClient, EnrichmentError, EnrichOptions, Unreachable
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from rpc.scripted import ScriptedEnrichments, endless, usual
from rpc.serving import Caller, calling, within_seconds


async def said(caller: Caller, *items: tuple[str, str | pb.EnrichRequest], **options: int) -> list[str]:
    async with EnrichmentClient(caller.address) as client:
        async with client.enrich_batch(items, BatchOptions(**options)) as responses:  # type: ignore[arg-type]
            return [f"{each.item_id} {each.WhichOneof('result')}" async for each in responses]


async def test_websites_and_messages_are_items_and_the_sums_come_last() -> None:
    enrichments = ScriptedEnrichments(usual)
    message = pb.EnrichRequest(website_url="b.com.br", max_cost_usd_micros=7)
    async with calling(enrichments) as caller:
        answers = await within_seconds(said(caller, ("a", "a.com.br"), ("b", message), final_only=True))
    assert sorted(answers[:2]) == ["a response", "b response"]
    assert answers[2] == " completed"
    assert sorted(request.max_cost_usd_micros for request in enrichments.requests) == [7, 50_000]


async def test_an_item_that_is_refused_is_an_error_among_the_others() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        answers = await within_seconds(said(caller, ("a", "localhost"), ("b", "b.com.br"), final_only=True))
    assert sorted(answers[:2]) == ["a error", "b response"]


async def test_options_are_every_items_and_the_batchs() -> None:
    enrichments = ScriptedEnrichments(usual)
    options = BatchOptions(max_total_cost_usd_micros=9, each=EnrichOptions(max_cost_usd_micros=3))
    async with calling(enrichments) as caller, EnrichmentClient(caller.address) as client:
        async with client.enrich_batch([("a", "a.com.br")], options) as responses:
            assert [response async for response in responses]
    assert enrichments.requests[0].max_cost_usd_micros == 3
    assert enrichments.requests[0].purse.accounts[0].limit_usd_micros == 9


async def test_items_are_taken_as_the_server_takes_them_and_leaving_ends_it_all() -> None:
    enrichments, taken = ScriptedEnrichments(endless), 0

    async def items() -> AsyncGenerator[tuple[str, str], None]:
        nonlocal taken
        while True:
            taken += 1
            yield f"i{taken}", f"i{taken}.com.br/{'a' * 2_000}"

    async with calling(enrichments) as caller, EnrichmentClient(caller.address) as client:
        async with client.enrich_batch(items(), BatchOptions(max_outstanding=2)) as responses:
            for _ in range(2):
                await within_seconds(anext(responses))
            before = -1
            while before != taken:
                before = taken
                for _ in range(50):
                    await within_seconds(caller.health())
        for run in enrichments.runs:
            await within_seconds(run.left.wait())
    assert len(enrichments.runs) == 2


def broken_items() -> Iterator[tuple[str, str]]:
    yield "a", "a.com.br"
    raise KeyError("the next website")


async def test_what_the_items_raise_reaches_whoever_reads() -> None:
    async with calling(ScriptedEnrichments(endless)) as caller, EnrichmentClient(caller.address) as client:
        with pytest.raises(KeyError, match="the next website"):
            async with client.enrich_batch(broken_items()) as responses:
                await within_seconds(all_of(responses))


async def all_of(responses: AsyncGenerator[pb.EnrichBatchResponse, None] | object) -> list[object]:
    return [response async for response in responses]  # type: ignore[attr-defined]


async def test_a_breach_of_the_rules_fails_the_batch_and_names_the_field() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        with pytest.raises(EnrichmentError) as failed:
            await within_seconds(said(caller, ("a", "a.com.br"), ("a", "b.com.br")))
    assert failed.value.reason == "INVALID_REQUEST"
    assert failed.value.field_violations[0].field == "item.item_id"


async def test_a_server_that_stops_says_so() -> None:
    async with calling(ScriptedEnrichments(usual), drain_seconds=5.0) as caller:
        async with EnrichmentClient(caller.address) as client:
            released = asyncio.Event()

            async def items() -> AsyncGenerator[tuple[str, str], None]:
                yield "a", "a.com.br"
                await released.wait()

            async with client.enrich_batch(items(), BatchOptions(final_only=True)) as responses:
                assert (await within_seconds(anext(responses))).item_id == "a"
                drain = asyncio.create_task(caller.server.drain())
                with pytest.raises(EnrichmentError) as failed:
                    await within_seconds(anext(responses))
                await within_seconds(drain)
    assert (failed.value.code, failed.value.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")


async def test_where_no_server_is_none_is_reached() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        address = caller.address
    async with EnrichmentClient(address) as client:
        with pytest.raises(Unreachable):
            async with client.enrich_batch([("a", "a.com.br")]) as responses:
                await within_seconds(anext(responses))


async def test_cancelling_the_reading_is_a_cancellation() -> None:
    async with calling(ScriptedEnrichments(endless)) as caller, EnrichmentClient(caller.address) as client:
        async with client.enrich_batch([("a", "a.com.br")]) as responses:
            await within_seconds(anext(responses))
            reading = asyncio.ensure_future(anext(responses))
            await asyncio.sleep(0)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
