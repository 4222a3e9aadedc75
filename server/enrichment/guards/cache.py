"""Keeps what a source answered."""

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
    """Calls on, then keeps what came back, as far as the provider's terms allow.

    It does not read: a run reads the cache once per round, for all its questions together and before anything is
    decided about money, so that what is held is never refused for it. What fails is not kept.
    """

    def guard(ask: Ask) -> Ask:
        async def ask_and_keep(call: Call) -> Answer:
            answer = await ask(call)
            writes.start(cache.put(call, answer))
            return answer

        return ask_and_keep

    return guard
