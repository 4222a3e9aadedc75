"""The sandbox in a process of its own, with one delay before every answer.

Run: python bench/providers.py DELAY_MS   (prints its address, then the variables of a server as JSON, on one line)
"""

import asyncio
import json
import sys

from enrichment.sandbox import SandboxSettings, sandbox


async def main(delay_ms: float) -> None:
    async with sandbox(SandboxSettings(fixed_latency_ms=delay_ms)) as box:
        print(json.dumps(dict(box.environment)), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
