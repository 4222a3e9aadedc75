"""Whatever is asked: an answer of the provider's own, and never a crash."""

import json

from hypothesis import given
from hypothesis import strategies as st

from enrichment.sandbox import World
from enrichment.sandbox.control import Control
from enrichment.sandbox.exchange import Desk
from enrichment.sandbox.latency import Latency
from enrichment.sandbox.providers import KEYS, http_providers
from enrichment.sandbox.wire import Request

WORLD = World(1670)
PROVIDERS = http_providers(WORLD)
PATHS = (
    "/",
    "/domain/",
    "/v1/cnpj/",
    "/99ABC345000100",
    "/api/v1/lei-records",
    "/v0.4/companies/search",
    "/v2/companies/find",
    "/v5/company/enrich",
    "/search/geocode/v6/forward",
    "/search/searchbox/v1/forward",
    "/sparql",
)
NAMES = (
    "domain",
    "website",
    "min_likelihood",
    "query",
    "q",
    "page",
    "per_page",
    "limit",
    "country",
    "jurisdiction_code",
    "address_line1",
    "place",
    "postcode",
)
HEADERS = {
    "user-agent": "me@me",
    "authorization": f"Bearer {KEYS['clearbit']}",
    "x-api-key": KEYS["people_data_labs"],
}
TEXT = st.one_of(
    st.text(max_size=30), st.sampled_from([WORLD.domain(0), WORLD.at(1).facts.name, "0", "-1", "9" * 5_000])
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
WORDS = ("type", "properties", "required", "items", "anyOf", "oneOf", "$ref", "$defs", "enum", "const", "industry")
VALUES = ("object", "array", "string", "null", "#/properties/industry", "#/$defs/industry")
SCHEMA = st.recursive(
    st.one_of(
        JSON, st.sampled_from(["object", "array", "string", "null", "#/properties/industry", "#/$defs/industry"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)),
    max_leaves=12,
)


@given(st.sampled_from(PATHS), TEXT, st.dictionaries(st.sampled_from(NAMES), TEXT))
def test_any_path_and_query_has_an_answer(path: str, rest: str, query: dict[str, str]) -> None:
    keys = {"api_token": KEYS["opencorporates"], "access_token": KEYS["mapbox"]}
    for provider in PROVIDERS.values():
        for asked in (path, path + rest):
            reply = provider.answer(Request(asked, host=rest, query={**query, **keys}, headers=HEADERS))
            assert 200 <= reply.status < 600


@given(JSON, SCHEMA, st.booleans())
def test_any_body_has_an_answer(data: object, schema: object, is_strict: bool) -> None:
    headers = {"authorization": f"Bearer {KEYS['groq']}"}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "strict": is_strict, "schema": schema}}
    messages = [{"role": "user", "content": WORLD.domain(0)}]
    for body in (data, {"model": "openai/gpt-oss-20b", "messages": messages, "response_format": wanted}):
        request = Request("/openai/v1/chat/completions", "POST", headers=headers, body=json.dumps(body).encode())
        reply = PROVIDERS["groq"].answer(request)
        assert reply.status in (200, 400, 404)
        assert json.loads(reply.body)


@given(JSON, TEXT, st.text(max_size=30))
def test_any_search_for_places_has_an_answer(data: object, text: str, mask: str) -> None:
    headers = {"x-goog-api-key": KEYS["google_places"], "x-goog-fieldmask": mask}
    for body in (data, {"textQuery": text, "pageSize": 5, "regionCode": text}):
        request = Request("/v1/places:searchText", "POST", headers=headers, body=json.dumps(body).encode())
        reply = PROVIDERS["google_places"].answer(request)
        assert reply.status in (200, 400)
        assert isinstance(json.loads(reply.body), dict)


def test_nesting_without_an_end_is_a_bad_request() -> None:
    headers, deep = {"authorization": f"Bearer {KEYS['groq']}"}, b"[" * 100_000
    request = Request("/openai/v1/chat/completions", "POST", headers=headers, body=deep)
    assert PROVIDERS["groq"].answer(request).status == 400
    control = Control(Desk(Latency(), lambda: 0.0), WORLD)
    assert control.answer(Request("/_sandbox/faults/groq", "PUT", body=deep)).status == 400


@given(st.sampled_from(["GET", "PUT", "POST", "DELETE"]), st.text(max_size=10), JSON)
def test_the_control_endpoint_answers_or_explains(method: str, path: str, data: object) -> None:
    control = Control(Desk(Latency(), lambda: 0.0), WORLD)
    for asked in (path, f"faults/{path}", "faults/groq", "settings"):
        reply = control.answer(Request(f"/_sandbox/{asked}", method, body=json.dumps(data).encode()))
        assert reply.status == 200 or json.loads(reply.body)["error"]
