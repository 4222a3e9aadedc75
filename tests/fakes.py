"""Small honest stand-ins: a scripted source, a cache without a store, a clock that tests set."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import DEFAULT_FIELDS, Field, Value
from enrichment.domain.event import EnrichmentRequest
from enrichment.domain.fact import Answer, Claim, Document, Fact, Reading
from enrichment.domain.ports import Call
from enrichment.domain.subject import Hints, Subject

NOON = 1_800_000_000.0


def entry(
    name: str, layer: Layer = Layer.FOUNDATION, *, brings: tuple[Field, ...] = (Field.NAME,), **changes: Any
) -> Entry:
    """A catalogue entry with a prior of 0.9 for the fields in `brings`."""
    values: dict[str, Any] = {
        "base_url": "",
        "brings": dict.fromkeys(brings, 0.9),
        "lifetime_seconds": 86_400,
        "lineage": name,
        "needs": "something",
        **changes,
    }
    return Entry(name=name, layer=layer, **values)


def request(domain: str = "vidraria.com.br", **changes: Any) -> EnrichmentRequest:
    """A request for everything, with the default budget."""
    values: dict[str, Any] = {
        "hints": Hints(),
        "wanted": DEFAULT_FIELDS,
        "layers": frozenset(Layer),
        "max_cost_usd_micros": 50_000,
        **changes,
    }
    return EnrichmentRequest(domain=domain, **values)


def fact(name: Field, value: Value, source: str = "website", confidence: float = 0.7) -> Fact:
    """A fact read at noon, fresh for a day."""
    return Fact(name, value, source, confidence, NOON, NOON + 86_400)


def reading(*claims: tuple[Field, Value], text: str = "") -> Reading:
    """A reading with these claims, and a page where there is text."""
    documents = (Document("https://vidraria.com.br/", "", text),) if text else ()
    return Reading(tuple(Claim(name, value) for name, value in claims), documents)


@dataclass
class FakeSource:
    """Answers `reads` after `seconds`, or raises it; `needs` is the field without which it has no question."""

    reads: Reading | Exception = Reading()
    seconds: float = 0.0
    needs: Field | None = None
    cost: int = 0
    asked: list[Subject] = field(default_factory=list[Subject])
    is_closed: bool = False

    def question(self, subject: Subject) -> bytes | None:
        if self.needs is None:
            return subject.domain.encode()
        value = subject.known.get(self.needs)
        return None if value is None else str(value).encode()

    def price(self, subject: Subject) -> int:
        return self.cost

    async def ask(self, subject: Subject) -> Reading:
        self.asked.append(subject)
        await asyncio.sleep(self.seconds)
        if isinstance(self.reads, Exception):
            raise self.reads
        return self.reads

    async def close(self) -> None:
        self.is_closed = True


@dataclass
class FakeCache:
    """Holds answers for ever, and counts how often it is read."""

    held: dict[tuple[str, bytes], Answer] = field(default_factory=dict[tuple[str, bytes], Answer])
    reads: int = 0
    puts: int = 0

    async def get_many(self, questions: Sequence[tuple[Entry, bytes]]) -> Mapping[str, Answer]:
        self.reads += 1
        found = {entry.name: self.held.get((entry.name, question)) for entry, question in questions}
        return {name: answer.from_cache() for name, answer in found.items() if answer}

    async def put(self, call: Call, answer: Answer) -> None:
        self.puts += 1
        self.held[call.entry.name, call.question] = answer

    def generation(self, domain: str) -> int:
        return self.puts
