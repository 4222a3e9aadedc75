"""Values of linked data, from the many ways in which they are written."""

import re
from collections.abc import Iterator, Mapping

import stdnum.br.cnpj
import stdnum.eu.vat
import stdnum.lei

from enrichment.domain.company import Address, Coordinates, EmployeeCount, Identifier
from enrichment.sources.website.countries import country_code
from enrichment.sources.website.linked_data import objects, text, texts

SHORTEST_ADDRESS = 10

_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_NUMBER = re.compile(r"\d{1,7}")
_ROUNDED = re.compile(r"\d\s?(?:k|m|mil)\b", re.IGNORECASE)


def country_of(properties: Mapping[str, object]) -> str:
    """The country of the first address that names one, as a code; "" where none does."""
    named = (text(given.get("addressCountry")) for given in objects(properties.get("address")))
    return next((code for code in map(country_code, named) if code), "")


def address(properties: Mapping[str, object]) -> Address | None:
    """The first address that names a place, in parts or as a line of text."""
    for item in objects(properties.get("address")):
        street, city, region, postal_code, country = (
            text(item.get(key))
            for key in ("streetAddress", "addressLocality", "addressRegion", "postalCode", "addressCountry")
        )
        if street or city or postal_code:
            return Address(
                formatted=", ".join(part for part in (street, postal_code, city, region, country) if part),
                street=street,
                city=city,
                region=region,
                postal_code=postal_code,
                country_code=country_code(country),
            )
    written = text(properties.get("address"))
    return Address(formatted=written) if len(written) > SHORTEST_ADDRESS else None


def coordinates(properties: Mapping[str, object]) -> Coordinates | None:
    """The first point that lies on the globe, of the thing itself, its address or its location."""
    places = [properties, *objects(properties.get("address")), *objects(properties.get("location"))]
    for point in (point for place in places for point in objects(place.get("geo"))):
        latitude, longitude = _degrees(point.get("latitude"), 90), _degrees(point.get("longitude"), 180)
        # 0, 0 is where forms that were left empty lie.
        if latitude is not None and longitude is not None and (latitude or longitude):
            return Coordinates(latitude, longitude)
    return None


def _degrees(value: object, most: float) -> float | None:
    try:
        degrees = float(text(value).replace(",", "."))
    except ValueError:
        return None
    return degrees if -most <= degrees <= most else None


def year(date: str) -> int | None:
    """The year in a date of any form."""
    found = _YEAR.search(date)
    return int(found[1]) if found else None


def head_count(value: object) -> EmployeeCount | None:
    """A head count or band: a number, "51-200", "500+", or an object with a value or bounds."""
    for item in objects(value):
        least, most = text(item.get("minValue")), text(item.get("maxValue"))
        if least or most:
            return _band([*(_NUMBER.findall(least)[:1] or ["0"]), *_NUMBER.findall(most)[:1]], is_open=not most)
        value = item.get("value", value)
    written = text(value).replace(",", "").replace(".", "")
    if _ROUNDED.search(written):
        return None
    return _band(_NUMBER.findall(written)[:2], is_open="+" in written)


def _band(numbers: list[str], *, is_open: bool) -> EmployeeCount | None:
    if not numbers:
        return None
    least, most = int(numbers[0]), int(numbers[-1])
    if most < least or not (least or most):
        return None
    return EmployeeCount(least, None if is_open else most)


def cnpj(properties: Mapping[str, object]) -> str:
    """A CNPJ whose check digits are right among the numbers given, in 14 characters; "" where there is none."""
    given = [*texts([properties.get("taxID"), properties.get("vatID")]), *texts(properties.get("identifier"), "value")]
    numbers = (compact(number.upper().removeprefix("CNPJ").strip(" :.")) for number in given)
    return next((number for number in numbers if stdnum.br.cnpj.is_valid(number)), "")


def compact(number: str) -> str:
    """An official number without what is put between its parts."""
    return "".join(char for char in number if char not in " .-/")


def identifiers(properties: Mapping[str, object]) -> Iterator[Identifier]:
    """LEI and European VAT number, as far as their check digits are right."""
    lei = compact(text(properties.get("leiCode"))).upper()
    if stdnum.lei.is_valid(lei):
        yield Identifier("lei", lei)
    vat = compact(text(properties.get("vatID"))).upper()
    if stdnum.eu.vat.is_valid(vat):
        yield Identifier("vat", vat)
