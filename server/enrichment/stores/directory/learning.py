"""What an enrichment has found out, as rows: under the domain, and of registers under the number that they answered to.

Kept is what was read first hand where terms allow to keep it: never what a model inferred, what the caller hinted, what
the directory itself said, or what turned out to be about another company.
"""

from collections.abc import Iterable, Mapping, Sequence

from enrichment.domain.cnpj import COMPANY, company_of
from enrichment.domain.company import Field
from enrichment.domain.directory import Tie, id_of_domain, id_of_number
from enrichment.domain.event import Evidence
from enrichment.domain.fact import Fact
from enrichment.stores.directory.batch import Batch
from enrichment.stores.directory.rows import Row, row_of

# Whose terms allow it: the company's own pages and zone, and open registers.
TEACHERS = frozenset({"website", "dns", "receitaws", "opencnpj", "gleif", "wikidata"})
# They answer by a number, whatever the domain that led to it.
REGISTERS = frozenset({"receitaws", "opencnpj", "gleif"})
# A number that is less sure leads to no company's records.
SURE = 0.80


def learnt(batch: Batch, domain: str, evidence: Sequence[Evidence]) -> None:
    """Puts what may be kept of an enrichment into the batch."""
    facts = [each.fact for each in evidence if each.is_selected and _may_be_kept(each.fact)]
    by_source: dict[str, list[Fact]] = {}
    for fact in facts:
        by_source.setdefault(fact.source, []).append(fact)
    number, confidence = _number(facts)
    owner = id_of_domain(domain)
    company = id_of_number(number, "BR") if number else owner
    if not by_source or batch.is_forgotten(company, domain) or batch.is_forgotten(owner):
        return
    for source, own in by_source.items():
        batch.add(_row(company if source in REGISTERS else owner, source, own))
    if REGISTERS - by_source.keys() != REGISTERS and number:
        batch.link_domain(domain, Tie.WEBSITE, company, confidence)
        batch.link_number(number, company, confidence)
    batch.link_domain(domain, Tie.WEBSITE, owner, 1.0)
    if number:
        batch.link_number(number, owner, confidence)


def _may_be_kept(fact: Fact) -> bool:
    return fact.source in TEACHERS and not fact.is_transient and not fact.lineage


def _number(facts: Iterable[Fact]) -> tuple[str, float]:
    """The first eight characters of the surest CNPJ and its confidence; "" where none is sure."""
    sure = [fact for fact in facts if fact.field is Field.REGISTRATION_NUMBER and fact.confidence >= SURE]
    for fact in sorted(sure, key=lambda fact: -fact.confidence):
        number = company_of(str(fact.value))
        if len(number) == COMPANY and number != fact.value:
            return number, fact.confidence
    return "", 0.0


def _row(company_id: int, source: str, facts: Sequence[Fact]) -> Row:
    oldest = min(facts, key=lambda fact: fact.observed_at)
    values: Mapping[Field, object] = {fact.field: fact.value for fact in facts}
    return row_of(Row(company_id, source, oldest.observed_at, oldest.expires_at), values)  # type: ignore[arg-type]
