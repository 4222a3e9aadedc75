"""Many companies over one conversation: each has its own end, and none holds another up."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo  # pyright: ignore[reportMissingTypeStubs]

from enrichment.domain.event import EnrichmentRequest
from enrichment.domain.purse import Account, Purse
from enrichment.rpc.admission import without_kept_free
from enrichment.rpc.workload import FIRST_LIMIT
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb
from imensiah.enrichment.v1.enrichment_service_pb2_grpc import EnrichmentServiceStub
from rpc.scripted import ScriptedEnrichments, Step, completed, endless, layer_result, started, usual
from rpc.serving import Caller, calling, ended, failure, failure_of, within_seconds

Conversation = grpc.aio.StreamStreamCall[pb.EnrichBatchRequest, pb.EnrichBatchResponse]
ID = "0b6ce1f2-57a3-4f7e-9c39-2f6a1d8e4b10"


def config(**settings: Any) -> pb.EnrichBatchRequest:
    return pb.EnrichBatchRequest(config=pb.EnrichBatchConfig(**settings))


def item(item_id: str, website: str = "", **changes: Any) -> pb.EnrichBatchRequest:
    request = pb.EnrichRequest(website_url=website or f"{item_id}.com.br", **changes)
    return pb.EnrichBatchRequest(item=pb.EnrichBatchItem(item_id=item_id, request=request))


def conversation(caller: Caller, timeout: float | None = None) -> Conversation:
    return EnrichmentServiceStub(caller.channel).EnrichBatch(timeout=timeout)


async def said(caller: Caller, *messages: pb.EnrichBatchRequest) -> Conversation:
    """A conversation in which these messages are written, and the caller's half is open."""
    call = conversation(caller)
    for message in messages:
        await within_seconds(call.write(message))
    return call


async def answers_to(caller: Caller, *messages: pb.EnrichBatchRequest) -> list[pb.EnrichBatchResponse]:
    """All that a whole batch answers."""
    call = await said(caller, *messages)
    await within_seconds(call.done_writing())
    return [response async for response in call]


async def next_of(call: Conversation) -> pb.EnrichBatchResponse:
    response = await within_seconds(call.read())
    assert isinstance(response, pb.EnrichBatchResponse)
    return response


def reason_of(response: pb.EnrichBatchResponse) -> str:
    info = ErrorInfo()
    assert response.error.details[0].Unpack(info)
    return info.reason


async def begun(caller: Caller, enrichments: ScriptedEnrichments, number: int) -> None:
    """Waits until so many runs were begun."""

    async def wait() -> None:
        while len(enrichments.runs) < number:
            await caller.health()

    await within_seconds(wait())


async def not_begun_beyond(caller: Caller, enrichments: ScriptedEnrichments, number: int) -> None:
    for _ in range(30):
        await within_seconds(caller.health())
        assert len(enrichments.runs) <= number


class Halting(ScriptedEnrichments):
    """Each run waits for its own release, by domain."""

    def __init__(self) -> None:
        self.released: dict[str, asyncio.Event] = {}
        super().__init__(self._steps)

    def _steps(self, request: EnrichmentRequest) -> list[Step]:
        event = self.released.setdefault(request.domain, asyncio.Event())
        return [started(request), event, completed()]

    def release(self, *item_ids: str) -> None:
        for item_id in item_ids:
            self.released.setdefault(f"{item_id}.com.br", asyncio.Event()).set()


async def test_every_item_gets_its_whole_stream_under_its_id_and_the_sums_come_last() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        answers = await answers_to(caller, config(), item("a"), item("b"))
    for name in ("a", "b"):
        responses = [each.response for each in answers if each.item_id == name]
        assert [response.sequence for response in responses] == [1, 2, 3, 4, 5]
        assert responses[0].started.domain == f"{name}.com.br"
        assert responses[-1].HasField("completed")
    assert answers[-1] == pb.EnrichBatchResponse(
        completed=pb.BatchCompleted(items=2, cost_usd_micros=6_000, saved_usd_micros=106_000)
    )


async def test_a_batch_of_nothing_is_complete() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        assert await answers_to(caller, config()) == [pb.EnrichBatchResponse(completed=pb.BatchCompleted())]


async def test_answers_interleave_and_what_is_slow_holds_nothing_up() -> None:
    enrichments = Halting()
    async with calling(enrichments) as caller:
        call = await said(caller, config(final_only=True), item("slow"), item("quick"))
        enrichments.release("quick")
        assert (await next_of(call)).item_id == "quick"
        enrichments.release("slow")
        assert (await next_of(call)).item_id == "slow"
        await within_seconds(call.done_writing())
        assert (await next_of(call)).completed.items == 2


