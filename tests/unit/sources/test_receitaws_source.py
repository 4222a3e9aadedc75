"""ReceitaWS: what is asked, what is told of a company, and how little of a person who trades alone."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.http_sources import LARICIO, SOURCES, entry_of
from enrichment.domain.company import Address, CompanyStatus, Field, IndustryCode, ShareCapital, Value
from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import receitaws

[CASE] = [case for case in SOURCES if case.source == "receitaws"]
# Written without spaces so that no list of names is needed here: nobody is called this.
OWNER = "QUEMASSINA DAOFICINA"
CPF = "00000000191"


def read(**changes: object) -> Reading:
    """The fixture with other values, as it is read."""
    return read_body({**CASE.body, **changes})


def read_body(body: object, status: int = 200) -> Reading:
    headers = {"content-type": "application/json"}
    return receitaws.read(httpx.Response(status, content=json.dumps(body).encode(), headers=headers), LARICIO)


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


@pytest.mark.parametrize(
    ("known", "hint", "asked"),
    [
        ("11222333000181", "", b"11222333000181"),
        ("11.222.333/0001-81", "", b"11222333000181"),
        ("", "11.222.333/0001-81", b"11222333000181"),
        # A branch's number leads to the head office's.
        ("11.222.333/0005-05", "", b"11222333000181"),
        ("27.865.757/0021-48", "", b"27865757000102"),
        ("12.ABC.345/01DE-35", "", b"12ABC345000188"),
        ("12.abc.345/01de-35", "", b"12ABC345000188"),
        # A number of another country: what the caller says counts then.
        ("07654321", "11222333000181", b"11222333000181"),
    ],
)
def test_the_question_is_the_head_offices_cnpj_in_its_14_characters(known: str, hint: str, asked: bytes) -> None:
    subject = Subject("laricio.com.br", Hints(registration_number=hint), {Field.REGISTRATION_NUMBER: known})
    assert receitaws.question(subject) == asked


@pytest.mark.parametrize("number", ["", "11222333000182", "00000000000000", "07654321", "laricio", "²²²²²²²²²²²²²²"])
def test_without_a_cnpj_whose_check_digits_are_right_there_is_no_question(number: str) -> None:
    assert receitaws.question(Subject("laricio.com.br", Hints(registration_number=number))) is None


@given(st.text(max_size=20))
def test_any_number_is_a_question_or_none(number: str) -> None:
    question = receitaws.question(Subject("laricio.com.br", Hints(registration_number=number)))
    assert question is None or len(question) == 14


def test_without_a_key_the_free_call_is_made() -> None:
    request = receitaws.request(LARICIO, entry_of("receitaws"))
    assert str(request.url) == "https://receitaws.com.br/v1/cnpj/11222333000181"
    assert "authorization" not in request.headers


def test_with_a_key_the_paid_call_is_made_for_an_answer_of_at_most_30_days() -> None:
    request = receitaws.request(
        LARICIO, replace(entry_of("receitaws"), api_key="secret", base_url="http://127.0.0.1:8900")
    )
    assert str(request.url) == "http://127.0.0.1:8900/v1/cnpj/11222333000181/days/30"
    assert request.headers["authorization"] == "Bearer secret"


def test_a_company_is_told_in_our_words() -> None:
    assert values(read()) == {
        Field.NAME: "LARICIO VIDROS",
        Field.LEGAL_NAME: "VIDRARIA LARICIO LTDA",
        Field.INDUSTRY: "Fabricação de artigos de vidro",
        Field.INCORPORATION_DATE: date(1998, 4, 9),
        Field.STATUS: CompanyStatus.ACTIVE,
        Field.JURISDICTION: "br",
        Field.REGISTRATION_NUMBER: "11222333000181",
        Field.LEGAL_FORM: "Sociedade Empresária Limitada",
        Field.COUNTRY_CODE: "BR",
        Field.ADDRESS: Address(
            formatted="RUA DOS CRISTAIS, 410, GALPAO 2 - DISTRITO INDUSTRIAL, JOINVILLE - SC, 89219-501",
            street="RUA DOS CRISTAIS, 410",
            district="DISTRITO INDUSTRIAL",
            city="JOINVILLE",
            region="SC",
            postal_code="89219-501",
            country_code="BR",
        ),
        Field.PHONE: "+554730251100",
        Field.EMAIL: "contato@laricio.com.br",
        Field.SHARE_CAPITAL: ShareCapital(125_000_007, "BRL"),
        Field.INDUSTRY_CODES: (
            IndustryCode("cnae", "23.19-2-00", "Fabricação de artigos de vidro"),
            IndustryCode("cnae", "43.30-4-02", "Instalação de portas, janelas e esquadrias"),
        ),
    }


@pytest.mark.parametrize(
    ("situation", "status"),
    [
        ("ATIVA", CompanyStatus.ACTIVE),
        ("ativa", CompanyStatus.ACTIVE),
        ("SUSPENSA", CompanyStatus.SUSPENDED),
        ("INAPTA", CompanyStatus.SUSPENDED),
        ("BAIXADA", CompanyStatus.CLOSED),
        ("NULA", CompanyStatus.CLOSED),
        ("OUTRA", None),
    ],
)
def test_the_situation_is_a_status(situation: str, status: CompanyStatus | None) -> None:
    assert values(read(situacao=situation)).get(Field.STATUS) == status


@pytest.mark.parametrize("nothing", ["********", "*****", "", "  "])
def test_asterisks_are_no_name(nothing: str) -> None:
    assert Field.NAME not in values(read(fantasia=nothing))


@pytest.mark.parametrize(
    ("written", "centavos"),
    [
        ("515000.00", 51_500_000),
        ("6453568523.86", 645_356_852_386),
        ("0.1", 10),
        ("7", 700),
        (1250000.07, 125_000_007),
        ("999999999999999.99", 99_999_999_999_999_999),
        ("0.00", None),
        ("-5.00", None),
        ("1e20", None),
        ("29500,00", None),
        ("1.005", None),
        (True, None),
        (None, None),
    ],
)
def test_the_capital_is_whole_centavos(written: object, centavos: int | None) -> None:
    expected = None if centavos is None else ShareCapital(centavos, "BRL")
    assert values(read(capital_social=written)).get(Field.SHARE_CAPITAL) == expected


@given(st.integers(1, 10**17 - 1))
def test_no_centavo_is_lost(centavos: int) -> None:
    written = f"{centavos // 100}.{centavos % 100:02d}"
    assert values(read(capital_social=written))[Field.SHARE_CAPITAL] == ShareCapital(centavos, "BRL")


@pytest.mark.parametrize("day", ["31/02/1998", "1998-04-09", "9/4/98", "00/00/0000"])
def test_a_day_that_is_none_is_not_told(day: str) -> None:
    assert Field.INCORPORATION_DATE not in values(read(abertura=day))


def test_the_first_number_that_can_exist_is_the_phone() -> None:
    assert values(read(telefone="(00) 0000-0000/ (47) 3025-1101"))[Field.PHONE] == "+554730251101"
    assert Field.PHONE not in values(read(telefone="(00) 0000-0000"))


SOLE_TRADERS: tuple[dict[str, Any], ...] = (
    {"natureza_juridica": "213-5 - Empresário (Individual)", "nome": f"{OWNER} {CPF}"},
    {"natureza_juridica": "213-5 - Empresário (Individual)", "nome": f"{OWNER} 000.000.001-91"},
    {"natureza_juridica": "408-1 - Contribuinte Individual", "nome": OWNER},
    {"simei": {"optante": True}, "nome": OWNER},
    # Fields that would say so are missing: the name still shows it.
    {"natureza_juridica": "", "simei": None, "nome": f"{OWNER} {CPF}"},
    {"natureza_juridica": "", "simei": None, "nome": f"{OWNER} ***.000.001-**"},
    {"natureza_juridica": "", "simei": None, "nome": f"11.222.333 {OWNER}"},
)


@pytest.mark.parametrize("body", SOLE_TRADERS)
def test_of_a_sole_trader_only_number_trade_name_status_activity_city_and_state_are_told(body: dict[str, Any]) -> None:
    told = values(read(**body))
    assert set(told) == {
        Field.NAME,
        Field.STATUS,
        Field.INDUSTRY,
        Field.INDUSTRY_CODES,
        Field.REGISTRATION_NUMBER,
        Field.ADDRESS,
    }
    assert told[Field.ADDRESS] == Address(formatted="JOINVILLE - SC", city="JOINVILLE", region="SC", country_code="BR")


@pytest.mark.parametrize("body", SOLE_TRADERS)
@pytest.mark.parametrize("trade_name", [OWNER, f"{OWNER} ME", f"Oficina de {OWNER.title()}", f"{OWNER} {CPF}"])
def test_an_owners_name_or_cpf_is_in_no_claim(body: dict[str, Any], trade_name: str) -> None:
    shown = repr(read(**{**body, "fantasia": trade_name})).upper()
    assert "QUEMASSINA" not in shown
    assert CPF not in shown
    assert "000.001" not in shown


@pytest.mark.parametrize("key", ["nome", "fantasia"])
@pytest.mark.parametrize("cpf", [CPF, "000.000.001-91", "***.000.001-**", "***000001**"])
def test_a_cpf_is_cut_from_every_name(key: str, cpf: str) -> None:
    shown = repr(read(**{key: f"LARICIO {cpf}"}))
    assert "000.001" not in shown
    assert "000001" not in shown


def test_partners_and_their_representatives_are_in_no_claim() -> None:
    shown = repr(read(qsa=[{"nome": OWNER, "qual": "49", "nome_rep_legal": OWNER}]))
    assert "QUEMASSINA" not in shown


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("CNPJ inválido", Rejected),
        ("CNPJ invalido", Rejected),
        ("Timeout", Fault),
        ("Too many requests, try later", Throttled),
        ("Limite de consultas excedido", Throttled),
        ("something new", Unreadable),
        ("", Unreadable),
    ],
)
def test_an_error_that_comes_as_200_is_an_error(message: str, kind: type[SourceError]) -> None:
    with pytest.raises(SourceError) as caught:
        read_body({"status": "ERROR", "message": message})
    assert type(caught.value) is kind


@pytest.mark.parametrize("status", [200, 400, 404])
def test_a_company_that_the_register_rejects_is_not_found_under_any_status(status: int) -> None:
    assert read_body({"status": "ERROR", "message": "este CNPJ foi rejeitado"}, status) == NOT_FOUND


def test_a_gateway_that_gives_up_is_a_fault() -> None:
    with pytest.raises(Fault):
        receitaws.read(httpx.Response(504, text="Timeout"), LARICIO)
