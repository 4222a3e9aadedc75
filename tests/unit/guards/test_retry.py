"""A second attempt is made where it costs nothing, in time, and not for everybody at once."""

import asyncio
from dataclasses import dataclass, field

import pytest

from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled, Unreadable
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call
from enrichment.domain.subject import Subject
from enrichment.guards.flight import Flights
from enrichment.guards.retry import MOST_SAVED, SHARE, Retries
from fakes import NOON, alone, entry
from virtual_time import in_virtual_time

ANSWER = Answer("register", True, (), (), NOON, NOON + 60)


@dataclass
class Provider:
    """Raises what is next on the list, then answers; each attempt takes a while, and has left."""

    errors: list[Exception] = field(default_factory=list[Exception])
    seconds: float = 1.0
    attempts: int = 0

    async def ask(self, call: Call) -> Answer:
        assert not call.party.is_sent
        assert not [stake for stake in call.party.stakes if stake.is_liable]
        self.attempts += 1
        call.party.is_sent = True
        for stake in call.party.stakes:
            stake.is_liable = True
        await asyncio.sleep(self.seconds)
        if self.errors:
            raise self.errors.pop(0)
        return ANSWER


def call(price: int = 0, deadline: float = 8.0) -> Call:
    return Call(entry("register"), Subject("aurora.com"), b"q", price, alone(deadline))


def asked(provider: Provider, price: int = 0, deadline: float = 8.0) -> Answer:
    async def scene() -> Answer:
        return await always().retried(provider.ask)(call(price, deadline))

    return in_virtual_time(scene())


def always(number: float = 0.5) -> Retries:
    return Retries(lambda: number)


@pytest.mark.parametrize(
    ("error", "price"),
    [
        (Fault("refused"), 0),
        (Fault("reset", is_cost_unknown=True), 0),
        (Fault("503"), 300),
    ],
    ids=["free", "free and unknown", "paid, and not billed"],
)
def test_what_broke_is_asked_again_where_that_costs_nothing(error: SourceError, price: int) -> None:
    provider = Provider([error])
    assert asked(provider, price) == ANSWER
    assert provider.attempts == 2


@pytest.mark.parametrize(
    ("error", "price"),
    [
        (Fault("reset", is_cost_unknown=True), 300),
        (Fault("an answer that broke off", cost_usd_micros=1), 300),
        (Throttled("429"), 0),
        (Rejected("400"), 0),
        (Unreadable("no JSON"), 0),
    ],
    ids=["perhaps billed", "billed", "a wish for a pause", "our mistake", "its mistake"],
)
def test_what_another_attempt_would_pay_twice_or_not_mend_is_not(error: SourceError, price: int) -> None:
    provider = Provider([error])
    with pytest.raises(type(error)):
        asked(provider, price)
    assert provider.attempts == 1


def test_there_is_one_second_attempt() -> None:
    provider = Provider([Fault("1"), Fault("2"), Fault("3")])
    with pytest.raises(Fault, match="2"):
        asked(provider)


def test_there_is_none_where_the_deadline_leaves_no_time_for_as_long_again() -> None:
    provider = Provider([Fault("slow")], seconds=3.0)
    with pytest.raises(Fault):
        asked(provider, deadline=6.0)
    assert provider.attempts == 1


def test_there_is_none_when_all_have_left_during_the_pause() -> None:
    async def scene() -> None:
        provider, asked = Provider([Fault("broken")]), call()
        task = asyncio.ensure_future(always().retried(provider.ask)(asked))
        await asyncio.sleep(1.01)
        asked.party.stakes.clear()
        with pytest.raises(Fault):
            await task
        assert provider.attempts == 1

    in_virtual_time(scene())


def test_the_last_who_leaves_during_the_pause_ends_it_and_owes_nothing() -> None:
    async def scene() -> None:
        flights, provider, asked = Flights(), Provider([Fault("503")]), call(300)
        [stake] = asked.party.stakes
        task = asyncio.ensure_future(flights.shared(always().retried(provider.ask))(asked))
        await asyncio.sleep(1.01)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert (provider.attempts, len(flights), stake.is_liable) == (1, 0, False)

    in_virtual_time(scene())


def test_the_pause_is_by_chance_so_that_what_failed_together_does_not_return_together() -> None:
    async def seconds(number: float) -> float:
        await always(number).retried(Provider([Fault("broken")], seconds=0.0).ask)(call())
        return asyncio.get_running_loop().time()

    assert [in_virtual_time(seconds(number)) for number in (0.0, 1.0)] == pytest.approx([0.05, 0.10])


def test_when_everything_fails_few_are_asked_twice() -> None:
    async def scene() -> int:
        provider, retries = Provider([Fault("down")] * 10_000, seconds=0.0), always()
        for _ in range(1_000):
            with pytest.raises(Fault):
                await retries.retried(provider.ask)(call(deadline=1e9))
        return provider.attempts

    assert in_virtual_time(scene()) <= 1_000 * (1 + SHARE) + MOST_SAVED


def test_our_own_database_is_not_asked_twice_because_everybody_waits_for_it() -> None:
    provider = Provider([Fault("hung")])

    async def scene() -> None:
        asked = Call(entry("directory", is_local=True), Subject("aurora.com"), b"q", 0, alone(8.0))
        with pytest.raises(Fault, match="hung"):
            await always().retried(provider.ask)(asked)

    in_virtual_time(scene())
    assert provider.attempts == 1
