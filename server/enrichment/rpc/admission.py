"""How many streams are served at once, and whether new ones still are."""

import asyncio
from typing import Self

from enrichment.rpc.status import Refused, overloaded, shutting_down


class Admission:
    """Counts the streams in work, as a context manager around each; raises Refused instead of queueing.

    gRPC's own limit (`maximum_concurrent_rpcs`) would also refuse health checks, and without saying when to come back.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._refused = 0
        self._is_closed = False
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.streams = 0

    def __repr__(self) -> str:
        return f"<Admission {self.streams} of {self._limit} streams{', closed' if self._is_closed else ''}>"

    def __enter__(self) -> Self:
        if self._is_closed:
            raise Refused(shutting_down(self._pause()))
        if self.streams >= self._limit:
            raise Refused(overloaded(self._limit, self._pause()))
        self.stay()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def stay(self) -> None:
        """Counts work that goes on in the place of a stream that ends now: never refused."""
        self.streams += 1
        self._is_idle.clear()

    def leave(self) -> None:
        """Ends what `stay` has begun."""
        self.streams -= 1
        if not self.streams:
            self._is_idle.set()

    def close(self) -> None:
        """Refuses every new stream from now on."""
        self._is_closed = True

    async def idle(self, seconds: float) -> bool:
        """Waits until no stream is left, but at most so long; whether none is."""
        try:
            async with asyncio.timeout(seconds):
                await self._is_idle.wait()
        except TimeoutError:
            return False
        return True

    def _pause(self) -> float:
        """Half a second to almost one and a half, in turn: who is refused together does not come back together."""
        self._refused += 1
        return 0.5 + self._refused % 8 / 8
