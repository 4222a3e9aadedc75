"""Groq: a model that reads what it is shown, keeps to the schema it is given, and fails in its own words."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from enrichment.domain.company import Field
from enrichment.domain.fact import Document
from enrichment.domain.subject import Subject
from enrichment.sandbox import Company, World
from enrichment.sandbox.bill import GROQ_TOKENS, token_cost
from enrichment.sandbox.providers.groq import KEY, Groq
from enrichment.sandbox.sites.prose import prose
from enrichment.sandbox.wire import Reply, Request
from enrichment.sources import inference

WORLD = World(1670)
GROQ = Groq(WORLD)
MODEL = "openai/gpt-oss-20b"
NAMES = ("industry", "business_model", "target_market", "description")
PATH = "/openai/v1/chat/completions"


def subject(company: Company) -> Subject:
    words = prose(company)
    page = Document(f"https://{company.domain}/", words.facts.name, f"{words.offer} {words.clients} {words.model}")
    return Subject(company.domain, known={Field.NAME: words.facts.name}, documents=(page,))


def body(company: Company, **changes: object) -> Mapping[str, object]:
    schema: Mapping[str, object] = {"name": "company", "strict": True, "schema": inference.schema()}
    return {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": inference.SYSTEM},
            {"role": "user", "content": inference.prompt(subject(company))},
        ],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "max_completion_tokens": 1500,
        **changes,
    }


def answer(data: object, key: str = KEY) -> Reply:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return GROQ.answer(Request(PATH, "POST", headers={"authorization": f"Bearer {key}"}, body=raw))


def with_schema(schema: Mapping[str, object], *, is_strict: bool = False) -> Mapping[str, object]:
    wanted = {"name": "x", "strict": is_strict, "schema": schema}
    return body(WORLD.at(1), response_format={"type": "json_schema", "json_schema": wanted})


def content(reply: Reply) -> Any:
    assert reply.status == 200, reply.body
    return json.loads(json.loads(reply.body)["choices"][0]["message"]["content"])


def error(reply: Reply) -> Mapping[str, str]:
    assert reply.cost_usd_micros == 0
    return json.loads(reply.body)["error"]


@pytest.mark.parametrize("index", [0, 1, 5, 11, 17, 23, 29, 35])
def test_what_it_says_of_a_company_is_the_truth_and_is_believed(index: int) -> None:
    company = WORLD.at(index)
    reply = answer(body(company))
    text = json.loads(reply.body)["choices"][0]["message"]["content"]
    believed = inference.believed(text, subject(company))
    assert {field.value for field in believed} == set(NAMES)
    assert content(reply)["industry"] == company.industry.label
    assert content(reply)["business_model"] == company.industry.model


def test_a_made_up_quote_is_in_no_page() -> None:
    company = next(one for one in WORLD.companies if [one.kind for one in one.planted] == ["invented_quote"])
    said = content(answer(body(company)))
    assert said["industry"]
    assert said["industry_quote"] not in inference.prompt(subject(company))


def test_it_says_nothing_of_what_the_evidence_does_not() -> None:
    company = WORLD.at(1)
    prompt = f"Company website: {company.domain}\n\n{prose(company).clients}"
    said = content(answer(body(company, messages=[{"role": "user", "content": prompt}])))
    assert said["target_market"]
    assert said["target_market_quote"] in prompt
    assert (said["industry"], said["industry_quote"], said["business_model"]) == (None, None, None)


def test_it_says_nothing_of_a_stranger() -> None:
    messages = [{"role": "user", "content": "Company website: nobody-at-all.com\n\nWe sell everything."}]
    assert set(content(answer(body(WORLD.at(1), messages=messages))).values()) == {None}


def test_evidence_in_json_is_read_as_what_it_says() -> None:
    company = WORLD.at(0)
    words = prose(company)
    evidence = json.dumps({"domain": company.domain, "pages": [{"text": words.offer}, words.clients], "count": 2})
    said = content(answer(body(company, messages=[{"role": "user", "content": evidence}])))
    assert said["description_quote"] == words.offer


def test_tokens_are_counted_and_billed_by_the_models_price() -> None:
    reply = answer(body(WORLD.at(0)))
    usage = json.loads(reply.body)["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert (
        reply.cost_usd_micros == token_cost(GROQ_TOKENS[MODEL], usage["prompt_tokens"], usage["completion_tokens"]) > 0
    )
    longer = answer(body(WORLD.at(0), messages=[{"role": "user", "content": "x" * 8_000}]))
    assert json.loads(longer.body)["usage"]["prompt_tokens"] > 2_000
    assert reply.headers["x-ratelimit-remaining-tokens"]


def test_the_same_request_has_the_same_answer() -> None:
    assert answer(body(WORLD.at(3))) == answer(body(WORLD.at(3)))


def test_an_answer_without_room_is_cut() -> None:
    reply = answer(body(WORLD.at(0), max_completion_tokens=130))
    data = json.loads(reply.body)
    assert data["choices"][0]["finish_reason"] == "length"
    assert data["usage"]["completion_tokens"] == 130
    assert not data["choices"][0]["message"]["content"].endswith("}")


def test_reasoning_is_shown_unless_it_is_declined() -> None:
    messages = [
        json.loads(answer(body(WORLD.at(0), **more)).body)["choices"][0]["message"]
        for more in ({}, {"include_reasoning": False})
    ]
    assert ["reasoning" in message for message in messages] == [True, False]


def test_without_a_schema_it_answers_in_plain_words() -> None:
    reply = answer(body(WORLD.at(0), response_format=None))
    assert json.loads(reply.body)["choices"][0]["message"]["content"].startswith("I answer")


NULLABLE = {"type": ["string", "null"]}
NESTED = {"type": "object", "properties": {"value": {"type": "string"}, "quote": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"properties": {"businessModel": {"enum": ["B2B", "B2C", "SaaS"]}}}, "SaaS"),
        ({"properties": {"business_model": {"enum": ["MODEL_UNSPECIFIED", "MODEL_SAAS"]}}}, "MODEL_SAAS"),
        ({"properties": {"industry": {"enum": ["Retail", "Computer software", None]}}}, "Computer software"),
        ({"properties": {"industry": {"enum": ["Farming", "other"]}}}, "other"),
        ({"properties": {"industry": {"enum": ["Farming", None]}}}, None),
        ({"properties": {"industry": {"enum": ["Farming"]}}}, "Farming"),
        ({"properties": {"industry": {"const": "x"}}}, "x"),
        ({"properties": {"ceo": NULLABLE}}, None),
        ({"properties": {"ceo": {"type": "string"}}}, ""),
        ({"properties": {"ceo": {"enum": ["known", "unknown"]}}}, "unknown"),
        ({"properties": {"industry": {"type": "array", "items": {"type": "string"}}}}, ["Business software"]),
        ({"properties": {"ceo": {"type": "array", "items": {"type": "string"}}}}, []),
        ({"properties": {"industry_confidence": {"type": "number", "maximum": 5}}}, 5),
        ({"properties": {"ceo_confidence": {"type": "integer", "minimum": 2}}}, 2),
        ({"properties": {"industry_known": {"type": "boolean"}}}, True),
        ({"properties": {"industry": {"anyOf": [{"type": "null"}, {"type": "string"}]}}}, "Business software"),
        ({"properties": {"x": {"anyOf": [{"type": "null"}]}}}, None),
        ({"properties": {"industry": {"$ref": "#/$defs/I"}}, "$defs": {"I": {"type": "string"}}}, "Business software"),
    ],
)  # fmt: skip
def test_an_answer_takes_the_form_of_any_schema(schema: Mapping[str, object], wanted: object) -> None:
    assert WORLD.at(1).industry.key == "software"
    assert list(content(answer(with_schema({"type": "object", **schema}))).values()) == [wanted]


def test_an_answer_and_its_quote_may_be_one_thing() -> None:
    company = WORLD.at(1)
    nested = {"anyOf": [NESTED, {"type": "null"}]}
    said = content(answer(with_schema({"type": "object", "properties": {"industry": nested}})))
    assert said["industry"]["value"] == company.industry.label
    assert said["industry"]["quote"] in inference.prompt(subject(company))


def test_a_whole_insight_is_null_where_nothing_is_known() -> None:
    nested = {"anyOf": [NESTED, {"type": "null"}]}
    data = with_schema({"type": "object", "properties": {"industry": nested}})
    messages = [{"role": "user", "content": "nothing"}]
    assert content(answer({**data, "messages": messages})) == {"industry": None}


CLOSED: Mapping[str, object] = {"type": "object", "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    "schema",
    [
        {**CLOSED, "properties": {"a": NULLABLE}, "required": []},
        {"type": "object", "properties": {}, "required": []},
        {**CLOSED, "properties": {"a": {"type": "array", "items": {"type": "object"}}}},
        {**CLOSED, "properties": {"a": {"anyOf": [{"type": "object"}]}}},
        {**CLOSED, "properties": {"a": NULLABLE}, "$defs": {"A": {"type": "object"}}},
    ],
)
def test_a_strict_schema_leaves_nothing_open(schema: Mapping[str, object]) -> None:
    reply = answer(with_schema(schema, is_strict=True))
    assert (reply.status, error(reply)["type"]) == (400, "invalid_request_error")
    assert "schema" in error(reply)["message"]


@pytest.mark.parametrize("reference", ["#/$defs/Nowhere", "#/properties/a"])
def test_a_reference_that_leads_nowhere_or_in_a_circle_is_a_bad_request(reference: str) -> None:
    inner = {"type": "object", "properties": {"a": {"$ref": reference}}}
    assert answer(with_schema({"type": "object", "properties": {"a": inner}})).status == 400


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("llama-3.1-8b-instant", 400, "model_decommissioned"),
        ("llama-3.3-70b-versatile", 404, "model_not_found"),
        ("no-such-model", 404, "model_not_found"),
    ],
)
def test_a_model_that_is_gone_is_an_error_of_its_own(model: str, status: int, code: str) -> None:
    reply = answer(body(WORLD.at(0), model=model))
    assert (reply.status, error(reply)["code"]) == (status, code)


def test_a_model_without_strict_schemas_refuses_one_and_streaming_is_not_combined_with_it() -> None:
    for change in ({"model": "qwen/qwen3.8-27b"}, {"stream": True}):
        assert answer(body(WORLD.at(0), **change)).status == 400


def test_a_request_past_the_tokens_of_a_minute_is_too_large() -> None:
    reply = answer(body(WORLD.at(0), max_completion_tokens=250_000))
    assert (reply.status, error(reply)["code"]) == (413, "rate_limit_exceeded")


def test_without_its_key_nothing_is_answered() -> None:
    reply = answer(body(WORLD.at(0)), key="other")
    assert (reply.status, error(reply)["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"model": 1, "messages": 2}', b'{"model": "x", "messages": [{}]}', b"\xff"]
)
def test_a_body_that_is_no_request_is_refused(data: bytes) -> None:
    assert answer(data).status == 400
    assert answer(body(WORLD.at(0), max_completion_tokens=-1)).status == 400


def test_another_path_or_method_is_unknown() -> None:
    request = Request(PATH, "GET", headers={"authorization": f"Bearer {KEY}"})
    for changed in (request, replace(request, path="/openai/v1/models")):
        assert error(GROQ.answer(changed))["code"] == "unknown_url"


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "json_validate_failed"), (401, "invalid_api_key"), (413, "rate_limit_exceeded"), (498, "capacity_exceeded")],
)
def test_it_fails_in_its_own_words(status: int, code: str) -> None:
    reply = GROQ.failed(status)
    assert (reply.status, error(reply)["code"]) == (status, code)
    assert "code" not in error(GROQ.failed(500))
