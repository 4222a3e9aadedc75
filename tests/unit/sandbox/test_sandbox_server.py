"""The running sandbox: who answers for which host and path, what it bills and notes, how it is the same every time."""

import socket
from collections.abc import Mapping

import dns.asyncquery
import dns.message
import httpx
import pytest

from enrichment.sandbox import Company, Sandbox, SandboxSettings, sandbox
from enrichment.sandbox.bill import ANTHROPIC_TOKENS, GROQ_TOKENS, Bill, token_cost
from enrichment.sandbox.journal import Exchange, Journal
from enrichment.sandbox.latency import DISTRIBUTIONS, PROVIDERS, Latency
from enrichment.settings import load

OPENCORPORATES, MAPBOX = {"api_token": "sandbox-opencorporates"}, {"access_token": "sandbox-mapbox"}
GROQ = {"Authorization": "Bearer sandbox-groq"}


async def answers(settings: SandboxSettings) -> list[tuple[str, bytes]]:
    """What every provider and every listed site answers, as far as it is not an error or a redirect."""
    found: list[tuple[str, bytes]] = []
    async with sandbox(settings) as box, httpx.AsyncClient(base_url=box.url, trust_env=False) as client:
        brazilian, american = (company for domain in box.world.showcase if (company := box.world.company(domain)))
        replies = [
            *[await client.get("/", headers={"Host": company.domain}) for company in box.world.companies],
            await client.get(f"/domain/{brazilian.domain}"),
            await client.get(f"/v1/cnpj/{brazilian.facts.number}"),
            await client.get("/v0.4/companies/search", params={"q": american.facts.name, **OPENCORPORATES}),
            await client.get("/search/geocode/v6/forward", params={"q": american.facts.seat.formatted, **MAPBOX}),
            await client.post("/openai/v1/chat/completions", json=groq_body(american), headers=GROQ),
            await client.get("/_sandbox/companies"),
        ]
        found += [(reply.headers["content-type"], reply.content) for reply in replies if reply.status_code == 200]
        host, port = box.dns_address.rsplit(":", 1)
        for kind in ("A", "MX", "TXT"):
            query = dns.message.make_query(brazilian.domain, kind, id=1)
            found.append((kind, (await dns.asyncquery.udp(query, host, port=int(port))).to_wire(want_shuffle=False)))
    return found


def groq_body(company: Company) -> Mapping[str, object]:
    return {"model": "openai/gpt-oss-20b", "messages": [{"role": "user", "content": company.domain}]}


async def test_the_same_seed_answers_with_the_same_bytes_and_another_with_others() -> None:
    first, second, other = [await answers(SandboxSettings(seed=seed, latency_scale=0)) for seed in (7, 7, 8)]
    assert first == second
    assert len(first) >= 50
    assert not set(first) & set(other)


async def test_every_path_reaches_its_provider_and_every_host_its_site(box: Sandbox, client: httpx.AsyncClient) -> None:
    brazilian, american = box.world.showcase
    for domain in (brazilian, american, f"www.{american}:80", "nobody-at-all.com"):
        await client.get("/", headers={"Host": domain})
    for path in (
        f"/domain/{brazilian}",
        f"/com/v1/domain/{american}",
        f"/rdap/domain/{american}",
        "/v1/cnpj/1",
        "/99ABC345000100",
        "/api/v1/lei-records",
        "/v0.4/companies/search",
        "/v2/companies/find",
        "/v5/company/enrich",
        "/search/searchbox/v1/forward",
        "/openai/v1/chat/completions",
        "/v1/messages",
        "/v2/actor-runs/none",
    ):
        await client.get(path)
    await client.post("/v1/places:searchText")
    await client.get("/sparql", params={"query": "SELECT"})
    assert {name: box.calls(name) for name in PROVIDERS} == {
        "website": 4,
        "dns": 0,
        "rdap": 3,
        "receitaws": 1,
        "opencnpj": 1,
        "gleif": 1,
        "opencorporates": 1,
        "clearbit": 1,
        "people_data_labs": 1,
        "mapbox": 1,
        "google_places": 1,
        "wikidata": 1,
        "groq": 1,
        "anthropic": 1,
        "apify": 1,
    }


async def test_a_path_that_is_nobodys_is_not_found_and_not_counted(box: Sandbox, client: httpx.AsyncClient) -> None:
    for host in ("localhost", "127.0.0.1:1", "[::1]:80", "sandbox"):
        reply = await client.get("/no/such/path", headers={"Host": host})
        assert reply.status_code == 404
        assert "nobody answers" in reply.json()["error"]
    assert box.calls() == 0


async def test_the_environment_points_a_server_at_the_sandbox(box: Sandbox) -> None:
    settings = load(box.environment)
    entries = {entry.name: entry for entry in settings.sources}
    assert (settings.harvest.base_url, settings.harvest.api_key) == (box.url, "sandbox-apify")
    for name in set(PROVIDERS) - {"website", "dns", "apify"}:
        assert entries[name].base_url == box.url
    assert f"http://{entries['website'].options['connect_to']}" == box.url
    assert entries["dns"].options["server"] == box.dns_address
    assert all(entry.api_key or not entry.needs_key for entry in entries.values())


