"""Asks the web for one URL: past the gate at the socket, without cookies, never more than is wanted."""

import errno
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace

import aiohttp
import aiohttp.abc
import httpx
from httpx_aiohttp import AiohttpTransport

from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, SourceError, Unreadable
from enrichment.sources.http import Answer, authorities
from enrichment.sources.website.addresses import WEB_PORTS, is_public, refused

ROBOT = "ImensiahEnrichment"
HEADERS = {
    "user-agent": f"{ROBOT}/0.1 (+https://github.com/imensiah/enrichment)",
    "accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1",
    "accept-encoding": "gzip, deflate",
}
# `pool` becomes the limit on waiting for a connection and opening it together, so it may not be the shorter one.
TIMEOUT = httpx.Timeout(connect=2.5, read=4.0, write=2.0, pool=4.0)
# robots.txt, the home page and two more of one site; a connection that rests longer may be closed at the other end.
CONNECTIONS_PER_SITE, REST_SECONDS = 3, 5.0
# Compressed within compressed could grow a thousand times a thousand.
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
LONGEST_HEADER = 65_536
REDIRECTS = frozenset({301, 302, 303, 307, 308})

_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ServerDisconnectedError)
_BROKEN = frozenset({errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE})
_AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]


class Unreachable(Fault):
    """No connection, or one that broke before it answered: another address of the site may work."""


class NoSuchHost(Unreachable):
    """The name has no address."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a URL answered; `body` is decoded, and cut where more was sent than was wanted."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes = b""

    @property
    def is_redirect(self) -> bool:
        return self.status in REDIRECTS and "location" in self.headers


class Web:
    """The web as a source sees it; built before there is an event loop, opened with the first fetch."""

    def __init__(self, entry: Entry, resolver: Callable[[], aiohttp.abc.AbstractResolver] | None = None) -> None:
        self._connect_to = entry.options.get("connect_to", "")
        self._connections = entry.max_concurrent * CONNECTIONS_PER_SITE
        # Named, because aiohttp's default changes its error codes when aiodns happens to be installed.
        self._resolver = resolver or aiohttp.ThreadedResolver
        self._transport: AiohttpTransport | None = None

    async def get(self, url: httpx.URL, most_bytes: int) -> Response:
        """One GET, no redirect followed. Raises Unreachable, Fault, Unreadable, or Skipped by the gate."""
        target, headers = url, HEADERS
        if self._connect_to:
            target = httpx.URL(f"http://{self._connect_to}").copy_with(raw_path=url.raw_path)
            headers = {**HEADERS, "host": url.netloc.decode("ascii")}
        # Not through httpx's client: it reads the target of a redirect even where it shall not follow it, and fails.
        request = httpx.Request("GET", target, headers=headers, extensions={"timeout": TIMEOUT.as_dict()})
        self._transport = self._transport or self._opened()
        try:
            answer = await self._transport.handle_async_request(request)
            try:
                response = Response(url, answer.status_code, answer.headers)
                return response if response.is_redirect else replace(response, body=await _body(answer, most_bytes))
            finally:
                await answer.aclose()
        except (httpx.HTTPError, aiohttp.ClientError) as error:
            raise _typed(error) from error

    async def close(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()

    def _opened(self) -> AiohttpTransport:
        def session() -> aiohttp.ClientSession:
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=self._checked_socket,
                    resolver=self._resolver(),
                    limit=self._connections,
                    keepalive_timeout=REST_SECONDS,
                    ssl=authorities(),
                ),
                response_class=Answer,
                # Security policies of large companies are longer than aiohttp's 8 KB.
                max_field_size=LONGEST_HEADER,
                # Its usual jar would carry one company's cookies to the next.
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
            # aiohttp sends a GET again when a reused connection breaks; its own test client stops that in this way.
            session._retry_connection = False  # pyright: ignore[reportPrivateUsage]
            return session

        return AiohttpTransport(verify=authorities(), trust_env=False, client=session)

    def _checked_socket(self, info: _AddressInfo) -> socket.socket:
        """A socket for an address that may be connected to; sees every address, whatever name led to it."""
        family, kind, protocol, _, address = info
        ip, port = str(address[0]), address[1]
        if not (self._is_exempt(ip, port) or (port in WEB_PORTS and is_public(ip))):
            raise refused("its address is not public")
        return socket.socket(family, kind, protocol)

    def _is_exempt(self, ip: str, port: object) -> bool:
        if not self._connect_to:
            return False
        # With CONNECT_TO nothing else is ever dialled; its host may be a name, of which only the port is known here.
        url = httpx.URL(f"http://{self._connect_to}")
        return port == (url.port or 80) and (not _is_ip(url.host) or url.host == ip)


async def _body(answer: httpx.Response, most_bytes: int) -> bytes:
    """The first bytes of a body, decoded; a chunk off the wire is 16 KB and can grow to 16 MB, so much is held."""
    if answer.headers.get("content-encoding", "").strip().lower() not in ENCODINGS:
        raise Unreadable("the site answers in an encoding that was not asked for")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) >= most_bytes:
            break
    return bytes(body[:most_bytes])


def _typed(error: httpx.HTTPError | aiohttp.ClientError) -> SourceError:
    """What a failed exchange means. httpx calls a refused connection a timeout: what aiohttp said lies beneath."""
    cause = error.__cause__ or error
    name = type(cause).__name__
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        is_unknown = cause.os_error.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
        return NoSuchHost("the name has no address") if is_unknown else Fault("the name could not be looked up")
    if isinstance(cause, _NO_CONNECTION) or (isinstance(cause, OSError) and cause.errno in _BROKEN):
        return Unreachable(f"no connection: {name}")
    if isinstance(error, httpx.DecodingError | aiohttp.ClientResponseError):
        return Unreadable(f"no readable HTTP answer: {name}")
    return Fault(f"the exchange broke: {name}")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
