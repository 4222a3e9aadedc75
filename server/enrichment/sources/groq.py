"""Groq: a language model that reads what FOUNDATION found, by the vendor's SDK over our own transport.

Models with strict schemas: openai/gpt-oss-20b and -120b. Limits are the organisation's, by minute and by day. Read in
November 2026.
"""

import re

import groq
import httpx
from groq import AsyncGroq
from groq.types.chat.completion_create_params import ResponseFormatResponseFormatJsonSchema

from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, SourceError, Unreadable
from enrichment.domain.fact import Reading
from enrichment.domain.money import token_cost
from enrichment.domain.ports import Source
from enrichment.domain.subject import Subject
from enrichment.sources import inference
from enrichment.sources.failures import Failures, described
from enrichment.sources.http import client
from enrichment.sources.payload import at, claims, json_object, text

# The answer takes some 300 tokens; the model's thinking, which is billed too, needs room before it.
MOST_OUTPUT_TOKENS = 1_500
# What the provider adds around our messages, with room to spare.
FRAME_TOKENS = 200

# 498: no capacity left.
FAILURES = Failures(statuses={498: Fault})
_CODE = re.compile("[a-z_]{1,40}")


def source(entry: Entry) -> Source:
    """The Groq source of a catalogue entry; its options name the model and the prices of its tokens."""
    return _GroqSource(entry)


def read(response: httpx.Response, subject: Subject, entry: Entry) -> Reading:
    """What a completion says, and what it cost. A completion that cannot be read was billed all the same."""
    if error := failure(response):
        raise error
    data = json_object(response)
    choice = at(data, "choices", 0)
    content = at(choice, "message", "content")
    if text(choice, "finish_reason") != "stop" or not isinstance(content, str):
        raise Unreadable("the completion is not complete", is_cost_unknown=True)
    try:
        said = inference.believed(content, subject)
    except ValueError:
        raise Unreadable("the completion is no JSON object", is_cost_unknown=True) from None
    return Reading(claims(said), cost_usd_micros=_cost(at(data, "usage"), entry))


def failure(response: httpx.Response) -> SourceError | None:
    """The typed error of a response: the body's code decides where a status has several meanings."""
    code = _code(response)
    if code == "json_validate_failed":
        # The model wrote and did not keep to the schema: its fault, and nobody says who pays for the words.
        return Unreadable(f"{described(response)}: {code}", is_cost_unknown=True)
    return FAILURES.of(response, code)


def _code(response: httpx.Response) -> str:
    """The provider's word for an error, if it looks like one; its sentences may quote what we sent."""
    try:
        code = text(json_object(response), "error", "code")
    except Unreadable:
        return ""
    return code if _CODE.fullmatch(code) else ""


class _GroqSource:
    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._client: AsyncGroq | None = None

    def question(self, subject: Subject) -> bytes | None:
        return inference.question(subject, self._entry.options["model"])

    def price(self, subject: Subject) -> int:
        if not self._entry.is_priced_by_tokens:
            return self._entry.price_usd_micros
        return _tokens_price(self._entry, FRAME_TOKENS + inference.most_tokens_in(subject), MOST_OUTPUT_TOKENS)

    async def ask(self, subject: Subject) -> Reading:
        self._client = self._client or self._open()
        try:
            raw = await self._client.chat.completions.with_raw_response.create(
                model=self._entry.options["model"],
                messages=[
                    {"role": "system", "content": inference.SYSTEM},
                    {"role": "user", "content": inference.prompt(subject)},
                ],
                response_format=_FORMAT,
                reasoning_effort="low",
                include_reasoning=False,
                temperature=0.1,
                max_completion_tokens=MOST_OUTPUT_TOKENS,
            )
        except groq.APIStatusError as error:
            raise failure(error.response) or Fault("the provider failed") from None
        except groq.APIConnectionError as error:
            # Our transport has already said what happened; anything else broke after the send for all we know.
            cause = error.__cause__
            raise (cause if isinstance(cause, SourceError) else Fault("no answer", is_cost_unknown=True)) from None
        return read(raw.http_response, subject, self._entry)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    def _open(self) -> AsyncGroq:
        http_client = client(self._entry)
        return AsyncGroq(
            api_key=self._entry.api_key,
            base_url=self._entry.base_url,
            timeout=http_client.timeout,
            # A retry is the guards' to decide: it costs time and money that they account for.
            max_retries=0,
            http_client=http_client,
        )


_FORMAT: ResponseFormatResponseFormatJsonSchema = {
    "type": "json_schema",
    "json_schema": {"name": "company", "strict": True, "schema": dict(inference.schema())},
}


def _cost(usage: object, entry: Entry) -> int | None:
    """What the reported tokens cost; None, for the held price, where it is flat or they are not told."""
    tokens_in = inference.reported(usage, "prompt_tokens")
    tokens_out = inference.reported(usage, "completion_tokens")
    if not entry.is_priced_by_tokens or tokens_in is None or tokens_out is None:
        return None
    return _tokens_price(entry, tokens_in, tokens_out)


def _tokens_price(entry: Entry, tokens_in: int, tokens_out: int) -> int:
    return token_cost(tokens_in, int(entry.options["usd_micros_per_million_input"])) + token_cost(
        tokens_out, int(entry.options["usd_micros_per_million_output"])
    )
