"""One enrichment in flight: rounds of deciding and asking, in a task of its own that feeds a bounded queue."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Self

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.errors import Skipped, SourceError, Unreadable
from enrichment.domain.event import EnrichmentRequest, Event, SourceOutcome, Started
from enrichment.domain.fact import Answer
from enrichment.domain.ports import AnswerCache, Ask, Call, Clock, Flights, Held, Journal, Party, Source, Stake
from enrichment.pipeline import outcome
from enrichment.pipeline.minutes import Minutes
from enrichment.pipeline.plan import Action, Candidate, Decision, Rules, Situation, plan, waits_for
from enrichment.pipeline.progress import Progress

log = logging.getLogger(__name__)

# Kept back of the deadline to write the answer in: 150 ms, or a fifth where that is less.
MARGIN_SECONDS = 0.150
MARGIN_SHARE = 0.20
QUEUE_LENGTH = 16

Ended = tuple[SourceOutcome, Answer | None]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A source as the run meets it: what it would be asked, and the guarded way to ask it."""

    entry: Entry
    source: Source
    ask: Ask


@dataclass(frozen=True, slots=True)
class Tools:
    """What every run shares."""

    sources: Mapping[str, Guarded]
    cache: AnswerCache
    flights: Flights
    journal: Journal
    clock: Clock = time.time
    rules: Rules = Rules()
    foundation_soft_deadline_seconds: float = 2.5
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())


