"""The composition root: builds everything, owns start, drain and stop."""

import asyncio
import logging
import signal
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import random
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import uuid4

from enrichment import certificates
from enrichment.access import anybody, is_loopback
from enrichment.domain.directory import Directory, DirectoryUnavailable
from enrichment.domain.ports import Journal, Ledger, LedgerUnavailable, Store
from enrichment.guards import Shared, guarded, order
from enrichment.guards.budget import Budget
from enrichment.guards.cache import Writes
from enrichment.guards.counting import Counters
from enrichment.guards.flight import Flights
from enrichment.guards.limits import Limits
from enrichment.guards.retry import Retries
from enrichment.pipeline.operations import Operations
from enrichment.pipeline.run import Enrichments
from enrichment.pipeline.switches import Switches
from enrichment.pipeline.tools import Guarded, Tools
from enrichment.rpc.server import Server, ServerSettings
from enrichment.settings import Settings, check_budget, check_listen
from enrichment.sources import build
from enrichment.sources.directory import DirectorySource
from enrichment.stores.aiocache_store import AiocacheStore
from enrichment.stores.answers import Answers
from enrichment.stores.directory.database import database
from enrichment.stores.directory.sql import SqlDirectory
from enrichment.stores.ledger.database import LEDGER_FILE, postgresql, sqlite
from enrichment.stores.ledger.memory import MemoryLedger
from enrichment.stores.ledger.sql import SqlLedger
from enrichment.stores.ledger.switches import MemorySwitches, SqlSwitches
from enrichment.stores.memory import MemoryCache
from enrichment.stores.redis import RedisCache
from enrichment.stores.sqlite import SqliteCache
from enrichment.stores.tiered import Tiered

log = logging.getLogger(__name__)

# How often holds that a crash has left open are looked for: they have been overdue for a minute by then.
SWEEP_SECONDS = 10.0
# A source that is switched at another server is switched here as well after so long at most.
SWITCHES_SECONDS = 5.0


async def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT, then drains and returns; `announce` is told the address once it is open."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(settings) as address:
        announce(address)
        await stop.wait()
        log.info("stopping: no new streams, those open may end")


@asynccontextmanager
async def serving(settings: Settings) -> AsyncGenerator[str]:
    """A running server; yields the address that it listens on, and drains on the way out.

    Raises PermissionError where it would serve strangers or spend without limits, OSError where it cannot listen or its
    certificates are none.
    """
    check_listen(settings)
    check_budget(settings)
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(enriching(settings))
        server = Server(
            _server_settings(settings), parts.enrichments, _operations(parts.tools, parts.shared), time.time
        )
        address = await server.start()
        if settings.callers and not (settings.tls.certificate or is_loopback(settings.listen)):
            log.warning("tokens come in the clear: set IMENSIAH_TLS__CERTIFICATE and __KEY, or have a proxy speak TLS")
        stack.push_async_callback(server.drain)
        yield address


@asynccontextmanager
async def enriching(settings: Settings) -> AsyncGenerator["Parts"]:
    """All that enriches, without a server; what is under way is waited for on the way out."""
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(_ledger(settings))
        store = await _store(settings)
        stack.push_async_callback(store.close)
        shared = _shared(settings, store, ledger)
        stack.push_async_callback(shared.writes.settled)
        switches = await stack.enter_async_context(_switches(settings))
        directory = await stack.enter_async_context(_directory(settings))
        tools = _tools(settings, shared, _Kept(ledger, switches, directory))
        for each in tools.sources.values():
            stack.push_async_callback(each.source.close)
        # What is paid for is waited for, settled and kept, though nobody waits for its answer.
        stack.push_async_callback(shared.flights.landed, settings.drain_ms / 1000)
        yield Parts(Enrichments(tools), tools, shared, ledger, directory)


class Parts(NamedTuple):
    """What runs in a process that enriches."""

    enrichments: Enrichments
    tools: Tools
    shared: Shared
    ledger: Ledger
    directory: SqlDirectory


async def _store(settings: Settings) -> Store:
    """A bounded memory, over what survives a restart unless memory alone is asked for."""
    near = AiocacheStore(MemoryCache(time.time, settings.cache_memory_mb * 2**20))
    if settings.cache_url == "memory://":
        return near
    if settings.cache_url.startswith("redis"):
        # Connects when it is used, and again when it is back.
        return Tiered(near, AiocacheStore(RedisCache(settings.cache_url)))
    file = SqliteCache(settings.data_dir / "cache.sqlite", time.time)
    try:
        # Now, not within the first caller's time.
        await file.open()
    except (OSError, sqlite3.Error) as error:
        log.warning("the cache in %s is out of reach, memory alone holds answers: %s", settings.data_dir, error)
        return near
    return Tiered(near, AiocacheStore(file))


