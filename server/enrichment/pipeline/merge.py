"""Many facts to one company: one value per field, the others kept as evidence. Pure.

Facts of a field are gathered into camps that say the same (`agreement`). Sources of one lineage are one voice. A
camp's confidence starts at its strongest voice and every further one closes AGREEMENT of what is missing, in proportion
to its own confidence; the strongest rival then takes DISSENT of it, again in proportion. With two voices at 0.70 that
gives 0.85 where they agree and 0.46 where they do not: what was measured on founding years (85 % and 47 % right).

Evidence carries the confidence after all that was heard: each fact that of its camp.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import LIST_FIELDS, Company, Field, Identifier, IndustryCode, SocialProfile, Value
from enrichment.domain.event import Evidence
from enrichment.domain.fact import Fact
from enrichment.pipeline.agreement import agree, folded

AGREEMENT = 0.72
DISSENT = 0.49
# Nothing is certain.
MOST = 0.99
LIST_LENGTH = 50

# What a register knows better than anybody.
LEGAL_FIELDS = frozenset(
    {
        Field.LEGAL_NAME,
        Field.INCORPORATION_DATE,
        Field.STATUS,
        Field.JURISDICTION,
        Field.REGISTRATION_NUMBER,
        Field.LEGAL_FORM,
        Field.SHARE_CAPITAL,
    }
)
# A company has several of these, or many words for one: a second value is no contradiction.
MANIFOLD_FIELDS = frozenset({Field.DESCRIPTION, Field.INDUSTRY, Field.PHONE, Field.EMAIL, Field.LOGO_URL})


@dataclass(frozen=True, slots=True)
class Merged:
    """A company, the confidence of each of its values, and where they came from."""

    company: Company
    confidence: dict[Field, float] = field(default_factory=dict[Field, float])
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class _Camp:
    facts: list[Fact]
    confidence: float
    rank: tuple[int, int, float]


def merge(domain: str, facts: Iterable[Fact], entries: Mapping[str, Entry]) -> Merged:
    """One value for each field that any fact is about; `entries` tells each source's layer and lineage."""
    groups: dict[Field, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(fact.field, []).append(fact)
    values: dict[Field, Value] = {}
    confidence: dict[Field, float] = {}
    evidence: list[Evidence] = []
    for name in sorted(groups, key=list(Field).index):
        group = sorted(groups[name], key=lambda fact: (-fact.confidence, fact.source))
        values[name], confidence[name], heard = _joined(group) if name in LIST_FIELDS else _chosen(group, entries)
        evidence += sorted(heard, key=lambda item: not item.is_selected)
    return Merged(Company(domain, values), confidence, tuple(evidence))


_Choice = tuple[Value, float, list[Evidence]]


def _chosen(group: Sequence[Fact], entries: Mapping[str, Entry]) -> _Choice:
    camps = [_camp(facts, entries) for facts in _camps(group)]
    winner = max(camps, key=lambda camp: camp.rank)
    heard = [
        Evidence(replace(fact, confidence=_after_dissent(camp, camps)), camp is winner)
        for camp in camps
        for fact in camp.facts
    ]
    best = max(winner.facts, key=lambda fact: (_standing(fact, entries), fact.confidence))
    return best.value, _after_dissent(winner, camps), heard


def _after_dissent(camp: _Camp, camps: Sequence[_Camp]) -> float:
    rivals = [other.confidence for other in camps if other is not camp]
    if not rivals or camp.facts[0].field in MANIFOLD_FIELDS:
        return round(camp.confidence, 4)
    return round(camp.confidence * (1 - DISSENT * max(rivals)), 4)


def _camps(group: Sequence[Fact]) -> list[list[Fact]]:
    camps: list[list[Fact]] = []
    for fact in group:
        for camp in camps:
            if agree(fact.field, camp[0].value, fact.value):
                camp.append(fact)
                break
        else:
            camps.append([fact])
    return camps


def _camp(facts: list[Fact], entries: Mapping[str, Entry]) -> _Camp:
    voices: dict[str, float] = {}
    for fact in facts:
        lineage = _lineage(fact, entries)
        voices[lineage] = max(voices.get(lineage, 0.0), fact.confidence)
    strongest, *others = sorted(voices.values(), reverse=True)
    confidence = strongest
    for other in others:
        confidence += (1 - confidence) * AGREEMENT * other
    confidence = max(strongest, min(confidence, MOST))
    standing = max(_standing(fact, entries) for fact in facts)
    return _Camp(facts, confidence, (*standing, confidence))


def _lineage(fact: Fact, entries: Mapping[str, Entry]) -> str:
    return entries[fact.source].lineage if fact.source in entries else fact.source


def _standing(fact: Fact, entries: Mapping[str, Entry]) -> tuple[int, int]:
    """What goes before confidence: a model never overrules a source; registers know law, a site its own name."""
    layer = entries[fact.source].layer if fact.source in entries else Layer.REGISTRY
    knows_best = (fact.field in LEGAL_FIELDS and layer is Layer.REGISTRY) or (
        fact.field is Field.NAME and _lineage(fact, entries) == "site"
    )
    return int(layer is not Layer.INFERENCE), int(knows_best)


def _joined(group: Sequence[Fact]) -> _Choice:
    items: dict[str, object] = {}
    for fact in group:
        for item in fact.value if isinstance(fact.value, tuple) else ():
            items.setdefault(_key(item), item)
    # Of one type by the field's promise, which every claim was held to.
    joined: Value = tuple(items.values())[:LIST_LENGTH]  # type: ignore[assignment]
    return joined, group[0].confidence, [Evidence(fact, True) for fact in group]


def _key(item: object) -> str:
    match item:
        case SocialProfile(network=network):
            return network
        case Identifier(scheme=scheme, value=value):
            return f"{scheme}:{value}"
        case IndustryCode(system=system, code=code):
            return f"{system}:{folded(code)}"
        case _:
            return folded(str(item))
