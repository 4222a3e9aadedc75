"""One cell of the fault matrix: a server of its own, asked once while one provider fails in one way."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Collection, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from enrichment.app import serving
from enrichment.catalogue import load as load_catalogue
from enrichment.domain.company import Field
from enrichment.domain.spending import Spending
from enrichment.sandbox import Sandbox, SandboxSettings, sandbox
from enrichment.sandbox.faults import modes_of
from enrichment.sandbox.latency import PROVIDERS
from enrichment.settings import load
from enrichment.stores.ledger.spending import spending
from enrichment_client import EnrichmentClient, EnrichmentError, EnrichOptions
from imensiah.enrichment.v1.enrichment_service_pb2 import Disposition, EnrichResponse, SkipReason, SourceOutcome

# Until when an answer must be there, and how late a busy machine may let it be read.
DEADLINE_SECONDS, LATE_SECONDS = 3.0, 0.25
# A cell that a busy machine let stand still for longer says nothing, and is played again, at most so many times.
STILL_SECONDS, TICK_SECONDS, MOST_ROUNDS = 0.2, 0.02, 5
# How long the provider that fails is waited for.
PATIENCE_MS = 600
NOBODY = "127.0.0.1:1"


@dataclass(frozen=True)
class Mishap:
    """A way to fail: a mode of the sandbox and its parameters; no mode: nobody listens where the provider was."""

    mode: str
    parameters: Mapping[str, int]


FAULTS: Mapping[str, Mishap] = {
    "refuse": Mishap("", {}),
    "reset": Mishap("reset", {}),
    "hang": Mishap("hang", {}),
    "drip": Mishap("drip", {"delay_ms": 50}),
    "5xx": Mishap("fail", {"status": 503}),
    "429": Mishap("throttle", {"retry_after": 30}),
    "quota": Mishap("quota", {}),
    "bad data": Mishap("rubbish", {}),
    "bomb": Mishap("bomb", {}),
    "slow": Mishap("slow", {"delay_ms": 300}),
}
# After these nobody can know whether the call was billed.
SENT_AND_UNANSWERED = ("reset", "hang", "drip", "bad data", "bomb")
CACHES = ("up", "down", "hung")


@dataclass(frozen=True)
class Cell:
    """A provider, how it fails (a name of FAULTS, "" for not at all), and how the cache does meanwhile."""

    source: str
    fault: str
    cache: str

    def __str__(self) -> str:
        return f"{self.source}, {self.fault or 'well'}, cache {self.cache}"


@dataclass(frozen=True)
class Verdict:
    """What does not hold in a cell, "" where all does; money in micro-dollars.

    `facts` are the fields that each source told; `unbilled` was charged though the provider, silent, did not bill it.
    `round` counts from 1: how often it was played.
    """

    cell: Cell
    broken: str
    seconds: float
    billed: int
    unbilled: int
    facts: Mapping[str, frozenset[int]]
    round: int = 1


def sources() -> tuple[str, ...]:
    """Every source of the catalogue that asks somebody over a wire."""
    return tuple(entry.name for entry in load_catalogue({}) if entry.name in PROVIDERS)


def cells() -> list[Cell]:
    """All cells that there can be: a name server has no headers, and not every provider an allowance."""
    return [
        Cell(source, fault, cache)
        for source in sources()
        for fault, mishap in FAULTS.items()
        if not mishap.mode or mishap.mode in modes_of(source)
        for cache in CACHES
    ]


def depending_on(source: str) -> frozenset[str]:
    """The sources whose question may be another one, or none, where this one says nothing."""
    found = {source}
    for entry in load_catalogue({}):
        # In the catalogue's order a source stands behind those it waits for.
        if found & {*entry.after, entry.backs_up}:
            found.add(entry.name)
    return frozenset(found - {source})


async def verdict(cell: Cell, folder: Path, healthy: Mapping[str, frozenset[int]]) -> Verdict:
    """Plays a cell, again where the machine stood still; `healthy` are the facts of a day on which nobody fails."""
    for number in range(1, MOST_ROUNDS):
        standstill = Standstill()
        async with standstill.measured():
            found = replace(await _played(cell, folder / str(number), healthy), round=number)
        if not found.broken or standstill.seconds < STILL_SECONDS:
            return found
    return replace(await _played(cell, folder / "last", healthy), round=MOST_ROUNDS)


class Standstill:
    """For how long the event loop could not run while it did not run either: others had the machine."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @asynccontextmanager
    async def measured(self) -> AsyncGenerator[None]:
        """Measures for as long as the context lasts."""
        task = asyncio.create_task(self._measure())
        try:
            yield
        finally:
            task.cancel()

    async def _measure(self) -> None:
        while True:
            began, busy = time.monotonic(), time.thread_time()
            await asyncio.sleep(TICK_SECONDS)
            # What this thread itself computed is no standstill: code of ours that blocks the loop is a finding.
            lost = time.monotonic() - began - TICK_SECONDS - (time.thread_time() - busy)
            self.seconds += max(0.0, lost - TICK_SECONDS)


