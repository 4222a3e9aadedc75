"""A source that keeps failing is left alone, tried with one call at a time, and back when it is well."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from limited import ANSWER, ENTRY, Provider, begin, call, outcome

from enrichment.domain.catalogue import Hosts
from enrichment.domain.errors import (
    Fault,
    QuotaExhausted,
    Rejected,
    Skipped,
    SkipReason,
    Throttled,
    Unauthorized,
    Unreadable,
)
from enrichment.guards.breaker import (
    LEASE_MARGIN_SECONDS,
    Breaker,
    Breakers,
    Outcome,
    Permit,
    State,
    logged,
)
from enrichment.guards.passable import passable
from fakes import entry
from virtual_time import in_virtual_time

LEASE = ENTRY.timeout_ms / 1000 + LEASE_MARGIN_SECONDS


class World:
    """A provider behind the breakers of a process, and what they told."""

    def __init__(self) -> None:
        self.changes: list[tuple[State, State]] = []
        self.breakers = Breakers(lambda _, old, new: self.changes.append((old, new)))
        self.provider = Provider()
        self.ask = self.breakers.tripped(self.provider.ask)

    @property
    def state(self) -> State:
        breaker = self.breakers.of(ENTRY)
        assert breaker
        return breaker.state

    async def fail(self, times: int = 5, error: Exception | None = None) -> None:
        """So many calls that fail, one after the other."""
        self.provider.error = error or Fault("503")
        for _ in range(times):
            await outcome(self.ask, call())
        self.provider.error = None


def story(coroutine: Coroutine[Any, Any, None]) -> None:
    in_virtual_time(coroutine)


@pytest.mark.parametrize("error", [Fault("503"), Unreadable("no JSON")])
async def test_five_failures_in_a_row_open_it_and_nothing_is_sent(error: Exception) -> None:
    world = World()
    await world.fail(4, error)
    assert world.state is State.CLOSED
    await world.fail(1, error)
    assert world.state is State.OPEN
    assert world.changes == [(State.CLOSED, State.OPEN)]
    assert isinstance(await outcome(world.ask, call()), Skipped)
    assert len(world.provider.starts) == 5


def test_who_is_refused_is_told_when_the_next_probe_goes() -> None:
    async def told() -> None:
        world = World()
        await world.fail()
        await asyncio.sleep(18)
        refused = await outcome(world.ask, call())
        assert isinstance(refused, Skipped)
        assert refused.reason is SkipReason.CIRCUIT_OPEN
        assert refused.explanation == "its breaker is open after 5 failures; next probe in 42 s"

    story(told())


async def test_one_who_only_looks_is_refused_too() -> None:
    world = World()
    ask = passable(world.breakers.check)(world.provider.ask)
    assert await outcome(ask, call()) is ANSWER
    await world.fail()
    assert isinstance(await outcome(ask, call()), Skipped)
    assert len(world.provider.starts) == 6


async def test_half_of_ten_calls_open_it_though_no_five_fail_in_a_row() -> None:
    world = World()
    for _ in range(4):
        await world.fail(1)
        await world.ask(call())
    await world.ask(call())
    assert world.state is State.CLOSED
    await world.fail(1)
    assert world.state is State.OPEN
    refused = await outcome(world.ask, call())
    assert "open after 5 failures in 10 calls" in str(refused)


async def test_less_than_half_of_the_last_twenty_never_open_it() -> None:
    world = World()
    for _ in range(200):
        await world.ask(call())
        await world.ask(call())
        await world.fail(1)
    assert world.state is State.CLOSED


@pytest.mark.parametrize(
    "error",
    [
        Throttled("429"),
        QuotaExhausted("402"),
        Unauthorized("401"),
        Rejected("400"),
        Skipped(SkipReason.DISALLOWED, "robots.txt"),
        RuntimeError("a bug of ours"),
    ],
)
async def test_what_says_nothing_of_its_health_neither_opens_nor_heals_it(error: Exception) -> None:
    world = World()
    await world.fail(100, error)
    assert world.state is State.CLOSED
    await world.fail(4)
    await world.fail(1, error)
    await world.fail(1)
    assert world.state is State.OPEN


async def test_a_cancelled_call_leaves_as_cancelled_and_counts_for_nothing() -> None:
    world = World()
    world.provider.seconds = 60
    for _ in range(30):
        task = begin(world.ask, call())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert world.state is State.CLOSED


def test_half_open_one_call_at_a_time_goes_through_and_two_that_go_well_close_it() -> None:
    async def probed() -> None:
        world = World()
        await world.fail()
        await asyncio.sleep(60)
        world.provider.seconds = 1
        sent = len(world.provider.starts)
        answers = await asyncio.gather(*(outcome(world.ask, call()) for _ in range(200)))
        assert answers.count(ANSWER) == 1
        assert len(world.provider.starts) == sent + 1
        assert "its breaker is half open after 5 failures, and a probe is under way" in map(str, answers)
        assert world.state is State.HALF_OPEN
        await world.ask(call())
        assert world.state is State.CLOSED
        assert [new for _, new in world.changes] == [State.OPEN, State.HALF_OPEN, State.CLOSED]

    story(probed())


def test_a_probe_that_fails_opens_it_for_as_long_again() -> None:
    async def probed() -> None:
        world = World()
        await world.fail()
        await asyncio.sleep(60)
        await world.fail(1)
        assert world.state is State.OPEN
        refused = await outcome(world.ask, call())
        assert str(refused) == "its breaker is open after a failed probe; next probe in 60 s"

    story(probed())


def test_a_cancelled_probe_gives_its_place_to_the_next() -> None:
    async def probed() -> None:
        world = World()
        await world.fail()
        await asyncio.sleep(60)
        world.provider.seconds = 30
        probe = begin(world.ask, call())
        await asyncio.sleep(1)
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        assert world.state is State.HALF_OPEN
        assert await world.ask(call()) is ANSWER

    story(probed())


def test_what_was_begun_before_it_opened_moves_nothing() -> None:
    async def late() -> None:
        world = World()
        world.provider.seconds, world.provider.error = 30, Fault("timeout")
        slow = begin(world.ask, call())
        await asyncio.sleep(0)
        world.provider.seconds = 0
        await world.fail()
        world.provider.error = Fault("timeout")
        await asyncio.gather(slow, return_exceptions=True)
        refused = await outcome(world.ask, call())
        assert "next probe in 30 s" in str(refused)

    story(late())


async def test_a_source_of_many_servers_has_no_breaker() -> None:
    breakers, provider = Breakers(), Provider(error=Fault("503"))
    ask = passable(breakers.check)(breakers.tripped(provider.ask))
    for _ in range(20):
        await outcome(ask, call(entry("website", hosts=Hosts.PER_COMPANY)))
    assert len(provider.starts) == 20


def test_a_change_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    logged("gleif", State.CLOSED, State.OPEN)
    assert caplog.messages == ["the breaker of gleif, which was closed, is open"]


class AnyOrder(RuleBasedStateMachine):
    """Permits taken, settled, lost and settled late, in any order and at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.opened_at = 0.0
        self.in_a_row = 0
        self.breaker = Breaker(ENTRY, lambda: self.now, self.changed)
        # Each with the state in which it was given, when, and after how many changes.
        self.permits: list[tuple[Permit, State, float, int]] = []
        self.changes: list[tuple[State, State]] = []

    def changed(self, _: str, old: State, new: State) -> None:
        self.changes.append((old, new))
        self.opened_at = self.now if new is State.OPEN else self.opened_at
        self.in_a_row = 0

    def probes(self) -> int:
        return sum(
            state is State.HALF_OPEN and when + LEASE > self.now and changes == len(self.changes)
            for _, state, when, changes in self.permits
        )

    @rule()
    def acquire(self) -> None:
        before, probes = self.breaker.state, self.probes()
        try:
            permit = self.breaker.acquire()
        except Skipped:
            is_open = before is State.OPEN and self.now < self.opened_at + 60
            assert is_open or (before is State.HALF_OPEN and probes == 1)
        else:
            assert before is not State.OPEN or self.now >= self.opened_at + 60
            self.permits.append((permit, self.breaker.state, self.now, len(self.changes)))

    @precondition(lambda self: self.permits)
    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def settle(self, data: st.DataObject, outcome: Outcome) -> None:
        index = data.draw(st.integers(0, len(self.permits) - 1))
        permit, state, _, changes = self.permits.pop(index)
        before = list(self.changes)
        is_stale = changes != len(self.changes)
        if not is_stale and outcome is not Outcome.IGNORE:
            self.in_a_row = self.in_a_row + 1 if outcome is Outcome.FAIL else 0
        was_fifth = self.in_a_row == ENTRY.breaker_failures and state is State.CLOSED
        self.breaker.settle(permit, outcome)
        if is_stale or outcome is Outcome.IGNORE:
            assert self.changes == before
        elif was_fifth:
            assert self.changes[-1] == (State.CLOSED, State.OPEN)

    @rule(seconds=st.sampled_from([0.001, 1, 9.9, 10, 59.9, 60, 3_600]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def at_most_one_probe_is_out(self) -> None:
        assert self.probes() <= 1

    @invariant()
    def changes_follow_one_another(self) -> None:
        allowed = {
            (State.CLOSED, State.OPEN),
            (State.OPEN, State.HALF_OPEN),
            (State.HALF_OPEN, State.OPEN),
            (State.HALF_OPEN, State.CLOSED),
        }
        assert set(self.changes) <= allowed
        assert self.breaker.state is (self.changes[-1][1] if self.changes else State.CLOSED)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
