"""What a server still answers when more is asked of it than it can do.

Every request is about another company, so that nothing is held; providers answer in 100 ms, and nothing but the server
itself is a limit. Requests come by chance and wait for nobody (an open loop), so many times as fast as the server can
answer. Goodput: answers per second that came whole and within the deadline. Server, providers and load have a process
each, so on few cores they compete for them.

Run: python bench/overload.py [rounds] [--smoke]
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import grpc
from processes import process, resident_mib

from enrichment.catalogue import load as load_catalogue
from enrichment.sandbox import SandboxSettings, World
from imensiah.enrichment.v1.enrichment_service_pb2 import EnrichRequest, EnrichResponse, SkipReason

METHOD = "/imensiah.enrichment.v1.EnrichmentService/Enrich"
HERE = Path(__file__).parent
DELAY_MS = 100
# What an enrichment alone takes about 0.8 s for.
DEADLINE_SECONDS = 4.0
FACTORS = (1, 2, 5, 10)
TARGETS: Mapping[int, float] = {1: 0.0, 2: 0.9, 5: 0.7, 10: 0.0}
BACK_SECONDS = 5.0
AT_ONCE = (8, 16, 32)
FLOOD_AT_ONCE = 64
CONNECTIONS = 4
STAGE_SECONDS = 6.0
SETTLING_SECONDS = 2.0
NO_RETRIES = (("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1))
# More time would have helped.
LATE = (SkipReason.SKIP_REASON_DEADLINE, SkipReason.SKIP_REASON_RATE_LIMITED, SkipReason.SKIP_REASON_CIRCUIT_OPEN)


@dataclass
class Tally:
    """How the requests of a stage ended; of those that came whole and in time, when, and how long each took."""

    good: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    refused: int = 0
    partial: int = 0
    late: int = 0
    began: float = field(default_factory=time.perf_counter)

    def goodput(self, seconds: float) -> float:
        """Good answers per second of a stage, without its beginning and what it leaves behind."""
        start = min(SETTLING_SECONDS, seconds / 3)
        return sum(start <= at - self.began < seconds for at, _ in self.good) / (seconds - start)

    @property
    def middle(self) -> float:
        """How long a good answer took, in seconds: the median."""
        return statistics.median(took for _, took in self.good) if self.good else 0.0


@dataclass(frozen=True)
class Load:
    """Where the requests go, and the companies that they are about, each once."""

    channels: list[grpc.aio.Channel]
    domains: Iterator[str]

    async def ask(self, tally: Tally) -> bool:
        """One request, tallied; False where it was refused."""
        request = EnrichRequest(website_url=next(self.domains)).SerializeToString()
        channel = random.choice(self.channels)
        stub: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(METHOD)  # type: ignore[assignment]
        began, last = time.perf_counter(), b""
        try:
            async for message in stub(request, timeout=DEADLINE_SECONDS):
                last = message
        except grpc.aio.AioRpcError as error:
            is_refused = error.code() is grpc.StatusCode.UNAVAILABLE
            tally.refused += is_refused
            tally.late += not is_refused
            return not is_refused
        shortfalls = EnrichResponse.FromString(last).completed.shortfalls
        if any(shortfall.reason in LATE or shortfall.HasField("error") for shortfall in shortfalls):
            tally.partial += 1
        else:
            now = time.perf_counter()
            tally.good.append((now, now - began))
        return True

    async def open_loop(self, rate: float, seconds: float) -> Tally:
        """Requests by chance, `rate` a second on average, whatever becomes of them."""
        loop, tally, chance = asyncio.get_running_loop(), Tally(), random.Random(rate)
        at = began = loop.time()
        asked: list[asyncio.Task[bool]] = []
        while at < began + seconds:
            await asyncio.sleep(at - loop.time())
            asked.append(asyncio.create_task(self.ask(tally)))
            at += chance.expovariate(rate)
        await asyncio.gather(*asked)
        return tally

    async def closed_loop(self, at_once: int, seconds: float, pause: float = 0.5) -> Tally:
        """So many callers, each of whom asks again at once, or after a pause where he was refused."""
        tally, ends_at = Tally(), time.perf_counter() + seconds

        async def caller() -> None:
            while time.perf_counter() < ends_at:
                if not await self.ask(tally):
                    await asyncio.sleep(pause)

        await asyncio.gather(*(caller() for _ in range(at_once)))
        return tally

    async def seconds_until_normal(self, normal: float) -> float:
        """How long after an overload one who asks alone is answered as fast as before, within a half."""
        began = time.perf_counter()
        while (waited := time.perf_counter() - began) < 4 * BACK_SECONDS:
            tally = Tally()
            await self.ask(tally)
            if tally.good and tally.middle <= 1.5 * normal:
                break
            await asyncio.sleep(0.1)
        return waited


def unlimited() -> dict[str, str]:
    """Nothing but the server itself holds calls back."""
    limits = {"MIN_INTERVAL_MS": "0", "MAX_CONCURRENT": "1000"}
    names = [entry.name.upper() for entry in load_catalogue()]
    return {f"IMENSIAH_SOURCES__{name}__{key}": value for name in names for key, value in limits.items()}


@dataclass(frozen=True)
class Bench:
    """A load on the server of this process, in stages of so many seconds."""

    load: Load
    pid: int
    seconds: float

    def row(self, name: str, tally: Tally) -> float:
        """Prints a stage; its goodput."""
        goodput, refused = tally.goodput(self.seconds), tally.refused / self.seconds
        print(
            f"{name:<20} goodput {goodput:5.1f}/s   p50 {tally.middle * 1000:5.0f} ms   refused {refused:6.1f}/s   "
            f"partial {tally.partial:3}   late {tally.late:3}   {resident_mib(self.pid):4.0f} MiB",
            flush=True,
        )
        return goodput

    async def capacity(self) -> float:
        """The most that callers who wait for their answers get out of it."""
        stages = [(at_once, await self.load.closed_loop(at_once, self.seconds)) for at_once in AT_ONCE]
        return max(self.row(f"{at_once} at a time", tally) for at_once, tally in stages)

    async def shares(self, capacity: float) -> dict[int, float]:
        """One round of all overloads: the goodput of each over the highest of the round."""
        goodput = {
            factor: self.row(
                f"{factor} times {capacity:.1f}/s", await self.load.open_loop(factor * capacity, self.seconds)
            )
            for factor in FACTORS
        }
        peak = max(capacity, *goodput.values())
        return {factor: rate / peak for factor, rate in goodput.items()}

    async def run(self, rounds: int) -> bool:
        """Whether all targets were met; goodputs as the median of several rounds."""
        alone = await self.load.closed_loop(1, self.seconds)
        self.row("one at a time", alone)
        shares: list[dict[int, float]] = []
        waits: list[float] = []
        for _ in range(rounds):
            shares.append(await self.shares(await self.capacity()))
            waits.append(await self.load.seconds_until_normal(alone.middle))
        flood = await self.load.closed_loop(FLOOD_AT_ONCE, self.seconds, pause=0.0)
        self.row(f"{FLOOD_AT_ONCE} without a pause", flood)
        is_met = verdict(
            f"normal again after {max(waits):.1f} s   target <= {BACK_SECONDS:g} s", max(waits) <= BACK_SECONDS
        )
        for factor in FACTORS:
            share, target = statistics.median(each[factor] for each in shares), TARGETS[factor]
            is_met &= verdict(f"at {factor} times {share:.2f} of the peak   target >= {target}", share >= target)
        return is_met


def verdict(what: str, is_met: bool) -> bool:
    print(f"{what}   {'met' if is_met else 'MISSED'}")
    return is_met


async def main(rounds: int, seconds: float) -> bool:
    world = World(SandboxSettings().seed)
    domains = (world.domain(number) for number in count())
    with tempfile.TemporaryDirectory() as folder:
        async with process(str(HERE / "providers.py"), str(DELAY_MS)) as providers:
            own = {"IMENSIAH_LISTEN": "127.0.0.1:0", "IMENSIAH_DATA_DIR": folder}
            environ = {**json.loads(providers.said), **unlimited(), **own}
            async with process("-m", "enrichment", "serve", environ=environ) as server, AsyncExitStack() as stack:
                channels = [
                    await stack.enter_async_context(grpc.aio.insecure_channel(server.address, options=NO_RETRIES))
                    for _ in range(CONNECTIONS)
                ]
                load = Load(channels, domains)
                await load.closed_loop(4, min(2.0, seconds))  # imports and connections, once
                return await Bench(load, server.pid, seconds).run(rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", type=int, nargs="?", default=3)
    parser.add_argument(
        "--smoke", action="store_true", help="whether it runs at all, in seconds; its figures say little"
    )
    given = parser.parse_args()
    is_met = asyncio.run(main(1, 1.0) if given.smoke else main(given.rounds, STAGE_SECONDS))
    sys.exit(0 if is_met or given.smoke else 1)
