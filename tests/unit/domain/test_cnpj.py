"""A CNPJ names a company and its branch, and its last two characters check the rest."""

from hypothesis import given
from hypothesis import strategies as st
from stdnum.br import cnpj as stdnum

from enrichment.domain.cnpj import check_digits, company_of, is_head_office

BODIES = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12)


@given(BODIES)
def test_the_check_digits_are_those_of_the_rule(body: str) -> None:
    assert stdnum.calc_check_digits(body) == check_digits(body)


def test_the_first_eight_characters_are_the_company() -> None:
    assert company_of("11222333000181") == company_of("11222333000262") == "11222333"
    assert company_of("5275061") == "5275061"


def test_the_first_branch_is_the_head_office() -> None:
    assert is_head_office("11222333000181")
    assert not is_head_office("11222333000262")
    assert not is_head_office("1122233300")