@asynccontextmanager
async def _ledger(settings: Settings) -> AsyncGenerator[MemoryLedger | SqlLedger]:
    """The ledger, open and swept from time to time; what waits on the way out is written."""
    if settings.database_url == "memory://":
        ledger = MemoryLedger(time.time)
    elif settings.database_url.startswith("postgres"):
        ledger = SqlLedger(postgresql(settings.database_url), time.time)
    else:
        ledger = SqlLedger(sqlite(settings.data_dir / LEDGER_FILE), time.time)
    try:
        await ledger.open()
    except LedgerUnavailable as error:
        log.warning("nothing is paid for until the ledger can be reached: %s", error)
    sweeps = asyncio.create_task(_sweep(ledger), name="ledger sweeps")
    try:
        yield ledger
    finally:
        sweeps.cancel()
        await ledger.close()


@asynccontextmanager
async def _directory(settings: Settings) -> AsyncGenerator[SqlDirectory]:
    """The directory, open; what was learnt is written on the way out."""
    with TemporaryDirectory(prefix="imensiah-") as forgotten_at_the_end:
        is_in_memory = settings.database_url == "memory://"
        folder = Path(forgotten_at_the_end) if is_in_memory else settings.data_dir
        directory = SqlDirectory(database(settings.database_url, folder))
        try:
            await directory.open()
        except DirectoryUnavailable as error:
            log.warning("no company is found in the directory until it can be reached: %s", error)
        try:
            yield directory
        finally:
            await directory.close()


async def _sweep(ledger: MemoryLedger | SqlLedger) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        ledger.sweep()


@asynccontextmanager
async def _switches(settings: Settings) -> AsyncGenerator[Switches]:
    """The switches of the sources, as they were left and as other servers change them."""
    if settings.database_url == "memory://":
        store = MemorySwitches()
    elif settings.database_url.startswith("postgres"):
        store = SqlSwitches(postgresql(settings.database_url), time.time)
    else:
        store = SqlSwitches(sqlite(settings.data_dir / LEDGER_FILE), time.time)
    switches = Switches(store)
    try:
        await switches.refresh()
    except LedgerUnavailable as error:
        log.warning("every source is as the settings have it until the ledger can be reached: %s", error)
    refreshes = asyncio.create_task(_refresh(switches), name="switches")
    try:
        yield switches
    finally:
        refreshes.cancel()
        await store.close()


async def _refresh(switches: Switches) -> None:
    while True:
        await asyncio.sleep(SWITCHES_SECONDS)
        # The ledger tells of the trouble.
        with suppress(LedgerUnavailable):
            await switches.refresh()


def _operations(tools: Tools, shared: Shared) -> Operations:
    return Operations(tools, shared.limits.condition, shared.counters.of, shared.counters.since)


def _shared(settings: Settings, store: Store, ledger: Ledger) -> Shared:
    return Shared(
        cache=Answers(store, time.time, is_on=settings.guards.cache),
        writes=Writes(),
        flights=Flights(is_shared=settings.guards.single_flight),
        retries=Retries(random),
        budget=Budget(ledger if settings.guards.budget else None, time.time, lambda: str(uuid4())),
        counters=Counters(time.time()),
        limits=Limits(has_breaker=settings.guards.breaker, has_limiter=settings.guards.limiter),
    )


class _Kept(NamedTuple):
    """What outlasts the process."""

    journal: Journal
    switches: Switches
    directory: Directory


def _tools(settings: Settings, shared: Shared, kept: _Kept) -> Tools:
    guards = order(shared)
    sources: dict[str, Guarded] = {}
    for entry in settings.sources:
        is_ours = entry.is_local
        source = DirectorySource(entry, kept.directory, settings.sources, time.time) if is_ours else build(entry)
        sources[entry.name] = Guarded(entry, source, guarded(source, guards, time.time))
    return Tools(
        sources=sources,
        cache=shared.cache,
        flights=shared.flights,
        journal=kept.journal,
        switches=kept.switches,
        on_hit=shared.counters.hit,
        directory=kept.directory,
        rules=settings.rules,
        foundation_soft_deadline_seconds=settings.foundation_soft_deadline_ms / 1000,
    )


def _server_settings(settings: Settings) -> ServerSettings:
    return ServerSettings(
        listen=settings.listen,
        max_streams=settings.max_streams,
        max_lag_seconds=settings.max_lag_ms / 1000,
        drain_seconds=settings.drain_ms / 1000,
        default_max_cost_usd_micros=settings.max_cost_usd_micros,
        ceiling_seconds=settings.deadline_ms / 1000,
        reflection=settings.reflection,
        callers=settings.callers,
        anybody=anybody(settings.listen),
        tls=certificates.load(settings.tls),
    )
