"""Equal questions at the same time are one call; who leaves changes nothing for the rest."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.errors import Fault, Skipped, SkipReason
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call, Party, Stake
from enrichment.domain.purse import Purse
from enrichment.domain.subject import Subject
from enrichment.guards.flight import Flights
from fakes import NOON, entry
from virtual_time import in_virtual_time

ENTRY = entry("register")
ANSWER = Answer("register", True, (), (), NOON, NOON + 60, cost_usd_micros=300)


@dataclass
class Provider:
    """What lies behind the flights: waits its turn, leaves on the first one's account, answers."""

    turn_seconds: float = 0.0
    seconds: float = 1.0
    reads: Answer | Exception = ANSWER
    calls: list[Call] = field(default_factory=list[Call])
    stopped: int = 0

    async def ask(self, call: Call) -> Answer:
        self.calls.append(call)
        try:
            await asyncio.sleep(self.turn_seconds)
            call.party.is_sent = call.party.stakes[0].is_liable = True
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.stopped += 1
            # Cleaning up may take a while.
            await asyncio.sleep(0.01)
            raise
        if isinstance(self.reads, Exception):
            raise self.reads
        return self.reads


def call(name: str, deadline: float = 8.0, question: bytes = b"q") -> Call:
    return Call(ENTRY, Subject("aurora.com"), question, 300, Party([Stake(name, Purse(), deadline)]))


def test_fifty_equal_calls_are_one_which_one_of_them_pays() -> None:
    async def scene() -> None:
        provider, flights = Provider(), Flights()
        ask = flights.shared(provider.ask)
        answers = await asyncio.gather(*(ask(call(str(number))) for number in range(50)))
        assert len(provider.calls) == 1
        assert sorted(answer.cost_usd_micros for answer in answers) == [0] * 49 + [300]
        assert len(flights) == 0

    in_virtual_time(scene())


def test_calls_with_other_questions_are_calls_of_their_own() -> None:
    async def scene() -> None:
        provider, flights = Provider(), Flights()
        ask = flights.shared(provider.ask)
        await asyncio.gather(ask(call("1", question=b"a")), ask(call("2", question=b"b")))
        assert len(provider.calls) == 2

    in_virtual_time(scene())


def test_a_failure_is_everybodys() -> None:
    async def scene() -> None:
        provider = Provider(reads=Fault("broken"))
        ask = Flights().shared(provider.ask)
        ended = await asyncio.gather(*(ask(call(str(number))) for number in range(3)), return_exceptions=True)
        assert [type(error) for error in ended] == [Fault] * 3

    in_virtual_time(scene())


def test_the_next_call_after_the_end_is_a_new_one() -> None:
    async def scene() -> None:
        provider, flights = Provider(), Flights()
        ask = flights.shared(provider.ask)
        assert not flights.has("register", b"q")
        first = asyncio.ensure_future(ask(call("1")))
        await asyncio.sleep(0.5)
        assert flights.has("register", b"q")
        await first
        assert not flights.has("register", b"q")
        await ask(call("2"))
        assert len(provider.calls) == 2

    in_virtual_time(scene())


