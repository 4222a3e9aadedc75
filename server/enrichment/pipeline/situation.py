"""What a plan decides on, and what it decides."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.errors import SkipReason
from enrichment.domain.event import Disposition, EnrichmentRequest
from enrichment.domain.fact import Answer
from enrichment.domain.subject import Subject


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that spare calls, each of which can be switched off alone."""

    already_known: bool = True
    registry_answered: bool = True
    fallback_only: bool = True
    wanted_fields: bool = True
    directory_answered: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source that has not ended: what it would be asked about, and in which words (None: an input is missing).

    `price_usd_micros` is the most that can cost, `hit` the answer held for the question. `is_in_flight`: others are
    asking it right now.
    """

    entry: Entry
    subject: Subject
    question: bytes | None = None
    price_usd_micros: int = 0
    hit: Answer | None = None
    is_in_flight: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a source ended, as far as others decide by it: `fields` counts those it brought."""

    disposition: Disposition
    reason: SkipReason | None = None
    fields: int = 0
    price_usd_micros: int = 0
    is_register: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a decision rests on. Money in micro-dollars, `held` maps each known field to its confidence.

    `entries` is the catalogue by name. `on_file` is what our own directory alone says, by confidence, and `applicable`
    what can be known of the company at all.
    """

    request: EnrichmentRequest
    country_code: str
    held: dict[Field, float]
    ended: Mapping[str, Ended]
    running: AbstractSet[str]
    is_foundation_closed: bool
    has_foundation_ended: bool
    money_left: int
    money_held: int
    seconds_left: float
    rules: Rules = field(default=Rules())
    entries: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    on_file: Mapping[Field, float] = field(default_factory=dict[Field, float])
    applicable: AbstractSet[Field] = frozenset(Field)


class Action(StrEnum):
    """What to do with a source now."""

    START = "start"
    SERVE = "serve"
    SKIP = "skip"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one source, and why, for programs and for people; `saved` in micro-dollars.

    `may_pay` False: there is no money for the call, which is only to share what others pay for.
    """

    candidate: Candidate
    action: Action
    reason: SkipReason | None = None
    explanation: str = ""
    saved_usd_micros: int = 0
    may_pay: bool = True
