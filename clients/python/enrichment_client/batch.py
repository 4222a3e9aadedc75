"""Many enrichments over one conversation."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias

import grpc
import grpc.aio

from enrichment_client.errors import EnrichmentError
from enrichment_client.line import Line
from enrichment_client.options import EnrichOptions
from imensiah.enrichment.v1.enrichment_service_pb2 import (
    EnrichBatchConfig,
    EnrichBatchItem,
    EnrichBatchRequest,
    EnrichBatchResponse,
    EnrichRequest,
)
from imensiah.enrichment.v1.enrichment_service_pb2_grpc import EnrichmentServiceStub

# An id of the caller's own, another for each item, and a website or the contract's message.
Item: TypeAlias = tuple[str, str | EnrichRequest]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How a batch is to run; every option may be left out.

    `max_outstanding`: companies in work at once, 1 to 100; 0 leaves it to the server. `max_total_cost_usd_micros`: the
    most that all of them may spend; None means no bound beyond each item's own. `final_only`: each item's end alone.
    `each`: the options of every item that is given as a website.
    """

    max_outstanding: int = 0
    max_total_cost_usd_micros: int | None = None
    final_only: bool = False
    each: EnrichOptions = field(default_factory=EnrichOptions)

    def config(self) -> EnrichBatchConfig:
        """The contract's message."""
        return EnrichBatchConfig(
            max_outstanding=self.max_outstanding,
            max_total_cost_usd_micros=self.max_total_cost_usd_micros,
            final_only=self.final_only,
        )


class Batch:
    """A batch in flight, as an async context manager: iterate over what the server says; leaving it ends the call.

    Items are taken as the server takes them; the last response is the `completed` of the whole. Raises what `items`
    raises, and EnrichmentError where the batch fails as a whole.
    """

    def __init__(
        self, line: Line, items: Iterable[Item] | AsyncIterable[Item], options: BatchOptions, timeout: float | None
    ) -> None:
        self._line = line
        self._items = items
        self._options = options
        self._timeout = timeout
        self._last: EnrichBatchResponse | None = None
        self._broken: Exception | None = None

    async def __aenter__(self) -> Self:
        stub = EnrichmentServiceStub(self._line.channel)
        self._call = stub.EnrichBatch(timeout=self._timeout, metadata=self._line.metadata)
        self._writing = asyncio.create_task(self._write(), name="batch items")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writing.cancel()
        # grpc#43462: a call that is dropped without this lives on at the server.
        self._call.cancel()
        with suppress(asyncio.CancelledError):
            await self._writing

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> EnrichBatchResponse:
        try:
            response = await self._call.read()
        except grpc.aio.AioRpcError as error:
            raise self._broken or self._line.failure(error, is_begun=self._last is not None) from error
        except asyncio.CancelledError:
            # By our own hand, as the items broke; or by whoever cancels the reading.
            if self._broken is None:
                raise
            raise self._broken from None
        if isinstance(response, EnrichBatchResponse):
            self._last = response
            return response
        if self._last is None or not self._last.HasField("completed"):
            raise EnrichmentError(grpc.StatusCode.DATA_LOSS, "the stream ended before the batch was completed")
        raise StopAsyncIteration

    async def _write(self) -> None:
        try:
            await self._call.write(EnrichBatchRequest(config=self._options.config()))
            async for item_id, company in _each(self._items):
                request = company if isinstance(company, EnrichRequest) else self._options.each.request(company)
                await self._call.write(EnrichBatchRequest(item=EnrichBatchItem(item_id=item_id, request=request)))
            await self._call.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The call has ended, and whoever reads learns why.
            return
        except Exception as error:  # noqa: BLE001 - of whatever the items are made of, for whoever reads
            self._broken = error
            self._call.cancel()


async def _each(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[Item]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
