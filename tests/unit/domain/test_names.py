"""Company names: which spellings are one name, which are not, and what is cut from a name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from enrichment.domain.names import normalised_name, without_personal_numbers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Água & Sal Ltda.", "AGUA E SAL"),
        ("Rio Verde Comércio S/A", "Rio Verde Comercio S. A."),
        ("Padaria Aurora EIRELI - ME", "Padaria Aurora"),
        ("Oficina Boa Vista Ltda - EPP", "OFICINA BOA VISTA"),
        ("Pão de Mel Ltda", "Pao de Mel"),
        ("Northwind Traders, Inc.", "Northwind Traders LLC"),
        ("The Larch Company", "Larch"),
        ("Larch Corp.", "LARCH CORPORATION"),
        ("J. P. Alder & Co.", "JP Alder"),
        ("Birch Holdings PLC", "Birch Holdings Public Limited Company"),
        ("Müller Werke GmbH & Co. KG", "Muller Werke"),
        ("Norrsken Glas AB (publ)", "Norrsken Glas"),
        ("Straße Bau AG", "Strasse Bau"),
        ("Sonne UG (haftungsbeschränkt)", "Sonne"),
        ("Tulp Bloemen B.V.", "Tulp Bloemen"),
        ("Châtaigne SARL", "Chataigne S.A.R.L."),
        ("Noisette SAS", "Noisette"),
        ("Olivo S.r.l.", "Olivo"),
        ("Faggio S.p.A.", "Faggio Società per Azioni"),
        ("Björk AB", "Bjork"),
        ("Koivu Oy", "KOIVU OYJ"),
        ("Ørnen A/S", "Ornen ApS"),
        ("Fjell AS", "Fjell"),
        ("Encina, S.A. de C.V.", "Encina"),
        ("Nogal, S. de R.L. de C.V.", "Nogal"),
        ("Sosna Sp. z o.o.", "Sosna"),
        ("Dub s.r.o.", "Dub"),
        ("Gum Tree Pty Ltd", "Gum Tree"),
        ("Banyan Pvt. Ltd.", "Banyan Private Limited"),
        ("Sakura K.K.", "Sakura"),
        ("株式会社さくら商事", "さくら商事株式会社"),
        ("さくら商事㈱", "さくら商事"),
        ("(주) 소나무", "소나무"),
        ("松树科技有限公司", "松树科技"),
        ("ООО «Берёза»", "Берёза"),
    ],
)
def test_spellings_of_one_name_are_alike(one: str, other: str) -> None:
    assert normalised_name(one) == normalised_name(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Larch Energy Ltd", "Larch Foods Ltd"),
        ("Inc", "LLC"),
        ("Pão de Mel", "Mel"),
        ("Company of Wolves", "Wolves"),
        ("3M", "4M"),
    ],
)
def test_names_of_two_companies_are_not(one: str, other: str) -> None:
    assert normalised_name(one) != normalised_name(other)


@pytest.mark.parametrize("name", ["", "   ", "!!!", "…", "()"])
def test_a_name_without_letters_or_digits_is_empty(name: str) -> None:
    assert normalised_name(name) == ""


@pytest.mark.parametrize("name", ["Inc", "S.A.", "Ltda", "株式会社", "The"])
def test_a_name_that_is_only_a_legal_form_stays(name: str) -> None:
    assert normalised_name(name) != ""


@given(st.text(max_size=60))
@example("Sp. z o.o. & Co. KG S A")
def test_any_text_has_a_normal_form_that_is_case_blind(name: str) -> None:
    normal = normalised_name(name)
    assert normal == " ".join(normal.split())
    assert normalised_name(f"  {name}  ") == normal


@given(st.from_regex(r"[A-Z][a-z]{2,8}( [A-Z][a-z]{2,8}){0,2}", fullmatch=True))
def test_a_legal_form_behind_a_name_changes_nothing(name: str) -> None:
    assert {normalised_name(f"{name}{form}") for form in (" Ltda", ", Inc.", " S/A", " GmbH & Co. KG")} == {
        normalised_name(f"{name} LLC")
    }


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("LOJA DA PRACA 00000000191", "LOJA DA PRACA"),
        ("LOJA DA PRACA 000.000.001-91", "LOJA DA PRACA"),
        ("LOJA DA PRACA ***.000.001-**", "LOJA DA PRACA"),
        ("LOJA DA PRACA ***000001**", "LOJA DA PRACA"),
        ("LOJA DA PRACA XXX.000.001-XX", "LOJA DA PRACA"),
        ("LOJA DA PRACA - CPF: 000.000.001-91", "LOJA DA PRACA"),
        ("00000000191 LOJA", "LOJA"),
        ("CPF nº 000.000.001-91", ""),
    ],
)
def test_a_cpf_is_cut_from_a_name(written: str, left: str) -> None:
    assert without_personal_numbers(written) == left


@pytest.mark.parametrize("name", ["LOJA 2000 LTDA", "11.222.333/0001-81", "11222333000181", "Rua 25 de Março 1234"])
def test_other_numbers_stay_in_a_name(name: str) -> None:
    assert without_personal_numbers(name) == name


@given(st.text(alphabet="0123456789*x.-/ ABC", max_size=40))
def test_no_run_of_eleven_digits_survives(text: str) -> None:
    left = without_personal_numbers(text)
    assert not any(part.isdigit() and len(part) == 11 for part in left.split())
