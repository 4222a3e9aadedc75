"""A small server that answers calls of one answer, over a real loopback port."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller
from typing import Any, Self

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from imensiah.enrichment.v1 import enrichment_service_pb2 as pb

Context = grpc.ServicerContext
# What a method answers with: a message, or the reason and sentence of a refusal.
Answer = Message | tuple[grpc.StatusCode, str, str]


class AnsweringServer:
    """Answers each method by name as told; remembers the requests, and the metadata of the last call."""

    def __init__(self, **answers: Answer) -> None:
        self._answers = answers
        self.requests: list[Message] = []

    def __enter__(self) -> Self:
        self._server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        for service in pb.DESCRIPTOR.services_by_name.values():
            handlers = {
                method.name: grpc.unary_unary_rpc_method_handler(
                    self._handler(self._answers[method.name]),
                    request_deserializer=getattr(pb, method.input_type.name).FromString,
                    response_serializer=methodcaller("SerializeToString"),
                )
                for method in service.methods
                if method.name in self._answers
            }
            self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service.full_name, handlers)])
        self.target = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()

    def _handler(self, answer: Answer) -> Callable[[Message, Context], Message]:
        def handle(request: Message, context: Context) -> Message:
            self.requests.append(request)
            if isinstance(answer, Message):
                return answer
            code, reason, message = answer
            number: Any = code.value
            status = Status(code=number[0], message=message)
            status.details.add().Pack(ErrorInfo(reason=reason))
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(code, message)
            raise AssertionError("abort raises")

        return handle
