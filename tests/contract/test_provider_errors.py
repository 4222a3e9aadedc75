"""Errors of each provider as data: which status, header and body means which of the five kinds.

The rows are what providers document and what was seen of them until November 2026; the words in the bodies are ours.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
import pytest

from contract.http_sources import SOURCES, HttpCase
from enrichment.domain.errors import Fault, QuotaExhausted, Rejected, SourceError, Throttled, Unauthorized, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading

NOW = "Wed, 25 Nov 2026 10:00:00 GMT"
IN_90_SECONDS, INSTANT_IN_90_SECONDS = "1795600890", "2026-11-25T10:01:30Z"


@dataclass(frozen=True)
class Said:
    """An answer that is no company, in plain words and as it travels, and what it means.

    `pause` is the seconds that a Throttled asks for; `may_cost`: nothing says that it is not billed.
    """

    words: str
    status: int
    body: object
    means: type[SourceError] | Reading
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pause: float | None = None
    may_cost: bool = False

    def response(self, content_type: str) -> httpx.Response:
        """Objects as JSON, texts as plain text, texts with tags as a page."""
        if isinstance(self.body, str):
            is_page = self.body.startswith("<")
            content, content_type = self.body.encode(), "text/html; charset=utf-8" if is_page else "text/plain"
        else:
            content = json.dumps(self.body).encode()
        headers = {"date": NOW, "content-type": content_type, **self.headers}
        return httpx.Response(self.status, content=content, headers=headers)


def _google(code: int, status: str, message: str, *reasons: str) -> Mapping[str, object]:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason} for reason in reasons]
    return {"error": {"code": code, "status": status, "message": message, "details": details}}


def _groq(code: str, message: str) -> Mapping[str, object]:
    return {"error": {"type": "invalid_request_error", "code": code, "message": message}}


def _anthropic(kind: str, message: str = "in words") -> Mapping[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def _typed(kind: str) -> Mapping[str, object]:
    return {"error": {"type": kind, "message": "in words"}}


def _erro(message: str) -> Mapping[str, object]:
    return {"status": "ERROR", "message": message}


def _cut_short(finish_reason: str) -> Mapping[str, object]:
    return {"choices": [{"message": {"content": "{}"}, "finish_reason": finish_reason}]}


def _stopped(reason: str) -> Mapping[str, object]:
    return {"content": [{"type": "text", "text": "{}"}], "stop_reason": reason}


PAGE = "<html><h1>Just a moment</h1></html>"
PROVIDERS: Mapping[str, tuple[Said, ...]] = {
    "receitaws": (
        Said("not a CNPJ, as 200", 200, _erro("este CNPJ é inválido"), Rejected),
        Said("no such CNPJ, as 200", 200, _erro("CNPJ rejeitado"), NOT_FOUND),
        Said("its own source is late, as 200", 200, _erro("Timeout na consulta"), Fault),
        Said("too many, as 200", 200, _erro("Limite por minuto atingido"), Throttled, pause=60.0),
        Said("an error that nobody knows, as 200", 200, _erro("algo novo"), Unreadable, may_cost=True),
        Said("not a CNPJ", 400, _erro("CNPJ inválido, verifique"), Rejected),
        Said("no such CNPJ", 404, _erro("foi rejeitado"), NOT_FOUND),
        Said("a fourth request in a minute", 429, "espere", Throttled, pause=60.0),
        Said("a fourth request in a minute, with a time", 429, "espere", Throttled, {"retry-after": "21"}, pause=21.0),
        Said("the token of a paid call is wrong", 401, _erro("token"), Unauthorized),
        Said("the paid calls are used up", 402, _erro("plano"), QuotaExhausted),
        Said("its own source is late", 504, PAGE, Fault),
    ),
    "opencnpj": (
        Said("not a CNPJ", 400, {"error": "not a number of a company"}, Rejected),
        Said("no such CNPJ", 404, {"error": "nobody has it"}, NOT_FOUND),
        Said("its data is broken", 502, {"error": "cannot be read"}, Fault),
        Said("too many", 429, {"error": "slowly"}, Throttled),
        Said("a block", 403, {"error": "blocked"}, Throttled),
        Said("a challenge in the place of a block", 403, PAGE, Throttled),
        Said("a challenge in the place of an answer", 200, PAGE, Throttled),
        Said("a challenge in the place of a not-found", 404, PAGE, Throttled),
    ),
    "gleif": (
        Said("no such name", 200, {"meta": {}, "data": []}, NOT_FOUND),
        Said("too many", 429, {"errors": [{"status": "429"}]}, Throttled, pause=60.0),
        Said("a filter that it does not know", 400, {"errors": [{"status": "400"}]}, Rejected),
        Said("a firewall", 403, PAGE, Throttled, pause=60.0),
        Said("it broke", 500, {"errors": [{"status": "500"}]}, Fault),
    ),
    "opencorporates": (
        Said("no such name", 200, {"results": {"companies": [], "total_count": 0}}, NOT_FOUND),
        Said("a wrong token", 401, {"error": {"message": "no such token"}}, Unauthorized),
        # The same for a month's last call as for too many in a minute.
        Said("the limit", 403, {"error": {"message": "a limit is reached"}}, Throttled),
        Said("an address that asks too much", 200, PAGE, Throttled),
        Said("an address that asks too much, with its status", 429, PAGE, Throttled),
        Said("an address that asks too much, refused", 403, PAGE, Throttled),
        # Only what is asked by number can be missing, and we search.
        Said("no such number", 404, {"error": {"message": "no such company"}}, Rejected),
        Said("it broke", 503, PAGE, Fault),
    ),
    "clearbit": (
        Said("queued", 202, _typed("queued"), Throttled, may_cost=True),
        Said("queued, without a word", 202, "", Throttled, may_cost=True),
        Said("no key", 401, _typed("auth_required"), Unauthorized),
        Said("a wrong key", 401, _typed("invalid_api_key"), Unauthorized),
        Said("the calls are used up", 402, _typed("over_quota"), QuotaExhausted),
        Said("no such company", 404, _typed("unknown_record"), NOT_FOUND),
        Said("no such address", 404, _typed("unknown_route"), Rejected),
        Said("not a domain", 422, _typed("params_invalid"), Rejected),
        Said("too many", 429, _typed("rate"), Throttled, {"x-ratelimit-reset": IN_90_SECONDS}, pause=90.0),
        Said("too many, without a time", 429, "", Throttled),
    ),
    "people_data_labs": (
        Said("no such company", 404, {"status": 404, **_typed("not_found")}, NOT_FOUND),
        Said("no such address", 404, {"message": "nothing here"}, Rejected),
        Said("a wrong key", 401, {"status": 401, **_typed("authentication_error")}, Unauthorized),
        Said("the credits are gone", 402, {"status": 402, **_typed("payment_required")}, QuotaExhausted),
        Said("nothing to look for", 400, {"status": 400, **_typed("invalid_request_error")}, Rejected),
        Said("too many", 429, _typed("rate"), Throttled, {"x-ratelimit-reset": INSTANT_IN_90_SECONDS}, pause=90.0),
        Said("too many, without a time", 429, _typed("rate"), Throttled, pause=60.0),
        Said("it broke", 500, {"status": 500, **_typed("api_error")}, Fault),
    ),
    "mapbox": (
        Said("no such place", 200, {"type": "FeatureCollection", "features": []}, NOT_FOUND),
        Said("a wrong token", 401, {"message": "no such token", "error_code": "TOKEN"}, Unauthorized),
        Said("an account or address that may not", 403, {"message": "not yours"}, Unauthorized),
        Said("wrong input", 400, {"status_code": 400, "error": "what is this", "code": "x"}, Rejected),
        Said("wrong input, said otherwise", 422, {"message": "what is this"}, Rejected),
        Said("no such endpoint", 404, {"message": "nothing here"}, Rejected),
        Said("too many", 429, {"message": "slowly"}, Throttled),
        Said("too many, with a time", 429, {"message": "slowly"}, Throttled, {"retry-after": "9"}, pause=9.0),
    ),
    "google_places": (
        Said("nothing found", 200, {}, NOT_FOUND),
        Said("nothing found, said otherwise", 200, {"places": []}, NOT_FOUND),
        Said("no mask", 400, _google(400, "INVALID_ARGUMENT", "the mask is missing"), Rejected),
        Said("a wrong key", 400, _google(400, "INVALID_ARGUMENT", "the key", "API_KEY_INVALID"), Unauthorized),
        Said("key, API or billing are off", 403, _google(403, "PERMISSION_DENIED", "it is off"), Unauthorized),
        Said("a stale place", 404, _google(404, "NOT_FOUND", "it is gone"), Rejected),
        Said("a minute's", 429, _google(429, "RESOURCE_EXHAUSTED", "limit 'x per minute'"), Throttled, pause=60.0),
        Said("a day's", 429, _google(429, "RESOURCE_EXHAUSTED", "limit 'x per day'"), QuotaExhausted),
        Said("it broke", 500, _google(500, "INTERNAL", "it broke"), Fault),
        Said("it is not there", 503, _google(503, "UNAVAILABLE", "it is not there"), Fault),
    ),
    "wikidata": (
        Said("no such website", 200, {"head": {}, "results": {"bindings": []}}, NOT_FOUND),
        Said("too much query time", 429, "slowly", Throttled, {"retry-after": "41"}, pause=41.0),
        Said("too much query time, without a time", 429, "slowly", Throttled, pause=60.0),
        # For a day, where the pauses were not heeded or no contact was named.
        Said("shut out", 403, "not you", QuotaExhausted),
        Said("not a query", 400, "line 1, column 1", Rejected),
        Said("the query took too long", 500, "a long trace", Fault),
        Said("no server is free", 503, PAGE, Fault),
    ),
    "rdap": (
        Said("not registered", 404, {"errorCode": 404, "title": "no"}, NOT_FOUND),
        Said("not registered, without a word", 404, "", NOT_FOUND),
        Said("a gateway's page", 404, PAGE, Rejected),
        Said("too many", 429, {"errorCode": 429}, Throttled, {"retry-after": "120"}, pause=120.0),
        Said("from a cloud, or too many", 403, {"errorCode": 403, "title": "no"}, Throttled),
        Said("one registry that wants a login", 401, {"errorCode": 401}, Rejected),
        Said("not a domain", 400, {"errorCode": 400}, Rejected),
        Said("not a domain of its own", 422, {"errorCode": 422}, Rejected),
        Said("another server knows", 302, "", Unreadable),
        Said("it broke", 500, {"errorCode": 500}, Fault),
    ),
    "groq": (
        Said("too many", 429, _groq("rate_limit_exceeded", "slowly"), Throttled, {"retry-after": "6"}, pause=6.0),
        Said("too many, without a time", 429, _groq("rate_limit_exceeded", "slowly"), Throttled),
        Said("one request is more than a minute's", 413, _groq("rate_limit_exceeded", "too large"), Rejected),
        Said("it did not keep to the schema", 400, _groq("json_validate_failed", ""), Unreadable, may_cost=True),
        Said("no such model", 404, _groq("model_not_found", "gone"), Rejected),
        Said("a model of former days", 400, _groq("model_decommissioned", "gone"), Rejected),
        Said("no such tool", 400, _groq("tool_use_failed", "no tool"), Rejected),
        Said("no capacity", 498, _groq("capacity_exceeded", "later"), Fault),
        Said("not there", 503, _groq("", "later"), Fault),
        Said("a wrong key", 401, _groq("invalid_api_key", "no"), Unauthorized),
        Said("not allowed", 403, _groq("", "no"), Unauthorized),
        Said("in each other's way", 409, _groq("", "no"), Rejected),
        Said("it cannot be processed", 422, _groq("", "no"), Rejected),
        Said("no words left", 200, _cut_short("length"), Unreadable, may_cost=True),
    ),
    "anthropic": (
        Said("too many", 429, _anthropic("rate_limit_error"), Throttled, {"retry-after": "9"}, pause=9.0),
        Said("too many, without a time", 429, _anthropic("rate_limit_error"), Throttled),
        Said("too large", 413, _anthropic("request_too_large"), Rejected),
        Said("no credit left", 400, _anthropic("invalid_request_error", "Credit balance is too low"), QuotaExhausted),
        Said("a wrong request", 400, _anthropic("invalid_request_error", "max_tokens: required"), Rejected),
        Said("not paid", 402, _anthropic("billing_error"), QuotaExhausted),
        Said("no such model", 404, _anthropic("not_found_error"), Rejected),
        Said("a wrong key", 401, _anthropic("authentication_error"), Unauthorized),
        Said("not allowed", 403, _anthropic("permission_error"), Unauthorized),
        Said("too slow", 408, _anthropic("timeout_error"), Fault),
        Said("broken", 500, _anthropic("api_error"), Fault),
        Said("not there", 503, "<html>later</html>", Fault),
        Said("overloaded", 529, _anthropic("overloaded_error"), Fault),
        Said("its own source is late", 504, _anthropic("timeout_error"), Fault),
        Said("in each other's way", 409, _anthropic("conflict_error"), Rejected),
        Said("it cannot be processed", 422, _anthropic("invalid_request_error"), Rejected),
        Said("no words left", 200, _stopped("max_tokens"), Unreadable, may_cost=True),
        Said("it would not answer", 200, _stopped("refusal"), Unreadable, may_cost=True),
    ),
}
ROWS = [
    pytest.param(source, said, id=f"{source}, {said.status}: {said.words}")
    for source, rows in PROVIDERS.items()
    for said in rows
]


def case_of(source: str) -> HttpCase:
    return next(case for case in SOURCES if case.source == source)


@pytest.mark.parametrize(("source", "said"), ROWS)
def test_what_a_provider_says_means_what_it_documents(source: str, said: Said) -> None:
    case = case_of(source)
    response = said.response(case.content_type)
    if isinstance(said.means, Reading):
        assert case.read(response) == said.means
        return
    with pytest.raises(SourceError) as caught:
        case.read(response)
    assert type(caught.value) is said.means
    assert caught.value.is_cost_unknown is said.may_cost
    assert getattr(caught.value, "retry_after", None) == said.pause
    assert str(said.status) in str(caught.value) or said.status == 200


def test_every_provider_has_its_rows() -> None:
    assert {case.source for case in SOURCES} == set(PROVIDERS)
