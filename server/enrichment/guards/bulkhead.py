"""No source has more calls at once than it may; others wait in line, or are refused at once where that is too long."""

import asyncio
from collections import deque
from typing import NoReturn

from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import Skipped, SkipReason
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call
from enrichment.guards.span import span

# A line is no longer than this, however long all would wait.
MOST_WAITING = 1_000
# What the last call adds to the running mean of how long one keeps its place.
WEIGHT = 0.2


class Bulkhead:
    """The places of one source, given to those who wait in the order in which they came."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._seconds: float | None = None
        self.taken = 0
        self.refused = 0

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self._waiting)

    async def enter(self, call: Call) -> None:
        """Takes a place, to be given back by `leave`. Raises Skipped where none comes free in time."""
        if self.taken < self._places:
            self.taken += 1
            return
        self._refuse_what_is_late(call)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await self._come_up(turn, call)
        except BaseException:
            # The place may have been handed over in the very moment in which its taker left.
            if turn.done():
                self._hand_on()
            else:
                self._waiting.remove(turn)
            raise

    def leave(self, seconds: float | None) -> None:
        """Gives a place back, kept for so long; None: a time that says nothing of how long a call takes."""
        if seconds is not None:
            self._seconds = seconds if self._seconds is None else self._seconds + WEIGHT * (seconds - self._seconds)
        self._hand_on()

    def _hand_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self.taken -= 1

    def _refuse_what_is_late(self, call: Call) -> None:
        ahead = f"{self._places} calls are under way and {self.waiting} wait"
        if self.waiting >= MOST_WAITING:
            self._refuse(SkipReason.RATE_LIMITED, f"{ahead}, which is the most")
        # A place comes free every so often, and all who are ahead take one. Of a source that has not answered yet
        # nothing is known.
        wait = (self.waiting + 1) * (self._seconds or 0.0) / self._places
        left = call.deadline - asyncio.get_running_loop().time()
        if wait >= left:
            explanation = f"{ahead}: its turn would come in about {span(wait)}, with {span(max(0.0, left))} left"
            self._refuse(SkipReason.RATE_LIMITED, explanation)

    async def _come_up(self, turn: asyncio.Future[None], call: Call) -> None:
        loop = asyncio.get_running_loop()
        while not turn.done():
            # Read again each time: somebody who has more time may have joined.
            left = call.deadline - loop.time()
            if left <= 0:
                self._refuse(SkipReason.DEADLINE, f"its turn among {self._places} calls at once did not come in time")
            await asyncio.wait([turn], timeout=left)

    def _refuse(self, reason: SkipReason, explanation: str) -> NoReturn:
        self.refused += 1
        raise Skipped(reason, explanation)


class Bulkheads:
    """The bulkheads of a process, one for each source."""

    def __init__(self) -> None:
        self._bulkheads: dict[str, Bulkhead] = {}

    def of(self, entry: Entry) -> Bulkhead:
        """The bulkhead of a source."""
        if entry.name not in self._bulkheads:
            self._bulkheads[entry.name] = Bulkhead(entry.max_concurrent)
        return self._bulkheads[entry.name]

    def confined(self, ask: Ask) -> Ask:
        """A guard: lets as many calls through at once as the source may have."""

        async def ask_in_a_place(call: Call) -> Answer:
            bulkhead, loop = self.of(call.entry), asyncio.get_running_loop()
            await bulkhead.enter(call)
            began = loop.time()
            is_telling = True
            try:
                return await ask(call)
            except Skipped:
                # Refused further in: it was no call.
                is_telling = False
                raise
            finally:
                bulkhead.leave(loop.time() - began if is_telling else None)

        return ask_in_a_place
