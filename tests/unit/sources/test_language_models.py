"""What both language models have in common: what is claimed, and what a call costs that breaks."""

import asyncio
import json
import logging
import traceback
from dataclasses import replace

import httpx
import pytest

from contract.http_sources import KEY, LARCH, SOURCES, HttpCase
from contract.wire_server import Said, Then, answer, serving
from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Fault, SourceError
from enrichment.domain.fact import Reading
from enrichment.domain.subject import Subject
from enrichment.sources import anthropic, build, groq

READ = {"groq": groq.read, "anthropic": anthropic.read}
pytestmark = pytest.mark.parametrize("model", [case for case in SOURCES if case.source in READ], ids=str)


def good(model: HttpCase) -> Said:
    return answer(200, json.dumps(model.body).encode())


async def ask(entry: Entry) -> Reading:
    source = build(entry)
    try:
        return await source.ask(LARCH)
    finally:
        await source.close()


async def told(model: HttpCase, said: Said) -> Reading:
    async with serving(said) as server:
        return await ask(model.entry(server.base_url))


async def failure(entry: Entry) -> Fault:
    with pytest.raises(Fault) as caught:
        await ask(entry)
    return caught.value


async def test_what_is_said_with_words_of_the_evidence_is_claimed(model: HttpCase) -> None:
    reading = await told(model, good(model))
    assert {claim.field.value: claim.value for claim in reading.claims} == {
        "industry": "Glass manufacturing",
        "business_model": "b2b",
        "target_market": "Builders and property managers",
        "description": "Larch Glass makes tempered glass for builders.",
    }


def test_a_flat_price_is_the_price_whatever_the_tokens(model: HttpCase) -> None:
    flat = replace(model.entry(), token_prices=None, price_usd_micros=1_000)
    assert build(flat).price(LARCH) == 1_000
    assert READ[model.source](httpx.Response(200, json=model.body), LARCH, flat).cost_usd_micros == 1_000


def test_without_evidence_there_is_no_question(model: HttpCase) -> None:
    assert build(model.entry()).question(Subject("larchglass.co.uk")) is None


@pytest.mark.parametrize("status", [429, 500, 529])
async def test_a_failed_call_is_made_once(model: HttpCase, status: int) -> None:
    async with serving(answer(status, b"{}")) as server:
        with pytest.raises(SourceError):
            await ask(model.entry(server.base_url))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "said", [Said(b"", Then.RESET), Said(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", Then.CLOSE)]
)
async def test_a_call_that_breaks_after_the_send_may_have_been_billed(model: HttpCase, said: Said) -> None:
    async with serving(said) as server:
        error = await failure(model.entry(server.base_url))
    assert error.is_cost_unknown


async def test_a_provider_out_of_reach_costs_nothing(model: HttpCase) -> None:
    async with serving(good(model)) as server:
        closed = server.base_url
    error = await failure(model.entry(closed))
    assert (error.is_cost_unknown, error.cost_usd_micros) == (False, 0)


async def test_silence_may_have_been_billed(model: HttpCase) -> None:
    async with serving(Said(b"", Then.HANG)) as server:
        error = await failure(replace(model.entry(server.base_url), timeout_ms=50))
    assert error.is_cost_unknown


async def test_cancelling_passes_through(model: HttpCase) -> None:
    async with serving(Said(b"", Then.HANG)) as server:
        asking = asyncio.create_task(ask(model.entry(server.base_url)))
        await server.arrived.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


@pytest.mark.parametrize("said", ["good", "unauthorized", "reset"])
async def test_the_key_is_in_no_log_and_no_traceback(
    model: HttpCase, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    refused = answer(401, b'{"error": {"code": "invalid_api_key", "type": "authentication_error"}}')
    shown = ""
    try:
        await told(model, {"good": good(model), "unauthorized": refused, "reset": Said(b"", Then.RESET)}[said])
    except SourceError as error:
        shown = "".join(traceback.format_exception(error))
    assert KEY not in caplog.text + shown
