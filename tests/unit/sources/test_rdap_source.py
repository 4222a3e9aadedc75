"""RDAP: which registry is asked, and that a holder is told only where it is an organisation."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from contract.http_sources import LARICIO, SOURCES, entry_of
from enrichment.domain.company import Field, Value
from enrichment.domain.errors import Rejected, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Subject
from enrichment.sources import rdap

[CASE] = [case for case in SOURCES if case.source == "rdap"]
PERSON = "Quemassina Daoficina"


def card(*rows: tuple[str, object]) -> list[object]:
    return ["vcard", [["version", {}, "text", "4.0"], *([name, {}, "text", value] for name, value in rows)]]


def registrant(
    *rows: tuple[str, object], ids: dict[str, str] | None = None, role: str = "registrant"
) -> dict[str, Any]:
    return {
        "roles": [role],
        "vcardArray": card(*rows),
        "publicIds": [{"type": kind, "identifier": number} for kind, number in (ids or {}).items()],
    }


def read(*entities: object, domain: str = "laricio.com.br", **changes: object) -> Reading:
    body = {"objectClassName": "domain", "ldhName": domain, "entities": entities, **changes}
    headers = {"content-type": "application/rdap+json"}
    return rdap.read(httpx.Response(200, content=json.dumps(body).encode(), headers=headers), Subject(domain))


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("laricio.com.br", "https://rdap.registro.br/domain/laricio.com.br"),
        ("larch.com", "https://rdap.verisign.com/com/v1/domain/larch.com"),
        ("larch.co.uk", "https://rdap.nominet.uk/uk/domain/larch.co.uk"),
        ("larch.tech", "https://rdap.centralnic.com/tech/domain/larch.tech"),
        ("larch.io", "https://rdap.identitydigital.services/rdap/domain/larch.io"),
        ("xn--lrche-gra.de", "https://rdap.denic.de/domain/xn--lrche-gra.de"),
    ],
)
def test_the_registry_of_the_ending_is_asked(domain: str, address: str) -> None:
    assert rdap.question(Subject(domain)) == domain.encode()
    request = rdap.request(Subject(domain), entry_of("rdap"))
    assert str(request.url) == address
    assert request.headers["accept"] == "application/rdap+json"


@pytest.mark.parametrize("domain", ["larch.it", "larch.example", "larch"])
def test_where_no_registry_answers_there_is_no_question(domain: str) -> None:
    assert rdap.question(Subject(domain)) is None


def test_an_operators_address_keeps_the_registrys_path() -> None:
    entry = replace(entry_of("rdap"), base_url="http://127.0.0.1:8900")
    assert str(rdap.request(Subject("larch.com"), entry).url) == "http://127.0.0.1:8900/com/v1/domain/larch.com"
    assert str(rdap.request(LARICIO, entry).url) == "http://127.0.0.1:8900/domain/laricio.com.br"


def test_every_registry_is_asked_by_https_at_a_path_that_a_name_can_follow() -> None:
    endings = list(rdap.servers())
    assert len(endings) >= 60
    for ending in endings:
        url = rdap.request(Subject(f"larch.{ending}"), entry_of("rdap")).url
        assert url.scheme == "https"
        assert url.path.endswith(f"/domain/larch.{ending}")


def test_a_brazilian_holder_is_told_with_its_cnpj() -> None:
    response = httpx.Response(200, content=json.dumps(CASE.body).encode(), headers={"content-type": CASE.content_type})
    assert values(rdap.read(response, LARICIO)) == {
        Field.LEGAL_NAME: "Vidraria Laricio Ltda",
        Field.REGISTRATION_NUMBER: "11222333000181",
        Field.COUNTRY_CODE: "BR",
    }


def test_an_organisation_elsewhere_is_told_with_its_country() -> None:
    place = ("adr", ["", "", ["12 Kiln Lane"], "Sheffield", "", "S9", "GB"])
    told = values(
        read(registrant(("kind", "org"), ("fn", PERSON), ("org", "Larch Glass Ltd"), place), domain="larch.com")
    )
    assert told == {Field.LEGAL_NAME: "Larch Glass Ltd", Field.COUNTRY_CODE: "GB"}


def test_an_organisations_name_may_come_in_parts() -> None:
    told = values(read(registrant(("kind", "org"), ("org", ["Larch Glass Ltd", "Kiln"])), domain="larch.com"))
    assert told == {Field.LEGAL_NAME: "Larch Glass Ltd"}


def test_a_country_may_stand_in_the_parameter_and_is_never_a_name() -> None:
    entity = registrant(("kind", "org"), ("fn", "Larch AS"))
    entity["vcardArray"][1].append(["adr", {"cc": "no"}, "text", ["", "", "", "", "", "", "NORWAY"]])
    assert values(read(entity, domain="larch.no"))[Field.COUNTRY_CODE] == "NO"
    entity["vcardArray"][1][-1][1] = {}
    assert Field.COUNTRY_CODE not in values(read(entity, domain="larch.no"))


@pytest.mark.parametrize(
    "entity",
    [
        registrant(("kind", "individual"), ("fn", PERSON)),
        registrant(("kind", "individual"), ("fn", PERSON), ("org", PERSON)),
        registrant(("fn", PERSON)),
        registrant(("fn", PERSON), ids={"cpf": "000.000.001-91"}),
        registrant(("kind", "org"), ("fn", PERSON), ids={"cpf": "000.000.001-91"}),
        registrant(("kind", "org"), ("fn", PERSON), ids={"cpf": "000.000.001-91", "cnpj": "11.222.333/0001-81"}),
        registrant(("kind", "org"), ("fn", f"{PERSON} 00000000191")),
        registrant(("kind", "org"), ("fn", f"11.222.333 {PERSON}")),
        registrant(("fn", PERSON), ids={"cnpj": "11.222.333/0001-82"}),
        registrant(("kind", "org"), ("fn", PERSON), role="administrative"),
    ],
)
def test_a_person_is_in_no_claim(entity: dict[str, Any]) -> None:
    reading = read(entity)
    assert reading.is_found
    assert not reading.claims


@pytest.mark.parametrize(
    "name",
    [
        "REDACTED FOR PRIVACY",
        "Redacted for GDPR",
        "Domains By Proxy, LLC",
        "Withheld for Privacy ehf",
        "WhoisGuard Protected",
        "Data Protected",
        "Not Disclosed",
        "Private Person",
        "Contact Privacy Inc. Customer 123",
        "",
    ],
)
def test_who_hides_holders_is_no_holder(name: str) -> None:
    place = ("adr", ["", "", "", "", "", "", "US"])
    assert not read(registrant(("kind", "org"), ("fn", name), place), domain="larch.com").claims


@pytest.mark.parametrize(
    "name", ["Larch Private Limited", "Identity Glass Ltd", "Protectors of Larch Ltd", "Proxima SA"]
)
def test_a_company_of_a_like_name_is(name: str) -> None:
    assert values(read(registrant(("kind", "org"), ("fn", name)), domain="larch.com"))[Field.LEGAL_NAME] == name


def test_a_cnpj_is_told_even_where_the_name_is_hidden() -> None:
    told = values(read(registrant(("fn", "REDACTED"), ids={"cnpj": "11.222.333/0001-81"})))
    assert told == {Field.REGISTRATION_NUMBER: "11222333000181"}


def test_registro_br_files_a_holder_under_its_number() -> None:
    def told(handle: str, *rows: tuple[str, object], domain: str = "laricio.com.br") -> dict[Field, Value]:
        return values(read({**registrant(*rows), "handle": handle}, domain=domain))

    assert told("12ABC34501DE35") == {Field.REGISTRATION_NUMBER: "12ABC34501DE35"}
    assert told("11222333000182") == {}
    assert told("00000000191", ("kind", "org"), ("fn", PERSON)) == {}
    # Elsewhere a handle is any text.
    assert told("11222333000181", domain="laricio.com") == {}


def test_the_first_holder_that_is_an_organisation_is_told() -> None:
    person, company = registrant(("kind", "individual"), ("fn", PERSON)), registrant(("kind", "org"), ("fn", "Larch"))
    assert values(read(person, company)) == {Field.LEGAL_NAME: "Larch"}


@pytest.mark.parametrize(
    "changes", [{"ldhName": "other.com.br"}, {"objectClassName": "entity"}, {"objectClassName": None}]
)
def test_an_answer_about_something_else_is_unreadable(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read(**changes)


@pytest.mark.parametrize("told", ["LARICIO.COM.BR", "laricio.com.br.", None])
def test_a_name_is_the_same_in_any_case(told: str | None) -> None:
    assert read(ldhName=told).is_found


@pytest.mark.parametrize("content_type", ["application/rdap+json", "application/json", ""])
def test_an_unregistered_domain_is_not_found_with_and_without_a_body(content_type: str) -> None:
    response = httpx.Response(404, headers={"content-type": content_type} if content_type else {})
    assert rdap.read(response, LARICIO) == NOT_FOUND


def test_one_registrys_refusal_never_looks_like_a_bad_key_of_ours() -> None:
    for status, kind in ((401, Rejected), (403, Throttled), (429, Throttled)):
        with pytest.raises(kind):
            rdap.read(httpx.Response(status), LARICIO)
