"""The same request under the same id is run once, and told in full to everybody who asks."""

import asyncio
from hashlib import sha256

import grpc

from enrichment.domain.caller import Caller as Known
from enrichment.domain.event import EnrichmentRequest
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from rpc.scripted import ScriptedEnrichments, Step, completed, copious, layer_result, started, usual
from rpc.serving import Caller, all_of, calling, failure_of, stalled, within_seconds

ID = "0b6ce1f2-57a3-4f7e-9c39-2f6a1d8e4b10"
OTHER_ID = "6f4a7a52-7d0e-4a52-9a52-5d9c6f0a3c11"
REQUEST = pb.EnrichRequest(website_url="vidraria.com.br", request_id=ID)


async def stream(caller: Caller, message: pb.EnrichRequest = REQUEST, token: str = "") -> list[pb.EnrichResponse]:
    return await within_seconds(all_of(caller.enrich(message, authorization=f"Bearer {token}")))


class Halting(ScriptedEnrichments):
    """Runs that wait in the middle until `released` is set."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        super().__init__(self._steps)

    def _steps(self, request: EnrichmentRequest) -> list[Step]:
        return [started(request), layer_result(), self.released, completed()]


async def test_a_repeat_is_told_the_same_to_the_last_byte_and_nothing_is_run() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        first, second = await stream(caller), await stream(caller)
    assert first == second
    assert first[-1].completed.cost_usd_micros == 3_000
    assert len(enrichments.runs) == 1


async def test_who_comes_while_it_runs_joins_and_misses_nothing() -> None:
    enrichments = Halting()
    async with calling(enrichments) as caller:
        call = caller.enrich(REQUEST)
        await within_seconds(call.read())
        await within_seconds(enrichments.runs[0].waits.wait())
        joining = asyncio.create_task(stream(caller))
        await within_seconds(caller.health())
        enrichments.released.set()
        assert [response.sequence for response in await within_seconds(joining)] == [1, 2, 3]
    assert len(enrichments.runs) == 1


async def test_the_run_goes_on_when_its_first_reader_has_left_and_counts_as_a_stream() -> None:
    enrichments = Halting()
    async with calling(enrichments, max_streams=1) as caller:
        call = caller.enrich(REQUEST)
        await within_seconds(call.read())
        await within_seconds(enrichments.runs[0].waits.wait())
        call.cancel()
        # The place of the stream is free in no moment between its end and the run's.
        for _ in range(20):
            assert (await failure_of(caller.enrich(REQUEST))).reason == "OVERLOADED"
        assert not enrichments.runs[0].left.is_set()
        enrichments.released.set()
        await within_seconds(enrichments.runs[0].left.wait())
        assert len(await stream(caller)) == 3
    assert len(enrichments.runs) == 1


async def test_a_reader_that_is_slow_holds_up_neither_the_run_nor_another_reader() -> None:
    enrichments = ScriptedEnrichments(
        lambda request: [started(request), *([layer_result(name="x" * 10_000)] * 300), completed()]
    )
    async with calling(enrichments) as caller:
        slow = caller.enrich(REQUEST)
        await within_seconds(slow.read())
        assert len(await stream(caller)) == 302
        assert enrichments.runs[0].left.is_set()
        slow.cancel()


async def test_another_request_under_the_id_is_refused() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        await stream(caller)
        other = pb.EnrichRequest(website_url="padaria.com.br", request_id=ID)
        failed = await failure_of(caller.enrich(other))
    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")
    assert failed.metadata == {"request_id": ID}
    assert len(enrichments.runs) == 1


async def test_the_same_request_under_another_id_is_another() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        await stream(caller)
        await stream(caller, pb.EnrichRequest(website_url="vidraria.com.br", request_id=OTHER_ID))
    assert len(enrichments.runs) == 2


async def test_an_id_is_its_callers_own() -> None:
    enrichments = ScriptedEnrichments(usual)
    callers = {sha256(name.encode()).hexdigest(): Known(name) for name in ("acme", "beta")}
    async with calling(enrichments, callers=callers) as caller:
        await stream(caller, token="acme")
        await stream(caller, token="acme")
        other = pb.EnrichRequest(website_url="padaria.com.br", request_id=ID)
        assert (await stream(caller, other, token="beta"))[0].started.domain == "padaria.com.br"
    assert [request.purse.caller for request in enrichments.requests] == ["acme", "beta"]


async def test_a_run_that_broke_is_told_to_all_who_read_it_and_is_not_remembered() -> None:
    released = asyncio.Event()
    enrichments = ScriptedEnrichments(lambda request: [started(request), released, ValueError("a bug")])
    async with calling(enrichments) as caller:
        calls = [caller.enrich(REQUEST) for _ in range(2)]
        for call in calls:
            await within_seconds(call.read())
        released.set()
        assert [(await failure_of(call)).reason for call in calls] == ["INTERNAL", "INTERNAL"]
        enrichments.script = usual
        assert (await stream(caller))[-1].HasField("completed")
    assert len(enrichments.runs) == 2


async def test_a_request_that_was_refused_leaves_its_id_free() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        refused = pb.EnrichRequest(website_url="localhost", request_id=ID)
        assert (await failure_of(caller.enrich(refused))).reason == "INVALID_REQUEST"
        assert await stream(caller)


async def test_a_run_ends_with_its_own_time_though_somebody_with_more_has_joined() -> None:
    enrichments = Halting()
    async with calling(enrichments) as caller:
        first = caller.enrich(REQUEST, timeout=2)
        await within_seconds(first.read())
        joined = await failure_of(caller.enrich(REQUEST, timeout=30))
        assert (joined.code, joined.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "STREAM_TOO_LONG")
        await failure_of(first)
        assert enrichments.runs[0].left.is_set()


async def test_a_stop_ends_what_nobody_reads_any_more() -> None:
    enrichments = Halting()
    async with calling(enrichments) as caller:
        call = caller.enrich(REQUEST)
        await within_seconds(call.read())
        await within_seconds(enrichments.runs[0].waits.wait())
        call.cancel()
        await within_seconds(caller.server.drain())
        assert enrichments.runs[0].left.is_set()


async def test_an_answer_without_end_is_cut_where_no_answer_is_that_long() -> None:
    enrichments = ScriptedEnrichments(copious)
    async with calling(enrichments) as caller:
        call = caller.enrich(REQUEST)
        await within_seconds(call.read())
        await stalled(caller, enrichments.runs[0])
        assert enrichments.runs[0].left.is_set()
        assert enrichments.runs[0].said < 1_000
        assert (await failure_of(call)).reason == "INTERNAL"
