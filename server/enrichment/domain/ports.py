"""What the core needs from outside, as protocols and callable shapes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from enrichment.domain.catalogue import Entry
from enrichment.domain.event import EnrichmentRequest, Event, Plan, Profile
from enrichment.domain.fact import Answer, Reading
from enrichment.domain.operation import SourceStatus
from enrichment.domain.purse import Account, Hold, Purse
from enrichment.domain.record import EnrichmentRecord
from enrichment.domain.subject import Subject

# Seconds since the epoch.
Clock = Callable[[], float]


class Source(Protocol):
    """Something that is asked about a company.

    `question` is what it is really asked, in canonical form (None: an input is missing). `price` is the most that one
    call can cost, in micro-dollars. `ask` answers with a Reading, or raises Skipped or one of the five SourceErrors.
    """

    def question(self, subject: Subject) -> bytes | None: ...

    def price(self, subject: Subject) -> int: ...

    async def ask(self, subject: Subject) -> Reading: ...

    async def close(self) -> None: ...


@dataclass(eq=False, slots=True)
class Stake:
    """One enrichment's part in a call: until when it waits (event loop time), and whose money may pay.

    `may_pay` False: it has no money for this call, and may only share what another pays for. `is_liable`: the request
    has left on its account, and what it costs is its to pay. `domain` is the company that it is about.
    """

    enrichment_id: str
    purse: Purse
    deadline: float
    may_pay: bool = True
    is_liable: bool = False
    domain: str = ""


@dataclass(eq=False, slots=True)
class Party:
    """All who wait for one call, in the order in which they came.

    `payer` has `hold`, the money for it, if it costs any; from the moment when `is_sent` is set the payer pays, present
    or gone, and the call goes on without anybody waiting for it.
    """

    stakes: list[Stake]
    payer: Stake | None = None
    hold: Hold | None = None
    is_sent: bool = False

    @property
    def deadline(self) -> float:
        """When the last of them stops waiting, in the event loop's time; past for a party that all have left."""
        return max((stake.deadline for stake in self.stakes), default=-float("inf"))


@dataclass(frozen=True, slots=True)
class Call:
    """One question to one source, for a party of enrichments; `price_usd_micros` is the most it can cost.

    `looked_up_at` (seconds since the epoch): when the cache was last seen to hold no answer that would do.
    """

    entry: Entry
    subject: Subject
    question: bytes
    price_usd_micros: int
    party: Party = field(compare=False)
    looked_up_at: float = 0.0

    @property
    def deadline(self) -> float:
        """Until when any wait on the way may last, in the event loop's time."""
        return self.party.deadline


# The one shape of everything that answers a call, guarded or not; a guard wraps one in another.
Ask = Callable[[Call], Awaitable[Answer]]
Guard = Callable[[Ask], Ask]


