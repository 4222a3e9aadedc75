"""When two values of a field say the same. Pure, and field-aware."""

import re
import unicodedata
from collections.abc import Callable
from typing import cast

from enrichment.domain.company import Address, Coordinates, EmployeeCount, Field, Value
from enrichment.domain.names import normalised_name

# About 500 m: what two geocoders differ by for one address.
NEAR_DEGREES = 0.005


def agree(field: Field, one: Value, other: Value) -> bool:
    """Whether two values of the field are the same statement about a company."""
    same = _SAME.get(field)
    return same(one, other) if same else one == other


def folded(text: str) -> str:
    """Case, accents, punctuation and white space taken out of a comparison."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(char for char in plain if not unicodedata.combining(char))))


def _same_text(one: Value, other: Value) -> bool:
    return folded(str(one)) == folded(str(other))


def _same_name(one: Value, other: Value) -> bool:
    return normalised_name(str(one)) == normalised_name(str(other))


def _same_phone(one: Value, other: Value) -> bool:
    return re.sub(r"\D", "", str(one)) == re.sub(r"\D", "", str(other))


def _same_company_number(one: Value, other: Value) -> bool:
    # A CNPJ's first eight characters are the company, the next four its branch.
    a, b = (re.sub(r"[^0-9A-Z]", "", str(value).upper()) for value in (one, other))
    return a[:8] == b[:8] if len(a) == len(b) == 14 else a.lstrip("0") == b.lstrip("0")


def _same_address(one: Value, other: Value) -> bool:
    a, b = cast("Address", one), cast("Address", other)
    codes = [re.sub(r"\W", "", address.postal_code).casefold() for address in (a, b)]
    if all(codes):
        return codes[0] == codes[1]
    if a.street and b.street:
        return folded(a.street) == folded(b.street) and _same_text(a.city, b.city)
    return bool(a.city) and _same_text(a.city, b.city)


def _same_place(one: Value, other: Value) -> bool:
    a, b = cast("Coordinates", one), cast("Coordinates", other)
    return abs(a.latitude - b.latitude) <= NEAR_DEGREES and abs(a.longitude - b.longitude) <= NEAR_DEGREES


def _same_head_count(one: Value, other: Value) -> bool:
    a, b = cast("EmployeeCount", one), cast("EmployeeCount", other)
    return a.min <= (b.max or b.min) and b.min <= (a.max or a.min)


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
