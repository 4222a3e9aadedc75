"""ReceitaWS: what Receita Federal, Brazil's company register, holds of a CNPJ.

Free: `/v1/cnpj/{cnpj}`, three requests in any minute for each address they come from. With a key: `/days/{n}` accepts
an answer of at most so many days. Its errors come as 200 with a message. Read in November 2026.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date

import httpx
from stdnum.br import cnpj

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Address, CompanyStatus, Field, IndustryCode, ShareCapital
from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.names import is_name_of_person, normalised_name, without_personal_numbers
from enrichment.domain.subject import Subject
from enrichment.sources.contact import phone, role_mailbox
from enrichment.sources.failures import Failures, described, media_type
from enrichment.sources.http import address
from enrichment.sources.payload import at, claims, day, items, json_object, text

# A paid answer may be as old as our own REGISTRY layer lets it become.
OLDEST_ANSWER_DAYS = 30
MOST_ACTIVITIES = 100

# The documented window, for a 429 that names no time.
FAILURES = Failures(pause_seconds=60.0)
# What an ERROR says, folded; None: the register has no such company. First come, first served.
MESSAGES: tuple[tuple[str, type[SourceError] | None], ...] = (
    ("rejeitado", None),
    ("inválido", Rejected),
    ("invalido", Rejected),
    ("timeout", Fault),
    ("too many", Throttled),
    ("limite", Throttled),
)
STATUSES: Mapping[str, CompanyStatus] = {
    "ATIVA": CompanyStatus.ACTIVE,
    "SUSPENSA": CompanyStatus.SUSPENDED,
    "INAPTA": CompanyStatus.SUSPENDED,
    "BAIXADA": CompanyStatus.CLOSED,
    "NULA": CompanyStatus.CLOSED,
}
# Legal natures of people who trade in their own name: the individual entrepreneur, and all of group 4 (CONCLA's table).
NATURAL_PERSONS = ("213-5", "4")

_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_MONEY = re.compile(r"(\d{1,15})(?:\.(\d{1,2}))?")
_ACTIVITY = re.compile(r"\d{2}\.\d{2}-\d-\d{2}")
_NO_ACTIVITY = "00.00-0-00"


def question(subject: Subject) -> bytes | None:
    """The CNPJ in its 14 characters."""
    return _cnpj(subject).encode() or None


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """The free call, or the paid one where there is a key."""
    path = f"/v1/cnpj/{_cnpj(subject)}"
    if not entry.api_key:
        return httpx.Request("GET", address(entry.base_url, path))
    url = address(entry.base_url, f"{path}/days/{OLDEST_ANSWER_DAYS}")
    return httpx.Request("GET", url, headers={"authorization": f"Bearer {entry.api_key}"})


def read(response: httpx.Response, subject: Subject) -> Reading:
    """What the register holds of the CNPJ; of a person who trades alone only what names nobody."""
    error = FAILURES.of(response)
    # A refusal with its reason in JSON says more than its status does.
    if error and not (response.status_code in (400, 404) and "json" in media_type(response)):
        raise error
    data = json_object(response)
    if text(data, "status") != "OK":
        return _refused(response, text(data, "message").casefold())
    if cnpj.compact(text(data, "cnpj")) != _cnpj(subject):
        raise Unreadable("the answer is about another company", is_cost_unknown=True)
    return Reading(claims(_person(data, subject) if _is_natural_person(data) else _company(data, subject)))


def _cnpj(subject: Subject) -> str:
    """The CNPJ that is known or hinted, in its 14 characters; "" where there is none with right check digits."""
    for number in (subject.text(Field.REGISTRATION_NUMBER), subject.hints.registration_number):
        if cnpj.is_valid(number):
            return cnpj.compact(number)
    return ""


def _refused(response: httpx.Response, message: str) -> Reading:
    for words, kind in MESSAGES:
        if words in message:
            if kind is None:
                return NOT_FOUND
            raise FAILURES.throttled(response, words) if kind is Throttled else kind(described(response, words))
    raise Unreadable(described(response, "neither a company nor a known error"), is_cost_unknown=True)


def _is_natural_person(data: Mapping[str, object]) -> bool:
    if text(data, "natureza_juridica").startswith(NATURAL_PERSONS) or at(data, "simei", "optante") is True:
        return True
    # Both fields can be missing.
    return is_name_of_person(text(data, "nome"))


def _person(data: Mapping[str, object], subject: Subject) -> Mapping[Field, object]:
    """What may be told of somebody who trades alone: nothing by which the person is named or visited."""
    owner, trade_name = _owner(data), _name(data, "fantasia")
    city, region = text(data, "municipio"), text(data, "uf")
    where = Address(formatted=_joined(" - ", city, region), city=city, region=region, country_code="BR")
    return {
        Field.NAME: "" if owner and owner in normalised_name(trade_name) else trade_name,
        Field.STATUS: STATUSES.get(text(data, "situacao").upper()),
        Field.INDUSTRY: next((code.label for code in _activities(data, "atividade_principal")), ""),
        Field.REGISTRATION_NUMBER: _cnpj(subject),
        Field.ADDRESS: where if city else None,
        Field.INDUSTRY_CODES: _industry_codes(data),
    }


def _company(data: Mapping[str, object], subject: Subject) -> Mapping[Field, object]:
    numbers = (phone(number, "BR") for number in text(data, "telefone").split("/"))
    return {
        Field.NAME: _name(data, "fantasia"),
        Field.LEGAL_NAME: _name(data, "nome"),
        Field.INDUSTRY: next((code.label for code in _activities(data, "atividade_principal")), ""),
        Field.INCORPORATION_DATE: _date(text(data, "abertura")),
        Field.STATUS: STATUSES.get(text(data, "situacao").upper()),
        Field.JURISDICTION: "br",
        Field.REGISTRATION_NUMBER: _cnpj(subject),
        Field.LEGAL_FORM: text(data, "natureza_juridica").split(" - ", 1)[-1].strip(),
        Field.COUNTRY_CODE: "BR",
        Field.ADDRESS: _address(data),
        Field.PHONE: next((number for number in numbers if number), ""),
        Field.EMAIL: role_mailbox(text(data, "email"), subject.domain),
        Field.SHARE_CAPITAL: _capital(at(data, "capital_social")),
        Field.INDUSTRY_CODES: _industry_codes(data),
    }


def _name(data: Mapping[str, object], key: str) -> str:
    name = without_personal_numbers(text(data, key))
    # The register writes asterisks where it has nothing.
    return "" if not name.strip("*") else name


def _owner(data: Mapping[str, object]) -> str:
    return normalised_name(re.sub(r"[\d.*-]+", " ", text(data, "nome")))


def _date(written: str) -> date | None:
    match = _DAY.fullmatch(written)
    return day(match[3], match[2], match[1]) if match else None


def _industry_codes(data: Mapping[str, object]) -> tuple[IndustryCode, ...]:
    return (*_activities(data, "atividade_principal"), *_activities(data, "atividades_secundarias"))


def _activities(data: Mapping[str, object], key: str) -> Iterator[IndustryCode]:
    for activity in items(data, key)[:MOST_ACTIVITIES]:
        code = text(activity, "code")
        if _ACTIVITY.fullmatch(code) and code != _NO_ACTIVITY:
            yield IndustryCode("cnae", code, text(activity, "text"))


def _address(data: Mapping[str, object]) -> Address | None:
    city, region, district = (text(data, key) for key in ("municipio", "uf", "bairro"))
    if not city:
        return None
    street = _joined(", ", text(data, "logradouro"), text(data, "numero"))
    digits = re.sub(r"\D", "", text(data, "cep"))
    postal_code = f"{digits[:5]}-{digits[5:]}" if len(digits) == 8 else ""
    door = _joined(" - ", _joined(", ", street, text(data, "complemento")), district)
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


def _capital(written: object) -> ShareCapital | None:
    """Reais with a decimal point, "515000.00"; zero is what stands where there is none, as in a branch."""
    match = _MONEY.fullmatch(str(written)) if isinstance(written, str | int | float) else None
    if not match:
        return None
    centavos = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    return ShareCapital(centavos, "BRL") if centavos else None
