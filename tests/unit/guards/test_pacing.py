"""Calls begin no faster than a provider allows; what would begin too late is refused at once."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limited import ANSWER, ENTRY, Provider, begin, call, outcome

from enrichment.domain.catalogue import Entry, Hosts, Window
from enrichment.domain.errors import Skipped, SkipReason
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call
from enrichment.guards.bulkhead import Bulkheads
from enrichment.guards.pacing import WAY_SECONDS, Pacing
from fakes import entry
from virtual_time import in_virtual_time

MINUTE = entry("receitaws", window=Window(3, 60))
# A rounding error is no broken promise.
ROUNDING = 1e-9


def most_within(starts: list[float], seconds: float) -> int:
    return max((sum(start <= other < start + seconds for other in starts) for start in starts), default=0)


def test_calls_begin_an_interval_apart_and_all_are_made() -> None:
    async def story() -> None:
        pacing, provider = Pacing(), Provider(1)
        answers = await asyncio.gather(*(pacing.paced(provider.ask)(call()) for _ in range(10)))
        assert answers == [ANSWER] * 10
        assert min(after - before for before, after in pairwise(provider.starts)) >= 0.2 - ROUNDING
        assert provider.starts[-1] == pytest.approx(1.8, abs=1e-3)
        queue = pacing.queue("gleif")
        assert (queue.waiting, queue.refused) == (0, 0)
        assert queue.waited_seconds == pytest.approx(9.0, abs=0.01)

    in_virtual_time(story())


def test_what_would_begin_too_late_is_refused_at_once_and_takes_no_turn() -> None:
    async def story() -> None:
        pacing, provider = Pacing(), Provider()
        ask = pacing.paced(provider.ask)
        results = await asyncio.gather(*(outcome(ask, call(seconds=1)) for _ in range(100)))
        assert results.count(ANSWER) == 5
        refused = results[-1]
        assert isinstance(refused, Skipped)
        assert refused.reason is SkipReason.RATE_LIMITED
        assert refused.explanation == "calls begin 200 ms apart: the next could in 1 s, with 1 s left"
        assert pacing.queue("gleif").refused == 95
        assert provider.starts[-1] < 1

    in_virtual_time(story())


def test_a_window_is_filled_at_once_and_then_refuses_so_that_another_source_may_stand_in() -> None:
    async def story() -> None:
        pacing, provider = Pacing(), Provider()
        ask = pacing.paced(provider.ask)
        results = [await outcome(ask, call(MINUTE, seconds=8)) for _ in range(4)]
        assert results[:3] == [ANSWER] * 3
        assert isinstance(results[3], Skipped)
        assert results[3].reason is SkipReason.RATE_LIMITED
        assert str(results[3]) == "3 calls may begin in 60 s: the next could in 61 s, with 8 s left"
        assert asyncio.get_running_loop().time() < 0.01
        await asyncio.sleep(58)
        assert await outcome(ask, call(MINUTE, seconds=66)) is ANSWER
        assert asyncio.get_running_loop().time() == pytest.approx(60.5, abs=0.01)

    in_virtual_time(story())


def test_who_leaves_the_line_of_a_window_takes_no_turn() -> None:
    async def story() -> list[float]:
        pacing, provider = Pacing(), Provider()
        ask = pacing.paced(provider.ask)
        for _ in range(3):
            await ask(call(MINUTE))
        leaving = [begin(ask, call(MINUTE)) for _ in range(4)]
        await asyncio.sleep(1)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        await asyncio.gather(*(ask(call(MINUTE)) for _ in range(3)))
        assert pacing.queue("receitaws").waiting == 0
        return provider.starts

    starts = in_virtual_time(story())
    assert len(starts) == 6
    assert starts[-1] == pytest.approx(60.5, abs=0.01)


@pytest.mark.parametrize(
    ("source", "domains", "seconds"),
    [
        (entry("dns", min_interval_ms=0), ["a.com"] * 3, 0),
        (entry("rdap", hosts=Hosts.PER_ENDING, min_interval_ms=1000), ["a.com", "a.com.br", "a.org"], 0),
        (entry("rdap", hosts=Hosts.PER_ENDING, min_interval_ms=1000), ["a.com", "b.com", "a.org"], 1),
        (entry("website", hosts=Hosts.PER_COMPANY, min_interval_ms=1000), ["a.com", "b.com", "c.com"], 2),
    ],
)
def test_each_registry_has_a_pace_of_its_own_and_companies_share_one(
    source: Entry, domains: list[str], seconds: float
) -> None:
    async def story() -> float:
        provider, pacing = Provider(), Pacing()
        await asyncio.gather(*(pacing.paced(provider.ask)(call(source, domain)) for domain in domains))
        return provider.starts[-1]

    assert in_virtual_time(story()) == pytest.approx(seconds, abs=1e-3)


Arrival = tuple[float, float, float | None]
arrivals = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.05, 0.2, 1.0, 7.0, 30.0]),  # after the one before
        st.sampled_from([0.0, 0.1, 3.0, 45.0]),  # a call takes so long: 45 is a stall
        st.none() | st.sampled_from([0.0, 0.05, 0.2, 2.0, 61.0]),  # until its caller leaves
    ),
    max_size=25,
)


@pytest.mark.parametrize("source", [ENTRY, MINUTE], ids=["interval", "window"])
@given(arrivals=arrivals, waits=st.sampled_from([0.5, 8.0, 200.0]))
@settings(max_examples=60, deadline=None)
def test_starts_keep_their_pace_and_number_through_stalls_and_cancellations(
    source: Entry, arrivals: list[Arrival], waits: float
) -> None:
    async def story() -> None:
        bulkheads, pacing, provider = Bulkheads(), Pacing(), Provider()
        ask = bulkheads.confined(pacing.paced(provider.ask))
        loop, leaving = asyncio.get_running_loop(), list[asyncio.Task[object]]()

        async def arrive(takes: float, leaves: float | None) -> None:
            provider.seconds = takes
            task = asyncio.create_task(outcome(ask, call(source, seconds=loop.time() + waits)))
            if leaves is not None:
                loop.call_later(leaves, task.cancel)
            leaving.append(task)  # type: ignore[arg-type]

        for after, takes, leaves in arrivals:
            await asyncio.sleep(after)
            await arrive(takes, leaves)
        await asyncio.gather(*leaving, return_exceptions=True)
        assert provider.most_at_once <= source.max_concurrent
        assert (bulkheads.of(source).taken, bulkheads.of(source).waiting) == (0, 0)
        assert pacing.queue(source.name).waiting == 0
        if source.window:
            assert most_within(provider.starts, 60) <= 3
        else:
            gaps = [after - before for before, after in pairwise(provider.starts)]
            assert min(gaps, default=1.0) >= 0.2 - ROUNDING

    in_virtual_time(story())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (entry("x", min_interval_ms=200), [5.0, 5.2, 5.4]),
        (entry("x", window=Window(2, 10.0)), [5.0, 5.0, 5.0 + 10.0 + WAY_SECONDS]),
        (entry("x", min_interval_ms=0), [5.0, 5.0, 5.0]),
    ],
    ids=["interval", "window", "none"],
)
def test_what_a_stall_has_held_up_after_its_turn_leaves_in_pace_all_the_same(
    source: Entry, expected: list[float]
) -> None:
    async def story() -> list[float]:
        provider, pacing, stall = Provider(), Pacing(), asyncio.Event()

        async def held_up(each: Call) -> Answer:
            await stall.wait()
            return await pacing.spaced(provider.ask)(each)

        calls = [begin(held_up, call(source)) for _ in range(3)]
        await asyncio.sleep(5.0)
        stall.set()
        await asyncio.gather(*calls)
        return provider.starts

    assert in_virtual_time(story()) == pytest.approx(expected, abs=1e-4)


def test_what_was_held_up_for_longer_than_anybody_waits_does_not_leave() -> None:
    async def story() -> None:
        provider, pacing, stall = Provider(), Pacing(), asyncio.Event()

        async def held_up(each: Call) -> Answer:
            await stall.wait()
            return await pacing.spaced(provider.ask)(each)

        source = entry("x", min_interval_ms=200)
        first, second = begin(held_up, call(source, seconds=5.1)), begin(held_up, call(source, seconds=5.1))
        await asyncio.sleep(5.0)
        stall.set()
        assert await first == ANSWER
        with pytest.raises(Skipped, match="calls begin 200 ms apart, and it was held up: nobody waits so long"):
            await second
        assert provider.starts == pytest.approx([5.0], abs=1e-4)

    in_virtual_time(story())
