"""Receita Federal's register of companies, whoever passes it on: which number to ask by, and what may be told.

Of a person who trades alone that is only what names nobody and leads to nobody's door. Nothing told holds a CPF.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from stdnum.br import cnpj

from enrichment.domain.cnpj import HEAD_OFFICE, company_of
from enrichment.domain.company import Address, CompanyStatus, Field, IndustryCode, ShareCapital
from enrichment.domain.fact import Claim
from enrichment.domain.names import is_name_of_person, normalised_name, without_personal_numbers
from enrichment.domain.subject import Subject
from enrichment.sources.contact import phone, role_mailbox
from enrichment.sources.payload import claims

MOST_ACTIVITIES = 100
STATUSES: Mapping[str, CompanyStatus] = {
    "ativa": CompanyStatus.ACTIVE,
    "suspensa": CompanyStatus.SUSPENDED,
    "inapta": CompanyStatus.SUSPENDED,
    "baixada": CompanyStatus.CLOSED,
    "nula": CompanyStatus.CLOSED,
}
# Legal natures of people who trade in their own name, in CONCLA's table: 213-5 and all of group 4.
NATURAL_PERSONS = frozenset(
    {
        "empresario individual",
        "empresa individual imobiliaria",
        "segurado especial",
        "contribuinte individual",
        "candidato a cargo politico eletivo",
        "leiloeiro",
        "produtor rural pessoa fisica",
    }
)

_NATURE = re.compile(r"(?:([0-9]{3})-?([0-9])(?: - |$))?(.*)")
_ACTIVITY = re.compile(r"([0-9]{2})\.?([0-9]{2})-?([0-9])[-/]?([0-9]{2})")
_NO_ACTIVITY = "00.00-0-00"
_MONEY = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an establishment is, in the register's words; `postal_code` in any form."""

    street: str = ""
    number: str = ""
    complement: str = ""
    district: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of the register, in its own words; "" where it has nothing.

    `legal_nature`: code, wording or both. `activities`: code in any form and wording, the main one first.
    `capital`: reais with a decimal point. `is_branch`: the head office has moved to another number.
    """

    name: str
    trade_name: str
    situation: str
    legal_nature: str
    is_sole_trader: bool
    is_branch: bool
    opened_on: date | None
    activities: Sequence[tuple[str, str]]
    place: Place
    phones: Sequence[str]
    email: str
    capital: str


def head_office(subject: Subject) -> str:
    """The CNPJ of the head office, in its 14 characters, by a known or hinted number; "" where none is a CNPJ.

    What is known may be a branch's number, whose check digits are others.
    """
    for number in (subject.text(Field.REGISTRATION_NUMBER), subject.hints.registration_number):
        if cnpj.is_valid(number):
            body = company_of(cnpj.compact(number)) + HEAD_OFFICE
            return body + cnpj.calc_check_digits(body)
    return ""


def shown_number(written: str, country: str) -> str:
    """A register's number of a company as others write it; in Brazil a bare CNPJ or nothing: it may be a CPF."""
    if country.upper() != "BR":
        return written
    return cnpj.compact(written) if cnpj.is_valid(written) else ""


def told(record: Record, number: str) -> tuple[Claim, ...]:
    """What may be told of the entry of a number, to whoever asks by it."""
    return claims(_person(record, number) if _is_natural_person(record) else _company(record, number))


def _is_natural_person(record: Record) -> bool:
    code, wording = _nature(record.legal_nature)
    if record.is_sole_trader or code == "2135" or code.startswith("4") or normalised_name(wording) in NATURAL_PERSONS:
        return True
    # Every field that says so can be missing.
    return is_name_of_person(record.name)


def _nature(written: str) -> tuple[str, str]:
    """Code and wording of "206-2 - Sociedade Empresária Limitada", or of either alone."""
    match = _NATURE.fullmatch(written)
    return (f"{match[1] or ''}{match[2] or ''}", match[3]) if match else ("", "")


