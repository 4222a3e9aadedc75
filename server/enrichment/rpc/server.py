"""The gRPC server: options, health, reflection, and an end in which no caller is dropped."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from enrichment.domain.caller import Caller, Role
from enrichment.domain.ports import Clock, Enrichments, Operations
from enrichment.rpc.admission import Admission
from enrichment.rpc.batch import Batches
from enrichment.rpc.boundary import Boundary, Handler, NotOffered
from enrichment.rpc.callers import Callers
from enrichment.rpc.held import HeldAnswers
from enrichment.rpc.inquiries import Inquiries
from enrichment.rpc.listening import Tls, listen
from enrichment.rpc.operations import OperationsService
from enrichment.rpc.repeats import Repeats
from enrichment.rpc.service import EnrichmentService
from enrichment.rpc.streams import Streams
from enrichment.rpc.workload import Workload
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb

ENRICHMENT_SERVICE = pb.DESCRIPTOR.services_by_name["EnrichmentService"].full_name
OPERATIONS_SERVICE = pb.DESCRIPTOR.services_by_name["OperationsService"].full_name
# The largest request: one with every hint and a URL at its longest is a hundredth of it.
MOST_REQUEST_BYTES = 256 * 1024
# As gRPC spells it.
UNLIMITED = 2**31 - 1
# What an idle server still waits for: health watchers, whose streams end only with the server.
WATCHERS_GRACE_SECONDS = 0.25
# A cancelled handler ends at once; more would only cover a bug.
HANDLERS_GRACE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the server listens, and how it bounds and ends its streams.

    `listen` is host:port; port 0 takes a free one. `max_lag_seconds`: while timers come later than that, fewer
    enrichments are worked on at once. `ceiling_seconds` bounds a run whatever deadline its caller has,
    `reading_seconds` the time beyond it in which the caller may still read, and how long one answer of a batch may wait
    to be read. A connection older than `connection_seconds` takes no new calls. A stop waits `drain_seconds` for the
    streams to end by themselves, then `grace_seconds` more, then cuts them. `callers`: by the SHA-256 of their tokens;
    without any, whoever calls is `anybody`.
    """

    listen: str = "127.0.0.1:50051"
    max_streams: int = 200
    max_lag_seconds: float = 0.025
    ceiling_seconds: float = 8.0
    reading_seconds: float = 10.0
    connection_seconds: float = 300.0
    drain_seconds: float = 5.0
    grace_seconds: float = 5.0
    default_max_cost_usd_micros: int = 50_000
    reflection: bool = True
    callers: Mapping[str, Caller] = field(default_factory=dict[str, Caller])
    anybody: Caller = Caller()
    tls: Tls | None = None


class Server:
    """EnrichmentService and OperationsService on a port; made on the event loop that it serves on.

    An async context manager: entered it serves, left it drains.
    """

    def __init__(
        self, settings: ServerSettings, enrichments: Enrichments, operations: Operations, clock: Clock
    ) -> None:
        self._settings = settings
        self._admission = Admission(settings.max_streams)
        self._workload = Workload(settings.max_streams, settings.max_lag_seconds)
        self._repeats = Repeats(self._admission)
        held = HeldAnswers(clock, enrichments.generation)
        streams = Streams(enrichments, self._repeats, held, self._workload, settings.default_max_cost_usd_micros)
        service = EnrichmentService(streams, clock)
        batches = Batches(streams, self._admission, clock)
        callers = Callers(settings.callers, settings.anybody)
        boundary = Boundary(self._admission, callers, settings.ceiling_seconds, settings.reading_seconds)
        inquiries = Inquiries(enrichments, clock, settings.default_max_cost_usd_micros)
        self._offered = {
            ENRICHMENT_SERVICE: {
                "Enrich": boundary.streaming(service.enrich),
                "EnrichBatch": boundary.conversing(batches.converse),
                "PlanEnrichment": boundary.answering(inquiries.plan),
                "GetCompany": boundary.answering(inquiries.get),
            },
            OPERATIONS_SERVICE: _for_operators(OperationsService(operations, self._repeats, held), boundary),
        }
        self._health = _HealthServicer()
        self._server = grpc.aio.server(options=_options(settings))

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.drain()

    async def start(self) -> str:
        """Listens and serves; the address with the port it really has. Raises OSError where it cannot listen."""
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)  # pyright: ignore[reportUnknownMemberType]
        if self._settings.reflection:
            names = (*self._offered, health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, self._server)  # pyright: ignore[reportUnknownMemberType]
        self._server.add_generic_rpc_handlers((*_handlers(self._offered), NotOffered()))
        address = listen(self._server, self._settings.listen, self._settings.tls)
        await self._server.start()
        self._watch = asyncio.create_task(self._workload.watch(), name="lag of the event loop")
        # "" is served by the health servicer from the start: the process lives. The names tell what it can be asked.
        for name in self._offered:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return address

    async def drain(self) -> None:
        """Ends in order: not serving for the load balancers, new streams refused, those in work waited for, stop."""
        await self._health.enter_graceful_shutdown()
        self._watch.cancel()
        self._admission.close()
        is_idle = await self._admission.idle(self._settings.drain_seconds)
        await self._server.stop(WATCHERS_GRACE_SECONDS if is_idle else self._settings.grace_seconds)
        # stop() returns when it has cancelled the handlers that are left, not when they have ended.
        await self._repeats.close()
        await self._admission.idle(HANDLERS_GRACE_SECONDS)


def _for_operators(service: OperationsService, boundary: Boundary) -> dict[str, Handler]:
    return {
        "ListSources": boundary.answering(service.list_sources, Role.OPERATOR),
        "SetSourceEnabled": boundary.answering(service.set_source_enabled, Role.OPERATOR),
        "ForgetCompany": boundary.answering(service.forget_company, Role.OPERATOR),
    }


# grpcio-health-checking comes without types, and its asyncio half is invisible to a type checker.
_HealthServicer: Any = vars(health)["aio"].HealthServicer


def _handlers(offered: Mapping[str, Mapping[str, Handler]]) -> list[grpc.GenericRpcHandler]:
    """No serializers: the handlers read and write bytes, so that a prepared answer is sent as it is."""
    return [grpc.method_handlers_generic_handler(service, dict(methods)) for service, methods in offered.items()]


def _options(settings: ServerSettings) -> list[tuple[str, int]]:
    return [
        # Two servers on one port would share its callers without a word.
        ("grpc.so_reuseport", 0),
        # Per connection; those above it wait at the client's side.
        ("grpc.max_concurrent_streams", 256),
        ("grpc.max_receive_message_length", MOST_REQUEST_BYTES),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        # Clients that ping more often than gRPC's five minutes, as proxies do, are not thrown out.
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        # Connections are renewed, so that new replicas get their share. The streams of an old one may end in their own
        # time, which the boundary limits: a batch takes as long as its caller wants.
        ("grpc.max_connection_age_ms", round(1_000 * settings.connection_seconds)),
        ("grpc.max_connection_age_grace_ms", UNLIMITED),
        ("grpc.max_connection_idle_ms", 900_000),
    ]
