"""A world of callers, providers and stores, all of which have bad days; the same seed gives the same world."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from random import Random

from enrichment.domain.catalogue import Billing, Entry, Layer, Window
from enrichment.domain.company import Field
from enrichment.domain.errors import Skipped, SourceError
from enrichment.domain.fact import Answer
from enrichment.domain.ports import Ask, CacheUnavailable, Call, LedgerUnavailable, Party, Stake
from enrichment.domain.purse import Account, Hold, Purse
from enrichment.domain.subject import Subject
from enrichment.guards import Shared, guarded, order
from enrichment.guards.breaker import State
from enrichment.guards.budget import Budget
from enrichment.guards.cache import Writes
from enrichment.guards.counting import Counters
from enrichment.guards.flight import Flights
from enrichment.guards.limits import Limits
from enrichment.guards.retry import Retries
from enrichment.stores.answers import Answers
from enrichment.stores.ledger.memory import MemoryLedger
from fakes import NOON, CountingStore, entry
from simulation.provider import CALENDAR, Books, BrokenPromise, Provider
from virtual_time import in_virtual_time

ARRIVALS = 250
SECONDS = 120.0
# How much later than its deadline an answer may come: rounding, and a cache that is given up after 100 ms.
LATE_SECONDS = 0.11
CALLERS, COMPANIES = 4, 60

BRINGS = (Field.LEGAL_NAME,)
SOURCES: Sequence[Entry] = (
    entry("free", Layer.REGISTRY, brings=BRINGS, min_interval_ms=20, timeout_ms=2_000, max_concurrent=5),
    entry("window", Layer.REGISTRY, brings=BRINGS, window=Window(3, 60.0), timeout_ms=3_000),
    entry("percall", Layer.REGISTRY, brings=BRINGS, price_usd_micros=3_000, min_interval_ms=300, timeout_ms=2_000),
    entry(
        "permatch",
        Layer.REGISTRY,
        brings=BRINGS,
        price_usd_micros=50_000,
        billing=Billing.PER_MATCH,
        min_interval_ms=400,
        timeout_ms=4_000,
        max_concurrent=2,
        month_limit_usd_micros=2_000_000,
    ),
)


@dataclass(frozen=True)
class Result:
    """What came of one world; `digest` is that of its whole trace."""

    seed: int
    digest: str
    ended: Mapping[str, int]
    calls: int
    billed_usd_micros: int


class ShakyLedger(MemoryLedger):
    """A ledger whose answers take a while, get lost, or do not come; after a crash it hears nothing more."""

    def __init__(self, world: "World") -> None:
        super().__init__(world.clock)
        self._world = world
        self._random = world.random
        self.is_away = False
        self.is_crashed = False

    async def hold(self, hold: Hold) -> Account | None:
        await self._reach()
        refused = await super().hold(hold)
        self._world.check_money()
        await self._answer()
        return refused

    async def mark_sent(self, hold_id: str) -> None:
        await self._reach()
        await super().mark_sent(hold_id)
        await self._answer()

    def settle(self, hold_id: str, cost_usd_micros: int, *, is_estimated: bool = False) -> None:
        if not self.is_crashed:
            super().settle(hold_id, cost_usd_micros, is_estimated=is_estimated)
            self._world.check_money()

    def release(self, hold_id: str) -> None:
        if not self.is_crashed:
            super().release(hold_id)

    async def _reach(self) -> None:
        await asyncio.sleep(self._random.uniform(0.0, 0.01))
        if self.is_away or self.is_crashed:
            raise LedgerUnavailable("out of reach")

    async def _answer(self) -> None:
        await asyncio.sleep(self._random.uniform(0.0, 0.01))
        if self._random.random() < 0.01 or self.is_crashed:
            raise LedgerUnavailable("the answer was lost")


class World:
    """One seed's world; `live` runs it from beginning to end."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.books = Books()
        self.offset = NOON
        self.ended: Counter[str] = Counter()
        # A stop that does not wait for the last answers: then nobody knows what they cost.
        self.is_cut_short = self.random.random() < 0.4
        self.forgotten: dict[str, float] = {}
        self.innocent: set[Stake] = set()
        self.has_clock_steps = self.random.random() < 0.5

    def clock(self) -> float:
        """The wall clock, which is set forward and back."""
        return self.offset + asyncio.get_running_loop().time()

    async def live(self) -> Result:
        """All requests, the bad days meanwhile, and the end: orderly, or by a crash."""
        await self.build()
        loop = asyncio.get_running_loop()
        weather = [asyncio.create_task(self._weather()), asyncio.create_task(self._sweeps())]
        arrivals = sorted(self.random.uniform(0, SECONDS) for _ in range(ARRIVALS))
        crash_at = self.random.uniform(20, SECONDS) if self.random.random() < 0.25 else float("inf")
        requests: list[asyncio.Task[None]] = []
        for number, arrival in enumerate(arrivals):
            if arrival > crash_at:
                break
            await asyncio.sleep(arrival - loop.time())
            # Often many want the same at once.
            source, domain = self.random.choice(self.asks), self._company()
            crowd = [self._request(str(number), source, domain) for _ in range(self.random.choice((1, 1, 1, 2, 5)))]
            requests += map(asyncio.create_task, crowd)
        await (self._end(requests) if crash_at == float("inf") else self._crash(requests))
        for task in weather:
            task.cancel()
        await asyncio.gather(*weather, return_exceptions=True)
        return self._result()

    async def build(self) -> None:
        """Callers with a limit each, providers, and all guards between them."""
        self.ledger = ShakyLedger(self)
        self.store = CountingStore(self.clock)
        self.cache = Answers(self.store, self.clock)
        numbers = count(1)
        self.shared = Shared(
            cache=self.cache,
            writes=Writes(),
            flights=Flights(),
            retries=Retries(self.random.random),
            budget=Budget(self.ledger, self.clock, lambda: f"hold-{next(numbers)}"),
            limits=Limits(on_change=_unheard),
            counters=Counters(0.0),
        )
        self.providers = [Provider(each, self.random, self.books, self._breaker_of(each)) for each in SOURCES]
        guards = order(self.shared)
        self.asks: list[tuple[Entry, Ask]] = [
            (each.entry, guarded(each, guards, self.clock)) for each in self.providers
        ]
        limit = self.random.choice((30_000, 300_000, 3_000_000))
        self.accounts = [Account(f"caller:{number}", limit) for number in range(CALLERS)]

    def _breaker_of(self, source: Entry) -> Callable[[], State | None]:
        return lambda: self.shared.limits.standing(source).breaker

    def _company(self) -> str:
        return f"company{min(int(self.random.expovariate(0.1)), COMPANIES)}.com"

    async def _request(self, name: str, of: tuple[Entry, Ask], domain: str) -> None:
        """One enrichment's part: a look at the cache, then the call, and perhaps it leaves before its end."""
        loop, random = asyncio.get_running_loop(), self.random
        source, ask = of
        account = random.choice(self.accounts)
        deadline = loop.time() + random.uniform(0.2, 8.0)
        stake = Stake(name, Purse(account.key, (account,)), deadline, random.random() < 0.8, domain=domain)
        party = Party([stake])
        call = Call(source, Subject(domain), domain.encode(), source.price_usd_micros, party, self.clock())
        task = asyncio.create_task(self.ask(call, ask))
        is_leaving = random.random() < 0.3
        if is_leaving:
            loop.call_later(random.choice((0.01, 0.3, 1.0, 3.0)) * random.random(), self._leave, task, stake)
        forgotten_at = self.forgotten.get(domain, -1.0)
        [ended] = await asyncio.gather(task, return_exceptions=True)
        self.books.trace.append(f"{loop.time():.6f} {name} {source.name} {domain} {_word(ended)}")
        self.ended[_word(ended)] += 1
        if not self.ledger.is_crashed:
            judge(ended, is_leaving=is_leaving)
            check(loop.time() <= deadline + LATE_SECONDS, f"request {name} ended {loop.time() - deadline:.3f} s late")
        if isinstance(ended, Answer):
            self._judge_answer(ended, domain, forgotten_at)

    def _leave(self, task: "asyncio.Task[Answer]", stake: Stake) -> None:
        if not (task.done() or stake.is_liable):
            self.innocent.add(stake)
        task.cancel()

    async def ask(self, call: Call, ask: Ask) -> Answer:
        """What is held, or what the guarded source answers, as a run asks it."""
        held = await self.cache.get_many(call.subject.domain, [(call.entry, call.question)])
        return held.fresh.get(call.entry.name) or await ask(call)

    def _judge_answer(self, answer: Answer, domain: str, forgotten_at: float) -> None:
        """It is about this company, was really told, and not before the company was forgotten."""
        if not answer.is_found:
            check((answer.source, domain) in self.books.missing, f"{answer.source} never said that it misses {domain}")
            return
        serial = str(answer.facts[0].value)
        check(serial.endswith(f" {domain}"), f"an answer about another company than {domain}: {serial}")
        if answer.is_from_cache:
            check(self.books.told[serial] >= forgotten_at, f"{domain} was forgotten, and its answer came back")

    async def forget(self, domain: str) -> None:
        """Forgets a company, unless the store is out of reach."""
        try:
            await self.cache.forget(domain)
        except CacheUnavailable:
            return
        self.forgotten[domain] = asyncio.get_running_loop().time()

    async def _weather(self) -> None:
        """Something changes every other second: a provider's day, the stores, the clock, or a company is forgotten."""
        random = self.random
        while True:
            await asyncio.sleep(random.expovariate(0.5))
            match random.randrange(8):
                case 0:
                    self.store.is_broken = not self.store.is_broken
                case 1:
                    self.store.seconds = random.choice((0.0, 0.001, 0.05, 30.0))
                case 2:
                    self.ledger.is_away = not self.ledger.is_away
                case 3:
                    self.offset += random.choice((-3_600.0, -1.0, 1.0, 3_600.0)) * self.has_clock_steps
                case 4:
                    await self.forget(f"company{random.randrange(8)}.com")
                case _:
                    [random.choice(self.providers).day] = random.choices(list(CALENDAR), list(CALENDAR.values()))

    async def _sweeps(self) -> None:
        while True:
            await asyncio.sleep(10.0)
            held = self._money()[1]
            self.ledger.sweep()
            self.check_money()
            # Nothing is left behind by a process that lives.
            check(self.has_clock_steps or self._money()[1] == held, "a sweep found a hold that nobody had ended")

    async def _end(self, requests: Sequence["asyncio.Task[None]"]) -> None:
        """Everybody is waited for; then nothing may be left of anything."""
        await asyncio.gather(*requests)
        await self.rest()
        if not (self.has_clock_steps or self.is_cut_short):
            spent, billed, forgiven = self._money()[0], self.books.billed.total(), self.books.forgiven
            check(spent == billed + forgiven, f"spent {spent}, billed {billed}, unknown and not billed {forgiven}")

    async def rest(self) -> None:
        """Nobody asks any more; raises BrokenPromise where anything is left when the last call has ended."""
        await self.shared.flights.landed(0.0 if self.is_cut_short else 60.0)
        await self.shared.writes.settled()
        check(len(self.shared.flights) == 0, "a flight is left")
        for each in SOURCES:
            standing = self.shared.limits.standing(each)
            check((standing.under_way, standing.waiting) == (0, 0), f"{each.name} still has calls: {standing}")
        for stake in self.innocent:
            check(not stake.is_liable, f"{stake.enrichment_id} left before anything was sent, and pays for it")
        self.check_money()
        held = self._money()[1]
        check(held == 0, f"{held} is held and nobody is left to end it")

    async def _crash(self, requests: Sequence["asyncio.Task[None]"]) -> None:
        """The process is gone between two steps; a later one ends what it has left."""
        self.ledger.is_crashed = True
        for task in requests:
            task.cancel()
        await asyncio.gather(*requests, return_exceptions=True)
        await self.shared.flights.landed(0.0)
        await self.shared.writes.settled()
        # A hold of an hour that the clock has left again ends late, but it ends.
        self.offset += 1_000_000.0
        self.ledger.sweep()
        self.check_money()
        check(self._money()[1] == 0, "a hold outlived its time")

    def check_money(self) -> None:
        """Billed <= spent + held <= limit, at every instant."""
        for account in self.accounts:
            balance = self.ledger.balance(account.key)
            total = balance.spent + balance.held
            check(0 <= balance.spent <= total <= account.limit_usd_micros, f"{account.key} stands at {balance}")
        spent, held = self._money()
        billed = self.books.billed.total()
        check(billed <= spent + held, f"billed {billed}, but spent {spent} and held {held}")

    def _money(self) -> tuple[int, int]:
        balances = [self.ledger.balance(account.key) for account in self.accounts]
        return sum(balance.spent for balance in balances), sum(balance.held for balance in balances)

    def _result(self) -> Result:
        digest = blake2b("\n".join(self.books.trace).encode(), digest_size=8).hexdigest()
        return Result(self.seed, digest, dict(self.ended), self.books.calls, self.books.billed.total())


def _unheard(_source: str, _old: State, _new: State) -> None:
    """A breaker's change, which nobody has to hear of."""


def check(holds: bool, otherwise: str) -> None:
    """Raises BrokenPromise where something does not hold."""
    if not holds:
        raise BrokenPromise(otherwise)


def judge(ended: Answer | BaseException, *, is_leaving: bool) -> None:
    """Whoever stays gets an answer, a reason or an error; a cancellation only if it was he who left."""
    if isinstance(ended, Answer | Skipped | SourceError):
        return
    if isinstance(ended, asyncio.CancelledError) and is_leaving:
        return
    raise ended


def _word(ended: Answer | BaseException) -> str:
    match ended:
        case Answer(is_from_cache=True):
            return "cached"
        case Answer(is_found=is_found):
            return "found" if is_found else "not found"
        case Skipped(reason=reason):
            return str(reason)
        case _:
            return type(ended).__name__


def simulate(seed: int) -> Result:
    """The world of a seed. Raises BrokenPromise with what did not hold."""
    try:
        return in_virtual_time(World(seed).live())
    except BrokenPromise as broken:
        raise BrokenPromise(f"seed {seed}: {broken}") from broken
