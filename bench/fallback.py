"""How soon Anthropic is asked once Groq has failed, for each way in which Groq fails.

From the moment at which Groq's call ends in its error to the arrival of Anthropic's request at the sandbox; the first
call of each server counts, with its connection to open. Groq's own time until it fails is shown beside it.

Run: python bench/fallback.py [rounds]
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice

from enrichment import app
from enrichment.app import serving
from enrichment.domain.catalogue import Entry
from enrichment.domain.errors import SourceError
from enrichment.domain.fact import Reading
from enrichment.domain.ports import Source
from enrichment.domain.subject import Subject
from enrichment.sandbox import Sandbox, SandboxSettings, World, sandbox
from enrichment.settings import load
from enrichment.sources import build
from enrichment_client import EnrichmentClient

MOST_MS = 50.0
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Way:
    """One way to fail: the sandbox's fault, and variables of the server without their prefix."""

    name: str
    mode: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict[str, float])
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


WAYS = (
    Way("429, asks for a pause", "throttle", {"retry_after": 30}),
    Way("413, too large", "fail", {"status": 413}),
    Way("400, no valid JSON", "fail", {"status": 400}),
    Way("200, nothing that can be read", "rubbish"),
    Way("404, model gone", "fail", {"status": 404}),
    Way("500", "fail", {"status": 500}),
    Way("connection refused", variables={"SOURCES__GROQ__BASE_URL": NOWHERE}),
    Way("no answer in time", "hang"),
)


class Watched:
    """Groq, with a note of when its last call began and when it failed, in seconds since the epoch."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.began = self.failed = 0.0
        self.question, self.price, self.close = source.question, source.price, source.close

    async def ask(self, subject: Subject) -> Reading:
        self.began = time.time()
        try:
            return await self._source.ask(subject)
        except SourceError:
            self.failed = time.time()
            raise
        except asyncio.CancelledError:
            # The guards' own limit came first.
            self.failed = time.time()
            raise


def companies(world: World) -> Iterator[str]:
    """Domains whose site has something for a model to read."""
    for number in count():
        company = world.company(world.domain(number))
        if company and company.site.state == "up":
            yield world.domain(number)


async def measure(box: Sandbox, way: Way, domain: str) -> tuple[float, float]:
    """Milliseconds until Groq failed, and from there until Anthropic was asked."""
    watched: list[Watched] = []

    def built(entry: Entry) -> Source:
        if entry.name != "groq":
            return build(entry)
        watched.append(Watched(build(entry)))
        return watched[0]

    app.build = built
    box.reset()
    if way.mode:
        box.set_fault("groq", way.mode, **way.parameters)
    with tempfile.TemporaryDirectory() as folder:
        own = {f"IMENSIAH_{name}": value for name, value in way.variables.items()}
        environ = {**box.environment, "IMENSIAH_LISTEN": "127.0.0.1:0", "IMENSIAH_DATA_DIR": folder, **own}
        async with serving(load(environ)) as address, EnrichmentClient(address) as client:
            async with client.enrich(domain) as events:
                async for _ in events:
                    pass
    [asked] = box.journal("anthropic")
    [groq] = watched
    return (groq.failed - groq.began) * 1000, (asked.at - groq.failed) * 1000


async def main(rounds: int) -> int:
    is_met = True
    async with sandbox(SandboxSettings(latency_scale=0)) as box:
        first, *domains = islice(companies(box.world), rounds + 1)
        await measure(box, WAYS[1], first)  # imports, once
        print(f"{'how Groq fails':<32} {'after':>10} {'then Anthropic is asked in':>28}   target <= {MOST_MS:.0f} ms")
        for way in WAYS:
            measured = [await measure(box, way, domain) for domain in domains]
            own, gap = (statistics.median(each) for each in zip(*measured, strict=True))
            is_met &= gap <= MOST_MS
            print(f"{way.name:<32} {own:>7.1f} ms {gap:>25.1f} ms   {'met' if gap <= MOST_MS else 'MISSED'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)))
