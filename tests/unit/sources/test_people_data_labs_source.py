"""People Data Labs: the website's own company or nothing, what a match costs, and what is not believed."""

from typing import Any

import httpx
import pytest

from contract.http_sources import KEY, LARCH, SOURCES, entry_of
from enrichment.domain.answer import answer
from enrichment.domain.company import Address, EmployeeCount, Field, IndustryCode, SocialProfile, Value
from enrichment.domain.errors import QuotaExhausted, Rejected, SourceError, Throttled, Unauthorized
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.ports import Call
from enrichment.sources import people_data_labs
from fakes import alone

[CASE] = [case for case in SOURCES if case.source == "people_data_labs"]
NOON = "Mon, 02 Nov 2026 12:00:00 GMT"


def read(**changes: Any) -> Reading:
    """The fixture's record with other values, as it is read."""
    return people_data_labs.read(httpx.Response(200, json={**CASE.body, **changes}), LARCH)


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


def address_of(**changes: object) -> Value | None:
    return values(read(location={**CASE.body["location"], **changes})).get(Field.ADDRESS)


def failure(status: int, body: object, headers: dict[str, str] | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        people_data_labs.read(httpx.Response(status, json=body, headers=headers), LARCH)
    return caught.value


def test_it_is_asked_by_website_for_a_likely_match_with_the_key_in_a_header() -> None:
    request = people_data_labs.request(LARCH, entry_of("people_data_labs"))
    assert request.url == "https://api.peopledatalabs.com/v5/company/enrich?website=larchglass.co.uk&min_likelihood=6"
    assert request.headers["x-api-key"] == KEY
    assert people_data_labs.question(LARCH) == b"larchglass.co.uk"


def test_a_persons_mailbox_in_a_description_is_left_out() -> None:
    told = values(read(summary="Tempered glass. Ask anna.b@larchglass.co.uk"))
    assert told[Field.DESCRIPTION] == "Tempered glass. Ask"


def test_a_record_is_told_in_our_words() -> None:
    assert values(read()) == {
        Field.NAME: "Larch Glass",
        Field.DESCRIPTION: "Larch Glass tempers and laminates flat glass for builders.",
        Field.INDUSTRY: "glass product manufacturing",
        Field.FOUNDED_YEAR: 2009,
        Field.COUNTRY_CODE: "GB",
        Field.ADDRESS: Address(
            formatted="12 Kiln Lane, Unit 4, Sheffield, England, S9 9ZZ",
            street="12 Kiln Lane, Unit 4",
            city="Sheffield",
            region="England",
            postal_code="S9 9ZZ",
            country_code="GB",
        ),
        Field.SOCIAL_PROFILES: (
            SocialProfile("linkedin", "https://www.linkedin.com/company/larch-glass"),
            SocialProfile("x", "https://x.com/larchglass"),
            SocialProfile("facebook", "https://www.facebook.com/larchglass"),
        ),
        # The band, not the 31 that it counts itself.
        Field.EMPLOYEE_COUNT: EmployeeCount(51, 200),
        Field.INDUSTRY_CODES: (IndustryCode("naics", "327215"), IndustryCode("sic", "3231")),
    }


def test_the_middle_of_a_city_is_no_place_of_a_company() -> None:
    assert Field.COORDINATES not in values(read())


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ({"size": "10001+"}, EmployeeCount(10_001)),
        ({"size": None}, EmployeeCount(31, 31)),
        ({"size": "some"}, EmployeeCount(31, 31)),
        ({"size": None, "employee_count": 0}, None),
        ({"size": "0-0", "employee_count": "31"}, None),
    ],
)
def test_the_band_goes_before_the_count(told: dict[str, object], count: EmployeeCount | None) -> None:
    assert values(read(**told)).get(Field.EMPLOYEE_COUNT) == count


def test_a_name_in_lower_case_is_capitalised_where_no_other_is_told() -> None:
    assert values(read(display_name=None))[Field.NAME] == "Larch Glass"
    assert Field.NAME not in values(read(display_name=None, name="larch 000.000.001-91"))


def test_what_is_missing_is_taken_from_where_it_also_stands() -> None:
    told = values(read(summary=None, industry_v2=None))
    assert told[Field.DESCRIPTION] == "Glass that stays whole"
    assert told[Field.INDUSTRY] == "glass, ceramics & concrete"


def test_an_address_needs_a_city() -> None:
    assert address_of(locality=None) is None
    assert address_of(street_address=None, address_line_2=None, region=None, postal_code=None) == Address(
        formatted="Sheffield", city="Sheffield", country_code="GB"
    )


def test_profiles_of_people_are_not_taken() -> None:
    told = values(read(linkedin_url="linkedin.com/in/someone", twitter_url=None, facebook_url=None))
    assert Field.SOCIAL_PROFILES not in told


@pytest.mark.parametrize("website", ["larchglass.com", "", None, 7, "http://["])
def test_a_match_with_another_website_is_no_find_and_paid(website: object) -> None:
    reading = read(website=website)
    assert reading == Reading(is_found=False, is_billed=True)
    one = Call(entry_of("people_data_labs"), LARCH, b"q", 98_000, alone())
    assert answer(one, reading, 0.0).cost_usd_micros == 98_000
    assert answer(one, read(), 0.0).cost_usd_micros == 98_000


@pytest.mark.parametrize("website", ["www.larchglass.co.uk", "https://larchglass.co.uk/en", "LARCHGLASS.CO.UK"])
def test_the_website_may_be_written_in_any_way(website: str) -> None:
    assert read(website=website).is_found


def test_no_match_is_a_not_found_that_costs_nothing() -> None:
    reading = people_data_labs.read(httpx.Response(404, json={"error": {"type": "not_found"}}), LARCH)
    assert reading == NOT_FOUND
    one = Call(entry_of("people_data_labs"), LARCH, b"q", 98_000, alone())
    assert answer(one, reading, 0.0).cost_usd_micros == 0


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Rejected), (401, Unauthorized), (402, QuotaExhausted), (404, Rejected), (405, Rejected)],
)
def test_every_refusal_is_told_apart(status: int, error: type[SourceError]) -> None:
    assert type(failure(status, {"error": {"type": "some_error"}})) is error


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("2026-11-02T12:00:17Z", 17.0),
        ("2026-11-02T11:59:00Z", 0.0),
        ("2026-13-02T12:00:17Z", 60.0),
        ("2026-11-02", 60.0),
        ("1793620817", 60.0),
        ("", 60.0),
    ],
)
def test_a_pause_ends_when_the_limit_is_reset_or_after_a_minute(reset: str, seconds: float) -> None:
    caught = failure(429, {}, {"date": NOON, "x-ratelimit-reset": reset})
    assert isinstance(caught, Throttled)
    assert caught.retry_after == seconds
