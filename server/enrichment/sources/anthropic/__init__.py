"""Anthropic: the language model that is asked where Groq could not answer; same prompt, same rules.

The models of the catalogue answer by a JSON schema (`output_config.format`). Errors are told by their status, but for
an account without money, which is a 400 with a sentence. Read in November 2026.
"""

import re
from importlib import import_module
from typing import TYPE_CHECKING

import httpx

from enrichment.domain.catalogue import Entry, Tokens
from enrichment.domain.errors import QuotaExhausted, SourceError, Unreadable
from enrichment.domain.fact import Reading
from enrichment.domain.ports import Source
from enrichment.domain.subject import Subject
from enrichment.sources import inference
from enrichment.sources.failures import Failures, described
from enrichment.sources.payload import at, items, json_object, text

if TYPE_CHECKING:
    from enrichment.sources.anthropic.sdk import Messages

FAILURES = Failures()
_KIND = re.compile("[a-z_]{1,40}")
_OUT_OF_MONEY = re.compile("credit balance is too low|reached your specified api usage limits", re.IGNORECASE)


def source(entry: Entry) -> Source:
    """The Anthropic source of a catalogue entry; its options name the model."""
    if entry.is_enabled and entry.api_key:
        # The SDK takes most of a second to import: at the start, and only where it will be called.
        import_module("enrichment.sources.anthropic.sdk")
    return _AnthropicSource(entry)


def read(response: httpx.Response, subject: Subject, entry: Entry) -> Reading:
    """What a message says, and what it cost. A message that cannot be read was billed all the same."""
    if error := failure(response):
        raise error
    data = json_object(response)
    cost = inference.cost(_counted(at(data, "usage")), entry)
    # Not max_tokens, which cuts the answer off, and not refusal, which is none.
    if text(data, "stop_reason") != "end_turn":
        raise inference.unreadable("the message is not complete", cost)
    # Some models show a block of thinking before the text.
    blocks = [at(block, "text") for block in items(data, "content") if text(block, "type") == "text"]
    content = blocks[0] if len(blocks) == 1 else None
    return inference.reading(content, subject, cost)


def failure(response: httpx.Response) -> SourceError | None:
    """The typed error of a response."""
    kind, message = _error(response)
    if response.status_code == 400 and _OUT_OF_MONEY.search(message):
        return QuotaExhausted(described(response, kind))
    return FAILURES.of(response, kind)


def _error(response: httpx.Response) -> tuple[str, str]:
    """The provider's word for an error, if it looks like one, and its sentence, which may quote what we sent."""
    try:
        data = json_object(response)
    except Unreadable:
        return "", ""
    kind = text(data, "error", "type")
    return kind if _KIND.fullmatch(kind) else "", text(data, "error", "message")


def _counted(usage: object) -> Tokens | None:
    """The tokens as reported: `input_tokens` are those that the cache had no part in.

    What is kept for an hour is part of all that is kept; where the parts are not told, it is all for five minutes.
    """
    tokens_in, tokens_out = inference.reported(usage, "input_tokens"), inference.reported(usage, "output_tokens")
    if tokens_in is None or tokens_out is None:
        return None
    written = inference.reported(usage, "cache_creation_input_tokens") or 0
    for_an_hour = inference.reported(usage, "cache_creation", "ephemeral_1h_input_tokens") or 0
    return Tokens(
        input=tokens_in,
        output=tokens_out,
        cache_read=inference.reported(usage, "cache_read_input_tokens") or 0,
        cache_write_5m=max(0, written - for_an_hour),
        cache_write_1h=for_an_hour,
    )


class _AnthropicSource:
    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self._messages: Messages | None = None

    def question(self, subject: Subject) -> bytes | None:
        return inference.question(subject, self._entry.options["model"])

    def price(self, subject: Subject) -> int:
        return inference.price(subject, self._entry)

    async def ask(self, subject: Subject) -> Reading:
        self._messages = self._messages or _messages(self._entry)
        return read(await self._messages.create(inference.prompt(subject)), subject, self._entry)

    async def close(self) -> None:
        if self._messages is not None:
            await self._messages.close()


def _messages(entry: Entry) -> "Messages":
    from enrichment.sources.anthropic.sdk import Messages

    return Messages(entry)
