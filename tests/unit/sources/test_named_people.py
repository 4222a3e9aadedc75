"""Descriptions do without the people whom they name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.company import Field
from enrichment.sources.named_people import without_named_people
from enrichment.sources.payload import claims


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Larch Glass, founded by John Smith, tempers glass.", "Larch Glass tempers glass."),
        ("Larch Glass was founded by John Smith and tempers glass.", "Larch Glass tempers glass."),
        ("Founded by John Smith in 1950, Larch Glass tempers glass.", "Larch Glass tempers glass."),
        ("Larch Glass tempers glass, established in 1950 by Ann B. Smith and Tom Jones.", "Larch Glass tempers glass."),
        ("Larch Glass (founded 1950 by the Smith family) tempers glass.", "Larch Glass tempers glass."),
        ("Larch Glass tempers glass. It was founded in Sheffield by brothers Tom and Jim Smith.", None),
        ("Larch Glass, founded by Anna in 1950, tempers glass.", "Larch Glass tempers glass."),
        ("A Vidros Larch, fundada em 1950 por João da Silva, tempera vidros.", "A Vidros Larch tempera vidros."),
        ("Vidros Larch, fundada pelos irmãos João e Pedro Silva, tempera vidros.", "Vidros Larch tempera vidros."),
        ("Vidrios Larch, fundada por José Pérez en 1950, templa vidrio.", "Vidrios Larch templa vidrio."),
        ("Die Larch Glas, gegründet von Max Mustermann, härtet Glas.", "Die Larch Glas härtet Glas."),
        ("Larch Glas wurde 1950 von Max Mustermann gegründet und härtet Glas.", "Larch Glas härtet Glas."),
        ("Verres Larch, fondée en 1950 par Jean Dupont, trempe le verre.", "Verres Larch trempe le verre."),
        ("Larch Glass, led by CEO Jane Doe, tempers glass.", "Larch Glass tempers glass."),
        ("Larch Glass tempers glass. Our CEO Jane Doe likes it hot.", "Larch Glass tempers glass."),
        ("Larch Glass, led by Jane Doe, CEO, tempers glass.", "Larch Glass tempers glass."),
        ("Larch Glass tempers glass, with owner and managing director Jane van der Doe.", "Larch Glass tempers glass."),
        ("Vidros Larch, do proprietário João Silva, tempera vidros.", None),
        ("Larch Glas härtet Glas. Inhaber: Max Mustermann.", "Larch Glas härtet Glas."),
        ("Larch Glas härtet Glas. Geschäftsführerin Erika Mustermann.", "Larch Glas härtet Glas."),
        ("Founded by John Smith.", ""),
    ],
)
def test_the_clause_goes_and_the_rest_stays(text: str, left: str | None) -> None:
    cut = without_named_people(text)
    assert not any(name in cut for name in ("Smith", "Jones", "Silva", "Pérez", "Mustermann", "Dupont", "Doe", "Anna"))
    if left is None:
        assert cut.startswith(text.split()[0])
    else:
        assert cut == left


@pytest.mark.parametrize(
    "text",
    [
        "Larch Glass was founded by the state in 1950.",
        "Larch Glass was founded by the State of Bavaria in 1950.",
        "Larch Glass was founded by NASA engineers in 1950.",
        "Larch Glass, founded in 1950, tempers glass.",
        "Fundada em 1950, a Vidros Larch tempera vidros.",
        "Gegründet von der Stadt im Jahr 1950.",
        "Larch Glass, owner of three kilns, tempers glass.",
        "Larch Glass trains directors and owners of Small Firms.",
        "Hotel in Presidente Prudente, SP.",
        "We find your next CEO. Larch Search is what we do.",
        "At Larch Glass, CEO training is what we do.",
        "Created by hand in Sheffield.",
        "Software for owners. Director Pro is its name.",
        "",
    ],
)
def test_what_names_nobody_stays_as_it_is(text: str) -> None:
    assert without_named_people(text) == text


def test_every_description_goes_through_it_whoever_claims_it() -> None:
    [claim] = claims({Field.DESCRIPTION: "Larch Glass, founded by John Smith, tempers glass."})
    assert claim.value == "Larch Glass tempers glass."
    assert claims({Field.DESCRIPTION: "Founded by John Smith."}) == ()


@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from(["CEO,", "Ann Smith", "founded by", "and", "Larch", ".", "in 1950"])).map(" ".join)
)
def test_any_text_has_an_end_and_grows_no_longer(text: str) -> None:
    cut = without_named_people(text)
    assert len(cut) <= len(text)
    assert without_named_people(cut) == cut
