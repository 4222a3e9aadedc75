"""What a source answers is kept, what fails is not, and nothing is asked that another has just been told."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from enrichment.domain.catalogue import Terms
from enrichment.domain.company import Coordinates, Field
from enrichment.domain.errors import Fault, Skipped, SkipReason
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call, Stake
from enrichment.domain.purse import Purse
from enrichment.domain.subject import Subject
from enrichment.guards.cache import Writes, cached
from fakes import NOON, MemoryAnswers, alone, entry, fact

ENTRY = entry("website")
CALL = Call(ENTRY, Subject("acme.com"), b"acme.com", 0, alone(), looked_up_at=NOON)
ANSWER = Answer("website", True, (fact(Field.NAME, "Acme"),), (), NOON, NOON + 86_400, cost_usd_micros=7)


class Asked:
    """What lies behind the guard: counts the calls, and does `meanwhile` during each."""

    def __init__(self, reads: Answer | Exception = ANSWER, meanwhile: Coroutine[Any, Any, Any] | None = None) -> None:
        self._reads = reads
        self._meanwhile = meanwhile
        self.calls = 0

    async def __call__(self, _: Call) -> Answer:
        self.calls += 1
        if self._meanwhile:
            await self._meanwhile
        if isinstance(self._reads, Exception):
            raise self._reads
        return self._reads


async def keep(cache: MemoryAnswers, call: Call, answer: Answer) -> None:
    await cache.put(call, answer, asyncio.get_running_loop().time())


async def held(cache: MemoryAnswers, domain: str = "acme.com") -> tuple[Answer, ...]:
    return await cache.held(domain)


def guarded(cache: MemoryAnswers, ask: Ask, writes: Writes | None = None) -> Ask:
    # An empty one is false.
    return cached(cache, Writes() if writes is None else writes)(ask)


async def test_an_answer_is_kept_and_handed_on_as_it_came() -> None:
    cache, writes = MemoryAnswers(), Writes()
    assert await guarded(cache, Asked(), writes)(CALL) is ANSWER
    assert (len(writes), await held(cache)) == (1, ())  # no answer waits for a write
    await writes.settled()
    assert (len(writes), await held(cache)) == (0, (ANSWER.from_cache(),))


@pytest.mark.parametrize("error", [Fault("gone"), Skipped(SkipReason.DEADLINE, "too late"), RuntimeError("a bug")])
async def test_a_failure_is_handed_on_and_nothing_is_remembered_of_it(error: Exception) -> None:
    cache, writes = MemoryAnswers(), Writes()
    with pytest.raises(type(error)):
        await guarded(cache, Asked(error), writes)(CALL)
    assert len(writes) == 0


@pytest.mark.parametrize("is_found", [True, False])
async def test_what_another_has_been_told_since_the_run_looked_is_not_asked_again(is_found: bool) -> None:
    cache, asked = MemoryAnswers(), Asked()
    await keep(cache, CALL, replace(ANSWER, is_found=is_found))
    answer = await guarded(cache, asked)(CALL)
    assert (answer.is_found, answer.is_from_cache, answer.cost_usd_micros, asked.calls) == (is_found, True, 0, 0)


async def test_what_was_there_when_the_run_looked_was_too_old_for_it() -> None:
    cache, asked = MemoryAnswers(), Asked()
    await keep(cache, CALL, replace(ANSWER, observed_at=NOON - 1))
    await guarded(cache, asked)(CALL)
    assert asked.calls == 1


async def test_what_terms_have_cut_is_asked_for_in_full() -> None:
    part = replace(ENTRY, terms=Terms(kept=frozenset({Field.COORDINATES})))
    call = replace(CALL, entry=part)
    cache, asked = MemoryAnswers(), Asked()
    await keep(cache, call, replace(ANSWER, facts=(fact(Field.COORDINATES, Coordinates(1.0, 2.0)),)))
    assert await held(cache)
    await guarded(cache, asked)(call)
    assert asked.calls == 1


async def test_what_is_past_its_lifetime_is_asked_for() -> None:
    now = [NOON]
    cache, asked = MemoryAnswers(lambda: now[0]), Asked()
    await keep(cache, replace(CALL, entry=replace(ENTRY, grace_seconds=86_400)), ANSWER)
    now[0] += 86_400
    assert await held(cache)
    await guarded(cache, asked)(CALL)
    assert asked.calls == 1


async def test_a_call_in_flight_does_not_bring_back_what_is_forgotten_meanwhile() -> None:
    cache, writes = MemoryAnswers(), Writes()
    await guarded(cache, Asked(meanwhile=cache.forget("acme.com")), writes)(CALL)
    await writes.settled()
    assert await held(cache) == ()


async def test_an_answer_is_held_for_every_company_that_waited_for_it() -> None:
    call = replace(CALL, party=alone())
    other = Stake("enrichment-2", Purse(), 0.0, domain="acme.com.br")

    async def join() -> None:
        call.party.stakes.append(other)

    cache, writes = MemoryAnswers(), Writes()
    await guarded(cache, Asked(meanwhile=join()), writes)(call)
    await writes.settled()
    assert len(await held(cache, "acme.com.br")) == 1
    assert await cache.forget("acme.com.br") == 1
    assert await held(cache, "acme.com") == ()


async def test_what_a_company_that_joined_has_forgotten_is_kept_for_none() -> None:
    call = replace(CALL, party=alone())

    cache, writes = MemoryAnswers(), Writes()

    async def join_and_forget() -> None:
        call.party.stakes.append(Stake("enrichment-2", Purse(), 0.0, domain="acme.com.br"))
        await cache.forget("acme.com.br")

    await guarded(cache, Asked(meanwhile=join_and_forget()), writes)(call)
    await writes.settled()
    assert await held(cache, "acme.com") == ()
