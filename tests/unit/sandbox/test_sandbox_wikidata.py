"""Wikidata: statements about every fourth company, those a query names and no others, and its refusals."""

import json
from typing import Any

import pytest

from enrichment.sandbox import Company, World
from enrichment.sandbox.providers.wikidata import Wikidata
from enrichment.sandbox.wire import Reply, Request

WORLD = World(1670)
WIKIDATA = Wikidata(WORLD)
CLIENT = {"user-agent": "test/1 (https://client.example)"}
QUERY = "SELECT * WHERE { VALUES ?site { <https://www.%s/> <http://%s> } ?item wdt:P856 ?site . %s }"
EVERYTHING = "rdfs:label P1448 P17 P452 P571 P576 P1128 P1329 P159 P2002 P2003 P2013 P4264"


def ask(query: str, path: str = "/sparql", agent: str = CLIENT["user-agent"]) -> Reply:
    return WIKIDATA.answer(Request(path, query={"query": query, "format": "json"}, headers={"user-agent": agent}))


def rows(company: Company, names: str = EVERYTHING) -> list[Any]:
    reply = ask(QUERY % (company.domain, company.domain, names))
    assert (reply.status, reply.cost_usd_micros) == (200, 0)
    assert reply.content_type == "application/sparql-results+json;charset=utf-8"
    return json.loads(reply.body)["results"]["bindings"]


def told(company: Company, name: str) -> list[str]:
    return [row["value"]["value"] for row in rows(company, name)]


def known(*, has_shop: bool = False) -> Company:
    return next(
        company
        for company in map(WORLD.at, range(2_000))
        if company.is_known_to("wikidata") and (company.index % 5 == 4) == has_shop and not company.planted
    )


def test_an_item_tells_what_is_true_of_its_company() -> None:
    company = known()
    facts = company.facts
    assert facts.name in told(company, "rdfs:label")
    assert told(company, "P1448") == [facts.legal_name]
    assert told(company, "P17") == [company.country.code]
    assert told(company, "P1329") == [facts.phone]
    assert told(company, "P159") == [f"Point({facts.seat.longitude} {facts.seat.latitude})"]
    assert told(company, "P1128")[-1] == str(facts.employees)
    assert [value[:4] for value in told(company, "P571")] == [str(facts.founded_year)]
    assert told(company, "P576") == []
    assert set(told(company, "P4264 P2003 P2002 P2013")) <= {company.handle}


def test_both_spellings_of_one_site_lead_to_one_item() -> None:
    company = known()
    names = [(row["property"]["value"], json.dumps(row["value"])) for row in rows(company)]
    assert len(names) == len(set(names))
    assert len({row["item"]["value"] for row in rows(company)}) == 1


def test_a_year_has_its_precision_and_a_head_count_its_date() -> None:
    precisions = {
        rows(company, "P571")[0]["more"]["value"]
        for company in map(WORLD.at, range(300))
        if company.is_known_to("wikidata")
    }
    assert precisions == {"9", "11"}
    assert [row["more"]["value"][:4] for row in rows(known(), "P1128")] == ["2019", "2025"]


def test_a_shop_may_be_an_item_of_its_own_with_the_same_site() -> None:
    assert len({row["item"]["value"] for row in rows(known(has_shop=True))}) == 2


def test_a_closed_company_has_an_end() -> None:
    company = next(
        company
        for company in map(WORLD.at, range(2_000))
        if company.facts.status == "closed" and company.is_known_to("wikidata")
    )
    assert told(company, "P576")


def test_a_quarter_of_the_companies_are_known_and_of_the_others_there_is_nothing() -> None:
    companies = [WORLD.at(index) for index in range(2, 602)]
    share = sum(company.is_known_to("wikidata") for company in companies) / len(companies)
    assert share == pytest.approx(0.25, abs=0.02)
    assert rows(next(company for company in companies if not company.is_known_to("wikidata"))) == []


def test_a_site_that_is_nobodys_has_no_rows() -> None:
    assert json.loads(ask(QUERY % ("nobody.com", "nobody.com", EVERYTHING)).body)["results"]["bindings"] == []


@pytest.mark.parametrize(("query", "path"), [("", "/sparql"), ("DROP ALL", "/sparql"), ("SELECT", "/bigdata")])
def test_what_is_no_query_is_refused(query: str, path: str) -> None:
    assert ask(query, path).status == 400


def test_a_client_that_does_not_say_how_its_operator_is_reached_is_shut_out() -> None:
    assert ask("SELECT", agent="python-requests/2").status == ask("SELECT", agent="").status == 403


def test_a_pause_is_asked_for_in_a_page_with_the_seconds_in_its_title() -> None:
    reply = WIKIDATA.throttled(9)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "9")
    assert b"retry in 9 seconds" in reply.body
    assert WIKIDATA.throttled(None).headers == {}


@pytest.mark.parametrize("status", [400, 403, 500, 502, 503])
def test_a_failure_has_the_status_asked_for(status: int) -> None:
    assert WIKIDATA.failed(status).status == status
