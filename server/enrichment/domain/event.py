"""What is asked of an enrichment and what it tells the world while it runs."""

from dataclasses import dataclass
from enum import StrEnum

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Company, Field
from enrichment.domain.errors import SkipReason, SourceError
from enrichment.domain.fact import Fact
from enrichment.domain.purse import Purse
from enrichment.domain.subject import Hints


@dataclass(frozen=True, slots=True)
class EnrichmentRequest:
    """One request, understood: `domain` is the registrable one; `max_age_seconds` None means each layer's lifetime."""

    domain: str
    hints: Hints
    wanted: frozenset[Field]
    layers: frozenset[Layer]
    max_cost_usd_micros: int
    max_age_seconds: float | None = None
    include_source_outcomes: bool = False
    purse: Purse = Purse()


class Disposition(StrEnum):
    """How a source ended; the values are the contract's names."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    CACHED = "cached"
    STALE = "stale"
    SHARED = "shared"
    SKIPPED = "skipped"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """One source's part in one enrichment. `explanation` is for people; `observed_at` in seconds since the epoch."""

    source: str
    layer: Layer
    disposition: Disposition
    skip_reason: SkipReason | None = None
    explanation: str = ""
    cost_usd_micros: int = 0
    saved_usd_micros: int = 0
    duration_seconds: float = 0.0
    observed_at: float | None = None
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One source's claim about one field, and whether it is the value that the company carries.

    The fact's confidence is the one after all sources were heard.
    """

    fact: Fact
    is_selected: bool


@dataclass(frozen=True, slots=True)
class Started:
    """The request is accepted."""

    enrichment_id: str
    request: EnrichmentRequest


@dataclass(frozen=True, slots=True)
class LayerResult:
    """What one layer added, late sources of earlier layers included; `company` is all that is known now.

    `duration_seconds` is how long the layer was at work: from its first call to its last answer.
    """

    layer: Layer
    company: Company
    updated: tuple[Field, ...]
    evidence: tuple[Evidence, ...]
    sources: tuple[SourceOutcome, ...]
    cost_usd_micros: int
    duration_seconds: float


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A wanted field that more time, money or health would have filled, and the source that would have."""

    field: Field
    source: str
    reason: SkipReason | None = None
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """The end of an enrichment that was served.

    `repeatable_until` (seconds since the epoch): until then the same request would be answered the same, from what is
    held, as long as nothing new is learnt of the company; None where it would not.
    """

    company: Company
    evidence: tuple[Evidence, ...]
    cost_usd_micros: int
    saved_usd_micros: int
    duration_seconds: float
    completeness: float
    confidence: float | None
    is_from_cache: bool
    shortfalls: tuple[Shortfall, ...] = ()
    repeatable_until: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """One source's part in a plan: `would_call` where nothing known now rules it out, else `reason` or `is_held`.

    `price_usd_micros` is the most that a call can cost; `explanation` is for people.
    """

    source: str
    layer: Layer
    would_call: bool
    reason: SkipReason | None = None
    explanation: str = ""
    price_usd_micros: int = 0
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an enrichment would do, and the most that it can cost."""

    domain: str
    sources: tuple[PlannedSource, ...]
    max_cost_usd_micros: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What is held of a company, merged."""

    company: Company
    evidence: tuple[Evidence, ...]


Event = Started | SourceOutcome | LayerResult | Completed
