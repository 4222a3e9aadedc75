"""OpenCorporates: the right company among those of its name, and nothing of a person who trades alone."""

import json
from datetime import date
from typing import Any

import httpx
import pytest

from contract.http_sources import KEY, LARCH, SOURCES, entry_of
from enrichment.domain.company import Address, CompanyStatus, Field, IndustryCode, Value
from enrichment.domain.errors import Fault, Throttled
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import opencorporates

[CASE] = [case for case in SOURCES if case.source == "opencorporates"]
COMPANY: dict[str, Any] = CASE.body["results"]["companies"][1]["company"]


def read(*companies: dict[str, Any], subject: Subject = LARCH) -> Reading:
    """A page of hits, each the fixture's company with other values, as it is read."""
    hits = [{"company": {**COMPANY, **company}} for company in companies]
    content = json.dumps({"results": {"companies": hits}}).encode()
    headers = {"content-type": "application/json"}
    return opencorporates.read(httpx.Response(200, content=content, headers=headers), subject)


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


def number_of(reading: Reading) -> Value | None:
    return values(reading).get(Field.REGISTRATION_NUMBER)


def named(hint: str, country: str = "", /, **known: Value) -> Subject:
    facts = {Field(key): value for key, value in known.items()}
    return Subject("larchglass.com", Hints(company_name=hint, country_code=country), facts)


@pytest.mark.parametrize(
    ("subject", "question"),
    [
        (LARCH, b"larch glass ltd\ngb"),
        (named("LARCH GLASS, Ltd.", "gb"), b"larch glass ltd\ngb"),
        (named("Hint", "BR", name="Known", legal_name="Registered SA"), b"registered sa\nbr"),
        (named("Hint", "BR", name="Known"), b"known\nbr"),
        (named("Larch", "US"), b"larch\nus"),
        (named("Larch", "US", jurisdiction="us_de"), b"larch\nus_de"),
        (named("Larch", "GB", jurisdiction="us_de"), b"larch\ngb"),
        (named("Larch"), b"larch\n"),
        (named(""), None),
        (named("!!!"), None),
    ],
)
def test_the_question_is_the_name_as_it_is_spelt_and_the_jurisdiction(subject: Subject, question: bytes | None) -> None:
    assert opencorporates.question(subject) == question


def test_two_companies_of_one_name_are_two_questions_where_their_numbers_are_known() -> None:
    one, other = (Subject("larch.co.uk", Hints("Larch", "GB", registration_number=number)) for number in ("1", "2"))
    assert opencorporates.question(one) == b"larch\ngb\n1"
    assert opencorporates.question(other) == b"larch\ngb\n2"


@pytest.mark.parametrize(
    ("subject", "jurisdiction"),
    [
        (LARCH, "gb"),
        (named("Larch", "US"), None),
        (named("Larch", "CA"), None),
        (named("Larch"), None),
        (named("Larch", "US", jurisdiction="us_de"), "us_de"),
    ],
)
def test_a_search_is_narrowed_where_a_country_has_one_register(subject: Subject, jurisdiction: str | None) -> None:
    request = opencorporates.request(subject, entry_of("opencorporates"))
    assert request.url.copy_with(query=None) == "https://api.opencorporates.com/v0.4/companies/search"
    assert request.url.params.get("jurisdiction_code") == jurisdiction
    assert request.url.params["order"] == "score"
    assert request.url.params["normalise_company_name"] == "true"
    assert request.url.params["per_page"] == "10"
    assert request.url.params["api_token"] == KEY


def test_a_name_with_signs_arrives_as_it_is() -> None:
    request = opencorporates.request(named("Larch & Söhne #1; 100%"), entry_of("opencorporates"))
    assert request.url.params["q"] == "Larch & Söhne #1; 100%"


def test_a_company_is_told_in_our_words_with_its_page() -> None:
    reading = read({})
    assert values(reading) == {
        Field.STATUS: CompanyStatus.ACTIVE,
        Field.JURISDICTION: "gb",
        Field.REGISTRATION_NUMBER: "07654321",
        Field.COUNTRY_CODE: "GB",
        Field.LEGAL_NAME: "LARCH GLASS LIMITED",
        Field.LEGAL_FORM: "Private limited Company",
        Field.INCORPORATION_DATE: date(2009, 5, 14),
        Field.ADDRESS: Address(
            formatted="12 Kiln Lane, Sheffield, South Yorkshire, S9 9ZZ",
            street="12 Kiln Lane",
            city="Sheffield",
            region="South Yorkshire",
            postal_code="S9 9ZZ",
        ),
        Field.INDUSTRY_CODES: (
            IndustryCode("sic", "23120", "Shaping and processing of flat glass"),
            IndustryCode("nace", "23.12", "Shaping and processing of flat glass"),
        ),
    }
    assert {claim.weight for claim in reading.claims} == {1.0}
    assert reading.attribution == "from OpenCorporates, https://opencorporates.com/companies/gb/07654321"


def test_an_attribution_names_no_other_site() -> None:
    assert read({"opencorporates_url": "https://evil.example/"}).attribution == "from OpenCorporates"


@pytest.mark.parametrize("name", ["Larch Furniture Limited", "Larch Glass Holdings Limited", "Glass Larch", ""])
def test_a_hit_of_another_name_is_not_taken(name: str) -> None:
    assert read({"name": name}) == NOT_FOUND


@pytest.mark.parametrize("name", ["LARCH GLASS LTD", "Larch-Glass, Ltd.", "larch glass plc", "Lárch Glass"])
def test_another_spelling_of_the_name_is(name: str) -> None:
    assert read({"name": name}).is_found


