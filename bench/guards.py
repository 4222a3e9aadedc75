"""What the guards cost one call to a source, in microseconds, beside what each of them costs alone.

Calls to a source that answers at once, one after another, so that what is measured is the guards and nothing else; with
and without each guard in turn, round after round. In memory it is time of the processor, on SQLite and Redis of the
clock.

Run: python bench/guards.py [calls per round] [--smoke]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import random
from uuid import uuid4

import pytest

# The tests know how to start a server.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import Field
from enrichment.domain.fact import Claim, Reading
from enrichment.domain.ports import Call, Guard, Ledger, Party, Stake, Store
from enrichment.domain.purse import Account, Purse
from enrichment.domain.subject import Subject
from enrichment.guards import Shared, guarded, order
from enrichment.guards.budget import Budget
from enrichment.guards.cache import Writes
from enrichment.guards.counting import Counters
from enrichment.guards.flight import Flights
from enrichment.guards.limits import Limits
from enrichment.guards.retry import Retries
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.answers import Answers
from enrichment.stores.ledger.database import sqlite
from enrichment.stores.ledger.memory import MemoryLedger
from enrichment.stores.ledger.sql import SqlLedger
from enrichment.stores.memory import MemoryCache
from enrichment.stores.redis import RedisCache
from enrichment.stores.sqlite import SqliteCache
from enrichment.stores.tiered import Tiered
from live.redis_server import redis_server

TARGET = 100.0
ROUNDS = 9
JOINERS = 100
# Far from every limit: what is measured is being asked, not being held back.
PAID = Entry(
    "bench",
    Layer.REGISTRY,
    "",
    {Field.NAME: 0.9},
    price_usd_micros=3_000,
    min_interval_ms=0,
    max_concurrent=1_000,
    lifetime_seconds=86_400,
)
FREE = replace(PAID, price_usd_micros=0)
# A caller's and a source's.
PURSE = Purse("bench", (Account("caller:bench:today", 10**15), Account("source:bench:month", 10**15)))
NUMBERS = count()


class Instant:
    """A source that answers at once, or when `gate` opens."""

    def __init__(self, gate: asyncio.Event | None = None) -> None:
        self._gate = gate

    def question(self, subject: Subject) -> bytes | None:
        return subject.domain.encode()

    def price(self, subject: Subject) -> int:
        return 0

    async def ask(self, subject: Subject) -> Reading:
        if self._gate:
            await self._gate.wait()
        return Reading((Claim(Field.NAME, subject.domain),))

    async def close(self) -> None:
        pass


@dataclass(frozen=True)
class Guarding:
    """The guards of a process, over one store and ledger; `timer` is the processor's where nothing is waited for."""

    shared: Shared
    timer: Callable[[], float]

    @classmethod
    def over(cls, store: Store, ledger: Ledger, timer: Callable[[], float] = time.perf_counter) -> "Guarding":
        """Guards that are all switched on."""
        return cls(
            Shared(
                cache=Answers(store, time.time),
                writes=Writes(),
                flights=Flights(),
                retries=Retries(random),
                budget=Budget(ledger, time.time, lambda: str(uuid4())),
                limits=Limits(),
                counters=Counters(time.time()),
            ),
            timer,
        )

    async def microseconds(self, guards: Sequence[Guard], entry: Entry, calls: int) -> float:
        """What one call takes behind these guards, the write of its answer included."""
        ask = guarded(Instant(), guards, time.time)
        await ask(call(entry, f"company-{next(NUMBERS)}.example"))
        domains = [f"company-{next(NUMBERS)}.example" for _ in range(calls)]
        began = self.timer()
        for domain in domains:
            await ask(call(entry, domain))
        await self.shared.writes.settled()
        return (self.timer() - began) / calls * 1e6

    async def cost(self, entry: Entry, calls: int) -> float:
        """What all guards together add to a call: the median of the rounds."""
        costs = [
            await self.microseconds(order(self.shared), entry, calls) - await self.microseconds([], entry, calls)
            for _ in range(ROUNDS)
        ]
        return statistics.median(costs)

    async def parts(self, entry: Entry, calls: int) -> dict[str, float]:
        """What a call is quicker by without each guard: the medians of the rounds."""
        guards = order(self.shared)
        saved: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for number, guard in enumerate(guards):
                whole = await self.microseconds(guards, entry, calls)
                others = [*guards[:number], *guards[number + 1 :]]
                name = f"{number + 1:>2} {name_of(guard)}"
                saved.setdefault(name, []).append(whole - await self.microseconds(others, entry, calls))
        return {name: statistics.median(each) for name, each in saved.items()}


