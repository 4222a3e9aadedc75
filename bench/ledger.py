"""Paid calls per second that the ledger keeps up with: each is held, marked sent and settled, by many at once.

PostgreSQL is started for it where it is installed; it and SQLite write to the same disk, with every commit on it.

Run: python bench/ledger.py [calls]
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

# The tests know how to start a server.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from enrichment.domain.purse import Account, Hold, Purse
from enrichment.stores.ledger.database import Database, postgresql, sqlite
from enrichment.stores.ledger.sql import SqlLedger
from live.postgresql import postgres_server

AT_ONCE = (1, 32, 128)
# All of them weigh on the same two: the worst case for locks.
ACCOUNTS = (Account("caller:bench:today", 10**12), Account("source:bench:month", 10**12))


async def call(ledger: SqlLedger, number: str) -> tuple[float, float]:
    """One paid call; how long its hold and its mark took, in ms."""
    expires_at = time.time() + 60
    hold = Hold(number, "bench", 3_000, Purse("bench", ACCOUNTS), number, expires_at)
    began = time.perf_counter()
    assert await ledger.hold(hold) is None
    held = time.perf_counter()
    await ledger.mark_sent(number)
    sent = time.perf_counter()
    ledger.settle(number, 3_000)
    return (held - began) * 1000, (sent - held) * 1000


async def measure(database: Database, name: str, calls: int, at_once: int) -> None:
    ledger = SqlLedger(database, time.time)
    await ledger.open()
    numbers = iter(range(calls))
    waits: list[float] = []

    async def worker() -> None:
        for number in numbers:
            waits.extend(await call(ledger, f"{name} {at_once} {number}"))

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(at_once)))
    # Closing writes what waits: the settlements count.
    await ledger.close()
    rate = calls / (time.perf_counter() - began)
    waits.sort()
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    print(f"{name:<10} {at_once:>4} at once  {rate:>6.0f} calls/s   wait p50 {p50:6.1f} ms  p99 {p99:6.1f} ms")


async def main(calls: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for at_once in AT_ONCE:
            await measure(sqlite(Path(folder) / "ledger.sqlite"), "sqlite", min(calls, 100 * at_once), at_once)
    os.environ.pop("CI", None)
    try:
        with postgres_server(is_durable=True) as server:
            for at_once in AT_ONCE:
                await measure(postgresql(server.fresh()), "postgresql", min(calls, 100 * at_once), at_once)
    except pytest.skip.Exception as skipped:
        print(f"postgresql: {skipped}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3_000))
