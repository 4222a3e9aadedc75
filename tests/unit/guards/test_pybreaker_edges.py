"""What pybreaker does, as far as the breaker relies on it or works around it."""

import asyncio
from contextlib import suppress

import pybreaker
import pytest


class Told(pybreaker.CircuitBreakerListener):
    def __init__(self) -> None:
        self.states: list[tuple[str, str]] = []

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        assert old_state
        self.states.append((old_state.name, new_state.name))


def fail() -> None:
    raise OSError("down")


def test_it_opens_after_so_many_failures_in_a_row_and_hands_on_the_error_itself() -> None:
    told = Told()
    machine = pybreaker.CircuitBreaker(fail_max=2, listeners=[told], throw_new_error_on_trip=False)
    for _ in range(2):
        with pytest.raises(OSError, match="down"):
            machine.call(fail)
    assert machine.current_state == pybreaker.STATE_OPEN
    assert machine.fail_counter == 2
    assert told.states == [("closed", "open")]


def test_a_success_makes_it_forget_the_failures_in_a_row() -> None:
    machine = pybreaker.CircuitBreaker(fail_max=2, throw_new_error_on_trip=False)
    for _ in range(5):
        with suppress(OSError):
            machine.call(fail)
        machine.call(lambda: None)
    assert machine.current_state == pybreaker.STATE_CLOSED


def test_half_open_it_closes_after_so_many_successes_and_opens_at_one_failure() -> None:
    told = Told()
    machine = pybreaker.CircuitBreaker(success_threshold=2, listeners=[told], throw_new_error_on_trip=False)
    machine.open()
    machine.half_open()
    machine.call(lambda: None)
    assert machine.current_state == pybreaker.STATE_HALF_OPEN
    with suppress(OSError):
        machine.call(fail)
    assert machine.current_state == pybreaker.STATE_OPEN
    machine.half_open()
    for _ in range(2):
        machine.call(lambda: None)
    assert machine.current_state == pybreaker.STATE_CLOSED
    assert told.states[-1] == ("half-open", "closed")


async def test_it_does_not_see_how_a_coroutine_ends() -> None:
    machine = pybreaker.CircuitBreaker(fail_max=1)

    async def down() -> None:
        raise OSError

    for _ in range(3):
        with pytest.raises(OSError):  # noqa: PT011 - our own, without words
            await machine.call(down)
    assert machine.current_state == pybreaker.STATE_CLOSED


async def test_it_counts_a_cancellation_as_a_failure_and_takes_its_place() -> None:
    machine = pybreaker.CircuitBreaker(fail_max=1)

    async def ask() -> None:
        with machine.calling():
            await asyncio.sleep(60)

    task = asyncio.create_task(ask())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(pybreaker.CircuitBreakerError):
        await task


async def test_half_open_it_lets_everybody_through() -> None:
    machine = pybreaker.CircuitBreaker()
    machine.open()
    machine.half_open()
    inside = 0

    async def ask() -> None:
        nonlocal inside
        with machine.calling():
            inside += 1
            await asyncio.sleep(0)

    await asyncio.gather(*(ask() for _ in range(50)))
    assert inside == 50
