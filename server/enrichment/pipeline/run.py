"""One enrichment in flight: rounds of deciding and asking, in a task of its own that feeds a bounded queue."""

import asyncio
import logging
from typing import Self

from enrichment.domain.catalogue import Layer
from enrichment.domain.errors import Skipped, SourceError, Unreadable
from enrichment.domain.event import (
    Completed,
    Disposition,
    EnrichmentRequest,
    Event,
    Plan,
    Profile,
    SourceOutcome,
    Started,
)
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call, Party, Stake
from enrichment.pipeline import outcome
from enrichment.pipeline.lookup import Lookup
from enrichment.pipeline.minutes import Minutes
from enrichment.pipeline.plan import plan
from enrichment.pipeline.preview import foreseen
from enrichment.pipeline.profile import profile_of
from enrichment.pipeline.progress import Progress
from enrichment.pipeline.situation import Action, Decision
from enrichment.pipeline.tools import Tools

log = logging.getLogger(__name__)

# Kept back of the deadline to write the answer in: 150 ms, or a fifth where that is less.
MARGIN_SECONDS = 0.150
MARGIN_SHARE = 0.20
QUEUE_LENGTH = 16

Ended = tuple[SourceOutcome, Answer | None]


class Enrichments:
    """Starts enrichments."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def start(self, request: EnrichmentRequest, seconds: float) -> "Run":
        """An enrichment that ends within `seconds` from now."""
        return Run(request, seconds, self._tools)

    async def plan(self, request: EnrichmentRequest, seconds: float) -> Plan:
        """What the same request would call, skip and at most spend now; calls no source."""
        return await foreseen(request, self._tools, asyncio.get_running_loop().time() + seconds)

    async def profile(self, domain: str) -> Profile | None:
        """What is held of a company and fresh; None where nothing is. Calls no source."""
        answers = await self._tools.cache.held(domain)
        return profile_of(domain, answers, self._tools.entries(), self._tools.clock())

    def generation(self, domain: str) -> int:
        """A number that changes whenever something new is held of the domain, or a source is switched."""
        return self._tools.cache.generation(domain) + self._tools.switches.changes


class Run:
    """One enrichment in flight. Enter it, read `event` until None; leaving it ends it, synchronously."""

    def __init__(self, request: EnrichmentRequest, seconds: float, tools: Tools) -> None:
        self._started = Started(tools.new_id(), request)
        self._request = request
        self._seconds = seconds
        self._tools = tools
        self._queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue(QUEUE_LENGTH)
        self._progress = Progress(request, tools.entries())
        self._tasks: set[asyncio.Task[Ended]] = set()
        self._minutes = Minutes(tools.clock())

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        margin = min(MARGIN_SECONDS, self._seconds * MARGIN_SHARE)
        self._deadline = self._began + self._seconds - margin
        self._lookup = Lookup(self._tools, self._progress, self._deadline)
        soft = min(self._tools.foundation_soft_deadline_seconds, self._seconds)
        self._soft_deadline = self._began + soft
        self._is_left = self._is_written = False
        self._faults_before = self._tools.cache.faults
        self._task = asyncio.create_task(self._work(), name="run")
        return self

    def __exit__(self, *_: object) -> None:
        # grpc#29248: a handler that awaits its clean-up can hang the client; cancelling is synchronous.
        self._is_left = True
        self._task.cancel()
        if not self._is_written:
            # What was decided and asked is written down of a run that was left in the middle, too.
            self._write(self._complete())

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
        done = self._complete()
        await self._queue.put(done)
        self._write(done)
        if self._tools.directory and not done.is_from_cache:
            self._tools.directory.learn(self._request.domain, done.evidence)
        await self._queue.put(None)

    def _complete(self) -> Completed:
        is_sound = self._tools.cache.faults == self._faults_before
        return self._progress.completed(self._seconds_so_far(), self._tools.clock(), is_cache_sound=is_sound)

    def _write(self, done: Completed) -> None:
        self._is_written = True
        outcomes = self._progress.outcomes | self._progress.pending()
        self._tools.journal.record(self._minutes.record(self._started, outcomes, self._progress.answers, done))

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
            decisions = plan(await self._lookup.candidates(situation), situation)
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
        call = Call(entry, candidate.subject, question, price, Party([stake]), self._lookup.times[entry.name])
        self._tasks.add(group.create_task(self._ask(call, stake), name=f"ask {entry.name}"))

    async def _ask(self, call: Call, stake: Stake) -> Ended:
        began = self._loop.time()
        try:
            answer = await self._tools.sources[call.entry.name].ask(call)
        except Skipped as skip:
            return outcome.refused(call, skip, self._loop.time() - began), None
        except SourceError as error:
            self._tools.failures.note(call, error)
            return outcome.failed(call, stake, error, self._loop.time() - began), None
        except (Exception, asyncio.CancelledError) as bug:
            if _is_cancelled():
                raise
            # One source's bug, a cancellation that nobody asked for included, must not take the others' answers away.
            log.exception("%s has a bug, shown by %s", call.entry.name, call.subject.domain)
            error = Unreadable(f"bug: {bug!r}", is_cost_unknown=True)
            return outcome.failed(call, stake, error, self._loop.time() - began), None
        answer = outcome.without_old_facts(answer, self._request.max_age_seconds, self._tools.clock())
        return outcome.answered(call, stake, answer, self._loop.time() - began), answer

    async def _end(self, ended: SourceOutcome, answer: Answer | None) -> None:
        stale = self._progress.stale.get(ended.source)
        if ended.disposition is Disposition.CACHED:
            self._tools.on_hit(ended.source)
        ended, answer = outcome.with_stand_in(ended, answer, stale, self._tools.clock())
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
