"""People Data Labs: a company database asked by website, billed where it finds one; Clearbit's place without its key.

A match that has another website is another company, and billed all the same. Of people nothing is read. Read in
November 2026.
"""

import re
import string
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import httpx

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, EmployeeCount, Field, IndustryCode
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Subject
from enrichment.sources.company_database import (
    band,
    company_name,
    error_type,
    head_count,
    industry_code,
    profiles,
    year,
)
from enrichment.sources.contact import is_website_of, without_peoples_mailboxes
from enrichment.sources.failures import Failures
from enrichment.sources.http import address
from enrichment.sources.payload import claims, items, json_object, one_line, text
from enrichment.sources.website.countries import country_code

# From 1 to 10, and logarithmic: the provider advises 6 for those who would rather have no record than a wrong one.
MIN_LIKELIHOOD = 6
MOST_CODES = 20

_PROFILES = ("linkedin_url", "twitter_url", "facebook_url")
_CODES = (("naics", "naics_code"), ("sic", "sic_code"))
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z")


def _reset(written: str) -> float | None:
    if not _INSTANT.fullmatch(written):
        return None
    try:
        return datetime.fromisoformat(written.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


# There is no Retry-After: the end of the pause is x-ratelimit-reset, an instant. The window is a minute.
FAILURES = Failures(pause_seconds=60.0, reset=_reset)


def question(subject: Subject) -> bytes | None:
    """The domain: all that it is asked with, and all that an answer is checked by."""
    return subject.domain.encode()


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """The company of a website, if one is likely enough."""
    query = {"website": subject.domain, "min_likelihood": str(MIN_LIKELIHOOD)}
    url = address(entry.base_url, "/v5/company/enrich", query)
    return httpx.Request("GET", url, headers={"x-api-key": entry.api_key})


def read(response: httpx.Response, subject: Subject) -> Reading:
    """The facts of the website's company; not-found where there is none, or one with another website."""
    kind = error_type(response)
    if response.status_code == 404 and kind == "not_found":
        return NOT_FOUND
    if error := FAILURES.of(response, kind):
        raise error
    data = json_object(response)
    if not is_website_of(text(data, "website"), subject.domain):
        return Reading(is_found=False, is_billed=True)
    return Reading(claims(_facts(data, subject)))


def _facts(data: object, subject: Subject) -> Mapping[Field, object]:
    description = text(data, "summary") or text(data, "headline")
    # `location.geo` is the middle of the city, and no address of the company: no coordinates come of it.
    return {
        Field.NAME: company_name(data, "display_name") or _capitalised(company_name(data, "name")),
        Field.DESCRIPTION: without_peoples_mailboxes(description, subject.domain),
        Field.INDUSTRY: text(data, "industry_v2") or text(data, "industry"),
        Field.FOUNDED_YEAR: year(data, "founded"),
        Field.COUNTRY_CODE: country_code(text(data, "location", "country")),
        Field.ADDRESS: _address(data),
        Field.SOCIAL_PROFILES: profiles(filter(None, (text(data, key) for key in _PROFILES))),
        Field.EMPLOYEE_COUNT: _employees(data),
        Field.INDUSTRY_CODES: tuple(dict.fromkeys(_industry_codes(data))),
    }


def _employees(data: object) -> EmployeeCount | None:
    # The band is what the company says of itself; the count is derived from profiles of people, and often far off.
    return band(text(data, "size")) or head_count(data, "employee_count")


def _address(data: object) -> Address | None:
    line, more, city, region, postal_code = (
        text(data, "location", key) for key in ("street_address", "address_line_2", "locality", "region", "postal_code")
    )
    if not city:
        return None
    street, city, region = (_capitalised(part) for part in (", ".join(filter(None, (line, more))), city, region))
    postal_code = postal_code.upper()
    return Address(
        formatted=one_line(", ".join(part for part in (street, city, region, postal_code) if part)),
        street=one_line(street),
        city=city,
        region=region,
        postal_code=postal_code,
        country_code=country_code(text(data, "location", "country")),
    )


def _capitalised(written: str) -> str:
    """What comes in lower case as it is written elsewhere."""
    return one_line(string.capwords(written))


def _industry_codes(data: object) -> Iterator[IndustryCode]:
    for system, key in _CODES:
        for item in items(data, system)[:MOST_CODES]:
            yield from industry_code(system, text(item, key))
