"""GLEIF: the records of the third of the world's companies that have a Legal Entity Identifier.

Shape: api.gleif.org/api/v1/lei-records, a search as JSON:API. A CNPJ is held punctuated, and found in no other form.
"""

import re
from collections.abc import Iterator, Mapping

from stdnum.iso7064 import mod_97_10

from enrichment.sandbox.wire import Reply, Request, gateway_error, json_reply, pause
from enrichment.sandbox.world import Company, Facts, World
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.lore import City
from enrichment.sandbox.world.names import plain
from enrichment.sandbox.world.numbers import dotted

PATH = "/api/v1/lei-records"
_URL = "https://api.gleif.org/api/v1/lei-records"
# No issuer's numbers begin with these.
_ISSUER = "999900"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MEDIA_TYPE = "application/vnd.api+json"
_TITLES = {400: "Bad Request", 404: "Not Found", 429: "Too Many Requests"}


class Gleif:
    """Answers a search for the world's companies, and for a fund that bears nearly the name of each."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A page of records, which may be empty."""
        if request.path.rstrip("/") != PATH:
            return _error(404)
        try:
            size = int(request.query.get("page[size]", "15"))
        except ValueError:
            return _error(400)
        country = request.query.get("filter[entity.legalAddress.country]", "").upper()
        records = [
            record
            for company in self._found(request.query)
            if country in ("", company.country.code)
            for record in (_namesake(company), _record(company))
        ]
        return _page(records, max(1, size))

    def throttled(self, retry_after: int | None) -> Reply:
        """Sixty requests a minute are enough for it."""
        return _error(429, pause(retry_after))

    def failed(self, status: int) -> Reply:
        """Its own words for a wrong request, a load balancer's for the rest."""
        return _error(status) if status in _TITLES else gateway_error(status)

    def _found(self, query: Mapping[str, str]) -> Iterator[Company]:
        number, name = (query.get(f"filter[entity.{key}]", "").strip() for key in ("registeredAs", "legalName"))
        for company in self._numbered(number) if number else self._world.named(name):
            is_of_name = plain(company.told_by("gleif").name) in plain(name)
            if company.is_known_to("gleif") and (number or is_of_name):
                yield company

    def _numbered(self, number: str) -> Iterator[Company]:
        """The company of a punctuated CNPJ; other countries' numbers lead nowhere in this world."""
        company, _ = self._world.numbered(re.sub("[./-]", "", number)) or (None, 0)
        if company is not None and number == _number(company, company.told_by("gleif")):
            yield company


def lei_of(*key: object) -> str:
    """An identifier of nobody, drawn from a key; its check digits are right."""
    draw = Draw("lei", *key)
    body = _ISSUER + "".join(draw.pick(str(at), _LETTERS) for at in range(12))
    return body + mod_97_10.calc_check_digits(body)


def _error(status: int, headers: Mapping[str, str] | None = None) -> Reply:
    return _json_api(status, {"errors": [{"status": str(status), "title": _TITLES[status]}]}, headers)


