"""The channel to a server and the stream of one enrichment."""

import ipaddress
import json
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar

import grpc
import grpc.aio

from enrichment_client.batch import Batch, BatchOptions, Item
from enrichment_client.errors import EnrichmentError
from enrichment_client.line import Line
from enrichment_client.options import EnrichOptions
from imensiah.enrichment.v1.enrichment_service_pb2 import (
    EnrichRequest,
    EnrichResponse,
    ForgetCompanyRequest,
    ForgetCompanyResponse,
    GetCompanyRequest,
    GetCompanyResponse,
    ListSourcesRequest,
    ListSourcesResponse,
    PlanEnrichmentRequest,
    PlanEnrichmentResponse,
    SetSourceEnabledRequest,
    SetSourceEnabledResponse,
)
from imensiah.enrichment.v1.enrichment_service_pb2_grpc import EnrichmentServiceStub, OperationsServiceStub

Answer = TypeVar("Answer")

DEFAULT_TARGET = "127.0.0.1:50051"
# Seconds: the server's own default of 8, and the way there and back.
DEFAULT_TIMEOUT = 10.0

# The channel repeats a call only until its first event, and waits as long as the server asks it to
# (https://github.com/grpc/proposal/blob/master/A6-client-retries.md).
SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{"service": "imensiah.enrichment.v1.EnrichmentService"}],
                "retryPolicy": {
                    "maxAttempts": 4,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "2s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
        "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
    }
)
# What the server takes, so that too large a request fails here and at once.
MAX_REQUEST_BYTES = 262_144
MAX_EVENT_BYTES = 4 * 1024 * 1024


class Enrichment:
    """One enrichment in flight, as an async context manager: iterate over its events; leaving it ends the call.

    Raises EnrichmentError where the call fails as a whole, Unreachable where no server answers.
    """

    def __init__(self, line: Line, request: EnrichRequest, timeout: float) -> None:
        self._line = line
        self._request = request
        self._timeout = timeout
        self._last: EnrichResponse | None = None

    async def __aenter__(self) -> Self:
        stub = EnrichmentServiceStub(self._line.channel)
        self._call = stub.Enrich(self._request, timeout=self._timeout, metadata=self._line.metadata)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # grpc#43462: a call that is dropped without this lives on at the server.
        self._call.cancel()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EnrichResponse:
        try:
            event = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise self._line.failure(error, is_begun=self._last is not None) from error
        if not isinstance(event, EnrichResponse):
            self._check_completed()
            raise StopAsyncIteration
        self._last = event
        return event

    def _check_completed(self) -> None:
        if self._last is None or not self._last.HasField("completed"):
            raise EnrichmentError(grpc.StatusCode.DATA_LOSS, "the stream ended before the enrichment was completed")


