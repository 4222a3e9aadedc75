"""An answer counts only with words that really stand in a text about the company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.sources.quotes import is_backed
from enrichment.sources.strangers import Names

LARCH = Names(frozenset({"larch glass"}), "larchglass.co.uk")
PAGE = "We temper glass in Sheffield, for builders. Our kilns burn ‹day› and night! It's “hot” – very hot."


@pytest.mark.parametrize(
    "quote",
    [
        "We temper glass in Sheffield, for builders.",
        "temper glass in Sheffield",
        "  WE   temper\n\tGLASS in sheffield ",
        '"We temper glass in Sheffield…"',
        "for builders. Our kilns burn",
        "kilns burn <day> and night",
        'It\'s "hot" - very hot',
        "Ｗｅ ｔｅｍｐｅｒ ｇｌａｓｓ",
    ],
)
def test_words_of_a_page_back_an_answer_whatever_their_spacing_case_and_typography(quote: str) -> None:
    assert is_backed(quote, ["About us.", PAGE], LARCH)


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "w",
        "We",
        "glass",
        "Sheffield",
        "We temper",
        "We melt glass in Sheffield",
        "We temper glass ... for builders",
        "We temper glass Our kilns burn",
        "!!!!!!!!!!!!",
        " " * 40,
        "–" * 40,
    ],
)
def test_short_invented_and_stitched_quotes_back_nothing(quote: str) -> None:
    assert not is_backed(quote, [PAGE], LARCH)


def test_a_quote_does_not_run_from_one_page_into_another() -> None:
    assert is_backed("temper glass for builders", ["We temper glass for builders"], LARCH)
    assert not is_backed("temper glass for builders", ["We temper glass", "for builders"], LARCH)


def test_scripts_without_spaces_need_fewer_signs() -> None:
    page = ["私たちは建築用の強化ガラスを作ります。"]
    assert is_backed("建築用の強化ガラス", page, LARCH)
    assert not is_backed("ガラス", page, LARCH)


@pytest.mark.parametrize(
    ("page", "quote"),
    [
        ("Acme Rockets Ltd builds orbital rockets.", "builds orbital rockets"),
        ("Acme Rockets Ltd. builds orbital rockets.", "builds orbital rockets"),
        ("Our client is Acme Rockets Ltd. It builds orbital rockets.", "It builds orbital rockets"),
        ("A word from acme.com. They love us. They build orbital rockets.", "They build orbital rockets"),
        ("Larch Glass thanks you. Acme Rockets Ltd is a client. It builds orbital rockets.", "builds orbital rockets"),
        ("We like it. Acme Rockets Ltd builds rockets.", "We like it. Acme Rockets Ltd builds"),
    ],
)
def test_words_about_another_organisation_back_nothing(page: str, quote: str) -> None:
    assert not is_backed(quote, [page], LARCH)


@pytest.mark.parametrize(
    ("page", "quote"),
    [
        ("Larch Glass tempers glass for Acme Rockets Ltd.", "tempers glass for Acme Rockets"),
        ("Acme Rockets Ltd is a client. Larch Glass tempers glass for it.", "tempers glass for it"),
        ("Acme Rockets Ltd is a client. Larch Glass is proud. We temper glass.", "We temper glass"),
        ("Acme Rockets Ltd. One. Two. We temper glass.", "We temper glass"),
        ("We temper glass. Acme Rockets Ltd is a client.", "We temper glass"),
        ("Acme Rockets Ltd builds rockets. One. Two. Three. It builds rockets of glass.", "builds rockets of glass"),
    ],
)
def test_words_that_are_no_longer_about_it_do(page: str, quote: str) -> None:
    assert is_backed(quote, [page], LARCH)


def test_words_that_stand_in_two_places_count_by_the_better_one() -> None:
    page = "Acme Rockets Ltd makes panes of glass. One. Two. Three. Larch Glass makes panes of glass."
    assert is_backed("makes panes of glass", [page], LARCH)


@given(st.text(max_size=300), st.text(max_size=600))
def test_only_what_stands_in_a_page_is_backed(quote: str, page: str) -> None:
    if is_backed(quote, [page], LARCH):
        assert len(quote) >= 6
        assert page


@given(st.text(min_size=1, max_size=300), st.integers(0, 300), st.integers(1, 300))
def test_any_stretch_of_any_page_can_be_looked_for(page: str, start: int, length: int) -> None:
    assert is_backed(page[start : start + length], [page], LARCH) in (True, False)
