"""Calls to a source begin no faster than it allows; one whose turn would come too late is refused at once."""

import asyncio
from bisect import insort
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from aiolimiter import AsyncLimiter

from enrichment.domain.catalogue import Entry, Hosts, Window
from enrichment.domain.errors import Skipped, SkipReason
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call
from enrichment.guards.host import host
from enrichment.guards.span import span

# A provider counts when a request arrives, and a later one may be quicker on its way.
WAY_SECONDS = 0.5


class Pace(Protocol):
    """When the next call may begin, in event loop time."""

    rule: str

    def wait(self, now: float) -> float:
        """Seconds until the turn of one who came now."""
        ...

    async def turn(self) -> None:
        """Returns when the call may begin; one that is cancelled before then has not begun."""
        ...

    def departure(self, now: float) -> float:
        """When one that has had its turn may leave, counted from those that really left."""
        ...

    def depart(self, at: float) -> None:
        """It leaves then."""
        ...


class Interval:
    """One start, then none for so many seconds: aiolimiter in the form that allows no bursts.

    It does not say how long a wait will be, and keeps late ones waiting for nothing, so the estimate is ours.
    """

    def __init__(self, seconds: float) -> None:
        self.rule = f"calls begin {round(seconds * 1000)} ms apart"
        self._seconds = seconds
        self._limiter = AsyncLimiter(1, seconds)
        self._waiting = 0
        self._last_start = self._last_departure = -float("inf")

    def wait(self, now: float) -> float:
        return max(0.0, self._last_start + (self._waiting + 1) * self._seconds - now)

    async def turn(self) -> None:
        self._waiting += 1
        try:
            await self._limiter.acquire()
        finally:
            self._waiting -= 1
        self._last_start = asyncio.get_running_loop().time()

    def departure(self, now: float) -> float:
        return max(now, self._last_departure + self._seconds)

    def depart(self, at: float) -> None:
        self._last_departure = at


class SlidingWindow:
    """Never more than so many starts within any so many seconds, to the last one."""

    def __init__(self, window: Window) -> None:
        self.rule = f"{window.starts} calls may begin in {span(window.seconds)}"
        self._most = window.starts
        self._seconds = window.seconds + WAY_SECONDS
        # In order, those to come included.
        self._starts: list[float] = []
        self._departures: deque[float] = deque(maxlen=window.starts)

    def wait(self, now: float) -> float:
        if len(self._starts) < self._most:
            return 0.0
        return max(0.0, self._starts[-self._most] + self._seconds - now)

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        start = now + self.wait(now)
        insort(self._starts, start)
        # What lies further back than the most that count decides nothing.
        del self._starts[: -self._most - self._to_come(now)]
        try:
            await asyncio.sleep(start - now)
        except asyncio.CancelledError:
            self._starts.remove(start)
            raise

    def departure(self, now: float) -> float:
        is_full = len(self._departures) == self._most
        return max(now, self._departures[0] + self._seconds) if is_full else now

    def depart(self, at: float) -> None:
        self._departures.append(at)

    def _to_come(self, now: float) -> int:
        return sum(start > now for start in self._starts)


@dataclass(slots=True)
class Queue:
    """How a source's pace weighs on its callers: who waits now, how many were refused, how long all have waited."""

    waiting: int = 0
    refused: int = 0
    waited_seconds: float = 0.0


class Pacing:
    """The paces of a process: by source, and by registry where a source asks one for each ending."""

    def __init__(self) -> None:
        self._paces: dict[tuple[str, str], Pace | None] = {}
        self._queues: dict[str, Queue] = {}

    def queue(self, source: str) -> Queue:
        """The figures of a source."""
        return self._queues.setdefault(source, Queue())

    def paced(self, ask: Ask) -> Ask:
        """A guard: each call begins in its turn, or is refused where that would come after all have stopped waiting."""

        async def ask_in_turn(call: Call) -> Answer:
            pace = self._of(call)
            if pace is not None:
                await self._take_turn(pace, call)
            return await ask(call)

        return ask_in_turn

    def spaced(self, ask: Ask) -> Ask:
        """A guard, the last before a call leaves: what was held up after its turn leaves in pace all the same.

        The ledger's mark comes between the turn and the send: after a stall of its database all would leave at once.
        """

        async def ask_apart(call: Call) -> Answer:
            pace, now = self._of(call), asyncio.get_running_loop().time()
            if pace is not None:
                leaves_at = pace.departure(now)
                if leaves_at > max(now, call.deadline):
                    raise Skipped(SkipReason.RATE_LIMITED, f"{pace.rule}, and it was held up: nobody waits so long")
                pace.depart(leaves_at)
                await asyncio.sleep(leaves_at - now)
            return await ask(call)

        return ask_apart

    def _of(self, call: Call) -> Pace | None:
        # There is no end of companies, and few endings have a registry that can be asked.
        key = (call.entry.name, host(call) if call.entry.hosts is Hosts.PER_ENDING else "")
        if key not in self._paces:
            self._paces[key] = _pace(call.entry)
        return self._paces[key]

    async def _take_turn(self, pace: Pace, call: Call) -> None:
        loop, queue = asyncio.get_running_loop(), self.queue(call.entry.name)
        began = loop.time()
        wait, left = pace.wait(began), call.deadline - began
        if 0 < wait >= left:
            queue.refused += 1
            explanation = f"{pace.rule}: the next could in {span(wait)}, with {span(max(0.0, left))} left"
            raise Skipped(SkipReason.RATE_LIMITED, explanation)
        queue.waiting += 1
        try:
            await pace.turn()
        finally:
            queue.waiting -= 1
            queue.waited_seconds += loop.time() - began


def _pace(entry: Entry) -> Pace | None:
    if entry.window:
        return SlidingWindow(entry.window)
    return Interval(entry.min_interval_ms / 1000) if entry.min_interval_ms else None
