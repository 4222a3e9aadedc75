"""What holds a process back from its sources, counted together for all who use them."""

import asyncio
from dataclasses import dataclass

from enrichment.domain.catalogue import Entry
from enrichment.domain.operation import Condition
from enrichment.domain.ports import Ask
from enrichment.guards.breaker import Breakers, OnChange, State, logged
from enrichment.guards.bulkhead import Bulkheads
from enrichment.guards.pacing import Pacing
from enrichment.guards.passable import passable
from enrichment.guards.pause import Pauses
from enrichment.guards.span import span


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source stands now: its breaker (None: it has none), the rest of its pause, its calls and those refused."""

    breaker: State | None
    paused_seconds: float
    under_way: int
    waiting: int
    refused: int
    waited_seconds: float


class Limits:
    """Breakers, pauses, places and pace of all sources; each guard lets everything through where it is switched off."""

    def __init__(self, *, has_breaker: bool = True, has_limiter: bool = True, on_change: OnChange = logged) -> None:
        self._breakers = Breakers(on_change)
        self._pauses = Pauses()
        self._bulkheads = Bulkheads()
        self._pacing = Pacing()
        checks = [self._breakers.check] if has_breaker else []
        if has_limiter:
            checks.append(self._pauses.check)
        self.passable = passable(*checks)
        self.confined = self._bulkheads.confined if has_limiter else _unguarded
        self.paced = self._pacing.paced if has_limiter else _unguarded
        self.spaced = self._pacing.spaced if has_limiter else _unguarded
        self.heeded = self._pauses.heeded if has_limiter else _unguarded
        self.tripped = self._breakers.tripped if has_breaker else _unguarded

    def condition(self, entry: Entry) -> Condition:
        """What holds a source back now, for a person."""
        breaker, pause = self._breakers.of(entry), self._pauses.of(entry.name)
        state = breaker.state if breaker else ""
        if pause:
            left = pause.until - asyncio.get_running_loop().time()
            return Condition(state, f"{pause.why}; next call in {span(left)}")
        return Condition(state, "its breaker is open: it has failed too often" if state is State.OPEN else "")

    def standing(self, entry: Entry) -> Standing:
        """The figures of one source, since the process began."""
        breaker, bulkhead = self._breakers.of(entry), self._bulkheads.of(entry)
        pause, queue = self._pauses.of(entry.name), self._pacing.queue(entry.name)
        refused = self._pauses.refused[entry.name] + bulkhead.refused + queue.refused
        return Standing(
            breaker=breaker.state if breaker else None,
            paused_seconds=pause.until - asyncio.get_running_loop().time() if pause else 0.0,
            under_way=bulkhead.taken - queue.waiting,
            waiting=bulkhead.waiting + queue.waiting,
            refused=refused + (breaker.refused if breaker else 0),
            waited_seconds=queue.waited_seconds,
        )


def _unguarded(ask: Ask) -> Ask:
    return ask
