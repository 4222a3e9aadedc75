"""Every way of misbehaving, over a real socket, for everybody who can misbehave so."""

import gzip
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest

from enrichment.sandbox import Sandbox
from enrichment.sandbox.exchange import Desk
from enrichment.sandbox.faults import QUOTA_STATUSES, Faults, parse
from enrichment.sandbox.latency import PROVIDERS, Latency
from enrichment.sandbox.providers import KEYS

HTTP = tuple(name for name in PROVIDERS if name != "dns")


async def ask(client: httpx.AsyncClient, box: Sandbox, provider: str) -> httpx.Response:
    """A question that the provider answers with 200 when it is well."""
    brazilian, american = (company for domain in box.world.showcase if (company := box.world.company(domain)))
    bare = {
        "rdap": f"/domain/{brazilian.domain}",
        "receitaws": f"/v1/cnpj/{brazilian.facts.number}",
        "opencnpj": f"/{brazilian.facts.number}",
        "apify": "/v2/acts/apify~google-search-scraper/runs?token=sandbox-apify",
    }
    if provider in bare:
        return await client.get(bare[provider])
    match provider:
        case "website":
            return await client.get("/", headers={"Host": brazilian.domain})
        case "gleif":
            return await client.get("/api/v1/lei-records", params={"filter[entity.legalName]": american.facts.name})
        case "opencorporates":
            query = {"q": american.facts.name, "api_token": "sandbox-opencorporates"}
            return await client.get("/v0.4/companies/search", params=query)
        case "clearbit":
            key = {"Authorization": "Bearer sandbox-clearbit"}
            return await client.get("/v2/companies/find", params={"domain": american.domain}, headers=key)
        case "people_data_labs":
            key = {"X-Api-Key": "sandbox-people-data-labs"}
            return await client.get("/v5/company/enrich", params={"website": american.domain}, headers=key)
        case "mapbox":
            query = {"q": american.facts.seat.formatted, "access_token": "sandbox-mapbox"}
            return await client.get("/search/geocode/v6/forward", params=query)
        case "google_places":
            headers = {"X-Goog-Api-Key": "sandbox-google-places", "X-Goog-FieldMask": "places.rating"}
            body = {"textQuery": american.facts.name}
            return await client.post("/v1/places:searchText", json=body, headers=headers)
        case "wikidata":
            query = f"SELECT * WHERE {{ ?item wdt:P856 <https://{american.domain}> ; rdfs:label ?value }}"
            headers = {"User-Agent": "test/1 (https://client.example)"}
            return await client.get("/sparql", params={"query": query}, headers=headers)
        case _:
            return await ask_model(client, provider)


async def ask_model(client: httpx.AsyncClient, provider: str) -> httpx.Response:
    messages = [{"role": "user", "content": "hello"}]
    if provider == "groq":
        body = {"model": "openai/gpt-oss-20b", "messages": messages}
        key = {"Authorization": "Bearer sandbox-groq"}
        return await client.post("/openai/v1/chat/completions", json=body, headers=key)
    asked = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": messages}
    headers = {"x-api-key": "sandbox-anthropic", "anthropic-version": "2026-10-21"}
    return await client.post("/v1/messages", json=asked, headers=headers)


@pytest.mark.parametrize("provider", HTTP)
async def test_a_provider_that_is_well_answers_and_bills(
    provider: str, box: Sandbox, client: httpx.AsyncClient
) -> None:
    assert (await ask(client, box, provider)).status_code == 200
    assert (box.cost_usd_micros(provider) > 0) == (provider in KEYS)


@pytest.mark.parametrize("provider", HTTP)
async def test_throttling_says_for_how_long_in_the_providers_own_words(
    provider: str, box: Sandbox, client: httpx.AsyncClient
) -> None:
    box.set_fault(provider, "throttle", retry_after=7)
    reply = await ask(client, box, provider)
    assert reply.status_code == (403 if provider == "opencorporates" else 429)
    if provider in ("clearbit", "people_data_labs"):
        assert "retry-after" not in reply.headers
        reset, date = reply.headers["x-ratelimit-reset"], parsedate_to_datetime(reply.headers["date"])
        end = datetime.fromtimestamp(int(reset), UTC) if reset.isdigit() else datetime.fromisoformat(reset)
        assert (end - date).total_seconds() == 7
    else:
        assert reply.headers["retry-after"] == "7"
    assert ("html" in reply.headers["content-type"]) == (provider in ("opencorporates", "wikidata", "website"))
    assert box.cost_usd_micros() == 0


@pytest.mark.parametrize("provider", HTTP)
async def test_throttling_may_say_nothing_of_time(provider: str, box: Sandbox, client: httpx.AsyncClient) -> None:
    box.set_fault(provider, "throttle_without_retry_after")
    reply = await ask(client, box, provider)
    assert reply.status_code in (403, 429)
    assert "retry-after" not in reply.headers


@pytest.mark.parametrize("provider", HTTP)
@pytest.mark.parametrize("status", [400, 401, 403, 500, 503, 504])
async def test_a_failure_has_the_status_asked_for_and_costs_nothing(
    provider: str, status: int, box: Sandbox, client: httpx.AsyncClient
) -> None:
    box.set_fault(provider, "fail", status=status)
    assert (await ask(client, box, provider)).status_code == status
    assert box.cost_usd_micros() == 0
    assert box.journal()[0].fault == "fail"


@pytest.mark.parametrize("provider", HTTP)
async def test_a_hang_outlasts_the_clients_patience_and_ends_with_it(
    provider: str, box: Sandbox, client: httpx.AsyncClient
) -> None:
    box.set_fault(provider, "hang")
    client.timeout = httpx.Timeout(5, read=0.05)
    with pytest.raises(httpx.ReadTimeout):
        await ask(client, box, provider)
    assert box.calls(provider) == 1


