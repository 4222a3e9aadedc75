"""The DNS edge: UDP and TCP on one port, with answers for the domains of the world and NXDOMAIN for the rest."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from enrichment.sandbox.exchange import Asked, Desk, Turn
from enrichment.sandbox.providers.zones import records
from enrichment.sandbox.world import World

_TTL = 300
_ATTEMPTS = 20


class Resolver:
    """Answers DNS queries, with the delays and faults that are set for `dns`."""

    def __init__(self, desk: Desk, world: World) -> None:
        self._desk = desk
        self._world = world

    async def answer(self, wire: bytes) -> bytes | None:
        """The answer to a query, of at most 512 bytes; None for what is no query, and where none is to come."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if not query.question or query.flags & dns.flags.QR:
            return None
        turn = self._desk.begin("dns")
        response = self._response(query, turn)
        question = query.question[0]
        asked = Asked("QUERY", f"{question.name} {dns.rdatatype.to_text(question.rdtype)}")
        self._desk.end(turn, asked, int(response.rcode()))
        if turn.delay_seconds:
            await asyncio.sleep(turn.delay_seconds)
        if turn.mode == "hang":
            return None
        if turn.mode == "rubbish":
            # The head of an answer, with many records announced and none there.
            return wire[:2] + b"\x81\x80" + b"\xff" * 8
        # Records in the order they stand in, so that the same question has the same answer.
        return response.to_wire(want_shuffle=False)

    def _response(self, query: dns.message.Message, turn: Turn) -> dns.message.Message:
        response = dns.message.make_response(query, recursion_available=True)
        if turn.mode == "fail":
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        found = records(self._world, question.name.to_text(), kind)
        if found is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif found:
            response.answer.append(dns.rrset.from_text_list(question.name, _TTL, dns.rdataclass.IN, kind, found))
        return response


class _Datagrams(asyncio.DatagramProtocol):
    """Each query in a task of its own: a slow answer holds up no other."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.get_running_loop().create_task(self._reply(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = await self._resolver.answer(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        for task in self._tasks:
            task.cancel()


class NameServer:
    """Listens on UDP and TCP; `port` 0 takes one that is free in both."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._closers: list[Callable[[], None]] = []
        self._conversations: set[asyncio.Task[object]] = set()
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Binds. Raises OSError where the port is taken."""
        # A port that is free in one may be taken in the other.
        for _ in range(0 if port else _ATTEMPTS):
            with suppress(OSError):
                await self._bind(host, 0)
                return
        await self._bind(host, port)

    async def _bind(self, host: str, port: int) -> None:
        server = await asyncio.start_server(self._converse, host, port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Datagrams(self._resolver), local_addr=(host, self.port)
            )
        except OSError:
            server.close()
            raise
        self._closers = [server.close, transport.close]

    async def stop(self) -> None:
        """Stops listening, and ends what is still open."""
        for close in self._closers:
            close()
        for task in self._conversations:
            task.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        task.add_done_callback(self._conversations.discard)
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(2), "big")
                answer = await self._resolver.answer(await reader.readexactly(size))
                if answer is None:
                    # Nothing comes, however long the client waits.
                    while await reader.read(1_024):
                        pass
                    return
                writer.write(len(answer).to_bytes(2, "big") + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # Nobody waits for this task; Python 3.11 logs a handler that ends cancelled as an error.
            return
        finally:
            writer.close()
