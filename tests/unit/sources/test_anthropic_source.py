"""Anthropic: what is sent, what is believed, and what a call costs."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from contract.http_sources import KEY, LARCH, SOURCES, entry_of
from contract.wire_server import Asked, Said, answer, serving
from enrichment.domain.catalogue import Entry, Tokens
from enrichment.domain.errors import (
    Fault,
    QuotaExhausted,
    Rejected,
    SourceError,
    Throttled,
    Unauthorized,
    Unreadable,
)
from enrichment.domain.fact import Reading
from enrichment.domain.money import token_cost
from enrichment.sources import anthropic, build, inference

[CASE] = [case for case in SOURCES if case.source == "anthropic"]
ENTRY = entry_of("anthropic")
GOOD = answer(200, json.dumps(CASE.body).encode())
# 900 tokens in at $0.10 and 160 out at $0.50 a million.
COST = 90 + 80


def message(**changes: Any) -> httpx.Response:
    """The fixture with other parts, as a response."""
    return httpx.Response(200, json={**CASE.body, **changes})


async def ask(said: Said, entry: Entry = ENTRY) -> tuple[Reading, Asked]:
    """A reading, and the one request that was made for it."""
    async with serving(said) as server:
        source = build(replace(entry, base_url=server.base_url))
        try:
            reading = await source.ask(LARCH)
        finally:
            await source.close()
    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/messages")
    return reading, asked


async def sent(entry: Entry = ENTRY) -> dict[str, Any]:
    _, asked = await ask(GOOD, entry)
    return cast("dict[str, Any]", json.loads(asked.body))


async def failure(said: Said) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await ask(said)
    return caught.value


async def test_the_request_asks_for_a_schema_no_thought_and_a_bounded_answer() -> None:
    body = await sent()
    assert body == {
        "model": "claude-haiku-5-5",
        "max_tokens": inference.MOST_OUTPUT_TOKENS,
        "thinking": {"type": "disabled"},
        "system": inference.SYSTEM,
        "messages": [{"role": "user", "content": inference.prompt(LARCH)}],
        "output_config": {"format": {"type": "json_schema", "schema": inference.schema()}},
    }


async def test_the_model_is_the_operators_choice() -> None:
    chosen = replace(ENTRY, options={"model": "claude-sonnet-5-5"})
    assert (await sent(chosen))["model"] == "claude-sonnet-5-5"
    assert build(chosen).question(LARCH) != build(ENTRY).question(LARCH)


async def test_the_headers_are_ours_and_no_others() -> None:
    _, asked = await ask(GOOD)
    own = {name: value for name, value in asked.headers.items() if name not in ("host", "content-length", "user-agent")}
    assert own == {
        "authorization": f"Bearer {KEY}",
        "anthropic-version": "2026-10-21",
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "gzip",
    }
    assert asked.headers["user-agent"].startswith("imensiah/")


OTHERS = {
    "ANTHROPIC_API_KEY": "another-key",
    "ANTHROPIC_AUTH_TOKEN": "another-token",
    "ANTHROPIC_BASE_URL": "http://192.0.2.1",
    "ANTHROPIC_PROFILE": "another",
    "ANTHROPIC_CUSTOM_HEADERS": "Authorization: Bearer another\nX-Api-Key: another\nanthropic-beta: x\nCookie: a=b",
    "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
    "ANTHROPIC_LOG": "debug",
    "GROQ_API_KEY": "another-key",
    "GROQ_BASE_URL": "http://192.0.2.1",
    "GROQ_CUSTOM_HEADERS": "Authorization: Bearer another\nX-Api-Key: another\nCookie: a=b",
    "HTTP_PROXY": "http://192.0.2.1:3128",
    "http_proxy": "http://192.0.2.1:3128",
}


@pytest.mark.parametrize("source", ["anthropic", "groq"])
async def test_the_vendors_variables_change_nothing(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [case] = [case for case in SOURCES if case.source == source]

    async def asked() -> Asked:
        async with serving(answer(200, json.dumps(case.body).encode())) as server:
            made = build(case.entry(server.base_url))
            await made.ask(LARCH)
            await made.close()
        return server.asked[0]

    without = await asked()
    for name, value in OTHERS.items():
        monkeypatch.setenv(name, value)
    given = await asked()
    # The address is the test server's, with a port of its own each time.
    assert {**given.headers, "host": ""} == {**without.headers, "host": ""}
    assert (given.target, given.body) == (without.target, without.body)


ALONE = """\
import logging, os, sys
os.environ.update({{"ANTHROPIC_LOG": "debug"}})
from dataclasses import replace
from enrichment.catalogue import load
from enrichment.sources import build
[entry] = [entry for entry in load() if entry.name == "anthropic"]
build(replace(entry, api_key={key!r}, is_enabled={is_enabled}))
print("anthropic" in sys.modules, logging.getLogger("anthropic").isEnabledFor(logging.INFO))
"""


@pytest.mark.parametrize(
    ("key", "is_enabled", "is_imported"), [("", True, False), ("k", False, False), ("k", True, True)]
)
def test_the_sdk_is_imported_at_the_start_and_only_where_it_will_be_called(
    key: str, is_enabled: bool, is_imported: bool
) -> None:
    code = ALONE.format(key=key, is_enabled=is_enabled)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [str(is_imported), "False"]
    assert done.stderr == ""


async def test_a_call_costs_the_tokens_it_reports() -> None:
    reading, _ = await ask(GOOD)
    assert reading.cost_usd_micros == COST
    assert reading.cost_usd_micros <= build(ENTRY).price(LARCH)


@pytest.mark.parametrize(
    ("reported", "counted"),
    [
        ({}, Tokens(900, 160)),
        ({"cache_read_input_tokens": 500}, Tokens(900, 160, 500)),
        ({"cache_creation_input_tokens": 500}, Tokens(900, 160, 0, 500)),
        (
            {"cache_creation_input_tokens": 500, "cache_creation": {"ephemeral_1h_input_tokens": 200}},
            Tokens(900, 160, 0, 300, 200),
        ),
        ({"cache_read_input_tokens": None, "cache_creation": None}, Tokens(900, 160)),
        ({"cache_creation": {"ephemeral_1h_input_tokens": 7}}, Tokens(900, 160, 0, 0, 7)),
    ],
)
def test_what_the_cache_had_a_part_in_has_its_own_price(reported: dict[str, object], counted: Tokens) -> None:
    usage = {"input_tokens": 900, "output_tokens": 160, **reported}
    assert ENTRY.token_prices
    cost = anthropic.read(message(usage=usage), LARCH, ENTRY).cost_usd_micros
    assert cost == token_cost(counted, ENTRY.token_prices)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"input_tokens": 9},
        {"input_tokens": -1, "output_tokens": 1},
        {"input_tokens": 1e12, "output_tokens": 1},
    ],
)
def test_without_a_believable_report_the_held_price_stands(usage: object) -> None:
    assert anthropic.read(message(usage=usage), LARCH, ENTRY).cost_usd_micros is None
    with pytest.raises(Unreadable) as caught:
        anthropic.read(message(usage=usage, stop_reason="max_tokens"), LARCH, ENTRY)
    assert caught.value.is_cost_unknown


def test_thinking_is_not_the_answer() -> None:
    thought = {"type": "thinking", "thinking": "{}", "signature": "x"}
    reading = anthropic.read(message(content=[thought, *CASE.body["content"]]), LARCH, ENTRY)
    assert len(reading.claims) == 4


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "tool_use", "pause_turn", "", None])
def test_an_answer_that_was_cut_or_refused_is_unreadable_and_was_billed(reason: str | None) -> None:
    with pytest.raises(Unreadable) as caught:
        anthropic.read(message(stop_reason=reason), LARCH, ENTRY)
    assert (caught.value.cost_usd_micros, caught.value.is_cost_unknown) == (COST, False)


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        [None],
        [{"type": "tool_use", "input": {}}],
        [{"type": "text"}],
        [{"type": "text", "text": ""}],
        [{"type": "text", "text": "[]"}],
        [{"type": "text", "text": "{}"}, {"type": "text", "text": "{}"}],
        [{"type": "text", "text": '{"a":' * 10_000}],
    ],
)
def test_an_answer_that_is_no_object_is_unreadable_and_was_billed(content: object) -> None:
    with pytest.raises(Unreadable) as caught:
        anthropic.read(message(content=content), LARCH, ENTRY)
    assert (caught.value.cost_usd_micros, caught.value.is_cost_unknown) == (COST, False)


POOR = "Your credit balance is too low to access the API."
LIMIT = "You have reached your specified API usage limits. You will regain access on 2026-12-01."


@pytest.mark.parametrize(
    ("status", "kind", "sentence", "error"),
    [
        (400, "invalid_request_error", "max_tokens: required", Rejected),
        (400, "invalid_request_error", POOR, QuotaExhausted),
        (400, "invalid_request_error", LIMIT, QuotaExhausted),
        (401, "authentication_error", "invalid x-api-key", Unauthorized),
        (402, "billing_error", "no", QuotaExhausted),
        (403, "permission_error", "no", Unauthorized),
        (404, "not_found_error", "model: claude-3-haiku", Rejected),
        (413, "request_too_large", "no", Rejected),
        (429, "rate_limit_error", "no", Throttled),
        (500, "api_error", "no", Fault),
        (529, "overloaded_error", "Overloaded", Fault),
    ],
)
async def test_an_error_means_what_its_status_says_unless_the_money_is_gone(
    status: int, kind: str, sentence: str, error: type[SourceError]
) -> None:
    body = json.dumps({"type": "error", "error": {"type": kind, "message": sentence}}).encode()
    raised = await failure(answer(status, body))
    assert type(raised) is error
    assert str(raised) == f"HTTP {status}, application/json: {kind}"
    assert not raised.is_cost_unknown
