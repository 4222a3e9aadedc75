"""From pages of search results to the domains of companies; what is no company's own site is left out. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

from enrichment.domain.errors import InvalidRequest
from enrichment.domain.website import registrable_domain
from enrichment.harvest.plan import table

NO_ADDRESS = "no_address"


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Whose pages are left out and why: by domain, by the name before any ending, by the ending."""

    domains: Mapping[str, str]
    names: Mapping[str, str]
    endings: Mapping[str, str]

    def reason(self, domain: str) -> str:
        """Why a registrable domain is left out, "" where it is not."""
        if found := self.domains.get(domain) or self.names.get(domain.split(".", 1)[0]):
            return found
        parts = domain.split(".")
        for start in range(len(parts)):
            if found := self.endings.get(".".join(parts[start:])):
                return found
        return ""


@dataclass(slots=True)
class Found:
    """Domains in the order in which they were found, each once, and how many results were left out, by reason."""

    domains: dict[str, None] = field(default_factory=dict[str, None])
    left_out: Counter[str] = field(default_factory=Counter[str])

    def take(self, pages: Iterable[object], exclusions: Exclusions) -> None:
        """Takes pages of results in; whatever has no readable address counts as such."""
        for url in _urls(pages):
            try:
                domain = registrable_domain(url)
            except InvalidRequest:
                self.left_out[NO_ADDRESS] += 1
                continue
            if reason := exclusions.reason(domain):
                self.left_out[reason] += 1
            else:
                self.domains[domain] = None


@lru_cache(maxsize=1)
def exclusions() -> Exclusions:
    """Those of the file."""
    domains: dict[str, str] = {}
    names: dict[str, str] = {}
    endings: dict[str, str] = {}
    for reason, row in table("exclusions").items():
        for entry in row["domains"]:
            kind = endings if entry.startswith(".") else domains if "." in entry else names
            kind[entry.removeprefix(".")] = reason
    return Exclusions(domains, names, endings)


def _urls(pages: Iterable[object]) -> Iterator[str]:
    for page in pages:
        results = cast("dict[str, object]", page).get("organicResults") if isinstance(page, dict) else None
        for result in cast("list[object]", results) if isinstance(results, list) else ():
            url = cast("dict[str, object]", result).get("url") if isinstance(result, dict) else None
            yield url if isinstance(url, str) else ""