@pytest.mark.parametrize("jurisdiction", ["ie", "us_de", "", "g", "1b", "gb_"])
def test_a_hit_in_another_country_is_not_taken(jurisdiction: str) -> None:
    assert read({"jurisdiction_code": jurisdiction}) == NOT_FOUND


def test_without_a_country_a_name_known_in_two_is_nobodys() -> None:
    subject = named("Larch Glass")
    assert read({}, {"jurisdiction_code": "ie"}, subject=subject) == NOT_FOUND
    assert read({}, subject=subject).is_found


def test_what_exists_goes_before_what_is_closed() -> None:
    gone = {"company_number": "1", "inactive": True}
    assert number_of(read(gone, {})) == "07654321"
    assert number_of(read(gone)) == "1"


def test_a_company_goes_before_a_branch() -> None:
    branch = {"company_number": "1", "branch_status": "branch of an out-of-jurisdiction company"}
    assert number_of(read(branch, {})) == "07654321"
    assert {claim.weight for claim in read(branch).claims} == {opencorporates.WEIGHT_OF_A_GUESS}


def test_the_known_number_goes_before_everything() -> None:
    subject = named("Larch Glass", "GB", registration_number="7654321")
    others = ({"company_number": "1"}, {"company_number": "2"})
    assert number_of(read(*others, {"inactive": True}, subject=subject)) == "07654321"


def test_the_very_spelling_goes_before_another_legal_form() -> None:
    subject = named("Hint", "GB", legal_name="Larch Glass PLC")
    assert number_of(read({}, {"company_number": "2", "name": "LARCH GLASS PLC"}, subject=subject)) == "2"


def test_two_companies_whose_names_differ_in_the_legal_form_are_two_questions() -> None:
    hits = ({"name": "Larch LLC", "company_number": "1"}, {"name": "LARCH, INC.", "company_number": "2"})
    one, other = named("Larch LLC", "GB"), named("Larch Inc", "GB")
    assert [number_of(read(*hits, subject=subject)) for subject in (one, other)] == ["1", "2"]
    assert opencorporates.question(one) != opencorporates.question(other)


@pytest.mark.parametrize(
    ("written", "told"),
    [("000.000.001-91", None), ("00000000191", None), ("11.222.333/0001-81", "11222333000181")],
)
def test_a_brazilian_number_is_a_cnpj_or_none(written: str, told: str | None) -> None:
    hit = {"company_number": written, "jurisdiction_code": "br"}
    assert number_of(read(hit, subject=named("Larch Glass", "BR"))) == told


def test_of_two_that_nothing_tells_apart_the_first_is_a_guess() -> None:
    reading = read({}, {"company_number": "2"})
    assert number_of(reading) == "07654321"
    assert {claim.weight for claim in reading.claims} == {opencorporates.WEIGHT_OF_A_GUESS}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"inactive": True, "current_status": "Active"}, CompanyStatus.CLOSED),
        ({"dissolution_date": "2011-06-30", "inactive": False}, CompanyStatus.CLOSED),
        ({"inactive": None, "current_status": "Voluntarily Dissolved"}, CompanyStatus.CLOSED),
        ({"inactive": None, "current_status": "Deregistered"}, CompanyStatus.CLOSED),
        ({"inactive": None, "current_status": "Inactive"}, CompanyStatus.CLOSED),
        ({"inactive": None, "current_status": "BAIXADA"}, CompanyStatus.CLOSED),
        ({"inactive": None, "current_status": "Suspended - FTB"}, CompanyStatus.SUSPENDED),
        ({"inactive": None, "current_status": "Registered"}, CompanyStatus.ACTIVE),
        ({"inactive": None, "current_status": "In Existence"}, CompanyStatus.ACTIVE),
        ({"inactive": None, "current_status": "Active/Compliance"}, CompanyStatus.ACTIVE),
        ({"inactive": False, "current_status": None}, CompanyStatus.ACTIVE),
        ({"inactive": None, "current_status": None}, None),
        ({"inactive": None, "current_status": "Administration"}, None),
    ],
)
def test_flags_and_free_words_are_a_status(told: dict[str, Any], status: CompanyStatus | None) -> None:
    assert values(read(told)).get(Field.STATUS) == status


@pytest.mark.parametrize(
    "person",
    [
        {"company_type": "Empresário (Individual)"},
        {"company_type": "Sole Proprietorship"},
        {"company_type": "Entreprise individuelle"},
        {"company_type": "Einzelunternehmen"},
        {"name": "LARCH GLASS 00000000191"},
    ],
)
def test_of_a_sole_trader_neither_name_nor_address_is_told(person: dict[str, Any]) -> None:
    reading = read(person)
    assert reading.is_found
    assert not {Field.LEGAL_NAME, Field.LEGAL_FORM, Field.ADDRESS, Field.INCORPORATION_DATE} & set(values(reading))
    assert "00000000191" not in repr(reading)


def test_a_scheme_that_we_have_no_word_for_is_left_out() -> None:
    code = {"industry_code": {"code": "1", "description": "x", "code_scheme_id": "ru_okved"}}
    assert Field.INDUSTRY_CODES not in values(read({"industry_codes": [code]}))


def test_a_page_instead_of_json_is_a_wish_for_a_pause_and_a_broken_gateway_a_fault() -> None:
    page = {"content-type": "text/html"}
    for status in (200, 403, 404, 429):
        with pytest.raises(Throttled):
            opencorporates.read(httpx.Response(status, headers=page), LARCH)
    with pytest.raises(Fault):
        opencorporates.read(httpx.Response(502, headers=page), LARCH)
