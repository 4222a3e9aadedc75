"""A source that keeps failing is left alone for a while, then tried with one call at a time.

pybreaker is the state machine and tells its listeners; its own `call` and `calling` are not for coroutines: they let
everybody through when half open, count a cancellation as a failure and put their own error in its place. So a call
takes a permit and settles it, and what counted is replayed into pybreaker.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import pybreaker

from enrichment.domain.catalogue import Entry, Hosts
from enrichment.domain.errors import Fault, Skipped, SkipReason, Unreadable
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call
from enrichment.guards.span import span

log = logging.getLogger(__name__)

# Beside failures in a row, it opens when half of its last calls failed: of twice as many as it takes in a row, at
# least of ten. It remembers twice that again.
FAILURE_SHARE = 0.5
LEAST_CALLS = 10
PROBES = 1
# A probe that has not come back so long after the source's own time limit is lost; another may go.
LEASE_MARGIN_SECONDS = 5.0


class State(StrEnum):
    """Closed lets calls through, open none, half open a probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Outcome(StrEnum):
    """What a call says of its source's health; IGNORE: nothing."""

    OK = "ok"
    FAIL = "fail"
    IGNORE = "ignore"


# The source, its breaker's state until now and from now on.
OnChange = Callable[[str, State, State], None]


@dataclass(frozen=True, slots=True, eq=False)
class Permit:
    """Leave for one call; worth nothing once the state has changed or, for a probe, after `expires_at`."""

    generation: int
    expires_at: float


def logged(source: str, old: State, new: State) -> None:
    """Writes a change to the log."""
    log.warning("the breaker of %s, which was %s, is %s", source, old, new)


class Breaker:
    """The breaker of one source: `acquire` a permit, make the call, `settle` it; times by `clock`, in seconds."""

    def __init__(self, entry: Entry, clock: Callable[[], float], on_change: OnChange) -> None:
        self._entry = entry
        self._clock = clock
        self._on_change = on_change
        self._machine = pybreaker.CircuitBreaker(
            fail_max=entry.breaker_failures,
            success_threshold=entry.breaker_successes,
            listeners=[_Listener(self)],
            throw_new_error_on_trip=False,
        )
        self._least_calls = max(LEAST_CALLS, 2 * entry.breaker_failures)
        self._failed: deque[bool] = deque(maxlen=2 * self._least_calls)
        self._generation = 0
        self._probes: set[Permit] = set()
        self._probe_at = 0.0
        self._opened_after = ""
        self.refused = 0

    @property
    def state(self) -> State:
        """As it stands; open until a probe is sent, though its time may be over."""
        return _STATES[self._machine.current_state]

    def check(self) -> None:
        """Raises Skipped where a permit would be refused now."""
        now = self._clock()
        if self.state is State.OPEN and now < self._probe_at:
            self._refuse(f"open after {self._opened_after}; next probe in {span(self._probe_at - now)}")
        if self.state is State.HALF_OPEN and sum(now < probe.expires_at for probe in self._probes) >= PROBES:
            self._refuse(f"half open after {self._opened_after}, and a probe is under way")

    def _refuse(self, state: str) -> None:
        self.refused += 1
        raise Skipped(SkipReason.CIRCUIT_OPEN, f"its breaker is {state}")

    def acquire(self) -> Permit:
        """A permit for one call. Raises Skipped."""
        self.check()
        now = self._clock()
        if self.state is State.OPEN:
            self._machine.half_open()
        permit = Permit(self._generation, now + self._entry.timeout_ms / 1000 + LEASE_MARGIN_SECONDS)
        if self.state is State.HALF_OPEN:
            self._probes = {probe for probe in self._probes if now < probe.expires_at} | {permit}
        return permit

    def settle(self, permit: Permit, outcome: Outcome) -> None:
        """What became of the call; dropped where the permit is worth nothing any more."""
        is_lost_probe = self.state is State.HALF_OPEN and permit not in self._probes
        if permit.generation != self._generation or is_lost_probe:
            return
        self._probes.discard(permit)
        if outcome is Outcome.IGNORE:
            return
        is_failure = outcome is Outcome.FAIL
        self._failed.append(is_failure)
        self._replay(is_failure)
        if self.state is State.CLOSED and self._fails_too_often():
            self._machine.open()

    def changed(self, old: State, new: State) -> None:
        """Told by pybreaker at every change of state."""
        if new is State.OPEN:
            self._opened_after = "a failed probe" if old is State.HALF_OPEN else self._failures()
            self._probe_at = self._clock() + self._entry.breaker_reset_ms / 1000
        self._generation += 1
        self._probes.clear()
        self._failed.clear()
        self._on_change(self._entry.name, old, new)

    def _replay(self, is_failure: bool) -> None:
        with suppress(_ReplayedError):
            self._machine.call(_fail if is_failure else _succeed)

    def _fails_too_often(self) -> bool:
        calls = len(self._failed)
        return calls >= self._least_calls and sum(self._failed) >= FAILURE_SHARE * calls

    def _failures(self) -> str:
        in_a_row = self._machine.fail_counter
        if in_a_row >= self._entry.breaker_failures:
            return f"{in_a_row} failures"
        return f"{sum(self._failed)} failures in {len(self._failed)} calls"


class Breakers:
    """The breakers of a process, one for each source that is a single provider."""

    def __init__(self, on_change: OnChange = logged) -> None:
        self._on_change = on_change
        self._breakers: dict[str, Breaker] = {}

    def of(self, entry: Entry) -> Breaker | None:
        """The breaker of a source; None where many servers stand behind it, of which one says nothing of the others."""
        if entry.hosts is not Hosts.ONE:
            return None
        if entry.name not in self._breakers:
            self._breakers[entry.name] = Breaker(entry, asyncio.get_running_loop().time, self._on_change)
        return self._breakers[entry.name]

    def check(self, call: Call) -> None:
        """Raises Skipped where the call would be refused now."""
        breaker = self.of(call.entry)
        if breaker is not None:
            breaker.check()

    def tripped(self, ask: Ask) -> Ask:
        """A guard: refuses while the source is left alone, and learns from what each call comes to.

        A source's failures and unreadable answers count against it, its answers for it; pauses, quotas, keys, our own
        mistakes, refusals further in and cancellations say nothing.
        """

        async def ask_with_permit(call: Call) -> Answer:
            breaker = self.of(call.entry)
            return await (ask(call) if breaker is None else _ask_and_settle(ask, call, breaker))

        return ask_with_permit


async def _ask_and_settle(ask: Ask, call: Call, breaker: Breaker) -> Answer:
    permit = breaker.acquire()
    outcome = Outcome.IGNORE
    try:
        answer = await ask(call)
        outcome = Outcome.OK
        return answer
    except (Fault, Unreadable):
        outcome = Outcome.FAIL
        raise
    finally:
        breaker.settle(permit, outcome)


class _Listener(pybreaker.CircuitBreakerListener):
    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        assert old_state is not None  # it is told of changes alone
        self._breaker.changed(_STATES[old_state.name], _STATES[new_state.name])


_STATES = {
    pybreaker.STATE_CLOSED: State.CLOSED,
    pybreaker.STATE_OPEN: State.OPEN,
    pybreaker.STATE_HALF_OPEN: State.HALF_OPEN,
}


class _ReplayedError(Exception):
    pass


def _succeed() -> None:
    pass


def _fail() -> None:
    raise _ReplayedError
