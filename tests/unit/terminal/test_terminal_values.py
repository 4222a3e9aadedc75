"""Every field of a company has a form that a person reads."""

import pytest
from google.type.date_pb2 import Date

from client.example import INFERRED, PLACED, REGISTERED, SITE, merged
from enrichment.terminal.values import field_name, value_text
from imensiah.enrichment.v1.company_pb2 import (
    Address,
    Company,
    CompanyField,
    EmployeeCount,
    Identifier,
    Rating,
    ShareCapital,
    SocialProfile,
)

FULL = merged(
    SITE,
    REGISTERED,
    PLACED,
    INFERRED,
    Company(
        industry="Travel",
        jurisdiction="br",
        legal_form="Sociedade limitada",
        country_code="BR",
        logo_url="https://lumiar-trilha-serena.com.br/logo.svg",
        opening_hours=["Mo-Fr 09:00-18:00"],
        rating=Rating(stars=4.6, review_count=1_234),
        identifiers=[Identifier(scheme="lei", value="529900T8BM49AURSDO55")],
    ),
)
FIELDS = [number for number in CompanyField.values() if number]


def shown(field: str, company: Company) -> str:
    return value_text(company, CompanyField.Value(f"COMPANY_FIELD_{field.upper()}"))


@pytest.mark.parametrize("field", FIELDS, ids=field_name)
def test_every_field_that_is_set_is_shown(field: CompanyField.ValueType) -> None:
    assert value_text(FULL, field)


@pytest.mark.parametrize("field", FIELDS, ids=field_name)
def test_a_field_that_is_not_set_shows_nothing(field: CompanyField.ValueType) -> None:
    assert value_text(Company(), field) == ""


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("founded_year", "2009"),
        ("incorporation_date", "2009-04-17"),
        ("status", "active"),
        ("coordinates", "-25.42953, -49.27127"),
        ("employee_count", "51 to 200"),
        ("rating", "4.6 of 5 (1,234 reviews)"),
        ("share_capital", "250,000 BRL"),
        ("technologies", "Cloudflare, Google Workspace, React"),
        ("identifiers", "LEI 529900T8BM49AURSDO55"),
        ("industry_codes", "CNAE 7912-1/00 Operadores turísticos"),
        ("social_profiles", "instagram.com/lumiartrilhaserena\nlinkedin.com/company/lumiar-trilha-serena"),
    ],
)
def test_a_value_reads_as_people_write_it(field: str, text: str) -> None:
    assert shown(field, FULL) == text


@pytest.mark.parametrize(
    ("capital", "text"),
    [
        (ShareCapital(amount_minor=150, currency_code="EUR"), "1.50 EUR"),
        (ShareCapital(amount_minor=1_000_005, currency_code="BRL"), "10,000.05 BRL"),
        (ShareCapital(amount_minor=5_000_000, currency_code="JPY"), "5,000,000 JPY"),
        (ShareCapital(amount_minor=1_001, currency_code="KWD"), "1.001 KWD"),
        (ShareCapital(amount_minor=-150, currency_code="USD"), "-1.50 USD"),
    ],
)
def test_capital_stands_in_whole_units_of_its_currency(capital: ShareCapital, text: str) -> None:
    assert shown("share_capital", Company(share_capital=capital)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (EmployeeCount(min=250, max=250), "250"),
        (EmployeeCount(min=10_001), "10,001 and more"),
        (EmployeeCount(min=0, max=10), "0 to 10"),
    ],
)
def test_a_head_count_is_a_figure_or_a_band(count: EmployeeCount, text: str) -> None:
    assert shown("employee_count", Company(employee_count=count)) == text


def test_a_date_may_be_a_year_or_a_month() -> None:
    assert shown("incorporation_date", Company(incorporation_date=Date(year=2009))) == "2009"
    assert shown("incorporation_date", Company(incorporation_date=Date(year=2009, month=4))) == "2009-04"


def test_an_address_in_pieces_is_put_together() -> None:
    address = Address(street="Rua das Araucárias Mansas, 120", city="Curitiba", region="PR")
    assert shown("address", Company(address=address)) == "Rua das Araucárias Mansas, 120, Curitiba, PR"


def test_a_long_list_ends_with_how_many_are_left() -> None:
    many = Company(identifiers=[Identifier(scheme="vat", value=str(number)) for number in range(9)])
    assert shown("identifiers", many).splitlines() == ["VAT 0", "VAT 1", "VAT 2", "VAT 3", "and 5 more"]


def test_escape_sequences_in_a_value_are_taken_out() -> None:
    assert "\x1b" not in shown("name", Company(name="Acme \x1b]0;owned\x07"))
    assert "\x1b" not in shown("social_profiles", Company(social_profiles=[SocialProfile(url="https://x.com/\x1b[2J")]))


def test_a_field_newer_than_this_program_is_shown_by_its_number() -> None:
    assert field_name(CompanyField.ValueType(99)) == "field 99"
    assert value_text(FULL, CompanyField.ValueType(99)) == ""
