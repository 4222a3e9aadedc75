"""A source as data: everything about it but how it is asked and read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from enrichment.domain.company import Field


class Layer(StrEnum):
    """The three layers, in the order in which they run."""

    FOUNDATION = "foundation"
    REGISTRY = "registry"
    INFERENCE = "inference"


class Billing(StrEnum):
    """What is billed: every answered call, or only one that found the company."""

    PER_CALL = "per_call"
    PER_MATCH = "per_match"


class Hosts(StrEnum):
    """Who answers a source's questions: one provider, the registry of the domain's ending, each company's own server.

    Of many, one that fails or asks for a pause says nothing of the others: no breaker, and pauses for it alone.
    """

    ONE = "one"
    PER_ENDING = "per_ending"
    PER_COMPANY = "per_company"


@dataclass(frozen=True, slots=True)
class Window:
    """A provider's limit: never more than `starts` calls begin within any `seconds`."""

    starts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider's terms allow. `kept`: the fields that may be stored; None means all, an empty set nothing."""

    kept: frozenset[Field] | None = None
    may_enter_prompt: bool = True
    attribution: str = ""

    def may_keep(self, name: Field) -> bool:
        """Whether a value of this field may be stored."""
        return self.kept is None or name in self.kept


class Tokens(NamedTuple):
    """One figure for each kind of token: how many there are, or what a million of them costs in micro-dollars.

    `input` is what is read afresh, `cache_read` what the provider kept from an earlier call; `cache_write_5m` and
    `cache_write_1h` are what it keeps from this one, for as long.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One source of the catalogue, with the operator's settings applied.

    `brings` maps each field to the source's prior confidence (0 to 1). `countries` is empty where it covers all.
    `after` names the sources whose end it waits for. `backs_up` names the source it stands in for, which has answered
    well enough with `enough_fields` fields; `alone` are the fields for which it is called all the same.
    `is_asked_by_number`: by one that may be another company's; `names_owner`: tells whose the domain is, with a number
    that ties such answers to the company. `is_register`: a government's register; `is_spared_by_registry`: not needed
    where one has answered.
    `month_limit_usd_micros`: the most that all its calls of a calendar month (UTC) may cost, None for no limit.
    What it found may be served for `grace_seconds` past its lifetime while it cannot be asked.
    Sources of one `lineage` are one voice; `copies` names the lineages whose data it passes on among its own.
    Between two starts lie `min_interval_ms` (0: none), or its `window` alone decides. `pause_seconds` is for a
    throttling that names no time. Its breaker opens after `breaker_failures` in a row, asks again after
    `breaker_reset_ms`, and closes after `breaker_successes`.
    `token_prices` are its model's, where the price follows from what it is asked; None: it is `price_usd_micros`.
    `is_local`: our own database: asked each time, and what it says is not kept once more.
    `options` holds what only this source understands (model, connect_to, server). Durations carry their unit in the
    name.
    """

    name: str
    layer: Layer
    base_url: str
    brings: Mapping[Field, float]
    after: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    is_enabled: bool = True
    needs_key: bool = False
    api_key: str = field(default="", repr=False)
    price_usd_micros: int = 0
    token_prices: Tokens | None = None
    billing: Billing = Billing.PER_CALL
    month_limit_usd_micros: int | None = None
    timeout_ms: int = 5_000
    hosts: Hosts = Hosts.ONE
    max_concurrent: int = 5
    min_interval_ms: int = 200
    window: Window | None = None
    pause_seconds: float = 60.0
    breaker_failures: int = 5
    breaker_reset_ms: int = 60_000
    breaker_successes: int = 2
    lifetime_seconds: int = 0
    not_found_seconds: int = 86_400
    grace_seconds: int = 0
    is_always_asked: bool = False
    backs_up: str = ""
    enough_fields: int = 1
    alone: frozenset[Field] = frozenset()
    is_asked_by_number: bool = False
    names_owner: bool = False
    is_register: bool = False
    is_spared_by_registry: bool = False
    lineage: str = ""
    copies: frozenset[str] = frozenset()
    terms: Terms = Terms()
    is_local: bool = False
    needs: str = ""
    options: Mapping[str, str] = field(default_factory=dict[str, str])
