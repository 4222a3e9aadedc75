"""A real Redis that is shared, paused, killed, full of what others wrote: at worst it is as if nothing were held."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.exceptions import RedisError

from enrichment.domain.company import Field
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call, Owners, Stake
from enrichment.domain.purse import Purse
from enrichment.domain.subject import Subject
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.answers import Answers
from enrichment.stores.memory import MemoryCache
from enrichment.stores.redis import SLACK_SECONDS, RedisCache
from enrichment.stores.tiered import REST_SECONDS, Tiered
from fakes import alone, entry, fact
from live.redis_server import RedisServer, redis_server

pytestmark = pytest.mark.live

WEBSITE = entry("website", grace_seconds=86_400)
# Waits for a second for what a busy machine delays; what is tested is 100 ms.
MOST_SECONDS = 1.0


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    running.send(b"FLUSHALL")
    return running


@pytest.fixture
async def store(server: RedisServer) -> AsyncIterator[AiocacheStore]:
    # A busy machine is not to fail what is no matter of time.
    made = AiocacheStore(RedisCache(server.url, 30.0))
    yield made
    await made.close()


def replica(server: RedisServer) -> Answers:
    """The cache of one of several servers that share a Redis."""
    near = AiocacheStore(MemoryCache(time.time))
    return Answers(Tiered(near, AiocacheStore(RedisCache(server.url))), time.time)


@pytest.fixture
async def cache(server: RedisServer) -> AsyncIterator[Answers]:
    made = replica(server)
    yield made
    await close(made)


async def close(cache: Answers) -> None:
    await cache._store.close()  # pyright: ignore[reportPrivateUsage]


def answer(domain: str) -> tuple[Call, Answer]:
    call = Call(WEBSITE, Subject(domain), domain.encode(), 0, alone())
    now = time.time()
    return call, Answer("website", True, (fact(Field.NAME, domain),), (), now, now + 86_400)


async def keep(cache: Answers, domain: str, seconds: float = 0.0) -> None:
    await cache.put(*answer(domain), asyncio.get_running_loop().time() - seconds)


async def is_held(cache: Answers, domain: str) -> bool:
    return bool((await cache.get_many(domain, [(WEBSITE, domain.encode())])).fresh)


async def test_what_one_server_keeps_another_serves(server: RedisServer, cache: Answers) -> None:
    other = replica(server)
    await keep(cache, "acme.com")
    assert await is_held(other, "acme.com")
    assert len(await other.held("acme.com")) == 1
    await close(other)


async def test_what_one_server_forgets_another_does_not_bring_back(server: RedisServer, cache: Answers) -> None:
    other = replica(server)
    await keep(cache, "acme.com")
    assert await other.forget("acme.com") == 1
    assert server.send(b"DBSIZE") == b":1\r\n"  # the mark that it was forgotten
    # The call of the first server began before.
    await keep(cache, "acme.com", seconds=5.0)
    assert not await is_held(cache, "acme.com")
    assert not await is_held(other, "acme.com")
    await asyncio.sleep(SLACK_SECONDS * 1.2)
    await keep(cache, "acme.com")
    assert await is_held(other, "acme.com")
    await close(other)


async def test_a_write_that_lay_on_the_way_while_it_was_forgotten_is_refused(store: AiocacheStore) -> None:
    await store.forget("acme.com")
    assert not await store.put("a", b"one", 60, Owners(("acme.com",), 0.0))


async def test_everything_ends_by_itself(server: RedisServer, cache: Answers) -> None:
    await keep(cache, "acme.com")
    await cache.forget("other.com")
    keys = [line for line in server.send(b"KEYS", b"*").split(b"\r\n") if line.startswith(b"imensiah:")]
    assert len(keys) == 3
    for key in keys:
        assert int(server.send(b"TTL", key)[1:]) > 0


async def test_a_paused_server_is_an_empty_cache_and_answers_again_later(server: RedisServer, cache: Answers) -> None:
    await keep(cache, "acme.com")
    other = replica(server)
    server.pause()
    try:
        began = time.monotonic()
        assert not await is_held(other, "acme.com")
        assert await is_held(cache, "acme.com")  # a copy is near
        await keep(other, "other.com")
        assert await is_held(other, "other.com")
        assert time.monotonic() - began < MOST_SECONDS
        # It is left alone for a moment, so that not every reader waits for it.
        began = time.monotonic()
        for _ in range(20):
            assert not await is_held(other, "acme.com")
        assert time.monotonic() - began < MOST_SECONDS
    finally:
        server.resume()
    await asyncio.sleep(REST_SECONDS * 1.1)
    assert await is_held(other, "acme.com")
    await close(other)


async def test_a_killed_server_is_an_empty_cache_until_it_is_back(server: RedisServer, cache: Answers) -> None:
    await keep(cache, "acme.com")
    other = replica(server)
    assert await is_held(other, "acme.com")
    server.kill()
    began = time.monotonic()
    try:
        assert await is_held(other, "acme.com")  # a copy is near
        assert not await is_held(other, "other.com")
        await keep(other, "other.com")
        assert other.faults >= 2
        assert time.monotonic() - began < MOST_SECONDS
    finally:
        server.start()
    await keep(cache, "third.com")
    assert await is_held(other, "third.com")
    await close(other)


@pytest.mark.parametrize("value", [b"", b"garbage", b"\x80\x04\x95pickle", b'{"version":1}', b"x" * 1_000_000])
async def test_what_others_wrote_under_our_keys_is_a_miss_and_is_deleted(
    server: RedisServer, cache: Answers, value: bytes
) -> None:
    await keep(cache, "acme.com")
    [key] = [key for key in server.send(b"KEYS", b"imensiah:*website*").split(b"\r\n") if key.startswith(b"imensiah:")]
    server.send(b"SET", key, value)
    other = replica(server)
    assert not await is_held(other, "acme.com")
    assert server.send(b"EXISTS", key) == b":0\r\n"
    await close(other)


async def test_a_key_of_another_kind_is_a_miss(server: RedisServer, cache: Answers) -> None:
    await keep(cache, "acme.com")
    [key] = [key for key in server.send(b"KEYS", b"imensiah:*website*").split(b"\r\n") if key.startswith(b"imensiah:")]
    server.send(b"DEL", key)
    server.send(b"LPUSH", key, b"one")
    server.send(b"SET", b"imensiah:keys:other.com", b"no index")
    other = replica(server)
    assert not await is_held(other, "acme.com")
    assert await other.held("other.com") == ()
    await close(other)


async def test_more_callers_than_connections_wait_for_one(store: AiocacheStore) -> None:
    """redis-py's default pool raises; the one that waits does not."""
    await store.put("a", b"one", 60)
    found = await asyncio.gather(*(store.get_many(["a"]) for _ in range(200)), return_exceptions=True)
    assert [each for each in found if each != {"a": b"one"}] == []


