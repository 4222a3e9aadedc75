"""The vendor's SDK over our own transport: one request for one message, and nothing from the environment in it.

The SDK speaks httpx2, all else here httpx, so its requests are carried over. What it reads from ANTHROPIC_* variables
(keys, addresses, headers that would stand in the place of ours, a log of whole requests, spans with them) must not
count: settings.py alone reads the environment.
"""

import logging

import anthropic
import httpx
import httpx2
from anthropic import AsyncAnthropic

from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, SourceError
from enrichment.sources import inference
from enrichment.sources.http import HEADERS, address, client

# The one that the SDK speaks.
API_VERSION = "2026-10-21"

# ANTHROPIC_LOG has set these as the SDK was imported.
for _name in ("anthropic", "httpx2"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Messages:
    """The provider's messages, each asked for once. An event loop must be running when the first one is."""

    def __init__(self, entry: Entry) -> None:
        self._model = entry.options["model"]
        self._client = AsyncAnthropic(
            api_key=entry.api_key,
            base_url=entry.base_url,
            timeout=entry.timeout_ms / 1_000,
            # A retry is the guards' to decide: it costs time and money that they account for.
            max_retries=0,
            open_telemetry=False,
            http_client=httpx2.AsyncClient(transport=_Transport(entry), trust_env=False),
        )

    async def create(self, prompt: str) -> httpx.Response:
        """The response to a user message, whatever its status; raises what our transport raised."""
        try:
            raw = await self._client.messages.with_raw_response.create(
                model=self._model,
                system=inference.SYSTEM,
                messages=[{"role": "user", "content": prompt}],
                output_config={"format": {"type": "json_schema", "schema": dict(inference.schema())}},
                thinking={"type": "disabled"},
                max_tokens=inference.MOST_OUTPUT_TOKENS,
            )
        except anthropic.APIStatusError as error:
            return _carried_back(error.response)
        except anthropic.APIConnectionError as error:
            # Our transport has already said what happened; anything else broke after the send for all we know.
            cause = error.__cause__
            raise (cause if isinstance(cause, SourceError) else Fault("no answer", is_cost_unknown=True)) from None
        return _carried_back(raw.http_response)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()


class _Transport(httpx2.AsyncBaseTransport):
    """Sends path and body of what the SDK made, to our address and with our headers alone."""

    def __init__(self, entry: Entry) -> None:
        self._base_url = entry.base_url
        own = {
            "content-type": "application/json",
            "authorization": f"Bearer {entry.api_key}",
            "anthropic-version": API_VERSION,
        }
        self._client = client(entry, {**HEADERS, **own})

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = address(self._base_url, request.url.path)
        response = await self._client.request(request.method, url, content=await request.aread())
        return httpx2.Response(
            response.status_code, headers=response.headers.multi_items(), content=response.content, request=request
        )

    async def aclose(self) -> None:
        await self._client.aclose()


def _carried_back(response: httpx2.Response) -> httpx.Response:
    return httpx.Response(response.status_code, headers=response.headers.multi_items(), content=response.content)
