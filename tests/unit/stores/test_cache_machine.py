"""The cache against a model of it: whatever is kept, forgotten, lost and spoilt, in any order, as time passes."""

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from enrichment.domain.catalogue import Layer
from enrichment.domain.company import Field
from enrichment.domain.fact import Answer
from enrichment.domain.ports import FORGOTTEN_SECONDS, CacheUnavailable, Call, Held
from enrichment.domain.subject import Subject
from enrichment.stores.answers import Answers
from enrichment.stores.tiered import Tiered
from fakes import NOON, CountingStore, alone, entry, fact

LIFETIME, NOT_FOUND, GRACE = 1_000, 300, 500
FOREVER = float("inf")
SOURCES = [
    entry("website", lifetime_seconds=LIFETIME, not_found_seconds=NOT_FOUND, grace_seconds=GRACE),
    entry("register", Layer.REGISTRY, lifetime_seconds=LIFETIME, not_found_seconds=NOT_FOUND, grace_seconds=GRACE),
]
DOMAINS = ["acme.com", "acme.com.br", "other.com"]
# Companies that share a number are asked for with the same question.
NUMBERS = {"acme.com": b"1", "acme.com.br": b"1", "other.com": b"2"}

domains = st.sampled_from(DOMAINS)


class CacheMachine(RuleBasedStateMachine):
    """I8: a store that is broken or spoilt is an empty one. I12: nothing is served past its grace, or after it was
    forgotten, by calls in flight included. I13: a not-found is never served past its own time."""

    @initialize()
    def begin(self) -> None:
        self.now = 0.0
        self.runner = asyncio.Runner()
        self.near, self.far = CountingStore(self.clock, self.clock), CountingStore(self.clock, self.clock)
        # Two servers: what is near to one is far from the other.
        self.other_near = CountingStore(self.clock, self.clock)
        self.caches = [Answers(Tiered(near, self.far, 30.0), self.clock) for near in (self.near, self.other_near)]
        self.forgotten: dict[str, float] = {}
        self.half_forgotten: dict[str, float] = {}

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.close()

    def clock(self) -> float:
        return NOON + self.now

    @rule(server=st.integers(0, 1), domain=domains, is_found=st.booleans(), ago=st.integers(0, 200))
    def keep(self, server: int, domain: str, is_found: bool, ago: int) -> None:
        each = SOURCES[server]
        # No two answers are alike.
        self.now += 0.001
        now = self.clock()
        life = LIFETIME if is_found else NOT_FOUND
        facts = (fact(Field.NAME, f"at {self.now}"),) if is_found else ()
        answer = Answer(each.name, is_found, facts, (), now, now + life)
        call = Call(each, Subject(domain), NUMBERS[domain], 0, alone())

        async def put() -> None:
            await self.caches[server].put(call, answer, asyncio.get_running_loop().time() - ago)

        self.runner.run(put())
        held = self.runner.run(self.look(self.caches[server], domain)).fresh
        if self.far.is_broken:
            # Nobody can tell whether the other server has forgotten it: it may stay near, for a minute.
            self.now += 61
        elif self.forgotten.get(domain, -FOREVER) >= now - ago:
            assert held.get(each.name) != answer.from_cache()
        elif self.half_forgotten.get(domain, -FOREVER) < now - ago:
            assert held[each.name] == answer.from_cache()

    @rule(server=st.integers(0, 1), domain=domains)
    def forget(self, server: int, domain: str) -> None:
        try:
            self.runner.run(self.caches[server].forget(domain))
        except CacheUnavailable:
            assert self.far.is_broken
            # What is near is forgotten all the same.
            self.half_forgotten[domain] = self.clock()
            return
        self.forgotten[domain] = self.clock()
        # A copy near the other server ends within a minute, which is let pass here.
        self.now += 61

    @rule(seconds=st.sampled_from([1, 59, 61, 299, 500, 1_000, FORGOTTEN_SECONDS]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(is_broken=st.booleans())
    def break_or_mend(self, is_broken: bool) -> None:
        self.far.is_broken = is_broken

    @rule(domain=domains, junk=st.binary(max_size=20))
    def spoil(self, domain: str, junk: bytes) -> None:
        async def overwrite() -> None:
            for store in (self.near, self.other_near, self.far):
                if not store.is_broken:
                    for key in await store.keys(domain):
                        await store.put(key, junk, 60)

        self.runner.run(overwrite())

    @invariant()
    def what_is_served_was_kept_is_in_time_and_not_forgotten(self) -> None:
        if not hasattr(self, "runner"):
            return
        for cache in self.caches:
            for domain in DOMAINS:
                self.check(domain, self.runner.run(self.look(cache, domain)))

    async def look(self, cache: Answers, domain: str) -> Held:
        return await cache.get_many(domain, [(source, NUMBERS[domain]) for source in SOURCES])

    def check(self, domain: str, held: Held) -> None:
        now = self.clock()
        for answer in held.fresh.values():
            assert now < answer.expires_at
        for answer in held.stale.values():
            assert answer.is_found
            assert answer.expires_at <= now < answer.expires_at + GRACE
        for answer in (*held.fresh.values(), *held.stale.values()):
            # The company's own answers are gone; those of another with the same number may be there anew.
            assert answer.observed_at >= self.forgotten.get(domain, -FOREVER)


CacheMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_the_cache_is_never_worse_than_an_empty_one = CacheMachine.TestCase
