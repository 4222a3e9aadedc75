"""A second attempt, where it costs nothing and the first did not."""

import asyncio
from collections.abc import Callable

from enrichment.domain.errors import Fault
from enrichment.domain.fact import Answer
from enrichment.domain.money import cost_of_failure
from enrichment.domain.ports import Ask, Call

# Of all calls, the share that may be repeated, and how many more after a quiet time: a provider that fails for
# everybody is not helped by twice the calls (the retry budget of Finagle, at half its share).
SHARE = 0.10
MOST_SAVED = 10.0
# The pause before it: half to all of this, by chance, so that what failed together is not repeated together.
PAUSE_SECONDS = 0.10


class Retries:
    """The retry budget of one process; `random` gives numbers from 0 to 1."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._saved = MOST_SAVED

    def retried(self, ask: Ask) -> Ask:
        """A guard: repeats what broke, if it is free or certainly not billed, and time is left for as long again.

        Not our own database, which all other sources wait for.
        """

        async def ask_again(call: Call) -> Answer:
            loop = asyncio.get_running_loop()
            self._saved = min(MOST_SAVED, self._saved + SHARE)
            began = loop.time()
            try:
                return await ask(call)
            except Fault as error:
                pause = PAUSE_SECONDS * (1 + self._random()) / 2
                took = loop.time() - began
                if self._saved < 1 or not _is_worth_it(call, error) or loop.time() + pause + took > call.deadline:
                    raise
                self._saved -= 1
                # Before the pause: who leaves during it owes nothing, and the last to leave ends it.
                _begin_anew(call)
                await asyncio.sleep(pause)
                if loop.time() + took > call.deadline:
                    # Who waited longest has left meanwhile.
                    raise
            return await ask(call)

        return ask_again


def _is_worth_it(call: Call, error: Fault) -> bool:
    return not call.entry.is_local and cost_of_failure(error, call.price_usd_micros) == 0


def _begin_anew(call: Call) -> None:
    """Nothing of the new attempt has been sent, and nobody owes anything for the old one."""
    call.party.is_sent = False
    for stake in call.party.stakes:
        stake.is_liable = False
