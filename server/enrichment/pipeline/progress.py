"""What one enrichment knows and has spent so far: the run's synchronous bookkeeping."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import Field, Value
from enrichment.domain.errors import SkipReason
from enrichment.domain.event import (
    Completed,
    Disposition,
    EnrichmentRequest,
    Evidence,
    LayerResult,
    Shortfall,
    SourceOutcome,
)
from enrichment.domain.fact import Answer, Fact
from enrichment.domain.subject import Subject
from enrichment.pipeline.applicable import applicable
from enrichment.pipeline.identity import fallen, without_others_mailboxes
from enrichment.pipeline.merge import Merged, merge
from enrichment.pipeline.situation import Ended, Rules, Situation

ORDER = tuple(Layer)
# What is left of the confidence in a fact that seems to be about another company.
STRANGER = 0.1
# What is held may change where this process does not see it: in another replica that shares the cache.
REPEATABLE_SECONDS = 60.0

# What more time, money or health would have changed.
_SHORT = frozenset(
    {
        SkipReason.OVER_BUDGET,
        SkipReason.CIRCUIT_OPEN,
        SkipReason.RATE_LIMITED,
        SkipReason.DEADLINE,
        SkipReason.BUDGET_UNAVAILABLE,
    }
)
_PASSING = _SHORT - {SkipReason.OVER_BUDGET}


@dataclass(slots=True)
class Progress:
    """One enrichment's state. Nothing in here waits; times are seconds since its start.

    `running` maps the calls in flight to what is held for them, `prices` every source questioned to what it may cost,
    `stale` to what is held of it past its lifetime.
    """

    request: EnrichmentRequest
    entries: Mapping[str, Entry]
    outcomes: dict[str, SourceOutcome] = field(default_factory=dict[str, SourceOutcome])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    running: dict[str, int] = field(default_factory=dict[str, int])
    prices: dict[str, int] = field(default_factory=dict[str, int])
    stale: dict[str, Answer | None] = field(default_factory=dict[str, Answer | None])
    has_asked: bool = False
    is_foundation_closed: bool = False
    _emitted: list[Layer] = field(default_factory=list[Layer])
    _reported: set[str] = field(default_factory=set[str])
    _shown: Merged | None = None
    _began: dict[Layer, float] = field(default_factory=dict[Layer, float])
    _ended: dict[Layer, float] = field(default_factory=dict[Layer, float])
    _merged: dict[tuple[str, ...], Merged] = field(default_factory=dict[tuple[str, ...], Merged])

    def start(self, name: str, price_usd_micros: int, seconds: float) -> None:
        """Notes a call in flight and holds its price."""
        self.running[name] = price_usd_micros
        # What our own database says is as good as held.
        self.has_asked |= not self.entries[name].is_local
        self._began.setdefault(self.entries[name].layer, seconds)

    def end(self, outcome: SourceOutcome, answer: Answer | None, seconds: float) -> None:
        """Notes how a source ended, and what it answered."""
        if self.running.pop(outcome.source, None) is not None:
            self._ended[outcome.layer] = seconds
        self.outcomes[outcome.source] = outcome
        if answer is not None:
            self.take(answer)

    def take(self, answer: Answer) -> None:
        """Notes what a source has told, in the place of what it told before."""
        if answer.source in self.answers:
            self._merged.clear()
        entry = self.entries[answer.source]
        self.answers[answer.source] = without_others_mailboxes(answer, self.request.domain, entry)

    def pending(self) -> dict[str, SourceOutcome]:
        """The sources in flight, as they stand."""
        return {
            name: SourceOutcome(name, self.entries[name].layer, Disposition.PENDING, explanation="still at work")
            for name in self.running
        }

    @property
    def confidences(self) -> Mapping[Field, float]:
        """How sure the company's values are now."""
        return self._merge(list(self.answers.values())).confidence

    @property
    def open_entries(self) -> list[Entry]:
        """The sources that have neither ended nor are in flight, in catalogue order."""
        return [entry for name, entry in self.entries.items() if name not in self.outcomes and name not in self.running]

    def subject(self, entry: Entry) -> Subject:
        """The company as the source may see it: INFERENCE sees FOUNDATION alone, and what terms let into a prompt."""
        answers = [answer for name, answer in self.answers.items() if self._may_see(entry, self.entries[name])]
        known = self._merge(answers).company.values
        documents = tuple(document for answer in answers for document in answer.documents)
        return Subject(self.request.domain, self.request.hints, known, documents)

    @staticmethod
    def _may_see(reader: Entry, read: Entry) -> bool:
        if reader.layer is not Layer.INFERENCE:
            return True
        return read.layer is Layer.FOUNDATION and read.terms.may_enter_prompt

    def situation(self, seconds_left: float, rules: Rules) -> Situation:
        """What the plan decides on."""
        merged = self._merge(list(self.answers.values()))
        on_file = self._merge([answer for name, answer in self.answers.items() if self.entries[name].is_local])
        held = sum(self.running.values())
        return Situation(
            request=self.request,
            country_code=Subject(self.request.domain, self.request.hints, merged.company.values).country_code,
            # What is past its lifetime spares no call.
            held=self._merge(self._fresh_answers()).confidence,
            ended=self._ended_as_others_see(),
            running=self.running.keys(),
            is_foundation_closed=self.is_foundation_closed,
            has_foundation_ended=self.has_ended(Layer.FOUNDATION),
            money_left=self.request.max_cost_usd_micros - self.spent_usd_micros - held,
            money_held=held,
            seconds_left=seconds_left,
            rules=rules,
            entries=self.entries,
            on_file=on_file.confidence,
            applicable=self._can_be_known(on_file),
        )

    def _fresh_answers(self) -> list[Answer]:
        stale = {name for name, outcome in self.outcomes.items() if outcome.disposition is Disposition.STALE}
        return [answer for name, answer in self.answers.items() if name not in stale]

    def _ended_as_others_see(self) -> dict[str, Ended]:
        facts = [fact for answer in self.answers.values() for fact in answer.facts]
        brought: dict[str, set[Field]] = {}
        for fact in set(facts) - self._strange(facts):
            brought.setdefault(fact.source, set()).add(fact.field)
        return {
            name: Ended(
                disposition=outcome.disposition,
                reason=outcome.skip_reason,
                fields=len(brought.get(name, ())),
                price_usd_micros=self.prices.get(name, 0),
                is_register=self.entries[name].is_register,
            )
            for name, outcome in self.outcomes.items()
        }

    @property
    def spent_usd_micros(self) -> int:
        """What this enrichment has paid."""
        return sum(outcome.cost_usd_micros for outcome in self.outcomes.values())

    def has_ended(self, layer: Layer) -> bool:
        """Whether every source of the layer has."""
        return all(name in self.outcomes for name, entry in self.entries.items() if entry.layer is layer)

    def due_layers(self) -> list[Layer]:
        """The layers whose result may be sent now, in order; the last one waits for every latecomer."""
        due: list[Layer] = []
        asked = [layer for layer in ORDER if layer in self.request.layers]
        for layer in asked:
            if layer in self._emitted:
                continue
            is_closed = self.has_ended(layer) or (layer is Layer.FOUNDATION and self.is_foundation_closed)
            is_last = layer is asked[-1]
            if not is_closed or (is_last and not all(self.has_ended(each) for each in asked)):
                break
            due.append(layer)
        return due

    def layer_result(self, layer: Layer, seconds: float) -> LayerResult:
        """What the layer and late sources of earlier ones added; `seconds` since the start."""
        told = {*self._emitted, layer}
        merged = self._merge([answer for name, answer in self.answers.items() if self.entries[name].layer in told])
        updated = self._updated(merged)
        sources = self._news(layer)
        result = LayerResult(
            layer=layer,
            company=merged.company,
            updated=updated,
            evidence=tuple(item for item in merged.evidence if item.fact.field in updated),
            sources=sources,
            cost_usd_micros=sum(outcome.cost_usd_micros for outcome in sources),
            duration_seconds=self._at_work(layer, seconds),
        )
        self._emitted.append(layer)
        self._shown = merged
        return result

    def _at_work(self, layer: Layer, seconds: float) -> float:
        if layer not in self._began:
            return 0.0
        end = self._ended[layer] if self.has_ended(layer) else seconds
        return end - self._began[layer]

    def _updated(self, merged: Merged) -> tuple[Field, ...]:
        before: Mapping[Field, Value] = self._shown.company.values if self._shown else {}
        after = merged.company.values
        return tuple(name for name in Field if before.get(name) != after.get(name))

    def _news(self, layer: Layer) -> tuple[SourceOutcome, ...]:
        """The outcomes not yet told: this layer's, those that came late, and those still at work as PENDING."""
        earlier = {*self._emitted, layer}
        news: list[SourceOutcome] = []
        for name, entry in self.entries.items():
            if entry.layer not in earlier or name in self._reported:
                continue
            if name in self.outcomes:
                news.append(self.outcomes[name])
                self._reported.add(name)
            elif entry.layer is layer:
                news.append(SourceOutcome(name, layer, Disposition.PENDING, explanation="still at work"))
        return tuple(news)

    def completed(self, seconds: float, now: float, *, is_cache_sound: bool) -> Completed:
        """The whole company and the sums; `now` in seconds since the epoch.

        `is_cache_sound`: everything that is held was found. Else the same request might soon be answered better.
        """
        merged = self._merge(list(self.answers.values()))
        filled = self.request.wanted & merged.confidence.keys()
        counted = self._can_be_known(merged) & self.request.wanted
        outcomes = self.outcomes.values()
        return Completed(
            company=merged.company,
            evidence=merged.evidence,
            cost_usd_micros=self.spent_usd_micros,
            saved_usd_micros=sum(outcome.saved_usd_micros for outcome in outcomes),
            duration_seconds=seconds,
            completeness=round(len(filled) / len(counted), 4) if counted else 1.0,
            confidence=round(sum(merged.confidence[name] for name in filled) / len(filled), 4) if filled else None,
            is_from_cache=not self.has_asked,
            shortfalls=self._shortfalls(),
            repeatable_until=self._repeatable_until(now) if is_cache_sound else None,
        )

    def _can_be_known(self, merged: Merged) -> frozenset[Field]:
        """The fields that can be known of this company."""
        country = Subject(self.request.domain, self.request.hints, merged.company.values).country_code
        return applicable(merged, country, self.entries)

    def _shortfalls(self) -> tuple[Shortfall, ...]:
        filled = self._merge(self._fresh_answers()).confidence.keys()
        return tuple(
            Shortfall(name, outcome.source, outcome.skip_reason, outcome.error)
            for outcome in self.outcomes.values()
            if outcome.disposition in (Disposition.FAILED, Disposition.STALE) or outcome.skip_reason in _SHORT
            for name in sorted((self.request.wanted & self.entries[outcome.source].brings.keys()) - filled)
        )

    def _repeatable_until(self, now: float) -> float | None:
        if self.has_asked or any(
            outcome.skip_reason in _PASSING or outcome.disposition is Disposition.STALE
            for outcome in self.outcomes.values()
        ):
            return None
        ends = [now + REPEATABLE_SECONDS, *(answer.expires_at for answer in self.answers.values())]
        if self.request.max_age_seconds is not None:
            ends += [answer.observed_at + self.request.max_age_seconds for answer in self.answers.values()]
        return min(ends)

    def _merge(self, answers: list[Answer]) -> Merged:
        key = tuple(answer.source for answer in answers)
        if key not in self._merged:
            self._merged[key] = self._merged_anew([fact for answer in answers for fact in answer.facts])
        return self._merged[key]

    def _merged_anew(self, facts: list[Fact]) -> Merged:
        """What is about this company, merged; what is about another stays as evidence that is not believed."""
        strange = self._strange(facts)
        merged = merge(self.request.domain, [fact for fact in facts if fact not in strange], self.entries)
        doubted = [replace(fact, confidence=round(fact.confidence * STRANGER, 4)) for fact in facts if fact in strange]
        return replace(merged, evidence=(*merged.evidence, *(Evidence(fact, False) for fact in doubted)))

    def _strange(self, facts: list[Fact]) -> frozenset[Fact]:
        return fallen(self.request.domain, self.request.hints, facts, self.entries)