def _person(record: Record, number: str) -> Mapping[Field, object]:
    """What may be told of somebody who trades alone: nothing by which the person is named or visited."""
    trade_name = _name(record.trade_name)
    return {
        Field.NAME: "" if names_owner(trade_name, record.name) else trade_name,
        Field.STATUS: STATUSES.get(record.situation.casefold()),
        Field.INDUSTRY: _industry(record),
        Field.REGISTRATION_NUMBER: number,
        Field.ADDRESS: _address(Place(city=record.place.city, region=record.place.region)),
        Field.INDUSTRY_CODES: _industry_codes(record),
    }


def names_owner(trade_name: str, registered: str) -> bool:
    """Whether a trade name holds the owner's name, or is made of parts of it: "Joana Larício" of "JOANA DE LARÍCIO"."""
    owner, name = normalised_name(re.sub(r"[\d.*-]+", " ", registered)), normalised_name(trade_name)
    return bool(owner) and (owner in name or set(name.split()) <= set(owner.split()))


def _company(record: Record, number: str) -> Mapping[Field, object]:
    values: dict[Field, object] = {
        Field.NAME: _name(record.trade_name),
        Field.LEGAL_NAME: _name(record.name),
        Field.INDUSTRY: _industry(record),
        Field.JURISDICTION: "br",
        Field.REGISTRATION_NUMBER: number,
        Field.LEGAL_FORM: without_personal_numbers(_nature(record.legal_nature)[1]),
        Field.COUNTRY_CODE: "BR",
        Field.SHARE_CAPITAL: _capital(record.capital),
        Field.INDUSTRY_CODES: _industry_codes(record),
    }
    # That a branch was opened, moved or closed says nothing of the company.
    return values if record.is_branch else values | _head_office(record)


def _head_office(record: Record) -> dict[Field, object]:
    numbers = (phone(without_personal_numbers(written), "BR") for written in record.phones)
    return {
        Field.INCORPORATION_DATE: record.opened_on,
        Field.STATUS: STATUSES.get(record.situation.casefold()),
        Field.ADDRESS: _address(record.place),
        Field.PHONE: next((number for number in numbers if number), ""),
        # Often the accountant's. Whose it is, is for those to tell who know the domain (pipeline/identity.py).
        Field.EMAIL: role_mailbox(record.email),
    }


def _name(written: str) -> str:
    name = without_personal_numbers(written)
    # The register writes asterisks where it has nothing.
    return "" if not name.strip("*") else name


def _industry(record: Record) -> str:
    [(code, wording), *_] = [*record.activities, ("", "")]
    return without_personal_numbers(wording) if _activity(code) else ""


def _industry_codes(record: Record) -> tuple[IndustryCode, ...]:
    codes: dict[str, IndustryCode] = {}
    for written, wording in record.activities[:MOST_ACTIVITIES]:
        if code := _activity(written):
            codes.setdefault(code, IndustryCode("cnae", code, without_personal_numbers(wording)))
    return tuple(codes.values())


def _activity(written: str) -> str:
    """An activity's code as the register prints it, "23.19-2-00"; "" where it is none."""
    match = _ACTIVITY.fullmatch(written)
    code = f"{match[1]}.{match[2]}-{match[3]}-{match[4]}" if match else _NO_ACTIVITY
    return "" if code == _NO_ACTIVITY else code


def _capital(written: str) -> ShareCapital | None:
    """Reais with a decimal point, "515000.00"; zero is what stands where there is none, as in a branch."""
    match = _MONEY.fullmatch(written)
    centavos = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else 0
    return ShareCapital(centavos, "BRL") if centavos else None


def _address(place: Place) -> Address | None:
    street, number, complement, district, city, region = (
        without_personal_numbers(part)
        for part in (place.street, place.number, place.complement, place.district, place.city, place.region)
    )
    if not city:
        return None
    digits = re.sub("[^0-9]", "", place.postal_code)
    postal_code = f"{digits[:5]}-{digits[5:]}" if len(digits) == 8 else ""
    street = _joined(", ", street, number)
    door = _joined(" - ", _joined(", ", street, complement), district)
    return Address(
        formatted=_joined(", ", door, _joined(" - ", city, region), postal_code),
        street=street,
        district=district,
        city=city,
        region=region,
        postal_code=postal_code,
        country_code="BR",
    )


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)