async def test_callers_that_leave_in_the_middle_never_mix_up_the_answers_of_others(store: AiocacheStore) -> None:
    """redis-py once handed the answer of a cancelled command to the next (CVE-2023-28858)."""
    for number in range(50):
        await store.put(f"key {number}", b"%d" % number, 60)

    async def read(number: int) -> bool:
        return await store.get_many([f"key {number}"]) == {f"key {number}": b"%d" % number}

    for round_ in range(20):
        readers = [asyncio.create_task(read(number)) for number in range(50)]
        await asyncio.sleep(0.0005 * (round_ % 5))
        for reader in readers[round_ % 3 :: 3]:
            reader.cancel()
        ended = await asyncio.gather(*readers, return_exceptions=True)
        assert all(end is True or isinstance(end, asyncio.CancelledError | RedisError) for end in ended)


async def test_a_server_that_is_not_there_raises_at_once() -> None:
    """redis-py 8 would try again three times."""
    store = AiocacheStore(RedisCache("redis://127.0.0.1:1/0"))
    began = time.monotonic()
    with pytest.raises(RedisError):
        await store.get_many(["a"])
    assert time.monotonic() - began < MOST_SECONDS
    await store.close()


async def test_a_forgotten_question_that_served_two_companies_is_gone_for_both(cache: Answers) -> None:
    call, given = answer("acme.com")
    call.party.stakes.append(Stake("enrichment-2", Purse(), 0.0, domain="acme.com.br"))
    await cache.put(call, given, asyncio.get_running_loop().time())
    assert await cache.forget("acme.com.br") == 1
    assert await cache.held("acme.com") == ()
