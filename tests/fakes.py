"""Small honest stand-ins: a scripted source, and the real cache over a memory that tests can break."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import DEFAULT_FIELDS, Field, Value
from enrichment.domain.event import EnrichmentRequest
from enrichment.domain.fact import Claim, Document, Fact, Reading
from enrichment.domain.ports import NOBODY, Clock, Owners, Party, Stake
from enrichment.domain.purse import Purse
from enrichment.domain.record import EnrichmentRecord
from enrichment.domain.subject import Hints, Subject
from enrichment.guards import Shared
from enrichment.guards.budget import Budget
from enrichment.guards.cache import Writes
from enrichment.guards.counting import Counters
from enrichment.guards.flight import Flights
from enrichment.guards.limits import Limits
from enrichment.guards.retry import Retries
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.answers import Answers
from enrichment.stores.memory import MemoryCache, loop_time

NOON = 1_800_000_000.0


def entry(
    name: str, layer: Layer = Layer.FOUNDATION, *, brings: tuple[Field, ...] = (Field.NAME,), **changes: Any
) -> Entry:
    """A catalogue entry with a prior of 0.9 for the fields in `brings`."""
    values: dict[str, Any] = {
        "base_url": "",
        "brings": dict.fromkeys(brings, 0.9),
        "lifetime_seconds": 86_400,
        "lineage": name,
        "needs": "something",
        **changes,
    }
    return Entry(name=name, layer=layer, **values)


def request(domain: str = "vidraria.com.br", **changes: Any) -> EnrichmentRequest:
    """A request for everything, with the default budget."""
    values: dict[str, Any] = {
        "hints": Hints(),
        "wanted": DEFAULT_FIELDS,
        "layers": frozenset(Layer),
        "max_cost_usd_micros": 50_000,
        **changes,
    }
    return EnrichmentRequest(domain=domain, **values)


def alone(deadline: float = 0.0) -> Party:
    """A party of one, which nobody else shares."""
    return Party([Stake("enrichment-1", Purse(), deadline)])


def fact(name: Field, value: Value, source: str = "website", confidence: float = 0.7) -> Fact:
    """A fact read at noon, fresh for a day."""
    return Fact(name, value, source, confidence, NOON, NOON + 86_400)


def reading(*claims: tuple[Field, Value], text: str = "") -> Reading:
    """A reading with these claims, and a page where there is text."""
    documents = (Document("https://vidraria.com.br/", "", text),) if text else ()
    return Reading(tuple(Claim(name, value) for name, value in claims), documents)


@dataclass
class FakeSource:
    """Answers `reads` after `seconds`, or raises it; `needs` is the field without which it has no question."""

    reads: Reading | Exception = Reading()
    seconds: float = 0.0
    needs: Field | None = None
    cost: int = 0
    asked: list[Subject] = field(default_factory=list[Subject])
    is_closed: bool = False

    def question(self, subject: Subject) -> bytes | None:
        if self.needs is None:
            return subject.domain.encode()
        value = subject.known.get(self.needs)
        return None if value is None else str(value).encode()

    def price(self, subject: Subject) -> int:
        return self.cost

    async def ask(self, subject: Subject) -> Reading:
        self.asked.append(subject)
        await asyncio.sleep(self.seconds)
        if isinstance(self.reads, Exception):
            raise self.reads
        return self.reads

    async def close(self) -> None:
        self.is_closed = True


class CountingStore:
    """A real store that counts its reads; it can be made slow, or broken."""

    def __init__(self, clock: Clock, timer: Clock = loop_time) -> None:
        self._store = AiocacheStore(MemoryCache(clock, timer=timer))
        self.reads = 0
        self.seconds = 0.0
        self.is_broken = False

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        self.reads += 1
        await self._ready()
        return await self._store.get_many(keys)

    async def put(self, key: str, value: bytes, ttl_seconds: int, owners: Owners = NOBODY) -> bool:
        await self._ready()
        return await self._store.put(key, value, ttl_seconds, owners)

    async def link(self, key: str, domain: str, ttl_seconds: int) -> None:
        await self._store.link(key, domain, ttl_seconds)

    async def keys(self, domain: str) -> Sequence[str]:
        await self._ready()
        return await self._store.keys(domain)

    async def forget(self, domain: str) -> Sequence[str]:
        await self._ready()
        return await self._store.forget(domain)

    async def delete(self, key: str) -> None:
        await self._store.delete(key)

    async def close(self) -> None:
        await self._store.close()

    async def _ready(self) -> None:
        await asyncio.sleep(self.seconds)
        if self.is_broken:
            raise OSError("the store is down")


class MemoryAnswers(Answers):
    """The real cache of answers, in a memory of its own."""

    def __init__(self, clock: Clock = lambda: NOON) -> None:
        self.store = CountingStore(clock)
        super().__init__(self.store, clock)


@dataclass
class Written:
    """A journal that keeps what it is given."""

    records: list[EnrichmentRecord] = field(default_factory=list[EnrichmentRecord])

    def record(self, record: EnrichmentRecord) -> None:
        self.records.append(record)


def unlimited(cache: Answers) -> Shared:
    """The guards of one process, over a cache, without a ledger, breakers and limits."""
    return Shared(
        cache,
        Writes(),
        Flights(),
        Retries(lambda: 0.5),
        Budget(None, lambda: NOON, lambda: "hold-1"),
        Limits(has_breaker=False, has_limiter=False),
        Counters(NOON),
    )