@given(st.sets(st.integers(0, 9), max_size=9), st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_who_leaves_changes_nothing_for_those_who_stay(leaving: set[int], when: float, turn: float) -> None:
    async def scene() -> None:
        provider = Provider(turn_seconds=turn)
        ask = Flights().shared(provider.ask)
        tasks = [asyncio.ensure_future(ask(call(str(number)))) for number in range(10)]
        await asyncio.sleep(when)
        for number in leaving:
            tasks[number].cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for number, end in enumerate(ended):
            assert isinstance(end, asyncio.CancelledError if number in leaving else Answer)
        assert (len(provider.calls), provider.stopped) == (1, 0)

    in_virtual_time(scene())


def test_when_all_have_left_before_it_was_sent_the_call_is_stopped() -> None:
    async def scene() -> None:
        provider, flights = Provider(turn_seconds=1.0), Flights()
        ask = flights.shared(provider.ask)
        tasks = [asyncio.ensure_future(ask(call(str(number)))) for number in range(3)]
        await asyncio.sleep(0.5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The old call still cleans up; who comes now does not share its end.
        answer = await ask(call("late"))
        assert (answer.is_found, provider.stopped, len(provider.calls)) == (True, 1, 2)
        assert len(flights) == 0

    in_virtual_time(scene())


def test_once_it_was_sent_it_goes_on_without_anybody() -> None:
    async def scene() -> None:
        provider, flights = Provider(), Flights()
        task = asyncio.ensure_future(flights.shared(provider.ask)(call("1")))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(flights) == 1
        await flights.landed(10)
        assert (provider.stopped, len(flights)) == (0, 0)

    in_virtual_time(scene())


def test_a_failure_that_nobody_waits_for_is_no_noise() -> None:
    async def scene() -> None:
        provider, flights = Provider(reads=Fault("broken")), Flights()
        task = asyncio.ensure_future(flights.shared(provider.ask)(call("1")))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await flights.landed(10)
        assert len(flights) == 0

    in_virtual_time(scene())


def test_a_stop_waits_for_what_is_in_flight_and_then_no_longer() -> None:
    async def scene() -> None:
        provider, flights = Provider(seconds=100), Flights()
        task = asyncio.ensure_future(flights.shared(provider.ask)(call("1", deadline=200.0)))
        await asyncio.sleep(0.5)
        await flights.landed(2)
        assert (provider.stopped, len(flights)) == (1, 0)
        with pytest.raises(asyncio.CancelledError):
            await task
        await flights.landed(2)

    in_virtual_time(scene())


def test_each_waits_until_its_own_deadline() -> None:
    async def scene() -> None:
        provider = Provider(seconds=5.0)
        ask = Flights().shared(provider.ask)
        hasty = asyncio.ensure_future(ask(call("hasty", deadline=1.0)))
        patient = asyncio.ensure_future(ask(call("patient", deadline=8.0)))
        with pytest.raises(Fault) as caught:
            await hasty
        # It left on the hasty one's account, who therefore owes what nobody knows yet.
        assert caught.value.is_cost_unknown
        assert (await patient).cost_usd_micros == 0
        assert asyncio.get_running_loop().time() == pytest.approx(5.0)

    in_virtual_time(scene())


def test_a_guest_whose_deadline_comes_first_owes_nothing() -> None:
    async def scene() -> None:
        provider = Provider(seconds=5.0)
        ask = Flights().shared(provider.ask)
        host = asyncio.ensure_future(ask(call("host")))
        await asyncio.sleep(0)
        with pytest.raises(Fault) as caught:
            await ask(call("guest", deadline=1.0))
        assert not caught.value.is_cost_unknown
        await host

    in_virtual_time(scene())


def test_who_never_had_a_turn_was_not_called() -> None:
    async def scene() -> None:
        with pytest.raises(Skipped) as caught:
            await Flights().shared(Provider(turn_seconds=5.0).ask)(call("1", deadline=1.0))
        assert caught.value.reason is SkipReason.DEADLINE

    in_virtual_time(scene())


def test_a_time_limit_of_the_source_itself_passes_through() -> None:
    async def scene() -> None:
        with pytest.raises(TimeoutError, match="its own"):
            await Flights().shared(Provider(reads=TimeoutError("its own")).ask)(call("1"))

    in_virtual_time(scene())


def test_switched_off_each_call_is_its_own() -> None:
    async def scene() -> None:
        provider, flights = Provider(), Flights(is_shared=False)
        ask = flights.shared(provider.ask)
        tasks = [asyncio.ensure_future(ask(call(str(number)))) for number in range(3)]
        await asyncio.sleep(0.5)
        assert not flights.has("register", b"q")
        answers = await asyncio.gather(*tasks)
        assert [answer.cost_usd_micros for answer in answers] == [300] * 3
        assert len(provider.calls) == 3

    in_virtual_time(scene())


def test_the_refusal_of_a_flight_that_has_just_ended_is_nobody_elses() -> None:
    async def scene() -> None:
        provider, flights = Provider(reads=Skipped(SkipReason.OVER_BUDGET, "no money"), seconds=0.0), Flights()
        ask = flights.shared(provider.ask)
        first = asyncio.ensure_future(ask(call("poor")))
        await asyncio.sleep(0)
        [flight] = asyncio.all_tasks() - {asyncio.current_task(), first}
        while not flight.done():  # noqa: ASYNC110 - step by step
            await asyncio.sleep(0)
        assert len(flights) == 1  # of its end it has not heard yet
        provider.reads = ANSWER
        assert await ask(call("rich")) == ANSWER
        with pytest.raises(Skipped):
            await first

    in_virtual_time(scene())
