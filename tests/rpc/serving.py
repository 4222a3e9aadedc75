"""A real server on a free port, a caller, and what a caller reads from a failure."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo  # pyright: ignore[reportMissingTypeStubs]
from google.rpc.status_pb2 import Status  # pyright: ignore[reportMissingTypeStubs]
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from enrichment.access import anybody
from enrichment.rpc.server import Server, ServerSettings
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from imensiah.enrichment.v1.enrichment_service_pb2_grpc import EnrichmentServiceStub
from rpc.scripted import ScriptedEnrichments, ScriptedOperations, ScriptedRun, SetClock

T = TypeVar("T")
Call = grpc.aio.UnaryStreamCall[pb.EnrichRequest, pb.EnrichResponse]

ENRICH = "/imensiah.enrichment.v1.EnrichmentService/Enrich"
REQUEST = pb.EnrichRequest(website_url="https://www.vidraria.com.br/")
# grpcio-health-checking and grpcio-reflection come without types.
HEALTH: Any = health_pb2_grpc
FROM_CALL: Any = rpc_status.from_call  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@dataclass(frozen=True)
class Caller:
    """One client channel; `server` is what it is connected to."""

    server: Server
    address: str
    channel: grpc.aio.Channel

    def enrich(self, request: pb.EnrichRequest = REQUEST, timeout: float | None = None, **metadata: str) -> Call:
        """Starts an Enrich; metadata names are written with _ for -."""
        pairs = tuple((name.replace("_", "-"), value) for name, value in metadata.items())
        return EnrichmentServiceStub(self.channel).Enrich(request, timeout=timeout, metadata=pairs)

    async def health(self, service: str = "") -> str:
        """Whether the service is serving, in the contract's word."""
        check = HEALTH.HealthStub(self.channel).Check(health_pb2.HealthCheckRequest(service=service))
        return health_pb2.HealthCheckResponse.ServingStatus.Name((await check).status)


@asynccontextmanager
async def calling(
    enrichments: ScriptedEnrichments,
    clock: SetClock | None = None,
    operations: ScriptedOperations | None = None,
    **settings: Any,
) -> AsyncGenerator[Caller]:
    """A server on a free port of this machine, and a caller of it; ends at once."""
    listen = "127.0.0.1:0"
    usual = {"listen": listen, "anybody": anybody(listen), "drain_seconds": 0.0, "grace_seconds": 0.0}
    given: dict[str, Any] = {**usual, **settings}
    server = Server(ServerSettings(**given), enrichments, operations or ScriptedOperations(), clock or SetClock())
    async with server as address, grpc.aio.insecure_channel(address) as channel:
        yield Caller(server, address, channel)


@dataclass(frozen=True)
class Failure:
    """A call's end in an error, with its details unpacked."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str]
    violations: dict[str, str]
    retry_after: float | None
    trailers: dict[str, str | bytes]


async def all_of(call: Call) -> list[pb.EnrichResponse]:
    """Everything a call says."""
    return [response async for response in call]


async def failure_of(call: Any) -> Failure:
    """How a call fails; raises AssertionError where it does not."""
    try:
        await within_seconds(_read(call))
    except grpc.aio.AioRpcError as error:
        return failure(error)
    raise AssertionError("the call did not fail")


async def _read(call: Any) -> None:
    if not hasattr(call, "read"):
        await call
        return
    while await call.read() is not grpc.aio.EOF:
        pass


def failure(error: grpc.aio.AioRpcError) -> Failure:
    status: Status = FROM_CALL(error) or Status()
    info, bad, retry = ErrorInfo(), BadRequest(), RetryInfo()
    found = [detail.Unpack(part) for part in (info, bad, retry) for detail in status.details]
    assert sum(found) == len(status.details)
    return Failure(
        code=error.code(),
        message=error.details() or "",
        reason=info.reason,
        metadata=dict(info.metadata),
        violations={violation.field: violation.description for violation in bad.field_violations},
        retry_after=retry.retry_delay.ToMilliseconds() / 1_000 if retry.HasField("retry_delay") else None,
        trailers=dict(error.trailing_metadata() or ()),
    )


async def within_seconds(what: Awaitable[T]) -> T:
    """What is awaited; a test that would hang fails instead."""
    return await asyncio.wait_for(what, 10)


async def stalled(caller: Caller, run: ScriptedRun) -> None:
    """Waits until flow control holds a run back: it says nothing more while others are answered."""
    said = -1
    while said != run.said:
        said = run.said
        for _ in range(100):
            await within_seconds(caller.health())


async def ended(tasks: Sequence["asyncio.Task[Any]"]) -> None:
    """Waits for the end of tasks; raises AssertionError where some do not end."""
    if tasks:
        _, pending = await asyncio.wait(tasks, timeout=10)
        assert not pending
