"""The company directory: what is held of a company already, each fact with its own origin, date and age.

Asked first and without the cache. A row's confidence is its source's own, times how sure it is that the row is about
the company, times what its age leaves of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.directory import Directory, DirectoryUnavailable, Listing
from enrichment.domain.errors import Fault
from enrichment.domain.fact import NOT_FOUND, Claim, Reading
from enrichment.domain.ports import Clock
from enrichment.domain.subject import Subject
from enrichment.sources.contact import phone
from enrichment.sources.payload import claims

# Receita Federal's dump is what OpenCNPJ reads: one register, one voice, and its confidence.
SAME_AS: Mapping[str, str] = {"receita": "opencnpj"}
# The securities commission checks what listed companies file with it; whether one is still listed is not its status.
CVM: Mapping[Field, float] = {
    Field.NAME: 0.80,
    Field.LEGAL_NAME: 0.95,
    Field.INDUSTRY: 0.80,
    Field.INCORPORATION_DATE: 0.90,
    Field.JURISDICTION: 0.95,
    Field.REGISTRATION_NUMBER: 0.97,
    Field.COUNTRY_CODE: 0.95,
    Field.ADDRESS: 0.80,
}
# A list that the operator chose to import: with the link of its websites (0.95) what it says is enough (0.80) while it
# is young. What changes fast, or is told by everybody differently, is less.
LIST = 0.88
OF_LISTS: Mapping[Field, float] = {Field.EMPLOYEE_COUNT: 0.60, Field.PHONE: 0.70, Field.FOUNDED_YEAR: 0.80}
# Past its lifetime a row counts half for every further lifetime, and for nothing below this.
LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row comes from: whose word it is, and how sure that source is of each field."""

    lineage: str
    priors: Mapping[Field, float]


def age_weight(listing: Listing, now: float) -> float:
    """What its age leaves of a row's confidence: all of it within its lifetime, then half for each further one."""
    lifetime = listing.expires_at - listing.as_of
    if now <= listing.expires_at or lifetime <= 0:
        return 1.0 if now <= listing.expires_at else 0.0
    return 0.5 ** min(60.0, (now - listing.expires_at) / lifetime)


class DirectorySource:
    """A Source over the Directory; `entries` is the catalogue, from which the origins of rows have their confidence."""

    def __init__(self, entry: Entry, directory: Directory, entries: Sequence[Entry], clock: Clock) -> None:
        self._entry = entry
        self._directory = directory
        self._entries = {each.name: each for each in entries}
        self._clock = clock

    def question(self, subject: Subject) -> bytes | None:
        hints = subject.hints
        # Of what is known, a run may have learnt more by now; what is asked stays the same.
        parts = (subject.domain, hints.registration_number, hints.company_name, hints.country_code)
        return "\0".join(parts).encode("utf-8", "replace")

    def price(self, subject: Subject) -> int:
        return self._entry.price_usd_micros

    async def ask(self, subject: Subject) -> Reading:
        try:
            listings = await self._directory.find(subject)
        except DirectoryUnavailable as error:
            raise Fault(str(error)) from None
        found = tuple(claim for listing in listings for claim in self._claims(listing))
        return Reading(found) if found else NOT_FOUND

    async def close(self) -> None:
        """The directory is closed by whoever opened it."""

    def _claims(self, listing: Listing) -> Iterator[Claim]:
        origin, weight = self._origin(listing.source), listing.confidence * age_weight(listing, self._clock())
        if weight < LEAST:
            return
        values: dict[Field, object] = dict(listing.values)
        if Field.PHONE in values:
            values[Field.PHONE] = phone(str(values[Field.PHONE]), "")
        for claim in claims(values):
            prior = origin.priors.get(claim.field, 0.0)
            if prior:
                yield replace(
                    claim,
                    weight=weight * prior,
                    lineage=origin.lineage,
                    observed_at=listing.as_of,
                    expires_at=listing.expires_at,
                )

    def _origin(self, source: str) -> Origin:
        entry = self._entries.get(SAME_AS.get(source, source))
        if entry is not None:
            return Origin(entry.lineage, entry.brings)
        if source == "cvm":
            return Origin(source, CVM)
        return Origin(f"list {source}", {name: OF_LISTS.get(name, LIST) for name in Field})
