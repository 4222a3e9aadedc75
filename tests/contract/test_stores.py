"""What every store promises: one suite for memory, SQLite, Redis and two in a row."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from enrichment.domain.ports import FORGOTTEN_SECONDS, Clock, Owners, Store
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.memory import MemoryCache
from enrichment.stores.redis import RedisCache
from enrichment.stores.sqlite import SqliteCache
from enrichment.stores.tiered import Tiered
from live.redis_server import RedisServer, redis_server


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def memory(_: Path, clock: Clock) -> Store:
    return AiocacheStore(MemoryCache(clock, timer=clock))


def sqlite(folder: Path, clock: Clock) -> Store:
    return AiocacheStore(SqliteCache(folder / "data" / "cache.sqlite", clock))


# What a store holds is no matter of time here: a busy machine is not to fail the suite.
PATIENCE_SECONDS = 30.0


def tiered(folder: Path, clock: Clock) -> Store:
    return Tiered(memory(folder, clock), sqlite(folder, clock), PATIENCE_SECONDS)


def tiered_with_nothing_near(folder: Path, clock: Clock) -> Store:
    """Every read goes to the far store, as after a restart."""
    return Tiered(AiocacheStore(MemoryCache(clock, max_bytes=0, timer=clock)), sqlite(folder, clock), PATIENCE_SECONDS)


MAKERS = [memory, sqlite, tiered, tiered_with_nothing_near]
LASTING = [sqlite, tiered, tiered_with_nothing_near]


def name_of(make: Callable[..., Store]) -> str:
    return make.__name__


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(params=[*MAKERS, pytest.param(None, marks=pytest.mark.live)], ids=lambda it: name_of(it or redis))
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock) -> AsyncIterator[Store]:
    make: Callable[[Path, Clock], Store] | None = request.param
    made = make(tmp_path, clock) if make else redis(request.getfixturevalue("server"))
    yield made
    await made.close()


def redis(server: RedisServer) -> Store:
    server.send(b"FLUSHALL")
    return AiocacheStore(RedisCache(server.url, PATIENCE_SECONDS))


@pytest.fixture(params=MAKERS, ids=name_of)
async def clocked(request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock) -> AsyncIterator[Store]:
    """The stores that keep time by the clock which they are given; a Redis has its own."""
    made = request.param(tmp_path, clock)
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


async def test_a_later_value_takes_the_place_of_an_earlier_one(clocked: Store, clock: HandClock) -> None:
    await clocked.put("a", b"one", 10)
    assert await clocked.get_many(["a"]) == {"a": b"one"}
    await clocked.put("a", b"two", 50)
    assert await clocked.get_many(["a"]) == {"a": b"two"}
    clock.now += 20
    assert await clocked.get_many(["a"]) == {"a": b"two"}


async def test_a_later_value_may_end_earlier(clocked: Store, clock: HandClock) -> None:
    await clocked.put("a", b"one", 50)
    await clocked.put("a", b"two", 10)
    clock.now += 20
    assert await clocked.get_many(["a"]) == {}


@pytest.mark.parametrize("seconds", [1, 59, 86_400, 90 * 86_400, 10**9])
async def test_a_value_is_held_until_its_time_is_up_and_no_longer(
    clocked: Store, clock: HandClock, seconds: int
) -> None:
    await clocked.put("a", b"one", seconds)
    clock.now += seconds - 0.5
    assert await clocked.get_many(["a"]) == {"a": b"one"}
    await clocked.put("b", b"one", seconds)
    clock.now += seconds
    assert await clocked.get_many(["b"]) == {}


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


ACME, OTHER = Owners(("acme.com",)), Owners(("other.com",))


async def test_what_is_held_for_a_company_is_forgotten_with_it_and_nothing_else_is(store: Store) -> None:
    assert await store.put("a", b"one", 60, ACME)
    assert await store.put("b", b"two", 60, ACME)
    assert await store.put("c", b"three", 60, OTHER)
    await store.put("d", b"four", 60)
    assert sorted(await store.keys("acme.com")) == ["a", "b"]
    assert sorted(await store.forget("acme.com")) == ["a", "b"]
    assert await store.get_many(["a", "b", "c", "d"]) == {"c": b"three", "d": b"four"}
    assert await store.keys("acme.com") == []
    assert await store.forget("acme.com") == []


async def test_what_is_held_for_two_companies_is_forgotten_with_either(store: Store) -> None:
    await store.put("a", b"one", 60, Owners(("acme.com", "other.com")))
    assert await store.keys("other.com") == ["a"]
    assert await store.forget("other.com") == ["a"]
    assert await store.get_many(["a"]) == {}


async def test_what_serves_another_company_later_is_forgotten_with_that(store: Store) -> None:
    await store.put("a", b"one", 60, ACME)
    for _ in range(2):
        await store.link("a", "other.com", 60)
    assert await store.forget("other.com") == ["a"]
    assert await store.get_many(["a"]) == {}


async def test_a_link_to_nothing_holds_nothing(store: Store) -> None:
    await store.link("a", "other.com", 60)
    assert await store.forget("other.com") == []


async def test_what_is_deleted_is_not_forgotten_once_more(store: Store) -> None:
    await store.put("a", b"one", 60, ACME)
    await store.delete("a")
    assert await store.forget("acme.com") == []


async def test_work_that_began_before_a_company_was_forgotten_leaves_nothing(store: Store) -> None:
    await store.put("a", b"old", 60, OTHER)
    await store.forget("acme.com")
    for owners in (Owners(("acme.com",), 5.0), Owners(("other.com", "acme.com"), 5.0), Owners(("acme.com",), 1e-9)):
        assert not await store.put("a", b"one", 60, owners)
    assert await store.get_many(["a"]) == {"a": b"old"}
    assert await store.put("b", b"two", 60, Owners(("other.com",), 5.0))


async def test_work_that_took_longer_than_forgetting_is_remembered_leaves_nothing(store: Store) -> None:
    assert not await store.put("a", b"one", 60, Owners(("acme.com",), FORGOTTEN_SECONDS))
    assert await store.get_many(["a"]) == {}


async def test_work_that_begins_after_a_company_was_forgotten_is_held(clocked: Store, clock: HandClock) -> None:
    await clocked.forget("acme.com")
    clock.now += 5
    assert not await clocked.put("a", b"one", 60, Owners(("acme.com",), 5.0))
    assert await clocked.put("a", b"one", 60, Owners(("acme.com",), 4.9))
    assert await clocked.get_many(["a"]) == {"a": b"one"}


async def test_that_a_company_was_forgotten_is_remembered_for_long_and_then_no_more(
    clocked: Store, clock: HandClock
) -> None:
    await clocked.forget("acme.com")
    clock.now += FORGOTTEN_SECONDS - 2
    assert not await clocked.put("a", b"one", 60, Owners(("acme.com",), FORGOTTEN_SECONDS - 1))
    clock.now += 2
    await clocked.forget("other.com")
    assert await clocked.put("a", b"one", 60, Owners(("acme.com",), 1.0))


async def test_the_keys_of_a_company_end_with_their_values(clocked: Store, clock: HandClock) -> None:
    await clocked.put("a", b"one", 60, ACME)
    clock.now += 60
    await clocked.get_many(["a"])
    assert await clocked.keys("acme.com") == []


async def test_a_value_put_anew_is_held_for_those_it_was_put_for(store: Store) -> None:
    await store.put("a", b"one", 60, ACME)
    await store.put("a", b"two", 60, ACME)
    assert await store.keys("acme.com") == ["a"]
    assert await store.forget("acme.com") == ["a"]


async def test_writers_and_forgetters_at_once_leave_nothing_that_is_not_found_again(store: Store) -> None:
    async def write(number: int) -> None:
        await store.put(f"key {number}", b"x", 60, Owners(("acme.com", "other.com"), 0.001 * number))

    await asyncio.gather(*(store.forget("acme.com") if number % 7 == 3 else write(number) for number in range(60)))
    held = await store.get_many([f"key {number}" for number in range(60)])
    assert set(held) <= set(await store.keys("acme.com"))
    assert set(held) == set(await store.forget("acme.com"))


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
