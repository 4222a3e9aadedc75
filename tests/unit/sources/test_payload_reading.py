"""How values are taken out of JSON that nobody vouches for."""

from datetime import date

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.company import Field
from enrichment.domain.errors import Unreadable
from enrichment.domain.fact import Claim
from enrichment.sources.payload import (
    LONGEST_TEXT,
    at,
    claims,
    iso_date,
    items,
    json_object,
    number,
    one_line,
    required_items,
    text,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=10,
)
steps = st.lists(st.sampled_from(["a", "b", "c", 0, 1, 7]), max_size=4)


@given(json_values, steps)
def test_any_path_through_any_json_ends_in_a_value_or_in_nothing(data: object, path: list[str | int]) -> None:
    at(data, *path)
    assert len(text(data, *path)) <= LONGEST_TEXT
    assert list(items(data, *path)) or not items(data, *path)
    found = number(data, *path)
    assert found is None or abs(found) < float("inf")
    assert iso_date(data, *path) is None or isinstance(at(data, *path), str)


def test_a_path_leads_through_objects_and_lists() -> None:
    data = {"a": [{"b": "found"}]}
    assert text(data, "a", 0, "b") == "found"
    assert at(data, "a", 1, "b") is None
    assert at(data, 0) is None


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("  Larch \n\t Glass ", "Larch Glass"),
        ("Larch\u00a0Glass", "Larch Glass"),
        ("Lar\x00ch\u200b", "Larch"),
        ("\ud800Larch", "Larch"),
        ("x" * 1_000, "x" * LONGEST_TEXT),
        (" " * 100_000 + "far away", ""),
        ("Água № 1 日本", "Água № 1 日本"),
    ],
)
def test_a_text_is_visible_bounded_and_on_one_line(written: str, seen: str) -> None:
    assert one_line(written) == seen


@given(st.text())
def test_any_text_can_be_stored_and_shown(written: str) -> None:
    line = one_line(written)
    line.encode()
    assert line.isprintable()
    assert one_line(line) == line


@pytest.mark.parametrize("value", [True, "1", None, 10**400, [1]])
def test_what_is_no_finite_number_is_none(value: object) -> None:
    assert number(value) is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2009-05-14", date(2009, 5, 14)),
        ("2009-05-14T10:00:00Z", date(2009, 5, 14)),
        ("2009-02-30", None),
        ("0000-01-01", None),
        ("20090514", None),
        ("14/05/2009", None),
        ("", None),
    ],
)
def test_a_day_is_one_of_the_calendar(written: str, day: date | None) -> None:
    assert iso_date(written) == day


def test_only_what_is_there_is_claimed() -> None:
    values: dict[Field, object] = {Field.NAME: "Larch", Field.LEGAL_NAME: "", Field.FOUNDED_YEAR: None, Field.PHONE: 7}
    assert claims(values, 0.5) == (Claim(Field.NAME, "Larch", 0.5),)


@pytest.mark.parametrize(("status", "is_cost_unknown"), [(200, True), (500, False)])
def test_an_answered_call_that_cannot_be_read_may_have_been_billed(status: int, is_cost_unknown: bool) -> None:
    with pytest.raises(Unreadable) as caught:
        json_object(httpx.Response(status, content=b"<html>"))
    assert caught.value.is_cost_unknown is is_cost_unknown


def test_a_list_that_every_answer_holds_is_missed() -> None:
    with pytest.raises(Unreadable, match=r"results\.companies"):
        required_items({"results": {}}, "results", "companies")
