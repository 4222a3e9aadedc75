"""What stands between a run and a source; the order of the guards is one list, outermost first."""

from collections.abc import Sequence
from dataclasses import dataclass

from enrichment.domain.answer import answer
from enrichment.domain.fact import Answer
from enrichment.domain.ports import AnswerCache, Ask, Call, Clock, Guard, Source
from enrichment.guards.budget import Budget
from enrichment.guards.cache import Writes, cached
from enrichment.guards.counting import Counters
from enrichment.guards.deadline import timed
from enrichment.guards.flight import Flights
from enrichment.guards.limits import Limits
from enrichment.guards.retry import Retries


@dataclass(frozen=True, slots=True)
class Shared:
    """What the guards of all sources share within a process."""

    cache: AnswerCache
    writes: Writes
    flights: Flights
    retries: Retries
    budget: Budget
    limits: Limits
    counters: Counters


def order(shared: Shared) -> list[Guard]:
    """The guards in the order in which a call meets them.

    A run has read the cache before them all, once for a whole round of questions (pipeline/run.py).
    Places stand outside pacing: the other way round, what piled up in a stall would begin all at once. Pause and
    breaker are asked before money is held, after the wait for a turn, and once more after the ledger's mark, during
    which they may have changed: what is refused then has left no trace but a hold that is settled for nothing.
    """
    return [
        shared.flights.shared,
        cached(shared.cache, shared.writes),
        shared.retries.retried,
        shared.limits.passable,
        shared.budget.held,
        shared.limits.confined,
        shared.limits.paced,
        shared.limits.passable,
        shared.budget.marked,
        shared.counters.counted,
        shared.limits.spaced,
        shared.limits.heeded,
        shared.limits.tripped,
        timed,
    ]


def guarded(source: Source, guards: Sequence[Guard], clock: Clock) -> Ask:
    """The source behind its guards."""
    ask = unguarded(source, clock)
    for guard in reversed(guards):
        ask = guard(ask)
    return ask


def unguarded(source: Source, clock: Clock) -> Ask:
    """The source alone: asked, and its reading dated, weighed and priced."""

    async def ask(call: Call) -> Answer:
        reading = await source.ask(call.subject)
        return answer(call, reading, clock())

    return ask