def _page(records: list[Mapping[str, object]], size: int) -> Reply:
    shown = records[:size]
    pagination = {
        "currentPage": 1,
        "perPage": size,
        "from": 1 if shown else None,
        "to": len(shown) or None,
        "total": len(records),
        "lastPage": max(1, -(-len(records) // size)),
    }
    meta = {"goldenCopy": {"publishDate": "2026-11-02T08:00:00Z"}, "pagination": pagination}
    links = dict.fromkeys(("first", "last"), f"{_URL}?page%5Bnumber%5D=1&page%5Bsize%5D={size}")
    return _json_api(200, {"meta": meta, "links": links, "data": shown})


def _json_api(status: int, data: object, headers: Mapping[str, str] | None = None) -> Reply:
    plain_json = json_reply(status, data, headers)
    return Reply(status, plain_json.body, _MEDIA_TYPE, plain_json.headers)


def _number(company: Company, facts: Facts) -> str:
    return dotted(facts.number) if company.country.code == "BR" else facts.number


def _record(company: Company) -> Mapping[str, object]:
    facts, draw = company.told_by("gleif"), Draw("lei record", company.domain)
    number = _number(company, facts)
    entity = {
        **_names(facts.legal_name, company.language.key),
        "legalAddress": _lent_address(company),
        "headquartersAddress": _address(company, facts.seat.street, facts.seat.city, facts.seat.postal_code),
        "registeredAt": {"id": draw.fill("authority", "RA9#####"), "other": None},
        "registeredAs": number,
        "jurisdiction": company.jurisdiction.upper().replace("_", "-"),
        "category": "GENERAL",
        "status": "ACTIVE" if facts.status == "active" else "INACTIVE",
        # One in eight registers does not tell.
        "creationDate": f"{facts.incorporated_on:%Y-%m-%d}T00:00:00Z" if draw.share("created") > 1 / 8 else None,
    }
    return _enveloped(lei_of(company.domain), entity, draw.pick("status", ("ISSUED", "ISSUED", "LAPSED")), number)


def _namesake(company: Company) -> Mapping[str, object]:
    """A fund whose name begins like the company's."""
    where = _lent_address(company)
    entity = {
        **_names(f"{company.facts.name} Pension Fund", "en"),
        "legalAddress": where,
        "headquartersAddress": where,
        "registeredAt": {"id": "RA999999", "other": None},
        "registeredAs": None,
        "jurisdiction": company.country.code,
        "category": "FUND",
        "status": "ACTIVE",
        "creationDate": None,
    }
    return _enveloped(lei_of(company.domain, "fund"), entity, "ISSUED", None)


def _names(name: str, language: str) -> Mapping[str, object]:
    return {
        "legalName": {"name": name, "language": language},
        "otherNames": [],
        "transliteratedOtherNames": [],
    }


def _lent_address(company: Company) -> Mapping[str, object]:
    """Where the law's letters reach many companies: the office of a service."""
    return _address(company, "C/O Sandbox Registered Offices", company.country.cities[0], None)


def _address(company: Company, line: str, city: City, postal_code: str | None) -> Mapping[str, object]:
    return {
        "language": company.language.key,
        "addressLines": [line],
        "addressNumber": None,
        "addressNumberWithinBuilding": None,
        "mailRouting": None,
        "city": city.name,
        "region": f"{company.country.code}-{city.region_code}" if city.region_code else None,
        "country": company.country.code,
        "postalCode": postal_code,
    }


def _enveloped(lei: str, entity: Mapping[str, object], status: str, number: str | None) -> Mapping[str, object]:
    return {
        "type": "lei-records",
        "id": lei,
        "attributes": {
            "lei": lei,
            "entity": {**entity, **_UNUSED_OF_ENTITY},
            "registration": {
                "initialRegistrationDate": "2019-02-05T09:00:00Z",
                "lastUpdateDate": "2026-02-05T09:00:00Z",
                "status": status,
                "nextRenewalDate": "2027-02-05T09:00:00Z",
                "managingLou": lei_of("issuer"),
                "corroborationLevel": "FULLY_CORROBORATED" if number else "PARTIALLY_CORROBORATED",
                "validatedAt": entity["registeredAt"],
                "validatedAs": number,
                "otherValidationAuthorities": [],
            },
            **dict.fromkeys(("bic", "mic", "ocid", "qcc", "spglobal", "conformityFlag")),
        },
        "relationships": {
            name: {"links": {"related": f"{_URL}/{lei}/{name}"}}
            for name in ("managing-lou", "lei-issuer", "field-modifications")
        },
        "links": {"self": f"{_URL}/{lei}"},
    }


_UNUSED_OF_ENTITY: Mapping[str, object] = {
    "legalForm": {"id": "8888", "other": None},
    "associatedEntity": {"lei": None, "name": None},
    "expiration": {"date": None, "reason": None},
    "successorEntity": {"lei": None, "name": None},
    "successorEntities": [],
    "subCategory": None,
    "otherAddresses": [],
    "eventGroups": [],
}
