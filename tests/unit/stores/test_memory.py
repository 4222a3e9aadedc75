"""A memory that stays within its bounds."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.ports import Owners
from enrichment.stores import memory
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.memory import ENTRY_BYTES, LINK_BYTES, MemoryCache


def still() -> float:
    return 1_800_000_000.0


async def test_the_entry_that_was_used_longest_ago_makes_room() -> None:
    store = AiocacheStore(MemoryCache(still, max_bytes=2 * (ENTRY_BYTES + 2)))
    await store.put("a", b"1", 60)
    await store.put("b", b"2", 60)
    await store.get_many(["a"])
    await store.put("c", b"3", 60)
    assert await store.get_many(["a", "b", "c"]) == {"a": b"1", "c": b"3"}


async def test_large_values_make_room_for_each_other() -> None:
    store = AiocacheStore(MemoryCache(still, max_bytes=10_000))
    for key in "abc":
        await store.put(key, b"x" * 4_000, 60)
    assert set(await store.get_many(["a", "b", "c"])) == {"b", "c"}


async def test_a_value_larger_than_the_memory_is_not_held_and_pushes_nothing_out() -> None:
    store = AiocacheStore(MemoryCache(still, max_bytes=10_000))
    await store.put("a", b"1", 60)
    await store.put("b", b"2", 60)
    await store.put("b", b"x" * 10_000, 60)
    assert await store.get_many(["a", "b"]) == {"a": b"1"}


async def test_no_loop_timer_is_set_for_a_key() -> None:
    """aiocache 0.12.3's own memory sets one per key, which a later loop never sees fire."""
    now = [0.0]
    cache = MemoryCache(lambda: now[0])
    store = AiocacheStore(cache)
    await asyncio.to_thread(asyncio.run, store.put("a", b"1", 60))
    assert await store.get_many(["a"]) == {"a": b"1"}
    now[0] = 60.0
    assert await store.get_many(["a"]) == {}
    assert cache.size == (0, 0)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "get", "delete", "wait"]),
        st.sampled_from("abcdefgh"),
        st.integers(min_value=1, max_value=400),
    ),
    max_size=60,
)


@given(STEPS)
def test_whatever_is_done_the_bounds_hold_and_no_wrong_value_is_got(steps: Sequence[tuple[str, str, int]]) -> None:
    now = [0.0]
    cache = MemoryCache(lambda: now[0], max_bytes=1_500)
    store = AiocacheStore(cache)
    truth: dict[str, tuple[bytes, float]] = {}

    async def take() -> None:
        for step, key, number in steps:
            if step == "put":
                truth[key] = (b"x" * number, now[0] + number)
                await store.put(key, b"x" * number, number)
            elif step == "get":
                for found, value in (await store.get_many([key])).items():
                    assert value == truth[found][0]
                    assert truth[found][1] > now[0]
            elif step == "delete":
                truth.pop(key, None)
                await store.delete(key)
            else:
                now[0] += number
            entries, size = cache.size
            assert entries <= 1_500 // ENTRY_BYTES
            assert entries * ENTRY_BYTES <= size <= 1_500

    asyncio.run(take())


async def test_companies_that_were_forgotten_long_ago_or_before_many_others_are_not_remembered_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "MAX_FORGOTTEN", 2)
    now = [1_000.0]
    store = AiocacheStore(MemoryCache(still, timer=lambda: now[0]))
    for domain in ("a.com", "b.com", "c.com"):
        await store.forget(domain)
        now[0] += 10
    # Of a.com it is not known any more; what began before that counts as forgotten for everybody.
    for domain in ("a.com", "never-forgotten.com"):
        assert not await store.put("key", b"1", 60, Owners((domain,), 30.0))
        assert await store.put("key", b"1", 60, Owners((domain,), 29.0))


@pytest.mark.parametrize("step", [-3_600.0, 3_600.0])
async def test_a_clock_that_is_set_brings_nothing_back_that_was_forgotten(step: float) -> None:
    now = [100_000.0]
    store = AiocacheStore(MemoryCache(lambda: now[0]))
    await store.forget("acme.com")
    now[0] += step
    assert not await store.put("key", b"1", 60, Owners(("acme.com",), 2.0))


async def test_links_count_and_make_room() -> None:
    cache = MemoryCache(still, max_bytes=ENTRY_BYTES + 2 + 3 * LINK_BYTES)
    store = AiocacheStore(cache)
    await store.put("a", b"1", 60, Owners(("a.com", "b.com")))
    await store.link("a", "c.com", 60)
    assert cache.size == (1, ENTRY_BYTES + 2 + 3 * LINK_BYTES)
    await store.link("a", "d.com", 60)
    assert cache.size == (0, 0)
    assert await store.keys("a.com") == []
