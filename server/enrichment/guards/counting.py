"""What is asked of each source, counted as the requests leave."""

from dataclasses import replace

from enrichment.domain.errors import Skipped, SourceError
from enrichment.domain.fact import Answer
from enrichment.domain.money import cost_of_failure
from enrichment.domain.operation import Counts
from enrichment.domain.ports import Ask, Call


class Counters:
    """The counts of a process, by source, from `since` (seconds since the epoch)."""

    def __init__(self, since: float) -> None:
        self._counts: dict[str, Counts] = {}
        self.since = since

    def of(self, source: str) -> Counts:
        """What has been counted of a source."""
        return self._counts.get(source, Counts())

    def hit(self, source: str) -> None:
        """Counts an answer that was served from the cache."""
        counts = self.of(source)
        self._counts[source] = replace(counts, cache_hits=counts.cache_hits + 1)

    def counted(self, ask: Ask) -> Ask:
        """A guard: counts what goes on to the source and how it ends, each attempt by itself."""

        async def ask_and_count(call: Call) -> Answer:
            try:
                answer = await ask(call)
            except Skipped:
                # The source itself found that it may not be asked: nothing has left.
                raise
            except SourceError as error:
                self._add(call, cost_of_failure(error, call.price_usd_micros), is_failure=True)
                raise
            except BaseException:
                self._add(call, call.price_usd_micros, is_failure=False)
                raise
            self._add(call, answer.cost_usd_micros, is_failure=False)
            return answer

        return ask_and_count

    def _add(self, call: Call, cost_usd_micros: int, *, is_failure: bool) -> None:
        counts = self.of(call.entry.name)
        self._counts[call.entry.name] = replace(
            counts,
            calls=counts.calls + 1,
            failures=counts.failures + is_failure,
            spent_usd_micros=counts.spent_usd_micros + cost_usd_micros,
        )
