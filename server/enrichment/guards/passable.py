"""Refuses what could not be sent anyway, before money is held or a queue is joined for it."""

from collections.abc import Callable

from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call, Guard

# Raises Skipped where the call may not be made now; changes nothing.
Check = Callable[[Call], None]


def passable(*checks: Check) -> Guard:
    """A guard that only looks: those who really decide are asked again after the waits, further in."""

    def guard(ask: Ask) -> Ask:
        async def ask_if_passable(call: Call) -> Answer:
            for check in checks:
                check(call)
            return await ask(call)

        return ask_if_passable

    return guard