class EnrichmentClient:
    """A connection to an enrichment server, as an async context manager; shares one channel among all its calls.

    `target` is "host:port". Without `credentials`, this machine is spoken to in the clear and every other host by TLS
    with the public certificate authorities; `is_plaintext` True speaks to any host in the clear. `token` says who
    calls. Raises ValueError for a token that cannot be sent.
    """

    def __init__(
        self,
        target: str = DEFAULT_TARGET,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        is_plaintext: bool = False,
        token: str = "",
    ) -> None:
        if token and not (token.isascii() and token.isprintable() and " " not in token):
            raise ValueError("the token holds a space, or a character that no token has")
        self._target = target
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._is_local = is_loopback(target)
        self._credentials = credentials
        if credentials is None and not is_plaintext and not self._is_local:
            self._credentials = grpc.ssl_channel_credentials()

    async def __aenter__(self) -> Self:
        options = [
            ("grpc.service_config", SERVICE_CONFIG),
            ("grpc.max_send_message_length", MAX_REQUEST_BYTES),
            ("grpc.max_receive_message_length", MAX_EVENT_BYTES),
            # A proxy of the environment does not lead to this machine.
            ("grpc.enable_http_proxy", 0 if self._is_local else 1),
        ]
        if self._credentials is None:
            channel = grpc.aio.insecure_channel(self._target, options)
        else:
            channel = grpc.aio.secure_channel(self._target, self._credentials, options)
        self._line = Line(channel, self._target, self._metadata)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._line.channel.close()

    def enrich(
        self,
        company: str | EnrichRequest,
        options: EnrichOptions | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Enrichment:
        """The enrichment of one company: a website with options, or the contract's message as it is.

        `timeout`: seconds for the whole stream. Raises ValueError for options that make no request.
        """
        request = company if isinstance(company, EnrichRequest) else (options or EnrichOptions()).request(company)
        return Enrichment(self._line, request, timeout)

    async def plan(
        self,
        company: str | EnrichRequest,
        options: EnrichOptions | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> PlanEnrichmentResponse:
        """What `enrich` of the same would call, skip and at most spend; nobody is asked and nothing is paid.

        Raises EnrichmentError, and ValueError for options that make no request.
        """
        request = company if isinstance(company, EnrichRequest) else (options or EnrichOptions()).request(company)
        method = EnrichmentServiceStub(self._line.channel).PlanEnrichment
        return await self._answer(method, PlanEnrichmentRequest(request=request), timeout)

    async def get(self, website_url: str, *, timeout: float = DEFAULT_TIMEOUT) -> GetCompanyResponse:
        """What the server holds of a company; EnrichmentError with the reason NOTHING_HELD where that is nothing."""
        method = EnrichmentServiceStub(self._line.channel).GetCompany
        return await self._answer(method, GetCompanyRequest(website_url=website_url), timeout)

    async def sources(self, *, timeout: float = DEFAULT_TIMEOUT) -> ListSourcesResponse:
        """For operators: every source as it stands now."""
        method = OperationsServiceStub(self._line.channel).ListSources
        return await self._answer(method, ListSourcesRequest(), timeout)

    async def switch(
        self, source: str, *, is_enabled: bool, timeout: float = DEFAULT_TIMEOUT
    ) -> SetSourceEnabledResponse:
        """For operators: switches a source on or off for all enrichments that begin from now on."""
        method = OperationsServiceStub(self._line.channel).SetSourceEnabled
        return await self._answer(method, SetSourceEnabledRequest(source=source, enabled=is_enabled), timeout)

    async def forget(self, website_url: str, *, timeout: float = DEFAULT_TIMEOUT) -> ForgetCompanyResponse:
        """For operators: erases all that is held of a company."""
        method = OperationsServiceStub(self._line.channel).ForgetCompany
        return await self._answer(method, ForgetCompanyRequest(website_url=website_url), timeout)

    async def _answer(self, method: Callable[..., Awaitable[Answer]], request: object, timeout: float) -> Answer:
        try:
            return await method(request, timeout=timeout, metadata=self._line.metadata)
        except grpc.aio.AioRpcError as error:
            raise self._line.failure(error, is_begun=False) from error

    def enrich_batch(
        self,
        items: Iterable[Item] | AsyncIterable[Item],
        options: BatchOptions | None = None,
        *,
        timeout: float | None = None,
    ) -> Batch:
        """The enrichment of many companies: pairs of an id of your own and a website, or the contract's message.

        `timeout`: seconds for all of them together, None for as long as they take; each has the server's own limit.
        """
        return Batch(self._line, items, options or BatchOptions(), timeout)


def is_loopback(target: str) -> bool:
    """Whether a gRPC target lies on this machine: "localhost:50051", "127.0.0.1:50051", "[::1]:50051", "unix:/x"."""
    if target.startswith("unix:"):
        return True
    address = target.rpartition("/")[2].removeprefix("dns:").removeprefix("ipv4:").removeprefix("ipv6:")
    host = address[1:].partition("]")[0] if address.startswith("[") else address.partition(":")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
