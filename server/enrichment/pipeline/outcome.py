"""How a source ended, in the words of the contract. Pure."""

from dataclasses import replace

from enrichment.domain.errors import Skipped, SkipReason, SourceError
from enrichment.domain.event import Disposition, SourceOutcome
from enrichment.domain.fact import Answer
from enrichment.domain.money import cost_of_failure
from enrichment.domain.ports import Call, Stake
from enrichment.pipeline.situation import Decision


def served(decision: Decision, hit: Answer) -> SourceOutcome:
    """Answered from what is held; where that is a part, with the reason why the rest was not called for."""
    entry = decision.candidate.entry
    explanation = f"held in part: {decision.explanation}" if decision.reason else "held"
    return SourceOutcome(
        entry.name,
        entry.layer,
        Disposition.CACHED,
        skip_reason=decision.reason,
        explanation=explanation if hit.is_found else "held: it does not know the company",
        saved_usd_micros=decision.saved_usd_micros,
        observed_at=hit.observed_at,
    )


def spared(decision: Decision) -> SourceOutcome:
    """Not called, by the plan."""
    entry = decision.candidate.entry
    return SourceOutcome(
        entry.name,
        entry.layer,
        Disposition.SKIPPED,
        skip_reason=decision.reason,
        explanation=decision.explanation,
        saved_usd_micros=decision.saved_usd_micros,
    )


# Skipped like this, or failed, a source leaves its place to what it said before, though that is past its lifetime.
_STOOD_IN_FOR = frozenset({SkipReason.CIRCUIT_OPEN, SkipReason.RATE_LIMITED, SkipReason.OVER_BUDGET})


def with_stand_in(
    ended: SourceOutcome, answer: Answer | None, stale: Answer | None, now: float
) -> tuple[SourceOutcome, Answer | None]:
    """The same end, or an answer in its time of grace in the place of one that left the source's place empty."""
    is_empty = ended.disposition is Disposition.FAILED or ended.skip_reason in _STOOD_IN_FOR
    if answer is None and stale is not None and is_empty:
        return _stood_in_for(ended, stale, now), stale
    return ended, answer


def _stood_in_for(ended: SourceOutcome, stale: Answer, now: float) -> SourceOutcome:
    """Answered from what is held past its lifetime, with its age, and with why the source itself did not answer."""
    return replace(
        ended,
        disposition=Disposition.STALE,
        explanation=f"{_age(now - stale.observed_at)} old: {ended.explanation}",
        observed_at=stale.observed_at,
    )


def _age(seconds: float) -> str:
    days, hours = int(seconds // 86_400), int(seconds // 3_600)
    number, unit = (days, "day") if days else (hours, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"


def refused(call: Call, skip: Skipped, seconds: float) -> SourceOutcome:
    """Not called, by a guard or by the source itself."""
    return SourceOutcome(
        call.entry.name,
        call.entry.layer,
        Disposition.SKIPPED,
        skip_reason=skip.reason,
        explanation=skip.explanation,
        duration_seconds=seconds,
    )


def answered(call: Call, stake: Stake, answer: Answer, seconds: float) -> SourceOutcome:
    """Called, and it answered: this enrichment, another whose call was shared, or one that had just ended."""
    if stake.is_liable:
        disposition = Disposition.FOUND if answer.is_found else Disposition.NOT_FOUND
    else:
        disposition = Disposition.CACHED if answer.is_from_cache else Disposition.SHARED
    return SourceOutcome(
        call.entry.name,
        call.entry.layer,
        disposition,
        explanation="" if answer.is_found else "it does not know the company",
        cost_usd_micros=answer.cost_usd_micros,
        saved_usd_micros=0 if stake.is_liable else call.price_usd_micros,
        duration_seconds=seconds,
        observed_at=answer.observed_at,
    )


def failed(call: Call, stake: Stake, error: SourceError, seconds: float) -> SourceOutcome:
    """Called, and it failed; what that costs is for the enrichment to pay on whose account it left."""
    return SourceOutcome(
        call.entry.name,
        call.entry.layer,
        Disposition.FAILED,
        explanation=error.summary,
        cost_usd_micros=cost_of_failure(error, call.price_usd_micros) if stake.is_liable else 0,
        duration_seconds=seconds,
        error=error,
    )


def without_old_facts(answer: Answer, max_age_seconds: float | None, now: float) -> Answer:
    """What a source passes on may be older than the caller takes; `now` in seconds since the epoch."""
    if max_age_seconds is None or all(fact.observed_at >= now - max_age_seconds for fact in answer.facts):
        return answer
    facts = tuple(fact for fact in answer.facts if fact.observed_at >= now - max_age_seconds)
    return replace(answer, facts=facts, is_found=bool(facts or answer.documents))
