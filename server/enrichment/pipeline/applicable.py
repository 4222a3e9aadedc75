"""Which fields can be known of a company at all, so that the others are not missed. Pure."""

from collections.abc import Iterable, Mapping

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import CompanyStatus, Field
from enrichment.domain.event import Evidence
from enrichment.pipeline.merge import Merged, registers_of

# The United States have no register of companies but those of the states, and no register there or in Canada publishes
# a paid-up capital.
WITHOUT_REGISTER: Mapping[str, frozenset[Field]] = {
    "US": frozenset({Field.REGISTRATION_NUMBER, Field.SHARE_CAPITAL}),
    "CA": frozenset({Field.SHARE_CAPITAL}),
}
# Nobody opens, answers or is rated any more where a company has closed.
OF_THE_LIVING = frozenset({Field.OPENING_HOURS, Field.RATING, Field.PHONE})


def applicable(merged: Merged, country_code: str, entries: Mapping[str, Entry]) -> frozenset[Field]:
    """The fields that some source brings for a company of this country and kind, and all that are known anyhow.

    `country_code` as in ISO 3166-1 alpha-2, "" where it is not known: then sources of single countries do not count.
    """
    covering = [entry for entry in entries.values() if not entry.countries or country_code in entry.countries]
    brought = frozenset(name for entry in covering for name in entry.brings)
    is_closed = merged.company.values.get(Field.STATUS) is CompanyStatus.CLOSED
    missing = WITHOUT_REGISTER.get(country_code, frozenset[Field]()) | _withheld(merged.evidence, entries)
    return (brought - missing - (OF_THE_LIVING if is_closed else frozenset())) | merged.company.values.keys()


def _withheld(evidence: Iterable[Evidence], entries: Mapping[str, Entry]) -> frozenset[Field]:
    """What may not be told of a person who trades alone (in Brazil a MEI), of whom a register tells no legal name."""
    told: dict[str, set[Field]] = {}
    for item in evidence:
        # What is not selected may be about another company.
        for register in registers_of(item.fact, entries) if item.is_selected else ():
            told.setdefault(register.name, set()).add(item.fact.field)
    silent = {
        source: fields
        for source, fields in told.items()
        if Field.REGISTRATION_NUMBER in fields and Field.LEGAL_NAME in entries[source].brings.keys() - fields
    }
    return frozenset(name for source, fields in silent.items() for name in entries[source].brings.keys() - fields)
