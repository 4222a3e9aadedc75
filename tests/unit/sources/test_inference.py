"""What a language model is shown, what is asked of it, and what of its answer is believed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.domain.company import Coordinates, Field, Value, is_value_of
from enrichment.domain.fact import Document
from enrichment.domain.subject import Subject
from enrichment.sources.inference import (
    LONGEST_EVIDENCE,
    SHORTEST_QUOTE,
    WANTED,
    believed,
    evidence,
    prompt,
    question,
    schema,
)

HOME = Document("https://larch.example/", "Larch", "We temper glass in Sheffield, for builders.")
ABOUT = Document("https://larch.example/about", "About", "Larch was founded by nobody in particular.")
KNOWN: dict[Field, Value] = {Field.NAME: "Larch Glass", Field.TECHNOLOGIES: ("nginx", "React")}
LARCH = Subject("larch.example", known=KNOWN, documents=(ABOUT, HOME))
SHOWN = evidence(LARCH)


def answer(**changes: object) -> str:
    said: dict[str, object] = {
        "industry": "Glass tempering",
        "industry_quote": "We temper glass",
        "business_model": None,
        "business_model_quote": None,
        "target_market": None,
        "target_market_quote": None,
        "description": None,
        "description_quote": None,
    }
    return json.dumps({**said, **changes})


def test_the_evidence_is_facts_by_name_and_then_pages_by_address() -> None:
    assert SHOWN == (
        "name: Larch Glass\n"
        "technologies: nginx, React\n\n"
        "[Larch https://larch.example/]\n"
        "We temper glass in Sheffield, for builders.\n\n"
        "[About https://larch.example/about]\n"
        "Larch was founded by nobody in particular."
    )


def test_the_order_in_which_facts_and_pages_came_changes_nothing() -> None:
    other = Subject("larch.example", known=dict(reversed(KNOWN.items())), documents=(HOME, ABOUT))
    assert question(other, "m") == question(LARCH, "m") is not None


@pytest.mark.parametrize(
    "other",
    [
        Subject("other.example", known=KNOWN, documents=(ABOUT, HOME)),
        Subject("larch.example", known={**KNOWN, Field.NAME: "Larch"}, documents=(ABOUT, HOME)),
        Subject("larch.example", known=KNOWN, documents=(HOME,)),
    ],
)
def test_another_company_fact_or_page_is_another_question(other: Subject) -> None:
    assert question(other, "m") != question(LARCH, "m")


def test_another_model_is_another_question() -> None:
    assert question(LARCH, "m") != question(LARCH, "n")


def test_contacts_and_places_are_not_shown() -> None:
    known: dict[Field, Value] = {
        Field.EMAIL: "contact@larch.example",
        Field.PHONE: "+441142345678",
        Field.COORDINATES: Coordinates(53.4, -1.4),
        Field.REGISTRATION_NUMBER: "07654321",
    }
    assert evidence(Subject("larch.example", known=known)) == ""
    assert question(Subject("larch.example", known=known), "m") is None


def test_without_facts_and_pages_there_is_no_question() -> None:
    empty = (Document("https://larch.example/", "Larch", "  \n "),)
    assert question(Subject("larch.example"), "m") is None
    assert question(Subject("larch.example", documents=empty), "m") is None


pages = st.lists(st.builds(Document, st.text(max_size=300), st.text(max_size=300), st.text(max_size=9_000)), max_size=6)


@given(st.text(max_size=2_000), pages)
def test_whatever_pages_say_the_evidence_keeps_its_length_and_its_end(name: str, documents: list[Document]) -> None:
    known: dict[Field, Value] = {Field.NAME: name or "x", Field.DESCRIPTION: name or "x"}
    subject = Subject("larch.example", known=known, documents=tuple(documents))
    assert len(evidence(subject)) <= LONGEST_EVIDENCE
    sent = prompt(subject)
    sent.encode()
    assert sent.count("<") == sent.count(">") == 2
    assert sent.endswith("</evidence>")


def test_one_long_page_does_not_crowd_out_the_others() -> None:
    long = Document("https://larch.example/a", "A", "word " * 5_000)
    shown = evidence(Subject("larch.example", documents=(long, ABOUT)))
    assert "Larch was founded by nobody" in shown
    assert len(shown) > 3_000


def test_the_schema_leaves_nothing_open() -> None:
    wanted: Any = schema()
    assert wanted["required"] == list(wanted["properties"])
    assert wanted["additionalProperties"] is False
    for field in WANTED:
        assert "null" in wanted["properties"][field.value]["type"]
        assert f"{field.value}_quote" in wanted["properties"]
    assert None in wanted["properties"]["business_model"]["enum"]


def test_what_rests_on_the_evidence_is_believed() -> None:
    said = answer(business_model="b2b", business_model_quote='"…GLASS in\n  sheffield, for builders"')
    assert believed(said, SHOWN) == {Field.INDUSTRY: "Glass tempering", Field.BUSINESS_MODEL: "b2b"}


@pytest.mark.parametrize(
    "quote",
    ["We melt glass", "", None, 7, ["We temper glass"], "glass", " " * 20, "." * 20, "x" * (SHORTEST_QUOTE - 1)],
)
def test_what_does_not_is_dropped(quote: object) -> None:
    assert believed(answer(industry_quote=quote), SHOWN) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"industry": ""},
        {"industry": 7},
        {"industry": ["Glass"]},
        {"industry": "x" * 61},
        {"industry": "Glass by someone@larch.example"},
        {"industry": "See https://evil.example"},
        {"industry": "See www.evil.example"},
        {"industry": "Glass of 000.000.001-91"},
        {"industry": None, "business_model": "franchise", "business_model_quote": "We temper glass"},
        {"industry": None, "business_model": "B2B", "business_model_quote": "We temper glass"},
        {"industry": None, "description": "x" * 301, "description_quote": "We temper glass"},
        {"industry": None, "name": "Other", "name_quote": "We temper glass"},
    ],
)
def test_what_breaks_the_rules_is_dropped(changes: dict[str, object]) -> None:
    assert believed(answer(**changes), SHOWN) == {}


@pytest.mark.parametrize("raw", ["", "[]", "null", "{", "7", '{"a": NaN}'])
def test_an_answer_that_is_no_object_is_an_error(raw: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        believed(raw, SHOWN)


junk = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["We temper glass", "b2b"])


@given(st.dictionaries(st.sampled_from(list(schema()["properties"])), junk))  # type: ignore[call-overload]
def test_any_object_ends_in_values_of_the_right_type(said: dict[str, object]) -> None:
    for field, value in believed(json.dumps(said), SHOWN).items():
        assert is_value_of(field, value)
