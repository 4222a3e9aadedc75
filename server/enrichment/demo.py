"""`imensiah demo`: a sandbox, a server and a few calls, in one process, on this machine alone."""

import tempfile
import time

from rich.console import Console
from rich.text import Text

from enrichment.app import serving
from enrichment.domain.company import DEFAULT_FIELDS, Field
from enrichment.sandbox import SandboxSettings, sandbox
from enrichment.settings import load
from enrichment.terminal.parts import part
from enrichment.terminal.show import put, show
from enrichment_client import EnrichmentClient, EnrichOptions

INTRODUCTION = (
    "A server starts on this machine, and a sandbox that stands in for every provider: "
    "invented companies, no keys, no money, no connection to anywhere else.\n"
)
NEXT = """
All of it is gone again. To go on, in three terminals:

  imensiah sandbox    the same companies; prints what points a server at them
  imensiah serve      with that set; without it, the real world is asked
  imensiah enrich {domain}

or from anything that speaks gRPC:

  grpcurl -plaintext -d '{{"website_url": "{domain}"}}' \\
    127.0.0.1:50051 imensiah.enrichment.v1.EnrichmentService/Enrich\
"""
KEPT_FIELDS = sorted(DEFAULT_FIELDS - {Field.COORDINATES})


async def demo(console: Console) -> None:
    """Enriches a Brazilian and a US company, then the first again from the cache; leaves nothing behind."""
    put(console, Text(INTRODUCTION))
    with tempfile.TemporaryDirectory(prefix="imensiah-demo-") as folder:
        async with sandbox(SandboxSettings()) as providers:
            # Nothing of the user's own environment: his keys cost money.
            environ = {**providers.environment, "IMENSIAH_DATA_DIR": folder, "IMENSIAH_LISTEN": "127.0.0.1:0"}
            async with serving(load(environ)) as address, EnrichmentClient(address) as client:
                brazilian, american = providers.world.showcase
                await _enrich(client, brazilian, console)
                await _enrich(client, american, console)
                await _enrich_again(client, brazilian, console)
    put(console, Text(NEXT.format(domain=brazilian)))


async def _enrich(client: EnrichmentClient, domain: str, console: Console) -> None:
    put(console, Text(f"$ imensiah enrich {domain}\n", "dim"))
    async with client.enrich(domain, EnrichOptions(include_source_outcomes=True)) as events:
        await show(events, console, time.time)
    put(console, Text())


async def _enrich_again(client: EnrichmentClient, domain: str, console: Console) -> None:
    put(console, Text(f"{domain} again, but for Mapbox's coordinates, which may not be kept", "dim"))
    async with client.enrich(domain, EnrichOptions(wanted_fields=KEPT_FIELDS)) as events:
        async for event in events:
            shown = part(event, time.time()) if event.HasField("completed") else None
            if shown is not None:
                put(console, shown)
