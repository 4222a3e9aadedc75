"""GLEIF: the world's register of Legal Entity Identifiers (ISO 17442), which some three million companies have.

Free and without a key. It is asked by CNPJ in the punctuated form in which it holds one, everywhere else by name: other
countries' numbers are written in too many ways to be found by ours. Read in November 2026.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import httpx
from stdnum import lei
from stdnum.br import cnpj

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, CompanyStatus, Field, Identifier
from enrichment.domain.errors import Rejected, Throttled
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.names import is_name_of_person, normalised_name
from enrichment.domain.subject import Subject
from enrichment.sources.failures import Failures
from enrichment.sources.http import address
from enrichment.sources.payload import at, claims, iso_date, items, json_object, one_line, required_items, text
from enrichment.sources.receita import head_office, shown_number

HITS = 5
MOST_LINES = 4
# Several records fit and nothing tells them apart, or one bears the name and another number than the one known.
WEIGHT_OF_A_GUESS = 0.6
# Not renewed for more than a year, or on the word of the company alone.
WEIGHT_OF_OLD_OR_UNCHECKED = 0.8

# Without a key there is none to refuse. The limit is not published; its clients count on 60 requests a minute.
FAILURES = Failures(statuses={401: Rejected, 403: Throttled}, pause_seconds=60.0)

STATUSES: Mapping[str, CompanyStatus] = {"ACTIVE": CompanyStatus.ACTIVE, "INACTIVE": CompanyStatus.CLOSED}
# A person who trades alone, and a branch, which has an identifier of its own beside its company's.
OTHER_CATEGORIES = frozenset({"SOLE_PROPRIETOR", "BRANCH"})
# Issued twice, by mistake or never: not the company's identifier.
VOID = frozenset({"DUPLICATE", "ANNULLED", "CANCELLED"})

_JURISDICTION = re.compile("[a-z]{2}(?:_[a-z0-9]{1,3})?")
# What follows on such a line names who takes the letters in, often a person.
_CARE_OF = re.compile(r"\b(?:c\s?/\s?o|care of|att(?:n|ention)?)\b.*", re.IGNORECASE)


class _Hit(NamedTuple):
    entity: object
    registration: object
    lei: str
    name: str
    number: str
    jurisdiction: str

    @property
    def country(self) -> str:
        return self.jurisdiction[:2].upper()


def question(subject: Subject) -> bytes | None:
    """The number and the name by which a record is recognised, and the country that it has to be of."""
    number, name = _bare(_number(subject)), normalised_name(_name(subject))
    return f"{number}\n{name}\n{subject.country_code}".encode() if number or name else None


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """A search by CNPJ, else by name, else by whatever number there is; in the one country where that is known."""
    number, name = head_office(subject), _name(subject)
    query = {"page[size]": str(HITS)}
    if number or not normalised_name(name):
        query["filter[entity.registeredAs]"] = cnpj.format(number) if number else _number(subject)
    else:
        # A comma stands between alternatives.
        query["filter[entity.legalName]"] = " ".join(name.replace(",", " ").split())
    if subject.country_code:
        query["filter[entity.legalAddress.country]"] = subject.country_code
    url = address(entry.base_url, "/api/v1/lei-records", query)
    return httpx.Request("GET", url, headers={"accept": "application/vnd.api+json"})


def read(response: httpx.Response, subject: Subject) -> Reading:
    """The facts of the record that is the company's, not-found where none is."""
    if error := FAILURES.of(response):
        raise error
    hits = tuple(_fitting(required_items(json_object(response), "data"), subject))
    # Without a country, a name that two countries know is nobody's.
    if not hits or len({hit.country for hit in hits}) > 1:
        return NOT_FOUND
    best, *others = sorted(hits, key=lambda hit: _rank(hit, subject), reverse=True)
    is_guess = any(_rank(best, subject) == _rank(other, subject) for other in others) or _is_other_number(best, subject)
    certainty = WEIGHT_OF_A_GUESS if is_guess else 1.0
    # An identifier stays the company's, however old the rest of its record is.
    return Reading((*claims(_identifier(best), certainty), *claims(_facts(best), certainty * _weight(best))))


