"""Any aiocache backend that knows whose its entries are, as a Store."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from enrichment.domain.ports import FORGOTTEN_SECONDS, NOBODY, Owners


class Backend(Protocol):
    """What is used of `aiocache.BaseCache`, which has no types, and four commands that ours have beside it.

    Neither its decorators nor clear, locks, namespaces are used.
    """

    async def multi_get(self, keys: Sequence[str]) -> list[Any]: ...

    async def set(self, key: str, value: bytes, ttl: int) -> Any: ...

    async def delete(self, key: str) -> Any: ...

    async def close(self) -> Any: ...

    async def hold(self, key: str, value: bytes, ttl: int, owners: Owners) -> bool:
        """Like `set`, unless an owner was forgotten since the work began."""
        ...

    async def link(self, key: str, domain: str, ttl: int) -> None: ...

    async def linked(self, domain: str) -> list[str]: ...

    async def forget(self, domain: str) -> list[str]: ...


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

    async def put(self, key: str, value: bytes, ttl_seconds: int, owners: Owners = NOBODY) -> bool:
        """Holds a value for so many whole seconds, in the place of an earlier one; False where it may not be held."""
        if ttl_seconds < 1:
            raise ValueError(f"an entry lives for at least one second, not {ttl_seconds}")
        if owners.seconds >= FORGOTTEN_SECONDS:
            # Whether an owner was forgotten since then is not known any more.
            return False
        if owners.domains:
            return await self._backend.hold(key, value, ttl_seconds, owners)
        await self._backend.set(key, value, ttl=ttl_seconds)
        return True

    async def link(self, key: str, domain: str, ttl_seconds: int) -> None:
        """Notes that what is held under the key is held for this company as well."""
        await self._backend.link(key, domain, ttl_seconds)

    async def delete(self, key: str) -> None:
        """Holds the key no longer."""
        await self._backend.delete(key)

    async def keys(self, domain: str) -> Sequence[str]:
        """The keys held for the company, perhaps some that are held no longer."""
        return await self._backend.linked(domain)

    async def forget(self, domain: str) -> Sequence[str]:
        """Erases what is held for the company, and says under which keys it was."""
        return await self._backend.forget(domain)

    async def close(self) -> None:
        """Frees what the backend holds open."""
        await self._backend.close()