async def test_the_bill_counts_calls_and_what_was_answered_for_money(box: Sandbox, client: httpx.AsyncClient) -> None:
    for query in (OPENCORPORATES, OPENCORPORATES, {}):
        await client.get("/v0.4/companies/search", params={"q": "x", **query})
    await client.get("/search/geocode/v6/forward", params={"q": "Berlin", **MAPBOX})
    assert box.bill()["providers"] == {
        **{name: {"calls": 0, "billed_calls": 0, "cost_usd_micros": 0} for name in PROVIDERS},
        "opencorporates": {"calls": 3, "billed_calls": 2, "cost_usd_micros": 6_000},
        "mapbox": {"calls": 1, "billed_calls": 1, "cost_usd_micros": 750},
    }
    assert box.bill()["total"] == {"calls": 4, "billed_calls": 3, "cost_usd_micros": 6_750}
    assert (box.cost_usd_micros(), box.cost_usd_micros("mapbox"), box.calls("mapbox")) == (6_750, 750, 1)


def test_tokens_are_billed_by_the_million_and_rounded_up() -> None:
    assert token_cost(GROQ_TOKENS["openai/gpt-oss-20b"], 1_000_000, 1_000_000) == 375_000
    assert token_cost(GROQ_TOKENS["openai/gpt-oss-20b"], 1, 1) == 1
    assert all(token_cost(prices, 6_000, 600) < 40_000 for prices in {**GROQ_TOKENS, **ANTHROPIC_TOKENS}.values())


def test_a_bill_that_is_cleared_is_nothing() -> None:
    bill = Bill()
    bill.add("groq", 7)
    bill.clear()
    assert (bill.calls(), bill.cost_usd_micros()) == (0, 0)


async def test_the_journal_has_every_exchange_and_no_key(box: Sandbox, client: httpx.AsyncClient) -> None:
    domain = box.world.showcase[0]
    await client.get("/sobre", headers={"Host": domain})
    await client.get("/v0.4/companies/search", params={"q": "x y", **OPENCORPORATES})
    await client.get("/search/geocode/v6/forward", params={"q": "Berlin", **MAPBOX})
    shown = [(one.provider, one.number, one.method, one.status) for one in box.journal()]
    assert shown == [("website", 1, "GET", 200), ("opencorporates", 1, "GET", 200), ("mapbox", 1, "GET", 200)]
    assert [one.target for one in box.journal("website")] == [f"{domain}/sobre"]
    assert [one.target for one in box.journal("opencorporates")] == ["/v0.4/companies/search?q=x+y"]
    assert "sandbox-" not in repr(box.journal())


def test_the_journal_forgets_the_oldest() -> None:
    journal = Journal(size=3)
    for number in range(1, 6):
        journal.add(Exchange(number, 0.0, "dns", "QUERY", "x", 0))
    assert [exchange.number for exchange in journal.exchanges()] == [3, 4, 5]


async def test_after_a_reset_it_is_as_after_the_start(box: Sandbox, client: httpx.AsyncClient) -> None:
    box.set_fault("rdap", "fail")
    box.set_rate_limits(is_on=True)
    await client.get("/domain/x.com")
    box.reset()
    assert (box.calls(), box.journal()) == (0, ())
    assert (await client.get("/domain/x.com")).status_code == 404
    assert box.journal()[0].number == 1


async def test_receitaws_takes_three_a_minute_from_one_address_when_limits_are_on() -> None:
    clock = [1_000.0]
    settings = SandboxSettings(latency_scale=0)
    async with sandbox(settings, lambda: clock[0]) as box, httpx.AsyncClient(trust_env=False) as client:

        async def statuses(count: int) -> list[int]:
            return [(await client.get(f"{box.url}/v1/cnpj/1")).status_code for _ in range(count)]

        assert await statuses(4) == [200] * 4
        box.set_rate_limits(is_on=True)
        assert await statuses(4) == [200, 200, 200, 429]
        clock[0] += 59.9
        assert await statuses(1) == [429]
        clock[0] += 0.1
        assert await statuses(4) == [200, 200, 200, 429]


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(box: Sandbox) -> None:
    port = int(box.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match=r"(?i)address already in use"):
        async with sandbox(SandboxSettings(port=port)):
            pass
    with pytest.raises(OSError, match=r"(?i)address already in use"):
        async with sandbox(SandboxSettings(dns_port=int(box.dns_address.rsplit(":", 1)[1]))):
            pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match=r"(?i)address already in use"):
            async with sandbox(SandboxSettings(dns_port=taken.getsockname()[1])):
                pass


async def test_a_fixed_latency_delays_every_provider() -> None:
    settings, patience = SandboxSettings(fixed_latency_ms=60_000), httpx.Timeout(5, read=0.05)
    async with sandbox(settings) as box, httpx.AsyncClient(trust_env=False, timeout=patience) as client:
        for path in ("/domain/x.com", "/v1/cnpj/1", "/v0.4/x", "/search/x", "/v1/places:x", "/sparql", "/openai/x"):
            with pytest.raises(httpx.ReadTimeout):
                await client.get(box.url + path)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_delays_follow_the_stated_distribution_and_are_the_same_for_a_seed(provider: str) -> None:
    drawn = sorted(Latency(seed=1).seconds(provider, number) * 1000 for number in range(2_000))
    median, p95 = DISTRIBUTIONS[provider]
    assert drawn[1_000] == pytest.approx(median, rel=0.06)
    assert drawn[1_900] == pytest.approx(p95, rel=0.12)
    assert Latency(seed=1).seconds(provider, 5) == Latency(seed=1).seconds(provider, 5)
    assert Latency(seed=1).seconds(provider, 5) != Latency(seed=2).seconds(provider, 5)
    assert Latency(seed=1, scale=0.5).seconds(provider, 5) == Latency(seed=1).seconds(provider, 5) / 2
    assert Latency(scale=0).seconds(provider, 5) == 0
    assert Latency(fixed_ms=100).seconds(provider, 5) == 0.1
