"""What the memory level of the cache holds and costs when the answers about many companies are kept in it.

Run: python bench/memory.py [companies]

Prints the bytes that it counts beside those that the process really takes, with a bound that is reached and without.
"""

import asyncio
import gc
import sys
import time
import tracemalloc
from pathlib import Path

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import Field
from enrichment.domain.fact import Answer, Fact
from enrichment.domain.ports import Call, Party
from enrichment.domain.subject import Subject
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.answers import Answers
from enrichment.stores.memory import MAX_BYTES, MemoryCache

COMPANIES = 100_000
SOURCES = [Entry(name, Layer.FOUNDATION, "", {}) for name in ("website", "dns", "rdap", "register")]
FIELDS = (Field.NAME, Field.LEGAL_NAME, Field.DESCRIPTION, Field.PHONE, Field.EMAIL, Field.INDUSTRY)
MIB = 2**20


def answer(source: str, number: int, now: float) -> Answer:
    """An answer of usual size: six facts, about 700 bytes once written."""
    facts = tuple(Fact(name, f"{name.value} of company {number}", source, 0.8, now, now + 86_400) for name in FIELDS)
    return Answer(source, True, facts, (), now, now + 86_400)


async def fill(memory: MemoryCache, companies: int) -> None:
    cache, now = Answers(AiocacheStore(memory), time.time), time.time()
    for number in range(companies):
        domain = f"company-{number}.example"
        for entry in SOURCES:
            call = Call(entry, Subject(domain), domain.encode(), 0, Party([]))
            await cache.put(call, answer(entry.name, number, now), asyncio.get_running_loop().time())


def resident() -> int:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def measure(companies: int, bound: int) -> None:
    gc.collect()
    before = resident()
    memory = MemoryCache(time.time, bound)
    began = time.perf_counter()
    asyncio.run(fill(memory, companies))
    seconds = time.perf_counter() - began
    gc.collect()
    entries, counted = memory.size
    print(
        f"{companies:,} companies, {len(SOURCES)} answers each, bound {bound / MIB:,.0f} MiB: "
        f"{entries:,} entries held, {counted / MIB:,.1f} MiB counted, "
        f"{(resident() - before) / MIB:,.1f} MiB more in the process, "
        f"{seconds / companies / len(SOURCES) * 1e6:,.0f} us per write"
    )


def calibrate(companies: int) -> None:
    """Whether what an entry is counted at is what it costs."""
    tracemalloc.start()
    memory = MemoryCache(time.time, 2**40)
    asyncio.run(fill(memory, companies))
    real, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    _, counted = memory.size
    print(f"counted / allocated for {companies:,} companies: {counted / real:.2f} (target: 1.0 to 1.5)")


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else COMPANIES
    calibrate(max(1, number // 20))
    measure(number, MAX_BYTES)
    measure(number, 2**40)
