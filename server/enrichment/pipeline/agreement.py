"""When two values of a field say the same. Pure, and field-aware."""

import re
from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import cast

from enrichment.domain.cnpj import company_of
from enrichment.domain.company import Address, Coordinates, EmployeeCount, Field, Value
from enrichment.domain.names import folded, normalised_name

# About 500 m: what two geocoders differ by for one address.
NEAR_DEGREES = 0.005

# A word that is cut short in a name: how long it was, and how much at least and at most is left of it.
SHORTENED_LETTERS, LEAST_LETTERS, LONGEST_CUT = 8, 3, 0.6
_SMALL_WORDS = frozenset({"a", "and", "da", "das", "de", "del", "do", "dos", "e", "of", "the"})
_LINKS = frozenset(word for word in _SMALL_WORDS if len(word) > 1)
# What Brazilian law makes an insolvent company write behind its name (Lei 11.101/2005, art. 69), or its liquidator.
_INSOLVENCY = re.compile(
    r"\b(?:em recuperacao judicial|em liquidacao(?: extrajudicial| judicial)?|massa falida(?: de)?|empresa falida)\b"
)
# Words for a street of any kind, which are written in full, in short or not at all.
_STREETS = frozenset(
    re.findall(
        r"\w+",
        """
        r rua av avenida ave avenue al alameda tv travessa pc pca praca lgo largo est estrada rod rodovia st street rd
        road dr drive ln lane blvd boulevard ct court pl place sq square way hwy highway
        """,
    )
)
# Words that names of places are written with in short.
_SHORT_FORMS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}


def agree(field: Field, one: Value, other: Value) -> bool:
    """Whether two values of the field are the same statement about a company."""
    same = _SAME.get(field)
    return same(one, other) if same else one == other


def _same_text(one: Value, other: Value) -> bool:
    return folded(str(one)) == folded(str(other))


def _same_name(one: Value, other: Value) -> bool:
    a, b = _words_of_name(str(one)), _words_of_name(str(other))
    # The first word is the brand, which nobody shortens.
    return a == b or (len(a) == len(b) and a[0] == b[0] and all(map(_is_same_word, a, b)))


@lru_cache(maxsize=2_048)
def _words_of_name(name: str) -> tuple[str, ...]:
    own = normalised_name(_INSOLVENCY.sub(" ", folded(name))).split()
    return tuple(word for word in own if word not in _SMALL_WORDS) or tuple(own)


def _is_same_word(one: str, other: str) -> bool:
    """Whether one of two words stands for the other: "empreend" for "empreendimentos", as registers shorten names.

    Among the 16,000 names of five lists of companies this takes two different companies for one a single time.
    """
    short, long = sorted((one, other), key=len)
    is_cut = len(long) >= SHORTENED_LETTERS and LEAST_LETTERS <= len(short) <= LONGEST_CUT * len(long)
    return one == other or (is_cut and long.startswith(short))


def _same_phone(one: Value, other: Value) -> bool:
    return re.sub(r"\D", "", str(one)) == re.sub(r"\D", "", str(other))


def _same_company_number(one: Value, other: Value) -> bool:
    a, b = (re.sub(r"[^0-9A-Z]", "", str(value).upper()) for value in (one, other))
    return company_of(a) == company_of(b) if len(a) == len(b) else a.lstrip("0") == b.lstrip("0")


def _same_address(one: Value, other: Value) -> bool:
    a, b = cast("Address", one), cast("Address", other)
    if a == b:
        return True
    if a.country_code and b.country_code and a.country_code != b.country_code:
        return False
    if _is_line(a) or _is_line(b):
        return _is_same_line(a, b) or _is_written_in(a, b) or _is_written_in(b, a)
    if not _is_same_street(a.street, b.street):
        return False
    codes = [re.sub(r"\W", "", address.postal_code).casefold() for address in (a, b)]
    return _same_postal_code(*codes) if all(codes) else bool(a.city) and _city(a.city) == _city(b.city)


def _is_line(address: Address) -> bool:
    return not (address.street or address.city or address.postal_code)


def _is_same_line(one: Address, other: Address) -> bool:
    return folded(one.formatted) == folded(other.formatted) != ""


def _is_written_in(parts: Address, line: Address) -> bool:
    """Whether an address of which only one line is known holds the street, and the postal code or city, of another."""
    written = f" {folded(line.formatted)} "
    # The block behind a ZIP code is mostly left out.
    places = [re.sub(r"^(\d{5})-\d{4}$", r"\1", parts.postal_code)] if parts.postal_code else [parts.street, parts.city]
    is_there = all(place and f" {folded(place)} " in written for place in places)
    return is_there and _is_same_street(parts.street, line.formatted)


def _is_same_street(one: str, other: str) -> bool:
    """Whether nothing in two streets with their numbers contradicts: all that the shorter says is in the longer."""
    words, numbers = (sorted(pair, key=len) for pair in zip(_street(one), _street(other), strict=True))
    are_words_told = all(any(_is_same_word(word, each) for each in words[1]) for word in words[0])
    return are_words_told and numbers[0] <= numbers[1]


@lru_cache(maxsize=2_048)
def _street(street: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words that tell streets apart, and the numbers."""
    told = frozenset(word for word in folded(street).split() if word not in _STREETS | _LINKS)
    numbers = frozenset(word for word in told if word[0].isdecimal())
    return told - numbers, numbers


def _same_postal_code(one: str, other: str) -> bool:
    # A ZIP code may carry four digits more, for the block.
    return one == other or ({len(one), len(other)} == {5, 9} and one[:5] == other[:5] and (one + other).isdecimal())


def _city(name: str) -> str:
    """A city as it is compared: "St. Paul" is "Saint Paul", "New York City" is "New York"."""
    words = [_SHORT_FORMS.get(word, word) for word in folded(name).split()]
    return " ".join(words[:-1] if len(words) > 1 and words[-1] == "city" else words)


def _same_place(one: Value, other: Value) -> bool:
    a, b = cast("Coordinates", one), cast("Coordinates", other)
    apart = abs(a.longitude - b.longitude)
    # 180 degrees east and west are one line.
    return abs(a.latitude - b.latitude) <= NEAR_DEGREES and min(apart, 360 - apart) <= NEAR_DEGREES


def _same_head_count(one: Value, other: Value) -> bool:
    a, b = cast("EmployeeCount", one), cast("EmployeeCount", other)
    return a.min <= _most(b) and b.min <= _most(a)


def _most(count: EmployeeCount) -> float:
    return inf if count.max is None else count.max


_SAME: dict[Field, Callable[[Value, Value], bool]] = {
    Field.NAME: _same_name,
    Field.LEGAL_NAME: _same_name,
    Field.DESCRIPTION: _same_text,
    Field.INDUSTRY: _same_text,
    Field.LEGAL_FORM: _same_text,
    Field.EMAIL: _same_text,
    Field.PHONE: _same_phone,
    Field.REGISTRATION_NUMBER: _same_company_number,
    Field.ADDRESS: _same_address,
    Field.COORDINATES: _same_place,
    Field.EMPLOYEE_COUNT: _same_head_count,
}
