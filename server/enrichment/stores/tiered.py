"""A quick store in front of a lasting one."""

import asyncio
from collections.abc import Mapping, Sequence

from enrichment.domain.ports import NOBODY, Owners, Store

# The longest that a value stays near. What another server forgets in the far store that they share is gone here after
# that; and a far store does not say how long a value has left: whoever needs the exact end writes it into the value.
COPY_SECONDS = 60
# Less than what a reader of the cache waits, so that what is near is served even while the far store hangs.
FAR_SECONDS = 0.08
# How long nothing is read from a far store that has just hung: else each reader would wait for it anew.
REST_SECONDS = 1.0


class Tiered:
    """Reads near, then far, and writes both; a far store that fails costs only what is not near.

    Raises what the far store raises where nothing at all was near, and at writes.
    """

    def __init__(self, near: Store, far: Store, far_seconds: float = FAR_SECONDS) -> None:
        self._near = near
        self._far = far
        self._far_seconds = far_seconds
        self._writes = 0
        self._rests_until = -float("inf")

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The values held, by key; what came from far is copied near."""
        found = dict(await self._near.get_many(keys))
        missing = [key for key in keys if key not in found]
        if not missing:
            return found
        writes = self._writes
        try:
            far = await self._read_far(missing)
        except Exception:
            if found:
                return found
            raise
        # What was read before a write may be what the write replaced: no copy of it.
        if writes == self._writes:
            for key, value in far.items():
                await self._near.put(key, value, COPY_SECONDS)
        return {**found, **far}

    async def put(self, key: str, value: bytes, ttl_seconds: int, owners: Owners = NOBODY) -> bool:
        """Holds a value in both, or in neither where one of the owners was forgotten since the work began."""
        self._writes += 1
        if not await self._near.put(key, value, min(ttl_seconds, COPY_SECONDS), owners):
            return False
        try:
            is_held = await self._far.put(key, value, ttl_seconds, owners)
        finally:
            # What was read from far meanwhile is older than this.
            self._writes += 1
        if not is_held:
            await self._near.delete(key)
        return is_held

    async def link(self, key: str, domain: str, ttl_seconds: int) -> None:
        """Notes in both that a value is held for this company as well."""
        await self._near.link(key, domain, ttl_seconds)
        await self._far.link(key, domain, ttl_seconds)

    async def delete(self, key: str) -> None:
        """Holds the key in neither."""
        self._writes += 1
        await self._near.delete(key)
        await self._far.delete(key)

    async def keys(self, domain: str) -> Sequence[str]:
        """The keys held for the company in either, perhaps some that are held no longer."""
        return sorted({*await self._near.keys(domain), *await self._far.keys(domain)})

    async def forget(self, domain: str) -> Sequence[str]:
        """Erases what either holds for the company."""
        self._writes += 1
        near = await self._near.forget(domain)
        try:
            far = await self._far.forget(domain)
        finally:
            # What was read from far meanwhile may be what is gone there now.
            self._writes += 1
        for key in far:
            # Copies are nobody's.
            await self._near.delete(key)
        return sorted({*near, *far})

    async def close(self) -> None:
        """Closes both."""
        try:
            await self._near.close()
        finally:
            await self._far.close()

    async def _read_far(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        now = asyncio.get_running_loop().time()
        if now < self._rests_until:
            raise TimeoutError(f"the far store has just hung; it is left alone for {REST_SECONDS} s")
        try:
            async with asyncio.timeout(self._far_seconds):
                return await self._far.get_many(keys)
        except TimeoutError:
            self._rests_until = now + REST_SECONDS
            raise
