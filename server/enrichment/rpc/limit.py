"""How long something may take before its caller is told that it took too long."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from enrichment.rpc.status import Refused, stream_too_long


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncGenerator[None]:
    """Raises Refused where the block takes longer; a TimeoutError of its own passes through."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise Refused(stream_too_long(seconds)) from None
        raise
