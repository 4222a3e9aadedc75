"""What the core needs from outside, as protocols and callable shapes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from enrichment.domain.catalogue import Entry
from enrichment.domain.event import EnrichmentRequest, Event
from enrichment.domain.fact import Answer, Reading
from enrichment.domain.subject import Subject

# Seconds since the epoch.
Clock = Callable[[], float]


class Source(Protocol):
    """Something that is asked about a company.

    `question` is what it is really asked, in canonical form (None: an input is missing). `price` is the most that one
    call can cost, in micro-dollars. `ask` answers with a Reading, or raises Skipped or one of the five SourceErrors.
    """

    def question(self, subject: Subject) -> bytes | None: ...

    def price(self, subject: Subject) -> int: ...

    async def ask(self, subject: Subject) -> Reading: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One question to one source; `deadline` is in the event loop's time, `price_usd_micros` the most it can cost."""

    entry: Entry
    subject: Subject
    question: bytes
    price_usd_micros: int
    deadline: float


# The one shape of everything that answers a call, guarded or not; a guard wraps one in another.
Ask = Callable[[Call], Awaitable[Answer]]
Guard = Callable[[Ask], Ask]


class Run(Protocol):
    """One enrichment in flight: read `event` until it answers None; leaving the context ends it, synchronously.

    The first event is Started, the last is Completed. `event` raises what a bug of ours raised.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    async def event(self) -> Event | None: ...


class Enrichments(Protocol):
    """What the edge needs of the pipeline."""

    def start(self, request: EnrichmentRequest, seconds: float) -> Run:
        """An enrichment that ends within `seconds` from now."""
        ...

    def generation(self, domain: str) -> int:
        """A number that changes whenever something new is held of the domain."""
        ...


class AnswerCache(Protocol):
    """Answers held by (source, question). A fault of the store is a miss, counted in `faults`, and never an error."""

    faults: int

    async def get_many(self, questions: Sequence[tuple[Entry, bytes]]) -> Mapping[str, Answer]:
        """The held answers by source name, those past their lifetime left out."""
        ...

    async def put(self, call: Call, answer: Answer) -> None:
        """Keeps what the provider's terms allow to keep."""
        ...

    def generation(self, domain: str) -> int:
        """A number that changes whenever something is kept for the domain."""
        ...


class Store(Protocol):
    """Bytes by key with a time to live in whole seconds (at least 1)."""

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]: ...

    async def put(self, key: str, value: bytes, ttl_seconds: int) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def close(self) -> None: ...
