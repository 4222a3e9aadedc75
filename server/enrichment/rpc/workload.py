"""How many enrichments are worked on at once: as many as the event loop keeps up with.

One that asks its sources mostly waits, so how many there are says little of how busy the process is; by how much its
timers come late says it, and is not misled by slow sources. The limit follows that lag: up by little while it is used
and the loop keeps up, down by a share when it does not (additive increase, multiplicative decrease, as TCP and
Netflix's concurrency-limits have it). A small lag counts already: what the loop has not come to cannot be
refused either; bench/overload.py tries such limits under load. No stream queues: who waited here would have less time
for his sources.
"""

import asyncio
from typing import Never, Self

from enrichment.rpc.admission import pause, without_kept_free
from enrichment.rpc.status import Refused, busy

TICK_SECONDS = 0.05
# What the last tick adds to the running mean of the lag: one slow callback is no overload.
WEIGHT = 0.2
# Before anything is known: a burst that finds the process idle is served, at 50 ms of work each within 4 s.
FIRST_LIMIT = 64
# So few do not overload a process, whatever makes its timers late.
LEAST_LIMIT = 8
# At each tick: ten a second.
GROWTH = 0.5
# What a cut leaves of what is at work.
CUT = 0.85


class Full(Refused):
    """As many are at work as may be: nothing was begun, and who can wait may wait for `room` again."""


class Workload:
    """Counts the enrichments at work, as a context manager around each; raises Full above the limit of the moment.

    `most` is the highest limit, `most_lag_seconds` the lag above which it is cut.
    """

    def __init__(self, most: int, most_lag_seconds: float) -> None:
        self._most = most
        self._most_lag = most_lag_seconds
        self._limit = float(min(most, FIRST_LIMIT))
        self._lag = 0.0
        self._refused = 0
        self._has_room = asyncio.Event()
        self.at_work = 0

    def __repr__(self) -> str:
        return f"<Workload {self.at_work} of {self.limit} enrichments, {self._lag * 1000:.0f} ms late>"

    @property
    def limit(self) -> int:
        """How many may be at work now."""
        return int(self._limit)

    def __enter__(self) -> Self:
        if self.at_work >= self.limit:
            self._refused += 1
            raise Full(busy(self.limit, pause(self._refused)))
        self.at_work += 1
        return self

    def __exit__(self, *_: object) -> None:
        self.at_work -= 1
        self._tell_of_room()

    def observe(self, lag_seconds: float) -> None:
        """Takes in by how much a timer came late, and moves the limit."""
        self._lag += WEIGHT * (lag_seconds - self._lag)
        if self.at_work > self._limit:
            # The last cut shows only when what is above it has ended: another now would cut too deep.
            return
        if self._lag > self._most_lag and self.at_work > LEAST_LIMIT:
            self._limit = max(LEAST_LIMIT, self.at_work * CUT)
        elif self._lag <= self._most_lag and self.at_work >= without_kept_free(self.limit):
            self._limit = min(self._most, self._limit + GROWTH)
            self._tell_of_room()

    async def room(self) -> None:
        """Returns when one more may begin: for work that can wait, such as an item of a batch.

        What waits is there in the moment when another ends, as a new stream hardly ever is: it leaves some free.
        """
        while self.at_work >= without_kept_free(self.limit):
            self._has_room.clear()
            await self._has_room.wait()

    async def watch(self) -> Never:
        """Observes the running event loop until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            self.observe(max(0.0, loop.time() - due))

    def _tell_of_room(self) -> None:
        if self.at_work < without_kept_free(self.limit):
            self._has_room.set()