@pytest.mark.parametrize("provider", HTTP)
async def test_a_reset_breaks_the_connection_after_the_question(
    provider: str, box: Sandbox, client: httpx.AsyncClient
) -> None:
    box.set_fault(provider, "reset")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await ask(client, box, provider)
    assert box.calls(provider) == 1


@pytest.mark.parametrize("provider", HTTP)
async def test_a_drip_comes_byte_by_byte_and_whole_in_the_end(
    provider: str, box: Sandbox, client: httpx.AsyncClient
) -> None:
    whole = await ask(client, box, provider)
    box.set_fault(provider, "drip", delay_ms=0)
    assert (await ask(client, box, provider)).content == whole.content


@pytest.mark.parametrize("mode", ["slow", "drip"])
@pytest.mark.parametrize("provider", HTTP)
async def test_a_provider_may_be_slower_than_a_client_is_patient(
    provider: str, mode: str, box: Sandbox, client: httpx.AsyncClient
) -> None:
    box.set_fault(provider, mode, delay_ms=60_000)
    client.timeout = httpx.Timeout(5, read=0.05)
    with pytest.raises(httpx.ReadTimeout):
        await ask(client, box, provider)
    assert box.calls(provider) == 1


@pytest.mark.parametrize("provider", HTTP)
async def test_rubbish_looks_like_success_and_is_not_readable(
    provider: str, box: Sandbox, client: httpx.AsyncClient
) -> None:
    box.set_fault(provider, "rubbish")
    if provider == "website":
        with pytest.raises(httpx.DecodingError):
            await ask(client, box, provider)
        return
    reply = await ask(client, box, provider)
    assert reply.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        reply.json()


async def test_a_bomb_is_a_hundred_megabytes_that_travel_as_a_thousandth(
    box: Sandbox, client: httpx.AsyncClient
) -> None:
    box.set_fault("rdap", "bomb")
    async with client.stream("GET", f"/domain/{box.world.showcase[0]}") as reply:
        raw = b"".join([chunk async for chunk in reply.aiter_raw()])
    assert reply.headers["content-encoding"] == "gzip"
    assert len(raw) < 200_000
    assert len(gzip.decompress(raw)) == 100_000_000


@pytest.mark.parametrize("provider", QUOTA_STATUSES)
async def test_a_used_up_allowance_is_said_as_the_provider_says_it(
    provider: str, box: Sandbox, client: httpx.AsyncClient
) -> None:
    box.set_fault(provider, "quota")
    reply = await ask(client, box, provider)
    assert reply.status_code == QUOTA_STATUSES[provider]
    assert re.search("limit|quota|credit|maximum|banned|remaining usage", reply.text)
    assert box.cost_usd_micros() == 0


def test_slowness_is_added_to_the_providers_own_delay() -> None:
    desk = Desk(Latency(fixed_ms=100), lambda: 0.0)
    desk.faults.set("rdap", parse("rdap", {"mode": "slow", "delay_ms": 50}))
    assert desk.begin("rdap").delay_seconds == pytest.approx(0.15)
    assert desk.begin("dns").delay_seconds == pytest.approx(0.1)


async def test_a_fault_hits_as_often_as_it_is_told_and_nobody_else(box: Sandbox, client: httpx.AsyncClient) -> None:
    box.set_fault("rdap", "fail", times=2)
    statuses = [(await ask(client, box, "rdap")).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    box.set_fault("rdap", "fail")
    assert (await ask(client, box, "mapbox")).status_code == 200
    box.clear_fault("rdap")
    assert (await ask(client, box, "rdap")).status_code == 200


def test_a_share_of_the_requests_is_hit_the_same_ones_for_a_seed() -> None:
    def hit(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.set("groq", parse("groq", {"mode": "fail", "share": 0.3}))
        return [faults.hit("groq", number) is not None for number in range(1_000)]

    assert 250 < sum(hit(1)) < 350
    assert hit(1) == hit(1) != hit(2)


@pytest.mark.parametrize(
    ("provider", "data", "sentence"),
    [
        ("nobody", {"mode": "slow"}, "no provider is named 'nobody'"),
        ("groq", [], "a fault is a JSON object"),
        ("groq", {}, "mode must be one of slow, throttle"),
        ("groq", {"mode": "dance"}, "not 'dance'"),
        ("dns", {"mode": "throttle"}, "mode must be one of slow, fail, hang, rubbish for dns"),
        ("groq", {"mode": "quota"}, "not 'quota'"),
        ("groq", {"mode": "slow", "delay": 1}, "'delay' is not a parameter of a fault"),
        ("groq", {"mode": "slow", "delay_ms": "1"}, "delay_ms must be a number from 0 to 600000"),
        ("groq", {"mode": "slow", "delay_ms": True}, "delay_ms must be a number"),
        ("groq", {"mode": "slow", "delay_ms": 0.5}, "delay_ms must be a number"),
        ("groq", {"mode": "fail", "status": 200}, "status must be a number from 400 to 599"),
        ("groq", {"mode": "fail", "share": 2}, "share must be a number from 0 to 1"),
        ("groq", {"mode": "fail", "times": 0}, "times must be a number from 1"),
        ("groq", {"mode": "throttle", "retry_after": -1}, "retry_after must be a number from 0"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_a_sentence(provider: str, data: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse(provider, data)


def test_a_fault_is_read_with_its_parameters() -> None:
    data: Mapping[str, object] = {"mode": "throttle", "retry_after": 1, "share": 0.5, "times": 3}
    faults = Faults(1)
    faults.set("groq", parse("groq", data))
    shown = faults.shown("groq")
    assert shown is not None
    assert {**data, "left": 3}.items() <= shown.items()
    assert faults.shown("mapbox") is None
