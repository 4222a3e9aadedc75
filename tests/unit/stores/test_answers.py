"""What is kept of an answer, for how long, and that no fault of a store is ever more than a miss."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from enrichment.domain.catalogue import Entry, Layer, Terms
from enrichment.domain.company import Coordinates, Field
from enrichment.domain.fact import Answer, Document, Fact
from enrichment.domain.ports import NOBODY, CacheUnavailable, Call, Held, Owners, Store
from enrichment.domain.subject import Subject
from enrichment.stores import answers
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.answers import Answers
from enrichment.stores.memory import MemoryCache
from fakes import alone

NOW = 1_800_000_000.0
DAY = 86_400.0
WEBSITE = Entry("website", Layer.FOUNDATION, "", {Field.NAME: 0.9})
PLACES = Entry("places", Layer.REGISTRY, "", {}, terms=Terms(kept=frozenset({Field.COORDINATES})))
MAPS = Entry("maps", Layer.REGISTRY, "", {}, terms=Terms(kept=frozenset()))


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Watched(AiocacheStore):
    """A store that notes what it is asked, and fails or hangs as told."""

    def __init__(self, clock: HandClock) -> None:
        super().__init__(MemoryCache(clock))
        self.reads: list[Sequence[str]] = []
        self.lifetimes: list[int] = []
        self.error: Exception | None = None
        self.hangs = False

    async def _suffer(self) -> None:
        if self.error:
            raise self.error
        if self.hangs:
            await asyncio.Event().wait()

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        self.reads.append(keys)
        await self._suffer()
        return await super().get_many(keys)

    async def put(self, key: str, value: bytes, ttl_seconds: int, owners: Owners = NOBODY) -> bool:
        self.lifetimes.append(ttl_seconds)
        await self._suffer()
        return await super().put(key, value, ttl_seconds, owners)

    async def keys(self, domain: str) -> Sequence[str]:
        await self._suffer()
        return await super().keys(domain)

    async def forget(self, domain: str) -> Sequence[str]:
        await self._suffer()
        return await super().forget(domain)

    async def delete(self, key: str) -> None:
        await self._suffer()
        await super().delete(key)


def fact(field: Field = Field.NAME, **parts: object) -> Fact:
    value = Coordinates(1.0, 2.0) if field is Field.COORDINATES else "Acme"
    return replace(Fact(field, value, "website", 0.9, NOW, NOW + DAY), **parts)  # type: ignore[arg-type]


def answer(entry: Entry = WEBSITE, *facts: Fact, **parts: object) -> Answer:
    made = Answer(entry.name, True, facts or (fact(),), (), NOW, NOW + DAY, cost_usd_micros=300)
    return replace(made, **parts)  # type: ignore[arg-type]


def call(entry: Entry = WEBSITE, domain: str = "acme.com") -> Call:
    return Call(entry, Subject(domain), domain.encode(), 300, alone())


async def keep(cache: Answers, call: Call, answer: Answer, seconds: float = 0.0) -> None:
    """Keeps what a call brought that began so many seconds ago."""
    await cache.put(call, answer, asyncio.get_running_loop().time() - seconds)


async def held(cache: Answers, entry: Entry = WEBSITE, domain: str = "acme.com") -> Answer | None:
    return (await cache.get_many(domain, [(entry, domain.encode())])).fresh.get(entry.name)


async def stale(cache: Answers, entry: Entry = WEBSITE, domain: str = "acme.com") -> Answer | None:
    return (await cache.get_many(domain, [(entry, domain.encode())])).stale.get(entry.name)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(clock: HandClock) -> Watched:
    return Watched(clock)


@pytest.fixture
def cache(store: Store, clock: HandClock) -> Answers:
    return Answers(store, clock)


async def test_what_is_kept_is_served_free_and_marked(cache: Answers) -> None:
    await keep(cache, call(), answer())
    assert await held(cache) == answer().from_cache()


async def test_a_source_and_a_question_have_an_entry_of_their_own(cache: Answers) -> None:
    await keep(cache, call(), answer())
    assert await held(cache, domain="other.com") is None
    assert await held(cache, replace(WEBSITE, name="rdap")) is None


async def test_all_questions_of_a_round_are_one_read(cache: Answers, store: Watched) -> None:
    entries = [replace(WEBSITE, name=f"source {number}") for number in range(10)]
    for entry in entries[:5]:
        await keep(cache, call(entry), answer(entry))
    found = (await cache.get_many("acme.com", [(entry, b"acme.com") for entry in entries])).fresh
    assert set(found) == {entry.name for entry in entries[:5]}
    assert len(store.reads) == 1


async def test_no_questions_are_no_read(cache: Answers, store: Watched) -> None:
    assert await cache.get_many("acme.com", []) == Held()
    assert store.reads == []


async def test_an_answer_is_served_until_it_expires_and_no_longer(cache: Answers, clock: HandClock) -> None:
    await keep(cache, call(), answer())
    clock.now += DAY - 1
    assert await held(cache)
    clock.now += 1
    assert await held(cache) is None


async def test_the_end_written_in_an_entry_stands_above_the_stores(cache: Answers, clock: HandClock) -> None:
    """A copy in a nearer store may outlive its original."""
    await keep(cache, call(), answer(expires_at=NOW + 0.5))
    clock.now += 0.6
    assert await held(cache) is None


@pytest.mark.parametrize(("left", "lifetimes"), [(DAY, [86_400]), (1.9, [1]), (0.2, [1]), (0.0, []), (-5.0, [])])
async def test_an_entry_lives_as_long_as_its_answer_in_whole_seconds(
    cache: Answers, store: Watched, left: float, lifetimes: list[int]
) -> None:
    await keep(cache, call(), answer(expires_at=NOW + left))
    assert store.lifetimes == lifetimes


@pytest.mark.parametrize("end", [float("inf"), float("nan")])
async def test_an_answer_without_a_real_end_is_not_kept(cache: Answers, end: float) -> None:
    await keep(cache, call(), answer(expires_at=end))
    assert await held(cache) is None


async def test_a_not_found_is_kept(cache: Answers) -> None:
    await keep(cache, call(), answer(is_found=False, facts=()))
    assert await held(cache) == answer(is_found=False, facts=()).from_cache()


async def test_documents_are_kept_where_everything_may_be(cache: Answers) -> None:
    documents = (Document("https://acme.com/", "Acme", "We make."),)
    await keep(cache, call(), answer(documents=documents))
    served = await held(cache)
    assert served
    assert served.documents == documents


async def test_transient_facts_are_not_kept(cache: Answers) -> None:
    await keep(cache, call(), answer(WEBSITE, fact(), fact(Field.PHONE, is_transient=True)))
    served = await held(cache)
    assert served
    assert served.facts == (fact(),)


async def test_of_a_source_with_terms_only_what_they_allow_is_kept(cache: Answers) -> None:
    documents = (Document("https://acme.com/", "Acme", "We make."),)
    await keep(cache, call(PLACES), answer(PLACES, fact(), fact(Field.COORDINATES), documents=documents))
    served = await held(cache, PLACES)
    assert served
    assert served.facts == (fact(Field.COORDINATES),)
    assert served.documents == ()


async def test_an_answer_of_which_nothing_may_be_kept_does_not_pass_for_an_empty_one(
    cache: Answers, store: Watched
) -> None:
    await keep(cache, call(PLACES), answer(PLACES, fact()))
    assert store.lifetimes == []
    await keep(cache, call(PLACES), answer(PLACES, is_found=False, facts=()))
    assert await held(cache, PLACES)


async def test_of_a_source_that_may_keep_nothing_nothing_is_written_or_asked(cache: Answers, store: Watched) -> None:
    await keep(cache, call(MAPS), answer(MAPS, fact(is_transient=True)))
    await keep(cache, call(MAPS), answer(MAPS, is_found=False, facts=()))
    assert await held(cache, MAPS) is None
    assert store.lifetimes == []
    assert store.reads == []


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("what?"), RuntimeError("closed"), TimeoutError()])
async def test_a_store_that_fails_is_an_empty_one(cache: Answers, store: Watched, error: Exception) -> None:
    store.error = error
    await keep(cache, call(), answer())
    assert await held(cache) is None
    assert cache.faults == 2


async def test_a_store_that_hangs_is_an_empty_one(
    cache: Answers, store: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "CAP_SECONDS", 0.001)
    store.hangs = True
    await keep(cache, call(), answer())
    assert await held(cache) is None
    assert cache.faults == 2


async def test_who_is_cancelled_while_the_store_hangs_ends_as_cancelled(cache: Answers, store: Watched) -> None:
    store.hangs = True
    reader = asyncio.create_task(held(cache))
    writer = asyncio.create_task(keep(cache, call(), answer()))
    await asyncio.sleep(0)
    reader.cancel()
    writer.cancel()
    await asyncio.wait((reader, writer))
    assert reader.cancelled()
    assert writer.cancelled()
    assert cache.faults == 0


async def test_an_entry_that_cannot_be_read_is_a_miss_and_is_deleted(cache: Answers, store: Watched) -> None:
    other = replace(WEBSITE, name="rdap")
    await keep(cache, call(), answer())
    await keep(cache, call(other), answer(other))
    await held(cache)
    (key,) = store.reads[0]
    await store.put(key, b"garbage", 60)
    found = (await cache.get_many("acme.com", [(WEBSITE, b"acme.com"), (other, b"acme.com")])).fresh
    assert set(found) == {"rdap"}
    assert await store.get_many([key]) == {}
    assert cache.faults == 1


async def test_an_entry_of_another_source_is_a_miss(cache: Answers) -> None:
    await keep(cache, call(), answer(source="rdap"))
    assert await held(cache) is None


async def test_faults_are_logged_once_a_minute(
    cache: Answers, store: Watched, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    store.error = OSError("gone")
    with caplog.at_level(logging.WARNING):
        for _ in range(10):
            await held(cache)
        assert caplog.messages == ["the cache is skipped: a read failed: OSError('gone') (1 faults so far)"]
        clock.now += 60
        await held(cache)
        assert len(caplog.messages) == 2
    assert cache.faults == 11


async def test_the_generation_of_a_domain_changes_with_what_is_kept_of_it_and_with_nothing_else(
    cache: Answers,
) -> None:
    before = cache.generation("acme.com"), cache.generation("other.com")
    await held(cache)
    await keep(cache, call(MAPS), answer(MAPS))
    await keep(cache, call(), answer(expires_at=NOW))
    assert (cache.generation("acme.com"), cache.generation("other.com")) == before
    await keep(cache, call(), answer())
    after = cache.generation("acme.com")
    assert after != before[0]
    assert cache.generation("other.com") == before[1]
    await keep(cache, call(), answer())
    assert cache.generation("acme.com") != after


async def test_a_write_that_failed_may_have_happened_and_changes_the_generation(cache: Answers, store: Watched) -> None:
    before = cache.generation("acme.com")
    store.error = OSError("gone")
    await keep(cache, call(), answer())
    assert cache.generation("acme.com") != before


async def test_the_generation_changes_only_when_the_new_answer_can_be_read(cache: Answers, store: Watched) -> None:
    before = cache.generation("acme.com")
    store.hangs = True
    writer = asyncio.create_task(keep(cache, call(), answer()))
    await asyncio.sleep(0)
    assert store.lifetimes
    assert cache.generation("acme.com") == before
    writer.cancel()
    await asyncio.wait((writer,))
    assert cache.generation("acme.com") != before


async def test_a_domain_that_is_forgotten_never_seems_unchanged(
    cache: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MAX_DOMAINS", 3)
    domains = [f"{letter}.com" for letter in "abcdef"]
    seen: dict[str, set[int]] = {domain: {cache.generation(domain)} for domain in domains}
    for round_ in range(5):
        for domain in domains[round_ % 2 :]:
            await keep(cache, call(domain=domain), answer())
            assert cache.generation(domain) not in seen[domain]
            for each in domains:
                seen[each].add(cache.generation(each))


GRACEFUL = replace(WEBSITE, grace_seconds=30 * 86_400)


async def test_an_answer_past_its_lifetime_is_told_apart_until_its_time_of_grace_is_over(
    cache: Answers, store: Watched, clock: HandClock
) -> None:
    await keep(cache, call(GRACEFUL), answer())
    assert store.lifetimes == [31 * 86_400]
    assert (bool(await held(cache)), bool(await stale(cache))) == (True, False)
    clock.now += DAY
    assert (bool(await held(cache)), bool(await stale(cache))) == (False, True)
    clock.now += 30 * DAY - 1
    assert await stale(cache) == answer().from_cache()
    clock.now += 1
    assert await stale(cache) is None


async def test_a_not_found_has_no_time_of_grace(cache: Answers, store: Watched, clock: HandClock) -> None:
    await keep(cache, call(GRACEFUL), answer(is_found=False, facts=()))
    assert store.lifetimes == [86_400]
    clock.now += DAY
    assert await stale(cache) is None


async def test_what_is_held_of_a_company_is_listed_by_source_however_it_was_asked_for(cache: Answers) -> None:
    other = replace(WEBSITE, name="rdap")
    await keep(cache, call(), answer())
    await keep(cache, replace(call(other), question=b"00.000.000/0001-91"), answer(other))
    await keep(cache, call(domain="other.com"), answer())
    assert [each.source for each in await cache.held("acme.com")] == ["rdap", "website"]


async def test_what_is_over_or_spoilt_is_not_listed(cache: Answers, store: Watched, clock: HandClock) -> None:
    await keep(cache, call(), answer(expires_at=NOW + 0.5))
    clock.now += 0.7
    assert await cache.held("acme.com") == ()
    [key] = await store.keys("acme.com")
    await store.put(key, b"garbage", 60, Owners(("acme.com",)))
    assert await cache.held("acme.com") == ()


async def test_what_a_company_was_served_is_forgotten_with_it_whoever_asked_first(cache: Answers) -> None:
    number = b"00.000.000/0001-91"
    await keep(cache, replace(call(), question=number), answer())
    assert (await cache.get_many("acme.com.br", [(WEBSITE, number)])).fresh
    assert len(await cache.held("acme.com.br")) == 1
    assert await cache.forget("acme.com.br") == 1
    assert await cache.held("acme.com") == ()


async def test_forgetting_changes_the_generation_and_what_began_before_leaves_nothing(cache: Answers) -> None:
    await keep(cache, call(), answer())
    before = cache.generation("acme.com")
    assert await cache.forget("acme.com") == 1
    assert cache.generation("acme.com") != before
    await keep(cache, call(), answer(), seconds=1.0)
    assert await held(cache) is None


async def test_a_forgetting_that_may_have_failed_says_so(cache: Answers, store: Watched) -> None:
    before = cache.generation("acme.com")
    store.error = OSError("gone")
    with pytest.raises(CacheUnavailable, match=r"acme\.com may not be forgotten in full, ask again: OSError"):
        await cache.forget("acme.com")
    assert cache.generation("acme.com") != before
    assert await cache.held("acme.com") == ()
    assert cache.faults == 1


async def test_a_cache_that_is_switched_off_holds_nothing_and_still_forgets(store: Watched, clock: HandClock) -> None:
    await keep(Answers(store, clock), call(), answer())
    off = Answers(store, clock, is_on=False)
    assert await held(off) is None
    await keep(off, call(domain="other.com"), answer())
    assert store.lifetimes == [86_400]
    assert await off.forget("acme.com") == 1
