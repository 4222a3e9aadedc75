"""Google Places: what is asked and paid for, and that no other company's place is taken for the company's."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.http_sources import KEY, LARCH, LARCH_WITHOUT_STREET, SOURCES, entry_of
from enrichment.domain.company import DEFAULT_FIELDS, Address, Coordinates, Field, Rating, Value
from enrichment.domain.errors import Fault, QuotaExhausted, Rejected, SourceError, Throttled, Unauthorized, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import google_places

[CASE] = [case for case in SOURCES if case.source == "google_places"]
STRANGER, OWN = CASE.body["places"]


def answered(body: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=json.dumps(body).encode(), headers={"content-type": "application/json"})


def read(*places: object, subject: Subject = LARCH_WITHOUT_STREET) -> Reading:
    return google_places.read(answered({"places": places}), subject)


def place(change: Callable[[dict[str, Any]], object] = dict) -> dict[str, Any]:
    """The company's own place, changed."""
    copy = json.loads(json.dumps(OWN))
    change(copy)
    return copy


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


def failure(status: int, body: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        google_places.read(answered(body, status), LARCH)
    return caught.value


def test_the_name_is_searched_for_in_its_city_with_the_country_as_a_bias() -> None:
    request = google_places.request(LARCH, entry_of("google_places"))
    assert (request.method, str(request.url)) == ("POST", "https://places.googleapis.com/v1/places:searchText")
    assert request.headers["x-goog-api-key"] == KEY
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {
        "textQuery": "Larch Glass, Sheffield",
        "pageSize": 5,
        "languageCode": "en",
        "regionCode": "GB",
    }


def test_without_a_country_there_is_no_bias() -> None:
    request = google_places.request(Subject("larch.com", Hints("Larch")), entry_of("google_places"))
    assert json.loads(request.content) == {"textQuery": "Larch", "pageSize": 5, "languageCode": "en"}


# The tiers of Text Search in which Google bills each field (read 2026-07); a call costs what its dearest field does.
ENTERPRISE_OR_BELOW = {
    "websiteUri",
    "businessStatus",
    "location",
    "formattedAddress",
    "postalAddress",
    "internationalPhoneNumber",
    "rating",
    "userRatingCount",
    "regularOpeningHours.weekdayDescriptions",
}


@pytest.mark.parametrize("field", google_places.FIELD_MASK.split(","))
def test_each_field_asked_for_is_of_the_tier_that_the_price_is_for(field: str) -> None:
    request = google_places.request(LARCH, entry_of("google_places"))
    assert field in request.headers["x-goog-fieldmask"].split(",")
    assert field.removeprefix("places.") in ENTERPRISE_OR_BELOW


@pytest.mark.parametrize(
    ("field", "without"),
    [
        ("regularOpeningHours", Field.OPENING_HOURS),
        ("rating", Field.RATING),
        ("internationalPhoneNumber", Field.PHONE),
        ("location", Field.COORDINATES),
    ],
)
def test_each_field_asked_for_is_read(field: str, without: Field) -> None:
    assert set(values(read(place(lambda it: it.pop(field))))) == set(values(read(OWN))) - {without}


@pytest.mark.parametrize(
    ("subject", "question"),
    [
        (LARCH, b"larch glass, sheffield\ngb\nlarchglass.co.uk"),
        (Subject("larch.com", Hints("Larch")), b"larch\n\nlarch.com"),
        (Subject("larch.com", Hints(country_code="GB"), {Field.LEGAL_NAME: "Larch Ltd"}), b"larch ltd\ngb\nlarch.com"),
        (Subject("larch.com", Hints("Larch", "GB", "Leeds")), b"larch, leeds\ngb\nlarch.com"),
        (Subject("larch.com", Hints(city="Leeds")), None),
        (Subject("larch.com", Hints("?!")), None),
    ],
)
def test_the_question_holds_name_city_country_and_the_domain_that_decides(
    subject: Subject, question: bytes | None
) -> None:
    assert google_places.question(subject) == question


@given(st.text(max_size=2_000), st.text(max_size=2_000))
def test_whatever_a_name_holds_the_query_is_one_short_line(name: str, city: str) -> None:
    subject = Subject("larch.com", Hints(name, "", city))
    if google_places.question(subject) is None:
        return
    query = json.loads(google_places.request(subject, entry_of("google_places")).content)["textQuery"]
    assert len(query) <= 502
    assert query.isprintable()


def test_the_place_with_the_companys_website_tells_what_it_knows_and_no_name_or_status() -> None:
    reading = read(STRANGER, OWN)
    assert values(reading) == {
        Field.OPENING_HOURS: (
            *(f"{day}: 8:30 AM – 5:00 PM" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")),
            "Saturday: 9:00 AM – 12:00 PM",
            "Sunday: Closed",
        ),
        Field.RATING: Rating(4.6, 38),
        Field.PHONE: "+441142345678",
        Field.ADDRESS: Address(
            formatted="12 Kiln Ln, Sheffield S9 9ZZ, UK",
            street="Unit 4, 12 Kiln Lane",
            city="Sheffield",
            postal_code="S9 9ZZ",
            country_code="GB",
        ),
        Field.COORDINATES: Coordinates(53.3998, -1.4241),
    }
    assert {claim.weight for claim in reading.claims} == {1.0}


@pytest.mark.parametrize("website", ["https://larchglass.co.uk", "http://shop.larchglass.co.uk:8080/x?y#z"])
def test_a_website_is_the_companys_by_its_registrable_domain(website: str) -> None:
    assert read(place(lambda it: it.update(websiteUri=website))).is_found


@pytest.mark.parametrize(
    "website",
    [
        "https://larchglass.com",
        "https://larchglass.co.uk.evil.com/",
        "https://evil.com/larchglass.co.uk",
        "http://[",
        "",
    ],
)
def test_a_place_with_another_website_or_none_is_another_companys(website: str) -> None:
    assert read(place(lambda it: it.update(websiteUri=website))) == NOT_FOUND
    assert read(place(lambda it: it.pop("websiteUri"))) == NOT_FOUND


def test_a_place_that_has_closed_for_good_is_not_where_the_company_is() -> None:
    former = place(lambda it: it.update(businessStatus="CLOSED_PERMANENTLY", rating=1.0))
    assert read(former) == NOT_FOUND
    assert values(read(former, OWN)) == values(read(OWN))
    assert read(place(lambda it: it.update(businessStatus="CLOSED_TEMPORARILY"))).is_found


def test_of_several_places_with_the_website_the_first_may_be_a_branch() -> None:
    reading = read(OWN, place(lambda it: it.update(rating=2.0)))
    assert values(reading)[Field.RATING] == Rating(4.6, 38)
    assert {claim.weight for claim in reading.claims} == {google_places.WEIGHT_OF_A_BRANCH}


@pytest.mark.parametrize(("stars", "reviews"), [(0, 5), (5.1, 5), ("4", 5), (None, 5), (4, -1), (4, 10**12)])
def test_a_rating_off_the_scale_is_none(stars: object, reviews: object) -> None:
    reading = read(place(lambda it: it.update(rating=stars, userRatingCount=reviews)))
    assert Field.RATING not in values(reading)


def test_a_rating_without_a_count_has_none() -> None:
    assert values(read(place(lambda it: it.pop("userRatingCount"))))[Field.RATING] == Rating(4.6, 0)


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 0), (0, -181), (None, 0), ("1", 1)])
def test_a_point_off_the_globe_is_no_place(latitude: object, longitude: object) -> None:
    where = {"latitude": latitude, "longitude": longitude}
    assert Field.COORDINATES not in values(read(place(lambda it: it.update(location=where))))


