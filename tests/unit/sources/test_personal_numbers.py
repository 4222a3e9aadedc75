"""Whatever a register or a page holds, the number of a natural person is in nothing that is made of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.br import cpf
from website.invented_sites import DOMAIN, page_of

from contract.http_sources import LARICIO, SOURCES, HttpCase
from enrichment.domain.company import Address, Field, IndustryCode, SocialProfile
from enrichment.domain.errors import SourceError
from enrichment.domain.fact import Reading
from enrichment.sources import personal_numbers
from enrichment.sources.contact import phone
from enrichment.sources.website.reading import read

BRAZILIAN = ("receitaws", "opencnpj", "rdap", "gleif")
CASES = [case for case in SOURCES if case.source in BRAZILIAN]
# GLEIF's fixture is of a British company, whose numbers are nobody's CPF.
TO_BRAZIL = (('"GB', '"BR'), ('"07654321"', '"11.222.333/0001-81"'))
FORMS: tuple[Callable[[str], str], ...] = (
    str,
    cpf.format,
    lambda number: f"{number[:9]}-{number[9:]}",
    lambda number: f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}",
    lambda number: f"{number[:3]}.{number[3:6]}.{number[6:9]}/{number[9:]}",
    lambda number: f"{number[:3]} . {number[3:6]} . {number[6:9]} - {number[9:]}",
)


def _number(digits: str) -> str:
    for first in (10, 11):
        total = sum(weight * int(digit) for weight, digit in zip(range(first, 1, -1), digits, strict=True))
        digits += str(-total % 11 % 10)
    return digits


numbers = st.text("0123456789", min_size=9, max_size=9).map(_number).filter(cpf.is_valid)
BEFORE = ["", "CPF", "CPF: ", "CPF nº ", "Aurora ", "Vidros Aurora Ltda - ", "(", "11.222.333 ", "é", "\n"]
BEHIND = ["", " ", ")", ".", ", Joinville", " Ltda", "\n", "-"]


@st.composite
def _written(draw: st.DrawFn) -> tuple[str, str]:
    """A number, and a text that holds it."""
    number, form = draw(numbers), draw(st.sampled_from(FORMS))
    return number, f"{draw(st.sampled_from(BEFORE))}{form(number)}{draw(st.sampled_from(BEHIND))}"


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every text of a body, by what holds it and its key there."""
    keys: list[Any] = []
    if isinstance(data, dict):
        keys = list(cast("dict[str, Any]", data))
    elif isinstance(data, list):
        keys = list(range(len(cast("list[Any]", data))))
    for key in keys:
        if isinstance(data[key], str):
            yield data, key
        yield from _places(data[key])


def _brazilian(body: dict[str, Any]) -> dict[str, Any]:
    written = json.dumps(body)
    for other, ours in TO_BRAZIL:
        written = written.replace(other, ours)
    return json.loads(written)


def _shown(reading: Reading) -> str:
    return repr((reading.claims, reading.documents))