def call(entry: Entry, domain: str) -> Call:
    stake = Stake("enrichment-1", PURSE, asyncio.get_running_loop().time() + 60, domain=domain)
    return Call(entry, Subject(domain), domain.encode(), entry.price_usd_micros, Party([stake]), time.time())


def name_of(guard: Guard) -> str:
    """As guards/__init__.py has it: some are methods, others are made by a function."""
    qualified: str = guard.__qualname__
    return qualified.removesuffix(".<locals>.guard").rpartition(".")[2]


async def joining(guarding: Guarding, rounds: int) -> float:
    """What each further caller of a flight takes, its task included: the median of the rounds, in microseconds."""
    costs: list[float] = []
    for _ in range(rounds):
        gate, domain = asyncio.Event(), f"company-{next(NUMBERS)}.example"
        ask = guarded(Instant(gate), order(guarding.shared), time.time)
        first = asyncio.ensure_future(ask(call(PAID, domain)))
        await asyncio.sleep(0.01)
        began = time.process_time()
        joiners = [asyncio.ensure_future(ask(call(PAID, domain))) for _ in range(JOINERS)]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *joiners)
        costs.append((time.process_time() - began) / JOINERS * 1e6)
    return statistics.median(costs)


async def in_memory(calls: int) -> bool:
    guarding = Guarding.over(AiocacheStore(MemoryCache(time.time)), MemoryLedger(time.time), time.process_time)
    is_met = True
    for name, entry in (("free call", FREE), ("paid call", PAID)):
        cost = await guarding.cost(entry, calls)
        is_met &= cost < TARGET
        print(
            f"memory, {name}: {cost:6.0f} us   target < {TARGET:g}   {'met' if cost < TARGET else 'MISSED'}", flush=True
        )
    for name, part in (await guarding.parts(PAID, calls)).items():
        print(f"    {name:<12} {part:6.1f} us")
    print(f"a caller that joins a flight, {JOINERS} at once: {await joining(guarding, ROUNDS):.0f} us")
    return is_met


async def on_sqlite(folder: Path, calls: int) -> None:
    file, ledger = SqliteCache(folder / "cache.sqlite", time.time), SqlLedger(sqlite(folder / "ledger"), time.time)
    await file.open()
    await ledger.open()
    store = Tiered(AiocacheStore(MemoryCache(time.time)), AiocacheStore(file))
    guarding = Guarding.over(store, ledger)
    print(f"SQLite, free call: {await guarding.cost(FREE, calls):6.0f} us")
    print(f"SQLite, paid call: {await guarding.cost(PAID, calls):6.0f} us, two commits on the disk among them")
    await store.close()
    await ledger.close()


async def on_redis(folder: Path, calls: int) -> None:
    with redis_server(folder) as server:
        store = Tiered(AiocacheStore(MemoryCache(time.time)), AiocacheStore(RedisCache(server.url)))
        guarding = Guarding.over(store, MemoryLedger(time.time))
        print(f"Redis, free call: {await guarding.cost(FREE, calls):6.0f} us")
        await store.close()


async def main(calls: int) -> bool:
    is_met = await in_memory(calls)
    with tempfile.TemporaryDirectory() as folder:
        await on_sqlite(Path(folder), max(1, calls // 10))
        try:
            await on_redis(Path(folder), max(1, calls // 10))
        except pytest.skip.Exception as skipped:
            print(f"Redis: {skipped}")
    return is_met


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("calls", type=int, nargs="?", default=500, help="per round")
    parser.add_argument(
        "--smoke", action="store_true", help="whether it runs at all, in seconds; its figures say little"
    )
    given = parser.parse_args()
    is_met = asyncio.run(main(5 if given.smoke else given.calls))
    sys.exit(0 if is_met or given.smoke else 1)
