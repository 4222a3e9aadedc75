"""Figures and foreign text as a person reads them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.terminal.text import age, clean, lasted, listed, shortened


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "now"),
        (0, "now"),
        (59, "now"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (172_799, "47 h"),
        (172_800, "2 d"),
        (86_400 * 1_500, "1,500 d"),
    ],
)
def test_an_age_has_one_figure(seconds: float, words: str) -> None:
    assert age(seconds) == words


def test_a_duration_is_told_in_the_unit_that_fits() -> None:
    assert lasted(timedelta(milliseconds=420)) == "420 ms"
    assert lasted(timedelta(milliseconds=1_930)) == "1.9 s"


def test_a_list_reads_like_speech() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_long_text_is_cut_between_words() -> None:
    assert shortened("guided walks, and huts", 15) == "guided walks…"


def test_a_text_without_words_is_cut_all_the_same() -> None:
    assert shortened("x" * 50, 10) == "x" * 9 + "…"


@given(st.text(), st.integers(2, 60))
def test_no_text_is_longer_than_it_may_be(text: str, length: int) -> None:
    assert len(shortened(text, length)) <= length


def test_escape_sequences_of_the_world_do_not_reach_the_terminal() -> None:
    assert clean("Acme\x1b[31m\x07\nLtd\u202e") == "Acme [31m Ltd"


@given(st.text())
def test_clean_text_prints_as_it_is_on_one_line(text: str) -> None:
    assert clean(text).isprintable()
