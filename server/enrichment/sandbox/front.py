"""The HTTP edge: from a socket to a request value, and from a reply to bytes, delays and broken connections."""

import asyncio
import ipaddress
import socket
import struct
from collections.abc import Mapping

from aiohttp import web

from enrichment.sandbox.control import PREFIX, Control
from enrichment.sandbox.exchange import Desk, Turn
from enrichment.sandbox.providers import http_providers, provider_at
from enrichment.sandbox.wire import Provider, Reply, Request, json_reply
from enrichment.sandbox.world import World


class Front:
    """Hands each request to whom its host and path belong to."""

    def __init__(self, desk: Desk, world: World) -> None:
        self._desk = desk
        self._control = Control(desk, world)
        self._providers: Mapping[str, Provider] = http_providers(world)

    async def handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        """One request from its first byte to its last."""
        request = await _read(raw)
        if not _is_own(request.host):
            name = "website"
        elif request.path.startswith(PREFIX):
            return _plain(self._control.answer(request))
        else:
            name = provider_at(request.path)
        if not name:
            return _plain(json_reply(404, {"error": f"nobody answers at {request.path}"}))
        turn = self._desk.begin(name)
        reply = self._desk.answer(turn, self._providers[name], request)
        return await _sent(raw, turn, reply)


def _is_own(host: str) -> bool:
    """Whether a host is the sandbox itself: an address, or a name without a dot, which no website has."""
    name = host.rsplit(":", 1)[0].strip("[]")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return True


async def _read(raw: web.BaseRequest) -> Request:
    return Request(
        path=raw.path,
        method=raw.method,
        host=raw.host,
        query=dict(raw.query),
        headers={name.lower(): value for name, value in raw.headers.items()},
        body=await raw.read(),
        peer=raw.remote or "",
    )


def _plain(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=_headers(reply))


def _headers(reply: Reply) -> dict[str, str]:
    return {"Server": "nginx", **reply.headers, "Content-Type": reply.content_type}


async def _sent(raw: web.BaseRequest, turn: Turn, reply: Reply) -> web.StreamResponse:
    if turn.delay_seconds:
        await asyncio.sleep(turn.delay_seconds)
    match turn.mode:
        case "hang":
            # Ends with the client's patience: the server cancels handlers whose client has left.
            await asyncio.Event().wait()
        case "reset":
            _reset(raw)
        case "drip":
            return await _dripped(raw, turn, reply)
        case _:
            pass
    return _plain(reply)


def _reset(raw: web.BaseRequest) -> None:
    """Breaks the connection with an RST, as a crashed peer does."""
    if raw.transport is not None:
        connection = raw.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raw.transport.abort()


async def _dripped(raw: web.BaseRequest, turn: Turn, reply: Reply) -> web.StreamResponse:
    assert turn.fault is not None
    headers = {**_headers(reply), "Content-Length": str(len(reply.body))}
    response = web.StreamResponse(status=reply.status, headers=headers)
    await response.prepare(raw)
    for position in range(len(reply.body)):
        await asyncio.sleep(turn.fault.delay_ms / 1000)
        await response.write(reply.body[position : position + 1])
    await response.write_eof()
    return response
