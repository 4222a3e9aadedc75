"""An answer survives its way into bytes and back; any other bytes are no answer."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichment.domain.company import (
    LIST_FIELDS,
    VALUE_TYPES,
    Address,
    CompanyStatus,
    Coordinates,
    EmployeeCount,
    Field,
    Identifier,
    IndustryCode,
    Rating,
    ShareCapital,
    SocialProfile,
    is_value_of,
)
from enrichment.domain.fact import Answer, Document, Fact
from enrichment.stores.envelope import VERSION, Kept, decode, encode

# Halves of surrogate pairs included: text from the web may hold them.
TEXT = st.text(st.characters(), max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers(min_value=-(2**70), max_value=2**70)
SINGLE: dict[type, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: INTEGERS,
    date: st.dates(),
    CompanyStatus: st.sampled_from(CompanyStatus),
    Address: st.builds(Address, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
    Coordinates: st.builds(Coordinates, NUMBERS, NUMBERS),
    EmployeeCount: st.builds(EmployeeCount, INTEGERS, st.none() | INTEGERS),
    Rating: st.builds(Rating, NUMBERS, INTEGERS),
    ShareCapital: st.builds(ShareCapital, INTEGERS, TEXT),
    SocialProfile: st.builds(SocialProfile, TEXT, TEXT),
    Identifier: st.builds(Identifier, TEXT, TEXT),
    IndustryCode: st.builds(IndustryCode, TEXT, TEXT, TEXT),
}


def values_of(name: Field) -> st.SearchStrategy[Any]:
    one = SINGLE[VALUE_TYPES.get(name, str)]
    return st.lists(one, min_size=1, max_size=3).map(tuple) if name in LIST_FIELDS else one.filter(lambda it: it != "")


@st.composite
def facts(draw: st.DrawFn, name: Field | None = None) -> Fact:
    field = name or draw(st.sampled_from(Field))
    return Fact(field, draw(values_of(field)), draw(TEXT), draw(NUMBERS), draw(NUMBERS), draw(NUMBERS), draw(TEXT))


ANSWERS = st.builds(
    Answer,
    source=TEXT,
    is_found=st.booleans(),
    facts=st.lists(facts(), max_size=4).map(tuple),
    documents=st.lists(st.builds(Document, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    observed_at=NUMBERS,
    expires_at=NUMBERS,
    cost_usd_micros=INTEGERS,
)
NAME = Fact(Field.NAME, "Acme", "website", 0.9, 1.8e9, 1.9e9)
ANSWER = Answer("website", True, (NAME,), (Document("https://acme.com/", "Acme", "We make."),), 1.8e9, 1.9e9, 7)


KEPT = Kept(ANSWER, 1.95e9, "acme.com")


def written(answer: Answer) -> bytes:
    return encode(replace(KEPT, answer=answer))


def read(data: bytes) -> Answer | None:
    kept = decode(data)
    return kept and kept.answer


@given(st.builds(Kept, ANSWERS, NUMBERS, TEXT))
def test_an_answer_comes_back_as_it_was(kept: Kept) -> None:
    assert decode(encode(kept)) == kept


@pytest.mark.parametrize("name", Field)
@settings(max_examples=15)
@given(data=st.data())
def test_a_value_of_every_field_comes_back_as_it_was(name: Field, data: st.DataObject) -> None:
    answer = replace(ANSWER, facts=(data.draw(facts(name)),))
    back = read(written(answer))
    assert back
    assert back == answer
    assert type(back.facts[0].value) is type(answer.facts[0].value)


def test_whole_numbers_for_degrees_are_degrees() -> None:
    fact = replace(NAME, field=Field.COORDINATES, value=Coordinates(-23, 0))
    assert read(written(replace(ANSWER, facts=(fact,)))) == replace(ANSWER, facts=(fact,))


def test_what_may_not_be_kept_is_never_written() -> None:
    secret = replace(NAME, value="Not to be kept", is_transient=True)
    data = written(replace(ANSWER, facts=(NAME, secret)))
    assert b"Not to be kept" not in data
    assert read(data) == ANSWER


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        written(replace(ANSWER, facts=(replace(NAME, confidence=number),)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_other_bytes_are_no_answer(data: bytes) -> None:
    assert decode(data) is None


@given(st.integers(min_value=0, max_value=len(encode(KEPT)) - 1))
def test_an_answer_cut_short_is_no_answer(length: int) -> None:
    assert decode(encode(KEPT)[:length]) is None


@given(st.integers(min_value=0, max_value=len(encode(KEPT)) - 1), st.integers(min_value=1, max_value=255))
def test_a_damaged_answer_is_an_answer_or_none(place: int, damage: int) -> None:
    data = bytearray(encode(KEPT))
    data[place] ^= damage
    assert isinstance(decode(bytes(data)), Kept | None)


@given(st.sampled_from(sorted(json.loads(encode(KEPT)))), JSON)
def test_an_answer_with_a_part_of_another_type_is_an_answer_or_none(part: str, other: object) -> None:
    content = {**json.loads(encode(KEPT)), part: other}
    assert isinstance(decode(json.dumps(content).encode()), Kept | None)


@given(st.integers(min_value=0, max_value=6), JSON)
def test_a_fact_with_a_part_of_another_type_is_an_answer_or_none(part: int, other: object) -> None:
    content = json.loads(encode(KEPT))
    content["facts"][0][part] = other
    assert isinstance(decode(json.dumps(content).encode()), Kept | None)


@pytest.mark.parametrize("name", Field)
@settings(max_examples=15)
@given(other=JSON)
def test_a_value_that_its_field_cannot_have_is_no_answer(name: Field, other: object) -> None:
    content = json.loads(encode(KEPT))
    content["facts"][0][:2] = [name, other]
    back = decode(json.dumps(content).encode())
    assert back is None or is_value_of(name, back.answer.facts[0].value)


def changed(**parts: object) -> bytes:
    return json.dumps({**json.loads(encode(KEPT)), **parts}).encode()


@pytest.mark.parametrize(
    "data",
    [
        changed(version=VERSION + 1),
        changed(version=None),
        changed(source=None),
        changed(ends_at=None),
        changed(ends_at=float("inf")),
        changed(domain=None),
        changed(is_found=1),
        changed(observed_at="now"),
        changed(expires_at=float("nan")),
        changed(expires_at=True),
        changed(expires_at=10**400),
        changed(cost_usd_micros=1.5),
        changed(cost_usd_micros=False),
        changed(facts={}),
        changed(facts=None),
        changed(facts=[["name", "Acme"]]),
        changed(facts=[["no field", "Acme", "website", 0.9, 1, 2, ""]]),
        changed(facts=[["name", "", "website", 0.9, 1, 2, ""]]),
        changed(facts=[["founded_year", True, "website", 0.9, 1, 2, ""]]),
        changed(facts=[["incorporation_date", "2020-13-01", "website", 0.9, 1, 2, ""]]),
        changed(facts=[["coordinates", [1.0], "website", 0.9, 1, 2, ""]]),
        changed(facts=[["coordinates", [1.0, None], "website", 0.9, 1, 2, ""]]),
        changed(facts=[["technologies", [""][:0], "website", 0.9, 1, 2, ""]]),
        changed(documents=[["https://acme.com/", "Acme"]]),
        changed(documents=[["https://acme.com/", "Acme", None]]),
        changed(documents="abc"),
        b"[" * 100_000,
        b"1" * 10_000,
        encode(KEPT) * 2,
        b"\x80\x04\x95",
    ],
)
def test_an_entry_that_is_wrong_in_one_place_is_no_answer(data: bytes) -> None:
    assert decode(data) is None
