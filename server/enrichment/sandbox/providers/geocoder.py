"""Finds an address of the world in a line of text, however it is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from enrichment.sandbox.world.lore import City, Country, lore
from enrichment.sandbox.world.names import plain
from enrichment.sandbox.world.places import spot


@dataclass(frozen=True, slots=True)
class Match:
    """What was recognised: a city at least; `code` says how well each part fits, in Mapbox's words."""

    country: Country
    city: City
    street: str
    number: str
    postal_code: str
    latitude: float
    longitude: float
    code: Mapping[str, str]


@lru_cache(maxsize=1_024)
def _words(text: str) -> str:
    """Plain words with single spaces around them: " rua das aroeiras claras 409 "."""
    parts = re.split(r"[^\w-]+", text)
    return f" {' '.join(word for part in parts if (word := plain(part)))} "


class Geocoder:
    """Knows the streets of every city: all streets of a language run through all its cities."""

    def find(self, text: str, countries: frozenset[str]) -> Match | None:
        """The best match, in these countries if any are named; None where not even the city is known."""
        words = _words(text)
        found = max(
            (
                (len(city.name), country, city)
                for country in lore().countries.values()
                if not countries or country.code in countries
                for city in country.cities
                if _words(city.name) in words
            ),
            key=lambda candidate: candidate[0],
            default=None,
        )
        return None if found is None else self._match(words, found[1], found[2])

    def _match(self, words: str, country: Country, city: City) -> Match:
        street = next((name for spelt, name in _streets(country.language) if spelt in words), "")
        number = _number(words, _words(street).strip()) if street else ""
        postal_code = _postal_code(words, country, city)
        latitude, longitude = spot(city, street, number) if street else (city.latitude, city.longitude)
        return Match(
            country=country,
            city=city,
            street=street,
            number=number,
            postal_code=postal_code,
            latitude=latitude,
            longitude=longitude,
            code={
                "address_number": "matched" if number else "unmatched",
                "street": "matched",
                "postcode": "matched" if postal_code else "unmatched",
                "place": "matched",
                "region": "matched" if _words(city.region) in words else "inferred",
                "locality": "not_applicable",
                "country": "matched" if _words(country.name) in words else "inferred",
                "confidence": "exact" if postal_code else "high",
            },
        )


@lru_cache(maxsize=8)
def _streets(language: str) -> tuple[tuple[str, str], ...]:
    return tuple((_words(name), name) for name in lore().languages[language].streets)


def _number(words: str, street: str) -> str:
    found = re.search(rf" ([0-9]{{1,5}}) {street} ", words) or re.search(rf" {street} ([0-9]{{1,5}}) ", words)
    return found[1] if found else ""


def _postal_code(words: str, country: Country, city: City) -> str:
    """The city's postal code in the text, in the country's own spelling."""
    start = plain(city.postal_start)
    pattern = re.escape(start) + _shape(country, city)
    found = re.search(rf" ({pattern}) ", words)
    if not found:
        return ""
    code = re.sub(r"[^a-z0-9]", "", found[1]).upper()
    at = len(city.postal_start + country.postal[_digits(city) :].split("-")[0].split(" ")[0])
    joint = "-" if "-" in country.postal else " " if " " in country.postal else ""
    return f"{code[:at]}{joint}{code[at:]}" if joint else code


def _digits(city: City) -> int:
    return len(city.postal_start) if city.postal_start.isdecimal() else 0


def _shape(country: Country, city: City) -> str:
    """What follows the start of the code, as a pattern over plain words; a hyphen or a point may be left out."""
    rest = country.postal[_digits(city) :]
    return "".join({"#": "[0-9]", "-": "[ -]?", " ": " ?"}.get(c, f"[{c.lower()}]") for c in rest)
