"""The sandbox's Anthropic: its own wire format, and what Groq's model understands too."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from enrichment.domain.company import Field
from enrichment.domain.fact import Document
from enrichment.domain.subject import Subject
from enrichment.sandbox.bill import ANTHROPIC_TOKENS, token_cost
from enrichment.sandbox.providers.anthropic import KEY, Anthropic
from enrichment.sandbox.sites.prose import prose
from enrichment.sandbox.wire import Reply, Request
from enrichment.sandbox.world import Company, World
from enrichment.sources import inference

WORLD = World(1670)
ANTHROPIC = Anthropic(WORLD)
MODEL = "claude-haiku-5-5"
HEADERS = {"authorization": f"Bearer {KEY}", "anthropic-version": "2026-10-21"}


def subject(company: Company) -> Subject:
    words = prose(company)
    pages = (
        Document(f"https://{company.domain}/", company.facts.name, f"{words.offer} {words.clients} {words.model}"),
    )
    return Subject(company.domain, known={Field.NAME: company.facts.name}, documents=pages)


def body(company: Company, **changes: object) -> bytes:
    asked: dict[str, object] = {
        "model": MODEL,
        "max_tokens": 1_500,
        "system": inference.SYSTEM,
        "messages": [{"role": "user", "content": inference.prompt(subject(company))}],
        "output_config": {"format": {"type": "json_schema", "schema": inference.schema()}},
        "thinking": {"type": "disabled"},
        **changes,
    }
    return json.dumps(asked).encode()


def answer(data: bytes, headers: Mapping[str, str] = HEADERS) -> Reply:
    return ANTHROPIC.answer(Request("/v1/messages", "POST", headers=headers, body=data))


def said(reply: Reply) -> dict[str, Any]:
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def kind(reply: Reply) -> str:
    assert reply.cost_usd_micros == 0
    data = json.loads(reply.body)
    assert data["type"] == "error"
    assert data["request_id"] == reply.headers["request-id"]
    return data["error"]["type"]


@pytest.mark.parametrize("index", [0, 1, 5, 11, 17])
def test_what_it_says_of_a_company_is_believed(index: int) -> None:
    company = WORLD.at(index)
    [block] = said(answer(body(company)))["content"]
    assert len(inference.believed(block["text"], subject(company))) == len(inference.WANTED)


def test_tokens_are_counted_and_billed_by_the_models_price() -> None:
    reply = answer(body(WORLD.at(0)))
    usage = said(reply)["usage"]
    assert reply.cost_usd_micros == token_cost(ANTHROPIC_TOKENS[MODEL], usage["input_tokens"], usage["output_tokens"])
    dearer = answer(body(WORLD.at(0), model="claude-opus-5-5"))
    assert dearer.cost_usd_micros > 10 * reply.cost_usd_micros


def test_it_thinks_first_unless_told_not_to_and_text_may_come_in_blocks() -> None:
    blocks = [{"type": "text", "text": "hello"}]
    reply = said(
        answer(body(WORLD.at(0), thinking=None, system=blocks, messages=[{"role": "user", "content": blocks}]))
    )
    assert [block["type"] for block in reply["content"]] == ["thinking", "text"]
    assert reply["usage"]["output_tokens_details"]["thinking_tokens"] > 0


def test_an_answer_without_room_is_cut() -> None:
    reply = said(answer(body(WORLD.at(0), max_tokens=9)))
    assert (reply["stop_reason"], reply["usage"]["output_tokens"]) == ("max_tokens", 9)


def test_without_a_schema_it_answers_in_plain_words() -> None:
    assert said(answer(body(WORLD.at(0), output_config=None)))["content"][0]["text"].startswith("I answer")


def test_a_schema_closes_every_object_and_may_leave_properties_out() -> None:
    optional = {"type": "object", "properties": {"industry": {"type": "string"}}, "additionalProperties": False}
    config = {"format": {"type": "json_schema", "schema": optional}}
    assert said(answer(body(WORLD.at(0), output_config=config)))
    del optional["additionalProperties"]
    assert kind(answer(body(WORLD.at(0), output_config=config))) == "invalid_request_error"


def test_either_header_may_carry_the_key_and_the_version_must_be_there() -> None:
    data = body(WORLD.at(0))
    assert answer(data, {"x-api-key": KEY, "anthropic-version": "2023-06-01"}).status == 200
    assert kind(answer(data, {"x-api-key": "another", "anthropic-version": "2023-06-01"})) == "authentication_error"
    assert kind(answer(data, {"anthropic-version": "2023-06-01"})) == "authentication_error"
    assert kind(answer(data, {"x-api-key": KEY})) == "invalid_request_error"


@pytest.mark.parametrize("model", ["claude-3-haiku-20240307", "no-such-model"])
def test_a_model_that_is_gone_is_not_found(model: str) -> None:
    reply = answer(body(WORLD.at(0), model=model))
    assert (reply.status, kind(reply)) == (404, "not_found_error")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"model": "x", "max_tokens": 1, "messages": [{}]}',
        b"\xff",
        b"[" * 100_000,
        body(WORLD.at(0), max_tokens=0),
        body(WORLD.at(0), messages=[]),
        body(WORLD.at(0), output_config=[1]),
    ],
)
def test_a_body_that_is_no_request_is_refused(data: bytes) -> None:
    assert (answer(data).status, kind(answer(data))) == (400, "invalid_request_error")


def test_another_path_or_method_is_not_found_and_a_huge_body_too_large() -> None:
    for path, method in (("/v1/messages/count_tokens", "POST"), ("/v1/messages", "GET")):
        assert kind(ANTHROPIC.answer(Request(path, method, headers=HEADERS))) == "not_found_error"
    assert answer(b" " * 32_000_001).status == 413


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (413, "request_too_large"),
        (500, "api_error"),
        (529, "overloaded_error"),
    ],
)
def test_it_fails_in_its_own_words(status: int, word: str) -> None:
    reply = ANTHROPIC.failed(status)
    assert (reply.status, kind(reply)) == (status, word)


def test_throttled_it_names_its_limit_and_the_pause() -> None:
    reply = ANTHROPIC.throttled(7)
    assert (reply.status, kind(reply), reply.headers["Retry-After"]) == (429, "rate_limit_error", "7")
    assert reply.headers["anthropic-ratelimit-tokens-remaining"] == "0"
