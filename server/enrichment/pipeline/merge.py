"""Many facts to one company: one value per field, the others kept as evidence. Pure.

Facts of a field are gathered into camps that say the same (`agreement`). Sources of one lineage are one voice, and so
is a copy beside what it copies. A camp's confidence starts at its strongest voice, and every further one closes
AGREEMENT of what is missing to 1, in proportion to its own confidence. Camps that contradict each other then share what
one can be sure of by their odds, c / (1 - c), beside odds of 1 that none of them is right: a camp without rivals keeps
its confidence. With two voices at 0.70 that gives 0.85 where they agree and 0.41 for each where they do not: what was
measured on founding years (85 % right; 47 %, 34 %, and 19 % neither). docs/confidence.md has the figures of other
fields, bench/quality.py makes them.

Only independent voices dissent: none from itself, and no model from a source. Records are wrong together where they
have not heard: that a company has ended, and where its own site says that it sits, is news to those who say otherwise
and counts NEWS times its odds. That factor is an estimate; it makes nothing surer than whoever tells it.

Evidence carries the confidence after all that was heard: each fact that of its camp.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from enrichment.domain.catalogue import Entry, Layer
from enrichment.domain.cnpj import is_head_office
from enrichment.domain.company import (
    LIST_FIELDS,
    Company,
    CompanyStatus,
    Field,
    Identifier,
    IndustryCode,
    SocialProfile,
    Value,
)
from enrichment.domain.event import Evidence
from enrichment.domain.fact import Fact
from enrichment.domain.names import folded
from enrichment.pipeline.agreement import agree

AGREEMENT = 0.72
NEWS = 4.0
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
    """Facts that say the same; `voices`: how sure each voice is, `dissent`: without what a model says."""

    facts: list[Fact]
    voices: Mapping[str, float]
    dissent: Mapping[str, float]
    weight: float
    standing: tuple[bool, bool]

    @property
    def odds(self) -> float:
        return self.weight * _odds(self.voices.values())

    def odds_against(self, other: "_Camp") -> float:
        """Of its voices that are not the other's as well."""
        return self.weight * _odds(sure for name, sure in self.dissent.items() if name not in other.voices)


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
    voices = _voices(group, entries)
    camps = [_camp(facts, entries, voices) for facts in _camps(group)]
    settled = [_settled(camp, camps) for camp in camps]
    at = max(range(len(camps)), key=lambda place: (camps[place].standing, camps[place].odds))
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


def _voices(group: Iterable[Fact], entries: Mapping[str, Entry]) -> Mapping[str, str]:
    """Whose word each lineage passes on: its own, or that of what it copies where that has spoken as well."""
    heard = frozenset(_lineage(fact, entries) for fact in group)
    copies = {entry.lineage: entry.copies for entry in entries.values()}
    return {lineage: min(copies.get(lineage, frozenset()) & heard, default=lineage) for lineage in heard}


def _camp(facts: list[Fact], entries: Mapping[str, Entry], voices: Mapping[str, str]) -> _Camp:
    return _Camp(
        facts=facts,
        voices=_surest([(fact, voices[_lineage(fact, entries)]) for fact in facts]),
        dissent=_surest([(fact, voices[_lineage(fact, entries)]) for fact in facts if not _is_inferred(fact, entries)]),
        weight=NEWS if any(_is_news(fact, entries) for fact in facts) else 1.0,
        standing=max(_standing(fact, entries) for fact in facts),
    )


def _surest(facts: Iterable[tuple[Fact, str]]) -> Mapping[str, float]:
    surest: dict[str, float] = {}
    for fact, voice in facts:
        surest[voice] = max(surest.get(voice, 0.0), fact.confidence)
    return surest


def _together(voices: Iterable[float]) -> float:
    """How sure voices that say the same are."""
    confidence = 0.0
    for at, voice in enumerate(sorted(voices, reverse=True)):
        confidence += (1 - confidence) * voice * (AGREEMENT if at else 1.0)
    return min(confidence, MOST)


def _odds(voices: Iterable[float]) -> float:
    confidence = _together(voices)
    return confidence / (1 - confidence)


def _settled(camp: _Camp, camps: Sequence[_Camp]) -> float:
    """The confidence of a camp after the others were heard."""
    alone = _together(camp.voices.values())
    if camp.facts[0].field in MANIFOLD_FIELDS:
        return round(alone, 4)
    against = sum(rival.odds_against(camp) for rival in camps if rival is not camp)
    # News is weighed against others, and no news is surer than whoever tells it.
    return round(min(alone, camp.odds / (1 + camp.odds + against)), 4)


def _lineage(fact: Fact, entries: Mapping[str, Entry]) -> str:
    return fact.lineage or (entries[fact.source].lineage if fact.source in entries else fact.source)


def registers_of(fact: Fact, entries: Mapping[str, Entry]) -> list[Entry]:
    """The government's registers whose word a fact is, whoever passes it on; none for what is no register's."""
    if not fact.lineage:
        return [entries[fact.source]] if fact.source in entries and entries[fact.source].is_register else []
    return [entry for entry in entries.values() if entry.is_register and entry.lineage == fact.lineage]


def _is_inferred(fact: Fact, entries: Mapping[str, Entry]) -> bool:
    return fact.source in entries and entries[fact.source].layer is Layer.INFERENCE


def _is_news(fact: Fact, entries: Mapping[str, Entry]) -> bool:
    """Whether a record may say otherwise only for not having heard of it: an end, or a move that the site tells."""
    if fact.field is Field.STATUS:
        return fact.value is not CompanyStatus.ACTIVE
    return fact.field is Field.ADDRESS and _lineage(fact, entries) == "site"


def _standing(fact: Fact, entries: Mapping[str, Entry]) -> tuple[bool, bool]:
    """What goes before confidence: a model never overrules a source; registers know law, a site its own name."""
    if fact.field in LEGAL_FIELDS:
        knows_best = bool(registers_of(fact, entries))
    else:
        knows_best = fact.field is Field.NAME and _lineage(fact, entries) == "site"
    return not _is_inferred(fact, entries), knows_best


def _joined(group: Sequence[Fact]) -> _Choice:
    items: dict[str, tuple[object, Fact]] = {}
    for fact in group:
        for item in fact.value if isinstance(fact.value, tuple) else ():
            items.setdefault(_key(item), (item, fact))
    kept = list(items.values())[:LIST_LENGTH]
    # Of one type by the field's promise, which every claim was held to.
    joined: Value = tuple(item for item, _ in kept)  # type: ignore[assignment]
    givers = {fact for _, fact in kept}
    return joined, group[0].confidence, [Evidence(fact, fact in givers) for fact in group]


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
