"""What the people who run the service see of its sources."""

from dataclasses import dataclass

from enrichment.domain.catalogue import Entry


@dataclass(frozen=True, slots=True)
class Counts:
    """What has been asked of a source: requests that left, failures among them, answers served from the cache, cost."""

    calls: int = 0
    failures: int = 0
    cache_hits: int = 0
    spent_usd_micros: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """What holds a source back now: its breaker's state ("" without one), and a sentence where it cannot be called."""

    breaker: str = ""
    hindrance: str = ""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source as it stands now; `unavailable_reason` is "" where it can be called.

    The counts run from `counted_since` (seconds since the epoch), and in this process alone.
    """

    entry: Entry
    condition: Condition
    counts: Counts
    counted_since: float

    @property
    def unavailable_reason(self) -> str:
        """Why it cannot be called, for a person."""
        if not self.entry.is_enabled:
            return "switched off"
        if self.entry.needs_key and not self.entry.api_key:
            return f"no key: set IMENSIAH_SOURCES__{self.entry.name.upper()}__API_KEY"
        return self.condition.hindrance
