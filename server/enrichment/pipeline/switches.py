"""Which sources operators have switched on or off, as far as this process knows."""

from dataclasses import replace

from enrichment.domain.catalogue import Entry
from enrichment.domain.ports import SwitchStore


class Switches:
    """The switches in force, over a store that outlives the process; a switch stands above the setting of the source.

    `changes` counts how often anything was switched here.
    """

    def __init__(self, store: SwitchStore) -> None:
        self._store = store
        self._positions: dict[str, bool] = {}
        self.changes = 0

    def applied(self, entry: Entry) -> Entry:
        """The source as it is switched now."""
        is_enabled = self._positions.get(entry.name, entry.is_enabled)
        return entry if is_enabled == entry.is_enabled else replace(entry, is_enabled=is_enabled)

    async def refresh(self) -> None:
        """Takes over what was switched elsewhere; raises LedgerUnavailable."""
        self._take(dict(await self._store.switches()))

    async def switch(self, source: str, *, is_enabled: bool) -> None:
        """Switches a source for good, then for all enrichments that begin from now on; raises LedgerUnavailable."""
        await self._store.switch(source, is_enabled=is_enabled)
        self._take({**self._positions, source: is_enabled})

    def _take(self, positions: dict[str, bool]) -> None:
        if positions != self._positions:
            self._positions = positions
            self.changes += 1
