"""Which searches a harvest takes: enough for the companies wanted, and no more than there is money for. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

# Google shows about ten results to a page and takes no other number since September 2025.
# An estimate: of the ten some are no company's own site, and of the rest many were found before.
COMPANIES_PER_PAGE = 3
# Deeper pages repeat what came before.
MOST_PAGES = 10
# Apify refuses a run that may cost less.
LEAST_RUN_USD_MICROS = 500_000


@dataclass(frozen=True, slots=True)
class Country:
    """Where is searched: regions, and what companies of each sector are called in the country's language."""

    code: str
    language: str
    phrase: str
    regions: tuple[str, ...]
    sectors: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many searches there are."""
        return len(self.regions) * len(self.sectors)

    def query(self, index: int) -> str:
        """One of the searches; as many in a row as there are regions have each region once, and sectors in turn."""
        turn, region = divmod(index % self.size, len(self.regions))
        sector = self.sectors[(turn + region) % len(self.sectors)]
        return self.phrase.format(sector=sector, region=self.regions[region])


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a harvest: so many companies at most, for so much money at most.

    `page_price_usd_micros`: what a page of results costs. `month`: months since the year 0, so that each month
    goes on with the searches that follow on those of the month before.
    """

    limit: int
    max_cost_usd_micros: int
    page_price_usd_micros: int
    month: int


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """Searches and what they are expected to bring and to cost; `run_limit_usd_micros` is the most the run may cost."""

    queries: tuple[str, ...]
    pages_per_query: int
    cost_usd_micros: int
    run_limit_usd_micros: int
    wanted_cost_usd_micros: int

    @property
    def pages(self) -> int:
        """How many pages of results that are."""
        return len(self.queries) * self.pages_per_query

    @property
    def companies(self) -> int:
        """How many companies are expected on them."""
        return self.pages * COMPANIES_PER_PAGE


def plan(country: Country, wish: Wish) -> SearchPlan | None:
    """The searches for as many of the companies wanted as money and the country's searches allow; None for no money."""
    wanted = min(-(-wish.limit // COMPANIES_PER_PAGE), country.size * MOST_PAGES)
    price = wish.page_price_usd_micros
    affordable = wish.max_cost_usd_micros // price if price else wanted
    if wish.max_cost_usd_micros < LEAST_RUN_USD_MICROS or affordable == 0:
        return None
    pages = min(wanted, affordable)
    # Broad before deep: the first page of another search brings more than a further page of the same.
    pages_per_query = -(-pages // country.size)
    count = max(1, min(-(-pages // pages_per_query), affordable // pages_per_query))
    start = wish.month * count
    cost = count * pages_per_query * price
    return SearchPlan(
        queries=tuple(country.query(start + index) for index in range(count)),
        pages_per_query=pages_per_query,
        cost_usd_micros=cost,
        run_limit_usd_micros=max(cost, LEAST_RUN_USD_MICROS),
        wanted_cost_usd_micros=wanted * price,
    )


@lru_cache(maxsize=1)
def countries() -> Mapping[str, Country]:
    """The countries whose regions and sectors are known, by ISO 3166-1 code."""
    data = table("places")
    return {
        code: Country(
            code=code,
            language=row["language"],
            phrase=data["phrases"][row["language"]],
            regions=tuple(row["regions"]),
            sectors=tuple(data["sectors"][row["language"]]),
        )
        for code, row in data["countries"].items()
    }


def table(name: str) -> dict[str, Any]:
    """One of the lists beside this file."""
    return tomllib.loads(files("enrichment.harvest").joinpath(f"{name}.toml").read_text("utf-8"))
