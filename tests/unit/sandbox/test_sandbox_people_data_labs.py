"""People Data Labs: records of most websites, billed by the match, and every refusal in its own words."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from enrichment.domain.errors import Throttled
from enrichment.domain.subject import Subject
from enrichment.sandbox import Company, World
from enrichment.sandbox.bill import PEOPLE_DATA_LABS_MATCH
from enrichment.sandbox.providers.people_data_labs import KEY, PATH, PeopleDataLabs
from enrichment.sandbox.wire import Reply, Request
from enrichment.sources import people_data_labs as source

WORLD = World(1670)
PROVIDER = PeopleDataLabs(WORLD)
HEADERS = {"x-api-key": KEY}


def ask(query: Mapping[str, str], headers: Mapping[str, str] = HEADERS, path: str = f"{PATH}enrich") -> Reply:
    return PROVIDER.answer(Request(path, query=query, headers=headers))


def of(domain: str, **query: str) -> Reply:
    return ask({"website": domain, **query})


def body(reply: Reply) -> Any:
    return json.loads(reply.body)


def response(reply: Reply) -> httpx.Response:
    headers = {**reply.headers, "content-type": reply.content_type}
    return httpx.Response(reply.status, content=reply.body, headers=headers)


def test_what_it_tells_is_read_as_the_company() -> None:
    company = WORLD.at(0)
    reading = source.read(response(of(f"https://www.{company.domain}/")), Subject(company.domain))
    told = {claim.field.value: claim.value for claim in reading.claims}
    assert told["name"] == company.facts.name
    assert told["country_code"] == company.country.code
    assert len(told) > 6


def test_most_are_known_and_only_a_match_is_billed() -> None:
    replies = [of(company.domain) for company in WORLD.companies]
    assert {(reply.status, reply.cost_usd_micros) for reply in replies} == {(200, PEOPLE_DATA_LABS_MATCH), (404, 0)}
    assert 0.6 < sum(reply.status == 200 for reply in replies) / len(replies) < 0.8
    assert {reply.headers["x-call-credits-spent"] for reply in replies} == {"0", "1"}
    assert of("nobody.example").status == 404


def test_clearbit_and_it_do_not_know_the_same_companies() -> None:
    known = {(one.is_known_to("clearbit"), one.is_known_to("people_data_labs")) for one in WORLD.companies}
    assert known == {(True, True), (True, False), (False, True), (False, False)}


def matched(likelihood: int) -> Company:
    return next(one for one in WORLD.companies if of(one.domain).status == 200 and _likelihood(one) == likelihood)


def _likelihood(company: Company) -> int:
    return body(of(company.domain))["likelihood"]


def test_a_match_is_returned_where_it_is_likely_enough() -> None:
    unlikely = matched(4)
    assert of(unlikely.domain, min_likelihood="4").status == 200
    assert of(unlikely.domain, min_likelihood="5").status == 404


def test_a_website_that_was_taken_over_leads_to_another_company_and_is_billed() -> None:
    company = matched(6)
    reply = of(company.domain, min_likelihood="6")
    assert body(reply)["website"] == WORLD.domain(company.index - 1)
    assert reply.cost_usd_micros == PEOPLE_DATA_LABS_MATCH
    assert source.read(response(reply), Subject(company.domain)).is_billed


def test_the_band_of_employees_is_right_and_the_count_mostly_too_low() -> None:
    low = 0
    for company in WORLD.companies:
        if (reply := of(company.domain)).status != 200 or body(reply)["website"] != company.domain:
            continue
        least, most = map(int, body(reply)["size"].split("-"))
        assert least <= company.facts.employees <= most
        low += body(reply)["employee_count"] < least
    assert low > 10


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"website": " "}, 400),
        ({"website": "x.com", "min_likelihood": "0"}, 400),
        ({"website": "x.com", "min_likelihood": "11"}, 400),
        ({"website": "x.com", "min_likelihood": "six"}, 400),
        ({"website": "x.com", "min_likelihood": "²"}, 400),
    ],
)
def test_a_wrong_question_is_refused_and_not_billed(query: Mapping[str, str], status: int) -> None:
    reply = ask(query)
    assert (reply.status, body(reply)["status"], reply.cost_usd_micros) == (status, status, 0)


def test_without_its_key_nothing_is_answered() -> None:
    assert ask({"website": WORLD.domain(0)}, {}).status == 401
    assert ask({"website": WORLD.domain(0), "api_key": KEY}, {}).status == 200


def test_another_path_or_method_is_refused() -> None:
    assert ask({}, path=f"{PATH}search").status == 404
    assert PROVIDER.answer(Request(f"{PATH}enrich", "POST", headers=HEADERS)).status == 405


def test_a_throttling_says_for_how_long_in_the_limits_reset() -> None:
    reply = PROVIDER.throttled(17)
    assert "Retry-After" not in reply.headers
    with pytest.raises(Throttled) as caught:
        source.read(response(reply), Subject("x.com"))
    assert caught.value.retry_after == 17.0
    assert "x-ratelimit-reset" not in PROVIDER.throttled(None).headers


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 500, 503])
def test_a_failure_has_the_status_asked_for(status: int) -> None:
    assert PROVIDER.failed(status).status == status
