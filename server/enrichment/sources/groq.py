"""Groq: a language model that reads what FOUNDATION found, by the vendor's SDK over our own transport.

Models with strict schemas: openai/gpt-oss-20b and -120b. Limits are the organisation's, by minute and by day. Read in
November 2026.
"""

import logging
import re

import groq
import httpx
from groq import AsyncGroq
from groq.types.chat.completion_create_params import ResponseFormatResponseFormatJsonSchema

from enrichment.domain.catalogue import Entry, Tokens
from enrichment.domain.errors import Fault, SourceError, Unreadable
from enrichment.domain.fact import Reading
from enrichment.domain.ports import Source
from enrichment.domain.subject import Subject
from enrichment.sources import inference
from enrichment.sources.failures import Failures, described
from enrichment.sources.http import HEADERS, client
from enrichment.sources.payload import at, json_object, text

# 498: no capacity left.
FAILURES = Failures(statuses={498: Fault})
_CODE = re.compile("[a-z_]{1,40}")

# A variable GROQ_LOG has set this as the SDK was imported; settings.py alone reads the environment.
logging.getLogger("groq").setLevel(logging.WARNING)


def source(entry: Entry) -> Source:
    """The Groq source of a catalogue entry; its options name the model."""
    return _GroqSource(entry)


def read(response: httpx.Response, subject: Subject, entry: Entry) -> Reading:
    """What a completion says, and what it cost. A completion that cannot be read was billed all the same."""
    if error := failure(response):
        raise error
    data = json_object(response)
    choice = at(data, "choices", 0)
    cost = inference.cost(_counted(at(data, "usage")), entry)
    if text(choice, "finish_reason") != "stop":
        raise inference.unreadable("the completion is not complete", cost)
    return inference.reading(at(choice, "message", "content"), subject, cost)


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
        return inference.price(subject, self._entry)

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
                max_completion_tokens=inference.MOST_OUTPUT_TOKENS,
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
        # The SDK would put what a variable GROQ_CUSTOM_HEADERS says in the place of ours.
        own = {"content-type": "application/json", "authorization": f"Bearer {self._entry.api_key}"}
        http_client = client(self._entry, {**HEADERS, **own})
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


def _counted(usage: object) -> Tokens | None:
    """The tokens as reported: those that the cache held are among the ones in."""
    tokens_in, tokens_out = inference.reported(usage, "prompt_tokens"), inference.reported(usage, "completion_tokens")
    if tokens_in is None or tokens_out is None:
        return None
    cached = min(tokens_in, inference.reported(usage, "prompt_tokens_details", "cached_tokens") or 0)
    return Tokens(input=tokens_in - cached, output=tokens_out, cache_read=cached)
