"""What a Python caller can rely on."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import timedelta

import grpc
import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from client.scripted import ScriptedServer, answering, failing, failing_with, hanging
from enrichment_client import EnrichmentClient, EnrichmentError, EnrichOptions, FieldViolation, Unreachable
from enrichment_client.client import is_loopback
from imensiah.enrichment.v1.company_pb2 import COMPANY_FIELD_ADDRESS, COMPANY_FIELD_LEGAL_NAME
from imensiah.enrichment.v1.enrichment_service_pb2 import (
    LAYER_REGISTRY,
    EnrichmentCompleted,
    EnrichmentStarted,
    EnrichRequest,
    EnrichResponse,
)

STARTED = EnrichResponse(sequence=1, started=EnrichmentStarted(domain="claro-vento-azul.com.br"))
COMPLETED = EnrichResponse(sequence=2, completed=EnrichmentCompleted(completeness=1.0))
OVERLOADED = ErrorInfo(reason="OVERLOADED", domain="enrichment.imensiah.com", metadata={"limit": "200"})


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def events_of(
    server: ScriptedServer, company: str | EnrichRequest = "claro-vento-azul.com.br"
) -> list[str | None]:
    async with EnrichmentClient(server.target) as client, client.enrich(company) as events:
        return [event.WhichOneof("event") async for event in events]


async def failure_of(server: ScriptedServer) -> EnrichmentError:
    with pytest.raises(EnrichmentError) as raised:
        await events_of(server)
    return raised.value


async def test_events_arrive_in_order() -> None:
    with ScriptedServer(answering(STARTED, COMPLETED)) as server:
        assert await events_of(server) == ["started", "completed"]


async def test_a_website_and_options_become_the_contracts_request() -> None:
    options = EnrichOptions(
        max_cost_usd_micros=10_000,
        wanted_fields=["address", "Legal-Name"],
        layers=["registry"],
        max_age=timedelta(days=1),
        include_source_outcomes=True,
    )
    with ScriptedServer(answering(COMPLETED)) as server:
        async with EnrichmentClient(server.target) as client, client.enrich("a-b-c.com", options) as events:
            assert [event async for event in events]
        assert server.requests == [
            EnrichRequest(
                website_url="a-b-c.com",
                max_cost_usd_micros=10_000,
                wanted_fields=[COMPANY_FIELD_ADDRESS, COMPANY_FIELD_LEGAL_NAME],
                layers=[LAYER_REGISTRY],
                max_age=Duration(seconds=86_400),
                include_source_outcomes=True,
            )
        ]


async def test_a_message_goes_out_as_it_is() -> None:
    request = EnrichRequest(website_url="a-b-c.com", max_cost_usd_micros=0)
    with ScriptedServer(answering(COMPLETED)) as server:
        await events_of(server, request)
        assert server.requests == [request]


def test_no_budget_and_a_budget_of_nothing_are_two_things() -> None:
    assert not EnrichOptions().request("a.com").HasField("max_cost_usd_micros")
    assert EnrichOptions(max_cost_usd_micros=0).request("a.com").HasField("max_cost_usd_micros")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (EnrichOptions(wanted_fields=["adress"]), "no field is named 'adress'; did you mean 'address'?"),
        (EnrichOptions(layers=["registery"]), "no layer is named 'registery'; did you mean 'registry'?"),
        (EnrichOptions(layers=["9"]), "no layer is named '9'; there are foundation, registry, inference"),
    ],
)
def test_a_name_that_does_not_exist_is_answered_with_one_that_does(options: EnrichOptions, sentence: str) -> None:
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the sentence is compared whole
        options.request("a.com")
    assert str(raised.value) == sentence


async def test_every_call_has_a_deadline() -> None:
    with ScriptedServer(answering(COMPLETED)) as server:
        await events_of(server)
        assert round(server.seconds_left[0], -1) == 10


async def test_the_deadline_is_the_callers() -> None:
    with ScriptedServer(answering(COMPLETED)) as server:
        async with EnrichmentClient(server.target) as client, client.enrich("a.com", timeout=60) as events:
            assert [event async for event in events]
        assert round(server.seconds_left[0], -1) == 60


async def test_leaving_early_ends_the_call_at_the_server() -> None:
    with ScriptedServer(hanging(STARTED)) as server:
        async with EnrichmentClient(server.target) as client:
            async with client.enrich("a.com", timeout=60) as events:
                await anext(events)
            assert await asyncio.to_thread(server.has_ended.wait, 10)


async def test_an_error_of_the_caller_ends_the_call_at_the_server() -> None:
    with ScriptedServer(hanging(STARTED)) as server:
        async with EnrichmentClient(server.target) as client:
            with pytest.raises(ZeroDivisionError):
                async with client.enrich("a.com", timeout=60) as events:
                    print((await anext(events)).sequence / 0)
            assert await asyncio.to_thread(server.has_ended.wait, 10)


async def test_an_unavailable_server_is_asked_again_when_it_says_so() -> None:
    refuse = failing(grpc.StatusCode.UNAVAILABLE, "full", [OVERLOADED], pushback_ms="1")
    with ScriptedServer(refuse, refuse, answering(STARTED, COMPLETED)) as server:
        assert await events_of(server) == ["started", "completed"]
        assert len(server.requests) == 3


async def test_an_unavailable_server_is_asked_four_times_at_most() -> None:
    refuse = failing(grpc.StatusCode.UNAVAILABLE, "full", [OVERLOADED], pushback_ms="1")
    with ScriptedServer(refuse) as server:
        error = await failure_of(server)
        assert (error.reason, error.metadata, len(server.requests)) == ("OVERLOADED", {"limit": "200"}, 4)


async def test_a_server_that_says_no_is_not_asked_again() -> None:
    with ScriptedServer(failing(grpc.StatusCode.UNAVAILABLE, "full", [OVERLOADED], pushback_ms="-1")) as server:
        await failure_of(server)
        assert len(server.requests) == 1


async def test_an_error_carries_reason_fields_and_pause() -> None:
    details = (
        ErrorInfo(reason="INVALID_REQUEST", metadata={"fields": "website_url"}),
        BadRequest(field_violations=[BadRequest.FieldViolation(field="website_url", description="needs a domain")]),
        RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000)),
    )
    with ScriptedServer(failing(grpc.StatusCode.INVALID_ARGUMENT, "cannot be read", details)) as server:
        error = await failure_of(server)
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert error.reason == "INVALID_REQUEST"
    assert error.message == "cannot be read"
    assert error.field_violations == (FieldViolation("website_url", "needs a domain"),)
    assert error.retry_after == 1.5
    assert str(error) == "INVALID_REQUEST: cannot be read"


@pytest.mark.parametrize("junk", [b"", b"\xff\xff\xff", b"\x1a\x03abc", b"\x1a\xff"])
async def test_details_that_cannot_be_read_leave_code_and_message(junk: bytes) -> None:
    with ScriptedServer(failing_with(grpc.StatusCode.INTERNAL, "broken", junk)) as server:
        error = await failure_of(server)
    assert (error.code, error.message, error.reason) == (grpc.StatusCode.INTERNAL, "broken", "")
    assert str(error) == "INTERNAL: broken"


async def test_a_detail_that_cannot_be_read_does_not_spoil_the_others() -> None:
    status = Status(details=[Any(type_url="type.googleapis.com/google.rpc.BadRequest", value=b"\xff\xff")])
    status.details.add().Pack(OVERLOADED)
    with ScriptedServer(failing_with(grpc.StatusCode.INTERNAL, "broken", status.SerializeToString())) as server:
        error = await failure_of(server)
    assert (error.reason, error.field_violations) == ("OVERLOADED", ())


async def test_a_silent_server_ends_at_the_deadline() -> None:
    with ScriptedServer(hanging()) as server:
        async with EnrichmentClient(server.target) as client:
            with pytest.raises(EnrichmentError) as raised:
                async with client.enrich("a.com", timeout=0.2) as events:
                    await anext(events)
        assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
        assert not isinstance(raised.value, Unreachable)


async def test_where_no_server_answers_the_error_says_so(closed_port: int) -> None:
    async with EnrichmentClient(f"127.0.0.1:{closed_port}") as client:
        with pytest.raises(Unreachable) as raised:
            async with client.enrich("a.com") as events:
                await anext(events)
    assert str(raised.value).startswith(f"no server answers at 127.0.0.1:{closed_port}: ")
    assert "refused" in str(raised.value)


async def test_credentials_of_the_callers_are_used_even_for_this_machine() -> None:
    with ScriptedServer(answering(COMPLETED)) as server:
        async with EnrichmentClient(server.target, credentials=grpc.ssl_channel_credentials()) as client:
            with pytest.raises(Unreachable, match="handshake"):
                async with client.enrich("a.com") as events:
                    await anext(events)
        assert server.requests == []


async def test_a_proxy_of_the_environment_does_not_lead_to_this_machine(
    closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    with ScriptedServer(answering(STARTED, COMPLETED)) as server:
        assert await events_of(server) == ["started", "completed"]


async def test_a_stream_that_ends_too_soon_is_an_error() -> None:
    with ScriptedServer(answering(STARTED)) as server:
        error = await failure_of(server)
    assert error.code is grpc.StatusCode.DATA_LOSS


async def test_a_failure_after_the_first_event_is_not_repeated_and_not_unreachable() -> None:
    def script(_request: EnrichRequest, context: grpc.ServicerContext) -> Iterator[EnrichResponse]:
        yield STARTED
        context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    with ScriptedServer(script) as server:
        error = await failure_of(server)
        assert (type(error), len(server.requests)) == (EnrichmentError, 1)


@pytest.mark.parametrize(
    "target",
    ["localhost:50051", "127.0.0.1:50051", "127.3.2.1:1", "[::1]:50051", "dns:///localhost:1", "ipv4:127.0.0.1:1"],
)
def test_this_machine_is_spoken_to_in_the_clear(target: str) -> None:
    assert is_loopback(target)


@pytest.mark.parametrize(
    "target", ["enrichment.example:443", "10.0.0.1:50051", "[2001:db8::1]:443", "localhost.evil:1"]
)
def test_other_hosts_are_not(target: str) -> None:
    assert not is_loopback(target)


def test_a_socket_file_lies_on_this_machine() -> None:
    assert is_loopback("unix:/run/enrichment.sock")
