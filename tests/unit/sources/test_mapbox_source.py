"""Mapbox: coordinates for an address we hold, and else the place that is the company's."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.http_sources import KEY, LARCH, LARCH_WITHOUT_STREET, SOURCES, entry_of
from enrichment.catalogue import load
from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, Coordinates, Field, Value
from enrichment.domain.errors import Skipped, SkipReason
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import mapbox

ADDRESS, PLACE = (case.body for case in SOURCES if case.source == "mapbox")
KILN_LANE = Coordinates(53.3998, -1.4241)


def read(subject: Subject, *features: object) -> Reading:
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return mapbox.read(httpx.Response(200, content=content, headers={"content-type": "application/json"}), subject)


def house(change: Callable[[dict[str, Any]], object] = dict) -> Any:
    """The feature of an address, its properties changed."""
    feature = json.loads(json.dumps(ADDRESS["features"][0]))
    change(feature["properties"])
    return feature


def place(change: Callable[[dict[str, Any]], object] = dict) -> Any:
    """The feature of a place, its properties changed."""
    feature = json.loads(json.dumps(PLACE["features"][1]))
    change(feature["properties"])
    return feature


def at_address(**parts: str) -> Subject:
    return Subject("larchglass.co.uk", Hints("Larch Glass"), {Field.ADDRESS: Address(**parts)})


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


def test_an_address_is_asked_for_in_its_parts() -> None:
    request = mapbox.request(LARCH, entry_of("mapbox"))
    assert request.url.copy_with(query=None) == "https://api.mapbox.com/search/geocode/v6/forward"
    assert dict(request.url.params) == {
        "address_line1": "12 Kiln Lane",
        "place": "Sheffield",
        "postcode": "S9 9ZZ",
        "country": "GB",
        "autocomplete": "false",
        "limit": "1",
        "access_token": KEY,
    }


def test_without_a_street_the_name_is_looked_for_in_the_city() -> None:
    request = mapbox.request(LARCH_WITHOUT_STREET, entry_of("mapbox"))
    assert request.url.copy_with(query=None) == "https://api.mapbox.com/search/searchbox/v1/forward"
    assert dict(request.url.params) == {
        "q": "Larch Glass Sheffield",
        "country": "GB",
        "types": "poi",
        "limit": "5",
        "access_token": KEY,
    }


@pytest.mark.parametrize(
    "subject",
    [
        Subject("larchglass.co.uk"),
        Subject("larchglass.co.uk", Hints("Larch Glass", "GB")),
        Subject("larchglass.co.uk", Hints(city="Sheffield")),
        # No company of Brazil is in Search Box.
        Subject("laricio.com.br", Hints("Laricio", "BR", "Joinville")),
        Subject("larch.com", Hints("Larch Glass", "", "Sheffield")),
        at_address(formatted="somewhere in Sheffield"),
        at_address(street="12 Kiln Lane"),
    ],
)
def test_without_a_street_and_without_a_name_in_a_covered_city_there_is_no_question(subject: Subject) -> None:
    assert mapbox.question(subject) is None


def test_the_same_address_is_the_same_question_whoever_lives_there() -> None:
    one = at_address(street="12 Kiln Lane", city="Sheffield", country_code="GB")
    other = Subject(
        "other.com", known={Field.ADDRESS: Address(street="12 KILN LANE", city="sheffield", country_code="GB")}
    )
    assert mapbox.question(one) == mapbox.question(other) is not None


def test_a_place_is_one_companys_question() -> None:
    other = Subject("another-larch.co.uk", LARCH_WITHOUT_STREET.hints)
    assert mapbox.question(LARCH_WITHOUT_STREET) != mapbox.question(other)


def test_all_names_by_which_a_place_is_recognised_are_in_the_question() -> None:
    named = {Field.NAME: "Larch Glass"}
    one, other = (Subject("larchglass.co.uk", Hints(hint, "GB", "Sheffield"), named) for hint in ("Larch", "Elm"))
    assert mapbox.question(one) != mapbox.question(other)


@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_an_address_says_a_query_keeps_its_limits(street: str, city: str) -> None:
    subject = at_address(street=street, city=city, country_code="GB")
    if mapbox.question(subject) is None:
        return
    for key in ("q", "address_line1", "place"):
        part = mapbox.request(subject, entry_of("mapbox")).url.params.get(key, "")
        assert ";" not in part
        assert len(part) <= 256
        assert len(part.split()) <= 20


def test_an_address_that_is_found_brings_its_coordinates_alone() -> None:
    assert values(read(LARCH, house())) == {Field.COORDINATES: KILN_LANE}


@pytest.mark.parametrize("confidence", ["medium", "low", "", None])
def test_a_house_that_may_be_another_is_not_taken(confidence: str | None) -> None:
    assert read(LARCH, house(lambda it: it["match_code"].update(confidence=confidence))) == NOT_FOUND


def test_a_high_confidence_is_enough() -> None:
    assert read(LARCH, house(lambda it: it["match_code"].update(confidence="high"))).is_found


def test_a_house_in_another_country_is_not_taken() -> None:
    assert read(LARCH, house(lambda it: it["context"]["country"].update(country_code="US"))) == NOT_FOUND


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(91, 0), (0, 181), (-90.1, 0), (None, 0), ("53.4", "-1.4"), (True, False), (10**400, 0)]
)
def test_a_point_off_the_globe_is_no_place(latitude: object, longitude: object) -> None:
    point = {"latitude": latitude, "longitude": longitude}
    assert read(LARCH, house(lambda it: it.update(coordinates=point))) == NOT_FOUND


def test_the_place_with_the_companys_website_is_taken() -> None:
    reading = read(LARCH_WITHOUT_STREET, *PLACE["features"])
    assert values(reading) == {
        Field.COORDINATES: KILN_LANE,
        Field.ADDRESS: Address(
            formatted="12 Kiln Lane, Sheffield, S9 9ZZ, United Kingdom",
            street="12 Kiln Lane",
            city="Sheffield",
            region="ENG",
            postal_code="S9 9ZZ",
            country_code="GB",
        ),
    }
    assert {claim.weight for claim in reading.claims} == {1.0}


@pytest.mark.parametrize(
    "website",
    ["larchglass.co.uk", "http://larchglass.co.uk:8080/", "//shop.larchglass.co.uk", "https://LARCHGLASS.co.uk"],
)
def test_a_website_is_the_companys_by_its_domain(website: str) -> None:
    assert read(LARCH_WITHOUT_STREET, place(lambda it: it["metadata"].update(website=website))).is_found


@pytest.mark.parametrize(
    "website",
    ["https://evil.example/larchglass.co.uk", "notlarchglass.co.uk", "larchglass.co.uk.evil.example", "http://[", "x"],
)
def test_another_website_is_another_company(website: str) -> None:
    assert read(LARCH_WITHOUT_STREET, place(lambda it: it["metadata"].update(website=website))) == NOT_FOUND


def test_another_name_is_another_company() -> None:
    assert read(LARCH_WITHOUT_STREET, place(lambda it: it.update(name="Larch Cafe"))) == NOT_FOUND
    assert read(LARCH_WITHOUT_STREET, place(lambda it: it.update(name="LARCH GLASS LTD."))).is_found


def test_a_place_without_a_website_is_a_guess_and_must_be_in_the_city() -> None:
    unmarked = place(lambda it: it.update(metadata={}))
    reading = read(LARCH_WITHOUT_STREET, unmarked)
    assert {claim.weight for claim in reading.claims} == {mapbox.WEIGHT_OF_A_GUESS}
    elsewhere = Subject("larchglass.co.uk", Hints("Larch Glass", "GB", "Leeds"))
    assert read(elsewhere, unmarked) == NOT_FOUND


def test_of_several_places_the_first_is_a_guess() -> None:
    reading = read(LARCH_WITHOUT_STREET, place(), place())
    assert {claim.weight for claim in reading.claims} == {mapbox.WEIGHT_OF_A_GUESS}


def permanent() -> Entry:
    [entry] = [entry for entry in load({"mapbox": {"permanent": "true"}}) if entry.name == "mapbox"]
    return entry


def test_permanent_results_are_asked_for_paid_for_and_kept_or_none_of_it() -> None:
    for entry, told, price in ((entry_of("mapbox"), None, 750), (permanent(), "true", 5_000)):
        assert mapbox.request(LARCH, entry).url.params.get("permanent") == told
        assert entry.price_usd_micros == price
        assert entry.terms.may_keep(Field.COORDINATES) is (told is not None)
        assert not entry.terms.may_enter_prompt
        assert entry.terms.attribution


def test_with_permanent_results_a_place_is_not_searched_for_since_it_could_not_be_kept() -> None:
    with pytest.raises(Skipped) as skip:
        mapbox.request(LARCH_WITHOUT_STREET, permanent())
    assert skip.value.reason is SkipReason.MISSING_INPUT
    assert "needs an address" in skip.value.explanation
    assert set(permanent().brings) == {Field.COORDINATES}
