"""A bounded memory behind aiocache's interface."""

# aiocache has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from enrichment.domain.ports import FORGOTTEN_SECONDS, Clock, Owners

# What an entry costs beside its key and value (objects, a place in the table), and each company that it is held for
# (a set, its name, two places): measured by bench/memory.py, rounded up.
ENTRY_BYTES = 300
LINK_BYTES = 500
MAX_BYTES = 64 * 2**20
# Forgotten companies remembered one by one.
MAX_FORGOTTEN = 50_000


def loop_time() -> float:
    """Seconds on the event loop's clock, which nobody sets."""
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class _Entry:
    value: bytes
    expires_at: float
    domains: tuple[str, ...] = ()


class MemoryCache(BaseCache):
    """The most recently used entries, about `max_bytes` of them; an expired one is never returned.

    `timer` tells how long ago a company was forgotten: a wall clock set forward meanwhile would let back in what was
    under way.
    aiocache 0.12.3's own memory is unbounded and sets one loop timer per key, which outlives `clear()` and the loop.
    The commands that a Store needs; the others raise NotImplementedError, as BaseCache leaves them.
    """

    NAME = "memory"

    def __init__(self, clock: Clock, max_bytes: int = MAX_BYTES, timer: Clock = loop_time) -> None:
        super().__init__(serializer=NullSerializer(), timeout=0)
        self._clock = clock
        self._timer = timer
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0
        self._keys: dict[str, set[str]] = {}
        self._forgotten: OrderedDict[str, float] = OrderedDict()
        self._forgotten_before = -float("inf")

    @property
    def size(self) -> tuple[int, int]:
        """Entries and bytes held now."""
        return len(self._entries), self._bytes

    async def _get(self, key: str, *_: object, **__: object) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at <= self._clock():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    async def _multi_get(self, keys: Sequence[str], *_: object, **__: object) -> list[bytes | None]:
        return [await self._get(key) for key in keys]

    async def _set(self, key: str, value: bytes, ttl: float, *_: object, **__: object) -> bool:
        self._drop(key)
        self._entries[key] = _Entry(value, self._clock() + ttl)
        self._bytes += _cost(key, self._entries[key])
        if self._bytes > self._max_bytes and ENTRY_BYTES + len(key) + len(value) > self._max_bytes:
            # Larger than all that may be held: it pushes nothing out.
            self._drop(key)
        self._make_room()
        return key in self._entries

    async def _delete(self, key: str, *_: object, **__: object) -> int:
        return self._drop(key)

    async def hold(self, key: str, value: bytes, ttl: int, owners: Owners) -> bool:
        """Like `set`, unless an owner was forgotten since the work began."""
        began = self._timer() - owners.seconds
        if any(self._forgotten.get(domain, self._forgotten_before) >= began for domain in owners.domains):
            return False
        await self._set(key, value, ttl)
        for domain in owners.domains:
            await self.link(key, domain, ttl)
        return True

    async def link(self, key: str, domain: str, ttl: int) -> None:
        """Notes that the entry is held for this company as well."""
        entry = self._entries.get(key)
        if entry is None or domain in entry.domains:
            return
        entry.domains = (*entry.domains, domain)
        self._bytes += LINK_BYTES
        self._keys.setdefault(domain, set()).add(key)
        self._make_room()

    async def linked(self, domain: str) -> list[str]:
        """The keys held for the company."""
        return sorted(self._keys.get(domain, ()))

    async def forget(self, domain: str) -> list[str]:
        """Drops what is held for the company, and remembers when."""
        now = self._timer()
        self._forgotten[domain] = now
        self._forgotten.move_to_end(domain)
        oldest = next(iter(self._forgotten))
        if len(self._forgotten) > MAX_FORGOTTEN or self._forgotten[oldest] <= now - FORGOTTEN_SECONDS:
            # Of one that is not remembered it counts as not known whether it was forgotten before that.
            self._forgotten_before = max(self._forgotten_before, self._forgotten.pop(oldest))
        return [key for key in await self.linked(domain) if self._drop(key)]

    def _make_room(self) -> None:
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> int:
        entry = self._entries.pop(key, None)
        if entry is None:
            return 0
        self._bytes -= _cost(key, entry)
        for domain in entry.domains:
            keys = self._keys[domain]
            keys.discard(key)
            if not keys:
                del self._keys[domain]
        return 1


def _cost(key: str, entry: _Entry) -> int:
    return ENTRY_BYTES + len(key) + len(entry.value) + LINK_BYTES * len(entry.domains)
