"""Google Places: half of the companies, the fields of the mask and no others, and every refusal."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from enrichment.sandbox import Company, World
from enrichment.sandbox.bill import GOOGLE_PLACES_CALL
from enrichment.sandbox.exchange import Desk
from enrichment.sandbox.latency import Latency
from enrichment.sandbox.providers.google_places import KEY, PATH, GooglePlaces
from enrichment.sandbox.wire import Reply, Request

WORLD = World(1670)
GOOGLE = GooglePlaces(WORLD)
ALL = {"x-goog-api-key": KEY, "x-goog-fieldmask": "*"}


def ask(body: object, headers: Mapping[str, str] = ALL, method: str = "POST", path: str = PATH) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return GOOGLE.answer(Request(path, method, headers=headers, body=content))


def places(body: object, mask: str = "*") -> list[Any]:
    reply = ask(body, {"x-goog-api-key": KEY, "x-goog-fieldmask": mask})
    assert (reply.status, reply.cost_usd_micros) == (200, GOOGLE_PLACES_CALL)
    return json.loads(reply.body).get("places", [])


def known(*, has_namesake: bool = False) -> Company:
    return next(
        company
        for company in map(WORLD.at, range(200))
        if company.is_known_to("google_places") and (company.index % 5 == 2) == has_namesake and not company.planted
    )


def about(company: Company) -> Mapping[str, object]:
    return {"textQuery": f"{company.facts.name}, {company.facts.seat.city.name}", "regionCode": company.country.code}


def test_a_place_tells_what_is_true_of_its_company() -> None:
    company = known()
    (place,) = places(about(company))
    facts = company.facts
    assert place["websiteUri"] == f"https://www.{company.domain}/"
    assert place["location"] == {"latitude": facts.seat.latitude, "longitude": facts.seat.longitude}
    assert "".join(filter(lambda each: each in "+0123456789", place["internationalPhoneNumber"])) == facts.phone
    assert place["postalAddress"]["postalCode"] == facts.seat.postal_code
    assert place["businessStatus"] == "OPERATIONAL"
    hours = place["regularOpeningHours"]
    assert len(hours["weekdayDescriptions"]) == 7
    assert hours["weekdayDescriptions"][6] == "Sunday: Closed"
    assert len(hours["periods"]) == sum("Closed" not in day for day in hours["weekdayDescriptions"])


def test_half_of_the_companies_are_known_in_every_large_country() -> None:
    for code in ("BR", "US"):
        companies = [company for company in WORLD.companies if company.country.code == code]
        assert sum(company.is_known_to("google_places") for company in companies) * 2 == len(companies)


def test_a_closed_company_has_closed_its_doors_for_good() -> None:
    company = next(
        company
        for company in map(WORLD.at, range(2_000))
        if company.facts.status == "closed" and company.is_known_to("google_places")
    )
    assert places(about(company))[-1]["businessStatus"] == "CLOSED_PERMANENTLY"


def test_a_namesake_with_another_website_may_come_first() -> None:
    company = known(has_namesake=True)
    namesake, own = places(about(company))
    assert namesake["displayName"] == own["displayName"]
    assert company.domain in own["websiteUri"]
    assert company.domain not in namesake["websiteUri"]
    assert len(places({**about(company), "pageSize": 1})) == 1


def test_only_what_the_mask_names_is_sent() -> None:
    mask = "places.rating, places.regularOpeningHours.weekdayDescriptions,places.location.latitude.x,places.reviews"
    (place,) = places(about(WORLD.at(0)), mask)
    assert set(place) == {"rating", "regularOpeningHours"}
    assert set(place["regularOpeningHours"]) == {"weekdayDescriptions"}


def test_some_places_have_no_rating() -> None:
    shown = [place for index in range(600) for place in places(about(WORLD.at(index)))]
    rated = ["rating" in place for place in shown]
    assert 0.8 < sum(rated) / len(rated) < 1
    assert all(("userRatingCount" in place) == ("rating" in place) for place in shown)


@pytest.mark.parametrize("text", ["Nobody At All, Atlantis", "x"])
def test_what_is_not_on_the_map_is_an_empty_object_and_billed(text: str) -> None:
    reply = ask({"textQuery": text})
    assert (reply.status, reply.body, reply.cost_usd_micros) == (200, b"{}", GOOGLE_PLACES_CALL)


@pytest.mark.parametrize(
    ("body", "headers", "status", "word"),
    [
        ({"textQuery": "x"}, {"x-goog-fieldmask": "*"}, 403, "PERMISSION_DENIED"),
        ({"textQuery": "x"}, {**ALL, "x-goog-api-key": "other"}, 400, "API_KEY_INVALID"),
        ({"textQuery": "x"}, {"x-goog-api-key": KEY}, 400, "FieldMask"),
        ({"textQuery": "x"}, {**ALL, "x-goog-fieldmask": "displayName"}, 400, "displayName"),
        ({"textQuery": " "}, ALL, 400, "INVALID_ARGUMENT"),
        ({"textQuery": 1}, ALL, 400, "INVALID_ARGUMENT"),
        ({"textQuery": "x", "pageSize": 21}, ALL, 400, "page_size"),
        ({"textQuery": "x", "pageSize": "5"}, ALL, 400, "page_size"),
        ([], ALL, 400, "INVALID_ARGUMENT"),
        (b"{", ALL, 400, "INVALID_ARGUMENT"),
        (b"[" * 100_000, ALL, 400, "INVALID_ARGUMENT"),
    ],
)
def test_a_wrong_request_is_refused_in_googles_envelope_and_not_billed(
    body: object, headers: Mapping[str, str], status: int, word: str
) -> None:
    reply = ask(body, headers)
    assert (reply.status, reply.cost_usd_micros) == (status, 0)
    assert json.loads(reply.body)["error"]["code"] == status
    assert word in reply.body.decode()


def test_another_path_or_method_is_not_found() -> None:
    assert ask({}, path="/v1/places:searchNearby").status == ask({}, method="GET").status == 404


def test_the_quota_of_a_minute_and_that_of_a_day_differ_in_their_words_alone() -> None:
    minute, day = json.loads(GOOGLE.throttled(None).body)["error"], json.loads(GOOGLE.failed(429).body)["error"]
    assert minute["message"].replace("per minute", "per day") == day["message"]
    assert {**minute, "message": ""} == {**day, "message": ""}
    assert minute["status"] == "RESOURCE_EXHAUSTED"
    assert GOOGLE.throttled(7).headers["Retry-After"] == "7"


@pytest.mark.parametrize("status", [401, 403, 404, 500, 502, 503])
def test_a_failure_has_the_status_asked_for(status: int) -> None:
    assert GOOGLE.failed(status).status == status


def test_six_hundred_a_minute_are_answered_when_limits_are_on() -> None:
    clock = [1_000.0]
    desk = Desk(Latency(scale=0), lambda: clock[0])
    request = Request(PATH, "POST", headers=ALL, body=b'{"textQuery": "x"}', peer="127.0.0.1")

    def statuses(count: int) -> set[int]:
        return {desk.answer(desk.begin("google_places"), GOOGLE, request).status for _ in range(count)}

    assert statuses(601) == {200}
    desk.has_rate_limits = True
    assert statuses(600) == {200}
    assert statuses(1) == {429}
    clock[0] += 60
    assert statuses(1) == {200}