def test_a_telephone_that_cannot_exist_is_none() -> None:
    assert Field.PHONE not in values(read(place(lambda it: it.update(internationalPhoneNumber="+44 1"))))


@pytest.mark.parametrize("body", [{}, {"places": []}])
def test_an_answer_without_places_is_not_found(body: object) -> None:
    assert google_places.read(answered(body), LARCH) == NOT_FOUND


@pytest.mark.parametrize("body", [{"places": {}}, {"results": []}, {"name": "places/x"}, {"status": "ZERO_RESULTS"}])
def test_an_answer_to_another_question_is_no_not_found(body: object) -> None:
    with pytest.raises(Unreadable):
        google_places.read(answered(body), LARCH)


def told(status: str, message: str = "", *reasons: str) -> object:
    return {"error": {"message": message, "status": status, "details": [{"reason": reason} for reason in reasons]}}


PER_MINUTE = "Quota exceeded for quota metric 'X' and limit 'X per minute' of service 'places'."
PER_DAY = "Quota exceeded for quota metric 'X' and limit 'X per day' of service 'places'."


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, told("INVALID_ARGUMENT", "FieldMask is a required parameter"), Rejected),
        (400, told("INVALID_ARGUMENT", "API key not valid.", "API_KEY_INVALID"), Unauthorized),
        (401, told("UNAUTHENTICATED"), Unauthorized),
        (403, told("PERMISSION_DENIED", "billing", "BILLING_DISABLED"), Unauthorized),
        (404, told("NOT_FOUND"), Rejected),
        (429, told("RESOURCE_EXHAUSTED", PER_MINUTE), Throttled),
        (429, told("RESOURCE_EXHAUSTED"), Throttled),
        (429, told("RESOURCE_EXHAUSTED", PER_DAY), QuotaExhausted),
        (500, told("INTERNAL"), Fault),
        (503, told("UNAVAILABLE"), Fault),
        (504, told("DEADLINE_EXCEEDED"), Fault),
        (400, ["not an object"], Rejected),
        (429, {"error": "text"}, Throttled),
    ],
)
def test_each_error_is_what_its_status_and_words_say(status: int, body: object, kind: type[SourceError]) -> None:
    error = failure(status, body)
    assert type(error) is kind
    assert not error.is_cost_unknown
    assert "billing" not in str(error)


def test_the_quota_of_a_minute_heals_in_one() -> None:
    error = failure(429, told("RESOURCE_EXHAUSTED", PER_MINUTE))
    assert isinstance(error, Throttled)
    assert error.retry_after == 60.0


def test_of_its_answers_only_coordinates_may_be_kept_for_thirty_days_and_none_enters_a_prompt() -> None:
    entry = entry_of("google_places")
    assert {field for field in entry.brings if entry.terms.may_keep(field)} == {Field.COORDINATES}
    assert entry.lifetime_seconds == 30 * 86_400
    assert not entry.terms.may_enter_prompt
    assert entry.terms.attribution == "Google Maps"


def test_it_stands_in_for_mapbox_and_is_called_for_what_it_alone_has() -> None:
    entry = entry_of("google_places")
    assert (entry.backs_up, entry.price_usd_micros) == ("mapbox", 17_000)
    assert entry.alone == {Field.OPENING_HOURS, Field.RATING, Field.PHONE}
    assert entry.alone - DEFAULT_FIELDS == {Field.OPENING_HOURS, Field.RATING}
