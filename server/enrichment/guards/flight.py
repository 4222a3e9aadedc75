"""Single-flight: equal questions at the same time are one call.

A flight is a task of its own, outside of the runs: it goes on while anybody waits for it, and once its request has left
it goes on without anybody, because its answer is paid for.
"""

import asyncio
from dataclasses import dataclass

from enrichment.domain.errors import Fault, Skipped, SkipReason
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call, Party, Stake

# The source and the question; one of its own for a call that nobody may share.
_Key = tuple[str, bytes] | object


@dataclass(eq=False, slots=True)
class _Flight:
    key: _Key
    party: Party
    task: "asyncio.Task[Answer]"


class Flights:
    """The calls in flight of one process; `is_shared` False keeps each for the one who started it."""

    def __init__(self, *, is_shared: bool = True) -> None:
        self._is_shared = is_shared
        self._flights: dict[_Key, _Flight] = {}
        # Those that nobody can join any more are still to be waited for.
        self._tasks: set[asyncio.Task[Answer]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def has(self, source: str, question: bytes) -> bool:
        """Whether a call with this question could be joined now."""
        return self._is_shared and (source, question) in self._flights

    def shared(self, ask: Ask) -> Ask:
        """A guard: a call joins the flight with its question, or begins one.

        Who leaves changes nothing for the others (tailscale#18919); the last to leave stops what has not been sent.
        """

        async def join(call: Call) -> Answer:
            [stake] = call.party.stakes
            flight = self._joined(call, stake) or self._started(call, ask)
            limit = asyncio.timeout_at(stake.deadline)
            try:
                async with limit:
                    answer = await asyncio.shield(flight.task)
                # Who does not pay for an answer has it for nothing.
                return answer if stake.is_liable else answer.at_no_cost()
            except TimeoutError:
                if limit.expired():
                    raise _too_late(flight.party, stake) from None
                raise
            finally:
                self._leave(flight, stake)

        return join

    async def landed(self, seconds: float) -> None:
        """Waits until every flight has ended, at most so long; then stops the rest and waits for their end."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _joined(self, call: Call, stake: Stake) -> _Flight | None:
        flight = self._flights.get((call.entry.name, call.question)) if self._is_shared else None
        if flight is None or flight.task.done():
            # One that has ended is another's end: its refusal for want of money, or an answer that is held by now.
            return None
        flight.party.stakes.append(stake)
        return flight

    def _started(self, call: Call, ask: Ask) -> _Flight:
        key: _Key = (call.entry.name, call.question) if self._is_shared else object()
        task = asyncio.ensure_future(ask(call))
        flight = self._flights[key] = _Flight(key, call.party, task)
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._end(flight))
        return flight

    def _leave(self, flight: _Flight, stake: Stake) -> None:
        flight.party.stakes.remove(stake)
        if not flight.party.stakes and not flight.party.is_sent:
            # Forgotten before it is cancelled: who comes now begins anew instead of sharing the cancellation.
            self._forget(flight)
            flight.task.cancel()

    def _end(self, flight: _Flight) -> None:
        self._forget(flight)
        self._tasks.discard(flight.task)
        if not flight.task.cancelled():
            flight.task.exception()  # seen, even where nobody waits for it any more

    def _forget(self, flight: _Flight) -> None:
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]


def _too_late(party: Party, stake: Stake) -> Exception:
    if not party.is_sent:
        return Skipped(SkipReason.DEADLINE, "the deadline came before its turn")
    return Fault("no answer by the deadline", is_cost_unknown=stake.is_liable)
