"""Prepared answers: what was streamed once and would be streamed again, as bytes.

A run that had nothing to ask ends with `Completed.is_from_cache` and says until when it would end the same. Until then,
and as long as nothing new is learnt of the company, its answer is sent as it was: encoding it is most of its cost.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from enrichment.domain.event import EnrichmentRequest
from enrichment.domain.ports import Clock
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb


@dataclass(frozen=True, slots=True)
class Prepared:
    """A held answer: all messages after EnrichmentStarted, with the durations of the run they come from.

    `repeatable_until` is in seconds since the epoch; `generation` is the domain's when that run began, before it read
    anything.
    """

    request: EnrichmentRequest
    messages: tuple[bytes, ...]
    repeatable_until: float
    generation: int


def key_of(message: pb.EnrichRequest) -> bytes:
    """Everything in a request that can change its answer: all but the request id."""
    if message.request_id:
        anonymous = pb.EnrichRequest()
        anonymous.CopyFrom(message)
        anonymous.ClearField("request_id")
        message = anonymous
    return message.SerializeToString(deterministic=True)


class HeldAnswers:
    """The most recently used prepared answers, within `max_entries` and `max_bytes`.

    `generation` is Enrichments.generation: one that has moved on makes an answer of its domain out of date.
    """

    def __init__(
        self,
        clock: Clock,
        generation: Callable[[str], int],
        max_entries: int = 10_000,
        max_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._clock = clock
        self._generation = generation
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._answers: OrderedDict[bytes, Prepared] = OrderedDict()
        self._bytes = 0

    def __repr__(self) -> str:
        return f"<HeldAnswers {len(self._answers)} answers, {self._bytes} bytes>"

    def find(self, key: bytes) -> Prepared | None:
        """The answer that is still right; one that is not any more is dropped."""
        answer = self._answers.get(key)
        if answer is None:
            return None
        if not self._is_right(answer):
            self._drop(key)
            return None
        self._answers.move_to_end(key)
        return answer

    def keep(self, key: bytes, answer: Prepared) -> None:
        """Holds an answer, unless it is out of date already or larger than all that may be held."""
        size = _size(key, answer)
        if size > self._max_bytes or not self._is_right(answer):
            return
        self._drop(key)
        self._answers[key] = answer
        self._bytes += size
        while self._bytes > self._max_bytes or len(self._answers) > self._max_entries:
            self._drop(next(iter(self._answers)))

    def forget(self, domain: str) -> int:
        """Drops every answer about a company, and says how many there were."""
        keys = [key for key, answer in self._answers.items() if answer.request.domain == domain]
        for key in keys:
            self._drop(key)
        return len(keys)

    def _is_right(self, answer: Prepared) -> bool:
        is_current = self._clock() < answer.repeatable_until
        return is_current and self._generation(answer.request.domain) == answer.generation

    def _drop(self, key: bytes) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self._bytes -= _size(key, answer)


def _size(key: bytes, answer: Prepared) -> int:
    return len(key) + sum(map(len, answer.messages))
