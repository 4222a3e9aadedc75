"""Groq: chat completions with structured output, errors and limits in its own words.

Shape: api.groq.com/openai/v1 as recorded in 2025 and 2026. The model answers by what the request shows it: see
`understanding` for what it makes of the evidence and `structured` for how an answer takes the form of a schema.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from enrichment.sandbox.bill import GROQ_TOKENS, token_cost, tokens
from enrichment.sandbox.providers.structured import UNREADABLE, check_strict, filled
from enrichment.sandbox.providers.understanding import understand
from enrichment.sandbox.wire import Reply, Request, json_reply, pause
from enrichment.sandbox.world import World
from enrichment.sandbox.world.draw import Draw

KEY = "sandbox-groq"
# Served with strict schemas; the others follow a schema as well as they can.
_STRICT = frozenset({"openai/gpt-oss-20b", "openai/gpt-oss-120b"})
# Shut down in August 2026: one answers as if it had never been, the other says what became of it.
_DECOMMISSIONED = frozenset({"llama-3.1-8b-instant"})
_TOKENS_PER_MINUTE = 250_000
# 2026-11-02: the world's day.
_CREATED = 1793620800
_ERRORS: Mapping[int, tuple[str, str, str]] = {
    400: (
        "what was written is no JSON of the schema: see 'failed_generation'",
        "invalid_request_error",
        "json_validate_failed",
    ),
    401: ("Invalid API Key", "invalid_request_error", "invalid_api_key"),
    404: ("The model does not exist or you do not have access to it.", "invalid_request_error", "model_not_found"),
    413: (
        f"Request too large for model on tokens per minute (TPM): Limit {_TOKENS_PER_MINUTE}",
        "tokens",
        "rate_limit_exceeded",
    ),
    498: ("Flex tier capacity exceeded", "internal_server_error", "capacity_exceeded"),
    503: ("Service is over capacity. Please try again later.", "internal_server_error", "service_unavailable"),
}


class Groq:
    """A language model that knows the companies of the world and reads before it answers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A completion, or what is wrong with the request."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return self.failed(401)
        if request.path != "/openai/v1/chat/completions" or request.method != "POST":
            return _error(404, f"Unknown request URL: {request.method} {request.path}", code="unknown_url")
        try:
            asked = _Asked(json.loads(request.body))
        except UNREADABLE as error:
            return _error(400, f"The request body could not be read: {type(error).__name__}")
        return self._refusal(asked) or self._completion(asked)

    def throttled(self, retry_after: int | None) -> Reply:
        """Over the tokens of the minute; the pause stands in the text too."""
        wait = "" if retry_after is None else f" Please try again in {retry_after}s."
        message = f"Rate limit reached on tokens per minute (TPM): Limit {_TOKENS_PER_MINUTE}.{wait}"
        limits = {"x-ratelimit-limit-tokens": str(_TOKENS_PER_MINUTE), "x-ratelimit-remaining-tokens": "0"}
        reset = {} if retry_after is None else {"x-ratelimit-reset-tokens": f"{retry_after}s"}
        error = {"message": message, "type": "tokens", "code": "rate_limit_exceeded"}
        return json_reply(429, {"error": error}, {**limits, **reset, **pause(retry_after)})

    def failed(self, status: int) -> Reply:
        """Its own words for each status it is known to answer."""
        message, kind, code = _ERRORS.get(status, ("Internal Server Error", "internal_server_error", ""))
        error = {"message": message, "type": kind, **({"code": code} if code else {})}
        if code == "json_validate_failed":
            error["failed_generation"] = ""
        return json_reply(status, {"error": error})

    def _refusal(self, asked: "_Asked") -> Reply | None:
        if asked.model in _DECOMMISSIONED:
            message = f"The model `{asked.model}` has been decommissioned and is no longer supported."
            return _error(400, message, code="model_decommissioned")
        if asked.model not in GROQ_TOKENS:
            message = f"The model `{asked.model}` does not exist or you do not have access to it."
            return _error(404, message, code="model_not_found")
        if asked.tokens_in + asked.tokens_out > _TOKENS_PER_MINUTE:
            return self.failed(413)
        if asked.schema is not None and (asked.is_stream or (asked.is_strict and asked.model not in _STRICT)):
            return _error(400, "This model does not support response format `json_schema` in this request.")
        return None

    def _completion(self, asked: "_Asked") -> Reply:
        text = "I answer with structured output only."
        if asked.schema is not None:
            try:
                if asked.is_strict:
                    check_strict(asked.schema)
                content = filled(asked.schema, understand(self._world, asked.evidence))
            except UNREADABLE as problem:
                return _error(400, f"invalid JSON schema for response_format: {problem}")
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        draw = Draw("groq", asked.model, asked.evidence)
        thought = draw.between("reasoning", 40, 120)
        tokens_out = thought + tokens(text)
        is_cut = tokens_out > asked.tokens_out
        if is_cut:
            tokens_out, text = asked.tokens_out, text[: max(0, asked.tokens_out - thought) * 4]
        message = {"role": "assistant", "content": text}
        if asked.shows_reasoning:
            message["reasoning"] = "The pages say what the company does; each answer is backed by a sentence of them."
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "length" if is_cut else "stop"}
        reply = json_reply(200, _envelope(asked, choice, tokens_out, draw), _limits(asked))
        cost = token_cost(GROQ_TOKENS[asked.model], asked.tokens_in, tokens_out)
        return Reply(200, reply.body, "application/json", reply.headers, cost)


