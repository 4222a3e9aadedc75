"""What a batch has to say and its caller has not read yet."""

import asyncio
from asyncio import Event, Semaphore
from collections import deque


class Outbox:
    """A queue of responses for one reader, bounded in bytes, with an end."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._waiting: deque[tuple[bytes, Semaphore | None]] = deque()
        self._error: BaseException | None = None
        self._is_ended = False
        self._has_room, self._has_news = Event(), Event()
        self._has_room.set()
        self.bytes = 0

    async def put(self, response: bytes, frees: asyncio.Semaphore | None = None) -> None:
        """Waits for room; `frees` is released when the response is read."""
        while self.bytes >= self._max_bytes:
            self._has_room.clear()
            await self._has_room.wait()
        self.bytes += len(response)
        self._waiting.append((response, frees))
        self._has_news.set()

    def end(self, error: BaseException | None) -> None:
        """Nothing comes any more: what was put is read, then the end is."""
        self._is_ended, self._error = True, error
        self._has_news.set()

    async def get(self) -> bytes | None:
        """The next response, None at the end; raises what the end was told."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            if self._is_ended:
                return None
            self._has_news.clear()
            await self._has_news.wait()
        response, frees = self._waiting.popleft()
        self.bytes -= len(response)
        self._has_room.set()
        if frees is not None:
            frees.release()
        return response