async def test_final_only_leaves_the_ends_alone() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        answers = await answers_to(caller, config(final_only=True), item("a"), item("b"))
    assert sorted(each.item_id for each in answers) == ["", "a", "b"]
    assert all(each.response.HasField("completed") for each in answers[:-1])


async def test_an_item_that_cannot_be_served_is_an_error_of_its_own() -> None:
    def script(request: EnrichmentRequest) -> Sequence[Step]:
        return [started(request), ValueError("a bug")] if request.domain == "bug.com.br" else usual(request)

    async with calling(ScriptedEnrichments(script)) as caller:
        wrong = item("wrong", "localhost")
        answers = await answers_to(caller, config(final_only=True), wrong, item("bug"), item("none", " "), item("good"))
    found = {each.item_id: each for each in answers}
    assert {name: reason_of(found[name]) for name in ("wrong", "bug", "none")} == {
        "wrong": "INVALID_REQUEST",
        "bug": "INTERNAL",
        "none": "INVALID_REQUEST",
    }
    assert "website_url: 'localhost' is this computer's own name" in found["wrong"].error.message
    assert found["good"].response.HasField("completed")
    assert (found[""].completed.items, found[""].completed.failed_items) == (4, 3)


async def test_a_run_that_ends_without_its_end_is_a_bug_and_holds_up_nobody() -> None:
    enrichments = ScriptedEnrichments(lambda request: [started(request)])
    async with calling(enrichments) as caller:
        answers = await answers_to(caller, config(max_outstanding=1, final_only=True), item("a"), item("b"))
    assert [reason_of(answer) for answer in answers[:-1]] == ["INTERNAL", "INTERNAL"]


