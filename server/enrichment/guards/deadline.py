"""Every call ends by its source's own time limit; how long an enrichment waits for it is another matter (flight.py)."""

import asyncio

from enrichment.domain.errors import Fault
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call

# How much longer than its own limit a call may take before it is stopped from outside.
OVERSTAY_SECONDS = 0.05


def timed(ask: Ask) -> Ask:
    """A guard: a call that takes too long is a Fault whose cost nobody knows.

    The source's own limit comes a little before: its client can tell whether anything was sent.
    """

    async def timed_ask(call: Call) -> Answer:
        now = asyncio.get_running_loop().time()
        limit = now + call.entry.timeout_ms / 1000 + OVERSTAY_SECONDS
        timeout = asyncio.timeout_at(limit)
        try:
            async with timeout:
                return await ask(call)
        except TimeoutError:
            if not timeout.expired():
                raise
            waited = round((limit - now) * 1000)
            raise Fault(f"no answer within {waited} ms", is_cost_unknown=True) from None

    return timed_ask
