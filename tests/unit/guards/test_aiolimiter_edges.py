"""What aiolimiter does, as far as pacing relies on it or works around it: an upgrade that changes it is seen here."""

import asyncio
from itertools import pairwise

import pytest
from aiolimiter import AsyncLimiter

from virtual_time import in_virtual_time


async def starts_of(limiter: AsyncLimiter, calls: int) -> list[float]:
    loop = asyncio.get_running_loop()
    starts: list[float] = []

    async def one() -> None:
        await limiter.acquire()
        starts.append(loop.time())

    await asyncio.gather(*(one() for _ in range(calls)))
    return starts


def test_one_for_each_interval_allows_no_burst_not_even_after_idling() -> None:
    async def story() -> list[float]:
        limiter = AsyncLimiter(1, 0.2)
        first = await starts_of(limiter, 5)
        await asyncio.sleep(60)
        return first + await starts_of(limiter, 5)

    starts = in_virtual_time(story())
    gaps = [after - before for before, after in pairwise(starts)]
    assert min(gaps) >= 0.2 - 1e-9
    assert sum(gap < 0.2001 for gap in gaps) == 8


def test_so_many_for_a_longer_time_allows_twice_as_many_within_it() -> None:
    starts = in_virtual_time(starts_of(AsyncLimiter(10, 1), 30))
    assert max(sum(start <= other < start + 1 for other in starts) for start in starts) >= 19


def test_those_who_wait_begin_in_the_order_in_which_they_came() -> None:
    async def story() -> list[int]:
        limiter, order = AsyncLimiter(1, 1), list[int]()

        async def one(number: int) -> None:
            await limiter.acquire()
            order.append(number)

        await asyncio.gather(*(one(number) for number in range(20)))
        return order

    assert in_virtual_time(story()) == list(range(20))


def test_one_who_leaves_the_line_takes_no_turn() -> None:
    async def story() -> list[float]:
        limiter = AsyncLimiter(1, 1)
        await limiter.acquire()
        tasks = [asyncio.create_task(limiter.acquire()) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[1].cancel()
        await tasks[2]
        return [asyncio.get_running_loop().time()]

    assert in_virtual_time(story()) == [pytest.approx(1.0, abs=1e-3)]
