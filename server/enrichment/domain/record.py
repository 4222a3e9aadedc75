"""What is written down of an enrichment: every decision, what it cost, what it brought.

Names, figures and the domain alone: no value of any field, no text from outside.
"""

from dataclasses import dataclass

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Field
from enrichment.domain.errors import SkipReason
from enrichment.domain.event import Disposition


@dataclass(frozen=True, slots=True)
class FieldRecord:
    """What one source's claim did for one field; confidences from 0 to 1, None where there was no value.

    `confidence` is the source's own; `before` and `after` are the company's, without this source and with it.
    `is_selected`: the company carries its value.
    """

    field: Field
    confidence: float
    before: float | None
    after: float | None
    is_selected: bool


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """How one source ended: called or not and why, what it was expected to cost and what it did cost.

    `round` is that of the decision it follows from. `called_at` (seconds since the epoch) is None where nothing was
    called. `error` is the kind of a failure ("fault", "throttled", ...). `question_digest` tells equal questions apart
    from others without saying what was asked.
    """

    source: str
    layer: Layer
    disposition: Disposition
    round: int = 0
    skip_reason: SkipReason | None = None
    error: str = ""
    expected_usd_micros: int = 0
    cost_usd_micros: int = 0
    saved_usd_micros: int = 0
    called_at: float | None = None
    duration_seconds: float = 0.0
    question_digest: str = ""
    fields: tuple[FieldRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One source as a round of the plan saw it: chosen, or left out for a reason, or waiting (neither)."""

    source: str
    price_usd_micros: int
    is_chosen: bool
    skip_reason: SkipReason | None = None


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One round of the plan: when (seconds since the epoch), with how much money left, and what it chose from."""

    round: int
    decided_at: float
    budget_left_usd_micros: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class EnrichmentRecord:
    """One enrichment that has ended. `started_at` in seconds since the epoch; `caller` "" where it is not known."""

    id: str
    domain: str
    caller: str
    started_at: float
    duration_seconds: float
    wanted: frozenset[Field]
    layers: frozenset[Layer]
    max_cost_usd_micros: int
    cost_usd_micros: int
    saved_usd_micros: int
    completeness: float
    confidence: float | None
    is_from_cache: bool
    decisions: tuple[DecisionRecord, ...] = ()
    outcomes: tuple[OutcomeRecord, ...] = ()
