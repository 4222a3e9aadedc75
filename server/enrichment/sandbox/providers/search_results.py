"""A page of Google's results: companies of the world, some of them on many pages, and what is no company's own site."""

from collections.abc import Mapping
from typing import Any

from enrichment.sandbox.world import World
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.names import ELSEWHERE, index_of

PER_PAGE = 10
# So many companies of a country the search engine knows: fewer where the world has fewer.
_INDEXED: Mapping[str, int] = {"BR": 20_000, "US": 20_000, **dict.fromkeys(ELSEWHERE, 2_000)}
_NOISE_SHARE = 0.35
_SITES = (
    "https://www.{}/",
    "https://{}/",
    "https://www.{}/contact",
    "http://{}/?utm_source=search",
    "https://loja.{}/",
)
_NOISE = (
    "https://www.linkedin.com/company/{}",
    "https://br.linkedin.com/company/{}",
    "https://www.instagram.com/{}/",
    "https://pt-br.facebook.com/{}/",
    "https://www.youtube.com/@{}",
    "https://lista.mercadolivre.com.br/{}",
    "https://www.amazon.com.br/s?k={}",
    "https://www.olx.com.br/brasil?q={}",
    "https://g1.globo.com/economia/{}",
    "https://www.reuters.com/business/{}",
    "https://www.reclameaqui.com.br/empresa/{}/",
    "https://cnpj.biz/procura/{}",
    "https://www.yelp.com/biz/{}",
    "https://br.indeed.com/cmp/{}",
    "https://www.vagas.com.br/vagas-de-{}",
    "https://www.gov.br/empresas/{}",
    "https://www.prefeitura.sp.gov.br/{}",
    "https://pt.wikipedia.org/wiki/{}",
    "https://192.0.2.7/{}",
)


def page_of_results(world: World, term: str, page: int, country: str) -> Mapping[str, Any]:
    """The actor's item for one page."""
    draw = Draw(world.seed, "search", country, term, page)
    results = [_result(world, draw, position, country) for position in range(1, PER_PAGE + 1)]
    return {
        "searchQuery": {
            "term": term,
            "device": "DESKTOP",
            "page": page,
            "type": "SEARCH",
            "domain": "google.com",
            "countryCode": country or "US",
            "languageCode": None,
            "resultsPerPage": PER_PAGE,
        },
        "resultsTotal": None,
        "relatedQueries": [],
        "paidResults": [],
        "paidProducts": [],
        "organicResults": results,
        "peopleAlsoAsk": [],
    }


def _result(world: World, draw: Draw, position: int, country: str) -> dict[str, Any]:
    spot = draw.between(f"{position} place", 0, _INDEXED.get(country, 1) - 1)
    name = f"result {spot}"
    if country in _INDEXED and draw.share(f"{position} is noise") >= _NOISE_SHARE:
        domain = world.domain(index_of(country, spot))
        url, name = draw.pick(f"{position} address", _SITES).format(domain), domain.split(".", 1)[0]
    else:
        url = draw.pick(f"{position} noise", _NOISE).format(draw.hex(f"{position} slug", 8))
    return {
        "title": name,
        "url": url,
        "displayedUrl": url.split("?", 1)[0],
        "description": f"{name}: what it offers, and how to reach it.",
        "emphasizedKeywords": [],
        "siteLinks": [],
        "productInfo": {},
        "type": "organic",
        "position": position,
    }
