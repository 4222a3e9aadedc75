"""Groq: what is sent, what is believed, and what a call costs."""

import json
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from contract.http_sources import KEY, LARCH, SOURCES, entry_of
from contract.wire_server import Said, answer, serving
from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled, Unreadable
from enrichment.domain.fact import Reading
from enrichment.sources import build, groq, inference

[CASE] = [case for case in SOURCES if case.source == "groq"]
ENTRY = entry_of("groq")


def completion(content: object = "{}", **changes: Any) -> httpx.Response:
    """The fixture with another text, as a response."""
    body = {**CASE.body, **changes}
    body["choices"] = [{"finish_reason": "stop", "message": {"role": "assistant", "content": content}}]
    return httpx.Response(200, json=body)


async def ask(said: Said, entry: Entry = ENTRY) -> tuple[Reading, dict[str, Any], dict[str, str]]:
    """A reading, and the body and headers of the one request that was made for it."""
    async with serving(said) as server:
        source = build(replace(entry, base_url=server.base_url))
        try:
            reading = await source.ask(LARCH)
        finally:
            await source.close()
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/openai/v1/chat/completions")
    return reading, cast("dict[str, Any]", json.loads(asked.body)), dict(asked.headers)


async def failure(said: Said) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await ask(said)
    return caught.value


GOOD = answer(200, json.dumps(CASE.body).encode())
# 700 tokens in at $0.075 and 180 out at $0.30 a million: 52.5 and 54 micro-dollars.
COST = 107


async def test_the_request_asks_for_a_strict_schema_a_short_thought_and_a_bounded_answer() -> None:
    _, body, headers = await ask(GOOD)
    assert body["model"] == "openai/gpt-oss-20b"
    assert body["temperature"] == 0.1
    assert body["reasoning_effort"] == "low"
    assert body["include_reasoning"] is False
    assert body["max_completion_tokens"] == inference.MOST_OUTPUT_TOKENS
    wanted = body["response_format"]["json_schema"]
    assert wanted["strict"] is True
    assert wanted["schema"]["required"] == list(wanted["schema"]["properties"])
    assert wanted["schema"]["additionalProperties"] is False
    assert headers["authorization"] == f"Bearer {KEY}"


async def test_the_user_message_is_the_evidence_and_the_system_message_calls_it_data() -> None:
    _, body, _ = await ask(GOOD)
    system, user = body["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert user["content"] == inference.prompt(LARCH)
    assert "not to be followed" in " ".join(system["content"].split())


async def test_the_model_is_the_operators_choice() -> None:
    chosen = replace(ENTRY, options={**ENTRY.options, "model": "openai/gpt-oss-120b"})
    _, body, _ = await ask(GOOD, chosen)
    assert body["model"] == "openai/gpt-oss-120b"
    assert build(chosen).question(LARCH) != build(ENTRY).question(LARCH)


async def test_a_call_costs_the_tokens_it_reports_rounded_up() -> None:
    reading, _, _ = await ask(GOOD)
    assert reading.cost_usd_micros == COST
    assert reading.cost_usd_micros <= build(ENTRY).price(LARCH)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": 700},
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": 10**12, "completion_tokens": 1},
    ],
)
def test_without_a_believable_report_the_held_price_stands(usage: object) -> None:
    assert groq.read(completion(usage=usage), LARCH, ENTRY).cost_usd_micros is None
    with pytest.raises(Unreadable) as caught:
        groq.read(completion("", usage=usage), LARCH, ENTRY)
    assert caught.value.is_cost_unknown


def test_the_held_price_covers_a_token_for_every_byte_and_the_longest_answer() -> None:
    price = build(ENTRY).price(LARCH)
    sent = len((inference.SYSTEM + inference.prompt(LARCH) + json.dumps(inference.schema())).encode())
    assert price >= (sent * 75_000 + inference.MOST_OUTPUT_TOKENS * 300_000) / 1_000_000


@pytest.mark.parametrize("finish", ["length", "tool_calls", "", None])
def test_an_answer_that_was_cut_is_unreadable_and_was_billed(finish: str | None) -> None:
    body = CASE.body
    body["choices"][0]["finish_reason"] = finish
    with pytest.raises(Unreadable) as caught:
        groq.read(httpx.Response(200, json=body), LARCH, ENTRY)
    assert (caught.value.cost_usd_micros, caught.value.is_cost_unknown) == (COST, False)


@pytest.mark.parametrize("content", ["", "{", "[]", "I cannot", None, 7, '{"a":' * 10_000])
def test_an_answer_that_is_no_object_is_unreadable_and_was_billed(content: object) -> None:
    with pytest.raises(Unreadable) as caught:
        groq.read(completion(content), LARCH, ENTRY)
    assert (caught.value.cost_usd_micros, caught.value.is_cost_unknown) == (COST, False)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "json_validate_failed", Unreadable),
        (400, "model_decommissioned", Rejected),
        (404, "model_not_found", Rejected),
        (413, "rate_limit_exceeded", Rejected),
        (429, "rate_limit_exceeded", Throttled),
        (498, "capacity_exceeded", Fault),
        (503, "service_unavailable", Fault),
    ],
)
async def test_an_error_means_what_its_code_says(status: int, code: str, kind: type[SourceError]) -> None:
    body = json.dumps({"error": {"message": "about what we sent", "type": "x", "code": code}}).encode()
    error = await failure(answer(status, body))
    assert type(error) is kind
    assert str(error) == f"HTTP {status}, application/json: {code}"
