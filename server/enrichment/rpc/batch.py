"""EnrichBatch: many enrichments over one conversation, each with a deadline, a purse and an end of its own."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Self
from uuid import uuid4

from enrichment.domain.errors import InvalidRequest
from enrichment.domain.ports import Clock
from enrichment.domain.purse import Account
from enrichment.rpc.admission import Admission
from enrichment.rpc.boundary import Visit, answer_to, is_cancelled, seconds_left
from enrichment.rpc.outbox import Outbox
from enrichment.rpc.streams import Streams
from enrichment.rpc.validation import check, decoded
from enrichment.rpc.workload import Full
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb

# Companies in work at once where the caller leaves it to the server.
DEFAULT_OUTSTANDING = 10
# So many ids are remembered, to tell one that comes twice.
MOST_ITEMS = 100_000
# Above it the runs wait for their reader; below it none is slowed down by one.
MOST_UNREAD_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Batches:
    """The handler of EnrichBatch."""

    streams: Streams
    admission: Admission
    clock: Clock

    async def converse(self, requests: AsyncIterator[bytes], visit: Visit) -> AsyncGenerator[bytes, None]:
        """The EnrichBatchResponses to EnrichBatchRequests, all serialized.

        Raises InvalidRequest or Refused where the caller does not keep to the contract or the server stops, after what
        was in work has ended and been read.
        """
        messages = aiter(requests)
        config = await _config(messages)
        with _Batch(self, config, visit, messages) as batch:
            while (response := await batch.outbox.get()) is not None:
                yield response


async def _config(messages: AsyncIterator[bytes]) -> pb.EnrichBatchConfig:
    sent = await anext(messages, None)
    if sent is None:
        raise InvalidRequest("config", "is missing: send it first, then items, then close your half")
    message = decoded(pb.EnrichBatchRequest, sent)
    if not message.HasField("config"):
        raise InvalidRequest("config", "is missing: send it first, before any item")
    check(message)
    return message.config


class _Batch:
    """One batch: a task that takes items and one for each item in work; leaving it ends them all, synchronously."""

    def __init__(
        self, batches: Batches, config: pb.EnrichBatchConfig, visit: Visit, messages: AsyncIterator[bytes]
    ) -> None:
        self._batches = batches
        self._visit = visit
        self._messages = messages
        self._is_final_only = config.final_only
        self._places = asyncio.Semaphore(config.max_outstanding or DEFAULT_OUTSTANDING)
        limit = config.max_total_cost_usd_micros if config.HasField("max_total_cost_usd_micros") else None
        self._accounts = () if limit is None else (Account(f"batch:{uuid4()}", limit),)
        self._ids: set[str] = set()
        self._items: set[asyncio.Task[None]] = set()
        self._completed = pb.BatchCompleted()
        self.outbox = Outbox(MOST_UNREAD_BYTES)

    def __enter__(self) -> Self:
        self._task = asyncio.create_task(self._serve(), name="batch")
        return self

    def __exit__(self, *_: object) -> None:
        for task in (self._task, *self._items):
            task.cancel()

    async def _serve(self) -> None:
        """Takes items until the caller has closed its half, breaks a rule or the server stops; then waits for them."""
        taking = asyncio.create_task(self._take(), name="batch items")
        stopping = asyncio.create_task(self._batches.admission.closed(), name="batch stop")
        try:
            await asyncio.wait((taking, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            taking.cancel()
            stopping.cancel()
        error = await _error_of(taking) if taking.done() else stopping.result()
        while self._items:
            await asyncio.wait(self._items)
        if error is None:
            await self.outbox.put(pb.EnrichBatchResponse(completed=self._completed).SerializeToString())
        self.outbox.end(error)

    async def _take(self) -> None:
        while True:
            # First, so that nothing is read while as many are in work as may be: the caller is held back.
            await self._places.acquire()
            sent = await anext(self._messages, None)
            if sent is None:
                return
            item = self._understood(decoded(pb.EnrichBatchRequest, sent))
            self._start(item, await self._takes_a_place())

    def _understood(self, message: pb.EnrichBatchRequest) -> pb.EnrichBatchItem:
        """What is wrong here ends the batch: its caller could not tell any more which answer belongs to what."""
        item_id = message.item.item_id
        if message.HasField("config"):
            raise InvalidRequest("config", "came again; it comes first, and only first")
        # Without the request: what is wrong with that is the item's own affair.
        check(pb.EnrichBatchRequest(item=pb.EnrichBatchItem(item_id=item_id)) if message.HasField("item") else message)
        if item_id in self._ids:
            raise InvalidRequest("item.item_id", f"{item_id!r} came before in this batch; each item needs its own")
        if len(self._ids) == MOST_ITEMS:
            raise InvalidRequest("item", f"is one too many: a batch holds up to {MOST_ITEMS:,}; begin another batch")
        self._ids.add(item_id)
        return message.item

    async def _takes_a_place(self) -> bool:
        """Whether an item takes a further place at the server: one alone is in that of the batch's own stream."""
        admission = self._batches.admission
        while self._items:
            if admission.has_room:
                admission.stay()
                return True
            room = asyncio.create_task(admission.room(), name="batch waits")
            try:
                await asyncio.wait((room, *self._items), return_when=asyncio.FIRST_COMPLETED)
            finally:
                room.cancel()
        return False

    def _start(self, item: pb.EnrichBatchItem, is_counted: bool) -> None:
        def end(task: asyncio.Task[None]) -> None:
            self._items.discard(task)
            if is_counted:
                self._batches.admission.leave()

        task = asyncio.create_task(self._serve_item(item), name="batch item")
        self._items.add(task)
        task.add_done_callback(end)

    async def _serve_item(self, item: pb.EnrichBatchItem) -> None:
        self._completed.items += 1
        try:
            await self._enrich(item)
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled():
                raise
            self._completed.failed_items += 1
            failed = pb.EnrichBatchResponse(item_id=item.item_id, error=answer_to(error, self._visit.request_id))
            await self.outbox.put(failed.SerializeToString(), self._places)

    async def _enrich(self, item: pb.EnrichBatchItem) -> None:
        while True:
            await self._batches.streams.workload.room()
            # One with a request id is begun by a task of its own: until it is, others may take the room.
            with suppress(Full):
                return await self._run(item)

    async def _run(self, item: pb.EnrichBatchItem) -> None:
        visit, streams = self._visit, self._batches.streams
        seconds = seconds_left(visit.deadline - asyncio.get_running_loop().time(), visit.seconds)
        purse = visit.caller.purse(self._batches.clock(), *self._accounts)
        is_repeat = streams.is_repeat(item.request, purse)
        async with aclosing(streams.open(item.request, purse, seconds)) as responses:
            async for response in responses:
                message = pb.EnrichResponse.FromString(response)
                if not (message.HasField("completed") or self._is_final_only):
                    await self._tell(item, message)
                if message.HasField("completed"):
                    self._add_up(message.completed, is_repeat)
                    await self._tell(item, message, self._places)
                    return
        raise RuntimeError("a run ended without being completed")

    def _add_up(self, completed: pb.EnrichmentCompleted, is_repeat: bool) -> None:
        if not is_repeat:
            self._completed.cost_usd_micros += completed.cost_usd_micros
            self._completed.saved_usd_micros += completed.saved_usd_micros

    async def _tell(
        self, item: pb.EnrichBatchItem, message: pb.EnrichResponse, frees: asyncio.Semaphore | None = None
    ) -> None:
        told = pb.EnrichBatchResponse(item_id=item.item_id, response=message)
        await self.outbox.put(told.SerializeToString(), frees)


async def _error_of(task: "asyncio.Task[None]") -> BaseException | None:
    try:
        await task
    except (Exception, asyncio.CancelledError) as error:
        if is_cancelled():
            raise
        return error
    return None
