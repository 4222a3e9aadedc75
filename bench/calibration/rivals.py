"""Ways of picking one value of several: ours, and the three that everybody else uses."""

from collections.abc import Callable, Mapping, Sequence

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Value
from enrichment.domain.fact import Fact
from enrichment.pipeline.agreement import agree
from enrichment.pipeline.merge import merge

# Of the facts of one field and the catalogue: the value and its confidence.
Pick = Callable[[Sequence[Fact], Mapping[str, Entry]], tuple[Value, float]]


def ours(facts: Sequence[Fact], entries: Mapping[str, Entry]) -> tuple[Value, float]:
    """The merge of the service."""
    merged = merge("", facts, entries)
    name = facts[0].field
    return merged.company.values[name], merged.confidence[name]


def first_wins(facts: Sequence[Fact], entries: Mapping[str, Entry]) -> tuple[Value, float]:
    """The first source in the catalogue's order that says anything: every waterfall."""
    order = list(entries)
    first = min(facts, key=lambda fact: (order.index(fact.source), -fact.confidence))
    return first.value, first.confidence


def surest(facts: Sequence[Fact], _: Mapping[str, Entry]) -> tuple[Value, float]:
    """The claim with the highest confidence."""
    best = max(facts, key=lambda fact: fact.confidence)
    return best.value, best.confidence


def majority(facts: Sequence[Fact], entries: Mapping[str, Entry]) -> tuple[Value, float]:
    """What most sources say, the earliest where they are even; as sure as its share of the votes."""
    order = list(entries)
    in_order = sorted(facts, key=lambda fact: order.index(fact.source))

    def voters(value: Value) -> set[str]:
        return {fact.source for fact in facts if agree(fact.field, fact.value, value)}

    winner = max(in_order, key=lambda fact: len(voters(fact.value)))
    return winner.value, len(voters(winner.value)) / len({fact.source for fact in facts})


BASELINES: Mapping[str, Pick] = {"first wins": first_wins, "majority": majority, "surest": surest}
