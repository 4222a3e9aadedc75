"""Mapbox: Geocoding v6 and Search Box v1, over the world's streets and companies.

Shapes: docs.mapbox.com as of 2026. Geocoding knows addresses and no companies; Search Box knows companies, and only in
the United States, Canada and Europe.
"""

import base64
from collections.abc import Mapping

from enrichment.sandbox.bill import MAPBOX_CALL, MAPBOX_PERMANENT_CALL
from enrichment.sandbox.providers.geocoder import Geocoder, Match
from enrichment.sandbox.wire import Reply, Request, gateway_error, json_reply, pause
from enrichment.sandbox.world import Company, World
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.lore import City, Country

KEY = "sandbox-mapbox"
_ATTRIBUTION = "NOTICE: © 2026 Mapbox and its suppliers. All rights reserved. (https://www.mapbox.com/about/maps/)"
_COVERED = frozenset({"US", "CA", "DE", "GB", "FR", "PT"})
_LIMITS = {"X-Rate-Limit-Limit": "1000", "X-Rate-Limit-Interval": "60", "X-Rate-Limit-Reset": "1793610000"}
_STRUCTURED = ("address_line1", "address_number", "street", "place", "region", "postcode")


class Mapbox:
    """Answers forward searches; found or not, each is a request that counts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._geocoder = Geocoder()

    def answer(self, request: Request) -> Reply:
        """A feature collection."""
        if request.query.get("access_token") != KEY:
            return self.failed(401)
        if request.path == "/search/geocode/v6/forward":
            return self._geocode(request.query)
        if request.path == "/search/searchbox/v1/forward":
            return self._search(request.query)
        return json_reply(404, {"message": "Not Found"})

    def throttled(self, retry_after: int | None) -> Reply:
        """Over the limit of the account."""
        return json_reply(429, {"message": "Too Many Requests"}, {**_LIMITS, **pause(retry_after)})

    def failed(self, status: int) -> Reply:
        """One of its two error shapes."""
        if status == 401:
            return json_reply(401, {"message": "the token is not known", "error_code": "INVALID_TOKEN"})
        if status == 400:
            return json_reply(400, {"status_code": 400, "error": "The request is not valid", "code": "bad-request"})
        return json_reply(status, {"message": "Forbidden"}) if status == 403 else gateway_error(status)

    def _geocode(self, query: Mapping[str, str]) -> Reply:
        text = query.get("q", "") or ", ".join(query[name] for name in _STRUCTURED if query.get(name))
        if not text or len(text) > 256 or len(text.split()) > 20 or ";" in text:
            return json_reply(400, {"message": "q must hold 1 to 256 characters and 20 words, without a semicolon"})
        match = self._geocoder.find(text, _countries(query))
        price = MAPBOX_PERMANENT_CALL if query.get("permanent") == "true" else MAPBOX_CALL
        return _collection([] if match is None else [_feature(match)], price)

    def _search(self, query: Mapping[str, str]) -> Reply:
        text = query.get("q", "")
        if not text or len(text) > 256:
            return json_reply(400, {"message": "q must hold 1 to 256 characters"})
        allowed = _countries(query)
        found = [
            company
            for company in self._world.mentioned(text)
            if company.country.code in _COVERED and (not allowed or company.country.code in allowed)
        ]
        features = [feature for company in found for feature in _places(company)]
        return _collection(features[: max(1, _whole(query.get("limit", ""), 5))], MAPBOX_CALL)


def _whole(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 4 else default


def _countries(query: Mapping[str, str]) -> frozenset[str]:
    return frozenset(code for code in query.get("country", "").upper().split(",") if code)


def _collection(features: list[dict[str, object]], price: int) -> Reply:
    data = {"type": "FeatureCollection", "features": features, "attribution": _ATTRIBUTION}
    reply = json_reply(200, data, _LIMITS)
    return Reply(200, reply.body, reply.content_type, reply.headers, price)


def _id(kind: str, *parts: object) -> str:
    urn = f"urn:mbx{kind}:{Draw('mapbox', *parts).hex('id', 24)}"
    return base64.b64encode(urn.encode()).decode().rstrip("=")


def _context(country: Country, city: City) -> dict[str, object]:
    return {
        "place": {"mapbox_id": _id("plc", city.name), "name": city.name},
        "region": {
            "mapbox_id": _id("plc", country.code, city.region),
            "name": city.region,
            "region_code": city.region_code,
            "region_code_full": f"{country.code}-{city.region_code}",
        },
        "country": {
            "mapbox_id": _id("plc", country.code),
            "name": country.name,
            "country_code": country.code,
            "country_code_alpha_3": country.alpha3,
        },
    }


def _feature(match: Match) -> dict[str, object]:
    name = match.country.street.format(street=match.street, number=match.number).strip(", ") or match.city.name
    formatted = f"{match.city.name}, {match.city.region} {match.postal_code}".strip() + f", {match.country.name}"
    identity = _id("adr" if match.street else "plc", name, match.city.name)
    coordinates: dict[str, object] = {"longitude": match.longitude, "latitude": match.latitude}
    properties: dict[str, object] = {
        "mapbox_id": identity,
        "feature_type": "address" if match.number else "street" if match.street else "place",
        "name": name,
        "coordinates": {**coordinates, "accuracy": "rooftop"} if match.number else coordinates,
        "place_formatted": formatted,
        "full_address": f"{name}, {formatted}" if match.street else formatted,
        "context": {**_street_context(match, name), **_context(match.country, match.city)},
        # Only addresses are told how well they fit.
        **({"match_code": match.code} if match.number else {}),
    }
    point = {"type": "Point", "coordinates": [match.longitude, match.latitude]}
    return {"type": "Feature", "id": identity, "geometry": point, "properties": properties}


def _street_context(match: Match, name: str) -> dict[str, object]:
    context: dict[str, object] = {}
    if match.street:
        street = {"street_name": match.street, "name": name}
        identity = _id("adr", name, match.city.name)
        context["address"] = {"mapbox_id": identity, "address_number": match.number, **street}
        context["street"] = {"mapbox_id": _id("adr", match.street, match.city.name), "name": match.street}
    if match.postal_code:
        context["postcode"] = {"mapbox_id": _id("plc", match.postal_code), "name": match.postal_code}
    return context


def _places(company: Company) -> list[dict[str, object]]:
    """The company's own entry, and for some a stranger's in the same city before it."""
    seat = company.facts.seat
    metadata = {"phone": company.facts.phone, "website": f"https://{company.domain}"}
    own = _poi(company, company.facts.name, (seat.latitude, seat.longitude), metadata)
    if company.index % 4 != 3:
        return [own]
    name = f"{seat.street_name} {company.trade.noun}"
    return [_poi(company, name, (seat.city.latitude, seat.city.longitude), {}), own]


def _poi(company: Company, name: str, where: tuple[float, float], metadata: Mapping[str, object]) -> dict[str, object]:
    seat, country = company.facts.seat, company.country
    place = f"{seat.city.name}, {seat.city.region} {seat.postal_code}, {country.name}"
    latitude, longitude = where
    properties: dict[str, object] = {
        "name": name,
        "mapbox_id": _id("poi", name, company.domain),
        "feature_type": "poi",
        "address": seat.street,
        "full_address": f"{seat.street}, {place}",
        "place_formatted": place,
        "context": {
            **_context(country, seat.city),
            "postcode": {"name": seat.postal_code},
            "address": {"name": seat.street, "address_number": seat.number, "street_name": seat.street_name},
            "street": {"name": seat.street_name},
        },
        "coordinates": {"latitude": latitude, "longitude": longitude},
        "language": "en",
        "maki": "marker",
        "poi_category": [company.industry.label.lower()],
        "poi_category_ids": [company.industry.key],
        "external_ids": {},
        "metadata": metadata,
    }
    geometry = {"coordinates": [longitude, latitude], "type": "Point"}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
