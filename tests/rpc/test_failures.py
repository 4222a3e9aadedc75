"""How a call fails: with a code, a reason and details, and never with a word that was not meant for callers."""

import asyncio
import logging
from typing import Any, cast

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from enrichment.domain.errors import InvalidRequest
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from rpc.scripted import ScriptedEnrichments, completed, copious, endless, layer_result, started, usual
from rpc.serving import ENRICH, Caller, Failure, all_of, calling, failure_of, within_seconds


async def test_a_broken_rule_is_refused_with_the_field_and_what_would_be_right() -> None:
    enrichments = ScriptedEnrichments(usual)
    request = pb.EnrichRequest(website_url="localhost", hints=pb.CompanyHints(country_code="BRA"))
    async with calling(enrichments) as caller:
        failed = await failure_of(caller.enrich(request))
    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert failed.violations == {
        "website_url": "'localhost' is this computer's own name; send the company's domain, such as 'nubank.com.br'",
        "hints.country_code": "'BRA' is not two letters; send the country's ISO 3166-1 alpha-2 code, such as 'BR'",
    }
    assert failed.metadata == {"fields": "website_url, hints.country_code"}
    assert not enrichments.runs


async def test_bytes_that_are_no_request_are_refused() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        failed = await failure_of(caller.channel.unary_stream(ENRICH)(b"\xff\xff\xff"))
    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert failed.message == "the bytes sent are no EnrichRequest"


async def test_a_request_that_the_pipeline_finds_wrong_is_the_callers_fault_too() -> None:
    wrong = InvalidRequest("hints.registration_number", "is not a CNPJ")
    async with calling(ScriptedEnrichments(lambda _: [wrong])) as caller:
        failed = await failure_of(caller.enrich())
    assert failed.code == grpc.StatusCode.INVALID_ARGUMENT
    assert failed.violations == {"hints.registration_number": "is not a CNPJ"}


async def test_a_request_that_is_too_large_is_refused() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        failed = await failure_of(caller.enrich(pb.EnrichRequest(website_url="a" * 300_000)))
    assert failed.code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert not enrichments.runs


BUGS = {
    "an exception": ValueError("secret"),
    "a time-out of its own": TimeoutError("secret"),
    "several exceptions": ExceptionGroup("secret", [ValueError("secret")]),
    "a cancellation that nobody asked for": asyncio.CancelledError("secret"),
}


