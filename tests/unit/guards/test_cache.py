"""What a source answers is kept; what fails is not."""

from collections.abc import Mapping, Sequence

import pytest

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.errors import Fault, Skipped, SkipReason
from enrichment.domain.fact import Answer
from enrichment.domain.ports import AnswerCache, Call
from enrichment.domain.subject import Subject
from enrichment.guards.cache import Writes, cached
from fakes import alone

ENTRY = Entry("website", Layer.FOUNDATION, "", {})
CALL = Call(ENTRY, Subject("acme.com"), b"acme.com", 0, alone())
ANSWER = Answer("website", True, (), (), 1.0, 2.0, cost_usd_micros=7)


class Kept:
    """A cache that remembers what it was given."""

    faults = 0

    def __init__(self) -> None:
        self.puts: list[tuple[Call, Answer]] = []

    async def get_many(self, questions: Sequence[tuple[Entry, bytes]]) -> Mapping[str, Answer]:
        raise AssertionError("a run reads the cache, not the guard")

    async def put(self, call: Call, answer: Answer) -> None:
        self.puts.append((call, answer))

    def generation(self, domain: str) -> int:
        raise AssertionError(f"nobody asks for {domain}")


async def test_an_answer_is_kept_and_handed_on_as_it_came() -> None:
    kept = Kept()
    cache: AnswerCache = kept

    async def ask(_: Call) -> Answer:
        return ANSWER

    writes = Writes()
    assert await cached(cache, writes)(ask)(CALL) is ANSWER
    assert (kept.puts, len(writes)) == ([], 1)  # no answer waits for a write
    await writes.settled()
    assert (kept.puts, len(writes)) == ([(CALL, ANSWER)], 0)


@pytest.mark.parametrize("error", [Fault("gone"), Skipped(SkipReason.DEADLINE, "too late"), RuntimeError("a bug")])
async def test_a_failure_is_handed_on_and_not_kept(error: Exception) -> None:
    kept = Kept()

    async def ask(_: Call) -> Answer:
        raise error

    with pytest.raises(type(error)):
        await cached(kept, Writes())(ask)(CALL)
    assert kept.puts == []
