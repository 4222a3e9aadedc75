"""ReceitaWS, OpenCNPJ, OpenCorporates, RDAP and DNS: what each says of a company it knows, and of one it does not."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from enrichment.domain.subject import Hints, Subject
from enrichment.sandbox import Company, World
from enrichment.sandbox.bill import OPENCORPORATES_CALL
from enrichment.sandbox.providers import opencorporates, receitaws
from enrichment.sandbox.providers.opencnpj import OpenCnpj
from enrichment.sandbox.providers.opencorporates import OpenCorporates
from enrichment.sandbox.providers.rdap import Rdap
from enrichment.sandbox.providers.receitaws import ReceitaWS
from enrichment.sandbox.providers.zones import records
from enrichment.sandbox.wire import Reply, Request
from enrichment.sandbox.world.numbers import cnpj_of, dotted
from enrichment.sources.opencnpj import read as read_opencnpj
from enrichment.sources.receitaws import read as read_receitaws

WORLD = World(1670)
BRAZILIAN, AMERICAN = (company for domain in WORLD.showcase if (company := WORLD.company(domain)))
RECEITAWS, OPENCNPJ = ReceitaWS(WORLD), OpenCnpj(WORLD)
OPENCORPORATES, RDAP = OpenCorporates(WORLD), Rdap(WORLD)
HOLDING = re.compile(r".+ (PARTICIPACOES LTDA|HOLDING S/A|EMPREENDIMENTOS LTDA)")


def planted(kind: str) -> Company:
    return next(one for one in WORLD.companies if kind in [planted.kind for planted in one.planted])


def parsed(reply: Reply) -> Any:
    return json.loads(reply.body)


def cnpj(number: str) -> Any:
    reply = RECEITAWS.answer(Request(f"/v1/cnpj/{number}"))
    assert (reply.status, reply.cost_usd_micros) == (200, 0)
    return parsed(reply)


def dump(number: str) -> Any:
    reply = OPENCNPJ.answer(Request(f"/{number}"))
    assert (reply.status, reply.cost_usd_micros) == (200, 0)
    return parsed(reply)


def search(name: str, **query: str) -> list[Mapping[str, Any]]:
    reply = OPENCORPORATES.answer(
        Request("/v0.4/companies/search", query={"q": name, "api_token": opencorporates.KEY, **query})
    )
    assert (reply.status, reply.cost_usd_micros) == (200, OPENCORPORATES_CALL)
    return [row["company"] for row in parsed(reply)["results"]["companies"]]


def rdap(path: str) -> Any:
    reply = RDAP.answer(Request(path))
    assert (reply.status, reply.content_type) == (200, "application/rdap+json")
    return parsed(reply)


def registrant(data: Any) -> Any:
    return next((entity for entity in data["entities"] if "registrant" in entity["roles"]), None)


def test_receitaws_tells_of_a_company_in_capitals() -> None:
    record, facts = cnpj(BRAZILIAN.facts.number), BRAZILIAN.facts
    assert record["status"] == "OK"
    assert record["cnpj"] == dotted(facts.number)
    assert record["situacao"] == "ATIVA"
    assert record["tipo"] == "MATRIZ"
    assert record["abertura"] == f"{facts.incorporated_on:%d/%m/%Y}"
    assert record["nome"].isascii()
    assert record["nome"].isupper()
    assert re.fullmatch(r"\d{2}\.\d{3}-\d{3}", record["cep"])
    assert record["billing"] == {"free": True, "database": True}


def test_receitaws_knows_a_number_with_letters_in_either_case() -> None:
    company = next(one for one in WORLD.companies if one.facts.number[2:5].isalpha() and one.is_known_to("receitaws"))
    assert cnpj(company.facts.number) == cnpj(company.facts.number.lower())
    assert cnpj(company.facts.number)["cnpj"] == dotted(company.facts.number)


def test_receitaws_names_legal_entities_and_no_person() -> None:
    for company in WORLD.companies:
        if company.country.code == "BR" and company.is_known_to("receitaws"):
            record = cnpj(company.facts.number)
            assert record["qsa"]
            assert all(HOLDING.fullmatch(owner["nome"]) for owner in record["qsa"])
            assert record["simei"]["optante"] is False
            assert not record["natureza_juridica"].startswith(("213-5", "4"))


@pytest.mark.parametrize("number", ["1", "11111111111111", "99000000000199", "abc"])
def test_a_number_that_cannot_be_is_refused_with_200(number: str) -> None:
    assert cnpj(number) == {"status": "ERROR", "message": "CNPJ inválido"}


def test_a_number_that_nobody_holds_is_refused_with_200() -> None:
    unknown = next(one for one in WORLD.companies if one.country.code == "BR" and not one.is_known_to("receitaws"))
    beyond = cnpj_of(WORLD.seed, 900_000)
    for number in (unknown.facts.number, beyond, "00000000000191"):
        assert cnpj(number) == {"status": "ERROR", "message": "este CNPJ foi rejeitado"}


def test_the_paid_call_of_receitaws_wants_its_key() -> None:
    path = f"/v1/cnpj/{BRAZILIAN.facts.number}/days/30"
    assert RECEITAWS.answer(Request(path)).status == 401
    paid = RECEITAWS.answer(Request(path, headers={"authorization": f"Bearer {receitaws.KEY}"}))
    assert parsed(paid)["billing"] == {"free": False, "database": True}
    assert RECEITAWS.answer(Request("/v1/cnpj/a/b/c")).status == 404


def brazilian() -> Iterator[Company]:
    return (one for one in WORLD.companies if one.country.code == "BR")


def test_opencnpj_tells_what_receitaws_tells_in_other_words() -> None:
    both = [one for one in brazilian() if one.is_known_to("receitaws") and one.is_known_to("opencnpj")]
    assert len(both) > 20
    for company in both:
        number = company.facts.number
        subject = Subject(company.domain, Hints(registration_number=number))
        told = read_receitaws(httpx.Response(200, json=cnpj(number)), subject)
        assert len(told.claims) >= 12
        assert told == read_opencnpj(httpx.Response(200, json=dump(number)), subject)


def test_some_companies_are_unknown_to_one_of_the_two_alone() -> None:
    known = {(one.is_known_to("receitaws"), one.is_known_to("opencnpj")) for one in brazilian()}
    assert known >= {(True, True), (True, False), (False, True)}


def test_opencnpj_writes_as_the_dump_does() -> None:
    record, facts = dump(BRAZILIAN.facts.number), BRAZILIAN.facts
    assert record["cnpj"] == facts.number
    assert (record["situacao_cadastral"], record["matriz_filial"]) == ("Ativa", "Matriz")
    assert record["data_inicio_atividade"] == f"{facts.incorporated_on:%Y-%m-%d}"
    assert re.fullmatch(r"\d{8}", record["cep"])
    assert re.fullmatch(r"\d{7}", record["cnae_principal"])
    assert re.fullmatch(r"\d+,\d{2}", record["capital_social"])
    assert all(HOLDING.fullmatch(partner["nome_socio"]) for partner in record["QSA"])


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        (f"/{cnpj_of(WORLD.seed, 900_000)}", 404, "not found"),
        ("/00000000000000", 404, "not found"),
        ("/1", 400, "invalid cnpj"),
        ("/info", 400, "invalid cnpj"),
    ],
)
def test_opencnpj_refuses_with_an_error_object(path: str, status: int, error: str) -> None:
    reply = OPENCNPJ.answer(Request(path))
    assert (reply.status, parsed(reply)) == (status, {"error": error})


def test_opencnpj_is_guarded_by_another_house() -> None:
    assert b"Just a moment" in OPENCNPJ.failed(403).body
    assert parsed(OPENCNPJ.failed(502)) == {"error": "a shard is broken"}
    assert OPENCNPJ.throttled(7).headers == {"Retry-After": "7"}


def test_a_branch_has_an_address_and_no_capital_of_its_own() -> None:
    company = planted("branch")
    record = cnpj(company.told_by("rdap").number)
    assert (record["tipo"], record["capital_social"], record["qsa"]) == ("FILIAL", "0.00", [])
    assert record["cep"] != cnpj(company.facts.number)["cep"]


def test_a_closed_company_is_closed_at_receitaws_and_alive_at_opencorporates() -> None:
    company = planted("closed")
    (own,) = [row for row in search(company.facts.name) if row["company_number"] == company.facts.number]
    assert own["inactive"] is False
    closed = next(
        one
        for index in range(2_000)
        if (one := WORLD.at(index)).country.code == "BR"
        and one.facts.status == "closed"
        and one.is_known_to("receitaws")
    )
    assert cnpj(closed.facts.number)["situacao"] == "BAIXADA"


def test_opencorporates_finds_a_company_and_its_namesake() -> None:
    own, other = search(AMERICAN.facts.name)
    facts = AMERICAN.facts
    assert own["name"] == facts.legal_name
    assert own["jurisdiction_code"] == AMERICAN.jurisdiction
    assert own["incorporation_date"] == f"{facts.incorporated_on:%Y-%m-%d}"
    assert own["opencorporates_url"].startswith("https://opencorporates.com/companies/us_")
    assert own["registered_address"]["postal_code"] == facts.seat.postal_code
    assert other["inactive"] is True
    assert "Holdings" in other["name"]


def test_opencorporates_puts_the_namesake_first_now_and_then() -> None:
    company = next(one for one in WORLD.companies if one.index % 3 == 2 and one.is_known_to("opencorporates"))
    assert search(company.facts.name)[0]["name"] != company.facts.legal_name


def test_opencorporates_keeps_to_the_jurisdiction_the_country_and_the_living() -> None:
    name = AMERICAN.facts.name
    assert len(search(name, jurisdiction_code=AMERICAN.jurisdiction)) == 1
    assert len(search(name, inactive="false")) == 1
    assert search(name, country_code="br") == []


def test_opencorporates_serves_in_pages() -> None:
    query = {"q": AMERICAN.facts.name, "api_token": opencorporates.KEY, "per_page": "1", "page": "2"}
    results = parsed(OPENCORPORATES.answer(Request("/v0.4/companies/search", query=query)))["results"]
    assert (results["total_pages"], results["total_count"], len(results["companies"])) == (2, 2, 1)


def test_opencorporates_bills_for_finding_nothing() -> None:
    unknown = next(one for one in WORLD.companies if not one.is_known_to("opencorporates"))
    assert search(unknown.facts.name) == search("Nobody At All Ltd") == []


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/v0.4/companies/search", {"q": "x"}, 401),
        ("/v0.4/companies/search", {"q": "x", "api_token": "other"}, 401),
        ("/v0.4/companies/search", {"api_token": opencorporates.KEY}, 400),
        ("/v0.4/companies/search", {"q": "x", "api_token": opencorporates.KEY, "page": "x"}, 400),
        ("/v0.4/officers/search", {"q": "x", "api_token": opencorporates.KEY}, 404),
    ],
)
def test_opencorporates_refuses_without_billing(path: str, query: Mapping[str, str], status: int) -> None:
    reply = OPENCORPORATES.answer(Request(path, query=query))
    assert (reply.status, reply.cost_usd_micros) == (status, 0)
    assert parsed(reply)["error"]["message"]


def test_registro_br_tells_the_registrants_cnpj() -> None:
    data = rdap(f"/domain/{BRAZILIAN.domain}")
    assert registrant(data)["publicIds"] == [{"type": "cnpj", "identifier": dotted(BRAZILIAN.facts.number)}]
    assert {event["eventAction"] for event in data["events"]} == {"registration", "last changed", "expiration"}
    kinds = re.findall(r'\["kind", \{\}, "text", "(\w+)"\]', json.dumps(data))
    assert set(kinds) == {"org", "group"}


def test_the_registrant_may_be_a_branch_or_the_web_agency() -> None:
    for kind in ("branch", "agency"):
        company = planted(kind)
        number = registrant(rdap(f"/domain/{company.domain}"))["publicIds"][0]["identifier"]
        assert number != dotted(company.facts.number)


def test_a_thin_registry_names_the_registrar_and_seldom_the_holder() -> None:
    thin = [one for one in WORLD.companies if not one.domain.endswith(".br") and one.is_known_to("rdap")]
    holders = [registrant(rdap(f"/com/v1/domain/{one.domain}")) for one in thin]
    cards = [json.dumps(holder) for holder in holders if holder]
    assert len(cards) < len(thin)
    assert 0 < sum("REDACTED FOR PRIVACY" in card for card in cards) < len(cards)
    assert all("publicIds" not in holder for holder in holders if holder)


@pytest.mark.parametrize(
    "path", ["/domain/nobody-at-all.com", "/rdap/domain/x.com.br", f"/domain/www.{BRAZILIAN.domain}"]
)
def test_rdap_answers_for_a_stranger_with_its_error_object(path: str) -> None:
    reply = RDAP.answer(Request(path))
    assert (reply.status, parsed(reply)["errorCode"]) == (404, 404)


def test_rdap_does_not_know_everybody() -> None:
    unknown = next(one for one in WORLD.companies if not one.is_known_to("rdap"))
    assert RDAP.answer(Request(f"/domain/{unknown.domain}")).status == 404
    assert RDAP.answer(Request("/domain/")).status == 404


def test_dns_tells_who_takes_the_mail_and_who_sends_it() -> None:
    mail = records(WORLD, f"{BRAZILIAN.domain}.", "MX")
    assert mail is not None
    assert "google.com" in mail[0]
    texts = records(WORLD, BRAZILIAN.domain, "TXT")
    assert texts is not None
    assert texts[0].startswith('"v=spf1 include:_spf.google.com')
    assert any(text.startswith('"MS=ms') for one in WORLD.companies for text in records(WORLD, one.domain, "TXT") or ())
    assert any(mx == ("0 .",) for one in WORLD.companies if (mx := records(WORLD, one.domain, "MX")))


def test_dns_has_addresses_for_documentation_and_no_ipv6() -> None:
    (address,) = records(WORLD, f"www.{AMERICAN.domain}", "A") or ("",)
    assert address.startswith("203.0.113.")
    assert records(WORLD, AMERICAN.domain, "AAAA") == records(WORLD, f"www.{AMERICAN.domain}", "MX") == ()
    assert len(records(WORLD, AMERICAN.domain, "NS") or ()) == 2


def test_dns_has_a_policy_for_mail_at_most_domains() -> None:
    policies = [records(WORLD, f"_dmarc.{one.domain}", "TXT") for one in WORLD.companies]
    assert None not in policies
    assert 0 < policies.count(()) < len(policies) / 2
    assert records(WORLD, f"_dmarc.{AMERICAN.domain}", "MX") == ()


def test_dns_does_not_know_strangers() -> None:
    assert records(WORLD, "nobody-at-all.com.br.", "A") is None


def test_opencorporates_knows_a_renamed_company_by_its_former_name_alone() -> None:
    company = planted("renamed")
    former = company.told_by("opencorporates")
    assert search(company.facts.name) == []
    assert former.number in [row["company_number"] for row in search(former.legal_name)]


def test_opencorporates_codes_an_activity_by_the_countrys_own_scheme() -> None:
    schemes = {"BR": "br_cnae_2.3", "US": "us_naics_2022", "DE": "eu_nace_2"}
    for code, scheme in schemes.items():
        company = next(
            one
            for index in range(500)
            if (one := WORLD.at(index)).country.code == code and one.is_known_to("opencorporates") and not one.planted
        )
        (own,) = [row for row in search(company.facts.name) if row["company_number"] == company.facts.number]
        assert own["industry_codes"][0]["industry_code"]["code_scheme_id"] == scheme
