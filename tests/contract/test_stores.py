"""What every store promises: one suite for memory, SQLite and the two in a row."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from enrichment.domain.ports import Clock, Store
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.memory import MemoryCache
from enrichment.stores.sqlite import SqliteCache
from enrichment.stores.tiered import Tiered


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def memory(_: Path, clock: Clock) -> Store:
    return AiocacheStore(MemoryCache(clock))


def sqlite(folder: Path, clock: Clock) -> Store:
    return AiocacheStore(SqliteCache(folder / "data" / "cache.sqlite", clock))


# What a store holds is no matter of time here: a busy machine is not to fail the suite.
PATIENCE_SECONDS = 30.0


def tiered(folder: Path, clock: Clock) -> Store:
    return Tiered(memory(folder, clock), sqlite(folder, clock), PATIENCE_SECONDS)


def tiered_with_nothing_near(folder: Path, clock: Clock) -> Store:
    """Every read goes to the far store, as after a restart."""
    return Tiered(AiocacheStore(MemoryCache(clock, max_bytes=0)), sqlite(folder, clock), PATIENCE_SECONDS)


MAKERS = [memory, sqlite, tiered, tiered_with_nothing_near]
LASTING = [sqlite, tiered, tiered_with_nothing_near]


def name_of(make: Callable[..., Store]) -> str:
    return make.__name__


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=MAKERS, ids=name_of)
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock) -> AsyncIterator[Store]:
    make: Callable[[Path, Clock], Store] = request.param
    made = make(tmp_path, clock)
    yield made
    await made.close()


async def test_what_is_put_is_got(store: Store) -> None:
    await store.put("a", b"one", 60)
    assert await store.get_many(["a"]) == {"a": b"one"}


async def test_a_key_that_is_not_held_is_left_out(store: Store) -> None:
    await store.put("a", b"one", 60)
    assert await store.get_many(["b", "a", "c"]) == {"a": b"one"}
    assert await store.get_many(["b"]) == {}


async def test_many_keys_are_got_at_once(store: Store) -> None:
    values = {f"key {number}": str(number).encode() for number in range(50)}
    for key, value in values.items():
        await store.put(key, value, 60)
    assert await store.get_many(list(values)) == values


async def test_no_keys_are_no_values(store: Store) -> None:
    assert await store.get_many([]) == {}


async def test_a_key_asked_for_twice_is_got_once(store: Store) -> None:
    await store.put("a", b"one", 60)
    assert await store.get_many(["a", "a"]) == {"a": b"one"}


async def test_a_later_value_takes_the_place_of_an_earlier_one(store: Store, clock: HandClock) -> None:
    await store.put("a", b"one", 10)
    assert await store.get_many(["a"]) == {"a": b"one"}
    await store.put("a", b"two", 50)
    assert await store.get_many(["a"]) == {"a": b"two"}
    clock.now += 20
    assert await store.get_many(["a"]) == {"a": b"two"}


async def test_a_later_value_may_end_earlier(store: Store, clock: HandClock) -> None:
    await store.put("a", b"one", 50)
    await store.put("a", b"two", 10)
    clock.now += 20
    assert await store.get_many(["a"]) == {}


@pytest.mark.parametrize("seconds", [1, 59, 86_400, 90 * 86_400, 10**9])
async def test_a_value_is_held_until_its_time_is_up_and_no_longer(store: Store, clock: HandClock, seconds: int) -> None:
    await store.put("a", b"one", seconds)
    clock.now += seconds - 0.5
    assert await store.get_many(["a"]) == {"a": b"one"}
    await store.put("b", b"one", seconds)
    clock.now += seconds
    assert await store.get_many(["b"]) == {}


@pytest.mark.parametrize("seconds", [0, -1])
async def test_a_value_that_would_not_live_a_second_is_refused(store: Store, seconds: int) -> None:
    with pytest.raises(ValueError, match="at least one second"):
        await store.put("a", b"one", seconds)
    assert await store.get_many(["a"]) == {}


async def test_what_is_deleted_is_gone(store: Store) -> None:
    await store.put("a", b"one", 60)
    await store.put("b", b"two", 60)
    await store.delete("a")
    await store.delete("never held")
    assert await store.get_many(["a", "b"]) == {"b": b"two"}


@pytest.mark.parametrize(
    "value", [b"", b"\x00", bytes(range(256)), b"\xff\xfe\xfd", "ação".encode(), b"x" * 1_000_000], ids=len
)
async def test_any_bytes_come_back_as_they_were(store: Store, value: bytes) -> None:
    await store.put("a", value, 60)
    assert await store.get_many(["a"]) == {"a": value}


@pytest.mark.parametrize("key", ["a b", "a:b", "ação", "'; DROP TABLE entries; --", "%", "?", "k" * 1_000])
async def test_any_text_is_a_key_of_its_own(store: Store, key: str) -> None:
    await store.put(key, b"one", 60)
    assert await store.get_many([key, key + "x", key[:-1]]) == {key: b"one"}


async def test_a_hundred_tasks_do_not_disturb_each_other(store: Store) -> None:
    async def use(number: int) -> bool:
        key, value = f"key {number}", str(number).encode()
        await store.put(key, value, 60)
        held = await store.get_many([key, "shared"])
        await store.put("shared", value, 60)
        if number % 2:
            await store.delete(key)
        return held[key] == value

    assert all(await asyncio.gather(*(use(number) for number in range(100))))
    held = await store.get_many([*(f"key {number}" for number in range(100)), "shared"])
    assert set(held) == {*(f"key {number}" for number in range(0, 100, 2)), "shared"}


async def test_a_reader_that_leaves_does_not_harm_the_next(store: Store) -> None:
    await store.put("a", b"one", 60)
    for _ in range(20):
        leaver = asyncio.create_task(_read(store))
        await asyncio.sleep(0)
        leaver.cancel()
        await asyncio.wait((leaver,))
    assert await store.get_many(["a"]) == {"a": b"one"}


async def _read(store: Store) -> None:
    await store.get_many(["a"])


@pytest.mark.parametrize("make", LASTING, ids=name_of)
async def test_a_lasting_store_holds_its_values_over_a_restart(
    make: Callable[[Path, Clock], Store], tmp_path: Path, clock: HandClock
) -> None:
    first = make(tmp_path, clock)
    await first.put("a", b"one", 60)
    await first.put("b", b"two", 10)
    await first.close()
    clock.now += 20
    second = make(tmp_path, clock)
    assert await second.get_many(["a", "b"]) == {"a": b"one"}
    await second.close()
