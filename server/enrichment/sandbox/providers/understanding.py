"""What the sandbox's language model makes of what it is shown: the company, and a sentence for each thing it says.

It knows the truth of the world, and says only what a sentence of the evidence backs: no sentence, no answer. For some
companies it makes the sentence up, as models do.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from enrichment.sandbox.world import Company, World

_DOMAIN = re.compile(r"[a-z0-9-]{3,63}(?:\.[a-z]{2,6}){1,2}\b")
_LONGEST_QUOTE = 200
_SENTENCE = re.compile(r"(?<=[.!?])\s+|[\n\r]+")


@dataclass(frozen=True, slots=True)
class Insight:
    """One thing said of a company: in plain words, in other words that mean the same, and the sentence behind it."""

    value: str
    quote: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """Insights by name: "industry", "business_model", "target_market", "description"; empty for a stranger."""

    insights: Mapping[str, Insight] = field(default_factory=dict[str, Insight])


def understand(world: World, evidence: str) -> Understanding:
    """What can be said of the company that the evidence is about."""
    texts = list(_texts(evidence))
    company = _company(world, evidence)
    if company is None:
        return Understanding()
    sentences = [sentence.strip() for text in texts for sentence in _SENTENCE.split(text) if sentence.strip()]
    return Understanding(dict(_insights(company, sentences)))


def _texts(evidence: str) -> Iterator[str]:
    """The evidence as it stands, or every text in it where it is JSON."""
    try:
        data = cast(object, json.loads(evidence))
    except ValueError:
        yield evidence
        return
    yield from _strings(data)


def _strings(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in cast(dict[str, Any], data).values():
            yield from _strings(value)
    elif isinstance(data, list):
        for value in cast(list[Any], data):
            yield from _strings(value)


def _company(world: World, evidence: str) -> Company | None:
    """The first domain in the evidence that is somebody's."""
    for found in _DOMAIN.finditer(evidence.lower()):
        if company := world.company(found[0]):
            return company
    return None


def _around(sentence: str, words: str) -> str:
    """The sentence, or the part of a long one that holds the words."""
    start = max(0, sentence.index(words) - _LONGEST_QUOTE // 2)
    return sentence[start : start + _LONGEST_QUOTE].strip()


_MODELS: Mapping[str, tuple[str, ...]] = {
    "b2b": ("b2b", "business to business"),
    "b2c": ("b2c", "business to consumer", "d2c", "retail"),
    "saas": ("saas", "software as a service", "subscription", "b2b"),
    "marketplace": ("marketplace", "platform", "b2b2c"),
}
_MARKETS: Mapping[str, tuple[str, ...]] = {
    "b2b": ("small business", "smb", "small and medium businesses", "businesses", "mid market", "b2b"),
    "b2c": ("consumers", "consumer", "individuals", "households", "b2c"),
    "saas": ("mid market", "smb", "small and medium businesses", "businesses", "b2b"),
    "marketplace": ("small business", "smb", "small and medium businesses", "businesses", "mixed"),
}


def _insights(company: Company, sentences: list[str]) -> Iterator[tuple[str, Insight]]:
    english, trade, model = company.industry.trades["en"], company.trade, company.industry.model
    description = f"{company.facts.name} offers {english.what} to {english.whom}."
    said = {
        "industry": (company.industry.label, (company.industry.key,), trade.what),
        "business_model": (_MODELS[model][0], _MODELS[model], company.language.models[model]),
        "target_market": (english.whom.capitalize(), _MARKETS[model], trade.whom),
        "description": (description, (), trade.what),
    }
    for name, (value, synonyms, words) in said.items():
        quote = next((_around(sentence, words) for sentence in sentences if words in sentence), "")
        if quote and any(planted.kind == "invented_quote" for planted in company.planted):
            quote = f"{company.facts.name} has led its market for a hundred years."
        if quote:
            yield name, Insight(value, quote, synonyms)
