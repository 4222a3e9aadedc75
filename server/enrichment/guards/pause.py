"""A source that asks for a pause gets it, and one that nobody may ask any more is left alone for long."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass

from enrichment.domain.errors import QuotaExhausted, Skipped, SkipReason, SourceError, Throttled, Unauthorized
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, Call
from enrichment.guards.host import host
from enrichment.guards.span import span

log = logging.getLogger(__name__)

# After a quota that is used up or a key that is not accepted: until somebody may have seen to it.
OFF_SECONDS = 3_600.0
# Those in force at once: websites ask for pauses too, and there is no end of them.
MOST_PAUSES = 10_000


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when (event loop time) nothing is sent, and why."""

    until: float
    reason: SkipReason
    why: str


class Pauses:
    """The pauses in force in a process: of a source, of one of its many servers, or for one question."""

    def __init__(self) -> None:
        self._pauses: dict[tuple[str, str | bytes], Pause] = {}
        self.refused: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._pauses)

    def of(self, source: str, part: str | bytes = "") -> Pause | None:
        """The pause in force of a source as a whole, of one of its servers (its name) or for one question (bytes)."""
        pause = self._pauses.get((source, part))
        return pause if pause is not None and asyncio.get_running_loop().time() < pause.until else None

    def check(self, call: Call) -> None:
        """Raises Skipped while a pause is in force."""
        source = call.entry.name
        pause = self.of(source, host(call)) or self.of(source, call.question)
        if pause is None:
            return
        self.refused[source] += 1
        left = pause.until - asyncio.get_running_loop().time()
        raise Skipped(pause.reason, f"{pause.why}; next call in {span(left)}")

    def heeded(self, ask: Ask) -> Ask:
        """A guard: lets nothing through while a pause is in force, and learns of one from how a call fails."""

        async def ask_and_heed(call: Call) -> Answer:
            self.check(call)
            try:
                return await ask(call)
            except (Throttled, QuotaExhausted, Unauthorized) as error:
                self._begin(call, error)
                raise

        return ask_and_heed

    def _begin(self, call: Call, error: SourceError) -> None:
        now = asyncio.get_running_loop().time()
        pause = _pause(call, error, now)
        is_of_question = isinstance(error, Throttled) and error.is_of_question
        key = (call.entry.name, call.question if is_of_question else host(call))
        before = self.of(*key)
        if not isinstance(error, Throttled) and (before is None or before.why != pause.why):
            log.error("%s is off for %s: %s: %s", call.entry.name, span(OFF_SECONDS), type(error).__name__, error)
        # The longest wish wins.
        if before is None or before.until < pause.until:
            self._make_room(now)
            self._pauses[key] = pause

    def _make_room(self, now: float) -> None:
        if len(self._pauses) < MOST_PAUSES:
            return
        self._pauses = {key: pause for key, pause in self._pauses.items() if now < pause.until}
        if len(self._pauses) == MOST_PAUSES:
            del self._pauses[min(self._pauses, key=lambda key: self._pauses[key].until)]


def _pause(call: Call, error: SourceError, now: float) -> Pause:
    if isinstance(error, Throttled):
        seconds = call.entry.pause_seconds if error.retry_after is None else error.retry_after
        return Pause(now + seconds, SkipReason.RATE_LIMITED, f"it asked for a pause of {span(seconds)}")
    if isinstance(error, QuotaExhausted):
        return Pause(now + OFF_SECONDS, SkipReason.RATE_LIMITED, "its quota is used up")
    return Pause(now + OFF_SECONDS, SkipReason.NO_CREDENTIALS, "it does not accept this server's key")
