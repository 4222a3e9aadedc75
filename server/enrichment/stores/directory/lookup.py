"""What points to a company is followed, and what is held of it is read: two statements for each way to look it up."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from sqlalchemy import Connection, bindparam, select

from enrichment.domain.directory import MOST_SHARING, NAME, Listing, Tie
from enrichment.domain.names import normalised_name
from enrichment.stores.directory.rows import Row, values_of
from enrichment.stores.directory.tables import domains, names, numbers, records

# Of what points to companies, more than this says nothing about any of them.
MOST_LINKS = 4 * MOST_SHARING
# Sources that may have a row on one company: as many rows are read at most for each.
MOST_SOURCES = 20


class Link(NamedTuple):
    """What points to a company."""

    company_id: int
    tie: Tie
    confidence: float


# Built once: to build a statement takes longer than to run it.
_BY_DOMAIN = (
    select(domains.c.company_id, domains.c.tie, domains.c.confidence)
    .where(domains.c.domain == bindparam("domain"))
    # "website" comes before "mailbox", of which there may be thousands.
    .order_by(domains.c.domain, domains.c.tie.desc(), domains.c.company_id)
    .limit(MOST_LINKS)
)
_BY_NUMBER = (
    select(numbers.c.company_id, numbers.c.confidence)
    .where(numbers.c.number == bindparam("number"))
    .order_by(numbers.c.number, numbers.c.company_id)
    .limit(MOST_LINKS)
)
_BY_NAME = (
    select(names.c.company_id)
    .where(names.c.name == bindparam("name"), names.c.country_code == bindparam("country_code"))
    .order_by(names.c.name, names.c.country_code, names.c.company_id)
    .limit(MOST_LINKS)
)
_RECORDS = (
    select(*records.c)
    .where(records.c.company_id.in_(bindparam("ids", expanding=True)))
    .order_by(records.c.company_id, records.c.source)
    .limit(MOST_LINKS * MOST_SOURCES)
)


def by_domain(connection: Connection, domain: str) -> list[Listing]:
    """What is held of the companies that a domain points to."""
    found = connection.execute(_BY_DOMAIN, {"domain": domain})
    return _listings(connection, [Link(company_id, Tie(tie), sure) for company_id, tie, sure in found])


def by_number(connection: Connection, number: str) -> list[Listing]:
    """What is held of the companies that a number points to; of a CNPJ its first eight characters."""
    found = connection.execute(_BY_NUMBER, {"number": number})
    return _listings(connection, [Link(company_id, Tie.NUMBER, sure) for company_id, sure in found])


def by_name(connection: Connection, name: str, country_code: str) -> list[Listing]:
    """What is held of the one company of this name in a country; nothing where there are several, or none."""
    plain = normalised_name(name)
    found = connection.execute(_BY_NAME, {"name": plain, "country_code": country_code}).scalars()
    listings = _listings(connection, [Link(company_id, Tie.NAME, NAME) for company_id in found])
    # A name that a company has had before still leads to it.
    named = [each for each in listings if plain in map(normalised_name, each.names)]
    ids = {each.company_id for each in named}
    return [each for each in listings if each.company_id in ids] if len(ids) == 1 else []


def _listings(connection: Connection, links: Sequence[Link]) -> list[Listing]:
    """The records of the companies, by the surest of what points to each."""
    surest: dict[int, Link] = {}
    for link in links:
        if link.company_id not in surest or surest[link.company_id].confidence < link.confidence:
            surest[link.company_id] = link
    rows = connection.execute(_RECORDS, {"ids": list(surest)}) if surest else ()
    return [_listing(Row(*row), surest) for row in cast("Iterable[Sequence[object]]", rows)]  # type: ignore[arg-type]


def _listing(row: Row, links: Mapping[int, Link]) -> Listing:
    link = links[row.company_id]
    return Listing(
        company_id=row.company_id,
        source=row.source,
        as_of=row.as_of,
        expires_at=row.expires_at,
        values=values_of(row),
        tie=link.tie,
        confidence=link.confidence,
    )
