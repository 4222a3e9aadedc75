"""Apify as the sandbox plays it: runs that get on, cost by the page and keep to their limit."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from enrichment.sandbox import Sandbox
from enrichment.sandbox.providers.apify import ACTOR

KEY = {"Authorization": "Bearer sandbox-apify"}
RUNS = f"/v2/acts/{ACTOR}/runs"


async def begin(client: httpx.AsyncClient, limit: str = "0.5", **given: Any) -> httpx.Response:
    body = {"queries": "vidros em Acre\nvidros em Bahia", "maxPagesPerQuery": 2, "countryCode": "br", **given}
    return await client.post(RUNS, json=body, params={"maxTotalChargeUsd": limit}, headers=KEY)


async def get(client: httpx.AsyncClient, path: str, **query: int | str) -> httpx.Response:
    return await client.get(f"/v2/{path}", params=query, headers=KEY)


async def test_a_run_gets_on_with_each_look_and_costs_by_the_page(box: Sandbox, client: httpx.AsyncClient) -> None:
    run: Mapping[str, Any] = (await begin(client)).json()["data"]
    assert (run["status"], run["usageTotalUsd"], box.cost_usd_micros("apify")) == ("READY", 0, 0)
    looks = [(await get(client, f"actor-runs/{run['id']}")).json()["data"] for _ in range(3)]
    assert [(look["status"], look["usageTotalUsd"]) for look in looks] == [
        ("RUNNING", 0.009),
        ("SUCCEEDED", 0.018),
        ("SUCCEEDED", 0.018),
    ]
    assert box.cost_usd_micros("apify") == 18_000


async def test_items_come_page_by_page_and_hold_companies_of_the_world_and_others(
    box: Sandbox, client: httpx.AsyncClient
) -> None:
    run = (await begin(client, queries="\n".join(f"x {number}" for number in range(20)))).json()["data"]
    for _ in range(2):
        await get(client, f"actor-runs/{run['id']}")
    path = f"datasets/{run['defaultDatasetId']}/items"
    replies = [await get(client, path, offset=offset, limit=30, fields="organicResults") for offset in (0, 30, 60)]
    assert [len(reply.json()) for reply in replies] == [30, 10, 0]
    assert replies[1].headers["x-apify-pagination-total"] == "40"
    assert set(replies[0].json()[0]) == {"organicResults"}
    urls = [result["url"] for reply in replies for item in reply.json() for result in item["organicResults"]]
    hosts = {httpx.URL(url).host.removeprefix("loja.") for url in urls}
    known = [host for host in hosts if box.world.company(host)]
    assert len(urls) == 400
    assert 200 < len(known) < 300
    assert "br.linkedin.com" in hosts
    assert (await get(client, path, offset=0, limit=1)).json()[0]["searchQuery"]["term"] == "x 0"


async def test_a_run_keeps_to_its_limit_of_money(client: httpx.AsyncClient) -> None:
    queries = "\n".join(f"x {number}" for number in range(500))
    run = (await begin(client, limit="0.9", queries=queries)).json()["data"]
    for _ in range(2):
        run = (await get(client, f"actor-runs/{run['id']}")).json()["data"]
    assert (run["status"], run["usageTotalUsd"]) == ("SUCCEEDED", 0.9)


async def test_a_run_is_aborted_listed_and_its_input_kept(client: httpx.AsyncClient) -> None:
    run = (await begin(client)).json()["data"]
    await get(client, f"actor-runs/{run['id']}")
    aborted = await client.post(f"/v2/actor-runs/{run['id']}/abort", headers=KEY)
    assert aborted.json()["data"]["status"] == "ABORTED"
    assert (await get(client, f"actor-runs/{run['id']}")).json()["data"]["usageTotalUsd"] == 0.009
    assert [each["id"] for each in (await get(client, f"actors/{ACTOR}/runs")).json()["data"]["items"]] == [run["id"]]
    kept = await get(client, f"key-value-stores/{run['defaultKeyValueStoreId']}/records/INPUT")
    assert kept.json()["queries"].startswith("vidros em Acre")


async def test_what_it_refuses_it_says_in_its_envelope(box: Sandbox, client: httpx.AsyncClient) -> None:
    assert (await begin(client, limit="0.49")).json()["error"]["message"].endswith("minimum of $0.50")
    assert (await begin(client, queries="")).status_code == 400
    assert (await client.post(RUNS, content=b"{", headers=KEY)).status_code == 400
    assert (await client.get(RUNS)).json()["error"]["type"] == "user-or-token-not-found"
    for path in ("acts/other~actor/runs", "actor-runs/none", "datasets/none/items", f"acts/{ACTOR}"):
        assert (await get(client, path)).status_code == 404
    run = (await begin(client)).json()["data"]
    assert (await get(client, f"datasets/{run['defaultDatasetId']}/items", offset="x")).status_code == 400
    assert (await get(client, f"datasets/{run['defaultDatasetId']}/other")).status_code == 404
    assert box.cost_usd_micros("apify") == 0


@pytest.mark.parametrize(("mode", "status"), [("quota", 402), ("throttle", 429), ("fail", 503)])
async def test_it_misbehaves_as_it_is_told(box: Sandbox, client: httpx.AsyncClient, mode: str, status: int) -> None:
    box.set_fault("apify", mode)
    reply = await begin(client)
    assert reply.status_code == status
    if status == 402:
        assert reply.json()["error"]["type"] == "not-enough-usage-to-run-paid-actor"
