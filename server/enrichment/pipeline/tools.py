"""What every enrichment of a process shares."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from enrichment.domain.catalogue import Entry
from enrichment.domain.directory import Directory
from enrichment.domain.ports import AnswerCache, Ask, Clock, Flights, Journal, Source
from enrichment.pipeline.failure_log import FailureLog
from enrichment.pipeline.situation import Rules
from enrichment.pipeline.switches import Switches


@dataclass(frozen=True, slots=True)
class Guarded:
    """A source as a run meets it: what it would be asked, and the guarded way to ask it."""

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
    switches: Switches
    # Told of each answer that is served from the cache.
    on_hit: Callable[[str], None] = lambda _: None
    clock: Clock = time.time
    rules: Rules = Rules()
    directory: Directory | None = None
    foundation_soft_deadline_seconds: float = 2.5
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    failures: FailureLog = field(default_factory=lambda: FailureLog(time.monotonic))

    def entries(self) -> dict[str, Entry]:
        """The catalogue by name, as it is switched now."""
        return {name: self.switches.applied(each.entry) for name, each in self.sources.items()}
