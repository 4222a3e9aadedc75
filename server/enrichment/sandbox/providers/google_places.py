"""Google Places (New): Text Search over the companies that have a place on the map, about half of all.

Shapes: developers.google.com/maps/documentation/places as of 2026. Exactly the fields of the mask are sent; what a
place has not is left out, and of an empty answer nothing is left but its braces.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import phonenumbers

from enrichment.sandbox.bill import GOOGLE_PLACES_CALL
from enrichment.sandbox.wire import Reply, Request, gateway_error, json_reply, pause
from enrichment.sandbox.world import Company, World
from enrichment.sandbox.world.draw import Draw

KEY = "sandbox-google-places"
PATH = "/v1/places:searchText"
_HEADERS = {"Server": "scaffolding on HTTPServer2", "Cache-Control": "private", "X-Content-Type-Options": "nosniff"}
_MOST = 20
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_STATUSES: Mapping[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class GooglePlaces:
    """Answers searches; found or not, each is a request that counts."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """The places that bear a name, as far as the field mask lets them through."""
        if request.path != PATH or request.method != "POST":
            return _error(404, "Method not found.")
        key = request.headers.get("x-goog-api-key", "")
        if key != KEY:
            return _wrong_key() if key else self.failed(403)
        mask = [path.strip() for path in request.headers.get("x-goog-fieldmask", "").split(",") if path.strip()]
        if not mask:
            return _error(400, "FieldMask is a required parameter.")
        if wrong := next((path for path in mask if path != "*" and not path.startswith("places.")), ""):
            return _error(400, f"Error expanding 'fields' parameter. Cannot find matching fields for path '{wrong}'.")
        return self._search(request.body, mask)

    def throttled(self, retry_after: int | None) -> Reply:
        """Over the quota of the minute."""
        return _over_quota("per minute", pause(retry_after))

    def failed(self, status: int) -> Reply:
        """An error in Google's envelope; 429 is the quota of the day."""
        if status == 429:
            return _over_quota("per day", {})
        if status == 403:
            return _error(403, "Method doesn't allow unregistered callers. Please use an API key.")
        return _error(status, "The request failed.") if status in _STATUSES else gateway_error(status)

    def _search(self, body: bytes, mask: Iterable[str]) -> Reply:
        try:
            data = cast("Mapping[str, Any]", json.loads(body))
            text, country = data.get("textQuery", ""), str(data.get("regionCode", "")).upper()
            size = data.get("pageSize", _MOST)
        except (ValueError, AttributeError, RecursionError):
            return _error(400, "Invalid JSON payload received.")
        if not isinstance(text, str) or not text.strip():
            return _error(400, "Empty text_query.")
        if type(size) is not int or not 0 <= size <= _MOST:
            return _error(400, "Invalid page_size: it must be between 0 and 20.")
        found = [company for company in self._world.mentioned(text) if company.is_known_to("google_places")]
        # A bias, not a border.
        found.sort(key=lambda company: company.country.code != country)
        places = [_masked(place, mask) for company in found for place in _places(company)][: size or _MOST]
        reply = json_reply(200, {"places": places} if places else {}, _HEADERS)
        return Reply(200, reply.body, reply.content_type, reply.headers, GOOGLE_PLACES_CALL)


def _error(status: int, message: str, details: Iterable[object] = (), headers: Mapping[str, str] = _HEADERS) -> Reply:
    error: dict[str, object] = {"code": status, "message": message, "status": _STATUSES.get(status, "")}
    if details := list(details):
        error["details"] = details
    return json_reply(status, {"error": error}, headers)


