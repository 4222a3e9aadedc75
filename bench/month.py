"""A seeded month: 10,000 requests over 10,000 companies, popularity by Zipf 1.0, the directory holding the top tenth.

    python bench/month.py

Prints how many requests the directory answers alone, and how many it and the cache answer without a paid call. The
pipeline, the guards, the cache and the directory are the real ones; the register behind them is a paid stand-in.
"""

import asyncio
import random
import sys
import tempfile
from collections import Counter
from itertools import accumulate
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from enrichment.catalogue import load
from enrichment.domain.catalogue import Layer
from enrichment.domain.company import CompanyStatus, Field
from enrichment.domain.directory import Tie, id_of_domain
from enrichment.domain.event import Completed, Disposition, SourceOutcome
from enrichment.guards import guarded, order
from enrichment.pipeline.plan import PROFILE
from enrichment.pipeline.run import Enrichments
from enrichment.pipeline.switches import Switches
from enrichment.pipeline.tools import Guarded, Tools
from enrichment.sources.directory import DirectorySource
from enrichment.stores.directory.database import sqlite
from enrichment.stores.directory.rows import Row
from enrichment.stores.directory.sql import SqlDirectory
from enrichment.stores.ledger.switches import MemorySwitches
from fakes import NOON, FakeSource, MemoryAnswers, Written, entry, reading, request, unlimited

SEED, REQUESTS, COMPANIES, HELD = 1, 10_000, 10_000, 1_000
MONTH = 30 * 86_400
PRICE = 3_000


def domain_of(rank: int) -> str:
    return f"company{rank}.com.br"


def filled(folder: Path) -> SqlDirectory:
    """The most popular companies, from a list that is young enough."""
    database = sqlite(folder / "directory.sqlite")
    database.open()
    batch = database.batch()
    for rank in range(HELD):
        company = id_of_domain(domain_of(rank))
        row = Row(company, "customers", NOON, NOON + 180 * 86_400, f"Company {rank}", f"Company {rank} Ltda")
        told = {"industry": "Glazing", "status": "active", "country_code": "BR", "city": "Lages"}
        batch.add(row._replace(registration_number=f"{rank:014d}", **told))
        batch.link_domain(domain_of(rank), Tie.WEBSITE, company, 0.95)
    database.write(batch.write)
    return SqlDirectory(database)


async def main() -> None:
    now = [NOON]
    with tempfile.TemporaryDirectory(prefix="imensiah-bench-") as folder:
        directory = filled(Path(folder))
        cache = MemoryAnswers(lambda: now[0])
        shared = unlimited(cache)
        own = next(each for each in load() if each.is_local)
        paid = entry(
            "register",
            Layer.REGISTRY,
            brings=tuple(PROFILE),
            after=frozenset({"directory"}),
            price_usd_micros=PRICE,
            lifetime_seconds=MONTH,
        )
        told = reading((Field.NAME, "A"), (Field.STATUS, CompanyStatus.ACTIVE))
        behind = {
            each.name: Guarded(each, source, guarded(source, order(shared), lambda: now[0]))
            for each, source in (
                (own, DirectorySource(own, directory, (own, paid), lambda: now[0])),
                (paid, FakeSource(told, cost=PRICE)),
            )
        }
        switches = Switches(MemorySwitches())
        tools = Tools(behind, cache, shared.flights, Written(), switches, shared.counters.hit, lambda: now[0])
        count = await asked(Enrichments(tools), now)
        await directory.close()
    print(f"{REQUESTS:,} requests: {count['directory'] / REQUESTS:.1%} answered by the directory alone,")
    print(f"{count['free'] / REQUESTS:.1%} by directory and cache without a paid call")


async def asked(enrichments: Enrichments, now: list[float]) -> Counter[str]:
    draw, count = random.Random(SEED), Counter[str]()
    weights = list(accumulate(1 / (rank + 1) for rank in range(COMPANIES)))
    for at, rank in enumerate(draw.choices(range(COMPANIES), cum_weights=weights, k=REQUESTS)):
        now[0] = NOON + MONTH * at / REQUESTS
        outcomes: dict[str, SourceOutcome] = {}
        asking = request(domain_of(rank), include_source_outcomes=True)
        with enrichments.start(asking, 8.0) as run:
            while not isinstance(event := await run.event(), Completed):
                if isinstance(event, SourceOutcome):
                    outcomes[event.source] = event
        count["free"] += event.cost_usd_micros == 0
        is_skipped = outcomes["register"].disposition is Disposition.SKIPPED
        count["directory"] += outcomes["directory"].disposition is Disposition.FOUND and is_skipped
    return count


if __name__ == "__main__":
    asyncio.run(main())
