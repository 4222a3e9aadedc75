"""The server itself: its port, its health, its reflection, its end."""

import asyncio
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from enrichment.domain.event import EnrichmentRequest
from enrichment.rpc.server import Server, ServerSettings
from rpc.scripted import ScriptedEnrichments, ScriptedOperations, SetClock, Step, completed, endless, started, usual
from rpc.serving import HEALTH, Caller, all_of, calling, failure_of, within_seconds

SERVICE = "imensiah.enrichment.v1.EnrichmentService"


def server(listen: str) -> Server:
    return Server(ServerSettings(listen=listen), ScriptedEnrichments(usual), ScriptedOperations(), SetClock())


async def test_a_free_port_is_taken_and_told() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        host, _, port = caller.address.rpartition(":")
        assert host == "127.0.0.1"
        assert int(port) > 0


async def test_a_port_that_is_taken_is_refused() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        with pytest.raises(OSError, match=f"cannot listen on {caller.address}: the port is taken"):
            await server(caller.address).start()
        assert len(await all_of(caller.enrich())) == 5


@pytest.mark.parametrize("listen", ["127.0.0.1", "", ":", "localhost:grpc", ":50051"])
async def test_an_address_without_host_and_port_is_refused(listen: str) -> None:
    with pytest.raises(OSError, match="it takes host:port"):
        await server(listen).start()


async def test_health_knows_the_process_and_each_service() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        assert await caller.health() == "SERVING"
        assert await caller.health(SERVICE) == "SERVING"
        failed = await failure_of(
            HEALTH.HealthStub(caller.channel).Check(health_pb2.HealthCheckRequest(service="another"))
        )
        assert failed.code == grpc.StatusCode.NOT_FOUND


async def services(caller: Caller) -> set[str]:
    stub: Any = reflection_pb2_grpc
    requests = [reflection_pb2.ServerReflectionRequest(list_services="")]
    call: Any = stub.ServerReflectionStub(caller.channel).ServerReflectionInfo(requests)
    return {service.name async for answer in call for service in answer.list_services_response.service}


async def test_reflection_lists_what_is_offered() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        assert await within_seconds(services(caller)) == {
            SERVICE,
            "imensiah.enrichment.v1.OperationsService",
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
        }


async def test_reflection_can_be_switched_off() -> None:
    async with calling(ScriptedEnrichments(usual), reflection=False) as caller:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await within_seconds(services(caller))
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def not_serving(caller: Caller) -> None:
    """Waits until health says that the service is not serving any more."""
    watch: Any = HEALTH.HealthStub(caller.channel).Watch(health_pb2.HealthCheckRequest(service=SERVICE))
    async for answer in watch:
        if answer.status == health_pb2.HealthCheckResponse.NOT_SERVING:
            break
    watch.cancel()


async def test_draining_lets_those_in_work_end_and_sends_new_ones_elsewhere() -> None:
    released = asyncio.Event()

    def script(request: EnrichmentRequest) -> list[Step]:
        return [started(request), released, completed()]

    async with calling(ScriptedEnrichments(script), drain_seconds=10.0, grace_seconds=10.0) as caller:
        call = caller.enrich()
        await within_seconds(call.read())
        drain = asyncio.create_task(caller.server.drain())
        await within_seconds(not_serving(caller))
        failed = await failure_of(caller.enrich())
        assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
        assert failed.retry_after is not None
        assert "grpc-retry-pushback-ms" in failed.trailers
        assert await caller.health() == "NOT_SERVING"
        assert not drain.done()
        released.set()
        assert await within_seconds(call.read())
        assert await within_seconds(call.read()) is grpc.aio.EOF
        await within_seconds(drain)


async def test_a_drained_server_waits_for_no_watcher_of_its_health() -> None:
    async with calling(ScriptedEnrichments(usual), drain_seconds=1_000.0, grace_seconds=1_000.0) as caller:
        watch: Any = HEALTH.HealthStub(caller.channel).Watch(health_pb2.HealthCheckRequest())
        assert await within_seconds(watch.read())
        await within_seconds(caller.server.drain())


async def test_a_stream_that_outlives_the_drain_is_cut_and_its_run_left() -> None:
    enrichments = ScriptedEnrichments(endless)
    async with calling(enrichments) as caller:
        call = caller.enrich()
        await within_seconds(call.read())
        await within_seconds(caller.server.drain())
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await within_seconds(call.read())
        assert error.value.code() == grpc.StatusCode.UNAVAILABLE
        assert enrichments.runs[0].left.is_set()


async def test_after_a_drain_no_run_is_left_for_the_sources_to_be_closed_under() -> None:
    enrichments = ScriptedEnrichments(endless)
    async with calling(enrichments) as caller:
        for call in [caller.enrich() for _ in range(3)]:
            await within_seconds(call.read())
        await within_seconds(caller.server.drain())
        assert [run.left.is_set() for run in enrichments.runs] == [True, True, True]


async def test_draining_twice_is_draining_once() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        await within_seconds(caller.server.drain())
        await within_seconds(caller.server.drain())
