"""An HTTP server that is made of bytes: it says what a test wrote, and does to the connection what a test wants."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qs, urlsplit


class Then(Enum):
    """What happens to the connection after the bytes."""

    KEEP = "keep it"
    CLOSE = "close it"
    RESET = "break it"
    HANG = "say nothing more"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> Mapping[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True, slots=True)
class Said:
    """Bytes to write, and what then."""

    raw: bytes
    then: Then = Then.KEEP


def answer(status: int, body: bytes = b"", content_type: str = "application/json", **headers: str) -> Said:
    """A whole HTTP response; underscores in the names of headers are hyphens."""
    fields = {"Content-Length": str(len(body)), **({"Content-Type": content_type} if content_type else {})}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return Said(f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode() + body)


@dataclass
class WireServer:
    """Answers each request by `say`; `asked` holds every request that arrived."""

    say: Callable[[Asked], Said]
    base_url: str = ""
    asked: list[Asked] = field(default_factory=list[Asked])
    # Set when a request has arrived, for tests that act while the server is silent.
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    tasks: set["asyncio.Task[None]"] = field(default_factory=set["asyncio.Task[None]"])

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.tasks.add(asyncio.create_task(self._converse(reader, writer, self.connections)))

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        try:
            await self._answer_all(reader, writer, number)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                said = self.say(await self._request(reader, number))
                writer.write(said.raw)
                await writer.drain()
                if said.then is Then.HANG:
                    await reader.read()
                if said.then is Then.RESET:
                    writer.transport.abort()
                if said.then is not Then.KEEP:
                    break

    async def _request(self, reader: asyncio.StreamReader, connection: int) -> Asked:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = first.split(" ")
        asked = Asked(method, target, headers, body, connection)
        self.asked.append(asked)
        self.arrived.set()
        return asked


@asynccontextmanager
async def serving(say: Callable[[Asked], Said] | Said) -> AsyncGenerator[WireServer]:
    """A server on a free port of 127.0.0.1."""
    server = WireServer(say if callable(say) else lambda _: say)
    listening = await asyncio.start_server(server.accept, "127.0.0.1", 0)
    server.base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        await server.stop()
        await listening.wait_closed()
