"""A quick store in front of a lasting one."""

import asyncio
from collections.abc import Mapping, Sequence

from enrichment.domain.ports import Store

# A far store does not say how long a value has left, so a copy of it stays near for no longer than this. Whoever needs
# the exact end writes it into the value, as our envelope does.
COPY_SECONDS = 60
# Less than what a reader of the cache waits, so that what is near is served even while the far store hangs.
FAR_SECONDS = 0.08


class Tiered:
    """Reads near, then far, and writes both; a far store that fails costs only what is not near.

    Raises what the far store raises where nothing at all was near, and at writes.
    """

    def __init__(self, near: Store, far: Store, far_seconds: float = FAR_SECONDS) -> None:
        self._near = near
        self._far = far
        self._far_seconds = far_seconds
        self._writes = 0

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The values held, by key; what came from far is copied near."""
        found = dict(await self._near.get_many(keys))
        missing = [key for key in keys if key not in found]
        if not missing:
            return found
        writes = self._writes
        try:
            async with asyncio.timeout(self._far_seconds):
                far = await self._far.get_many(missing)
        except Exception:
            if found:
                return found
            raise
        # What was read before a write may be what the write replaced: no copy of it.
        if writes == self._writes:
            for key, value in far.items():
                await self._near.put(key, value, COPY_SECONDS)
        return {**found, **far}

    async def put(self, key: str, value: bytes, ttl_seconds: int) -> None:
        """Holds a value in both."""
        self._writes += 1
        await self._near.put(key, value, ttl_seconds)
        await self._far.put(key, value, ttl_seconds)

    async def delete(self, key: str) -> None:
        """Holds the key in neither."""
        self._writes += 1
        await self._near.delete(key)
        await self._far.delete(key)

    async def close(self) -> None:
        """Closes both."""
        try:
            await self._near.close()
        finally:
            await self._far.close()
