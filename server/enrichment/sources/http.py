"""The one HTTP client: what is sent, what is read back, and what each way of failing means."""

import logging
from collections.abc import Mapping
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from ssl import SSLContext
from typing import Protocol

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, Rejected, SourceError, Unreadable
from enrichment.domain.fact import Reading
from enrichment.domain.subject import Subject

# The longest answer of these providers is some tens of kilobytes.
LONGEST_BODY_BYTES = 2_000_000

# httpx writes every address it asks to its log, and two providers take their key in the address.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Provider(Protocol):
    """How one provider is asked and read: three pure functions, which a module may be.

    `question` is None where an input is missing. `read` raises one of the five SourceErrors.
    """

    def question(self, subject: Subject) -> bytes | None: ...

    def request(self, subject: Subject, entry: Entry) -> httpx.Request: ...

    def read(self, response: httpx.Response, subject: Subject) -> Reading: ...


class HttpSource:
    """A Source that asks one provider with one request, and never twice.

    The total deadline is the caller's: cancelling `ask` ends the request.
    """

    def __init__(self, entry: Entry, provider: Provider) -> None:
        self._entry = entry
        self._provider = provider
        self._client: httpx.AsyncClient | None = None

    def question(self, subject: Subject) -> bytes | None:
        return self._provider.question(subject)

    def price(self, subject: Subject) -> int:
        return self._entry.price_usd_micros

    async def ask(self, subject: Subject) -> Reading:
        request = self._provider.request(subject, self._entry)
        for name, value in HEADERS.items():
            request.headers.setdefault(name, value)
        # An event loop must be running when the client is built.
        self._client = self._client or client(self._entry)
        return self._provider.read(await self._client.send(request), subject)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


def client(entry: Entry, only_headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """A client for one source: no proxy, no cookie, no redirect, no retry; every failure of it is a SourceError.

    `only_headers` are sent in the place of a request's own: an SDK has ideas of its own about those.
    """
    return httpx.AsyncClient(
        transport=_Transport(entry.max_concurrent, only_headers),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=entry.timeout_ms / 1_000,
        trust_env=False,
    )


def address(base_url: str, path: str, query: Mapping[str, str] | None = None) -> httpx.URL:
    """A provider's path and query at the scheme, host and port of `base_url`."""
    url = httpx.URL(base_url).copy_with(path=path, query=None)
    return url.copy_merge_params(query) if query else url


class Answer(aiohttp.ClientResponse):
    """aiohttp's answer without the words behind the status: in Latin-1 ("Página não encontrada") httpx-aiohttp 0.2
    fails to encode them, and nobody reads them.
    """

    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        await super().start(connection)
        self.reason = None
        return self


class _Transport(AiohttpTransport):
    """aiohttp below httpx: its answers read whole and capped, its errors typed once for all sources."""

    def __init__(self, max_connections: int, only_headers: Mapping[str, str] | None) -> None:
        self._only_headers = only_headers
        # httpx's own limits do not reach a session that is handed over, so the connector has them.
        super().__init__(verify=authorities(), trust_env=False, client=lambda: _session(max_connections))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._only_headers is not None:
            request = httpx.Request(
                request.method,
                request.url,
                headers=self._only_headers,
                content=request.content,
                # The time limits are among them.
                extensions=request.extensions,
            )
        try:
            response = await super().handle_async_request(request)
            try:
                body = await _decoded_body(response)
            finally:
                await response.aclose()
        # From None: below lie messages with the whole address in them, and with it the key.
        except (httpx.HTTPError, aiohttp.ClientError) as error:
            raise _typed(error) from None
        # As bytes: a header may hold any, and httpx writes only ASCII.
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _LEFT_OUT]
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)


HEADERS: Mapping[str, str] = {
    "user-agent": f"imensiah/{version('imensiah')}",
    "accept": "application/json",
    "accept-encoding": "gzip",
}
# The first three describe the bytes that travelled, not the decoded body. The last httpx reads even where it shall not
# follow it, and fails at what is no address.
_LEFT_OUT = frozenset({b"content-encoding", b"content-length", b"transfer-encoding", b"location"})


@cache
def authorities() -> SSLContext:
    """The certificate authorities that all sources trust.

    Loading them holds up the event loop for 20 ms and more, once: `build` does it, not the first call, beside which a
    read of the cache would time out.
    """
    return httpx.create_ssl_context(trust_env=False)


def _session(max_connections: int) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=max_connections, ssl=authorities()),
        response_class=Answer,
        # aiohttp keeps a jar of its own below httpx's, which would carry one caller's cookie into another's request.
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )
    # aiohttp silently sends a GET again when a reused connection breaks, which could pay twice; its own test client
    # switches it off in the same way.
    session._retry_connection = False  # pyright: ignore[reportPrivateUsage]
    return session


async def _decoded_body(response: httpx.Response) -> bytes:
    if "," in response.headers.get("content-encoding", ""):
        # Compression within compression multiplies: a kilobyte could become a terabyte.
        raise Unreadable(f"HTTP {response.status_code}: the body is compressed more than once", is_cost_unknown=True)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LONGEST_BODY_BYTES:
            raise Unreadable(f"HTTP {response.status_code}: the body does not end", is_cost_unknown=True)
    return bytes(body)


def _typed(error: httpx.HTTPError | aiohttp.ClientError) -> SourceError:
    """What a broken exchange means; httpx calls a refused connection a timeout, so aiohttp's own error decides."""
    cause = error.__cause__ or error
    name = type(cause).__name__
    if isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Fault(f"no connection: {name}")
    if isinstance(error, httpx.UnsupportedProtocol):
        return Rejected(f"no address: {name}")
    if isinstance(error, httpx.DecodingError | aiohttp.ClientResponseError):
        return Unreadable(f"no HTTP answer: {name}", is_cost_unknown=True)
    return Fault(f"the exchange broke: {name}", is_cost_unknown=True)
