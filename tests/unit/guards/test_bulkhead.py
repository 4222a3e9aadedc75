"""So many calls at once and no more, in the order in which they came; who would come up too late is told at once."""

import asyncio

import pytest
from limited import ANSWER, Provider, begin, call, outcome

from enrichment.domain.errors import Fault, Skipped, SkipReason
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call, Stake
from enrichment.domain.purse import Purse
from enrichment.guards import bulkhead
from enrichment.guards.bulkhead import Bulkheads
from fakes import entry
from virtual_time import in_virtual_time

TWO = entry("gleif", max_concurrent=2)


def test_no_more_calls_at_once_than_the_source_may_have_and_all_are_made() -> None:
    async def story() -> None:
        bulkheads, provider = Bulkheads(), Provider(1)
        ask = bulkheads.confined(provider.ask)
        answers = await asyncio.gather(*(ask(call(TWO)) for _ in range(7)))
        assert answers == [ANSWER] * 7
        assert provider.most_at_once == 2
        assert (bulkheads.of(TWO).taken, bulkheads.of(TWO).waiting) == (0, 0)

    in_virtual_time(story())


def test_who_came_first_goes_first() -> None:
    async def story() -> list[str]:
        order: list[str] = []

        async def ask(a_call: Call) -> Answer:
            order.append(a_call.subject.domain)
            await asyncio.sleep(1)
            return ANSWER

        confined = Bulkheads().confined(ask)
        await asyncio.gather(*(confined(call(TWO, f"{number}.com")) for number in range(9)))
        return order

    assert in_virtual_time(story()) == [f"{number}.com" for number in range(9)]


def test_who_would_come_up_too_late_is_told_at_once_with_the_figures() -> None:
    async def story() -> None:
        bulkheads, provider = Bulkheads(), Provider(4)
        ask, loop = bulkheads.confined(provider.ask), asyncio.get_running_loop()
        await ask(call(TWO))
        running = [asyncio.create_task(outcome(ask, call(TWO))) for _ in range(3)]
        await asyncio.sleep(0.001)
        began = loop.time()
        refused = await outcome(ask, call(TWO, seconds=began + 3))
        assert loop.time() == began
        assert isinstance(refused, Skipped)
        assert refused.reason is SkipReason.RATE_LIMITED
        assert refused.explanation == (
            "2 calls are under way and 1 wait: its turn would come in about 4 s, with 3 s left"
        )
        assert await asyncio.gather(*running) == [ANSWER] * 3
        assert bulkheads.of(TWO).refused == 1

    in_virtual_time(story())


def test_a_turn_that_does_not_come_in_time_ends_at_the_deadline_and_leaves_the_line() -> None:
    async def story() -> None:
        bulkheads, provider = Bulkheads(), Provider(10)
        ask, loop = bulkheads.confined(provider.ask), asyncio.get_running_loop()
        running = [asyncio.create_task(outcome(ask, call(TWO))) for _ in range(2)]
        await asyncio.sleep(0)
        late = await outcome(ask, call(TWO, seconds=3))
        assert isinstance(late, Skipped)
        assert late.reason is SkipReason.DEADLINE
        assert loop.time() == pytest.approx(3, abs=1e-3)
        assert bulkheads.of(TWO).waiting == 0
        await asyncio.gather(*running)
        assert bulkheads.of(TWO).taken == 0

    in_virtual_time(story())


def test_who_joins_with_more_time_lets_a_call_wait_longer() -> None:
    async def story() -> object:
        ask = Bulkheads().confined(Provider(10).ask)
        running = [asyncio.create_task(outcome(ask, call(TWO))) for _ in range(2)]
        await asyncio.sleep(0)
        shared = call(TWO, seconds=3)
        waiting = asyncio.create_task(outcome(ask, shared))
        await asyncio.sleep(1)
        shared.party.stakes.append(Stake("enrichment-2", Purse(), 60))
        await asyncio.gather(*running)
        return await waiting

    assert in_virtual_time(story()) is ANSWER


@pytest.mark.parametrize("steps", range(6))
def test_who_leaves_the_line_leaves_no_place_taken(steps: int) -> None:
    async def story() -> None:
        bulkheads, provider = Bulkheads(), Provider(0.01)
        one = entry("gleif", max_concurrent=1)
        ask = bulkheads.confined(provider.ask)
        first = begin(ask, call(one))
        leaving = [begin(ask, call(one)) for _ in range(3)]
        last = begin(ask, call(one))
        await asyncio.sleep(0)
        # At the very moment of the hand-over, a little before and a little after.
        await first if steps else await asyncio.sleep(0)
        for _ in range(steps - 1):
            await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        results = await asyncio.gather(*leaving, return_exceptions=True)
        assert any(isinstance(result, asyncio.CancelledError) for result in results)
        assert await last is ANSWER
        await first
        assert (bulkheads.of(one).taken, bulkheads.of(one).waiting) == (0, 0)

    in_virtual_time(story())


def test_a_place_handed_over_as_its_taker_leaves_goes_to_the_next() -> None:
    async def story() -> None:
        one, bulkheads = entry("gleif", max_concurrent=1), Bulkheads()
        place = bulkheads.of(one)
        await place.enter(call(one))
        leaving = asyncio.create_task(place.enter(call(one)))
        staying = asyncio.create_task(place.enter(call(one)))
        await asyncio.sleep(0)
        place.leave(1.0)
        leaving.cancel()
        await staying
        assert leaving.cancelled()
        assert (place.taken, place.waiting) == (1, 0)

    in_virtual_time(story())


def test_a_failure_gives_the_place_back_and_a_refusal_says_nothing_of_how_long_calls_take() -> None:
    async def story() -> None:
        bulkheads = Bulkheads()
        await outcome(bulkheads.confined(Provider(4, Fault("503")).ask), call(TWO))
        for _ in range(50):
            await outcome(bulkheads.confined(Provider(0, Skipped(SkipReason.RATE_LIMITED, "")).ask), call(TWO))
        assert bulkheads.of(TWO).taken == 0
        ask = bulkheads.confined(Provider(4).ask)
        running = [asyncio.create_task(outcome(ask, call(TWO))) for _ in range(2)]
        await asyncio.sleep(0)
        now = asyncio.get_running_loop().time()
        refused = await outcome(ask, call(TWO, seconds=now + 1.9))
        assert "in about 2 s" in str(refused)
        await asyncio.gather(*running)

    in_virtual_time(story())


def test_the_line_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulkhead, "MOST_WAITING", 3)

    async def story() -> list[object]:
        ask = Bulkheads().confined(Provider(1).ask)
        return list(await asyncio.gather(*(outcome(ask, call(TWO)) for _ in range(6))))

    *answers, refused = in_virtual_time(story())
    assert answers == [ANSWER] * 5
    assert isinstance(refused, Skipped)
    assert refused.explanation == "2 calls are under way and 3 wait, which is the most"
