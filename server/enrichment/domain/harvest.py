"""A harvest: one paid search for companies and what becomes of it, so that it goes on where it was after a kill."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Stage(StrEnum):
    """How far a harvest has come. `starting`: the money is held, and nobody knows yet whether the search has begun."""

    STARTING = "starting"
    SEARCHING = "searching"
    FILLING = "filling"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Harvest:
    """One harvest; `id` is also that of the money held for it. `month` is of its start, "2026-11", in UTC.

    `limit`: how many companies at most. `cost_usd_micros` and `found` are known from `filling` on.
    """

    id: str
    country_code: str
    limit: int
    month: str
    started_at: float
    queries: tuple[str, ...]
    pages_per_query: int
    run_limit_usd_micros: int
    stage: Stage = Stage.STARTING
    run_id: str = ""
    dataset_id: str = ""
    cost_usd_micros: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True)
class SearchRun:
    """A search at the provider's: `status` in its words, `cost_usd_micros` so far; `is_whole`: ended as it should."""

    id: str
    dataset_id: str
    status: str
    cost_usd_micros: int
    is_over: bool
    is_whole: bool


class SearchFailed(Exception):
    """The provider refused or failed; the message is a sentence for the person who pays.

    `may_have_begun`: nobody knows whether what was asked for is done.
    """

    def __init__(self, message: str, *, may_have_begun: bool = False) -> None:
        super().__init__(message)
        self.may_have_begun = may_have_begun


class SearchProvider(Protocol):
    """Who searches, for money; all raise SearchFailed."""

    async def start(self, harvest: Harvest) -> SearchRun:
        """Begins the search; never tried a second time by itself."""
        ...

    async def begun(self, harvest: Harvest) -> SearchRun | None:
        """The harvest's search where it has begun, though nobody heard of it."""
        ...

    async def look(self, run_id: str) -> SearchRun | None:
        """How the search stands; None where it is no longer known."""
        ...

    async def abort(self, run_id: str) -> None:
        """Ends the search; what it has found stays."""
        ...

    def pages(self, dataset_id: str) -> AsyncIterator[Sequence[object]]:
        """The pages of results that were found, some at a time."""
        ...


class Harvests(Protocol):
    """What is kept of harvests, durably; all raise DirectoryUnavailable."""

    async def latest(self, country_code: str, limit: int) -> Harvest | None:
        """The last harvest of this country and size."""
        ...

    async def save(self, harvest: Harvest) -> None: ...

    async def fill(self, harvest: Harvest, domains: Iterable[str]) -> None:
        """Saves the harvest and the domains that are still to be filled."""
        ...

    async def unknown(self, domains: Iterable[str]) -> Sequence[str]:
        """Those of the domains that are neither held nor forgotten, in their order."""
        ...

    async def left(self, harvest_id: str) -> Sequence[str]:
        """The domains that are still to be filled, in their order."""
        ...

    async def visited(self, harvest_id: str, domain: str) -> None:
        """The domain needs no further visit: what was learnt of it is kept."""
        ...