BREACHES: dict[str, tuple[list[pb.EnrichBatchRequest], str]] = {
    "nothing at all": ([], "config: is missing: send it first, then items"),
    "an item first": ([item("a")], "config: is missing: send it first, before any item"),
    "an empty message first": ([pb.EnrichBatchRequest()], "config: is missing: send it first"),
    "a second config": ([config(), config()], "config: came again; it comes first, and only first"),
    "an empty message": ([config(), pb.EnrichBatchRequest()], "payload: is missing, or is new to this server"),
    "an item without id": ([config(), item("", "a.com")], "item.item_id: is empty; send an id of your own"),
    "an id too long": ([config(), item("a" * 129, "a.com")], "item.item_id: is 129 characters long; send at most 128"),
    "an id twice": ([config(), item("a"), item("a")], "item.item_id: 'a' came before in this batch"),
    "too many at once": ([config(max_outstanding=101)], "config.max_outstanding: 101 is too many; send 1 to 100"),
    "a bound below nothing": (
        [config(max_total_cost_usd_micros=-1)],
        "config.max_total_cost_usd_micros: -1 is out of range; send 0 to 1,000,000,000,000",
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
async def test_who_breaks_the_rules_of_a_batch_learns_which(breach: str) -> None:
    messages, words = BREACHES[breach]
    async with calling(ScriptedEnrichments(usual)) as caller:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await answers_to(caller, *messages)
    failed = failure(error.value)
    assert (failed.code, failed.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert words in failed.message


async def test_a_breach_takes_nothing_from_what_was_in_work() -> None:
    enrichments = Halting()
    async with calling(enrichments) as caller:
        call = await said(caller, config(final_only=True), item("a"), item("a"))
        await begun(caller, enrichments, 1)
        enrichments.release("a")
        assert (await next_of(call)).response.HasField("completed")
        assert (await failure_of(call)).reason == "INVALID_REQUEST"


async def test_bytes_that_are_no_message_are_refused() -> None:
    async with calling(ScriptedEnrichments(usual)) as caller:
        channel: Any = caller.channel
        call = channel.stream_stream("/imensiah.enrichment.v1.EnrichmentService/EnrichBatch")()
        await within_seconds(call.write(b"\xff\xff"))
        failed = await failure_of(call)
    assert failed.message == "the bytes sent are no EnrichBatchRequest"


@pytest.mark.parametrize(("settings", "most"), [({"max_outstanding": 2}, 2), ({}, 10)])
async def test_no_more_are_in_work_than_may_be(settings: dict[str, int], most: int) -> None:
    enrichments = Halting()
    async with calling(enrichments) as caller:
        call = await said(caller, config(final_only=True, **settings), *(item(f"i{number}") for number in range(30)))
        await begun(caller, enrichments, most)
        await not_begun_beyond(caller, enrichments, most)
        enrichments.release("i0")
        assert (await next_of(call)).item_id == "i0"
        await begun(caller, enrichments, most + 1)
        await not_begun_beyond(caller, enrichments, most + 1)
        call.cancel()


async def test_a_writer_faster_than_the_work_is_stopped_by_flow_control() -> None:
    enrichments = ScriptedEnrichments(endless)
    big = item("big")
    big.item.request.website_url = "big.com.br/" + "a" * 2_000
    async with calling(enrichments) as caller:
        call = await said(caller, config(max_outstanding=1), big)
        written = 0

        async def write() -> None:
            nonlocal written
            for number in range(20_000):
                big.item.item_id = f"big{number}"
                await call.write(big)
                written += 1

        writing = asyncio.create_task(write())
        before = -1
        while before != written:
            before = written
            for _ in range(50):
                await within_seconds(caller.health())
        assert written < 20_000
        assert len(enrichments.runs) == 1
        writing.cancel()
        call.cancel()
        await ended([writing])


async def test_a_reader_slower_than_the_work_stops_the_taking_of_items() -> None:
    enrichments = ScriptedEnrichments(
        lambda request: [started(request), *([layer_result(name="x" * 10_000)] * 100), completed()]
    )
    async with calling(enrichments) as caller:
        call = await said(caller, config(max_outstanding=2), *(item(f"i{number}") for number in range(60)))
        before = -1
        while before != len(enrichments.runs):
            before = len(enrichments.runs)
            for _ in range(50):
                await within_seconds(caller.health())
        assert before < 20
        await within_seconds(call.done_writing())
        answers = [response async for response in call]
    assert answers[-1].completed.items == 60


async def test_who_reads_nothing_for_too_long_is_left(caplog: pytest.LogCaptureFixture) -> None:
    enrichments = ScriptedEnrichments(
        lambda request: [started(request), *([layer_result(name="x" * 10_000)] * 2_000), completed()]
    )
    async with calling(enrichments, reading_seconds=0.5) as caller:
        call = await said(caller, config(), item("a"))
        await within_seconds(run_left(caller, enrichments))
        failed = await failure_of(call)
    assert (failed.code, failed.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "STREAM_TOO_LONG")
    assert not caplog.records


async def run_left(caller: Caller, enrichments: ScriptedEnrichments) -> None:
    await begun(caller, enrichments, 1)
    await enrichments.runs[0].left.wait()


async def test_leaving_ends_every_run_and_leaves_no_task() -> None:
    enrichments = ScriptedEnrichments(endless)
    async with calling(enrichments) as caller:
        await within_seconds(caller.health())
        before = asyncio.all_tasks()
        call = await said(caller, config(max_outstanding=5), *(item(f"i{number}") for number in range(9)))
        await begun(caller, enrichments, 5)
        call.cancel()
        for run in enrichments.runs:
            await within_seconds(run.left.wait())
        await ended([task for task in asyncio.all_tasks() if task not in before])
    assert len(enrichments.runs) == 5


@asynccontextmanager
async def draining(caller: Caller) -> AsyncGenerator[None]:
    drain = asyncio.create_task(caller.server.drain())
    yield
    await within_seconds(drain)


async def test_a_stop_takes_no_new_item_lets_those_in_work_end_and_then_says_why() -> None:
    enrichments = Halting()
    async with calling(enrichments, drain_seconds=10.0, grace_seconds=10.0) as caller:
        call = await said(caller, config(final_only=True), item("a"), item("b"))
        await begun(caller, enrichments, 2)
        async with draining(caller):
            while (await failure_of(caller.enrich())).reason != "SHUTTING_DOWN":
                pass
            await call.write(item("late"))
            enrichments.release("a", "b", "late")
            assert {(await next_of(call)).item_id for _ in range(2)} == {"a", "b"}
            failed = await failure_of(call)
    assert (failed.code, failed.reason) == (grpc.StatusCode.UNAVAILABLE, "SHUTTING_DOWN")
    assert failed.retry_after is not None
    assert len(enrichments.runs) == 2


async def test_an_idle_batch_ends_with_the_server_at_once() -> None:
    async with calling(ScriptedEnrichments(usual), drain_seconds=1_000.0, grace_seconds=1_000.0) as caller:
        call = await said(caller, config(final_only=True), item("a"))
        await next_of(call)
        await within_seconds(caller.server.drain())
        assert (await failure_of(call)).reason == "SHUTTING_DOWN"


async def test_items_count_as_streams_and_others_are_refused() -> None:
    enrichments = Halting()
    async with calling(enrichments, max_streams=3) as caller:
        call = await said(caller, config(final_only=True), *(item(f"i{number}") for number in range(6)))
        await begun(caller, enrichments, 3)
        await not_begun_beyond(caller, enrichments, 3)
        assert (await failure_of(caller.enrich())).reason == "OVERLOADED"
        await within_seconds(call.done_writing())
        enrichments.release(*(f"i{number}" for number in range(6)))
        answers = [response async for response in call]
        assert answers[-1].completed == pb.BatchCompleted(items=6, cost_usd_micros=18_000, saved_usd_micros=318_000)
        assert [response async for response in caller.enrich(item("i0").item.request)]


async def test_a_server_with_one_place_serves_a_batch_item_by_item() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments, max_streams=1) as caller:
        answers = await answers_to(caller, config(), *(item(f"i{number}") for number in range(20)))
    assert answers[-1].completed.items == 20


async def test_every_item_has_the_servers_time_and_the_batch_as_much_as_its_caller_wants() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments, ceiling_seconds=2.0, reading_seconds=2.0) as caller:
        call = conversation(caller, timeout=100)
        await within_seconds(call.write(config(final_only=True)))
        await within_seconds(call.write(item("a")))
        await next_of(call)
        await within_seconds(call.write(item("b")))
        await next_of(call)
        call.cancel()
    assert enrichments.seconds == [2.0, 2.0]


async def test_an_item_has_no_more_time_than_the_call_has_left() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        call = conversation(caller, timeout=5)
        await within_seconds(call.write(config(final_only=True)))
        await within_seconds(call.write(item("a")))
        await next_of(call)
        call.cancel()
    # The server's own is 8; gRPC rounds what is left up.
    assert enrichments.seconds[0] < 6.0


async def test_the_items_of_a_batch_share_an_account_with_its_bound() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments) as caller:
        await answers_to(caller, config(max_total_cost_usd_micros=7_000), item("a"), item("b", max_cost_usd_micros=5))
        await answers_to(caller, config(max_total_cost_usd_micros=0), item("a"))
        await answers_to(caller, config(), item("a"))
    first, second, other, unbound = (request.purse for request in enrichments.requests)
    (account,) = first.accounts
    assert isinstance(account, Account)
    assert (first, account.limit_usd_micros) == (second, 7_000)
    assert account.key.startswith("batch:")
    assert other.accounts[0].key != account.key
    assert other.accounts[0].limit_usd_micros == 0
    assert unbound == Purse()
    assert enrichments.requests[1].max_cost_usd_micros == 5


