"""Any aiocache backend as a Store."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Backend(Protocol):
    """What is used of `aiocache.BaseCache`, which has no types: neither its decorators nor clear, locks, namespaces."""

    async def multi_get(self, keys: Sequence[str]) -> list[Any]: ...

    async def set(self, key: str, value: bytes, ttl: int) -> Any: ...

    async def delete(self, key: str) -> Any: ...

    async def close(self) -> Any: ...


class AiocacheStore:
    """Bytes by key in an aiocache backend, which must be built without a serializer of its own and with `timeout=0`.

    Raises what the backend raises, and ValueError for a time to live below one second: 0 means for ever to one backend
    and is an error to another.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """The values held, by key, in one command."""
        if not keys:
            return {}
        values = await self._backend.multi_get(keys)
        # Not strict: with AIOCACHE_DISABLE=1 in the environment the list is empty.
        return {key: value for key, value in zip(keys, values, strict=False) if value is not None}

    async def put(self, key: str, value: bytes, ttl_seconds: int) -> None:
        """Holds a value for so many whole seconds, in the place of an earlier one."""
        if ttl_seconds < 1:
            raise ValueError(f"an entry lives for at least one second, not {ttl_seconds}")
        await self._backend.set(key, value, ttl=ttl_seconds)

    async def delete(self, key: str) -> None:
        """Holds the key no longer."""
        await self._backend.delete(key)

    async def close(self) -> None:
        """Frees what the backend holds open."""
        await self._backend.close()
