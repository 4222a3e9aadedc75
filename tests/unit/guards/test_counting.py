"""Calls, failures and cost of a source are counted as the requests leave."""

import asyncio
from dataclasses import replace

import pytest
from limited import ANSWER, Provider, call

from enrichment.domain.errors import Fault, Skipped, SkipReason
from enrichment.domain.operation import Counts
from enrichment.guards.counting import Counters
from fakes import NOON
from virtual_time import in_virtual_time

PAID = replace(call(), price_usd_micros=100)


def counted(*ends: Provider) -> Counts:
    """What is counted of one call to each."""

    async def story() -> Counts:
        counters = Counters(NOON)
        for provider in ends:
            running = asyncio.create_task(_asked(counters, provider))
            await asyncio.sleep(1.0)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return counters.of("gleif")

    return in_virtual_time(story())


async def _asked(counters: Counters, provider: Provider) -> None:
    await counters.counted(provider.ask)(PAID)


def test_a_source_that_was_not_asked_has_nothing_counted() -> None:
    assert Counters(NOON).of("gleif") == Counts()
    assert Counters(NOON).since == NOON


def test_answers_and_failures_are_calls() -> None:
    assert counted(Provider(), Provider(error=Fault("503"))) == Counts(calls=2, failures=1)


def test_what_may_have_been_billed_counts_in_full() -> None:
    unknown = Provider(error=Fault("reset", is_cost_unknown=True))
    assert counted(unknown, Provider(seconds=9.0)) == Counts(calls=2, failures=1, spent_usd_micros=200)


def test_an_answer_counts_what_it_cost() -> None:
    async def ask(_: object) -> object:
        return replace(ANSWER, cost_usd_micros=7)

    counters = Counters(NOON)
    asyncio.run(_one(counters, ask))
    assert counters.of("gleif") == Counts(calls=1, spent_usd_micros=7)


async def _one(counters: Counters, ask: object) -> None:
    await counters.counted(ask)(PAID)  # type: ignore[arg-type]


def test_what_the_source_itself_may_not_ask_is_no_call() -> None:
    assert counted(Provider(error=Skipped(SkipReason.DISALLOWED, "robots.txt"))) == Counts()


def test_answers_from_the_cache_are_counted_apart() -> None:
    counters = Counters(NOON)
    counters.hit("gleif")
    assert counters.of("gleif") == Counts(cache_hits=1)
    assert counters.of("mapbox") == Counts()


@pytest.mark.parametrize("error", [Fault("503"), Skipped(SkipReason.DISALLOWED, "robots.txt")])
def test_what_is_counted_is_raised_all_the_same(error: Exception) -> None:
    with pytest.raises(type(error)):
        in_virtual_time(_asked(Counters(NOON), Provider(error=error)))
