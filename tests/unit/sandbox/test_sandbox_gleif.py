"""GLEIF in the sandbox: the third of the companies that have an identifier, found by name or punctuated CNPJ."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from stdnum import lei

from contract.http_sources import entry_of
from enrichment.domain.company import CompanyStatus, Field, Identifier
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sandbox import Company, World
from enrichment.sandbox.providers.gleif import PATH, Gleif, lei_of
from enrichment.sandbox.wire import Reply, Request
from enrichment.sandbox.world.numbers import dotted
from enrichment.sources import gleif as source

RECORDED = Path(__file__).parents[4] / "shared" / "payloads" / "gleif"
WORLD = World(1670)
BRAZILIAN, AMERICAN = (company for domain in WORLD.showcase if (company := WORLD.company(domain)))
GLEIF = Gleif(WORLD)


def search(**query: str) -> Any:
    filters = {f"filter[entity.{key}]": value for key, value in query.items()}
    reply = GLEIF.answer(Request(PATH, query={"page[size]": "5", **filters}))
    assert (reply.status, reply.content_type, reply.cost_usd_micros) == (200, "application/vnd.api+json", 0)
    return json.loads(reply.body)


def names(page: Mapping[str, Any]) -> list[str]:
    return [record["attributes"]["entity"]["legalName"]["name"] for record in page["data"]]


def asked(subject: Subject) -> Reply:
    url = source.request(subject, entry_of("gleif")).url
    return GLEIF.answer(Request(url.path, query=dict(url.params)))


def subject_of(company: Company) -> Subject:
    number = company.facts.number if company.country.code == "BR" else ""
    hints = Hints(company.facts.legal_name, company.country.code, registration_number=number)
    return Subject(company.domain, hints)


def read(company: Company) -> Reading:
    reply, subject = asked(subject_of(company)), subject_of(company)
    headers = {"content-type": reply.content_type}
    return source.read(httpx.Response(reply.status, content=reply.body, headers=headers), subject)


def test_about_a_third_of_the_companies_of_every_country_have_an_identifier() -> None:
    everybody = [WORLD.at(index) for index in range(600)]
    all_of = Counter(company.country.code for company in everybody)
    known = Counter(company.country.code for company in everybody if company.is_known_to("gleif"))
    assert all(0.25 < known[code] / count < 0.4 for code, count in all_of.items())


def test_every_identifier_has_right_check_digits_and_is_of_no_issuer() -> None:
    drawn = {lei_of(company.domain) for company in WORLD.companies}
    assert len(drawn) == len(WORLD.companies)
    assert all(lei.is_valid(one) and one.startswith("999900") for one in drawn)


def test_a_company_and_a_fund_of_its_name_are_found_by_name() -> None:
    page = search(legalName=AMERICAN.facts.legal_name)
    assert names(page) == [f"{AMERICAN.facts.name} Pension Fund", AMERICAN.facts.legal_name]
    assert page["meta"]["pagination"]["total"] == 2
    assert page["data"][1]["id"] == lei_of(AMERICAN.domain)


def test_a_cnpj_is_found_punctuated_and_in_no_other_form() -> None:
    number = BRAZILIAN.facts.number
    assert BRAZILIAN.facts.legal_name in names(search(registeredAs=dotted(number)))
    assert search(registeredAs=number)["data"] == []


def test_a_search_keeps_to_its_country_and_its_size() -> None:
    name = AMERICAN.facts.name
    assert len(search(legalName=name, **{"legalAddress.country": "us"})["data"]) == 2
    assert search(legalName=name, **{"legalAddress.country": "BR"})["data"] == []
    one = GLEIF.answer(Request(PATH, query={"page[size]": "1", "filter[entity.legalName]": name}))
    assert len(json.loads(one.body)["data"]) == 1


@pytest.mark.parametrize("query", [{}, {"legalName": "Nobody At All Ltd"}, {"registeredAs": "00.000.000/0001-91"}])
def test_a_stranger_is_an_empty_page(query: dict[str, str]) -> None:
    assert search(**query)["data"] == []


def test_what_it_says_of_a_company_is_the_truth_and_is_read() -> None:
    known = [company for company in WORLD.companies if company.is_known_to("gleif")]
    assert len({company.country.code for company in known}) > 4
    for company in known:
        told = {claim.field: claim.value for claim in read(company).claims}
        facts = company.told_by("gleif")
        status = CompanyStatus.ACTIVE if facts.status == "active" else CompanyStatus.CLOSED
        assert told[Field.IDENTIFIERS] == (Identifier("lei", lei_of(company.domain)),)
        assert (told[Field.LEGAL_NAME], told[Field.STATUS]) == (facts.legal_name, status)
        assert (told[Field.JURISDICTION], told[Field.REGISTRATION_NUMBER]) == (company.jurisdiction, facts.number)
        assert told.get(Field.INCORPORATION_DATE) in (facts.incorporated_on, None)
        assert facts.seat.street in str(told[Field.ADDRESS])


def test_of_a_company_without_an_identifier_nothing_is_read() -> None:
    for company in WORLD.companies:
        if not company.is_known_to("gleif"):
            assert read(company) == NOT_FOUND


def test_it_refuses_what_is_no_search() -> None:
    assert GLEIF.answer(Request("/api/v1/lei-records/x/children")).status == 404
    assert GLEIF.answer(Request(PATH, query={"page[size]": "many"})).status == 400
    assert GLEIF.throttled(7).headers["Retry-After"] == "7"
    assert GLEIF.failed(400).content_type == "application/vnd.api+json"
    assert "html" in GLEIF.failed(503).content_type


def recorded(name: str) -> Any:
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"../shared is not here: no {name} to read")
    return json.loads(path.read_text("utf-8"))


def shape(data: object) -> object:
    """The keys of an object, and of the objects in it."""
    if not isinstance(data, dict):
        return None
    return {key: shape(value) for key, value in cast("dict[str, object]", data).items()}


def test_a_record_has_the_recorded_shape() -> None:
    real = recorded("lei-records-list.json")
    ours = search(legalName=AMERICAN.facts.legal_name)
    assert set(ours) == set(real)
    assert shape(ours["meta"]) == shape(real["meta"])
    assert [shape(record) for record in ours["data"]] == [shape(real["data"][0])] * 2
