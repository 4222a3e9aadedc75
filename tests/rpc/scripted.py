"""A pipeline by script: what each run says and how it ends, and a server around it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Company, Field
from enrichment.domain.errors import SkipReason, Throttled
from enrichment.domain.event import (
    Completed,
    Disposition,
    EnrichmentRequest,
    Event,
    Evidence,
    LayerResult,
    Plan,
    PlannedSource,
    Profile,
    SourceOutcome,
    Started,
)
from enrichment.domain.fact import Fact
from enrichment.domain.operation import SourceStatus
from enrichment.domain.ports import CacheUnavailable, LedgerUnavailable

NOON = 1_800_000_000.0

# What a run does next: says something, raises something, or waits until it is set.
Step = Event | BaseException | asyncio.Event
Script = Callable[[EnrichmentRequest], Sequence[Step]]


@dataclass
class ScriptedRun:
    """Goes through its steps, one per read; `said` counts the events that were read from it."""

    steps: Sequence[Step]
    said: int = 0
    is_entered: bool = False
    waits: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def __enter__(self) -> Self:
        self.is_entered = True
        return self

    def __exit__(self, *_: object) -> None:
        self.left.set()

    async def event(self) -> Event | None:
        for step in self.steps[self.said :]:
            if isinstance(step, BaseException):
                raise step
            self.said += 1
            if not isinstance(step, asyncio.Event):
                return step
            self.waits.set()
            await step.wait()
        return None


@dataclass
class ScriptedEnrichments:
    """Starts runs that follow `script`; `learn` is what a new fact about a domain does."""

    script: Script
    runs: list[ScriptedRun] = field(default_factory=list[ScriptedRun])
    requests: list[EnrichmentRequest] = field(default_factory=list[EnrichmentRequest])
    seconds: list[float] = field(default_factory=list[float])
    generations: Counter[str] = field(default_factory=Counter[str])
    profiles: dict[str, Profile] = field(default_factory=dict[str, Profile])

    def start(self, request: EnrichmentRequest, seconds: float) -> ScriptedRun:
        run = ScriptedRun(self.script(request))
        self.runs.append(run)
        self.requests.append(request)
        self.seconds.append(seconds)
        return run

    def generation(self, domain: str) -> int:
        return self.generations[domain]

    async def plan(self, request: EnrichmentRequest, seconds: float) -> Plan:
        self.requests.append(request)
        self.seconds.append(seconds)
        source = PlannedSource(
            "opencorporates", Layer.REGISTRY, False, SkipReason.OVER_BUDGET, "costs $0.003; $0 is left of $0", 3_000
        )
        return Plan(request.domain, (source,), 0)

    async def profile(self, domain: str) -> Profile | None:
        return self.profiles.get(domain)

    def learn(self, domain: str) -> None:
        self.generations[domain] += 1


@dataclass
class ScriptedOperations:
    """Knows these sources; `is_down`: neither database nor cache can be reached. `forgetting` is done meanwhile."""

    statuses: dict[str, SourceStatus] = field(default_factory=dict[str, SourceStatus])
    held: Counter[str] = field(default_factory=Counter[str])
    is_down: bool = False
    forgetting: Callable[[], Awaitable[object]] | None = None

    def sources(self) -> Sequence[SourceStatus]:
        return list(self.statuses.values())

    async def switch(self, source: str, *, is_enabled: bool) -> SourceStatus | None:
        if self.is_down:
            raise LedgerUnavailable("the database is down")
        if source not in self.statuses:
            return None
        status = self.statuses[source]
        self.statuses[source] = replace(status, entry=replace(status.entry, is_enabled=is_enabled))
        return self.statuses[source]

    async def forget(self, domain: str) -> int:
        if self.forgetting:
            await self.forgetting()
        if self.is_down:
            raise CacheUnavailable("the cache is down")
        return self.held.pop(domain, 0)


@dataclass
class SetClock:
    """A clock that stands until it is set."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now


def company(domain: str = "vidraria.com.br", name: str = "Vidraria Aurora") -> Company:
    return Company(domain, {Field.NAME: name, Field.COUNTRY_CODE: "BR"})


def claim(name: Field, value: str, source: str = "website") -> Evidence:
    return Evidence(Fact(name, value, source, 0.7, NOON - 60, NOON + 86_400), is_selected=True)


def outcome(source: str = "receitaws") -> SourceOutcome:
    error = Throttled("429 from 203.0.113.7 with key k-123", retry_after=20.0)
    return SourceOutcome(source, Layer.REGISTRY, Disposition.FAILED, duration_seconds=0.25, error=error)


def skipped(source: str = "opencorporates") -> SourceOutcome:
    return SourceOutcome(source, Layer.REGISTRY, Disposition.SKIPPED, SkipReason.NO_CREDENTIALS, "no key is configured")


def started(request: EnrichmentRequest, enrichment_id: str = "e-1") -> Started:
    return Started(enrichment_id, request)


def layer_result(layer: Layer = Layer.FOUNDATION, name: str = "Vidraria Aurora") -> LayerResult:
    return LayerResult(
        layer=layer,
        company=company(name=name),
        updated=(Field.NAME, Field.COUNTRY_CODE),
        evidence=(claim(Field.NAME, name), claim(Field.COUNTRY_CODE, "BR")),
        sources=(outcome(), skipped()),
        cost_usd_micros=3_000,
        duration_seconds=0.5,
    )


def completed(repeatable_until: float | None = None, name: str = "Vidraria Aurora") -> Completed:
    return Completed(
        company=company(name=name),
        evidence=(claim(Field.NAME, name),),
        cost_usd_micros=0 if repeatable_until else 3_000,
        saved_usd_micros=53_000,
        duration_seconds=1.25,
        completeness=0.5,
        confidence=0.7,
        is_from_cache=repeatable_until is not None,
        repeatable_until=repeatable_until,
    )


def usual(request: EnrichmentRequest) -> list[Step]:
    """Three layers and the end."""
    return [started(request), *(layer_result(layer) for layer in Layer), completed()]


def endless(request: EnrichmentRequest) -> list[Step]:
    """Says that it has started, then waits for ever."""
    return [started(request), asyncio.Event()]


def copious(request: EnrichmentRequest) -> list[Step]:
    """Far more than gRPC's flow control lets through to a caller that does not read."""
    return [started(request), *([layer_result(name="x" * 10_000)] * 3_000), completed()]
