"""Failures in the log, where one provider's bad hour must not write a line for every company."""

import logging
from collections.abc import Callable

from enrichment.domain.errors import SourceError
from enrichment.domain.ports import Call

log = logging.getLogger(__name__)

# Between two warnings about one kind of failure of one source; what happens meanwhile is counted.
QUIET_SECONDS = 60.0


class FailureLog:
    """Warns of the first failure of a source and kind, then once a minute with a count; says the others at DEBUG."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # When a source and kind were last warned of, and how often they have been seen since.
        self._seen: dict[tuple[str, type[SourceError]], tuple[float, int]] = {}

    def note(self, call: Call, error: SourceError) -> None:
        """Logs one failed call, or counts it."""
        source, kind, now = call.entry.name, type(error), self._clock()
        warned_at, more = self._seen.get((source, kind), (-QUIET_SECONDS, 0))
        is_due = now - warned_at >= QUIET_SECONDS
        self._seen[source, kind] = (now, 0) if is_due else (warned_at, more + 1)
        level = logging.WARNING if is_due else logging.DEBUG
        counted = f" (and {more} more like it since the last warning)" if is_due and more else ""
        log.log(level, "%s failed for %s: %s: %s%s", source, call.subject.domain, kind.__name__, error, counted)
