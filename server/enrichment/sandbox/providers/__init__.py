"""The providers of the sandbox: how each of them answers, as pure functions of a request and the world."""

from collections.abc import Mapping

from enrichment.sandbox.providers import (
    clearbit,
    gleif,
    google_places,
    groq,
    mapbox,
    opencnpj,
    opencorporates,
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
    "mapbox": mapbox.KEY,
    "google_places": google_places.KEY,
    "groq": groq.KEY,
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
        "mapbox": mapbox.Mapbox(world),
        "google_places": google_places.GooglePlaces(world),
        "wikidata": Wikidata(world),
        "groq": groq.Groq(world),
    }


def provider_at(path: str) -> str:
    """Whose path this is at the sandbox's own address, "" for nobody's."""
    if path.startswith("/v1/cnpj/"):
        return "receitaws"
    if path.startswith(gleif.PATH):
        return "gleif"
    if path.startswith("/v0.4/"):
        return "opencorporates"
    if path.startswith(clearbit.PATH):
        return "clearbit"
    if path.startswith("/search/"):
        return "mapbox"
    if path.startswith("/v1/places"):
        return "google_places"
    if path == "/sparql":
        return "wikidata"
    if path.startswith("/openai/"):
        return "groq"
    if opencnpj.PATH.fullmatch(path):
        return "opencnpj"
    return "rdap" if "/domain/" in path else ""
