"""Groq: what is sent, what is believed, and what a call costs."""

import asyncio
import json
import logging
import traceback
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from contract.http_sources import KEY, LARCH, SOURCES, entry_of
from contract.wire_server import Said, Then, answer, serving
from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled, Unreadable
from enrichment.domain.fact import Reading
from enrichment.domain.subject import Subject
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


async def test_what_is_said_with_words_of_the_evidence_is_claimed() -> None:
    reading, _, _ = await ask(GOOD)
    assert {claim.field.value: claim.value for claim in reading.claims} == {
        "industry": "Glass manufacturing",
        "business_model": "b2b",
        "target_market": "Builders and property managers",
        "description": "Larch Glass makes tempered glass for builders.",
    }


async def test_a_call_costs_the_tokens_it_reports_rounded_up() -> None:
    reading, _, _ = await ask(GOOD)
    # 700 tokens in at $0.075 and 180 out at $0.30 a million: 52.5 and 54 micro-dollars.
    assert reading.cost_usd_micros == 107
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


def test_a_flat_price_is_the_price_whatever_the_tokens() -> None:
    flat = replace(ENTRY, token_prices=None, price_usd_micros=1_000)
    assert build(flat).price(LARCH) == 1_000
    assert groq.read(completion(), LARCH, flat).cost_usd_micros is None


def test_the_held_price_covers_a_token_for_every_byte_and_the_longest_answer() -> None:
    price = build(ENTRY).price(LARCH)
    sent = len((inference.SYSTEM + inference.prompt(LARCH) + json.dumps(inference.schema())).encode())
    assert price >= (sent * 75_000 + inference.MOST_OUTPUT_TOKENS * 300_000) / 1_000_000


def test_without_evidence_there_is_no_question() -> None:
    assert build(ENTRY).question(Subject("larchglass.co.uk")) is None


@pytest.mark.parametrize("finish", ["length", "tool_calls", "", None])
def test_an_answer_that_was_cut_is_unreadable_and_was_billed(finish: str | None) -> None:
    body = CASE.body
    body["choices"][0]["finish_reason"] = finish
    with pytest.raises(Unreadable) as caught:
        groq.read(httpx.Response(200, json=body), LARCH, ENTRY)
    assert caught.value.is_cost_unknown


@pytest.mark.parametrize("content", ["", "{", "[]", "I cannot", None, 7, '{"a":' * 10_000])
def test_an_answer_that_is_no_object_is_unreadable_and_was_billed(content: object) -> None:
    with pytest.raises(Unreadable) as caught:
        groq.read(completion(content), LARCH, ENTRY)
    assert caught.value.is_cost_unknown


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


async def test_a_failed_call_is_made_once() -> None:
    async with serving(answer(500, b"{}")) as server:
        source = build(replace(ENTRY, base_url=server.base_url))
        with pytest.raises(Fault):
            await source.ask(LARCH)
        await source.close()
    assert len(server.asked) == 1


async def test_a_call_that_breaks_after_the_send_may_have_been_billed() -> None:
    for said in (Said(b"", Then.RESET), Said(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", Then.CLOSE)):
        error = await failure(said)
        assert type(error) is Fault
        assert error.is_cost_unknown


async def test_a_provider_out_of_reach_costs_nothing() -> None:
    async with serving(GOOD) as server:
        closed = server.base_url
    source = build(replace(ENTRY, base_url=closed))
    with pytest.raises(Fault) as caught:
        await source.ask(LARCH)
    assert not caught.value.is_cost_unknown
    await source.close()


async def test_silence_may_have_been_billed() -> None:
    async with serving(Said(b"", Then.HANG)) as server:
        source = build(replace(ENTRY, base_url=server.base_url, timeout_ms=50))
        with pytest.raises(Fault) as caught:
            await source.ask(LARCH)
        await source.close()
    assert caught.value.is_cost_unknown


async def test_cancelling_passes_through() -> None:
    async with serving(Said(b"", Then.HANG)) as server:
        source = build(replace(ENTRY, base_url=server.base_url))
        asking = asyncio.create_task(source.ask(LARCH))
        await server.arrived.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await source.close()


@pytest.mark.parametrize("said", [GOOD, answer(401, b'{"error": {"code": "invalid_api_key"}}'), Said(b"", Then.RESET)])
async def test_the_key_is_in_no_log_and_no_traceback(said: Said, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown = ""
    try:
        await ask(said)
    except SourceError as error:
        shown = "".join(traceback.format_exception(error))
    assert KEY not in caplog.text + shown
