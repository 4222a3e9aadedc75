"""RDAP (RFC 9083): which organisation holds a domain, as its registry tells; in Brazil with the CNPJ.

registro.br's terms allow the CNPJ as a key to look up with and forbid passing contacts on: no contact is read here, and
the name of a person never becomes a claim.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

import httpx
from stdnum.br import cnpj, cpf

from enrichment.domain.catalogue import Entry
from enrichment.domain.company import Field
from enrichment.domain.errors import Rejected, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.names import is_name_of_person
from enrichment.domain.subject import Subject
from enrichment.sources.failures import Failures, media_type
from enrichment.sources.http import address
from enrichment.sources.payload import at, claims, items, json_object, text

# There are no keys: 403 is what a registry says to an address that asks too often, or from a cloud. A 401 is one
# registry's peculiarity and must not switch off the others.
FAILURES = Failures(statuses={401: Rejected, 403: Throttled})

# What stands where a registry or a privacy service hides the holder.
_HIDDEN = re.compile(
    r"redacted|privacy|prox(?:y|ies)\b|protected|protection service|identity protect|withheld|whois|not disclosed|"
    r"non.?public|masked|gdpr|statutory|anonym|data hidden|private (?:person|registra|domain|individual)",
    re.IGNORECASE,
)
_COUNTRY = re.compile("[A-Z]{2}")


def question(subject: Subject) -> bytes | None:
    """The domain, where its ending's registry answers."""
    return subject.domain.encode() if _base(subject) else None


def request(subject: Subject, entry: Entry) -> httpx.Request:
    """A lookup at the registry of the ending."""
    base = httpx.URL(_base(subject))
    url = address(entry.base_url or str(base), f"{base.path}domain/{subject.domain}")
    return httpx.Request("GET", url, headers={"accept": "application/rdap+json"})


def read(response: httpx.Response, subject: Subject) -> Reading:
    """The registrant that is an organisation, nothing of one that is not."""
    # RFC 7480, 5.3: an empty 404 is an answer; a page is a gateway's.
    if response.status_code == 404 and media_type(response) != "text/html":
        return NOT_FOUND
    if error := FAILURES.of(response):
        raise error
    data = json_object(response)
    told = text(data, "ldhName").rstrip(".").lower()
    if text(data, "objectClassName") != "domain" or told not in ("", subject.domain):
        raise Unreadable("the answer is not about the domain", is_cost_unknown=True)
    return Reading(next((claims(holder) for holder in _holders(data, subject)), ()))


@cache
def servers() -> Mapping[str, str]:
    """The base address by ending."""
    registries = tomllib.loads(files("enrichment.sources").joinpath("rdap_servers.toml").read_text("utf-8"))
    return {
        ending: registry["base"].replace("{ending}", ending)
        for registry in registries.values()
        for ending in registry["endings"]
    }


def _base(subject: Subject) -> str:
    return servers().get(subject.domain.rsplit(".", 1)[-1], "")


def _holders(data: Mapping[str, object], subject: Subject) -> Iterator[Mapping[Field, object]]:
    """What is told of the registrants that are organisations."""
    is_brazilian = subject.domain.endswith(".br")
    for entity in items(data, "entities"):
        if "registrant" not in items(entity, "roles"):
            continue
        ids = {text(one, "type").lower(): text(one, "identifier") for one in items(entity, "publicIds")}
        # registro.br files a holder under its number, so that one without public identifiers is known all the same.
        handle = text(entity, "handle") if is_brazilian else ""
        number = cnpj.compact(ids.get("cnpj", handle))
        has_number = cnpj.is_valid(number)
        rows = items(entity, "vcardArray", 1)
        # A CPF is a person's: nothing of its holder is told.
        if "cpf" in ids or cpf.is_valid(handle) or not (has_number or text(_value(rows, "kind")) == "org"):
            continue
        name = _name(rows)
        if name or has_number:
            yield {
                Field.LEGAL_NAME: name,
                Field.REGISTRATION_NUMBER: number if has_number else "",
                Field.COUNTRY_CODE: _country(rows),
            }


def _name(rows: Sequence[object]) -> str:
    organisation = _value(rows, "org")
    name = text(organisation) or text(organisation, 0) or text(_value(rows, "fn"))
    return "" if _HIDDEN.search(name) or is_name_of_person(name) else name


def _country(rows: Sequence[object]) -> str:
    """The country of the address where it is a code: RFC 8605's parameter, or what stands in the place of the name."""
    address_row = next((row for row in rows if at(row, 0) == "adr"), None)
    codes = (text(address_row, 1, "cc"), text(address_row, 3, 6))
    return next((code for code in map(str.upper, codes) if _COUNTRY.fullmatch(code)), "")


def _value(rows: Sequence[object], name: str) -> object:
    """The value of the first property of that name in a jCard (RFC 7095)."""
    return next((at(row, 3) for row in rows if at(row, 0) == name), None)
