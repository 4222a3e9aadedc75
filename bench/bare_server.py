"""The least that can stream: a bare grpc.aio server that sends the same bytes whatever it is asked.

Run: python bench/bare_server.py FILE   (each line of FILE one message, in hexadecimal); prints its address.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc

METHOD = "/imensiah.enrichment.v1.EnrichmentService/Enrich"


class Handlers(grpc.GenericRpcHandler):
    def __init__(self, messages: list[bytes]) -> None:
        self._messages = messages

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        is_ours = handler_call_details.method == METHOD
        return grpc.unary_stream_rpc_method_handler(self._stream) if is_ours else None

    async def _stream(self, request: bytes, context: object) -> AsyncIterator[bytes]:
        for message in self._messages:
            yield message


async def main(messages: list[bytes]) -> None:
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((Handlers(messages),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main([bytes.fromhex(line) for line in Path(sys.argv[1]).read_text("ascii").split()]))
