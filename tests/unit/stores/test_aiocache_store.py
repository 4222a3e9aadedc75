"""The edges of aiocache 0.12.3 that the adapter takes off; an upgrade that changes one is seen here."""

import asyncio

import pytest

from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.memory import MemoryCache


def still() -> float:
    return 1_800_000_000.0


async def test_a_switched_off_aiocache_holds_nothing_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its multi_get answers then with no values at all instead of one None per key."""
    store = AiocacheStore(MemoryCache(still))
    await store.put("a", b"one", 60)
    monkeypatch.setenv("AIOCACHE_DISABLE", "1")
    assert await store.get_many(["a", "b"]) == {}
    await store.put("b", b"two", 60)
    await store.delete("a")
    monkeypatch.delenv("AIOCACHE_DISABLE")
    assert await store.get_many(["a", "b"]) == {"a": b"one"}


async def test_a_store_serves_one_event_loop_after_another() -> None:
    store = AiocacheStore(MemoryCache(still))
    await asyncio.to_thread(asyncio.run, store.put("a", b"one", 60))
    assert await store.get_many(["a"]) == {"a": b"one"}
