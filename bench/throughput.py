"""Warm streams per second over a bare grpc.aio server that streams the same bytes.

Each server has a process of its own; the load is offered to one, then the other, round after round, so that whatever
else the machine does falls on both.

Run: python bench/throughput.py [rounds]
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import grpc
from processes import process

from enrichment.sandbox import SandboxSettings, sandbox
from imensiah.enrichment.v1.company_pb2 import CompanyField
from imensiah.enrichment.v1.enrichment_service_pb2 import EnrichRequest, EnrichResponse

METHOD = "/imensiah.enrichment.v1.EnrichmentService/Enrich"
STREAMS = 400  # per round and server
AT_ONCE = 32
TARGET = 0.6
NOT_HELD = (
    CompanyField.COMPANY_FIELD_UNSPECIFIED,
    CompanyField.COMPANY_FIELD_COORDINATES,
    CompanyField.COMPANY_FIELD_OPENING_HOURS,
    CompanyField.COMPANY_FIELD_RATING,
)
HERE = Path(__file__).parent


async def read_all(channel: grpc.aio.Channel, request: bytes) -> list[bytes]:
    stub: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(METHOD)  # type: ignore[assignment]
    return [message async for message in stub(request)]


async def streams_per_second(channel: grpc.aio.Channel, request: bytes) -> float:
    left = STREAMS

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await read_all(channel, request)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return STREAMS / (time.perf_counter() - began)


async def compare(ours: str, messages: list[bytes], request: bytes, rounds: int) -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".hex") as file:
        file.write("\n".join(message.hex() for message in messages))
        file.flush()
        async with (
            process(str(HERE / "bare_server.py"), file.name) as bare,
            grpc.aio.insecure_channel(ours) as one,
            grpc.aio.insecure_channel(bare.address) as other,
        ):
            pairs = [
                (await streams_per_second(one, request), await streams_per_second(other, request))
                for _ in range(rounds + 1)
            ][1:]
    size = sum(len(message) for message in messages)
    print(f"{len(messages)} messages, {size} bytes a stream; {rounds} rounds of {STREAMS}")
    mine, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    print(f"ours {mine:.0f} streams/s, bare {theirs:.0f} streams/s")
    ratios = sorted(ours / bare for ours, bare in pairs)
    middle = statistics.median(ratios)
    verdict = "met" if middle >= TARGET else "MISSED"
    print(f"ratio p50 {middle:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})   target >= {TARGET}   {verdict}")
    return 0 if middle >= TARGET else 1


async def main(rounds: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        async with sandbox(SandboxSettings(latency_scale=0.0)) as box:
            environ = {**box.environment, "IMENSIAH_LISTEN": "127.0.0.1:0", "IMENSIAH_DATA_DIR": folder}
            async with process("-m", "enrichment", "serve", environ=environ) as ours:
                brazilian, _ = box.world.showcase
                # What Mapbox says may not be kept: with its coordinates no answer is ever wholly held.
                wanted = [field for field in CompanyField.values() if field not in NOT_HELD]
                request = EnrichRequest(website_url=brazilian, wanted_fields=wanted).SerializeToString()
                async with grpc.aio.insecure_channel(ours.address) as channel:
                    # The first asks the sources, the second the cache; from the third on it is prepared.
                    for _ in range(2):
                        await read_all(channel, request)
                    messages = await read_all(channel, request)
                last = EnrichResponse.FromString(messages[-1])
                assert last.completed.from_cache, "the answer is not wholly held: a source was asked again"
                return await compare(ours.address, messages, request, rounds)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)))
