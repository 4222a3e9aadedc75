"""Mapbox: addresses in any spelling, companies in some countries, and every refusal."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.sandbox import Company, World
from enrichment.sandbox.bill import MAPBOX_CALL, MAPBOX_PERMANENT_CALL
from enrichment.sandbox.providers.mapbox import KEY, Mapbox
from enrichment.sandbox.providers.receitaws import capitals
from enrichment.sandbox.wire import Reply, Request

WORLD = World(1670)
MAPBOX = Mapbox(WORLD)
GEOCODE, SEARCH = "/search/geocode/v6/forward", "/search/searchbox/v1/forward"


def answer(path: str, query: Mapping[str, str]) -> Reply:
    return MAPBOX.answer(Request(path, query={"access_token": KEY, **query}))


def features(path: str, query: Mapping[str, str]) -> list[Any]:
    reply = answer(path, query)
    assert (reply.status, reply.cost_usd_micros) == (200, MAPBOX_CALL)
    return json.loads(reply.body)["features"]


def structured(company: Company) -> Mapping[str, str]:
    seat = company.facts.seat
    return {
        "address_line1": seat.street,
        "place": seat.city.name,
        "region": seat.city.region_code,
        "postcode": seat.postal_code,
        "country": company.country.code,
    }


@given(st.integers(0, 70_000))
def test_every_address_of_the_world_lies_where_its_company_does(index: int) -> None:
    company = WORLD.at(index)
    seat = company.facts.seat
    for query in ({"q": seat.formatted}, structured(company)):
        (feature,) = features(GEOCODE, query)
        properties = feature["properties"]
        assert properties["match_code"]["confidence"] == "exact"
        assert feature["geometry"]["coordinates"] == [seat.longitude, seat.latitude]
        assert properties["coordinates"]["latitude"] == seat.latitude
        assert properties["context"]["place"]["name"] == seat.city.name
        assert properties["context"]["postcode"]["name"] == seat.postal_code


def test_a_result_that_may_be_kept_costs_more() -> None:
    for permanent, price in (("true", MAPBOX_PERMANENT_CALL), ("false", MAPBOX_CALL)):
        assert answer(GEOCODE, {"q": "Berlin", "permanent": permanent}).cost_usd_micros == price
    assert answer(SEARCH, {"q": "Berlin", "permanent": "true"}).cost_usd_micros == MAPBOX_CALL


def test_an_address_in_capitals_without_a_postal_code_is_known_nearly_as_well() -> None:
    company = WORLD.at(0)
    seat = company.facts.seat
    (feature,) = features(GEOCODE, {"q": f"{capitals(seat.street)} {capitals(seat.city.name)}"})
    assert feature["properties"]["match_code"]["confidence"] == "high"
    assert feature["properties"]["coordinates"]["longitude"] == seat.longitude


def test_without_a_number_it_is_a_street_and_without_a_street_a_place() -> None:
    seat = WORLD.at(0).facts.seat
    (street,) = features(GEOCODE, {"q": f"{seat.street_name}, {seat.city.name}"})
    (place,) = features(GEOCODE, {"q": seat.city.name})
    kinds = [feature["properties"]["feature_type"] for feature in (street, place)]
    assert kinds == ["street", "place"]
    assert "match_code" not in street["properties"]
    assert "match_code" not in place["properties"]


@pytest.mark.parametrize("query", [{"q": "1 Nowhere Road, Atlantis"}, {"q": "Berlin", "country": "br,us"}])
def test_an_address_that_is_nowhere_is_an_empty_collection(query: Mapping[str, str]) -> None:
    assert features(GEOCODE, query) == []


@pytest.mark.parametrize("text", ["", "x" * 257, "word " * 21, "Berlin;Hamburg"])
def test_a_query_past_its_limits_is_refused_and_not_billed(text: str) -> None:
    reply = answer(GEOCODE, {"q": text})
    assert (reply.status, reply.cost_usd_micros) == (400, 0)
    assert json.loads(reply.body)["message"]


def test_a_company_is_found_by_its_name_and_city_with_its_telephone() -> None:
    company = WORLD.at(1)
    (feature,) = features(SEARCH, {"q": f"{company.facts.name}, {company.facts.seat.city.name}", "country": "US"})
    properties = feature["properties"]
    assert properties["name"] == company.facts.name
    assert properties["metadata"] == {"phone": company.facts.phone, "website": f"https://{company.domain}"}
    assert properties["feature_type"] == "poi"


def test_a_stranger_on_the_spot_may_come_first() -> None:
    company = next(one for one in WORLD.companies if one.index % 4 == 3 and one.country.code == "US")
    stranger, own = features(SEARCH, {"q": company.facts.name})
    assert stranger["properties"]["name"] != own["properties"]["name"] == company.facts.name
    assert len(features(SEARCH, {"q": company.facts.name, "limit": "1"})) == 1


def test_companies_of_brazil_and_mexico_are_not_covered() -> None:
    for code in ("BR", "MX"):
        company = next(one for one in WORLD.companies if one.country.code == code)
        assert features(SEARCH, {"q": company.facts.name}) == []
    assert features(SEARCH, {"q": "Nobody At All"}) == []


@pytest.mark.parametrize("text", ["", "x" * 257])
def test_a_search_past_its_limits_is_refused(text: str) -> None:
    assert answer(SEARCH, {"q": text}).status == 400


def test_without_its_token_nothing_is_answered() -> None:
    for token in ({}, {"access_token": "other"}):
        reply = MAPBOX.answer(Request(GEOCODE, query={"q": "Berlin", **token}))
        assert (reply.status, reply.cost_usd_micros) == (401, 0)
        assert json.loads(reply.body) == {"message": "the token is not known", "error_code": "INVALID_TOKEN"}


def test_another_path_is_not_found() -> None:
    assert answer("/search/geocode/v6/reverse", {"q": "x"}).status == 404
