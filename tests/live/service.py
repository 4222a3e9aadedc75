"""Servers as processes of their own, which tests ask, stop and kill."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager


@asynccontextmanager
async def served(environ: Mapping[str, str]) -> AsyncGenerator[tuple[asyncio.subprocess.Process, str], None]:
    """`imensiah serve` and the address that it prints."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "enrichment", "serve", stdout=subprocess.PIPE, env={**os.environ, **environ}
    )
    try:
        assert child.stdout
        line = (await asyncio.wait_for(child.stdout.readline(), 30)).decode()
        found = re.search(r"[\d.]+:\d+", line)
        assert found, line
        yield child, found.group()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