def _is_shown(number: str, reading: Reading) -> bool:
    return any(form(number) in _shown(reading) for form in FORMS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_without_such_a_number_the_registers_answer_is_told(case: HttpCase) -> None:
    response = httpx.Response(200, json=_brazilian(case.body), headers={"content-type": case.content_type})
    assert Field.LEGAL_NAME in {claim.field for claim in replace(case, subject=LARICIO).read(response).claims}


@pytest.mark.parametrize("case", CASES, ids=str)
@given(_written(), st.data())
def test_a_number_in_any_text_of_a_registers_answer_is_in_no_claim(
    case: HttpCase, told: tuple[str, str], data: st.DataObject
) -> None:
    number, text = told
    body = _brazilian(case.body)
    holder, key = data.draw(st.sampled_from(list(_places(body))))
    holder[key] = data.draw(st.sampled_from([text, f"{holder[key]} {text}"]))
    response = httpx.Response(200, json=body, headers={"content-type": case.content_type})
    try:
        reading = replace(case, subject=LARICIO).read(response)
    except SourceError:
        return
    assert not _is_shown(number, reading)


JSON_LD = ("name", "legalName", "description", "telephone", "email", "taxID", "vatID", "identifier", "streetAddress")


def _organization(key: str) -> str:
    return json.dumps({"@type": "Organization", "name": "Aurora", key: "{}"})


HTML: tuple[str, ...] = (
    "<title>{}</title>",
    "<title>Aurora | {}</title>",
    "<meta name=description content='Vidros {} temperados de Londrina'>",
    "<meta property=og:site_name content='{}'>",
    "<footer>© 2026 {}. Todos os direitos reservados</footer>",
    "<footer>Razão social: Aurora {} Ltda</footer>",
    "<footer>Aurora Vidros Ltda - CNPJ {}</footer>",
    "<p>Tel: {}</p>",
    "<p>Responsável técnico: <b>fulano</b> {}</p>",
    "<address>Rua das Acácias, 410, {} Londrina</address>",
    "<a href='tel:{}'>ligue</a>",
    "<a href='mailto:contato{}@vidrariaaurora.com.br'>escreva</a>",
    "<a href='https://www.instagram.com/{}'>siga</a>",
    "<header><img class=logo src='/{}.png'></header>",
    *(f"<script type='application/ld+json'>{_organization(key)}</script>" for key in JSON_LD),
)


@given(_written(), st.lists(st.sampled_from(HTML), min_size=1, max_size=3), st.sampled_from(["", "sobre", "legal"]))
def test_a_number_anywhere_on_a_page_is_in_no_claim_and_in_no_text_for_a_model(
    told: tuple[str, str], html: list[str], path: str
) -> None:
    number, text = told
    pages = [page_of("".join(part.replace("{}", text) for part in html), f"https://{DOMAIN}/{path}")]
    assert not _is_shown(number, read(pages, DOMAIN))


@given(numbers)
def test_a_number_in_the_address_of_a_page_is_not_passed_on(number: str) -> None:
    assert not _is_shown(number, read([page_of("<p>Vidros</p>", f"https://{DOMAIN}/{number}")], DOMAIN))


@given(numbers, st.sampled_from(FORMS))
def test_a_number_is_no_telephone(number: str, form: Callable[[str], str]) -> None:
    assert phone(form(number), "BR") == ""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Fale com 123.456.789-09 hoje", "Fale com hoje"),
        ("pedido 12345678909, nota 12345678900123", "pedido , nota 12345678900123"),
        ("***.456.789-** e CNPJ 11.222.333/0001-81", "e CNPJ 11.222.333/0001-81"),
        ("١٢٣٤٥٦٧٨٩٠٩", ""),
        ("(47) 99123-4567, 0800 123 4567", "(47) 99123-4567, 0800 123 4567"),
    ],
)
def test_what_is_taken_out_of_a_text_and_what_is_left(text: str, left: str) -> None:
    assert personal_numbers.taken_out_of(text) == left


@pytest.mark.parametrize(
    ("field", "value", "is_claimable"),
    [
        (Field.DESCRIPTION, "Vidros de 123.456.789-09", False),
        (Field.DESCRIPTION, "Vidros de 123.456.789-08", True),
        (Field.ADDRESS, Address(street="Rua Um", city="Itu 12345678909"), False),
        (Field.INDUSTRY_CODES, (IndustryCode("cnae", "23.19-2-00", "Vidro"),), True),
        (Field.SOCIAL_PROFILES, (SocialProfile("x", "https://x.com/12345678909"),), False),
        (Field.FOUNDED_YEAR, 1998, True),
        # An Italian VAT number and an American telephone have eleven digits too.
        (Field.PHONE, "+12345678909", True),
        (Field.REGISTRATION_NUMBER, "12345678909", True),
    ],
)
def test_a_value_with_such_a_number_in_it_is_no_claim(field: Field, value: object, is_claimable: bool) -> None:
    assert personal_numbers.is_claimable(field, value) is is_claimable
