"""Clearbit: the domain's own company or nothing, every way of saying no, and the shapes of other years."""

from typing import Any

import httpx
import pytest

from contract.http_sources import KEY, LARCH, SOURCES, entry_of
from enrichment.domain.company import (
    Address,
    Coordinates,
    EmployeeCount,
    Field,
    Identifier,
    IndustryCode,
    SocialProfile,
    Value,
)
from enrichment.domain.errors import QuotaExhausted, Rejected, SourceError, Throttled, Unauthorized, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.money import cost_of_failure, cost_of_success
from enrichment.sources import clearbit

[CASE] = [case for case in SOURCES if case.source == "clearbit"]


def said(status: int, body: object, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def read(**changes: Any) -> Reading:
    """The fixture's record with other values, as it is read."""
    return clearbit.read(said(200, {**CASE.body, **changes}), LARCH)


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


def failure(status: int, body: object, **headers: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        clearbit.read(said(status, body, **headers), LARCH)
    return caught.value


def test_it_is_asked_by_domain_with_the_key_in_a_header_and_a_fixed_version() -> None:
    request = clearbit.request(LARCH, entry_of("clearbit"))
    assert request.url == "https://company.clearbit.com/v2/companies/find?domain=larchglass.co.uk"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["api-version"] == "2019-12-19"
    assert clearbit.question(LARCH) == b"larchglass.co.uk"


def test_a_record_is_told_in_our_words() -> None:
    assert values(read()) == {
        Field.NAME: "Larch Glass",
        Field.LEGAL_NAME: "Larch Glass Ltd",
        Field.DESCRIPTION: "Larch Glass tempers and laminates flat glass for builders.",
        Field.INDUSTRY: "Glass",
        Field.FOUNDED_YEAR: 2009,
        Field.COUNTRY_CODE: "GB",
        Field.ADDRESS: Address(
            formatted="12 Kiln Lane, Sheffield S9 9ZZ, UK",
            street="12 Kiln Lane",
            city="Sheffield",
            region="England",
            postal_code="S9 9ZZ",
            country_code="GB",
        ),
        Field.PHONE: "+441144960000",
        Field.SOCIAL_PROFILES: (
            SocialProfile("linkedin", "https://www.linkedin.com/company/larch-glass"),
            SocialProfile("x", "https://x.com/larchglass"),
            SocialProfile("facebook", "https://www.facebook.com/larchglass"),
        ),
        Field.TECHNOLOGIES: ("Google Analytics", "Nginx"),
        Field.EMPLOYEE_COUNT: EmployeeCount(140, 140),
        Field.IDENTIFIERS: (Identifier("ein", "990000001"), Identifier("cik", "0000990001")),
        Field.INDUSTRY_CODES: (
            IndustryCode("naics", "327215"),
            IndustryCode("sic", "3211"),
            IndustryCode("sic", "3231"),
            IndustryCode("gics", "20102010"),
        ),
        Field.COORDINATES: Coordinates(53.4, -1.43),
    }


def test_the_mailboxes_of_its_people_and_its_dead_logo_are_not_read() -> None:
    reading = read()
    assert not {Field.EMAIL, Field.LOGO_URL} & set(values(reading))
    assert "ninguem" not in repr(reading)


def test_a_persons_mailbox_in_a_description_is_left_out() -> None:
    told = values(read(description="Tempered glass. Ask anna.b@larchglass.co.uk"))
    assert told[Field.DESCRIPTION] == "Tempered glass. Ask"


@pytest.mark.parametrize("domain", ["larchglass.com", "www.larchglass.com.br", "", "not a domain", None, 1])
def test_a_record_of_another_company_is_a_not_found_without_a_fact(domain: object) -> None:
    assert read(domain=domain) == NOT_FOUND
    assert read(domain=domain, domainAliases="larchglass.co.uk") == NOT_FOUND


@pytest.mark.parametrize("alias", ["larchglass.co.uk", "shop.larchglass.co.uk", "LARCHGLASS.CO.UK"])
def test_a_record_that_names_the_domain_as_an_alias_is_the_companys(alias: str) -> None:
    assert read(domain="larch-group.example", domainAliases=[None, "x", alias]).is_found


@pytest.mark.parametrize("person", [{"type": "personal"}, {"personal": True}])
def test_the_page_of_a_person_is_no_company(person: dict[str, object]) -> None:
    assert read(**person) == NOT_FOUND


def test_a_name_that_holds_a_persons_number_is_left_out() -> None:
    told = values(read(name="LARCH 000.000.001-91", legalName="LARCH 00000000191"))
    assert not {Field.NAME, Field.LEGAL_NAME} & set(told)


def test_of_a_city_without_a_street_the_coordinates_count_for_less() -> None:
    geo = {**CASE.body["geo"], "streetAddress": None}
    weights = {claim.field: claim.weight for claim in read(geo=geo).claims}
    assert weights[Field.COORDINATES] == 0.7
    assert {weight for name, weight in weights.items() if name is not Field.COORDINATES} == {1.0}


@pytest.mark.parametrize(
    "geo", [{"lat": 91.0, "lng": 0.0}, {"lat": 0.0, "lng": 181.0}, {"lat": 1.0}, {"lng": 1.0}, None]
)
def test_what_lies_nowhere_has_no_coordinates(geo: object) -> None:
    assert Field.COORDINATES not in values(read(geo=geo))


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"metrics": {"employees": 140, "employeesRange": "51-250"}}, EmployeeCount(140, 140)),
        ({"metrics": {"employees": None, "employeesRange": "251-1K"}}, EmployeeCount(251, 1_000)),
        ({"metrics": {"employees": 0, "employeesRange": "100K+"}}, EmployeeCount(100_000)),
        # Hunter speaks this schema and writes its band where the count stands.
        ({"metrics": {"employees": "11-50"}}, EmployeeCount(11, 50)),
        ({"metrics": None, "employees": 200}, EmployeeCount(200, 200)),
        ({"metrics": {"employeesRange": "50-10"}}, None),
        ({"metrics": {"employeesRange": "many"}}, None),
        ({"metrics": {"employees": -1}}, None),
    ],
)
def test_a_head_count_or_a_band_is_told(changes: dict[str, Any], count: EmployeeCount | None) -> None:
    assert values(read(**changes)).get(Field.EMPLOYEE_COUNT) == count


