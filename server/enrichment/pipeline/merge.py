"""Many facts to one company: one value per field, the others kept as evidence. Pure.

Facts of a field are gathered into camps that say the same (`agreement`). Sources of one lineage are one voice. A
camp's confidence starts at its strongest voice, and every further one closes AGREEMENT of what is missing to 1, in
proportion to its own confidence. Camps that contradict each other then share what one can be sure of by their odds,
c / (1 - c), beside odds of 1 that none of them is right: a camp without rivals keeps its confidence. With two voices at
0.70 that gives 0.85 where they agree and 0.41 for each where they do not: what was measured on founding years (85 %
right; 47 %, 34 %, and 19 % neither). docs/confidence.md has the figures of other fields, bench/quality.py makes them.

Evidence carries the confidence after all that was heard: each fact that of its camp.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.company import LIST_FIELDS, Company, Field, Identifier, IndustryCode, SocialProfile, Value
from enrichment.domain.event import Evidence
from enrichment.domain.fact import Fact
from enrichment.pipeline.agreement import agree, folded, is_head_office

AGREEMENT = 0.72
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
# A source may name several for others to choose from, as a page with a partner's number does: no dissent from itself.
CHOICE_FIELDS = frozenset({Field.REGISTRATION_NUMBER})


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
        group = sorted(groups[name], key=lambda fact: (-fact.confidence, fact.source, repr(fact.value)))
        values[name], confidence[name], heard = _joined(group) if name in LIST_FIELDS else _chosen(group, entries)
        evidence += sorted(heard, key=lambda item: not item.is_selected)
    return Merged(Company(domain, values), confidence, tuple(evidence))


_Choice = tuple[Value, float, list[Evidence]]


def _chosen(group: Sequence[Fact], entries: Mapping[str, Entry]) -> _Choice:
    camps = [_camp(facts, entries) for facts in _camps(group)]
    settled = _settled(camps, entries)
    at = max(range(len(camps)), key=lambda place: camps[place].rank)
    best = max(camps[at].facts, key=lambda fact: (_is_of_company(fact), _standing(fact, entries), fact.confidence))
    heard = [
        Evidence(replace(fact, confidence=settled[place]), place == at)
        for place, camp in enumerate(camps)
        for fact in camp.facts
    ]
    return best.value, settled[at], heard


def _is_of_company(fact: Fact) -> bool:
    """Whether a fact is about a company as a whole, where one about a branch can stand beside it."""
    return fact.field is Field.REGISTRATION_NUMBER and is_head_office(str(fact.value))


def _camps(group: Sequence[Fact]) -> list[list[Fact]]:
    camps: list[list[Fact]] = []
    for fact in group:
        for camp in camps:
            # With all of it: a city agrees with two addresses that do not agree with each other.
            if all(agree(fact.field, other.value, fact.value) for other in camp):
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
    confidence, *others = sorted(voices.values(), reverse=True)
    for other in others:
        confidence += (1 - confidence) * AGREEMENT * other
    confidence = min(confidence, MOST)
    standing = max(_standing(fact, entries) for fact in facts)
    return _Camp(facts, confidence, (*standing, confidence))


def _settled(camps: Sequence[_Camp], entries: Mapping[str, Entry]) -> list[float]:
    """The confidence of each camp after the others were heard."""
    if camps[0].facts[0].field in MANIFOLD_FIELDS:
        return [round(camp.confidence, 4) for camp in camps]
    settled: list[float] = []
    for camp in camps:
        against = sum(_odds_against(camp, rival, entries) for rival in camps if rival is not camp)
        odds = _odds(camp.confidence)
        settled.append(round(odds / (1 + odds + against), 4))
    return settled


def _odds(confidence: float) -> float:
    return confidence / (1 - confidence)


def _odds_against(camp: _Camp, rival: _Camp, entries: Mapping[str, Entry]) -> float:
    """The odds of a rival as far as sources speak for it that do not speak for the camp too."""
    own = {fact.source for fact in camp.facts if fact.field in CHOICE_FIELDS}
    others = [fact for fact in rival.facts if fact.source not in own]
    return _odds(_camp(others, entries).confidence) if others else 0.0


def _lineage(fact: Fact, entries: Mapping[str, Entry]) -> str:
    return entries[fact.source].lineage if fact.source in entries else fact.source


def _standing(fact: Fact, entries: Mapping[str, Entry]) -> tuple[int, int]:
    """What goes before confidence: a model never overrules a source; registers know law, a site its own name."""
    entry = entries.get(fact.source)
    if fact.field in LEGAL_FIELDS:
        knows_best = _closeness_to_law(entry)
    else:
        knows_best = int(fact.field is Field.NAME and _lineage(fact, entries) == "site")
    return int(entry is None or entry.layer is not Layer.INFERENCE), knows_best


def _closeness_to_law(entry: Entry | None) -> int:
    """2 for a register itself, 1 for who passes registers on, 0 for everybody else."""
    if entry is None:
        return 1
    # What a register makes needless is a company database, whatever it copies.
    passes_on = entry.layer is Layer.REGISTRY and not entry.is_spared_by_registry
    return 2 if entry.is_register else int(passes_on)


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