async def _played(cell: Cell, folder: Path, healthy: Mapping[str, frozenset[int]]) -> Verdict:
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        if mode := FAULTS[cell.fault].mode if cell.fault else "":
            box.set_fault(cell.source, mode, **FAULTS[cell.fault].parameters)
        with _cache(cell.cache) as cache_url:
            async with serving(load(_environment(cell, box, folder, cache_url))) as address:
                began = time.monotonic()
                try:
                    events = await _asked(address, box.world.showcase[0])
                except (TimeoutError, EnrichmentError) as error:
                    return Verdict(cell, f"no stream: {error!r}", time.monotonic() - began, 0, 0, {})
                seconds = time.monotonic() - began
        return _judged(Played(cell, box, events, seconds, _ledger(folder)), healthy)


def _ledger(folder: Path) -> Mapping[str, Spending]:
    return {each.name: each for each in spending("", folder, "source", "2000-01-01")}


def _environment(cell: Cell, box: Sandbox, folder: Path, cache_url: str) -> Mapping[str, str]:
    """Every source is asked, whatever others have said, so that one enrichment meets them all."""
    own = f"IMENSIAH_SOURCES__{cell.source.upper()}__"
    environ = {
        **box.environment,
        "IMENSIAH_LISTEN": "127.0.0.1:0",
        "IMENSIAH_DATA_DIR": str(folder),
        "IMENSIAH_CACHE_URL": cache_url,
        "IMENSIAH_DEADLINE_MS": str(round(DEADLINE_SECONDS * 1000)),
        "IMENSIAH_LAYERS__FOUNDATION__SOFT_DEADLINE_MS": "1500",
        "IMENSIAH_RULES__ALREADY_KNOWN": "false",
        "IMENSIAH_RULES__REGISTRY_ANSWERED": "false",
        "IMENSIAH_RULES__FALLBACK_ONLY": "false",
    }
    if cell.fault not in ("", "slow"):
        environ[f"{own}TIMEOUT_MS"] = str(PATIENCE_MS)
    if cell.fault and not FAULTS[cell.fault].mode:
        where = {"website": ("CONNECT_TO", NOBODY), "dns": ("SERVER", NOBODY)}
        name, value = where.get(cell.source, ("BASE_URL", f"http://{NOBODY}"))
        environ[f"{own}{name}"] = value
    return environ


@contextmanager
def _cache(state: str) -> Generator[str]:
    """The URL of a cache that is well (a file), that nobody runs, or that accepts connections and never answers."""
    match state:
        case "up":
            yield "sqlite://"
        case "down":
            yield f"redis://{NOBODY}/0"
        case _:
            with socket.create_server(("127.0.0.1", 0)) as silent:
                yield f"redis://127.0.0.1:{silent.getsockname()[1]}/0"


async def _asked(address: str, domain: str) -> list[EnrichResponse]:
    options = EnrichOptions(wanted_fields=[field.value for field in Field], max_cost_usd_micros=1_000_000)
    async with EnrichmentClient(address) as client, client.enrich(domain, options) as events:
        async with asyncio.timeout(2 * DEADLINE_SECONDS):
            return [event async for event in events]


@dataclass(frozen=True)
class Played:
    """What happened in a cell."""

    cell: Cell
    box: Sandbox
    events: list[EnrichResponse]
    seconds: float
    ledger: Mapping[str, Spending]

    @property
    def outcomes(self) -> list[SourceOutcome]:
        """How each source ended; one that its layer did not wait for ends in a later one."""
        told = [each for event in self.events for each in event.layer.sources]
        return [each for each in told if each.disposition != Disposition.DISPOSITION_PENDING]

    def outcome(self, source: str) -> SourceOutcome:
        return next((each for each in self.outcomes if each.source == source), SourceOutcome())

    def facts(self) -> dict[str, frozenset[int]]:
        told: dict[str, set[int]] = {}
        for each in self.events[-1].completed.evidence:
            told.setdefault(each.source, set()).add(each.field)
        return {source: frozenset(fields) for source, fields in told.items()}


