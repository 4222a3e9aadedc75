"""Google Places (New): opening hours, rating and telephone of the place that bears the company's own website.

A Text Search by name and city; whatever hit shows another website, or none, is another company. Of all that it answers
only the coordinates may be kept, for 30 days, and nothing may enter a prompt. Read in November 2026.
"""

from collections.abc import Iterator, Mapping, Sequence

import httpx

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, Coordinates, Field, Rating
from enrichment.domain.errors import QuotaExhausted, SourceError, Unauthorized
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.names import normalised_name
from enrichment.domain.subject import Subject
from enrichment.sources.contact import is_website_of, phone
from enrichment.sources.failures import Failures, described
from enrichment.sources.http import address
from enrichment.sources.payload import (
    at,
    claims,
    items,
    json_object,
    number,
    one_line,
    parsed_object,
    required_items,
    text,
)

PATH = "/v1/places:searchText"
PLACES = 5
LONGEST_NAME = 200
# A call is billed at its dearest field. All of these are of the tier Text Search Enterprise or below; one field of
# "Enterprise + Atmosphere" (reviews, summaries) would make every call dearer.
FIELD_MASK = ",".join(
    f"places.{field}"
    for field in (
        "websiteUri",
        "businessStatus",
        "location",
        "formattedAddress",
        "postalAddress",
        "internationalPhoneNumber",
        "rating",
        "userRatingCount",
        "regularOpeningHours.weekdayDescriptions",
    )
)
# Several places bear the website: the first is one of the company's, and may be a branch.
WEIGHT_OF_A_BRANCH = 0.7
WEEK = 7
MOST_STARS, MOST_REVIEWS = 5, 2**31 - 1

# The quota of a minute heals by itself (no Retry-After was seen); that of a day does not.
FAILURES = Failures(pause_seconds=60.0)


def question(subject: Subject) -> bytes | None:
    """The text searched for, the country, and the domain, which decides which hit is accepted."""
    query = _query(subject)
    return f"{query}\n{subject.country_code}\n{subject.domain}".casefold().encode() if query else None


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """A search for the name in its city; the country goes as a bias, since "CA" and "DE" are also states."""
    body = {"textQuery": _query(subject), "pageSize": PLACES, "languageCode": "en"}
    if subject.country_code:
        body["regionCode"] = subject.country_code
    headers = {"x-goog-api-key": entry.api_key, "x-goog-fieldmask": FIELD_MASK}
    return httpx.Request("POST", address(entry.base_url, PATH), json=body, headers=headers)


def read(response: httpx.Response, subject: Subject) -> Reading:
    """The facts of the place with the company's website, not-found where there is none."""
    if error := _failure(response):
        raise error
    data = json_object(response)
    # Without a hit the list is left out, and then nothing else is there.
    places = tuple(_own(required_items(data, "places") if data else (), subject.domain))
    if not places:
        return NOT_FOUND
    weight = 1.0 if len(places) == 1 else WEIGHT_OF_A_BRANCH
    return Reading(claims(_facts(places[0], subject), weight))


def _failure(response: httpx.Response) -> SourceError | None:
    try:
        error = at(parsed_object(response.content), "error")
    except ValueError:
        error = None
    if response.status_code == 429 and "per day" in text(error, "message"):
        return QuotaExhausted(described(response, "the quota of a day"))
    reasons = {text(detail, "reason") for detail in items(error, "details")}
    # A wrong key is an invalid argument to Google.
    if response.status_code == 400 and "API_KEY_INVALID" in reasons:
        return Unauthorized(described(response, "the key is not valid"))
    return FAILURES.of(response, text(error, "status"))


def _query(subject: Subject) -> str:
    """The name and the city where one is known, "Larch Glass, Sheffield"; "" without a name."""
    known = (subject.text(Field.NAME), subject.hints.company_name, subject.text(Field.LEGAL_NAME))
    name = next((name for name in known if normalised_name(name)), "")
    held = subject.known.get(Field.ADDRESS)
    city = (held.city if isinstance(held, Address) else "") or subject.hints.city
    return ", ".join(part for part in (one_line(name, LONGEST_NAME), one_line(city)) if part) if name else ""


def _own(places: Sequence[object], domain: str) -> Iterator[object]:
    """The places that bear the company's website and have not closed for good."""
    for place in places[:PLACES]:
        is_own = is_website_of(text(place, "websiteUri"), domain)
        if is_own and text(place, "businessStatus") != "CLOSED_PERMANENTLY":
            yield place


def _facts(place: object, subject: Subject) -> Mapping[Field, object]:
    # businessStatus says whether the doors are open, not whether the company exists in law: no status comes of it.
    return {
        Field.OPENING_HOURS: _opening_hours(place),
        Field.RATING: _rating(place),
        Field.PHONE: phone(text(place, "internationalPhoneNumber"), subject.country_code),
        Field.ADDRESS: _address(place),
        Field.COORDINATES: _coordinates(place),
    }


def _opening_hours(place: object) -> tuple[str, ...]:
    days = items(place, "regularOpeningHours", "weekdayDescriptions")[:WEEK]
    return tuple(filter(None, map(text, days)))


def _rating(place: object) -> Rating | None:
    stars, reviews = number(place, "rating"), number(place, "userRatingCount") or 0
    if stars is None or not (0 < stars <= MOST_STARS and 0 <= reviews <= MOST_REVIEWS):
        return None
    return Rating(stars, int(reviews))


def _coordinates(place: object) -> Coordinates | None:
    latitude, longitude = number(place, "location", "latitude"), number(place, "location", "longitude")
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Coordinates(latitude, longitude)


def _address(place: object) -> Address | None:
    formatted, postal = text(place, "formattedAddress"), at(place, "postalAddress")
    city = text(postal, "locality")
    if not (formatted or city):
        return None
    return Address(
        formatted=formatted,
        street=one_line(", ".join(filter(None, map(text, items(postal, "addressLines"))))),
        district=text(postal, "sublocality"),
        city=city,
        region=text(postal, "administrativeArea"),
        postal_code=text(postal, "postalCode"),
        country_code=text(postal, "regionCode").upper()[:2],
    )