def _wrong_key() -> Reply:
    """A key that nobody has is an invalid argument, and only the details say which."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "places.googleapis.com"},
    }
    return _error(400, "API key not valid. Please pass a valid API key.", [detail])


def _over_quota(span: str, headers: Mapping[str, str]) -> Reply:
    metric = f"quota metric 'SearchTextRequest' and limit 'SearchTextRequest {span}'"
    message = f"Quota exceeded for {metric} of service 'places.googleapis.com'."
    error = {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED"}
    return json_reply(429, {"error": error}, {**_HEADERS, **headers})


def _masked(place: Mapping[str, Any], mask: Iterable[str]) -> dict[str, Any]:
    """The parts of a place that the mask names, each at its own depth."""
    kept: dict[str, Any] = {}
    for path in mask:
        if path == "*":
            return dict(place)
        *steps, last = path.split(".")[1:]
        value: Any = place
        for step in (*steps, last):
            value = cast("Mapping[str, Any]", value).get(step) if isinstance(value, dict) else None
        if value is not None:
            target = kept
            for step in steps:
                target = target.setdefault(step, {})
            target[last] = value
    return kept


def _places(company: Company) -> list[dict[str, Any]]:
    """The company's own place, and for some that of a namesake with another website before it."""
    own = _place(company, f"https://www.{company.domain}/", "own")
    if company.index % 5 != 2:
        return [own]
    city = company.facts.seat.city
    namesake = _place(company, f"https://{company.handle}-{city.region_code.lower()}.example/", "namesake")
    namesake["location"] = {"latitude": city.latitude, "longitude": city.longitude}
    return [namesake, own]


def _place(company: Company, website: str, which: str) -> dict[str, Any]:
    facts, country = company.told_by("google_places"), company.country
    seat, draw = facts.seat, Draw("google_places", company.domain, which)
    identity = f"ChIJ{draw.hex('id', 23)}"
    parsed = phonenumbers.parse(facts.phone)
    place: dict[str, Any] = {
        "name": f"places/{identity}",
        "id": identity,
        "types": ["point_of_interest", "establishment"],
        "nationalPhoneNumber": phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL),
        "internationalPhoneNumber": phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        "formattedAddress": seat.formatted,
        "location": {"latitude": seat.latitude, "longitude": seat.longitude},
        "googleMapsUri": f"https://maps.google.com/?cid={draw.number('cid')}",
        "websiteUri": website,
        "regularOpeningHours": _hours(draw),
        "businessStatus": "CLOSED_PERMANENTLY" if facts.status == "closed" else "OPERATIONAL",
        "displayName": {"text": facts.name, "languageCode": company.language.key},
        "postalAddress": {
            "regionCode": country.code,
            "languageCode": company.tag,
            "postalCode": seat.postal_code,
            "administrativeArea": seat.city.region_code,
            "locality": seat.city.name,
            "addressLines": [seat.street],
        },
    }
    # Nobody has yet said what they think of some.
    if draw.share("is rated") < 0.9:
        place["rating"] = draw.between("rating", 30, 49) / 10
        place["userRatingCount"] = draw.between("reviews", 1, 900)
    return place


def _hours(draw: Draw) -> dict[str, Any]:
    opens, closes = draw.between("opens", 7, 10), draw.between("closes", 16, 19)
    noon = draw.pick("saturday", (None, 12, 13))
    days = [*((day, closes) for day in _WEEKDAYS), ("Saturday", noon), ("Sunday", None)]
    return {
        "openNow": False,
        "periods": [
            {"open": _moment(number, opens), "close": _moment(number, end)}
            for number, (_, end) in enumerate(days, start=1)
            if end is not None
        ],
        "weekdayDescriptions": [f"{day}: {_span(opens, end)}" for day, end in days],
    }


def _moment(day: int, hour: int) -> dict[str, int]:
    # Sunday is day 0, and nobody here opens on it.
    return {"day": day, "hour": hour, "minute": 0}


def _span(opens: int, closes: int | None) -> str:
    return "Closed" if closes is None else f"{_clock(opens)}\u2009–\u2009{_clock(closes)}"


def _clock(hour: int) -> str:
    return f"{(hour - 1) % 12 + 1}:00\u202f{'AM' if hour < 12 else 'PM'}"