def test_the_telephone_of_the_site_stands_in_for_a_missing_one() -> None:
    assert values(read(phone=None))[Field.PHONE] == "+441144960123"


@pytest.mark.parametrize("country", ["", "GBR", "9", None])
def test_what_is_no_code_of_a_country_is_left_out(country: object) -> None:
    told = values(read(geo={**CASE.body["geo"], "countryCode": country}))
    assert Field.COUNTRY_CODE not in told
    address = told[Field.ADDRESS]
    assert isinstance(address, Address)
    assert address.country_code == ""


def test_an_address_is_put_together_where_no_line_of_it_is_given() -> None:
    address = values(read(location=None))[Field.ADDRESS]
    assert isinstance(address, Address)
    assert address.formatted == "12 Kiln Lane, Sheffield, England, S9 9ZZ"
    assert Field.ADDRESS not in values(read(location=None, geo=None))


def test_the_narrowest_industry_is_told() -> None:
    assert values(read(category={"sector": "Industrials", "industry": "Machinery"}))[Field.INDUSTRY] == "Machinery"
    assert values(read(category={"sector": "Industrials"}))[Field.INDUSTRY] == "Industrials"


@pytest.mark.parametrize("numbers", [{"usEIN": "12-34", "usCIK": "12345678901"}, {"usEIN": None, "usCIK": "x"}])
def test_a_number_of_another_length_identifies_nobody(numbers: dict[str, object]) -> None:
    assert Field.IDENTIFIERS not in values(read(identifiers=numbers))


def test_the_shape_of_2014_is_read_as_far_as_it_goes() -> None:
    old = {"name": "Larch Glass", "domain": "larchglass.co.uk", "employees": 12, "location": "Sheffield, UK"}
    reading = clearbit.read(said(200, {**old, "personal": False, "raised": 1.5, "categories": ["Glass"]}), LARCH)
    assert values(reading) == {
        Field.NAME: "Larch Glass",
        Field.ADDRESS: Address(formatted="Sheffield, UK"),
        Field.EMPLOYEE_COUNT: EmployeeCount(12, 12),
    }


def test_a_record_made_on_the_spot_is_one() -> None:
    assert clearbit.read(said(201, CASE.body), LARCH) == read()


@pytest.mark.parametrize("response", [said(202, {"error": {"type": "queued"}}), httpx.Response(202)])
def test_a_place_in_the_queue_is_neither_an_answer_nor_a_not_found_and_is_counted(response: httpx.Response) -> None:
    with pytest.raises(Throttled) as caught:
        clearbit.read(response, LARCH)
    assert caught.value.retry_after is None
    assert cost_of_failure(caught.value, 50_000) == 50_000


def test_an_unknown_company_is_a_not_found_that_is_counted() -> None:
    reading = clearbit.read(said(404, {"error": {"type": "unknown_record"}}), LARCH)
    assert reading == NOT_FOUND
    assert cost_of_success(entry_of("clearbit"), 50_000, is_found=reading.is_found) == 50_000


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (404, "unknown_route", Rejected),
        (404, "", Rejected),
        (422, "params_invalid", Rejected),
        (402, "over_quota", QuotaExhausted),
        (401, "invalid_api_key", Unauthorized),
        (401, "auth_required", Unauthorized),
    ],
)
def test_every_refusal_is_told_apart_and_costs_nothing(status: int, kind: str, error: type[SourceError]) -> None:
    caught = failure(status, {"error": {"type": kind}})
    assert type(caught) is error
    assert kind in str(caught)
    assert cost_of_failure(caught, 50_000) == 0


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1793620817", 17.0),
        ("1793620800", 0.0),
        ("1793620000", 0.0),
        ("999999999999", 86_400.0),
        ("soon", None),
        ("", None),
        ("-1", None),
        ("1e9", None),
    ],
)
def test_a_pause_ends_when_the_limit_is_reset_by_the_answers_own_clock(reset: str, seconds: float | None) -> None:
    caught = failure(429, {}, Date="Mon, 02 Nov 2026 12:00:00 GMT", X_RateLimit_Reset=reset)
    assert isinstance(caught, Throttled)
    assert caught.retry_after == seconds


def test_without_its_clock_the_end_of_a_pause_says_nothing() -> None:
    caught = failure(429, {}, X_RateLimit_Reset="1793620817")
    assert isinstance(caught, Throttled)
    assert caught.retry_after is None


def test_an_answer_without_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        clearbit.read(httpx.Response(200, text="hello"), LARCH)
