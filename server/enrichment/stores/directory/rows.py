"""A company's values as one wide row, and a row as values."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from enrichment.domain.company import Address, CompanyStatus, EmployeeCount, Field, IndustryCode, ShareCapital, Value
from enrichment.domain.company import is_value_of as is_value
from enrichment.stores.envelope import value_of, written

# Kept as JSON in one column: what only some companies have and nothing is looked up or counted by.
MORE = (Field.LOGO_URL, Field.SOCIAL_PROFILES, Field.TECHNOLOGIES, Field.IDENTIFIERS, Field.COORDINATES)
TEXTS = (
    Field.NAME,
    Field.LEGAL_NAME,
    Field.DESCRIPTION,
    Field.INDUSTRY,
    Field.JURISDICTION,
    Field.REGISTRATION_NUMBER,
    Field.LEGAL_FORM,
    Field.COUNTRY_CODE,
    Field.PHONE,
)


class Row(NamedTuple):
    """One source's record of one company, in the order of the table's columns; "" or None where it says nothing.

    `industry_code` is "cnae:23.19-2-00". `address` is the whole in one line, where it is not made up of the parts.
    """

    company_id: int
    source: str
    as_of: float
    expires_at: float
    name: str = ""
    legal_name: str = ""
    description: str = ""
    industry: str = ""
    industry_code: str = ""
    founded_year: int | None = None
    incorporation_date: str = ""
    status: str = ""
    jurisdiction: str = ""
    registration_number: str = ""
    legal_form: str = ""
    country_code: str = ""
    street: str = ""
    complement: str = ""
    district: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    address: str = ""
    phone: str = ""
    employees_min: int | None = None
    employees_max: int | None = None
    capital_minor: int | None = None
    capital_currency: str = ""
    more: str = ""


def row_of(blank: Row, values: Mapping[Field, Value]) -> Row:
    """The row with these values in it; an e-mail address has no column, since what stands before its @ is not kept."""
    columns: dict[str, Any] = {name.value: values[name] for name in TEXTS if name in values}
    for name in (Field.FOUNDED_YEAR, Field.INCORPORATION_DATE, Field.STATUS):
        if name in values:
            columns[name.value] = written(values[name])
    for value in values.values():
        columns |= _parts(value)
    more = {name.value: written(values[name]) for name in MORE if name in values}
    if more:
        columns["more"] = json.dumps(more, ensure_ascii=False, separators=(",", ":"))
    return blank._replace(**columns)


def _parts(value: Value) -> dict[str, Any]:
    match value:
        case Address():
            parts = {name: getattr(value, name) for name in ("street", "district", "city", "region", "postal_code")}
            whole = one_line(Row(0, "", 0.0, 0.0, **parts))
            return parts | {"address": "" if value.formatted == whole else value.formatted}
        case EmployeeCount():
            return {"employees_min": value.min, "employees_max": value.max}
        case ShareCapital():
            return {"capital_minor": value.amount_minor, "capital_currency": value.currency_code}
        case (IndustryCode() as main, *_):
            return {"industry_code": f"{main.system}:{main.code}"}
        case _:
            return {}


def values_of(row: Row) -> dict[Field, Value]:
    """The values of a row; what could not have been written there is left out."""
    found: dict[Field, Any] = {name: getattr(row, name.value) for name in TEXTS}
    found[Field.FOUNDED_YEAR] = row.founded_year
    found[Field.ADDRESS] = _address(row)
    if row.incorporation_date:
        found[Field.INCORPORATION_DATE] = date.fromisoformat(row.incorporation_date)
    if row.status:
        found[Field.STATUS] = CompanyStatus(row.status)
    if row.employees_min is not None:
        found[Field.EMPLOYEE_COUNT] = EmployeeCount(row.employees_min, row.employees_max)
    if row.capital_minor:
        found[Field.SHARE_CAPITAL] = ShareCapital(row.capital_minor, row.capital_currency)
    system, _, code = row.industry_code.partition(":")
    if code:
        found[Field.INDUSTRY_CODES] = (IndustryCode(system, code, row.industry),)
    if row.more:
        found |= {Field(name): value_of(Field(name), value) for name, value in json.loads(row.more).items()}
    return {name: value for name, value in found.items() if is_value(name, value)}


def _address(row: Row) -> Address | None:
    if not (row.city or row.street or row.address):
        return None
    parts = row.street, row.district, row.city, row.region, row.postal_code
    # A list's country is the company's; of Brazil's register it is the address's as well.
    return Address(row.address or one_line(row), *parts, row.country_code or row.jurisdiction.upper()[:2])


def one_line(row: Row) -> str:
    """An address in one line: "Rua das Flores, 12, Sala 3 - Centro, Curitiba - PR, 80010-000"."""
    door = _joined(" - ", _joined(", ", row.street, row.complement), row.district)
    return _joined(", ", door, _joined(" - ", row.city, row.region), row.postal_code)


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)
