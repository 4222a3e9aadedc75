"""A repeated call is answered from what is held, and never with what is not true any more."""

import asyncio
from collections.abc import Sequence

import pytest
from google.protobuf.duration_pb2 import Duration

from enrichment.domain.event import EnrichmentRequest
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from imensiah.enrichment.v1.company_pb2 import COMPANY_FIELD_PHONE
from rpc.scripted import NOON, ScriptedEnrichments, SetClock, Step, completed, layer_result, outcome, started
from rpc.serving import Caller, all_of, calling, failure_of, within_seconds

DOMAIN = "vidraria.com.br"


def held(request: EnrichmentRequest) -> list[Step]:
    """All of it is held, for a minute."""
    return [started(request), outcome(), layer_result(), completed(repeatable_until=NOON + 60)]


def request(**changes: object) -> pb.EnrichRequest:
    return pb.EnrichRequest(website_url=DOMAIN, **changes)  # type: ignore[arg-type]


async def stream(caller: Caller, message: pb.EnrichRequest | None = None) -> list[pb.EnrichResponse]:
    return await within_seconds(all_of(caller.enrich(message or request())))


def without_ids(responses: Sequence[pb.EnrichResponse]) -> list[pb.EnrichResponse]:
    plain: list[pb.EnrichResponse] = []
    for response in responses:
        copy = pb.EnrichResponse()
        copy.CopyFrom(response)
        copy.started.enrichment_id = "" if copy.HasField("started") else copy.started.enrichment_id
        plain.append(copy)
    return plain


async def test_a_repeated_call_reads_the_same_under_a_new_id_and_no_run_is_started() -> None:
    enrichments = ScriptedEnrichments(held)
    async with calling(enrichments) as caller:
        first, second, third = [await stream(caller) for _ in range(3)]
    assert without_ids(first) == without_ids(second) == without_ids(third)
    assert [response.sequence for response in second] == [1, 2, 3, 4]
    assert len({stream[0].started.enrichment_id for stream in (first, second, third)}) == 3
    assert len(enrichments.runs) == 1


async def test_another_request_id_is_the_same_question() -> None:
    enrichments = ScriptedEnrichments(held)
    async with calling(enrichments) as caller:
        await stream(caller)
        await stream(caller, request(request_id="0b6ce1f2-57a3-4f7e-9c39-2f6a1d8e4b10"))
    assert len(enrichments.runs) == 1


OTHER_QUESTIONS = {
    "another budget": request(max_cost_usd_micros=0),
    "the default budget said aloud": request(max_cost_usd_micros=50_000),
    "other fields": request(wanted_fields=[COMPANY_FIELD_PHONE]),
    "other layers": request(layers=[pb.LAYER_FOUNDATION]),
    "fresher facts": request(max_age=Duration(seconds=1)),
    "another country": request(hints=pb.CompanyHints(country_code="PT")),
    "with source outcomes": request(include_source_outcomes=True),
    "another company": pb.EnrichRequest(website_url="padaria.com.br"),
}


@pytest.mark.parametrize("question", OTHER_QUESTIONS)
async def test_another_question_gets_an_answer_of_its_own(question: str) -> None:
    enrichments = ScriptedEnrichments(held)
    async with calling(enrichments) as caller:
        await stream(caller)
        (run_started, *_) = await stream(caller, OTHER_QUESTIONS[question])
    assert len(enrichments.runs) == 2
    assert run_started.started.enrichment_id == "e-1"


async def test_what_is_learnt_ends_a_held_answer() -> None:
    enrichments = ScriptedEnrichments(held)
    async with calling(enrichments) as caller:
        await stream(caller)
        enrichments.learn("padaria.com.br")
        await stream(caller)
        assert len(enrichments.runs) == 1
        enrichments.learn(DOMAIN)
        await stream(caller)
    assert len(enrichments.runs) == 2


async def test_time_ends_a_held_answer() -> None:
    enrichments, clock = ScriptedEnrichments(held), SetClock()
    async with calling(enrichments, clock) as caller:
        await stream(caller)
        clock.now = NOON + 60
        await stream(caller)
    assert len(enrichments.runs) == 2


async def test_what_is_learnt_while_a_run_ends_is_not_forgotten() -> None:
    released = asyncio.Event()
    enrichments = ScriptedEnrichments(lambda request: [started(request), released, *held(request)[1:]])
    async with calling(enrichments) as caller:
        call = caller.enrich(request())
        await within_seconds(call.read())
        await within_seconds(enrichments.runs[0].waits.wait())
        enrichments.learn(DOMAIN)
        released.set()
        while isinstance(await within_seconds(call.read()), pb.EnrichResponse):
            pass
        await stream(caller)
    assert len(enrichments.runs) == 2


async def test_an_answer_that_asked_somebody_is_not_held() -> None:
    enrichments = ScriptedEnrichments(lambda request: [started(request), completed()])
    async with calling(enrichments) as caller:
        await stream(caller)
        await stream(caller)
    assert len(enrichments.runs) == 2


async def test_half_an_answer_is_not_held() -> None:
    enrichments = ScriptedEnrichments(lambda request: [*held(request)[:-1], ValueError("a bug")])
    async with calling(enrichments) as caller:
        await failure_of(caller.enrich(request()))
        enrichments.script = held
        assert len(await stream(caller)) == 4
    assert len(enrichments.runs) == 2


async def test_a_held_answer_has_a_call_id_and_counts_as_a_stream() -> None:
    async with calling(ScriptedEnrichments(held), max_streams=1) as caller:
        await stream(caller)
        call = caller.enrich(request(), x_request_id="call-7")
        await all_of(call)
        assert ("x-request-id", "call-7") in tuple(await call.trailing_metadata())
        await stream(caller)
