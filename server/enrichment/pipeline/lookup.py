"""What the open sources of one enrichment would be asked now, and what is held of it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from enrichment.domain.errors import Skipped, SourceError
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call, Held, Party, Stake
from enrichment.pipeline.outcome import without_old_facts
from enrichment.pipeline.plan import waits_for
from enrichment.pipeline.progress import Progress
from enrichment.pipeline.situation import Candidate, Situation
from enrichment.pipeline.tools import Tools


class Lookup:
    """The candidates of an enrichment's rounds; each question is looked up once, before `deadline` (event loop time).

    `times`: when each source's question was looked up, in seconds since the epoch.
    """

    def __init__(self, tools: Tools, progress: Progress, deadline: float) -> None:
        self._tools = tools
        self._progress = progress
        self._deadline = deadline
        self._hits: dict[tuple[str, bytes], Answer | None] = {}
        self.times: dict[str, float] = {}

    async def candidates(self, situation: Situation) -> list[Candidate]:
        """The sources that have neither ended nor are in flight, with the answers held for their questions."""
        candidates: list[Candidate] = []
        for entry in self._progress.open_entries:
            source, subject = self._tools.sources[entry.name].source, self._progress.subject(entry)
            if not entry.is_enabled:
                candidates.append(Candidate(entry, subject))
                continue
            is_waiting = waits_for(entry, situation)
            # A model's price is that of its prompt: long work, and not final while it waits for what it is to read.
            if not (is_waiting and entry.token_prices):
                self._progress.prices[entry.name] = source.price(subject)
            question = None if is_waiting else source.question(subject)
            candidates.append(Candidate(entry, subject, question, self._progress.prices.get(entry.name, 0)))
        await self._look_up(candidates)
        return [self._with_hit(candidate) for candidate in candidates]

    async def consult(self) -> None:
        """Asks our own database, which reaches nobody and costs nothing; what it says counts as held."""
        for entry in [entry for entry in self._progress.open_entries if entry.is_local and entry.is_enabled]:
            guarded, subject = self._tools.sources[entry.name], self._progress.subject(entry)
            question, request, now = guarded.source.question(subject), self._progress.request, self._tools.clock()
            if question is None:
                continue
            stake = Stake("", request.purse, self._deadline, domain=request.domain)
            with suppress(Skipped, SourceError):
                answer = await guarded.ask(Call(entry, subject, question, 0, Party([stake]), now))
                self._hits[entry.name, question] = without_old_facts(answer, request.max_age_seconds, now)

    async def _look_up(self, candidates: Sequence[Candidate]) -> None:
        """One multi-get, in time, for every question that has not been looked up yet."""
        new = [
            (candidate.entry, candidate.question)
            for candidate in candidates
            if candidate.question is not None and (candidate.entry.name, candidate.question) not in self._hits
        ]
        if not new:
            return
        held, now = Held(), self._tools.clock()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._deadline):
                held = await self._tools.cache.get_many(self._progress.request.domain, new)
        for entry, question in new:
            self._hits[entry.name, question] = self._young_enough(held.fresh.get(entry.name))
            self._progress.stale[entry.name] = self._young_enough(held.stale.get(entry.name))
            self.times[entry.name] = now

    def _young_enough(self, hit: Answer | None) -> Answer | None:
        max_age = self._progress.request.max_age_seconds
        is_young = hit is not None and (max_age is None or hit.observed_at >= self._tools.clock() - max_age)
        return hit if is_young else None

    def _with_hit(self, candidate: Candidate) -> Candidate:
        entry, question = candidate.entry, candidate.question
        if question is None:
            return candidate
        is_in_flight = self._tools.flights.has(entry.name, question)
        return replace(candidate, hit=self._hits.get((entry.name, question)), is_in_flight=is_in_flight)
