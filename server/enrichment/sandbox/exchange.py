"""What happens to one request: counted, answered or refused, billed, noted; all decided before anything waits."""

import gzip
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from enrichment.sandbox.bill import Bill
from enrichment.sandbox.faults import QUOTA_STATUSES, Fault, Faults
from enrichment.sandbox.journal import Exchange, Journal, target_of
from enrichment.sandbox.latency import Latency
from enrichment.sandbox.wire import Provider, Reply, Request

# Requests in any minute: ReceitaWS, free of charge, takes three from one address; Google's default quota is 600, as is
# what Clearbit allows; People Data Labs allows 1,000.
_WINDOW_CALLS: Mapping[str, int] = {"receitaws": 3, "google_places": 600, "clearbit": 600, "people_data_labs": 1_000}
_WINDOW_SECONDS = 60.0
_RUBBISH = b'\x00\xff{"unfinished": [<html>'
# What a bomb unpacks to: some 100 kB travel.
_BOMB_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One provider's request before it is answered: its number (from 1), the fault that hits it, its delay."""

    provider: str
    number: int
    fault: Fault | None
    delay_seconds: float

    @property
    def mode(self) -> str:
        """The mode of the fault, "" where none hits it."""
        return self.fault.mode if self.fault else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the journal keeps of a request: how it was asked and for what, without keys."""

    method: str
    target: str


class Desk:
    """The state of a running sandbox: bill, journal, faults, limits. `now` in seconds since the epoch."""

    def __init__(self, latency: Latency, now: Callable[[], float]) -> None:
        self.bill = Bill()
        self.journal = Journal()
        self.faults = Faults(latency.seed)
        self.has_rate_limits = False
        self._latency = latency
        self._now = now
        self._numbers: dict[str, int] = {}
        self._windows: dict[tuple[str, str], deque[float]] = {}

    def begin(self, provider: str) -> Turn:
        """Counts a request in, and decides how it will fare."""
        number = self._numbers[provider] = self._numbers.get(provider, 0) + 1
        fault = self.faults.hit(provider, number)
        delay = self._latency.seconds(provider, number)
        if fault and fault.mode == "slow":
            delay += fault.delay_ms / 1000
        return Turn(provider, number, fault, delay)

    def answer(self, turn: Turn, provider: Provider, request: Request) -> Reply:
        """The reply to a request, billed and noted."""
        reply = self._reply(turn, provider, request)
        self.end(turn, Asked(request.method, target_of(turn.provider, request)), reply.status, reply.cost_usd_micros)
        return reply

    def _reply(self, turn: Turn, provider: Provider, request: Request) -> Reply:
        if self.has_rate_limits and not self._may_ask(turn.provider, request.peer):
            # It does not say for how long.
            return provider.throttled(None)
        match turn.fault:
            case Fault(mode="throttle", retry_after=seconds):
                return provider.throttled(seconds)
            case Fault(mode="throttle_without_retry_after"):
                return provider.throttled(None)
            case Fault(mode="fail", status=status):
                return provider.failed(status)
            case Fault(mode="quota"):
                return provider.failed(QUOTA_STATUSES[turn.provider])
            case Fault(mode="bomb"):
                return replace(provider.answer(request), body=_bomb(), headers={"Content-Encoding": "gzip"})
            case Fault(mode="rubbish"):
                # Any bytes are a page to somebody; only a broken compression is readable to nobody.
                headers = {"Content-Encoding": "gzip"} if turn.provider == "website" else {}
                return replace(provider.answer(request), status=200, body=_RUBBISH, headers=headers)
            case _:
                return provider.answer(request)

    def _may_ask(self, provider: str, peer: str) -> bool:
        if (calls := _WINDOW_CALLS.get(provider)) is None:
            return True
        now = self._now()
        recent = self._windows.setdefault((provider, peer), deque(maxlen=calls))
        if len(recent) == calls and now - recent[0] < _WINDOW_SECONDS:
            return False
        recent.append(now)
        return True

    def end(self, turn: Turn, asked: Asked, status: int, cost_usd_micros: int = 0) -> None:
        """Bills and notes a request."""
        self.bill.add(turn.provider, cost_usd_micros)
        self.journal.add(
            Exchange(
                number=turn.number,
                at=self._now(),
                provider=turn.provider,
                method=asked.method,
                target=asked.target,
                status=status,
                fault=turn.mode,
            )
        )

    def reset(self) -> None:
        """As after the start: nothing asked, nothing owed, no faults, no limits."""
        self.bill.clear()
        self.journal.clear()
        self.faults.clear_all()
        self.has_rate_limits = False
        self._numbers.clear()
        self._windows.clear()


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * _BOMB_BYTES, compresslevel=6)
