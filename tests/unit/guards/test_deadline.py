"""A call ends by its source's own time limit, and a time limit that is not ours is not taken for it."""

import asyncio

import pytest
from limited import ANSWER, Provider, call

from enrichment.domain.errors import Fault
from enrichment.guards.deadline import timed
from fakes import entry
from virtual_time import in_virtual_time

QUICK = entry("quick", timeout_ms=2_000)


def test_a_call_that_takes_too_long_is_a_fault_of_unknown_cost() -> None:
    async def story() -> None:
        with pytest.raises(Fault, match="no answer within 2050 ms") as caught:
            await timed(Provider(60.0).ask)(call(QUICK))
        assert caught.value.is_cost_unknown
        assert asyncio.get_running_loop().time() == pytest.approx(2.05)

    in_virtual_time(story())


def test_a_call_in_time_is_answered() -> None:
    async def story() -> None:
        assert await timed(Provider(1.0).ask)(call(QUICK)) is ANSWER

    in_virtual_time(story())


def test_another_time_limit_passes_through() -> None:
    async def story() -> None:
        with pytest.raises(TimeoutError, match="its own"):
            await timed(Provider(1.0, TimeoutError("its own")).ask)(call(QUICK))

    in_virtual_time(story())
