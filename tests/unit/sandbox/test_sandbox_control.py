"""The control endpoint, for those who drive the sandbox from another process."""

import httpx
import pytest

from enrichment.sandbox import Sandbox


async def test_the_bill_and_the_journal_are_there_to_read(client: httpx.AsyncClient) -> None:
    await client.get("/domain/nobody-at-all.com")
    bill = (await client.get("/_sandbox/bill")).json()
    assert bill["providers"]["rdap"] == {"calls": 1, "billed_calls": 0, "cost_usd_micros": 0}
    assert bill["total"]["calls"] == 1
    (exchange,) = (await client.get("/_sandbox/journal?provider=rdap")).json()["exchanges"]
    assert (exchange["provider"], exchange["number"], exchange["status"]) == ("rdap", 1, 404)
    assert (await client.get("/_sandbox/journal?provider=groq")).json() == {"exchanges": []}
    assert (await client.get("/_sandbox/journal")).json() == {"exchanges": [exchange]}


async def test_the_listed_companies_are_shown_with_what_is_planted(box: Sandbox, client: httpx.AsyncClient) -> None:
    companies = (await client.get("/_sandbox/companies")).json()["companies"]
    assert [one["domain"] for one in companies] == [company.domain for company in box.world.companies]
    planted = [one["planted"] for one in companies if one["planted"]]
    assert all({"kind", "field", "truth", "told"} == set(one) for many in planted for one in many)


async def test_a_fault_is_switched_on_shown_and_switched_off(client: httpx.AsyncClient) -> None:
    path = "/_sandbox/faults/rdap"
    assert (await client.get(path)).json() == {"provider": "rdap", "fault": None}
    put = await client.put(path, json={"mode": "fail", "status": 500, "times": 1})
    assert put.json()["fault"]["left"] == 1
    assert (await client.get("/domain/x.com")).status_code == 500
    assert (await client.get("/_sandbox/faults")).json()["faults"]["rdap"]["left"] == 0
    assert (await client.delete(path)).json() == {"provider": "rdap", "fault": None}


async def test_limits_are_switched_and_a_reset_switches_them_off(client: httpx.AsyncClient) -> None:
    path = "/_sandbox/settings"
    assert (await client.get(path)).json() == {"rate_limits": False}
    assert (await client.put(path, json={"rate_limits": True})).json() == {"rate_limits": True}
    assert (await client.post("/_sandbox/reset")).json() == {"reset": True}
    assert (await client.get(path)).json() == {"rate_limits": False}


@pytest.mark.parametrize(
    ("method", "path", "body", "sentence"),
    [
        ("GET", "", "", "is not understood; there are: GET bill"),
        ("GET", "nothing", "", "GET /_sandbox/nothing is not understood"),
        ("POST", "bill", "", "POST /_sandbox/bill is not understood"),
        ("GET", "reset", "", "is not understood"),
        ("GET", "bill/more", "", "is not understood"),
        ("GET", "journal?provider=x", "", "no provider is named 'x'"),
        ("GET", "faults/x", "", "no provider is named 'x'; there are website, dns, rdap"),
        ("DELETE", "faults/x", "", "no provider is named"),
        ("PUT", "faults/groq", "", "the body must be JSON"),
        ("PUT", "faults/groq", "{", "the body must be JSON"),
        ("PUT", "faults/groq", "[1]", "a fault is a JSON object"),
        ("PUT", "faults/groq", '{"mode": "no"}', "mode must be one of"),
        ("PUT", "settings", "[]", "settings are"),
        ("PUT", "settings", '{"rate_limits": 1}', "settings are"),
        ("PUT", "settings", '{"rate_limits": true, "x": 1}', "settings are"),
    ],
)
async def test_what_is_not_understood_is_a_bad_request_with_a_sentence(
    method: str, path: str, body: str, sentence: str, *, client: httpx.AsyncClient
) -> None:
    reply = await client.request(method, f"/_sandbox/{path}", content=body)
    assert reply.status_code == 400
    assert sentence in reply.json()["error"]


async def test_a_control_call_is_no_exchange(box: Sandbox, client: httpx.AsyncClient) -> None:
    await client.get("/_sandbox/bill")
    assert box.calls() == 0
    assert box.journal() == ()
