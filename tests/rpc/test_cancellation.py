"""A caller that leaves leaves nothing behind."""

import asyncio
from dataclasses import replace

import grpc
import pytest

from rpc.scripted import ScriptedEnrichments, copious, endless
from rpc.serving import Caller, calling, ended, failure_of, stalled, within_seconds


async def test_leaving_while_the_run_waits_ends_it() -> None:
    enrichments = ScriptedEnrichments(endless)
    async with calling(enrichments) as caller:
        call = caller.enrich()
        await within_seconds(call.read())
        (run,) = enrichments.runs
        await within_seconds(run.waits.wait())
        call.cancel()
        await within_seconds(run.left.wait())


async def test_leaving_while_flow_control_holds_the_run_back_ends_it() -> None:
    enrichments = ScriptedEnrichments(copious)
    async with calling(enrichments) as caller:
        call = caller.enrich()
        await within_seconds(call.read())
        (run,) = enrichments.runs
        await stalled(caller, run)
        call.cancel()
        await within_seconds(run.left.wait())
    assert run.said < len(run.steps)


async def test_leaving_in_mid_stream_ends_the_run() -> None:
    enrichments = ScriptedEnrichments(copious)
    async with calling(enrichments) as caller:
        call = caller.enrich()
        for _ in range(20):
            await within_seconds(call.read())
        call.cancel()
        (run,) = enrichments.runs
        await within_seconds(run.left.wait())
    assert run.said < len(run.steps)


async def leave(caller: Caller, messages: int) -> None:
    call = caller.enrich()
    for _ in range(messages):
        await within_seconds(call.read())
    call.cancel()


async def test_a_hundred_callers_that_leave_leave_no_run_and_no_task(caplog: pytest.LogCaptureFixture) -> None:
    enrichments = ScriptedEnrichments(copious)
    async with calling(enrichments) as caller:
        await within_seconds(caller.health())
        before = asyncio.all_tasks()
        await asyncio.gather(*(leave(caller, messages=number % 5) for number in range(100)))
        await ended([task for task in asyncio.all_tasks() if task not in before])
        assert all(run.left.is_set() for run in enrichments.runs if run.is_entered)
        enrichments.script = endless
        last = caller.enrich()
        assert await within_seconds(last.read())
        last.cancel()
    assert not caplog.records


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


async def test_a_connection_that_breaks_ends_its_runs() -> None:
    """Between caller and server stands a line that can be cut."""
    enrichments = ScriptedEnrichments(endless)
    ends: list[asyncio.StreamWriter] = []
    async with calling(enrichments) as caller:
        host, _, port = caller.address.rpartition(":")

        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
            ends.extend((writer, far_writer))
            await asyncio.gather(pipe(reader, far_writer), pipe(far_reader, writer))

        line = await asyncio.start_server(connect, "127.0.0.1", 0)
        async with line, grpc.aio.insecure_channel(f"127.0.0.1:{line.sockets[0].getsockname()[1]}") as channel:
            call = replace(caller, channel=channel).enrich()
            await within_seconds(call.read())
            for end in ends:
                end.transport.abort()
            await within_seconds(enrichments.runs[0].left.wait())
            assert (await failure_of(call)).code == grpc.StatusCode.UNAVAILABLE
