"""A small server that answers Enrich as a test's script says, over a real loopback port."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from imensiah.enrichment.v1.enrichment_service_pb2 import EnrichRequest, EnrichResponse

Context = grpc.ServicerContext
Script = Callable[[EnrichRequest, Context], Iterator[EnrichResponse]]


class ScriptedServer:
    """One script for each attempt, the last one for all that follow; remembers what it was asked.

    It runs in threads of its own, so that a program under test may own the event loop.
    """

    def __init__(self, *scripts: Script) -> None:
        self._scripts = list(scripts)
        self.requests: list[EnrichRequest] = []
        self.metadata: list[dict[str, str | bytes]] = []
        self.seconds_left: list[float] = []
        self.has_begun = threading.Event()
        self.has_ended = threading.Event()

    def __enter__(self) -> Self:
        handler = grpc.unary_stream_rpc_method_handler(
            self._enrich,
            request_deserializer=EnrichRequest.FromString,
            response_serializer=EnrichResponse.SerializeToString,
        )
        self._server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler("imensiah.enrichment.v1.EnrichmentService", {"Enrich": handler})]
        )
        self.target = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()

    def _enrich(self, request: EnrichRequest, context: Context) -> Iterator[EnrichResponse]:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        self.seconds_left.append(context.time_remaining())
        context.add_callback(self.has_ended.set)
        self.has_begun.set()
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        return script(request, context)


def answering(*events: EnrichResponse) -> Script:
    """Sends these events and ends the stream."""

    def script(_request: EnrichRequest, _context: Context) -> Iterator[EnrichResponse]:
        yield from events

    return script


def hanging(*events: EnrichResponse) -> Script:
    """Sends these events, then nothing until the call has ended."""

    def script(_request: EnrichRequest, context: Context) -> Iterator[EnrichResponse]:
        yield from events
        over = threading.Event()
        if context.add_callback(over.set):
            over.wait()

    return script


def failing(code: grpc.StatusCode, message: str, details: Sequence[Message] = (), pushback_ms: str = "") -> Script:
    """Refuses the call with google.rpc details; `pushback_ms` goes out as grpc-retry-pushback-ms."""
    number: Any = code.value
    status = Status(code=number[0], message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return failing_with(code, message, status.SerializeToString(), pushback_ms)


def failing_with(code: grpc.StatusCode, message: str, status: bytes, pushback_ms: str = "") -> Script:
    """The same with the bytes of grpc-status-details-bin as they are."""

    def script(_request: EnrichRequest, context: Context) -> Iterator[EnrichResponse]:
        metadata: list[tuple[str, str | bytes]] = [("grpc-status-details-bin", status)]
        if pushback_ms:
            metadata.append(("grpc-retry-pushback-ms", pushback_ms))
        context.set_trailing_metadata(tuple(metadata))
        context.abort(code, message)
        yield EnrichResponse()

    return script
