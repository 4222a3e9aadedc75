"""Keeps what a source answered."""

from enrichment.domain.fact import Answer
from enrichment.domain.ports import AnswerCache, Ask, Call, Guard


def cached(cache: AnswerCache) -> Guard:
    """Calls on, then keeps what came back, as far as the provider's terms allow.

    It does not read: a run reads the cache once per round, for all its questions together and before anything is
    decided about money, so that what is held is never refused for it. What fails is not kept.
    """

    def guard(ask: Ask) -> Ask:
        async def ask_and_keep(call: Call) -> Answer:
            answer = await ask(call)
            await cache.put(call, answer)
            return answer

        return ask_and_keep

    return guard
