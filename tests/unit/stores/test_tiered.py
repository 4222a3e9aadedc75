"""A quick store in front of a lasting one, and what is served while the lasting one fails."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from enrichment.domain.ports import Owners
from enrichment.stores import tiered
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.memory import MemoryCache
from enrichment.stores.tiered import COPY_SECONDS, Tiered


class Far(AiocacheStore):
    """A store that counts what it is asked, and fails, hangs or is overtaken as told."""

    def __init__(self, clock: "list[float]") -> None:
        super().__init__(MemoryCache(lambda: clock[0]))
        self.asked: list[Sequence[str]] = []
        self.error: Exception | None = None
        self.hangs = False
        self.before_answer: Tiered | None = None

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        self.asked.append(keys)
        if self.error:
            raise self.error
        if self.hangs:
            await asyncio.Event().wait()
        found = await super().get_many(keys)
        if self.before_answer:
            await self.before_answer.put("a", b"new", 1_000)
        return found


@pytest.fixture
def clock() -> list[float]:
    return [1_800_000_000.0]


@pytest.fixture
def far(clock: list[float]) -> Far:
    return Far(clock)


@pytest.fixture
def store(clock: list[float], far: Far) -> Tiered:
    return Tiered(AiocacheStore(MemoryCache(lambda: clock[0])), far)


async def test_what_is_near_is_not_asked_of_the_far_store(store: Tiered, far: Far) -> None:
    await store.put("a", b"one", 1_000)
    assert await store.get_many(["a"]) == {"a": b"one"}
    assert far.asked == []


async def test_only_what_is_not_near_is_asked_of_the_far_store_and_then_held_near(store: Tiered, far: Far) -> None:
    await store.put("a", b"one", 1_000)
    await far.put("b", b"two", 1_000)
    for _ in range(2):
        assert await store.get_many(["a", "b"]) == {"a": b"one", "b": b"two"}
    assert far.asked == [["b"]]


async def test_a_copy_does_not_outlive_its_original_by_more_than_a_minute(
    store: Tiered, far: Far, clock: list[float]
) -> None:
    await far.put("a", b"one", 10)
    await store.get_many(["a"])
    clock[0] += COPY_SECONDS
    assert await store.get_many(["a"]) == {}


async def test_what_is_written_during_a_read_is_not_overwritten_by_it(store: Tiered, far: Far) -> None:
    await far.put("a", b"old", 1_000)
    far.before_answer = store
    await store.get_many(["a"])
    far.before_answer = None
    assert await store.get_many(["a"]) == {"a": b"new"}


async def test_a_far_store_that_fails_costs_only_what_is_not_near(store: Tiered, far: Far) -> None:
    await store.put("a", b"one", 1_000)
    far.error = OSError("gone")
    assert await store.get_many(["a", "b"]) == {"a": b"one"}
    with pytest.raises(OSError, match="gone"):
        await store.get_many(["b"])


async def test_a_far_store_that_hangs_costs_only_what_is_not_near(
    store: Tiered, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiered, "FAR_SECONDS", 0.001)
    await store.put("a", b"one", 1_000)
    far.hangs = True
    assert await store.get_many(["a", "b"]) == {"a": b"one"}
    with pytest.raises(TimeoutError):
        await store.get_many(["b"])


async def test_a_far_store_that_has_just_hung_is_left_alone_for_a_second(
    store: Tiered, far: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiered, "REST_SECONDS", 0.0)
    store = Tiered(AiocacheStore(MemoryCache(lambda: 0.0)), far, 0.001)
    far.hangs = True
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await store.get_many(["a"])
    assert len(far.asked) == 2
    monkeypatch.setattr(tiered, "REST_SECONDS", 60.0)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            await store.get_many(["a"])
    assert len(far.asked) == 3


async def test_nothing_stays_near_for_longer_than_a_minute(store: Tiered, far: Far, clock: list[float]) -> None:
    """What another server forgets in the far store is gone here after that."""
    await store.put("a", b"one", 1_000, Owners(("acme.com",)))
    await far.forget("acme.com")
    clock[0] += COPY_SECONDS
    assert await store.get_many(["a"]) == {}


async def test_what_another_server_has_forgotten_is_not_held_near_either(store: Tiered, far: Far) -> None:
    await far.forget("acme.com")
    assert not await store.put("a", b"one", 1_000, Owners(("acme.com",), 1.0))
    assert await store.get_many(["a"]) == {}


async def test_copies_are_forgotten_with_their_originals(store: Tiered, far: Far) -> None:
    await far.put("a", b"one", 1_000, Owners(("acme.com",)))
    assert await store.get_many(["a"]) == {"a": b"one"}
    assert await store.forget("acme.com") == ["a"]
    assert await store.get_many(["a"]) == {}


async def test_what_is_forgotten_during_a_read_is_not_copied_near(store: Tiered, far: Far) -> None:
    await far.put("a", b"old", 1_000, Owners(("acme.com",)))
    reading = asyncio.create_task(_read(store))
    await asyncio.sleep(0)
    await store.forget("acme.com")
    await reading
    assert await store.get_many(["a"]) == {}


async def _read(store: Tiered) -> None:
    await store.get_many(["a"])
