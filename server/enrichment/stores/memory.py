"""A bounded memory behind aiocache's interface."""

# aiocache has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from collections import OrderedDict
from collections.abc import Sequence

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from enrichment.domain.ports import Clock

# What an entry costs beside its key and value: two objects, a pair, a place in the table.
ENTRY_BYTES = 250


class MemoryCache(BaseCache):
    """The most recently used entries, at most `max_entries` and about `max_bytes`; an expired one is never returned.

    aiocache 0.12.3's own memory is unbounded and sets one loop timer per key, which outlives `clear()` and the loop.
    The commands that a Store needs; the others raise NotImplementedError, as BaseCache leaves them.
    """

    NAME = "memory"

    def __init__(self, clock: Clock, max_entries: int = 10_000, max_bytes: int = 64 * 2**20) -> None:
        super().__init__(serializer=NullSerializer(), timeout=0)
        self._clock = clock
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._bytes = 0

    @property
    def size(self) -> tuple[int, int]:
        """Entries and bytes held now."""
        return len(self._entries), self._bytes

    async def _get(self, key: str, *_: object, **__: object) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, expires_at = entry
        if expires_at <= self._clock():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return value

    async def _multi_get(self, keys: Sequence[str], *_: object, **__: object) -> list[bytes | None]:
        return [await self._get(key) for key in keys]

    async def _set(self, key: str, value: bytes, ttl: float, *_: object, **__: object) -> bool:
        self._drop(key)
        if _cost(key, value) > self._max_bytes:
            return False
        self._entries[key] = (value, self._clock() + ttl)
        self._bytes += _cost(key, value)
        while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))
        return True

    async def _delete(self, key: str, *_: object, **__: object) -> int:
        return self._drop(key)

    def _drop(self, key: str) -> int:
        entry = self._entries.pop(key, None)
        if entry is None:
            return 0
        self._bytes -= _cost(key, entry[0])
        return 1


def _cost(key: str, value: bytes) -> int:
    return ENTRY_BYTES + len(key) + len(value)
