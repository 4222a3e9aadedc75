"""Mapbox: the coordinates of an address we hold, else the place that bears the company's name in its city.

Geocoding v6 knows addresses and no companies; Search Box knows companies in the United States, Canada and Europe.
Both answers are temporary: they may be shown and never kept. Geocoding also sells permanent ones, which may be kept;
where an operator buys those, Search Box is not asked, since one source has one price and one set of terms. Read in
November 2026.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import httpx

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, Coordinates, Field
from enrichment.domain.errors import Skipped, SkipReason
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.names import normalised_name
from enrichment.domain.subject import Subject
from enrichment.sources.failures import Failures
from enrichment.sources.http import address
from enrichment.sources.payload import at, claims, json_object, number, required_items, text

GEOCODING_PATH = "/search/geocode/v6/forward"
SEARCH_PATH = "/search/searchbox/v1/forward"
# What match_code.confidence must be: "medium" and "low" are other houses, or other streets.
SURE = frozenset({"exact", "high"})
# Limits of a query (docs.mapbox.com); ";" would begin a batch.
MOST_WORDS, MOST_CHARACTERS = 20, 256
PLACES = 5
# A place that shows no website, or one of several: it bears the name in the city, and may still be another.
WEIGHT_OF_A_GUESS = 0.7

FAILURES = Failures()

COVERED_BY_SEARCH = frozenset(
    {
        *("US", "CA", "AD", "AL", "AT", "BA", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB"),
        *("GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL"),
        *("PT", "RO", "RS", "SE", "SI", "SK", "SM", "UA"),
    }
)


def question(subject: Subject) -> bytes | None:
    """The address, else the name in its city."""
    query = _geocoding(subject)
    if not query and (search := _search(subject)):
        # Which place is accepted depends on its website and on all names.
        query = {**search, "domain": subject.domain, "names": "|".join(_names(subject))}
    return "\n".join(f"{key}={value}" for key, value in query.items()).casefold().encode() if query else None


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """A geocoding of the address, else a search for the place; raises Skipped for a search with permanent results."""
    permanent = {"permanent": "true"} if entry.options.get("permanent") == "true" else {}
    if query := _geocoding(subject):
        url = address(entry.base_url, GEOCODING_PATH, {**query, "autocomplete": "false", "limit": "1", **permanent})
    elif permanent:
        raise Skipped(SkipReason.MISSING_INPUT, "needs an address; permanent results exist of nothing else")
    else:
        url = address(entry.base_url, SEARCH_PATH, {**_search(subject), "types": "poi", "limit": str(PLACES)})
    return httpx.Request("GET", url.copy_merge_params({"access_token": entry.api_key}))


def read(response: httpx.Response, subject: Subject) -> Reading:
    """Coordinates of the address, or address and coordinates of the place; not-found where neither is sure."""
    if error := FAILURES.of(response):
        raise error
    features = required_items(json_object(response), "features")
    if _geocoding(subject):
        found = next(_located(features, subject), None)
        # The address itself is ours.
        return Reading(claims({Field.COORDINATES: found})) if found else NOT_FOUND
    places = tuple(_places(features, subject))
    if not places:
        return NOT_FOUND
    is_sure = len(places) == 1 and bool(_website(places[0]))
    return Reading(claims(_facts(places[0]), 1.0 if is_sure else WEIGHT_OF_A_GUESS))


def _geocoding(subject: Subject) -> Mapping[str, str]:
    """The parts of the address we hold, empty without a street and a city."""
    held = subject.known.get(Field.ADDRESS)
    if not isinstance(held, Address) or not (held.street and held.city):
        return {}
    parts = {
        "address_line1": held.street,
        "place": held.city,
        "region": held.region,
        "postcode": held.postal_code,
        "country": held.country_code or subject.country_code,
    }
    return {key: clean for key, part in parts.items() if (clean := _clean(part))}


def _search(subject: Subject) -> Mapping[str, str]:
    """The company's name and city, empty where one is missing or the country is not covered."""
    names, city = _names(subject), _city(subject)
    if not names or not city or subject.country_code not in COVERED_BY_SEARCH:
        return {}
    return {"q": _clean(f"{names[0]} {city}"), "country": subject.country_code}


def _names(subject: Subject) -> tuple[str, ...]:
    known = (subject.text(Field.NAME), subject.hints.company_name, subject.text(Field.LEGAL_NAME))
    return tuple(name for name in known if normalised_name(name))


def _city(subject: Subject) -> str:
    held = subject.known.get(Field.ADDRESS)
    return (held.city if isinstance(held, Address) else "") or subject.hints.city


def _clean(query: str) -> str:
    words = query.replace(";", " ").split()[:MOST_WORDS]
    return " ".join(words)[:MOST_CHARACTERS].rstrip()


def _located(features: Sequence[object], subject: Subject) -> Iterator[Coordinates]:
    """Where the features are that are the very address."""
    country = _geocoding(subject).get("country", "").upper()
    for feature in features:
        found = text(feature, "properties", "context", "country", "country_code").upper()
        is_sure = text(feature, "properties", "match_code", "confidence") in SURE
        if is_sure and (where := _coordinates(feature)) and (not country or found == country):
            yield where


def _places(features: Sequence[object], subject: Subject) -> Iterator[object]:
    """The features that bear the company's name, with its website or, showing none, in its city."""
    names = {normalised_name(name) for name in _names(subject)}
    city = normalised_name(_city(subject))
    for feature in features[:PLACES]:
        website, place = _website(feature), text(feature, "properties", "context", "place", "name")
        is_here = _is_of(website, subject.domain) if website else normalised_name(place) == city
        if is_here and normalised_name(text(feature, "properties", "name")) in names:
            yield feature


def _website(feature: object) -> str:
    return text(feature, "properties", "metadata", "website")


def _is_of(website: str, domain: str) -> bool:
    try:
        host = urlsplit(website if "//" in website else f"//{website}").hostname or ""
    except ValueError:
        return False
    return host == domain or host.endswith(f".{domain}")


def _facts(feature: object) -> Mapping[Field, object]:
    return {
        Field.ADDRESS: _address(at(feature, "properties")),
        Field.COORDINATES: _coordinates(feature),
    }


def _coordinates(feature: object) -> Coordinates | None:
    where = at(feature, "properties", "coordinates")
    latitude, longitude = number(where, "latitude"), number(where, "longitude")
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Coordinates(latitude, longitude)


def _address(place: object) -> Address | None:
    context = at(place, "context")
    city = text(context, "place", "name")
    if not city:
        return None
    return Address(
        formatted=text(place, "full_address"),
        street=text(place, "address"),
        city=city,
        region=text(context, "region", "region_code") or text(context, "region", "name"),
        postal_code=text(context, "postcode", "name"),
        country_code=text(context, "country", "country_code").upper()[:2],
    )
