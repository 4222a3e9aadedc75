"""Clearbit: a company database asked by domain, for those who still have a key; no new one has been given since 2024.

What it answers about another company than the domain's is dropped, and of people nothing is read. A company that it
does not know yet is queued on its side: that is neither an answer nor a not-found. Read in November 2026.
"""

import re
from collections.abc import Iterator, Mapping

import httpx

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, Coordinates, EmployeeCount, Field, Identifier, IndustryCode
from enrichment.domain.errors import Throttled
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Subject
from enrichment.sources.company_database import (
    WEIGHT_OF_A_CITY,
    band,
    company_name,
    error_type,
    head_count,
    industry_code,
    profiles,
    year,
)
from enrichment.sources.contact import is_website_of, phone, without_peoples_mailboxes
from enrichment.sources.failures import Failures, described
from enrichment.sources.http import address
from enrichment.sources.payload import claims, items, json_object, number, one_line, text

# Without it the shape of the answer is the one of the day on which the key was made.
API_VERSION = "2019-12-19"
MOST_ITEMS = 50

_EPOCH = re.compile(r"\d{1,12}")
_EIN, _CIK = re.compile(r"\d{9}"), re.compile(r"\d{1,10}")
_COUNTRY = re.compile("[A-Z]{2}")
_NETWORKS = {"linkedin": "linkedin.com", "twitter": "x.com", "facebook": "facebook.com"}


def _reset(written: str) -> float | None:
    return float(written) if _EPOCH.fullmatch(written) else None


# There is no Retry-After: the end of the pause is x-ratelimit-reset, in seconds since the epoch.
FAILURES = Failures(reset=_reset)


def question(subject: Subject) -> bytes | None:
    """The domain: all that it is asked with, and all that an answer is checked by."""
    return subject.domain.encode()


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """The record of a domain, in a fixed version of its shape."""
    headers = {"authorization": f"Bearer {entry.api_key}", "api-version": API_VERSION}
    url = address(entry.base_url, "/v2/companies/find", {"domain": subject.domain})
    return httpx.Request("GET", url, headers=headers)


def read(response: httpx.Response, subject: Subject) -> Reading:
    """The facts of the domain's company; not-found where there is no record, or one of another company or a person."""
    if response.status_code == 202:
        # Counted like an answer; when the record will be there nobody says.
        raise Throttled(described(response, "queued, no record yet"), is_cost_unknown=True, is_of_question=True)
    if response.status_code == 404 and error_type(response) == "unknown_record":
        return NOT_FOUND
    # 201 is counted as an answer, too.
    if response.status_code != 201 and (error := FAILURES.of(response, error_type(response))):
        raise error
    data = json_object(response)
    if not _is_of(data, subject.domain) or _is_person(data):
        return NOT_FOUND
    where = {Field.COORDINATES: _coordinates(data)}
    weight = 1.0 if text(data, "geo", "streetAddress") else WEIGHT_OF_A_CITY
    return Reading(claims(_facts(data, subject)) + claims(where, weight))


def _is_of(data: object, domain: str) -> bool:
    names = (text(data, "domain"), *map(text, items(data, "domainAliases")[:MOST_ITEMS]))
    return any(is_website_of(name, domain) for name in names)


def _is_person(data: Mapping[str, object]) -> bool:
    # Today's word for it, and that of 2014.
    return data.get("type") == "personal" or data.get("personal") is True


def _facts(data: Mapping[str, object], subject: Subject) -> Mapping[Field, object]:
    country = text(data, "geo", "countryCode").upper()
    return {
        Field.NAME: company_name(data, "name"),
        Field.LEGAL_NAME: company_name(data, "legalName"),
        Field.DESCRIPTION: without_peoples_mailboxes(text(data, "description"), subject.domain),
        Field.INDUSTRY: _industry(data),
        Field.FOUNDED_YEAR: year(data, "foundedYear"),
        Field.COUNTRY_CODE: country if _COUNTRY.fullmatch(country) else "",
        Field.ADDRESS: _address(data),
        Field.PHONE: phone(text(data, "phone") or text(data, "site", "phoneNumbers", 0), country),
        Field.SOCIAL_PROFILES: profiles(_addresses_of_profiles(data)),
        Field.TECHNOLOGIES: tuple(dict.fromkeys(_technologies(data))),
        Field.EMPLOYEE_COUNT: _employees(data),
        Field.IDENTIFIERS: tuple(_identifiers(data)),
        Field.INDUSTRY_CODES: tuple(dict.fromkeys(_industry_codes(data))),
    }


def _industry(data: object) -> str:
    """The narrowest word there is."""
    narrow_to_wide = ("subIndustry", "industry", "industryGroup", "sector")
    return next(filter(None, (text(data, "category", key) for key in narrow_to_wide)), "")


def _address(data: object) -> Address | None:
    formatted = text(data, "location")
    street, city, region, postal_code, country = (
        text(data, "geo", key) for key in ("streetAddress", "city", "state", "postalCode", "countryCode")
    )
    if not (formatted or city):
        return None
    return Address(
        formatted=formatted or one_line(", ".join(part for part in (street, city, region, postal_code) if part)),
        street=street,
        city=city,
        region=region,
        postal_code=postal_code,
        country_code=country.upper() if _COUNTRY.fullmatch(country.upper()) else "",
    )


def _coordinates(data: object) -> Coordinates | None:
    latitude, longitude = number(data, "geo", "lat"), number(data, "geo", "lng")
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return Coordinates(latitude, longitude)


def _addresses_of_profiles(data: object) -> Iterator[str]:
    for network, host in _NETWORKS.items():
        if handle := text(data, network, "handle"):
            yield f"{host}/{handle}"


def _technologies(data: object) -> Iterator[str]:
    """Names such as "google_analytics", as people write them."""
    for item in items(data, "tech")[:MOST_ITEMS]:
        if words := text(item).replace("_", " ").split():
            yield one_line(" ".join(word.capitalize() for word in words))


def _employees(data: object) -> EmployeeCount | None:
    # Until 2014 the count stood at the top; Hunter, which speaks this schema, writes a band where the count stands.
    count = head_count(data, "metrics", "employees") or head_count(data, "employees")
    return count or band(text(data, "metrics", "employeesRange")) or band(text(data, "metrics", "employees"))


def _identifiers(data: object) -> Iterator[Identifier]:
    ein, cik = (_digits(data, key) for key in ("usEIN", "usCIK"))
    if _EIN.fullmatch(ein):
        yield Identifier("ein", ein)
    if _CIK.fullmatch(cik):
        yield Identifier("cik", cik.zfill(10))


def _digits(data: object, key: str) -> str:
    return text(data, "identifiers", key).replace("-", "")


def _industry_codes(data: object) -> Iterator[IndustryCode]:
    for system, key in (("naics", "naics6Codes"), ("sic", "sic4Codes")):
        for item in items(data, "category", key)[:MOST_ITEMS]:
            yield from industry_code(system, text(item))
    yield from industry_code("gics", text(data, "category", "gicsCode"))