def _judged(played: Played, healthy: Mapping[str, frozenset[int]]) -> Verdict:
    broken = [*_late(played), *_lost(played, healthy), *_overpaid(played)]
    if not broken and played.cell.fault:
        broken = _misread(played)
    charged, billed = played.events[-1].completed.cost_usd_micros, played.box.cost_usd_micros()
    return Verdict(played.cell, "; ".join(broken), played.seconds, billed, charged - billed, played.facts())


def _late(played: Played) -> Iterator[str]:
    if not played.events[-1].HasField("completed"):
        yield "the stream does not end with EnrichmentCompleted"
    if played.seconds > DEADLINE_SECONDS + LATE_SECONDS:
        yield f"answered after {played.seconds:.2f} s"


def _lost(played: Played, healthy: Mapping[str, frozenset[int]]) -> Iterator[str]:
    """One outcome for every source, and from all whom the fault does not touch what they tell on any other day."""
    names = [each.source for each in played.outcomes]
    if sorted(names) != sorted(entry.name for entry in load_catalogue({})):
        yield f"outcomes of {', '.join(sorted(names))}"
    facts, touched = played.facts(), {played.cell.source, *depending_on(played.cell.source)}
    for source in healthy.keys() - touched:
        if facts.get(source) != healthy[source]:
            yield f"{source} told {len(facts.get(source, ()))} fields of {len(healthy[source])}"
    for outcome in played.outcomes:
        if outcome.source != played.cell.source and outcome.disposition == Disposition.DISPOSITION_FAILED:
            yield f"{outcome.source} failed, too: {outcome.explanation}"


def _overpaid(played: Played) -> Iterator[str]:
    """What was charged is in the ledger and on the bill, or above the bill and marked as estimated; once, and ended."""
    for source in sources():
        charged, billed = played.outcome(source).cost_usd_micros, played.box.cost_usd_micros(source)
        spent = played.ledger.get(source, Spending(source, 0, 0, 0, 0))
        if charged < billed or (charged != billed and spent.estimated_usd_micros == 0):
            yield f"{source} charged {charged} and billed {billed}"
        if charged != spent.spent_usd_micros or spent.held_usd_micros:
            yield f"{source} charged {charged}; in the ledger {spent.spent_usd_micros}, held {spent.held_usd_micros}"
        if spent.estimated_usd_micros and source != played.cell.source:
            yield f"{source} is estimated"
        if spent.calls and played.box.calls(source) > _most_calls(played.cell, source):
            yield f"{source} was called {played.box.calls(source)} times"
    total = sum(played.outcome(source).cost_usd_micros for source in sources())
    if total != played.events[-1].completed.cost_usd_micros:
        yield f"{total} charged by source and {played.events[-1].completed.cost_usd_micros} in total"


def _most_calls(cell: Cell, source: str) -> int:
    """A paid call is repeated only where it was certainly not billed and nobody asked for a pause."""
    return 2 if source == cell.source and cell.fault == "5xx" else 1


def _misread(played: Played) -> Collection[str]:
    """The one that fails is told of as what it is."""
    cell, outcome = played.cell, played.outcome(played.cell.source)
    if cell.fault == "slow" or (cell.source, cell.fault) == ("website", "bomb"):
        # A page is read as far as its limit goes, and its headers are well.
        expected = outcome.disposition == Disposition.DISPOSITION_FOUND
    elif outcome.skip_reason == SkipReason.SKIP_REASON_DISALLOWED:
        # A robots.txt that cannot be read allows nothing (RFC 9309, 2.3.1.4).
        expected = cell.source == "website"
    else:
        expected = outcome.disposition == Disposition.DISPOSITION_FAILED and len(outcome.error.details) > 0
    estimated = played.ledger[cell.source].estimated_usd_micros if cell.source in played.ledger else 0
    if estimated and cell.fault not in SENT_AND_UNANSWERED:
        return [f"{cell.source} is estimated after {cell.fault}"]
    return [] if expected else [f"{cell.source} is {Disposition.Name(outcome.disposition)}: {outcome.explanation}"]
