"""Answers held by source and question, in any store."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Call, Clock, Store
from enrichment.stores import envelope

log = logging.getLogger(__name__)

# The longest that a read or a write of the cache may hold up a request.
CAP_SECONDS = 0.1
# A store that is down fails at every request: one line a minute says so.
LOG_SECONDS = 60
# Domains whose last change is remembered one by one.
MAX_DOMAINS = 50_000
NOTHING: frozenset[Field] = frozenset()


class Answers:
    """An AnswerCache over a Store: what the terms allow is kept, a fault of the store is a miss.

    Of a source that may keep nothing, nothing is written, not even that it does not know the company. `faults` counts
    reads and writes that failed, entries that could not be read included.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._logged_at = -float("inf")
        self._changes = 0
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._floor = 0
        self.faults = 0

    async def get_many(self, questions: Sequence[tuple[Entry, bytes]]) -> Mapping[str, Answer]:
        """The held answers by source name, those past their lifetime left out; within 100 ms."""
        sources = {
            _key(entry, question): entry.name for entry, question in questions if entry.terms.kept != frozenset()
        }
        found: dict[str, Answer] = {}
        if not sources:
            return found
        unreadable: list[str] = []
        try:
            async with asyncio.timeout(CAP_SECONDS):
                for key, data in (await self._store.get_many(list(sources))).items():
                    answer = envelope.decode(data)
                    if answer is None or answer.source != sources[key]:
                        unreadable.append(key)
                    elif answer.expires_at > self._clock():
                        found[answer.source] = answer.from_cache()
                for key in unreadable:
                    self._fault(f"the entry {key} could not be read")
                    await self._store.delete(key)
        except Exception as error:  # noqa: BLE001 - whatever a store raises is a miss
            self._fault(f"a read failed: {error!r}")
        return found

    async def put(self, call: Call, answer: Answer) -> None:
        """Keeps what the provider's terms allow to keep, for as long as it counts as fresh; within 100 ms."""
        kept = _kept(call.entry, answer)
        remaining = answer.expires_at - self._clock()
        if kept is None or not remaining > 0:
            return
        try:
            async with asyncio.timeout(CAP_SECONDS):
                await self._store.put(_key(call.entry, call.question), envelope.encode(kept), max(1, int(remaining)))
        except Exception as error:  # noqa: BLE001 - an answer is not lost because it cannot be kept
            self._fault(f"a write failed: {error!r}")
        finally:
            # Only now: whoever saw the new number must be able to read what is new. A write that failed may have
            # happened all the same.
            self._change(call.subject.domain)

    def generation(self, domain: str) -> int:
        """A number that changes whenever something is kept for the domain, and now and then without that."""
        return self._changed.get(domain, self._floor)

    def _change(self, domain: str) -> None:
        self._changes += 1
        self._changed[domain] = self._changes
        self._changed.move_to_end(domain)
        if len(self._changed) > MAX_DOMAINS:
            # The domain forgotten keeps its number; every other one that is not remembered takes a new one, higher than
            # any it had, so that none seems unchanged which is not.
            _, self._floor = self._changed.popitem(last=False)

    def _fault(self, what: str) -> None:
        self.faults += 1
        now = self._clock()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            log.warning("the cache is skipped: %s (%d faults so far)", what, self.faults)


def _key(entry: Entry, question: bytes) -> str:
    return f"{envelope.VERSION}:{entry.name}:{blake2b(question, digest_size=16).hexdigest()}"


def _kept(entry: Entry, answer: Answer) -> Answer | None:
    """What of an answer may be kept, None for nothing: an answer emptied by terms would pass for all that is known."""
    terms = entry.terms
    facts = tuple(fact for fact in answer.facts if not fact.is_transient and terms.may_keep(fact.field))
    documents = answer.documents if terms.kept is None else ()
    if terms.kept == NOTHING or (answer.is_found and terms.kept is not None and not facts):
        return None
    return replace(answer, facts=facts, documents=documents)
