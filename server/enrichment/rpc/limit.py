"""How long something may take before its caller is told that it took too long."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from enrichment.rpc.status import Refused, stream_too_long


@asynccontextmanager
async def time_limit(seconds: float | None) -> AsyncGenerator[None]:
    """Raises Refused where the block takes longer, None: never; a TimeoutError of its own passes through."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if seconds is not None and limit.expired():
            raise Refused(stream_too_long(seconds)) from None
        raise
