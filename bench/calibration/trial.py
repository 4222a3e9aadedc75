"""One field, what several sources say of it and what is true: half of the companies to learn from, half to score."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field, Value
from enrichment.domain.fact import Fact
from enrichment.pipeline.agreement import agree

# The prior of a source of which one claim was seen, and that was wrong, is 1/3: Laplace's rule of succession.
IMAGINED, IMAGINED_RIGHT = 2, 1

# A source and its confidence before anything is learnt: claims that share both are expected to be right equally often.
Kind = tuple[str, float]


@dataclass(frozen=True)
class Case:
    """What the sources say of one field of one company, and the truth."""

    domain: str
    facts: tuple[Fact, ...]
    truth: Value

    def is_right(self, value: Value) -> bool:
        """Whether a value says the same as the truth, as the merge itself compares."""
        return agree(self.facts[0].field, value, self.truth)

    @property
    def is_disputed(self) -> bool:
        """Whether the sources contradict each other."""
        return not all(agree(one.field, one.value, other.value) for one, other in combinations(self.facts, 2))


@dataclass(frozen=True)
class Trial:
    """Every case of one field; `entries` in the order in which sources are considered.

    `rule`: where the design decides otherwise than this judge, how; the picks of such a trial are shown and not judged.
    """

    name: str
    field: Field
    judge: str
    entries: Mapping[str, Entry]
    cases: Sequence[Case]
    rule: str = ""


def halves(cases: Sequence[Case], splits: int) -> Iterator[tuple[list[Case], list[Case]]]:
    """The cases to learn from and those to score: each split of the companies into halves, both ways round.

    A split is by one bit of a hash of the domain, the same on every machine and every day. Several, because one is one
    draw of luck: of 192 names in law, 61 % were right in the first half and 83 % in the second.
    """
    hashes = [hashlib.blake2b(case.domain.encode(), digest_size=1).digest()[0] for case in cases]
    for bit in range(splits):
        for way in (0, 1):
            learnt = [case for case, number in zip(cases, hashes, strict=True) if number >> bit & 1 != way]
            yield learnt, [case for case, number in zip(cases, hashes, strict=True) if number >> bit & 1 == way]


def priors(cases: Iterable[Case]) -> Mapping[Kind, float]:
    """How often the claims of each kind are right."""
    seen: dict[Kind, list[bool]] = defaultdict(list)
    for case in cases:
        for fact in case.facts:
            seen[fact.source, fact.confidence].append(case.is_right(fact.value))
    return {kind: (sum(right) + IMAGINED_RIGHT) / (len(right) + IMAGINED) for kind, right in seen.items()}


def weighed(case: Case, learnt: Mapping[Kind, float]) -> Case:
    """The case with every claim at its learnt confidence; kinds that were never seen stand at an even chance."""
    facts = (replace(fact, confidence=learnt.get((fact.source, fact.confidence), 0.5)) for fact in case.facts)
    return replace(case, facts=tuple(facts))
