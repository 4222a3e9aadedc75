"""Anthropic: the Messages API with structured output, errors and limits in its own words.

Shape: api.anthropic.com/v1/messages as recorded in 2026. The models understand what Groq's do (`understanding`), and
write it in the form of a schema (`structured`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from enrichment.sandbox.bill import ANTHROPIC_TOKENS, token_cost, tokens
from enrichment.sandbox.providers.structured import UNREADABLE, check_strict, filled
from enrichment.sandbox.providers.understanding import understand
from enrichment.sandbox.wire import Reply, Request, json_reply, pause
from enrichment.sandbox.world import World
from enrichment.sandbox.world.draw import Draw

KEY = "sandbox-anthropic"
_TOKENS_PER_MINUTE = 400_000
_LONGEST_BODY = 32_000_000
_ERRORS: Mapping[int, tuple[str, str]] = {
    400: (
        "invalid_request_error",
        "credit balance is too low: add to it",
    ),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "the payment has failed"),
    403: ("permission_error", "the key may not use this"),
    404: ("not_found_error", "model: not served"),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your organization's rate limit."),
    529: ("overloaded_error", "Overloaded"),
}


class Anthropic:
    """A language model that knows the companies of the world and reads before it answers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A message, or what is wrong with the request."""
        headers = request.headers
        if KEY not in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer ")):
            return self.failed(401)
        if "anthropic-version" not in headers:
            return _error(400, "invalid_request_error", "anthropic-version: header is required")
        if request.path != "/v1/messages" or request.method != "POST":
            return _error(404, "not_found_error", "Not found")
        if len(request.body) > _LONGEST_BODY:
            return self.failed(413)
        try:
            asked = _Asked(json.loads(request.body))
        except UNREADABLE as error:
            return _error(400, "invalid_request_error", f"The request body could not be read: {type(error).__name__}")
        if asked.model not in ANTHROPIC_TOKENS:
            return _error(404, "not_found_error", f"model: {asked.model}")
        return self._message(asked)

    def throttled(self, retry_after: int | None) -> Reply:
        """Over the tokens of the minute."""
        limits = {
            "anthropic-ratelimit-tokens-limit": str(_TOKENS_PER_MINUTE),
            "anthropic-ratelimit-tokens-remaining": "0",
        }
        reply = self.failed(429)
        return replace(reply, headers={**reply.headers, **limits, **pause(retry_after)})

    def failed(self, status: int) -> Reply:
        """Its own words for each status it is known to answer."""
        kind, message = _ERRORS.get(status, ("api_error", "Internal server error"))
        return _error(status, kind, message)

    def _message(self, asked: "_Asked") -> Reply:
        text = "I answer with structured output only."
        if asked.schema is not None:
            try:
                check_strict(asked.schema, may_be_optional=True)
                content = filled(asked.schema, understand(self._world, asked.evidence))
            except UNREADABLE as problem:
                return _error(400, "invalid_request_error", f"output_config.format.schema: {problem}")
            text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        draw = Draw("anthropic", asked.model, asked.evidence)
        thought = draw.between("thinking", 40, 120) if asked.thinks else 0
        tokens_out = thought + tokens(text)
        is_cut = tokens_out > asked.tokens_out
        if is_cut:
            tokens_out, text = asked.tokens_out, text[: max(0, asked.tokens_out - thought) * 4]
        blocks: list[Mapping[str, str]] = [{"type": "text", "text": text}]
        if asked.thinks:
            thinking = "The pages say what the company does; each answer is backed by a sentence of them."
            blocks.insert(0, {"type": "thinking", "thinking": thinking, "signature": draw.hex("signature", 64)})
        body = {
            "id": f"msg_{draw.hex('id', 24)}",
            "type": "message",
            "role": "assistant",
            "model": asked.model,
            "content": blocks,
            "stop_reason": "max_tokens" if is_cut else "end_turn",
            "stop_sequence": None,
            "stop_details": None,
            "usage": _usage(asked.tokens_in, tokens_out, thought),
        }
        cost = token_cost(ANTHROPIC_TOKENS[asked.model], asked.tokens_in, tokens_out)
        reply = json_reply(200, body, {"request-id": f"req_{draw.hex('request', 24)}"})
        return replace(reply, cost_usd_micros=cost)


class _Asked:
    """A request body, understood. Raises one of UNREADABLE for another shape."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        messages = cast(Sequence[Mapping[str, Any]], body["messages"])
        self.model = str(body["model"])
        self.tokens_out = int(body["max_tokens"])
        self.evidence = "\n".join(_text(message["content"]) for message in messages if message["role"] == "user")
        self.thinks = cast(Mapping[str, Any], body.get("thinking") or {}).get("type") != "disabled"
        config = cast(Mapping[str, Any], body.get("output_config") or {})
        wanted = cast(Mapping[str, Any], config.get("format") or {})
        self.schema = cast(Mapping[str, Any], wanted["schema"]) if wanted.get("type") == "json_schema" else None
        said = [_text(body.get("system") or ""), *(_text(message["content"]) for message in messages)]
        # The schema is shown to the model, too.
        self.tokens_in = 20 + sum(4 + tokens(text) for text in [*said, json.dumps(self.schema or "")])
        if self.tokens_out < 1 or not messages:
            raise ValueError("max_tokens")


def _text(content: object) -> str:
    """A text, or the texts of its blocks."""
    if isinstance(content, str):
        return content
    blocks = cast(Sequence[Mapping[str, Any]], content)
    return "\n".join(str(block["text"]) for block in blocks if block["type"] == "text")


def _error(status: int, kind: str, message: str) -> Reply:
    number = f"req_{Draw('anthropic', kind, message).hex('request', 24)}"
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": number}
    return json_reply(status, body, {"request-id": number})


def _usage(tokens_in: int, tokens_out: int, thought: int) -> Mapping[str, object]:
    return {
        "input_tokens": tokens_in,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": tokens_out,
        "output_tokens_details": {"thinking_tokens": thought},
        "service_tier": "standard",
        "inference_geo": "global",
    }
