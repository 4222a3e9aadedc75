"""OpenCNPJ: what is asked, how its words are read, and what its refusals mean."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.http_sources import LARICIO, SOURCES, entry_of
from enrichment.domain.company import CompanyStatus, Field, IndustryCode, ShareCapital, Value
from enrichment.domain.errors import Fault, Rejected, SourceError, Throttled, Unreadable
from enrichment.domain.fact import NOT_FOUND, Reading
from enrichment.domain.subject import Hints, Subject
from enrichment.sources import opencnpj

[CASE] = [case for case in SOURCES if case.source == "opencnpj"]
CHALLENGE = "<html><head><title>Just a moment...</title></head></html>"


def read(**changes: object) -> Reading:
    """The fixture with other values, as it is read."""
    return opencnpj.read(httpx.Response(200, json={**CASE.body, **changes}), LARICIO)


def values(**changes: object) -> dict[Field, Value]:
    return {claim.field: claim.value for claim in read(**changes).claims}


def test_the_head_office_is_looked_up_by_its_number_alone() -> None:
    branch = Subject("laricio.com.br", Hints(registration_number="11.222.333/0005-05"))
    request = opencnpj.request(branch, replace(entry_of("opencnpj"), base_url="http://127.0.0.1:8900"))
    assert (request.method, str(request.url)) == ("GET", "http://127.0.0.1:8900/11222333000181")
    assert opencnpj.question(branch) == b"11222333000181"
    assert opencnpj.question(Subject("laricio.com.br", Hints(registration_number="07654321"))) is None


def test_it_is_free_and_needs_no_key() -> None:
    entry = entry_of("opencnpj")
    assert (entry.needs_key, entry.price_usd_micros, entry.backs_up) == (False, 0, "receitaws")
    assert str(opencnpj.request(LARICIO, entry).url) == "https://api.opencnpj.org/11222333000181"


@pytest.mark.parametrize(
    ("situation", "status"),
    [
        ("Ativa", CompanyStatus.ACTIVE),
        ("ATIVA", CompanyStatus.ACTIVE),
        ("Suspensa", CompanyStatus.SUSPENDED),
        ("Inapta", CompanyStatus.SUSPENDED),
        ("Baixada", CompanyStatus.CLOSED),
        ("Nula", CompanyStatus.CLOSED),
        ("05", None),
        ("", None),
    ],
)
def test_the_situation_is_a_status_in_any_case(situation: str, status: CompanyStatus | None) -> None:
    assert values(situacao_cadastral=situation).get(Field.STATUS) == status


@pytest.mark.parametrize(
    ("written", "centavos"),
    [
        ("29500,00", 2_950_000),
        ("0,1", 10),
        ("7", 700),
        ("0,00", None),
        ("1.250.000,07", None),
        ("-5,00", None),
        ("", None),
        (29500, None),
    ],
)
def test_the_capital_has_a_decimal_comma(written: object, centavos: int | None) -> None:
    expected = None if centavos is None else ShareCapital(centavos, "BRL")
    assert values(capital_social=written).get(Field.SHARE_CAPITAL) == expected


@given(st.integers(1, 10**17 - 1))
def test_no_centavo_is_lost(centavos: int) -> None:
    told = values(capital_social=f"{centavos // 100},{centavos % 100:02d}")
    assert told[Field.SHARE_CAPITAL] == ShareCapital(centavos, "BRL")


@pytest.mark.parametrize(
    ("written", "day"), [("1998-04-09", date(1998, 4, 9)), ("", None), ("19980409", None), ("1998-02-31", None)]
)
def test_a_day_is_written_as_iso_writes_it_or_missing(written: str, day: date | None) -> None:
    assert values(data_inicio_atividade=written).get(Field.INCORPORATION_DATE) == day


def test_activities_are_codes_in_the_registers_print() -> None:
    # Older dumps have the codes alone.
    told = values(cnaes=None)
    assert told[Field.INDUSTRY_CODES] == (IndustryCode("cnae", "23.19-2-00"), IndustryCode("cnae", "43.30-4-02"))
    assert Field.INDUSTRY not in told
    assert values(cnae_principal="", cnaes_secundarios=[], cnaes=[]).keys().isdisjoint({Field.INDUSTRY_CODES})


def test_a_secondary_activity_is_never_the_industry() -> None:
    told = values(cnae_principal="0000000")
    assert Field.INDUSTRY not in told
    assert told[Field.INDUSTRY_CODES] == (
        IndustryCode("cnae", "43.30-4-02", "Instalação de portas, janelas e esquadrias"),
    )


@pytest.mark.parametrize(
    ("phones", "number"),
    [
        ([{"ddd": "47", "numero": "30251101", "is_fax": False}], "+554730251101"),
        ([{"ddd": "", "numero": "30251101"}, {"ddd": "47", "numero": "991234567"}], "+5547991234567"),
        ([{"ddd": "47", "numero": "30251101", "is_fax": True}], None),
        (["4730251101"], None),
        ([], None),
        (None, None),
    ],
)
def test_the_first_number_that_can_exist_and_is_no_fax_is_the_phone(phones: object, number: str | None) -> None:
    assert values(telefones=phones).get(Field.PHONE) == number


def failure(status: int, body: str, content_type: str = "application/json") -> type[SourceError]:
    response = httpx.Response(status, text=body, headers={"content-type": content_type})
    with pytest.raises(SourceError) as caught:
        opencnpj.read(response, LARICIO)
    return type(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "content_type", "kind"),
    [
        (400, '{"error": "invalid cnpj"}', "application/json", Rejected),
        (403, '{"error": "no"}', "application/json", Throttled),
        (403, CHALLENGE, "text/html; charset=UTF-8", Throttled),
        (200, CHALLENGE, "text/html", Throttled),
        (404, CHALLENGE, "text/html", Throttled),
        (404, "", "", Rejected),
        (429, "error code: 1015", "text/plain", Throttled),
        (502, '{"error": "a shard is broken"}', "application/json", Fault),
        (502, CHALLENGE, "text/html", Fault),
    ],
)
def test_a_refusal_is_what_it_means(status: int, body: str, content_type: str, kind: type[SourceError]) -> None:
    assert failure(status, body, content_type) is kind


def test_an_unknown_number_is_not_found() -> None:
    assert opencnpj.read(httpx.Response(404, json={"error": "not found"}), LARICIO) == NOT_FOUND


@pytest.mark.parametrize("number", ["", "11444777000161", "11222333000505", None])
def test_an_answer_about_another_number_is_unreadable(number: Any) -> None:
    assert failure(200, json.dumps({**CASE.body, "cnpj": number})) is Unreadable
