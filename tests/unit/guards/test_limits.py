"""The limits of a process as a whole: in their order, counted together, each to be switched off."""

import asyncio
from dataclasses import replace

import pytest
from limited import ANSWER, ENTRY, Provider, begin, call, outcome

from enrichment.domain.catalogue import Hosts
from enrichment.domain.errors import Fault, Skipped, Throttled
from enrichment.domain.operation import Condition
from enrichment.domain.ports import Ask
from enrichment.guards.breaker import State
from enrichment.guards.limits import Limits, Standing
from enrichment.guards.span import span
from fakes import entry
from virtual_time import in_virtual_time


def behind(limits: Limits, ask: Ask) -> Ask:
    """A source behind all of them, as the list of guards has them."""
    return limits.passable(limits.confined(limits.paced(limits.heeded(limits.tripped(ask)))))


def test_a_source_can_be_looked_at() -> None:
    async def story() -> None:
        limits, provider = Limits(), Provider(3)
        ask = behind(limits, provider.ask)
        running = [begin(ask, call(ENTRY)) for _ in range(7)]
        await asyncio.sleep(0.3)
        # Two are under way, three wait for their turn, two for a place.
        standing = replace(limits.standing(ENTRY), waited_seconds=0.0)
        assert standing == Standing(State.CLOSED, 0.0, 2, 5, 0, 0.0)
        await asyncio.gather(*running)
        await outcome(behind(limits, Provider(error=Throttled("429", retry_after=30)).ask), call())
        assert isinstance(await outcome(ask, call()), Skipped)
        standing = limits.standing(ENTRY)
        assert standing.paused_seconds == pytest.approx(30, abs=1e-3)
        assert (standing.under_way, standing.waiting, standing.refused) == (0, 0, 1)
        many = entry("website", hosts=Hosts.PER_COMPANY)
        assert limits.standing(many) == Standing(None, 0.0, 0, 0, 0, 0.0)

    in_virtual_time(story())


def test_a_call_that_waited_does_not_go_out_to_a_source_that_was_given_up_meanwhile() -> None:
    async def story() -> None:
        limits, provider = Limits(), Provider(error=Fault("503"))
        ask = behind(limits, provider.ask)
        results = await asyncio.gather(*(outcome(ask, call()) for _ in range(20)))
        assert len(provider.starts) == 5
        assert sum(isinstance(result, Skipped) for result in results) == 15
        assert limits.standing(ENTRY).breaker is State.OPEN

    in_virtual_time(story())


def test_a_call_that_waited_does_not_go_out_during_a_pause() -> None:
    async def story() -> int:
        provider = Provider(error=Throttled("429", retry_after=30))
        ask = behind(Limits(), provider.ask)
        await asyncio.gather(*(outcome(ask, call()) for _ in range(20)))
        return len(provider.starts)

    assert in_virtual_time(story()) == 1


@pytest.mark.parametrize(
    ("has_breaker", "has_limiter", "sent"), [(False, False, 20), (True, False, 20), (False, True, 1)]
)
def test_each_can_be_switched_off(has_breaker: bool, has_limiter: bool, sent: int) -> None:
    async def story() -> int:
        provider = Provider(error=Throttled("429"))
        ask = behind(Limits(has_breaker=has_breaker, has_limiter=has_limiter), provider.ask)
        await asyncio.gather(*(outcome(ask, call()) for _ in range(20)))
        return len(provider.starts)

    assert in_virtual_time(story()) == sent


def test_without_a_breaker_failures_go_on() -> None:
    async def story() -> int:
        provider = Provider(error=Fault("503"))
        ask = behind(Limits(has_breaker=False), provider.ask)
        await asyncio.gather(*(outcome(ask, call()) for _ in range(20)))
        provider.error = None
        assert await outcome(ask, call()) is ANSWER
        return len(provider.starts)

    assert in_virtual_time(story()) == 21


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0 s"), (0.2, "1 s"), (42.0, "42 s"), (120.0, "120 s"), (121.0, "3 min"), (3600.0, "60 min")],
)
def test_a_time_to_wait_is_said_in_words_and_never_less_than_it_is(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_what_holds_a_source_back_is_told_to_operators() -> None:
    async def story() -> list[Condition]:
        limits = Limits()
        told = [limits.condition(ENTRY), limits.condition(entry("website", hosts=Hosts.PER_COMPANY))]
        for _ in range(ENTRY.breaker_failures):
            await outcome(behind(limits, Provider(error=Fault("503")).ask), call())
        told.append(limits.condition(ENTRY))
        other = entry("other")
        await outcome(behind(limits, Provider(error=Throttled("429", retry_after=30)).ask), call(other))
        return [*told, limits.condition(other)]

    assert in_virtual_time(story()) == [
        Condition("closed"),
        Condition(),
        Condition("open", "its breaker is open: it has failed too often"),
        Condition("closed", "it asked for a pause of 30 s; next call in 30 s"),
    ]