class _Asked:
    """A request body, understood. Raises one of UNREADABLE for another shape."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        messages = cast(Sequence[Mapping[str, Any]], body["messages"])
        self.model = str(body["model"])
        self.evidence = "\n".join(str(message["content"]) for message in messages if message["role"] == "user")
        self.tokens_in = 60 + sum(4 + tokens(str(message["content"])) for message in messages)
        self.tokens_out = int(body.get("max_completion_tokens") or body.get("max_tokens") or 8_192)
        self.is_stream = bool(body.get("stream"))
        self.shows_reasoning = body.get("include_reasoning", True) is not False
        wanted = cast(Mapping[str, Any], body.get("response_format") or {})
        is_schema = wanted.get("type") == "json_schema"
        given = cast(Mapping[str, Any], wanted["json_schema"] if is_schema else {})
        self.schema = cast(Mapping[str, Any], given["schema"]) if is_schema else None
        self.is_strict = bool(given.get("strict"))
        if self.tokens_out < 1:
            raise ValueError("max_completion_tokens")


def _error(status: int, message: str, code: str = "") -> Reply:
    error = {"message": message, "type": "invalid_request_error", **({"code": code} if code else {})}
    return json_reply(status, {"error": error})


def _envelope(asked: _Asked, choice: Mapping[str, object], tokens_out: int, draw: Draw) -> Mapping[str, object]:
    queued, seconds = draw.between("queue", 1, 90) / 1000, tokens_out / 900
    return {
        "id": f"chatcmpl-{draw.hex('id', 32)}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": asked.model,
        "choices": [choice],
        "usage": {
            "queue_time": queued,
            "prompt_tokens": asked.tokens_in,
            "prompt_time": asked.tokens_in / 20_000,
            "completion_tokens": tokens_out,
            "completion_time": seconds,
            "total_tokens": asked.tokens_in + tokens_out,
            "total_time": asked.tokens_in / 20_000 + seconds,
            "completion_tokens_details": {"reasoning_tokens": min(tokens_out, draw.between("reasoning", 40, 120))},
        },
        "usage_breakdown": None,
        "system_fingerprint": f"fp_{draw.hex('fingerprint', 10)}",
        "x_groq": {"id": f"req_{draw.hex('request', 26)}"},
        "service_tier": "on_demand",
    }


def _limits(asked: _Asked) -> Mapping[str, str]:
    return {
        "x-ratelimit-limit-requests": "500000",
        "x-ratelimit-limit-tokens": str(_TOKENS_PER_MINUTE),
        "x-ratelimit-remaining-requests": "499999",
        "x-ratelimit-remaining-tokens": str(_TOKENS_PER_MINUTE - asked.tokens_in),
        "x-ratelimit-reset-requests": "172.8ms",
        "x-ratelimit-reset-tokens": f"{asked.tokens_in * 60 / _TOKENS_PER_MINUTE:.3f}s",
    }
