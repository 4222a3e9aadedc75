"""Claims, readings and facts: what a source says, before and after it is dated, priced and weighed."""

from dataclasses import dataclass, replace

from enrichment.domain.company import Field, Value, is_value_of


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim as a source makes it; `weight` (0 to 1) lowers the source's prior confidence for a weak spot of it.

    A source that passes on what it was told before says by whom (`lineage`) and when, in seconds since the epoch; of
    what it reads now, all three are left as they are.
    Raises TypeError for a value that is empty or not of the field's type: a source checks before it claims.
    """

    field: Field
    value: Value
    weight: float = 1.0
    lineage: str = ""
    observed_at: float | None = None
    expires_at: float | None = None

    def __post_init__(self) -> None:
        if not is_value_of(self.field, self.value):
            raise TypeError(f"{self.value!r} is not a {self.field.value}")


@dataclass(frozen=True, slots=True)
class Document:
    """Text of a page for those that read further (the language model); `url` is where it was read."""

    url: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source answered; without claims and documents it knows nothing of the company.

    `is_found` False: the source does not know the company. `is_billed`: it bills per match, and has matched another
    company. `attribution` must be shown with the values.
    `cost_usd_micros` is set by sources that are told what a call cost (language models), None elsewhere.
    """

    claims: tuple[Claim, ...] = ()
    documents: tuple[Document, ...] = ()
    is_found: bool = True
    attribution: str = ""
    cost_usd_micros: int | None = None
    is_billed: bool = False


NOT_FOUND = Reading(is_found=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """One claim with its source, confidence (0 to 1) and dates (seconds since the epoch).

    `is_transient`: the provider's terms forbid keeping it; it may be shown, not stored. `lineage`: whose word it is,
    where the source only passes it on; "" where it is the source's own.
    """

    field: Field
    value: Value
    source: str
    confidence: float
    observed_at: float
    expires_at: float
    attribution: str = ""
    is_transient: bool = False
    lineage: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reading that is dated, weighed and priced: what the cache keeps and a run merges.

    It is fresh until `expires_at` (seconds since the epoch). `is_from_cache`: it was held, and no request left for it.
    """

    source: str
    is_found: bool
    facts: tuple[Fact, ...]
    documents: tuple[Document, ...]
    observed_at: float
    expires_at: float
    cost_usd_micros: int = 0
    is_from_cache: bool = False

    def from_cache(self) -> "Answer":
        """The same answer as it is served later: free."""
        return replace(self, cost_usd_micros=0, is_from_cache=True)

    def at_no_cost(self) -> "Answer":
        """The same answer for one who shares what another has paid for."""
        return replace(self, cost_usd_micros=0)
