"""`imensiah directory harvest`: companies that nobody has asked about, searched for and filled from free sources."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from enrichment.app import Parts, enriching
from enrichment.domain.catalogue import Layer
from enrichment.domain.company import DEFAULT_FIELDS
from enrichment.domain.directory import DirectoryUnavailable
from enrichment.domain.event import Completed, EnrichmentRequest
from enrichment.domain.harvest import Harvest, SearchFailed, Stage
from enrichment.domain.money import dollars
from enrichment.domain.ports import LedgerUnavailable
from enrichment.domain.subject import Hints
from enrichment.harvest.apify import Apify
from enrichment.harvest.fill import Visit, fill
from enrichment.harvest.plan import LEAST_RUN_USD_MICROS, SearchPlan, Wish, countries, plan
from enrichment.harvest.search import Search
from enrichment.settings import Settings
from enrichment.stores.directory.harvests import SqlHarvests
from enrichment.terminal.failures import ExitCode, Failed
from enrichment.terminal.harvest import HarvestDisplay
from enrichment.terminal.show import console_for

try:
    import fcntl
except ImportError:  # Windows: two that are started at once are not told apart
    fcntl = None

LOCK_FILE = "harvest.lock"


class Watcher(Protocol):
    """Who is told how a harvest stands: sentences, and how many domains of all that were left are visited."""

    def say(self, sentence: str) -> None: ...

    def visited(self, done: int, total: int) -> None: ...


def show_harvest(arguments: argparse.Namespace, settings: Settings) -> None:
    """`imensiah directory harvest`; raises Failed with a sentence for the person who asks."""
    with HarvestDisplay(console_for(sys.stdout)) as display:
        try:
            asyncio.run(harvest(settings, arguments.country, arguments.limit, display))
        except ValueError as error:
            raise Failed(ExitCode.USAGE, str(error)) from None
        except (SearchFailed, LedgerUnavailable, DirectoryUnavailable) as error:
            raise Failed(ExitCode.FAILED, str(error)) from None


async def harvest(settings: Settings, country_code: str, limit: int, watcher: Watcher) -> Harvest:
    """Harvests, or goes on with what was begun.

    Raises ValueError for settings that lack something, SearchFailed, LedgerUnavailable and DirectoryUnavailable.
    """
    _check(settings, country_code)
    with _alone(settings.data_dir):
        async with enriching(settings) as parts:
            harvests, now = SqlHarvests(parts.directory), time.time()
            last = await harvests.latest(country_code, limit)
            if last and last.stage is Stage.DONE and last.month == _month(now):
                watcher.say("this month's harvest is done; that of another month goes on with other searches")
                return last
            is_new = last is None or last.stage in (Stage.DONE, Stage.FAILED)
            begun = last if last and not is_new else _planned(settings, (country_code, limit), now, watcher.say)
            if begun.stage is not Stage.FILLING:
                search = Search(
                    provider=Apify(settings.harvest.api_key, settings.harvest.base_url),
                    harvests=harvests,
                    ledger=parts.ledger,
                    month_limit_usd_micros=settings.harvest.max_cost_usd_micros,
                    clock=time.time,
                    say=watcher.say,
                )
                begun = await search.domains(begun, is_new=is_new)
            left = len(await harvests.left(begun.id))
            tally = await fill(begun, harvests, _visit(settings, parts), lambda done: watcher.visited(done, left))
            watcher.say(f"{tally.visited:,} domains visited, something is known now of {tally.filled:,}")
            return begun


def _check(settings: Settings, country_code: str) -> None:
    if country_code not in countries():
        raise ValueError(f"no regions of {country_code!r} are known to search in; there are {', '.join(countries())}")
    if settings.database_url == "memory://":
        raise ValueError("IMENSIAH_DATABASE_URL is memory://: what is harvested would be gone at the end")
    if not settings.harvest.api_key:
        raise ValueError(
            "a harvest needs a token of Apify: IMENSIAH_HARVEST__API_KEY (console.apify.com, Settings, API)"
        )


def _planned(settings: Settings, wanted: tuple[str, int], now: float, say: Callable[[str], None]) -> Harvest:
    """A harvest that fits into the money; says what it is expected to bring and to cost."""
    (code, limit), means, month = wanted, settings.harvest, _month(now)
    year, month_of_year = map(int, month.split("-"))
    wish = Wish(limit, means.max_cost_usd_micros, means.page_price_usd_micros, 12 * year + month_of_year)
    planned = plan(countries()[code], wish)
    if planned is None:
        least = dollars(max(LEAST_RUN_USD_MICROS, means.page_price_usd_micros))
        raise ValueError(f"IMENSIAH_HARVEST__MAX_COST_USD_MICROS is below {least}, the least that a search may cost")
    say(_announced(planned, limit, means.max_cost_usd_micros))
    return Harvest(
        id=str(uuid4()),
        country_code=code,
        limit=limit,
        month=month,
        started_at=now,
        queries=planned.queries,
        pages_per_query=planned.pages_per_query,
        run_limit_usd_micros=planned.run_limit_usd_micros,
    )


def _announced(planned: SearchPlan, limit: int, most_usd_micros: int) -> str:
    text = (
        f"{len(planned.queries):,} searches, {planned.pages:,} pages of results, "
        f"about {dollars(planned.cost_usd_micros)}: some {planned.companies:,} companies are expected"
    )
    if planned.wanted_cost_usd_micros > most_usd_micros:
        needed = planned.wanted_cost_usd_micros
        text += (
            f"; for {limit:,}, about {dollars(needed)} is needed, and IMENSIAH_HARVEST__MAX_COST_USD_MICROS allows "
            f"{dollars(most_usd_micros)}"
        )
    return text


def _visit(settings: Settings, parts: Parts) -> Visit:
    """Asks the free sources as a caller would who has nothing to spend; what they say the directory learns."""

    async def visit(domain: str) -> bool:
        request = EnrichmentRequest(
            domain=domain,
            hints=Hints(),
            wanted=DEFAULT_FIELDS,
            layers=frozenset({Layer.FOUNDATION}),
            max_cost_usd_micros=0,
        )
        is_known = False
        with parts.enrichments.start(request, settings.deadline_ms / 1000) as run:
            while (event := await run.event()) is not None:
                if isinstance(event, Completed):
                    is_known = bool(event.evidence)
        return is_known

    return visit


def _month(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m")


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """One harvest at a time: a second would pay for the same search. The system frees the lock of one that dies."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SearchFailed(f"another harvest is at work in {folder}: let it end") from None
        yield
    finally:
        os.close(descriptor)
