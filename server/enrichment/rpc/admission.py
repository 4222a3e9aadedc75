"""How many streams are served at once, and whether new ones still are."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Self

from enrichment.rpc.status import Refused, overloaded, shutting_down

# One in so many places is kept from work that can wait: two batches at their largest would take all there are.
KEPT_FREE = 4


class Admission:
    """Counts the streams in work, as a context manager around each; raises Refused instead of queueing.

    gRPC's own limit (`maximum_concurrent_rpcs`) would also refuse health checks, and without saying when to come back.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._limit_of_waiting = without_kept_free(limit)
        self._refused = 0
        self._is_closed = asyncio.Event()
        self._has_room = asyncio.Event()
        if limit:
            self._has_room.set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.streams = 0

    def __repr__(self) -> str:
        return f"<Admission {self.streams} of {self._limit} streams{', closed' if self._is_closed.is_set() else ''}>"

    def __enter__(self) -> Self:
        self._refuse_if_closed()
        if self.streams >= self._limit:
            raise Refused(overloaded(self._limit, self._pause()))
        self.stay()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    @contextmanager
    def at_any_time(self) -> Generator[None]:
        """Counts a short call that must come through however many streams there are; raises Refused after `close`."""
        self._refuse_if_closed()
        self.stay()
        try:
            yield
        finally:
            self.leave()

    def stay(self) -> None:
        """Counts work beside the streams; never refused: it has looked for room, or a stream left it its place."""
        self.streams += 1
        self._is_idle.clear()
        if self.streams >= self._limit_of_waiting:
            self._has_room.clear()

    def leave(self) -> None:
        """Ends what `stay` has begun."""
        self.streams -= 1
        if self.streams < self._limit_of_waiting:
            self._has_room.set()
        if not self.streams:
            self._is_idle.set()

    def close(self) -> None:
        """Refuses every new stream from now on."""
        self._is_closed.set()

    @property
    def has_room(self) -> bool:
        """Whether there is a place for work that can wait."""
        return self._has_room.is_set()

    async def room(self) -> None:
        """Waits until there is room: for work that can wait, such as an item of a batch, whose caller is held back."""
        await self._has_room.wait()

    async def closed(self) -> Refused:
        """Waits for `close`; what a stream that goes on and on is then to end with."""
        await self._is_closed.wait()
        return Refused(shutting_down(self._pause()))

    async def idle(self, seconds: float) -> bool:
        """Waits until no stream is left, but at most so long; whether none is."""
        try:
            async with asyncio.timeout(seconds):
                await self._is_idle.wait()
        except TimeoutError:
            return False
        return True

    def _refuse_if_closed(self) -> None:
        if self._is_closed.is_set():
            raise Refused(shutting_down(self._pause()))

    def _pause(self) -> float:
        self._refused += 1
        return pause(self._refused)


def without_kept_free(limit: int) -> int:
    """What of a limit may be taken by work that can wait."""
    return limit - limit // KEPT_FREE


def pause(refused: int) -> float:
    """Half a second to almost one and a half, in turn: who is refused together does not come back together."""
    return 0.5 + refused % 8 / 8
