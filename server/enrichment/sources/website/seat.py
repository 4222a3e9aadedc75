"""Where a company sits, as the text of a page has it: a Brazilian address in parts, any other one as a line."""

import re
from collections.abc import Iterator

from enrichment.domain.company import Address, Field
from enrichment.domain.fact import Claim
from enrichment.sources.website.countries import country_code
from enrichment.sources.website.page import Page, visible

WRITTEN, MARKED = 0.6, 0.5
MOST_MARKED, SHORTEST, LONGEST = 3, 15, 200
MOST_CODES, BEFORE_CODE, BEHIND_CODE = 5, 200, 60

_STATES = "AC|AL|AM|AP|BA|CE|DF|ES|GO|MA|MG|MS|MT|PA|PB|PE|PI|PR|RJ|RN|RO|RR|RS|SC|SE|SP|TO"
_STREET = re.compile(
    r"\b(?:av|avenida|rua|rod|rodovia|alameda|travessa|trav|pra[çc]a|estrada|largo)\b\.? ?[^\W\d_].{5,120}?$|"
    r"\b(?:R|Al|Est)\. [^\W\d_].{5,120}?$",
    re.IGNORECASE,
)
_POSTAL_CODE = re.compile(r"\b(\d{2}\.?\d{3}-\d{3})\b")
_CITY = re.compile(rf"([^\W\d_][^\W\d_'. -]*(?:[ '][^\W\d_'. -]+){{0,4}})\s*[/,–-]\s*({_STATES})\b")
# Telephone numbers, mailboxes and hours stand among the lines of an address.
_NOT_PLACE = re.compile(
    r"@|\+\d|\(\d{2,4}\)|\b(?:tel|fone|phone|fax|e-?mail|whats)|https?:|\d{1,2}[:h]\d{2}", re.IGNORECASE
)
_BEFORE_CODE = re.compile(r"[\s,–-]*(?:CEP)?[\s:.]*$")


def claims(page: Page) -> Iterator[Claim]:
    """A Brazilian address anywhere in the text, and what the page marks as an address."""
    yield from _brazilian(page.text)
    for node in page.markup.tree.css("address")[:MOST_MARKED]:
        lines = [line.strip() for line in visible(node)[: 5 * LONGEST].splitlines()]
        written = ", ".join(line.strip(",") for line in lines if line and not _NOT_PLACE.search(line))
        if SHORTEST <= len(written) <= LONGEST and any(map(str.isdigit, written)):
            country = country_code(written.rpartition(",")[2])
            yield Claim(Field.ADDRESS, Address(formatted=written, country_code=country), MARKED)


def _brazilian(text: str) -> Iterator[Claim]:
    """From the word for a street to the postal code, the city on either side of that."""
    for code in list(_POSTAL_CODE.finditer(text))[:MOST_CODES]:
        before = " ".join(text[max(0, code.start() - BEFORE_CODE) : code.start()].split())
        before = _BEFORE_CODE.sub("", before)
        street = _STREET.search(before)
        if not street:
            continue
        line = street[0]
        after = " ".join(text[code.end() : code.end() + BEHIND_CODE].split())
        place = next(iter([*list(_CITY.finditer(line))[-1:], *_CITY.finditer(after)]), None)
        if place and place.string is line:
            line = line[: place.start()]
        yield from _address(line.strip(" ,-–"), place, code[1].replace(".", ""))
        return


def _address(street: str, place: re.Match[str] | None, postal_code: str) -> Iterator[Claim]:
    city, region = (place[1].strip(), place[2]) if place else ("", "")
    where = " - ".join(part for part in (city, region) if part)
    yield Claim(
        Field.ADDRESS,
        Address(
            formatted=", ".join(part for part in (street, where, postal_code) if part),
            street=street,
            city=city,
            region=region,
            postal_code=postal_code,
            country_code="BR",
        ),
        WRITTEN,
    )
