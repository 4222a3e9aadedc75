"""Answers held by source and question, in any store."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.fact import Answer
from enrichment.domain.ports import CacheUnavailable, Call, Clock, Held, Owners, Store
from enrichment.stores import envelope
from enrichment.stores.envelope import Kept

log = logging.getLogger(__name__)

# The longest that a read or a write of the cache may hold up a request.
CAP_SECONDS = 0.1
# Forgetting is worth a longer wait.
FORGET_SECONDS = 5.0
# A store that is down fails at every request: one line a minute says so.
LOG_SECONDS = 60
# Domains whose last change is remembered one by one.
MAX_DOMAINS = 50_000
NOTHING: frozenset[Field] = frozenset()


class Answers:
    """An AnswerCache over a Store: what the terms allow is kept, a fault of the store is a miss.

    Of a source that may keep nothing, or is our own database, nothing is written, not even that it does not know the
    company. `faults` counts reads and writes that failed, entries that could not be read included. `is_on` False:
    nothing is read or written, and what is held from earlier can be forgotten all the same.
    """

    def __init__(self, store: Store, clock: Clock, *, is_on: bool = True) -> None:
        self._store = store
        self._clock = clock
        self._is_on = is_on
        self._logged_at = -float("inf")
        self._changes = 0
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._floor = 0
        self.faults = 0

    async def get_many(self, domain: str, questions: Sequence[tuple[Entry, bytes]]) -> Held:
        """What is held for the questions, asked for the company of this domain; within 100 ms."""
        sources = {
            _key(entry, question): entry.name
            for entry, question in questions
            if entry.terms.kept != NOTHING and not entry.is_local
        }
        held = Held(fresh := {}, stale := {})
        if not sources or not self._is_on:
            return held
        try:
            async with asyncio.timeout(CAP_SECONDS):
                for key, kept in (await self._read(list(sources))).items():
                    if kept.answer.source != sources[key]:
                        await self._drop(key)
                        continue
                    await self._link(key, kept, domain)
                    is_fresh = kept.answer.expires_at > self._clock()
                    (fresh if is_fresh else stale)[kept.answer.source] = kept.answer.from_cache()
        except Exception as error:  # noqa: BLE001 - whatever a store raises is a miss
            self._fault(f"a read failed: {error!r}")
        return held

    async def put(self, call: Call, answer: Answer, began: float) -> None:
        """Keeps what the provider's terms allow to keep, through its time of grace; within 100 ms.

        Nothing is kept where a company that it serves was forgotten since `began` (event loop time).
        """
        answer_to_keep = None if call.entry.is_local else _kept(call.entry, answer)
        now = self._clock()
        if answer_to_keep is None or not answer.expires_at > now or not self._is_on:
            return
        # No grace for a not-found: nobody is served by an old one.
        ends_at = answer.expires_at + (call.entry.grace_seconds if answer.is_found else 0)
        domains = dict.fromkeys([call.subject.domain, *(stake.domain for stake in call.party.stakes if stake.domain)])
        try:
            async with asyncio.timeout(CAP_SECONDS):
                data = envelope.encode(Kept(answer_to_keep, ends_at, call.subject.domain))
                owners = Owners(tuple(domains), asyncio.get_running_loop().time() - began)
                await self._store.put(_key(call.entry, call.question), data, max(1, int(ends_at - now)), owners)
        except Exception as error:  # noqa: BLE001 - an answer is not lost because it cannot be kept
            self._fault(f"a write failed: {error!r}")
        finally:
            # Only now: whoever saw the new number must be able to read what is new. A write that failed may have
            # happened all the same.
            for domain in domains:
                self._change(domain)

    async def held(self, domain: str) -> tuple[Answer, ...]:
        """All that is held of the company, answers in their time of grace included, by source; within 100 ms."""
        try:
            async with asyncio.timeout(CAP_SECONDS):
                kept = await self._read(await self._store.keys(domain))
        except Exception as error:  # noqa: BLE001 - whatever a store raises is a miss
            self._fault(f"a read failed: {error!r}")
            return ()
        return tuple(sorted((each.answer.from_cache() for each in kept.values()), key=lambda answer: answer.source))

    async def forget(self, domain: str) -> int:
        """Erases all that is held of the company, and says how many answers that were; raises CacheUnavailable.

        Copies that other servers hold near them end within a minute (stores/tiered.py).
        """
        try:
            async with asyncio.timeout(FORGET_SECONDS):
                return len(await self._store.forget(domain))
        except Exception as error:
            raise CacheUnavailable(f"{domain} may not be forgotten in full, ask again: {error!r}") from error
        finally:
            self._change(domain)

    async def _read(self, keys: Sequence[str]) -> dict[str, Kept]:
        """What is held under the keys and not over; what cannot be read is deleted."""
        found: dict[str, Kept] = {}
        for key, data in (await self._store.get_many(keys)).items():
            kept = envelope.decode(data)
            if kept is None:
                await self._drop(key)
            elif kept.ends_at > self._clock():
                found[key] = kept
        return found

    async def _drop(self, key: str) -> None:
        self._fault(f"the entry {key} could not be read")
        await self._store.delete(key)

    async def _link(self, key: str, kept: Kept, domain: str) -> None:
        """Before it is served: what serves a company goes when that is forgotten, whoever asked for it first."""
        if kept.domain != domain:
            await self._store.link(key, domain, max(1, int(kept.ends_at - self._clock())))

    def generation(self, domain: str) -> int:
        """A number that changes whenever something is kept or forgotten for the domain, and now and then besides."""
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
    if len(facts) == len(answer.facts) and len(documents) == len(answer.documents):
        return answer
    return replace(answer, facts=facts, documents=documents)
