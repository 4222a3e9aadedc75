"""What is written down of a run: its decisions, round by round, and how each source ended. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from enrichment.domain.company import Field
from enrichment.domain.event import Completed, SourceOutcome, Started
from enrichment.domain.fact import Answer
from enrichment.domain.record import Candidate, DecisionRecord, EnrichmentRecord, FieldRecord, OutcomeRecord
from enrichment.pipeline.situation import Action, Decision

Confidences = Mapping[Field, float]


@dataclass(slots=True)
class Minutes:
    """The minutes of one run; times in seconds since the epoch."""

    started_at: float
    _rounds: list[DecisionRecord] = field(default_factory=list[DecisionRecord])
    _decided: dict[str, tuple[int, Decision]] = field(default_factory=dict[str, tuple[int, Decision]])
    _called_at: dict[str, float] = field(default_factory=dict[str, float])
    _gains: dict[str, tuple[Confidences, Confidences]] = field(
        default_factory=dict[str, tuple[Confidences, Confidences]]
    )

    def decide(self, decisions: Sequence[Decision], money_left: int, now: float) -> None:
        """Notes a round of the plan, unless every source in it waits."""
        news = [decision for decision in decisions if decision.action is not Action.WAIT]
        if not news:
            return
        number = len(self._rounds) + 1
        self._rounds.append(DecisionRecord(number, now, money_left, tuple(map(_candidate, decisions))))
        for decision in news:
            name = decision.candidate.entry.name
            self._decided[name] = number, decision
            if decision.action is Action.START:
                self._called_at[name] = now

    def gain(self, source: str, before: Confidences, after: Confidences) -> None:
        """Notes how sure the company's values were before and after a source had answered."""
        self._gains[source] = before, after

    def record(
        self, started: Started, outcomes: Mapping[str, SourceOutcome], answers: Mapping[str, Answer], end: Completed
    ) -> EnrichmentRecord:
        """The whole of it, once the run has ended."""
        request = started.request
        return EnrichmentRecord(
            id=started.enrichment_id,
            domain=request.domain,
            caller=request.purse.caller,
            started_at=self.started_at,
            duration_seconds=end.duration_seconds,
            wanted=request.wanted,
            layers=request.layers,
            max_cost_usd_micros=request.max_cost_usd_micros,
            cost_usd_micros=end.cost_usd_micros,
            saved_usd_micros=end.saved_usd_micros,
            completeness=end.completeness,
            confidence=end.confidence,
            is_from_cache=end.is_from_cache,
            decisions=tuple(self._rounds),
            outcomes=tuple(
                self._outcome(outcome, self._fields(answers[name], end) if name in answers else ())
                for name, outcome in outcomes.items()
            ),
        )

    def _outcome(self, outcome: SourceOutcome, fields: tuple[FieldRecord, ...]) -> OutcomeRecord:
        # A source that the deadline overtook before its turn was never decided about.
        number, decision = self._decided.get(outcome.source, (0, None))
        question = decision.candidate.question if decision else None
        return OutcomeRecord(
            source=outcome.source,
            layer=outcome.layer,
            disposition=outcome.disposition,
            round=number,
            skip_reason=outcome.skip_reason,
            error=re.sub(r"(?<!^)(?=[A-Z])", "_", type(outcome.error).__name__).lower() if outcome.error else "",
            expected_usd_micros=decision.candidate.price_usd_micros if decision else 0,
            cost_usd_micros=outcome.cost_usd_micros,
            saved_usd_micros=outcome.saved_usd_micros,
            called_at=self._called_at.get(outcome.source),
            duration_seconds=outcome.duration_seconds,
            question_digest=blake2b(question, digest_size=8).hexdigest() if question else "",
            fields=fields,
        )

    def _fields(self, answer: Answer, end: Completed) -> tuple[FieldRecord, ...]:
        # What was held is there from the start: it changes nothing.
        before, after = self._gains.get(answer.source) or (_confidences(end),) * 2
        selected = {item.fact.field for item in end.evidence if item.is_selected and item.fact.source == answer.source}
        best = {fact.field: fact for fact in sorted(answer.facts, key=lambda fact: fact.confidence)}
        return tuple(
            FieldRecord(name, fact.confidence, before.get(name), after.get(name), name in selected)
            for name, fact in best.items()
        )


def _candidate(decision: Decision) -> Candidate:
    candidate = decision.candidate
    return Candidate(
        candidate.entry.name,
        candidate.price_usd_micros,
        is_chosen=decision.action in (Action.START, Action.SERVE),
        skip_reason=decision.reason,
    )


def _confidences(end: Completed) -> Confidences:
    return {item.fact.field: item.fact.confidence for item in end.evidence if item.is_selected}
