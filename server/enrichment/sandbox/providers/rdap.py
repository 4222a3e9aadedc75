"""RDAP: registro.br with the registrant's CNPJ, and the thin answers of registries that redact it.

Shapes: rdap.registro.br and rdap.verisign.com as recorded in September 2026 (RFC 9083).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date

from enrichment.sandbox.wire import Reply, Request, gateway_error, pause
from enrichment.sandbox.world import Company, World
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.invent import TODAY
from enrichment.sandbox.world.numbers import dotted

_REGISTRARS = (("9995", "Harborlight Names Inc."), ("9996", "Registros Aroeira S.A."), ("9997", "Domänenkontor GmbH"))


class Rdap:
    """Answers any path that ends in `/domain/{name}`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request) -> Reply:
        """A registration, or the error object of RFC 9083."""
        before, _, name = request.path.rpartition("/domain/")
        if not name or "/" in name:
            return gateway_error(404)
        company = self._world.company(name)
        if company is None or company.domain != name.lower() or not company.is_known_to("rdap"):
            return _reply(404, {"errorCode": 404, "title": "Object not found", "description": ["Object not found"]})
        record = _brazilian(company) if company.domain.endswith(".br") else _thin(company, before)
        return _reply(200, record)

    def throttled(self, retry_after: int | None) -> Reply:
        """Too many questions from one address."""
        error = {"errorCode": 429, "title": "Too many requests", "description": ["Query rate limit exceeded"]}
        reply = _reply(429, error)
        return Reply(429, reply.body, reply.content_type, pause(retry_after))

    def failed(self, status: int) -> Reply:
        """403 is what registro.br says to addresses it does not like."""
        if status == 403:
            return _reply(403, {"errorCode": 403, "title": "Forbidden", "description": ["forbidden"]})
        return gateway_error(status)


def _reply(status: int, data: Mapping[str, object]) -> Reply:
    body = {"rdapConformance": ["rdap_level_0"], **data, "lang": "en"}
    return Reply(status, json.dumps(body, ensure_ascii=False).encode(), "application/rdap+json")


def _event(action: str, day: date) -> dict[str, str]:
    return {"eventAction": action, "eventDate": f"{day:%Y-%m-%d}T11:00:00Z"}


def _events(company: Company) -> list[dict[str, str]]:
    expires = company.registered_on.replace(year=TODAY.year + 2, day=1)
    changed = date(TODAY.year - 1, company.registered_on.month, 1)
    dates = (("registration", company.registered_on), ("last changed", changed), ("expiration", expires))
    return [_event(action, day) for action, day in dates]


def _link(rel: str, href: str) -> dict[str, str]:
    return {"value": href, "rel": rel, "href": href, "type": "application/rdap+json"}


def _card(name: str, kind: str, country: str = "") -> list[object]:
    rows: list[list[object]] = [["version", {}, "text", "4.0"], ["kind", {}, "text", kind], ["fn", {}, "text", name]]
    if kind == "org" and country:
        rows.append(["org", {}, "text", name])
    if country:
        # registro.br puts the code where the country's name belongs; RFC 8605 has a parameter for it.
        rows.append(["adr", {"cc": country}, "text", ["", "", "", "", "", "", country]])
    return ["vcard", rows]


def _entity(handle: str, roles: Sequence[str], card: list[object]) -> dict[str, object]:
    return {"objectClassName": "entity", "handle": handle, "vcardArray": card, "roles": list(roles)}


def _brazilian(company: Company) -> dict[str, object]:
    facts, name = company.told_by("rdap"), company.domain
    url = f"https://rdap.registro.br/domain/{name}"
    contact = Draw("contact", name).hex("handle", 5).upper()
    checked = f"{TODAY:%Y-%m-%d}T08:00:23Z"
    registrant = {
        **_entity(facts.number, ["registrant"], _card(facts.legal_name, "org", "BR")),
        "publicIds": [{"type": "cnpj", "identifier": dotted(facts.number)}],
        # A role and not a person, here and below; registro.br itself would name one.
        "entities": [_entity(contact, ["administrative"], _card("Contato administrativo", "group", "BR"))],
        "events": [_event("registration", company.registered_on)],
        "links": [_link("self", f"https://rdap.registro.br/entity/{facts.number}")],
        "legalRepresentative": "DEPARTAMENTO JURIDICO",
    }
    delegation = [{"eventAction": "delegation check", "eventDate": checked, "status": ["ns aa"]}]
    return {
        "objectClassName": "domain",
        "handle": name,
        "ldhName": name,
        "nameservers": [
            {"objectClassName": "nameserver", "ldhName": f"ns{n}.{name}", "events": delegation} for n in (1, 2)
        ],
        "secureDNS": {"delegationSigned": False},
        "links": [_link("self", url)],
        "entities": [registrant, _entity(f"{contact}T", ["technical"], _card("Contato técnico", "group", "BR"))],
        "events": _events(company),
        "status": ["active"],
        "notices": [{"title": "Terms", "description": ["For operational contact only."]}],
        "port43": "whois.registro.br",
    }


def _thin(company: Company, base: str) -> dict[str, object]:
    draw, name = Draw("rdap", company.domain), company.domain.upper()
    number, registrar = draw.pick("registrar", _REGISTRARS)
    url = f"https://rdap.sandbox.invalid{base}/domain/{company.domain}"
    entities = [
        {
            **_entity(number, ["registrar"], _card(registrar, "org")),
            "publicIds": [{"type": "IANA Registrar ID", "identifier": number}],
        }
    ]
    # Some registrars still show which organisation holds a domain, some redact it, most say nothing of a holder.
    if company.index % 3 == 1:
        card = _card(company.told_by("rdap").legal_name, "org", company.country.code)
        entities.append(_entity(f"R{number}", ["registrant"], card))
    elif company.index % 3 == 2:
        card = _card("REDACTED FOR PRIVACY", "individual", company.country.code)
        entities.append(_entity(f"R{number}", ["registrant"], card))
    return {
        "objectClassName": "domain",
        "handle": f"{draw.fill('handle', '9#########')}_DOMAIN_COM-VRSN",
        "ldhName": name,
        "links": [_link("self", url)],
        "status": ["client transfer prohibited"],
        "entities": entities,
        "events": [*_events(company), _event("last update of RDAP database", TODAY)],
        "secureDNS": {"delegationSigned": False},
        "nameservers": [{"objectClassName": "nameserver", "ldhName": f"NS{n}.{name}"} for n in (1, 2)],
        "notices": [{"title": "Terms", "description": ["An invented registry."]}],
    }
