"""Visits what was found, some at a time, and remembers which are done."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from enrichment.domain.harvest import Harvest, Harvests, Stage

log = logging.getLogger(__name__)

# The guards hold each source to its own pace; more at once would only wait for them.
AT_ONCE = 32

# Asks the free sources about a domain; whether anything is known of it now, and kept.
Visit = Callable[[str], Awaitable[bool]]


@dataclass(slots=True)
class Tally:
    """How many domains were visited, and of how many something is known now."""

    visited: int = 0
    filled: int = 0


async def fill(harvest: Harvest, harvests: Harvests, visit: Visit, on_visit: Callable[[int], None]) -> Tally:
    """Visits every domain that is left; killed and called again, it goes on with those."""
    left = iter(await harvests.left(harvest.id))
    tally = Tally()

    async def work() -> None:
        for domain in left:
            is_filled = await _visited(domain, visit)
            # Not in one statement: it would add to what stood there before the wait.
            tally.filled += is_filled
            await harvests.visited(harvest.id, domain)
            tally.visited += 1
            on_visit(tally.visited)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())
    await harvests.save(replace(harvest, stage=Stage.DONE))
    return tally


async def _visited(domain: str, visit: Visit) -> bool:
    try:
        return await visit(domain)
    except RuntimeError:
        # A bug that one company shows must not end the harvest of thousands.
        log.exception("nothing could be learnt of %s", domain)
        return False
