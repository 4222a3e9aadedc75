"""Keeps what a source answered, and asks for nothing that is kept."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from enrichment.domain.fact import Answer
from enrichment.domain.ports import AnswerCache, Ask, Call, Guard


class Writes:
    """The writes of the cache that are under way: no answer waits for one, a stop waits for all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, write: Coroutine[Any, Any, None]) -> None:
        """Begins a write, which ends on its own."""
        task = asyncio.create_task(write, name="cache write")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Waits for all that have begun."""
        await asyncio.gather(*self._tasks)


def cached(cache: AnswerCache, writes: Writes) -> Guard:
    """Looks once more whether the answer is held by now, calls on where it is not, and keeps what comes back.

    A run has read the cache before it decided to call; meanwhile another run or another server may have asked. What
    the run has seen and could not use, because it is too old for the caller or lacks what terms forbid to keep, is no
    reason to leave the call out. What fails is not kept.
    """

    def guard(ask: Ask) -> Ask:
        async def ask_and_keep(call: Call) -> Answer:
            began = asyncio.get_running_loop().time()
            if hit := await _hit(cache, call):
                return hit
            answer = await ask(call)
            writes.start(cache.put(call, answer, began))
            return answer

        return ask_and_keep

    return guard


async def _hit(cache: AnswerCache, call: Call) -> Answer | None:
    held = await cache.get_many(call.subject.domain, [(call.entry, call.question)])
    hit = held.fresh.get(call.entry.name)
    if hit is None or (hit.is_found and call.entry.terms.kept is not None):
        return None
    return hit if hit.observed_at >= call.looked_up_at else None
