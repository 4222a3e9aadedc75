"""A name server that is made of bytes: what a test answers to each query is what goes back, if anything."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import cast


class _NameServer(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._answer(data)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


@asynccontextmanager
async def listening(answer: Callable[[bytes], bytes | None]) -> AsyncGenerator[str]:
    """The address and port of a name server of 127.0.0.1."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _NameServer(answer), local_addr=("127.0.0.1", 0))
    port = cast("tuple[str, int]", transport.get_extra_info("sockname"))[1]
    try:
        yield f"127.0.0.1:{port}"
    finally:
        transport.close()
