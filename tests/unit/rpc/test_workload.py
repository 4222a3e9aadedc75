"""As many enrichments are worked on at once as the event loop keeps up with."""

import asyncio
from collections import deque
from contextlib import ExitStack, suppress
from typing import cast

import pytest
from google.rpc.error_details_pb2 import RetryInfo  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given
from hypothesis import strategies as st

from enrichment.rpc.admission import without_kept_free
from enrichment.rpc.status import Refused
from enrichment.rpc.workload import CUT, FIRST_LIMIT, LEAST_LIMIT, TICK_SECONDS, Workload
from virtual_time import VirtualLoop, in_virtual_time

MOST_LAG = 0.1
IN_TIME, LATE = 0.001, 1.0


def enter(workload: Workload, times: int) -> ExitStack:
    """So many enrichments at work until the stack is closed."""
    stack = ExitStack()
    for _ in range(times):
        stack.enter_context(workload)
    return stack


def observe(workload: Workload, lag: float, ticks: int) -> None:
    for _ in range(ticks):
        workload.observe(lag)


def test_an_enrichment_counts_until_it_ends() -> None:
    workload = Workload(200, MOST_LAG)
    with workload:
        assert repr(workload) == f"<Workload 1 of {FIRST_LIMIT} enrichments, 0 ms late>"
    assert workload.at_work == 0


def test_one_that_ends_by_a_bug_counts_no_longer() -> None:
    workload = Workload(200, MOST_LAG)
    with pytest.raises(ValueError, match="a bug"), workload:
        raise ValueError("a bug")
    assert workload.at_work == 0


def test_one_above_the_limit_is_told_when_to_come_back() -> None:
    workload = Workload(2, MOST_LAG)
    with enter(workload, 2):
        with pytest.raises(Refused, match="all 2 enrichments") as refusal, workload:
            pass
        assert workload.at_work == 2
    retry = RetryInfo()
    assert refusal.value.status.details[1].Unpack(retry)
    assert 500 <= retry.retry_delay.ToMilliseconds() < 1_500


def test_while_all_of_it_is_used_and_the_loop_keeps_up_the_limit_rises_to_the_most() -> None:
    workload = Workload(30, MOST_LAG)
    with ExitStack() as stack:
        for _ in range(40):
            with suppress(Refused):
                stack.enter_context(workload)
            observe(workload, IN_TIME, 2)
        assert workload.limit == 30


def test_a_limit_that_is_not_used_does_not_rise() -> None:
    workload = Workload(200, MOST_LAG)
    with enter(workload, without_kept_free(FIRST_LIMIT) - 1):
        observe(workload, IN_TIME, 100)
    assert workload.limit == FIRST_LIMIT


def test_one_late_timer_is_no_overload() -> None:
    workload = Workload(200, MOST_LAG)
    with enter(workload, FIRST_LIMIT):
        workload.observe(0.4)
        assert workload.limit == FIRST_LIMIT


def test_a_loop_that_stays_late_cuts_the_limit_below_what_is_at_work() -> None:
    workload = Workload(200, MOST_LAG)
    with enter(workload, FIRST_LIMIT):
        observe(workload, 0.2, 5)
        assert workload.limit == int(FIRST_LIMIT * CUT)


def test_there_is_no_second_cut_before_the_first_could_show() -> None:
    workload = Workload(200, MOST_LAG)
    with enter(workload, FIRST_LIMIT):
        observe(workload, LATE, 100)
        once = int(FIRST_LIMIT * CUT)
        assert workload.limit == once
    with enter(workload, once):
        observe(workload, LATE, 1)
        assert workload.limit == int(once * CUT)


def test_few_enrichments_are_never_what_makes_a_loop_late() -> None:
    workload = Workload(200, MOST_LAG)
    with enter(workload, LEAST_LIMIT):
        observe(workload, LATE, 100)
    assert workload.limit == FIRST_LIMIT


@given(st.lists(st.tuples(st.integers(0, 60), st.floats(0, 5)), max_size=50), st.integers(1, 300))
def test_whatever_happens_the_limit_stays_between_its_bounds(steps: list[tuple[int, float]], most: int) -> None:
    workload = Workload(most, MOST_LAG)
    for wanted, lag in steps:
        with ExitStack() as stack, suppress(Refused):
            for _ in range(wanted):
                stack.enter_context(workload)
            assert workload.at_work <= workload.limit
            workload.observe(lag)
        assert min(most, LEAST_LIMIT) <= workload.limit <= most


@pytest.mark.parametrize("times_capacity", [2, 5, 10])
def test_under_overload_nearly_as_much_is_done_as_can_be(times_capacity: int) -> None:
    # A process that can end 40 a second; each waits for a second at least, and the loop is late by what it owes.
    workload, rate = Workload(200, MOST_LAG), 40.0
    ends: deque[float] = deque()
    busy_until, done = 0.0, 0
    for tick in range(round(60 / TICK_SECONDS)):
        now = tick * TICK_SECONDS
        for _ in range(round(times_capacity * rate * TICK_SECONDS)):
            with suppress(Refused):
                workload.__enter__()
                busy_until = max(now, busy_until) + 1 / rate
                ends.append(max(now + 1.0, busy_until))
        while ends and ends[0] <= now:
            ends.popleft()
            workload.__exit__()
            done += 1
        workload.observe(max(0.0, busy_until - now) / 10)
    assert done / 60 >= 0.9 * rate
    assert workload.at_work <= 4 * rate


def test_the_watch_sees_by_how_much_the_loop_is_late() -> None:
    async def scene() -> Workload:
        workload = Workload(200, MOST_LAG)
        with enter(workload, FIRST_LIMIT):
            watch = asyncio.create_task(workload.watch())
            for _ in range(40):
                await asyncio.sleep(TICK_SECONDS / 2)
                cast("VirtualLoop", asyncio.get_running_loop()).block(0.4)
            watch.cancel()
        return workload

    assert in_virtual_time(scene()).limit == int(FIRST_LIMIT * CUT)


async def test_what_can_wait_begins_when_another_ends() -> None:
    workload = Workload(2, MOST_LAG)
    with workload:
        await workload.room()
        with workload:
            waiting = asyncio.create_task(workload.room())
            await asyncio.sleep(0)
            assert not waiting.done()
        await waiting


async def test_what_can_wait_begins_when_the_limit_rises() -> None:
    workload = Workload(200, MOST_LAG)
    with enter(workload, without_kept_free(FIRST_LIMIT)):
        waiting = asyncio.create_task(workload.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        observe(workload, IN_TIME, 2)
        await waiting


async def test_what_can_wait_leaves_some_free_for_those_who_cannot() -> None:
    workload = Workload(200, MOST_LAG)
    with ExitStack() as stack:

        async def wait() -> None:
            await workload.room()
            stack.enter_context(workload)

        waiting = [asyncio.create_task(wait()) for _ in range(100)]
        await asyncio.sleep(0)
        shared = without_kept_free(FIRST_LIMIT)
        assert workload.at_work == shared
        with enter(workload, FIRST_LIMIT - shared), pytest.raises(Refused), workload:
            pass
        for task in waiting:
            task.cancel()


async def test_of_those_who_wait_none_begins_above_the_limit() -> None:
    workload = Workload(1, MOST_LAG)

    async def work() -> None:
        await workload.room()
        with workload:
            await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(10)))
    assert workload.at_work == 0