async def test_the_request_id_of_an_item_works_as_that_of_an_enrich_and_costs_nothing_again() -> None:
    enrichments = ScriptedEnrichments(usual)
    request = item("a", request_id=ID).item.request
    async with calling(enrichments) as caller:
        alone = [response async for response in caller.enrich(request)]
        again, other = item("again", "a.com.br", request_id=ID), item("other", "b.com.br", request_id=ID)
        answers = await answers_to(caller, config(), again, other)
    assert [each.response for each in answers if each.item_id == "again"] == alone
    assert [reason_of(each) for each in answers if each.item_id == "other"] == ["REQUEST_ID_REUSED"]
    assert answers[-1].completed == pb.BatchCompleted(items=2, failed_items=1)
    assert len(enrichments.runs) == 1


async def test_items_with_a_request_id_that_find_the_same_room_wait_for_another_and_none_is_refused() -> None:
    enrichments, names = Halting(), [f"i{number}" for number in range(100)]
    async with calling(enrichments, max_lag_seconds=60.0) as caller:
        items = (item(name, request_id=f"{ID[:-2]}{number:02}") for number, name in enumerate(names))
        call = await said(caller, config(final_only=True, max_outstanding=100), *items)
        await within_seconds(call.done_writing())
        await begun(caller, enrichments, without_kept_free(FIRST_LIMIT))
        # So many end that there is room for one; all who wait for it see it.
        first = [request.domain.removesuffix(".com.br") for request in enrichments.requests]
        enrichments.release(*first[: len(first) - without_kept_free(FIRST_LIMIT) + 1])
        await begun(caller, enrichments, len(first) + 1)
        enrichments.release(*names)
        answers = [response async for response in call]
    assert [reason_of(each) for each in answers if each.HasField("error")] == []
    assert (answers[-1].completed.items, answers[-1].completed.failed_items) == (100, 0)


async def test_a_batch_outlives_the_age_of_its_connection() -> None:
    enrichments = ScriptedEnrichments(usual)
    async with calling(enrichments, connection_seconds=0.5) as caller:
        call = await said(caller, config(final_only=True))
        for number in range(8):
            await within_seconds(call.write(item(f"i{number}")))
            assert (await next_of(call)).item_id == f"i{number}"
            await asyncio.sleep(0.2)
        await within_seconds(call.done_writing())
        assert (await next_of(call)).completed.items == 8
