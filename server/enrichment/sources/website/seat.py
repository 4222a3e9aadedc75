"""Where a company sits, as the text of a Brazilian page writes it; other countries' forms are left to linked data."""

import re
from collections.abc import Iterator

from enrichment.domain.company import Address, Field
from enrichment.domain.fact import Claim

WRITTEN = 0.6
MOST_CODES, BEFORE_CODE, BEHIND_CODE = 5, 200, 60

_STATES = "AC|AL|AM|AP|BA|CE|DF|ES|GO|MA|MG|MS|MT|PA|PB|PE|PI|PR|RJ|RN|RO|RR|RS|SC|SE|SP|TO"
_STREET = re.compile(
    r"\b(?:av|avenida|rua|rod|rodovia|alameda|travessa|trav|pra[çc]a|estrada|largo)\b\.? ?[^\W\d_].{5,120}?$|"
    r"\b(?:R|Al|Est)\. [^\W\d_].{5,120}?$",
    re.IGNORECASE,
)
_POSTAL_CODE = re.compile(r"\b(\d{2}\.?\d{3}-\d{3})\b")
_CITY = re.compile(rf"([^\W\d_][^\W\d_'. -]*(?:[ '][^\W\d_'. -]+){{0,4}})\s*[/,–-]\s*({_STATES})\b")
_BEFORE_CODE = re.compile(r"[\s,–-]*(?:CEP)?[\s:.]*$")


def claims(text: str) -> Iterator[Claim]:
    """A Brazilian address: from the word for a street to the postal code, the city on either side of that."""
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
