"""Another organisation is told by its legal form or its domain, and the company by its names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.company import Field
from enrichment.domain.subject import Hints, Subject
from enrichment.sources.strangers import Names, names_of, names_stranger

LARCH = names_of(
    Subject(
        "larchglass.co.uk", Hints("Acme Rockets"), {Field.NAME: "Larch & Söhne", Field.LEGAL_NAME: "Larch Glass Ltd"}
    )
)


@pytest.mark.parametrize(
    "text",
    [
        "Larch & Söhne temper glass.",
        "LARCH UND SÖHNE: LARCH & SOHNE",
        "From Larch Glass Ltd, Sheffield.",
        "Larch Glass's kilns.",
        "Visit larchglass.co.uk.",
        "LarchGlass is hiring.",
    ],
)
def test_a_company_is_named_by_any_of_its_names(text: str) -> None:
    assert LARCH.are_in(text)


@pytest.mark.parametrize("text", ["We temper glass.", "Larch", "Larches & Söhne", "Glass Larch", "lar chgla", ""])
def test_parts_of_a_name_are_no_name(text: str) -> None:
    assert not LARCH.are_in(text)


def test_a_short_domain_counts_only_as_a_word() -> None:
    names = Names(frozenset(), "arte.com.br")
    assert names.are_in("A Arte faz quadros.")
    assert not names.are_in("Departement")


@pytest.mark.parametrize(
    "text",
    [
        "Acme Rockets Ltd builds rockets.",
        "Our client, Acme Rockets Limited, builds rockets.",
        "Foguetes Acme Ltda. fabrica foguetes.",
        "Acme S.A. fabrica foguetes.",
        "Acme S/A fabrica foguetes.",
        "Die Acme Raketen GmbH & Co. KG baut Raketen.",
        "Acme, Inc. builds rockets.",
        "Acme S.r.l. costruisce razzi.",
        "ООО «Ракета» строит ракеты.",
        "株式会社アクメはロケットを作ります。",
        "阿克米火箭有限公司制造火箭。",
        "Built by acme.com for you.",
        "As seen on Booking.com!",
    ],
)
def test_an_organisation_with_a_legal_form_or_a_domain_is_a_stranger(text: str) -> None:
    assert names_stranger(text, LARCH)
    assert not names_stranger(f"{text} Larch Glass", LARCH)


@pytest.mark.parametrize(
    "text",
    [
        "We temper glass.",
        "A limited edition, for a Limited Time, in Limited quantities.",
        "A 5 KG bag; 20 AB batteries.",
        "We use Node.js and ASP.NET.",
        "End of one.Next sentence.",
        "e.g. glass, i.e. panes",
        "clique e se inscreva",
        "larchglass.co.uk and shop.larchglass.co.uk",
        "version 2.0.1",
        "",
        "Find us on youtube.com and in the shop of apps.apple.com.",
        "Write to us on wa.me.",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert not names_stranger(text, LARCH)


def test_a_bare_name_is_told_by_what_stands_around_it_and_not_here() -> None:
    assert not names_stranger("Acme Rockets builds rockets.", LARCH)


@given(st.text(max_size=500), st.text(max_size=50))
def test_any_text_has_an_answer(text: str, name: str) -> None:
    names = names_of(Subject("larchglass.co.uk", known={Field.NAME: name}))
    assert names_stranger(text, names) in (True, False)
