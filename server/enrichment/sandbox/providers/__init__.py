"""The providers of the sandbox: how each of them answers, as pure functions of a request and the world."""

from collections.abc import Mapping

from enrichment.sandbox.providers import (
    anthropic,
    apify,
    clearbit,
    gleif,
    google_places,
    groq,
    mapbox,
    opencnpj,
    opencorporates,
    people_data_labs,
    receitaws,
)
from enrichment.sandbox.providers.rdap import Rdap
from enrichment.sandbox.providers.wikidata import Wikidata
from enrichment.sandbox.sites.site import Sites
from enrichment.sandbox.wire import Provider
from enrichment.sandbox.world import World

# The key that each provider accepts, and no other.
KEYS: Mapping[str, str] = {
    "opencorporates": opencorporates.KEY,
    "clearbit": clearbit.KEY,
    "people_data_labs": people_data_labs.KEY,
    "mapbox": mapbox.KEY,
    "google_places": google_places.KEY,
    "groq": groq.KEY,
    "anthropic": anthropic.KEY,
}


def http_providers(world: World) -> Mapping[str, Provider]:
    """Everybody who speaks HTTP, by name."""
    return {
        "website": Sites(world),
        "rdap": Rdap(world),
        "receitaws": receitaws.ReceitaWS(world),
        "opencnpj": opencnpj.OpenCnpj(world),
        "gleif": gleif.Gleif(world),
        "opencorporates": opencorporates.OpenCorporates(world),
        "clearbit": clearbit.Clearbit(world),
        "people_data_labs": people_data_labs.PeopleDataLabs(world),
        "mapbox": mapbox.Mapbox(world),
        "google_places": google_places.GooglePlaces(world),
        "wikidata": Wikidata(world),
        "groq": groq.Groq(world),
        "anthropic": anthropic.Anthropic(world),
        "apify": apify.Apify(world),
    }


# How the paths of each begin at the sandbox's own address.
_BEGINNINGS: Mapping[str, str] = {
    "/v1/cnpj/": "receitaws",
    gleif.PATH: "gleif",
    "/v0.4/": "opencorporates",
    clearbit.PATH: "clearbit",
    people_data_labs.PATH: "people_data_labs",
    "/search/": "mapbox",
    "/v1/places": "google_places",
    "/sparql": "wikidata",
    "/openai/": "groq",
    "/v1/messages": "anthropic",
    **dict.fromkeys(apify.PATHS, "apify"),
}


def provider_at(path: str) -> str:
    """Whose path this is at the sandbox's own address, "" for nobody's."""
    for beginning, name in _BEGINNINGS.items():
        if path.startswith(beginning):
            return name
    if opencnpj.PATH.fullmatch(path):
        return "opencnpj"
    return "rdap" if "/domain/" in path else ""