class Enrichments:
    """Starts enrichments."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def start(self, request: EnrichmentRequest, seconds: float) -> "Run":
        """An enrichment that ends within `seconds` from now."""
        return Run(request, seconds, self._tools)

    def generation(self, domain: str) -> int:
        """A number that changes whenever something new is held of the domain."""
        return self._tools.cache.generation(domain)


class Run:
    """One enrichment in flight. Enter it, read `event` until None; leaving it ends it, synchronously."""

    def __init__(self, request: EnrichmentRequest, seconds: float, tools: Tools) -> None:
        self._started = Started(tools.new_id(), request)
        self._request = request
        self._seconds = seconds
        self._tools = tools
        self._queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue(QUEUE_LENGTH)
        self._progress = Progress(request, {name: each.entry for name, each in tools.sources.items()})
        self._tasks: set[asyncio.Task[Ended]] = set()
        self._minutes = Minutes(tools.clock())
        self._looked_up_at: dict[str, float] = {}
        self._looked_up: dict[tuple[str, bytes], Answer | None] = {}

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        margin = min(MARGIN_SECONDS, self._seconds * MARGIN_SHARE)
        self._deadline = self._began + self._seconds - margin
        soft = min(self._tools.foundation_soft_deadline_seconds, self._seconds)
        self._soft_deadline = self._began + soft
        self._is_left = False
        self._faults_before = self._tools.cache.faults
        self._task = asyncio.create_task(self._work(), name="run")
        return self

    def __exit__(self, *_: object) -> None:
        # grpc#29248: a handler that awaits its clean-up can hang the client; cancelling is synchronous.
        self._is_left = True
        self._task.cancel()

    async def event(self) -> Event | None:
        """The next event; None when there are no more. Raises what a bug of ours raised."""
        event = await self._queue.get()
        if isinstance(event, BaseException):
            raise event
        return event

    async def _work(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                await self._enrich(group)
        except (Exception, BaseExceptionGroup, asyncio.CancelledError) as error:
            if self._is_left:
                raise
            # Whoever reads must not wait for ever, whatever a bug has thrown.
            bug = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
            await self._queue.put(RuntimeError(f"the run broke: {bug!r}"))

    async def _enrich(self, group: asyncio.TaskGroup) -> None:
        await self._queue.put(self._started)
        await self._go_on(group)
        # Each call ends by the deadline, whatever its source does (guards/flight.py).
        while self._tasks:
            await self._wait()
            await self._take_what_ended()
            await self._go_on(group)
        await self._emit_due_layers()
        is_sound = self._tools.cache.faults == self._faults_before
        done = self._progress.completed(self._seconds_so_far(), self._tools.clock(), is_cache_sound=is_sound)
        await self._queue.put(done)
        self._tools.journal.record(
            self._minutes.record(self._started, self._progress.outcomes, self._progress.answers, done)
        )
        await self._queue.put(None)

    async def _wait(self) -> None:
        is_closed = self._progress.is_foundation_closed
        timeout = None if is_closed else max(0.0, self._soft_deadline - self._loop.time())
        await asyncio.wait(self._tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    async def _take_what_ended(self) -> None:
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            await self._end(*task.result())

    async def _go_on(self, group: asyncio.TaskGroup) -> None:
        """Decides until there is nothing to decide: what is held is merged at once and may answer further questions."""
        is_settled = False
        while not is_settled:
            self._close_foundation()
            situation = self._progress.situation(self._deadline - self._loop.time(), self._tools.rules)
            decisions = plan(await self._candidates(situation), situation)
            self._minutes.decide(decisions, situation.money_left, self._tools.clock())
            # What is served answers questions and changes others: nothing is started on what was known before.
            is_news = any(decision.action is Action.SERVE for decision in decisions)
            is_settled = True
            for decision in decisions:
                if not (is_news and decision.action is Action.START):
                    is_settled &= await self._act(decision, group)
        await self._emit_due_layers()

    def _close_foundation(self) -> None:
        progress = self._progress
        if progress.has_ended(Layer.FOUNDATION) or self._loop.time() >= self._soft_deadline:
            progress.is_foundation_closed = True

    async def _candidates(self, situation: Situation) -> list[Candidate]:
        candidates: list[Candidate] = []
        for entry in self._progress.open_entries:
            source, subject = self._tools.sources[entry.name].source, self._progress.subject(entry)
            if not entry.is_enabled:
                candidates.append(Candidate(entry, subject))
                continue
            price = self._progress.prices[entry.name] = source.price(subject)
            question = None if waits_for(entry, situation) else source.question(subject)
            candidates.append(Candidate(entry, subject, question, price))
        await self._look_up(candidates)
        return [self._with_hit(candidate) for candidate in candidates]

    async def _look_up(self, candidates: Sequence[Candidate]) -> None:
        """One multi-get, in time, for every question that this run has not yet looked up."""
        new = [
            (candidate.entry, candidate.question)
            for candidate in candidates
            if candidate.question is not None and (candidate.entry.name, candidate.question) not in self._looked_up
        ]
        if not new:
            return
        held, now = Held(), self._tools.clock()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline):
                held = await self._tools.cache.get_many(self._request.domain, new)
        for entry, question in new:
            self._looked_up[entry.name, question] = self._young_enough(held.fresh.get(entry.name))
            self._progress.stale[entry.name] = self._young_enough(held.stale.get(entry.name))
            self._looked_up_at[entry.name] = now

    def _young_enough(self, hit: Answer | None) -> Answer | None:
        max_age = self._request.max_age_seconds
        is_young = hit is not None and (max_age is None or hit.observed_at >= self._tools.clock() - max_age)
        return hit if is_young else None

    def _with_hit(self, candidate: Candidate) -> Candidate:
        entry, question = candidate.entry, candidate.question
        if question is None:
            return candidate
        is_in_flight = self._tools.flights.has(entry.name, question)
        return replace(candidate, hit=self._looked_up.get((entry.name, question)), is_in_flight=is_in_flight)

    async def _act(self, decision: Decision, group: asyncio.TaskGroup) -> bool:
        """Does what was decided; False where it ended a source, so that others may now be decided."""
        candidate = decision.candidate
        match decision.action:
            case Action.START:
                self._start(decision, group)
            case Action.SERVE if candidate.hit:
                await self._end(outcome.served(decision, candidate.hit), candidate.hit)
            case Action.SKIP:
                await self._end(outcome.spared(decision), None)
            case _:
                pass
        return decision.action not in (Action.SERVE, Action.SKIP)

    def _start(self, decision: Decision, group: asyncio.TaskGroup) -> None:
        candidate = decision.candidate
        entry, question, price = candidate.entry, candidate.question, candidate.price_usd_micros
        assert question is not None  # the plan starts nothing without one
        self._progress.start(entry.name, price if decision.may_pay else 0, self._seconds_so_far())
        if candidate.hit:
            # The call is for what terms kept out of it; whether or not that comes, this part is there.
            self._progress.take(candidate.hit)
        stake = Stake(
            self._started.enrichment_id,
            self._request.purse,
            self._deadline,
            decision.may_pay,
            domain=self._request.domain,
        )
        call = Call(entry, candidate.subject, question, price, Party([stake]), self._looked_up_at[entry.name])
        self._tasks.add(group.create_task(self._ask(call, stake), name=f"ask {entry.name}"))

    async def _ask(self, call: Call, stake: Stake) -> Ended:
        began = self._loop.time()
        try:
            answer = await self._tools.sources[call.entry.name].ask(call)
        except Skipped as skip:
            return outcome.refused(call, skip, self._loop.time() - began), None
        except SourceError as error:
            log.warning("%s failed for %s: %s: %s", call.entry.name, call.subject.domain, type(error).__name__, error)
            return outcome.failed(call, stake, error, self._loop.time() - began), None
        except (Exception, asyncio.CancelledError) as bug:
            if _is_cancelled():
                raise
            # One source's bug, a cancellation that nobody asked for included, must not take the others' answers away.
            log.exception("%s has a bug, shown by %s", call.entry.name, call.subject.domain)
            error = Unreadable(f"bug: {bug!r}", is_cost_unknown=True)
            return outcome.failed(call, stake, error, self._loop.time() - began), None
        return outcome.answered(call, stake, answer, self._loop.time() - began), answer

    async def _end(self, ended: SourceOutcome, answer: Answer | None) -> None:
        stale = self._progress.stale.get(ended.source)
        if answer is None and stale and outcome.may_be_stood_in_for(ended):
            ended, answer = outcome.stood_in_for(ended, stale, self._tools.clock()), stale
        if answer and not answer.is_from_cache:
            before = self._progress.confidences
            self._progress.end(ended, answer, self._seconds_so_far())
            self._minutes.gain(ended.source, before, self._progress.confidences)
        else:
            self._progress.end(ended, answer, self._seconds_so_far())
        if self._request.include_source_outcomes:
            await self._queue.put(ended)

    def _seconds_so_far(self) -> float:
        return self._loop.time() - self._began

    async def _emit_due_layers(self) -> None:
        for layer in self._progress.due_layers():
            await self._queue.put(self._progress.layer_result(layer, self._seconds_so_far()))


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
