"""Clearbit: records of some domains, a queue for others, every refusal, and the limits in its own headers."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from enrichment.domain.errors import Throttled
from enrichment.domain.subject import Subject
from enrichment.sandbox import Company, World
from enrichment.sandbox.bill import CLEARBIT_CALL
from enrichment.sandbox.providers.clearbit import KEY, PATH, Clearbit
from enrichment.sandbox.wire import Reply, Request
from enrichment.sources import clearbit as source

WORLD = World(1670)
CLEARBIT = Clearbit(WORLD)
BEARER = {"authorization": f"Bearer {KEY}"}


def ask(domain: str, headers: Mapping[str, str] = BEARER, path: str = f"{PATH}find") -> Reply:
    return CLEARBIT.answer(Request(path, query={"domain": domain} if domain else {}, headers=headers))


def body(reply: Reply) -> Any:
    return json.loads(reply.body)


def response(reply: Reply) -> httpx.Response:
    headers = {**reply.headers, "content-type": reply.content_type}
    return httpx.Response(reply.status, content=reply.body, headers=headers)


def known() -> list[Company]:
    return [company for company in WORLD.companies if company.is_known_to("clearbit")]


def test_what_it_tells_is_read_as_the_company() -> None:
    company = WORLD.at(0)
    reading = source.read(response(ask(f"www.{company.domain}")), Subject(company.domain))
    told = {claim.field.value: claim.value for claim in reading.claims}
    assert told["name"] == company.facts.name
    assert told["country_code"] == company.country.code
    assert told["phone"] == company.facts.phone
    assert len(told) > 9


def test_a_domain_in_five_ways() -> None:
    statuses = {company.domain: ask(company.domain).status for company in WORLD.companies}
    assert set(statuses.values()) == {200, 202, 404}
    assert 0.5 < len(known()) / len(WORLD.companies) < 0.7
    assert {ask(domain).cost_usd_micros for domain in statuses} == {CLEARBIT_CALL}
    assert ask("nobody.example").status == 404


def test_a_queued_domain_says_so_and_is_counted() -> None:
    queued = next(company for company in known() if company.index % 13 == 9)
    reply = ask(queued.domain)
    assert (reply.status, body(reply), reply.cost_usd_micros) == (202, {"error": {"type": "queued"}}, CLEARBIT_CALL)


def test_some_domains_lead_to_the_record_of_the_group_which_is_no_company_of_the_domain() -> None:
    subsidiary = next(company for company in known() if company.index % 17 == 12 and ask(company.domain).status == 200)
    reply = ask(subsidiary.domain)
    assert body(reply)["domain"] == WORLD.domain(subsidiary.index - 1)
    assert not source.read(response(reply), Subject(subsidiary.domain)).is_found


def test_some_of_what_it_tells_is_old_or_wrong() -> None:
    pairs = [(company, body(ask(company.domain))) for company in known() if ask(company.domain).status == 200]
    own = [(company, record) for company, record in pairs if record["domain"] == company.domain]
    smaller = [record["metrics"]["employees"] < company.facts.employees for company, record in own]
    younger = [record["foundedYear"] > company.facts.founded_year for company, record in own]
    assert 0 < sum(smaller) < len(own)
    assert 0 < sum(younger) < len(own) / 2
    moved = [(company, record) for company, record in own if any(one.kind == "moved" for one in company.planted)]
    assert moved
    assert all(record["location"] != company.facts.seat.formatted for company, record in moved)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "auth_required"),
        ({"authorization": "Bearer other"}, "invalid_api_key"),
        ({"authorization": f"Basic {KEY}"}, "invalid_api_key"),
    ],
)
def test_without_its_key_nothing_is_answered_or_billed(headers: Mapping[str, str], kind: str) -> None:
    reply = ask(WORLD.domain(0), headers)
    assert (reply.status, body(reply)["error"]["type"], reply.cost_usd_micros) == (401, kind, 0)


def test_the_key_may_also_be_the_user_of_a_login_without_a_password() -> None:
    login = base64.b64encode(f"{KEY}:".encode()).decode()
    assert ask(WORLD.domain(0), {"authorization": f"Basic {login}"}).status == 200


def test_another_route_and_a_question_without_a_domain_are_refused_and_not_billed() -> None:
    route, question = ask(WORLD.domain(0), path=f"{PATH}search"), ask("")
    assert (route.status, body(route)["error"]["type"], route.cost_usd_micros) == (404, "unknown_route", 0)
    assert (question.status, question.cost_usd_micros) == (422, 0)


def test_a_throttling_says_for_how_long_in_the_limits_reset() -> None:
    reply = CLEARBIT.throttled(17)
    assert "Retry-After" not in reply.headers
    with pytest.raises(Throttled) as caught:
        source.read(response(reply), Subject("x.com"))
    assert caught.value.retry_after == 17.0
    assert "x-ratelimit-reset" not in CLEARBIT.throttled(None).headers


@pytest.mark.parametrize("status", [400, 401, 402, 404, 422, 500, 503])
def test_a_failure_has_the_status_asked_for(status: int) -> None:
    assert CLEARBIT.failed(status).status == status
