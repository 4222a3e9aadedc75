"""What operators may see and do while the service runs."""

from collections.abc import Callable
from dataclasses import dataclass

from enrichment.domain.catalogue import Entry
from enrichment.domain.operation import Condition, Counts, SourceStatus
from enrichment.pipeline.tools import Tools


@dataclass(frozen=True, slots=True)
class Operations:
    """The sources as they stand, their switches, and the forgetting of companies.

    `condition` and `counts` look at a source's guards, by entry and by name; `counted_since` is in seconds since
    the epoch.
    """

    tools: Tools
    condition: Callable[[Entry], Condition]
    counts: Callable[[str], Counts]
    counted_since: float

    def sources(self) -> tuple[SourceStatus, ...]:
        """Every source as it stands now, in catalogue order."""
        return tuple(self._status(entry) for entry in self.tools.entries().values())

    async def switch(self, source: str, *, is_enabled: bool) -> SourceStatus | None:
        """Switches a source and tells how it stands then; None where there is none of this name.

        Raises LedgerUnavailable where it is not known to be written: if it was, it holds after the next refresh.
        """
        if source not in self.tools.sources:
            return None
        await self.tools.switches.switch(source, is_enabled=is_enabled)
        return self._status(self.tools.entries()[source])

    async def forget(self, domain: str) -> int:
        """Erases all that is held of a company, and says how many answers and records that were.

        Raises CacheUnavailable or DirectoryUnavailable where something may be left.
        """
        # First where it is kept out for good: a run in flight may still be about to learn.
        records = await self.tools.directory.forget(domain) if self.tools.directory else 0
        return records + await self.tools.cache.forget(domain)

    def _status(self, entry: Entry) -> SourceStatus:
        return SourceStatus(entry, self.condition(entry), self.counts(entry.name), self.counted_since)
