"""Brazil's register through either door: a company is told alike, a person who trades alone is told by neither."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.br import cnpj

from contract.http_sources import LARICIO, SOURCES
from enrichment.domain.company import Address, Field, Value
from enrichment.domain.fact import Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import opencnpj, receitaws
from enrichment.sources.http import Provider
from enrichment.sources.receita import head_office

DATASETS = Path(__file__).parents[4] / "shared" / "datasets"
DOORS: dict[str, Provider] = {"receitaws": receitaws, "opencnpj": opencnpj}
BODIES = {case.source: case.body for case in SOURCES if case.source in DOORS}
either = pytest.mark.parametrize("door", DOORS)
# Written without spaces so that no list of names is needed here: nobody is called this.
OWNER = "QUEMASSINA DAOFICINA"
CPF = "00000000191"

# How each of them writes the same things.
NAME = {"receitaws": "nome", "opencnpj": "razao_social"}
TRADE_NAME = {"receitaws": "fantasia", "opencnpj": "nome_fantasia"}
IS_SOLE_TRADER = {"receitaws": {"simei": {"optante": True}}, "opencnpj": {"opcao_mei": "S"}}
IS_BRANCH = {"receitaws": {"tipo": "FILIAL"}, "opencnpj": {"matriz_filial": "Filial"}}


def read(door: str, **changes: object) -> Reading:
    """The fixture with other values, as it is read."""
    content = json.dumps({**BODIES[door], **changes}).encode()
    response = httpx.Response(200, content=content, headers={"content-type": "application/json"})
    return DOORS[door].read(response, LARICIO)


def values(reading: Reading) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in reading.claims}


def test_both_doors_tell_the_same_company_in_the_same_words() -> None:
    assert values(read("receitaws")) == values(read("opencnpj"))


def test_both_doors_are_asked_the_same_question() -> None:
    branch = Subject("laricio.com.br", known={Field.REGISTRATION_NUMBER: "11222333000505"})
    assert receitaws.question(branch) == opencnpj.question(branch) == b"11222333000181"


LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@given(st.text(LETTERS, min_size=8, max_size=8), st.integers(1, 9_999))
def test_every_branch_leads_to_one_head_office_whose_check_digits_are_right(root: str, order: int) -> None:
    body = f"{root}{order:04d}"
    branch = body + cnpj.calc_check_digits(body)
    # All zeros is no number.
    asked = head_office(Subject("laricio.com.br", Hints(registration_number=branch)))
    assert asked == "" if not cnpj.is_valid(branch) else asked[:12] == f"{root}0001"
    assert asked == "" or cnpj.is_valid(asked)
    assert head_office(Subject("laricio.com.br", Hints(registration_number=asked))) == asked


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("27.865.757/0021-48", "27865757000102"),
        ("27865757000102", "27865757000102"),
        ("12.ABC.345/01DE-35", "12ABC345000188"),
        ("12.abc.345/01de-35", "12ABC345000188"),
        ("11.222.333/0005-04", ""),
    ],
)
def test_a_branch_with_letters_or_without_leads_to_the_head_office(written: str, asked: str) -> None:
    assert head_office(Subject("laricio.com.br", Hints(registration_number=written))) == asked


@either
def test_of_a_number_that_is_a_branchs_by_now_only_what_holds_for_the_company_is_told(door: str) -> None:
    told, whole = values(read(door, **IS_BRANCH[door])), values(read(door))
    of_branch = {Field.STATUS, Field.INCORPORATION_DATE, Field.ADDRESS, Field.PHONE, Field.EMAIL}
    assert told == {field: value for field, value in whole.items() if field not in of_branch}


def sole_traders(door: str) -> list[dict[str, Any]]:
    name, unsaid = NAME[door], dict.fromkeys(IS_SOLE_TRADER[door])
    return [
        {**IS_SOLE_TRADER[door], name: OWNER},
        *({"natureza_juridica": nature, name: f"{OWNER} {CPF}"} for nature in PERSONS),
        # Where the fields that would say so are missing, the name still shows it.
        {**unsaid, "natureza_juridica": "", name: f"{OWNER} {CPF}"},
        {**unsaid, "natureza_juridica": "", name: f"{OWNER} ***.000.001-**"},
        {**unsaid, "natureza_juridica": "", name: f"11.222.333 {OWNER}"},
    ]


PERSONS = (
    "213-5 - Empresário (Individual)",
    "2135",
    "213-5",
    "Empresário (Individual)",
    "EMPRESARIO (INDIVIDUAL)",
    "408-1 - Contribuinte Individual",
    "Produtor Rural (Pessoa Física)",
    "Leiloeiro",
)


@either
def test_of_a_sole_trader_only_what_names_nobody_is_told(door: str) -> None:
    for body in sole_traders(door):
        told = values(read(door, **body))
        assert set(told) == {
            Field.NAME,
            Field.STATUS,
            Field.INDUSTRY,
            Field.INDUSTRY_CODES,
            Field.REGISTRATION_NUMBER,
            Field.ADDRESS,
        }, body
        assert told[Field.ADDRESS] == Address(
            formatted="JOINVILLE - SC", city="JOINVILLE", region="SC", country_code="BR"
        )


@either
@pytest.mark.parametrize(
    "trade_name",
    [OWNER, f"{OWNER.split()[-1]} {OWNER.split()[0]}", f"{OWNER} ME", f"Oficina de {OWNER.title()}", f"{OWNER} {CPF}"],
)
def test_an_owners_name_or_cpf_is_in_no_claim(door: str, trade_name: str) -> None:
    for body in sole_traders(door):
        shown = repr(read(door, **{**body, TRADE_NAME[door]: trade_name})).upper()
        assert "QUEMASSINA" not in shown
        assert CPF not in shown
        assert "000.001" not in shown


@either
@pytest.mark.parametrize("email", ["alguem@laricio.com.br", "vendas.joana@laricio.com.br", f"{CPF}@laricio.com.br", ""])
def test_the_mailbox_of_a_person_is_in_no_claim(door: str, email: str) -> None:
    assert Field.EMAIL not in values(read(door, email=email))


@either
@pytest.mark.parametrize("email", ["contato@laricio.com.br", "CONTABIL@CONTADORES.COM.BR"])
def test_what_is_read_of_a_number_is_the_same_for_every_domain_that_leads_to_it(door: str, email: str) -> None:
    body = {**BODIES[door], "email": email}
    others = replace(LARICIO, domain="laricio-obras.com")
    one, other = (DOORS[door].read(httpx.Response(200, json=body), subject) for subject in (LARICIO, others))
    assert one == other
    assert values(one)[Field.EMAIL] == email.lower()


@either
@pytest.mark.parametrize("nature", ["206-2 - Sociedade Empresária Limitada", "Sociedade Empresária Limitada"])
def test_a_legal_form_is_its_wording_and_never_its_code(door: str, nature: str) -> None:
    assert values(read(door, natureza_juridica=nature))[Field.LEGAL_FORM] == "Sociedade Empresária Limitada"
    assert Field.LEGAL_FORM not in values(read(door, natureza_juridica="206-2"))


def table(name: str) -> list[list[str]]:
    """A file of the register's monthly dump."""
    path = DATASETS / "receita_caiopizzol" / name
    if not path.exists():
        pytest.skip(f"../shared is not here: no {name} to read")
    return list(csv.reader(path.read_text("latin-1").splitlines(), delimiter=";"))


@either
def test_every_legal_nature_of_a_natural_person_is_known_by_code_and_by_wording(door: str) -> None:
    rows = table("NATJUCSV.csv")
    assert len(rows) > 80
    for code, wording in rows:
        is_person = code == "2135" or code.startswith("4")
        for written in (code, f"{code[:3]}-{code[3]}", wording, f"{code[:3]}-{code[3]} - {wording}"):
            told = values(read(door, natureza_juridica=written))
            assert (Field.LEGAL_NAME not in told) == is_person, written


@either
def test_no_individual_of_the_registers_own_dump_is_named(door: str) -> None:
    natures = dict(table("NATJUCSV.csv"))
    rows = table("EMPRECSV.csv")
    named = 0
    for _, name, nature, _, capital, *_ in rows:
        told = values(read(door, **{NAME[door]: name, "natureza_juridica": natures[nature], "capital_social": capital}))
        assert Field.LEGAL_NAME not in told or nature != "2135", name
        named += Field.LEGAL_NAME in told
    assert len(rows) > 2_000
    assert named > 300