@pytest.mark.parametrize("bug", BUGS)
@pytest.mark.parametrize("is_late", [False, True])
async def test_a_bug_ends_the_call_and_only_the_log_says_what_it_was(
    bug: str, is_late: bool, caplog: pytest.LogCaptureFixture
) -> None:
    enrichments = ScriptedEnrichments(lambda request: [*([started(request)] * is_late), BUGS[bug]])
    async with calling(enrichments) as caller:
        failed = await failure_of(caller.enrich(x_request_id="call-7"))
    assert (failed.code, failed.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert failed.message == "internal error; request id call-7"
    assert failed.metadata == {"request_id": "call-7"}
    assert failed.trailers["x-request-id"] == "call-7"
    assert "secret" not in repr(failed)
    assert enrichments.runs[0].left.is_set()
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("enrichment.rpc.boundary", logging.ERROR)
    assert "call-7" in record.getMessage()
    assert record.exc_info
    assert "secret" in str(record.exc_info[1])


async def test_the_time_of_a_call_ends_its_run() -> None:
    enrichments = ScriptedEnrichments(endless)
    async with calling(enrichments) as caller:
        failed = await failure_of(caller.enrich(timeout=0.3))
        assert failed.code == grpc.StatusCode.DEADLINE_EXCEEDED
        await within_seconds(enrichments.runs[0].left.wait())


async def test_with_too_little_time_nothing_is_begun() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        failed = await failure_of(caller.enrich(timeout=0.02))
        assert failed.code == grpc.StatusCode.DEADLINE_EXCEEDED
        assert await within_seconds(caller.health()) == "SERVING"
    assert not enrichments.runs


async def test_a_run_that_does_not_end_is_ended_even_where_the_caller_sets_no_deadline() -> None:
    enrichments = ScriptedEnrichments(endless)
    async with calling(enrichments, ceiling_seconds=0.1, reading_seconds=0.1) as caller:
        failed = await failure_of(caller.enrich())
    assert (failed.code, failed.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "STREAM_TOO_LONG")
    assert failed.metadata == {"seconds": "0.2"}
    assert enrichments.runs[0].left.is_set()


async def test_a_caller_that_does_not_read_is_let_go_and_told_when_it_does() -> None:
    enrichments = ScriptedEnrichments(copious)
    async with calling(enrichments, ceiling_seconds=0.2, reading_seconds=0.2, max_streams=1) as caller:
        unread = caller.enrich()
        await within_seconds(unread.read())
        await within_seconds(enrichments.runs[0].left.wait())
        enrichments.script = usual
        assert await within_seconds(all_of(caller.enrich()))
        assert (await failure_of(unread)).reason == "STREAM_TOO_LONG"


async def test_streams_above_the_limit_are_sent_back_for_a_moment() -> None:
    enrichments = ScriptedEnrichments(endless)
    async with calling(enrichments, max_streams=2) as caller:
        first = caller.enrich()
        await within_seconds(first.read())
        second = caller.enrich()
        await within_seconds(second.read())
        assert_overloaded(await failure_of(caller.enrich()))
        assert await within_seconds(caller.health()) == "SERVING"
        first.cancel()
        await within_seconds(enrichments.runs[0].left.wait())
        third = caller.enrich()
        assert await within_seconds(third.read())
        second.cancel()
        third.cancel()


def assert_overloaded(failed: Failure) -> None:
    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "OVERLOADED")
    assert failed.metadata == {"limit": "2"}
    assert failed.retry_after is not None
    assert failed.trailers["grpc-retry-pushback-ms"] == f"{failed.retry_after * 1_000:.0f}"
    assert "x-request-id" in failed.trailers


async def test_a_failed_stream_makes_room() -> None:
    enrichments = ScriptedEnrichments(lambda _: [ValueError("secret")])
    async with calling(enrichments, max_streams=1) as caller:
        for _ in range(3):
            assert (await failure_of(caller.enrich())).reason == "INTERNAL"


OFFERED = {
    "Enrich",
    "EnrichBatch",
    "PlanEnrichment",
    "GetCompany",
    "ListSources",
    "SetSourceEnabled",
    "ForgetCompany",
}
NOT_OFFERED = [
    method
    for service in pb.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if method.name not in OFFERED
]


def called(caller: Caller, method: MethodDescriptor) -> Any:
    path, channel = f"/{method.containing_service.full_name}/{method.name}", cast(Any, caller.channel)
    return channel.stream_stream(path)() if method.client_streaming else channel.unary_unary(path)(b"")


@pytest.mark.parametrize("method", NOT_OFFERED, ids=[method.name for method in NOT_OFFERED])
async def test_a_method_that_is_not_offered_says_so_without_noise(
    method: MethodDescriptor, caplog: pytest.LogCaptureFixture
) -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        failed = await failure_of(called(caller, method))
    assert (failed.code, failed.reason) == (grpc.StatusCode.UNIMPLEMENTED, "METHOD_NOT_OFFERED")
    assert failed.metadata == {"method": method.name}
    assert "x-request-id" in failed.trailers
    assert not caplog.records


async def test_a_method_that_no_contract_has_is_answered_alike() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        failed = await failure_of(caller.channel.unary_unary("/other.Service/" + "x" * 500)(b""))
    assert (failed.code, failed.metadata) == (grpc.StatusCode.UNIMPLEMENTED, {"method": "x" * 100})


async def test_a_stream_that_fails_late_has_told_what_it_knew() -> None:
    script = ScriptedEnrichments(lambda request: [started(request), layer_result(), ValueError("secret"), completed()])
    async with calling(script) as caller:
        call = caller.enrich()
        first, second = await call.read(), await call.read()
        assert isinstance(first, pb.EnrichResponse)
        assert isinstance(second, pb.EnrichResponse)
        assert (first.WhichOneof("event"), second.WhichOneof("event")) == ("started", "layer")
        assert (await failure_of(call)).reason == "INTERNAL"