def _name(subject: Subject) -> str:
    return (subject.text(Field.LEGAL_NAME) or subject.text(Field.NAME) or subject.hints.company_name)[:200]


def _number(subject: Subject) -> str:
    known = subject.text(Field.REGISTRATION_NUMBER) or subject.hints.registration_number
    # What is no CNPJ in Brazil may be a person's CPF.
    return head_office(subject) or ("" if subject.country_code == "BR" else known)


def _bare(number: str) -> str:
    return re.sub(r"[\W_]", "", number).casefold().lstrip("0")


def _fitting(found: Sequence[object], subject: Subject) -> Iterator[_Hit]:
    """The records of companies in the country that bear the name or the number."""
    for item in found[:HITS]:
        hit = _hit(at(item, "attributes"))
        is_company = text(hit.entity, "category") not in OTHER_CATEGORIES and not is_name_of_person(hit.name)
        is_valid = text(hit.registration, "status") not in VOID and bool(_JURISDICTION.fullmatch(hit.jurisdiction))
        is_there = subject.country_code in ("", hit.country)
        if is_company and is_valid and is_there and (_has_number(hit, subject) or _has_name(hit, subject)):
            yield hit


def _hit(record: object) -> _Hit:
    entity = at(record, "entity")
    return _Hit(
        entity=entity,
        registration=at(record, "registration"),
        lei=text(record, "lei"),
        name=text(entity, "legalName", "name"),
        number=text(entity, "registeredAs"),
        jurisdiction=text(entity, "jurisdiction").lower().replace("-", "_"),
    )


def _has_number(hit: _Hit, subject: Subject) -> bool:
    wanted = _bare(_number(subject))
    return bool(wanted) and _bare(hit.number) == wanted


def _has_name(hit: _Hit, subject: Subject) -> bool:
    wanted = normalised_name(_name(subject))
    return bool(wanted) and normalised_name(hit.name) == wanted


def _rank(hit: _Hit, subject: Subject) -> tuple[bool, bool, bool]:
    """The known number first, then the name, then what still exists."""
    return _has_number(hit, subject), _has_name(hit, subject), text(hit.entity, "status") == "ACTIVE"


def _is_other_number(hit: _Hit, subject: Subject) -> bool:
    return bool(hit.number and _number(subject)) and not _has_number(hit, subject)


def _weight(hit: _Hit) -> float:
    is_old = text(hit.registration, "status") == "LAPSED"
    is_unchecked = text(hit.registration, "corroborationLevel") == "ENTITY_SUPPLIED_ONLY"
    return WEIGHT_OF_OLD_OR_UNCHECKED if is_old or is_unchecked else 1.0


def _identifier(hit: _Hit) -> Mapping[Field, object]:
    return {Field.IDENTIFIERS: (Identifier("lei", hit.lei),)} if lei.is_valid(hit.lei) else {}


def _facts(hit: _Hit) -> Mapping[Field, object]:
    return {
        Field.LEGAL_NAME: hit.name,
        Field.STATUS: STATUSES.get(text(hit.entity, "status")),
        Field.JURISDICTION: hit.jurisdiction,
        Field.REGISTRATION_NUMBER: shown_number(hit.number, hit.country),
        Field.COUNTRY_CODE: hit.country,
        # The legal address is often that of a service that lends its own.
        Field.ADDRESS: _address(at(hit.entity, "headquartersAddress")) or _address(at(hit.entity, "legalAddress")),
        Field.INCORPORATION_DATE: iso_date(hit.entity, "creationDate"),
    }


def _address(written: object) -> Address | None:
    city, postal_code, country = (text(written, key) for key in ("city", "postalCode", "country"))
    if not city:
        return None
    lines = (_CARE_OF.sub("", text(line)).strip(" ,") for line in items(written, "addressLines")[:MOST_LINES])
    street = one_line(", ".join(line for line in lines if line))
    # ISO 3166-2: what stands behind the country.
    region = text(written, "region").removeprefix(f"{country}-")
    return Address(
        formatted=one_line(", ".join(part for part in (street, city, region, postal_code, country) if part)),
        street=street,
        city=city,
        region=region,
        postal_code=postal_code,
        country_code=country if re.fullmatch("[A-Z]{2}", country) else "",
    )
