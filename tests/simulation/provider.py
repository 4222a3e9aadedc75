"""A provider with good and bad days, who keeps his own books and notices whoever breaks a promise."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from enrichment.domain.catalogue import Billing, Entry
from enrichment.domain.company import Field
from enrichment.domain.errors import Fault, QuotaExhausted, Rejected, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Claim, Reading
from enrichment.domain.subject import Subject
from enrichment.guards.breaker import State

# A start may come this much early: rounding.
ROUNDING_SECONDS = 1e-6

# What a day is like: how often each thing happens to a request.
GOOD_DAY = {"found": 70, "missing": 20, "broken": 3, "reset": 2, "hang": 1, "throttled": 2, "rejected": 1, "garbled": 1}
DAYS = {
    "good": GOOD_DAY,
    "flaky": {"found": 40, "missing": 10, "broken": 25, "reset": 15, "hang": 5, "garbled": 5},
    "down": {"broken": 80, "reset": 20},
    "silent": {"hang": 100},
    "busy": {"found": 40, "throttled": 60},
    "spent": {"quota": 100},
}
# How often each kind of day comes.
CALENDAR = {"good": 70, "flaky": 12, "down": 6, "silent": 4, "busy": 7, "spent": 1}


class BrokenPromise(AssertionError):
    """An invariant does not hold."""


@dataclass
class Books:
    """What all providers of a world have billed by source, were asked, missed and told, and the trace of it all.

    `forgiven`: the price of calls that were not billed, though nobody could tell their callers so. `told`: by an
    answer's own text, when its request arrived.
    """

    billed: Counter[str] = field(default_factory=Counter[str])
    forgiven: int = 0
    calls: int = 0
    missing: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    told: dict[str, float] = field(default_factory=dict[str, float])
    trace: list[str] = field(default_factory=list[str])


@dataclass
class Provider:
    """One source; `breaker` tells the state of its breaker when a request arrives."""

    entry: Entry
    random: Random
    books: Books
    breaker: Callable[[], State | None]
    day: str = "good"
    _live: set[str] = field(default_factory=set[str])
    _starts: list[float] = field(default_factory=list[float])
    _probing: int = 0
    _quiet_until: float = -1.0

    def question(self, subject: Subject) -> bytes | None:
        return subject.domain.encode()

    def price(self, subject: Subject) -> int:
        return self.entry.price_usd_micros

    async def close(self) -> None:
        return None

    async def ask(self, subject: Subject) -> Reading:
        domain, now = subject.domain, asyncio.get_running_loop().time()
        is_probe = self._arrive(domain, now)
        happens = self._happening()
        self._bill(happens)
        self.books.trace.append(f"{now:.6f} {self.entry.name} {domain} {happens}")
        try:
            await asyncio.sleep(90.0 if happens == "hang" else self.random.uniform(0.02, 1.5))
            return self._answer(happens, domain, now)
        finally:
            self._live.discard(domain)
            self._probing -= is_probe

    def _arrive(self, domain: str, now: float) -> bool:
        """The promises about every request: one at a time for a question, in its pace, never while it is left alone."""
        entry, state = self.entry, self.breaker()
        self._check(domain not in self._live, f"two calls for {domain} at once")
        self._check(len(self._live) < entry.max_concurrent, f"more than {entry.max_concurrent} calls at once")
        self._check(now >= self._quiet_until - ROUNDING_SECONDS, "called during the pause it asked for")
        self._check(state is not State.OPEN, "called while its breaker is open")
        self._check(state is not State.HALF_OPEN or self._probing == 0, "two probes at once")
        if entry.window:
            recent = [start for start in self._starts if start > now - entry.window.seconds]
            self._check(len(recent) < entry.window.starts, "more starts than its window allows")
        elif self._starts:
            gap = now - self._starts[-1]
            self._check(gap >= entry.min_interval_ms / 1000 - ROUNDING_SECONDS, f"called after {gap:.6f} s")
        self._starts = [*self._starts[-10:], now]
        self._live.add(domain)
        self.books.calls += 1
        is_probe = state is State.HALF_OPEN
        self._probing += is_probe
        return is_probe

    def _check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise BrokenPromise(f"{self.entry.name}: {otherwise}")

    def _happening(self) -> str:
        chances = DAYS[self.day]
        return self.random.choices(list(chances), list(chances.values()))[0]

    def _bill(self, happens: str) -> None:
        """Whoever is not answered does not know whether he has been billed."""
        price, name = self.entry.price_usd_micros, self.entry.name
        if happens in ("reset", "hang", "garbled"):
            is_billed = self.random.random() < 0.5
            self.books.forgiven += price * (not is_billed)
            price *= is_billed
        elif happens != "found" and not (happens == "missing" and self.entry.billing is Billing.PER_CALL):
            price = 0
        self.books.billed[name] += price

    def _answer(self, happens: str, domain: str, began: float) -> Reading:
        match happens:
            case "found":
                serial = f"{self.entry.name} {self.books.calls} {domain}"
                self.books.told[serial] = began
                return Reading((Claim(Field.LEGAL_NAME, serial),))
            case "missing":
                self.books.missing.add((self.entry.name, domain))
                return NOT_FOUND
            case "throttled":
                seconds = self.random.choice((0.5, 2.0, 10.0))
                self._quiet_until = asyncio.get_running_loop().time() + seconds
                raise Throttled("429", retry_after=seconds)
            case "quota":
                raise QuotaExhausted("402")
            case "rejected":
                raise Rejected("400")
            case "garbled":
                raise Unreadable("no JSON", is_cost_unknown=True)
            case _:
                raise Fault(happens, is_cost_unknown=happens != "broken")