class Run(Protocol):
    """One enrichment in flight: read `event` until it answers None; leaving the context ends it, synchronously.

    The first event is Started, the last is Completed. `event` raises what a bug of ours raised.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    async def event(self) -> Event | None: ...


class Enrichments(Protocol):
    """What the edge needs of the pipeline."""

    def start(self, request: EnrichmentRequest, seconds: float) -> Run:
        """An enrichment that ends within `seconds` from now."""
        ...

    async def plan(self, request: EnrichmentRequest, seconds: float) -> Plan:
        """What the same request would call, skip and at most spend now; calls no source."""
        ...

    async def profile(self, domain: str) -> Profile | None:
        """What is held of a company and fresh; None where nothing is."""
        ...

    def generation(self, domain: str) -> int:
        """A number that changes whenever something new is held of the domain."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """What is held for some questions, by source name.

    `stale` are answers past their lifetime and in their time of grace, to be served where the source cannot be asked.
    """

    fresh: Mapping[str, Answer] = field(default_factory=dict[str, Answer])
    stale: Mapping[str, Answer] = field(default_factory=dict[str, Answer])


class CacheUnavailable(Exception):
    """The cache is out of reach: nothing says whether a company was forgotten."""


class AnswerCache(Protocol):
    """Answers held by (source, question). A fault of the store is a miss, counted in `faults`, and never an error."""

    faults: int

    async def get_many(self, domain: str, questions: Sequence[tuple[Entry, bytes]]) -> Held:
        """What is held for the questions, which are asked for the company of this domain."""
        ...

    async def put(self, call: Call, answer: Answer, began: float) -> None:
        """Keeps what the provider's terms allow to keep, unless a company that it serves was forgotten since `began`.

        `began` is when the call began, in the event loop's time.
        """
        ...

    async def held(self, domain: str) -> tuple[Answer, ...]:
        """All that is held of the company, answers in their time of grace included."""
        ...

    async def forget(self, domain: str) -> int:
        """Erases all that is held of the company, and says how many answers that were; raises CacheUnavailable."""
        ...

    def generation(self, domain: str) -> int:
        """A number that changes whenever something is kept or forgotten for the domain."""
        ...


class Flights(Protocol):
    """The calls in flight."""

    def has(self, source: str, question: bytes) -> bool:
        """Whether a call with this question could be joined now."""
        ...


# For so long a store remembers that a company was forgotten: longer than any call lasts.
FORGOTTEN_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class Owners:
    """The companies that a value is held for, by domain, and how many seconds ago the work for it began."""

    domains: tuple[str, ...] = ()
    seconds: float = 0.0


NOBODY = Owners()


class Store(Protocol):
    """Bytes by key with a time to live in whole seconds (at least 1), and for each company the keys held for it."""

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, bytes]: ...

    async def put(self, key: str, value: bytes, ttl_seconds: int, owners: Owners = NOBODY) -> bool:
        """False, and nothing is held, where one of the owners was forgotten since the work began."""
        ...

    async def link(self, key: str, domain: str, ttl_seconds: int) -> None:
        """What is held under the key is held for this company as well."""
        ...

    async def delete(self, key: str) -> None: ...

    async def keys(self, domain: str) -> Sequence[str]:
        """The keys held for the company, perhaps some that are held no longer."""
        ...

    async def forget(self, domain: str) -> Sequence[str]:
        """Holds nothing for the company any more, nor what work already begun brings; the keys that were held."""
        ...

    async def close(self) -> None: ...


class Operations(Protocol):
    """What the edge needs for operators."""

    def sources(self) -> Sequence[SourceStatus]:
        """Every source as it stands now."""
        ...

    async def switch(self, source: str, *, is_enabled: bool) -> SourceStatus | None:
        """Switches a source for good; None where there is none of this name. Raises LedgerUnavailable."""
        ...

    async def forget(self, domain: str) -> int:
        """Erases all that is held of a company, and says how many answers that were; raises CacheUnavailable."""
        ...


class SwitchStore(Protocol):
    """Which sources were switched on or off, durably; both raise LedgerUnavailable."""

    async def switches(self) -> Mapping[str, bool]: ...

    async def switch(self, source: str, *, is_enabled: bool) -> None: ...


class LedgerUnavailable(Exception):
    """The ledger is out of reach: nothing may be paid for."""


class Ledger(Protocol):
    """Holds, spends and releases money, durably and each hold exactly once: spent + held <= limit on every account.

    What `hold`, `hold_sent` and `mark_sent` have returned from survives a crash; they raise LedgerUnavailable. `settle`
    and `release` never wait and never fail: what cannot be written now is written later, and a hold that a crash leaves
    open is ended by its `expires_at`. Every method may be called again with the same id, to no further effect.
    """

    async def hold(self, hold: Hold) -> Account | None:
        """Sets the money aside on all accounts of the purse, or on none: then the account that did not allow it."""
        ...

    async def hold_sent(self, hold: Hold) -> Account | None:
        """Both at once, in one commit: for a call that need not wait between them."""
        ...

    async def mark_sent(self, hold_id: str) -> None:
        """The request is about to leave: from now on only `settle` ends the hold."""
        ...

    def settle(self, hold_id: str, cost_usd_micros: int, *, is_estimated: bool = False) -> None:
        """The call has ended and cost so much, never more than was held; estimated: nobody knows."""
        ...

    def release(self, hold_id: str) -> None:
        """Nothing was sent: the money is free again."""
        ...


class Journal(Protocol):
    """Writes down what enrichments decided, spent and found."""

    def record(self, record: EnrichmentRecord) -> None:
        """Never waits and never fails: what does not fit into the queue is dropped, and counted."""
        ...
