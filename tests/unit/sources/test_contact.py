"""Which mailboxes and numbers are a company's."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.sources.contact import own_mailbox, phone, role_mailbox, without_peoples_mailboxes


@pytest.mark.parametrize(
    "address", ["contato@larch.com.br", " SAC@Larch.com.br ", "vendas2@larch.com.br", "sac-vendas@mail.larch.com.br"]
)
def test_a_role_at_the_companys_own_domain_is_kept(address: str) -> None:
    assert own_mailbox(address, "larch.com.br") == address.strip().lower()


@pytest.mark.parametrize(
    "address",
    [
        "somebody@larch.com.br",
        "sales.somebody@larch.com.br",
        "s.body@larch.com.br",
        "7@larch.com.br",
        "contato.00000000191@larch.com.br",
        "contato@gmail.com",
        "contato@notlarch.com.br",
        "contato@larch.com.br.evil.com",
        "contato",
        "contato@",
        "@larch.com.br",
        "contato@larch.com.br, somebody@larch.com.br",
        "",
    ],
)
def test_a_person_or_another_domain_is_not(address: str) -> None:
    assert own_mailbox(address, "larch.com.br") == ""


@given(st.text())
def test_any_text_is_a_mailbox_or_none(written: str) -> None:
    assert own_mailbox(written, "larch.com.br") in ("", written.strip().lower())
    assert role_mailbox(written) in ("", written.strip().lower())


def test_a_role_is_one_at_any_domain() -> None:
    assert role_mailbox(" Contabil@Contadores.com.br") == "contabil@contadores.com.br"
    assert role_mailbox("somebody@contadores.com.br") == ""


def test_a_text_keeps_the_mailboxes_of_roles_on_the_companys_own_domain_alone() -> None:
    written = "Write to anna.b@gmail.com, anna@larch.com.br\nor Contato@larch.com.br, not to contato@other.com.br."
    assert without_peoples_mailboxes(written, "larch.com.br") == "Write to , or Contato@larch.com.br, not to ."


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("(47) 3025-1100", "BR", "+554730251100"),
        ("+44 114 234 5678", "", "+441142345678"),
        ("0114 234 5678", "GB", "+441142345678"),
        ("(41) 0000-0000", "BR", ""),
        ("0114 234 5678", "", ""),
        ("call us", "BR", ""),
        ("", "BR", ""),
    ],
)
def test_a_number_that_can_exist_is_written_as_the_world_dials_it(written: str, country: str, number: str) -> None:
    assert phone(written, country) == number


@given(st.text(alphabet="0123456789+()- x;abc", max_size=300), st.sampled_from(["BR", "GB", "US", "", "XX"]))
def test_any_text_is_a_number_or_none(written: str, country: str) -> None:
    number = phone(written, country)
    assert not number or phonenumbers.is_valid_number(phonenumbers.parse(number))
