"""What the service adds to its providers: every exchange is delayed by 100 ms, the rest is ours.

Wall time of a stream over the critical path of its layers, and time to the first LayerResult over the slowest
FOUNDATION source. The path is counted, not timed: the exchanges that had to follow one another, by the journal.

Run: python bench/overhead.py [companies]
"""

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass

from enrichment.app import serving
from enrichment.catalogue import load as load_catalogue
from enrichment.domain.catalogue import Layer
from enrichment.sandbox import Sandbox, SandboxSettings, sandbox
from enrichment.settings import load
from enrichment_client import EnrichmentClient
from imensiah.enrichment.v1.enrichment_service_pb2 import Disposition, EnrichResponse

DELAY_MS = 100
TARGET = 1.10
CALLED = (Disposition.DISPOSITION_FOUND, Disposition.DISPOSITION_NOT_FOUND, Disposition.DISPOSITION_FAILED)


@dataclass(frozen=True)
class Measured:
    """One enrichment: seconds of wall time and to the first layer, and the counted paths in exchanges."""

    wall: float
    first_layer: float
    path: int
    foundation_path: int


async def measure(client: EnrichmentClient, box: Sandbox, domain: str) -> Measured:
    box.reset()
    began = time.perf_counter()
    first_layer = 0.0
    events: list[EnrichResponse] = []
    async with client.enrich(domain) as stream:
        async for event in stream:
            events.append(event)
            if event.WhichOneof("event") == "layer" and not first_layer:
                first_layer = time.perf_counter() - began
    wall = time.perf_counter() - began
    called = {outcome.source for event in events for outcome in event.layer.sources if outcome.disposition in CALLED}
    foundation = website_chain(box)
    return Measured(wall, first_layer, foundation + chain_behind_foundation(called), foundation)


def chain_behind_foundation(called: set[str]) -> int:
    """The longest chain of called sources behind FOUNDATION, each of which waits for the one before (`after`)."""
    depths: dict[str, int] = {}
    for entry in load_catalogue():  # in an order in which none waits for a later one
        before = max((depths[name] for name in entry.after), default=0)
        depths[entry.name] = before + int(entry.layer is not Layer.FOUNDATION and entry.name in called)
    return max(depths.values())


def website_chain(box: Sandbox) -> int:
    """Exchanges with the site that followed one another; those that came together count once."""
    steps, last = 0, 0.0
    for exchange in box.journal("website"):
        if exchange.at - last > DELAY_MS / 2000:
            steps, last = steps + 1, exchange.at
    return steps


def row(name: str, ratios: list[float]) -> bool:
    middle, worst = statistics.median(ratios), sorted(ratios)[int(len(ratios) * 0.95)]
    is_met = middle <= TARGET
    print(f"{name:<48} p50 {middle:5.3f}   p95 {worst:5.3f}   target <= {TARGET:.2f}   {'met' if is_met else 'MISSED'}")
    return is_met


async def main(companies: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with sandbox(SandboxSettings(fixed_latency_ms=DELAY_MS)) as box:
            environ = {
                **box.environment,
                "IMENSIAH_LISTEN": "127.0.0.1:0",
                "IMENSIAH_DATA_DIR": folder,
                # Company after company: a registry's own pace is no work of ours.
                "IMENSIAH_SOURCES__RDAP__MIN_INTERVAL_MS": "0",
            }
            async with serving(load(environ)) as address, EnrichmentClient(address) as client:
                domains = [box.world.domain(i) for i in range(companies + 2)]
                for domain in domains[:2]:  # imports, connections and pages of the interpreter, once
                    await measure(client, box, domain)
                measured = [await measure(client, box, domain) for domain in domains[2:]]
    delay = DELAY_MS / 1000
    print(f"{len(measured)} companies, every exchange delayed by {DELAY_MS} ms, one at a time")
    paths = [each.path for each in measured]
    print(f"critical path: {min(paths)} to {max(paths)} exchanges, median {statistics.median(paths):.0f}")
    met = row("wall time / critical path", [each.wall / (each.path * delay) for each in measured])
    met &= row(
        "first LayerResult / slowest FOUNDATION source",
        [each.first_layer / (each.foundation_path * delay) for each in measured],
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)))
